//! `.env` files, read as python-dotenv reads them for Hermes, with a span for every key and value.
//!
//! The grammar is that of python-dotenv's regular expressions, rewritten as one forward scan, because
//! a look-alike grammar disagrees exactly on the odd lines that matter. Spans are offsets in the file
//! as it is on disk; line breaks and encodings are normalised on a copy, made only when needed.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod edit;
mod interpolate;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::text::Text;
use crate::span::Span;

pub use self::interpolate::{EXPANSION_LIMIT, Values};
pub use self::text::Encoding;

/// Whose rules apply: the releases of python-dotenv since 1.2.2 that read a file differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.2.2 and the releases before it, the one that Hermes 0.19 and 0.22 require: a BOM is part of
    /// the first key, a quote after any backslash does not close a value, `KEY= # note` is `# note`.
    V1_2_2,
    /// 1.2.3: a BOM is dropped, `\\` before a quote is an escaped backslash.
    V1_2_3,
    /// 1.2.4: `KEY= # note` is empty.
    #[default]
    V1_2_4,
}

/// A `.env` file.
#[derive(Clone, Debug)]
pub struct Dotenv {
    /// Keys in file order, repeated ones too.
    pub entries: Vec<Entry>,
    /// Comments from `#` to the end of the line, in order: whole lines and trailing ones.
    pub comments: Vec<Span>,
    /// Statements that python-dotenv cannot parse and skips.
    pub errors: Vec<Span>,
    /// How the bytes were decoded.
    pub encoding: Encoding,
}

/// One `KEY=value` statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The variable's name, without quotes.
    pub key: String,
    /// Where the name stands, without quotes.
    pub key_span: Span,
    /// The value with escapes decoded and references (`${X}`) as written; `None` for `KEY` alone.
    pub value: Option<String>,
    /// The value as written, without quotes; empty at the place where a value would stand.
    pub value_span: Span,
    /// The value with its quotes.
    pub raw_span: Span,
    /// `'` or `"`.
    pub quote: Option<u8>,
    /// True for `export KEY=value`.
    pub export: bool,
    /// The comment that ends the line.
    pub comment: Option<Span>,
    /// The statement from its first character to its last, without the line break.
    pub line_span: Span,
}

/// Reads `source` by the rules of the newest release.
#[must_use]
pub fn parse(source: &[u8]) -> Dotenv {
    parse_as(source, Release::default())
}

/// Reads `source` by the rules of `release`. The bytes are prepared as Hermes prepares them: UTF-16 with
/// a BOM is decoded, what is not UTF-8 is Latin-1, NUL characters are dropped.
#[must_use]
pub fn parse_as(source: &[u8], release: Release) -> Dotenv {
    let text = Text::decode(source);
    let mut dotenv = Dotenv {
        entries: Vec::new(),
        comments: Vec::new(),
        errors: Vec::new(),
        encoding: text.encoding,
    };
    let mut reader = Reader { text: text.as_str(), at: 0, release };
    if release >= Release::V1_2_3 {
        reader.skip('\u{feff}');
    }
    loop {
        reader.skip_space();
        if reader.rest().is_empty() {
            break;
        }
        let start = reader.at;
        match reader.statement() {
            Ok((entry, comment)) => {
                let comment = comment.map(|span| text.span(span));
                dotenv.comments.extend(comment);
                if let Some(raw) = entry {
                    dotenv.entries.push(Entry {
                        key_span: text.span(raw.key),
                        key: raw.key_text.to_owned(),
                        value_span: text.span(raw.value_span),
                        value: raw.value.map(Cow::into_owned),
                        raw_span: text.span(raw.raw_span),
                        quote: raw.quote,
                        export: raw.export,
                        comment,
                        line_span: text.span(Span::new(start, raw.end)),
                    });
                }
            }
            Err(Unreadable) => {
                reader.at += reader.line_len();
                let line = Span::new(start, reader.at);
                let trimmed = reader.slice(line).trim_end_matches(is_space).len();
                dotenv.errors.push(text.span(Span::new(start, start + trimmed)));
            }
        }
    }
    dotenv
}

impl Dotenv {
    /// The entry that decides the value of `key`: the last one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }
}

/// Python's `str.isspace`: Unicode white space and the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn is_blank(c: char) -> bool {
    c != '\n' && is_space(c)
}

/// What python-dotenv raises as an error and skips to the next line for.
struct Unreadable;

struct RawEntry<'a> {
    key_text: &'a str,
    key: Span,
    value: Option<Cow<'a, str>>,
    value_span: Span,
    raw_span: Span,
    quote: Option<u8>,
    export: bool,
    end: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    release: Release,
}

