//! Repositories made without a git program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use gix::ObjectId;
use gix::hash::Kind;
use gix::index::entry::{Flags, Mode, Stat};
use serde_json::Value;

/// Files by path.
pub type Files<'f> = BTreeMap<&'f str, &'f str>;

/// A repository in a folder of its own.
pub struct Repo {
    folder: tempfile::TempDir,
    git: gix::Repository,
    bare: bool,
    now: AtomicI64,
}

impl Repo {
    pub fn new() -> Self {
        Self::of(Kind::Sha1, false)
    }

    pub fn of(hash: Kind, bare: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kind = if bare { gix::create::Kind::Bare } else { gix::create::Kind::WithWorktree };
        let options =
            gix::create::Options { object_hash: Some(hash), ..gix::create::Options::default() };
        let git = gix::ThreadSafeRepository::init(folder.path(), kind, options).unwrap();
        let git_dir = git.to_thread_local().path().to_owned();
        fs::write(git_dir.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let git = gix::open_opts(folder.path(), gix::open::Options::isolated()).unwrap();
        Self { folder, git, bare, now: AtomicI64::new(1_700_000_000) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn git_dir(&self) -> PathBuf {
        if self.bare { self.path().to_owned() } else { self.path().join(".git") }
    }

    /// Writes a file of the working tree.
    pub fn put(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn blob(&self, text: &str) -> ObjectId {
        self.git.write_blob(text).unwrap().detach()
    }

    pub fn tree(&self, files: &Files<'_>) -> ObjectId {
        super::common::tree(&self.git, files)
    }

    /// Commits `files` on `branch`, a minute after the last one.
    pub fn commit(&self, branch: &str, files: &Files<'_>, parents: &[ObjectId]) -> ObjectId {
        self.commit_tree(branch, self.tree(files), parents)
    }

    /// A tree with `files`, and behind them a submodule that is at `commit`.
    pub fn tree_with_submodule(&self, files: &Files<'_>, name: &str, commit: ObjectId) -> ObjectId {
        let found = self.git.find_tree(self.tree(files)).unwrap();
        let mut tree = gix::objs::Tree::from(found.decode().unwrap());
        let mode = gix::objs::tree::EntryKind::Commit.into();
        tree.entries.push(gix::objs::tree::Entry { mode, filename: name.into(), oid: commit });
        self.git.write_object(&tree).unwrap().detach()
    }

    pub fn commit_tree(&self, branch: &str, tree: ObjectId, parents: &[ObjectId]) -> ObjectId {
        let seconds = self.now.fetch_add(60, Ordering::Relaxed);
        let by = gix::actor::Signature {
            name: "Ann Author".into(),
            email: "ann@example.org".into(),
            time: gix::date::Time::new(seconds, 3600),
        };
        let commit = gix::objs::Commit {
            tree,
            parents: parents.iter().copied().collect(),
            author: by.clone(),
            committer: by,
            encoding: None,
            message: "work\n".into(),
            extra_headers: Vec::new(),
        };
        let id = self.git.write_object(&commit).unwrap().detach();
        self.point(&format!("refs/heads/{branch}"), id);
        id
    }

    pub fn point(&self, name: &str, id: ObjectId) {
        let path = self.git_dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{id}\n")).unwrap();
    }

    /// Makes `files` what is staged.
    pub fn stage(&self, files: &Files<'_>) {
        self.stage_as(files, &[]);
    }

    /// The same, with flags of some paths.
    pub fn stage_as(&self, files: &Files<'_>, flags: &[(&str, Flags)]) {
        let mut state = gix::index::State::new(self.git.object_hash());
        for (path, text) in files {
            let flags = flags.iter().find(|(name, _)| name == path);
            state.dangerously_push_entry(
                Stat::default(),
                self.blob(text),
                flags.map_or(Flags::empty(), |(_, flags)| *flags),
                Mode::FILE,
                (*path).into(),
            );
        }
        state.sort_entries();
        let mut index = gix::index::File::from_state(state, self.git_dir().join("index"));
        index.write(gix::index::write::Options::default()).unwrap();
    }

    /// Runs the binary in the repository, away from any other that the tests may run in.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_with(arguments, &[])
    }

    pub fn run_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (i32, String, String) {
        run_in(self.path(), arguments, variables)
    }

    /// The findings of a run with `arguments`, and its status.
    pub fn findings(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        let (status, report) = self.report(arguments);
        (status, report["findings"].as_array().unwrap().clone())
    }

    pub fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let all = [&["check", "--format", "json"], arguments].concat();
        let (status, out, errors) = self.run(&all);
        let report = serde_json::from_str(&out);
        (status, report.unwrap_or_else(|_| panic!("{out}{errors}")))
    }

    /// Rule, path and line of each finding.
    pub fn places(&self, arguments: &[&str]) -> Vec<(String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (_, findings) = self.findings(arguments);
        let place = |one: &Value| {
            (text(&one["rule"]), text(&one["path"]), one["line"].as_u64().unwrap_or(0))
        };
        findings.iter().map(place).collect()
    }
}

pub fn run_in(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (i32, String, String) {
    let mut command = assert_cmd::Command::cargo_bin("hermes-lint").unwrap();
    for name in [
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
        "GIT_OBJECT_DIRECTORY",
        "PRE_COMMIT_FROM_REF",
        "PRE_COMMIT_TO_REF",
        "HERMES_HOME",
    ] {
        command.env_remove(name);
    }
    let output = command
        .envs(variables.iter().copied())
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
