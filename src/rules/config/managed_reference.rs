//! `config/managed-reference`: a safeguard that the administrator sets is left to a variable of the user's.

use super::references::references;
use crate::deployment::{Home, VariableSource};
use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A safeguard in the administrator's settings is a reference that each user's `.env` fills in.
pub struct ManagedReference;

/// What an administrator sets so that nobody else does. Addresses and keys are left to variables on purpose.
const SAFEGUARDS: &[&str] = &[
    "agent.disabled_toolsets",
    "approvals",
    "command_allowlist",
    "hooks_auto_accept",
    "memory.write_approval",
    "privacy",
    "security",
    "skills.write_approval",
    "terminal.backend",
];

impl HomeRule for ManagedReference {
    const META: RuleMeta = RuleMeta {
        id: "config/managed-reference",
        summary: "a safeguard that the administrator sets is left to the user",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[284, 453],
        since: "0.1.0",
        page: page!("config/managed-reference"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for document in home.managed().iter().copied() {
            let Kind::Config(structured) = &document.kind else { continue };
            structured.walk(|visit| {
                let text = structured.tree.str(visit.id).unwrap_or_default();
                if !text.contains("${") || structured.is_hole(visit.id) || !is_safeguard(visit.path) {
                    return;
                }
                // A line of the administrator's own .env wins over everybody's.
                let theirs = |name: &str| {
                    home.variable(name).is_none_or(|set| set.winner.source != VariableSource::Managed)
                };
                let Some(one) = references(text).into_iter().find(|one| theirs(one.name)) else { return };
                findings.add(
                    Self::META
                        .at(&Place::new(document, structured.tree.span(visit.id), visit.path))
                        .message(format!(
                            "the `.env` of each user fills in `{}`: whoever sets `{}` there lifts what is set here",
                            visit.path, one.name
                        ))
                        .label("left to the user")
                        .help(format!("write the value itself, or set `{}` in /etc/hermes/.env", one.name)),
                );
            });
        }
    }
}

fn is_safeguard(path: &str) -> bool {
    SAFEGUARDS.iter().any(|safeguard| {
        path.strip_prefix(safeguard)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}
