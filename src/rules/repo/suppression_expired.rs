//! `repo/suppression-expired`: the last day of a decision about findings has passed.

use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity, Standing};
use crate::rules::{DecisionRule, Findings, RuleMeta, page};

use super::notes;

/// A decision about findings is past its last day.
pub struct SuppressionExpired;

impl DecisionRule for SuppressionExpired {
    const META: RuleMeta = RuleMeta {
        id: "repo/suppression-expired",
        summary: "a decision about findings is past its last day",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("repo/suppression-expired"),
    };

    fn check(decision: &Decision, findings: &mut Findings) {
        let until = decision.says.until.as_deref().unwrap_or_default();
        let message = match decision.standing {
            Standing::Expired => format!("this allowed findings until {until}: they count again"),
            Standing::NoDay => format!("`{until}` is no day: this allows nothing"),
            Standing::Holds | Standing::Powerless => return,
        };
        findings.add(
            Self::META
                .at_location(decision.location.clone())
                .message(message)
                .label("past its day")
                .help("repair what it allows and remove it, or decide anew: `until=2027-01-31`")
                .anchor(decision.says.rules.join(", "))
                .notes(notes(decision)),
        );
    }
}
