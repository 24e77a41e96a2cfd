//! The bytes of a document with what is needed to point into them safely.
//!
//! Every excerpt that leaves this type has its secrets masked: the spans of what must not be shown are
//! set once, before any rule runs, so that no rule can forget to.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use crate::finding::{Excerpt, Location, Region};
use crate::source::{Source, SourcePath};
use crate::span::{LineIndex, Position, Shift, Span};

/// Longest line shown whole, in bytes; longer ones are cropped around the marked part.
const LINE_LIMIT: usize = 160;
/// Most lines an excerpt has.
const EXCERPT_LINES: usize = 6;
/// What stands in an excerpt for a masked byte run.
const MASK: &str = "[secret]";

/// A document's bytes, path and masks.
#[derive(Debug)]
pub struct Text {
    path: SourcePath,
    /// Its two names, once a finding has them.
    names: OnceLock<(Arc<str>, Arc<str>)>,
    bytes: Box<[u8]>,
    lines: OnceLock<LineIndex>,
    /// Set in a part of a large file.
    shift: Shift,
    masks: Vec<Span>,
    secrets: Vec<Span>,
    edits: AtomicUsize,
}

impl Text {
    /// Keeps a copy of `bytes`.
    #[must_use]
    pub fn new(path: SourcePath, bytes: &[u8]) -> Self {
        Self {
            path,
            names: OnceLock::new(),
            bytes: bytes.into(),
            lines: OnceLock::new(),
            shift: Shift::default(),
            masks: Vec::new(),
            secrets: Vec::new(),
            edits: AtomicUsize::new(0),
        }
    }

    /// Keeps a copy of the bytes of `source`; of a part of a file, places are told as those of the file.
    #[must_use]
    pub fn of(source: &Source<'_>) -> Self {
        let mut text = Self::new(source.path.clone(), source.bytes);
        if let Some(part) = source.part {
            text.shift = Shift::between(text.position(part.own.start), part.at);
        }
        text
    }

    /// Line and column of `offset` in the file.
    fn position(&self, offset: usize) -> Position {
        self.shift.of(self.lines().position(&self.bytes, offset))
    }

    /// Where the document was found.
    #[must_use]
    pub fn path(&self) -> &SourcePath {
        &self.path
    }

