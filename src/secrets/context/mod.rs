//! Finds credentials without a vendor's shape by what stands around them, in any text.
//!
//! The engine's one pass over the bytes wakes the [`Reader`] at a few literals ([`WORDS`]); it reads the
//! name around the literal and the value behind it, and judges the pair. Nothing is parsed: one tolerant
//! reading serves all languages, which finds what is written in comments, strings and broken files too,
//! and errs where a parser would not. Most hits are no assignments; these cost a few comparisons.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod address;
mod beside;
mod command;
mod joint;
mod judge;
mod scheme;
mod strength;
mod value;
mod words;

pub use words::{MARKS, WORDS};

use super::assignment::Assignment;
use super::effort::{Budget, Effort, HIT};
use super::name_kind::{NameKind, name_kind};
use super::nature::Nature;
use super::spec::Confidence;
use super::syntax::{self, Separator, at};
use crate::span::Span;
use value::Reading;
use words::{WAKES, Wakes};

/// Reads one file. Feed it the hits in the order of their offsets.
#[derive(Debug)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    nature: Nature,
    /// Names before this offset have been read.
    read: usize,
    /// Values before this offset have been found.
    found: usize,
    /// What may still be read in the present stretch of text.
    budget: Budget,
    /// The command read last without a find, and where that ended.
    command: (usize, usize),
}

impl<'b> Reader<'b> {
    /// A reader of `bytes`, a file of the given nature.
    #[must_use]
    pub fn new(bytes: &'b [u8], nature: Nature) -> Self {
        Self { bytes, nature, read: 0, found: 0, budget: Budget::new(bytes.len()), command: (0, 0) }
    }

    /// What all that was read cost.
    pub(super) fn effort(self) -> Effort {
        self.budget.total()
    }

    /// Looks at the occurrence of `WORDS[word]` at `start` and appends what it announces to `out`.
    #[inline]
    pub fn hit(&mut self, word: usize, start: usize, out: &mut Vec<Assignment>) {
        let Some(wakes) = WAKES.get(word) else { return };
        if !self.budget.is_open(start) {
            return;
        }
        let length = WORDS.get(word).map_or(0, |text| text.len());
        match *wakes {
            Wakes::Name(length) => self.name(start, start + length, out),
            Wakes::Address => self.address(start, out),
            Wakes::Scheme => self.scheme(start, start + length, out),
            Wakes::Command if self.command.0 != word || self.command.1 <= start => {
                self.command(word, start, start + length, out);
            }
            Wakes::Command => {}
            Wakes::Call => self.call(start, start + length, out),
            Wakes::Identified => self.identified(start + length, out),
            Wakes::Shown => self.shown(start, start + length, out),
        }
    }

    /// Reads the value of the name at `name`, wherever that comes from.
    pub fn at(&mut self, name: Span, out: &mut Vec<Assignment>) {
        if name.start >= self.read {
            self.read = name.end;
            self.named(name, out);
        }
    }

    #[inline]
    fn name(&mut self, start: usize, end: usize, out: &mut Vec<Assignment>) {
        if start < self.read {
            return;
        }
        // The rest of the name: `password_old`.
        let mut to = end;
        while to - end < 64
            && (syntax::is_name_byte(at(self.bytes, to)) || is_inner(self.bytes, to))
        {
            to += 1;
        }
        self.read = to;
        if !joint::may_be_joined(self.bytes, start, to) {
            return;
        }
        self.named(syntax::name_around(self.bytes, start, to), out);
    }

    fn named(&mut self, name: Span, out: &mut Vec<Assignment>) {
        let text = name.of(self.bytes);
        let Some(kind) = name_kind(text) else { return };
        if !self.budget.is_open(name.start) {
            return;
        }
        let reading = value::read(self.bytes, name);
        self.budget.spend(HIT + reading.as_ref().map_or(0, |reading| reading.span.len()));
        let Some(mut reading) = reading else { return };
        if reading.separator == Separator::Argument && compares(text) {
            reading.separator = Separator::Comparison;
        }
        if reading.span.start < self.found
            || reading.separator == Separator::Argument && !is_setter(text)
        {
            return;
        }
        reading.user =
            kind.0 == NameKind::Password && beside::user(self.bytes, name, reading.quote.is_some());
        let value = reading.span.of(self.bytes);
        if let Some((confidence, reason)) = judge::judge(text, kind, value, &reading, self.nature) {
            self.push(name, &reading, confidence, reason, out);
        }
    }

    fn push(
        &mut self,
        name: Span,
        reading: &Reading,
        confidence: Confidence,
        reason: &'static str,
        out: &mut Vec<Assignment>,
    ) {
        if reading.span.start < self.found {
            return;
        }
        self.found = reading.span.end;
        out.push(Assignment {
            name,
            value: reading.span,
            quote: reading.quote,
            separator: reading.separator,
            confidence,
            reason,
        });
    }
}

/// A dash or a dot inside a name.
fn is_inner(bytes: &[u8], offset: usize) -> bool {
    matches!(at(bytes, offset), b'-' | b'.') && syntax::is_name_byte(at(bytes, offset + 1))
}

/// True for `password.equals`.
fn compares(name: &[u8]) -> bool {
    const METHODS: [&[u8]; 5] =
        [b".equals", b".equalsIgnoreCase", b".Equals", b".eql", b".compareTo"];
    METHODS.iter().any(|method| name.ends_with(method))
}

/// True for a method that takes a password to keep or to send it: `setPassword`, `.password`, `withToken`.
fn is_setter(name: &[u8]) -> bool {
    const OTHERS: &[&str] = &[
        "get", "is", "has", "check", "validate", "verify", "find", "read", "ask", "prompt", "hash",
        "encode", "decode", "remove", "delete", "clear", "log", "show", "parse", "match", "assert",
        "expect", "test", "split",
    ];
    const SETTERS: &[&str] = &["set", "with", "add", "use", "put"];
    let last = name.rsplit(|&b| b == b'.').next().unwrap_or_default();
    let begins = |word: &&str| {
        last.get(..word.len()).is_some_and(|l| l.eq_ignore_ascii_case(word.as_bytes()))
    };
    match name_kind(last) {
        Some((NameKind::Password, true)) => {
            let short = last.len() >= 4
                && last.get(last.len() - 4..).is_some_and(|end| end.eq_ignore_ascii_case(b"pass"));
            if short { begins(&"set") || begins(&"with") } else { !OTHERS.iter().any(&begins) }
        }
        Some((NameKind::Secret, true)) => {
            SETTERS.iter().any(begins) || !last.contains(&b'_') && last.len() <= 8
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
