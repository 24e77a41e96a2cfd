//! What git says of a file: whether it is tracked, or ignored.
//!
//! Read through gix from the index alone, and from ignore files by the walker's own matcher: no process is
//! started and nothing of the repository's configuration is executed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::super::{SourcePath, project_root};

/// What git does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tracking {
    /// It is in the index.
    Tracked,
    /// It is not, and `git add .` leaves it out.
    Ignored,
    /// It is not, and `git add .` takes it in.
    Untracked,
}

/// Git facts of the repositories that were met.
#[derive(Default)]
pub struct Git {
    repositories: HashMap<PathBuf, Option<gix::worktree::IndexPersistedOrInMemory>>,
    ignores: HashMap<PathBuf, Ignores>,
}

impl Git {
    /// Whether `path` is tracked; `None` outside a repository, or when its index can't be read.
    pub fn tracks(&mut self, path: &SourcePath) -> Option<bool> {
        let root = project_root(&path.real)?;
        let index = self.repositories.entry(root).or_insert_with_key(|root| open(root)).as_ref()?;
        Some(index.entry_by_path(path.identity.as_str().into()).is_some())
    }

    /// What git does with `path`; `None` outside a repository, or when its index can't be read.
    pub fn tracking(&mut self, path: &SourcePath) -> Option<Tracking> {
        if self.tracks(path)? {
            return Some(Tracking::Tracked);
        }
        let root = project_root(&path.real)?;
        let ignores = self.ignores.entry(root).or_insert_with_key(|root| Ignores::new(root));
        let ignored = ignores.ignore(&path.identity);
        Some(if ignored { Tracking::Ignored } else { Tracking::Untracked })
    }
}

fn open(root: &Path) -> Option<gix::worktree::IndexPersistedOrInMemory> {
    let options = gix::open::Options::isolated();
    gix::open_opts(root, options).ok()?.index_or_empty().ok().map(Into::into)
}

/// The ignore rules of one repository.
struct Ignores {
    root: PathBuf,
    /// The user's own, and `.git/info/exclude`, which wins over them.
    outer: Vec<Gitignore>,
    /// `.gitignore` by folder below the root.
    folders: HashMap<PathBuf, Gitignore>,
}

impl Ignores {
    fn new(root: &Path) -> Self {
        let mut exclude = GitignoreBuilder::new(root);
        exclude.add(root.join(".git/info/exclude"));
        let (global, _) = GitignoreBuilder::new(root).build_global();
        let outer = exclude.build().into_iter().chain(std::iter::once(global)).collect();
        Self { root: root.to_path_buf(), outer, folders: HashMap::new() }
    }

    /// Whether the file at `identity`, a path below the root, is ignored: by itself or by a folder above it,
    /// which no rule inside that folder can take back.
    fn ignore(&mut self, identity: &str) -> bool {
        let path = self.root.join(identity);
        let mut above: Vec<PathBuf> = path
            .ancestors()
            .take_while(|folder| *folder != self.root)
            .map(Path::to_path_buf)
            .collect();
        above.reverse();
        above.iter().any(|part| self.ignores(part, *part != path))
    }

    /// The nearest rule file with a word on `path` decides.
    fn ignores(&mut self, path: &Path, is_folder: bool) -> bool {
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)) {
            let rules = self.folders.entry(folder.to_path_buf()).or_insert_with_key(|folder| {
                let mut builder = GitignoreBuilder::new(folder);
                builder.add(folder.join(".gitignore"));
                builder.build().unwrap_or_else(|_| Gitignore::empty())
            });
            match rules.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        let mut decided = self.outer.iter().map(|rules| rules.matched(path, is_folder));
        decided.find(|matched| !matched.is_none()).is_some_and(|matched| matched.is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rule_decides_but_an_ignored_folder_stays_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git/info")).unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join(".gitignore"), "*.env\n/a/b/\n").unwrap();
        std::fs::write(root.join("a/.gitignore"), "!keep.env\n").unwrap();
        std::fs::write(root.join("a/b/.gitignore"), "!*\n").unwrap();
        std::fs::write(root.join(".git/info/exclude"), "local.json\n").unwrap();
        let mut ignores = Ignores::new(root);
        for (path, expected) in [
            ("x.env", true),
            ("a/x.env", true),
            ("a/keep.env", false),
            ("a/b/keep.env", true),
            ("a/local.json", true),
            ("config.yaml", false),
        ] {
            assert_eq!(ignores.ignore(path), expected, "{path}");
        }
    }
}
