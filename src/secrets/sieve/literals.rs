//! Compares whole literals where the fingerprint of one was met.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::fingerprint::place;

/// Chains of literals by three bytes of their fingerprint.
const CHAINS_BITS: u32 = 10;

/// The literals, ready to be compared.
#[derive(Debug)]
pub(super) struct Literals {
    /// The first literal of each chain and one, or none.
    heads: Vec<u16>,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// Lower case when `fold`.
    text: Box<[u8]>,
    fold: bool,
    /// By which index it was given.
    literal: usize,
    /// Where its fingerprint begins.
    place: usize,
    /// The first three bytes of that, with [`CASE`].
    gram: u32,
    /// The next of the chain and one, or none.
    next: u16,
}

/// Merges upper and lower case (and a few signs): the comparison of whole literals undoes it.
const CASE: u32 = 0x0020_2020;

const fn gram([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0]) | CASE
}

const fn chain(gram: u32) -> usize {
    (gram.wrapping_mul(0x9E37_79B1) >> (32 - CHAINS_BITS)) as usize
}

impl Literals {
    /// Enters `literals`: bytes, and whether they match in any case. Those of less than three bytes are left out.
    pub fn new<'l>(literals: impl Iterator<Item = (&'l [u8], bool)>) -> Self {
        let mut this = Self { heads: vec![0; 1 << CHAINS_BITS], patterns: Vec::new() };
        for (literal, (text, fold)) in literals.enumerate() {
            let place = place(text);
            let Some(&first) = text.get(place..).and_then(|rest| rest.first_chunk::<3>()) else {
                continue;
            };
            let Ok(here) = u16::try_from(this.patterns.len() + 1) else { return this };
            let Some(head) = this.heads.get_mut(chain(gram(first))) else { continue };
            let text = if fold { text.to_ascii_lowercase() } else { text.to_vec() };
            this.patterns.push(Pattern {
                text: text.into(),
                fold,
                literal,
                place,
                gram: gram(first),
                next: *head,
            });
            *head = here;
        }
        this
    }

    /// Calls `hit(index of the literal, offset of its first byte)` for those whose fingerprint begins at `at`.
    #[inline]
    pub fn confirm(&self, bytes: &[u8], at: usize, mut hit: impl FnMut(usize, usize)) {
        let Some(&first) = bytes.get(at..).and_then(|rest| rest.first_chunk::<3>()) else { return };
        let gram = gram(first);
        let mut next = self.heads.get(chain(gram)).copied().unwrap_or_default();
        while let Some(pattern) =
            usize::from(next).checked_sub(1).and_then(|index| self.patterns.get(index))
        {
            next = pattern.next;
            if pattern.gram != gram {
                continue;
            }
            let Some(start) = at.checked_sub(pattern.place) else { continue };
            let Some(text) = bytes.get(start..start + pattern.text.len()) else { continue };
            let same = if pattern.fold {
                text.eq_ignore_ascii_case(&pattern.text)
            } else {
                text == &*pattern.text
            };
            if same {
                hit(pattern.literal, start);
            }
        }
    }
}
