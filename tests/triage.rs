//! What an operator decides about findings: comments, settings, the baseline.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;

use hermes_lint::secrets::template;
use serde_json::Value;

fn key(seed: u64) -> String {
    template::expand("sk-ant-api03-{alnum:93}AA", seed).unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::cargo_bin("hermes-lint")
        .unwrap()
        .env_remove("HERMES_HOME")
        .env("SOURCE_DATE_EPOCH", "1795219200")
        .env("NO_COLOR", "1")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Status, findings as `rule path:line`, and suppressed ones with what did it.
fn check(folder: &Path, more: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    let all = [&["check", "--format", "json", "."], more].concat();
    let (status, out, errors) = run(folder, &all);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{errors}"));
    let place = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap();
        format!("{} {}:{}", text("rule"), text("path"), one["line"])
    };
    let each = |name: &str| report[name].as_array().unwrap().clone();
    let found = each("findings").iter().map(place).collect();
    let suppressed = each("suppressed");
    let hidden = suppressed.iter().map(|one| {
        format!("{} {}", one["suppression"]["by"].as_str().unwrap(), place(&one["finding"]))
    });
    (status, found, hidden.collect())
}

const TOKEN: &str = "secret/known-token";

#[test]
fn a_comment_of_any_kind_allows_its_line_the_next_or_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(1);
    for (name, text) in [
        ("a.py", format!("x = \"{key}\"  # hermes-lint: allow(secret/known-token) a test key\n")),
        ("b.rs", format!("// hermes-lint: allow(secret) a test key\nlet x = \"{key}\";\n")),
        ("c.html", format!("<p>{key}</p> <!-- hermes-lint: allow(secret) a test key -->\n")),
        (
            "d.css",
            format!("/* hermes-lint: allow-file(secret) a test key */\n\n\na {{ b: '{key}' }}\n"),
        ),
        ("e.sql", format!("-- hermes-lint: allow(secret) a test key\nSELECT '{key}';\n")),
        ("f.ini", format!("; hermes-lint: allow(secret) a test key\nx = {key}\n")),
        ("g.yaml", format!("x:\n  # hermes-lint: allow(secret) a test key\n  token: {key}\n")),
        ("h.tf", format!("x = \"{key}\" // hermes-lint: allow(secret)\n")),
    ] {
        let folder = folder.path().join(name.replace('.', "-"));
        write(&folder, name, &text);
        let (_, found, hidden) = check(&folder, &["--select", "secret,repo/suppression-unused"]);
        assert!(found.is_empty(), "{name}: {found:?}");
        assert_eq!(hidden.len(), 1, "{name}: {hidden:?}");
        let (_, found, _) = check(&folder, &["--select", "repo/suppression-active"]);
        assert_eq!(found.len(), 1, "{name}: it says so");
    }
}

#[test]
fn another_line_or_another_rule_is_not_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(1);
    let unused = "repo/suppression-unused";
    for (text, token, mark) in [
        (format!("# hermes-lint: allow(secret)\n\nx = \"{key}\"\n"), 3, 1),
        (format!("x = \"{key}\"\n# hermes-lint: allow(secret)\n"), 1, 2),
        (format!("x = \"{key}\"  # hermes-lint: allow(secret/in-context)\n"), 1, 1),
        (format!("y = 1  # hermes-lint: allow(secret)\nx = \"{key}\"\n"), 2, 1),
    ] {
        write(folder.path(), "a.py", &text);
        let (status, mut found, hidden) = check(folder.path(), &[]);
        found.sort();
        assert_eq!(status, 1);
        assert_eq!(
            found,
            [format!("{unused} a.py:{mark}"), format!("{TOKEN} a.py:{token}")],
            "{text}"
        );
        assert!(hidden.is_empty());
    }
}

