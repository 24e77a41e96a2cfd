//! What git says of the files that hold secrets, and what guards the repositories that they lie in.
//!
//! Asked once for the few files that matter, not for every file of a tree: an index of a large repository
//! costs a moment to open, a path of it nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::{Home, Knowledge};
use crate::document::{Document, Kind, Standing};
use crate::source::git::history::{Past, past};
use crate::source::git::{Git, Repo, Tracking, View};
use crate::source::{self, CheckFile, Skip, SourcePath, project_root};

/// Git facts of a deployment.
#[derive(Debug, Default)]
pub struct GitFacts {
    /// By the path people see.
    tracking: HashMap<String, Tracking>,
    /// What git once had of files with secrets that it does not track, by the path people see.
    pasts: HashMap<String, Past>,
    /// Repositories that hold a home, by path.
    pub repositories: Vec<Repository>,
    /// Files with keys and logins of the homes that are no text, by folder.
    pub stores: Vec<SourcePath>,
}

/// A repository that holds a home.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Its root.
    pub root: PathBuf,
    /// Path of a document in it, as people see it, and the same below the root.
    pub witness: (String, String),
    /// What runs before code lands.
    pub checks: Vec<CheckFile>,
}

impl Repository {
    /// `name` at the repository's root, as people would write it from where the scan was started.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        let (display, identity) = &self.witness;
        match display.strip_suffix(identity.as_str()) {
            Some(above) => format!("{above}{name}"),
            None => self.root.join(name).display().to_string(),
        }
    }
}

impl GitFacts {
    pub(super) fn gather(
        documents: &[Document],
        homes: &[Home<'_>],
        skipped: &[Skip],
        archives: &[SourcePath],
        knowledge: &Knowledge,
        stored: Option<&View>,
    ) -> Self {
        let mut git = Git::default();
        let mut tracking = HashMap::new();
        let mut ask = |path: &SourcePath| {
            // git has the archive, and with it what is in there.
            let on_disk = path.on_disk();
            let has = stored.is_some_and(|stored| stored.has(&on_disk.identity));
            let answer = if has { Some(Tracking::Tracked) } else { git.tracking(&on_disk) };
            if let Some(answer) = answer {
                tracking.insert(path.display.clone(), answer);
            }
        };
        for document in documents {
            let store = matches!(document.kind, Kind::Env(_) | Kind::State(..));
            if store || (document.standing == Standing::Copy && document.is_hermes()) {
                ask(document.text.path());
            }
        }
        let files = knowledge.facts().files();
        for path in skipped.iter().map(|skip| &skip.path).chain(archives) {
            if files.of(path.file_name()).is_some() || files.copy(&path.identity).is_some() {
                ask(path);
            }
        }
        let mut repositories = BTreeMap::new();
        let mut stores = Vec::new();
        for home in homes {
            let Some(document) = home.config().or_else(|| home.envs().first().copied()) else {
                continue;
            };
            let path = document.text.path();
            if path.archive().is_some() {
                continue;
            }
            let Some(root) = project_root(&path.real) else { continue };
            let folder = path.real.parent().unwrap_or(&root);
            let named = files.stores.iter().map(|name| folder.join(name));
            for store in named.filter(|store| store.is_file()) {
                let store = SourcePath::new(store, &root);
                ask(&store);
                stores.push(store);
            }
            repositories.entry(root).or_insert_with_key(|root| Repository {
                root: root.clone(),
                witness: (path.display.clone(), path.identity.clone()),
                checks: source::check_files(root),
            });
        }
        // What is judged by what a repository stores is not a file that is in use.
        let pasts = if stored.is_none() { pasts(documents, &tracking) } else { HashMap::new() };
        Self { tracking, pasts, repositories: repositories.into_values().collect(), stores }
    }

    /// What git does with the file at `display`, or with the archive that it is in; `None` outside a
    /// repository, and for files that hold no secret.
    #[must_use]
    pub fn tracking(&self, display: &str) -> Option<Tracking> {
        self.tracking.get(display).copied()
    }

    /// True when git tracks the file at `display`.
    #[must_use]
    pub fn tracks(&self, display: &str) -> bool {
        self.tracking(display) == Some(Tracking::Tracked)
    }

    /// What git once had of the file at `display`, which it does not track; `None` when it never did.
    #[must_use]
    pub fn past(&self, display: &str) -> Option<&Past> {
        self.pasts.get(display)
    }
}

/// What was committed of files with secrets that git does not track.
fn pasts(documents: &[Document], tracking: &HashMap<String, Tracking>) -> HashMap<String, Past> {
    let mut repositories: HashMap<PathBuf, Option<Repo>> = HashMap::new();
    let mut pasts = HashMap::new();
    for document in documents.iter().filter(|document| !document.text.secrets().is_empty()) {
        let path = document.text.path();
        let is_out = |tracking: &Tracking| *tracking != Tracking::Tracked;
        if path.archive().is_some() || !tracking.get(&path.display).is_some_and(is_out) {
            continue;
        }
        let Some(root) = project_root(&path.real) else { continue };
        let repo = repositories.entry(root).or_insert_with_key(|root| Repo::open(root).ok());
        let found = repo.as_ref().and_then(|repo| past(repo, &path.identity).ok());
        if let Some(past) = found.filter(|past| !past.versions.is_empty()) {
            pasts.insert(path.display.clone(), past);
        }
    }
    pasts
}
