//! `content/suppression-in-content`: what others wrote says that findings in it do not count.

use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity, Standing};
use crate::rules::{DecisionRule, Findings, RuleMeta, page};

/// A skill, a plugin or an archive tries to switch rules off.
pub struct SuppressionInContent;

impl DecisionRule for SuppressionInContent {
    const META: RuleMeta = RuleMeta {
        id: "content/suppression-in-content",
        summary: "a skill, a plugin or an archive tries to switch rules off",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[693],
        since: "0.1.0",
        page: page!("content/suppression-in-content"),
    };

    fn check(decision: &Decision, findings: &mut Findings) {
        if decision.standing != Standing::Powerless {
            return;
        }
        findings.add(
            Self::META
                .at_location(decision.location.clone())
                .message("a comment in what others wrote, or an agent can write, says that findings do not count: it decides nothing")
                .label("not honoured")
                .help("remove it; what you decide about this content belongs into `.hermes-lint.toml` (`[[per-path]]`) or a baseline")
                .anchor(decision.says.rules.join(", ")),
        );
    }
}
