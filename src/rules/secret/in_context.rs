//! `secret/in-context`: a value that its name or its place makes a credential, in a file that nothing here parses.

use super::{File, SecretOrigin, belongs};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// A value of no known shape is used as a credential.
pub struct InContext;

impl FileRule for InContext {
    const META: RuleMeta = RuleMeta {
        id: "secret/in-context",
        summary: "a value is used as a password, key or token",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["no-secrets-in-vcs"],
        cwe: &[798],
        since: "0.1.0",
        page: page!("secret/in-context"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        if belongs(file.document) {
            return;
        }
        for secret in file.secrets {
            let SecretOrigin::Context { name, reason, confidence } = &secret.origin else {
                continue;
            };
            let severity = match confidence {
                Confidence::High => Severity::Error,
                Confidence::Medium => Severity::Warning,
                Confidence::Low => Severity::Info,
            };
            let place = Place::new(file.document, secret.span, secret.route.clone());
            findings.add(
                Self::META
                    .at(&place)
                    .severity(severity)
                    .confidence(*confidence)
                    .message(format!("a literal credential at `{name}`: {}", secret.shown))
                    .label(*reason)
                    .help("revoke it, and read the new one from the environment or a secret store")
                    .credential(secret.credential(file.document))
                    .anchor(name.clone()),
            );
        }
    }
}
