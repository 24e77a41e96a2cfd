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

const HOME: &str = "security:\n  redact_secrets: false   # why\napprovals:\n  mode: off # nobody\n";

#[test]
fn safe_fixes_are_made_and_others_when_they_are_asked_for() {
    let case = Case::of(&[(".hermes/config.yaml", HOME)]);
    let (status, out, err) = case.run(SAFE);
    assert_eq!(status, 0, "{err}");
    assert!(err.contains("fixed 1 finding in 1 file; "), "{err}");
    assert!(err.contains(" more with --unsafe-fixes; undo: hermes-lint undo "), "{err}");
    assert!(out.contains("config/approvals-off") && !out.contains("config/redaction-off"), "{out}");
    let half = HOME.replace("redact_secrets: false", "redact_secrets: true");
    assert_eq!(case.text(".hermes/config.yaml"), half);
    // What is left decides the status, as ever.
    assert_eq!(case.run(&["--fix"]).0, 1);
    case.run(&["--fix", "--unsafe-fixes", "--select", "config/approvals-off"]);
    assert_eq!(case.text(".hermes/config.yaml"), half.replace("mode: off", "mode: manual"));
    for _ in 0..2 {
        let (status, _, err) = case.undo();
        assert_eq!(status, 0, "{err}");
    }
    assert_eq!(case.text(".hermes/config.yaml"), HOME);
    assert_eq!(case.undo().0, 2, "nothing is left to undo");
}

#[test]
fn a_diff_changes_nothing_and_tells_by_its_status() {
    let case = Case::of(&[(".hermes/config.yaml", HOME)]);
    let before = state(case.folder());
    let (status, diff, err) =
        case.run(&["--diff", "--unsafe-fixes", "--select", "config/approvals-off"]);
    assert_eq!((status, state(case.folder()) == before), (1, true));
    assert_eq!(
        diff,
        "--- a/.hermes/config.yaml\n+++ b/.hermes/config.yaml\n@@ -1,4 +1,4 @@\n security:\n   redact_secrets: \
         false   # why\n approvals:\n-  mode: off # nobody\n+  mode: manual # nobody\n"
    );
    assert!(err.contains("would fix 1 finding in 1 file"), "{err}");
    let (status, diff, _) = case.run(&["--diff", "--select", "config/approvals-off"]);
    assert_eq!((status, diff.as_str()), (0, ""));
    assert_eq!(hermes_lint(case.folder(), &["check", "--fix", "--diff"]).0, 2);
    assert_eq!(hermes_lint(case.folder(), &["check", "-", "--fix"]).0, 2);
}

const KEY: &str = "%{sk-or-v1-{hex:64}}%";

#[test]
fn a_credential_moves_to_env_and_is_seen_by_nobody() {
    let config =
        format!("model:\n  provider: openrouter\n  default: x\n  api_key: \"{KEY}\" # mine\n");
    let case = Case::of(&[
        (".hermes/config.yaml", &config),
        (".hermes/.env", "# mine\nTELEGRAM_ALLOWED_USERS=1234567"),
    ]);
    let (secret, at_first) = (case.laid.secrets[0].clone(), state(case.folder()));
    let (status, diff, err) = case.run(&["--diff", "--unsafe-fixes", "--select", "secret"]);
    assert_eq!(status, 1);
    assert!(diff.contains("+OPENROUTER_API_KEY=[secret]\n"), "{diff}");
    assert!(
        diff.contains(
            "-  api_key: \"[secret]\" # mine\n+  api_key: \"${OPENROUTER_API_KEY}\" # mine\n"
        ),
        "{diff}"
    );
    // Of a dotenv file only the changed lines are shown.
    assert!(
        !diff.contains("# mine\nTELEGRAM") && err.contains("credentials are masked"),
        "{diff}{err}"
    );
    let (_, _, err) = case.run(&["--fix", "--select", "secret"]);
    assert!(err.contains("nothing to fix; 1 more with --unsafe-fixes"), "{err}");
    case.run(&["--fix", "--unsafe-fixes", "--select", "secret"]);
    assert_eq!(
        case.text(".hermes/config.yaml"),
        case_text(&config, &secret, "${OPENROUTER_API_KEY}")
    );
    assert_eq!(
        case.text(".hermes/.env"),
        format!("# mine\nTELEGRAM_ALLOWED_USERS=1234567\nOPENROUTER_API_KEY={secret}\n")
    );
    case.journals_are_clean();
    assert_eq!(case.undo().0, 0);
    assert_eq!(state(case.folder()), at_first);
}

