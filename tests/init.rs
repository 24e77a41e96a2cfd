//! `init`: what it shows, writes, leaves alone, and says; completions and man pages.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::run as hermes_lint;

/// A repository as `git init` leaves it, with a remote.
fn repository(remote: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    gix::init(folder.path()).expect("a repository");
    let git = folder.path().join(".git");
    let _ = fs::remove_dir_all(git.join("hooks"));
    if let Some(url) = remote {
        let config = git.join("config");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, format!("{text}[remote \"origin\"]\n\turl = {url}\n")).unwrap();
    }
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every file below `folder` but git's own, with its text; of git's folder the hooks.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                if !name.starts_with(".git/") || name == ".git/hooks" {
                    folders.push(path);
                }
            } else if !name.starts_with(".git/") || name.starts_with(".git/hooks/") {
                all.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    all
}

#[test]
fn a_repository_is_set_up_in_one_run_and_a_second_changes_nothing() {
    let folder = repository(Some("https://me:word@github.com/a/b.git"));
    let value = "5b0e7c41-93d2-4fa6-8c17-2e9d60b4a3f8";
    put(
        folder.path(),
        "home/config.yaml",
        &format!("approvals:\n  mode: off\nmodel:\n  api_key: {value}\n"),
    );
    let before = files(folder.path());

    let (status, shown, note) = hermes_lint(folder.path(), &["init"]);
    assert_eq!((status, files(folder.path())), (0, before), "{shown}{note}");
    assert!(
        shown.contains("would write .hermes-lint.toml: ") && note.contains("init --yes"),
        "{shown}{note}"
    );

    let (status, told, note) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!((status, note.as_str()), (0, ""), "{told}");
    let written = files(folder.path());
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let expected = [
        ".git/hooks/pre-commit",
        ".github/workflows/hermes-lint.yml",
        ".hermes-lint-baseline",
        ".hermes-lint.toml",
        ".pre-commit-config.yaml",
        "home/config.yaml",
    ];
    assert_eq!(names, expected);
    assert!(told.contains("  home/config.yaml:2: config/approvals-off: "), "{told}");
    let next = "next: git add .hermes-lint.toml .pre-commit-config.yaml .github/workflows/hermes-lint.yml .hermes-lint-baseline\n";
    assert!(told.ends_with(next), "{told}");
    for text in [&shown, &told, &written[".hermes-lint-baseline"]] {
        assert!(!text.contains(value) && !text.contains("word"), "{text}");
    }

    // What is there is known, and what comes is not.
    let (status, report, _) = hermes_lint(folder.path(), &["check", "--fail-on", "info"]);
    assert_eq!(status, 0, "{report}");
    put(folder.path(), "other/config.yaml", "approvals:\n  mode: off\n");
    assert_eq!(hermes_lint(folder.path(), &["check"]).0, 1);
    let with_new = files(folder.path());
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!((status, files(folder.path())), (0, with_new), "{told}");
    assert!(told.lines().all(|line| line.starts_with("there is ")), "{told}");
}

#[cfg(unix)]
#[test]
fn the_hook_can_be_run_and_nothing_else_can() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository(None);
    hermes_lint(folder.path(), &["init", "--yes"]);
    let mode =
        |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".git/hooks/pre-commit") & 0o111, 0o111);
    assert_eq!(mode(".hermes-lint.toml") & 0o111, 0);
}

#[test]
fn a_clean_repository_has_no_baseline_and_one_without_a_forge_no_job() {
    let folder = repository(None);
    put(folder.path(), "src/x.py", "print(1)\n");
    let (status, told, note) = hermes_lint(&folder.path().join("src"), &["init", "--yes"]);
    assert_eq!(status, 0, "{told}");
    assert!(note.contains("no forge is seen"), "{note}");
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert_eq!(
        names,
        [".git/hooks/pre-commit", ".hermes-lint.toml", ".pre-commit-config.yaml", "src/x.py"]
    );
    assert_eq!(hermes_lint(folder.path(), &["check", "--fail-on", "info"]).0, 0);
}

