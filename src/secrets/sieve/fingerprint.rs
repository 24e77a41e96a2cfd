//! Chooses four bytes of each literal to look for, and puts them into twenty-four buckets.
//!
//! A byte has a bit in two tables of sixteen, by its lower and its upper half, for each bucket that may have it at
//! one of the four places; a few lookups then tell which buckets may match. Literals share a bucket, and halves of
//! different ones mix there, so what matters is that those are put together that seldom mix in ordinary text. How
//! often each byte occurs is a rough guess, which is enough: a wrong one costs time, never a match.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// How many bytes of a literal are compared at once; a shorter literal leaves the others open.
pub(super) const LENGTH: usize = 4;
/// How many sets of tables there are.
pub(super) const SETS: usize = 3;
/// One bit of a byte in one set each.
const BUCKETS: usize = 8 * SETS;

/// The tables, a bit for each of eight buckets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingerprints {
    /// Indexed by the place in the fingerprint, then by the lower half of the byte.
    pub low: [[u8; 16]; LENGTH],
    /// And by the upper half.
    pub high: [[u8; 16]; LENGTH],
}

/// All tables: a place may match when it does in one of them.
pub(super) type Sets = [Fingerprints; SETS];

/// What one bucket lets through: a bit for each half of a byte, at each place.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    low: [u16; LENGTH],
    high: [u16; LENGTH],
}

impl Bucket {
    /// Lets `bytes` pass at one place, or anything.
    fn open(&mut self, at: usize, bytes: Option<&[u8]>) {
        let Some((low, high)) = self.low.get_mut(at).zip(self.high.get_mut(at)) else { return };
        match bytes {
            Some(bytes) => {
                for b in bytes {
                    *low |= 1 << (b & 0x0f);
                    *high |= 1 << (b >> 4);
                }
            }
            None => (*low, *high) = (u16::MAX, u16::MAX),
        }
    }

    /// What either lets pass, and what they mix to.
    fn and(mut self, other: &Self) -> Self {
        let low = self.low.iter_mut().zip(&other.low);
        for (mine, more) in low.chain(self.high.iter_mut().zip(&other.high)) {
            *mine |= more;
        }
        self
    }

    /// How much of ordinary text passes.
    fn cost(&self) -> f32 {
        self.low
            .iter()
            .zip(&self.high)
            .zip(PLACES)
            .map(|((&low, &high), table)| table.share(low, high))
            .product()
    }
}

/// How often each byte occurs in source code, roughly.
#[derive(Debug)]
struct Shares([f32; 256]);

/// Of all bytes.
static FIRST: Shares = Shares::new(false);
/// Of those after one of their kind: names in capitals and rules of dashes are all of one.
static NEXT: Shares = Shares::new(true);
/// What holds for each place of a fingerprint.
static PLACES: [&Shares; LENGTH] = [&FIRST, &NEXT, &NEXT, &NEXT];

impl Shares {
    const fn new(next: bool) -> Self {
        let mut shares = [0.0002; 256];
        let mut rest: &mut [f32] = &mut shares;
        let mut b = 0_u8;
        while let Some((share, more)) = rest.split_first_mut() {
            let (first, after) = match b {
                b' ' => (0.12, 0.12),
                b'\t' => (0.05, 0.05),
                b'\n' => (0.03, 0.03),
                b'e' | b't' => (0.05, 0.06),
                b'a' | b'o' | b'i' | b'n' | b's' | b'r' => (0.04, 0.05),
                b'l' | b'c' | b'd' | b'p' | b'u' | b'm' | b'f' => (0.02, 0.025),
                b'_' | b'0' => (0.018, 0.03),
                b'j' | b'q' | b'z' => (0.002, 0.002),
                b'a'..=b'z' => (0.01, 0.01),
                b'A' | b'C' | b'D' | b'E' | b'I' | b'N' | b'O' | b'R' | b'S' | b'T' => (0.01, 0.06),
                b'A'..=b'Z' => (0.006, 0.02),
                b'-' | b'=' | b'*' => (0.008, 0.05),
                b'0'..=b'9' => (0.006, 0.02),
                0x21..0x80 => (0.004, 0.004),
                _ => (0.0002, 0.0002),
            };
            *share = if next { after } else { first };
            rest = more;
            b = b.saturating_add(1);
        }
        Self(shares)
    }

    fn of(&self, b: u8) -> f32 {
        self.0.get(usize::from(b)).copied().unwrap_or_default()
    }

