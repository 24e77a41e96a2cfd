//! Command lines: text pieced together from continued lines, and its split into words with spans.
//!
//! Words follow POSIX quoting and nothing else is expanded or interpreted: `$VAR`, `*`, `&&` and `;`
//! stay text, because what a shell would make of them depends on a machine that is not here.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word without its quotes and escapes.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A run of text and the bytes it was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    text: usize,
    source: Span,
}

/// Text assembled from pieces of a file (continued lines joined, bytes decoded) that still knows where
/// each piece stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spliced {
    text: String,
    pieces: Vec<Piece>,
}

impl Spliced {
    /// Text that stands in the file as it is, from byte `offset` on.
    #[must_use]
    pub fn verbatim(text: &str, offset: usize) -> Self {
        let mut spliced = Self::default();
        spliced.push(text, Span::new(offset, offset + text.len()));
        spliced
    }

    /// Appends `text`, which the bytes at `source` stand for. Text of the same length as its source is
    /// taken to stand there byte for byte.
    pub fn push(&mut self, text: &str, source: Span) {
        let at = self.text.len();
        let continues = self.pieces.last().is_some_and(|last| {
            last.source.len() == at - last.text
                && last.source.end == source.start
                && source.len() == text.len()
        });
        if let Some(last) = self.pieces.last_mut()
            && continues
        {
            last.source.end = source.end;
        } else if !text.is_empty() || self.pieces.is_empty() {
            self.pieces.push(Piece { text: at, source });
        }
        self.text.push_str(text);
    }

