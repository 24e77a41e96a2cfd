//! `hermes-lint check [PATH]...`: repos, skills and configs.

use std::path::PathBuf;

use super::pipeline::{self, Extras, Scanned};
use super::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::report::{self, Report};

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

    #[command(flatten)]
    output: args::Output,
}

/// Checks and reports.
pub fn run(args: &Args) -> Outcome {
    let scanned = pipeline::scan(
        &args.paths,
        &args.scan,
        Some(&args.choose),
        args.output.quiet,
        Extras::default(),
    )?;
    write(&scanned, &args.output)?;
    Ok(status(&scanned, &args.choose))
}

/// Writes the report.
pub fn write(scanned: &Scanned, options: &args::Output) -> Result<(), super::error::Failure> {
    let report = Report {
        findings: &scanned.triaged.findings,
        hidden: scanned.triaged.hidden,
        coverage: &scanned.coverage,
        checklist: scanned.checklist.as_ref(),
    };
    let style = output::style(options);
    output::to(options, |out| report::write(&report, options.format, style, out))
}

/// The exit status for what was found and skipped.
pub fn status(scanned: &Scanned, choose: &args::Choose) -> u8 {
    let from_settings = || match scanned.settings.fail_on.as_deref() {
        Some("warning") => args::FailOn::Warning,
        Some("info") => args::FailOn::Info,
        Some("never") => args::FailOn::Never,
        _ => args::FailOn::Error,
    };
    let fail_on = choose.fail_on.unwrap_or_else(from_settings);
    if scanned.triaged.findings.iter().any(|finding| fail_on.fails(finding.severity)) {
        return FOUND;
    }
    if choose.require_complete && !scanned.coverage.skipped.is_empty() {
        return INCOMPLETE;
    }
    CLEAN
}
