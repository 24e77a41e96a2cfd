//! `gateway/webhook-weak-secret`: a webhook secret is short enough to be guessed.

use crate::deployment::{Home, UNSIGNED};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{is_on, missing};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A webhook secret is short enough to be guessed.
pub struct WebhookWeakSecret;

/// Half of the 64 hex digits that `openssl rand -hex 32` gives.
const LENGTH: usize = 32;

impl HomeRule for WebhookWeakSecret {
    const META: RuleMeta = RuleMeta {
        id: "gateway/webhook-weak-secret",
        summary: "a webhook secret is short enough to be guessed",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[521],
        since: "0.1.0",
        page: page!("gateway/webhook-weak-secret"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if !is_on(home, "webhook") {
            return;
        }
        for secret in home.webhook_secrets() {
            if secret.text == UNSIGNED || secret.text.chars().count() >= LENGTH {
                continue;
            }
            findings.add(
                Self::META
                    .at(&secret.place)
                    .message(format!(
                        "the secret of {} has fewer than {LENGTH} characters: one signed delivery is \
                         enough to guess it offline",
                        secret.of
                    ))
                    .label("short secret")
                    .severity(missing(home, Severity::Warning))
                    .note("Hermes asks for no minimum length")
                    .help("use the output of `openssl rand -hex 32`, another one for each route"),
            );
        }
    }
}
