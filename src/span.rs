//! Where something stands in a file: byte spans inside, lines and columns at the edge.
//!
//! Everything up to the report works with byte offsets, because they are exact on any bytes and cost
//! nothing to carry. Lines and columns, which need the text and a decision about characters, are
//! computed once, when a finding is made. Columns in very long lines are counted from checkpoints, so
//! that many findings in one long line stay cheap; a file of ordinary lines never makes any.

use std::sync::OnceLock;

/// Longest text, in bytes, that is counted through for one column.
const CHECKPOINT: usize = 4_096;

/// A half-open range of byte offsets in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte; never less than `start`.
    pub end: usize,
}

impl Span {
    /// The span `start..end`; an `end` before `start` is raised to `start`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end: if end < start { start } else { end } }
    }

    /// An empty span at `offset`.
    #[must_use]
    pub const fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// True for a span of no bytes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// True when the two share at least one byte.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True when `other` lies wholly inside.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of `source` in this span; clipped to what `source` has.
    #[must_use]
    pub fn of(self, source: &[u8]) -> &[u8] {
        let end = self.end.min(source.len());
        source.get(self.start.min(end)..end).unwrap_or_default()
    }

    /// The same span, `offset` bytes further on.
    #[must_use]
    pub const fn shifted(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }
}

/// A point as editors count: both 1-based, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters (not bytes), from 1.
    pub column: usize,
}

impl Position {
    /// Where every text begins.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where `text` ends when it begins here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Self {
        let last = memchr::memrchr(b'\n', text);
        let (head, tail) = text.split_at(last.map_or(0, |last| last + 1));
        let lines = memchr::memchr_iter(b'\n', head).count();
        Self { line: 1 + lines, column: 1 + characters(tail) }.counted_from(self)
    }

    /// This position in a text that begins at `start` of a longer one, as a position in the longer one.
    #[must_use]
    pub const fn counted_from(self, start: Self) -> Self {
        let column = if self.line == 1 { start.column + self.column - 1 } else { self.column };
        Self { line: start.line + self.line - 1, column }
    }
}

/// How positions in a text differ from those in the file that it is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    lines: usize,
    /// On the first line only: the text may begin far inside it. Negative where the text begins inside a
    /// character, each of whose bytes then counts.
    columns: isize,
}

impl Shift {
    /// The shift of a text in which `here` is what is `there` in the file.
    #[must_use]
    pub const fn between(here: Position, there: Position) -> Self {
        let columns =
            if here.line == 1 { there.column.wrapping_sub(here.column).cast_signed() } else { 0 };
        Self { lines: there.line.saturating_sub(here.line), columns }
    }

    /// A position of the text as one of the file.
    #[must_use]
    pub const fn of(self, position: Position) -> Position {
        let columns = if position.line == 1 { self.columns } else { 0 };
        Position {
            line: position.line + self.lines,
            column: position.column.saturating_add_signed(columns),
        }
    }
}

/// Offsets of the line starts of one file.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    checkpoints: OnceLock<Vec<Checkpoint>>,
}

/// A boundary between two characters, and how many stand before it.
#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    offset: usize,
    characters: usize,
}

impl LineIndex {
    /// Reads the line breaks (`\n`) of `source`.
    #[must_use]
    pub fn new(source: &[u8]) -> Self {
        let mut starts = Vec::with_capacity(source.len() / 32 + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', source).map(|at| at + 1));
        Self { starts, checkpoints: OnceLock::new() }
    }

    /// The 0-based line that holds `offset`.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The span of the 0-based line `line` of `source`, without its line break.
    #[must_use]
    pub fn line_span(&self, source: &[u8], line: usize) -> Span {
        let start = self.starts.get(line).copied().unwrap_or(source.len());
        let end = self.starts.get(line + 1).map_or(source.len(), |&next| next - 1);
        let end = if end > start && source.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Span::new(start, end)
    }

    /// Number of lines; an empty file has one.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Line and column of `offset` in `source`, the text this index was made of. Bytes that are not UTF-8 count one character each run, as
    /// [`String::from_utf8_lossy`] shows them.
    #[must_use]
    pub fn position(&self, source: &[u8], offset: usize) -> Position {
        let offset = offset.min(source.len());
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = source.get(start..offset).unwrap_or_default();
        let characters = if before.len() <= CHECKPOINT {
            characters(before)
        } else {
            self.characters_before(source, offset) - self.characters_before(source, start)
        };
        Position { line: line + 1, column: characters + 1 }
    }

    /// Characters of `source` before `offset`, at most [`CHECKPOINT`] bytes of them counted anew.
    fn characters_before(&self, source: &[u8], offset: usize) -> usize {
        let all = self.checkpoints.get_or_init(|| checkpoints(source));
        let next = all.partition_point(|checkpoint| checkpoint.offset <= offset);
        let last = next.checked_sub(1).and_then(|at| all.get(at));
        let (from, before) = last.map_or((0, 0), |last| (last.offset, last.characters));
        before + characters(source.get(from..offset).unwrap_or_default())
    }
}

/// Characters of `bytes`; a run of bytes that is no UTF-8 is one, as [`String::from_utf8_lossy`] shows it.
fn characters(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return text.chars().count();
    }
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
        .sum()
}

