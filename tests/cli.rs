//! The binary end to end: arguments, exit status, formats, what is named and what is only known.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::fs;

use assert_cmd::Command;
use common::run as hermes_lint;
use serde_json::Value;

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
    let suppressed = report["suppressed"].as_array().expect("a list");
    assert!(!suppressed.is_empty(), "{json}");
    assert!(suppressed.iter().all(|one| one["suppression"]["by"] == "settings"), "{json}");
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

/// The value of a token of our own, in parts: no scanner shall take this file for a leak.
fn corp_token(middle: &str) -> String {
    format!("corp{}{middle}{}", "_q8w3e5r7t9", "y1u2i4o6p8")
}

const GITLEAKS: &str = r#"
[extend]
useDefault = true
[[rules]]
id = "corp-deploy-token"
description = "Corp deploy token"
regex = '''corp_[a-z0-9]{20,40}'''
keywords = ["corp_"]
[[rules]]
id = "corp-look-ahead"
regex = '''corp(?=_)'''
[allowlist]
paths = ['''^samples/''']
stopwords = ["example"]
"#;

#[test]
fn a_rule_file_of_another_scanner_is_run_with_its_exceptions() {
    let note = |token: &str| format!("deploy with {token} today\n");
    let own = note(&corp_token("m3k5"));
    let excepted = corp_token("example");
    let folder = folder(&[
        (".gitleaks.toml", GITLEAKS),
        ("notes.txt", &own),
        ("samples/notes.txt", &own),
        ("samples/key.txt", "%{sk-or-v1-{hex:64}}%\n"),
        ("key.txt", "%{sk-or-v1-{hex:64}}%\n"),
        ("words.txt", &note(&excepted)),
        ("config.yaml", &format!("approvals:\n  mode: off # {excepted}\n")),
    ]);
    let run = |arguments: &[&str]| {
        let all = [&["check", "--rules", ".gitleaks.toml"], arguments].concat();
        hermes_lint(folder.path(), &all)
    };
    let (status, json, stderr) = run(&["--format", "json", "--select", "secret/known-token"]);
    assert_eq!(status, 1);
    let found: Vec<(String, bool)> = findings(&json)
        .iter()
        .map(|finding| {
            let own = finding["message"].as_str().expect("a text").starts_with("Corp deploy token");
            (finding["path"].as_str().expect("a path").to_owned(), own)
        })
        .collect();
    // The path and the stopword hold for built-in detectors, too.
    assert_eq!(found, [("key.txt".to_owned(), false), ("notes.txt".to_owned(), true)], "{json}");
    let notes: Vec<&str> = stderr.lines().collect();
    assert!(
        matches!(notes.as_slice(), [note] if note.contains("`corp-look-ahead`") && note.contains("does not run")),
        "{stderr}"
    );
    assert_eq!(run(&["--quiet"]).2, "");
    // What is excepted is not reported, and not shown by another rule's finding either.
    let (_, human, _) = run(&["--min-confidence", "low"]);
    assert!(human.contains("config/approvals-off") && human.contains("mode: off #"), "{human}");
    assert!(!human.contains(&excepted), "{human}");
}

#[test]
fn a_rule_file_that_is_broken_ends_the_run_at_its_place() {
    let folder = folder(&[("rules.toml", "[[rules]\nid = 1\n")]);
    let (status, _, stderr) = hermes_lint(folder.path(), &["check", "--rules", "rules.toml"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("rules.toml:1:"), "{stderr}");
    let (status, _, stderr) = hermes_lint(folder.path(), &["check", "--rules", "absent.toml"]);
    assert!(status == 2 && stderr.contains("absent.toml"), "{stderr}");
}

#[test]
fn own_detectors_are_tested() {
    let detector = |pattern: &str| {
        format!(
            "provider: Acme\ndetectors:\n  - id: acme-key\n    what: Acme key\n    source: our own\n    \
             severity: error\n    confidence: high\n    keywords: [acme_live_]\n    \
             pattern: '{pattern}[a-z0-9]{{24}}'\n    rotate: ask the Acme team\n    \
             match: ['key = «acme_live_{{lower-alnum:24}}»']\n    no_match: ['acme_live_{{lower-alnum:9}}']\n"
        )
    };
    let folder = folder(&[
        ("good/secrets/acme.yaml", &detector("acme_live_")),
        // The second kind of key is never found: no keyword stands in it.
        ("broken/secrets/acme.yaml", &detector("acme_(?:live|test)_")),
        ("broken/secrets/odd.yaml", "provider: [\n"),
        ("none/readme.txt", "nothing\n"),
    ]);
    let run =
        |arguments: &[&str]| hermes_lint(folder.path(), &[&["rules", "test"], arguments].concat());
    let (status, text, stderr) = run(&["good"]);
    assert_eq!(
        (status, text.as_str()),
        (0, "1 detector in 1 file: 0 errors, advice: 0\n"),
        "{stderr}"
    );
    let (status, text, _) = run(&["broken"]);
    assert_eq!(status, 1);
    assert!(text.contains("acme.yaml: detector `acme-key`, field `keywords`"), "{text}");
    let (status, json, _) = run(&["broken", "--format", "json"]);
    assert_eq!(status, 1);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let problems = report["problems"].as_array().expect("a list");
    let fields: Vec<&str> = problems.iter().filter_map(|row| row["field"].as_str()).collect();
    assert_eq!(fields, ["keywords", ""], "{json}");
    assert!(problems[0]["help"].as_str().expect("a text").contains("`acme_`"));
    assert_eq!(run(&["absent"]).0, 2);
    assert_eq!(run(&["none"]).0, 2);
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

/// The finding of `rule` in `path`.
fn one<'f>(all: &'f [Value], rule: &str, path: &str) -> &'f Value {
    let mut found = all.iter().filter(|one| one["rule"] == rule && one["path"] == path);
    let first = found.next().unwrap_or_else(|| panic!("no {rule} in {path}: {all:#?}"));
    assert!(found.next().is_none(), "several {rule} in {path}");
    first
}

