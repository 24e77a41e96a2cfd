//! `config/openclaw-key`: settings of OpenClaw in a Hermes config, which nothing reads there.
//!
//! A config that was moved has a dozen of them for one reason, so they are one finding, at the first that somebody may
//! rely on.

use super::approvals::more;
use super::keys::{Key, walk};
use crate::deployment::{Home, python_str};
use crate::facts::{OpenClawKey as Fact, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Settings of OpenClaw stand in a Hermes config.
pub struct OpenClawKey;

/// How many settings one finding names.
const SHOWN: usize = 6;

impl HomeRule for OpenClawKey {
    const META: RuleMeta = RuleMeta {
        id: "config/openclaw-key",
        summary: "settings of OpenClaw stand where Hermes does not read them",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[1188, 655],
        since: "0.1.0",
        page: page!("config/openclaw-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts();
        let mut found: Vec<(Key<'_, '_>, &Fact)> = Vec::new();
        walk(home, |key| {
            let Some(known) = facts.openclaw().find(&key.path, facts.platforms()) else {
                return true;
            };
            if !key.is_empty() && !key.is_hole() {
                found.push((key.kept(), known));
            }
            false
        });
        let relied_on = |(key, known): &(Key<'_, '_>, &Fact)| {
            known.protects(python_str(key.value()).as_deref())
        };
        let first = found.iter().position(relied_on);
        let Some((key, known)) = found.get(first.unwrap_or_default()) else { return };
        let others = found.len() - 1;
        let besides = match others {
            0 => String::new(),
            1 => " (one more such setting here)".to_owned(),
            more => format!(" ({more} more such settings here)"),
        };
        let effect = if first.is_some() { ": it protects nothing" } else { "" };
        let edits: Vec<String> = found
            .iter()
            .filter_map(|(key, known)| Some((key, known.instead.as_deref()?)))
            .take(SHOWN)
            .map(|(key, instead)| format!("`{}` is {} in Hermes", key.route, named(instead)))
            .collect();
        let mut draft = Self::META
            .at(&key.place())
            .severity(if first.is_some() { Severity::Warning } else { Severity::Info })
            .message(format!(
                "`{}` is a setting of OpenClaw, which no release of Hermes reads{effect}{besides}",
                key.route
            ))
            .label("nothing reads this")
            .help(match known.instead.as_deref() {
                Some(instead) => format!("set {} instead, and remove the key", named(instead)),
                None => "remove the key: Hermes has no such setting".to_owned(),
            });
        if others > 0 {
            draft = draft.notes(edits);
            let rest: Vec<_> = found.iter().filter(|(other, _)| other.route != key.route).collect();
            for (other, _) in rest.iter().take(SHOWN) {
                draft = draft.related(&other.place(), "of OpenClaw, too");
            }
            if rest.len() > SHOWN {
                let names: Vec<String> = rest
                    .iter()
                    .skip(SHOWN)
                    .take(SHOWN)
                    .map(|(other, _)| format!("`{}`", other.route))
                    .collect();
                draft = draft.note(format!("also {}", more(&names, rest.len() - SHOWN)));
            }
        }
        findings.add(draft);
    }
}

/// A name as code, a description as it is.
fn named(instead: &str) -> String {
    if instead.contains(' ') { instead.to_owned() } else { format!("`{instead}`") }
}
