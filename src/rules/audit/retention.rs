//! `audit/retention`: records are gone before anybody looks for them.

use super::{name_of, place_of};
use crate::deployment::{Deployment, RotationBlock, covers};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// Logs are kept for less than a month, or up to a number of records.
pub struct Retention;

impl DeploymentRule for Retention {
    const META: RuleMeta = RuleMeta {
        id: "audit/retention",
        summary: "records of what the agent did are dropped early",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["logs-append-only"],
        cwe: &[778],
        since: "0.1.0",
        page: page!("audit/retention"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for log in &deployment.trails.logs {
            let Some(cap) = log.writer.cap else { continue };
            findings.add(
                Self::META
                    .at_location(place_of(deployment, log))
                    .message(format!(
                        "{} keeps the newest {cap} records of `{}` and drops the others, however young they are",
                        log.writer.name,
                        name_of(log)
                    ))
                    .help("copy the log elsewhere more often than that many records are written")
                    .anchor(format!("cap {}", name_of(log))),
            );
        }
        let kept = deployment.knowledge.facts().audit_logs().kept_days;
        for (place, block) in &deployment.trails.rotations {
            let Some(days) = block.days.filter(|days| *days < kept) else { continue };
            let chained = deployment.trails.paths(&deployment.homes, place);
            let is_chained = |pattern: &String| chained.iter().any(|(_, log)| covers(pattern, log));
            // A chained log must not be rotated so at all, which a rule of its own says.
            let Some(name) = ours(block).filter(|_| !block.patterns.iter().any(is_chained)) else {
                continue;
            };
            let audit = name.to_ascii_lowercase().contains("audit");
            // What is sealed is kept by the sealer, whatever becomes of its source.
            if !audit && !chained.is_empty() {
                continue;
            }
            let counted = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
            findings.add(
                Self::META
                    .at(place)
                    .severity(if audit { Severity::Warning } else { Severity::Info })
                    .message(format!(
                        "`{name}` is kept {counted}: what happened earlier can't be looked up, and {kept} days are the least that guides ask for"
                    ))
                    .label("gone soon")
                    .help(example(kept))
                    .anchor(format!("rotation {name}")),
            );
        }
    }
}

fn example(kept: u32) -> String {
    format!("`daily` with `rotate {kept}` or more, and no `maxage` below {kept}")
}

/// The first log of `block` that is one of Hermes's.
fn ours(block: &RotationBlock) -> Option<&str> {
    let named = |pattern: &&String| pattern.to_ascii_lowercase().contains("hermes");
    block.patterns.iter().find(named).map(String::as_str)
}
