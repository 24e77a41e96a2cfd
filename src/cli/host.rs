//! `hermes-lint host [--home DIR]`: this machine's deployments, with modes, owners and the checklist.
//!
//! Every home that an account, a unit or a compose file leads to is looked at, and nothing is changed unless asked for.

use std::path::{Path, PathBuf};

use super::error::Failure;
use super::pipeline::{self, Extras};
use super::{CLEAN, Outcome, args, check, choices, fixing, output};
use crate::data;
use crate::deployment::Survey;
use crate::facts::MachineFacts;
use crate::host::machine::{Look, Machine};
use crate::report::{self, Format};

/// Options of `host`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One Hermes home; default: $HERMES_HOME, ~/.hermes, and every home that accounts, units and compose
    /// files lead to
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,

    /// Look at the machine whose disk is mounted at DIR, not at this one
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    #[command(flatten)]
    choose: args::Choose,

    #[command(flatten)]
    formats: args::Formats,

    #[command(flatten)]
    output: args::Output,

    #[command(flatten)]
    fix: fixing::Fixes,
}

/// Checks the homes and what starts them, and reports.
pub fn run(args: &Args) -> Outcome {
    let sinks = output::sinks(&args.formats.format, &args.output)?;
    let started = choices::now();
    let machine = machine(args.root.as_deref())?;
    let facts: MachineFacts = data::file("hermes/machine")
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let named = args.home.as_deref().map(|home| named(&machine, home)).transpose()?;
    let survey = Survey::of(machine, &facts, named.as_deref(), own_home().as_deref());
    let mut paths = survey.paths();
    // People see a folder as they named it.
    if let (Some(home), Some(first)) = (&args.home, paths.first_mut())
        && !survey.machine.is_image()
    {
        first.clone_from(home);
    }
    if survey.homes.is_empty() {
        return Err(no_home(&survey));
    }
    let mut scan = args.scan.clone();
    // A home's own .gitignore says what is not published; here the question is what is on the disk.
    scan.no_ignore = true;
    let extras = Extras { checklist: true, host: Some(&survey), cuts: true, ..Extras::default() };
    let (choose, quiet) = (&args.choose, args.output.quiet);
    let scanned = if args.fix.is_asked() {
        if survey.machine.is_image() {
            return Err(Failure::new("the disk of another machine is only looked at")
                .help("run `hermes-lint host --fix` on the machine itself"));
        }
        let target =
            fixing::Target { paths: &paths, scan: &scan, choose, output: &args.output, extras };
        match fixing::run(target, &args.fix)? {
            fixing::Outcome::Scanned(scanned) => *scanned,
            fixing::Outcome::Done(status) => return Ok(status),
        }
    } else {
        pipeline::scan(&paths, &scan, Some(choose), quiet, extras)?
    };
    let report = check::report(&scanned, check::run_of(started, &args.formats));
    check::warn_of_limits(&report, &sinks, args.output.quiet);
    output::each(&sinks, &args.output, |format, style, out| {
        // Which account can read and change what, before what is wrong with it.
        if format == Format::Human && !args.output.quiet {
            for line in survey.lines().iter().chain(&scanned.owners) {
                writeln!(out, "{}", report::shown_name(line))?;
            }
            writeln!(out)?;
        }
        report::write(&report, format, style, out)
    })?;
    let known = scanned.known.as_ref();
    let settled = known.map(|known| known.settle(&args.choose, &scanned, args.output.quiet));
    Ok(match settled.transpose()? {
        Some(true) => CLEAN,
        _ => check::status(&scanned, &args.choose),
    })
}

fn machine(root: Option<&Path>) -> Result<Machine, Failure> {
    match root {
        None => Ok(Machine::this()),
        Some(root) if root.is_dir() => Ok(Machine::at(root)),
        Some(root) => Err(Failure::new(format!("there is no folder {}", root.display()))
            .help("name where the disk is mounted: `hermes-lint host --root DIR`")),
    }
}

/// The home that was named, as the machine calls it.
fn named(machine: &Machine, home: &Path) -> Result<String, Failure> {
    let path = if machine.is_image() { home.to_path_buf() } else { crate::source::absolute(home) };
    let name = path.display().to_string();
    let name = if name.len() > 1 { name.trim_end_matches('/').to_owned() } else { name };
    match machine.folder(&name) {
        Look::Seen(()) => Ok(name),
        Look::Absent | Look::Denied => {
            Err(Failure::new(format!("there is no Hermes home at {}", home.display()))
                .help("name it: `hermes-lint host --home DIR`"))
        }
    }
}

/// `$HERMES_HOME`, else `~/.hermes` of whoever runs this.
fn own_home() -> Option<String> {
    let from_environment = std::env::var_os("HERMES_HOME").filter(|home| !home.is_empty());
    from_environment
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".hermes")))
        .map(|home| crate::source::absolute(&home).display().to_string())
}

fn no_home(survey: &Survey) -> Failure {
    let unseen: Vec<&String> = survey.shut.iter().chain(&survey.hidden).collect();
    let why = match unseen.as_slice() {
        [] => String::new(),
        [only] => format!("; {only} could not be looked into"),
        [first, others @ ..] => {
            format!("; {first} and {} other folders could not be looked into", others.len())
        }
    };
    Failure::new(format!("no Hermes home was found on this machine{why}"))
        .help("name it: `hermes-lint host --home DIR`, or look as root")
}
