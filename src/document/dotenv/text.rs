//! The bytes of a `.env` file as the text that Hermes hands to python-dotenv.
//!
//! Most files are UTF-8 with `\n` line breaks and are used in place; any other costs a copy and a table
//! of where its pieces stand.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::document::shell_words::Spliced;
use crate::span::Span;

/// How the bytes were decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a BOM.
    Utf8,
    /// UTF-16 with a BOM, which Hermes rewrites as UTF-8.
    Utf16,
    /// Anything else: Hermes falls back to Latin-1, in which every byte is a character.
    Latin1,
}

/// A file as text with `\n` for every line break.
pub(super) struct Text<'a> {
    pub(super) encoding: Encoding,
    text: Decoded<'a>,
}

enum Decoded<'a> {
    Same(&'a str),
    Changed(Spliced),
}

impl<'a> Text<'a> {
    pub(super) fn decode(source: &'a [u8]) -> Self {
        if let Some(text) = decode_utf16(source) {
            return Self { encoding: Encoding::Utf16, text: Decoded::Changed(text) };
        }
        let Ok(text) = std::str::from_utf8(source) else {
            let chars = source.iter().enumerate().map(|(at, &byte)| (at, char::from(byte)));
            let text = Decoded::Changed(normalised(chars, source.len()));
            return Self { encoding: Encoding::Latin1, text };
        };
        let text = if source.contains(&b'\r') || source.contains(&0) {
            Decoded::Changed(normalised(text.char_indices(), source.len()))
        } else {
            Decoded::Same(text)
        };
        Self { encoding: Encoding::Utf8, text }
    }

    pub(super) fn as_str(&self) -> &str {
        match &self.text {
            Decoded::Same(text) => text,
            Decoded::Changed(text) => text.text(),
        }
    }

    pub(super) fn span(&self, span: Span) -> Span {
        match &self.text {
            Decoded::Same(_) => span,
            Decoded::Changed(text) => text.span(span),
        }
    }
}

/// `None` for anything but well-formed UTF-16 with a BOM. The BOM of UTF-32 starts like that of UTF-16.
fn decode_utf16(source: &[u8]) -> Option<Spliced> {
    let little = match source {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => return None,
    };
    let (units, rest) = source.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let units = units.iter().skip(1);
    let units =
        units.map(|&unit| if little { u16::from_le_bytes(unit) } else { u16::from_be_bytes(unit) });
    let mut at = 2;
    let mut chars = Vec::with_capacity(source.len() / 2);
    for decoded in char::decode_utf16(units) {
        let c = decoded.ok()?;
        chars.push((at, c));
        at += 2 * c.len_utf16();
    }
    Some(normalised(chars.into_iter(), source.len()))
}

/// Text of `chars`, each given with its offset in a file of `len` bytes: line breaks as `\n`, no NUL.
fn normalised(chars: impl Iterator<Item = (usize, char)>, len: usize) -> Spliced {
    let mut text = Spliced::default();
    let mut chars = chars.peekable();
    let mut buffer = [0; 4];
    while let Some((start, mut c)) = chars.next() {
        if c == '\0' {
            continue;
        }
        if c == '\r' {
            chars.next_if(|&(_, next)| next == '\n');
            c = '\n';
        }
        let end = chars.peek().map_or(len, |&(at, _)| at);
        text.push(c.encode_utf8(&mut buffer), Span::new(start, end));
    }
    text
}
