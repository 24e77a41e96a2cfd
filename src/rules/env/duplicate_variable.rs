//! `env/duplicate-variable`: one dotenv file sets a variable twice, to different values.

use std::collections::BTreeMap;

use crate::deployment::Home;
use crate::document::dotenv::Entry;
use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A variable is set twice, to different values.
pub struct DuplicateVariable;

impl HomeRule for DuplicateVariable {
    const META: RuleMeta = RuleMeta {
        id: "env/duplicate-variable",
        summary: "a variable is set twice to different values",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["credential-rotation"],
        cwe: &[694],
        since: "0.1.0",
        page: page!("env/duplicate-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for document in home.envs().iter().copied() {
            let Kind::Env(env) = &document.kind else { continue };
            let mut by_name: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
            for entry in env.entries.iter().filter(|entry| entry.value.is_some()) {
                by_name.entry(&entry.key).or_default().push(entry);
            }
            for (name, entries) in by_name {
                let Some((last, earlier)) = entries.split_last() else { continue };
                if earlier.iter().all(|entry| entry.value == last.value) {
                    continue;
                }
                let place = |entry: &Entry| Place::new(document, entry.key_span, name);
                let mut draft = Self::META
                    .at(&place(last))
                    .message(format!("{name} is set again, to another value: this last one counts"))
                    .label("the one that counts")
                    .help(
                        "remove the lines that do not count; revoke an old key that is left in one",
                    );
                for entry in earlier.iter().take(5) {
                    draft = draft.related(&place(entry), "has no effect");
                }
                findings.add(draft);
            }
        }
    }
}
