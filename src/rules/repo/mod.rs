//! `repo/`: what git and the hooks of a repository do with a deployment.

pub mod env_not_ignored;
pub mod env_tracked;
pub mod no_credential_scan;

use crate::document::{Document, Kind, Standing};

/// Number of secrets in a file that is in force and holds them by its purpose; `None` for any other file.
fn secrets_in_store(document: &Document) -> Option<usize> {
    let store = matches!(document.kind, Kind::Env(_) | Kind::State(..))
        && matches!(document.standing, Standing::Live | Standing::Named);
    Some(document.text.secrets().len()).filter(|&count| store && count > 0)
}

/// `1 secret`, `3 secrets`.
fn counted(count: usize) -> String {
    if count == 1 { "a secret".to_owned() } else { format!("{count} secrets") }
}
