//! Reads what a name is given, in any of the syntaxes that programs, configuration and prose use.
//!
//! One tolerant reading for all languages: it looks at one line around the name (two where a syntax
//! needs them) and never at the file. Where languages contradict each other it prefers to find no value.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::syntax::{self, Separator, at, skip_blanks};
use super::joint::{joint, own_start, skip_space};
use super::strength::Strength;
use crate::span::Span;

/// The longest quoted value that is read, in bytes.
const LONGEST: usize = 2048;
/// How far back a line is read to see whether the name stands in a string.
const BACK: usize = 160;
/// How many blanks may stand between a quote and the sign that tells what it is.
const SIDE: usize = 4;

/// A value and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The bytes of the value, without quotes and without an authentication scheme.
    pub span: Span,
    /// The quote around it, if any.
    pub quote: Option<u8>,
    /// What joins name and value.
    pub separator: Separator,
    /// An authentication scheme stood before it.
    pub scheme: bool,
    /// It is a part of a longer string that is put together: `"abc" + x`.
    pub composed: bool,
    /// Name and value stand in one string.
    pub inside: bool,
    /// It stands in a comment line.
    pub comment: bool,
    /// What it must look like at least, being the argument of a call that is not known.
    pub least: Strength,
    /// Nothing but a comment follows an unquoted value on its line.
    pub alone: bool,
    /// The name of an unquoted value is the first word of its line.
    pub heads: bool,
    /// The syntax is for credentials alone: `machine h login u password x`.
    pub sure: bool,
    /// One of several settings in a row: `Server=h;Uid=u;Pwd=x`.
    pub chained: bool,
    /// `NAME=value` and nothing else on its line, as environments are written.
    pub exported: bool,
    /// The name of a user stands before it.
    pub user: bool,
}

impl Reading {
    /// A value that stands for itself inside of other text.
    pub const fn inside(span: Span, separator: Separator) -> Self {
        Self {
            span,
            quote: None,
            separator,
            scheme: false,
            composed: false,
            inside: true,
            comment: false,
            least: Strength::Nothing,
            alone: true,
            heads: false,
            sure: false,
            chained: false,
            exported: false,
            user: false,
        }
    }
}

/// The value of the name at `name`.
pub(super) fn read(bytes: &[u8], name: Span) -> Option<Reading> {
    let joint = joint(bytes, name)?;
    let mut i = joint.at;
    let mut least = Strength::Nothing;
    if joint.separator == Separator::Colon
        && let (b'|' | b'>', next) = (at(bytes, i), at(bytes, i + 1))
    {
        // A YAML block: its first line.
        i += if matches!(next, b'-' | b'+') { 2 } else { 1 };
        if !matches!(at(bytes, i), b'\r' | b'\n') {
            return None;
        }
        i = skip_space(bytes, i);
    } else if matches!(joint.separator, Separator::Equals | Separator::Colon) {
        (i, least) = unwrap(bytes, i);
    } else if joint.separator == Separator::Tag && bytes.get(i..i + 9) == Some(b"<![CDATA[") {
        i += 9;
    }
    let opened = opening(bytes, i);
    let Some((quote, start, escaped)) = opened.map(|opened| inner(bytes, opened)) else {
        if joint.quoted_only {
            return None;
        }
        let reading = unquoted(bytes, name, i, joint.separator)?;
        return Some(Reading { sure: joint.sure, ..reading });
    };
    // The quote that opens here may close a string in which the name stands: `"password: " + x`.
    let adjacent = matches!(joint.separator, Separator::Equals | Separator::Colon);
    if adjacent && !escaped && is_open(bytes, own_start(bytes, name), quote) {
        return None;
    }
    let scheme = scheme(bytes, start);
    let start = start + scheme;
    let end = closing(bytes, start, quote, escaped)?;
    let after = skip_blanks(bytes, end + if escaped { 2 } else { 1 });
    let next = (at(bytes, after), at(bytes, after + 1));
    if joint.separator == Separator::Comma && next.0 == b':' {
        return None;
    }
    if joint.separator == Separator::Argument && !matches!(next.0, b')' | b',' | b'.' | b'+') {
        return None;
    }
    let composed = match next {
        (b'+' | b'%' | b'&', _) => true,
        (b'.', next) => !next.is_ascii_alphabetic() || formats(bytes, after + 1),
        _ => false,
    };
    Some(Reading {
        quote: Some(quote),
        scheme: scheme > 0,
        composed,
        inside: false,
        least,
        sure: joint.sure,
        ..Reading::inside(Span::new(start, end), joint.separator)
    })
}

