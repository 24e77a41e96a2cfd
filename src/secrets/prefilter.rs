//! Finds the keywords of all detectors in a run of token characters.
//!
//! Four bytes of each keyword go into a bitmap of 8 KiB, which stays in the nearest cache; every four bytes of the
//! run are looked up in it, and whole keywords are compared only where a bit is set. That is built in microseconds
//! and carries no state from byte to byte, so it outruns an automaton at start-up and in short runs; the price is
//! that a keyword needs four bytes. One of three is entered once for each token character that may follow it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::sieve::rarest;

const BITS: u32 = 16;
const BUCKET_BITS: u32 = 10;
const NONE: u16 = u16::MAX;
/// Token characters, upper case left out: the bitmap does not tell case.
const TOKEN_BYTES: &[u8; 38] = b"abcdefghijklmnopqrstuvwxyz0123456789_-";
/// Merges upper and lower case (and a few signs): the comparison of whole keywords undoes it.
const CASE: u32 = 0x2020_2020;

/// A literal to look for.
#[derive(Clone, Debug)]
pub(super) struct Keyword {
    /// The literal; lower case when `fold`.
    pub text: Box<[u8]>,
    /// Compare without regard to ASCII case.
    pub fold: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    gram: u32,
    keyword: u16,
    next: u16,
}

/// Which four bytes of a keyword are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gram {
    /// The first: keywords are asked for by where they begin.
    First,
    /// The rarest: a text is searched.
    Rarest,
}

/// The compiled set of keywords.
#[derive(Debug)]
pub(super) struct Prefilter {
    bitmap: Box<[u8; 1 << (BITS - 3)]>,
    heads: Vec<u16>,
    entries: Vec<Entry>,
    keywords: Vec<Keyword>,
    /// For each keyword where in it the four bytes stand that are looked up.
    places: Vec<usize>,
}

#[inline]
const fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1) >> (32 - BITS)
}

impl Prefilter {
    /// Builds the set. Keywords shorter than three bytes, and any beyond 65,534 entries, are left out.
    pub fn new(keywords: Vec<Keyword>, by: Gram) -> Self {
        let mut filter = Self {
            bitmap: Box::new([0; 1 << (BITS - 3)]),
            heads: vec![NONE; 1 << BUCKET_BITS],
            entries: Vec::with_capacity(keywords.len() * 4),
            keywords: Vec::new(),
            places: Vec::with_capacity(keywords.len()),
        };
        for (index, keyword) in keywords.iter().enumerate() {
            let Ok(index) = u16::try_from(index) else { break };
            let place = if by == Gram::First { 0 } else { rarest(&keyword.text) };
            filter.places.push(place);
            filter.enter(index, keyword.text.get(place..).unwrap_or_default());
        }
        filter.keywords = keywords;
        filter
    }

    fn enter(&mut self, index: u16, text: &[u8]) {
        if let Some(&[a, b, c]) = text.first_chunk::<3>().filter(|_| text.len() == 3) {
            for &last in TOKEN_BYTES {
                self.insert(index, [a, b, c, last]);
            }
            return;
        }
        if let Some(&four) = text.first_chunk() {
            self.insert(index, four);
        }
    }

    fn insert(&mut self, keyword: u16, four: [u8; 4]) {
        let gram = u32::from_le_bytes(four) | CASE;
        let slot = hash(gram);
        let Ok(here) = u16::try_from(self.entries.len()) else { return };
        if here == NONE {
            return;
        }
        if let Some(byte) = self.bitmap.get_mut((slot >> 3) as usize) {
            *byte |= 1 << (slot & 7);
        }
        if let Some(head) = self.heads.get_mut((slot >> (BITS - BUCKET_BITS)) as usize) {
            self.entries.push(Entry { gram, keyword, next: *head });
            *head = here;
        }
    }

