//! `hermes-lint check [PATH]...`: repos, skills and configs.

use std::path::PathBuf;

use super::pipeline::{self, Extras, Scanned};
use super::{CLEAN, FOUND, INCOMPLETE, Outcome, args, fixing, output};
use crate::finding::FailOn;
use crate::report::{self, Format, Report};

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders; `-` reads standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    #[command(flatten)]
    choose: args::Choose,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Output",
          value_parser = args::words::<Format>(args::FINDINGS))]
    format: Format,

    #[command(flatten)]
    output: args::Output,

    #[command(flatten)]
    fix: fixing::Fixes,
}

/// Checks and reports.
pub fn run(args: &Args) -> Outcome {
    let cuts = args.format == Format::Human && !args.output.quiet;
    let extras = Extras { cuts, ..Extras::default() };
    let (scan, choose, quiet) = (&args.scan, &args.choose, args.output.quiet);
    let scanned = if args.fix.is_asked() {
        let target =
            fixing::Target { paths: &args.paths, scan, choose, output: &args.output, extras };
        match fixing::run(target, &args.fix)? {
            fixing::Outcome::Scanned(scanned) => *scanned,
            fixing::Outcome::Done(status) => return Ok(status),
        }
    } else {
        pipeline::scan(&args.paths, scan, Some(choose), quiet, extras)?
    };
    let style = output::style(&args.output);
    output::to(&args.output, |out| report::write(&report(&scanned), args.format, style, out))?;
    let status = status(&scanned, &args.choose);
    // The process ends: freeing tens of thousands of findings one by one can take longer than finding them.
    std::mem::forget(scanned);
    Ok(status)
}

/// The report of a run.
pub fn report(scanned: &Scanned) -> Report<'_> {
    Report {
        findings: &scanned.triaged.findings,
        hidden: scanned.triaged.hidden,
        suppressed: &scanned.triaged.suppressed,
        coverage: &scanned.coverage,
        checklist: scanned.checklist.as_ref(),
        cuts: &scanned.cuts,
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
