//! The last line of defence: takes every secret of the run out of what is about to be said.
//!
//! Masks cover secrets where they stand; this covers rules that quote one, and the same secret standing
//! elsewhere in a line that is shown. Very short values are left: they are ordinary words elsewhere.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use crate::checklist::Evidence;
use crate::finding::{Excerpt, Finding};

/// Shortest value that is looked for, in bytes: as many as are read at once.
const SHORTEST: usize = 8;
/// What stands in its place.
const MARK: &str = "[secret]";

/// Knows every secret of a run.
///
/// No automaton: secrets may be tens of thousands, or a megabyte long and repeating themselves, and the texts are short.
/// The first eight bytes at each place tell whether a secret may begin there; a search in the sorted list tells which.
pub struct Scrubber {
    /// Sorted, each once.
    needles: Vec<Box<str>>,
    /// For each needle the index of the longest other one that it begins with.
    within: Vec<Option<usize>>,
    /// The needles, as a range, that begin with eight bytes.
    heads: HashMap<u64, (usize, usize)>,
    /// One bit for each head, by hash: most places of a text end here.
    filter: Vec<u64>,
}

/// The first eight bytes of `text`.
fn head(text: &[u8]) -> Option<u64> {
    text.first_chunk().copied().map(u64::from_le_bytes)
}