    /// Appends the bytes of `source` in `span`, decoded as UTF-8; what is not UTF-8 becomes U+FFFD.
    pub fn push_bytes(&mut self, source: &[u8], span: Span) {
        let mut at = span.start;
        for chunk in span.of(source).utf8_chunks() {
            let valid = Span::new(at, at + chunk.valid().len());
            self.push(chunk.valid(), valid);
            at = valid.end + chunk.invalid().len();
            if !chunk.invalid().is_empty() {
                self.push("\u{fffd}", Span::new(valid.end, at));
            }
        }
        if span.is_empty() {
            self.push("", span);
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Keeps the first `len` bytes of text, a few more if that would split a character.
    pub fn truncate(&mut self, len: usize) {
        let mut len = len.min(self.text.len());
        while !self.text.is_char_boundary(len) {
            len += 1;
        }
        let end = self.span(Span::new(0, len)).end;
        self.text.truncate(len);
        while self.pieces.len() > 1 && self.pieces.last().is_some_and(|last| last.text >= len) {
            self.pieces.pop();
        }
        if let Some(last) = self.pieces.last_mut() {
            last.source = Span::new(last.source.start, end.max(last.source.start));
        }
    }

    /// The bytes of the file that the text in `span` stands for; no text stands right after the
    /// character before it.
    #[must_use]
    pub fn span(&self, span: Span) -> Span {
        let end = self.end_offset(span.end);
        if span.is_empty() { Span::at(end) } else { Span::new(self.offset(span.start), end) }
    }

    /// The whole of it in the file.
    #[must_use]
    pub fn source_span(&self) -> Span {
        match (self.pieces.first(), self.pieces.last()) {
            (Some(first), Some(last)) => first.source.join(last.source),
            _ => Span::default(),
        }
    }

    /// The part of the text in `span`, on its own.
    #[must_use]
    pub fn part(&self, span: Span) -> Self {
        let mut part = Self::default();
        let first = self.pieces.partition_point(|piece| piece.text <= span.start).saturating_sub(1);
        for piece in self.pieces.get(first..).unwrap_or_default() {
            let end = self.piece(piece.text).map_or(piece.text, |(_, end)| end);
            let range = Span::new(piece.text.max(span.start), end.min(span.end));
            let text = self.text.get(range.start..range.end).unwrap_or_default();
            if !text.is_empty() {
                part.push(text, self.span(range));
            }
            if end >= span.end {
                break;
            }
        }
        if part.pieces.is_empty() {
            part.push("", self.span(Span::at(span.start)));
        }
        part
    }

    /// A word of this text with its span turned into one of the file.
    #[must_use]
    pub fn locate(&self, word: Word) -> Word {
        Word { span: self.span(word.span), ..word }
    }

    fn piece(&self, at: usize) -> Option<(Piece, usize)> {
        let next = self.pieces.partition_point(|piece| piece.text <= at);
        let piece = *self.pieces.get(next.checked_sub(1)?)?;
        let end = self.pieces.get(next).map_or(self.text.len(), |piece| piece.text);
        Some((piece, end))
    }

    fn offset(&self, at: usize) -> usize {
        self.piece(at).map_or(0, |(piece, end)| {
            let within = at - piece.text;
            if end - piece.text == piece.source.len() || within == 0 {
                (piece.source.start + within).min(piece.source.end)
            } else if at >= end {
                piece.source.end
            } else {
                piece.source.start
            }
        })
    }

    fn end_offset(&self, at: usize) -> usize {
        let Some(before) = at.checked_sub(1) else { return self.offset(0) };
        self.piece(before).map_or(0, |(piece, end)| {
            if end - piece.text == piece.source.len() {
                (piece.source.start + (at - piece.text)).min(piece.source.end)
            } else {
                piece.source.end
            }
        })
    }
}

/// Splits `line` at unquoted blanks as a POSIX shell does. An unclosed quote runs to the end. Spans are
/// offsets in `line`.
#[must_use]
pub fn split(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some(&(start, first)) = chars.peek() {
        if is_blank(first) {
            chars.next();
            continue;
        }
        let mut text = String::new();
        let mut quote = None;
        // A continued line alone makes no word, an empty pair of quotes does.
        let mut is_word = false;
        while let Some(&(_, c)) = chars.peek() {
            if quote.is_none() && is_blank(c) {
                break;
            }
            chars.next();
            is_word |= c != '\\' || chars.peek().is_some_and(|&(_, next)| next != '\n');
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (None, '\\') => match chars.next() {
                    Some((_, '\n')) | None => {}
                    Some((_, escaped)) => text.push(escaped),
                },
                (Some('"'), '\\') => match chars.peek() {
                    Some(&(_, '\n')) => {
                        chars.next();
                    }
                    Some(&(_, escaped @ ('$' | '`' | '"' | '\\'))) => {
                        chars.next();
                        text.push(escaped);
                    }
                    _ => text.push('\\'),
                },
                _ => text.push(c),
            }
        }
        let end = chars.peek().map_or(line.len(), |&(at, _)| at);
        if is_word {
            words.push(Word { text, span: Span::new(start, end) });
        }
    }
    words
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(line: &str) -> Vec<String> {
        split(line).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(texts("a 'b c'd \"e\\\"f\\g\" h\\ i ''"), ["a", "b cd", "e\"f\\g", "h i", ""]);
        assert_eq!(texts("echo \"a\\\nb\" \\\n c"), ["echo", "ab", "c"]);
        assert_eq!(texts("  "), Vec::<String>::new());
        assert_eq!(texts("a 'open b"), ["a", "open b"]);
        assert_eq!(split(" a 'b c'd")[1].span, Span::new(3, 9));
    }

    #[test]
    fn spliced_text_keeps_its_place() {
        // "ab\<newline>cd" joined to "abcd"
        let mut line = Spliced::verbatim("ab", 10);
        line.push("cd", Span::new(14, 16));
        assert_eq!(line.text(), "abcd");
        assert_eq!(line.span(Span::new(0, 2)), Span::new(10, 12));
        assert_eq!(line.span(Span::new(1, 3)), Span::new(11, 15));
        assert_eq!(line.span(Span::new(2, 4)), Span::new(14, 16));
        assert_eq!(line.span(Span::at(4)), Span::at(16));
        line.truncate(3);
        assert_eq!((line.text(), line.source_span()), ("abc", Span::new(10, 15)));
    }

    #[test]
    fn undecodable_bytes_are_one_character() {
        let mut line = Spliced::default();
        line.push_bytes(b"a\xff\xfeb", Span::new(0, 4));
        assert_eq!(line.text(), "a\u{fffd}\u{fffd}b");
        assert_eq!(line.span(Span::new(7, 8)), Span::new(3, 4));
        assert_eq!(line.span(Span::new(1, 4)), Span::new(1, 2));
    }

    proptest! {
        #[test]
        fn any_text_splits(line in any::<String>()) {
            for word in split(&line) {
                prop_assert!(word.span.end <= line.len() && !word.span.is_empty());
                prop_assert!(line.is_char_boundary(word.span.start));
                prop_assert!(line.is_char_boundary(word.span.end));
            }
        }

        #[test]
        fn words_without_quoting_are_split_at_blanks(line in "[a-z$;& \t]{0,40}") {
            let expected: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            prop_assert_eq!(texts(&line), expected);
        }

        #[test]
        fn decoded_spans_stay_inside(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut line = Spliced::default();
            line.push_bytes(&bytes, Span::new(0, bytes.len()));
            let expected = String::from_utf8_lossy(&bytes);
            prop_assert_eq!(line.text(), &*expected);
            let mut last = 0;
            for (at, c) in expected.char_indices() {
                let span = line.span(Span::new(at, at + c.len_utf8()));
                prop_assert_eq!(span.start, last);
                last = span.end;
            }
            prop_assert_eq!(last, bytes.len());
        }
    }
}
