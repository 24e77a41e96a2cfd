//! What one state of a repository has that another has not, file by file.
//!
//! The index is compared with a tree folder by folder, and a folder that the index knows to be that very tree is not
//! looked into: a commit of ten files costs what ten files cost, in a repository of any size. What a new file was
//! renamed from is only asked for files in which something was found.

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice, ByteVec};
use gix::diff::tree::recorder;
use gix::index::entry::Mode;
use gix::index::extension;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;

use super::added::likeness;
use super::view::{counts, has_bytes};
use super::{Added, Error, Repo, View};

/// Files that are compared at most to find the one that a new one was.
const CANDIDATES: usize = 64;
/// Percent of the lines that two files share when one is the other renamed; as git counts it by default.
const ALIKE: usize = 50;
/// Largest file, in bytes, that is compared for that.
const COMPARED: usize = 1 << 20;

/// A file that is new, or is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path below the root of the repository.
    pub path: BString,
    /// What it holds.
    pub after: ObjectId,
    /// What stood at the same path.
    pub before: Option<ObjectId>,
}

/// What one state has that another has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed files, by path.
    pub changed: Vec<Change>,
    /// Files that are gone, by path.
    pub deleted: Vec<(BString, ObjectId)>,
}

impl Changes {
    /// What is staged and not in the tree `head`; everything when there is none.
    ///
    /// # Errors
    ///
    /// A tree that can't be read.
    pub fn staged(repo: &Repo, head: Option<ObjectId>, view: &View) -> Result<Self, Error> {
        let index = view.index();
        let mut changes = Self::default();
        let mut frames = vec![Frame {
            tree: head,
            range: 0..index.entries().len(),
            prefix: BString::default(),
            known: index.tree(),
        }];
        while let Some(frame) = frames.pop() {
            frame.compare(repo, index, &mut changes, &mut frames)?;
        }
        Ok(changes.sorted())
    }

    /// What the tree `to` has that the tree `from` has not.
    ///
    /// # Errors
    ///
    /// A tree that can't be read.
    pub fn between(repo: &Repo, from: Option<ObjectId>, to: ObjectId) -> Result<Self, Error> {
        let mut changes = Self::default();
        changes.trees(repo, from, Some(to), b"".as_bstr())?;
        Ok(changes.sorted())
    }

    fn sorted(mut self) -> Self {
        self.changed.sort_by(|a, b| a.path.cmp(&b.path));
        self.deleted.sort();
        self
    }

