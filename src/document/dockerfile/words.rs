//! Words of a Dockerfile instruction: BuildKit's quoting, which is a shell's with a choice of escape
//! character. Spans are offsets in the logical line.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::Pair;
use crate::document::shell_words::{Spliced, Word};
use crate::span::Span;

/// A here-document that a line announces.
pub(super) struct Heredoc {
    pub(super) delimiter: String,
    /// `<<-`: tabs before the delimiter and the text do not count.
    pub(super) strip_tabs: bool,
}

pub(super) fn takes_flags(keyword: &str) -> bool {
    matches!(keyword, "FROM" | "RUN" | "COPY" | "ADD" | "HEALTHCHECK")
}

/// The part of `span` of `text` without blanks at its ends.
pub(super) fn trimmed(text: &str, span: Span) -> Span {
    let part = text.get(span.start..span.end).unwrap_or_default();
    let inner = part.trim();
    if inner.is_empty() {
        return Span::at(span.start);
    }
    let start = span.start + (part.len() - part.trim_start().len());
    Span::new(start, start + inner.len())
}

/// The first word of `text` from `at` on and the offset after it.
pub(super) fn first(text: &str, at: usize) -> (Span, usize) {
    let rest = trimmed(text, Span::new(at, text.len()));
    let part = text.get(rest.start..rest.end).unwrap_or_default();
    let len = part.find(char::is_whitespace).unwrap_or(part.len());
    (Span::new(rest.start, rest.start + len), rest.start + len)
}

/// The option that `text` has at `at`; `--` alone ends them.
pub(super) fn flag(text: &str, at: usize) -> Option<Span> {
    let (word, _) = first(text, at);
    let flag = text.get(word.start..word.end)?;
    (flag.starts_with("--") && flag.len() > 2).then_some(word)
}

/// Words by blanks alone.
pub(super) fn plain(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    loop {
        let (word, end) = first(text, at);
        if word.is_empty() {
            return words;
        }
        let text = text.get(word.start..word.end).unwrap_or_default().to_owned();
        words.push(Word { text, span: word });
        at = end;
    }
}

/// Words by blanks outside quotes, as written.
fn quoted(text: &str, escape: char) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            words.extend(start.take().map(|start| Span::new(start, at)));
            continue;
        }
        start.get_or_insert(at);
        match quote {
            // Single quotes take everything as it is.
            _ if c == escape && quote != Some('\'') => {
                chars.next();
            }
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
    }
    words.extend(start.map(|start| Span::new(start, text.len())));
    words
}

/// `text` without its quotes and escapes.
pub(super) fn unquote(text: &str, escape: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == escape => out.extend(chars.next()),
            Some('"') if c == escape => {
                let escaped = chars.next_if(|&next| matches!(next, '"' | '$') || next == escape);
                out.push(escaped.unwrap_or(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// `name=value` words, or a name and the rest of the line when the first word has no `=`. `ARG` takes
/// names alone instead.
pub(super) fn pairs(arguments: &Spliced, is_arg: bool, escape: char) -> Vec<Pair> {
    let text = arguments.text();
    let words = quoted(text, escape);
    let slice = |span: Span| text.get(span.start..span.end).unwrap_or_default();
    let pair = |name: Span, value: Option<Span>| {
        let bare = value.map(|value| without_quotes(text, value, escape));
        Pair {
            name: unquote(slice(name), escape),
            name_span: arguments.span(name),
            value: value.map(|value| unquote(slice(value), escape)),
            value_span: arguments.span(bare.unwrap_or(Span::at(name.end))),
        }
    };
    if let Some(&word) = words.first()
        && !is_arg
        && !slice(word).contains('=')
    {
        let (name, end) = first(text, word.start);
        return vec![pair(name, Some(trimmed(text, Span::new(end, text.len()))))];
    }
    let pairs = words.into_iter().map(|word| match slice(word).find('=') {
        Some(at) => {
            let equals = word.start + at;
            pair(Span::new(word.start, equals), Some(Span::new(equals + 1, word.end)))
        }
        None => pair(word, None),
    });
    pairs.collect()
}

/// `span` without one pair of quotes that holds all of it.
fn without_quotes(text: &str, span: Span, escape: char) -> Span {
    let part = text.get(span.start..span.end).unwrap_or_default();
    for quote in ['"', '\''] {
        let inner = part.strip_prefix(quote).and_then(|part| part.strip_suffix(quote));
        let Some(inner) = inner else { continue };
        let mut escaped = false;
        let closes_before = inner.chars().any(|c| {
            let closes = c == quote && !escaped;
            escaped = quote == '"' && c == escape && !escaped;
            closes
        });
        if !closes_before && !escaped {
            return Span::new(span.start + 1, span.end - 1);
        }
    }
    span
}

/// The here-documents that a `RUN`, `COPY` or `ADD` line announces, in order.
pub(super) fn heredocs(line: &str, escape: char) -> Vec<Heredoc> {
    let mut found = Vec::new();
    if !line.contains("<<") {
        return found;
    }
    let (keyword, rest) = first(line, 0);
    let keyword = line.get(keyword.start..keyword.end).unwrap_or_default();
    let takes = ["RUN", "COPY", "ADD"].iter().any(|name| keyword.eq_ignore_ascii_case(name));
    let arguments = line.get(rest..).unwrap_or_default();
    for word in quoted(arguments, escape).into_iter().filter(|_| takes) {
        let word = arguments.get(word.start..word.end).unwrap_or_default();
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let Some(name) = word.strip_prefix("<<") else { continue };
        let (strip_tabs, name) = name.strip_prefix('-').map_or((false, name), |name| (true, name));
        let delimiter = unquote(name, escape);
        if !name.contains('<') && !delimiter.is_empty() && !delimiter.contains(char::is_whitespace)
        {
            found.push(Heredoc { delimiter, strip_tabs });
        }
    }
    found
}
