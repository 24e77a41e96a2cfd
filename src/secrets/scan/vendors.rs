//! Finds whose key a value is by the words around it: in its name, in what heads the block, on its line.
//!
//! What a vendor's word leads to is tried on the value alone, so that a shape which is anybody's counts only where
//! somebody is named.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::check;
use super::super::detector::Detector;
use super::super::edges::begins_word;
use super::super::effort::{FAILED, HIT};
use super::super::engine::Engine;
use super::super::names::is_secret_name_in_credential_block;
use super::super::nature::Nature;
use super::super::sieve::looks_random;
use super::super::spec::Confidence;
use super::super::substrings::holds;
use super::super::syntax::{self, Value};
use super::Scan;
use crate::span::Span;

/// How a keyed detector came to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The name that the value is assigned to tells the vendor.
    Name,
    /// A block around the assignment is named for the vendor.
    Block,
    /// The vendor is named on the same line.
    Line,
}

impl Told {
    const fn trust(self, confidence: Confidence) -> (Confidence, Option<&'static str>) {
        match self {
            Self::Name => (confidence, None),
            Self::Block => {
                (confidence.lowered(), Some("the block around it is named for the vendor"))
            }
            Self::Line => (Confidence::Low, Some("the vendor is named on the same line")),
        }
    }
}

impl<'e, F: FnOnce() -> Nature> Scan<'e, '_, '_, F> {
    /// Reads a value that has no name with the detectors of the vendors that are named before it, from `line` on.
    pub(super) fn beside(&mut self, value: Value, line: usize) {
        let engine: &'e Engine = self.engine;
        let at = value.span.start;
        if self.is_found(value.span) || !self.budget.is_open(at) || !self.may_match(at) {
            return;
        }
        let text = Span::new(line, at).of(self.bytes);
        self.budget.spend(text.len());
        let mut secret = None;
        engine.vendors.scan(text, |waker, start| {
            let index = usize::from(waker.detector);
            if let Some(detector) = engine.detectors.get(index)
                && begins_word(text, start)
                && *secret.get_or_insert_with(|| names_a_secret(text))
            {
                self.keyed(index, detector, value, Told::Line);
            }
        });
    }

    /// Reads the value of the name at `name` with the detectors of the vendors that the name tells.
    pub(super) fn named(&mut self, name: Span) {
        if name == self.name || !self.budget.is_open(name.start) || !self.may_match(name.start) {
            return;
        }
        self.name = name;
        let value = syntax::value_after(self.bytes, name);
        self.budget.spend(HIT + value.map_or(0, |value| value.span.len()));
        let Some(value) = value else { return };
        if value.span.is_empty()
            || !str::from_utf8(name.of(self.bytes)).is_ok_and(is_secret_name_in_credential_block)
        {
            return;
        }
        let told = self.told(name, value, Told::Name);
        if !told && looks_random(value.span.of(self.bytes)) {
            self.blocks(name, value);
        }
    }

    /// Tries the detectors of the vendors that `text` names; true when it names any.
    fn told(&mut self, text: Span, value: Value, how: Told) -> bool {
        let engine: &'e Engine = self.engine;
        let mut any = false;
        let bytes = text.of(self.bytes);
        self.budget.spend(HIT + bytes.len());
        engine.vendors.scan(bytes, |waker, start| {
            if !begins_word(bytes, start) {
                return;
            }
            let index = usize::from(waker.detector);
            if let Some(detector) = engine.detectors.get(index) {
                any |= self.keyed(index, detector, value, how).is_some();
            }
        });
        any
    }

    /// Looks for the vendor in the lines that head the blocks around `name`: less indented ones, and the last
    /// `[section]`.
    fn blocks(&mut self, name: Span, value: Value) {
        const LINES: usize = 24;
        const LINE: usize = 256;
        let line = syntax::line_around(self.bytes, name.start, LINE);
        // No head is that long, and what stands in such a line heads nothing.
        let begins = |line: Span| {
            line.start.checked_sub(1).is_none_or(|at| self.bytes.get(at) == Some(&b'\n'))
        };
        let indent = |line: Span| {
            line.of(self.bytes).iter().take_while(|b| matches!(b, b' ' | b'\t' | b'-')).count()
        };
        if !begins(line) {
            return;
        }
        let mut inner = indent(line);
        let mut end = line.start;
        // Below this nothing heads the block that was met last.
        let mut top = line.end + 1;
        for _ in 0..LINES {
            let (known, least) = self.headless;
            if known.start < end && end <= known.end && inner <= least {
                end = known.start;
                break;
            }
            let Some(last) = end.checked_sub(1) else { break };
            let line = syntax::line_around(self.bytes, last, LINE);
            self.budget.spend(line.len());
            if !begins(line) {
                break;
            }
            end = line.start;
            let text = line.of(self.bytes).trim_ascii();
            let section = text.starts_with(b"[") && text.ends_with(b"]");
            let outer = indent(line);
            if text.is_empty() || !section && outer >= inner {
                continue;
            }
            if self.told(line, value, Told::Block) || section || outer == 0 {
                return;
            }
            inner = outer;
            top = line.start;
        }
        self.headless = (Span::new(end, top), inner);
    }

    /// A vendor is known from elsewhere, so that the value alone has to match.
    fn keyed(
        &mut self,
        index: usize,
        detector: &Detector,
        value: Value,
        told: Told,
    ) -> Option<usize> {
        let from = value.span.start;
        let stop = self.bytes.len().min(from + detector.spec.reach);
        let window = self.bytes.get(from..stop)?;
        self.budget.spend(HIT + window.len().min(FAILED));
        let captures = detector.regex()?.captures(window)?;
        let before = self.found.len();
        let end = self.consider(index, detector, &captures, from, value.quote.is_none());
        for candidate in self.found.get_mut(before..).into_iter().flatten() {
            let (confidence, note) = told.trust(candidate.confidence);
            candidate.confidence = confidence;
            candidate.note = candidate.note.or(note.map(check::Note::Text));
        }
        end
    }
}

/// True when a word for a secret stands in `text`.
fn names_a_secret(text: &[u8]) -> bool {
    ["key", "token", "secret", "pass", "auth", "credential", "pwd"]
        .iter()
        .any(|word| holds(text, word.as_bytes()))
}
