//! One pass over the text that meets what is worth a look: runs of token characters that look generated, and the
//! few literals that stand outside of such runs.
//!
//! A generated credential is at least fifteen bytes without a blank, a quote or a bracket, and holds a digit among
//! letters. Words that name a secret, and the marks of tokens that are short, spaced or made of letters alone, are
//! literals. Sixty-four bytes are judged at once ([`block`]); nine blocks in ten are then passed over without a
//! branch. The price: a literal costs a little everywhere, so a detector asks for one (`literal: true`) only when
//! it must.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod block;
mod fingerprint;
mod literals;
mod random;

use fearless_simd::Level;

pub(super) use block::is_inside;
use block::{Block, WIDTH, classify};
pub(super) use fingerprint::place as rarest;
use fingerprint::{Sets, begins_escape, sets};
use literals::Literals;
use random::Piece;
pub(super) use random::looks_random;

use crate::span::Span;

/// The shortest run that is met.
pub(super) const SHORTEST: usize = 15;

/// How many blocks are judged at a time: few enough to stay in the nearest cache.
const BLOCKS: usize = 64;

/// What the pass has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// A run that looks generated.
    Run(Span),
    /// A literal, by index, and the offset of its first byte.
    Literal(usize, usize),
    /// What may be an escape that stands for a printable byte.
    Escape(usize),
}

/// The prepared pass.
#[derive(Debug)]
pub(super) struct Sieve {
    level: Level,
    fingerprints: Sets,
    literals: Literals,
}

impl Sieve {
    /// Prepares the pass for `literals`: bytes, and whether they match in any case. Those of less than three bytes
    /// are left out.
    pub fn new<'l>(literals: impl Iterator<Item = (&'l [u8], bool)> + Clone) -> Self {
        Self {
            level: Level::new(),
            fingerprints: sets(literals.clone().filter(|(text, _)| text.len() >= 3)),
            literals: Literals::new(literals),
        }
    }

    /// Calls `met` with everything that `bytes` hold: within each few kilobytes first literals and escapes, then the
    /// runs, all in order.
    pub fn scan(&self, bytes: &[u8], mut met: impl FnMut(Met)) {
        // One more than is used: what begins in the last one is followed into the next.
        let mut blocks = [Block::default(); BLOCKS + 1];
        let mut runs = Runs { bytes, inside: false, done: 0 };
        let mut base = 0;
        while let Some(rest) = bytes.get(base..).filter(|rest| !rest.is_empty()) {
            let count = classify(self.level, rest, &self.fingerprints, &mut blocks);
            if let Some(after) = blocks.get_mut(count) {
                *after = Block::default();
            }
            for (index, block) in blocks.iter().take(count.min(BLOCKS)).enumerate() {
                let mut marked = block.marked;
                while marked != 0 {
                    let at = base + index * WIDTH + marked.trailing_zeros() as usize;
                    marked &= marked - 1;
                    if bytes.get(at).copied().is_some_and(begins_escape) {
                        met(Met::Escape(at));
                    }
                    self.literals.confirm(bytes, at, |literal, at| met(Met::Literal(literal, at)));
                }
            }
            for (index, pair) in blocks.windows(2).take(count.min(BLOCKS)).enumerate() {
                if let [block, next] = pair {
                    runs.begun(block, next, base + index * WIDTH, |run| met(Met::Run(run)));
                }
            }
            base += BLOCKS * WIDTH;
        }
    }
}

/// Finds the runs, block after block.
struct Runs<'b> {
    bytes: &'b [u8],
    /// The last byte of the block before can stand in a run.
    inside: bool,
    /// Where the last run ended.
    done: usize,
}

impl Runs<'_> {
    /// Reports the runs that begin in `block`, which begins at `base`.
    #[inline]
    fn begun(&mut self, block: &Block, next: &Block, base: usize, mut run: impl FnMut(Span)) {
        let first = !(block.inside << 1 | u64::from(self.inside));
        self.inside = block.inside >> 63 != 0;
        // Nothing generated lies here or begins here, unless it goes on beyond the next block.
        if !block.is_lively() && !next.is_lively() && next.inside != u64::MAX {
            return;
        }
        let inside = u128::from(block.inside) | u128::from(next.inside) << 64;
        // Where two, four, eight and fifteen in a row begin.
        let mut rows = inside & inside >> 1;
        rows &= rows >> 2;
        rows &= rows >> 4;
        rows &= rows >> 7;
        let mut starts = rows as u64 & first;
        while starts != 0 {
            let from = starts.trailing_zeros();
            starts &= starts - 1;
            let length = (inside >> from).trailing_ones();
            let start = base + from as usize;
            if length <= 64 && from + length < 128 {
                if Piece::cut(block, next, from, length).looks_random() {
                    run(Span::new(start, start + length as usize));
                }
            } else if start >= self.done {
                self.done = run_end(self.bytes, start);
                let long = Span::new(start, self.done);
                if looks_random(long.of(self.bytes)) {
                    run(long);
                }
            }
        }
    }
}

/// Where the run that holds the byte at `at` ends; `at` when there is none.
fn run_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    // Eight at a time: a run may be megabytes long.
    let (words, _) = rest.as_chunks::<8>();
    let whole = words.iter().take_while(|word| word.iter().all(|&b| is_inside(b))).count() * 8;
    let tail = rest.get(whole..).unwrap_or_default();
    at + whole + tail.iter().take_while(|&&b| is_inside(b)).count()
}

#[cfg(test)]
mod tests;
