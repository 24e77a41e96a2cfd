//! The binary end to end: arguments, exit status, formats, what is named and what is only known.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

fn hermes_lint(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env_remove("HERMES_HOME")
        .env("NO_COLOR", "1")
        .timeout(Duration::from_secs(60))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("a run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 output");
    (output.status.code().expect("a status"), text(output.stdout), text(output.stderr))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, common::expand(text, &mut Vec::new())).expect("a file");
    }
    folder
}

fn findings(json: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(json).expect("JSON");
    report["findings"].as_array().expect("a list").clone()
}

fn rules(json: &str) -> Vec<String> {
    findings(json)
        .iter()
        .map(|finding| finding["rule"].as_str().expect("an id").to_owned())
        .collect()
}

const LEAK: (&str, &str) =
    ("config.yaml", "openrouter_api_key: %{sk-or-v1-{hex:64}}%\ninference_provider: openrouter\n");

#[test]
fn a_key_in_a_config_is_an_error_at_its_value() {
    let folder = folder(&[LEAK]);
    let (status, json, _) = hermes_lint(folder.path(), &["check", "--format", "json"]);
    assert_eq!(status, 1);
    let all = findings(&json);
    let leak =
        all.iter().find(|finding| finding["rule"] == "secret/known-token").expect("the leak");
    assert_eq!(leak["severity"], "error");
    assert_eq!((&leak["line"], &leak["column"]), (&Value::from(1), &Value::from(21)));
    assert_eq!(leak["end_column"], 21 + 9 + 64);
    assert!(leak["message"].as_str().unwrap().contains("sk-or-v1-…"), "{leak}");
}

#[test]
fn exit_status_follows_fail_on() {
    let folder = folder(&[LEAK]);
    let status = |arguments: &[&str]| hermes_lint(folder.path(), arguments).0;
    assert_eq!(status(&["check"]), 1);
    assert_eq!(status(&["check", "--fail-on", "never"]), 0);
    assert_eq!(status(&["check", "--ignore", "secret,config,env"]), 0);
    assert_eq!(status(&["check", "absent"]), 2);
    assert_eq!(status(&["check", "--format", "pdf"]), 2);
    assert_eq!(status(&["explain", "config/nothing"]), 2);
    assert_eq!(status(&["check", "--hermes-version", "newest"]), 2);
    assert_eq!(status(&["--version"]), 0);
}

#[test]
fn usage_errors_say_what_to_do() {
    let folder = folder(&[(".hermes-lint.toml", "fail_on = \"error\"\n"), LEAK]);
    let (status, stdout, stderr) = hermes_lint(folder.path(), &["check"]);
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("fail_on") && stderr.contains(".hermes-lint.toml:1:1"), "{stderr}");
    let (_, _, stderr) = hermes_lint(folder.path(), &["explain", "secret/known-tokens"]);
    assert!(stderr.contains("did you mean `secret/known-token`?"), "{stderr}");
}

#[test]
fn settings_hide_and_the_report_counts_it() {
    let settings = "[[per-path]]\npaths = [\"old/\"]\nignore = [\"secret\"]\n";
    let folder = folder(&[(".hermes-lint.toml", settings), ("old/config.yaml", LEAK.1)]);
    let (status, json, _) = hermes_lint(folder.path(), &["check", "--format", "json"]);
    assert_eq!(status, 0, "{json}");
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert!(report["summary"]["hidden"].as_u64().expect("a number") >= 1, "{json}");
}

#[test]
fn stdin_is_read_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = common::expand(LEAK.1, &mut Vec::new());
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .current_dir(folder.path())
        .args(["check", "-", "--format", "json"])
        .write_stdin(text)
        .output()
        .expect("a run");
    assert_eq!(output.status.code(), Some(1));
    let json = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(findings(&json).iter().all(|finding| finding["path"] == "<stdin>"), "{json}");
}

