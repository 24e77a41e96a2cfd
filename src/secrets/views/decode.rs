//! Turns one encoded run into text, or refuses it when it means no text.
//!
//! Broken groups do not void a run: what is not part of the encoding stays as it is, since a half-readable
//! line may still hold a whole secret.

use super::{Kind, View, byte};
use crate::span::Span;

/// The fewest decoded bytes that are worth a look.
const LEAST: usize = 8;

/// Decodes `span` of `bytes` into `view`. False, with the view's content unspecified, when nothing was encoded
/// there or when it is not text.
pub fn run(bytes: &[u8], span: Span, kind: Kind, view: &mut View) -> bool {
    let span = Span::new(span.start, span.end.min(bytes.len()));
    view.start(span.start);
    match kind {
        Kind::Base64 => base64(bytes, span, view) && (is_text(&view.text) || narrow(view)),
        Kind::Hex => hex(bytes, span, view) && is_text(&view.text),
        Kind::Percent => replace(bytes, span, view, b'%', percent),
        Kind::Escapes => replace(bytes, span, view, b'\\', escape),
        Kind::Entities => replace(bytes, span, view, b'&', entity),
    }
}

/// The six bits of a base64 character of either alphabet.
pub(super) const fn sextet(b: u8) -> Option<u8> {
    match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The length of what may break an encoded run at `at`: white space, or a line break written as an escape.
fn gap(bytes: &[u8], at: usize) -> usize {
    match (byte(bytes, at), byte(bytes, at + 1)) {
        (Some(b' ' | b'\t' | b'\r' | b'\n'), _) => 1,
        (Some(b'\\'), Some(b'n' | b'r')) => 2,
        _ => 0,
    }
}

fn base64(bytes: &[u8], span: Span, view: &mut View) -> bool {
    let mut i = span.start;
    let (mut bits, mut count, mut from) = (0_u32, 0_usize, i);
    while i < span.end {
        if count == 0 {
            match whole_groups(bytes.get(i..span.end).unwrap_or_default(), i, view) {
                // Most of what is not text shows it in the first few bytes.
                None => return false,
                Some(0) => {}
                Some(length) => {
                    i += length;
                    continue;
                }
            }
        }
        let Some(b) = byte(bytes, i) else { break };
        if let Some(value) = sextet(b) {
            if count == 0 {
                from = i;
            }
            bits = bits << 6 | u32::from(value);
            count += 1;
            i += 1;
            if count == 4 {
                let [_, x, y, z] = bits.to_be_bytes();
                if !view.group(&[x, y, z], from, i - from) {
                    return false;
                }
                (bits, count) = (0, 0);
            }
            continue;
        }
        match gap(bytes, i) {
            0 => break,
            wide => i += wide,
        }
    }
    let padding = (0..2).take_while(|k| i + k < span.end && byte(bytes, i + k) == Some(b'='));
    let end = i + padding.count();
    let [_, x, y, _] = (bits << (6 * (4 - count))).to_be_bytes();
    let rest: &[u8] = match count {
        2 => &[x],
        3 => &[x, y],
        _ => &[],
    };
    view.group(rest, from, end.saturating_sub(from)) && view.text.len() >= LEAST
}

/// No character of base64.
const NO_SEXTET: u8 = 0x80;

static SEXTETS: [u8; 256] = sextets();

#[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const fn sextets() -> [u8; 256] {
    let mut table = [NO_SEXTET; 256];
    let mut b = 0;
    while b < 256 {
        if let Some(value) = sextet(b as u8) {
            table[b] = value;
        }
        b += 1;
    }
    table
}

