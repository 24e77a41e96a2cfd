//! `check --history`.

use serde_json::Value;

use super::repo::{Files, Repo, run_in};
use super::{key, line};

fn files<'f>(all: &[(&'f str, &'f str)]) -> Files<'f> {
    all.iter().copied().collect()
}

/// Path, commits that brought it, commits that removed it, whether it is still there.
type Told = (String, Vec<String>, Vec<String>, bool);

fn told(one: &Value) -> Told {
    let ids = |name: &str| {
        let all = one["history"][name].as_array().unwrap().iter();
        all.map(|commit| commit["id"].as_str().unwrap().to_owned()).collect()
    };
    let path = one["path"].as_str().unwrap().to_owned();
    (path, ids("brought"), ids("removed"), one["history"]["in_head"].as_bool().unwrap())
}

fn all(repo: &Repo, more: &[&str]) -> Vec<Told> {
    let (_, found) = repo.findings(&[&["--history"], more].concat());
    found.iter().map(told).collect()
}

#[test]
fn a_value_is_told_once_with_who_brought_and_removed_it() {
    let repo = Repo::new();
    let (one, two) = (line(&key(1)), line(&key(2)));
    let moved = format!("{one}more\n");
    let a = repo.commit("main", &files(&[("x.py", "x\n")]), &[]);
    let b = repo.commit("main", &files(&[("x.py", "x\n"), ("a/k.py", &one)]), &[a]);
    // Renamed, edited elsewhere, and in two files at once: nothing new.
    let c = repo.commit("main", &files(&[("x.py", "y\n"), ("b/k.py", &one)]), &[b]);
    let d = repo.commit("main", &files(&[("b/k.py", &moved), ("c.py", &one)]), &[c]);
    let e = repo.commit("main", &files(&[("c.py", &one), ("z.py", &two)]), &[d]);
    let f = repo.commit("main", &files(&[("z.py", &two)]), &[e]);
    let g = repo.commit("main", &files(&[("z.py", &two), ("q.py", "q\n")]), &[f]);
    let ids = |ids: &[gix::ObjectId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        all(&repo, &[]),
        [
            ("a/k.py".to_owned(), ids(&[b]), ids(&[f]), false),
            ("z.py".to_owned(), ids(&[e]), vec![], true),
        ]
    );
    // Brought back by a revert, which is told as well.
    repo.commit("main", &files(&[("z.py", &two), ("c.py", &one)]), &[g]);
    let again = all(&repo, &[]);
    assert_eq!((again[0].1.len(), again[0].2.len(), again[0].3), (2, 1, true));
    let (status, out, _) = repo.run(&["check", "--history"]);
    assert_eq!(status, 1);
    assert!(out.contains("brought by") && out.contains("Ann Author <ann@example.org>"), "{out}");
    assert!(out.contains("2023-11-14T23:14:20+01:00"), "{out}");
    for secret in [key(1), key(2)] {
        assert!(!out.contains(&secret));
    }
}

/// One key after the other at the same place: each has commits of its own, and a fingerprint.
#[test]
fn a_key_that_was_replaced_at_its_place_is_another_one() {
    let repo = Repo::new();
    let (one, two) = (line(&key(1)), line(&key(2)));
    let a = repo.commit("main", &files(&[("k.py", &one)]), &[]);
    let b = repo.commit("main", &files(&[("k.py", &two)]), &[a]);
    let mut told = all(&repo, &[]);
    told.sort_by_key(|one| one.3);
    let ids = |id: gix::ObjectId| vec![id.to_string()];
    let expected =
        [("k.py".to_owned(), ids(a), ids(b), false), ("k.py".to_owned(), ids(b), vec![], true)];
    assert_eq!(told, expected);
    let (_, findings) = repo.findings(&["--history"]);
    assert_ne!(findings[0]["fingerprint"], findings[1]["fingerprint"]);
    let (_, again) = repo.findings(&["--history"]);
    assert_eq!(findings, again);
}

/// A submodule's commits are in a repository of their own, also when it is gone again.
#[test]
fn submodules_are_listed_as_not_looked_into() {
    let repo = Repo::new();
    let elsewhere = gix::ObjectId::empty_tree(gix::hash::Kind::Sha1);
    let tree = repo.tree_with_submodule(&files(&[("a.py", "x\n")]), "lib", elsewhere);
    let with = repo.commit_tree("main", tree, &[]);
    repo.commit("main", &files(&[("a.py", "y\n")]), &[with]);
    let (status, report) = repo.report(&["--history", "--require-complete"]);
    let skipped = &report["summary"]["skipped"];
    assert_eq!((status, skipped.as_array().map(Vec::len)), (3, Some(1)), "{report}");
    assert_eq!((&skipped[0]["path"], &skipped[0]["reason"]), (&"lib".into(), &"submodule".into()));
}

