//! `cron/publishes-home`: a job copies what Hermes keeps to itself into a git repository and pushes it.
//!
//! All of it has to stand in the job's own words: the copy, what is copied, and the push. A job that pushes something
//! else, or only reads memory before it works, is none of this rule's business; the price is that a job which calls a
//! script for it is not seen.

use crate::deployment::active_jobs;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// A job pushes the config, memory or conversations of Hermes to a git remote.
pub struct PublishesHome;

/// Words for putting something where it is pushed from.
const COPIES: &[&str] = &[
    "cp", "copy", "copies", "rsync", "tar", "zip", "backup", "backups", "mirror", "export", "sync",
    "snapshot", "archive", "add", "commit",
];
/// Where a home may be, as people write it.
const HOMES: &[&str] = &[".hermes", "$hermes_home", "${hermes_home}", "/opt/data"];
/// What in it nobody else should see.
const PARTS: &[&str] = &[
    "config.yaml",
    ".env",
    "auth.json",
    "memories",
    "memory",
    "sessions",
    "state.db",
    "state-snapshots",
    "profiles",
    "cron",
    "logs",
    "platforms",
    "backups",
    "soul.md",
    "user.md",
];

impl FileRule for PublishesHome {
    const META: RuleMeta = RuleMeta {
        id: "cron/publishes-home",
        summary: "a job pushes what Hermes keeps to itself to a git remote",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["no-secrets-in-vcs"],
        cwe: &[200, 538],
        since: "0.1.0",
        page: page!("cron/publishes-home"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        for job in active_jobs(file.document) {
            for key in ["prompt", "script", "command"] {
                let Some(text) = job.str(key) else { continue };
                let lower = text.to_ascii_lowercase();
                if !pushes(&lower) || !copies(&lower) {
                    continue;
                }
                let Some(what) = kept(&lower) else { continue };
                findings.add(
                    Self::META
                        .at(&job.head(key))
                        .message(format!(
                            "job `{}` pushes {what} to a git remote: what the agent has seen and any key in \
                             it leave the machine, unread, on a schedule",
                            job.name()
                        ))
                        .label("publishes the home")
                        .help(
                            "back up to a place of your own instead, encrypted: `hermes backup`, then \
                             `age -r <key>`; or name the files that may be published one by one",
                        ),
                );
                break;
            }
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| c.is_whitespace() || ";&|()\"'`,".contains(c))
        .filter(|word| !word.is_empty())
}

/// True for `git push`, with options between the two or without.
fn pushes(lower: &str) -> bool {
    let mut words = words(lower);
    while let Some(word) = words.next() {
        if word != "git" && !word.ends_with("/git") {
            continue;
        }
        // A bounded look ahead: each `git` has its own few options.
        let mut rest = words.clone().take(8);
        while let Some(word) = rest.next() {
            match word {
                "push" => return true,
                "-c" => drop(rest.next()),
                _ if word.starts_with('-') => {}
                _ => break,
            }
        }
    }
    false
}

fn copies(lower: &str) -> bool {
    words(lower).any(|word| COPIES.contains(&word.trim_end_matches('.')))
}

/// What of a home the text names, for a message.
fn kept(lower: &str) -> Option<String> {
    for home in HOMES {
        for (at, _) in lower.match_indices(home) {
            let rest = lower.get(at + home.len()..).unwrap_or_default();
            let below = rest.strip_prefix('/').unwrap_or_default();
            if let Some(part) = PARTS.iter().find(|part| begins(below, part)) {
                return Some(format!("`{part}` of the home"));
            }
            let end = rest.strip_prefix('/').unwrap_or(rest).chars().next();
            let whole = end.is_none_or(|c| c.is_whitespace() || "\"'`;,&|)*".contains(c))
                || end == Some('.') && !below.starts_with('.');
            if whole && *home != "/opt/data" {
                return Some("the whole home".to_owned());
            }
        }
    }
    None
}

/// True when the path begins with this part and it ends there.
fn begins(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| {
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::{copies, kept, pushes};

    #[test]
    fn the_home_and_its_inner_parts_count() {
        for text in [
            "cp ~/.hermes/config.yaml x",
            "rsync -a ~/.hermes/ ~/backup",
            "cd ~/.hermes && git add -a",
            "copy /home/joe/.hermes/memories to",
            "tar czf x.tgz $hermes_home",
            "cp /opt/data/.env y",
        ] {
            assert!(kept(text).is_some(), "{text}");
        }
        for text in [
            "cd ~/.hermes/workspace/site && git push",
            "run ~/.hermes/scripts/build.sh",
            "ls /opt/data/site",
            "cd ~/.hermes-site",
            "cp config.yaml dist/",
            "~/.hermes/configs/x",
        ] {
            assert!(kept(text).is_none(), "{text}");
        }
    }

    #[test]
    fn pushes_and_copies_are_told_from_other_words() {
        for text in
            ["git push", "cd x; git push origin main", "run `git -c ~/b push`", "/usr/bin/git push"]
        {
            assert!(pushes(text), "{text}");
        }
        for text in ["git pull", "push the button", "git log; push", "git stash push"] {
            assert!(!pushes(text), "{text}");
        }
        assert!(copies("back it up: cp a b") && copies("git add ."));
        assert!(!copies("read it, fix the issue and push"));
    }
}
