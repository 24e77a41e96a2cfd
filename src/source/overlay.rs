//! Bytes that stand in for those on the disk: what a deployment would be with its files changed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Files that are read as if they held something else, and files that are not there yet.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    changed: HashMap<PathBuf, Vec<u8>>,
    made: Vec<PathBuf>,
}

impl Overlay {
    /// Lets the file at `path` hold `bytes`; `is_new` for one that no walk will meet.
    pub fn put(&mut self, path: PathBuf, bytes: Vec<u8>, is_new: bool) {
        if is_new {
            self.made.push(path.clone());
        }
        self.changed.insert(path, bytes);
    }

    /// What the file at `path`, as a walk names it, is to hold.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&[u8]> {
        self.changed.get(path).map(Vec::as_slice)
    }

    /// The files that are not there yet.
    #[must_use]
    pub fn made(&self) -> &[PathBuf] {
        &self.made
    }
}
