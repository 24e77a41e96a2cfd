//! `secret/named-literal`: a value of no known shape under a secret's name, in a file that Hermes reads.

use super::{File, Reader, SecretOrigin, belongs};
use crate::deployment::{Port, services};
use crate::document::{Kind, Place, Standing};
use crate::facts::{Platform, Platforms, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// A literal stands under a secret's name in a file that Hermes reads.
pub struct NamedLiteral;

impl FileRule for NamedLiteral {
    const META: RuleMeta = RuleMeta {
        id: "secret/named-literal",
        summary: "a literal stands under the name of a secret",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file", "no-secrets-in-vcs", "sensitive-data-stripped"],
        cwe: &[798],
        since: "0.1.0",
        page: page!("secret/named-literal"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        if belongs(file.document) {
            return;
        }
        for secret in file.secrets {
            let SecretOrigin::Name { name, strong, reader } = &secret.origin else { continue };
            if *reader == Reader::Other {
                continue;
            }
            let place = Place::new(file.document, secret.span, secret.route.clone());
            // A plain word may be a placeholder that nobody's list has; in a template it nearly always is.
            let (severity, confidence) = match (strong, reader, file.document.standing) {
                (false, _, Standing::Template) => (Severity::Info, Confidence::Low),
                (false, Reader::Neighbour, _) if !is_published(file, &secret.route) => {
                    (Severity::Info, Confidence::Medium)
                }
                (false, ..) | (true, Reader::Neighbour, _) => {
                    (Severity::Warning, Confidence::Medium)
                }
                (true, ..) => (Severity::Error, Confidence::High),
            };
            let inside_reference = secret.span.of(file.document.text.bytes()).starts_with(b"${");
            let expands = matches!(file.document.kind, Kind::Compose(_));
            let message = match (inside_reference, expands) {
                (true, true) => {
                    format!("`{name}` falls back to a literal when its variable is not set")
                }
                (true, false) => {
                    format!(
                        "`{name}` holds a literal as a reference's default, which Hermes does not expand"
                    )
                }
                _ => format!("`{name}` holds a literal, not a reference: {}", secret.shown),
            };
            findings.add(
                Self::META
                    .at(&place)
                    .severity(severity)
                    .confidence(confidence)
                    .message(message)
                    .label(if inside_reference { "a literal default" } else { "a literal secret" })
                    .credential(secret.credential(file.document))
                    .help(help(file, name, &secret.route)),
            );
        }
    }
}

/// True for a service of a compose file that every network of the host can reach: a word that everybody knows is
/// then no password.
fn is_published(file: &File<'_>, route: &str) -> bool {
    if !matches!(file.document.kind, Kind::Compose(_)) {
        return false;
    }
    services(file.document).iter().any(|service| {
        let own = route
            .strip_prefix("services.")
            .and_then(|rest| rest.strip_prefix(service.name.as_str()))
            .is_some_and(|rest| rest.starts_with('.'));
        own && service.ports.iter().any(Port::is_public)
    })
}

/// The exact edit, by the kind of file.
fn help(file: &File<'_>, name: &str, route: &str) -> String {
    let variable = variable_for(route, name);
    let platforms = file.knowledge.facts().platforms();
    match &file.document.kind {
        // A platform's block is not expanded by every release; its own variable always works.
        Kind::Config(_) if let Some(platform) = platform_of(platforms, route) => format!(
            "revoke it, put the new one into ~/.hermes/.env as {}=..., and drop `{name}` here",
            platform.secrets.first().map_or(variable.as_str(), String::as_str)
        ),
        Kind::Config(_) => moved(name, &variable),
        Kind::Unit(_) => format!(
            "revoke the key, put the new one into ~/.hermes/.env (mode 0600), and drop {name} from Environment="
        ),
        Kind::Compose(_) => {
            format!(
                "revoke the key, and pass it through: `{name}: ${{{name}}}` with the value in a .env that git ignores"
            )
        }
        Kind::Dockerfile(_) => format!(
            "revoke the key, drop the line (every layer keeps it), and pass {name} when the container starts"
        ),
        Kind::Env(_) => format!("revoke the key, and leave `{name}=` empty in what is published"),
        _ => format!("revoke the key, and read it from the environment: {variable}"),
    }
}

/// The edit of a config: `name` refers to `variable`.
fn moved(name: &str, variable: &str) -> String {
    format!(
        "revoke the key, put the new one into ~/.hermes/.env as {variable}=..., and write `{name}: ${{{variable}}}` here"
    )
}

/// The same help with the variable that the fix at `route` uses, where `help` is the one that names another.
pub(super) fn as_fixed(help: &str, route: &str, name: &str, variable: &str) -> Option<String> {
    (help == moved(name, &variable_for(route, name))).then(|| moved(name, variable))
}

/// The platform whose block of config.yaml `route` lies in.
fn platform_of<'p>(platforms: &'p Platforms, route: &str) -> Option<&'p Platform> {
    let below = route.strip_prefix("gateway.").unwrap_or(route);
    let below = below.strip_prefix("platforms.").unwrap_or(below);
    platforms.get(below.split('.').next()?)
}

/// The variable to use in place of a key's literal: the key's name, after what it belongs to.
fn variable_for(route: &str, name: &str) -> String {
    let above = route.rsplit_once('.').map_or("", |(above, _)| above);
    let owner = above.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default();
    // Long names and whole variables say enough on their own.
    let plain = name.to_ascii_uppercase() == name || name.len() > 12 || owner.is_empty();
    let joined = if plain { name.to_owned() } else { format!("{owner}_{name}") };
    let mut variable = String::new();
    for c in joined.chars() {
        if c.is_ascii_uppercase() && variable.ends_with(|last: char| last.is_ascii_lowercase()) {
            variable.push('_');
        }
        variable.push(if c.is_ascii_alphanumeric() { c } else { '_' });
    }
    variable.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_variables() {
        assert_eq!(variable_for("auxiliary.vision.api_key", "api_key"), "VISION_API_KEY");
        assert_eq!(variable_for("credential_pools.openrouter[0].key", "key"), "OPENROUTER_KEY");
        assert_eq!(variable_for("gateway.idp.clientSecret", "clientSecret"), "IDP_CLIENT_SECRET");
        assert_eq!(variable_for("mcp_servers.a.env.EXA_API_KEY", "EXA_API_KEY"), "EXA_API_KEY");
        assert_eq!(variable_for("api_key", "api_key"), "API_KEY");
    }
}
