//! `check --staged`, `--since` and `--range`: what a commit or a branch adds, read from the repository.
//!
//! What is changed is reported, what surrounds it is known, as with files that are named. Of a changed file the new
//! lines count: what a rule finds in them, and what it finds elsewhere and did not find before the change, such as the
//! denylist that is no longer there. To know that, the state before is judged as well, but only when it matters.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::args;
use super::error::Failure;
use super::pipeline::{Plan, judged_as_whole, merged, walk};
use super::scope::Named;
use super::worker::{Merged, Worker};
use crate::deployment::Deployment;
use crate::finding::{Finding, Severity};
use crate::rules::{Check, find};
use crate::source::git::{self, Added, Blob, Change, Changes, Error, ObjectId, Repo, Shared, View};
use crate::source::{self, Origin, Skip, SkipReason, SourcePath};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error.message).help(error.help)
    }
}

/// What of a repository is read instead of the disk.
pub struct Selected {
    repo: Shared,
    names: Names,
    changes: Changes,
    after: View,
    /// The tree of the state before; `None` when there is none.
    before: Option<ObjectId>,
    /// Paths below the root that were named; all when empty.
    only: Vec<String>,
    /// All lines of a changed file count.
    whole_file: bool,
    /// What lies beside the changed files without being stored counts as well.
    disk: bool,
}

/// One state of a repository, and what of it is reported.
#[derive(Clone, Copy)]
pub(super) struct State<'s> {
    pub view: &'s View,
    is_after: bool,
}

impl Selected {
    /// What `options` name; `None` for the files on the disk.
    ///
    /// # Errors
    ///
    /// When there is no repository, or it can't be read.
    pub fn of(options: &args::Git, paths: &[PathBuf]) -> Result<Option<Self>, Failure> {
        if options.hook {
            return Self::of_hook(paths, options.whole_file);
        }
        let range = |range: &dyn Fn(&Repo) -> Result<git::Range, Error>| {
            Self::range(paths, range, options.whole_file).map(Some)
        };
        match (&options.since, &options.range) {
            (Some(revision), _) => range(&|repo| repo.since(revision)),
            (_, Some(text)) => range(&|repo| repo.range(text)),
            _ if options.staged => Self::staged(paths, options.whole_file).map(Some),
            _ => Ok(None),
        }
    }

