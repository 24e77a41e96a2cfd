//! `repo/env-not-ignored`: a file with secrets is one `git add .` away from being published.

use super::{called, counted, secrets_in_store};
use crate::deployment::Deployment;
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Action, Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};
use crate::source::SourcePath;
use crate::source::git::Tracking;

/// The line that keeps git from taking the file in.
fn ignore_line(path: &SourcePath) -> Option<Action> {
    let name = path.file_name();
    // What means something to git in a pattern is left to a person.
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
    let file = path.ignore_file()?;
    (!name.is_empty() && name.chars().all(plain))
        .then(|| Action::Append { path: file, line: name.to_owned() })
}

/// A live secret store in a working tree is not ignored by git.
pub struct EnvNotIgnored;

impl DeploymentRule for EnvNotIgnored {
    const META: RuleMeta = RuleMeta {
        id: "repo/env-not-ignored",
        summary: "a file with secrets is not ignored by git",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["no-secrets-in-vcs"],
        cwe: &[538, 540],
        since: "0.1.0",
        page: page!("repo/env-not-ignored"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for document in deployment.documents {
            let path = document.text.path();
            let Some(count) = secrets_in_store(document) else { continue };
            if deployment.git.tracking(&path.display) != Some(Tracking::Untracked) {
                continue;
            }
            findings.add(
                Self::META
                    .at(&Place::whole(document))
                    .message(format!(
                        "{} holds {} and no ignore rule names it: the next `git add .` publishes it",
                        called(path),
                        counted(count)
                    ))
                    .help(format!(
                        "add the line `{}` to the .gitignore of the repository",
                        path.on_disk().file_name()
                    ))
                    .anchor("not-ignored")
                    .actions(
                        "name it in .gitignore",
                        true,
                        Vec::from_iter(ignore_line(path)),
                    ),
            );
        }
    }
}
