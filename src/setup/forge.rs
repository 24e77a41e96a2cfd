//! The CI file, for the forge that a repository lies on: GitHub, GitLab, or Forgejo and Gitea.
//!
//! Where it was cloned from decides; without a remote, or with one whose name says nothing, the files of forges that are there.

use std::path::Path;

use yaml_serde::Value;

use super::{Found, Step, look, with_lines};
use crate::source::git::Checkout;

pub(super) const GITHUB: &str = include_str!("../../setup/github/workflow.yml");
pub(super) const GITLAB: &str = include_str!("../../setup/gitlab.yml");
pub(super) const FORGEJO: &str = include_str!("../../setup/forgejo.yml");

const WHAT: &str = "the CI job: what a change adds, and all there is on the main branch";
const NAME: &str = "hermes-lint";
const GITLAB_FILE: &str = ".gitlab-ci.yml";

/// What runs a repository's CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forge {
    GitHub,
    GitLab,
    /// With the folder for its workflows.
    Forgejo(&'static str),
}

/// The CI job of `checkout`; `None` where no forge is seen.
#[must_use]
pub fn continuous(checkout: &Checkout) -> Option<Step> {
    let root = &checkout.root;
    // Whoever has another main branch is asked nothing either.
    let branch = checkout.branch.as_deref().filter(|name| is_plain(name)).unwrap_or("main");
    let by_branch =
        |template: &str| template.replace("branches: [main]", &format!("branches: [{branch}]"));
    Some(match forge(checkout)? {
        Forge::GitHub => workflow(root, ".github/workflows", &by_branch(GITHUB)),
        Forge::Forgejo(folder) => workflow(root, folder, &by_branch(FORGEJO)),
        Forge::GitLab => job(root),
    })
}

/// True for the name of a branch that a YAML list can hold as it is.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn forge(checkout: &Checkout) -> Option<Forge> {
    let there = |name: &str| checkout.root.join(name).exists();
    let folder = if there(".gitea/workflows") { ".gitea/workflows" } else { ".forgejo/workflows" };
    let by_name = checkout.hosts.iter().find_map(|host| {
        let named = |names: &[&str]| names.iter().any(|name| host.contains(name));
        match () {
            () if named(&["github"]) => Some(Forge::GitHub),
            () if named(&["gitlab"]) => Some(Forge::GitLab),
            () if named(&["forgejo", "codeberg"]) => Some(Forge::Forgejo(folder)),
            () if named(&["gitea"]) => Some(Forge::Forgejo(".gitea/workflows")),
            () => None,
        }
    });
    let by_files = || {
        [
            (GITLAB_FILE, Forge::GitLab),
            (".forgejo/workflows", Forge::Forgejo(folder)),
            (".gitea/workflows", Forge::Forgejo(folder)),
            (".github/workflows", Forge::GitHub),
        ]
        .into_iter()
        .find_map(|(name, forge)| there(name).then_some(forge))
    };
    by_name.or_else(by_files)
}

/// A workflow of its own, unless one of the others runs hermes-lint already.
fn workflow(root: &Path, folder: &str, text: &str) -> Step {
    let folder = root.join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let runs = |path: &Path| matches!(look(path), Found::Text(text) if text.contains(NAME));
    if let Some(path) = files.into_iter().find(|path| runs(path)) {
        return Step::there(path, WHAT);
    }
    let path = folder.join("hermes-lint.yml");
    match look(&path) {
        Found::Nothing => Step::write(path, None, text.to_owned(), WHAT),
        Found::Text(_) => Step::there(path, WHAT),
        Found::Else(why) => Step::left(path, why, text),
    }
}

/// A job in the repository's one file.
fn job(root: &Path) -> Step {
    let path = root.join(GITLAB_FILE);
    match look(&path) {
        Found::Nothing => Step::write(path, None, GITLAB.to_owned(), WHAT),
        Found::Text(text) if text.contains(NAME) => Step::there(path, WHAT),
        Found::Text(text) => match with_job(&text) {
            Some(now) => Step::write(path, Some(text), now, WHAT),
            None => Step::left(path, "it is not certain where a job would stand", GITLAB),
        },
        Found::Else(why) => Step::left(path, why, GITLAB),
    }
}

