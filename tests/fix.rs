//! `--fix`, `--diff` and `undo`, end to end: what is found is gone afterwards, nothing else is, and all of it can be
//! taken back.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::run as hermes_lint;
use serde_json::Value;

/// Every file and folder below `folder`, with mode, and bytes of files.
fn state(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let facts = fs::symlink_metadata(&path).expect("facts");
        let bytes = if facts.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        if facts.is_dir() {
            open.extend(
                fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()),
            );
        }
        all.insert(path, (facts.mode(), bytes));
    }
    all
}

struct Case {
    laid: common::Laid,
    undo: tempfile::TempDir,
}

impl Case {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut secrets = Vec::new();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(&path, common::expand(text, &mut secrets)).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        }
        let laid =
            common::Laid { folder, setup: common::Setup::default(), possible: true, secrets };
        Self { laid, undo: tempfile::tempdir().expect("a folder") }
    }

    fn folder(&self) -> &Path {
        self.laid.folder.path()
    }

    fn run(&self, more: &[&str]) -> (i32, String, String) {
        let setup = &self.laid.setup;
        let mut arguments = vec!["check"];
        arguments.extend(setup.paths.iter().map(String::as_str));
        if let Some(version) = &setup.hermes_version {
            arguments.extend(["--hermes-version", version]);
        }
        arguments.extend(more);
        if more.contains(&"--fix") {
            arguments.extend(["--undo-dir", self.undo.path().to_str().expect("UTF-8")]);
        }
        let (status, out, err) = hermes_lint(self.folder(), &arguments);
        for secret in &self.laid.secrets {
            assert!(!out.contains(secret) && !err.contains(secret), "{arguments:?} shows a secret");
        }
        (status, out, err)
    }

    fn findings(&self) -> Vec<Value> {
        let (_, json, err) =
            self.run(&["--format", "json", "--fail-on", "never", "--min-confidence", "low"]);
        let report: Value =
            serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {err}"));
        report["findings"].as_array().expect("a list").clone()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).expect("a file")
    }

    fn undo(&self) -> (i32, String, String) {
        let folder = self.undo.path().to_str().expect("UTF-8");
        hermes_lint(self.folder(), &["undo", "--undo-dir", folder])
    }

    /// The journals hold no secret.
    fn journals_are_clean(&self) {
        for (path, (mode, bytes)) in state(self.undo.path()) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let decoded: String = text
                .split('"')
                .filter_map(|word| data_encoding::BASE64.decode(word.as_bytes()).ok())
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect();
            for secret in &self.laid.secrets {
                assert!(!text.contains(secret) && !decoded.contains(secret), "{}", path.display());
            }
            assert!(mode & 0o077 == 0 || path.is_dir(), "{}", path.display());
        }
    }
}

const ALL: &[&str] = &["--fix", "--unsafe-fixes", "--fail-on", "never"];
const SAFE: &[&str] = &["--fix", "--fail-on", "never"];

fn rule_of(finding: &Value) -> &str {
    finding["rule"].as_str().expect("an id")
}

/// How many findings of a rule a file has, by severity from the gravest on.
fn posture(findings: &[Value]) -> BTreeMap<(String, String), [usize; 3]> {
    let mut all: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
    for finding in findings {
        let key =
            (rule_of(finding).to_owned(), finding["path"].as_str().expect("a path").to_owned());
        let counts = all.entry(key).or_default();
        let level = ["error", "warning", "info"]
            .iter()
            .position(|word| finding["severity"] == *word)
            .expect("a severity");
        counts.iter_mut().skip(level).for_each(|count| *count += 1);
    }
    all
}

fn fixtures() -> Vec<(String, PathBuf)> {
    let folders = |path: &Path| {
        let entries = fs::read_dir(path).expect("a folder").flatten().map(|entry| entry.path());
        let mut all: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
        all.sort();
        all
    };
    let name = |path: &Path| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    let root = common::root().join("fixtures/rules");
    let mut all = Vec::new();
    for family in folders(&root) {
        for rule in folders(&family) {
            let id = format!("{}/{}", name(&family), name(&rule));
            let bad = folders(&rule).into_iter().filter(|path| name(path).starts_with("bad"));
            all.extend(bad.map(|path| (id.clone(), path)));
        }
    }
    all
}

/// For every bad fixture whose finding has a fix: it goes, nothing as grave comes, a second run changes nothing, and
/// undoing puts every byte and mode back.
#[test]
fn what_a_rule_can_fix_it_fixes() {
    let mut problems = Vec::new();
    let mut fixed: BTreeSet<String> = BTreeSet::new();
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for (id, path) in fixtures() {
        let laid = common::lay(&path);
        if !laid.possible || laid.setup.machine {
            continue;
        }
        let case = Case { laid, undo: tempfile::tempdir().expect("a folder") };
        let shown = format!("{id}/{}", path.file_name().unwrap().to_str().unwrap());
        let before = case.findings();
        let own = |findings: &[Value]| -> Vec<Value> {
            findings
                .iter()
                .filter(|it| rule_of(it) == id && !it["fix"].is_null())
                .cloned()
                .collect()
        };
        if own(&before).is_empty() {
            continue;
        }
        let (at_first, min) = (state(case.folder()), ["--min-confidence", "low"]);
        let all: Vec<&str> = ALL.iter().chain(&min).copied().collect();
        let (status, _, err) = case.run(&all);
        if status != 0 {
            problems.push(format!("{shown}: status {status}: {err}"));
            continue;
        }
        let after = case.findings();
        let refused =
            err.lines().filter(|line| line.starts_with("not fixed:") && line.contains(&id));
        if refused.clone().count() > 0 {
            kept.insert(format!("{shown}: {}", refused.collect::<Vec<_>>().join(" / ")));
        } else if !own(&after).is_empty() {
            problems.push(format!("{shown}: a finding with a fix stays"));
        } else {
            fixed.insert(id.clone());
        }
        let (was, is) = (posture(&before), posture(&after));
        for (key, counts) in &is {
            // The mildest that can have come in the place of something: what was fixed was a warning at least.
            let known = was.get(key).copied().unwrap_or_default();
            if counts[0] > known[0] {
                problems.push(format!("{shown}: brings {} in {}", key.0, key.1));
            }
        }
        case.journals_are_clean();
        let settled = state(case.folder());
        let (_, _, err) = case.run(&all);
        if state(case.folder()) != settled {
            problems.push(format!("{shown}: a second run changes something: {err}"));
        }
        if settled != at_first {
            let (status, _, err) = case.undo();
            if status != 0 || state(case.folder()) != at_first {
                problems.push(format!("{shown}: undoing leaves something: {err}"));
            }
        }
    }
    println!("fixed: {fixed:#?}\nkept: {kept:#?}");
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(fixed.len() >= 15, "{fixed:#?}");
}