#[test]
fn marks_of_other_scanners_count_for_credentials_unless_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let key = key(1);
    for mark in [
        "gitleaks:allow",
        "betterleaks:allow",
        "pragma: allowlist secret",
        "trufflehog:ignore",
        "kingfisher:ignore",
    ] {
        write(folder.path(), "a.py", &format!("x = \"{key}\"  # {mark}\n"));
        write(
            folder.path(),
            "home/config.yaml",
            &format!("_config_version: 32\nsecurity:\n  redact_secrets: false  # {mark}\n"),
        );
        let (_, found, hidden) =
            check(folder.path(), &["--select", "secret,config/redaction-off,repo"]);
        assert_eq!(hidden, [format!("comment {TOKEN} a.py:1")], "{mark}");
        assert!(found.iter().any(|one| one.starts_with("config/redaction-off")), "{found:?}");
        assert!(!found.iter().any(|one| one.contains("suppression")), "{found:?}");
    }
    write(folder.path(), ".hermes-lint.toml", "[suppressions]\nother-scanners = false\n");
    assert_eq!(check(folder.path(), &["--select", "secret"]).1, [format!("{TOKEN} a.py:1")]);
    write(folder.path(), "a.py", &format!("x = \"{key}\"  # hermes-lint: allow(secret)\n"));
    assert!(check(folder.path(), &["--select", "secret"]).1.is_empty());
    write(folder.path(), ".hermes-lint.toml", "[suppressions]\ncomments = false\n");
    assert_eq!(check(folder.path(), &["--select", "secret"]).1, [format!("{TOKEN} a.py:1")]);
}

#[test]
fn nothing_inside_what_others_wrote_switches_a_rule_off() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("x = \"{}\"  # hermes-lint: allow(secret)\n", key(1));
    let theirs = format!("x = \"{}\"  # gitleaks:allow\n", key(2));
    for (name, allowed) in [
        ("scripts/a.py", true),
        ("home/skills/notes/a.py", false),
        ("plugins/p/a.py", false),
        ("own/notes/a.py", false),
    ] {
        let folder = folder.path().join(name.replace('/', "-"));
        write(&folder, name, &text);
        write(&folder, &name.replace("a.py", "b.py"), &theirs);
        if name.starts_with("own") {
            write(&folder, "own/notes/SKILL.md", "---\nname: x\ndescription: y\n---\n");
        }
        let (_, found, hidden) =
            check(&folder, &["--select", "secret,content/suppression-in-content"]);
        if allowed {
            assert_eq!((found.len(), hidden.len()), (0, 2), "{name}: {found:?}");
        } else {
            let marks =
                found.iter().filter(|one| one.starts_with("content/suppression-in-content"));
            assert_eq!((found.len(), marks.count(), hidden.len()), (3, 1, 0), "{name}: {found:?}");
        }
    }
}

#[test]
fn a_decision_holds_to_its_last_day() {
    let folder = tempfile::tempdir().unwrap();
    // The run is on 2026-11-21.
    for (day, holds) in [("2026-11-21", true), ("2026-11-20", false), ("soon", false)] {
        write(
            folder.path(),
            "a.py",
            &format!("x = \"{}\"  # hermes-lint: allow(secret) x until={day}\n", key(1)),
        );
        let (status, found, _) = check(folder.path(), &[]);
        let expired = found.iter().any(|one| one.starts_with("repo/suppression-expired"));
        assert_eq!((status == 0, expired), (holds, !holds), "{day}: {found:?}");
    }
    write(folder.path(), "a.py", &format!("x = \"{}\"\n", key(1)));
    for (day, holds) in [("2026-11-21", true), ("2026-11-20", false)] {
        let row = format!(
            "[[per-path]]\npaths = [\"*.py\"]\nignore = [\"secret\"]\nreason = \"tests\"\nowner = \"ops\"\nuntil = {day}\n"
        );
        write(folder.path(), ".hermes-lint.toml", &row);
        let (status, found, hidden) = check(folder.path(), &[]);
        let expired =
            found.iter().any(|one| one == "repo/suppression-expired .hermes-lint.toml:null");
        assert_eq!(
            (status == 0, expired, hidden.len()),
            (holds, !holds, usize::from(holds)),
            "{day}: {found:?}"
        );
    }
}