    /// What a hook framework means: the range that it names in the environment when something is pushed, else what is
    /// staged. When it names files that are not staged, as for `--all-files`, they are meant as they are.
    fn of_hook(paths: &[PathBuf], whole_file: bool) -> Result<Option<Self>, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let refs = (variable("PRE_COMMIT_FROM_REF"), variable("PRE_COMMIT_TO_REF"));
        if let (Some(from), Some(to)) = refs {
            let range = format!("{from}...{to}");
            return Self::range(&[], |repo| repo.range(&range), whole_file).map(Some);
        }
        let staged = Self::staged(&[], whole_file)?;
        let changed = staged.changes.changed.iter();
        let changed: HashSet<String> =
            changed.map(|change| staged.names.of(&change.path).identity).collect();
        let is_staged = |path: &PathBuf| {
            changed.contains(&SourcePath::new(path.clone(), &staged.names.root).identity)
        };
        Ok(paths.iter().all(is_staged).then_some(staged))
    }

    /// What is staged.
    ///
    /// # Errors
    ///
    /// When there is no repository, or it can't be read.
    pub fn staged(paths: &[PathBuf], whole_file: bool) -> Result<Self, Failure> {
        let repo = Repo::discover(&folder_of(paths))?;
        if repo.is_bare() {
            return Err(Failure::new("nothing can be staged in a bare repository")
                .help("name what to read: `--range A..B` or `--history`"));
        }
        let before = repo.head()?.map(|head| repo.tree(head)).transpose()?;
        let after = View::staged(&repo)?;
        let changes = Changes::staged(&repo, before, &after)?;
        let names = Names::new(&repo);
        let only = names.below(paths)?;
        let repo = repo.shared();
        Ok(Self { repo, names, changes, after, before, only, whole_file, disk: true })
    }

    /// What a range of commits adds.
    ///
    /// # Errors
    ///
    /// When there is no repository, or it can't be read.
    pub fn range(
        paths: &[PathBuf],
        range: impl FnOnce(&Repo) -> Result<git::Range, Error>,
        whole_file: bool,
    ) -> Result<Self, Failure> {
        let repo = Repo::discover(&folder_of(paths))?;
        let range = range(&repo)?;
        let before = range.from.map(|from| repo.tree(from)).transpose()?;
        let tree = repo.tree(range.to)?;
        let after = View::of_tree(&repo, tree)?;
        let changes = Changes::between(&repo, before, tree)?;
        let names = Names::new(&repo);
        let only = names.below(paths)?;
        let disk = !repo.is_bare() && repo.head()? == Some(range.to);
        let repo = repo.shared();
        Ok(Self { repo, names, changes, after, before, only, whole_file, disk })
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.names.root
    }

    /// The state that is judged.
    pub(super) fn after(&self) -> State<'_> {
        State { view: &self.after, is_after: true }
    }

    /// True when all lines of what was changed count.
    pub const fn is_whole(&self) -> bool {
        self.whole_file
    }

    /// True when nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.changes.changed.is_empty() && self.changes.deleted.is_empty()
    }

    fn is_wanted(&self, path: &SourcePath) -> bool {
        self.only.is_empty()
            || self.only.iter().any(|only| {
                path.identity
                    .strip_prefix(only.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }

    /// The changed files, as people see them.
    pub(super) fn named(&self) -> Named {
        let changed = self.changes.changed.iter().map(|change| &change.path);
        let all = changed.chain(self.changes.deleted.iter().map(|(path, _)| path));
        let paths = all.map(|path| self.names.of(path)).filter(|path| self.is_wanted(path));
        Named::files(paths.map(|path| path.display))
    }

    /// The blobs of `state` that are reported.
    fn blobs(&self, state: State<'_>) -> Vec<Blob> {
        let id = |change: &Change| if state.is_after { Some(change.after) } else { change.before };
        let gone = self.changes.deleted.iter().filter(|_| !state.is_after);
        let changed =
            self.changes.changed.iter().filter_map(|change| Some((&change.path, id(change)?)));
        changed
            .chain(gone.map(|(path, id)| (path, *id)))
            .map(|(path, id)| Blob {
                path: self.names.of(path),
                id,
                origin: Origin::Named,
                place: None,
            })
            .filter(|blob| self.is_wanted(&blob.path))
            .collect()
    }

    /// Reads the changed files of `state`, and what surrounds them.
    pub(super) fn read(&self, state: State<'_>, plan: &Plan, options: &args::Scan) -> Merged {
        let options = walk(options);
        let shared = plan.shared(None);
        let show = |blobs: &[Blob]| {
            git::visit(
                &self.repo,
                None,
                blobs.len(),
                &|number| blobs.get(number).cloned(),
                options,
                &|| Worker::new(&shared),
                &|_, _| {},
            )
        };
        let blobs = self.blobs(state);
        let mut workers = show(&blobs);
        let changed = self.changes.changed.iter();
        let paths = changed
            .filter(|change| self.is_wanted(&self.names.of(&change.path)))
            .map(|change| change.path.as_ref())
            .collect();
        let around: Vec<Blob> = state
            .view
            .around(&paths)
            .map(|(path, id)| Blob {
                path: self.names.of(path),
                id,
                origin: Origin::Context,
                place: None,
            })
            .collect();
        workers.extend(show(&around));
        let beside = plan.shared(Some(state.view));
        if self.disk {
            let files = beside_on_disk(blobs.iter().chain(&around));
            workers.extend(source::visit_context(&files, options, || Worker::new(&beside)));
        }
        let mut all = merged(workers);
        for path in state.view.undecided() {
            let path = self.names.of(path);
            all.skips.push(Skip { path, reason: SkipReason::Undecided, origin: Origin::Named });
        }
        all
    }

    /// True when the state before the change will most likely be asked for, and there is a thread to judge it on
    /// meanwhile: a changed file may belong to a deployment, and what is said of one is seldom said of a new line.
    pub(super) fn foresees(&self, options: &args::Scan) -> bool {
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        let changed = self.changes.changed.iter().map(|change| &change.path);
        let all = changed.chain(self.changes.deleted.iter().map(|(path, _)| path));
        let belongs = |path: SourcePath| source::context_worthy(path.file_name());
        let needed = threads > 1 && !self.whole_file && self.before.is_some();
        needed && all.map(|path| self.names.of(path)).any(belongs)
    }

    /// Leaves of `findings` what the change brought. `before` works out what was found before it.
    ///
    /// # Errors
    ///
    /// A blob that can't be read.
    pub(super) fn keep_new(
        &self,
        findings: &mut Vec<Finding>,
        before: impl FnOnce() -> HashSet<Key>,
    ) -> Result<(), Failure> {
        if self.whole_file {
            return Ok(());
        }
        let by_identity: HashMap<String, &Change> = self
            .changes
            .changed
            .iter()
            .map(|change| (self.names.of(&change.path).identity, change))
            .collect();
        let mut added: HashMap<&str, Added> = HashMap::new();
        let (mut work, before) = (Some(before), OnceCell::new());
        let repo = self.repo.repo();
        let mut kept = Vec::with_capacity(findings.len());
        for finding in findings.drain(..) {
            // What is in an archive is as new as the archive.
            let stored = source::with_archives(&finding.location.identity).next();
            let found = stored.and_then(|stored| by_identity.get_key_value(stored));
            let of_file =
                find(finding.rule).is_some_and(|rule| matches!(rule.check, Check::File(_)));
            if let Some((identity, change)) = found {
                if !added.contains_key(identity.as_str()) {
                    added.insert(identity, self.changes.added(&repo, change)?);
                }
                let lines = added.get(identity.as_str());
                let in_archive = stored.is_some_and(|stored| stored != &*finding.location.identity);
                let is_new = lines.is_some_and(|lines| match finding.location.region {
                    Some(at) if !in_archive => lines.any(at.line, at.end_line.max(at.line)),
                    _ => *lines == Added::All,
                });
                if is_new || in_archive {
                    kept.push(finding);
                    continue;
                }
            }
            if of_file {
                continue;
            }
            let before = before.get_or_init(|| work.take().map(|work| work()).unwrap_or_default());
            if !before.contains(&key(&finding)) {
                kept.push(finding);
            }
        }
        *findings = kept;
        Ok(())
    }

    /// What was to be said of the changed files before the change.
    pub(super) fn found_before(&self, plan: &Plan, options: &args::Scan) -> HashSet<Key> {
        let Some(tree) = self.before else { return HashSet::new() };
        let read = || View::of_tree(&self.repo.repo(), tree).ok();
        // What can't be read says nothing: then all that is found is new.
        let Some(view) = self.after.before(&self.changes).or_else(read) else {
            return HashSet::new();
        };
        let state = State { view: &view, is_after: false };
        let all = self.read(state, plan, options);
        let Merged { documents, skips, archives, .. } = &all;
        let deployment =
            Deployment::join(documents, &plan.knowledge, skips, archives, None, Some(&view));
        judged_as_whole(&deployment).into_vec().iter().map(key).collect()
    }
}

/// The files that lie beside `blobs` and may belong to a deployment, stored or not: a live `.env` seldom is.
fn beside_on_disk<'b>(blobs: impl Iterator<Item = &'b Blob>) -> Vec<PathBuf> {
    let worthy = blobs.filter(|blob| source::context_worthy(blob.path.file_name()));
    let folders: BTreeSet<PathBuf> =
        worthy.filter_map(|blob| blob.path.real.parent().map(Path::to_path_buf)).collect();
    let here = std::env::current_dir().unwrap_or_default();
    let mut files = Vec::new();
    for entry in
        folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten()
    {
        if entry.file_name().to_str().is_some_and(source::context_worthy) {
            let path = entry.path();
            // A path below the working directory is shown the way a user would write it.
            files.push(path.strip_prefix(&here).map_or_else(|_| path.clone(), Path::to_path_buf));
        }
    }
    files
}

/// What a finding says, wherever its line is: one that says more than before is the change's.
pub(super) type Key = (&'static str, String, String, String, Vec<String>, Severity);

fn key(finding: &Finding) -> Key {
    let Finding { rule, location, anchor, message, notes, severity, .. } = finding;
    let place = location.identity.to_string();
    (rule, place, anchor.clone(), message.clone(), notes.clone(), *severity)
}

/// Where the repository is looked for: at what was named, or here.
pub(super) fn folder_of(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let folder =
        |path: &PathBuf| path.ancestors().find(|above| above.is_dir()).map(Path::to_path_buf);
    folder(&first).filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from("."))
}

/// How the paths of a repository are shown: as one would write them from here.
pub(super) struct Names {
    pub root: PathBuf,
    /// The working directory, below the root, with a `/` at the end; empty at the root or elsewhere.
    inside: PathBuf,
    is_bare: bool,
}

impl Names {
    pub fn new(repo: &Repo) -> Self {
        let root = repo.root();
        let here = std::env::current_dir().unwrap_or_default();
        let inside = here.strip_prefix(&root).map(Path::to_path_buf);
        let inside = inside.or_else(|_| {
            here.canonicalize()
                .ok()
                .zip(root.canonicalize().ok())
                .and_then(|(here, root)| here.strip_prefix(root).ok().map(Path::to_path_buf))
                .ok_or(())
        });
        Self { root, inside: inside.unwrap_or_default(), is_bare: repo.is_bare() }
    }

    /// The names of the file at `path` below the root.
    pub fn of(&self, path: &[u8]) -> SourcePath {
        let below = git::path(path);
        if self.is_bare || self.inside.as_os_str().is_empty() {
            return SourcePath::stored(&self.root, &below, &below);
        }
        let shared = self.inside.components().zip(below.components());
        let shared = shared.take_while(|(one, other)| one == other).count();
        let mut shown = PathBuf::new();
        (shared..self.inside.components().count()).for_each(|_| shown.push(".."));
        shown.extend(below.components().skip(shared));
        SourcePath::stored(&self.root, &below, &shown)
    }

    /// What of the repository `paths` name; nothing when they name all of it.
    fn below(&self, paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
        let mut below = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                return Err(Failure::new("standard input is in no repository")
                    .help("leave `-` out, or read it alone: `hermes-lint check -`"));
            }
            let identity = SourcePath::new(path.clone(), &self.root).identity;
            if identity.is_empty() || crate::source::absolute(path) == self.root {
                return Ok(Vec::new());
            }
            below.push(identity.trim_end_matches('/').to_owned());
        }
        Ok(below)
    }
}
