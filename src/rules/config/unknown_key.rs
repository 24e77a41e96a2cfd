//! `config/unknown-key`: a key that no release reads and that is probably a misspelt one.

use super::keys::{Key, listed, walk};
use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::{Facts, Holds, KeySpec, Kind, Lookup, Range, SuggestionKind};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A key of the config is read by no release.
pub struct UnknownKey;

impl HomeRule for UnknownKey {
    const META: RuleMeta = RuleMeta {
        id: "config/unknown-key",
        summary: "a key is not known to any release, probably misspelt",
        severity: Severity::Warning,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[655],
        since: "0.1.0",
        page: page!("config/unknown-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts();
        let mut others: Vec<Key<'_, '_>> = Vec::new();
        walk(home, |key| {
            let Some(plugins) = unknown(facts, key) else {
                if let Some(path) = in_model(facts, key)
                    && is_likely(home, key, &path, false)
                {
                    report(key, &path, findings);
                }
                return is_for_keys(facts, key);
            };
            if key.is_empty() || is_environment_name(key) {
                return false;
            }
            match facts.keys().suggest(&key.path).map(|found| (found.kind, found.path)) {
                Some((SuggestionKind::Place, _)) => {}
                Some((SuggestionKind::Spelling, path)) if is_likely(home, key, &path, plugins) => {
                    report(key, &path, findings);
                }
                _ if plugins && matches!(key.value(), Value::Map(_)) => {}
                _ => others.push(key.kept()),
            }
            false
        });
        let Some(first) = others.first() else { return };
        let names = listed(others.iter().map(|key| &*key.route));
        let (are, them) = if others.len() == 1 { ("is", "it") } else { ("are", "them") };
        findings.add(
            UnknownKey::META
                .at(&first.place())
                .severity(Severity::Info)
                .confidence(Confidence::Low)
                .anchor("unknown keys")
                .message(format!("{names} {are} not known to any release that was read"))
                .label("not a known key")
                .help(format!("remove {them}, unless a plugin reads {them}")),
        );
    }
}

/// The key that was meant in the one section that is not closed but has no names of the user's own either.
fn in_model(facts: &Facts<'_>, key: &Key<'_, '_>) -> Option<String> {
    let ["model", _] = &*key.path else { return None };
    if key.is_empty() || !matches!(facts.keys().lookup(&key.path), Lookup::Free) {
        return None;
    }
    let found = facts.keys().suggest(&key.path)?;
    (found.kind == SuggestionKind::Spelling).then_some(found.path)
}

/// For an unknown key: whether a mapping there may be a plugin's.
pub(super) fn unknown(facts: &Facts<'_>, key: &Key<'_, '_>) -> Option<bool> {
    // What stands below such a mapping may be a setting at a wrong place, which another table knows.
    let leads_on = || matches!(key.value(), Value::Map(_)) && facts.misplaced().is_above(&key.path);
    if !is_for_keys(facts, key) || leads_on() {
        return None;
    }
    match facts.keys().lookup(&key.path) {
        Lookup::Unknown { mapping_may_be_plugins, .. } => Some(mapping_may_be_plugins),
        _ => None,
    }
}

/// False for keys that another table answers for.
fn is_for_keys(facts: &Facts<'_>, key: &Key<'_, '_>) -> bool {
    facts.inert().key(&key.path).is_none()
        && facts.misplaced().find(&key.path).is_none()
        && facts.openclaw().find(&key.path, facts.platforms()).is_none()
}

/// True for a root scalar that the gateway makes a variable of.
pub(super) fn is_environment_name(key: &Key<'_, '_>) -> bool {
    let name = key.name();
    key.path.len() == 1
        && !matches!(key.value(), Value::Map(_) | Value::Seq(_))
        && name.bytes().any(|byte| byte.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A mapping under a name of the user's own (a plugin's section) must hold a key of the section it is
/// likened to; and what no release in question reads is no help.
fn is_likely(home: &Home<'_>, key: &Key<'_, '_>, path: &str, plugins: bool) -> bool {
    let keys = home.knowledge.facts().keys();
    let Some((_, sibling)) = path.rsplit_once('.').or(Some(("", path))) else { return false };
    let mut meant = key.path.to_vec();
    meant.pop();
    meant.push(sibling);
    let read = match keys.lookup(&meant) {
        Lookup::Known { spec, range } => {
            home.holds(&range) != Holds::Never && fits(key.value(), spec)
        }
        _ => false,
    };
    let is_map = matches!(key.value(), Value::Map(_));
    let holds_its_keys = || {
        key.tree().entries(key.entry.value).iter().any(|entry| {
            key.tree().str(entry.key).is_some_and(|child| {
                let mut below = meant.clone();
                below.push(child);
                matches!(keys.lookup(&below), Lookup::Known { spec: Some(_), .. })
            })
        })
    };
    read && (!is_map || !plugins || holds_its_keys())
}

/// Whether a value can be meant for a key: `models:` over a list is no misspelt `model:`.
fn fits(value: &Value, spec: Option<&KeySpec>) -> bool {
    let kind = match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => Kind::Num,
        Value::Seq(_) | Value::Set(_) => Kind::List,
        Value::Map(_) => Kind::Map,
        Value::Null | Value::Str(_) | Value::Bytes(_) | Value::Timestamp(_) => Kind::Str,
    };
    match spec {
        // A section that is known through its keys.
        None => kind == Kind::Map,
        Some(spec) => spec.kinds.is_empty() || spec.kinds.contains(&kind),
    }
}

fn report(key: &Key<'_, '_>, path: &str, findings: &mut Findings) {
    let sibling = path.rsplit('.').next().unwrap_or(path);
    let place = key.place();
    let mut draft = UnknownKey::META
        .at(&place)
        .message(format!("no release reads `{}`: the key is `{path}`", key.route))
        .label(format!("did you mean `{sibling}`?"));
    draft = match key.tree().entry(key.map, sibling) {
        // To rename it would write the same key twice.
        Some(there) => draft
            .help(format!("remove it, or move its value to `{sibling}`, which is there already"))
            .related(
                &crate::document::Place::new(key.document, key.tree().span(there.key), path),
                "this one is read",
            ),
        None => draft.help(format!("write `{sibling}:`")).fix_name(
            "spell the key as Hermes reads it",
            &place,
            sibling,
        ),
    };
    findings.add(draft);
}