/// `text` with the job behind it, in a stage that there is; `None` when that is not certain.
fn with_job(text: &str) -> Option<String> {
    let read = |text: &str| yaml_serde::from_str::<Value>(text).ok();
    let before = read(text)?;
    let stages = before.get("stages").and_then(Value::as_sequence);
    let stages: Option<Vec<&str>> =
        stages.map(|all| all.iter().filter_map(Value::as_str).collect());
    let job = match stages {
        Some(stages) if !stages.contains(&"test") => {
            let stage = stages.first().filter(|name| is_plain(name))?;
            GITLAB.replace("  stage: test\n", &format!("  stage: {stage}\n"))
        }
        _ => GITLAB.to_owned(),
    };
    let mut wanted = match before {
        Value::Null => yaml_serde::Mapping::new(),
        Value::Mapping(map) => map,
        _ => return None,
    };
    wanted.extend(read(&job)?.as_mapping()?.clone());
    let now = with_lines(text, &format!("\n{job}"));
    (read(&now)? == Value::Mapping(wanted)).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::super::Act;
    use super::*;

    fn checkout(root: &Path, hosts: &[&str]) -> Checkout {
        Checkout {
            root: root.to_path_buf(),
            hooks: root.join(".git/hooks"),
            hooks_chosen: false,
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            branch: Some("trunk".to_owned()),
        }
    }

    #[test]
    fn the_remote_decides_and_without_one_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let seen = |hosts: &[&str]| forge(&checkout(folder.path(), hosts));
        assert_eq!(seen(&[]), None);
        assert_eq!(seen(&["github.com"]), Some(Forge::GitHub));
        assert_eq!(seen(&["backup", "gitlab.example.org"]), Some(Forge::GitLab));
        assert_eq!(seen(&["codeberg.org"]), Some(Forge::Forgejo(".forgejo/workflows")));
        std::fs::create_dir_all(folder.path().join(".gitea/workflows")).unwrap();
        assert_eq!(seen(&["backup"]), Some(Forge::Forgejo(".gitea/workflows")));
        assert_eq!(seen(&["github.com"]), Some(Forge::GitHub));
        std::fs::write(folder.path().join(GITLAB_FILE), "").unwrap();
        assert_eq!(seen(&[]), Some(Forge::GitLab));
    }

    #[test]
    fn a_workflow_is_of_the_branch_and_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = checkout(folder.path(), &["github.com"]);
        let Some(Act::Write { now, .. }) = continuous(&checkout).map(|step| step.act) else {
            panic!()
        };
        assert!(now.contains("branches: [trunk]\n"), "{now}");
        let workflows = folder.path().join(".github/workflows");
        std::fs::create_dir_all(&workflows).unwrap();
        std::fs::write(workflows.join("ci.yml"), "steps: [{run: hermes-lint check}]\n").unwrap();
        let there = continuous(&checkout).unwrap();
        assert_eq!(there, Step::there(workflows.join("ci.yml"), WHAT));
    }

    #[test]
    fn a_job_goes_behind_the_others_in_a_stage_that_there_is() {
        let old = "# ours\nstages: [check, ship]\nx:\n  script: !reference [.y, script]\n";
        let now = with_job(old).unwrap();
        assert!(
            now.starts_with(&format!("{old}\n# Written by")) && now.contains("  stage: check\n"),
            "{now}"
        );
        assert!(with_job("x:\n  script: a\n").unwrap().contains("  stage: test\n"));
        assert!(with_job("# nothing\n").is_some());
        for unclear in ["- a\n", "{a: {script: b}}\n", "spec: {}\n---\na: {script: b}\n", "a: ["] {
            assert_eq!(with_job(unclear), None, "{unclear}");
        }
    }
}
