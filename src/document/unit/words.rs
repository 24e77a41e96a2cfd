//! The words of a directive's value, by systemd's quoting: quotes anywhere in a word, C escapes.
//!
//! It differs from a shell's in the escapes and in what it refuses, so it is not the shell splitter.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::document::shell_words::Spliced;
use crate::span::Span;

/// What an unknown escape does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Ends the reading (`Environment=`).
    Strict,
    /// Stays as written (`ExecStart=`).
    Relaxed,
}

/// What is left of a value.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Skips a `;` that stands alone.
    pub(super) fn skip_separator(&mut self) -> bool {
        self.skip_blanks();
        let alone = self.rest().strip_prefix(';').is_some_and(ends_word);
        self.at += usize::from(alone);
        alone
    }

    /// The next word, unquoted, with its place in the value; `None` at the end and where systemd stops:
    /// an unclosed quote, a trailing backslash, an escape it refuses.
    pub(super) fn next(&mut self, escapes: Escapes) -> Option<(Spliced, Span)> {
        self.skip_blanks();
        let start = self.at;
        if self.rest().is_empty() {
            return None;
        }
        if escapes == Escapes::Relaxed && self.rest().strip_prefix("\\;").is_some_and(ends_word) {
            self.at += 2;
            let span = Span::new(start, self.at);
            let mut word = Spliced::default();
            word.push(";", span);
            return Some((word, span));
        }
        // An empty word still has a place.
        let mut word = Spliced::verbatim("", start);
        let mut quote = None;
        while let Some(c) = self.rest().chars().next() {
            let from = self.at;
            if quote.is_none() && is_blank(c) {
                break;
            }
            self.at += c.len_utf8();
            match c {
                '\'' | '"' if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => quote = Some(c),
                '\\' => {
                    let (decoded, len) = match unescape(self.rest()) {
                        Some(known) => known,
                        None if escapes == Escapes::Relaxed => ('\\', 0),
                        None => return self.stop(),
                    };
                    self.at += len;
                    word.push(decoded.encode_utf8(&mut [0; 4]), Span::new(from, self.at));
                }
                _ => word.push(c.encode_utf8(&mut [0; 4]), Span::new(from, self.at)),
            }
        }
        if quote.is_some() { self.stop() } else { Some((word, Span::new(start, self.at))) }
    }

    fn stop(&mut self) -> Option<(Spliced, Span)> {
        self.at = self.text.len();
        None
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(is_blank)
}

/// The character that `rest`, the text after a backslash, starts with, and its length there. A byte
/// above ASCII, which only together with others makes a character, becomes U+FFFD.
fn unescape(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let number = |from: usize, digits: usize, radix: u32| {
        let text = rest.get(from..from + digits)?;
        let all_digits = text.chars().all(|c| c.is_digit(radix));
        u32::from_str_radix(text, radix).ok().filter(|&number| all_digits && number > 0)
    };
    let byte = |number: u32| {
        let byte = u8::try_from(number).ok()?;
        Some(if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER })
    };
    Some(match first {
        'a' => ('\x07', 1),
        'b' => ('\x08', 1),
        'f' => ('\x0c', 1),
        'n' => ('\n', 1),
        'r' => ('\r', 1),
        't' => ('\t', 1),
        'v' => ('\x0b', 1),
        's' => (' ', 1),
        '\\' | '"' | '\'' => (first, 1),
        'x' => (byte(number(1, 2, 16)?)?, 3),
        'u' => (char::from_u32(number(1, 4, 16)?)?, 5),
        'U' => (char::from_u32(number(1, 8, 16)?)?, 9),
        '0'..='7' => (byte(number(0, 3, 8)?)?, 3),
        _ => return None,
    })
}
