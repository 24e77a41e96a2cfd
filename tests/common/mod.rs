//! What several test binaries share: fixtures laid out as a live deployment, tokens expanded.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod pack;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use std::time::Duration;

use hermes_lint::secrets::template;

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// 2026-11-21: the day the examples' attestations and rotation dates are counted to.
pub const TODAY: &str = "1795219200";

/// Runs the binary in `folder`, colourless, on [`TODAY`], with nobody's home.
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env_remove("HERMES_HOME")
        .env("NO_COLOR", "1")
        .env("SOURCE_DATE_EPOCH", TODAY)
        .timeout(Duration::from_secs(60))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8 output");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

/// What a fixture needs besides its files, from its `fixture.toml`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// Release of Hermes Agent.
    pub hermes_version: Option<String>,
    /// Octal modes by path, `.` for the folder itself; files are 0600 and folders 0700 without.
    pub modes: BTreeMap<String, String>,
    /// Owner by path, as a number: only root can give files away, so others pass such a fixture over.
    pub owners: BTreeMap<String, u32>,
    /// Lay the folder out as a git repository in which every file is tracked.
    pub git: bool,
    /// Files that git does not track.
    pub untracked: Vec<String>,
    /// What an earlier commit has, by path: text with templates. No branch has another commit.
    pub committed: BTreeMap<String, String>,
    /// Scan these paths only, below the fixture.
    pub paths: Vec<String>,
    /// Lowest confidence to show.
    pub min_confidence: Option<String>,
    /// Symbolic links by path, and where each leads.
    pub links: BTreeMap<String, String>,
    /// The fixture is the disk of a machine, and looked at as one.
    pub machine: bool,
    /// Whether a file is append-only, by path: only root can make one so, and not every filesystem tells.
    pub append: BTreeMap<String, bool>,
}

/// A fixture, copied to a folder of its own with its templates expanded.
pub struct Laid {
    /// Removed when dropped.
    pub folder: tempfile::TempDir,
    /// What it needs.
    pub setup: Setup,
    /// False when this machine can't lay it out as it is meant.
    pub possible: bool,
    /// Every secret that was expanded into it.
    pub secrets: Vec<String>,
}

impl Drop for Laid {
    /// What can only grow can't be removed either.
    fn drop(&mut self) {
        for below in self.setup.append.iter().filter(|(_, on)| **on).map(|(below, _)| below) {
            flag(&self.folder.path().join(below), false);
        }
    }
}

#[cfg(target_os = "linux")]
fn flag(path: &Path, on: bool) {
    use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
    let Ok(file) = fs::File::open(path) else { return };
    let Ok(flags) = ioctl_getflags(&file) else { return };
    let flags = if on { flags | IFlags::APPEND } else { flags - IFlags::APPEND };
    let _ = ioctl_setflags(&file, flags);
}

#[cfg(not(target_os = "linux"))]
fn flag(_: &Path, _: bool) {}

/// Lays `fixture` out: `%{template}%` in a file becomes a token of that shape.
pub fn lay(fixture: &Path) -> Laid {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let setup = match fs::read_to_string(fixture.join("fixture.toml")) {
        Ok(text) => toml::from_str(&text)
            .unwrap_or_else(|error| panic!("{}/fixture.toml: {error}", fixture.display())),
        Err(_) => Setup::default(),
    };
    let mut laid = Laid { folder, setup, possible: true, secrets: Vec::new() };
    copy(fixture, laid.folder.path().to_path_buf().as_path(), &mut laid.secrets);
    modes(laid.folder.path(), laid.folder.path(), &laid.setup);
    laid.possible = links(laid.folder.path(), &laid.setup);
    if !laid.setup.owners.is_empty() {
        laid.possible = owners(laid.folder.path(), &laid.setup);
    }
    for (below, &wanted) in &laid.setup.append {
        let path = laid.folder.path().join(below);
        if wanted {
            flag(&path, true);
        }
        laid.possible &= hermes_lint::host::file::append_only(&path) == Some(wanted);
    }
    if laid.setup.git {
        git(laid.folder.path(), &laid.setup.untracked);
        if !laid.setup.committed.is_empty() {
            let text = |text: &String| expand(text, &mut laid.secrets);
            let committed: Vec<String> = laid.setup.committed.values().map(text).collect();
            let files = laid.setup.committed.keys().map(String::as_str).zip(&committed);
            commit(laid.folder.path(), &files.map(|(path, text)| (path, text.as_str())).collect());
        }
    }
    laid
}