#[test]
fn a_secrets_facts_are_for_programs_too() {
    let files = [
        ("deploy.py", "api_key = \"%{ghp_{alnum:30}{crc32-base62:6}}%\"\n"),
        ("notes.txt", "[db]\npassword = \"q8W!zt4Lm#2x\"\n"),
        ("config.yaml", "model: {provider: x, api_key: q8Wzt4Lm2xP}\napprovals: {mode: off}\n"),
    ];
    let folder = folder(&files);
    let arguments = ["check", "--format", "json", "--min-confidence", "low"];
    let (_, json, _) = hermes_lint(folder.path(), &arguments);
    let all = findings(&json);
    assert_eq!(
        one(&all, "secret/known-token", "deploy.py")["secret"],
        serde_json::json!({
            "provider": "GitHub",
            "detector": "github-token",
            "redacted": "ghp_… (40 characters)",
            "reasons": [
                "the shape is nobody else's",
                "its checksum is right",
                "assigned to `api_key`",
            ],
        })
    );
    assert_eq!(
        one(&all, "secret/in-context", "notes.txt")["secret"],
        serde_json::json!({
            "provider": null,
            "detector": "context",
            "redacted": "… (12 characters)",
            "reasons": [
                "a generated value under a password's name",
                "assigned to `password`",
            ],
        })
    );
    assert_eq!(
        one(&all, "secret/named-literal", "config.yaml")["secret"]["reasons"],
        serde_json::json!(["assigned to `api_key`", "Hermes reads it"])
    );
    for finding in &all {
        let is_secret = finding["rule"].as_str().expect("an id").starts_with("secret/");
        assert_eq!(finding["secret"].is_object(), is_secret, "{finding}");
    }
    let (_, human, _) = hermes_lint(folder.path(), &["check", "deploy.py"]);
    assert!(
        human.contains(
            "  note: its checksum is right\n  \
             note: high confidence: the shape is nobody else's; assigned to `api_key`\n"
        ),
        "{human}"
    );
    let (_, concise, _) =
        hermes_lint(folder.path(), &["check", "deploy.py", "--format", "concise"]);
    assert_eq!(concise.lines().filter(|line| line.contains("secret/")).count(), 1, "{concise}");
    assert!(!concise.contains("nobody"), "{concise}");
}

#[test]
fn the_other_half_of_a_pair_is_related() {
    let folder = folder(&[(
        "credentials.txt",
        "[default]\naws_access_key_id = %{AKIAQ{base32:15}}%\naws_secret_access_key = %{{b64:40}}%\n",
    )]);
    let (_, json, _) = hermes_lint(folder.path(), &["check", "--format", "json"]);
    let all = findings(&json);
    let secret = one(&all, "secret/known-token", "credentials.txt");
    assert_eq!(
        secret["related"],
        serde_json::json!([{
            "path": "credentials.txt",
            "line": 2,
            "column": 21,
            "note": "the other half: AWS access key id",
        }]),
        "{secret}"
    );
    let reasons = secret["secret"]["reasons"].as_array().expect("a list");
    assert!(reasons.contains(&Value::from("its other half stands nearby")), "{secret}");
}

