//! Where something stands in a file: byte spans inside, lines and columns at the edge.
//!
//! Everything up to the report works with byte offsets, because they are exact on any bytes and cost
//! nothing to carry. Lines and columns, which need the text and a decision about characters, are
//! computed once, when a finding is made.

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

/// Offsets of the line starts of one file.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Reads the line breaks (`\n`) of `source`.
    #[must_use]
    pub fn new(source: &[u8]) -> Self {
        let mut starts = Vec::with_capacity(source.len() / 32 + 1);
        starts.push(0);
        starts.extend(source.iter().enumerate().filter(|&(_, &b)| b == b'\n').map(|(i, _)| i + 1));
        Self { starts }
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

    /// Line and column of `offset`. Bytes that are not UTF-8 count one character each run, as
    /// [`String::from_utf8_lossy`] shows them.
    #[must_use]
    pub fn position(&self, source: &[u8], offset: usize) -> Position {
        let offset = offset.min(source.len());
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = source.get(start..offset).unwrap_or_default();
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        Position { line: line + 1, column }
    }
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
    fn clipped_spans_do_not_panic() {
        assert_eq!(Span::new(3, 90).of(b"abcde"), b"de");
        assert_eq!(Span::new(30, 90).of(b"abcde"), b"");
        assert_eq!(Span::new(9, 3), Span::at(9));
    }
}
