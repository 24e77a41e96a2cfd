//! Tells what each of sixty-four bytes is, all of them at once.
//!
//! Written for vectors of that width; the library picks the widest instructions that the processor has, at run
//! time. What comes out is one bit a byte in ordinary words, so that everything after this is plain arithmetic.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16, u8x64};

use super::fingerprint::{Fingerprints, LENGTH, SETS, Sets};

/// How many bytes a block has.
pub(super) const WIDTH: usize = 64;
/// What is looked at for one block: a fingerprint may begin with its last byte.
const REACH: usize = WIDTH + LENGTH - 1;

/// The first byte of those that runs are made of: `+`, as base64 has it; all letters, digits and
/// `,-./:;<=>?@[\]^_{|}~` follow.
const FIRST: u8 = b'+';

/// True for a byte that a run can hold.
pub(in crate::secrets) const fn is_inside(b: u8) -> bool {
    b >= FIRST && b < 0x80
}

/// What the bytes of a block are; the first byte has the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// A run can hold it.
    pub inside: u64,
    pub digits: u64,
    pub letters: u64,
    pub capitals: u64,
    /// The fingerprint of a literal begins here.
    pub marked: u64,
}

impl Block {
    /// True when there is a digit, or a small letter alone between capitals: without both, nothing looks generated.
    pub const fn is_lively(&self) -> bool {
        let small = self.letters & !self.capitals;
        // A letter at a border may have its neighbour in the next block.
        let hump = (self.capitals << 1 | 1) & small & (self.capitals >> 1 | 1 << 63);
        self.digits | hump != 0
    }
}

/// The fingerprints in vectors.
struct Vectors<S: Simd> {
    low: [u8x64<S>; LENGTH],
    high: [u8x64<S>; LENGTH],
}

impl<S: Simd> Vectors<S> {
    #[inline(always)]
    fn new(simd: S, set: &Fingerprints) -> Self {
        let [low0, low1, low2, low3] = &set.low;
        let [high0, high1, high2, high3] = &set.high;
        Self {
            low: [splat(simd, low0), splat(simd, low1), splat(simd, low2), splat(simd, low3)],
            high: [splat(simd, high0), splat(simd, high1), splat(simd, high2), splat(simd, high3)],
        }
    }

    /// Not zero where a fingerprint may begin. `halves`: the lower and the upper ones of the text, and of the text
    /// moved by one to three bytes.
    #[inline(always)]
    fn matching(&self, halves: &[(u8x64<S>, u8x64<S>); LENGTH]) -> u8x64<S> {
        let [low0, low1, low2, low3] = self.low;
        let [high0, high1, high2, high3] = self.high;
        let [text0, text1, text2, text3] = *halves;
        both(low0, high0, text0)
            & both(low1, high1, text1)
            & both(low2, high2, text2)
            & both(low3, high3, text3)
    }
}

/// Fills `blocks` with what `bytes` are, from their beginning, and returns how many blocks that took.
pub(super) fn classify(level: Level, bytes: &[u8], sets: &Sets, blocks: &mut [Block]) -> usize {
    dispatch!(level, simd => fill(simd, bytes, sets, blocks))
}

#[inline(always)]
fn fill<S: Simd>(simd: S, bytes: &[u8], sets: &Sets, blocks: &mut [Block]) -> usize {
    let [first, second, third] = sets;
    let vectors =
        [Vectors::new(simd, first), Vectors::new(simd, second), Vectors::new(simd, third)];
    let mut rest = bytes;
    let mut count = 0;
    for block in blocks {
        *block = if let Some(whole) = rest.first_chunk::<REACH>() {
            one(simd, whole, &vectors)
        } else if rest.is_empty() {
            break;
        } else {
            // The end of the text, and zeros: no run holds them, and no fingerprint has them.
            let mut padded = [0; REACH];
            for (to, from) in padded.iter_mut().zip(rest) {
                *to = *from;
            }
            one(simd, &padded, &vectors)
        };
        count += 1;
        rest = rest.get(WIDTH..).unwrap_or_default();
    }
    count
}

