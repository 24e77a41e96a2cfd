//! `config/duplicate-key`: one key twice in one mapping.

use super::keys::in_force;
use crate::deployment::Home;
use crate::document::{Place, Standing};
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A key stands twice in one mapping of the config.
pub struct DuplicateKey;

impl HomeRule for DuplicateKey {
    const META: RuleMeta = RuleMeta {
        id: "config/duplicate-key",
        summary: "a key stands twice, which drops one of the two or the whole config",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[694, 1188],
        since: "0.1.0",
        page: page!("config/duplicate-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some((config, structured)) = home.config().zip(home.structured()) else { return };
        // The two may stand in the branches of an `if`.
        if config.standing == Standing::Template && !structured.holes.is_empty() {
            return;
        }
        let tree = &structured.tree;
        for duplicate in &tree.duplicates {
            let name = tree.str(duplicate.second).unwrap_or("?");
            let is_merge = name == "<<";
            let holds = home.holds(&Range::since(Release::DUPLICATES_VOID));
            let (severity, what) = match holds {
                Holds::Always => (
                    Severity::Error,
                    "Hermes refuses the whole config and runs on its defaults".to_owned(),
                ),
                // Readers that take the last one apply both merges.
                Holds::Never if is_merge => continue,
                // Older releases go on with the last one: the update is what breaks it.
                Holds::Never | Holds::Depends { .. } => (
                    Severity::Warning,
                    "the first one is lost, and from 0.22.2 on the whole config is".to_owned(),
                ),
            };
            let place = Place::new(config, tree.span(duplicate.second), name);
            let first = Place::new(config, tree.span(duplicate.first), name);
            findings.add(
                DuplicateKey::META
                    .at(&place)
                    .severity(in_force(home, severity))
                    .message(format!("`{name}` stands twice in one mapping: {what}"))
                    .label("a second time")
                    .related(&first, "the first one")
                    .help(format!("merge both under one `{name}:`")),
            );
        }
    }
}
