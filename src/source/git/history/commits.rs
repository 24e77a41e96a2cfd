//! The commits that are read, newest first.

use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};

use super::super::{Error, Repo};
use crate::finding::Commit;

/// How far history is read.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Branches only, those whose names match one of these when there are any; everything when `None`.
    pub branches: Option<Vec<globset::GlobMatcher>>,
    /// So many commits, the newest ones.
    pub max_commits: Option<usize>,
}

/// A commit that is read.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub id: ObjectId,
    pub tree: ObjectId,
    /// Numbers of its parents.
    pub parents: Vec<u32>,
    /// A parent is not read: what this commit holds may be older.
    pub is_cut: bool,
}

/// The commits that are read, newest first.
pub struct Commits {
    pub(super) nodes: Vec<Node>,
    /// Trees that tags name without a commit.
    pub(super) trees: Vec<ObjectId>,
    /// The commit that is checked out, by number.
    pub(super) head: Option<u32>,
    /// The names that lead to commits, with the commits' numbers.
    pub(super) tips: Vec<(BString, u32)>,
    /// Older commits that are not in this clone begin here.
    shallow: usize,
    /// Commits that were left out because there are too many.
    left: bool,
    /// Objects that should be there and are not.
    missing: Vec<ObjectId>,
}

impl Commits {
    /// The commits of `repo` within `reach`.
    ///
    /// # Errors
    ///
    /// When references can't be read.
    pub fn of(repo: &Repo, reach: &Reach) -> Result<Self, Error> {
        let mut trees = Vec::new();
        let names = names(repo, reach, &mut trees)?;
        let shallow = repo.git().shallow_commits().ok().flatten();
        let shallow: HashSet<ObjectId> =
            shallow.iter().flat_map(|all| all.iter().copied()).collect();
        let is_shallow = |id: &ObjectId| shallow.contains(id);
        let mut out = Self {
            nodes: Vec::new(),
            trees,
            head: None,
            tips: Vec::new(),
            shallow: 0,
            left: false,
            missing: Vec::new(),
        };
        // By the time of the commit, and by id where that is the same: in one order on every machine.
        let mut queue = BinaryHeap::new();
        let mut known: HashMap<ObjectId, Parsed> = HashMap::new();
        let mut buffer = Vec::new();
        let mut open: Vec<ObjectId> = names.iter().map(|(_, id)| *id).collect();
        let mut order = Vec::new();
        let most = reach.max_commits.unwrap_or(usize::MAX);
        loop {
            for id in open.drain(..) {
                if known.contains_key(&id) {
                    continue;
                }
                match Parsed::read(repo, id, &mut buffer) {
                    Some(parsed) => {
                        queue.push((parsed.time, id));
                        known.insert(id, parsed);
                    }
                    None => out.missing.push(id),
                }
            }
            let Some((_, id)) = queue.pop() else { break };
            if order.len() >= most {
                out.left = true;
                break;
            }
            if let Some(parsed) = known.get(&id).filter(|_| !is_shallow(&id)) {
                open.extend(&parsed.parents);
            }
            order.push(id);
        }
        let numbers: HashMap<ObjectId, u32> =
            order.iter().enumerate().map(|(number, id)| (*id, number as u32)).collect();
        for id in order {
            let Some(Parsed { tree, parents, .. }) = known.remove(&id) else { continue };
            let read: Vec<u32> = parents.iter().filter_map(|id| numbers.get(id).copied()).collect();
            let is_cut = read.len() < parents.len();
            out.shallow += usize::from(is_shallow(&id));
            out.nodes.push(Node { id, tree, parents: read, is_cut });
        }
        out.head = repo.head()?.and_then(|id| numbers.get(&id).copied());
        out.tips =
            names.into_iter().filter_map(|(name, id)| Some((name, *numbers.get(&id)?))).collect();
        Ok(out)
    }

