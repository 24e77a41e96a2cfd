//! `audit/chain-missing`: what the agent does is written down nowhere that a change would show.

use std::collections::BTreeMap;

use crate::deployment::{AuditSource, ChannelKind, Deployment, Home, Whom};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// Nothing writes a chained log for an agent that others can reach.
pub struct ChainMissing;

impl DeploymentRule for ChainMissing {
    const META: RuleMeta = RuleMeta {
        id: "audit/chain-missing",
        summary: "nothing keeps a chained log of what the agent does",
        severity: Severity::Info,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        // That nothing was seen is no proof: whoever attests a trail elsewhere knows better.
        checklist: &[],
        cwe: &[778],
        since: "0.1.0",
        page: page!("audit/chain-missing"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let trails = &deployment.trails;
        let chained = deployment.survey.is_some_and(|survey| {
            survey.audits.iter().any(|log| log.chained) || !survey.unread_audits.is_empty()
        });
        // One trail serves a whole deployment: it is missing once, where it is missed most. What is in an archive is a
        // deployment of its own.
        let mut worst: BTreeMap<Option<&str>, Missing<'_, '_>> = BTreeMap::new();
        for home in &deployment.homes {
            let Some(archive) = home.config().map(|config| config.text.path().archive()) else {
                continue;
            };
            let here =
                |source: &AuditSource<'_>| source.place.document.text.path().archive() == archive;
            let on_disk = archive.is_none() && (chained || !trails.logs.is_empty());
            if on_disk || trails.sources.iter().any(here) {
                continue;
            }
            let Some((severity, whom)) = reach(deployment, home) else { continue };
            if worst.get(&archive).is_none_or(|other| other.severity < severity) {
                worst.insert(archive, Missing { home, severity, whom });
            }
        }
        for Missing { home, severity, whom } in worst.into_values() {
            let Some(place) = home.anchor("plugins.enabled") else { continue };
            findings.add(
                Self::META
                    .at(&place)
                    .severity(severity)
                    .message(format!(
                        "{whom}, and nothing that was read keeps a chained log of what it does: Hermes's own logs can be changed unseen"
                    ))
                    .help("run `hermes-lint audit seal --follow ~/.hermes/logs/agent.log --out /var/log/hermes-sealed/agent` as a service of another account; `hermes-lint explain audit/chain-missing` has the unit")
                    .anchor("chain"),
            );
        }
    }
}

/// A home whose trail is missed.
struct Missing<'h, 'd> {
    home: &'h Home<'d>,
    severity: Severity,
    whom: String,
}

/// Who reaches the agent of `home`, and how much a trail is missed; `None` where nobody does, or nothing starts it.
fn reach(deployment: &Deployment<'_>, home: &Home<'_>) -> Option<(Severity, String)> {
    if home.is_template() || home.is_incomplete() || !home.has_config() {
        return None;
    }
    let runs =
        deployment.survey.is_some() || home.services().iter().any(|service| service.is_hermes);
    let mut doors = home
        .channels()
        .iter()
        .filter(|channel| matches!(channel.kind, ChannelKind::Platform | ChannelKind::Inbound))
        .peekable();
    doors.peek().filter(|_| runs)?;
    let first = doors.peek()?.name.clone();
    match doors.find(|channel| channel.who.whom == Whom::Everyone) {
        Some(open) => {
            Some((Severity::Warning, format!("everybody on {} can command the agent", open.name)))
        }
        None => Some((Severity::Info, format!("the agent takes commands from {first}"))),
    }
}
