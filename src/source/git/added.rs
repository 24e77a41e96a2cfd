//! Which lines of a file are new.

use std::ops::Range;

use imara_diff::sources::byte_lines;
use imara_diff::{Algorithm, Diff, InternedInput};

/// The lines that one state of a file has and the one before has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// All of them: the file is new.
    All,
    /// These, counted from 1, in order.
    Lines(Vec<Range<usize>>),
}

impl Added {
    /// The lines of `after` that `before` has not. A line that only moved within the file is new where it is now; one
    /// that only got another line end, or a line end at the end of the file, is not.
    #[must_use]
    pub fn between(before: &[u8], after: &[u8]) -> Self {
        let input = InternedInput::new(Bare(before), Bare(after));
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let lines = diff.hunks().filter(|hunk| !hunk.after.is_empty());
        Self::Lines(
            lines.map(|hunk| hunk.after.start as usize + 1..hunk.after.end as usize + 1).collect(),
        )
    }

    /// True when one of the lines `first` to `last`, counted from 1, is new.
    #[must_use]
    pub fn any(&self, first: usize, last: usize) -> bool {
        match self {
            Self::All => true,
            Self::Lines(ranges) => {
                let from = ranges.partition_point(|range| range.end <= first);
                ranges.get(from).is_some_and(|range| range.start <= last)
            }
        }
    }
}

/// Lines without their ends.
struct Bare<'a>(&'a [u8]);

impl<'a> imara_diff::TokenSource for Bare<'a> {
    type Token = &'a [u8];
    type Tokenizer = std::iter::Map<imara_diff::sources::ByteLines<'a>, fn(&'a [u8]) -> &'a [u8]>;

    fn tokenize(&self) -> Self::Tokenizer {
        byte_lines(self.0).map(bare)
    }

    fn estimate_tokens(&self) -> u32 {
        byte_lines(self.0).estimate_tokens()
    }
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// How much of the lines of `after` stand in `before` as well, in percent: 100 for equal ones.
pub(super) fn likeness(before: &[u8], after: &[u8]) -> usize {
    let input = InternedInput::new(Bare(before), Bare(after));
    let most = input.before.len().max(input.after.len());
    if most == 0 {
        return 100;
    }
    let mut counts = vec![0_i64; input.interner.num_tokens() as usize];
    for token in &input.before {
        if let Some(count) = counts.get_mut(token.0 as usize) {
            *count += 1;
        }
    }
    let mut shared = 0;
    for token in &input.after {
        if let Some(count) = counts.get_mut(token.0 as usize).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    shared * 100 / most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_there_are_not_new() {
        let added = |before: &str, after: &str| Added::between(before.as_bytes(), after.as_bytes());
        assert_eq!(added("a\nb\nc\n", "a\nx\nb\nc\ny\n"), Added::Lines(vec![2..3, 5..6]));
        assert_eq!(added("a\nb\n", "a\r\nb"), Added::Lines(vec![]));
        assert_eq!(added("a\nb\nc\n", "c\n"), Added::Lines(vec![]));
        assert!(added("", "a\nb").any(1, 1) && added("", "a\nb").any(2, 2));
    }

    #[test]
    fn a_stretch_of_lines_is_new_when_one_of_them_is() {
        let added = Added::Lines(vec![2..3, 5..8]);
        for (first, last, expected) in [
            (1, 1, false),
            (1, 2, true),
            (2, 2, true),
            (3, 4, false),
            (3, 5, true),
            (7, 9, true),
            (8, 9, false),
        ] {
            assert_eq!(added.any(first, last), expected, "{first} to {last}");
        }
        assert!(Added::All.any(7, 7));
    }

    #[test]
    fn likeness_counts_lines_wherever_they_stand() {
        assert_eq!(likeness(b"a\nb\nc\nd\n", b"d\nc\nb\nx\n"), 75);
        assert_eq!(likeness(b"a\na\n", b"a\nb\n"), 50);
        assert_eq!(likeness(b"", b""), 100);
        assert_eq!(likeness(b"a\n", b""), 0);
    }
}