    /// All bytes. May hold secrets: never for a message.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The line index, made on first use.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.bytes))
    }

    /// Sets what no output may show. Spans may touch and overlap.
    pub fn mask(&mut self, mut spans: Vec<Span>) {
        spans.retain(|span| !span.is_empty());
        spans.sort();
        let mut masks: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match masks.last_mut() {
                Some(last) if span.start <= last.end => *last = last.join(span),
                _ => masks.push(span),
            }
        }
        self.masks = masks;
    }

    /// Notes which of the masked parts are credentials, one span each.
    pub fn set_secrets(&mut self, mut spans: Vec<Span>) {
        spans.sort();
        self.secrets = spans;
    }

    /// How many edits were worked out so far.
    pub(super) const fn edits(&self) -> &AtomicUsize {
        &self.edits
    }

    /// The credentials in it, one span each, sorted.
    #[must_use]
    pub fn secrets(&self) -> &[Span] {
        &self.secrets
    }

    /// What no output may show, sorted, without overlaps.
    #[must_use]
    pub fn masks(&self) -> &[Span] {
        &self.masks
    }

    /// True when `span` shares a byte with a masked one.
    #[must_use]
    pub fn is_masked(&self, span: Span) -> bool {
        let next = self.masks.partition_point(|mask| mask.end <= span.start);
        self.masks.get(next).is_some_and(|mask| mask.overlaps(span))
    }

    /// The bytes of `span` for people: masked, lossy.
    #[must_use]
    pub fn show(&self, span: Span) -> String {
        let span = Span::new(span.start.min(self.bytes.len()), span.end.min(self.bytes.len()));
        self.render(&self.pieces(span))
    }

    /// The document as a whole.
    #[must_use]
    pub fn whole(&self) -> Location {
        let names = || (self.path.display.as_str().into(), self.path.identity.as_str().into());
        let (path, identity) = self.names.get_or_init(names).clone();
        Location { path, identity, region: None, excerpt: None }
    }

    /// The place of `span`, with its lines.
    #[must_use]
    pub fn locate(&self, span: Span) -> Location {
        let span = Span::new(span.start.min(self.bytes.len()), span.end.min(self.bytes.len()));
        let start = self.position(span.start);
        let end = self.position(span.end);
        Location {
            region: Some(Region {
                line: start.line,
                column: start.column,
                end_line: end.line,
                end_column: end.column,
            }),
            excerpt: Some(self.excerpt(span)),
            ..self.whole()
        }
    }

    fn excerpt(&self, span: Span) -> Excerpt {
        let first = self.lines().line_of(span.start);
        let last = self.lines().line_of(span.end.saturating_sub(usize::from(!span.is_empty())));
        let last = last.max(first).min(first + EXCERPT_LINES - 1);
        let start = self.lines().line_span(&self.bytes, first).start;
        let end = self.lines().line_span(&self.bytes, last).end.max(start);
        let mut shown = Span::new(start, end);
        if shown.len() > LINE_LIMIT * EXCERPT_LINES
            || (first..=last).any(|at| self.lines().line_span(&self.bytes, at).len() > LINE_LIMIT)
        {
            // One window around the start of the marked part; a mask that it cuts is widened over.
            let from = shown.start.max(span.start.saturating_sub(LINE_LIMIT / 4));
            let line_end = self.lines().line_span(&self.bytes, first).end;
            let to = line_end.min(from + LINE_LIMIT);
            shown = Span::new(self.boundary(from), self.boundary(to));
        }
        let pieces = self.pieces(shown);
        let text = self.render(&pieces);
        let from = self.place(&pieces, span.start.clamp(shown.start, shown.end), Edge::Start);
        let to = self.place(&pieces, span.end.clamp(shown.start, shown.end), Edge::End);
        let inside = |offset: usize| floor_boundary(&text, offset);
        let marked = (inside(from), inside(to.max(from)));
        let first = self.position(shown.start);
        Excerpt { text, first_line: first.line, first_column: first.column, marked }
    }

    /// The next offset at or after `offset` that does not cut a UTF-8 character.
    fn boundary(&self, mut offset: usize) -> usize {
        while self.bytes.get(offset).is_some_and(|byte| byte & 0xC0 == 0x80) {
            offset += 1;
        }
        offset.min(self.bytes.len())
    }

    /// `shown` cut into runs that are masked and runs that are not.
    fn pieces(&self, shown: Span) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = shown.start;
        let first = self.masks.partition_point(|mask| mask.end <= shown.start);
        for mask in self.masks.iter().skip(first).take_while(|mask| mask.start < shown.end) {
            let start = mask.start.max(shown.start);
            if at < start {
                pieces.push(Piece { span: Span::new(at, start), masked: false });
            }
            at = mask.end.min(shown.end);
            pieces.push(Piece { span: Span::new(start, at), masked: true });
        }
        if at < shown.end {
            pieces.push(Piece { span: Span::new(at, shown.end), masked: false });
        }
        pieces
    }

    fn render(&self, pieces: &[Piece]) -> String {
        let mut text = String::with_capacity(LINE_LIMIT);
        for piece in pieces {
            text.push_str(&self.render_piece(piece, piece.span.end));
        }
        text
    }

    fn render_piece(&self, piece: &Piece, end: usize) -> Cow<'_, str> {
        if piece.masked {
            return Cow::Borrowed(MASK);
        }
        String::from_utf8_lossy(Span::new(piece.span.start, end).of(&self.bytes))
    }

    /// Where the byte at `offset` of the file stands in the rendered text. A mask that it falls into is
    /// taken in whole.
    fn place(&self, pieces: &[Piece], offset: usize, edge: Edge) -> usize {
        let mut before = 0;
        for piece in pieces {
            let whole = self.render_piece(piece, piece.span.end).len();
            let inside = match edge {
                Edge::Start => offset < piece.span.end,
                Edge::End => offset <= piece.span.end,
            };
            if inside {
                if offset <= piece.span.start {
                    return before;
                }
                return match (piece.masked, edge) {
                    (true, Edge::Start) => before,
                    (true, Edge::End) => before + whole,
                    (false, _) => before + self.render_piece(piece, offset).len(),
                };
            }
            before += whole;
        }
        before
    }
}

/// A run of bytes that is shown, or masked, as a whole.
struct Piece {
    span: Span,
    masked: bool,
}

/// Which end of a marked part is looked for.
#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