    /// Calls `hit(keyword index, offset of its first byte)` for every occurrence.
    pub fn scan(&self, bytes: &[u8], mut hit: impl FnMut(usize, usize)) {
        // Five grams of one word a turn, and one branch for all of them.
        let mut at = 0;
        while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let word = u64::from_le_bytes(*word) | u64::from(CASE) << 32 | u64::from(CASE);
            let grams: [u32; 5] = std::array::from_fn(|place| (word >> (place * 8)) as u32);
            if grams.iter().any(|&gram| self.may_begin(gram)) {
                for (place, &gram) in grams.iter().enumerate() {
                    if self.may_begin(gram) {
                        self.confirm(bytes, at + place, gram, &mut hit);
                    }
                }
            }
            at += grams.len();
        }
        for place in at..bytes.len().saturating_sub(3) {
            self.at(bytes, place, &mut hit);
        }
    }

    /// Calls `hit(keyword index, offset of its first byte)` for every keyword whose four bytes stand at `at`.
    pub fn at(&self, bytes: &[u8], at: usize, mut hit: impl FnMut(usize, usize)) {
        let Some(four) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else { return };
        let gram = u32::from_le_bytes(*four) | CASE;
        if self.may_begin(gram) {
            self.confirm(bytes, at, gram, &mut hit);
        }
    }

    #[inline]
    fn may_begin(&self, gram: u32) -> bool {
        let slot = hash(gram);
        let byte = self.bitmap.get((slot >> 3) as usize).copied().unwrap_or(0);
        byte >> (slot & 7) & 1 == 1
    }

    fn confirm(&self, bytes: &[u8], at: usize, gram: u32, hit: &mut impl FnMut(usize, usize)) {
        let bucket = (hash(gram) >> (BITS - BUCKET_BITS)) as usize;
        let mut next = self.heads.get(bucket).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(usize::from(next)) {
            next = entry.next;
            if entry.gram != gram {
                continue;
            }
            let index = usize::from(entry.keyword);
            let Some(keyword) = self.keywords.get(index) else { continue };
            let place = self.places.get(index).copied().unwrap_or_default();
            let Some(start) = at.checked_sub(place) else { continue };
            let Some(text) = bytes.get(start..start + keyword.text.len()) else { continue };
            let same = if keyword.fold {
                text.eq_ignore_ascii_case(&keyword.text)
            } else {
                text == &*keyword.text
            };
            if same {
                hit(index, start);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyword(text: &str, fold: bool) -> Keyword {
        Keyword { text: text.as_bytes().into(), fold }
    }

    #[test]
    fn finds_what_a_naive_search_finds() {
        let words = ["sk-", "ghp_", "hooks.slack.com", "mistral", "eyJ", "-----BEGIN", "sk-proj-"];
        let keywords = || words.iter().map(|w| keyword(w, *w == "mistral")).collect();
        let filters = [Gram::First, Gram::Rarest].map(|by| Prefilter::new(keywords(), by));
        let mut state = 7_u64;
        for round in 0..400 {
            let filter = &filters[round % 2];
            let mut text = Vec::new();
            for _ in 0..40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let pick = (state >> 33) as usize;
                if pick.is_multiple_of(3) {
                    text.extend_from_slice(words[pick / 3 % words.len()].as_bytes());
                } else {
                    text.push(b"sk-_eyJgMISTRALx \n"[pick % 18]);
                }
            }
            if round % 5 == 0 {
                text.extend_from_slice(b"MISTRAL Mistral mISTral");
            }
            let mut found = Vec::new();
            filter.scan(&text, |word, at| found.push((word, at)));
            found.sort_unstable();
            for (index, word) in words.iter().enumerate() {
                for at in 0..text.len() {
                    let Some(here) = text.get(at..at + word.len()) else { continue };
                    let same = here == word.as_bytes()
                        || *word == "mistral" && here.eq_ignore_ascii_case(b"mistral");
                    let next = text.get(at + 3).copied().unwrap_or(b' ');
                    let token = next.is_ascii_alphanumeric() || next == b'_' || next == b'-';
                    let hit = found.contains(&(index, at));
                    assert!(same || !hit, "{word} is not at {at}");
                    // Three bytes that no token character follows may be left out.
                    assert!(hit || !same || word.len() == 3 && !token, "{word} missed at {at}");
                }
            }
            let count = found.len();
            found.dedup();
            assert_eq!(found.len(), count, "each occurrence once");
        }
    }
}
