//! `config/removed-key`: a key that Hermes reads, but not in the release in question.

use super::keys::{Key, equals, listed, walk};
use crate::deployment::Home;
use crate::facts::{Holds, Lookup, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A key is read by other releases than the one in question.
pub struct RemovedKey;

/// More of them in one config are one finding: it was written for another release.
const EACH: usize = 5;

impl HomeRule for RemovedKey {
    const META: RuleMeta = RuleMeta {
        id: "config/removed-key",
        summary: "a key is read by other releases than this one",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[655],
        since: "0.1.0",
        page: page!("config/removed-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts();
        let mut found: Vec<(Key<'_, '_>, Range)> = Vec::new();
        walk(home, |key| {
            if facts.inert().key(&key.path).is_some() {
                return false;
            }
            let Lookup::Known { spec, range } = facts.keys().lookup(&key.path) else { return true };
            if home.holds(&range) != Holds::Never {
                return true;
            }
            let default = spec.and_then(|spec| spec.default.as_ref());
            if !key.is_empty() && !default.is_some_and(|default| equals(key.value(), default)) {
                found.push((key.kept(), range));
            }
            false
        });
        if found.len() <= EACH {
            for (key, range) in &found {
                let what = format!("`{}` {}", key.route, when(home, *range));
                add(key, what, "remove it, or run a release that reads it", findings);
            }
        } else if let Some((first, _)) = found.first() {
            let names = listed(found.iter().map(|(key, _)| &*key.route));
            let what = format!("other releases than this one read {names}");
            add(first, what, "remove them, or name the release that runs here", findings);
        }
    }
}

fn add(key: &Key<'_, '_>, message: String, help: &str, findings: &mut Findings) {
    findings.add(
        RemovedKey::META
            .at(&key.place())
            .message(message)
            .label("not read here")
            .help(help.to_owned()),
    );
}

/// When it is read.
fn when(home: &Home<'_>, range: Range) -> String {
    match (range.since, range.until) {
        (_, Some(until)) if home.scope.low >= until => {
            format!("is read before {until} only: it has no effect here")
        }
        (Some(since), _) => format!("is read from {since} on only: it has no effect here"),
        _ => "has no effect here".to_owned(),
    }
}
