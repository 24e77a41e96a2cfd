//! `hermes-lint undo [JOURNAL]`: takes back what `--fix` did.

use std::path::{Path, PathBuf};

use super::error::Failure;
use super::{CLEAN, FOUND, Outcome, output};
use crate::document::dotenv;
use crate::fix::journal::{Journals, Undone};

/// Options of `undo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The journal to undo; default: the newest one
    journal: Option<PathBuf>,

    /// Where journals lie [default: below $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", conflicts_with = "journal")]
    undo_dir: Option<PathBuf>,

    /// Say nothing of what was put back
    #[arg(long, short)]
    quiet: bool,
}

/// Undoes one run; exits with 1 when something was left as it is.
pub fn run(args: &Args) -> Outcome {
    let folder = match &args.journal {
        Some(journal) => Some(journal.parent().unwrap_or(Path::new(".")).to_path_buf()),
        None => args.undo_dir.clone().or_else(Journals::default_folder),
    };
    let folder = folder.ok_or_else(|| {
        Failure::new("there is no folder with journals")
            .help("name one: `hermes-lint undo JOURNAL`")
    })?;
    let unreadable = |path: &Path, error: std::io::Error| {
        Failure::new(format!("can't undo {}: {error}", path.display()))
    };
    let journals = Journals::new(folder.clone());
    let journal = match &args.journal {
        Some(journal) => Some(journal.clone()),
        None => journals.newest().map_err(|error| unreadable(&folder, error))?,
    };
    let Some(journal) = journal else {
        return Err(Failure::new(format!("there is nothing to undo in {}", folder.display())));
    };
    let done = journals
        .undo(&journal, &dotenv::edit::value_of)
        .map_err(|error| unreadable(&journal, error))?;
    let mut status = CLEAN;
    for one in done {
        let (text, left) = match one {
            Undone::Restored(path) => (format!("restored: {}", path.display()), false),
            Undone::Removed(path) => (format!("removed: {}", path.display()), false),
            Undone::Mode(path, mode) => (format!("mode {mode:04o}: {}", path.display()), false),
            Undone::Untouched(path) => (format!("as it was: {}", path.display()), false),
            Undone::Left(path, why) => (format!("left: {}: {why}", path.display()), true),
        };
        if left {
            status = FOUND;
        }
        if left || !args.quiet {
            output::say(&text);
        }
    }
    if status == FOUND {
        output::say(&format!("the journal stays: {}", journal.display()));
    }
    Ok(status)
}
