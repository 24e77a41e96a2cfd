//! The files of one state of a repository: of its index, or of a commit.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::Entry;
use gix::index::entry::{Flags, Mode, Stage};

use super::super::context_worthy;
use super::super::roots::belongs_somewhere;
use super::super::walk::{CONTEXT_DEPTH, CONTEXT_ENTRIES};
use super::{Changes, Error, Repo};

/// The files of one state, in the order of their paths.
pub struct View {
    index: Arc<gix::index::File>,
    /// What stands at some paths in the place of what the index has there; `None` for nothing.
    instead: BTreeMap<BString, Option<ObjectId>>,
    /// Paths that a merge has left undecided.
    undecided: Vec<BString>,
}

/// True for what a path of this mode has bytes of: a file or a link.
pub(super) fn has_bytes(mode: Mode) -> bool {
    mode == Mode::FILE || mode == Mode::FILE_EXECUTABLE
}

impl View {
    /// What is staged.
    ///
    /// # Errors
    ///
    /// When the index can't be read.
    pub fn staged(repo: &Repo) -> Result<Self, Error> {
        let git = repo.git();
        let index = if git.index_path().exists() {
            git.open_index().map_err(|error| {
                Error::new(
                    format!("the index can't be read: {error}"),
                    "`git status` says what is wrong with it; `git reset` makes it anew",
                )
            })?
        } else {
            gix::index::File::from_state(
                gix::index::State::new(git.object_hash()),
                git.index_path(),
            )
        };
        let mut undecided: Vec<BString> = index
            .entries()
            .iter()
            .filter(|entry| entry.stage() != Stage::Unconflicted)
            .map(|entry| entry.path(&index).to_owned())
            .collect();
        undecided.dedup();
        Ok(Self { index: Arc::new(index), instead: BTreeMap::new(), undecided })
    }

    /// What the tree `id` holds.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub fn of_tree(repo: &Repo, id: ObjectId) -> Result<Self, Error> {
        let index = repo.git().index_from_tree(&id).map_err(|error| Error::object(&id, error))?;
        Ok(Self { index: Arc::new(index), instead: BTreeMap::new(), undecided: Vec::new() })
    }

    /// The state that `changes` led from to this one, without reading a tree. `None` when that is not certain: of links,
    /// submodules and folders that are not checked out, the changes say nothing.
    #[must_use]
    pub fn before(&self, changes: &Changes) -> Option<Self> {
        let is_file = |entry: &Entry| has_bytes(entry.mode) && counts(entry.flags);
        if !self.instead.is_empty() || !self.index.entries().iter().all(is_file) {
            return None;
        }
        let changed = changes.changed.iter().map(|change| (change.path.clone(), change.before));
        let deleted = changes.deleted.iter().map(|(path, id)| (path.clone(), Some(*id)));
        let instead = changed.chain(deleted).collect();
        Some(Self { index: Arc::clone(&self.index), instead, undecided: Vec::new() })
    }

    pub(super) fn index(&self) -> &gix::index::File {
        &self.index
    }

    /// Paths that a merge has left undecided: nothing can be committed before they are.
    #[must_use]
    pub fn undecided(&self) -> &[BString] {
        &self.undecided
    }

    /// Every regular file with its blob.
    pub fn files(&self) -> impl Iterator<Item = (&BStr, ObjectId)> {
        let kept = self
            .index
            .entries()
            .iter()
            .filter(|entry| has_bytes(entry.mode) && counts(entry.flags))
            .map(|entry| (entry.path(&self.index), entry.id))
            .filter(|(path, _)| self.instead.is_empty() || !self.instead.contains_key(*path));
        let other = self.instead.iter().filter_map(|(path, id)| Some((path.as_bstr(), (*id)?)));
        kept.chain(other)
    }

    /// The files that are worth reading to know what `named` belong to, none of those among them.
    pub fn around<'v>(
        &'v self,
        named: &'v HashSet<&BStr>,
    ) -> impl Iterator<Item = (&'v BStr, ObjectId)> + 'v {
        let name = |path: &'v BStr| {
            let start = path.rfind_byte(b'/').map_or(0, |at| at + 1);
            String::from_utf8_lossy(path.get(start..).unwrap_or_default())
        };
        let any = named.iter().any(|path| belongs_somewhere(&name(path)));
        self.files()
            .take(if any { CONTEXT_ENTRIES } else { 0 })
            .filter(|(path, _)| path.find_iter(b"/").count() < CONTEXT_DEPTH)
            .filter(move |(path, _)| context_worthy(&name(path)) && !named.contains(path))
    }

    /// True when something stands at `path`, whatever it is.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let path = path.as_bytes().as_bstr();
        let in_index = || self.index.entry_by_path(path).is_some();
        self.instead.get(path).map_or_else(in_index, Option::is_some)
    }
}

/// False for what is only announced (`git add -N`): a commit does not take it in.
pub(super) fn counts(flags: Flags) -> bool {
    !flags.contains(Flags::INTENT_TO_ADD) && flags.stage() == Stage::Unconflicted
}
