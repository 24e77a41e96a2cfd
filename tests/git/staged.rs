//! `check --staged` and `check --hook`.

use gix::index::entry::Flags;

use super::repo::{Files, Repo, run_in};
use super::{key, line};

const TOKEN: &str = "secret/known-token";

fn files<'f>(all: &[(&'f str, &'f str)]) -> Files<'f> {
    all.iter().copied().collect()
}

#[test]
fn what_is_staged_counts_and_not_what_lies_there() {
    let repo = Repo::new();
    let (key, clean) = (line(&key(1)), "print()\n");
    repo.commit("main", &files(&[("a.py", clean)]), &[]);
    // Staged, and cleaned up again in the working tree only.
    repo.stage(&files(&[("a.py", &key)]));
    repo.put("a.py", clean);
    let (status, found) = repo.findings(&["--staged"]);
    assert_eq!((status, found.len()), (1, 1), "{found:#?}");
    assert_eq!((found[0]["rule"].as_str(), found[0]["line"].as_u64()), (Some(TOKEN), Some(1)));
    // The other way round.
    repo.stage(&files(&[("a.py", clean)]));
    repo.put("a.py", &key);
    let (status, found) = repo.findings(&["--staged"]);
    assert_eq!((status, found.len()), (0, 0), "{found:#?}");
    let (_, _, errors) = repo.run(&["check", "--staged"]);
    assert!(errors.contains("nothing was changed"), "{errors}");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let repo = Repo::new();
    repo.stage(&files(&[("deep/er/a.py", &line(&key(1))), ("b.py", "x\n")]));
    assert_eq!(repo.places(&["--staged"]), [(TOKEN.into(), "deep/er/a.py".into(), 1)]);
}

#[test]
fn only_lines_that_the_commit_adds_count() {
    let repo = Repo::new();
    let (old, new) = (line(&key(1)), line(&key(2)));
    let first = format!("{old}one\ntwo\n");
    repo.commit("main", &files(&[("a.py", &first), ("b.py", &old)]), &[]);
    let touched = format!("zero\n{old}one\nthree\n");
    repo.stage(&files(&[("a.py", &touched), ("b.py", &old)]));
    assert!(repo.places(&["--staged"]).is_empty());
    // Without the filter, those of the changed file.
    assert_eq!(repo.places(&["--staged", "--whole-file"]), [(TOKEN.into(), "a.py".into(), 2)]);
    let worse = format!("zero\n{old}one\n{new}three\n");
    repo.stage(&files(&[("a.py", &worse), ("b.py", &old)]));
    assert_eq!(repo.places(&["--staged"]), [(TOKEN.into(), "a.py".into(), 4)]);
    // And only below what is named.
    repo.stage(&files(&[("a.py", &worse), ("c/b.py", &new)]));
    assert_eq!(repo.places(&["--staged", "c"]), [(TOKEN.into(), "c/b.py".into(), 1)]);
    assert_eq!(repo.places(&["--staged", "."]).len(), 2);
}

#[test]
fn a_renamed_file_brings_what_it_did_not_have() {
    let repo = Repo::new();
    let (old, new) = (line(&key(1)), line(&key(2)));
    let text = format!("one\ntwo\n{old}three\nfour\n");
    let other = "nothing\nto\nsee\nhere\nat\nall\n";
    repo.commit("main", &files(&[("src/a.py", &text), ("x.py", other)]), &[]);
    repo.stage(&files(&[("lib/b.py", &text), ("x.py", other)]));
    assert!(repo.places(&["--staged"]).is_empty());
    let more = format!("{text}{new}");
    repo.stage(&files(&[("lib/b.py", &more), ("x.py", other)]));
    assert_eq!(repo.places(&["--staged"]), [(TOKEN.into(), "lib/b.py".into(), 6)]);
    // A file that has next to nothing of the one that went is new.
    repo.stage(&files(&[("src/a.py", &text), ("lib/b.py", &old)]));
    assert_eq!(repo.places(&["--staged"]), [(TOKEN.into(), "lib/b.py".into(), 1)]);
    // A copy is another place to edit.
    repo.stage(&files(&[("src/a.py", &text), ("copy.py", &text), ("x.py", other)]));
    assert_eq!(repo.places(&["--staged"]), [(TOKEN.into(), "copy.py".into(), 3)]);
}

const DENYLIST: &str = "approvals:\n  mode: manual\n  deny:\n    - \"*rm -rf*\"\n";