    /// How many are read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What of history is not read, as stable words and for people.
    #[must_use]
    pub fn gaps(&self) -> Vec<(&'static str, String)> {
        let mut gaps = Vec::new();
        if self.shallow > 0 {
            gaps.push((
                "shallow",
                "the clone is shallow: older commits are not in it (`git fetch --unshallow`)"
                    .to_owned(),
            ));
        }
        if self.left {
            gaps.push((
                "max-commits",
                format!("older than the newest {} commits (--max-commits)", self.nodes.len()),
            ));
        }
        if let Some(first) = self.missing.first() {
            gaps.push((
                "missing-object",
                format!("{} commits can't be read, the first is {first}", self.missing.len()),
            ));
        }
        gaps
    }

    /// The commit of a number, as people know it.
    pub(super) fn commit(&self, repo: &Repo, number: u32) -> Option<Commit> {
        let node = self.nodes.get(number as usize)?;
        let found = repo.git().find_commit(node.id).ok()?;
        let author = found.author().ok()?;
        let date = author
            .time()
            .ok()
            .and_then(|time| time.format(gix::date::time::format::ISO8601_STRICT).ok());
        Some(Commit {
            id: node.id.to_string(),
            author: format!("{} <{}>", author.name, author.email),
            date: date.unwrap_or_default(),
        })
    }
}

/// What is kept of a commit while others are looked for.
struct Parsed {
    tree: ObjectId,
    /// When it was committed, in seconds since 1970.
    time: i64,
    parents: Vec<ObjectId>,
}

impl Parsed {
    fn read(repo: &Repo, id: ObjectId, buffer: &mut Vec<u8>) -> Option<Self> {
        use gix::prelude::FindExt;
        let commit = repo.git().objects.find_commit_iter(&id, buffer).ok()?;
        let mut start = commit;
        let tree = start.tree_id().ok()?;
        let time = commit.committer().ok().and_then(|by| by.time().ok());
        let time = time.map_or(0, |at| at.seconds);
        Some(Self { tree, time, parents: commit.parent_ids().collect() })
    }
}

/// The names that history is read from, each with its commit; trees that tags name go to `trees`.
fn names(
    repo: &Repo,
    reach: &Reach,
    trees: &mut Vec<ObjectId>,
) -> Result<Vec<(BString, ObjectId)>, Error> {
    let unreadable = |error: gix::Error| {
        Error::new(
            format!("the repository's references can't be read: {error}"),
            "`git fsck` says what is damaged",
        )
    };
    let mut names = Vec::new();
    let platform = repo.git().references().map_err(unreadable)?;
    for reference in platform.all().map_err(unreadable)? {
        // A reference that leads nowhere has nothing to read.
        let Ok(mut reference) = reference else { continue };
        let name = reference.name().as_bstr().to_owned();
        if !wanted(name.as_bstr(), reach) {
            continue;
        }
        let Ok(id) = reference.peel_to_id() else { continue };
        match id.header().map(|header| header.kind()) {
            Ok(gix::objs::Kind::Commit) => names.push((name, id.detach())),
            Ok(gix::objs::Kind::Tree) => trees.push(id.detach()),
            _ => {}
        }
    }
    if reach.branches.as_ref().is_none_or(Vec::is_empty) {
        names.extend(repo.head()?.map(|id| ("HEAD".into(), id)));
        // What another working tree has checked out may be on no branch.
        for worktree in repo.git().worktrees().unwrap_or_default() {
            let Ok(worktree) = worktree.into_repo_with_possibly_inaccessible_worktree() else {
                continue;
            };
            if let Ok(id) = worktree.head_id() {
                names.push(("HEAD of a worktree".into(), id.detach()));
            }
        }
    }
    Ok(names)
}

fn wanted(name: &gix::bstr::BStr, reach: &Reach) -> bool {
    let Some(globs) = &reach.branches else { return true };
    let text = name.to_str_lossy();
    let Some(short) = text
        .strip_prefix("refs/heads/")
        .or_else(|| text.strip_prefix("refs/remotes/").filter(|name| !name.ends_with("/HEAD")))
    else {
        return false;
    };
    // `main` means the one of every remote as well.
    let behind = short.split_once('/').map(|(_, rest)| rest);
    globs.is_empty()
        || globs.iter().any(|glob| {
            glob.is_match(short)
                || (text.starts_with("refs/remotes/")
                    && behind.is_some_and(|name| glob.is_match(name)))
        })
}
