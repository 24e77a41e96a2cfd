//! `repo/suppression-unused`: a comment allows what is not there.

use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity, Standing};
use crate::rules::{DecisionRule, Findings, RuleMeta, page};

/// A comment allows what is not found.
pub struct SuppressionUnused;

impl DecisionRule for SuppressionUnused {
    const META: RuleMeta = RuleMeta {
        id: "repo/suppression-unused",
        summary: "a comment allows what is not found",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("repo/suppression-unused"),
    };

    fn check(decision: &Decision, findings: &mut Findings) {
        if matches!(decision.standing, Standing::Powerless) {
            return;
        }
        let unknown = decision.unknown.join("`, `");
        let message = if !decision.unknown.is_empty() {
            format!("this allows `{unknown}`, which is no rule: it decides nothing")
        } else if decision.says.rules.is_empty() {
            "this names no rule: it decides nothing".to_owned()
        } else if decision.covers == Some(0) {
            "nothing is found here that this allows".to_owned()
        } else {
            return;
        };
        let help = if decision.unknown.is_empty() && !decision.says.rules.is_empty() {
            "remove the comment: the next finding in this place would be hidden by it"
        } else {
            "name rules, as in `hermes-lint: allow(secret/in-context)`; `hermes-lint rules` lists them all"
        };
        findings.add(
            Self::META
                .at_location(decision.location.clone())
                .message(message)
                .label("not needed")
                .help(help)
                .anchor(decision.says.rules.join(", ")),
        );
    }
}
