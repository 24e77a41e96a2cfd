//! `repo/suppression-unexplained`: a comment allows findings and does not say why, where the settings want that.

use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity, Standing};
use crate::rules::{DecisionRule, Findings, RuleMeta, page};

/// A comment says that findings do not count, and not why.
pub struct SuppressionUnexplained;

impl DecisionRule for SuppressionUnexplained {
    const META: RuleMeta = RuleMeta {
        id: "repo/suppression-unexplained",
        summary: "a comment says that findings do not count, and not why",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("repo/suppression-unexplained"),
    };

    fn check(decision: &Decision, findings: &mut Findings) {
        if !decision.lacks_reason || decision.standing == Standing::Powerless {
            return;
        }
        findings.add(
            Self::META
                .at_location(decision.location.clone())
                .message("this allows findings and does not say why")
                .label("no reason")
                .help("say it behind the bracket: `hermes-lint: allow(RULE) the reason`")
                .anchor(decision.says.rules.join(", ")),
        );
    }
}
