//! Passwords in addresses: `scheme://user:password@host`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::assignment::Assignment;
use super::super::classify::{self, Kind, classify};
use super::super::effort::HIT;
use super::super::hosts;
use super::super::spec::Confidence;
use super::super::syntax::Separator;
use super::Reader;
use super::strength::{Strength, strength};
use super::value::Reading;
use crate::span::Span;

/// The longest userinfo that is looked at.
const LONGEST: usize = 256;

impl Reader<'_> {
    pub(super) fn address(&mut self, start: usize, out: &mut Vec<Assignment>) {
        let from = start + 3;
        let rest = self.bytes.get(from..self.bytes.len().min(from + LONGEST)).unwrap_or_default();
        let mut colon = None;
        let mut end = None;
        for (i, &b) in rest.iter().enumerate() {
            match b {
                b':' if colon.is_none() => colon = Some(i),
                b'@' => end = Some(i),
                b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b')' | b']'
                | b',' | b';' | b'{' | b'}' | b'(' | b'*' | b'|' => break,
                _ if b <= b' ' || b >= 0x7f => break,
                _ => {}
            }
        }
        self.budget.spend(HIT + end.unwrap_or(0));
        let (Some(colon), Some(end)) = (colon, end) else { return };
        let user = rest.get(..colon).unwrap_or_default();
        let password = rest.get(colon + 1..end).unwrap_or_default();
        let after = rest.get(end..).unwrap_or_default();
        let host = after.get(1).copied().unwrap_or(0);
        if password.len() < 3
            || !(host.is_ascii_alphanumeric() || matches!(host, b'[' | b'%' | b'$' | b'_'))
        {
            return;
        }
        let looks = strength(password);
        if looks == Strength::Nothing
            || user.iter().any(|b| matches!(b, b'$' | b'*'))
            || is_filled_in(user)
            || password.eq_ignore_ascii_case(user)
            || hosts::is_reserved(after)
            || looks < Strength::Gibberish && hosts::is_example(password, after)
        {
            return;
        }
        let confidence = match looks {
            Strength::Random => Confidence::High,
            Strength::Mixed | Strength::Gibberish => Confidence::Medium,
            _ => Confidence::Low,
        };
        let class = classify(password, &classify::Context::default()).kind;
        let weak = confidence == Confidence::Low
            && !matches!(password, b"pass" | b"password" | b"passwd" | b"pwd" | b"secret");
        if class != Kind::Literal && !(class == Kind::Word && weak) {
            return;
        }
        let span = Span::new(from + colon + 1, from + end);
        let reading = Reading::inside(span, Separator::Colon);
        let name = Span::new(from, from + colon);
        self.push(name, &reading, confidence, "a password in an address", out);
    }
}

/// True for `%USER%` and `%s`; `%40` is an escape.
fn is_filled_in(user: &[u8]) -> bool {
    user.iter().enumerate().filter(|&(_, &b)| b == b'%').any(|(at, _)| {
        !user.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    })
}