#[test]
fn what_others_wrote_gets_an_entry_or_is_left_with_what_to_add() {
    let folder = repository(Some("git@gitlab.example.org:a/b.git"));
    let ci = "variables:\n  TOKEN: hunter2-and-more\nstages: [ship]\nx: {stage: ship, script: a}\n";
    put(folder.path(), ".gitlab-ci.yml", ci);
    put(folder.path(), ".pre-commit-config.yaml", "repos: []\n");
    put(folder.path(), ".git/hooks/pre-commit", "#!/bin/sh\nmake check\n");
    let (status, shown, _) = hermes_lint(folder.path(), &["init"]);
    assert_eq!(status, 1, "{shown}");
    // The lines around an entry are the operator's own.
    assert!(!shown.contains("hunter2") && shown.contains("+  stage: ship"), "{shown}");
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!(status, 1, "{told}");
    assert!(
        told.contains("left .pre-commit-config.yaml: ")
            && told.contains("      - id: hermes-lint\n"),
        "{told}"
    );
    assert!(told.contains("left .git/hooks/pre-commit: it is somebody's own hook; add:\n    `hermes-lint check --hook || exit 1`\n"), "{told}");
    let written = files(folder.path());
    assert_eq!(written[".pre-commit-config.yaml"], "repos: []\n");
    assert_eq!(written[".git/hooks/pre-commit"], "#!/bin/sh\nmake check\n");
    assert!(
        written[".gitlab-ci.yml"].starts_with(ci)
            && written[".gitlab-ci.yml"].contains("\nhermes-lint:\n")
    );
}

/// A repository whose hooks lie in `folder`, by its configuration.
fn with_hooks(folder: &str) -> tempfile::TempDir {
    let repository = repository(None);
    let config = repository.path().join(".git/config");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, format!("{text}[core]\n\thooksPath = {folder}\n")).unwrap();
    repository
}

#[test]
fn a_folder_for_hooks_that_somebody_chose_is_theirs() {
    let folder = with_hooks(".githooks");
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!(status, 1, "{told}");
    assert!(
        told.contains("left .githooks/pre-commit: `core.hooksPath` names this folder"),
        "{told}"
    );
    put(folder.path(), ".githooks/pre-commit", "#!/bin/sh\nhermes-lint check --hook\n");
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert!(status == 0 && told.contains("there is .githooks/pre-commit"), "{told}");
}

#[test]
fn another_framework_keeps_its_hooks() {
    let folder = with_hooks(".husky/_");
    put(folder.path(), ".husky/_/h", "");
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!(status, 1, "{told}");
    let left =
        "left .husky/pre-commit: husky runs the hooks here; add:\n    `hermes-lint check --hook`\n";
    assert!(told.contains(left) && told.matches("left ").count() == 1, "{told}");
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert_eq!(names, [".hermes-lint.toml", ".husky/_/h"]);
    put(folder.path(), ".husky/pre-commit", "npm test\nhermes-lint check --hook\n");
    assert_eq!(hermes_lint(folder.path(), &["init", "--yes"]).0, 0);
}

#[test]
fn parts_can_be_left_out() {
    let folder = repository(Some("https://codeberg.org/a/b"));
    // A baseline that no settings name would count for nothing.
    put(folder.path(), "home/config.yaml", "approvals:\n  mode: off\n");
    let without = ["init", "--yes", "--quiet", "--without", "pre-commit,git-hook,settings"];
    assert_eq!(hermes_lint(folder.path(), &without), (0, String::new(), String::new()));
    let names: Vec<String> = files(folder.path()).into_keys().collect();
    assert_eq!(names, [".forgejo/workflows/hermes-lint.yml", "home/config.yaml"]);
}

#[test]
fn outside_a_repository_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (status, _, error) = hermes_lint(folder.path(), &["init", "--yes"]);
    assert_eq!(status, 2);
    assert!(error.contains("is in no git repository") && error.contains("git init"), "{error}");
    assert!(files(folder.path()).is_empty());
}