#[inline(always)]
fn splat<S: Simd>(simd: S, table: &[u8; 16]) -> u8x64<S> {
    u8x64::block_splat(u8x16::from_slice(simd, table))
}

#[inline(always)]
fn both<S: Simd>(low: u8x64<S>, high: u8x64<S>, text: (u8x64<S>, u8x64<S>)) -> u8x64<S> {
    low.swizzle_dyn_within_blocks(text.0) & high.swizzle_dyn_within_blocks(text.1)
}

/// The lower and the upper halves of each byte.
#[inline(always)]
fn halves<S: Simd>(text: u8x64<S>) -> (u8x64<S>, u8x64<S>) {
    (text & 0x0f, text >> 4)
}

/// The bits of `count` bytes from `first` on.
#[inline(always)]
fn within<S: Simd>(text: u8x64<S>, first: u8, count: u8) -> u64 {
    (text - first).simd_lt(count).to_bitmask()
}

#[inline(always)]
fn one<S: Simd>(simd: S, bytes: &[u8; REACH], vectors: &[Vectors<S>; SETS]) -> Block {
    let text = u8x64::from_slice(simd, &bytes[..WIDTH]);
    let halves = [
        halves(text),
        halves(u8x64::from_slice(simd, &bytes[1..=WIDTH])),
        halves(u8x64::from_slice(simd, &bytes[2..WIDTH + 2])),
        halves(u8x64::from_slice(simd, &bytes[3..WIDTH + 3])),
    ];
    let [first, second, third] = vectors;
    let marked = first.matching(&halves) | second.matching(&halves) | third.matching(&halves);
    Block {
        inside: within(text, FIRST, 0x80 - FIRST),
        digits: within(text, b'0', 10),
        letters: within(text | 0x20, b'a', 26),
        capitals: within(text, b'A', 26),
        marked: !marked.simd_eq(0).to_bitmask(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint::sets;
    use super::*;

    fn bits(bytes: &[u8], is: impl Fn(u8) -> bool) -> u64 {
        bytes.iter().enumerate().fold(0, |bits, (at, &b)| bits | u64::from(is(b)) << at)
    }

    #[test]
    fn every_byte_is_what_it_is_at_every_place_and_level() {
        let sets = sets([(&b"://"[..], false), (b"word", true)].into_iter());
        let levels = [Some(Level::new()), Level::new().as_sse2().map(Simd::level)];
        for level in levels.into_iter().flatten() {
            for shift in 0..WIDTH {
                let text: Vec<u8> = (0..=255_u8).cycle().skip(shift).take(300).collect();
                let mut blocks = [Block::default(); 8];
                assert_eq!(classify(level, &text, &sets, &mut blocks), 5);
                for (block, bytes) in blocks.iter().zip(text.chunks(WIDTH)) {
                    assert_eq!(block.inside, bits(bytes, is_inside));
                    assert_eq!(block.digits, bits(bytes, |b| b.is_ascii_digit()));
                    assert_eq!(block.letters, bits(bytes, |b| b.is_ascii_alphabetic()));
                    assert_eq!(block.capitals, bits(bytes, |b| b.is_ascii_uppercase()));
                }
            }
        }
    }

    #[test]
    fn a_fingerprint_is_met_at_every_place() {
        let sets = sets([(&b"://"[..], false), (b"word", true)].into_iter());
        for mark in ["://", "word", "WORD", "wOrD"] {
            for before in 0..200 {
                let text = format!("{}{mark}", " ".repeat(before));
                let mut blocks = [Block::default(); 8];
                classify(Level::new(), text.as_bytes(), &sets, &mut blocks);
                let met: Vec<usize> = (0..text.len())
                    .filter(|at| blocks[at / WIDTH].marked >> (at % WIDTH) & 1 == 1)
                    .collect();
                assert_eq!(met, [before], "{mark}");
            }
        }
    }
}
