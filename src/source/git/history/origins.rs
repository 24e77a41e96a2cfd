//! Which commits brought and removed what was found in blobs.
//!
//! Of each tree it is known which of the things found it holds, worked out once however many commits have it; a commit
//! brought what its tree holds and none of its parents' trees does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::TreeRefIter;

use super::super::Repo;
use super::{Commits, Pieces};
use crate::finding::{Commit, History};

/// Commits that are named of each thing at most.
const NAMED: usize = 8;
/// Names that are told of each thing at most.
const TIPS: usize = 3;
/// Numbers that are kept of what trees hold: beyond them, it is worked out anew.
const KEPT: usize = 8 << 20;

/// Where one thing came from.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The commits that it came and went with.
    pub history: History,
    /// More commits that brought or removed it than are named.
    pub more: usize,
    /// The file in which the first of those commits has it, and its blob.
    pub first: Option<(Vec<u8>, ObjectId)>,
    /// It may be older than the first of those commits: what came before was not read.
    pub is_cut: bool,
    /// Branches and tags that still have it, a few of them.
    pub tips: Vec<String>,
    /// How many branches and tags still have it.
    pub all_tips: usize,
}

/// Where each of `count` things came from; `holds` are the blobs that hold some of them, by number. Read on as many
/// threads as `threads` says, 0 for one a core.
#[must_use]
pub fn origins(
    repo: &Repo,
    commits: &Commits,
    holds: &HashMap<ObjectId, Vec<u32>>,
    count: usize,
    threads: usize,
) -> Vec<Origins> {
    let pieces = Pieces::of(commits.nodes.len());
    let parts = pieces.each(repo, threads, |repo, piece| {
        let mut trees = Trees::new(holds, KEPT / pieces.count);
        let nodes = commits.nodes.get(piece).unwrap_or_default();
        let sets: Vec<Set> = nodes.iter().map(|node| trees.set(repo, node.tree)).collect();
        (sets, trees)
    });
    let mut sets: Vec<Set> = Vec::with_capacity(commits.nodes.len());
    let mut trees: Vec<Trees<'_>> = Vec::with_capacity(parts.len());
    for (own, of_piece) in parts {
        sets.extend(own);
        trees.push(of_piece);
    }
    let mut found: Vec<Found> = Vec::new();
    found.resize_with(count, Found::default);
    let none: Set = Arc::from([]);
    // Oldest first, so that the first commits are the ones that are named.
    for (number, node) in commits.nodes.iter().enumerate().rev() {
        let own = sets.get(number).unwrap_or(&none);
        let parents: Vec<&Set> =
            node.parents.iter().filter_map(|parent| sets.get(*parent as usize)).collect();
        if parents.iter().any(|parent| Arc::ptr_eq(parent, own)) && parents.len() == 1 {
            continue;
        }
        let mut tell = |thing: u32, what: fn(&mut Found) -> &mut Vec<u32>| {
            if let Some(found) = found.get_mut(thing as usize) {
                what(found).push(number as u32);
            }
        };
        for &thing in own.iter() {
            if parents.iter().all(|parent| parent.binary_search(&thing).is_err()) {
                tell(thing, |found| &mut found.brought);
            }
        }
        let Some((first, others)) = parents.split_first() else { continue };
        for &thing in first.iter().filter(|thing| own.binary_search(thing).is_err()) {
            if others.iter().all(|parent| parent.binary_search(&thing).is_ok()) {
                tell(thing, |found| &mut found.removed);
            } else {
                tell(thing, |found| &mut found.dropped);
            }
        }
        for &thing in others.iter().flat_map(|parent| parent.iter()) {
            if own.binary_search(&thing).is_err() && first.binary_search(&thing).is_err() {
                tell(thing, |found| &mut found.dropped);
            }
        }
    }
    let at_head = commits.head.and_then(|head| sets.get(head as usize)).unwrap_or(&none);
    let mut named: HashMap<u32, Option<Commit>> = HashMap::new();
    let mut commit =
        |number: u32| named.entry(number).or_insert_with(|| commits.commit(repo, number)).clone();
    let mut all = Vec::with_capacity(count);
    for (thing, found) in found.iter().enumerate() {
        let thing = thing as u32;
        let in_head = at_head.binary_search(&thing).is_ok();
        // What a merge did not take over went with it, unless a commit of its own removed it.
        let gone = in_head || !found.removed.is_empty();
        let removed = if gone { &found.removed } else { &found.dropped };
        let mut of = |numbers: &[u32]| -> Vec<Commit> {
            numbers.iter().take(NAMED).filter_map(|number| commit(*number)).collect()
        };
        let history = History { brought: of(&found.brought), removed: of(removed), in_head };
        let more = (found.brought.len() + removed.len())
            .saturating_sub(history.brought.len() + history.removed.len());
        let first = found.brought.first().copied();
        let node = first.and_then(|first| commits.nodes.get(first as usize));
        let trees = first.and_then(|first| trees.get_mut(pieces.with(first)));
        let still: Vec<&(gix::bstr::BString, u32)> = commits
            .tips
            .iter()
            .filter(|(_, tip)| {
                sets.get(*tip as usize).is_some_and(|set| set.binary_search(&thing).is_ok())
            })
            .collect();
        all.push(Origins {
            history,
            more,
            first: node.zip(trees).and_then(|(node, trees)| trees.place(repo, node.tree, thing)),
            is_cut: node.is_some_and(|node| node.is_cut),
            tips: still.iter().take(TIPS).map(|(name, _)| name.to_string()).collect(),
            all_tips: still.len(),
        });
    }
    all
}

