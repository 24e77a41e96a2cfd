//! A command as Hermes reads it: characters, quote states, words and substitution ends.
//!
//! This is not a shell grammar. It follows the approximations Hermes takes, because a verdict about a
//! denylist is only right if it errs where Hermes errs. Ends of `$(` are remembered, so that nested
//! substitutions cost a square, never a cube, of a length the caller bounds.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::cell::RefCell;

use crate::policy::Release;

/// What a scan step covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Char,
    Escape,
    Quote,
    Substitution,
    Comment,
}

/// One lexical step. `end` is `None` for a substitution that is never closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub kind: Kind,
    pub start: usize,
    pub end: Option<usize>,
    /// The quote the step was read in.
    pub quote: Option<char>,
}

/// What a scan recognises besides quotes and escapes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recognise {
    pub unquoted_substitutions: bool,
    pub quoted_substitutions: bool,
    pub braces: bool,
    pub comments: bool,
    /// Report a substitution that never closes, and end there, instead of reading it as characters.
    pub stop_at_unclosed: bool,
}

#[derive(Clone, Copy)]
enum Close {
    Unknown,
    Never,
    At(usize),
}

/// A command with a memory of where its substitutions end.
pub(super) struct Text {
    pub chars: Vec<char>,
    /// Where the last `}` is, so that braces never closed cost no search.
    last_brace: Option<usize>,
    closes: RefCell<Vec<Close>>,
}

/// Python's `str.isspace`: Unicode white space and the four information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's `str.strip`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The part of a path after its last slash.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Text {
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let last_brace = chars.iter().rposition(|&c| c == '}');
        Self { chars, last_brace, closes: RefCell::new(Vec::new()) }
    }

    pub fn len(&self) -> usize {
        self.chars.len()
    }

    pub fn get(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    pub fn slice(&self, start: usize, end: usize) -> &[char] {
        self.chars.get(start..end.min(self.len())).unwrap_or_default()
    }

    pub fn string(&self, start: usize, end: usize) -> String {
        self.slice(start, end).iter().collect()
    }

    pub fn starts_with(&self, at: usize, prefix: &str) -> bool {
        prefix.chars().enumerate().all(|(i, c)| self.get(at + i) == Some(c))
    }

    pub fn scan(&self, start: usize, end: usize, recognise: Recognise) -> Scan<'_> {
        Scan { text: self, at: start, end: end.min(self.len()), quote: None, recognise }
    }

    pub fn skip_space(&self, mut at: usize) -> usize {
        while self.get(at).is_some_and(is_space) {
            at += 1;
        }
        at
    }

    /// Index just past the `)` that closes the `$(` at `start`.
    pub fn dollar_end(&self, start: usize) -> Option<usize> {
        let known = self.closes.borrow().get(start).copied().unwrap_or(Close::Unknown);
        match known {
            Close::At(end) => return Some(end),
            Close::Never => return None,
            Close::Unknown => {}
        }
        let end = self.find_dollar_end(start);
        let mut closes = self.closes.borrow_mut();
        closes.resize(self.len(), Close::Unknown);
        if let Some(slot) = closes.get_mut(start) {
            *slot = end.map_or(Close::Never, Close::At);
        }
        end
    }

    fn find_dollar_end(&self, start: usize) -> Option<usize> {
        let mut depth = 1_usize;
        for step in self.scan(start + 2, self.len(), Recognise::default()) {
            if step.kind != Kind::Char || step.quote.is_some() {
                continue;
            }
            if self.starts_with(step.start, "$(") {
                depth += 1;
            } else if self.get(step.start) == Some(')') {
                depth -= 1;
                if depth == 0 {
                    return Some(step.start + 1);
                }
            }
        }
        None
    }

    /// Index just past the backtick that closes the one at `start`.
    pub fn backtick_end(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        while let Some(c) = self.get(at) {
            match c {
                '\\' => at += 2,
                '`' => return Some(at + 1),
                _ => at += 1,
            }
        }
        None
    }

    /// One shell word from `at` on, leading white space skipped: its start and end.
    pub fn word(&self, at: usize, release: Release) -> (usize, usize) {
        let start = self.skip_space(at);
        let mut end = start;
        let recognise =
            Recognise { unquoted_substitutions: true, braces: true, ..Recognise::default() };
        let stops = if release < Release::SEGMENT_DENY { ";&|" } else { ";&|<>()" };
        for step in self.scan(start, self.len(), recognise) {
            let plain = step.kind == Kind::Char && step.quote.is_none();
            if plain && self.get(step.start).is_some_and(|c| is_space(c) || stops.contains(c)) {
                break;
            }
            end = step.end.unwrap_or(end);
        }
        (start, end)
    }

    /// True when the `#` at `at` opens a comment.
    pub fn is_comment(&self, at: usize) -> bool {
        self.get(at) == Some('#')
            && at
                .checked_sub(1)
                .and_then(|before| self.get(before))
                .is_none_or(|c| is_space(c) || ";&|()<>".contains(c))
    }
}