#[test]
fn merges_bring_and_remove_only_what_no_side_did() {
    let repo = Repo::new();
    let (one, two, three) = (line(&key(1)), line(&key(2)), line(&key(3)));
    let root = repo.commit("main", &files(&[("x", "x\n")]), &[]);
    let side = repo.commit("side", &files(&[("x", "x\n"), ("one.py", &one)]), &[root]);
    let main = repo.commit("main", &files(&[("x", "y\n"), ("two.py", &two)]), &[root]);
    // Takes both sides' files, and adds one of its own.
    let merge = repo.commit(
        "main",
        &files(&[("x", "y\n"), ("one.py", &one), ("two.py", &two), ("three.py", &three)]),
        &[main, side],
    );
    // A side that is not taken over.
    let lost = repo.commit("lost", &files(&[("x", "x\n"), ("four.py", &line(&key(4)))]), &[root]);
    let ours = repo.commit("main", &files(&[("x", "z\n"), ("one.py", &one)]), &[merge, lost]);
    repo.point("refs/heads/side", merge);
    repo.point("refs/heads/lost", merge);
    let text = |id: gix::ObjectId| id.to_string();
    let found = all(&repo, &[]);
    let of = |path: &str| found.iter().find(|told| told.0 == path).unwrap().clone();
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(of("one.py"), ("one.py".into(), vec![text(side)], vec![], true));
    assert_eq!(of("two.py"), ("two.py".into(), vec![text(main)], vec![text(ours)], false));
    assert_eq!(of("three.py"), ("three.py".into(), vec![text(merge)], vec![text(ours)], false));
    assert_eq!(of("four.py"), ("four.py".into(), vec![text(lost)], vec![text(ours)], false));
}

#[test]
fn branches_tags_and_a_number_of_commits_are_chosen() {
    let repo = Repo::new();
    let (one, two, three) = (line(&key(1)), line(&key(2)), line(&key(3)));
    let root = repo.commit("main", &files(&[("one.py", &one)]), &[]);
    let main = repo.commit("main", &files(&[("x", "x\n")]), &[root]);
    repo.commit("release/1.0", &files(&[("two.py", &two)]), &[main]);
    let tagged = repo.commit("gone", &files(&[("three.py", &three)]), &[main]);
    std::fs::remove_file(repo.path().join(".git/refs/heads/gone")).unwrap();
    repo.point("refs/tags/v1", tagged);
    let paths = |more: &[&str]| all(&repo, more).into_iter().map(|told| told.0).collect::<Vec<_>>();
    assert_eq!(paths(&[]), ["one.py", "three.py", "two.py"]);
    assert_eq!(paths(&["--branches"]), ["one.py", "two.py"]);
    assert_eq!(paths(&["--branches=main"]), ["one.py"]);
    assert_eq!(paths(&["--branches=main,release/*"]), ["one.py", "two.py"]);
    assert_eq!(paths(&["--max-commits", "2"]), ["three.py", "two.py"]);
    let (_, report) = repo.report(&["--history", "--max-commits", "2"]);
    assert_eq!(report["summary"]["skipped"][0]["reason"], "max-commits", "{report:#}");
    let (_, found) = repo.findings(&["--history"]);
    let notes = found[1]["notes"].to_string();
    assert!(notes.contains("still in refs/tags/v1"), "{notes}");
    let notes = found[0]["notes"].to_string();
    assert!(notes.contains("on no branch or tag"), "{notes}");
    // A tag of a tree alone.
    repo.point("refs/tags/tree", repo.tree(&files(&[("four.py", &line(&key(4)))])));
    assert_eq!(paths(&[]), ["four.py", "one.py", "three.py", "two.py"]);
}

#[test]
fn bare_sha256_and_shallow_repositories_are_read() {
    for hash in [gix::hash::Kind::Sha1, gix::hash::Kind::Sha256] {
        let repo = Repo::of(hash, true);
        let one = line(&key(1));
        let root = repo.commit("main", &files(&[("a.py", &one)]), &[]);
        let next = repo.commit("main", &files(&[("b.py", &one), ("x", "x\n")]), &[root]);
        let tip = repo.commit("main", &files(&[("x", "x\n")]), &[next]);
        let text = |id: gix::ObjectId| id.to_string();
        assert_eq!(all(&repo, &[]), [("a.py".into(), vec![text(root)], vec![text(tip)], false)]);
        std::fs::write(repo.path().join("shallow"), format!("{next}\n")).unwrap();
        assert_eq!(all(&repo, &[]), [("b.py".into(), vec![text(next)], vec![text(tip)], false)]);
        let (status, report) =
            repo.report(&["--history", "--require-complete", "--fail-on", "never"]);
        assert_eq!(status, 3);
        assert_eq!(report["summary"]["skipped"][0]["reason"], "shallow", "{report:#}");
    }
}

