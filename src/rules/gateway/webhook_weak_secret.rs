//! `gateway/webhook-weak-secret`: a webhook secret is short enough to be guessed.

use crate::deployment::{BLANKS_TAKEN, Home, UNSIGNED, WebhookSecret};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{by_release, in_force, is_on, missing};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};

/// A webhook secret is short enough to be guessed.
pub struct WebhookWeakSecret;

/// Half of the 64 hex digits that `openssl rand -hex 32` gives.
const LENGTH: usize = 32;
/// Of a word that is compared as it is, and can only be guessed by asking.
const WORD: usize = 16;

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
        if is_on(home, "webhook") {
            for secret in home.webhook_secrets() {
                if secret.text.is_empty() {
                    blank(home, &secret, findings);
                } else if secret.text != UNSIGNED && secret.text.chars().count() < LENGTH {
                    findings.add(short(home, &secret));
                }
            }
        }
        let graph = home.graph_secret().filter(|_| is_on(home, "msgraph_webhook"));
        if let Some(secret) = graph.filter(|secret| secret.text.chars().count() < WORD) {
            findings.add(
                Self::META
                    .at(&secret.place)
                    .severity(Severity::Info)
                    .message(format!(
                        "the client state of {} has fewer than {WORD} characters: whoever finds it \
                         and sends from an allowed address can pose as Graph",
                        secret.of
                    ))
                    .label("short secret")
                    .help("use the output of `openssl rand -hex 32`, and renew the subscriptions with it"),
            );
        }
    }
}

fn short(home: &Home<'_>, secret: &WebhookSecret<'_>) -> Draft {
    WebhookWeakSecret::META
        .at(&secret.place)
        .message(format!(
            "the secret of {} has fewer than {LENGTH} characters: one signed delivery is enough to \
             guess it offline",
            secret.of
        ))
        .label("short secret")
        .severity(missing(home, Severity::Warning))
        .note("Hermes asks for no minimum length")
        .help("use the output of `openssl rand -hex 32`, another one for each route")
}

/// Later releases refuse such a secret, and nothing is open then.
fn blank(home: &Home<'_>, secret: &WebhookSecret<'_>, findings: &mut Findings) {
    let Some((severity, when)) = by_release(home, &BLANKS_TAKEN, Severity::Error) else { return };
    findings.add(
        WebhookWeakSecret::META
            .at(&secret.place)
            .message(format!(
                "the secret of {} is blank, and blanks are taken for a secret: everybody can sign \
                 deliveries",
                secret.of
            ))
            .label("blank secret")
            .severity(in_force(home, severity))
            .notes(when.map(|when| format!("so {when}")))
            .help("use the output of `openssl rand -hex 32`, another one for each route"),
    );
}
