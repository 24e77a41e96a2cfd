//! Decoded readings of a file's bytes, each with a map back to the bytes it was read from.
//!
//! A secret may stand in a file as base64, hex, escapes, a literal cut in two, or two bytes a letter. [`runs`]
//! finds such places in one cheap pass, [`decode`], [`join`], [`utf16`] and [`notebook`] turn one into a
//! [`View`] that the detectors read like any other text. One level is decoded; a view is bytes again,
//! so a caller that wants two levels looks for runs in it and maps twice.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod decode;
pub mod join;
pub mod notebook;
pub mod runs;
pub mod utf16;

#[cfg(test)]
mod tests;

use crate::span::Span;

/// How a run of bytes is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Base64 in the standard or the URL alphabet, padded or not, also broken over lines.
    Base64,
    /// Pairs of hexadecimal digits, also broken over lines.
    Hex,
    /// `%3D`.
    Percent,
    /// Backslash escapes of JSON, JavaScript, C and shells: `\u003d`, `\x3d`, `\/`, `\"`, `\075`.
    Escapes,
    /// HTML and XML character references: `&amp;`, `&#61;`, `&#x3D;`.
    Entities,
}

/// A place whose bytes may mean other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where it stands.
    pub span: Span,
    /// How to read it.
    pub kind: Kind,
}

/// Bytes of `text` that were read in equal groups: every `out` of them stand for `of` bytes of the original.
#[derive(Clone, Copy, Debug)]
struct Piece {
    text: u32,
    /// Offset in the original, less the view's base.
    at: u32,
    out: u16,
    of: u16,
}

/// A decoded text, and where each of its bytes stands in the original. Reuse one: its buffers keep their size.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// What the detectors read.
    pub text: Vec<u8>,
    pieces: Vec<Piece>,
    base: usize,
}

impl View {
    /// An empty view.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Vec::new(), pieces: Vec::new(), base: 0 }
    }

    /// The span of the original that `span` of the text was read from; an encoded group counts whole.
    /// Where the text was put together from several places, it covers what lies between them, too.
    #[must_use]
    pub fn original(&self, span: Span) -> Span {
        let end = span.end.min(self.text.len());
        let start = span.start.min(end);
        let first = self.group_of(start);
        if start == end { Span::at(first.start) } else { first.join(self.group_of(end - 1)) }
    }

    /// The group of the original that the text's byte at `offset` belongs to.
    fn group_of(&self, offset: usize) -> Span {
        let index = self.pieces.partition_point(|piece| piece.text as usize <= offset);
        let Some(piece) = index.checked_sub(1).and_then(|index| self.pieces.get(index)) else {
            return Span::at(self.base);
        };
        let group = (offset - piece.text as usize) / usize::from(piece.out.max(1));
        let start = self.base + piece.at as usize + group * usize::from(piece.of);
        Span::new(start, start + usize::from(piece.of))
    }

    /// Empties the view; what follows is read from `base` on.
    fn start(&mut self, base: usize) {
        self.text.clear();
        self.pieces.clear();
        self.base = base;
    }

    /// Appends `bytes` that stand for `of` bytes of the original at `at`. False when the map is full.
    fn group(&mut self, bytes: &[u8], at: usize, of: usize) -> bool {
        if bytes.is_empty() {
            return true;
        }
        let (Ok(out), Ok(of)) = (u16::try_from(bytes.len()), u16::try_from(of)) else {
            return false;
        };
        self.groups(bytes, at, out, of)
    }

    /// Appends `bytes` that stand in the original as they are. False when the map is full.
    fn plain(&mut self, bytes: &[u8], at: usize) -> bool {
        bytes.is_empty() || self.groups(bytes, at, 1, 1)
    }

    fn groups(&mut self, bytes: &[u8], at: usize, out: u16, of: u16) -> bool {
        let noted = self.note(at, out, of);
        self.text.extend_from_slice(bytes);
        noted
    }

    /// Says that what is appended next was read from `at` on, in groups of `of` bytes that mean `out`.
    /// False when the map is full.
    fn note(&mut self, at: usize, out: u16, of: u16) -> bool {
        let here = self.text.len();
        let follows = self.pieces.last().is_some_and(|last| {
            let done = here - last.text as usize;
            (last.out, last.of) == (out, of)
                && done.is_multiple_of(usize::from(out))
                && self.base + last.at as usize + done / usize::from(out) * usize::from(of) == at
        });
        if !follows {
            let (Ok(text), Some(Ok(at))) =
                (u32::try_from(here), at.checked_sub(self.base).map(u32::try_from))
            else {
                return false;
            };
            self.pieces.push(Piece { text, at, out, of });
        }
        true
    }
}

fn byte(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}
