//! References to variables in a config, and whether the part of Hermes that reads a place expands them.
//!
//! Three loaders read one file and expand three dialects; what a shell or a prompt makes of `$X` is theirs,
//! so text that goes to one is never taken for a reference.

use super::keys::Key;
use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::{Holds, Range, Release};

/// How a reference is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `${NAME}`
    Braced,
    /// `${env:NAME}`
    Scoped,
    /// `${NAME:-default}` and its relatives
    WithDefault,
    /// `$NAME` as the whole value
    Bare,
    /// `%NAME%` as the whole value
    Percent,
    /// `{{ … }}` as the whole value
    Braces,
}

/// A reference in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'t> {
    /// How it is written.
    pub form: Form,
    /// The variable; empty for [`Form::Braces`].
    pub name: &'t str,
}

/// What reads a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The common loader.
    Config,
    /// The MCP client, which expands once more.
    Mcp,
    /// The gateway's loader of platforms.
    Platform,
    /// Readers of the file as it is.
    Raw,
    /// A shell, a prompt, or a path that the operating system's rules expand: not judged.
    Own,
}

/// The platform loader expands from here on.
const PLATFORMS: Range = Range::since(Release::new(0, 21, 5));
/// The common loader knows `${env:NAME}` from here on.
const SCOPED: Range = Range::since(Release::new(0, 20, 0));

/// Names of keys whose text goes to a shell, a model or `expandvars`.
const OWN: &[&str] = &[
    "args",
    "command",
    "description",
    "environment_hint",
    "external_dirs",
    "filters",
    "hooks",
    "instructions",
    "personalities",
    "personality",
    "prompt",
    "prompts",
    "quick_commands",
    "script",
    "shell_init_files",
    "template",
    "trace_dir",
];

/// What reads the value at `path`, whose items are `[]`.
pub(crate) fn reader(home: &Home<'_>, path: &[&str]) -> Reader {
    let own = |segment: &&str| {
        OWN.contains(segment)
            || ["_prompt", "_prompts", "_template", "_command", "_instructions"]
                .iter()
                .any(|end| segment.ends_with(end))
    };
    if path.iter().any(own) || path.starts_with(&["skills", "config"]) {
        return Reader::Own;
    }
    match path {
        ["mcp_servers", ..] => Reader::Mcp,
        ["terminal", "env_passthrough" | "credential_files", ..]
        | ["security", "website_blocklist", ..] => Reader::Raw,
        _ if platform(home, path).is_some() => Reader::Platform,
        _ => Reader::Config,
    }
}

/// The id of the platform whose block `path` lies in.
pub(crate) fn platform<'p>(home: &Home<'_>, path: &[&'p str]) -> Option<&'p str> {
    let platforms = &home.knowledge.facts().platforms().platforms;
    let known = |id: &str| platforms.iter().any(|platform| platform.id == id);
    match path {
        ["platforms", id, _, ..] | ["gateway", "platforms", id, _, ..] => Some(id),
        ["gateway", id, _, ..] | [id, _, ..] if known(id) => Some(id),
        _ => None,
    }
}

/// In which releases `reader` expands a reference of this form; `None` for none.
pub(crate) fn expanded(reader: Reader, form: Form) -> Option<Range> {
    match (reader, form) {
        (Reader::Own, _)
        | (Reader::Config | Reader::Mcp, Form::Braced)
        | (Reader::Mcp, Form::Scoped) => Some(Range::ALWAYS),
        (Reader::Platform, Form::Braced | Form::Scoped) => Some(PLATFORMS),
        (Reader::Config, Form::Scoped) => Some(SCOPED),
        _ => None,
    }
}

/// Whether a reference of this form is expanded here.
pub(crate) fn is_expanded(home: &Home<'_>, reader: Reader, form: Form) -> Holds {
    expanded(reader, form).map_or(Holds::Never, |range| home.holds(&range))
}

/// The references of the scalar `key`, or of the scalars of a list below it.
pub(crate) fn of_key<'d>(key: &Key<'_, 'd>) -> Vec<(Reference<'d>, crate::document::Place<'d>)> {
    let tree = key.tree();
    let mut found = Vec::new();
    let mut take = |node, route: String| {
        if let Some(text) = tree.str(node)
            && !key.structured.is_hole(node)
        {
            let place = crate::document::Place::new(key.document, tree.span(node), route);
            found.extend(references(text).into_iter().map(|one| (one, place.clone())));
        }
    };
    match key.value() {
        Value::Str(_) => take(key.entry.value, key.route.to_string()),
        Value::Seq(items) => {
            for (number, &item) in items.iter().enumerate() {
                take(item, format!("{}[{number}]", key.route));
            }
        }
        _ => {}
    }
    found
}