/// Iterator over the steps of a stretch of text.
pub(super) struct Scan<'t> {
    text: &'t Text,
    at: usize,
    end: usize,
    quote: Option<char>,
    recognise: Recognise,
}

impl Scan<'_> {
    /// `None`: no substitution starts here. `Some(None)`: one that never closes.
    fn substitution(&self, c: char) -> Option<Option<usize>> {
        let wanted = match self.quote {
            None => self.recognise.unquoted_substitutions,
            Some('"') => self.recognise.quoted_substitutions,
            Some(_) => false,
        };
        if !wanted {
            return None;
        }
        match (c, self.text.get(self.at + 1)) {
            ('`', _) => Some(self.text.backtick_end(self.at)),
            ('$', Some('(')) => Some(self.text.dollar_end(self.at)),
            ('$', Some('{')) if self.recognise.braces && self.quote.is_none() => {
                if self.text.last_brace.is_none_or(|last| last < self.at) {
                    return Some(None);
                }
                let rest = self.text.slice(self.at + 2, self.text.len());
                Some(rest.iter().position(|&c| c == '}').map(|i| self.at + i + 3))
            }
            _ => None,
        }
    }

    fn comment_end(&self) -> usize {
        let rest = self.text.slice(self.at, self.end);
        rest.iter().position(|&c| c == '\n').map_or(self.end, |i| self.at + i)
    }
}

impl Iterator for Scan<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.at >= self.end {
            return None;
        }
        let c = self.text.get(self.at)?;
        let (start, quote) = (self.at, self.quote);
        let (kind, end) =
            if self.recognise.comments && quote.is_none() && self.text.is_comment(start) {
                (Kind::Comment, self.comment_end())
            } else if quote != Some('\'') && c == '\\' && start + 1 < self.end {
                (Kind::Escape, start + 2)
            } else if quote == Some(c) || (quote.is_none() && (c == '\'' || c == '"')) {
                self.quote = if quote.is_some() { None } else { Some(c) };
                (Kind::Quote, start + 1)
            } else {
                match self.substitution(c) {
                    Some(Some(end)) => (Kind::Substitution, end),
                    Some(None) if self.recognise.stop_at_unclosed => {
                        self.at = self.end;
                        return Some(Step { kind: Kind::Substitution, start, end: None, quote });
                    }
                    _ => (Kind::Char, start + 1),
                }
            };
        self.at = end;
        Some(Step { kind, start, end: Some(end), quote })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_substitution_ends() {
        let text = Text::new(r#"  "a b"$(x; (y) "$(z)")c<d"#);
        let (start, end) = text.word(0, Release::OLDEST);
        assert_eq!(text.string(start, end), r#""a b"$(x; (y)"#);
        let text = Text::new("$(a $(b) ')')c");
        assert_eq!(text.dollar_end(0), Some(13));
        assert_eq!(text.dollar_end(4), Some(8));
        let text = Text::new("rm<in");
        assert_eq!(text.word(0, Release::OLDEST), (0, 5));
        assert_eq!(text.word(0, Release::NEWEST), (0, 2));
        assert_eq!(Text::new("`a\\`b`c").backtick_end(0), Some(6));
    }

    #[test]
    fn comments_need_a_word_start() {
        let text = Text::new("a#b #c\nd");
        let recognise = Recognise { comments: true, ..Recognise::default() };
        let comments: Vec<_> = text
            .scan(0, text.len(), recognise)
            .filter(|s| s.kind == Kind::Comment)
            .map(|s| (s.start, s.end))
            .collect();
        assert_eq!(comments, [(4, Some(6))]);
    }
}