/// Checkpoints at least every [`CHECKPOINT`] bytes, on boundaries of the whole text's decoding: counting
/// on from one gives what counting from the start would.
fn checkpoints(source: &[u8]) -> Vec<Checkpoint> {
    let mut all = Vec::with_capacity(source.len() / CHECKPOINT + 1);
    let mut now = Checkpoint { offset: 0, characters: 0 };
    let mut last = 0;
    for chunk in source.utf8_chunks() {
        let mut valid = chunk.valid();
        while !valid.is_empty() {
            // Room for the longest invalid run, three bytes, behind it.
            let room = (last + CHECKPOINT - 4).saturating_sub(now.offset);
            let fits = (0..=room.min(valid.len())).rev().find(|&at| valid.is_char_boundary(at));
            let (head, tail) = valid.split_at(fits.unwrap_or(0));
            now.offset += head.len();
            now.characters += head.chars().count();
            if !tail.is_empty() {
                all.push(now);
                last = now.offset;
            }
            valid = tail;
        }
        if !chunk.invalid().is_empty() {
            now.offset += chunk.invalid().len();
            now.characters += 1;
        }
        if now.offset >= last + CHECKPOINT - 4 {
            all.push(now);
            last = now.offset;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = "α: β\nkey: é\r\n".as_bytes();
        let index = LineIndex::new(source);
        assert_eq!(index.position(source, 4), Position { line: 1, column: 4 });
        assert_eq!(index.position(source, source.len() - 2), Position { line: 2, column: 7 });
        assert_eq!(index.line_span(source, 1).of(source), "key: é".as_bytes());
        assert_eq!(index.lines(), 3);
    }

    #[test]
    fn long_lines_count_as_short_ones_do() {
        // Every kind of text across checkpoints: ASCII, long characters, bytes that are no UTF-8.
        for unit in
            ["abcdefg".as_bytes(), "aé€😀".as_bytes(), b"ab\xFF\xE2\x82c", b"\xFF", b"\x80\xE2\x82"]
        {
            let mut source = b"first\n".to_vec();
            source.extend(unit.iter().cycle().take(5 * CHECKPOINT + 7));
            source.extend(b"\nlast");
            let index = LineIndex::new(&source);
            for offset in (6..source.len() - 5).step_by(61).chain(CHECKPOINT..CHECKPOINT + 20) {
                let column = String::from_utf8_lossy(&source[6..offset]).chars().count() + 1;
                assert_eq!(
                    index.position(&source, offset),
                    Position { line: 2, column },
                    "{offset}"
                );
            }
            let end = Position { line: 3, column: 5 };
            assert_eq!(index.position(&source, source.len()), end);
        }
    }

    #[test]
    fn many_places_in_one_long_line_are_cheap() {
        let source = "é23456".repeat(1 << 20 >> 3);
        let source = source.as_bytes();
        let index = LineIndex::new(source);
        for number in 0..8_000 {
            let offset = source.len() - 7 * (number + 1);
            assert_eq!(index.position(source, offset).column, (offset / 7) * 6 + 1);
        }
        // A few kilobytes a place at most, not a megabyte.
        let gaps = index.checkpoints.get().expect("checkpoints").windows(2);
        assert!(gaps.map(|pair| pair[1].offset - pair[0].offset).all(|gap| gap <= CHECKPOINT));
    }

    proptest::proptest! {
        #[test]
        fn a_part_tells_the_places_of_the_whole(
            // Line breaks, ASCII, and the first and later bytes of long characters, right and wrong.
            picks in proptest::collection::vec(0usize..7, 1..80),
            cuts in (0usize..80, 0usize..80, 0usize..80),
        ) {
            let source: Vec<u8> = picks.iter().map(|&at| b"\na\xC3\xE2\xF0\x80\x9F"[at]).collect();
            let mut cuts = [cuts.0, cuts.1, cuts.2].map(|cut| cut.min(source.len()));
            cuts.sort();
            // Places are told between characters: not where such a byte follows.
            let whole = |at: &usize| source.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
            let [from, start, end] = cuts;
            if whole(&start) && whole(&end) {
                let index = LineIndex::new(&source);
                let position = |offset| index.position(&source, offset);
                let at = position(start);
                assert_eq!(at.after(&source[start..end]), position(end));
                // The part begins anywhere, a character's middle included.
                let part = &source[from..];
                let index = LineIndex::new(part);
                let shift = Shift::between(index.position(part, start - from), at);
                assert_eq!(shift.of(index.position(part, end - from)), position(end));
            }
        }
    }

    #[test]
    fn clipped_spans_do_not_panic() {
        assert_eq!(Span::new(3, 90).of(b"abcde"), b"de");
        assert_eq!(Span::new(30, 90).of(b"abcde"), b"");
        assert_eq!(Span::new(9, 3), Span::at(9));
    }
}