/// The quotes inside of the quotes of `'"x"'` and `"\"x\""`, where source code holds source code.
fn inner(bytes: &[u8], opened: (u8, usize, bool)) -> (u8, usize, bool) {
    let (quote, start, escaped) = opened;
    match (quote, at(bytes, start), at(bytes, start + 1)) {
        (b'\'', b'"', _) if !escaped => (b'"', start + 1, false),
        (b'"', b'\\', b'"') if !escaped => (b'"', start + 2, true),
        _ => opened,
    }
}

fn formats(bytes: &[u8], from: usize) -> bool {
    let rest = bytes.get(from..).unwrap_or_default();
    ["format", "replace", "concat", "join", "sub("].iter().any(|w| rest.starts_with(w.as_bytes()))
}

/// The quote that opens at `from`, where its text begins, and whether it is escaped.
fn opening(bytes: &[u8], from: usize) -> Option<(u8, usize, bool)> {
    let mut i = from;
    // String prefixes: b"", rb'', L"", @"", :"".
    for _ in 0..2 {
        let prefix = matches!(
            at(bytes, i),
            b'b' | b'B' | b'r' | b'R' | b'u' | b'U' | b'L' | b'@' | b'f' | b'F'
        );
        if prefix && matches!(at(bytes, i + 1), b'"' | b'\'' | b'b' | b'r' | b'B' | b'R') {
            i += 1;
        }
    }
    let quotes = |b: u8| matches!(b, b'"' | b'\'' | b'`');
    if quotes(at(bytes, i)) {
        let quote = at(bytes, i);
        let triple = at(bytes, i + 1) == quote && at(bytes, i + 2) == quote;
        return Some((quote, i + if triple { 3 } else { 1 }, false));
    }
    if at(bytes, i) == b'\\' && matches!(at(bytes, i + 1), b'"' | b'\'') {
        return Some((at(bytes, i + 1), i + 2, true));
    }
    None
}

