//! `content/sensitive-data`: card, social security and account numbers where the model reads them.

use crate::content::personal::PersonalKind;
use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// How many numbers of one kind are shown one by one.
const SINGLE: usize = 5;

/// A memory, prompt or skill holds a number that belongs to a person.
pub struct SensitiveData;

impl FileRule for SensitiveData {
    const META: RuleMeta = RuleMeta {
        id: "content/sensitive-data",
        summary: "a card, social security or account number stands in what the model reads",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["sensitive-data-stripped"],
        cwe: &[359, 200],
        since: "0.1.0",
        page: page!("content/sensitive-data"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        let kinds = [PersonalKind::Card, PersonalKind::SocialSecurity, PersonalKind::Iban];
        for (kind, example) in kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
            let all: Vec<_> = file
                .personal
                .iter()
                .filter(|found| found.kind == kind && found.example == example)
                .collect();
            let shown = if all.len() > SINGLE { 1 } else { all.len() };
            for found in all.iter().take(shown) {
                let place = Place::new(file.document, found.span, "");
                let what = match kind {
                    PersonalKind::Card => "a payment card number",
                    PersonalKind::SocialSecurity => "a US social security number",
                    PersonalKind::Iban => "a bank account number (IBAN)",
                };
                let draft = Self::META
                    .at(&place)
                    .anchor(format!("{kind:?}"))
                    .label("shown to the model")
                    .help(help(&file.document.kind));
                findings.add(if example {
                    draft.severity(Severity::Info).message(format!(
                        "{what} that documentation uses as an example: nobody's, but a model may take it for one"
                    ))
                } else if all.len() > SINGLE {
                    draft.message(format!("{what} and {} more go to the model, its provider and its logs", all.len() - 1))
                } else {
                    draft.message(format!("{what} goes to the model, its provider and its logs"))
                });
            }
        }
    }
}

fn help(kind: &Kind) -> &'static str {
    match kind {
        Kind::Jobs(_) => {
            "take it out of the prompt; let the job read it from a system that checks who asks"
        }
        Kind::Skill(_) | Kind::SkillFile => {
            "take it out of the skill; write a placeholder such as `<card number>`"
        }
        _ => "take it out, and set `privacy.redact_pii: true` so that it does not come back",
    }
}
