//! `repo/`: what git and the hooks of a repository do with a deployment.

pub mod env_not_ignored;
pub mod env_tracked;
pub mod no_credential_scan;

use crate::document::{Document, Kind, Standing};
use crate::source::SourcePath;

/// Number of secrets in a file that is in force and holds them by its purpose; `None` for any other file.
pub(super) fn secrets_in_store(document: &Document) -> Option<usize> {
    let store = matches!(document.kind, Kind::Env(_) | Kind::State(..))
        && matches!(document.standing, Standing::Live | Standing::Named);
    Some(document.text.secrets().len()).filter(|&count| store && count > 0)
}

/// A file's name, with the archive's on the disk for one that is in there.
fn called(path: &SourcePath) -> String {
    match path.archive() {
        Some(_) => format!("{} in {}", path.file_name(), path.on_disk().file_name()),
        None => path.file_name().to_owned(),
    }
}

/// `1 secret`, `3 secrets`.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "a secret".to_owned() } else { format!("{count} secrets") }
}
