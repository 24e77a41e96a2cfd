//! Glob matching with the semantics of Python's `fnmatch`, which both `approvals.deny` and
//! `command_allowlist` use.
//!
//! Own code, because no crate has these semantics: `*` crosses `/` and newlines, `[!..]` negates, there
//! is no escape, and an unclosed `[` is a plain bracket. Time is text times pattern at worst.

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    Any,
    Star,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// A compiled pattern. Case matters; the caller folds both sides where Hermes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
    /// What a text that matches has in any case.
    pairs: Pairs,
}

/// Pairs of neighbouring characters, as bits by which most texts that a glob can't match are told at a glance: a list
/// of deny globs is matched against thousands of short texts, and next to none of them match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs(u128);

impl Pairs {
    pub fn of(text: &[char]) -> Self {
        let mut pairs = Self::default();
        text.windows(2).for_each(|pair| {
            if let [first, second] = pair {
                pairs.add(*first, *second);
            }
        });
        pairs
    }

    fn add(&mut self, first: char, second: char) {
        let mixed =
            (first as u32).wrapping_mul(0x9E37_79B1) ^ (second as u32).wrapping_mul(0x85EB_CA77);
        self.0 |= 1 << (mixed.wrapping_mul(0xC2B2_AE3D) >> 25);
    }

    /// False when a text with these pairs can't match `glob`.
    pub const fn may_match(self, glob: &Glob) -> bool {
        glob.pairs.0 & !self.0 == 0
    }
}

impl Glob {
    /// Compiles any text: no text is an invalid glob.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        // The only closing bracket that matters for a run of unclosed ones is the last: without this
        // bound, `[[[[...` would search to the end once a bracket.
        let last_close = chars.iter().rposition(|&c| c == ']').unwrap_or(0);
        let mut tokens = Vec::with_capacity(chars.len());
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '*' => {
                    if tokens.last() != Some(&Token::Star) {
                        tokens.push(Token::Star);
                    }
                }
                '?' => tokens.push(Token::Any),
                '[' => match set_end(&chars, at, last_close) {
                    Some(end) => {
                        tokens.push(set(chars.get(at..end).unwrap_or_default()));
                        at = end + 1;
                    }
                    None => tokens.push(Token::Literal('[')),
                },
                literal => tokens.push(Token::Literal(literal)),
            }
        }
        let mut pairs = Pairs::default();
        for pair in tokens.windows(2) {
            if let [Token::Literal(first), Token::Literal(second)] = pair {
                pairs.add(*first, *second);
            }
        }
        Self { tokens, pairs }
    }

    /// True when the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.matches_chars(&text.chars().collect::<Vec<_>>())
    }

    pub(super) fn matches_chars(&self, text: &[char]) -> bool {
        let (mut at, mut token) = (0, 0);
        // Where to resume when a later token fails: just past the last star, one character further.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let step = match (self.tokens.get(token), text.get(at)) {
                (None, None) => return true,
                (Some(Token::Star), _) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                (Some(Token::Literal(want)), Some(c)) => want == c,
                (Some(Token::Any), Some(_)) => true,
                (Some(Token::Set { negated, ranges }), Some(c)) => {
                    ranges.iter().any(|(low, high)| low <= c && c <= high) != *negated
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
            if step {
                at += 1;
                token += 1;
                continue;
            }
            match retry {
                Some((after_star, from)) if from < text.len() => {
                    token = after_star;
                    at = from + 1;
                    retry = Some((after_star, at));
                }
                _ => return false,
            }
        }
    }
}

/// True when `pattern` holds a character that makes it a glob rather than a fixed text.
#[must_use]
pub fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Index of the bracket that closes the set whose content starts at `start`.
fn set_end(chars: &[char], start: usize, last_close: usize) -> Option<usize> {
    let mut at = start;
    if chars.get(at) == Some(&'!') {
        at += 1;
    }
    if chars.get(at) == Some(&']') {
        at += 1;
    }
    while at <= last_close {
        if chars.get(at) == Some(&']') {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn set(content: &[char]) -> Token {
    let (negated, members) = match content.split_first() {
        Some(('!', rest)) => (true, rest),
        _ => (false, content),
    };
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(&low) = members.get(at) {
        match (members.get(at + 1), members.get(at + 2)) {
            (Some('-'), Some(&high)) => {
                // A reversed range holds nothing, as in Python.
                if low <= high {
                    ranges.push((low, high));
                }
                at += 3;
            }
            _ => {
                ranges.push((low, low));
                at += 1;
            }
        }
    }
    Token::Set { negated, ranges }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_fnmatch() {
        // Each row was checked against fnmatch.fnmatchcase of Python 3.11.
        for (pattern, text, expected) in [
            ("rm *", "rm x", true),
            ("rm *", "rm", false),
            ("*sudo*", "cd x\nsudo ls", true),
            ("a?c", "a\nc", true),
            ("[!-]r", "fr", true),
            ("[!-]r", "-r", false),
            ("[]x]", "]", true),
            ("[!]x]", "y", true),
            ("a[", "a[", true),
            ("[z-a]", "z", false),
            ("[!z-a]", "q", true),
            ("[a-]", "-", true),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "d", false),
            ("\\*", "\\x", true),
            ("", "", true),
            ("", "x", false),
            ("**a**", "bab", true),
        ] {
            let glob = Glob::new(pattern);
            assert_eq!(glob.matches(text), expected, "{pattern:?} on {text:?}");
            let text: Vec<char> = text.chars().collect();
            assert!(Pairs::of(&text).may_match(&glob) || !expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn brackets_and_stars_stay_fast() {
        let brackets = "[".repeat(20_000);
        assert!(Glob::new(&brackets).matches(&brackets));
        let stars = format!("{}b", "*a".repeat(200));
        assert!(!Glob::new(&stars).matches(&"a".repeat(4_000)));
    }
}
