//! Chooses four bytes of each literal to look for, and puts them into eight buckets.
//!
//! A byte has a bit in two tables of sixteen, by its lower and its upper half, for each bucket that may have it at
//! one of the four places; eight lookups then tell which buckets may match. Literals share a bucket, and halves of
//! different ones mix there, so what matters is that those are put together that seldom mix in ordinary text. How
//! often each byte occurs is a rough guess, which is enough: a wrong one costs time, never a match.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::sync::LazyLock;

/// How many bytes of a literal are compared at once; a shorter literal leaves the others open.
pub(super) const LENGTH: usize = 4;
/// One bit of a byte each.
const BUCKETS: usize = 8;
/// How often each literal is put where it now costs least.
const ROUNDS: usize = 3;

/// The tables, a bit for each bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprints {
    /// Indexed by the place in the fingerprint, then by the lower half of the byte.
    pub low: [[u8; 16]; LENGTH],
    /// And by the upper half.
    pub high: [[u8; 16]; LENGTH],
}

/// What one bucket lets through: a bit for each half of a byte, at each place.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    low: [u16; LENGTH],
    high: [u16; LENGTH],
}

impl Bucket {
    const EMPTY: Self = Self { low: [0; LENGTH], high: [0; LENGTH] };

    fn enter(&mut self, fingerprint: &[u8], fold: bool) {
        let places = self.low.iter_mut().zip(&mut self.high).enumerate();
        for (at, (low, high)) in places {
            match fingerprint.get(at) {
                Some(&b) => {
                    for b in [b, if fold && b.is_ascii_alphabetic() { b ^ 0x20 } else { b }] {
                        *low |= 1 << (b & 0x0f);
                        *high |= 1 << (b >> 4);
                    }
                }
                None => (*low, *high) = (u16::MAX, u16::MAX),
            }
        }
    }

    fn with(mut self, fingerprint: &[u8], fold: bool) -> Self {
        self.enter(fingerprint, fold);
        self
    }

    /// How much of ordinary text passes.
    fn cost(&self) -> f32 {
        self.low.iter().zip(&self.high).map(|(&low, &high)| share(low, high)).product()
    }
}

/// How much of ordinary text is made of the bytes with these halves.
fn share(low: u16, high: u16) -> f32 {
    SHARES
        .as_chunks::<16>()
        .0
        .iter()
        .enumerate()
        .filter(|(upper, _)| high >> upper & 1 == 1)
        .map(|(_, row)| {
            let mut left = low;
            let mut sum = 0.0;
            while left != 0 {
                sum += row.get(left.trailing_zeros() as usize).copied().unwrap_or_default();
                left &= left - 1;
            }
            sum
        })
        .sum()
}

/// The share of each byte in source code, roughly.
static SHARES: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|b| match u8::try_from(b).unwrap_or_default() {
        b' ' => 0.12,
        b'\t' => 0.05,
        b'\n' => 0.03,
        b'e' | b't' => 0.05,
        b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 0.04,
        b'l' | b'c' | b'd' | b'p' | b'u' | b'm' | b'f' => 0.02,
        b'_' | b'0' => 0.018,
        b'j' | b'q' | b'z' => 0.002,
        b'a'..=b'z' => 0.01,
        b'A'..=b'Z' | b'0'..=b'9' => 0.006,
        0x21..0x80 => 0.004,
        _ => 0.0002,
    })
});

/// Where in `literal` its fingerprint begins: where it is rarest.
pub(super) fn place(literal: &[u8]) -> usize {
    let rarity = |window: &[u8]| -> f32 {
        window.iter().filter_map(|&b| SHARES.get(usize::from(b))).product()
    };
    literal
        .windows(LENGTH)
        .map(rarity)
        .enumerate()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(0, |(at, _)| at)
}

impl Fingerprints {
    /// The tables for `literals`: bytes, and whether they match in any case.
    pub fn new<'l>(literals: impl Iterator<Item = (&'l [u8], bool)>) -> Self {
        let marks: Vec<(&[u8], bool)> = literals
            .filter(|(literal, _)| !literal.is_empty())
            .map(|(literal, fold)| {
                let from = place(literal);
                let end = literal.len().min(from + LENGTH);
                (literal.get(from..end).unwrap_or_default(), fold)
            })
            .collect();
        let mut homes: Vec<Option<usize>> = vec![None; marks.len()];
        let mut buckets = [Bucket::EMPTY; BUCKETS];
        for _ in 0..ROUNDS {
            for (index, &(mark, fold)) in marks.iter().enumerate() {
                if let Some(home) = homes.get_mut(index).and_then(Option::take)
                    && let Some(bucket) = buckets.get_mut(home)
                {
                    *bucket = Bucket::EMPTY;
                    for (&(mark, fold), _) in
                        marks.iter().zip(&homes).filter(|(_, other)| **other == Some(home))
                    {
                        bucket.enter(mark, fold);
                    }
                }
                let more = |bucket: &Bucket| bucket.with(mark, fold).cost() - bucket.cost();
                let best = buckets
                    .iter_mut()
                    .map(|bucket| (more(bucket), bucket))
                    .enumerate()
                    .min_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b));
                if let Some((home, (_, bucket))) = best
                    && let Some(slot) = homes.get_mut(index)
                {
                    bucket.enter(mark, fold);
                    *slot = Some(home);
                }
            }
        }
        Self::of(&buckets)
    }

    fn of(buckets: &[Bucket; BUCKETS]) -> Self {
        let mut tables = Self::default();
        for (index, bucket) in buckets.iter().enumerate() {
            let bit = 1 << index;
            let low = tables.low.iter_mut().zip(&bucket.low);
            let high = tables.high.iter_mut().zip(&bucket.high);
            for (table, halves) in low.chain(high) {
                for (half, slot) in table.iter_mut().enumerate() {
                    if halves >> half & 1 == 1 {
                        *slot |= bit;
                    }
                }
            }
        }
        tables
    }

    /// True when a literal's fingerprint may begin `text`.
    #[cfg(test)]
    fn may_begin(&self, text: &[u8; LENGTH]) -> bool {
        let places = self.low.iter().zip(&self.high).zip(text);
        let halves =
            places.map(|((low, high), &b)| low[usize::from(b & 15)] & high[usize::from(b >> 4)]);
        halves.fold(u8::MAX, |all, one| all & one) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_pass_and_most_of_the_rest_does_not() {
        let literals: [(&[u8], bool); 5] = [
            (b"pass", true),
            (b"://", false),
            (b"AKIA", false),
            (b"ecret", false),
            (b"_KEY", false),
        ];
        let fingerprints = Fingerprints::new(literals.into_iter());
        for text in [b"pass", b"PASS", b"pAsS", b"AKIA", b"_KEY", b"://x", b"://\xff"] {
            assert!(fingerprints.may_begin(text), "{text:?}");
        }
        for text in [b"akia", b"path", b"_key", b":/x/", b"    ", b"\0\0\0\0", b"\xff\xff\xff\xff"]
        {
            assert!(!fingerprints.may_begin(text), "{text:?}");
        }
    }

    #[test]
    fn the_rarest_piece_is_looked_for() {
        assert_eq!(place(b"://"), 0);
        assert_eq!(place(b"-----BEGIN PGP"), 0, "capitals are more often met than signs");
        assert_eq!(place(b"tesQJZ9"), 3);
    }

    #[test]
    fn no_literals_let_nothing_pass() {
        let fingerprints = Fingerprints::new(std::iter::empty());
        assert!(!fingerprints.may_begin(b"pass") && !fingerprints.may_begin(b"\0\0\0\0"));
    }
}