/// Where the bit of a head stands: the word, and the bit in it.
const fn bit(head: u64, words: usize) -> (usize, u64) {
    let hash = (head ^ head >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    // There are less than 2³² words.
    #[allow(clippy::cast_possible_truncation, reason = "thirty-two bits are left")]
    let hash = hash as usize;
    (hash / 64 % words, 1 << (hash % 64))
}

impl Scrubber {
    /// Takes the secrets, decoded and as written.
    #[must_use]
    pub fn new(secrets: &[Vec<u8>]) -> Self {
        let mut needles: Vec<&str> = secrets
            .iter()
            .filter_map(|secret| str::from_utf8(secret).ok())
            .map(str::trim)
            .filter(|secret| secret.len() >= SHORTEST)
            .collect();
        needles.sort_unstable();
        needles.dedup();
        // In order, what a needle begins with stands before it, and only others of the kind between the two.
        let mut within: Vec<Option<usize>> = Vec::with_capacity(needles.len());
        for (index, needle) in needles.iter().enumerate() {
            let mut outer = index.checked_sub(1);
            while let Some(at) = outer.filter(|&at| !begins(needle, needles.get(at))) {
                outer = within.get(at).copied().flatten();
            }
            within.push(outer);
        }
        let words = (needles.len() / 4).next_power_of_two().clamp(64, 1 << 20);
        let mut filter = vec![0; if needles.is_empty() { 0 } else { words }];
        let mut heads: HashMap<u64, (usize, usize)> = HashMap::with_capacity(needles.len());
        for (index, needle) in needles.iter().enumerate() {
            let Some(head) = head(needle.as_bytes()) else { continue };
            let (word, bit) = bit(head, words);
            if let Some(word) = filter.get_mut(word) {
                *word |= bit;
            }
            heads.entry(head).or_insert((index, index)).1 = index + 1;
        }
        let needles = needles.into_iter().map(Box::from).collect();
        Self { needles, within, heads, filter }
    }

    /// The length of the longest secret that `text` begins with.
    fn length_at(&self, text: &[u8]) -> Option<usize> {
        let &(first, end) = self.heads.get(&head(text)?)?;
        let range = self.needles.get(first..end)?;
        let after =
            range.partition_point(|needle| needle.as_bytes().cmp(text) != Ordering::Greater);
        let mut index = first + after.checked_sub(1)?;
        // The last one that is not beyond the text begins with all that the text begins with.
        let last = self.needles.get(index)?.as_bytes();
        let shared = last.iter().zip(text).take_while(|(a, b)| a == b).count();
        while self.needles.get(index)?.len() > shared {
            index = (*self.within.get(index)?)?;
        }
        self.needles.get(index).map(|needle| needle.len())
    }

    /// The first secret in `text` from `from` on, the longest where several begin.
    fn next(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let words = self.filter.len();
        let rest = text.get(from..)?;
        rest.windows(SHORTEST).enumerate().find_map(|(at, window)| {
            let (word, bit) = bit(head(window)?, words);
            if self.filter.get(word)? & bit == 0 {
                return None;
            }
            let start = from + at;
            self.length_at(text.get(start..)?).map(|length| (start, start + length))
        })
    }

    /// Cleans a text.
    pub fn text(&self, text: &mut String) {
        if self.needles.is_empty() {
            return;
        }
        let Some((mut start, mut end)) = self.next(text.as_bytes(), 0) else { return };
        let (mut cleaned, mut from) = (String::with_capacity(text.len()), 0);
        loop {
            cleaned.push_str(text.get(from..start).unwrap_or_default());
            cleaned.push_str(MARK);
            from = end;
            match self.next(text.as_bytes(), from) {
                Some(next) => (start, end) = next,
                None => break,
            }
        }
        cleaned.push_str(text.get(from..).unwrap_or_default());
        *text = cleaned;
    }

    /// Cleans findings.
    pub fn findings(&self, findings: &mut [Finding]) {
        if self.needles.is_empty() {
            return;
        }
        let mut clean = Clean::default();
        for finding in findings {
            self.finding(finding, &mut clean);
        }
    }

    /// Cleans everything a finding says and shows.
    fn finding(&self, finding: &mut Finding, clean: &mut Clean) {
        self.text(&mut finding.message);
        self.text(&mut finding.anchor);
        // What the program itself says comes from no scanned file.
        if let Cow::Owned(label) = &mut finding.label {
            self.text(label);
        }
        if let Some(Cow::Owned(help)) = &mut finding.help {
            clean.text(self, Field::Help, help);
        }
        finding.notes.iter_mut().for_each(|text| self.text(text));
        if let Some(excerpt) = &mut finding.location.excerpt {
            self.excerpt(excerpt);
        }
        for related in &mut finding.related {
            self.text(&mut related.note);
            if let Some(excerpt) = &mut related.location.excerpt {
                self.excerpt(excerpt);
            }
        }
        let reasons = finding.credential.iter_mut().flat_map(|it| &mut it.reasons);
        for reason in reasons {
            if let Cow::Owned(reason) = reason {
                clean.text(self, Field::Reason, reason);
            }
        }
        if let Some(fix) = &mut finding.fix {
            self.text(&mut fix.description);
            // An edit that would carry a credential is none: cleaned it would write the mark into the file.
            if fix.edits.iter().any(|edit| self.next(edit.replacement.as_bytes(), 0).is_some()) {
                finding.fix = None;
            }
        }
    }

    /// Cleans the evidence of a checklist.
    pub fn evidence(&self, evidence: &mut Evidence) {
        self.text(&mut evidence.text);
    }

    /// Cleans source lines piece by piece, so that the marked part stays marked.
    fn excerpt(&self, excerpt: &mut Excerpt) {
        let (from, to) = excerpt.marked;
        if self.next(excerpt.text.as_bytes(), 0).is_none() {
            return;
        }
        let whole = excerpt.text.clone();
        let cut = |range: std::ops::Range<usize>| {
            let mut piece = whole.get(range).unwrap_or_default().to_owned();
            self.text(&mut piece);
            piece
        };
        let (before, marked, after) = (cut(0..from), cut(from..to), cut(to..whole.len()));
        let pieces = format!("{before}{marked}{after}");
        let mut again = pieces.clone();
        self.text(&mut again);
        // A secret across the mark's edge is only found in the whole: then the mark takes the whole line.
        if again == pieces {
            excerpt.marked = (before.len(), before.len() + marked.len());
            excerpt.text = pieces;
        } else {
            excerpt.marked = (0, again.len());
            excerpt.text = again;
        }
    }
}

/// True when `text` begins with `start`.
fn begins(text: &str, start: Option<&&str>) -> bool {
    start.is_some_and(|start| text.starts_with(start))
}

/// The text of each field that was found clean last: thousands of findings say the same.
#[derive(Default)]
struct Clean([String; 2]);

#[derive(Clone, Copy)]
enum Field {
    Help,
    Reason,
}

impl Clean {
    fn text(&mut self, scrubber: &Scrubber, field: Field, text: &mut String) {
        let Some(last) = self.0.get_mut(field as usize) else { return scrubber.text(text) };
        if last != text {
            scrubber.text(text);
            last.clone_from(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(text: &str, marked: (usize, usize)) -> (String, String) {
        let scrubber =
            Scrubber::new(&[b"hunter2hunter2".to_vec(), vec![0xFF; 9], b"short".to_vec()]);
        let mut excerpt = Excerpt { text: text.to_owned(), first_line: 1, first_column: 1, marked };
        scrubber.excerpt(&mut excerpt);
        let marked = excerpt.text[excerpt.marked.0..excerpt.marked.1].to_owned();
        (excerpt.text, marked)
    }

    #[test]
    fn the_longest_secret_goes_first() {
        let secrets = ["pass-word", "pass-word-1", "pass-word-123", "word-1234", "pass-woof"];
        let scrubber = Scrubber::new(&secrets.map(|secret| secret.as_bytes().to_vec()));
        for (text, cleaned) in [
            ("pass-word", "[secret]"),
            ("pass-word-", "[secret]-"),
            ("pass-word-12", "[secret]2"),
            ("a pass-word-1234 b", "a [secret]4 b"),
            ("pass-worword-1234é", "pass-wor[secret]é"),
            ("pass-wordpass-woof", "[secret][secret]"),
            ("pass-wor", "pass-wor"),
        ] {
            let mut text = text.to_owned();
            scrubber.text(&mut text);
            assert_eq!(text, cleaned);
        }
    }

    #[test]
    fn a_secret_that_repeats_itself_a_megabyte_long_is_no_trouble() {
        let long = "password=".repeat(120_000);
        let scrubber = Scrubber::new(&[long.clone().into_bytes(), long.as_bytes()[9..].to_vec()]);
        let mut text = format!("x{}", &long[..2000]);
        scrubber.text(&mut text);
        assert_eq!(text.len(), 2001);
        let mut text = long;
        scrubber.text(&mut text);
        assert_eq!(text, "[secret]");
    }

    proptest::proptest! {
        #[test]
        fn finds_what_a_search_for_each_finds(
            secrets in proptest::collection::vec("[ab]{6,14}", 0..8),
            text in "[abé]{0,60}",
        ) {
            let all: Vec<Vec<u8>> = secrets.iter().map(|one| one.clone().into_bytes()).collect();
            let mut cleaned = text.clone();
            Scrubber::new(&all).text(&mut cleaned);
            let (mut expected, mut rest) = (String::new(), text.as_str());
            while let Some(c) = rest.chars().next() {
                let long = secrets.iter().filter(|one| one.len() >= SHORTEST);
                match long.filter(|one| rest.starts_with(one.as_str())).map(String::len).max() {
                    Some(length) => {
                        expected.push_str(MARK);
                        rest = &rest[length..];
                    }
                    None => {
                        expected.push(c);
                        rest = &rest[c.len_utf8()..];
                    }
                }
            }
            assert_eq!(cleaned, expected);
        }
    }

    #[test]
    fn secrets_leave_excerpts_and_the_mark_stays() {
        let (text, marked) = scrubbed("a: hunter2hunter2 b: x", (18, 22));
        assert_eq!((text.as_str(), marked.as_str()), ("a: [secret] b: x", "b: x"));
        let (text, marked) = scrubbed("a: hunter2hunter2", (3, 17));
        assert_eq!((text.as_str(), marked.as_str()), ("a: [secret]", "[secret]"));
        let (text, _) = scrubbed("a: hunter2hunter2", (0, 8));
        assert_eq!(text, "a: [secret]");
        assert_eq!(scrubbed("short words", (0, 5)).0, "short words");
    }
}
