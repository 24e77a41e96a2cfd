//! `gateway/unread-allowlist-variable`: an allowlist under a variable that no release reads, or in a form that the
//! release does not read.

use crate::deployment::{Home, Variable};
use crate::document::{Kind, Place};
use crate::facts::{Holds, Platform, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, missing};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

use super::{everybody_may_come, is_true};

/// An allowlist stands under a variable that no release reads.
pub struct UnreadAllowlistVariable;

impl HomeRule for UnreadAllowlistVariable {
    const META: RuleMeta = RuleMeta {
        id: "gateway/unread-allowlist-variable",
        summary: "an allowlist stands under a variable that nothing reads",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284],
        since: "0.1.0",
        page: page!("gateway/unread-allowlist-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let platforms = &home.knowledge.facts().platforms().platforms;
        for variable in home.variables() {
            let Some((right, id)) = misread(home, &variable.name) else { continue };
            let platform = id.and_then(|id| platforms.iter().find(|platform| platform.id == id));
            let state = home.platforms().iter().find(|state| Some(state.spec.id.as_str()) == id);
            let listed = state.is_some_and(|state| state.has_allowlist())
                || home.variable("GATEWAY_ALLOWED_USERS").is_some();
            let open = everybody_may_come(home)
                || platform
                    .and_then(|platform| platform.allow_all.as_ref())
                    .is_some_and(|name| is_true(home, name))
                || state.is_some_and(|state| home.opened(state).is_some());
            let severity = if !variable.is_set() {
                missing(home, Severity::Info)
            } else if open && !listed && !home.runs_isolated() {
                in_force(home, Severity::Error)
            } else {
                Severity::Warning
            };
            let who = platform.map_or("every platform", |platform| platform.name.as_str());
            let ending = match (open, listed) {
                (true, _) => "it keeps nobody out, because an allow-all switch is on",
                (false, true) => "its entries let nobody in",
                (false, false) => "nobody is let in by it",
            };
            let mut draft = Self::META
                .at(&key_place(variable))
                .anchor(variable.name.clone())
                .message(format!(
                    "`{}` is no variable that Hermes reads for {who}: {ending}",
                    variable.name
                ))
                .label("not read")
                .severity(severity)
                .help(format!("write `{right}=` instead"));
            if platform.is_some_and(|platform| platform.scope.iter().any(|name| name == right))
                && let Some(users) = platform.and_then(|platform| platform.users.first())
            {
                draft = draft.note(format!(
                    "`{right}` narrows where it answers; who may write is `{users}`"
                ));
            }
            if let Some(key) = key_span(variable) {
                draft = draft.fix_name("use the name that is read", &key, right);
            }
            findings.add(draft);
        }
        json_lists(home, findings);
    }
}

/// To these releases a JSON list is text, and its entries are nobody's.
const NO_JSON: Range = Range::before(Release::new(0, 21, 3));

fn json_lists(home: &Home<'_>, findings: &mut Findings) {
    let (severity, note) = match home.holds(&NO_JSON) {
        Holds::Never => return,
        Holds::Always => (Severity::Warning, None),
        Holds::Depends { text } => (Severity::Info, Some(format!("so {text}"))),
    };
    let facts = home.knowledge.facts().platforms();
    let lists = facts.platforms.iter().flat_map(|platform| &platform.users);
    for name in facts.everywhere.users.iter().chain(lists) {
        let Some(variable) = home.variable(name).map(|set| set.winner) else { continue };
        let items: Option<Vec<serde_json::Value>> =
            serde_json::from_str(variable.value.trim()).ok().filter(|_| variable.known);
        if items.is_none_or(|items| items.is_empty()) {
            continue;
        }
        findings.add(
            UnreadAllowlistVariable::META
                .at(&variable.place)
                .severity(in_force(home, severity))
                .message(format!(
                    "`{name}` is a JSON list, which is split at its commas with the brackets and \
                     quotes left in: nobody is let in by it"
                ))
                .label("no list here")
                .notes(note.clone())
                .help(format!("write the ids with commas alone: `{name}=1001,1002`")),
        );
    }
}

/// The name to use instead of `name` and the platform it belongs to (`None`: all of them), when `name` is
/// meant for an allowlist and nothing reads it.
pub(super) fn misread<'h>(home: &'h Home<'_>, name: &str) -> Option<(&'h str, Option<&'h str>)> {
    if !name.contains("ALLOW") || name.contains("ALLOW_ALL") {
        return None;
    }
    let facts = home.knowledge.facts().platforms();
    let everywhere = &facts.everywhere;
    let known = |platform: &Platform| {
        lists(platform).any(|other| other == name)
            || platform.allow_bots.as_deref() == Some(name)
            || platform.secrets.iter().chain(&platform.plain).any(|other| other == name)
            || platform.sharp.iter().any(|sharp| sharp.name == name)
    };
    if everywhere.users.iter().any(|other| other == name) || facts.platforms.iter().any(known) {
        return None;
    }
    match facts.misread(name) {
        Some(Some(platform)) => {
            return Some((nearest(name, lists(platform))?, Some(platform.id.as_str())));
        }
        Some(None) => return Some((everywhere.users.first()?, None)),
        None => {}
    }
    // Two slips of the pen, and the platform's own prefix must be right: `X_ALLOWED_USERS` of another
    // program is close to half of these.
    let close = |right: &&str| {
        let prefix = right.split('_').next().unwrap_or_default();
        let same = name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'));
        let slips = strsim::damerau_levenshtein(name, right);
        same && slips <= 3
    };
    for platform in &facts.platforms {
        let candidates = lists(platform).filter(close);
        if let Some(right) = nearest(name, candidates) {
            return Some((right, Some(platform.id.as_str())));
        }
    }
    let right = nearest(name, everywhere.users.iter().map(String::as_str).filter(close))?;
    Some((right, None))
}

fn lists(platform: &Platform) -> impl Iterator<Item = &str> {
    platform
        .users
        .iter()
        .chain(&platform.chats)
        .chain(&platform.scope)
        .chain(&platform.policy_users)
        .map(String::as_str)
        .filter(|name| name.contains("ALLOW"))
}

fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    candidates.min_by_key(|right| strsim::damerau_levenshtein(name, right))
}

/// The name in a dotenv file: what an edit has to replace.
fn key_span<'d>(variable: &Variable<'d>) -> Option<Place<'d>> {
    let document = variable.place.document;
    let Kind::Env(env) = &document.kind else { return None };
    let entry = env.entries.iter().find(|entry| {
        entry.key == variable.name
            && (Some(entry.value_span) == variable.place.span
                || Some(entry.key_span) == variable.place.span)
    })?;
    Some(Place::new(document, entry.key_span, variable.name.clone()))
}

fn key_place<'d>(variable: &Variable<'d>) -> Place<'d> {
    key_span(variable).unwrap_or_else(|| variable.place.clone())
}