/// The numbers of commits that did something with a thing.
#[derive(Default)]
struct Found {
    brought: Vec<u32>,
    removed: Vec<u32>,
    /// Merges that did not take it over from one side.
    dropped: Vec<u32>,
}

/// Numbers of things, in order.
type Set = Arc<[u32]>;

/// What each tree holds.
struct Trees<'h> {
    holds: &'h HashMap<ObjectId, Vec<u32>>,
    known: HashMap<ObjectId, Set, gix::hashtable::hash::Builder>,
    /// Equal sets are one.
    sets: HashSet<Set>,
    kept: usize,
    /// As much as may be kept.
    most: usize,
    none: Set,
}

/// A tree that is being looked through.
struct Open {
    tree: ObjectId,
    /// Its folders that are still to be looked through.
    folders: Vec<ObjectId>,
    parts: Vec<Set>,
}

impl<'h> Trees<'h> {
    fn new(holds: &'h HashMap<ObjectId, Vec<u32>>, most: usize) -> Self {
        let none: Set = Arc::from([]);
        Self { holds, known: HashMap::default(), sets: HashSet::new(), kept: 0, most, none }
    }

    /// What `root` holds. Not recursive: a tree may nest as deep as somebody likes.
    fn set(&mut self, repo: &Repo, root: ObjectId) -> Set {
        if let Some(set) = self.known.get(&root) {
            return Arc::clone(set);
        }
        if self.kept > self.most {
            self.known.clear();
            self.sets.clear();
            self.kept = 0;
        }
        let mut open = vec![self.open(repo, root)];
        loop {
            let Some(top) = open.last_mut() else { return Arc::clone(&self.none) };
            if let Some(folder) = top.folders.pop() {
                match self.known.get(&folder) {
                    Some(set) if set.is_empty() => {}
                    Some(set) => top.parts.push(Arc::clone(set)),
                    None => {
                        let next = self.open(repo, folder);
                        open.push(next);
                    }
                }
                continue;
            }
            let Some(Open { tree, parts, .. }) = open.pop() else {
                return Arc::clone(&self.none);
            };
            let set = self.joined(parts);
            self.known.insert(tree, Arc::clone(&set));
            match open.last_mut() {
                Some(above) if !set.is_empty() => above.parts.push(set),
                Some(_) => {}
                None => return set,
            }
        }
    }

    fn open(&self, repo: &Repo, tree: ObjectId) -> Open {
        let (mut folders, mut parts) = (Vec::new(), Vec::new());
        self.each(repo, tree, |id, is_folder, _| {
            if is_folder {
                folders.push(id);
            } else if let Some(things) = self.holds.get(&id) {
                parts.push(Arc::from(things.as_slice()));
            }
        });
        Open { tree, folders, parts }
    }

    /// Tells `with` of every entry of `tree`; one that can't be read has none.
    fn each(&self, repo: &Repo, tree: ObjectId, mut with: impl FnMut(ObjectId, bool, &[u8])) {
        let mut buffer = Vec::new();
        let objects = &repo.git().objects;
        let Ok(Some(data)) = gix::prelude::Find::try_find(objects, &tree, &mut buffer) else {
            return;
        };
        for entry in TreeRefIter::from_bytes(data.data, data.object_hash).flatten() {
            if entry.mode.is_tree() || entry.mode.is_blob() {
                with(entry.oid.to_owned(), entry.mode.is_tree(), entry.filename);
            }
        }
    }

    fn joined(&mut self, mut parts: Vec<Set>) -> Set {
        let set = match parts.len() {
            0 => return Arc::clone(&self.none),
            1 => parts.swap_remove(0),
            _ => {
                let mut all: Vec<u32> =
                    parts.iter().flat_map(|part| part.iter().copied()).collect();
                all.sort_unstable();
                all.dedup();
                Arc::from(all)
            }
        };
        if let Some(known) = self.sets.get(&set) {
            return Arc::clone(known);
        }
        self.kept += set.len();
        self.sets.insert(Arc::clone(&set));
        set
    }

    /// Where in `root` `thing` stands: the path and the blob.
    fn place(&mut self, repo: &Repo, root: ObjectId, thing: u32) -> Option<(Vec<u8>, ObjectId)> {
        let (mut tree, mut path) = (root, Vec::new());
        loop {
            let mut entries = Vec::new();
            self.each(repo, tree, |id, is_folder, name| {
                entries.push((id, is_folder, name.to_vec()))
            });
            let next = entries.into_iter().find(|(id, is_folder, _)| {
                if *is_folder {
                    self.set(repo, *id).binary_search(&thing).is_ok()
                } else {
                    self.holds.get(id).is_some_and(|things| things.binary_search(&thing).is_ok())
                }
            });
            let (id, is_folder, name) = next?;
            path.extend_from_slice(&name);
            if !is_folder {
                return Some((path, id));
            }
            path.push(b'/');
            tree = id;
        }
    }
}