/// The offset of the quote, or of the backslash before it, that ends the text at `from`.
fn closing(bytes: &[u8], from: usize, quote: u8, escaped: bool) -> Option<usize> {
    let limit = bytes.len().min(from + LONGEST);
    let mut i = from;
    while i < limit {
        match at(bytes, i) {
            b'\n' => return None,
            b'\\' if escaped && at(bytes, i + 1) == quote => return Some(i),
            b'\\' if !escaped => i += 1,
            b if b == quote => return (!escaped).then_some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// Past what wraps a literal: `String::from(`, `new SecureString(`, `Some(`, `[`, `(`.
fn unwrap(bytes: &[u8], from: usize) -> (usize, Strength) {
    let itself = (from, Strength::Nothing);
    const WRAPPERS: &[&[u8]] = &[
        b"from",
        b"string",
        b"str",
        b"bytes",
        b"bytearray",
        b"secretstr",
        b"securestring",
        b"some",
        b"ok",
        b"new",
        b"text",
        b"quote",
        b"unicode",
        b"securestring",
        b"secret",
        b"password",
        b"str_to_bytes",
        b"s",
        b"b",
        b"u",
        b"q",
        b"qw",
        b"qq",
        b"_",
        b"tobytes",
        b"to_bytes",
        b"byte",
        b"set",
        b"array",
        b"protectedstring",
        b"secretstring",
        b"b64decode",
        b"decode",
        b"stringvalue",
        b"char",
    ];
    let mut i = from;
    if matches!(at(bytes, i), b'(' | b'[') && opening(bytes, skip_blanks(bytes, i + 1)).is_some() {
        return (skip_blanks(bytes, i + 1), Strength::Nothing);
    }
    if !at(bytes, i).is_ascii_alphabetic() && !matches!(at(bytes, i), b'[' | b'_' | b'\\') {
        return itself;
    }
    let mut word = i;
    while i < from + 48 {
        match at(bytes, i) {
            b if b.is_ascii_alphanumeric() || b == b'_' => {}
            b'.' | b':' | b' ' | b'[' | b']' | b'\\' => word = i + 1,
            b'(' | b'{' => {
                let inner = skip_blanks(bytes, i + 1);
                let last = bytes.get(word..i).unwrap_or_default();
                let known = last.is_empty() && i > from
                    || WRAPPERS.iter().any(|w| last.eq_ignore_ascii_case(w));
                if opening(bytes, inner).is_none() {
                    return itself;
                }
                return (inner, if known { Strength::Nothing } else { Strength::Random });
            }
            _ => return itself,
        }
        i += 1;
    }
    itself
}

/// True when `offset` stands in a string between two of `quote`, as far as its line tells.
fn is_open(bytes: &[u8], offset: usize, quote: u8) -> bool {
    let low = offset.saturating_sub(BACK);
    let before = bytes.get(low..offset).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    // Where a line goes on further back, what is read of it may begin in a string: then what stands around a
    // quote tells whether it opens or closes one.
    let cut = line.len() == BACK && low > 0 && at(bytes, low - 1) != b'\n';
    let mut last = 0;
    let mut open = false;
    for (i, &b) in line.iter().enumerate() {
        if b == quote && last != b'\\' {
            let side = if cut { side(bytes, low, low + i) } else { None };
            open = side.unwrap_or(!open);
        }
        last = b;
    }
    open
}

/// Whether the quote at `i` opens a string, by its neighbours from `low` on; `None` where they do not tell.
fn side(bytes: &[u8], low: usize, i: usize) -> Option<bool> {
    let before = bytes.get(low..i).unwrap_or_default().trim_ascii_end();
    let after = bytes.get(i + 1..).unwrap_or_default().iter().take(SIDE);
    let after = after.copied().find(|b| !matches!(b, b' ' | b'\t'));
    let opens = before.last().is_some_and(|b| b"{[(,:=+!<>?&|".contains(b));
    let closes = after.is_some_and(|b| b"}]),:;+".contains(&b));
    (opens != closes).then_some(opens)
}

/// True when the line of `offset` begins with the mark of a comment.
fn is_comment(bytes: &[u8], offset: usize) -> bool {
    let low = offset.saturating_sub(BACK);
    let before = bytes.get(low..offset).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default().trim_ascii_start();
    [&b"#"[..], b"//", b"* ", b"/*", b"--", b";"].iter().any(|mark| line.starts_with(mark))
}

/// True when nothing but marks of a list, a quotation or a comment stands before `offset` on its line.
fn heads_line(bytes: &[u8], offset: usize) -> bool {
    let low = offset.saturating_sub(BACK);
    let before = bytes.get(low..offset).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    line.iter().all(|b| b.is_ascii_whitespace() || b"#-*>/;|$".contains(b))
}

fn unquoted(bytes: &[u8], name: Span, from: usize, separator: Separator) -> Option<Reading> {
    let scheme = scheme(bytes, from);
    let start = from + scheme;
    let limit = bytes.len().min(start + LONGEST);
    let run = bytes.get(start..limit).unwrap_or_default();
    let before = name.start.checked_sub(1).map_or(0, |i| at(bytes, i));
    let query = matches!(before, b'?' | b'&');
    let inside =
        [b'"', b'\'', b'`'].iter().any(|&quote| is_open(bytes, own_start(bytes, name), quote));
    let stops = |b: &u8| {
        b.is_ascii_whitespace()
            || matches!(b, b'"' | b'\'' | b'`')
            || separator == Separator::Tag && *b == b'<'
            || query && matches!(b, b'&' | b'#')
            || inside && matches!(b, b';' | b'&' | b'\\')
    };
    let end = start + run.iter().position(stops).unwrap_or(run.len());
    // A long run with separators in it holds names of its own, and would be read again for each.
    if end - start > 256 && Span::new(start, end - 2).of(bytes).contains(&b'=') && !query {
        return None;
    }
    if separator == Separator::Fallback {
        let close = run.iter().position(|&b| b == b'}' || b == b'\n' || b == b'$')?;
        return (at(bytes, start + close) == b'}')
            .then(|| Reading::inside(Span::new(start, start + close), separator));
    }
    // `secret:name:part` is an address of some kind.
    if inside
        && separator == Separator::Colon
        && start > 0
        && !matches!(at(bytes, start - 1), b' ' | b'\t')
    {
        return None;
    }
    // An expression with a string in it: `$_POST["x"]`.
    if !inside && !query && matches!(at(bytes, end), b'"' | b'\'' | b'`') && end > start {
        return None;
    }
    let next = skip_space(bytes, end);
    if separator == Separator::Tag
        && !matches!((at(bytes, next), at(bytes, next + 1)), (b'<', b'/') | (b']', b']'))
        && at(bytes, end) != b']'
    {
        return None;
    }
    // Shortened: `sk-or-v1-...`.
    if Span::new(start, end).of(bytes).ends_with(b"...") {
        return None;
    }
    // `Server=x;Password=y;Trusted=no`: one of several settings on a line.
    let mut cut = end;
    if separator == Separator::Equals {
        let text = Span::new(start, end).of(bytes);
        let more = |i: usize| text.iter().skip(i).any(|&b| b == b'=');
        let sign = text
            .iter()
            .enumerate()
            .find(|&(i, &b)| b == b';' || matches!(b, b'&' | b',') && more(i));
        cut = sign.map_or(end, |(i, _)| start + i);
    }
    while cut > start
        && matches!(at(bytes, cut - 1), b',' | b';' | b')' | b'\\' | b'|' | b'}' | b']' | b'.')
    {
        cut -= 1;
    }
    let line = syntax::line_end(bytes, end, 128);
    let rest = Span::new(end, line).of(bytes).trim_ascii();
    let ends: [&[u8]; 5] = [b"#", b"\\", b"`", b"//", b"<"];
    let alone = cut < end && matches!(at(bytes, cut), b';' | b'&')
        || rest.is_empty()
        || ends.iter().any(|end| rest.starts_with(end))
        || inside
        || query;
    let chained = separator == Separator::Equals
        && (at(bytes, cut) == b';' || at(bytes, name.start.wrapping_sub(1)) == b';');
    Some(Reading {
        scheme: scheme > 0,
        inside: inside || query,
        comment: is_comment(bytes, name.start),
        alone,
        heads: heads_line(bytes, name.start),
        chained: chained && is_connection(bytes, name),
        exported: (rest.is_empty() || rest.starts_with(b"#"))
            && start == name.end + 1
            && is_exported(bytes, name),
        ..Reading::inside(Span::new(start, cut), separator)
    })
}

/// True when the settings before `name` on its line say where to connect.
fn is_connection(bytes: &[u8], name: Span) -> bool {
    const WHERE: [&str; 8] =
        ["server=", "host=", "data source=", "uid=", "user id=", "driver=", "provider=", "user="];
    let before = bytes.get(name.start.saturating_sub(320)..name.start).unwrap_or_default();
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    WHERE
        .iter()
        .any(|word| line.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes())))
}

/// True for `DB_PASSWORD` where its line begins, behind `export` or the mark of a comment at most.
fn is_exported(bytes: &[u8], name: Span) -> bool {
    let text = name.of(bytes);
    let before = bytes.get(name.start.saturating_sub(24)..name.start).unwrap_or_default();
    let whole = before.len() < 24 || before.contains(&b'\n');
    let line = before.rsplit(|&b| b == b'\n').next().unwrap_or_default().trim_ascii();
    whole
        && text.contains(&b'_')
        && text.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && matches!(line, b"" | b"#" | b"//" | b"export" | b"set" | b"-")
}

/// The length of an authentication scheme and its blank at `from`.
pub(super) fn scheme(bytes: &[u8], from: usize) -> usize {
    const SCHEMES: &[&[u8]] =
        &[b"bearer ", b"basic ", b"token ", b"bot ", b"key ", b"apikey ", b"ntlm ", b"negotiate "];
    let text = bytes.get(from..).unwrap_or_default();
    SCHEMES
        .iter()
        .find(|word| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word)))
        .map_or(0, |word| word.len())
}
