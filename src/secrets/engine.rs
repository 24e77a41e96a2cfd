//! Runs the detectors over the bytes of one file.
//!
//! Two passes over the bytes wake the detectors. One finds the long runs of token characters, and in those the
//! keywords of all detectors; the other finds the few literals that stand outside of such runs, names of
//! secrets above all. A name with a value is looked up among the vendors' words, so that these cost nothing
//! elsewhere. A pattern is compiled when it is first woken and sees only a window. So the cost of ordinary
//! text does not depend on how many detectors there are, and that of a ten-megabyte line does not depend on
//! its length squared.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::check::{self, Verdict};
use super::classify::{Context, classify};
use super::encoding::entropy;
use super::hosts;
use super::literals::Literals;
use super::names::is_secret_name_in_credential_block;
use super::prefilter::{Keyword, Prefilter};
use super::runs;
use super::spec::{Confidence, DetectorSpec, SpecError};
use super::syntax::{self, Value};
use crate::span::Span;

/// How far a line is followed to find a context word, in bytes to each side.
const LINE_REACH: usize = 512;

/// A credential that a detector has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index for [`Engine::spec`].
    pub detector: usize,
    /// The secret itself.
    pub span: Span,
    /// What the pattern matched, the secret included.
    pub whole: Span,
    /// The detector's confidence, lowered when a check has doubts.
    pub confidence: Confidence,
    /// What the reader should know of this match.
    pub note: Option<&'static str>,
}

#[derive(Debug)]
struct Detector {
    spec: DetectorSpec,
    pattern: OnceLock<Option<Regex>>,
    rank: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waker {
    detector: u16,
    length: u16,
}

/// Words, and the detectors that each of them wakes.
#[derive(Debug, Default)]
struct Words {
    keywords: Vec<Keyword>,
    wakers: Vec<Vec<Waker>>,
    known: HashMap<(String, bool), usize>,
}

impl Words {
    fn enter(&mut self, word: &str, fold: bool, detector: u16) {
        let text = if fold { word.to_ascii_lowercase() } else { word.to_owned() };
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let slot = *self.known.entry((text, fold)).or_insert_with_key(|(text, fold)| {
            self.keywords.push(Keyword { text: text.as_bytes().into(), fold: *fold });
            self.wakers.push(Vec::new());
            self.wakers.len() - 1
        });
        if let Some(list) = self.wakers.get_mut(slot) {
            list.push(Waker { detector, length });
        }
    }
}

/// The words of names that hold a secret, enough of each to tell it from others, and whether in any case.
const NAMES: [(&str, bool); 11] = [
    ("passw", true),
    ("passphrase", true),
    ("secret", true),
    ("token", true),
    ("_key", false),
    ("_KEY", false),
    ("apikey", true),
    ("piKey", false),
    ("api-key", true),
    ("credential", true),
    ("authorization", true),
];

/// The compiled detectors. Share one between threads.
#[derive(Debug)]
pub struct Engine {
    detectors: Vec<Detector>,
    /// Keywords, looked for in runs of token characters.
    filter: Prefilter,
    wakers: Vec<Vec<Waker>>,
    /// [`NAMES`] and then the keywords that are looked for everywhere.
    literals: Literals,
    literal_wakers: Vec<Vec<Waker>>,
    /// Vendors' words, looked for in names and beside values. Made when first needed.
    vendors: OnceLock<Prefilter>,
    vendor_words: Vec<Keyword>,
    vendor_wakers: Vec<Vec<Waker>>,
}

impl Engine {
    /// Prepares `specs`; no pattern is compiled yet.
    ///
    /// # Errors
    /// When a spec is malformed or two have the same id. A pattern that is no regular expression is
    /// found by [`Engine::compile`] only; until then its detector finds nothing.
    pub fn new(specs: Vec<DetectorSpec>) -> Result<Self, SpecError> {
        let mut ids = HashSet::with_capacity(specs.len());
        for spec in &specs {
            spec.validate()?;
            if !ids.insert(spec.id.as_str()) {
                return Err(SpecError::field(&spec.id, "id", "is used twice"));
            }
        }
        drop(ids);
        let (mut prefixes, mut literals, mut vendors) =
            (Words::default(), Words::default(), Words::default());
        let mut detectors = Vec::with_capacity(specs.len());
        for (index, spec) in specs.into_iter().enumerate() {
            let Ok(detector) = u16::try_from(index) else {
                return Err(SpecError::field(&spec.id, "id", "too many detectors"));
            };
            for word in &spec.keys {
                vendors.enter(word, true, detector);
            }
            for word in &spec.keywords {
                let spaced = !word.bytes().all(runs::is_inside);
                let words = if spec.near > 0 {
                    &mut vendors
                } else if spec.literal || spaced {
                    &mut literals
                } else {
                    &mut prefixes
                };
                words.enter(word, spec.ignore_case, detector);
            }
            let rank = rank(&spec);
            detectors.push(Detector { spec, pattern: OnceLock::new(), rank });
        }
        let names = NAMES.iter().map(|(name, fold)| (name.as_bytes(), *fold));
        let others = literals.keywords.iter().map(|word| (&*word.text, word.fold));
        Ok(Self {
            detectors,
            filter: Prefilter::new(prefixes.keywords),
            wakers: prefixes.wakers,
            literals: Literals::new(names.chain(others)),
            literal_wakers: literals.wakers,
            vendors: OnceLock::new(),
            vendor_words: vendors.keywords,
            vendor_wakers: vendors.wakers,
        })
    }

