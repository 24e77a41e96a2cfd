//! `secret/named-literal`: a value of no known shape under a secret's name, in a file that Hermes reads.

use super::{File, SecretOrigin, belongs};
use crate::document::{Kind, Place, Standing};
use crate::facts::Range;
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
            let SecretOrigin::Name { name, strong } = &secret.origin else { continue };
            let place = Place::new(file.document, secret.span, secret.route.clone());
            // A plain word may be a placeholder that nobody's list has; in a template it nearly always is.
            let (severity, confidence) = match (strong, file.document.standing) {
                (true, _) => (Severity::Error, Confidence::High),
                (false, Standing::Template) => (Severity::Info, Confidence::Low),
                (false, _) => (Severity::Warning, Confidence::Medium),
            };
            findings.add(
                Self::META
                    .at(&place)
                    .severity(severity)
                    .confidence(confidence)
                    .message(format!("`{name}` holds a literal, not a reference: {}", secret.shown))
                    .label("a literal secret")
                    .help(help(file, name)),
            );
        }
    }
}

/// The exact edit, by the kind of file.
fn help(file: &File<'_>, name: &str) -> String {
    let variable = variable_for(name);
    match &file.document.kind {
        Kind::Config(_) => format!(
            "revoke the key, put the new one into ~/.hermes/.env as {variable}=..., and write `{name}: ${{{variable}}}` here"
        ),
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

/// The variable to use in place of a key's literal.
fn variable_for(name: &str) -> String {
    let mut variable = String::new();
    for c in name.chars() {
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
        assert_eq!(variable_for("api_key"), "API_KEY");
        assert_eq!(variable_for("clientSecret"), "CLIENT_SECRET");
        assert_eq!(variable_for("x-api-key"), "X_API_KEY");
    }
}
