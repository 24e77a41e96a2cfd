//! `hermes-lint host [--home DIR]`: this machine's deployment, with modes, owners and the checklist.

use std::path::PathBuf;

use super::error::Failure;
use super::pipeline::{self, Extras};
use super::{Outcome, args, check, output};
use crate::host::{file, process};
use crate::report::{self, Format};

/// What Hermes reads besides its home, and what starts it.
const MACHINE: &[&str] = &["/etc/hermes", "/etc/systemd/system"];

/// Options of `host`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Hermes home; default: $HERMES_HOME, then ~/.hermes
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    #[command(flatten)]
    choose: args::Choose,

    #[command(flatten)]
    output: args::Output,
}

/// Checks the home and what starts it, and reports.
pub fn run(args: &Args) -> Outcome {
    let home = match &args.home {
        Some(home) => home.clone(),
        None => default_home()?,
    };
    let mut paths = vec![home.clone()];
    if args.home.is_none() {
        paths.extend(machine_files());
    }
    let mut scan = args.scan.clone();
    // A home's own .gitignore says what is not published; here the question is what is on the disk.
    scan.no_ignore = true;
    let extras = Extras { checklist: true, host: true };
    let scanned = pipeline::scan(&paths, &scan, Some(&args.choose), args.output.quiet, extras)?;
    let style = output::style(&args.output);
    output::to(&args.output, |out| {
        // Which account can read and change what, before what is wrong with it.
        if args.output.format == Format::Human && !args.output.quiet {
            for line in running() {
                writeln!(out, "{}", report::shown_name(&line))?;
            }
            for line in &scanned.owners {
                writeln!(out, "{}", report::shown_name(line))?;
            }
            writeln!(out)?;
        }
        report::write(&check::report(&scanned), args.output.format, style, out)
    })?;
    Ok(check::status(&scanned, &args.choose))
}

/// Running Hermes processes with their accounts; command lines are left out, since they may hold secrets.
fn running() -> Vec<String> {
    let Some(processes) = process::running() else { return Vec::new() };
    let line = |process: &process::Process| {
        let what = if process.gateway { "gateway" } else { "hermes" };
        let owner = process.uid.map_or_else(
            || "an unknown account".to_owned(),
            |uid| file::owner_name(uid).unwrap_or_else(|| uid.to_string()),
        );
        format!("{what} process {} runs as {owner}", process.pid)
    };
    processes.hermes.iter().map(line).collect()
}

fn default_home() -> Result<PathBuf, Failure> {
    let from_environment = std::env::var_os("HERMES_HOME").filter(|home| !home.is_empty());
    let home = from_environment
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".hermes")));
    match home {
        Some(home) if home.is_dir() => Ok(home),
        Some(home) => Err(Failure::new(format!("there is no Hermes home at {}", home.display()))
            .help("name it: `hermes-lint host --home DIR`")),
        None => Err(Failure::new("the Hermes home is not known")
            .help("name it: `hermes-lint host --home DIR`")),
    }
}

/// Units that name Hermes, and the managed scope: not every unit of the machine.
fn machine_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in MACHINE {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        files.extend(entries.flatten().map(|entry| entry.path()).filter(|path| {
            path.is_file()
                && (folder.ends_with("hermes")
                    || path
                        .file_name()
                        .is_some_and(|name| name.to_string_lossy().contains("hermes")))
        }));
    }
    files.sort();
    files
}
