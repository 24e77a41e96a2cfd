//! `config/tls-unverified`: an endpoint's certificate is not checked.

use super::keys::{Key, in_force, walk};
use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::is_local_url;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A certificate is not checked.
pub struct TlsUnverified;

/// Sections whose endpoints get a key.
const SECTIONS: &[&str] =
    &["model", "providers", "custom_providers", "fallback_providers", "auxiliary", "mcp_servers"];
/// Keys that name the endpoint.
const URLS: &[&str] = &["base_url", "url", "api", "api_base", "endpoint"];

impl HomeRule for TlsUnverified {
    const META: RuleMeta = RuleMeta {
        id: "config/tls-unverified",
        summary: "the certificate of an endpoint is not checked",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[295],
        since: "0.1.0",
        page: page!("config/tls-unverified"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        walk(home, |key| {
            let section = key.path.first().copied().unwrap_or_default();
            if !SECTIONS.contains(&section) {
                return false;
            }
            if key.name() == "ssl_verify" && is_off(key) && !key.is_hole() {
                report(home, key, section, findings);
            }
            true
        });
    }
}

fn is_off(key: &Key<'_, '_>) -> bool {
    match key.value() {
        Value::Bool(value) => !value,
        Value::Str(text) => {
            ["false", "0", "no", "off"].contains(&text.trim().to_ascii_lowercase().as_str())
        }
        Value::Int(number) => *number == 0,
        _ => false,
    }
}

fn report(home: &Home<'_>, key: &Key<'_, '_>, section: &str, findings: &mut Findings) {
    let tree = key.tree();
    let url = URLS.iter().find_map(|name| tree.str(tree.get(key.map, name)?));
    let (severity, note) = match url {
        // A server that is a program has no certificate.
        None if section == "mcp_servers" => return,
        Some(url) if is_local_url(url) => {
            (Severity::Info, Some("the endpoint is in the local network"))
        }
        Some(url) if url.trim_start().starts_with("http:") => (
            Severity::Error,
            Some("the URL is plain http: there is no certificate to check at all"),
        ),
        _ => (Severity::Error, None),
    };
    findings.add(
        TlsUnverified::META
            .at(&key.value_place())
            .severity(in_force(home, severity))
            .message(format!(
                "`{}: false`: whoever sits between sees the key and everything sent, and can answer instead",
                key.route
            ))
            .label("certificate not checked")
            .help("remove the line; for a private authority write `ssl_ca_cert: /path/to/ca.pem`")
            .notes(note.map(str::to_owned)),
    );
}
