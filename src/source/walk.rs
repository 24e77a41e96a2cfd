//! Visiting every file below the named paths, in parallel.
//!
//! The `ignore` crate walks and honours `.gitignore`. Files that Hermes reads are looked at even where
//! git ignores them (a live `.env` nearly always is): folders are listed once more for such names, and
//! what the walk passed over is visited afterwards. That costs a second listing of each folder, and
//! saves us an own gitignore engine.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::parts::{self, LARGE, Large, lock};
use super::roots::{Root, context_roots};
use super::{
    Origin, Skip, SkipReason, Source, SourcePath, Visitor, archive, context_worthy, hermes_named,
    read,
};

/// How deep below a project's root the siblings of a named file are looked for.
pub(super) const CONTEXT_DEPTH: usize = 7;
/// How many entries are looked at for context at most, so that a hook in a huge repo stays quick.
pub(super) const CONTEXT_ENTRIES: usize = 50_000;
/// Folders that hold what Hermes reads, by name; others are recognised by what is in them.
const HOME_FOLDERS: &[&str] =
    &[".hermes", "dot_hermes", "profiles", "skills", "cron", "memories", "hooks", "plugins"];
/// Files whose presence makes an ignored folder worth walking.
const HOME_FILES: &[&str] = &["config.yaml", ".env", "SKILL.md", "auth.json", "SOUL.md"];

/// How to walk.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Worker threads; 0 for one a core.
    pub threads: usize,
    /// Largest file to read whole, in bytes.
    pub max_size: u64,
    /// Honour `.gitignore`.
    pub gitignore: bool,
    /// Read the files in archives, too.
    pub archives: Option<archive::Limits>,
}

/// What to visit.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Read what surrounds named files, as [`Origin::Context`].
    pub context: bool,
}

/// Visits every file of `inputs`; returns the visitors, in no particular order. Large files come last, so that
/// all threads work on one of them together.
///
/// # Errors
///
/// The first named path that does not exist or can't be looked at.
pub fn visit<V: Visitor>(
    inputs: &Inputs,
    options: Options,
    make: impl Fn() -> V + Sync,
) -> Result<Vec<V>, (PathBuf, io::Error)> {
    let mut named = Vec::new();
    let mut stdin = false;
    for path in &inputs.paths {
        if path.as_os_str() == "-" {
            stdin = true;
            continue;
        }
        let metadata = std::fs::metadata(path).map_err(|error| (path.clone(), error))?;
        named.push(Root::new(path, metadata.is_dir()));
    }

    let mut visitors = Vec::new();
    if stdin {
        visitors.push(visit_stdin(options, make()));
    }
    let context = if inputs.context { context_roots(&named) } else { Vec::new() };
    // Only then can one file be met twice; resolving every path would cost more than reading it.
    let seen = (named.len() > 1 || !context.is_empty()).then(|| Mutex::new(HashSet::new()));
    let (mut large, mut archives) = (Vec::new(), Vec::new());
    for (roots, origin) in [(&named, Origin::Named), (&context, Origin::Context)] {
        if !roots.is_empty() {
            let pass = Pass::new(roots, options, origin, seen.as_ref());
            pass.run(&make, &mut visitors);
            large.extend(lock(&pass.large).drain(..));
            archives.extend(lock(&pass.archives).drain(..));
        }
    }
    if let (Some(limits), false) = (&options.archives, archives.is_empty()) {
        archive::visit_all(archives, limits, options.threads, &make, &mut visitors);
    }
    if !large.is_empty() {
        parts::visit(large, options.threads, &make, &mut visitors);
    }
    Ok(visitors)
}

/// Visits the files at `paths` as [`Origin::Context`], whatever git ignores. Returns the visitors.
pub fn visit_context<V: Visitor>(
    paths: &[PathBuf],
    options: Options,
    make: impl Fn() -> V + Sync,
) -> Vec<V> {
    let roots: Vec<Root> = paths.iter().map(|path| Root::new(path, false)).collect();
    let mut visitors = Vec::new();
    if !roots.is_empty() {
        let options = Options { gitignore: false, ..options };
        Pass::new(&roots, options, Origin::Context, None).run(&make, &mut visitors);
    }
    visitors
}