    /// Compiles every pattern now: for data that has not been tested.
    ///
    /// # Errors
    /// Names the first detector whose pattern is no regular expression.
    pub fn compile(&self) -> Result<(), SpecError> {
        for detector in &self.detectors {
            if let Err(error) = build(&detector.spec) {
                return Err(SpecError::field(&detector.spec.id, "pattern", &error.to_string()));
            }
        }
        Ok(())
    }

    fn vendors(&self) -> &Prefilter {
        self.vendors.get_or_init(|| Prefilter::new(self.vendor_words.clone()))
    }

    /// The detector of a [`Candidate`].
    #[must_use]
    pub fn spec(&self, candidate: &Candidate) -> Option<&DetectorSpec> {
        self.detectors.get(candidate.detector).map(|detector| &detector.spec)
    }

    /// All detectors, in the order given.
    pub fn specs(&self) -> impl Iterator<Item = &DetectorSpec> {
        self.detectors.iter().map(|detector| &detector.spec)
    }

    /// Appends what `bytes` holds to `found`, in the order of the spans, one candidate a span.
    /// Placeholders and masked values are left out.
    pub fn scan(&self, bytes: &[u8], found: &mut Vec<Candidate>) {
        let first = found.len();
        let mut scan = Scan { engine: self, bytes, found, done: Vec::new(), name: Span::default() };
        self.literals.scan(bytes, |literal, start| scan.literal(literal, start));
        scan.done.fill(0);
        scan.name = Span::default();
        runs::scan(bytes, |run| scan.run(run));
        self.settle(found, first);
    }

