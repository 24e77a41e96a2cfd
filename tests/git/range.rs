//! `check --since` and `check --range`.

use super::repo::{Files, Repo};
use super::{key, line};

const TOKEN: &str = "secret/known-token";

fn files<'f>(all: &[(&'f str, &'f str)]) -> Files<'f> {
    all.iter().copied().collect()
}

#[test]
fn a_branch_is_held_to_what_it_adds() {
    let repo = Repo::new();
    let (old, theirs, ours) = (line(&key(1)), line(&key(2)), line(&key(3)));
    let base = repo.commit("main", &files(&[("a.py", &old)]), &[]);
    // Meanwhile somebody else's commit, which the branch has not.
    repo.commit("main", &files(&[("a.py", &old), ("b.py", &theirs)]), &[base]);
    let mine = format!("{old}{ours}");
    let tip = repo.commit("topic", &files(&[("a.py", &mine)]), &[base]);
    std::fs::write(repo.path().join(".git/HEAD"), "ref: refs/heads/topic\n").unwrap();
    let expected = [(TOKEN.to_owned(), "a.py".to_owned(), 2)];
    assert_eq!(repo.places(&["--since", "main"]), expected);
    assert_eq!(repo.places(&["--range", "main...topic"]), expected);
    assert_eq!(repo.places(&["--range", "main.."]), expected);
    assert_eq!(repo.places(&["--range", &format!("{base}..{tip}")]), expected);
    // From the branch to main, it is the other's.
    assert_eq!(repo.places(&["--range", "topic..main"]), [(TOKEN.into(), "b.py".into(), 1)]);
    // A branch that is new on a server.
    assert_eq!(repo.places(&["--range", &format!("{}..{tip}", "0".repeat(40))]).len(), 2);
    assert!(repo.places(&["--since", "topic"]).is_empty());
}

#[test]
fn a_range_of_a_bare_repository_is_read() {
    for hash in [gix::hash::Kind::Sha1, gix::hash::Kind::Sha256] {
        let repo = Repo::of(hash, true);
        let base =
            repo.commit("main", &files(&[("home/config.yaml", "_config_version: 32\n")]), &[]);
        let env = line(&key(1));
        let tip = repo.commit("main", &files(&[("a.py", &env), ("home/.env", "A=b\n")]), &[base]);
        let places = repo.places(&["--range", &format!("{base}..{tip}")]);
        assert!(places.contains(&(TOKEN.into(), "a.py".into(), 1)), "{hash}: {places:?}");
    }
}

#[test]
fn what_names_no_commit_is_said() {
    let repo = Repo::new();
    repo.commit("main", &files(&[("a.py", "x\n")]), &[]);
    for arguments in [
        ["--since", "nowhere"],
        ["--range", "main"],
        ["--range", "main..nowhere"],
        ["--range", "x...main"],
    ] {
        let all = [&["check"], &arguments[..]].concat();
        let (status, out, errors) = repo.run(&all);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.contains("help:"), "{errors}");
    }
    // Histories that share nothing.
    repo.commit("other", &files(&[("b.py", "y\n")]), &[]);
    let (status, _, errors) = repo.run(&["check", "--since", "other"]);
    assert_eq!(status, 2);
    assert!(errors.contains("both"), "{errors}");
    for both in [["--staged", "--history"], ["--staged", "--since=main"], ["--history", "--hook"]] {
        let (status, ..) = repo.run(&[&["check"], &both[..]].concat());
        assert_eq!(status, 2, "{both:?}");
    }
}
