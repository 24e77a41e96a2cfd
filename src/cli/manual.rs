//! `hermes-lint man [--dir DIR]`: the man pages, made of the same definitions as `--help`.

use std::path::PathBuf;

use super::error::Failure;
use super::{CLEAN, Outcome, output};

/// Options of `man`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write every page into this folder: `hermes-lint.1`, `hermes-lint-check.1` and so on
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the page of `command` to stdout, or all pages into a folder.
pub fn run(args: &Args, command: clap::Command) -> Outcome {
    // `help` is no command that does something: its pages would say all others again.
    let command = command.disable_help_subcommand(true);
    match &args.dir {
        Some(folder) => clap_mangen::generate_to(command, folder).map_err(|error| {
            Failure::new(format!("can't write the man pages into {}: {error}", folder.display()))
                .help("name a folder that exists and that you may write")
        })?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command)
                .render(&mut page)
                .map_err(|error| Failure::new(format!("can't make the man page: {error}")))?;
            output::stdout(|out| out.write_all(&page))?;
        }
    }
    Ok(CLEAN)
}