    /// The share of the bytes with these halves.
    fn share(&self, low: u16, high: u16) -> f32 {
        let rows = self.0.as_chunks::<16>().0.iter().enumerate();
        rows.filter(|(upper, _)| high >> upper & 1 == 1)
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
}

/// Where in `literal` its fingerprint begins: where it is rarest.
pub(in crate::secrets) fn place(literal: &[u8]) -> usize {
    let rarity = |window: &[u8]| -> f32 {
        window.iter().zip(PLACES).map(|(&b, shares)| shares.of(b)).product()
    };
    literal
        .windows(LENGTH)
        .map(rarity)
        .enumerate()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(0, |(at, _)| at)
}

/// What begins an escape that stands for a printable byte: what may stand at each place, or anything.
const ESCAPES: &[[Option<&[u8]>; LENGTH]] = &[
    [Some(b"%"), Some(b"234567"), Some(HEX), None],
    [Some(b"\\"), Some(b"ux"), Some(b"0123456789abcdefABCDEF{"), Some(HEX)],
    [Some(b"\\"), Some(b"01"), Some(b"01234567"), Some(b"01234567")],
    [Some(b"\\"), Some(b"/"), None, None],
    [Some(b"&"), Some(b"#"), Some(b"0123456789xX"), Some(b"0123456789abcdefABCDEF;")],
    [Some(b"&"), Some(b"aceglnpqs"), Some(b"mtupboqwel"), Some(b"pou;sabwrmlt")],
];

const HEX: &[u8] = b"0123456789abcdefABCDEF";

/// True for the first byte of an escape.
pub(super) const fn begins_escape(b: u8) -> bool {
    matches!(b, b'%' | b'\\' | b'&')
}

/// Puts escapes and `literals` into tables: bytes, and whether they match in any case.
pub(super) fn sets<'l>(literals: impl Iterator<Item = (&'l [u8], bool)>) -> Sets {
    let escapes = ESCAPES.iter().map(|places| {
        let mut bucket = Bucket::default();
        for (at, bytes) in places.iter().enumerate() {
            bucket.open(at, *bytes);
        }
        bucket
    });
    let literals = literals.filter(|(literal, _)| !literal.is_empty()).map(|(literal, fold)| {
        let from = place(literal);
        let mut bucket = Bucket::default();
        for at in 0..LENGTH {
            match literal.get(from + at) {
                Some(&b) if fold => {
                    bucket.open(at, Some(&[b.to_ascii_lowercase(), b.to_ascii_uppercase()]));
                }
                Some(&b) => bucket.open(at, Some(&[b])),
                None => bucket.open(at, None),
            }
        }
        bucket
    });
    let mut marks: Vec<Bucket> = escapes.chain(literals).collect();
    // Those that let most pass choose first: what comes later can keep out of their way.
    marks.sort_by(|a, b| b.cost().total_cmp(&a.cost()));
    let mut buckets = [Bucket::default(); BUCKETS];
    let mut costs = [0.0_f32; BUCKETS];
    for mark in &marks {
        let best = buckets
            .iter_mut()
            .zip(&mut costs)
            .map(|(bucket, cost)| {
                let with = bucket.and(mark);
                (with, with.cost(), bucket, cost)
            })
            .min_by(|a, b| (a.1 - *a.3).total_cmp(&(b.1 - *b.3)));
        if let Some((with, new, bucket, cost)) = best {
            (*bucket, *cost) = (with, new);
        }
    }
    let (eights, _) = buckets.as_chunks();
    let mut sets = Sets::default();
    for (set, eight) in sets.iter_mut().zip(eights) {
        *set = Fingerprints::of(eight);
    }
    sets
}

impl Fingerprints {
    fn of(buckets: &[Bucket; 8]) -> Self {
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
}

/// True when a literal's fingerprint may begin `text`.
#[cfg(test)]
fn may_begin(sets: &Sets, text: &[u8; LENGTH]) -> bool {
    sets.iter().any(|set| {
        let places = set.low.iter().zip(&set.high).zip(text);
        places
            .map(|((low, high), &b)| low[usize::from(b & 15)] & high[usize::from(b >> 4)])
            .fold(u8::MAX, |all, one| all & one)
            != 0
    })
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
        let sets = sets(literals.into_iter());
        for text in [b"pass", b"PASS", b"pAsS", b"AKIA", b"_KEY", b"://x", b"://\xff"] {
            assert!(may_begin(&sets, text), "{text:?}");
        }
        for text in [b"akia", b"path", b"_key", b":/x/", b"    ", b"\0\0\0\0", b"\xff\xff\xff\xff"]
        {
            assert!(!may_begin(&sets, text), "{text:?}");
        }
    }

    #[test]
    fn the_rarest_piece_is_looked_for() {
        assert_eq!(place(b"://"), 0);
        assert_eq!(place(b"-----BEGIN PGP"), 4, "`-BEG`: capitals seldom follow a dash");
        assert_eq!(place(b"tesQJZ9"), 3);
    }

    #[test]
    fn escapes_pass() {
        let sets = sets(std::iter::empty());
        for text in [br"\x41", br"\u00", br"\u{4", br"\101", br"\/ab", b"%2Da", b"&#45", b"&#x2"] {
            assert!(may_begin(&sets, text), "{text:?}");
        }
        for name in
            ["amp;", "lt;", "gt;", "quot", "apos", "nbsp", "equals", "plus", "sol;", "colon"]
                .into_iter()
                .chain(["lowbar", "period", "commat"])
        {
            let text = format!("&{name};;");
            assert!(may_begin(&sets, text.as_bytes().first_chunk().unwrap()), "{name}");
        }
        for text in [br"\n  ", br"\xyz", b"%d, ", b"&foo", b"&& a"] {
            assert!(!may_begin(&sets, text), "{text:?}");
        }
    }

    #[test]
    fn no_literals_let_nothing_pass() {
        let sets = sets(std::iter::empty());
        assert!(!may_begin(&sets, b"pass") && !may_begin(&sets, b"\0\0\0\0"));
    }
}