fn floor_boundary(text: &str, mut offset: usize) -> usize {
    offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn text(bytes: &[u8], masks: &[(usize, usize)]) -> Text {
        let mut text = Text::new(SourcePath::new("f".into(), Path::new(".")), bytes);
        text.mask(masks.iter().map(|&(start, end)| Span::new(start, end)).collect());
        text
    }

    fn marked(excerpt: &Excerpt) -> &str {
        &excerpt.text[excerpt.marked.0..excerpt.marked.1]
    }

    #[test]
    fn marks_the_span() {
        let text = text(b"a: 1\nkey: value\nb: 2\n", &[]);
        let location = text.locate(Span::new(10, 15));
        let excerpt = location.excerpt.unwrap();
        assert_eq!((excerpt.text.as_str(), marked(&excerpt)), ("key: value", "value"));
        assert_eq!(excerpt.first_line, 2);
        let region = location.region.unwrap();
        assert_eq!((region.line, region.column, region.end_column), (2, 6, 11));
    }

    #[test]
    fn masks_win_over_marks() {
        // The whole value is marked, its last three bytes are secret.
        let whole = text(b"key: sk-abc", &[(8, 11)]);
        let excerpt = whole.locate(Span::new(5, 11)).excerpt.unwrap();
        assert_eq!((excerpt.text.as_str(), marked(&excerpt)), ("key: sk-[secret]", "sk-[secret]"));
        // A mark that begins and ends inside a mask takes the mask in.
        let inside = text(b"x: hunter2 # why", &[(3, 10)]);
        let excerpt = inside.locate(Span::new(5, 7)).excerpt.unwrap();
        assert_eq!((excerpt.text.as_str(), marked(&excerpt)), ("x: [secret] # why", "[secret]"));
        assert_eq!(inside.show(Span::new(0, 16)), "x: [secret] # why");
        assert!(inside.is_masked(Span::new(9, 12)) && !inside.is_masked(Span::new(10, 12)));
    }

    #[test]
    fn a_neighbour_on_the_same_line_is_masked_too() {
        let text = text(b"{a: hunter2, b: *}", &[(4, 11)]);
        assert_eq!(text.locate(Span::new(16, 17)).excerpt.unwrap().text, "{a: [secret], b: *}");
    }

    #[test]
    fn long_lines_are_cropped_around_the_mark() {
        let mut bytes = vec![b'x'; 100_000];
        bytes[70_000..70_006].copy_from_slice(b"secret");
        let text = text(&bytes, &[(70_000, 70_006)]);
        let excerpt = text.locate(Span::new(70_000, 70_006)).excerpt.unwrap();
        assert!(excerpt.text.len() < 2 * LINE_LIMIT, "{}", excerpt.text.len());
        assert_eq!(marked(&excerpt), MASK);
        assert_eq!(excerpt.first_column, 70_000 - LINE_LIMIT / 4 + 1);
    }

    #[test]
    fn a_part_tells_the_places_of_the_file() {
        // Own bytes begin at `own`, in line 70 of the file and far into it.
        let path = SourcePath::new("f".into(), Path::new("."));
        let bytes = "é before own key\nnext é key\n".as_bytes();
        let own = Span::new("é before ".len(), bytes.len());
        let at = Position { line: 70, column: 5_001 };
        let part = crate::source::Part { number: 3, own, at, head: b"" };
        let origin = crate::source::Origin::Named;
        let text = Text::of(&Source { path: &path, bytes, origin, part: Some(part) });
        let first = text.locate(Span::new(own.start + 4, own.start + 7));
        let region = first.region.unwrap();
        assert_eq!((region.line, region.column, region.end_column), (70, 5_005, 5_008));
        let excerpt = first.excerpt.unwrap();
        assert_eq!((marked(&excerpt), excerpt.first_line), ("key", 70));
        assert_eq!(excerpt.first_column, 5_001 - "é before ".chars().count());
        let second = text.locate(Span::new(bytes.len() - 4, bytes.len() - 1));
        let region = second.region.unwrap();
        assert_eq!((region.line, region.column, region.end_column), (71, 8, 11));
        let excerpt = second.excerpt.unwrap();
        assert_eq!((excerpt.first_line, excerpt.first_column), (71, 1));
    }

    #[test]
    fn spans_outside_the_text_are_clipped() {
        let text = text(b"ab", &[(1, 99)]);
        assert_eq!(text.locate(Span::new(50, 60)).region.unwrap().line, 1);
        assert_eq!(text.show(Span::new(0, 60)), "a[secret]");
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_never_shows_a_masked_byte(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400),
            masks in proptest::collection::vec((0usize..420, 0usize..420), 0..6),
            from in 0usize..420, to in 0usize..420,
        ) {
            // `Q` stands only in masked bytes, so an output with a `Q` is a leak.
            let mut bytes: Vec<u8> =
                bytes.into_iter().map(|byte| if byte == b'Q' { b'q' } else { byte }).collect();
            for &(start, end) in &masks {
                let end = end.min(bytes.len());
                if start < end { bytes[start..end].fill(b'Q'); }
            }
            let text = text(&bytes, &masks);
            let excerpt = text.locate(Span::new(from, to)).excerpt.unwrap();
            assert!(!excerpt.text.contains('Q'));
            assert!(excerpt.text.is_char_boundary(excerpt.marked.0));
            assert!(excerpt.text.is_char_boundary(excerpt.marked.1));
            assert!(!text.show(Span::new(from, to)).contains('Q'));
        }
    }
}
