//! The notation of `rules/hermes/asked_commands.yaml`: what a dangerous command looks like, in words instead of a
//! regular expression.
//!
//! A form is compiled to a regular expression. The parts that recur have names, so that a row reads like the command it
//! describes; the price is a small compiler and a list of names, which are explained here and nowhere else.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::BTreeMap;
use std::fmt;

use regex::{Regex, RegexBuilder};

/// Where a simple command can begin, with what may stand before it in this order.
const START: &str = r"(?:^|[\n`]|\$\()\s*(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+(?:\w+=\S*\s+)*)?(?:(?:exec|nohup|setsid|time)\s+)*\s*";
/// Control characters that are seen by nobody; a joiner counts outside of an emoji.
const INVISIBLE: &str = concat!(
    r"(?:[\u{200b}\u{200c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{feff}\u{180e}\u{e0000}-\u{e007f}]",
    r"|(?:^|[^\u{1f000}-\u{1faff}\u{2600}-\u{27bf}\u{fe0f}])\u{200d}|\u{200d}(?:[^\u{1f000}-\u{1faff}\u{2600}-\u{27bf}]|\z))",
);

/// What is built in.
const BUILT_IN: &[(&str, &str)] = &[
    // Stretches of anything.
    ("any", r".*"),
    ("line", r"[^\n]*"),
    ("command", r"[^\n;|&]*"),
    ("segment", r"[^\n;|&]*?"),
    ("stage", r"[^|]*"),
    ("operands", r#"[^\n"';|&]*?"#),
    // Within a word.
    ("word", r"\S+"),
    ("more", r"\S*"),
    ("lazy", r"\S*?"),
    ("plain", r#"[^\s"']*"#),
    ("letters", r"[a-z]*"),
    ("letter", r"[a-z]"),
    ("name", r"\w*"),
    ("letter-or-digit", r"\w"),
    ("rwx", r"[rwx]*"),
    ("drive", r"[a-z]:"),
    ("glob", r"[*?\[]"),
    ("in-brace", r"[^}\s]*"),
    ("capital-d", r"(?-i:-D)"),
    ("upload-letters", r"(?-i:-[a-zA-Z]*[dFT])"),
    // Within quotes or parentheses.
    ("quote", r#"["']"#),
    ("no-double", r#"[^"]*"#),
    ("no-single", r"[^']*"),
    ("no-paren", r"[^)]*"),
    // Options: each with a value or without, and what joins an option to its value.
    ("flags", r"(?:-\S*\s+)*"),
    ("options", r"(?:-\S+(?:\s+(?:[^-\s]\S*|-))?\s+)*"),
    ("container", r"(?:-\S+(?:\s(?:[^-\s]\S*|-))?\s+)*"),
    ("given", r"[=\s]+"),
    // Paths.
    ("path", r"[/\w]*"),
    ("folder", r#"[^\s/"'`]+"#),
    ("dotted", r#"[^/\s"'`]+"#),
    ("folder-name", r"[^\\/\s]+"),
    ("slash", r"[\\/]"),
    ("edge", r#"(?:[\s;&|<>"']|\n?\z)"#),
    // Blanks, beginnings and ends.
    ("gap", r"\s*"),
    ("blank", r"\s"),
    ("separators", r"[;&|]+"),
    ("start", START),
    ("line-start", r"^"),
    ("end", r"\n?\z"),
    ("tail", r"(?:\s*(?:&&|\|\||;).*)?\n?\z"),
    ("no-word", r"\b{end-half}"),
    ("not-in-number", r"(?:^|[^\d.])"),
    ("number-ends", r"(?:[^\d.]|\z)"),
    ("not-in-host", r"(?:^|[^\w.-])"),
    ("host-ends", r"(?:[^\w.-]|\z)"),
    ("invisible", INVISIBLE),
];

/// Parts may hold parts, but not without end.
const DEEPEST: usize = 16;

/// What is wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError(String);

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FormError {}

/// Compiles `form`, whose parts are `parts`.
///
/// # Errors
/// When it names a part that there is none, nests parts without end, or is not balanced.
pub fn compile(form: &str, parts: &BTreeMap<String, String>) -> Result<Regex, FormError> {
    let mut pattern = String::new();
    translate(form, parts, DEEPEST, &mut pattern)?;
    RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .dot_matches_new_line(true)
        .size_limit(1 << 22)
        .build()
        .map_err(|error| FormError(error.to_string()))
}

fn translate(
    form: &str,
    parts: &BTreeMap<String, String>,
    depth: usize,
    out: &mut String,
) -> Result<(), FormError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(FormError("parts hold one another".to_owned()));
    };
    let mut rest = form.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' => out.push_str(r"\s+"),
            '%' => out.push_str(r"\b"),
            '(' => out.push_str("(?:"),
            '|' => out.push('|'),
            ')' => {
                out.push(')');
                if let Some(after) = rest.as_str().strip_prefix('*') {
                    out.push('*');
                    rest = after.chars();
                }
            }
            '<' => {
                let (name, after) = rest
                    .as_str()
                    .split_once('>')
                    .ok_or_else(|| FormError("`<` without `>`".to_owned()))?;
                rest = after.chars();
                if let Some((_, pattern)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
                    out.push_str(pattern);
                } else if let Some(part) = parts.get(name) {
                    out.push_str("(?:");
                    translate(part, parts, depth, out)?;
                    out.push(')');
                } else {
                    return Err(FormError(format!("there is no part `{name}`")));
                }
            }
            '\\' => literal(rest.next().unwrap_or('\\'), out),
            '>' => return Err(FormError("`>` without `<`: write `\\>`".to_owned())),
            other => literal(other, out),
        }
    }
    Ok(())
}

fn literal(c: char, out: &mut String) {
    let mut one = [0; 4];
    out.push_str(&regex::escape(c.encode_utf8(&mut one)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(form: &str, text: &str) -> bool {
        let parts = [("HOME", "(~|$home)/"), ("RC", "<HOME>.bashrc%")];
        let parts = parts.map(|(name, form)| (name.to_owned(), form.to_owned())).into();
        compile(form, &parts).unwrap().is_match(text)
    }

    #[test]
    fn words_and_blanks() {
        assert!(matches("%rm -<more>r", "x; rm  -fr y"));
        assert!(!matches("%rm -<more>r", "form -r"), "a word begins there");
        assert!(matches("%rm <flags>/", "rm -a -b /"));
        assert!(!matches("%rm <flags>/", "rm a /"));
    }

    #[test]
    fn choices_and_parts() {
        assert!(matches("\\>(\\>|)<gap><RC>", "echo x >>~/.bashrc"));
        assert!(matches("\\>(\\>|)<gap><RC>", "echo x > $HOME/.bashrc"));
        assert!(!matches("\\>(\\>|)<gap><RC>", "echo x > ~/.bashrcs"));
        assert!(matches("%a( -<word>)* b", "a -x -y b"));
        assert!(matches("%git branch <capital-d>%", "git branch -D x"));
        assert!(!matches("%git branch <capital-d>%", "git branch -d x"));
    }

    #[test]
    fn signs_are_themselves() {
        assert!(matches("a.b+[c]^${d}?", "A.B+[C]^${D}?"));
        assert!(!matches("a.b", "axb"));
        assert!(matches("\\(\\)\\|\\*\\\\", "()|*\\"));
    }

    #[test]
    fn mistakes_are_named() {
        let problem = |form: &str| compile(form, &BTreeMap::new()).unwrap_err().to_string();
        assert_eq!(problem("<nothing>"), "there is no part `nothing`");
        assert_eq!(problem("a > b"), "`>` without `<`: write `\\>`");
        assert_eq!(problem("a <b"), "`<` without `>`");
        assert!(problem("(a").contains("unclosed group"));
        let own = [("A".to_owned(), "<A>".to_owned())].into();
        assert_eq!(compile("<A>", &own).unwrap_err().to_string(), "parts hold one another");
    }
}
