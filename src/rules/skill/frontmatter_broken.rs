//! `skill/frontmatter-broken`: Hermes does not read the frontmatter as its author meant it.

use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// A skill's frontmatter is no YAML.
pub struct FrontmatterBroken;

impl FileRule for FrontmatterBroken {
    const META: RuleMeta = RuleMeta {
        id: "skill/frontmatter-broken",
        summary: "the frontmatter of a skill is not YAML",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["skills-reviewed"],
        cwe: &[1286],
        since: "0.1.0",
        page: page!("skill/frontmatter-broken"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        let Kind::Skill(skill) = &file.document.kind else { return };
        let Some(error) = &skill.error else { return };
        let mut draft = Self::META
            .at(&Place::new(file.document, error.span, "frontmatter"))
            .message(format!(
                "the frontmatter is not YAML ({}): Hermes falls back to plain `key: value` lines, and lists, conditions and platforms in it are lost",
                error.message
            ))
            .label("not YAML")
            .help("put quotes around values that hold `: ` or ` #`, and use spaces for tabs: `description: \"fetches: and sorts\"`");
        if let Some((text, span)) = &error.context {
            draft = draft.related(&Place::new(file.document, *span, ""), text.clone());
        }
        findings.add(draft);
    }
}
