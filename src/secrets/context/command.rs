//! Credentials without a name: behind an authentication scheme, as arguments of commands and of calls.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::assignment::Assignment;
use super::super::classify::{self, Kind, classify};
use super::super::effort::HIT;
use super::super::encoding::base64;
use super::super::spec::Confidence;
use super::super::syntax::{self, Separator, at, skip_blanks};
use super::Reader;
use super::strength::{Strength, strength};
use super::value::Reading;
use crate::span::Span;

/// How far a command is read.
const COMMAND: usize = 400;

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)
}

fn is_literal(value: &[u8]) -> bool {
    matches!(classify(value, &classify::Context::default()).kind, Kind::Literal | Kind::Word)
}

impl Reader<'_> {
    /// `Bearer x`, `Basic x` outside of an assignment that has been read already.
    pub(super) fn scheme(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        if start > 0 && syntax::is_name_byte(at(self.bytes, start - 1)) {
            return;
        }
        let rest = self.bytes.get(end..self.bytes.len().min(end + 2048)).unwrap_or_default();
        let length = rest.iter().take_while(|b| is_token_byte(**b)).count();
        self.budget.spend(HIT + length);
        if length < 8 {
            return;
        }
        let value = rest.get(..length).unwrap_or_default();
        let next = rest.get(length).copied().unwrap_or(b' ');
        if matches!(next, b'(' | b'{' | b'<' | b'$' | b'[') {
            return;
        }
        let scheme = Span::new(start, end - 1).of(self.bytes);
        let confidence = if scheme.eq_ignore_ascii_case(b"basic") {
            // Many a Basic credential is no base64 of `user:password`.
            let opened = matches!(at(self.bytes, start.wrapping_sub(1)), b'"' | b'\'' | b'`')
                || at(self.bytes, start.wrapping_sub(2)) == b':';
            match userinfo(value) {
                Some(true) => Confidence::Medium,
                _ if opened && length >= 12 && strength(value) == Strength::Random => {
                    Confidence::Medium
                }
                _ => return,
            }
        } else if scheme.eq_ignore_ascii_case(b"ntlm") {
            if !value.starts_with(b"TlRMTVNTUA") {
                return;
            }
            Confidence::Medium
        } else if scheme.eq_ignore_ascii_case(b"bearer") {
            match strength(value) {
                Strength::Random => Confidence::High,
                Strength::Mixed if length >= 10 => Confidence::Medium,
                _ => return,
            }
        } else {
            return;
        };
        if classify(value, &classify::Context::default()).kind != Kind::Literal {
            return;
        }
        let name = Span::new(start, end - 1);
        self.credential(
            name,
            Span::new(end, end + length),
            confidence,
            "sent as authorization",
            out,
        );
    }

    fn credential(
        &mut self,
        name: Span,
        span: Span,
        confidence: Confidence,
        reason: &'static str,
        out: &mut Vec<Assignment>,
    ) {
        let reading = Reading::inside(span, Separator::Space);
        self.push(name, &reading, confidence, reason, out);
    }

    /// The options of a command line that carry a password.
    pub(super) fn command(
        &mut self,
        index: usize,
        start: usize,
        end: usize,
        out: &mut Vec<Assignment>,
    ) {
        if start > 0 && syntax::is_name_byte(at(self.bytes, start - 1)) {
            return;
        }
        let command = Span::new(start, end).of(self.bytes).to_ascii_lowercase();
        let stop = syntax::line_end(self.bytes, end, COMMAND);
        self.command = (index, stop);
        self.budget.spend(HIT + stop - end);
        // The rest of the command's name: `mysqldump`, not `MySQL-Python`.
        let rest = Span::new(end, stop).of(self.bytes);
        let mut i = end + rest.iter().take_while(|b| syntax::is_name_byte(**b)).count();
        if at(self.bytes, i) == b'-' && !at(self.bytes, i - 1).is_ascii_whitespace() {
            return;
        }
        let mut last: &[u8] = b"";
        let mut words = 0;
        let mut batch = false;
        while i < stop {
            i = skip_blanks(self.bytes, i);
            let word = word_at(self.bytes, i, stop);
            if word.is_empty() {
                break;
            }
            words += 1;
            let text = word.of(self.bytes);
            batch |= text.starts_with(b"-") && text.contains(&b'b');
            let secret = match (&*command, last, text) {
                // `curl -u user:password`
                (b"curl " | b"wget ", b"-u" | b"--user" | b"-U" | b"--proxy-user", pair) => {
                    pair.iter().position(|&b| b == b':').map(|colon| word.start + colon + 1)
                }
                (b"sshpass", b"-p", _) | (b"docker login", b"-p", _) | (b"psexec", b"-p", _) => {
                    Some(word.start)
                }
                (b"sshpass" | b"mysql", _, [b'-', b'p', _, ..]) => Some(word.start + 2),
                (b"htpasswd", _, _) if batch && words >= 4 && stop == word.end => Some(word.start),
                (b"net user", _, _) if words == 2 => Some(word.start),
                _ => None,
            };
            let Some(from) = secret else {
                last = Span::new(word.start, word.end).of(self.bytes);
                i = word.end + usize::from(matches!(at(self.bytes, word.end), b'"' | b'\''));
                continue;
            };
            let span = Span::new(from, word.end);
            let value = span.of(self.bytes);
            let looks = strength(value);
            let confidence = match looks {
                Strength::Random => Confidence::High,
                Strength::Mixed | Strength::Gibberish if value.len() >= 5 => Confidence::Medium,
                Strength::Numbered | Strength::Words => Confidence::Low,
                _ => return,
            };
            if !matches!(value.first(), Some(b'$' | b'%' | b'/' | b'-' | b'<')) && is_literal(value)
            {
                let name = Span::new(start, end);
                self.credential(name, span, confidence, "an argument of a command", out);
            }
            return;
        }
    }

    /// `NetworkCredential("user", "password")`.
    pub(super) fn call(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        let stop = self.bytes.len().min(end + COMMAND);
        self.budget.spend(HIT + stop - end);
        let mut i = end;
        let mut last = None;
        let mut count = 0;
        for _ in 0..4 {
            while i < stop && at(self.bytes, i).is_ascii_whitespace() {
                i += 1;
            }
            let quote = at(self.bytes, i);
            if !matches!(quote, b'"' | b'\'') {
                break;
            }
            let Some(length) = self
                .bytes
                .get(i + 1..stop)
                .and_then(|r| r.iter().position(|&b| b == quote || b == b'\n'))
            else {
                return;
            };
            last = Some(Span::new(i + 1, i + 1 + length));
            count += 1;
            i = i + length + 2;
            if at(self.bytes, i) == b')' || at(self.bytes, i) == b'.' {
                break;
            }
            if at(self.bytes, i) != b',' {
                return;
            }
            i += 1;
        }
        let Some(span) = last.filter(|_| count >= 2) else { return };
        let value = span.of(self.bytes);
        let looks = strength(value);
        let confidence = match looks {
            Strength::Random => Confidence::High,
            Strength::Mixed | Strength::Gibberish => Confidence::Medium,
            Strength::Numbered | Strength::Words => Confidence::Low,
            Strength::Nothing => return,
        };
        if is_literal(value) {
            self.credential(
                Span::new(start, end - 1),
                span,
                confidence,
                "an argument of a log-in",
                out,
            );
        }
    }

    /// `IDENTIFIED BY 'password'`, `IDENTIFIED BY PASSWORD '*HASH'` left out.
    pub(super) fn identified(&mut self, end: usize, out: &mut Vec<Assignment>) {
        let mut i = skip_blanks(self.bytes, end);
        let escaped = usize::from(at(self.bytes, i) == b'\\');
        i += escaped;
        let quote = at(self.bytes, i);
        if !matches!(quote, b'"' | b'\'') {
            return;
        }
        let rest = self.bytes.get(i + 1..self.bytes.len().min(i + 200)).unwrap_or_default();
        let Some(length) = rest.iter().position(|&b| b == quote || b == b'\n' || b == b'\\') else {
            return;
        };
        let span = Span::new(i + 1, i + 1 + length);
        let value = span.of(self.bytes);
        let looks = strength(value);
        let confidence = match looks {
            Strength::Random => Confidence::High,
            Strength::Mixed | Strength::Gibberish => Confidence::Medium,
            Strength::Numbered | Strength::Words => Confidence::Low,
            Strength::Nothing => return,
        };
        if is_literal(value) {
            self.credential(
                Span::new(end - 13, end),
                span,
                confidence,
                "the password of a database account",
                out,
            );
        }
    }
}

/// A word of a command line, quotes left out.
fn word_at(bytes: &[u8], from: usize, stop: usize) -> Span {
    let quote = at(bytes, from);
    if matches!(quote, b'"' | b'\'') {
        let length = bytes.get(from + 1..stop).and_then(|r| r.iter().position(|&b| b == quote));
        return length.map_or(Span::at(from), |length| Span::new(from + 1, from + 1 + length));
    }
    let rest = bytes.get(from..stop).unwrap_or_default();
    let ends = |b: &u8| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'|' | b';' | b'<' | b'>')
    };
    Span::new(from, from + rest.iter().position(ends).unwrap_or(rest.len()))
}

/// Whether `value` is base64 of `user:password`, both printable and neither empty.
fn userinfo(value: &[u8]) -> Option<bool> {
    let decoded = base64(value)?;
    let colon = decoded.iter().position(|&b| b == b':')?;
    let printable = decoded.iter().all(|b| b.is_ascii_graphic() || *b == b' ' || *b >= 0x80);
    Some(printable && colon > 0 && colon + 2 < decoded.len())
}
