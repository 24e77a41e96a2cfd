//! Credentials behind an authentication scheme, as arguments of calls and in statements for databases.
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

/// How far a call is read.
const CALL: usize = 400;
/// How far below a message its password stands.
const SHOWN: usize = 200;

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)
}

pub(super) fn is_literal(value: &[u8]) -> bool {
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

    pub(super) fn credential(
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

    /// A literal where only a password can stand: how it looks tells how sure that is.
    fn literal(&mut self, name: Span, span: Span, reason: &'static str, out: &mut Vec<Assignment>) {
        let value = span.of(self.bytes);
        let confidence = match strength(value) {
            Strength::Random => Confidence::High,
            Strength::Mixed | Strength::Gibberish => Confidence::Medium,
            Strength::Numbered | Strength::Words => Confidence::Low,
            Strength::Nothing => return,
        };
        if is_literal(value) {
            self.credential(name, span, confidence, reason, out);
        }
    }

    /// `NetworkCredential("user", "password")`.
    pub(super) fn call(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        let stop = self.bytes.len().min(end + CALL);
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
        self.literal(Span::new(start, end - 1), span, "an argument of a log-in", out);
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
        self.literal(Span::new(end - 13, end), span, "the password of a database account", out);
    }

    /// `use the following password to proceed:`, and a generated one on a line by itself below.
    pub(super) fn shown(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        let rest = self.bytes.get(end..self.bytes.len().min(end + SHOWN)).unwrap_or_default();
        // Logs put a time before each line, and escape line breaks when they hold other text.
        let inside = |b: &u8| b.is_ascii_alphanumeric();
        let mut from = 0;
        for word in rest.split(|b| !inside(b)) {
            let word_start = from;
            from += word.len() + 1;
            let escape = word_start > 0 && rest.get(word_start - 1) == Some(&b'\\');
            let skip = usize::from(escape && matches!(word.first(), Some(b'n' | b'r')));
            let value = word.get(skip..).unwrap_or_default();
            if value.len() >= 16 && strength(value) == Strength::Random {
                let at = end + word_start + skip;
                let span = Span::new(at, at + value.len());
                let name = Span::new(start, start + "password".len());
                self.credential(name, span, Confidence::High, "a password that is shown", out);
                return;
            }
        }
    }
}

/// Whether `value` is base64 of `user:password`, both printable and neither empty.
fn userinfo(value: &[u8]) -> Option<bool> {
    let decoded = base64(value)?;
    let colon = decoded.iter().position(|&b| b == b':')?;
    let printable = decoded.iter().all(|b| b.is_ascii_graphic() || *b == b' ' || *b >= 0x80);
    Some(printable && colon > 0 && colon + 2 < decoded.len())
}