fn copy(from: &Path, to: &Path, secrets: &mut Vec<String>) {
    let mut entries: Vec<_> =
        fs::read_dir(from).expect("a folder").map(|e| e.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // A checkout can't hold some names as they are: `dot-git` would be a repository in a repository.
        let name = entry.file_name().into_string().expect("a UTF-8 name");
        if name == "fixture.toml" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().expect("a type").is_dir() {
            fs::create_dir_all(&target).expect("a new folder");
            copy(&entry.path(), &target, secrets);
        } else {
            let bytes = fs::read(entry.path()).expect("a file");
            let bytes = match String::from_utf8(bytes) {
                Ok(text) => expand(&text, secrets).into_bytes(),
                Err(error) => error.into_bytes(),
            };
            fs::write(&target, bytes).expect("a new file");
        }
    }
}

/// Replaces `%{template}%` by a token of that shape; the same template gives the same token.
pub fn expand(text: &str, secrets: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        let Some((inner, tail)) = after.split_once("}%") else { break };
        let token = template::expand(inner, 7).unwrap_or_else(|error| panic!("{inner}: {error:?}"));
        out.push_str(before);
        out.push_str(&token);
        secrets.push(token);
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(unix)]
fn modes(root: &Path, folder: &Path, setup: &Setup) {
    use std::os::unix::fs::PermissionsExt;
    if folder == root {
        let mode = setup
            .modes
            .get(".")
            .map_or(0o700, |text| u32::from_str_radix(text, 8).expect("an octal mode"));
        fs::set_permissions(root, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let below = path.strip_prefix(root).expect("below").to_str().expect("UTF-8").to_owned();
        let is_folder = entry.file_type().expect("a type").is_dir();
        if is_folder {
            modes(root, &path, setup);
        }
        let usual = if is_folder { 0o700 } else { 0o600 };
        let mode = setup
            .modes
            .get(&below)
            .map_or(usual, |text| u32::from_str_radix(text, 8).expect("an octal mode"));
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
}

/// Makes the links; false where there are none.
#[cfg(unix)]
fn links(root: &Path, setup: &Setup) -> bool {
    setup.links.iter().all(|(below, target)| {
        let path = root.join(below);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a new folder");
        std::os::unix::fs::symlink(target, path).is_ok()
    })
}

#[cfg(not(unix))]
fn links(_: &Path, setup: &Setup) -> bool {
    setup.links.is_empty()
}

/// Gives files to other accounts; false where that is not allowed.
#[cfg(unix)]
fn owners(root: &Path, setup: &Setup) -> bool {
    setup
        .owners
        .iter()
        .all(|(below, &uid)| std::os::unix::fs::chown(root.join(below), Some(uid), None).is_ok())
}

#[cfg(not(unix))]
fn owners(_: &Path, _: &Setup) -> bool {
    false
}

#[cfg(not(unix))]
fn modes(_: &Path, _: &Path, _: &Setup) {}

/// Makes a repository whose index tracks every file but `untracked`; needs no git program.
pub fn git(folder: &Path, untracked: &[String]) {
    use gix::index::entry::{Flags, Mode, Stat};
    gix::init(folder).expect("a repository");
    let mut state = gix::index::State::new(gix::hash::Kind::Sha1);
    let mut files = Vec::new();
    list(folder, folder, &mut files);
    files.sort();
    for file in files.iter().filter(|file| !untracked.contains(file)) {
        let id = gix::ObjectId::empty_blob(gix::hash::Kind::Sha1);
        state.dangerously_push_entry(
            Stat::default(),
            id,
            Flags::empty(),
            Mode::FILE,
            file.as_str().into(),
        );
    }
    let path = folder.join(".git/index");
    let mut index = gix::index::File::from_state(state, path);
    index.write(gix::index::write::Options::default()).expect("an index");
}

/// Commits `files` on the branch that is checked out; needs no git program.
fn commit(folder: &Path, files: &BTreeMap<&str, &str>) {
    let git = gix::open_opts(folder, gix::open::Options::isolated()).expect("a repository");
    let by = gix::actor::Signature {
        name: "Ann Author".into(),
        email: "ann@example.org".into(),
        time: gix::date::Time::new(1_780_000_000, 0),
    };
    let commit = gix::objs::Commit {
        tree: tree(&git, files),
        parents: Default::default(),
        author: by.clone(),
        committer: by,
        encoding: None,
        message: "work\n".into(),
        extra_headers: Vec::new(),
    };
    let id = git.write_object(&commit).expect("a commit");
    let name = git.head_name().expect("a head").expect("a branch");
    let path = git.path().join(name.as_bstr().to_string());
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, format!("{id}\n")).expect("a reference");
}

/// The tree of `files`, by path.
pub fn tree(git: &gix::Repository, files: &BTreeMap<&str, &str>) -> gix::ObjectId {
    use gix::objs::tree::{Entry, EntryKind};
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut folders: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (path, text) in files {
        match path.split_once('/') {
            Some((folder, rest)) => {
                folders.entry(folder).or_default().insert(rest, text);
            }
            None => {
                let oid = git.write_blob(text).expect("a blob").detach();
                let (mode, filename) = (EntryKind::Blob.into(), (*path).into());
                // As git sorts: a folder as if it ended with a slash.
                entries.insert((*path).to_owned(), Entry { mode, filename, oid });
            }
        }
    }
    for (folder, files) in folders {
        let oid = tree(git, &files);
        let (mode, filename) = (EntryKind::Tree.into(), folder.into());
        entries.insert(format!("{folder}/"), Entry { mode, filename, oid });
    }
    let tree = gix::objs::Tree { entries: entries.into_values().collect() };
    git.write_object(&tree).expect("a tree").detach()
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.file_name() == ".git" {
            continue;
        }
        if entry.file_type().expect("a type").is_dir() {
            list(root, &entry.path(), files);
        } else {
            files.push(
                entry.path().strip_prefix(root).expect("below").to_str().expect("UTF-8").to_owned(),
            );
        }
    }
}

