//! `config/dangerous-command-policy`: a guide's policy for dangerous commands, lax or left out.

use super::approvals::{by_backend, guide_keys, of_missing};
use crate::deployment::{Home, Setting};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The guide's policy allows everything, is unknown, or is missing.
pub struct DangerousCommandPolicy;

impl HomeRule for DangerousCommandPolicy {
    const META: RuleMeta = RuleMeta {
        id: "config/dangerous-command-policy",
        summary: "the policy for dangerous commands is lax or missing",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[862],
        since: "0.1.0",
        page: page!("config/dangerous-command-policy"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let native = home.setting("approvals.mode");
        match home.setting("security.dangerous_command_policy") {
            Some(policy) if policy.is_hole() => {}
            Some(policy) if !policy.is_empty() => judge(home, &policy, native.as_ref(), findings),
            policy => missing(home, policy.as_ref(), native.as_ref(), findings),
        }
    }
}

fn judge(
    home: &Home<'_>,
    policy: &Setting<'_>,
    native: Option<&Setting<'_>>,
    findings: &mut Findings,
) {
    let text = policy.python_str().unwrap_or_default();
    let (severity, message, label) = match text.trim().to_lowercase().as_str() {
        "approve" | "always_deny" | "deny" => return,
        // Where Hermes's own mode is written, the guide's word is only a wish.
        "always_allow" | "allow" if native.is_some() => (
            Severity::Warning,
            "the policy wants every dangerous command to run unasked; `approvals.mode` decides",
            "allows everything",
        ),
        "always_allow" | "allow" => (
            by_backend(home, Severity::Error),
            "the policy lets every dangerous command run unasked",
            "allows everything",
        ),
        _ => (
            Severity::Warning,
            "the policy for dangerous commands is none of approve, always_deny, always_allow",
            "not a policy",
        ),
    };
    let mut draft = DangerousCommandPolicy::META
        .at(&policy.place())
        .severity(severity)
        .message(message)
        .label(label)
        .help("write what Hermes reads, in place of this key:\napprovals:\n  mode: manual")
        .note("no release reads `security.dangerous_command_policy`");
    if let Some(native) = native {
        draft = draft.related(&native.place(), "decides");
    }
    findings.add(draft);
}

fn missing(
    home: &Home<'_>,
    empty: Option<&Setting<'_>>,
    native: Option<&Setting<'_>>,
    findings: &mut Findings,
) {
    if native.is_some() || home.is_incomplete() {
        return;
    }
    let Some(security) = home.setting("security") else { return };
    let used = guide_keys(&security);
    let Some(first) = used.iter().find(|key| **key != "dangerous_command_policy") else { return };
    let place = match empty {
        Some(policy) => policy.place(),
        None => {
            Place { route: "security.dangerous_command_policy".to_owned(), ..security.key_place() }
        }
    };
    findings.add(
        DangerousCommandPolicy::META
            .at(&place)
            .severity(of_missing(home, Severity::Warning))
            .message(format!(
                "`security` follows a guide (`{first}`) but says nothing of what happens to dangerous commands"
            ))
            .label("no policy")
            .help("write what Hermes reads:\napprovals:\n  mode: manual"),
    );
}