#[test]
fn what_is_missing_is_named_and_the_rest_is_read() {
    let repo = Repo::new();
    let (one, two) = (line(&key(1)), line(&key(2)));
    let root = repo.commit("main", &files(&[("a.py", &one), ("b/c.py", &two)]), &[]);
    let gone = |id: gix::ObjectId| {
        let id = id.to_string();
        let path = repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(path).unwrap();
    };
    gone(repo.blob(&one));
    let report = || {
        let (_, report) = repo.report(&["--history"]);
        let skipped = report["summary"]["skipped"].as_array().unwrap().clone();
        let skipped = skipped.iter().map(|one| one["path"].as_str().unwrap().to_owned());
        (skipped.collect::<Vec<_>>(), report["findings"].as_array().unwrap().len())
    };
    assert_eq!(report(), (vec!["a.py".to_owned()], 1));
    gone(repo.tree(&files(&[("c.py", &two)])));
    assert_eq!(report(), (vec!["a.py".to_owned(), "b/".to_owned()], 0));
    gone(root);
    let (_, report) = repo.report(&["--history"]);
    assert_eq!(report["summary"]["skipped"][0]["reason"], "missing-object", "{report:#}");
}

#[test]
fn settings_of_the_root_and_other_working_trees_count() {
    let repo = Repo::new();
    let one = line(&key(1));
    let root = repo.commit("main", &files(&[("vendor/a.py", &one), ("b.py", &line(&key(2)))]), &[]);
    repo.put(".hermes-lint.toml", "exclude = [\"/vendor/\"]\n");
    let paths: Vec<String> = all(&repo, &[]).into_iter().map(|told| told.0).collect();
    assert_eq!(paths, ["b.py"]);
    // Another working tree, on no branch.
    let away = repo.commit("away", &files(&[("c.py", &line(&key(3)))]), &[root]);
    std::fs::remove_file(repo.path().join(".git/refs/heads/away")).unwrap();
    let other = tempfile::tempdir().unwrap();
    let own = repo.path().join(".git/worktrees/other");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("HEAD"), format!("{away}\n")).unwrap();
    std::fs::write(own.join("commondir"), "../..\n").unwrap();
    std::fs::write(own.join("gitdir"), format!("{}/.git\n", other.path().display())).unwrap();
    std::fs::write(other.path().join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
    let paths: Vec<String> = all(&repo, &[]).into_iter().map(|told| told.0).collect();
    assert_eq!(paths, ["b.py", "c.py"]);
    // And from there, what its own commit has is in HEAD.
    let (_, out, errors) = run_in(other.path(), &["check", "--history", "--format", "json"], &[]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{errors}"));
    let found: Vec<Told> = report["findings"].as_array().unwrap().iter().map(told).collect();
    let of = |path: &str| found.iter().find(|told| told.0 == path).unwrap().3;
    assert!(of("c.py") && !of("b.py"), "{found:?}");
}

#[test]
fn any_number_of_threads_says_the_same() {
    let repo = Repo::new();
    let texts: Vec<(String, String)> =
        (0..90).map(|number| (format!("f{number}.py"), line(&key(number)))).collect();
    let mut parents = Vec::new();
    for upto in (10..=90).step_by(10) {
        let held: Files<'_> = texts[upto - 10..upto]
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        parents = vec![repo.commit("main", &held, &parents)];
    }
    let run = |threads: &str| {
        repo.run(&["check", "--history", "--format", "json", "--threads", threads]).1
    };
    let one = run("1");
    assert_eq!(one.matches("\"in_head\": true").count(), 10);
    assert_eq!(one.matches("\"in_head\": false").count(), 80);
    for threads in ["2", "5"] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn what_is_stored_is_read_and_not_what_replaces_it() {
    let repo = Repo::new();
    let secret = line(&key(1));
    let named = files(&[("a.py", secret.as_str())]);
    repo.commit("main", &files(&[("x.py", "x\n")]), &[]);
    let (blob, other) = (repo.blob(&secret), repo.blob("nothing\n"));
    repo.point(&format!("refs/replace/{blob}"), other);
    repo.stage(&named);
    assert_eq!(repo.places(&["--staged"]).len(), 1);
    repo.commit("main", &named, &[]);
    assert_eq!(all(&repo, &[]).len(), 1);
}
