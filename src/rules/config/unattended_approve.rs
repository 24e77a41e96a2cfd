//! `config/unattended-approve`: dangerous commands are approved where nobody is present.

use super::approvals::{by_backend, switched_on, word};
use crate::deployment::{Home, Setting};
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::policy::words::{Unattended, unattended_mode};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Dangerous commands are approved where nobody is present.
pub struct UnattendedApprove;

/// A mode for runs without a person: its key, the releases that read it, who runs then.
const MODES: [(&str, Range, &str); 3] = [
    ("approvals.cron_mode", Range::ALWAYS, "scheduled jobs"),
    (
        "approvals.single_query_mode",
        Range::since(Release::SINGLE_QUERY_MODE),
        "one-shot runs (`-q`)",
    ),
    (
        "approvals.unattended_mode",
        Range::since(Release::UNATTENDED_MODE),
        "webhook and API callers",
    ),
];

impl HomeRule for UnattendedApprove {
    const META: RuleMeta = RuleMeta {
        id: "config/unattended-approve",
        summary: "dangerous commands are approved where nobody is present",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[862],
        since: "0.1.0",
        page: page!("config/unattended-approve"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for (path, range, who) in MODES {
            let Some(setting) = home.setting(path) else { continue };
            if setting.is_hole() || unattended_mode(word(&setting)) == Unattended::Deny {
                continue;
            }
            let key = path.rsplit('.').next().unwrap_or(path);
            report(
                home,
                &setting,
                &home.holds(&range),
                &format!("{who} run dangerous commands with nobody there to ask"),
                &format!("write `{key}: deny` under `approvals:`"),
                "deny",
                findings,
            );
        }
        if let Some(setting) = home.setting("delegation.subagent_auto_approve") {
            report(
                home,
                &setting,
                &switched_on(home, &setting, true),
                "subagents approve their own dangerous commands",
                "write `subagent_auto_approve: false` under `delegation:`",
                "false",
                findings,
            );
        }
    }
}

/// True when some run that nobody watches approves its own commands.
pub(super) fn nobody_is_there(home: &Home<'_>) -> bool {
    let by_mode = MODES.iter().any(|(path, range, _)| {
        home.setting(path).is_some_and(|setting| {
            !setting.is_hole()
                && unattended_mode(word(&setting)) != Unattended::Deny
                && home.holds(range) != Holds::Never
        })
    });
    by_mode
        || home
            .setting("delegation.subagent_auto_approve")
            .is_some_and(|setting| switched_on(home, &setting, true) != Holds::Never)
}

fn report(
    home: &Home<'_>,
    setting: &Setting<'_>,
    holds: &Holds,
    message: &str,
    help: &str,
    safe: &str,
    findings: &mut Findings,
) {
    let (severity, note) = match holds {
        Holds::Never => return,
        Holds::Always if home.runs_locally() => (by_backend(home, Severity::Error), None),
        Holds::Always => (Severity::Warning, None),
        Holds::Depends { text } => (Severity::Warning, Some(format!("live {text}"))),
    };
    let draft = UnattendedApprove::META
        .at(&setting.place())
        .severity(severity)
        .message(message)
        .label("approves unseen")
        .help(help.to_owned())
        .fix("refuse where nobody is present", false, &setting.place(), safe)
        .notes(note);
    findings.add(draft);
}
