//! `config/approvals-mode-unknown`: a mode that Hermes does not know.

use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::words::is_mode_word;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// `approvals.mode` holds no mode.
pub struct ApprovalsModeUnknown;

impl HomeRule for ApprovalsModeUnknown {
    const META: RuleMeta = RuleMeta {
        id: "config/approvals-mode-unknown",
        summary: "`approvals.mode` holds no mode",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[1284],
        since: "0.1.0",
        page: page!("config/approvals-mode-unknown"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(setting) = home.setting("approvals.mode") else { return };
        if setting.is_empty() || setting.is_hole() || setting.short_boolean() == Some(false) {
            return;
        }
        let unknown = match setting.value() {
            Value::Bool(_) => false,
            // A reference is filled in by a loader; which word comes out is not known here.
            Value::Str(text) => !is_mode_word(text) && !text.contains("${"),
            _ => true,
        };
        if unknown {
            findings.add(
                Self::META
                    .at(&setting.place())
                    .message("this is no approval mode: Hermes asks a person each time, as for `manual`")
                    .label("not a mode")
                    .help("write `mode: manual` (or `smart`, which lets a model decide) under `approvals:`"),
            );
        }
    }
}
