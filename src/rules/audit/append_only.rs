//! `audit/append-only`: whoever writes a chained log can write it anew.

use super::{folder_of, kept_elsewhere, name_of, place_of};
use crate::deployment::{ChainedLog, Deployment, Survey};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::host::quoted;
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// A chained log does not have the flag with which a file can only grow.
pub struct AppendOnly;

impl DeploymentRule for AppendOnly {
    const META: RuleMeta = RuleMeta {
        id: "audit/append-only",
        summary: "a chained log can be rewritten",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["logs-append-only"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("audit/append-only"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for log in &deployment.trails.logs {
            // What is no plain list of records has to be rewritten, and a flag would stop its writer.
            if !log.writer.grows || log.append_only != Some(false) {
                continue;
            }
            let apart = is_apart(deployment, log);
            let elsewhere = kept_elsewhere(deployment);
            let second = apart || elsewhere.is_some();
            let whom = if apart {
                format!("the account {} can rewrite `{}`", log.file.owner, name_of(log))
            } else {
                format!(
                    "the agent's own account can rewrite `{}` with all of its hashes",
                    name_of(log)
                )
            };
            let draft = Self::META
                .at_location(place_of(deployment, log))
                .severity(if second { Severity::Info } else { Severity::Warning })
                .message(format!("{whom}: the file is not append-only"))
                .help(format!(
                    "as root: `chattr +a {}`, and so for each new file of {}; or keep checkpoints on another machine",
                    quoted(&log.file.display),
                    log.writer.name
                ))
                .anchor(format!("append-only {}", name_of(log)));
            findings.add(match elsewhere {
                Some(what) => draft.note(format!("{what} would show a change all the same")),
                None => draft,
            });
        }
    }
}

/// True when another account than the agent's owns the log and its folder.
fn is_apart(deployment: &Deployment<'_>, log: &ChainedLog<'_>) -> bool {
    let Some(agent) = folder_of(deployment, log).map(|folder| folder.facts) else { return false };
    let known = deployment.survey.is_none_or(Survey::knows_owners);
    let other = |uid: u32| uid != agent.uid;
    let closed = |mode: u32, gid: u32| mode & 0o002 == 0 && (mode & 0o020 == 0 || gid != agent.gid);
    known
        && agent.uid != 0
        && other(log.file.facts.uid)
        && closed(log.file.facts.mode, log.file.facts.gid)
        && log.above.first().is_some_and(|folder| {
            other(folder.facts.uid) && closed(folder.facts.mode, folder.facts.gid)
        })
}
