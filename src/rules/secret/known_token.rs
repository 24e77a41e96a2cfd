//! `secret/known-token`: a credential of a known shape in a file where none belongs.

use super::{File, SecretOrigin, belongs};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// A credential of a known shape stands in a file where none belongs.
pub struct KnownToken;

impl FileRule for KnownToken {
    const META: RuleMeta = RuleMeta {
        id: "secret/known-token",
        summary: "a credential of a known shape is hard-coded",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file", "no-secrets-in-vcs", "sensitive-data-stripped"],
        cwe: &[798],
        since: "0.1.0",
        page: page!("secret/known-token"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        if belongs(file.document) {
            return;
        }
        for secret in file.secrets {
            let SecretOrigin::Detector { id, what, rotate, severity, confidence, note, .. } =
                &secret.origin
            else {
                continue;
            };
            let place = Place::new(file.document, secret.span, secret.route.clone());
            let draft = Self::META.at(&place);
            let anchor = secret.anchor(file.document, draft.location());
            let draft = draft
                .severity(*severity)
                .confidence(*confidence)
                .message(format!("{what} in a file where none belongs: {}", secret.shown))
                .label(id.clone())
                .help(rotate.clone())
                .notes(note.map(|note| note.to_string()))
                .credential(secret.credential(file.document))
                .anchor(anchor);
            findings.add(match &secret.pair {
                Some((span, what)) => draft.related(
                    &Place::new(file.document, *span, String::new()),
                    format!("the other half: {what}"),
                ),
                None => draft,
            });
        }
    }
}
