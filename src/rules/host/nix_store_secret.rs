//! `host/nix-store-secret`: a secret goes into the environment of a service by way of the Nix store.
//!
//! Only `environment` is looked at: it always ends in a unit file in the store, whatever the expression is. What other
//! options do with a value is for their modules to say.

use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};
use crate::secrets::{self, Context, classify, is_secret_name};

/// A secret goes into the environment of a service by way of the Nix store.
pub struct NixStoreSecret;

impl FileRule for NixStoreSecret {
    const META: RuleMeta = RuleMeta {
        id: "host/nix-store-secret",
        summary: "a secret goes into the Nix store",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[522, 538],
        since: "0.1.0",
        page: page!("host/nix-store-secret"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        let Kind::Nix(attributes) = &file.document.kind else { return };
        let bytes = file.document.text.bytes();
        let credentials = file.knowledge.facts().credentials();
        for attribute in attributes {
            let Some((name, above)) = attribute.path.split_last() else { continue };
            let mut above = above.iter().map(|part| part.of(bytes));
            let in_environment = above.clone().any(|part| part == b"environment");
            if !in_environment || !above.any(|part| has(part, b"hermes")) {
                continue;
            }
            let name = String::from_utf8_lossy(name.of(bytes));
            if !(credentials.is_listed(&name) || is_secret_name(&name)) {
                continue;
            }
            let value = String::from_utf8_lossy(attribute.value.of(bytes));
            // A literal is a secret in a file of its own right, and reported as such.
            if is_harmless(&value) || file.secrets.iter().any(|s| s.span.overlaps(attribute.value))
            {
                continue;
            }
            let path: Vec<_> =
                attribute.path.iter().map(|part| String::from_utf8_lossy(part.of(bytes))).collect();
            findings.add(
                Self::META
                    .at(&Place::new(file.document, attribute.key, path.join(".")))
                    .message(format!(
                        "`{name}` becomes a line of a unit in the Nix store, which every account of the \
                         machine can read and every copy of the system carries along"
                    ))
                    .label("readable by all")
                    .help(
                        "drop it here, and name a file that is made at activation: \
                         `environmentFiles = [ config.sops.secrets.hermes-env.path ];` (agenix: `config.age.secrets...`)",
                    ),
            );
        }
    }
}

/// True when a name has `word` in it, whatever the case.
fn has(name: &[u8], word: &[u8]) -> bool {
    name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// True for what holds no secret: the path of a file, nothing, a placeholder.
fn is_harmless(value: &str) -> bool {
    let value = value.trim();
    let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let placeholder = |text: &str| {
        let kind = classify(text.as_bytes(), &Context::default()).kind;
        !matches!(kind, secrets::Kind::Literal | secrets::Kind::Word) && !text.contains("${")
    };
    value.ends_with(".path")
        || value.contains(".placeholder")
        || value == "null"
        || value.starts_with(['/', '.'])
        || text.is_some_and(placeholder)
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn paths_and_placeholders_are_harmless() {
        for value in [
            "config.sops.secrets.x.path",
            "\"\"",
            "null",
            "\"changeme\"",
            "config.sops.placeholder.x",
            "./x",
        ] {
            assert!(is_harmless(value), "{value}");
        }
        for value in
            ["vars.app.token", "\"${vars.token}\"", "builtins.readFile ./token", "secrets.telegram"]
        {
            assert!(!is_harmless(value), "{value}");
        }
    }
}