fn visit_stdin<V: Visitor>(options: Options, mut visitor: V) -> V {
    let (path, origin) = (SourcePath::stdin(), Origin::Stdin);
    if !visitor.wants(&path, origin) {
        return visitor;
    }
    let (mut buffer, mut input) = (Vec::new(), io::stdin().lock());
    if let Some(limits) = &options.archives
        && archive::visit_stream(&path, &mut input, limits, &mut visitor, &mut buffer)
    {
        return visitor;
    }
    match read::stdin(&mut input, options.max_size, &mut buffer) {
        Ok(()) => visitor.source(Source { path: &path, bytes: &buffer, origin, part: None }),
        Err(reason) => visitor.skip(Skip { path, reason, origin }),
    }
    visitor
}

/// One walk over some roots.
struct Pass<'a> {
    roots: &'a [Root],
    by_path: HashMap<&'a Path, &'a Root>,
    options: Options,
    origin: Origin,
    /// Files visited so far, when one may be met twice.
    seen: Option<&'a Mutex<HashSet<PathBuf>>>,
    /// Files left for later, to be read in parts.
    large: Mutex<Vec<Large>>,
    /// Archives left for later.
    archives: Mutex<Vec<Large>>,
    entries: AtomicUsize,
}

/// What a walk noted, to find what git's ignore rules made it pass over.
#[derive(Default)]
struct Notes {
    /// Folders entered.
    folders: HashSet<PathBuf>,
    /// Sub-folders and Hermes files listed in them.
    listed_folders: Vec<PathBuf>,
    listed_files: Vec<PathBuf>,
    /// Hermes files visited.
    files: HashSet<PathBuf>,
}

impl<'a> Pass<'a> {
    fn new(
        roots: &'a [Root],
        options: Options,
        origin: Origin,
        seen: Option<&'a Mutex<HashSet<PathBuf>>>,
    ) -> Self {
        let by_path = roots.iter().map(|root| (root.path.as_path(), root)).collect();
        let (large, archives) = (Mutex::default(), Mutex::default());
        let entries = AtomicUsize::new(0);
        Self { roots, by_path, options, origin, seen, large, archives, entries }
    }

    fn run<V: Visitor>(&self, make: &(impl Fn() -> V + Sync), visitors: &mut Vec<V>) {
        let paths: Vec<_> = self.roots.iter().map(|root| root.path.clone()).collect();
        let notes = self.walk(&paths, self.options.gitignore, make, visitors);
        if !self.options.gitignore {
            return;
        }
        // Ignored files first, then ignored folders that look like a home: those are walked whole.
        let mut missed: Vec<PathBuf> =
            notes.listed_files.into_iter().filter(|path| !notes.files.contains(path)).collect();
        missed.extend(
            notes
                .listed_folders
                .into_iter()
                .filter(|folder| !notes.folders.contains(folder) && looks_like_home(folder)),
        );
        if !missed.is_empty() {
            missed.sort();
            self.walk(&missed, false, make, visitors);
        }
    }

    fn walk<V: Visitor>(
        &self,
        paths: &[PathBuf],
        gitignore: bool,
        make: &(impl Fn() -> V + Sync),
        visitors: &mut Vec<V>,
    ) -> Notes {
        let Some((first, rest)) = paths.split_first() else { return Notes::default() };
        let mut builder = WalkBuilder::new(first);
        for path in rest {
            builder.add(path);
        }
        builder
            .standard_filters(false)
            .follow_links(false)
            .git_ignore(gitignore)
            .git_exclude(gitignore)
            .git_global(gitignore)
            .parents(gitignore)
            .threads(self.options.threads)
            .filter_entry(|entry| entry.file_name() != ".git");
        if self.origin == Origin::Context {
            builder.max_depth(Some(CONTEXT_DEPTH));
        }
        let done = Mutex::new((Vec::new(), Notes::default()));
        let mut workers = Workers { pass: self, make, done: &done, note: gitignore };
        builder.build_parallel().visit(&mut workers);
        let (made, notes) = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        visitors.extend(made);
        notes
    }