/// Scans a laid fixture; paths in the findings are below it.
pub fn scan(laid: &Laid, checklist: bool) -> hermes_lint::cli::pipeline::Scanned {
    use hermes_lint::cli::{args, pipeline};
    let folder = laid.folder.path();
    let survey = laid.setup.machine.then(|| {
        let json = hermes_lint::data::file("hermes/machine").expect("the table of machines");
        let facts = serde_json::from_str(json).expect("JSON");
        let machine = hermes_lint::host::machine::Machine::at(folder);
        hermes_lint::deployment::Survey::of(machine, &facts, None, None)
    });
    let paths: Vec<PathBuf> = if let Some(survey) = &survey {
        survey.paths()
    } else if laid.setup.paths.is_empty() {
        vec![folder.to_path_buf()]
    } else {
        laid.setup.paths.iter().map(|path| folder.join(path)).collect()
    };
    let options = args::Scan {
        hermes_version: laid.setup.hermes_version.clone(),
        max_size: args::DEFAULT_MAX_SIZE,
        no_ignore: false,
        archives: false,
        threads: 1,
        rules: None,
        config: None,
    };
    let choose = args::Choose {
        select: Vec::new(),
        ignore: Vec::new(),
        min_confidence: laid
            .setup
            .min_confidence
            .as_deref()
            .map(|word| word.parse().expect("a level")),
        fail_on: None,
        baseline: None,
        write_baseline: None,
        prune: false,
        require_complete: false,
    };
    let extras =
        pipeline::Extras { checklist, host: survey.as_ref(), ..pipeline::Extras::default() };
    pipeline::scan(&paths, &options, Some(&choose), true, extras).expect("a scan")
}
