//! `host/managed-scope`: the administrator's settings are not the administrator's alone.

use super::{location, quoted};
use crate::deployment::{Deployment, HomeFile, Survey};
use crate::facts::{Holding, Range};
use crate::finding::{Confidence, Severity};
use crate::host::file::FileKind;
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// Others than root can change the settings that win over everybody's, or read the credentials among them.
pub struct ManagedScope;

impl DeploymentRule for ManagedScope {
    const META: RuleMeta = RuleMeta {
        id: "host/managed-scope",
        summary: "the administrator's settings can be changed or read by others",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[276, 732],
        since: "0.1.0",
        page: page!("host/managed-scope"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let owners_known = deployment.survey.is_none_or(Survey::knows_owners);
        let is_folder = |file: &HomeFile| file.facts.kind == FileKind::Directory;
        let Some(first) = deployment.managed.iter().find(|file| !is_folder(file)) else { return };
        for file in &deployment.managed {
            // Of the folder only what lies in it was named, and what is not named is not reported.
            let (at, anchor) = if is_folder(file) { (first, "folder") } else { (file, "mode") };
            let Some((severity, message, help)) =
                writable(file).or_else(|| foreign(file, deployment).filter(|_| owners_known))
            else {
                if let Some((message, help)) = readable(file, deployment) {
                    findings.add(
                        Self::META
                            .at_location(location(at))
                            .message(message)
                            .help(help)
                            .anchor(anchor),
                    );
                }
                continue;
            };
            findings.add(
                Self::META
                    .at_location(location(at))
                    .severity(severity)
                    .message(message)
                    .help(help)
                    .anchor(anchor),
            );
        }
    }
}

type Case = (Severity, String, String);

fn writable(file: &HomeFile) -> Option<Case> {
    let (mode, path) = (file.facts.mode, quoted(&file.display));
    let folder = file.facts.kind == FileKind::Directory;
    let sticky = folder && mode & 0o1000 != 0;
    let wins = if folder {
        "what lies there wins over the settings of every Hermes on the machine"
    } else {
        "it wins over the settings of every Hermes on the machine"
    };
    if mode & 0o002 != 0 && !sticky {
        let message = format!(
            "every account can write `{}` (mode {:04o}): {wins}",
            file.below,
            mode & 0o7777
        );
        return Some((
            Severity::Error,
            message,
            format!("`chown root: {path} && chmod go-w {path}`"),
        ));
    }
    if mode & 0o020 != 0 && file.facts.gid != 0 && !sticky {
        let group = file.group.clone().unwrap_or_else(|| file.facts.gid.to_string());
        let message = format!("the group {group} can write `{}`: {wins}", file.below);
        return Some((Severity::Warning, message, format!("`chmod g-w {path}`")));
    }
    None
}

/// An owner besides root; one that runs Hermes binds nobody but itself.
fn foreign(file: &HomeFile, deployment: &Deployment<'_>) -> Option<Case> {
    if file.facts.uid == 0 {
        return None;
    }
    let runs = deployment.homes.iter().any(|home| {
        home.files().iter().any(|own| own.below.is_empty() && own.facts.uid == file.facts.uid)
    });
    let follows = if runs {
        "the agent runs as that account and can lift what is set there"
    } else {
        "that account sets the policy of every Hermes on the machine"
    };
    let message = format!("`{}` belongs to {}, not to root: {follows}", file.below, file.owner);
    Some((Severity::Warning, message, format!("`chown root: {}`", quoted(&file.display))))
}

/// Credentials that every account reads: the file is meant for every Hermes, its secrets are not.
fn readable(file: &HomeFile, deployment: &Deployment<'_>) -> Option<(String, String)> {
    let folder = deployment.managed.iter().find(|folder| folder.facts.kind == FileKind::Directory);
    let entered = folder.is_none_or(|folder| folder.facts.mode & 0o001 != 0);
    let secret = file.holds == Some(Holding::Secret)
        && deployment.documents.iter().any(|document| {
            let path = &document.text.path().display;
            *path == file.display && !document.text.masks().is_empty()
        });
    (secret && entered && file.facts.mode & 0o004 != 0).then(|| {
        let path = quoted(&file.display);
        (
            format!(
                "every account can read the credentials in `{}` (mode {:04o})",
                file.below,
                file.facts.mode & 0o777
            ),
            format!("`chgrp hermes {path} && chmod 640 {path}`, with the group of the accounts that run Hermes"),
        )
    })
}