#[test]
fn units_are_written_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let option = format!("--systemd={}", folder.path().display());
    let (status, told, _) = hermes_lint(folder.path(), &["init", "--yes", &option]);
    assert_eq!(status, 0, "{told}");
    assert!(
        told.ends_with(
            "next: systemctl daemon-reload && systemctl enable --now hermes-lint.timer\n"
        ),
        "{told}"
    );
    let written = files(folder.path());
    let binary = assert_cmd::cargo::cargo_bin("hermes-lint");
    assert!(
        written["hermes-lint.service"].contains(&format!("\nExecStart={} host ", binary.display()))
    );
    assert!(written["hermes-lint.timer"].contains("\nOnCalendar=daily\n"));
}

#[test]
fn completions_know_formats_and_rules() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (status, script, _) = hermes_lint(folder.path(), &["completions", shell]);
        assert_eq!(status, 0, "{shell}");
        for word in ["write-baseline", "checkpoint"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        // For the other two, clap completes commands and options alone.
        for word in ["gitlab-secrets", "config/denylist-incomplete"] {
            assert!(
                script.contains(word) || ["elvish", "powershell"].contains(&shell),
                "{shell}: {word}"
            );
        }
    }
    assert_eq!(hermes_lint(folder.path(), &["completions", "csh"]).0, 2);
}

/// Each state that the words before the cursor lead to has to have its options, in bash.
#[test]
fn bash_finds_the_options_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let (_, script, _) = hermes_lint(folder.path(), &["completions", "bash"]);
    let states: Vec<&str> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("cmd=\"")?.strip_suffix('"'))
        .filter(|state| !state.is_empty())
        .collect();
    assert!(states.len() > 20, "{states:?}");
    for state in states {
        assert!(script.contains(&format!("\n        {state})\n")), "{state}");
    }
}

#[test]
fn there_is_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let (status, page, _) = hermes_lint(folder.path(), &["man"]);
    assert!(status == 0 && page.contains(".TH hermes-lint 1"), "{page}");
    let dir = folder.path().display().to_string();
    assert_eq!(hermes_lint(folder.path(), &["man", "--dir", &dir]).0, 0);
    let pages = files(folder.path());
    for name in
        ["hermes-lint.1", "hermes-lint-check.1", "hermes-lint-audit-verify.1", "hermes-lint-init.1"]
    {
        assert!(
            pages.get(name).is_some_and(|page| page.starts_with(".ie")),
            "{name}: {:?}",
            pages.keys()
        );
    }
    assert_eq!(hermes_lint(folder.path(), &["man", "--dir", "missing/folder"]).0, 2);
}

/// A settings file that can't be used is one diagnostic: what, where, and which name was meant.
#[test]
fn wrong_settings_are_shown_with_the_name_that_was_meant() {
    for (text, place, help) in [
        ("fail_on = \"info\"\n", "1:1", "did you mean `fail-on`?"),
        (
            "ignore = [\n  \"config/denylist-mising\",\n]\n",
            "2:3",
            "did you mean `config/denylist-missing`?",
        ),
        ("[severity]\n\"secrets\" = \"info\"\n", "2:1", "did you mean `secret`?"),
        (
            "[attest.audit-loging]\nby = \"a\"\non = 2026-01-01\nevidence = \"b\"\n",
            "1:9",
            "did you mean `audit-logging`?",
        ),
        ("exclude = [\"a\", \"{b\"]\n", "1:17", "write it as in a .gitignore"),
        ("hermes-version = \"newest\"\n", "1:18", "write a release such as 0.21.5"),
    ] {
        let folder = repository(None);
        put(folder.path(), ".hermes-lint.toml", text);
        let (status, _, error) = hermes_lint(folder.path(), &["check"]);
        assert_eq!(status, 2, "{error}");
        assert!(error.contains(&format!(".hermes-lint.toml:{place}]")), "{error}");
        assert!(error.contains(help), "{error}");
    }
}
