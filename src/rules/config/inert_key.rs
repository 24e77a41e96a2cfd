//! `config/inert-key`: a setting that guides and real files use and that no code reads.

use super::denylist_incomplete::complete;
use super::keys::{Key, equals, walk};
use crate::deployment::Home;
use crate::document::Document;
use crate::document::yaml::edit::Fresh;
use crate::facts::{Holds, InertKey as Fact, Lookup, Range};
use crate::finding::{Confidence, Edit, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A setting stands in the config that no code reads.
pub struct InertKey;

/// What the user means to be protected by. The rest (log format, key pools) fails without making anything
/// less safe.
const PROTECTIVE: &[&str] = &[
    "denylist",
    "allowlist",
    "allowlist-users",
    "tools",
    "paths",
    "policy",
    "egress",
    "isolation",
    "skills",
    "secrets",
    "scanner",
    "self-write",
    "profiles",
    "cron",
];

impl HomeRule for InertKey {
    const META: RuleMeta = RuleMeta {
        id: "config/inert-key",
        summary: "a setting that is relied on is read by no code",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        // Either vocabulary satisfies a control of the checklists; that one of them is not read is said here.
        checklist: &[],
        cwe: &[1188, 655],
        since: "0.1.0",
        page: page!("config/inert-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let inert = home.knowledge.facts().inert();
        let mut scanner: Vec<(Key<'_, '_>, &Fact)> = Vec::new();
        walk(home, |key| {
            let Some(fact) = inert.key(&key.path) else { return true };
            if fact.control == "scanner" {
                scanner.push((key.kept(), fact));
            } else if !key.is_empty() && key.bool() != Some(false) {
                // `false` under a switch asks for what happens anyway.
                report(home, key, fact, &[], findings);
            }
            false
        });
        let off = scanner
            .iter()
            .any(|(key, _)| key.name() == "tirith_enabled" && key.bool() == Some(false));
        // One of them that somebody changed tells more than the one that comes first.
        scanner.sort_by_key(|(key, fact)| !is_relied_on(home, key, fact));
        if let (false, Some(((key, fact), others))) = (off, scanner.split_first()) {
            report(home, key, fact, others, findings);
        }
    }
}

fn report(
    home: &Home<'_>,
    key: &Key<'_, '_>,
    fact: &Fact,
    others: &[(Key<'_, '_>, &Fact)],
    findings: &mut Findings,
) {
    let range = fact.range();
    let holds = home.holds(&range);
    let twin = twin(home, fact);
    // What comes alive with an update is the matter of the rule about what it then does.
    if fact.until.is_some() {
        return;
    }
    let severity = match &holds {
        Holds::Never if is_relied_on(home, key, fact) => Severity::Info,
        Holds::Never => return,
        Holds::Depends { .. } => Severity::Info,
        Holds::Always if twin.is_some() => Severity::Info,
        Holds::Always if PROTECTIVE.contains(&fact.control.as_str()) => Severity::Warning,
        Holds::Always => Severity::Info,
    };
    let mut draft = InertKey::META
        .at(&key.place())
        .severity(severity)
        .message(message(&key.route, fact, &holds))
        .label(if matches!(holds, Holds::Always) {
            "nothing reads this"
        } else {
            "not read by all releases"
        })
        .help(if twin.is_some() { "remove the key".to_owned() } else { help(fact) })
        .notes(fact.note.clone());
    if let Some(twin) = twin {
        draft = draft.note(format!("`{twin}` is set as well, and that one counts"));
    }
    let replaced = twin.is_none() && !fact.instead.is_empty();
    let mut paths: Vec<&[&str]> = vec![&key.path];
    paths.extend(others.iter().map(|(other, _)| &*other.path));
    // What some release reads is not dead yet.
    let dead = matches!(holds, Holds::Always);
    let edits = if dead { edits(home, key.document, &paths, fact, replaced) } else { None };
    let what = if replaced { "write the setting that is read" } else { "remove what is not read" };
    draft = draft.edits(what, !replaced, edits);
    for (other, _) in others {
        draft = draft.related(&other.place(), "goes with it");
    }
    findings.add(draft);
}

/// The edits that take dead keys away, and write what has the effect that was meant.
fn edits(
    home: &Home<'_>,
    document: &Document,
    keys: &[&[&str]],
    fact: &Fact,
    replaced: bool,
) -> Option<Vec<Edit>> {
    let denies = fact.instead == ["approvals.deny"];
    if replaced && !denies && fact.write.is_empty() {
        return None;
    }
    document.changed(|sheet| {
        if replaced && denies {
            sheet.append(&["approvals", "deny"], &complete(home, &[]))?;
        }
        if replaced {
            for (path, value) in &fact.write {
                let path: Vec<&str> = path.split('.').collect();
                let unset = home.setting(&path.join(".")).is_none_or(|it| it.is_empty());
                if unset {
                    sheet.set(&path, &Fresh::Scalar(value.clone()))?;
                }
            }
        }
        keys.iter().try_for_each(|path| sheet.remove(path))
    })
}

/// What is so, by the releases in question. `effect` is what the user believes, as an infinitive.
fn message(route: &str, fact: &Fact, holds: &Holds) -> String {
    let effect = &fact.effect;
    match (fact.since, holds) {
        (Some(since), Holds::Always) => {
            format!("Hermes reads `{route}` no more (last before {since}): it does not {effect}")
        }
        (Some(since), _) => {
            format!("`{route}` is not read from {since} on: it will then not {effect}")
        }
        (None, _) => {
            format!("no release of Hermes reads `{route}`: it does not {effect}")
        }
    }
}

/// True for a setting that an update will leave unread and that is not at its default: somebody made it so.
fn is_relied_on(home: &Home<'_>, key: &Key<'_, '_>, fact: &Fact) -> bool {
    let Lookup::Known { spec: Some(spec), .. } = home.knowledge.facts().keys().lookup(&key.path)
    else {
        return false;
    };
    let default = spec.default_in(home.scope.high);
    fact.since.is_some() && default.is_some_and(|default| !equals(key.value(), default))
}

/// The exact edit.
pub(in crate::rules) fn help(fact: &Fact) -> String {
    let text = fact.help.trim_end();
    let first = text.lines().next().unwrap_or_default();
    let variable = first.split_once('=').is_some_and(|(name, _)| is_variable(name));
    if fact.instead.is_empty() {
        text.to_owned()
    } else if variable {
        format!("write into ~/.hermes/.env instead:\n{text}")
    } else {
        format!("write into config.yaml instead:\n{text}")
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The setting with the effect in question, when the home has it: then nobody relies on the dead one alone.
pub(in crate::rules) fn twin<'f>(home: &Home<'_>, fact: &'f Fact) -> Option<&'f str> {
    fact.instead.iter().map(String::as_str).find(|name| {
        if is_variable(name) {
            return home.variable(name).is_some();
        }
        let path = name.strip_suffix(".*").unwrap_or(name);
        if path == "terminal.backend" {
            return !home.runs_locally();
        }
        home.setting(path)
            .is_some_and(|setting| !setting.is_empty() && setting.bool() != Some(false))
    })
}
