//! `audit/truncating-rotation`: logrotate takes a chained log away from its writer.

use crate::deployment::{AuditCommand, Deployment, RotationBlock, covers};
use crate::facts::{AuditWriter, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// A chained log, or what one is made of, is emptied or renamed by another program.
pub struct TruncatingRotation;

impl DeploymentRule for TruncatingRotation {
    const META: RuleMeta = RuleMeta {
        id: "audit/truncating-rotation",
        summary: "another program cuts a chained log",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["logs-append-only"],
        cwe: &[778],
        since: "0.1.0",
        page: page!("audit/truncating-rotation"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let seals = || deployment.trails.commands.iter().filter(|command| command.verb == "seal");
        for (place, block) in deployment.trails.rotations.iter().filter(|(_, block)| !block.copies)
        {
            let chained = deployment.trails.paths(&deployment.homes, place);
            let archive = place.document.text.path().archive();
            let here = |command: &&AuditCommand<'_>| {
                command.place.document.text.path().archive() == archive
            };
            let mut sources = seals().filter(here).filter_map(AuditCommand::source);
            if let Some((pattern, writer)) = cut(block, &chained) {
                let what = if block.truncates {
                    "is emptied in place, and its records leave the chain"
                } else {
                    "is renamed under its writer, and nothing ties the next file to it"
                };
                findings.add(
                    Self::META
                        .at(place)
                        .message(format!("`{pattern}`, the chained log of {}, {what}", writer.name))
                        .label(if block.truncates { "copytruncate" } else { "renames the log" })
                        .help(format!("take the log out of this block: {}", writer.rotation))
                        .anchor(format!("rotation {pattern}")),
                );
            } else if block.truncates
                && let Some(pattern) = sources.find_map(|source| {
                    block.patterns.iter().find(|pattern| covers(pattern, source))
                })
            {
                findings.add(
                    Self::META
                        .at(place)
                        .severity(Severity::Info)
                        .message(format!(
                            "`{pattern}` is emptied in place while it is sealed: what is written between the copy and the cut is never sealed"
                        ))
                        .label("copytruncate")
                        .help("drop `copytruncate`: the sealer follows a log that is renamed")
                        .anchor(format!("rotation {pattern}")),
                );
            }
        }
    }
}

/// The name in `block` that means a chained log, and what writes that.
fn cut<'b, 'w>(
    block: &'b RotationBlock,
    chained: &[(&'w AuditWriter, String)],
) -> Option<(&'b str, &'w AuditWriter)> {
    block.patterns.iter().find_map(|pattern| {
        let (writer, _) = chained.iter().find(|(_, log)| covers(pattern, log))?;
        Some((pattern.as_str(), *writer))
    })
}