    /// Sorts the candidates from `first` on and lets the more specific of two that overlap win.
    fn settle(&self, found: &mut Vec<Candidate>, first: usize) {
        let Some(fresh) = found.get_mut(first..).filter(|fresh| fresh.len() > 1) else { return };
        let rank = |c: &Candidate| self.detectors.get(c.detector).map_or(0, |d| d.rank);
        fresh.sort_by_key(|c| (c.span.start, std::cmp::Reverse(rank(c)), c.detector));
        let mut kept: Vec<Candidate> = Vec::with_capacity(fresh.len());
        for candidate in fresh.iter() {
            let mut wins = true;
            while let Some(last) = kept.last().filter(|last| last.span.overlaps(candidate.span)) {
                if (rank(candidate), candidate.span.len()) > (rank(last), last.span.len()) {
                    kept.pop();
                } else {
                    wins = false;
                    break;
                }
            }
            if wins {
                kept.push(*candidate);
            }
        }
        found.truncate(first);
        found.extend(kept);
    }
}

/// Longer keywords say more; a generic detector says least.
fn rank(spec: &DetectorSpec) -> u32 {
    if spec.generic {
        return 1 + u32::from(spec.keys.is_empty());
    }
    let longest = spec.keywords.iter().map(String::len).min().unwrap_or(0);
    // A name says more than `sk-` and less than a vendor's own prefix.
    let keyed = if spec.keys.is_empty() { 0 } else { 7 };
    let structured = u32::from(spec.check.is_some());
    u32::try_from(longest * 2).unwrap_or(u32::MAX - 8) + keyed + structured
}

fn build(spec: &DetectorSpec) -> Result<Regex, regex::Error> {
    let floating = spec.before > 0 || spec.near > 0;
    let anchored;
    let pattern = if floating {
        &spec.pattern
    } else {
        anchored = format!(r"\A(?:{})", spec.pattern);
        &anchored
    };
    RegexBuilder::new(pattern).unicode(false).size_limit(1 << 21).build()
}

impl Detector {
    fn regex(&self) -> Option<&Regex> {
        self.pattern.get_or_init(|| build(&self.spec).ok()).as_ref()
    }
}

/// How far before a value its vendor may be named, in bytes.
const BESIDE: usize = 128;
/// How far before a value its name's separator may stand.
const BLANKS: usize = 16;

struct Scan<'e, 'b> {
    engine: &'e Engine,
    bytes: &'b [u8],
    found: &'b mut Vec<Candidate>,
    /// Where the last match of each detector ended; empty until there is one.
    done: Vec<usize>,
    /// The name read last.
    name: Span,
}

impl<'e> Scan<'e, '_> {
    fn literal(&mut self, literal: usize, start: usize) {
        let engine: &'e Engine = self.engine;
        match literal.checked_sub(NAMES.len()) {
            None => {
                let length = NAMES.get(literal).map_or(0, |(name, _)| name.len());
                self.named(syntax::name_around(self.bytes, start, start + length));
            }
            Some(index) => {
                for &waker in engine.literal_wakers.get(index).into_iter().flatten() {
                    self.wake(waker, start);
                }
            }
        }
    }

    /// Reads one run of token characters.
    fn run(&mut self, run: Span) {
        if !runs::looks_random(run.of(self.bytes)) {
            return;
        }
        let engine: &'e Engine = self.engine;
        engine.filter.scan(run.of(self.bytes), |keyword, start| {
            for &waker in engine.wakers.get(keyword).into_iter().flatten() {
                self.wake(waker, run.start + start);
            }
        });
        self.names_of(run);
        self.beside(run);
    }

    /// Reads a run that looks generated with the detectors of the vendors that are named on its line.
    fn beside(&mut self, run: Span) {
        let engine: &'e Engine = self.engine;
        if engine.vendor_words.is_empty() {
            return;
        }
        let line = syntax::line_around(self.bytes, run.start, BESIDE).start;
        let region = Span::new(line, run.end.min(run.start + BESIDE));
        let text = region.of(self.bytes);
        engine.vendors().scan(text, |word, start| {
            for &waker in engine.vendor_wakers.get(word).into_iter().flatten() {
                let index = usize::from(waker.detector);
                let Some(detector) = engine.detectors.get(index) else { continue };
                if detector.spec.near > 0 {
                    self.near(index, detector, region.start + start + usize::from(waker.length));
                }
            }
        });
    }

