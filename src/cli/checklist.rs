//! `hermes-lint checklist [PATH]`: the two published hardening checklists alone.

use std::path::PathBuf;

use super::pipeline::{self, Extras};
use super::{CLEAN, FOUND, Outcome, args, choices, output};
use crate::checklist::Status;
use crate::report::{self, Format, Run};

/// Options of `checklist`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    /// Output format; several when all but one go to a file: `--format human --format html=page.html`
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human", help_heading = "Output",
          value_parser = args::targets(Format::CHECKLIST))]
    format: Vec<args::Target>,

    #[command(flatten)]
    output: args::Output,
}

/// Decides the items and reports them.
pub fn run(args: &Args) -> Outcome {
    let sinks = output::sinks(&args.format, &args.output)?;
    let started = choices::now();
    let extras = Extras { checklist: true, ..Extras::default() };
    let scanned = pipeline::scan(&args.paths, &args.scan, None, args.output.quiet, extras)?;
    let checklist = scanned.checklist.unwrap_or_default();
    let run = Run { started, ended: choices::now(), category: None };
    output::each(&sinks, &args.output, |format, style, out| {
        report::write_checklist(&checklist, &scanned.coverage, run, format, style, out)
    })?;
    let failed = checklist.items.iter().any(|item| item.status == Status::Fail);
    Ok(if failed { FOUND } else { CLEAN })
}
