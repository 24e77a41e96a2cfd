//! `gateway/allow-all`: a switch lets everybody command the agent.

use crate::deployment::{Home, Setting, Variable, VariableSource};
use crate::document::tree::Value;
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, is_on, is_switched_off, open_door};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};

/// A switch lets everybody command the agent.
pub struct AllowAll;

impl HomeRule for AllowAll {
    const META: RuleMeta = RuleMeta {
        id: "gateway/allow-all",
        summary: "a switch lets everybody command the agent",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284, 306],
        since: "0.1.0",
        page: page!("gateway/allow-all"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts().platforms();
        everywhere(home, findings);
        for platform in &facts.platforms {
            let Some(name) = &platform.allow_all else { continue };
            let Some(effective) = home.variable(name) else { continue };
            let variable = effective.winner;
            if !variable.known || !variable.is_true() || is_switched_off(home, &platform.id) {
                continue;
            }
            let on = is_on(home, &platform.id);
            let message = format!("`{name}` lets everybody on {} command the agent", platform.name);
            let severity = if on { severity(home, variable) } else { Severity::Warning };
            let mut draft = set(variable).message(message).severity(severity);
            if !on {
                draft = draft.note(format!(
                    "nothing seen here switches {} on; its credentials may come from elsewhere",
                    platform.name
                ));
            }
            let list = platform.users.first().map_or("the allowlist", String::as_str);
            let draft =
                draft.help(format!("remove the line and set `{list}=` to the ids that may write"));
            findings.add(shadowed(draft, effective.shadowed));
        }
    }
}

/// The switch for all platforms, as a variable or as the keys that set it in newer releases.
fn everywhere(home: &Home<'_>, findings: &mut Findings) {
    let everywhere = &home.knowledge.facts().platforms().everywhere;
    let name = &everywhere.allow_all;
    let keys: Vec<(Setting<'_>, Range)> = everywhere
        .yaml_allow_all
        .iter()
        .filter_map(|key| Some((home.setting(&key.key)?, key.range())))
        .filter(|(setting, _)| !matches!(setting.value(), Value::Null))
        // The first one that says anything is the one that counts.
        .scan(true, |first, (setting, range)| {
            let counts = counts(&setting) && !setting.is_hole();
            let goes_on = counts || !std::mem::take(first);
            goes_on.then_some((setting, range, counts))
        })
        .filter(|(_, _, counts)| *counts)
        .map(|(setting, range, _)| (setting, range))
        .collect();
    let help = "remove the line and list who may write in each platform's own allowlist variable, \
                such as `TELEGRAM_ALLOWED_USERS`";
    if let Some(effective) = home.variable(name) {
        if !effective.winner.known || !effective.winner.is_true() {
            return;
        }
        let (message, severity) = if is_idle(home) {
            let rest = "each platform that is on here has an allowlist, and that one counts";
            (
                format!("`{name}` opens every platform without an allowlist: {rest}"),
                in_force(home, Severity::Warning),
            )
        } else {
            let message = format!("`{name}` lets everybody on every platform command the agent");
            (message, severity(home, effective.winner))
        };
        let draft = set(effective.winner).message(message).severity(severity).help(help);
        let mut draft = shadowed(draft, effective.shadowed);
        for (setting, _) in &keys {
            draft = draft.related(&setting.place(), "says the same, from 0.21.4 on");
        }
        findings.add(draft);
        return;
    }
    let Some(((first, range), others)) = keys.split_first() else { return };
    let effect = "lets everybody on every platform command the agent";
    let (path, text) = (&first.path, range.text());
    let (severity, message) = match home.holds(range) {
        Holds::Always => (open_door(home), format!("`{path}` {effect}")),
        // Dormant today, and in force with the next update.
        Holds::Never => (
            in_force(home, Severity::Warning),
            format!("`{path}` is ignored here, and {effect} {text}"),
        ),
        Holds::Depends { .. } => {
            (in_force(home, Severity::Warning), format!("`{path}` {effect} {text}"))
        }
    };
    let mut draft = AllowAll::META
        .at(&first.place())
        .message(message)
        .label("everybody is let in")
        .severity(severity)
        .help(help);
    for (other, _) in others {
        draft = draft.related(&other.place(), "says the same");
    }
    findings.add(draft);
}

/// A file that is to be filled in opens the door of whoever copies it, and no other.
fn severity(home: &Home<'_>, variable: &Variable<'_>) -> Severity {
    let severity = open_door(home);
    if variable.source == VariableSource::Template {
        severity.min(Severity::Warning)
    } else {
        severity
    }
}

/// True when Hermes does not come to ask for the switch: an allowlist variable comes first, that of the platform or
/// that of all.
fn is_idle(home: &Home<'_>) -> bool {
    let listed = |names: &[String]| names.iter().any(|name| home.variable(name).is_some());
    let mut on = home
        .platforms()
        .iter()
        .filter(|state| state.on.is_some() && state.spec.has_user_allowlist())
        .peekable();
    listed(&home.knowledge.facts().platforms().everywhere.users)
        || (on.peek().is_some() && on.all(|state| listed(state.spec.users.get(..1).unwrap_or(&[]))))
}

/// The words that count, as Python prints the value.
fn counts(setting: &Setting<'_>) -> bool {
    setting.python_str().is_some_and(|text| {
        matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes")
    })
}

fn set(variable: &Variable<'_>) -> Draft {
    AllowAll::META.at(&variable.place).anchor(variable.name.clone()).label("everybody is let in")
}

fn shadowed(mut draft: Draft, losers: Vec<&Variable<'_>>) -> Draft {
    for loser in losers {
        let note = if loser.is_true() { "says the same" } else { "says otherwise, and loses" };
        draft = draft.related(&loser.place, note);
    }
    draft
}
