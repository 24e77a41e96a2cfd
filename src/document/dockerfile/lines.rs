//! The logical lines of a Dockerfile: continuations joined, comments set aside, here-documents attached.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::words;
use crate::document::shell_words::Spliced;
use crate::span::Span;

pub(super) struct Logical {
    pub(super) lines: Vec<Line>,
    pub(super) comments: Vec<Span>,
    /// The escape character: a backslash, or a backtick by the parser directive `# escape`.
    pub(super) escape: char,
}

pub(super) struct Line {
    pub(super) text: Spliced,
    pub(super) heredocs: Vec<Span>,
}

/// Physical lines without their line breaks.
struct Physical<'a> {
    source: &'a [u8],
    at: usize,
}

impl Iterator for Physical<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        if self.at >= self.source.len() {
            return None;
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let start = self.at;
        self.at += len + 1;
        let carriage_return = rest.get(..len).is_some_and(|line| line.ends_with(b"\r"));
        Some(Span::new(start, start + len - usize::from(carriage_return)))
    }
}

pub(super) fn read(source: &[u8]) -> Logical {
    let start = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut physical = Physical { source, at: start };
    let mut logical = Logical { lines: Vec::new(), comments: Vec::new(), escape: '\\' };
    let mut pending: Option<Spliced> = None;
    let mut directives = true;
    while let Some(line) = physical.next() {
        let content = unindented(source, line);
        if content.of(source).starts_with(b"#") {
            logical.comments.push(content);
            // Parser directives stand at the very top; the first other line ends them.
            directives = directives && directive(content.of(source), &mut logical.escape);
            continue;
        }
        directives = false;
        if content.is_empty() {
            continue;
        }
        let continues = pending.is_some();
        let mut joined = pending.take().unwrap_or_default();
        // Continued text keeps its indentation, which separates it from the word before.
        let piece = if continues { line } else { content };
        match continuation(piece.of(source), logical.escape) {
            Some(len) => {
                joined.push_bytes(source, Span::new(piece.start, piece.start + len));
                pending = Some(joined);
            }
            None => {
                joined.push_bytes(source, piece);
                finish(joined, &mut logical, &mut physical);
            }
        }
    }
    if let Some(joined) = pending {
        finish(joined, &mut logical, &mut physical);
    }
    logical
}

fn finish(mut text: Spliced, logical: &mut Logical, physical: &mut Physical<'_>) {
    text.truncate(text.text().trim_end().len());
    let content = text.text().trim_start().len();
    if content == 0 {
        return;
    }
    let text = text.part(Span::new(text.text().len() - content, text.text().len()));
    let mut heredocs = Vec::new();
    for heredoc in words::heredocs(text.text(), logical.escape) {
        heredocs.push(body(&heredoc, physical));
    }
    logical.lines.push(Line { text, heredocs });
}

/// The lines up to the one that is the delimiter; to the end of the file when none is.
fn body(heredoc: &words::Heredoc, physical: &mut Physical<'_>) -> Span {
    let start = physical.at.min(physical.source.len());
    while let Some(line) = physical.next() {
        let mut text = line.of(physical.source);
        while heredoc.strip_tabs && text.starts_with(b"\t") {
            text = text.get(1..).unwrap_or_default();
        }
        if text == heredoc.delimiter.as_bytes() {
            return Span::new(start, line.start);
        }
    }
    Span::new(start, physical.source.len())
}

fn unindented(source: &[u8], line: Span) -> Span {
    let text = line.of(source);
    Span::new(line.start + (text.len() - text.trim_ascii_start().len()), line.end)
}

/// Length of the text before an escape character that ends the line. A doubled one is an escaped one.
fn continuation(line: &[u8], escape: char) -> Option<usize> {
    let escape = u8::try_from(escape).unwrap_or(b'\\');
    let blanks = line.iter().rev().take_while(|&&b| b == b' ' || b == b'\t').count();
    let before = line.get(..line.len() - blanks)?.strip_suffix(&[escape])?;
    if before.last() == Some(&escape) { None } else { Some(before.len()) }
}

/// Reads `# escape=`` `, and says whether more parser directives may follow.
fn directive(comment: &[u8], escape: &mut char) -> bool {
    let Some((name, value)) = std::str::from_utf8(comment)
        .ok()
        .and_then(|text| text.trim_start_matches('#').split_once('='))
    else {
        return false;
    };
    let name = name.trim();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    if name.eq_ignore_ascii_case("escape") {
        match value.trim() {
            "`" => *escape = '`',
            "\\" => *escape = '\\',
            _ => {}
        }
    }
    true
}
