//! `repo/suppression-active`: findings do not count because a comment says so.

use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity, Standing};
use crate::rules::{DecisionRule, Findings, RuleMeta, page};

use super::notes;

/// A comment says that findings do not count.
pub struct SuppressionActive;

impl DecisionRule for SuppressionActive {
    const META: RuleMeta = RuleMeta {
        id: "repo/suppression-active",
        summary: "a comment says that findings do not count",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("repo/suppression-active"),
    };

    fn check(decision: &Decision, findings: &mut Findings) {
        let Some(covers) = decision.covers.filter(|covers| *covers > 0) else { return };
        if decision.standing != Standing::Holds {
            return;
        }
        let rules = decision.says.rules.join(", ");
        let what =
            if covers == 1 { "1 finding does".to_owned() } else { format!("{covers} findings do") };
        findings.add(
            Self::META
                .at_location(decision.location.clone())
                .message(format!("{what} not count here: this allows {rules}"))
                .label("decided here")
                .anchor(rules)
                .notes(notes(decision)),
        );
    }
}
