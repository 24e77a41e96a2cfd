//! Bytes to text: the encoding check, the characters YAML forbids, and the classes the scanner asks
//! for. One pass over the whole file before scanning, so that the scanner can trust every byte.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::error::{ErrorKind, SyntaxError};
use crate::span::Span;

/// A file that is UTF-8 and printable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    pub text: &'a str,
    /// U+0085, U+2028 or U+2029 occurs somewhere: they end lines, too.
    pub exotic_breaks: bool,
    /// U+FEFF occurs somewhere: it has no width where columns are counted.
    pub byte_order_marks: bool,
}

fn refuse<T>(message: &str, span: Span) -> Result<T, SyntaxError> {
    Err(SyntaxError::new(ErrorKind::Encoding, message, span))
}

/// Checks encoding and characters.
pub(super) fn decode(source: &[u8]) -> Result<Input<'_>, SyntaxError> {
    if u32::try_from(source.len()).is_err() {
        let message = "a file of 4 GiB or more is not read";
        return Err(SyntaxError::new(ErrorKind::Limit, message, Span::default()));
    }
    if source.starts_with(b"\xff\xfe") || source.starts_with(b"\xfe\xff") {
        return refuse("the file is UTF-16, but is read as UTF-8", Span::new(0, 2));
    }
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => {
            let start = error.valid_up_to();
            let end = start + error.error_len().unwrap_or(source.len() - start);
            return refuse("these bytes are not UTF-8", Span::new(start, end));
        }
    };
    let mut input = Input { text, exotic_breaks: false, byte_order_marks: false };
    for (at, &byte) in source.iter().enumerate() {
        let width = match byte {
            b' '..=b'~' | b'\n' | b'\r' | b'\t' => continue,
            0xc2 => match source.get(at + 1) {
                Some(0x85) => {
                    input.exotic_breaks = true;
                    continue;
                }
                Some(0x80..=0x9f) => 2,
                _ => continue,
            },
            0xe2 => {
                if matches!(source.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) {
                    input.exotic_breaks = true;
                }
                continue;
            }
            0xef => match source.get(at + 1..at + 3) {
                Some([0xbb, 0xbf]) => {
                    input.byte_order_marks = true;
                    continue;
                }
                Some([0xbf, 0xbe | 0xbf]) => 3,
                _ => continue,
            },
            0x80.. => continue,
            _ => 1,
        };
        return refuse("YAML forbids this control character", Span::new(at, at + width));
    }
    Ok(input)
}

/// Length in bytes of the line break that `bytes` begins with; 0 for none.
pub(super) fn line_break(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [0xc2, 0x85, ..] => 2,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// True for what an anchor, a tag handle or a directive is named with.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// True for what a tag may hold.
pub(super) fn is_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-;/?:@&=+$,_.!~*'()[]%".contains(&byte)
}

/// Number of characters in `bytes`, which hold whole characters.
pub(super) fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(source: &[u8]) -> Result<(), (ErrorKind, Span)> {
        decode(source).map(|_| ()).map_err(|error| (error.kind, error.span))
    }

    #[test]
    fn forbidden_characters() {
        assert_eq!(kind(b"a\tb\r\n"), Ok(()));
        assert_eq!(kind("\u{feff}é\u{85}\u{a0}\u{2028}\u{fffd}😀".as_bytes()), Ok(()));
        let encoding = |start, end| Err((ErrorKind::Encoding, Span::new(start, end)));
        assert_eq!(kind(b"ab\x07"), encoding(2, 3));
        assert_eq!(kind(b"\x7f"), encoding(0, 1));
        assert_eq!(kind("a\u{80}".as_bytes()), encoding(1, 3));
        assert_eq!(kind("a\u{ffff}".as_bytes()), encoding(1, 4));
        assert_eq!(kind(b"a: \xe9\n"), encoding(3, 4));
        assert_eq!(kind(b"\xff\xfea\0"), encoding(0, 2));
        assert_eq!(kind(b"a\xf0\x9f"), encoding(1, 3));
    }

    #[test]
    fn breaks() {
        assert_eq!(line_break(b"\r\nx"), 2);
        assert_eq!(line_break(b"\rx"), 1);
        assert_eq!(line_break("\u{2029}".as_bytes()), 3);
        assert_eq!(line_break("\u{2027}".as_bytes()), 0);
        assert_eq!(line_break(b""), 0);
    }
}