fn case_text(config: &str, secret: &str, by: &str) -> String {
    common::expand(config, &mut Vec::new()).replace(secret, by)
}

#[test]
fn a_credential_stays_where_no_release_in_question_reads_a_reference() {
    let config = format!(
        "platforms:\n  telegram:\n    enabled: true\n    token: \"%{{{{digit:10}}:{{alnum:35}}}}%\"\nmodel:\n  api_key: {KEY}\n"
    );
    let case = Case::of(&[(".hermes/config.yaml", &config)]);
    let fixes = |version: &str| -> Vec<String> {
        let arguments = ["--select", "secret", "--format", "json", "--hermes-version", version];
        let report: Value = serde_json::from_str(&case.run(&arguments).1).expect("JSON");
        let findings = report["findings"].as_array().expect("a list").clone();
        let moved = findings.iter().filter(|finding| !finding["fix"].is_null());
        moved
            .map(|finding| finding["fix"]["actions"][0]["variable"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(fixes("0.19.0"), ["OPENROUTER_API_KEY"]);
    assert_eq!(fixes("0.21.5"), ["CONFIG_PLATFORMS_TELEGRAM_TOKEN", "OPENROUTER_API_KEY"]);
    // A variable of that name with another value is nobody's to change.
    fs::write(case.folder().join(".hermes/.env"), "OPENROUTER_API_KEY=another\n").unwrap();
    let (_, _, err) = case.run(&[
        "--fix",
        "--unsafe-fixes",
        "--select",
        "secret/known-token",
        "--hermes-version",
        "0.19.0",
    ]);
    assert!(err.contains("not fixed: .hermes/config.yaml: secret/known-token: "), "{err}");
    assert!(case.text(".hermes/config.yaml").contains(&case.laid.secrets[1]));
}

#[test]
fn a_new_env_is_the_owners_alone_and_gives_the_folder_its_mode() {
    let case = Case::of(&[(
        "home/config.yaml",
        &format!("model:\n  api_key: {KEY}\nterminal: {{backend: local}}\n"),
    )]);
    fs::set_permissions(case.folder().join("home"), fs::Permissions::from_mode(0o755)).unwrap();
    let before = state(case.folder());
    let (_, _, err) = case.run(&["--fix", "--unsafe-fixes", "--select", "secret,host"]);
    let mode = |name: &str| fs::metadata(case.folder().join(name)).unwrap().mode() & 0o777;
    assert_eq!((mode("home/.env"), mode("home")), (0o600, 0o700), "{err}");
    assert!(err.contains("`chmod 700 home` (back: `chmod 755 home`)"), "{err}");
    let settled = state(case.folder());
    case.run(&["--fix", "--unsafe-fixes", "--select", "secret,host"]);
    assert_eq!(state(case.folder()), settled);
    // Both passes are one run, and undone as one.
    assert_eq!(case.undo().0, 0);
    assert_eq!(state(case.folder()), before);
}

#[test]
fn what_is_not_certain_or_not_ones_own_is_left() {
    let off = "approvals:\n  mode: off\n";
    let twice = "approvals:\n  mode: off\nsecurity: {redact_secrets: false}\nsecurity: {redact_secrets: false}\n";
    let template = "approvals:\n  mode: off\nmodel: {{ model }}\n";
    let shared = "x: &off {mode: off}\napprovals: *off\n";
    for text in [twice, template, shared, "approvals:\n  mode: off\n---\na: 1\n"] {
        let case = Case::of(&[(".hermes/config.yaml", text)]);
        case.run(ALL);
        assert_eq!(case.text(".hermes/config.yaml"), text);
    }
    let case = Case::of(&[
        (".hermes/config.yaml", off),
        (".hermes/skills/x/config.yaml", off),
        (".hermes/skills/x/SKILL.md", "---\nname: x\ndescription: y\n---\n"),
    ]);
    case.run(ALL);
    assert_eq!(case.text(".hermes/skills/x/config.yaml"), off);
    assert!(case.text(".hermes/config.yaml").contains("mode: manual"));
    // A second name would keep the old text, a link would become a file.
    let case = Case::of(&[("a/config.yaml", off)]);
    fs::hard_link(case.folder().join("a/config.yaml"), case.folder().join("other")).unwrap();
    let (_, _, err) = case.run(&["--fix", "--unsafe-fixes", "--select", "config/approvals-off"]);
    assert!(err.contains("a second name (a hard link)"), "{err}");
    assert_eq!(case.text("a/config.yaml"), off);
    let case = Case::of(&[("a/stored.txt", off)]);
    std::os::unix::fs::symlink("stored.txt", case.folder().join("a/config.yaml")).unwrap();
    let (_, _, err) = case.run(&["--fix", "--unsafe-fixes", "--select", "config/approvals-off"]);
    assert!(err.contains("it is a link"), "{err}");
    assert_eq!(case.text("a/stored.txt"), off);
}

#[test]
fn undo_leaves_what_was_changed_since() {
    let case = Case::of(&[(".hermes/config.yaml", HOME)]);
    case.run(ALL);
    let fixed = case.text(".hermes/config.yaml");
    fs::write(case.folder().join(".hermes/config.yaml"), format!("{fixed}# mine\n")).unwrap();
    let (status, _, err) = case.undo();
    assert_eq!(status, 1);
    assert!(err.contains("it was changed since") && err.contains("the journal stays"), "{err}");
    assert_eq!(case.text(".hermes/config.yaml"), format!("{fixed}# mine\n"));
    // As it was left, it can be undone.
    fs::write(case.folder().join(".hermes/config.yaml"), fixed).unwrap();
    assert_eq!(case.undo().0, 0);
    assert_eq!(case.text(".hermes/config.yaml"), HOME);
}

#[test]
fn modes_and_other_files_of_the_tree_stay() {
    let case = Case::of(&[
        (".hermes/config.yaml", HOME),
        (".hermes/notes.md", "mode: off\n"),
        (
            "compose.yaml",
            "services:\n  hermes:\n    image: nousresearch/hermes-agent:v0.21.5\n    ports:\n      - \"8642:8642\" # api\n      - 9119:9119\n",
        ),
    ]);
    let config = case.folder().join(".hermes/config.yaml");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o640)).unwrap();
    case.run(&["--fix", "--unsafe-fixes", "--select", "config/approvals-off,host/published-port"]);
    assert_eq!(fs::metadata(&config).unwrap().mode() & 0o777, 0o640);
    assert_eq!(case.text(".hermes/notes.md"), "mode: off\n");
    let compose = case.text("compose.yaml");
    assert!(
        compose
            .ends_with("      - \"127.0.0.1:8642:8642\" # api\n      - \"127.0.0.1:9119:9119\"\n"),
        "{compose}"
    );
}

/// Every kind of action, in a report that the published schema describes.
#[test]
fn actions_are_as_the_schema_says() {
    let path = common::root().join("docs/schemas/findings.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let case = Case::of(&[
        ("home/config.yaml", &format!("model:\n  api_key: {KEY}\nterminal: {{backend: local}}\n")),
        ("home/.env", "OPENAI_API_KEY=%{sk-proj-{alnum:74}T3BlbkFJ{alnum:74}}%\n"),
    ]);
    fs::set_permissions(case.folder().join("home/.env"), fs::Permissions::from_mode(0o644))
        .unwrap();
    let kinds = |folder: &str| -> BTreeSet<String> {
        let (_, json, _) = case.run(&["--format", "json", folder]);
        let report: Value = serde_json::from_str(&json).expect("JSON");
        let errors: Vec<String> =
            schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let findings = report["findings"].as_array().unwrap().clone();
        let actions = findings.iter().filter_map(|it| it["fix"]["actions"].as_array().cloned());
        actions.flatten().map(|action| action["kind"].as_str().unwrap().to_owned()).collect()
    };
    let of = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    assert_eq!(kinds("."), of(&["mode", "move-secret"]));
    common::git(case.folder(), &["home/.env".to_owned()]);
    assert_eq!(kinds("home"), of(&["append", "move-secret"]));
}
