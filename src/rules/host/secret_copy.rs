//! `host/secret-copy`: copies and backups that keep secrets after the original was cleaned.

use std::collections::BTreeSet;

use super::{location, quoted};
use crate::deployment::{Deployment, HomeFile};
use crate::document::{Place, Standing};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::host::file::FileKind;
use crate::rules::repo::{counted, secrets_in_store};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};
use crate::source::git::Tracking;

/// How many copies of one home are named one by one.
const SINGLE: usize = 5;

/// An old copy or backup keeps secrets.
pub struct SecretCopy;

impl DeploymentRule for SecretCopy {
    const META: RuleMeta = RuleMeta {
        id: "host/secret-copy",
        summary: "an old copy or backup keeps secrets",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file", "no-secrets-in-vcs"],
        cwe: &[530, 538],
        since: "0.1.0",
        page: page!("host/secret-copy"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let loose: BTreeSet<&str> = deployment
            .homes
            .iter()
            .flat_map(|home| home.files())
            .filter(|file| is_loose(file))
            .map(|file| file.display.as_str())
            .collect();
        for document in deployment.documents {
            let count = document.text.secrets().len();
            if document.standing != Standing::Copy || !document.is_hermes() || count == 0 {
                continue;
            }
            let path = &document.text.path().on_disk().display;
            let secrets =
                if count == 1 { "a secret".to_owned() } else { format!("{count} secrets") };
            let draft = Self::META.at(&Place::whole(document)).anchor("copy");
            findings.add(if deployment.git.tracks(&document.text.path().display) {
                draft
                    .severity(Severity::Error)
                    .message(format!("an old copy with {secrets} is tracked by git"))
                    .help(format!(
                        "`git rm --cached {0}`, delete the file, and replace the keys: the history keeps them",
                        quoted(path)
                    ))
            } else if loose.contains(path.as_str()) {
                draft
                    .severity(Severity::Error)
                    .message(format!("an old copy keeps {secrets} and is open to other accounts"))
                    .help(format!("delete it, or `chmod 600 {}`", quoted(path)))
            } else if document.text.path().archive().is_some() {
                draft
                    .message(format!("an old copy keeps {secrets}, also after the original changes"))
                    .help("delete the archive, or make it anew without this file")
            } else {
                draft
                    .message(format!("an old copy keeps {secrets}, also after the original changes"))
                    .help(format!("delete it: `rm {}`", quoted(path)))
            });
        }
        packed(deployment, findings);
        let read: BTreeSet<&str> =
            deployment.documents.iter().map(|d| d.text.path().display.as_str()).collect();
        for home in &deployment.homes {
            let files: Vec<&HomeFile> = home
                .files()
                .iter()
                .filter(|file| file.copy && file.facts.kind == FileKind::File)
                .filter(|file| !read.contains(file.display.as_str()))
                .collect();
            // What lies in a folder of copies is one thing, and often thousands of files.
            let (open, closed): (Vec<&HomeFile>, Vec<&HomeFile>) =
                files.into_iter().partition(|file| is_loose(file));
            for (group, severity) in [(open, Severity::Error), (closed, Severity::Warning)] {
                let tracked = |file: &HomeFile| deployment.git.tracks(&file.display);
                let [first, rest @ ..] = group.as_slice() else { continue };
                if group.len() > SINGLE {
                    findings.add(
                        Self::META
                            .at_location(location(first))
                            .severity(severity)
                            .message(format!(
                                "`{}` and {} more copies of the home may keep its secrets{}",
                                first.below,
                                rest.len(),
                                open_text(severity)
                            ))
                            .help(format!(
                                "delete those that are not needed, and `chmod 600` the rest: `{}`",
                                quoted(&first.display)
                            ))
                            .anchor("copies"),
                    );
                    continue;
                }
                for file in group {
                    let severity = if tracked(file) { Severity::Error } else { severity };
                    findings.add(
                        Self::META
                            .at_location(location(file))
                            .severity(severity)
                            .confidence(Confidence::Medium)
                            .message(format!(
                                "`{}` is a copy of the home, and keeps its secrets{}",
                                file.below,
                                open_text(if is_loose(file) {
                                    Severity::Error
                                } else {
                                    Severity::Warning
                                })
                            ))
                            .help(if is_loose(file) {
                                format!("delete it, or `chmod 600 {}` and move it to where backups are kept encrypted", quoted(&file.display))
                            } else {
                                "delete it, or move it to where backups are kept encrypted".to_owned()
                            })
                            .anchor("copy"),
                    );
                }
            }
        }
    }
}

/// Credential files that are packed up. What git has of them is said by `repo/`.
fn packed(deployment: &Deployment<'_>, findings: &mut Findings) {
    for document in deployment.documents {
        let path = document.text.path();
        let Some(count) = secrets_in_store(document).filter(|_| path.archive().is_some()) else {
            continue;
        };
        if deployment.git.tracking(&path.display).is_some_and(|what| what != Tracking::Ignored) {
            continue;
        }
        findings.add(
            SecretCopy::META
                .at(&Place::whole(document))
                .message(format!(
                    "the archive holds {} with {}: whoever has the one has the other",
                    path.file_name(),
                    counted(count)
                ))
                .help("make the archive anew without this file, or keep it encrypted; replace the keys if it was handed on")
                .anchor("packed"),
        );
    }
}

fn open_text(severity: Severity) -> &'static str {
    if severity == Severity::Error { "; other accounts can read it" } else { "" }
}

fn is_loose(file: &HomeFile) -> bool {
    file.copy && (file.acl || file.excess() & 0o066 != 0)
}