    /// The root that `entry` was found below.
    fn root_of(&self, path: &Path) -> Option<&'a Root> {
        if let [only] = self.roots {
            return Some(only);
        }
        path.ancestors().find_map(|above| self.by_path.get(above).copied())
    }

    fn inside(&self, target: &Path) -> bool {
        self.roots
            .iter()
            .filter_map(|root| root.resolved.as_deref())
            .any(|resolved| target.starts_with(resolved))
    }

    /// False when the file was visited before.
    fn first_visit(&self, path: &Path) -> bool {
        let Some(seen) = self.seen else { return true };
        let key = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key)
    }
}

fn looks_like_home(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name != ".git"
        && (HOME_FOLDERS.contains(&name)
            || HOME_FILES.iter().any(|file| folder.join(file).exists()))
}

struct Workers<'w, 'a, F, V> {
    pass: &'w Pass<'a>,
    make: &'w F,
    done: &'w Mutex<(Vec<V>, Notes)>,
    note: bool,
}

impl<'s, F, V> ParallelVisitorBuilder<'s> for Workers<'s, '_, F, V>
where
    F: Fn() -> V + Sync,
    V: Visitor,
{
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        Box::new(Worker {
            pass: self.pass,
            visitor: Some((self.make)()),
            buffer: Vec::new(),
            notes: Notes::default(),
            done: self.done,
            note: self.note,
        })
    }
}

/// One thread of a walk, with the one buffer it reads into.
struct Worker<'w, 'a, V: Visitor> {
    pass: &'w Pass<'a>,
    visitor: Option<V>,
    buffer: Vec<u8>,
    notes: Notes,
    done: &'w Mutex<(Vec<V>, Notes)>,
    note: bool,
}

impl<V: Visitor> ParallelVisitor for Worker<'_, '_, V> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.entry(&entry),
            Err(error) => {
                self.broken(&error);
                WalkState::Continue
            }
        }
    }
}

impl<V: Visitor> Worker<'_, '_, V> {
    fn entry(&mut self, entry: &DirEntry) -> WalkState {
        let context = self.pass.origin == Origin::Context;
        if context && self.pass.entries.fetch_add(1, Ordering::Relaxed) > CONTEXT_ENTRIES {
            return WalkState::Quit;
        }
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if kind.is_dir() {
            if self.note {
                self.list(entry.path());
            }
            return WalkState::Continue;
        }
        let name = entry.file_name().to_str().unwrap_or_default();
        if context && !context_worthy(name) {
            return WalkState::Continue;
        }
        if self.note && hermes_named(name) {
            self.notes.files.insert(entry.path().to_path_buf());
        }
        if kind.is_symlink() && entry.depth() > 0 {
            self.link(entry.path(), hermes_named(name));
        } else if kind.is_file() || kind.is_symlink() {
            self.file(entry.path());
        } else {
            self.skip(entry.path(), SkipReason::Special);
        }
        WalkState::Continue
    }

    /// Notes what a folder holds for Hermes, whatever git ignores.
    fn list(&mut self, folder: &Path) {
        self.notes.folders.insert(folder.to_path_buf());
        let Ok(children) = std::fs::read_dir(folder) else { return };
        for child in children.flatten() {
            let Ok(kind) = child.file_type() else { continue };
            if kind.is_dir() {
                self.notes.listed_folders.push(child.path());
            } else if child.file_name().to_str().is_some_and(hermes_named) {
                self.notes.listed_files.push(child.path());
            }
        }
    }

    fn file(&mut self, path: &Path) {
        if !self.pass.first_visit(path) {
            return;
        }
        let Some(root) = self.pass.root_of(path) else { return };
        let name = SourcePath::new(path.to_path_buf(), &root.project);
        let origin = self.pass.origin;
        if !self.visitor.as_mut().is_some_and(|visitor| visitor.wants(&name, origin)) {
            return;
        }
        let read = self.read(&name);
        if let (Err(reason), Some(visitor)) = (read, &mut self.visitor) {
            visitor.skip(Skip { path: name, reason, origin });
        }
    }

