//! `config/approvals-smart`: a model, not a person, may approve dangerous commands.

use super::approvals::word;
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::words::{Mode, approvals_mode};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// `approvals.mode` is written as `smart`.
pub struct ApprovalsSmart;

impl HomeRule for ApprovalsSmart {
    const META: RuleMeta = RuleMeta {
        id: "config/approvals-smart",
        summary: "a model may approve dangerous commands",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[863],
        since: "0.1.0",
        page: page!("config/approvals-smart"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(setting) = home.setting("approvals.mode") else { return };
        if setting.is_hole() || approvals_mode(word(&setting)) != Mode::Smart {
            return;
        }
        let draft = Self::META
            .at(&setting.place())
            .message("a model decides on dangerous commands, and what it reads may have been written to sway it")
            .label("a model decides")
            .help("write `mode: manual` under `approvals:`, or pin a strong model: `auxiliary.approval.model`")
            .note("the default from 0.19.0 on; `approvals.deny` is what no model can overrule");
        findings.add(draft);
    }
}
