//! `hermes-lint merge [NAME=]FILE...`: the reports of many hosts or repos as one.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::Failure;
use super::{CLEAN, FOUND, Outcome, args, output};
use crate::finding::FailOn;
use crate::fleet::{Document, Fleet};
use crate::report::{self, Format, shown_name};

/// Largest report that is read, in bytes: one is held in memory at a time.
const MOST: u64 = 256 * 1024 * 1024;
/// Most characters that are shown of what is wrong with a report.
const SHOWN: usize = 300;

/// Options of `merge`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reports of `check`, `host` or `checklist` as JSON; a host is called by the file's name, or NAME
    #[arg(required = true, value_name = "[NAME=]FILE")]
    reports: Vec<PathBuf>,

    /// Exit with 1 on findings at or above this, and on failed items of a checklist alone
    #[arg(long, value_name = "LEVEL", default_value = "error",
          value_parser = args::words::<FailOn>(&["error", "warning", "info", "never"]))]
    fail_on: FailOn,

    /// Output format; several when all but one go to a file: `--format human --format html=fleet.html`
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human", help_heading = "Output",
          value_parser = args::targets(Format::FLEET))]
    format: Vec<args::Target>,

    #[command(flatten)]
    output: args::Output,
}

/// Reads, joins and reports.
pub fn run(args: &Args) -> Outcome {
    let sinks = output::sinks(&args.format, &args.output)?;
    let mut fleet = Fleet::default();
    let mut names = HashSet::new();
    for report in &args.reports {
        let (name, path) = named(report);
        if !names.insert(name.clone()) {
            return Err(Failure::new(format!("two reports are called `{}`", shown_name(&name)))
                .help("give each a name of its own: `hermes-lint merge a=one/report.json b=two/report.json`"));
        }
        fleet.add(&name, read(path)?);
    }
    fleet.sort();
    output::each(&sinks, &args.output, |format, style, out| {
        report::fleet::write(&fleet, format, style, out)
    })?;
    Ok(if fleet.fails(args.fail_on) { FOUND } else { CLEAN })
}

/// The name of a host and where its report is. What holds a `/` before its `=` is a path.
fn named(report: &Path) -> (String, &Path) {
    if let Some((name, file)) = report.to_str().and_then(|text| text.split_once('='))
        && !name.is_empty()
        && !name.contains(std::path::is_separator)
    {
        return (name.to_owned(), Path::new(file));
    }
    (report.file_stem().unwrap_or(report.as_os_str()).to_string_lossy().into_owned(), report)
}

fn read(path: &Path) -> Result<Document, Failure> {
    let shown = path.display().to_string();
    let cannot = |what: &str| {
        let what: String = shown_name(what).chars().take(SHOWN).collect();
        Failure::new(format!("can't read the report {}: {what}", shown_name(&shown)))
    };
    let bytes = bytes(path).map_err(|error| {
        cannot(&error.to_string())
            .help("name files that `--format json` wrote: `NAME=FILE` or FILE")
    })?;
    Document::parse(&bytes).map_err(|broken| cannot(&broken.message).help(broken.help))
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other(format!("it is larger than {} MiB", MOST >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_called_by_name_or_by_file() {
        for (given, name, path) in [
            ("web-1.json", "web-1", "web-1.json"),
            ("reports/db.old.json", "db.old", "reports/db.old.json"),
            ("db=reports/x.json", "db", "reports/x.json"),
            ("db=a=b.json", "db", "a=b.json"),
            ("./a=b.json", "a=b", "./a=b.json"),
            ("=x.json", "=x", "=x.json"),
        ] {
            assert_eq!(named(Path::new(given)), (name.to_owned(), Path::new(path)), "{given}");
        }
    }
}
