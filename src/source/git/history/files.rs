//! Every blob of some commits, each once, with a path that it stands at.

use std::collections::{BTreeSet, HashSet};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TreeRefIter;
use gix::prelude::Find as _;

use super::super::{Packs, Place, Repo};
use super::{Commits, Pieces};

type Seen = HashSet<ObjectId, gix::hashtable::hash::Builder>;

/// A folder: the one that it is in, and its name.
struct Folder {
    above: u32,
    name: (u32, u32),
}

/// A blob: what it is called where it was met first.
#[derive(Clone, Copy)]
struct File {
    id: ObjectId,
    folder: u32,
    name: (u32, u32),
}

/// Every blob of some commits, in the order in which they are built on each other.
pub struct Files {
    met: Met,
    packs: Packs,
}

/// What was met in some trees.
struct Met {
    files: Vec<File>,
    folders: Vec<Folder>,
    names: Vec<u8>,
    missing: Vec<(Vec<u8>, ObjectId)>,
    submodules: BTreeSet<Vec<u8>>,
}

impl Files {
    /// The blobs of `commits`: a path of each is one that the newest commit which has it knows. Read on as many threads
    /// as `threads` says, 0 for one a core.
    #[must_use]
    pub fn of(repo: &Repo, commits: &Commits, threads: usize) -> Self {
        let pieces = Pieces::of(commits.nodes.len());
        let mut parts = pieces.each(repo, threads, |repo, piece| {
            let is_last = piece.end == commits.nodes.len();
            let of_tags = commits.trees.iter().filter(|_| is_last);
            let nodes = commits.nodes.get(piece).unwrap_or_default();
            Met::of(repo, nodes.iter().map(|node| node.tree).chain(of_tags.copied()))
        });
        let (mut met, mut seen) = (Met::new(), Vec::new());
        for (part, own) in parts.drain(..) {
            met.take(part, &seen);
            seen.push(own);
        }
        drop(seen);
        let packs = Packs::of(repo);
        let places: Vec<_> = met.files.iter().map(|file| packs.place(&file.id)).collect();
        met.arrange(&packs.order(&places));
        Self { met, packs }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.met.files.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.met.files.is_empty()
    }

    /// The packs that most of them are in.
    #[must_use]
    pub fn packs(&self) -> &Packs {
        &self.packs
    }

    /// The blob of a number, and its place in the packs.
    #[must_use]
    pub fn blob(&self, number: usize) -> Option<(ObjectId, Option<Place>)> {
        self.met.files.get(number).map(|file| (file.id, self.packs.place(&file.id)))
    }

    /// The path of the blob of a number, below the root.
    #[must_use]
    pub fn path(&self, number: usize) -> Vec<u8> {
        let Some(file) = self.met.files.get(number) else { return Vec::new() };
        let mut path = self.met.folder_path(file.folder);
        path.extend_from_slice(self.met.text(file.name));
        path
    }

    /// Paths at which a commit of another repository stood.
    pub fn submodules(&self) -> impl Iterator<Item = &[u8]> {
        self.met.submodules.iter().map(Vec::as_slice)
    }

    /// Folders that can't be read, by path, with their trees.
    #[must_use]
    pub fn missing(&self) -> &[(Vec<u8>, ObjectId)] {
        &self.met.missing
    }
}

impl Met {
    fn new() -> Self {
        let folders = vec![Folder { above: 0, name: (0, 0) }];
        let (files, names, missing) = (Vec::new(), Vec::new(), Vec::new());
        Self { files, folders, names, missing, submodules: BTreeSet::new() }
    }

    /// What `roots` lead to, and all that was seen on the way.
    fn of(repo: &Repo, roots: impl Iterator<Item = ObjectId>) -> (Self, Seen) {
        let (mut met, mut seen) = (Self::new(), Seen::default());
        let mut buffer = Vec::new();
        let mut open = Vec::new();
        for root in roots {
            if seen.insert(root) {
                open.push((root, 0));
            }
            while let Some((tree, folder)) = open.pop() {
                met.read(repo, tree, folder, &mut seen, &mut open, &mut buffer);
            }
        }
        (met, seen)
    }

    fn read(
        &mut self,
        repo: &Repo,
        tree: ObjectId,
        folder: u32,
        seen: &mut Seen,
        open: &mut Vec<(ObjectId, u32)>,
        buffer: &mut Vec<u8>,
    ) {
        let found = repo.git().objects.try_find(&tree, buffer).ok().flatten();
        let Some(data) = found.filter(|data| data.kind == gix::objs::Kind::Tree) else {
            self.missing.push((self.folder_path(folder), tree));
            return;
        };
        for entry in TreeRefIter::from_bytes(data.data, data.object_hash) {
            let Ok(entry) = entry else {
                self.missing.push((self.folder_path(folder), tree));
                return;
            };
            if entry.mode.is_commit() {
                let mut path = self.folder_path(folder);
                path.extend_from_slice(entry.filename);
                self.submodules.insert(path);
            }
            let is_tree = entry.mode.is_tree();
            if !(is_tree || entry.mode.is_blob()) || !seen.insert(entry.oid.to_owned()) {
                continue;
            }
            let name = self.name(entry.filename);
            if is_tree {
                let number = self.folders.len() as u32;
                self.folders.push(Folder { above: folder, name });
                open.push((entry.oid.to_owned(), number));
            } else {
                self.files.push(File { id: entry.oid.to_owned(), folder, name });
            }
        }
    }

    /// Adds what was met in older commits, without what was `seen` in newer ones: as if all had been read in one go,
    /// for whatever leads to something new is new as well.
    fn take(&mut self, older: Self, seen: &[Seen]) {
        let is_new = |id: &ObjectId| !seen.iter().any(|seen| seen.contains(id));
        let (names, folders) = (self.names.len() as u32, self.folders.len() as u32);
        let name = |(start, length): (u32, u32)| (start + names, length);
        // The root is the same.
        let number = |folder: u32| if folder == 0 { 0 } else { folder - 1 + folders };
        self.names.extend(older.names);
        self.folders.extend(
            older
                .folders
                .into_iter()
                .skip(1)
                .map(|folder| Folder { above: number(folder.above), name: name(folder.name) }),
        );
        let files = older.files.into_iter().filter(|file| is_new(&file.id));
        self.files.extend(files.map(|file| File {
            id: file.id,
            folder: number(file.folder),
            name: name(file.name),
        }));
        self.missing.extend(older.missing.into_iter().filter(|(_, id)| is_new(id)));
        self.submodules.extend(older.submodules);
    }

    /// Brings the files into the order of these numbers.
    fn arrange(&mut self, order: &[u32]) {
        let files = order.iter().filter_map(|number| self.files.get(*number as usize).copied());
        self.files = files.collect();
    }

    fn name(&mut self, name: &[u8]) -> (u32, u32) {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(name);
        (start, name.len() as u32)
    }

    fn text(&self, (start, length): (u32, u32)) -> &[u8] {
        self.names.get(start as usize..(start + length) as usize).unwrap_or_default()
    }

    /// The path of a folder, with a `/` at the end; empty for the root.
    fn folder_path(&self, folder: u32) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut at = folder;
        while let Some(folder) = self.folders.get(at as usize).filter(|_| at != 0) {
            parts.push(self.text(folder.name));
            at = folder.above;
        }
        let mut path = Vec::new();
        for part in parts.into_iter().rev() {
            path.extend_from_slice(part.as_bstr());
            path.push(b'/');
        }
        path
    }
}
