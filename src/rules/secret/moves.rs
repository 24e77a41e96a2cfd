//! How a credential in a config gets out of it: to a variable of the home's `.env`, where Hermes expands a reference.
//!
//! The rules of this family see one file at a time; where a value may be a reference, and which dotenv file belongs to
//! the config, only the deployment knows. So the fixes are added once everything is joined. They carry no value.

use crate::deployment::{Deployment, Home};
use crate::document::tree::Value;
use crate::document::{Document, Kind, Standing};
use crate::facts::Holds;
use crate::finding::{Action, Finding, Fix};
use crate::rules::config::keys::{Key, walk};
use crate::rules::config::references::{Form, Reader, is_expanded, reader};
use crate::rules::secret::named_literal::as_fixed;
use crate::span::Span;

/// Longest name of a key that a variable is named after, in bytes.
const LONGEST: usize = 28;
/// The file that Hermes loads variables from.
const ENV: &str = ".env";

/// Gives findings about credentials in a config the fix that moves them.
pub fn attach(deployment: &Deployment<'_>, findings: &mut [Finding]) {
    let mut wanted: Vec<&mut Finding> = findings
        .iter_mut()
        .filter(|finding| finding.rule.starts_with("secret/") && finding.fix.is_none())
        .collect();
    if wanted.is_empty() {
        return;
    }
    for home in &deployment.homes {
        let Some(config) = home.config().filter(|config| is_live(home, config)) else { continue };
        let path = &config.text.path().display;
        let mut own: Vec<&mut &mut Finding> = wanted
            .iter_mut()
            .filter(|finding| *finding.location.path == **path && finding.fix.is_none())
            .collect();
        if own.is_empty() {
            continue;
        }
        for (span, key) in in_values(home, config) {
            let region = config.text.locate(span).region;
            let found = own.iter_mut().find(|one| one.location.region == region);
            if let Some(finding) = found {
                let Some((fix, variable)) = fix(home, config, span, &key, finding) else {
                    continue;
                };
                finding.fix = Some(fix);
                let name = key.path.last().map_or("", |name| name);
                let help = finding.help.as_deref();
                if let Some(help) =
                    help.and_then(|help| as_fixed(help, &key.route, name, &variable))
                {
                    finding.help = Some(help.into());
                }
            }
        }
    }
}

/// True for the config that the home runs on, with a dotenv file beside it that is known or not there.
fn is_live(home: &Home<'_>, config: &Document) -> bool {
    let path = config.text.path();
    config.standing == Standing::Live
        && matches!(config.kind, Kind::Config(_))
        && path.file_name() == "config.yaml"
        && path.archive().is_none()
        && !home.is_env_unread()
}

/// The credentials that stand in values which the home's release expands, each with its key.
fn in_values<'d>(home: &Home<'d>, config: &'d Document) -> Vec<(Span, Key<'d, 'd>)> {
    let mut all = Vec::new();
    let inert = home.knowledge.facts().inert();
    walk(home, |key| {
        if inert.key(&key.path).is_some() {
            return false;
        }
        let value = key.tree().span(key.entry.value);
        if matches!(key.value(), Value::Str(_)) && !key.is_hole() {
            let reader = reader(home, &key.path);
            let expanded =
                reader != Reader::Own && is_expanded(home, reader, Form::Braced) == Holds::Always;
            let inside = config.text.secrets().iter().filter(|span| value.contains(**span));
            all.extend(inside.filter(|_| expanded).map(|span| (*span, key.kept())));
        }
        true
    });
    all
}

fn fix(
    home: &Home<'_>,
    config: &Document,
    span: Span,
    key: &Key<'_, '_>,
    finding: &Finding,
) -> Option<(Fix, String)> {
    let provider =
        finding.credential.as_ref().and_then(|credential| credential.provider.as_deref());
    let variable = name(home, provider, &key.route);
    let value = std::str::from_utf8(span.of(config.text.bytes())).ok()?;
    // Hermes takes lines that run together apart: what looks like the beginning of another one is left. And a name that
    // is as long as a credential may be one.
    if looks_like_assignment(value) || key.path.iter().any(|name| name.len() > LONGEST) {
        return None;
    }
    let reference = config.referring(span, &format!("${{{variable}}}"))?;
    let path = config.text.path();
    let folder = path.folder();
    let to = if folder.is_empty() { ENV.to_owned() } else { format!("{folder}/{ENV}") };
    let description = format!("move it to {variable} in {to}");
    let action = Action::MoveSecret {
        path: path.display.clone(),
        start: span.start,
        end: span.end,
        reference,
        variable: variable.clone(),
        to,
    };
    Some((Fix { description, safe: false, edits: Vec::new(), actions: vec![action] }, variable))
}

/// The variable to move a credential to: the provider's own where Hermes keeps it from the commands it runs, else one
/// that nothing else reads.
fn name(home: &Home<'_>, provider: Option<&str>, route: &str) -> String {
    let credentials = home.knowledge.facts().credentials();
    if let Some(provider) = provider {
        let name = format!("{}_API_KEY", upper(provider));
        if credentials.provider(&name) == Some(provider) && credentials.is_held_back(&name) {
            return name;
        }
    }
    format!("CONFIG_{}", upper(route))
}

/// `custom_providers[0].api_key` as `CUSTOM_PROVIDERS_0_API_KEY`.
fn upper(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_uppercase).collect::<Vec<_>>().join("_")
}

fn looks_like_assignment(value: &str) -> bool {
    value.match_indices('=').any(|(at, _)| {
        let before = value.get(..at).unwrap_or_default();
        let name = before.len()
            - before.trim_end_matches(|c: char| c.is_ascii_uppercase() || c == '_').len();
        name >= 3 && at + 1 < value.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_keys() {
        assert_eq!(upper("custom_providers[0].api_key"), "CUSTOM_PROVIDERS_0_API_KEY");
        assert_eq!(upper("mcp_servers.my-db.headers.X-Key"), "MCP_SERVERS_MY_DB_HEADERS_X_KEY");
    }

    #[test]
    fn lines_that_could_be_two_are_left() {
        assert!(looks_like_assignment("abcAPI_KEY=def"));
        assert!(!looks_like_assignment("YWJjRA==") && !looks_like_assignment("user:pw=1"));
    }
}
