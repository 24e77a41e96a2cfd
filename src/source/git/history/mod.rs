//! All that was ever committed: which blobs there are, and which commits brought and removed what was found in them.
//!
//! Each blob is looked at once, however many commits have it. Who brought it is only asked for blobs in which
//! something was found, by comparing what trees hold: nothing is diffed. The price is that every tree is read twice
//! when something was found; the gain, that memory is bounded by the number of objects and not by that of changes.

mod commits;
mod files;
mod origins;
mod past;

pub use commits::{Commits, Reach};
pub use files::Files;
pub use origins::{Origins, origins};
pub use past::{Past, Version, past};

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::parts;
use super::Repo;

/// Commits for which a piece of its own is worth that the trees where two pieces meet are read twice.
const PIECE: usize = 1_000;
/// Pieces, at most.
const MOST_PIECES: usize = 8;

/// Commits in pieces that threads take one by one. How many pieces there are depends on the commits alone: so does what
/// comes of them.
#[derive(Clone, Copy, Debug)]
struct Pieces {
    commits: usize,
    count: usize,
}

impl Pieces {
    fn of(commits: usize) -> Self {
        Self { commits, count: (commits / PIECE).clamp(1, MOST_PIECES) }
    }

    fn size(self) -> usize {
        self.commits.div_ceil(self.count).max(1)
    }

    /// The piece that a commit is in.
    fn with(self, commit: u32) -> usize {
        commit as usize / self.size()
    }

    /// What `work` makes of each piece, in their order.
    fn each<T: Send>(
        self,
        repo: &Repo,
        threads: usize,
        work: impl Fn(&Repo, Range<usize>) -> T + Sync,
    ) -> Vec<T> {
        let (shared, next) = (repo.shared(), AtomicUsize::new(0));
        let mut done = Vec::new();
        parts::on_threads(threads, self.count, &mut done, || {
            let repo = shared.repo();
            let mut own = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.count {
                    return own;
                }
                let from = (number * self.size()).min(self.commits);
                let end = (from + self.size()).min(self.commits);
                own.push((number, work(&repo, from..end)));
            }
        });
        let mut all: Vec<(usize, T)> = done.into_iter().flatten().collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, made)| made).collect()
    }
}