#[test]
fn a_named_file_knows_its_siblings() {
    let home = folder(&[
        (
            "home/config.yaml",
            "model: {provider: openrouter}\napprovals: {mode: manual}\nplatform_toolsets: {telegram: [web]}\n",
        ),
        (
            "home/.env",
            "TELEGRAM_BOT_TOKEN=123:ABCDEFx\nTELEGRAM_ALLOWED_USERS=123456789\nHERMES_WRITE_SAFE_ROOT=/srv/work\n",
        ),
        ("home/SOUL.md", "be kind\n"),
    ]);
    let named = ["check", "home/config.yaml", "home/SOUL.md", "--format", "json"];
    let (_, json, _) = hermes_lint(home.path(), &named);
    for rule in rules(&json) {
        assert!(
            !["gateway/no-allowlist", "config/paths-missing"].contains(&rule.as_str()),
            "{json}"
        );
    }
    assert!(findings(&json).iter().all(|finding| finding["path"] != "home/.env"), "{json}");
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["summary"]["files"], 2, "what is only known is not counted as scanned");
}

/// However the file is named, its siblings are the same.
#[test]
fn a_named_file_knows_its_siblings_from_anywhere() {
    let repo = folder(&[
        (
            "deploy/home/config.yaml",
            "model: {provider: openrouter}\napprovals: {mode: manual}\nplatform_toolsets: {telegram: [web]}\n",
        ),
        (
            "deploy/home/.env",
            "TELEGRAM_BOT_TOKEN=123:ABCDEFx\nTELEGRAM_ALLOWED_USERS=123456789\nHERMES_WRITE_SAFE_ROOT=/srv/work\n",
        ),
    ]);
    common::git(repo.path(), &[]);
    let absolute = repo.path().join("deploy/home/config.yaml");
    let absolute = absolute.to_str().expect("UTF-8");
    let from = |below: &str, name: &str| {
        let (_, json, _) =
            hermes_lint(&repo.path().join(below), &["check", name, "--format", "json"]);
        rules(&json)
    };
    let expected = from("", "deploy/home/config.yaml");
    assert!(
        !expected.iter().any(|rule| rule.starts_with("gateway/") || rule == "config/paths-missing"),
        "{expected:?}"
    );
    assert_eq!(from("", absolute), expected);
    assert_eq!(from("deploy", "home/config.yaml"), expected);
    assert_eq!(from("deploy/home", "config.yaml"), expected);
    assert_eq!(from("deploy/home", "../home/config.yaml"), expected);
}

/// A skill is a stranger's: a settings file that it ships switches nothing off.
#[test]
fn settings_of_a_skill_are_not_followed() {
    let skill = "---\nname: x\n---\napi_key = \"sk-abc123\"\n";
    let home = folder(&[
        ("skills/evil/SKILL.md", skill),
        ("skills/evil/.hermes-lint.toml", "exclude = [\"**\"]\nignore = [\"secret\"]\n"),
    ]);
    for (below, path) in
        [("", "skills/evil"), ("", "skills/evil/SKILL.md"), ("skills/evil", "."), ("", ".")]
    {
        let (status, json, _) =
            hermes_lint(&home.path().join(below), &["check", path, "--format", "json"]);
        assert_eq!(status, 1, "{path} from {below:?}: {json}");
    }
}

/// One NUL byte must not hide a file that Hermes reads.
#[test]
fn a_config_with_a_nul_byte_is_read() {
    let folder = folder(&[(
        "config.yaml",
        "approvals: {mode: manual}\nmodel: {provider: x}\nnote: \"a\0b\"\n",
    )]);
    let (status, json, _) = hermes_lint(folder.path(), &["check", "--format", "json"]);
    assert_eq!(
        (status, rules(&json).contains(&"config/unparsable".to_owned())),
        (1, true),
        "{json}"
    );
}

/// A secret of one file is not shown where another file's finding quotes the line it stands in, too.
#[test]
fn a_secret_is_hidden_wherever_it_stands_again() {
    let token = ["zq8w7x6c", "5v4b3n2m"].concat();
    let config = format!("model: {{provider: x}}\napprovals:\n  mode: off  # was {token} in May\n");
    let env = format!("OPENAI_API_KEY={token}\n");
    let folder = folder(&[("home/config.yaml", &config), ("home/.env", &env)]);
    for format in ["human", "concise", "json"] {
        let (_, stdout, _) = hermes_lint(folder.path(), &["check", "--format", format]);
        assert!(stdout.contains("config/approvals-off"), "{stdout}");
        assert!(!stdout.contains(&token), "{format}: {stdout}");
    }
}