/// The references in `text`, which is one setting's value.
pub(crate) fn references(text: &str) -> Vec<Reference<'_>> {
    let text = text.trim();
    let whole = whole(text);
    if !whole.is_empty() {
        return whole;
    }
    // Text with blanks is prose or a command, but for a scheme before a credential.
    let words = text
        .split_once(' ')
        .filter(|(scheme, _)| ["Bearer", "Basic", "Token", "token"].contains(scheme));
    let value = words.map_or(text, |(_, rest)| rest);
    if value.contains(char::is_whitespace) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((inner, tail)) = after.split_once('}') else { break };
        found.extend(braced(inner));
        rest = tail;
    }
    found
}

fn whole(text: &str) -> Vec<Reference<'_>> {
    let one = |form, name| vec![Reference { form, name }];
    if let Some(name) = text.strip_prefix('$').filter(|name| is_variable(name)) {
        return one(Form::Bare, name);
    }
    let percent = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    if let Some(name) = percent.filter(|name| is_variable(name)) {
        return one(Form::Percent, name);
    }
    let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    if inner.is_some_and(|inner| !inner.contains("}}")) {
        return one(Form::Braces, "");
    }
    Vec::new()
}

fn braced(inner: &str) -> Option<Reference<'_>> {
    let (form, inner) = match inner.strip_prefix("env:") {
        Some(rest) => (Form::Scoped, rest),
        None => (Form::Braced, inner),
    };
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match rest.chars().next() {
        None => Some(Reference { form, name }),
        Some(':' | '-' | '?' | '+' | '=') => Some(Reference { form: Form::WithDefault, name }),
        Some(_) => None,
    }
}

fn is_variable(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<(Form, &str)> {
        match references(text).as_slice() {
            [only] => Some((only.form, only.name)),
            _ => None,
        }
    }

    #[test]
    fn each_form_is_told_apart() {
        assert_eq!(one("${A_KEY}"), Some((Form::Braced, "A_KEY")));
        assert_eq!(one("https://${HOST}/v1"), Some((Form::Braced, "HOST")));
        assert_eq!(one("Bearer ${env:A}"), Some((Form::Scoped, "A")));
        assert_eq!(one("${A:-b}"), Some((Form::WithDefault, "A")));
        assert_eq!(one("${env:A:-b}"), Some((Form::WithDefault, "A")));
        assert_eq!(one("$ZAI_API_KEY"), Some((Form::Bare, "ZAI_API_KEY")));
        assert_eq!(one("%APPDATA%"), Some((Form::Percent, "APPDATA")));
        assert_eq!(one("{{ vault_key }}"), Some((Form::Braces, "")));
        assert_eq!(references("${A}:${B}").len(), 2);
    }

    #[test]
    fn other_text_is_no_reference() {
        for text in [
            "$5",
            "cost: $FOO and more",
            "cd ${ROOT:-.} && make",
            "pa$$word",
            "$HOME:/host",
            "${}",
            "${1}",
            "100%",
            "%d%",
            "{{ a }} and {{ b }}",
            "${unclosed",
            "",
        ] {
            assert_eq!(references(text), [], "{text}");
        }
    }
}
