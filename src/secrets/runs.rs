//! Finds the long runs of token characters in which a credential can stand.
//!
//! A generated credential is at least fifteen bytes without a blank, a quote or a bracket, so it covers one
//! aligned eight-byte word whole, and it holds a digit somewhere near. Both are tested eight bytes at a time
//! without a branch, sixty-four bytes a turn; nine tenths of source code are passed over that way. The price: what
//! is shorter, spaced, or made of letters alone is not met here, and needs [`super::literals`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// The shortest run that is sure to cover an aligned word.
pub(super) const SHORTEST: usize = 15;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// The first byte of those that runs are made of: `+`, as base64 has it; all letters, digits and
/// `,-./:;<=>?@[\]^_{|}~` follow.
const FIRST: u8 = b'+';

/// True for a byte that a run can hold.
pub(super) const fn is_inside(b: u8) -> bool {
    b >= FIRST && b < 0x80
}

/// The high bit of each byte of `word` that no run holds.
#[inline]
const fn breaks(word: u64) -> u64 {
    let at_least = (word & !HIGH).wrapping_add(ONES * (0x80 - FIRST as u64));
    (!at_least | word) & HIGH
}

/// The high bit of each byte of `word` from `first` to `last`; both ASCII. Bytes beyond ASCII count as their
/// lower seven bits.
#[inline]
const fn between(word: u64, first: u8, last: u8) -> u64 {
    let low = word & !HIGH;
    let from = low.wrapping_add(ONES * (0x80 - first as u64));
    let past = low.wrapping_add(ONES * (0x7f - last as u64));
    from & !past & HIGH
}

/// True for a run that may hold something generated: several changes between digits and letters, or very many
/// between small and capital letters. Identifiers and paths have fewer.
pub(super) fn looks_random(run: &[u8]) -> bool {
    const CHANGES: u64 = 3;
    const CAPITALS: u64 = 6;
    const REACH: usize = 512;
    // A long one may be a whole line of fields: what is generated can stand anywhere in it.
    if run.len() > REACH {
        return true;
    }
    let (words, _) = run.as_chunks::<8>();
    // The last word overlaps the one before: what it counts twice is little.
    let last = run.last_chunk::<8>();
    // Counted in the bytes of two words, since processors of the baseline have no population count; a byte
    // takes 255 and there are at most 65 words.
    let (mut changes, mut cased) = (0_u64, 0_u64);
    for word in words.iter().chain(last) {
        let word = u64::from_le_bytes(*word);
        let digits = between(word, b'0', b'9');
        let capitals = between(word, b'A', b'Z');
        let letters = between(word | (ONES * 0x20), b'a', b'z') & !digits;
        let tokens = digits | letters;
        // Identifiers are short words joined by signs; what is generated has one sign in eight bytes at most.
        let signs = !tokens & HIGH;
        if signs & signs.wrapping_sub(1) != 0 {
            continue;
        }
        let beside = tokens & (tokens << 8);
        changes += ((digits ^ (digits << 8)) & beside) >> 7;
        cased += ((capitals ^ (capitals << 8)) & beside) >> 7;
    }
    sum(changes) >= CHANGES || sum(cased) >= CAPITALS
}

/// The sum of the eight bytes of `counters`.
const fn sum(counters: u64) -> u64 {
    const PAIRS: u64 = 0x00ff_00ff_00ff_00ff;
    let pairs = (counters & PAIRS) + ((counters >> 8) & PAIRS);
    pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48
}

/// Calls `run` with every run of [`SHORTEST`] bytes or more that has a digit in one of its words or beside it.
pub(super) fn scan(bytes: &[u8], mut run: impl FnMut(Span)) {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let mut done = 0;
    for (index, block) in blocks.iter().enumerate() {
        let (words, _) = block.as_chunks::<8>();
        let (mut whole, mut digit) = (0_u32, 0_u32);
        for (at, &word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(word);
            whole |= u32::from(breaks(word) == 0) << at;
            digit |= u32::from(between(word, b'0', b'9') != 0) << at;
        }
        // Across the border of the block nothing is known, so a digit is supposed.
        let mut near = whole & (digit | digit << 1 | digit >> 1 | 0x81);
        while near != 0 {
            let start = index * 64 + near.trailing_zeros() as usize * 8;
            near &= near - 1;
            done = extend(bytes, start, done, &mut run);
        }
    }
    let base = bytes.len() - rest.len();
    for (at, &word) in rest.as_chunks::<8>().0.iter().enumerate() {
        if breaks(u64::from_le_bytes(word)) == 0 {
            done = extend(bytes, base + at * 8, done, &mut run);
        }
    }
}