impl<'a> Reader<'a> {
    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        let len = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += len;
        len
    }

    fn skip_space(&mut self) {
        self.skip_while(is_space);
    }

    /// Bytes up to the line break.
    fn line_len(&self) -> usize {
        let rest = self.rest();
        rest.find('\n').unwrap_or(rest.len())
    }

    /// One statement and its comment; leaves the reader behind what was read, also on failure.
    fn statement(&mut self) -> Result<(Option<RawEntry<'a>>, Option<Span>), Unreadable> {
        let export = self.export();
        if self.rest().starts_with('#') {
            return Ok((None, self.comment()));
        }
        let key = self.key()?;
        let mut entry = RawEntry {
            key_text: self.slice(key),
            key,
            value: None,
            value_span: Span::at(self.at),
            raw_span: Span::at(self.at),
            quote: None,
            export,
            end: self.at,
        };
        self.skip_while(is_blank);
        if self.skip('=') {
            let blanks = self.skip_while(is_blank);
            self.value(&mut entry, blanks > 0)?;
            entry.end = self.at;
        }
        let before = self.at;
        self.skip_while(is_blank);
        let comment = if self.rest().starts_with('#') { self.comment() } else { None };
        if let Some(comment) = comment {
            entry.end = comment.end;
        } else if !(self.rest().is_empty() || self.rest().starts_with('\n')) {
            self.at = before;
            return Err(Unreadable);
        }
        Ok((Some(entry), comment))
    }

    fn export(&mut self) -> bool {
        let start = self.at;
        if self.rest().starts_with("export") {
            self.at += "export".len();
            if self.skip_while(is_blank) > 0 {
                return true;
            }
            self.at = start;
        }
        false
    }

    fn comment(&mut self) -> Option<Span> {
        let start = self.at;
        self.at += self.line_len();
        Some(Span::new(start, self.at))
    }

    fn key(&mut self) -> Result<Span, Unreadable> {
        if let Some(quoted) = self.rest().strip_prefix('\'') {
            let len = quoted.find('\'').filter(|&len| len > 0).ok_or(Unreadable)?;
            let start = self.at + 1;
            self.at = start + len + 1;
            return Ok(Span::new(start, start + len));
        }
        let start = self.at;
        let len = self.skip_while(|c| c != '=' && c != '#' && !is_space(c));
        if len == 0 { Err(Unreadable) } else { Ok(Span::new(start, self.at)) }
    }

    fn value(&mut self, entry: &mut RawEntry<'a>, after_blank: bool) -> Result<(), Unreadable> {
        let rest = self.rest();
        let start = self.at;
        let text = match rest.bytes().next() {
            Some(quote @ (b'\'' | b'"')) => {
                let quoted = rest.get(1..).unwrap_or_default();
                let len = closing_quote(quoted, quote, self.release).ok_or(Unreadable)?;
                self.at = start + len + 2;
                entry.quote = Some(quote);
                entry.value_span = Span::new(start + 1, start + 1 + len);
                entry.raw_span = Span::new(start, self.at);
                let escapes: &[u8] = if quote == b'"' { b"\\'\"abfnrtv" } else { b"\\'" };
                unescape(self.slice(entry.value_span), escapes)
            }
            Some(b'#') if after_blank && self.release >= Release::V1_2_4 => Cow::Borrowed(""),
            _ => {
                let line = rest.get(..self.line_len()).unwrap_or_default();
                let value = before_comment(line).trim_end_matches(is_space);
                // The rest of the line is blank or a comment, which the caller reads.
                self.at += value.len();
                Cow::Borrowed(value)
            }
        };
        if entry.quote.is_none() {
            entry.value_span = Span::new(start, start + text.len());
            entry.raw_span = entry.value_span;
        }
        entry.value = Some(text);
        Ok(())
    }
}

/// The part of an unquoted value before the first `#` that follows white space.
fn before_comment(line: &str) -> &str {
    for (at, _) in line.match_indices('#') {
        let before = line.get(..at).unwrap_or_default();
        if before.ends_with(is_space) {
            return before;
        }
    }
    line
}

/// Length of the quoted text that `text` starts with, up to its closing quote.
fn closing_quote(text: &str, quote: u8, release: Release) -> Option<usize> {
    let bytes = text.as_bytes();
    if release >= Release::V1_2_3 {
        let mut escaped = false;
        return bytes.iter().position(|&byte| {
            let closes = byte == quote && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
    }
    // The expression of these releases lets an escaped quote close the value when no other one does.
    let mut last = None;
    let mut previous = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == quote {
            last = Some(at);
            if previous != b'\\' {
                break;
            }
        }
        previous = byte;
    }
    last
}

fn unescape<'a>(text: &'a str, escapes: &[u8]) -> Cow<'a, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let known = |next: &char| u8::try_from(*next).is_ok_and(|next| escapes.contains(&next));
        match (c, chars.next_if(|next| c == '\\' && known(next))) {
            (_, Some(escaped)) => out.push(match escaped {
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                other => other,
            }),
            (_, None) => out.push(c),
        }
    }
    Cow::Owned(out)
}
