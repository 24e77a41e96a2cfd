//! `gateway/open-allowlist`: an allowlist holds `*` and so lets everybody in.

use crate::deployment::{Door, Home, PlatformState, allowed};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{by_release, in_force, is_switched_off, open_door};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An allowlist holds `*` and so lets everybody in.
pub struct OpenAllowlist;

impl HomeRule for OpenAllowlist {
    const META: RuleMeta = RuleMeta {
        id: "gateway/open-allowlist",
        summary: "an allowlist lets everybody in",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284, 306],
        since: "0.1.0",
        page: page!("gateway/open-allowlist"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for name in &home.knowledge.facts().platforms().everywhere.users {
            let Some(variable) = home.variable(name).map(|effective| effective.winner) else {
                continue;
            };
            let open =
                variable.known && allowed(home, &variable.value).iter().any(|entry| entry == "*");
            if open {
                let message = format!("`*` in `{name}` lets everybody on every platform in");
                findings.add(
                    Self::META
                        .at(&variable.place)
                        .anchor(name.clone())
                        .message(message)
                        .label("`*` is everybody")
                        .severity(open_door(home))
                        .help(format!(
                            "write the ids that may command the agent: `{name}=<id>,<id>`"
                        )),
                );
            }
        }
        for state in home.platforms() {
            if is_switched_off(home, &state.spec.id) {
                continue;
            }
            for door in state.doors.iter().filter(|door| door.known && door.is_open()) {
                report(home, state, door, &Range::ALWAYS, findings);
            }
            for (door, range) in
                state.unread.iter().filter(|(door, _)| door.known && door.is_open())
            {
                report(home, state, door, range, findings);
            }
        }
    }
}

fn report(
    home: &Home<'_>,
    state: &PlatformState<'_>,
    door: &Door<'_>,
    range: &Range,
    findings: &mut Findings,
) {
    let name = &state.spec.name;
    let chat = state.spec.chats.contains(&door.name) || door.name.ends_with("_chats");
    let severity = match (chat, state.on.is_some()) {
        (false, true) => open_door(home),
        _ => in_force(home, Severity::Warning),
    };
    let Some((severity, text)) = by_release(home, range, severity) else { return };
    let message = if chat {
        format!("`*` in `{}` lets every member of every {name} group in", door.name)
    } else {
        format!("`*` in `{}` lets everybody on {name} command the agent", door.name)
    };
    let help = if door.name.contains('.') {
        format!("write the ids that may write: `{}: [\"<id>\"]`", last(&door.name))
    } else {
        format!("write the ids that may write: `{}=<id>,<id>`", door.name)
    };
    let mut draft = OpenAllowlist::META
        .at(&door.place)
        .anchor(door.name.clone())
        .message(message)
        .label("`*` is everybody")
        .severity(severity)
        .help(help)
        .notes(text.map(|text| format!("this key is read {text}")));
    if state.on.is_none() {
        draft = draft.note(format!(
            "nothing seen here switches {name} on; its credentials may come from elsewhere"
        ));
    }
    findings.add(draft);
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
