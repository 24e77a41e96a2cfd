//! Tells a run of token characters that may hold something generated from identifiers, numbers and paths.
//!
//! What is generated changes between digits and letters, or between capitals and what is none, again and again
//! within one long word. Identifiers have digits too, but in short words joined by signs, so words of up to six
//! characters do not count. Without any digit, it has a small letter alone between two capitals, which words written
//! together do not. A guess on purpose: what it lets through is looked at by patterns and by names.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::block::Block;

/// Changes between digits and letters that make a run look generated.
const CHANGES: u32 = 3;
/// Changes from or to a capital letter that do.
const CAPITALS: u32 = 6;
/// Changes of both kinds that do.
const BOTH: u32 = 4;
/// What is longer may be a whole line of fields, and something generated can stand anywhere in it.
const LONGEST: usize = 512;

/// Up to sixty-four bytes of a run, a bit a byte, without anything beyond its `length`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    pub digits: u64,
    pub letters: u64,
    pub capitals: u64,
    /// In bytes.
    pub length: u32,
}

/// How often a run changes.
#[derive(Clone, Copy, Debug, Default)]
struct Changes {
    digits: u32,
    capitals: u32,
    /// There is a digit at all.
    has_digit: bool,
    /// There is a small letter alone between two capitals.
    has_hump: bool,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `word` from `first` to `last`; all of them ASCII.
const fn between(word: u64, first: u8, last: u8) -> u64 {
    let from = (word & !HIGH).wrapping_add(ONES * (0x80 - first as u64));
    let past = (word & !HIGH).wrapping_add(ONES * (0x7f - last as u64));
    from & !past & !word & HIGH
}

/// The high bits of eight bytes, as one byte.
const fn bits(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Bits one to seven places above those of `bits`.
const fn above(bits: u64) -> u64 {
    let mut spread = bits << 1;
    spread |= spread << 1;
    spread |= spread << 2;
    spread | spread << 3
}

/// `bits`, and those up to seven places below.
const fn and_below(bits: u64) -> u64 {
    let mut spread = bits | bits >> 1;
    spread |= spread >> 2;
    spread | spread >> 4
}

impl Piece {
    /// The bits of words of seven characters or more. `begins` and `ends`: so does the run.
    fn words(self, begins: bool, ends: bool) -> u64 {
        let tokens = self.digits | self.letters;
        let run = if self.length >= 64 { u64::MAX } else { (1 << self.length) - 1 };
        let signs = !tokens & run;
        if signs == 0 {
            return tokens;
        }
        let mut near = above(signs);
        if begins {
            near |= 0x7f;
        }
        let mut second = signs & near;
        let mut short = 0;
        if ends {
            match 1_u64.checked_shl(self.length) {
                Some(end) => second |= end & near,
                None if signs >> 57 != 0 => short = !0 << 57,
                None => {}
            }
        }
        short |= and_below(second);
        tokens & !short
    }

    fn changes(self, begins: bool, ends: bool) -> Changes {
        let small = self.letters & !self.capitals;
        let has_hump = self.capitals & small << 1 & self.capitals << 2 != 0;
        if self.digits == 0 || has_hump {
            return Changes { has_digit: self.digits != 0, has_hump, ..Changes::default() };
        }
        let words = self.words(begins, ends);
        let beside = words & words << 1;
        Changes {
            digits: ((self.digits ^ self.digits << 1) & beside).count_ones(),
            capitals: ((self.capitals ^ self.capitals << 1) & beside).count_ones(),
            has_digit: true,
            has_hump,
        }
    }

    /// True when this run, all of it, looks generated.
    pub fn looks_random(self) -> bool {
        self.changes(true, true).look_random()
    }
}

impl Changes {
    const fn look_random(self) -> bool {
        self.has_hump
            || self.has_digit
                && (self.digits >= CHANGES
                    || self.capitals >= CAPITALS
                    || self.digits + self.capitals >= BOTH)
    }

    const fn and(self, more: Self) -> Self {
        Self {
            digits: self.digits + more.digits,
            capitals: self.capitals + more.capitals,
            has_digit: self.has_digit || more.has_digit,
            has_hump: self.has_hump || more.has_hump,
        }
    }
}

/// True when `run` looks generated.
pub(in crate::secrets) fn looks_random(run: &[u8]) -> bool {
    if run.len() > LONGEST {
        return true;
    }
    let mut changes = Changes::default();
    let count = run.len().div_ceil(64);
    for (index, bytes) in run.chunks(64).enumerate() {
        changes = changes.and(Piece::of(bytes).changes(index == 0, index + 1 == count));
    }
    changes.look_random()
}

impl Piece {
    /// Of up to sixty-four bytes.
    fn of(bytes: &[u8]) -> Self {
        let mut piece =
            Self { length: u32::try_from(bytes.len()).unwrap_or(64), ..Self::default() };
        for (at, eight) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(eight) {
                *to = *from;
            }
            let word = u64::from_le_bytes(word);
            piece.digits |= bits(between(word, b'0', b'9')) << (at * 8);
            piece.letters |= bits(between(word | (ONES * 0x20), b'a', b'z')) << (at * 8);
            piece.capitals |= bits(between(word, b'A', b'Z')) << (at * 8);
        }
        piece
    }

    /// What stands from `from` on in the two blocks.
    pub fn cut(block: &Block, next: &Block, from: u32, length: u32) -> Self {
        let run = if length >= 64 { u64::MAX } else { (1 << length) - 1 };
        let bits = |low: u64, high: u64| {
            // Only the low half is wanted: what does not fit is beyond the piece.
            ((u128::from(low) | u128::from(high) << 64) >> from) as u64 & run
        };
        Self {
            digits: bits(block.digits, next.digits),
            letters: bits(block.letters, next.letters),
            capitals: bits(block.capitals, next.capitals),
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_do_not_look_random() {
        for text in [
            "ixgbe_mac_82599EB_link",
            "someLongName",
            "linux-source-6.1.192-2",
            "SGI_XFS_BTREE_MAGIC_V5B",
            "https://host/path/2024/10/file.html",
            "0x0000000000000001",
            "MX8MM_IOMUXC_NAND_DATA06_USDHC3_DATA2",
            "0x210,0x220,0x230,0x240,0x250,0x260",
        ] {
            assert!(!looks_random(text.as_bytes()), "{text}");
        }
        for text in [
            "4f9a1c0be2d73358aa61c9",
            "q7Lw2kT4wQ9zL3vXb8",
            "zz_QkTwB2xLmNvRt8Ys_w",
            "MTIzNDU2Nzg5MGFiY2RlZg",
            "id=q7Lw2kT4wQ9z",
            "q7Lw2kT4wQ9z,10",
            "HhvQbZTsYKkFuCpOgEdN",
        ] {
            assert!(looks_random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_piece_knows_what_each_byte_is() {
        let text: Vec<u8> = (0..=255).collect();
        for start in 0..=192 {
            let bytes = &text[start..start + 64];
            let piece = Piece::of(bytes);
            for (at, b) in bytes.iter().enumerate() {
                assert_eq!(piece.digits >> at & 1 == 1, b.is_ascii_digit(), "{b}");
                assert_eq!(piece.letters >> at & 1 == 1, b.is_ascii_alphabetic(), "{b}");
                assert_eq!(piece.capitals >> at & 1 == 1, b.is_ascii_uppercase(), "{b}");
            }
        }
    }

    #[test]
    fn words_of_seven_count_and_shorter_ones_do_not() {
        // Every word changes twice, so that two long ones are needed.
        for length in 1..=20 {
            let word = format!("{}1{}", "a".repeat(length / 2), "a".repeat(length - length / 2));
            for sign in ["_", "-", "."] {
                let run = [&*word; 3].join(sign);
                let expected = word.len() >= 7;
                assert_eq!(looks_random(run.as_bytes()), expected, "{run}");
            }
        }
    }

    #[test]
    fn a_word_counts_the_same_wherever_it_stands_in_the_run() {
        let random = "q7Lw2kT4wQ9zL3vXb8";
        for before in 0..150 {
            let run = format!("{}/{random}", "ab/".repeat(before));
            assert!(looks_random(run.as_bytes()), "{run}");
            let run = format!("{random}{}", "/ab".repeat(before));
            assert!(looks_random(run.as_bytes()), "{run}");
        }
    }

    #[test]
    fn a_long_line_of_fields_is_looked_through() {
        let line = format!("{}q7Lw2kT4wQ9zL3vXb8", "name,".repeat(200));
        assert!(looks_random(line.as_bytes()));
    }
}
