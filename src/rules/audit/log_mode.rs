//! `audit/log-mode`: other accounts can read or change a chained log.

use super::{folder_of, place_of};
use crate::deployment::{ChainedLog, Deployment, HomeFile, Survey};
use crate::facts::{AuditLogs, Range};
use crate::finding::{Confidence, Severity};
use crate::host::file::FileKind;
use crate::rules::host::{is_stranger, lets_replace, quoted};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// The mode of a chained log, of what belongs to it or of its folder is too wide.
pub struct LogMode;

/// How bad it is, what is wrong, and the edit.
type Case = (Severity, String, String);

impl DeploymentRule for LogMode {
    const META: RuleMeta = RuleMeta {
        id: "audit/log-mode",
        summary: "other accounts can read or change a chained log",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["logs-append-only"],
        cwe: &[276, 732],
        since: "0.1.0",
        page: page!("audit/log-mode"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let facts = deployment.knowledge.facts().audit_logs();
        for log in &deployment.trails.logs {
            let cases =
                [files(deployment, log, facts), folder(deployment, log), link(deployment, log)];
            for (number, (severity, message, help)) in cases.into_iter().flatten().enumerate() {
                findings.add(
                    Self::META
                        .at_location(place_of(deployment, log))
                        .severity(severity)
                        .message(message)
                        .help(help)
                        .anchor(format!("mode {} {number}", log.file.below)),
                );
            }
        }
    }
}

/// The files of a log that are open, as one case: they are written by one program and mended by one command.
fn files(deployment: &Deployment<'_>, log: &ChainedLog<'_>, facts: &AuditLogs) -> Option<Case> {
    let said = |file: &HomeFile| {
        // What Hermes itself keeps there is judged with the rest of the home.
        let home = deployment.homes.get(log.home);
        log.inside
            && home.is_some_and(|home| {
                home.files().iter().any(|own| own.below == file.below && own.excess() & 0o066 != 0)
            })
    };
    let all = [&log.file].into_iter().chain(&log.older).chain(&log.beside);
    let mut open: Vec<&HomeFile> = all
        .filter(|file| file.facts.kind == FileKind::File)
        .filter(|file| facts.mode.excess(file.facts.mode) & 0o066 != 0 || file.acl)
        .filter(|file| !said(file))
        .collect();
    // The worst stands for all.
    open.sort_by_key(|file| std::cmp::Reverse(facts.mode.excess(file.facts.mode) & 0o022));
    let first = open.first()?;
    let bits = open.iter().fold(0, |bits, file| bits | facts.mode.excess(file.facts.mode));
    let written = bits & 0o022 != 0;
    let severity = match (log.is_shut_in(), bits & 0o002 != 0) {
        // The program leaves it so and relies on the folder: the operator has nothing to mend.
        (true, _) if !written && log.writer.gives.is_some_and(|gives| gives.excess(bits) == 0) => {
            return None;
        }
        (true, true) => Severity::Warning,
        (true, false) => Severity::Info,
        (false, true) => Severity::Error,
        (false, false) => Severity::Warning,
    };
    let whom = if bits & 0o006 != 0 { "every account" } else { "other accounts" };
    let does = if written { "change" } else { "read" };
    let name = if log.inside { &first.below } else { &first.display };
    let more = match open.len() - 1 {
        0 => String::new(),
        1 => " and another file of it".to_owned(),
        more => format!(" and {more} other files of it"),
    };
    let shut =
        if log.is_shut_in() { "; a closed folder above is all that keeps them out" } else { "" };
    let message = format!(
        "the mode {:04o} lets {whom} {does} `{name}`{more}, with what the agent was asked and did{shut}",
        first.facts.mode & 0o777
    );
    let paths: Vec<String> = open.iter().take(3).map(|file| quoted(&file.display)).collect();
    let rest = if open.len() > 3 { ", and the others alike" } else { "" };
    Some((severity, message, format!("`chmod {:o} {}`{rest}", facts.mode.0, paths.join(" "))))
}

/// A folder in which others can put another log in the place of this one.
fn folder(deployment: &Deployment<'_>, log: &ChainedLog<'_>) -> Option<Case> {
    let folder = log.above.first()?;
    let own = folder_of(deployment, log)?;
    let known = deployment.survey.is_none_or(Survey::knows_owners);
    // The home itself, and what Hermes keeps in it, are judged with the rest of the home.
    let home = deployment.homes.get(log.home)?;
    let below = log.file.below.rsplit_once('/').map_or("", |(above, _)| above);
    if log.inside
        && home
            .files()
            .iter()
            .any(|file| file.below == below && (below.is_empty() || file.excess() & 0o022 != 0))
    {
        return None;
    }
    let path = quoted(&folder.display);
    if lets_replace(folder) {
        let shut = log.above.iter().skip(1).any(|above| above.facts.mode & 0o001 == 0);
        let severity = if shut { Severity::Warning } else { Severity::Error };
        let message = format!(
            "every account can put another log in the place of `{}`, since its folder is {:04o}",
            super::name_of(log),
            folder.facts.mode & 0o7777
        );
        return Some((severity, message, format!("`chmod go-w {path}`")));
    }
    if known
        && is_stranger(folder.facts.uid, log.file.facts.uid)
        && folder.facts.uid != own.facts.uid
    {
        let message = format!(
            "{} owns the folder of `{}` and can put another log in its place",
            folder.owner,
            super::name_of(log)
        );
        return Some((Severity::Warning, message, format!("`chown {} {path}`", log.file.owner)));
    }
    // A group of the owner's own name has no other member, as a rule.
    let shared = folder.facts.mode & 0o1020 == 0o020
        && folder.facts.gid != 0
        && folder.group.as_ref().is_some_and(|group| *group != folder.owner);
    shared.then(|| {
        let group = folder.group.as_deref().unwrap_or_default();
        let message = format!(
            "the group {group} can put another log in the place of `{}`",
            super::name_of(log)
        );
        (Severity::Warning, message, format!("`chmod g-w {path}`"))
    })
}

/// A link on the way, which leads the log to where it is set to.
fn link(deployment: &Deployment<'_>, log: &ChainedLog<'_>) -> Option<Case> {
    let link = log.links.first()?;
    let own = folder_of(deployment, log)?;
    let known = deployment.survey.is_none_or(Survey::knows_owners);
    let stranger = known && is_stranger(link.facts.uid, own.facts.uid);
    let severity = if stranger { Severity::Warning } else { Severity::Info };
    let by = if stranger { format!(" made by {}", link.owner) } else { String::new() };
    let message = format!(
        "`{}` is a link{by}: the log is wherever that leads, and whoever sets it anew leads a verifier elsewhere",
        link.below
    );
    let help = format!(
        "let {} write to the real folder, and take the link `{}` away",
        log.writer.name, link.display
    );
    Some((severity, message, help))
}