#[test]
fn ignored_files_that_hermes_reads_are_looked_at() {
    let folder = folder(&[
        (".gitignore", "home/\nnode_modules/\n*.log\n"),
        ("home/config.yaml", LEAK.1),
        ("node_modules/x/index.js", "const k = \"%{sk-or-v1-{hex:64}}%\"\n"),
    ]);
    common::git(
        folder.path(),
        &["home/config.yaml".to_owned(), "node_modules/x/index.js".to_owned()],
    );
    let paths = |arguments: &[&str]| -> Vec<String> {
        findings(&hermes_lint(folder.path(), arguments).1)
            .iter()
            .filter(|finding| finding["rule"] == "secret/known-token")
            .map(|finding| finding["path"].as_str().expect("a path").to_owned())
            .collect()
    };
    assert_eq!(paths(&["check", "--format", "json"]), ["home/config.yaml"]);
    let all = paths(&["check", "--no-ignore", "--format", "json"]);
    assert_eq!(all, ["home/config.yaml", "node_modules/x/index.js"]);
}

#[test]
fn output_goes_to_a_file_whole_or_not_at_all() {
    let folder = folder(&[LEAK]);
    let (status, stdout, _) =
        hermes_lint(folder.path(), &["check", "--format", "json", "--output", "report.json"]);
    assert_eq!((status, stdout.as_str()), (1, ""));
    let json = fs::read_to_string(folder.path().join("report.json")).expect("the report");
    assert!(!findings(&json).is_empty());
    let (status, _, stderr) =
        hermes_lint(folder.path(), &["check", "--output", "absent/report.json"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("absent/report.json"), "{stderr}");
}

#[test]
fn runs_are_byte_identical_whatever_the_threads() {
    let root = common::root();
    let run = |threads: &str| {
        hermes_lint(&root, &["check", "fixtures", "--format", "json", "--threads", threads]).1
    };
    let one = run("1");
    assert_eq!(one, run("1"));
    assert_eq!(one, run("2"));
    assert_eq!(one, run("7"));
}

#[test]
fn a_teams_own_detectors_are_read() {
    let detector = "provider: Acme\ndetectors:\n  - id: acme-key\n    what: Acme key\n    source: our own\n    \
                    severity: error\n    confidence: high\n    keywords: [acme_live_]\n    \
                    pattern: '\\bacme_live_[a-z0-9]{24}\\b'\n    rotate: ask the Acme team\n";
    let folder = folder(&[
        ("rules/secrets/acme.yaml", detector),
        ("notes.txt", "the key is acme_live_%{{alnum:0}}%q8w3e5r7t9y1u2i4o6p8a0s2 today\n"),
    ]);
    let (_, json, _) =
        hermes_lint(folder.path(), &["check", "notes.txt", "--rules", "rules", "--format", "json"]);
    assert_eq!(rules(&json), ["secret/known-token"], "{json}");
    fs::write(
        folder.path().join("rules/secrets/acme.yaml"),
        detector.replace("[a-z0-9]", "[a-z0-9"),
    )
    .expect("a file");
    let (status, _, stderr) =
        hermes_lint(folder.path(), &["check", "notes.txt", "--rules", "rules"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("acme-key"), "{stderr}");
}

#[test]
fn explain_and_rules_list_what_there_is() {
    let root = common::root();
    let (status, page, _) = hermes_lint(&root, &["explain", "secret/known-token"]);
    assert_eq!(status, 0);
    assert!(page.starts_with("# secret/known-token\n"));
    let (_, json, _) = hermes_lint(&root, &["rules", "--format", "json"]);
    let table: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(table["rules"].as_array().expect("a list").len(), hermes_lint::rules::RULES.len());
}