#[test]
fn posture_that_the_commit_loses_is_told_and_other_posture_is_not() {
    let repo = Repo::new();
    let before = format!("_config_version: 32\nmodel: x\n{DENYLIST}");
    repo.commit("main", &files(&[("home/config.yaml", &before)]), &[]);
    let rules = |text: &str| {
        repo.stage(&files(&[("home/config.yaml", text)]));
        let (_, found) = repo.findings(&["--staged"]);
        let rules = found.iter().map(|one| one["rule"].as_str().unwrap().to_owned());
        rules.collect::<Vec<_>>()
    };
    // The list is not complete, and was not before.
    assert!(rules(&before.replace("model: x", "model: y")).is_empty());
    let lost = "_config_version: 32\nmodel: x\napprovals:\n  mode: manual\n";
    assert!(rules(lost).contains(&"config/denylist-missing".to_owned()));
    assert!(rules(&before.replace("manual", "off")).contains(&"config/approvals-off".to_owned()));
    // One entry less of a list that was not complete before either.
    let two = before.replace("    - \"*rm -rf*\"\n", "    - \"*rm -rf*\"\n    - \"*mkfs*\"\n");
    repo.commit("main", &files(&[("home/config.yaml", &two)]), &[]);
    assert!(rules(&before).contains(&"config/denylist-incomplete".to_owned()));
    assert!(rules(&two.replace("model: x", "model: y")).is_empty());
    // A file that goes, and with it the list.
    repo.stage(&files(&[("home/.env", "TELEGRAM_BOT_TOKEN=${X}\n")]));
    assert!(!repo.findings(&["--staged"]).1.is_empty());
}

#[test]
fn what_surrounds_the_staged_files_is_known() {
    let repo = Repo::new();
    let config = "_config_version: 32\nplatforms:\n  telegram:\n    enabled: true\n";
    repo.commit("main", &files(&[("README", "x\n")]), &[]);
    let missing = |repo: &Repo| {
        let (_, found) = repo.findings(&["--staged"]);
        found.iter().any(|one| one["rule"] == "gateway/no-allowlist")
    };
    let token = "TELEGRAM_BOT_TOKEN=${TOKEN_OF_THE_BOT}\n";
    let env = format!("{token}TELEGRAM_ALLOWED_USERS=123456\n");
    // From the index, whatever lies on the disk.
    repo.stage(&files(&[("README", "x\n"), ("home/config.yaml", config), ("home/.env", token)]));
    repo.put("home/.env", &env);
    assert!(missing(&repo));
    repo.stage(&files(&[("README", "x\n"), ("home/config.yaml", config), ("home/.env", &env)]));
    repo.put("home/.env", token);
    assert!(!missing(&repo));
    // From the disk, where nothing of it is stored.
    repo.stage(&files(&[("README", "x\n"), ("home/config.yaml", config)]));
    assert!(missing(&repo));
    repo.put("home/.env", &env);
    assert!(!missing(&repo));
}

#[test]
fn what_is_announced_or_undecided_is_not_taken_in() {
    let repo = Repo::new();
    repo.commit("main", &files(&[("a.py", "x\n")]), &[]);
    let key = line(&key(1));
    let all = files(&[("a.py", "x\n"), ("b.py", &key), ("c.py", &key)]);
    let ours = Flags::from_bits_retain(2 << 12);
    repo.stage_as(&all, &[("b.py", Flags::INTENT_TO_ADD | Flags::EXTENDED), ("c.py", ours)]);
    let (status, report) = repo.report(&["--staged", "--require-complete"]);
    assert_eq!((status, report["findings"].as_array().unwrap().len()), (3, 0), "{report:#}");
    let skipped = &report["summary"]["skipped"];
    assert_eq!(
        (skipped[0]["path"].as_str(), skipped[0]["reason"].as_str()),
        (Some("c.py"), Some("unmerged"))
    );
    assert_eq!(skipped.as_array().unwrap().len(), 1);
}

#[test]
fn paths_are_shown_as_from_where_one_stands() {
    let repo = Repo::new();
    let key = line(&key(1));
    repo.stage(&files(&[("src/a.py", &key), ("doc/b.md", &key)]));
    repo.put("src/x", "");
    let (_, out, errors) =
        run_in(&repo.path().join("src"), &["check", "--staged", "--format", "concise"], &[]);
    let lines: Vec<&str> =
        out.lines().filter_map(|line| line.split_once(':').map(|(path, _)| path)).collect();
    assert_eq!(lines[..2], ["../doc/b.md", "a.py"], "{out}{errors}");
}

