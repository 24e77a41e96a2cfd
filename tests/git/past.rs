//! `repo/env-once-committed`: files that git had once, against what is in them now.

use serde_json::Value;

use super::key;
use super::repo::{Files, Repo};

const CONFIG: &str = "terminal:\n  backend: local\napprovals:\n  mode: manual\n";
const IGNORE: &str = ".env\n";

fn env(values: &[(&str, &str)]) -> String {
    values.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// The repository with `now` in a `.env` that is ignored, and the findings about its past.
fn told(repo: &Repo, now: &str) -> Vec<Value> {
    let files = Files::from([("home/config.yaml", CONFIG), ("home/.gitignore", IGNORE)]);
    repo.stage(&files);
    files.iter().for_each(|(path, text)| repo.put(path, text));
    repo.put("home/.env", now);
    let (_, findings) = repo.findings(&[]);
    findings.into_iter().filter(|one| one["rule"] == "repo/env-once-committed").collect()
}

#[test]
fn a_key_that_was_committed_and_is_in_use_is_told_with_the_first_commit() {
    let (old, new, other) = (key(1), key(2), key(3));
    let repo = Repo::new();
    let first = env(&[("OPENROUTER_API_KEY", &old), ("GROQ_API_KEY", &other)]);
    let second = env(&[("OPENROUTER_API_KEY", &old), ("GROQ_API_KEY", &new)]);
    let start = repo.commit("main", &Files::from([("home/config.yaml", CONFIG)]), &[]);
    let one = repo.commit(
        "main",
        &Files::from([("home/.env", first.as_str()), ("home/config.yaml", CONFIG)]),
        &[start],
    );
    let two = repo.commit(
        "main",
        &Files::from([("home/.env", second.as_str()), ("home/config.yaml", CONFIG)]),
        &[one],
    );
    repo.commit("main", &Files::from([("home/config.yaml", CONFIG)]), &[two]);

    let now =
        env(&[("OPENROUTER_API_KEY", &old), ("GROQ_API_KEY", &new), ("MISTRAL_API_KEY", &key(4))]);
    let findings = told(&repo, &now);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!(finding["path"], "home/.env");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .starts_with("2 of 3 secrets in .env were committed once"),
        "{finding}"
    );
    let ids: Vec<&str> = finding["history"]["brought"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [one.to_string(), two.to_string()]);
    assert_eq!(finding["history"]["in_head"], false);
    let text = finding.to_string();
    assert!([&old, &new, &other].iter().all(|value| !text.contains(value.as_str())), "{text}");
}

#[test]
fn another_branch_counts_and_the_commit_that_is_checked_out_is_told_apart() {
    let repo = Repo::new();
    let text = env(&[("OPENROUTER_API_KEY", &key(1))]);
    let start = repo.commit("main", &Files::from([("home/config.yaml", CONFIG)]), &[]);
    repo.commit("try", &Files::from([("home/.env", text.as_str())]), &[start]);
    let findings = told(&repo, &text);
    assert_eq!((findings.len(), &findings[0]["history"]["in_head"]), (1, &Value::Bool(false)));
    // Removed from the index, and not committed yet.
    repo.commit("main", &Files::from([("home/.env", text.as_str())]), &[start]);
    assert_eq!(told(&repo, &text)[0]["history"]["in_head"], true);
}

#[test]
fn replaced_keys_other_paths_and_short_words_are_no_finding() {
    let repo = Repo::new();
    let old = env(&[("OPENROUTER_API_KEY", &key(1)), ("API_SERVER_KEY", "hunter2")]);
    let elsewhere = env(&[("OPENROUTER_API_KEY", &key(2))]);
    repo.commit(
        "main",
        &Files::from([("home/.env", old.as_str()), ("elsewhere/.env", &elsewhere)]),
        &[],
    );
    let now = env(&[("OPENROUTER_API_KEY", &key(2)), ("API_SERVER_KEY", "hunter2")]);
    assert_eq!(told(&repo, &now), Vec::<Value>::new());
    // What only a commit in another repository has is not looked for, and one that can't be read is no crash.
    repo.point("refs/heads/broken", gix::ObjectId::empty_tree(gix::hash::Kind::Sha1));
    assert_eq!(told(&repo, &now), Vec::<Value>::new());
}
