//! Hermes's clean-up of a command before any pattern sees it.
//!
//! Two things Hermes does are left out: folding this machine's home folder to `~` (the linter may run
//! elsewhere) and full NFKC (only the forms that spell ASCII are folded, which spares a Unicode table).
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Kind, Recognise, Text};

/// Escape sequences gone, line continuations joined, backslashes and empty quotes dropped, `$IFS` a
/// blank.
pub(super) fn normalise(command: &str) -> String {
    let plain: String = strip_escapes(command)
        .chars()
        .filter(|&c| c != '\0')
        .map(fold_compatibility_form)
        .collect();
    let joined = plain.replace("\\\r\n", "").replace("\\\n", "");
    blank_ifs(&drop_empty_quotes(&drop_backslashes(&joined)))
}

/// Removes terminal escape sequences (ECMA-48: CSI, OSC, strings, single-character escapes, C1).
fn strip_escapes(text: &str) -> String {
    static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"(?s)\x1b(?:\[[0-?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\)|[PX^_].*?\x1b\\|[ -/]+[0-~]|[0-~])",
            r"|\u{9b}[0-?]*[ -/]*[@-~]|\u{9d}.*?[\x07\u{9c}]|[\u{80}-\u{9f}]",
        ))
        .ok()
    });
    if !text.contains(|c| c == '\u{1b}' || ('\u{80}'..='\u{9f}').contains(&c)) {
        return text.to_owned();
    }
    match &*ESCAPES {
        Some(escapes) => escapes.replace_all(text, "").into_owned(),
        None => text.to_owned(),
    }
}

/// The ASCII character a full-width or no-break form stands for.
fn fold_compatibility_form(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - u32::from('\u{ff01}') + u32::from('!')).unwrap_or(c)
        }
        '\u{a0}' | '\u{3000}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ' ',
        '\u{2024}' => '.',
        '\u{fe68}' => '\\',
        other => other,
    }
}

fn drop_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next)) if next != '\n' => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

fn drop_empty_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if (c == '\'' || c == '"') && chars.peek() == Some(&c) {
            chars.next();
        } else {
            out.push(c);
        }
    }
    out
}

fn blank_ifs(text: &str) -> String {
    static IFS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{IFS\b[^}]*\}|\$IFS\b").ok());
    match &*IFS {
        Some(ifs) if text.contains("IFS") => ifs.replace_all(text, " ").into_owned(),
        _ => text.to_owned(),
    }
}

/// Newlines inside quotes become blanks, except in a substitution that double quotes hold: that one
/// runs.
pub(super) fn mask_quoted_newlines(command: &str) -> String {
    if !command.contains('\n') {
        return command.to_owned();
    }
    let text = Text::new(command);
    let mut masked = text.chars.clone();
    let recognise = Recognise { quoted_substitutions: true, ..Recognise::default() };
    let mut bodies = vec![(0, text.len())];
    while let Some((start, end)) = bodies.pop() {
        for step in text.scan(start, end, recognise) {
            match (step.kind, step.end) {
                (Kind::Substitution, Some(close)) => {
                    let opener = if text.get(step.start) == Some('`') { 1 } else { 2 };
                    bodies.push((step.start + opener, close - 1));
                }
                (Kind::Char, _) if step.quote.is_some() => {
                    if let Some(slot) = masked.get_mut(step.start).filter(|c| **c == '\n') {
                        *slot = ' ';
                    }
                }
                _ => {}
            }
        }
    }
    masked.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_collapse() {
        for (raw, clean) in [
            (r"r\m -rf x", "rm -rf x"),
            ("r''m -rf x", "rm -rf x"),
            ("rm -rf \\\n/", "rm -rf /"),
            ("rm${IFS}-rf$IFS/", "rm -rf /"),
            ("rm${IFS:0:1}x $IFSX", "rm x $IFSX"),
            ("\u{1b}[31mrm\u{1b}[0m x", "rm x"),
            ("ｒｍ\u{a0}-rf", "rm -rf"),
            ("a\\\\b", "a\\b"),
        ] {
            assert_eq!(normalise(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn only_dead_newlines_are_masked() {
        assert_eq!(mask_quoted_newlines("a 'b\nc'\nd"), "a 'b c'\nd");
        assert_eq!(mask_quoted_newlines("\"x\n$(y\nz)\""), "\"x $(y\nz)\"");
        assert_eq!(mask_quoted_newlines("\"$(a \"b\nc\")\""), "\"$(a \"b c\")\"");
    }
}
