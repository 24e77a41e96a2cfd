//! Finds a few dozen literals anywhere in the text, at the speed of packed SIMD comparisons.
//!
//! For what [`super::runs`] passes over: words that name a secret, and the marks of tokens that are short, spaced or
//! made of letters alone. Only few literals are that fast, so a detector asks for it (`literal: true`) when it
//! must. A word in any case is looked for without its first letter, in lower and in upper case: `password`,
//! `Password` and `PASSWORD` are then two patterns instead of three, and `passWord` is not met. A literal that
//! begins with another one is compared where that is met.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use aho_corasick::{AhoCorasick, MatchKind, packed};
use memchr::memmem;

/// Packed comparisons look at four bytes at once; shorter literals are searched for one by one.
const PACKED_LENGTH: usize = 4;

/// As many as packed comparisons take at once.
const PACKED_MOST: usize = 60;

/// The compiled set of literals.
#[derive(Debug)]
pub(super) struct Literals {
    /// Each with the index of its first text in `starts`.
    wide: Vec<(Wide, usize)>,
    short: Vec<(memmem::Finder<'static>, usize)>,
    patterns: Vec<Pattern>,
    /// For each text that is searched for, the patterns that begin with it.
    starts: Vec<Vec<usize>>,
}

#[derive(Debug)]
enum Wide {
    Packed(packed::Searcher),
    /// Where the processor has no such comparisons.
    Automaton(AhoCorasick),
}

#[derive(Debug)]
struct Pattern {
    literal: usize,
    text: Vec<u8>,
    /// The first letter that was left out, in lower case.
    first: Option<u8>,
}

impl Wide {
    fn new(texts: &[&[u8]]) -> Option<Self> {
        if let Some(searcher) = packed::Config::new().builder().extend(texts).build() {
            return Some(Self::Packed(searcher));
        }
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(texts)
            .ok()
            .map(Self::Automaton)
    }

    /// Index and offset of the first text from `from` on.
    fn next(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        match self {
            Self::Packed(searcher) => {
                let found = searcher.find_in(bytes, (from..bytes.len()).into())?;
                Some((found.pattern().as_usize(), found.start()))
            }
            Self::Automaton(automaton) => {
                let found = automaton.find(aho_corasick::Input::new(bytes).range(from..))?;
                Some((found.pattern().as_usize(), found.start()))
            }
        }
    }
}

impl Literals {
    /// Prepares `literals`: bytes, and whether they match in any case.
    pub fn new<'l>(literals: impl IntoIterator<Item = (&'l [u8], bool)>) -> Self {
        let mut patterns: Vec<Pattern> = Vec::new();
        let mut short = Vec::new();
        for (literal, (text, fold)) in literals.into_iter().enumerate() {
            if text.len() < PACKED_LENGTH {
                short.push((memmem::Finder::new(text).into_owned(), literal));
                continue;
            }
            match text.split_first() {
                Some((first, rest)) if fold && rest.len() >= PACKED_LENGTH => {
                    let first = Some(first.to_ascii_lowercase());
                    let (lower, upper) = (rest.to_ascii_lowercase(), rest.to_ascii_uppercase());
                    if upper != lower {
                        patterns.push(Pattern { literal, text: upper, first });
                    }
                    patterns.push(Pattern { literal, text: lower, first });
                }
                _ => patterns.push(Pattern { literal, text: text.to_vec(), first: None }),
            }
        }
        let mut texts: Vec<&[u8]> = patterns.iter().map(|pattern| &*pattern.text).collect();
        texts.sort_unstable();
        texts.dedup_by(|later, earlier| later.starts_with(earlier));
        let starts = texts
            .iter()
            .map(|text| {
                let begins = |&index: &usize| {
                    patterns.get(index).is_some_and(|pattern| pattern.text.starts_with(text))
                };
                (0..patterns.len()).filter(begins).collect()
            })
            .collect();
        let wide = texts
            .chunks(PACKED_MOST)
            .enumerate()
            .filter_map(|(index, texts)| Some((Wide::new(texts)?, index * PACKED_MOST)))
            .collect();
        Self { wide, short, patterns, starts }
    }

    /// Calls `hit(index of the literal, offset of its first byte)` for every occurrence. In order as long as there
    /// are few literals, except that those of less than four bytes come last.
    pub fn scan(&self, bytes: &[u8], mut hit: impl FnMut(usize, usize)) {
        for (wide, base) in &self.wide {
            let mut from = 0;
            while let Some((text, start)) = wide.next(bytes, from) {
                from = start + 1;
                self.confirm(bytes, base + text, start, &mut hit);
            }
        }
        for (finder, literal) in &self.short {
            for start in finder.find_iter(bytes) {
                hit(*literal, start);
            }
        }
    }

    fn confirm(&self, bytes: &[u8], text: usize, start: usize, hit: &mut impl FnMut(usize, usize)) {
        let here = bytes.get(start..).unwrap_or_default();
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        let begun = self.starts.get(text).into_iter().flatten();
        for pattern in begun.filter_map(|&index| self.patterns.get(index)) {
            match pattern.first {
                _ if !here.starts_with(&pattern.text) => {}
                None => hit(pattern.literal, start),
                Some(first) if before.is_some_and(|b| b.to_ascii_lowercase() == first) => {
                    hit(pattern.literal, start - 1);
                }
                Some(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_occurrences_in_any_case() {
        let words: [(&[u8], bool); 5] = [
            (b"password", true),
            (b"://", false),
            (b"-----BEGIN", false),
            (b"_key", false),
            (b"_keyPass", false),
        ];
        let literals = Literals::new(words);
        let mut found = Vec::new();
        let text = b"Password PASSWORD a_password://x assword _key-----BEGIN_keyPassWord://";
        literals.scan(text, |literal, at| found.push((literal, at)));
        let expected =
            [(0, 0), (0, 9), (0, 20), (3, 41), (2, 45), (3, 55), (4, 55), (1, 28), (1, 67)];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_empty_set_finds_nothing() {
        let literals = Literals::new(std::iter::empty());
        literals.scan(b"password", |_, _| panic!("there is none"));
    }
}
