//! Looks for one of many words in a short text, in any case.
//!
//! Each word is known by the pairs of letters it holds, as bits of a small set; a text whose own set lacks one
//! of them does not hold the word, which is how nearly every question ends. The sets of the words are made by the compiler.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// Which pairs of bytes stand in a text, by hash.
type Pairs = [u64; 4];

/// Words, lower case, of two bytes or more.
#[derive(Debug)]
pub(super) struct Substrings<const N: usize> {
    words: &'static [&'static str],
    pairs: [Pairs; N],
}

#[allow(
    clippy::indexing_slicing,
    reason = "a byte is less than four words of bits, and the loop ends with the text"
)]
const fn pairs(text: &[u8]) -> Pairs {
    let mut set = [0; 4];
    let mut at = 1;
    while at < text.len() {
        let (a, b) = (text[at - 1].to_ascii_lowercase(), text[at].to_ascii_lowercase());
        let hash = a.wrapping_mul(37) ^ b;
        set[hash as usize / 64] |= 1 << (hash % 64);
        at += 1;
    }
    set
}

impl<const N: usize> Substrings<N> {
    #[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
    pub const fn new(words: &'static [&'static str]) -> Self {
        let mut sets = [[0; 4]; N];
        let mut at = 0;
        while at < N {
            sets[at] = pairs(words[at].as_bytes());
            at += 1;
        }
        Self { words, pairs: sets }
    }

    /// True when one of the words stands in `text`.
    pub fn is_in(&self, text: &[u8]) -> bool {
        let here = pairs(text);
        let may_hold = |word: &Pairs| word.iter().zip(&here).all(|(word, here)| word & !here == 0);
        let mut all = self.words.iter().zip(&self.pairs);
        all.any(|(word, pairs)| may_hold(pairs) && holds(text, word.as_bytes()))
    }
}

/// True when `word` stands in `text`, in any case.
pub(super) fn holds(text: &[u8], word: &[u8]) -> bool {
    let first = word.first().copied().unwrap_or(0).to_ascii_lowercase();
    text.windows(word.len().max(1)).any(|here| {
        here.first().is_some_and(|b| b.to_ascii_lowercase() == first)
            && here.eq_ignore_ascii_case(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &[&str] = &["ab", "change-me", "xxxx", "your_"];
    static SET: Substrings<{ WORDS.len() }> = Substrings::new(WORDS);

    #[test]
    fn words_are_found_in_any_case() {
        for text in ["ab", "xAby", "please CHANGE-me!", "aXXXXb", "xxxx"] {
            assert!(SET.is_in(text.as_bytes()), "{text}");
        }
        for text in ["", "a", "ba", "change_me", "xxx", "YOUR-"] {
            assert!(!SET.is_in(text.as_bytes()), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn finds_what_a_search_finds(text in "[abxXyour_CHANGEme-]{0,40}") {
            let lower = text.to_ascii_lowercase();
            let found = WORDS.iter().any(|word| lower.contains(word));
            assert_eq!(SET.is_in(text.as_bytes()), found);
        }
    }
}