#[test]
fn a_baseline_knows_what_was_there_and_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let config = "_config_version: 32\nsecurity:\n  redact_secrets: false\n";
    write(path, "a.py", &format!("x = \"{}\"\n", key(1)));
    write(path, "weak.py", "password = \"hunter2hunter2\"\n");
    write(path, "home/config.yaml", config);
    let (_, before, _) = check(path, &[]);
    assert!(before.len() >= 3, "{before:?}");
    let (status, _, errors) = run(path, &["check", ".", "--write-baseline", "known"]);
    assert_eq!(status, 0, "{errors}");
    let text = fs::read_to_string(path.join("known")).unwrap();
    assert_eq!(text.lines().count(), before.len() + 2, "{text}");
    for secret in [&key(1)[..20], "hunter2", "a.py", "config.yaml", "redact"] {
        assert!(!text.replace("config/redaction-off", "").contains(secret), "{secret}");
    }
    let (status, found, hidden) = check(path, &["--baseline", "known"]);
    assert_eq!((status, found.len(), hidden.len()), (0, 0, before.len()), "{found:?}");
    // Lines move, files are renamed, folders too.
    fs::rename(path.join("a.py"), path.join("b.py")).unwrap();
    write(path, "b.py", &format!("\n\ny = 1\nx = \"{}\"\n", key(1)));
    write(path, "deploy/home/config.yaml", config);
    fs::remove_dir_all(path.join("home")).unwrap();
    let (status, found, _) = check(path, &["--baseline", "known"]);
    assert_eq!((status, found), (0, vec![]));
    // What is new counts: another value in the same line, the same setting once more.
    write(path, "b.py", &format!("\n\ny = 1\nx = \"{}\"\n", key(2)));
    assert_eq!(check(path, &["--baseline", "known"]).1, [format!("{TOKEN} b.py:4")]);
    write(path, "b.py", "");
    write(path, "second/config.yaml", config);
    let (failing, found, _) = check(path, &["--baseline", "known"]);
    assert!(found.iter().any(|one| one.starts_with("config/redaction-off second")), "{found:?}");
    // What is gone is removed when asked for, and only in a run over all files.
    let (status, ..) = run(path, &["check", ".", "--baseline", "known", "--prune", "-q"]);
    assert_eq!((status, failing), (1, 1));
    let pruned = fs::read_to_string(path.join("known")).unwrap();
    assert_eq!(pruned.lines().count(), text.lines().count() - 1);
    assert!(!pruned.contains(TOKEN));
    for line in pruned.lines() {
        assert!(text.contains(line));
    }
    let (status, _, errors) = run(path, &["check", "--history", "--baseline", "known", "--prune"]);
    assert_eq!(status, 2, "{errors}");
}

#[test]
fn the_settings_name_a_baseline_and_remarks_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "a.py", &format!("x = \"{}\"\n", key(1)));
    write(path, ".hermes-lint.toml", "baseline = \".known\"\n");
    let (status, _, errors) = run(path, &["check"]);
    assert_eq!(status, 2);
    assert!(errors.contains("can't read the baseline"), "{errors}");
    assert_eq!(run(path, &["check", "-q", "--write-baseline", ".known"]).0, 0);
    assert_eq!(run(path, &["check"]).0, 0);
    let text = fs::read_to_string(path.join(".known")).unwrap();
    let remarked = text.trim_end().to_owned() + " owner=ops until=2026-11-20 rotated on friday\n";
    fs::write(path.join(".known"), &remarked).unwrap();
    let (status, found, _) = check(path, &[]);
    assert_eq!(status, 1);
    assert_eq!(found, ["repo/suppression-expired .known:3".to_owned(), format!("{TOKEN} a.py:1")]);
    assert_eq!(run(path, &["check", "-q", "--write-baseline", ".known"]).0, 0);
    assert!(
        fs::read_to_string(path.join(".known"))
            .unwrap()
            .contains(" owner=ops until=2026-11-20 rotated on friday\n")
    );
    fs::write(path.join(".known"), text.replace("salt ", "<<<<<<< HEAD\nsalt ")).unwrap();
    let (status, out, errors) = run(path, &["check"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(errors.contains(".known:2") && errors.contains("both sides"), "{errors}");
}