    /// Shows a file to the visitor, or leaves it for later; an error says what of it is not looked at.
    fn read(&mut self, path: &SourcePath) -> Result<(), SkipReason> {
        let Some(visitor) = &mut self.visitor else { return Ok(()) };
        let (limit, origin) = (self.pass.options.max_size, self.pass.origin);
        // One NUL byte must not hide a file that Hermes reads: its parsers say what is wrong with it.
        let hermes = hermes_named(path.file_name());
        let (file, size) = read::open(&path.real)?;
        let archives = self.pass.options.archives.is_some() && origin != Origin::Context;
        let later = || Large { path: path.clone(), size };
        let binary = |format| match format {
            None | Some(archive::Format::Unsupported(_)) => SkipReason::Binary,
            Some(_) => SkipReason::Packed,
        };
        if size > limit.min(LARGE) && origin != Origin::Context {
            if archives && archive::at(&file).is_some() {
                lock(&self.pass.archives).push(later());
                return Ok(());
            }
            let parsed = visitor.parses(path);
            if size > limit || !parsed {
                if read::begins_binary(&file)? && !hermes {
                    return Err(binary(archive::at(&file)));
                }
                lock(&self.pass.large).push(later());
                // Credentials are found in it all the same; what it means stays unknown.
                return if parsed { Err(SkipReason::TooLarge { size, limit }) } else { Ok(()) };
            }
        }
        let read = read::whole(file, size, limit, &mut self.buffer)?;
        let bytes = self.buffer.get(..read.length).unwrap_or_default();
        if archives && archive::begins(bytes).is_some() {
            lock(&self.pass.archives).push(later());
            // Under the name of what Hermes reads as it is, it is broken as well.
            if !hermes || archive::packs_hermes_file(path.file_name()) {
                return Ok(());
            }
        } else if read.binary && !hermes {
            return Err(binary(archive::begins(bytes)));
        }
        visitor.source(Source { path, bytes, origin, part: None });
        Ok(())
    }

    /// A link to a file of the tree is read where the file is, unless Hermes reads it by the link's name.
    fn link(&mut self, path: &Path, hermes: bool) {
        match path.canonicalize() {
            Ok(target) if self.pass.inside(&target) => {
                let own_name =
                    target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if hermes && target.is_file() && !hermes_named(own_name) {
                    self.file(path);
                }
            }
            Ok(_) => self.skip(path, SkipReason::SymlinkOutside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.skip(path, SkipReason::SymlinkBroken);
            }
            Err(error) if is_loop(&error) => self.skip(path, SkipReason::SymlinkLoop),
            Err(error) => self.skip(path, SkipReason::Unreadable(error.kind())),
        }
    }

    fn broken(&mut self, error: &ignore::Error) {
        // Errors without a path are about an ignore file's syntax: git itself passes over those, too.
        if let Some(path) = path_of(error) {
            let kind = error.io_error().map_or(io::ErrorKind::Other, io::Error::kind);
            self.skip(path, SkipReason::Unreadable(kind));
        }
    }

    fn skip(&mut self, path: &Path, reason: SkipReason) {
        let Some(root) = self.pass.root_of(path) else { return };
        let path = SourcePath::new(path.to_path_buf(), &root.project);
        if let Some(visitor) = &mut self.visitor {
            visitor.skip(Skip { path, reason, origin: self.pass.origin });
        }
    }
}

impl<V: Visitor> Drop for Worker<'_, '_, V> {
    fn drop(&mut self) {
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.0.extend(self.visitor.take());
        let notes = std::mem::take(&mut self.notes);
        done.1.folders.extend(notes.folders);
        done.1.files.extend(notes.files);
        done.1.listed_folders.extend(notes.listed_folders);
        done.1.listed_files.extend(notes.listed_files);
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}