/// What is said where the same secret stands in several files, in every format and with any number of threads.
#[test]
fn the_same_secret_in_several_places_is_related() {
    let mut secrets = Vec::new();
    let leak = common::expand("%{ghp_{alnum:30}{crc32-base62:6}}%", &mut secrets);
    let other = common::expand("%{sk-or-v1-{hex:64}}%", &mut secrets);
    let mut files: Vec<(String, String)> =
        (0..11).map(|n| (format!("src/m{n:02}.py"), format!("token = \"{leak}\"\n"))).collect();
    files.push(("lone.py".to_owned(), format!("token = \"{other}\"\n")));
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let folder = folder(&files);
    let run = |format: &str, threads: &str| {
        hermes_lint(folder.path(), &["check", "--format", format, "--threads", threads]).1
    };
    let json = run("json", "1");
    assert_eq!(json, run("json", "5"));
    assert_eq!(json, run("json", "2"));
    let all = findings(&json);
    let notes = |path: &str| -> Vec<(String, String)> {
        let finding = one(&all, "secret/known-token", path);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let related = finding["related"].as_array().expect("a list");
        related.iter().map(|one| (text(&one["path"]), text(&one["note"]))).collect()
    };
    let main = notes("src/m00.py");
    assert_eq!(main.len(), 8);
    assert_eq!(main[0], ("src/m01.py".to_owned(), "the same value".to_owned()));
    assert_eq!(main[7], ("src/m08.py".to_owned(), "the same value, and 2 more".to_owned()));
    let last = notes("src/m10.py");
    assert_eq!(last[0].0, "src/m00.py");
    assert_eq!(last[0].1, "the same value: the main finding of it");
    assert_eq!(last[7], ("src/m07.py".to_owned(), "the same value, and 2 more".to_owned()));
    assert_eq!(notes("lone.py"), []);
    for format in ["human", "concise", "json"] {
        let shown = run(format, "2");
        for secret in &secrets {
            // Any eight bytes after the public prefix would be a part of it.
            for piece in secret.as_bytes()[9..].windows(8) {
                let piece = std::str::from_utf8(piece).expect("ASCII");
                assert!(!shown.contains(piece), "{format}: {piece} of {secret}");
            }
        }
    }
}

/// Fingerprints by the line they are on.
fn fingerprints(text: &str) -> Vec<(u64, String)> {
    let folder = folder(&[("deploy.py", text)]);
    let (_, json, _) =
        hermes_lint(folder.path(), &["check", "--format", "json", "--select", "secret"]);
    findings(&json)
        .iter()
        .map(|one| {
            let print = one["fingerprint"].as_str().expect("a text").to_owned();
            (one["line"].as_u64().expect("a line"), print)
        })
        .collect()
}

#[test]
fn a_secrets_fingerprint_follows_it() {
    let first = "build_token = \"%{ghp_{alnum:30}{crc32-base62:6}}%\"\n";
    let second = "deploy_token = \"%{ghp_{alnum:30}{crc32-base62:6}}%\"\n";
    let bare = "send('staging', '%{ghp_{alnum:30}{crc32-base62:6}}%')\n";
    let stranger = "live_token = \"%{ghp_{alnum:30}{crc32-base62:6}}%\"\n";
    let rotated = "deploy_token = \"%{gho_{alnum:30}{crc32-base62:6}}%\"\n";
    let all = fingerprints(&[first, second, bare].concat());
    let [(1, a), (2, b), (3, c)] = all.as_slice() else { panic!("three: {all:?}") };
    assert!(a != b && b != c && a != c, "{all:?}");
    let moved = fingerprints(&["\n\n", stranger, bare, "\n", second, first].concat());
    let at = |line: u64| &moved.iter().find(|(at, _)| *at == line).expect("a line").1;
    assert_eq!((at(4), at(6), at(7)), (c, b, a), "{moved:?}");
    assert!(![a, b, c].contains(&at(3)), "{moved:?}");
    assert_eq!(fingerprints(rotated), [(1, b.clone())], "a new value at the same place");
}

#[test]
fn a_folders_name_hides_no_config() {
    let config = "model: x\napprovals:\n  mode: 'off'\n";
    for name in ["alerts", "hotel-bot", "vector", "vectordb", "fluentd", "otel"] {
        let folder = folder(&[(&format!("{name}/home/config.yaml"), config)]);
        let (code, out, _) = hermes_lint(
            folder.path(),
            &["check", "--format", "concise", "--select", "config/approvals-off"],
        );
        assert_eq!(code, 1, "{name}: {out}");
        assert!(out.contains(&format!("{name}/home/config.yaml:3:9: error")), "{name}: {out}");
    }
}