/// Reports the run around `start` unless that was done; returns where the last one ended.
fn extend(bytes: &[u8], start: usize, done: usize, run: &mut impl FnMut(Span)) -> usize {
    if start < done {
        return done;
    }
    let from = run_start(bytes, start);
    let to = run_end(bytes, start);
    if to - from >= SHORTEST {
        run(Span::new(from, to));
    }
    to
}

/// Where the run that holds the byte before `at` begins; `at` when there is none.
pub(super) fn run_start(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = at.checked_sub(8).and_then(|from| bytes.get(from..at)?.first_chunk()) {
        let breaks = breaks(u64::from_le_bytes(*word));
        if breaks != 0 {
            return at - (breaks.leading_zeros() / 8) as usize;
        }
        at -= 8;
    }
    while at > 0 && bytes.get(at - 1).copied().is_some_and(is_inside) {
        at -= 1;
    }
    at
}

/// Where the run that holds the byte at `at` ends; `at` when there is none.
pub(super) fn run_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let breaks = breaks(u64::from_le_bytes(*word));
        if breaks != 0 {
            return at + (breaks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).copied().is_some_and(is_inside) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        scan(text.as_bytes(), |span| found.push(&text[span.start..span.end]));
        found
    }

    #[test]
    fn words_are_judged_byte_by_byte() {
        for b in 0..=255_u8 {
            let word = u64::from_le_bytes([b'a', b'z', b, b'A', b, b'_', b, b'k']);
            let mask = 0x0080_0080_0080_0000;
            assert_eq!(breaks(word), if is_inside(b) { 0 } else { mask }, "{b}");
            if b < 0x80 {
                let digits = between(word, b'0', b'9');
                assert_eq!(digits, if b.is_ascii_digit() { mask } else { 0 }, "{b}");
            }
        }
    }

    #[test]
    fn every_run_with_a_digit_is_met_wherever_it_lies() {
        let piece = "abcdefg7ijklmno";
        for before in 0..140 {
            for after in [0, 1, 7, 8, 9, 63, 64, 65] {
                let text = format!("{}{piece}{}", " ".repeat(before), " ".repeat(after));
                assert_eq!(runs(&text), [piece], "{before} {after}");
            }
        }
    }

    #[test]
    fn what_no_credential_can_be_is_passed_over() {
        assert!(runs(&"a1b2c3d4e5f6g7 ".repeat(40)).is_empty(), "too short");
        // No digit: only what lies at a block's border is looked at.
        let names = "\n    some_rather_long_identifier\n".repeat(40);
        assert!(runs(&names).len() < 30, "{}", runs(&names).len());
        assert!(runs("").is_empty());
    }

    #[test]
    fn identifiers_do_not_look_random() {
        for text in [
            "ixgbe_mac_82599EB_link",
            "someLongName2",
            "linux-source-6.1.192-2",
            "SGI_XFS_BTREE_MAGIC_V5B",
            "https://host/path/2024/10/file.html",
            "0x0000000000000001",
        ] {
            assert!(!looks_random(text.as_bytes()), "{text}");
        }
        for text in [
            "4f9a1c0be2d73358aa61c9",
            "q7Lw2kT4wQ9zL3vXb8",
            "zz_QkTwB2xLmNvRt8Ys_w",
            "MTIzNDU2Nzg5MGFiY2RlZg",
        ] {
            assert!(looks_random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_long_line_of_fields_is_looked_through() {
        let line = format!("{}q7Lw2kT4wQ9zL3vXb8", "name,".repeat(200));
        assert!(looks_random(line.as_bytes()));
    }

    #[test]
    fn a_run_is_reported_once_however_long() {
        let long = "a1-".repeat(5000);
        assert_eq!(runs(&format!("x {long} y")), [long]);
    }
}
