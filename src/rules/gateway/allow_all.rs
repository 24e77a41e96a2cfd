//! `gateway/allow-all`: a switch lets everybody command the agent.

use crate::deployment::{Effective, Home, Setting, Variable, VariableSource, says_yes};
use crate::document::tree::Value;
use crate::document::{Document, Kind};
use crate::facts::{Holds, Platform, Range};
use crate::finding::{Confidence, Edit, Severity};
use crate::rules::posture::{in_force, is_on, is_switched_off, open_door};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};
use crate::span::Span;

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
            if is_switched_off(home, &platform.id) {
                continue;
            }
            match home.variable(name) {
                Some(effective) if effective.winner.is_set() => {
                    by_variable(home, platform, name, effective, findings);
                }
                _ => by_key(home, platform, findings),
            }
        }
    }
}

fn by_variable(
    home: &Home<'_>,
    platform: &Platform,
    name: &str,
    effective: Effective<'_, '_>,
    findings: &mut Findings,
) {
    let variable = effective.winner;
    if !variable.known || !variable.is_true() {
        return;
    }
    let on = is_on(home, &platform.id);
    let message = format!("`{name}` lets everybody on {} command the agent", platform.name);
    let severity = if on { severity(home, variable) } else { Severity::Warning };
    let draft = set(variable).message(message).severity(severity).help(help(platform)).edits(
        REMOVE,
        false,
        without(&effective),
    );
    findings.add(shadowed(dormant(draft, platform, on), effective.shadowed));
}

/// The key of a platform's block that stands for its variable.
fn by_key(home: &Home<'_>, platform: &Platform, findings: &mut Findings) {
    let states = home.platforms();
    let Some(state) = states.iter().find(|state| state.spec.id == platform.id) else { return };
    // One that counts today says more than one that is dormant.
    let read = state.opened.iter().find(|(_, range)| home.may_hold(range));
    let Some((setting, range)) = read.or(state.opened.first()) else { return };
    let on = state.on.is_some();
    let (mut severity, message) = effect(
        home,
        setting,
        range,
        &format!("lets everybody on {} command the agent", platform.name),
    );
    if !on {
        severity = severity.min(Severity::Warning);
    }
    let draft = AllowAll::META
        .at(&setting.place())
        .message(message)
        .label("everybody is let in")
        .severity(severity)
        .help(help(platform))
        .edits(REMOVE, false, without_keys(state.opened.iter().map(|(setting, _)| setting)));
    findings.add(dormant(draft, platform, on));
}

const REMOVE: &str = "let nobody in who is not on a list";

/// The edits that remove every assignment that opens the door; nothing where one can't be removed.
fn without(effective: &Effective<'_, '_>) -> Option<Vec<Edit>> {
    let all = std::iter::once(effective.winner).chain(effective.shadowed.iter().copied());
    let mut documents: Vec<&Document> = Vec::new();
    let mut edits = Vec::new();
    for variable in all.filter(|variable| variable.is_true()) {
        let document = variable.place.document;
        if documents.iter().any(|known| std::ptr::eq(*known, document)) {
            continue;
        }
        documents.push(document);
        let span = variable.place.span?;
        edits.extend(match document.kind {
            Kind::Env(_) => document.without_variable(&variable.name)?,
            _ => document.changed(|sheet| sheet.remove_value(span))?,
        });
    }
    Some(edits)
}

/// The edits that remove keys that open the door.
fn without_keys<'s, 'd: 's>(
    settings: impl Iterator<Item = &'s Setting<'d>> + Clone,
) -> Option<Vec<Edit>> {
    let first = settings.clone().next()?.document;
    // From the end on, so that what is still to be removed stays where it is.
    let mut spans: Vec<Span> = settings
        .filter(|setting| std::ptr::eq(setting.document, first))
        .map(|setting| setting.tree().span(setting.node))
        .collect();
    spans.sort_by_key(|span| std::cmp::Reverse(span.start));
    spans.dedup();
    first.changed(|sheet| spans.iter().try_for_each(|span| sheet.remove_value(*span)))
}

/// How grave a key is that opens a door, and what it does in the releases in question.
fn effect(
    home: &Home<'_>,
    setting: &Setting<'_>,
    range: &Range,
    effect: &str,
) -> (Severity, String) {
    let (path, text) = (&setting.path, range.text());
    match home.holds(range) {
        Holds::Always => (open_door(home), format!("`{path}` {effect}")),
        // Dormant today, and in force with the next update.
        Holds::Never => (
            in_force(home, Severity::Warning),
            format!("`{path}` is ignored here, and {effect} {text}"),
        ),
        Holds::Depends { .. } => {
            (in_force(home, Severity::Warning), format!("`{path}` {effect} {text}"))
        }
    }
}

fn help(platform: &Platform) -> String {
    let list = platform.users.first().map_or("the allowlist", String::as_str);
    format!("remove the line and set `{list}=` to the ids that may write")
}

fn dormant(draft: Draft, platform: &Platform, on: bool) -> Draft {
    if on {
        return draft;
    }
    draft.note(format!(
        "nothing seen here switches {} on; its credentials may come from elsewhere",
        platform.name
    ))
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
            let yes = says_yes(&setting).map(|yes| range.and(yes));
            let goes_on = yes.is_some() || !std::mem::take(first);
            goes_on.then_some((setting, yes))
        })
        .filter_map(|(setting, yes)| Some((setting, yes?)))
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
        let draft = draft.edits(REMOVE, is_idle(home), without(&effective));
        let mut draft = shadowed(draft, effective.shadowed);
        for (setting, _) in &keys {
            draft = draft.related(&setting.place(), "says the same, from 0.21.4 on");
        }
        findings.add(draft);
        return;
    }
    let Some(((first, range), others)) = keys.split_first() else { return };
    let (severity, message) =
        effect(home, first, range, "lets everybody on every platform command the agent");
    let mut draft = AllowAll::META
        .at(&first.place())
        .message(message)
        .label("everybody is let in")
        .severity(severity)
        .help(help)
        .edits(REMOVE, false, without_keys(keys.iter().map(|(setting, _)| setting)));
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