/// Appends the groups at the start of `text` that no break divides; returns their length, at most a few
/// kilobytes. `None` when they mean no text.
fn whole_groups(text: &[u8], at: usize, view: &mut View) -> Option<usize> {
    let first = view.text.len();
    // The first call looks no further than it takes to refuse what is not text.
    let most = if first == 0 { 16 } else { 1024 };
    if !view.note(at, 3, 4) {
        return None;
    }
    for four in text.as_chunks::<4>().0.iter().take(most) {
        let [a, b, c, d] = four.map(|b| SEXTETS.get(usize::from(b)).copied().unwrap_or(NO_SEXTET));
        if (a | b | c | d) & NO_SEXTET != 0 {
            break;
        }
        view.text.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    let fresh = view.text.get(first..).unwrap_or_default();
    let refused = first == 0 && fresh.len() >= 48 && bad(fresh) > 24;
    (!refused).then_some(fresh.len() / 3 * 4)
}

const fn digit(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

fn hex(bytes: &[u8], span: Span, view: &mut View) -> bool {
    let mut i = span.start;
    let mut high = None;
    while i < span.end {
        let Some(value) = byte(bytes, i).and_then(digit) else {
            match gap(bytes, i) {
                0 => break,
                wide => i += wide,
            }
            continue;
        };
        i += 1;
        high = match high {
            None => Some((value, i - 1)),
            Some((first, from)) => {
                if !view.group(&[first << 4 | value], from, i - from) {
                    return false;
                }
                None
            }
        };
    }
    view.text.len() >= LEAST
}

/// Bytes that no text has: controls other than white space.
fn bad(text: &[u8]) -> usize {
    text.iter().filter(|b| matches!(b, 0..=8 | 11 | 12 | 14..=31 | 127)).count()
}

/// Mostly characters: few controls, and UTF-8 or nearly so where it is not ASCII.
fn is_text(text: &[u8]) -> bool {
    if text.len() < LEAST || bad(text) * 8 > text.len() {
        return false;
    }
    let broken: usize = text.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    broken * 8 <= text.len()
}

/// Halves a text of two bytes a letter, as `powershell -EncodedCommand` takes it.
fn narrow(view: &mut View) -> bool {
    // The map counts in groups of three letters, so it must be one unbroken run.
    let whole = view.pieces.iter().all(|piece| (piece.out, piece.of) == (3, 4) || piece.out < 3);
    if !whole || view.pieces.len() > 2 {
        return false;
    }
    let (pairs, _) = view.text.as_chunks::<2>();
    let little = pairs.iter().filter(|pair| pair[1] == 0).count() == pairs.len();
    if pairs.len() < LEAST || !little {
        return false;
    }
    let letters: Vec<u8> = pairs.iter().map(|pair| pair[0]).collect();
    let Span { start, end } = view.original(Span::new(0, view.text.len()));
    view.start(start);
    let mut at = start;
    for three in letters.chunks(3) {
        let of = if three.len() == 3 { 8 } else { end.saturating_sub(at) };
        if !view.group(three, at, of) {
            return false;
        }
        at += of;
    }
    is_text(&view.text)
}

/// What one escape means: up to four bytes, and its length.
pub(super) type Meaning = ([u8; 4], usize, usize);

/// Copies `span`, with what `read` makes of each `mark`. False when there was none.
fn replace(
    bytes: &[u8],
    span: Span,
    view: &mut View,
    mark: u8,
    read: impl Fn(&[u8]) -> Option<Meaning>,
) -> bool {
    let Some(all) = bytes.get(..span.end) else { return false };
    let mut i = span.start;
    let mut any = false;
    while let Some(rest) = all.get(i..).filter(|rest| !rest.is_empty()) {
        let plain = memchr::memchr(mark, rest).unwrap_or(rest.len());
        if !view.plain(rest.get(..plain).unwrap_or_default(), i) {
            return false;
        }
        i += plain;
        let Some(here) = rest.get(plain..).filter(|here| !here.is_empty()) else { break };
        let done = match read(here) {
            Some((out, count, of)) => {
                any = true;
                let kept = view.group(out.get(..count).unwrap_or_default(), i, of);
                i += of;
                kept
            }
            None => {
                // An escaped backslash of an unknown pair must not open the next escape.
                let width = if mark == b'\\' { here.len().min(2) } else { 1 };
                let kept = view.plain(here.get(..width).unwrap_or_default(), i);
                i += width;
                kept
            }
        };
        if !done {
            return false;
        }
    }
    any
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, radix).ok())
}

fn character(code: u32, of: usize) -> Option<Meaning> {
    let mut out = [0; 4];
    let count = char::from_u32(code)?.encode_utf8(&mut out).len();
    Some((out, count, of))
}

/// `%3D` at the start of `text`.
pub(super) fn percent(text: &[u8]) -> Option<Meaning> {
    let (high, low) = (digit(byte(text, 1)?)?, digit(byte(text, 2)?)?);
    Some(([high << 4 | low, 0, 0, 0], 1, 3))
}

fn four_digits(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |sum, &b| Some(sum << 4 | u32::from(digit(b)?)))
}

/// A backslash escape at the start of `text`.
pub(super) fn escape(text: &[u8]) -> Option<Meaning> {
    let one = |b: u8| Some(([b, 0, 0, 0], 1, 2));
    match byte(text, 1)? {
        b @ (b'/' | b'"' | b'\'' | b'\\' | b'`') => one(b),
        b'n' => one(b'\n'),
        b't' => one(b'\t'),
        b'r' => one(b'\r'),
        b'u' if byte(text, 2) == Some(b'{') => {
            let digits = text.get(3..text.len().min(10))?;
            let end = digits.iter().position(|&b| b == b'}')?;
            character(number(digits.get(..end)?, 16)?, end + 4)
        }
        b'u' => match four_digits(text, 2)? {
            high @ 0xD800..=0xDBFF => {
                let pair = text.get(6..8) == Some(b"\\u");
                let low = four_digits(text, 8).filter(|_| pair)?.checked_sub(0xDC00)?;
                character(0x10000 + ((high - 0xD800) << 10 | low & 0x3ff), 12)
            }
            code => character(code, 6),
        },
        b'x' => {
            let (high, low) = (digit(byte(text, 2)?)?, digit(byte(text, 3)?)?);
            Some(([high << 4 | low, 0, 0, 0], 1, 4))
        }
        b'0' | b'1' => {
            let digits = text.get(1..4)?;
            let code = number(digits, 8).filter(|_| digits.iter().all(u8::is_ascii_digit))?;
            Some(([u8::try_from(code).ok()?, 0, 0, 0], 1, 4))
        }
        _ => None,
    }
}

/// Character references by name: those that stand for a byte of a token or its surroundings.
const NAMED: &[(&[u8], u8)] = &[
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&quot;", b'"'),
    (b"&apos;", b'\''),
    (b"&nbsp;", b' '),
    (b"&equals;", b'='),
    (b"&plus;", b'+'),
    (b"&sol;", b'/'),
    (b"&colon;", b':'),
    (b"&lowbar;", b'_'),
    (b"&period;", b'.'),
    (b"&commat;", b'@'),
];

/// A character reference at the start of `text`.
pub(super) fn entity(text: &[u8]) -> Option<Meaning> {
    if byte(text, 1)? != b'#' {
        let (name, meaning) = NAMED.iter().find(|(name, _)| text.starts_with(name))?;
        return Some(([*meaning, 0, 0, 0], 1, name.len()));
    }
    let end = text.get(..text.len().min(12))?.iter().position(|&b| b == b';')?;
    let code = match byte(text, 2)? {
        b'x' | b'X' => number(text.get(3..end)?, 16)?,
        _ => number(text.get(2..end)?, 10)?,
    };
    character(code, end + 1)
}
