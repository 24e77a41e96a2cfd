//! `audit/key-beside-log`: what is to prove a log lies where the agent, or whoever changes the log, gets at it.

use super::{folder_of, is_in, name_of, place_of};
use crate::deployment::{AuditCommand, ChainedLog, Deployment, HomeFile, Survey};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::host::quoted;
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// A key, a pin or a checkpoint can be read or taken away by those it is to guard against.
pub struct KeyBesideLog;

impl DeploymentRule for KeyBesideLog {
    const META: RuleMeta = RuleMeta {
        id: "audit/key-beside-log",
        summary: "what proves a log lies where the agent gets at it",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["logs-append-only"],
        cwe: &[321, 522],
        since: "0.1.0",
        page: page!("audit/key-beside-log"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for log in &deployment.trails.logs {
            keys(deployment, log, findings);
        }
        for command in &deployment.trails.commands {
            if let Some((severity, message, help)) = hazard(deployment, command) {
                findings.add(
                    Self::META
                        .at(&command.place)
                        .severity(severity)
                        .message(message)
                        .label("by this command")
                        .help(help)
                        .anchor(format!("audit {}", command.verb)),
                );
            }
        }
    }
}

/// The keys that a program keeps by itself.
fn keys(deployment: &Deployment<'_>, log: &ChainedLog<'_>, findings: &mut Findings) {
    let Some(agent) = folder_of(deployment, log) else { return };
    let widest = deployment.knowledge.facts().audit_logs().key_mode;
    for key in &log.keys {
        let name = if key.below.is_empty() { &key.display } else { &key.below };
        let bits = widest.excess(key.facts.mode) & 0o066;
        let at = |severity: Severity| {
            KeyBesideLog::META
                .at_location(place_of(deployment, log))
                .severity(severity)
                .anchor(format!("key {name}"))
        };
        if bits != 0 && !log.is_shut_in() {
            let whom = if bits & 0o006 != 0 { "every account" } else { "its group" };
            findings.add(
                at(Severity::Warning)
                    .message(format!(
                        "the mode {:04o} gives {whom} `{name}`, with which `{}` can be made anew",
                        key.facts.mode & 0o777,
                        name_of(log)
                    ))
                    .help(format!("`chmod {:o} {}`", widest.0, quoted(&key.display))),
            );
        } else if reads(deployment, agent, key) {
            // The program can't seal without it: there is nothing to move, only something to add.
            findings.add(
                at(Severity::Info)
                    .message(format!(
                        "the agent's account can read `{name}`: whoever commands the agent can change `{}` and seal it anew",
                        name_of(log)
                    ))
                    .help("keep its newest head on another machine, and compare: a log that was made anew does not lead to it"),
            );
        }
    }
}

/// True when the account of the agent can read `file`.
fn reads(deployment: &Deployment<'_>, agent: &HomeFile, file: &HomeFile) -> bool {
    let known = deployment.survey.is_none_or(Survey::knows_owners);
    let mode = file.facts.mode;
    known
        && (agent.facts.uid == 0
            || agent.facts.uid == file.facts.uid && mode & 0o400 != 0
            || agent.facts.gid == file.facts.gid && mode & 0o040 != 0
            || mode & 0o004 != 0)
}

/// What is wrong with where a command has its key, its pin or its checkpoint.
fn hazard(
    deployment: &Deployment<'_>,
    command: &AuditCommand<'_>,
) -> Option<(Severity, String, String)> {
    let absolute = |path: &&str| path.starts_with(['/', '~', '%']);
    let folder = command.folder().filter(absolute);
    let elsewhere = "on another machine, or in a folder of another account".to_owned();
    if let Some(key) = command.option("--key").filter(absolute) {
        let key = key.trim();
        let why = if folder.is_some_and(|folder| is_in(key, folder)) {
            Some("lies in the folder of the log that it signs".to_owned())
        } else if in_a_home(deployment, key) {
            Some("lies in the Hermes home, where the agent's own tools read".to_owned())
        } else {
            agent_reads(deployment, key).or_else(|| runs_as_agent(deployment, command))
        };
        if let Some(why) = why {
            let message =
                format!("the signing key `{key}` {why}: a changed log can be signed anew");
            let help = format!("`--key` {elsewhere}, and the command run there");
            return Some((Severity::Warning, message, help));
        }
    }
    if let Some(state) = command.option("--state").filter(absolute) {
        let beside = folder.is_some_and(|folder| is_in(state, folder));
        if beside || in_a_home(deployment, state) {
            let place = if beside { "beside the log" } else { "in the Hermes home" };
            let message = format!(
                "the pin `{state}` lies {place}: who changes the log changes what it is compared with"
            );
            return Some((Severity::Warning, message, format!("`--state` {elsewhere}")));
        }
    }
    let checkpoint = command.option("--out").filter(absolute)?;
    let beside =
        command.verb == "checkpoint" && folder.is_some_and(|folder| is_in(checkpoint, folder));
    beside.then(|| {
        let message = format!(
            "the checkpoint `{checkpoint}` lies beside the log: who shortens the one can take the other away"
        );
        (Severity::Info, message, format!("`--out` {elsewhere}"))
    })
}

/// True for a path in a Hermes home.
fn in_a_home(deployment: &Deployment<'_>, path: &str) -> bool {
    let set = |home: &crate::deployment::Home<'_>| {
        home.variable("HERMES_HOME")
            .filter(|effective| effective.winner.known && effective.winner.value.starts_with('/'))
            .is_some_and(|effective| is_in(path, &effective.winner.value))
    };
    let surveyed = deployment.survey.into_iter().flat_map(|survey| &survey.homes);
    path.contains("/.hermes/")
        || deployment.homes.iter().any(set)
        || surveyed.into_iter().any(|home| is_in(path, &home.path))
}

/// Why the agent's account reads the file at `path` of the machine that was looked at.
fn agent_reads(deployment: &Deployment<'_>, path: &str) -> Option<String> {
    let agent = deployment.survey?.agent_owning(path)?;
    Some(format!("belongs to {agent}, as whom the agent runs"))
}

/// Why a command has the rights of the agent, by the units of both.
fn runs_as_agent(deployment: &Deployment<'_>, command: &AuditCommand<'_>) -> Option<String> {
    let user = command.user.as_deref().filter(|user| !matches!(*user, "root" | "0"))?;
    let services = deployment.homes.iter().flat_map(|home| home.services());
    let archive = command.place.document.text.path().archive();
    let mut agents = services
        .filter(|service| service.is_hermes && service.document.text.path().archive() == archive);
    agents
        .any(|service| service.user.as_ref().is_some_and(|other| other.text == user))
        .then(|| format!("is read as {user}, as whom the agent runs"))
}
