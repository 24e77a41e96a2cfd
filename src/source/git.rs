//! What git says of a file: whether it is tracked.
//!
//! Read through gix from the index alone: no process is started and nothing of the repository's
//! configuration is executed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{SourcePath, project_root};

/// Git facts of the repositories that were met.
#[derive(Default)]
pub struct Git {
    repositories: HashMap<PathBuf, Option<gix::worktree::IndexPersistedOrInMemory>>,
}

impl Git {
    /// Whether `path` is tracked; `None` outside a repository, or when its index can't be read.
    pub fn tracks(&mut self, path: &SourcePath) -> Option<bool> {
        let root = project_root(&path.real)?;
        let index = self.repositories.entry(root).or_insert_with_key(|root| open(root)).as_ref()?;
        Some(index.entry_by_path(path.identity.as_str().into()).is_some())
    }
}

fn open(root: &Path) -> Option<gix::worktree::IndexPersistedOrInMemory> {
    let options = gix::open::Options::isolated();
    gix::open_opts(root, options).ok()?.index_or_empty().ok().map(Into::into)
}
