//! Strings between their spellings: decoded to (generalised) UTF-8, and written with a form's escapes.
//!
//! A lone surrogate decodes to the three bytes UTF-8 would give its number (WTF-8), so that it survives to the check
//! and two different ones stay different.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The code unit of the `\uXXXX` at `at`.
#[must_use]
pub fn unit(text: &[u8], at: usize) -> Option<u16> {
    let escape = text.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0_u16, |unit, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

/// What the inside of a string token (without its quotes) stands for.
#[must_use]
pub fn decode(inside: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inside.len());
    decode_into(inside, &mut out);
    out
}

/// Like [`decode`], at the end of `out`.
pub fn decode_into(inside: &[u8], out: &mut Vec<u8>) {
    let mut rest = 0;
    while let Some(step) = memchr::memchr(b'\\', inside.get(rest..).unwrap_or_default()) {
        let at = rest + step;
        out.extend_from_slice(inside.get(rest..at).unwrap_or_default());
        rest = at + 2;
        match inside.get(at + 1) {
            Some(b'b') => out.push(0x08),
            Some(b'f') => out.push(0x0c),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'u') => {
                let Some(first) = unit(inside, at) else { continue };
                rest = at + 6;
                let mut point = u32::from(first);
                if (0xd800..0xdc00).contains(&first)
                    && let Some(second @ 0xdc00..=0xdfff) = unit(inside, rest)
                {
                    rest += 6;
                    point = 0x10000 + ((point - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                }
                push_point(point, out);
            }
            Some(&other) => out.push(other),
            None => {}
        }
    }
    out.extend_from_slice(inside.get(rest..).unwrap_or_default());
}

fn push_point(point: u32, out: &mut Vec<u8>) {
    if let Some(letter) = char::from_u32(point) {
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        // Only surrogates are no characters here.
        let low = |bits: u32| u8::try_from(bits & 0x3f).unwrap_or_default() | 0x80;
        out.extend_from_slice(&[0xed, low(point >> 6), low(point)]);
    }
}

/// The code points of generalised UTF-8, surrogates among them.
pub fn points(text: &[u8]) -> impl Iterator<Item = u32> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let first = u32::from(*rest.first()?);
        let (length, bits) = match first {
            0..=0x7f => (1, first),
            0x80..=0xdf => (2, first & 0x1f),
            0xe0..=0xef => (3, first & 0x0f),
            _ => (4, first & 0x07),
        };
        at += length;
        let tail = rest.get(1..length).unwrap_or_default();
        Some(tail.iter().fold(bits, |point, &byte| point << 6 | u32::from(byte & 0x3f)))
    })
}

/// Orders two decoded strings as RFC 8785 does, by UTF-16 code units.
#[must_use]
pub fn by_utf16(one: &[u8], other: &[u8]) -> std::cmp::Ordering {
    units(one).cmp(units(other))
}

fn units(text: &[u8]) -> impl Iterator<Item = u16> {
    points(text).flat_map(|point| {
        let low = u16::try_from(point & 0xffff).unwrap_or_default();
        if point < 0x10000 {
            [Some(low), None]
        } else {
            let rest = point - 0x10000;
            let half =
                |base: u16, bits: u32| base | u16::try_from(bits & 0x3ff).unwrap_or_default();
            [Some(half(0xd800, rest >> 10)), Some(half(0xdc00, rest))]
        }
        .into_iter()
        .flatten()
    })
}

/// Writes `text` (decoded) as a JSON string; beyond ASCII as escapes when `ascii`, as Python's `ensure_ascii` does.
pub fn encode_into(text: &[u8], ascii: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut start = 0;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let length = match byte {
            b'"' | b'\\' | 0..=0x1f => 1,
            0x7f if ascii => 1,
            0..=0x7f => {
                at += 1;
                continue;
            }
            // Lone surrogates have no UTF-8; both families of writers escape them.
            0xed if text.get(at + 1).is_some_and(|&next| next >= 0xa0) => 3,
            _ if !ascii => {
                at += 1;
                continue;
            }
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        out.extend_from_slice(text.get(start..at).unwrap_or_default());
        let end = (at + length).min(text.len());
        for point in points(text.get(at..end).unwrap_or_default()) {
            escape_point(point, out);
        }
        at = end;
        start = end;
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
    out.push(b'"');
}

fn escape_point(point: u32, out: &mut Vec<u8>) {
    let short = match point {
        0x22 => b'"',
        0x5c => b'\\',
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => 0,
    };
    if short != 0 {
        out.extend_from_slice(&[b'\\', short]);
    } else if let Some(rest) = point.checked_sub(0x10000) {
        escape_unit(0xd800 | (rest >> 10 & 0x3ff), out);
        escape_unit(0xdc00 | (rest & 0x3ff), out);
    } else {
        escape_unit(point, out);
    }
}

fn escape_unit(unit: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        let digit = char::from_digit(unit >> shift & 0xf, 16).unwrap_or('0');
        out.push(u8::try_from(digit).unwrap_or(b'0'));
    }
}
