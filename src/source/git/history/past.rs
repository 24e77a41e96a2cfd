//! What one path held in commits: for files that git has no longer, and whose values may be in use all the same.
//!
//! Only trees on the way to the path are read, each once, so that thousands of commits cost milliseconds. A history that
//! is longer than a run should take is read in part, and says so.

use std::collections::HashMap;

use gix::ObjectId;
use gix::objs::FindExt;

use super::super::{Error, Repo};
use super::{Commits, Reach};
use crate::finding::Commit;

/// Newest commits that are looked at.
const COMMITS: usize = 20_000;
/// Versions of one file that are kept, the oldest ones.
const VERSIONS: usize = 64;
/// Largest version that is kept, in bytes.
const MOST: usize = 1 << 20;

/// What a path held, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Each content once.
    pub versions: Vec<Version>,
    /// Nothing was left out: not by a shallow clone, nor for being too much.
    pub is_whole: bool,
}

/// One content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The content. May hold secrets: never for a message.
    pub bytes: Vec<u8>,
    /// The first commit that has it.
    pub commit: Commit,
    /// The commit that is checked out has it.
    pub in_head: bool,
}

/// What the commits of `repo`, on any branch or tag, have at `path`, which is written with `/`.
///
/// # Errors
///
/// When the references can't be read.
pub fn past(repo: &Repo, path: &str) -> Result<Past, Error> {
    let reach = Reach { branches: None, max_commits: Some(COMMITS) };
    let commits = Commits::of(repo, &reach)?;
    let mut walk = Walk { repo, buffer: Vec::new(), seen: HashMap::new() };
    let parts: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
    let mut first: HashMap<ObjectId, u32> = HashMap::new();
    for (number, node) in commits.nodes.iter().enumerate() {
        if let Some(blob) = walk.find(node.tree, &parts) {
            // The newest come first, so the last one to be noted is the oldest.
            first.insert(blob, number as u32);
        }
    }
    let head = commits.head.and_then(|number| commits.nodes.get(number as usize));
    let head = head.and_then(|node| walk.find(node.tree, &parts));
    let mut found: Vec<(u32, ObjectId)> = first.into_iter().map(|(blob, at)| (at, blob)).collect();
    found.sort_by(|a, b| b.cmp(a));
    let mut past = Past {
        versions: Vec::new(),
        is_whole: commits.gaps().is_empty() && found.len() <= VERSIONS,
    };
    for (number, blob) in found.into_iter().take(VERSIONS) {
        let bytes = repo.blob(blob).ok().filter(|bytes| bytes.len() <= MOST);
        match bytes.zip(commits.commit(repo, number)) {
            Some((bytes, commit)) => {
                past.versions.push(Version { bytes, commit, in_head: head == Some(blob) });
            }
            None => past.is_whole = false,
        }
    }
    Ok(past)
}

/// Looks paths up in trees, each of which is read once for each of its depths.
struct Walk<'r> {
    repo: &'r Repo,
    buffer: Vec<u8>,
    seen: HashMap<(ObjectId, usize), Option<ObjectId>>,
}

impl Walk<'_> {
    /// The blob at the end of `parts`, from `tree`.
    fn find(&mut self, tree: ObjectId, parts: &[&[u8]]) -> Option<ObjectId> {
        let (name, rest) = parts.split_first()?;
        if let Some(known) = self.seen.get(&(tree, rest.len())) {
            return *known;
        }
        let entries = self.repo.git().objects.find_tree_iter(&tree, &mut self.buffer).ok();
        let entry = entries.and_then(|mut entries| {
            entries.find_map(|entry| entry.ok().filter(|entry| entry.filename == *name))
        });
        let entry = entry.map(|entry| (entry.mode, entry.oid.to_owned()));
        let found = match entry {
            Some((mode, id)) if rest.is_empty() => mode.is_blob().then_some(id),
            Some((mode, id)) if mode.is_tree() => self.find(id, rest),
            _ => None,
        };
        self.seen.insert((tree, rest.len()), found);
        found
    }
}