#[test]
fn another_index_and_pointers_of_lfs_are_seen() {
    let repo = Repo::new();
    repo.commit("main", &files(&[("a.py", "x\n")]), &[]);
    repo.stage(&files(&[("a.py", &line(&key(1)))]));
    std::fs::rename(repo.path().join(".git/index"), repo.path().join(".git/other")).unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n";
    repo.stage(&files(&[("a.py", "x\n"), ("model.bin", pointer)]));
    let (_, report) = repo.report(&["--staged"]);
    assert_eq!(report["summary"]["skipped"][0]["reason"], "lfs-pointer", "{report:#}");
    assert!(report["findings"].as_array().unwrap().is_empty());
    // `git commit FILE` shows its hooks an index of its own.
    let (status, ..) = repo.run_with(&["check", "--staged"], &[("GIT_INDEX_FILE", ".git/other")]);
    assert_eq!(status, 1);
}

#[test]
fn a_hook_reads_what_is_staged_pushed_or_named() {
    let repo = Repo::new();
    let (clean, bad) = ("x\n".to_owned(), line(&key(1)));
    let first = repo.commit("main", &files(&[("a.py", &bad), ("b.py", &clean)]), &[]);
    let both = format!("{bad}y\n");
    repo.stage(&files(&[("a.py", &both), ("b.py", &clean)]));
    repo.put("a.py", &both);
    repo.put("b.py", &clean);
    // What a commit adds, when the names are of what is staged; all of a file otherwise.
    assert_eq!(repo.findings(&["--hook", "a.py"]).0, 0);
    assert_eq!(repo.findings(&["--hook"]).0, 0);
    assert_eq!(repo.findings(&["--hook", "a.py", "b.py"]).0, 1);
    repo.put("b.py", &bad);
    assert_eq!(repo.places(&["--hook", "b.py"]), [(TOKEN.into(), "b.py".into(), 1)]);
    // What is pushed.
    let second = repo.commit("main", &files(&[("a.py", &bad), ("c.py", &bad)]), &[first]);
    let range =
        [("PRE_COMMIT_FROM_REF", first.to_string()), ("PRE_COMMIT_TO_REF", second.to_string())];
    let range: Vec<(&str, &str)> = range.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let (status, out, _) =
        repo.run_with(&["check", "--hook", "--format", "concise", "-q", "b.py"], &range);
    assert_eq!((status, out.lines().count()), (1, 1), "{out}");
    assert!(out.starts_with("c.py:1:"), "{out}");
}

#[test]
fn outside_a_repository_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for mode in ["--staged", "--history", "--since=main", "--range=a..b"] {
        let (status, out, errors) = run_in(folder.path(), &["check", mode], &[]);
        assert_eq!(status, 2, "{mode}: {out}{errors}");
        assert!(out.is_empty() && errors.contains("no git repository"), "{errors}");
    }
}

/// The state before a commit, worked out from the changes, is what the tree of the last commit holds.
#[test]
fn the_state_before_is_the_one_of_the_last_commit() {
    use hermes_lint::source::git::{self, Changes, View};

    let repo = Repo::new();
    let old = Files::from([("a.py", "1\n"), ("b/c.py", "2\n"), ("b/d.py", "3\n"), ("e.py", "4\n")]);
    let new =
        Files::from([("a.py", "1\n"), ("b/c.py", "new\n"), ("e.py/f", "5\n"), ("g/h.py", "6\n")]);
    let commit = repo.commit("main", &old, &[]);
    repo.stage(&new);
    let open = git::Repo::open(repo.path()).unwrap();
    let tree = open.tree(commit).unwrap();
    let after = View::staged(&open).unwrap();
    let changes = Changes::staged(&open, Some(tree), &after).unwrap();
    let before = after.before(&changes).unwrap();
    let read = View::of_tree(&open, tree).unwrap();
    let sorted = |view: &View| {
        let mut all: Vec<_> = view.files().map(|(path, id)| (path.to_owned(), id)).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&before), sorted(&read));
    assert_eq!(sorted(&before).len(), old.len());
    for path in ["a.py", "b/c.py", "b/d.py", "e.py", "e.py/f", "g/h.py", "none"] {
        assert_eq!(before.has(path), read.has(path), "{path}");
    }
    // What is only announced is nothing that a commit takes in: then the tree is read.
    repo.stage_as(&new, &[("g/h.py", Flags::INTENT_TO_ADD | Flags::EXTENDED)]);
    let after = View::staged(&open).unwrap();
    assert!(after.before(&Changes::staged(&open, Some(tree), &after).unwrap()).is_none());
}