    /// Reads the names that a value in `run` can be assigned to.
    fn names_of(&mut self, run: Span) {
        let text = run.of(self.bytes);
        let mut joined = false;
        for at in memchr::memchr2_iter(b'=', b':', text).take(8) {
            joined = true;
            if let Some(name) = syntax::name_before(self.bytes, run.start + at) {
                self.named(name);
            }
        }
        if joined {
            return;
        }
        let before =
            self.bytes.get(run.start.saturating_sub(BLANKS)..run.start).unwrap_or_default();
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'(' | b'\\');
        let trailing = before.iter().rev().take_while(|b| blank(b)).count();
        let at = run.start - trailing;
        if trailing > 0
            && let Some(b'=' | b':' | b',' | b'>') =
                at.checked_sub(1).and_then(|at| self.bytes.get(at))
            && let Some(name) = syntax::name_before(self.bytes, at - 1)
        {
            self.named(name);
        }
    }

    /// Reads the value of the name at `name` with the detectors of the vendors that the name tells.
    fn named(&mut self, name: Span) {
        let engine: &'e Engine = self.engine;
        if name == self.name || engine.vendor_words.is_empty() {
            return;
        }
        self.name = name;
        let Some(value) = syntax::value_after(self.bytes, name) else { return };
        if value.span.is_empty()
            || !str::from_utf8(name.of(self.bytes)).is_ok_and(is_secret_name_in_credential_block)
        {
            return;
        }
        engine.vendors().scan(name.of(self.bytes), |word, _| {
            for &waker in engine.vendor_wakers.get(word).into_iter().flatten() {
                let index = usize::from(waker.detector);
                let Some(detector) = engine.detectors.get(index) else { continue };
                if !detector.spec.keys.is_empty() {
                    self.keyed(index, detector, value);
                }
            }
        });
    }

    fn wake(&mut self, waker: Waker, start: usize) {
        let engine: &'e Engine = self.engine;
        let index = usize::from(waker.detector);
        let Some(detector) = engine.detectors.get(index) else { return };
        if self.done.get(index).is_some_and(|&end| start < end) {
            return;
        }
        let end = if detector.spec.before > 0 {
            self.around(index, detector, start)
        } else {
            self.prefixed(index, detector, start)
        };
        let Some(end) = end else { return };
        if self.done.is_empty() {
            self.done = vec![0; engine.detectors.len()];
        }
        if let Some(slot) = self.done.get_mut(index) {
            *slot = end;
        }
    }

    /// The keyword is the beginning of the match.
    fn prefixed(&mut self, index: usize, detector: &Detector, start: usize) -> Option<usize> {
        if !open_left(self.bytes, start) {
            return None;
        }
        let stop = self.bytes.len().min(start + detector.spec.reach);
        let window = self.bytes.get(start..stop)?;
        let captures = detector.regex()?.captures(window)?;
        self.consider(index, detector, &captures, start, true)
    }

    /// The match may begin before the keyword but must cover it.
    fn around(&mut self, index: usize, detector: &Detector, start: usize) -> Option<usize> {
        let low = start.saturating_sub(detector.spec.before);
        let stop = self.bytes.len().min(start + detector.spec.reach);
        let window = self.bytes.get(low..stop)?;
        let regex = detector.regex()?;
        let mut from = 0;
        for _ in 0..4 {
            let captures = regex.captures_at(window, from)?;
            let whole = captures.get(0)?;
            if low + whole.start() > start {
                return None;
            }
            if low + whole.end() > start
                && open_left(self.bytes, low + whole.start())
                && let Some(end) = self.consider(index, detector, &captures, low, true)
            {
                return Some(end);
            }
            from = whole.start() + 1;
        }
        None
    }

    /// The match begins within a few bytes after the keyword.
    fn near(&mut self, index: usize, detector: &Detector, end: usize) -> Option<usize> {
        let spec = &detector.spec;
        let stop = syntax::line_end(self.bytes, end, spec.near + spec.reach);
        let window = self.bytes.get(end..stop)?;
        let regex = detector.regex()?;
        let mut from = 0;
        for _ in 0..4 {
            let captures = regex.captures_at(window, from)?;
            let whole = captures.get(0)?;
            if whole.start() > spec.near {
                return None;
            }
            if open_left(self.bytes, end + whole.start())
                && let Some(end) = self.consider(index, detector, &captures, end, true)
            {
                return Some(end);
            }
            from = whole.start() + 1;
        }
        None
    }

    /// The name that the value is assigned to tells the vendor.
    fn keyed(&mut self, index: usize, detector: &Detector, value: Value) -> Option<usize> {
        let from = value.span.start;
        let stop = self.bytes.len().min(from + detector.spec.reach);
        let window = self.bytes.get(from..stop)?;
        let captures = detector.regex()?.captures(window)?;
        self.consider(index, detector, &captures, from, value.quote.is_none())
    }

    /// Judges one match; returns where it ends when it is the detector's kind of thing, found or not.
    fn consider(
        &mut self,
        index: usize,
        detector: &Detector,
        captures: &Captures<'_>,
        offset: usize,
        bare: bool,
    ) -> Option<usize> {
        let spec = &detector.spec;
        let all = captures.get(0)?;
        let part = captures.name("secret").or_else(|| captures.get(1)).unwrap_or(all);
        let whole = Span::new(all.start(), all.end()).shifted(offset);
        let span = Span::new(part.start(), part.end()).shifted(offset);
        let secret = span.of(self.bytes);
        if !open_right(self.bytes, span, secret, bare && !spec.keys.is_empty()) {
            return None;
        }
        let body = secret.get(spec.public_prefix(secret).len()..).unwrap_or_default();
        if spec.min_entropy.is_some_and(|least| entropy(body) < least) {
            return None;
        }
        // A vendor's token is one wherever it is sent; a password is nothing without its server.
        if spec.generic && hosts::is_example(secret, self.bytes.get(span.end..).unwrap_or_default())
        {
            return None;
        }
        if !spec.context.is_empty() && !self.has_context(spec, whole) {
            return None;
        }
        let (confidence, note) = match spec.check.map(|check| check::run(check, secret)) {
            None | Some(Verdict::Holds) => (spec.confidence, None),
            Some(Verdict::Doubtful(note)) => (spec.confidence.lowered(), Some(note)),
            Some(Verdict::Rejected) => return None,
        };
        // Where the shape is anybody's, the value has to look like a secret as well.
        let shaped = !spec.generic && spec.keys.is_empty();
        let context = Context { shaped, ..Context::default() };
        if classify(secret, &context).is_literal() {
            self.found.push(Candidate { detector: index, span, whole, confidence, note });
        }
        Some(whole.end)
    }

    fn has_context(&self, spec: &DetectorSpec, whole: Span) -> bool {
        let before = syntax::line_around(self.bytes, whole.start, LINE_REACH);
        let before = Span::new(before.start, whole.start).of(self.bytes);
        let end = syntax::line_end(self.bytes, whole.end, LINE_REACH);
        let after = Span::new(whole.end, end).of(self.bytes);
        spec.context.iter().any(|word| holds(before, word) || holds(after, word))
    }
}

fn holds(text: &[u8], word: &str) -> bool {
    text.windows(word.len().max(1)).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

/// True when no token character touches `start` from the left; `\n` and `%20` before it are no part
/// of a token.
fn open_left(bytes: &[u8], start: usize) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !bytes.get(start).copied().is_some_and(|b| b.is_ascii_alphanumeric()) {
        return true;
    }
    match bytes.get(start.saturating_sub(3)..start).unwrap_or_default() {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., last] => !word(*last),
        [] => true,
    }
}

/// True when the token ends where the match ends. After an unquoted value of a name, what makes an
/// expression of it (`.name`, a call) ends it too.
fn open_right(bytes: &[u8], span: Span, secret: &[u8], bare: bool) -> bool {
    let next = bytes.get(span.end).copied().unwrap_or(b' ');
    if next.is_ascii_alphanumeric() || next == b'_' || next == b'-' {
        return !secret
            .last()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    }
    if matches!(next, b'+' | b'/') && secret.iter().any(|b| matches!(b, b'+' | b'/')) {
        return false;
    }
    let after = bytes.get(span.end + 1).copied().unwrap_or(b' ');
    !(bare && (matches!(next, b'(' | b'[') || next == b'.' && is_word(after)))
}

const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
