//! `config/misplaced-key`: a setting that exists, at a place where nothing reads it.

use super::keys::{Key, equals, walk, yaml};
use super::unknown_key::{is_environment_name, unknown};
use crate::deployment::Home;
use crate::document::tree::Value;
use crate::document::yaml::edit::Refusal;
use crate::facts::{Lookup, Range, SuggestionKind};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A setting stands where nothing reads it.
pub struct MisplacedKey;

impl HomeRule for MisplacedKey {
    const META: RuleMeta = RuleMeta {
        id: "config/misplaced-key",
        summary: "a setting stands where nothing reads it",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[655],
        since: "0.1.0",
        page: page!("config/misplaced-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts();
        walk(home, |key| {
            let of_openclaw = || facts.openclaw().find(&key.path, facts.platforms()).is_some();
            if facts.inert().key(&key.path).is_some() || of_openclaw() {
                return false;
            }
            if let Some(known) = facts.misplaced().find(&key.path) {
                if !key.is_empty() {
                    report(home, key, &known.to, Confidence::High, findings);
                }
                return false;
            }
            let Some(plugins) = unknown(facts, key) else { return true };
            let may_be_plugins = plugins && matches!(key.value(), Value::Map(_));
            if key.is_empty() || may_be_plugins || is_environment_name(key) {
                return false;
            }
            if let Some(found) = facts.keys().suggest(&key.path)
                && found.kind == SuggestionKind::Place
            {
                report(home, key, &found.path, Confidence::Medium, findings);
            }
            false
        });
    }
}

fn report(
    home: &Home<'_>,
    key: &Key<'_, '_>,
    to: &str,
    confidence: Confidence,
    findings: &mut Findings,
) {
    let place = key.place();
    let set = home.setting(to).filter(|setting| !setting.is_empty());
    let shown = to.replace('*', "<platform>");
    let moved = to.rsplit('.').next() == Some(key.name());
    let help = if set.is_some() {
        format!("remove it: `{to}` is set and counts")
    } else if moved {
        let value = key.bool().map_or("...", |value| if value { "true" } else { "false" });
        format!("move it:\n{}", yaml(to, value))
    } else {
        format!("remove it, and set `{shown}`")
    };
    // A default at the wrong place changes nothing.
    let harmless = set.is_some() || is_default(home, key, to);
    let mut draft = MisplacedKey::META
        .at(&place)
        .confidence(confidence)
        .severity(if harmless { Severity::Info } else { Severity::Warning })
        .message(format!("`{}` is not read there: the setting is `{shown}`", key.route))
        .label("at the wrong place")
        .help(help);
    let target: Vec<&str> = to.split('.').collect();
    let edits = key.document.changed(|sheet| match (&set, moved) {
        (Some(_), _) => sheet.remove(&key.path),
        (None, true) => sheet.relocate(&key.path, &target),
        (None, false) => Err(Refusal::Absent),
    });
    // A likeness of names is a guess; a setting that comes to be read does something.
    let safe = set.is_some() && confidence == Confidence::High;
    let what =
        if set.is_some() { "remove what is not read" } else { "move it to where it is read" };
    draft = draft.edits(what, safe, edits);
    if let Some(set) = set {
        draft = draft.related(&set.place(), "this one is read");
    }
    findings.add(draft);
}

/// True when the value is what Hermes does anyway.
fn is_default(home: &Home<'_>, key: &Key<'_, '_>, to: &str) -> bool {
    let path: Vec<&str> = to.split('.').collect();
    let Lookup::Known { spec: Some(spec), .. } = home.knowledge.facts().keys().lookup(&path) else {
        return false;
    };
    let default = spec.default_in(home.scope.high);
    default.is_some_and(|default| equals(key.value(), default))
}
