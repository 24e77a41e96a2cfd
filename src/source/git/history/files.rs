//! Every blob of some commits, each once, with a path that it stands at.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::TreeRefIter;
use gix::prelude::Find as _;

use super::super::Repo;
use super::Commits;

type Seen = HashSet<ObjectId, gix::hashtable::hash::Builder>;

/// A folder: the one that it is in, and its name.
struct Folder {
    above: u32,
    name: (u32, u32),
}

/// A blob: what it is called where it was met first.
struct File {
    id: ObjectId,
    folder: u32,
    name: (u32, u32),
}

/// Every blob of some commits, in the order in which they are stored.
pub struct Files {
    files: Vec<File>,
    folders: Vec<Folder>,
    names: Vec<u8>,
    missing: Vec<(Vec<u8>, ObjectId)>,
}

impl Files {
    /// The blobs of `commits`: a path of each is one that the newest commit which has it knows.
    #[must_use]
    pub fn of(repo: &Repo, commits: &Commits) -> Self {
        let mut files = Self {
            files: Vec::new(),
            folders: vec![Folder { above: 0, name: (0, 0) }],
            names: Vec::new(),
            missing: Vec::new(),
        };
        let mut seen = Seen::default();
        let mut buffer = Vec::new();
        let roots = commits.nodes.iter().map(|node| node.tree).chain(commits.trees.iter().copied());
        let mut open = Vec::new();
        for root in roots {
            if seen.insert(root) {
                open.push((root, 0));
            }
            while let Some((tree, folder)) = open.pop() {
                files.read(repo, tree, folder, &mut seen, &mut open, &mut buffer);
            }
        }
        files.sort(repo);
        files
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

    fn name(&mut self, name: &[u8]) -> (u32, u32) {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(name);
        (start, name.len() as u32)
    }

    /// Neighbours in a pack are stored as differences of each other: read in this order, they cost least. What is in no
    /// pack that is found comes last.
    fn sort(&mut self, repo: &Repo) {
        let packs = packs(repo);
        let place = |id: &ObjectId| {
            let found = packs.iter().enumerate().find_map(|(number, pack)| {
                Some((number, pack.pack_offset_at_index(pack.lookup(id)?)))
            });
            found.unwrap_or((usize::MAX, 0))
        };
        self.files.sort_by_cached_key(|file| place(&file.id));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The blob of a number.
    #[must_use]
    pub fn id(&self, number: usize) -> Option<ObjectId> {
        self.files.get(number).map(|file| file.id)
    }

    /// The path of the blob of a number, below the root.
    #[must_use]
    pub fn path(&self, number: usize) -> Vec<u8> {
        let Some(file) = self.files.get(number) else { return Vec::new() };
        let mut path = self.folder_path(file.folder);
        path.extend_from_slice(self.text(file.name));
        path
    }

    /// Folders that can't be read, by path, with their trees.
    #[must_use]
    pub fn missing(&self) -> &[(Vec<u8>, ObjectId)] {
        &self.missing
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

/// The indices of the packs of `repo`, and of those that it borrows from.
fn packs(repo: &Repo) -> Vec<gix::odb::pack::index::File> {
    let store = repo.git().objects.store();
    let mut folders = vec![store.path().to_owned()];
    folders.extend(store.alternate_db_paths().unwrap_or_default());
    let mut paths: Vec<_> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "idx"))
        .collect();
    paths.sort();
    let open = |path| gix::odb::pack::index::File::at(path, repo.git().object_hash()).ok();
    paths.into_iter().filter_map(open).collect()
}