    /// Compares two trees that lie below `prefix`.
    fn trees(
        &mut self,
        repo: &Repo,
        from: Option<ObjectId>,
        to: Option<ObjectId>,
        prefix: &BStr,
    ) -> Result<(), Error> {
        let bytes = |id: Option<ObjectId>| id.map_or_else(|| Ok(Vec::new()), |id| tree(repo, id));
        let (left, right) = (bytes(from)?, bytes(to)?);
        let kind = repo.git().object_hash();
        let mut recorder = gix::diff::tree::Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(&left, kind),
            TreeRefIter::from_bytes(&right, kind),
            gix::diff::tree::State::default(),
            &repo.git().objects,
            &mut recorder,
        )
        .map_err(|error| {
            Error::object(&to.or(from).unwrap_or_else(|| ObjectId::null(kind)), error)
        })?;
        let below = |path: BString| {
            let mut whole = BString::from(prefix);
            whole.push_str(path);
            whole
        };
        for record in recorder.records {
            match record {
                recorder::Change::Addition { entry_mode, oid, path, .. } if blob(entry_mode) => {
                    self.changed.push(Change { path: below(path), after: oid, before: None });
                }
                recorder::Change::Deletion { entry_mode, oid, path, .. } if blob(entry_mode) => {
                    self.deleted.push((below(path), oid));
                }
                recorder::Change::Modification {
                    previous_entry_mode,
                    previous_oid,
                    entry_mode,
                    oid,
                    path,
                } if blob(entry_mode) && (oid != previous_oid || !blob(previous_entry_mode)) => {
                    let before = blob(previous_entry_mode).then_some(previous_oid);
                    self.changed.push(Change { path: below(path), after: oid, before });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The lines that are new in `change`. A file that was renamed has those that it did not bring along.
    ///
    /// # Errors
    ///
    /// A blob that can't be read.
    pub fn added(&self, repo: &Repo, change: &Change) -> Result<Added, Error> {
        if let Some(before) = change.before {
            return Ok(Added::between(&repo.blob(before)?, &repo.blob(change.after)?));
        }
        if self.deleted.iter().any(|(_, id)| *id == change.after) {
            return Ok(Added::Lines(Vec::new()));
        }
        if self.deleted.is_empty() {
            return Ok(Added::All);
        }
        let after = repo.blob(change.after)?;
        if after.len() > COMPARED {
            return Ok(Added::All);
        }
        let name = |path: &BStr| path.rfind_byte(b'/').map_or(0, |at| at + 1);
        let own = change.path.get(name(change.path.as_bstr())..);
        let mut deleted: Vec<_> = self.deleted.iter().collect();
        // A file that only moved to another folder is the first to think of.
        deleted.sort_by_key(|(path, _)| path.get(name(path.as_bstr())..) != own);
        let mut best = None;
        for (_, id) in deleted.into_iter().take(CANDIDATES) {
            let size = repo.git().find_header(*id).map_or(u64::MAX, |header| header.size());
            if size > COMPARED as u64 {
                continue;
            }
            let before = repo.blob(*id)?;
            let alike = likeness(&before, &after);
            if alike >= ALIKE && best.as_ref().is_none_or(|(most, _)| alike > *most) {
                best = Some((alike, before));
            }
        }
        Ok(best.map_or(Added::All, |(_, before)| Added::between(&before, &after)))
    }
}

/// True for what has bytes to look at.
fn blob(mode: EntryMode) -> bool {
    mode.is_blob()
}

/// The bytes of the tree `id`.
fn tree(repo: &Repo, id: ObjectId) -> Result<Vec<u8>, Error> {
    let found = repo.git().find_tree(id).map_err(|error| Error::object(&id, error))?;
    Ok(found.detach().data)
}

/// A folder of which two states are to be compared.
struct Frame<'i> {
    /// The state before.
    tree: Option<ObjectId>,
    /// The entries of the index that lie in it.
    range: std::ops::Range<usize>,
    /// Its path, with a `/` at the end; empty for the root.
    prefix: BString,
    /// The tree that the index knows it to be.
    known: Option<&'i extension::Tree>,
}

impl<'i> Frame<'i> {
    fn compare(
        self,
        repo: &Repo,
        index: &'i gix::index::File,
        changes: &mut Changes,
        frames: &mut Vec<Self>,
    ) -> Result<(), Error> {
        let is_known = |known: &extension::Tree, id| known.num_entries.is_some() && known.id == id;
        if let (Some(known), Some(id)) = (self.known, self.tree)
            && is_known(known, id)
        {
            return Ok(());
        }
        let bytes = self.tree.map_or_else(|| Ok(Vec::new()), |id| tree(repo, id))?;
        let mut left = TreeRefIter::from_bytes(&bytes, repo.git().object_hash()).peekable();
        let entries = index.entries();
        let mut at = self.range.start;
        loop {
            // A name, and whether it is a folder's.
            let right = entries.get(at).filter(|_| at < self.range.end).map(|entry| {
                let rest = entry.path(index).get(self.prefix.len()..).unwrap_or_default();
                match rest.find_byte(b'/') {
                    Some(end) => (rest.get(..end).unwrap_or_default().as_bstr(), true),
                    None => (rest.as_bstr(), false),
                }
            });
            let next = match left.peek() {
                Some(Ok(entry)) => Some((entry.filename, entry.mode.is_tree(), *entry)),
                Some(Err(error)) => {
                    let id = self.tree.unwrap_or_else(|| repo.git().object_hash().null());
                    return Err(Error::object(&id, error));
                }
                None => None,
            };
            let order = match (&next, &right) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((name, folder, _)), Some((other, other_folder))) => {
                    key(name, *folder).cmp(key(other, *other_folder))
                }
            };
            let old = next.filter(|_| order.is_le()).map(|(_, _, entry)| entry);
            if old.is_some() {
                left.next();
            }
            let (name, folder) = match (&old, right.filter(|_| order.is_ge())) {
                (_, Some(right)) => right,
                (Some(entry), None) => (entry.filename, entry.mode.is_tree()),
                (None, None) => break,
            };
            let mut path = self.prefix.clone();
            path.push_str(name);
            if !folder {
                let new = entries.get(at).filter(|_| order.is_ge());
                let stages = entries.get(at..).unwrap_or_default().iter();
                let same = stages.take_while(|one| one.path(index) == path).count();
                if new.is_some() {
                    at += same;
                }
                let new = new.filter(|one| counts(one.flags) && has_bytes(one.mode));
                let before = old.filter(|one| blob(one.mode)).map(|one| one.oid.to_owned());
                match (before, new) {
                    (Some(before), Some(new)) if before == new.id => {}
                    (before, Some(new)) => {
                        changes.changed.push(Change { path, after: new.id, before });
                    }
                    (Some(before), None) => changes.deleted.push((path, before)),
                    (None, None) => {}
                }
                continue;
            }
            path.push(b'/');
            let rest = entries.get(at..self.range.end).unwrap_or_default();
            let count = match order.is_ge() {
                true => rest.partition_point(|one| one.path(index).starts_with(&path)),
                false => 0,
            };
            let tree = old.map(|entry| entry.oid.to_owned());
            // A folder that is not checked out stands in a sparse index as the tree that it is.
            if let Some(sparse) = rest.first().filter(|one| count == 1 && one.mode == Mode::DIR) {
                if tree != Some(sparse.id) {
                    changes.trees(repo, tree, Some(sparse.id), path.as_bstr())?;
                }
            } else if count == 0 {
                changes.trees(repo, tree, None, path.as_bstr())?;
            } else {
                let known = self
                    .known
                    .and_then(|known| known.children.iter().find(|one| *one.name == *name));
                frames.push(Frame { tree, range: at..at + count, prefix: path, known });
            }
            at += count;
        }
        Ok(())
    }
}

/// What git sorts names by: a folder's as if it ended with a `/`.
fn key(name: &BStr, folder: bool) -> impl Iterator<Item = u8> + '_ {
    name.iter().copied().chain(folder.then_some(b'/'))
}
