//! `config/masked-key`: what stands under a secret's name is how Hermes shows the secret, not the secret.

use super::keys::walk;
use crate::deployment::Home;
use crate::document::Standing;
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};
use crate::secrets::is_secret_name;

/// The masked form of a key was saved over the key.
pub struct MaskedKey;

impl HomeRule for MaskedKey {
    const META: RuleMeta = RuleMeta {
        id: "config/masked-key",
        summary: "the masked form of a key was saved over the key",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[1188],
        since: "0.1.0",
        page: page!("config/masked-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        // In a template it is as good a placeholder as any.
        if home.is_template()
            || home.config().is_none_or(|config| config.standing != Standing::Live)
        {
            return;
        }
        walk(home, |key| {
            let Value::Str(text) = key.value() else { return true };
            if key.is_hole() || !is_secret_name(key.name()) {
                return true;
            }
            let (severity, what) = match masked(text.trim()) {
                Some(Masked::Ends) => {
                    (Severity::Warning, "the ends of a key with dots between them")
                }
                Some(Masked::Stars) => (Severity::Info, "the stars that stand for a key"),
                None => return true,
            };
            findings.add(
                Self::META
                    .at(&key.value_place())
                    .severity(severity)
                    .message(format!(
                        "`{}` is {what}: this is sent as the key, every call is refused, and what is \
                         configured as a fallback answers instead",
                        key.route
                    ))
                    .label("not the key")
                    .help(format!(
                        "put the key into ~/.hermes/.env, and write its name here: `{}: ${{NAME}}`",
                        key.name()
                    ))
                    .note("a tool that was shown the file with its secrets masked has written it back"),
            );
            true
        });
    }
}

/// How a key was masked.
#[derive(Debug, PartialEq, Eq)]
enum Masked {
    /// `sk-7c1...e04a`
    Ends,
    /// `***`
    Stars,
}

fn masked(text: &str) -> Option<Masked> {
    if text.len() >= 3 && text.bytes().all(|byte| byte == b'*') {
        return Some(Masked::Stars);
    }
    let (head, tail) = text.split_once("...")?;
    let plain = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    // `sk-...xxxx` is how people write "a key of yours".
    let drawn = tail.bytes().collect::<std::collections::HashSet<u8>>().len() > 1;
    let mixed = tail.bytes().any(|byte| byte.is_ascii_digit())
        || tail.bytes().any(|byte| byte.is_ascii_uppercase());
    let long = (4..=12).contains(&head.len()) && (4..=8).contains(&tail.len());
    let own = head.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len() < head.len();
    (plain(head) && plain(tail) && long && own && drawn && mixed).then_some(Masked::Ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hermes_shows_is_masked() {
        for text in ["sk-7c1...e04a", "ab12cd...9f0e", "sk-or-v1...Xy9z", "ghp_a1b2...c3D4"] {
            assert_eq!(masked(text), Some(Masked::Ends), "{text}");
        }
        for text in ["***", "********"] {
            assert_eq!(masked(text), Some(Masked::Stars), "{text}");
        }
        for text in [
            "sk-...xxxx",
            "sk-ant-...",
            "...",
            "your...key",
            "xxxx...0000",
            "sk-...a1b2",
            "**",
            "a/b...c1d2",
            "",
        ] {
            assert_eq!(masked(text), None, "{text}");
        }
    }
}
