//! `hermes-lint check [PATH]...`: repos, skills and configs.

use std::path::PathBuf;

use super::error::Failure;
use super::git::Selected;
use super::pipeline::{self, Extras, Scanned};
use super::{CLEAN, FOUND, INCOMPLETE, Outcome, args, choices, fixing, history, output};
use crate::finding::FailOn;
use crate::report::{self, Format, GITHUB_RESULTS, GITHUB_SHOWN, Report, Run};

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders, the working directory by default; `-` reads standard input
    paths: Vec<PathBuf>,

    #[command(flatten)]
    git: args::Git,

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

/// Checks and reports.
pub fn run(args: &Args) -> Outcome {
    let selected = Selected::of(&args.git, &args.paths)?;
    if selected.as_ref().is_some_and(Selected::is_empty) && !args.output.quiet {
        output::note("nothing was changed");
    }
    if args.choose.prune && (args.git.history || selected.is_some()) {
        return Err(Failure::new("what a commit or history does not show may still be there")
            .help("remove entries in a run over all files: `hermes-lint check --prune`"));
    }
    if args.fix.is_asked() && (args.git.history || selected.is_some()) {
        return Err(Failure::new("what git stores can't be changed")
            .help("fix the files on the disk, `hermes-lint check --fix`, and stage them"));
    }
    let sinks = output::sinks(&args.formats.format, &args.output)?;
    let started = choices::now();
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let scanned = if args.git.history {
        history::scan(&args.paths, &args.scan, &args.git, &args.choose, args.output.quiet)?
    } else {
        let human = sinks.iter().any(|sink| sink.format == Format::Human);
        let extras = Extras {
            cuts: human && !args.output.quiet,
            git: selected.as_ref(),
            ..Extras::default()
        };
        let (scan, choose, output) = (&args.scan, &args.choose, &args.output);
        if args.fix.is_asked() {
            match fixing::run(fixing::Target { paths, scan, choose, output, extras }, &args.fix)? {
                fixing::Outcome::Scanned(scanned) => *scanned,
                fixing::Outcome::Done(status) => return Ok(status),
            }
        } else {
            pipeline::scan(paths, scan, Some(choose), output.quiet, extras)?
        }
    };
    let report = report(&scanned, run_of(started, &args.formats));
    warn_of_limits(&report, &sinks, args.output.quiet);
    output::each(&sinks, &args.output, |format, style, out| {
        report::write(&report, format, style, out)
    })?;
    let known = scanned.known.as_ref();
    let settled = known.map(|known| known.settle(&args.choose, &scanned, args.output.quiet));
    let status = match settled.transpose()? {
        Some(true) => CLEAN,
        _ => status(&scanned, &args.choose),
    };
    // The process ends: freeing tens of thousands of findings one by one can take longer than finding them.
    std::mem::forget(scanned);
    Ok(status)
}

/// What a report says of the run that ends now.
pub fn run_of(started: jiff::Timestamp, formats: &args::Formats) -> Run<'_> {
    Run { started, ended: choices::now(), category: formats.category.as_deref() }
}

/// Says on stderr what GitHub will not take or show of a SARIF file, which is whole all the same.
pub fn warn_of_limits(report: &Report<'_>, sinks: &[output::Sink], quiet: bool) {
    let results = report.findings.len() + report.suppressed.len();
    if quiet || results <= GITHUB_SHOWN || sinks.iter().all(|sink| sink.format != Format::Sarif) {
        return;
    }
    output::note(&if results > GITHUB_RESULTS {
        format!(
            "the SARIF file has {results} results, and GitHub rejects one with more than {GITHUB_RESULTS}: \
             select fewer rules or folders"
        )
    } else {
        format!("GitHub shows {GITHUB_SHOWN} of the {results} results in the SARIF file")
    });
}

/// The report of a run.
pub fn report<'a>(scanned: &'a Scanned, run: Run<'a>) -> Report<'a> {
    Report {
        findings: &scanned.triaged.findings,
        hidden: scanned.triaged.hidden,
        suppressed: &scanned.triaged.suppressed,
        coverage: &scanned.coverage,
        checklist: scanned.checklist.as_ref(),
        cuts: &scanned.cuts,
        run,
    }
}

/// The exit status for what was found and skipped.
pub fn status(scanned: &Scanned, choose: &args::Choose) -> u8 {
    let from_settings = scanned.settings.fail_on.map(|word| word.0);
    let fail_on = choose.fail_on.or(from_settings).unwrap_or(FailOn::Error);
    if scanned.triaged.findings.iter().any(|finding| fail_on.fails(finding.severity)) {
        return FOUND;
    }
    if choose.require_complete && !scanned.coverage.skipped.is_empty() {
        return INCOMPLETE;
    }
    CLEAN
}
