//! `repo/`: what git and the hooks of a repository do with a deployment.

pub mod env_not_ignored;
pub mod env_once_committed;
pub mod env_tracked;
pub mod no_credential_scan;
pub mod suppression_active;
pub mod suppression_expired;
pub mod suppression_unexplained;
pub mod suppression_unused;

use crate::document::{Document, Kind, Standing};
use crate::finding::Decision;
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

/// Why a decision was made, by whom, and until when.
fn notes(decision: &Decision) -> Vec<String> {
    let says = &decision.says;
    let mut notes =
        vec![says.reason.clone().map_or_else(
            || "no reason is given".to_owned(),
            |reason| format!("because: {reason}"),
        )];
    notes.extend(says.owner.iter().map(|owner| format!("{owner} answers for it")));
    notes.extend(says.until.iter().map(|until| format!("until {until}")));
    notes
}
