//! `hermes-lint checklist [PATH]`: the two published hardening checklists alone.

use std::path::PathBuf;

use super::pipeline::{self, Extras};
use super::{CLEAN, FOUND, Outcome, args, output};
use crate::checklist::Status;
use crate::report::{self, Format};

/// Options of `checklist`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Output",
          value_parser = args::words::<Format>(args::PAGES))]
    format: Format,

    #[command(flatten)]
    output: args::Output,
}

/// Decides the items and reports them.
pub fn run(args: &Args) -> Outcome {
    let extras = Extras { checklist: true, ..Extras::default() };
    let scanned = pipeline::scan(&args.paths, &args.scan, None, args.output.quiet, extras)?;
    let checklist = scanned.checklist.unwrap_or_default();
    let style = output::style(&args.output);
    output::to(&args.output, |out| {
        report::write_checklist(&checklist, &scanned.coverage, args.format, style, out)
    })?;
    let failed = checklist.items.iter().any(|item| item.status == Status::Fail);
    Ok(if failed { FOUND } else { CLEAN })
}
