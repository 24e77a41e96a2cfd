//! What one pass does where something was met: reads the window, tries the patterns, judges the match.
//!
//! Everything here looks at a bounded number of bytes around one place, so the whole stays linear in the text.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::cell::LazyCell;

use regex::bytes::Captures;

use super::assignment::Assignment;
use super::check;
use super::classify::{Class, Context, Kind, classify};
use super::context::{MARKS, Reader, WORDS};
use super::effort::{Budget, Effort, FAILED, HIT, MOST_FOUND};
use super::encoding::entropy;
use super::engine::{Candidate, Detector, Engine, Hidden, Origin, Waker};
use super::hosts;
use super::name_kind::name_kind;
use super::names::is_secret_name_in_credential_block;
use super::nature::Nature;
use super::sieve::looks_random;
use super::spec::{Confidence, DetectorSpec, Severity};
use super::substrings::holds;
use super::syntax::{self, Value};
use super::views;
use crate::span::Span;

/// How far a line is followed to find a context word, in bytes to each side.
const LINE_REACH: usize = 512;
/// How far before a value its vendor may be named, in bytes.
const BESIDE: usize = 128;
/// And before one that has a name of its own.
const BESIDE_NAMED: usize = 64;
/// How far before a value its name's separator may stand.
const BLANKS: usize = 16;

/// How many names that say nothing are remembered.
const DULL: usize = 8;
/// The shortest run that is read as encoded text: shorter ones hold no token.
const LEAST_ENCODED: usize = 24;
/// How far after its beginning the literal may end that holds only a part of a token.
const SPLIT: usize = 128;

/// Answers what kind of text it is, when asked.
type Ask<'n, F> = LazyCell<Nature, F>;

/// One pass over the bytes of a file.
pub(super) struct Scan<'e, 'b, 'n, F: FnOnce() -> Nature> {
    engine: &'e Engine,
    bytes: &'b [u8],
    nature: &'n Ask<'n, F>,
    /// Look for what only its surroundings tell, too.
    contexts: bool,
    found: &'n mut Vec<Candidate>,
    /// How many there were before.
    known: usize,
    /// Where the first place is that was passed over because so much had been found.
    full: Option<usize>,
    /// Where the last match of each detector ended; empty until there is one.
    done: Vec<usize>,
    /// The name read last.
    name: Span,
    /// Names that say nothing, by length and last byte.
    dull: [Span; DULL],
    /// Lines that were all found to head nothing for a name of this indentation or less.
    headless: (Span, usize),
    /// Where marks were looked for last.
    marked: Span,
    /// What may still be done in the present stretch of text for names, marks and vendors.
    budget: Budget,
    /// And for tokens that are known by their beginning: a flood of names must not hide one.
    shapes: Budget,
    /// What was classified last, whether as a vendor's shape, and what it is.
    classed: Option<(Span, bool, Class)>,
    /// Reads around literals, and around runs: each goes forward only, and the two take turns.
    reader: Option<Reader<'b>>,
    run_reader: Option<Reader<'b>>,
    assignments: Vec<Assignment>,
    /// How many of them each has found: most are found by both.
    read: (usize, usize),
    hidden: Vec<Hidden>,
    escapes: views::runs::Escapes,
}

/// Where the name stands that the value in a run is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// There is none.
    Not,
    /// In the run itself: `user:secret`, `key=secret`.
    Inside,
    /// Before it.
    Before,
}

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

impl<'e, 'b, 'n, F: FnOnce() -> Nature> Scan<'e, 'b, 'n, F> {
    pub fn new(
        engine: &'e Engine,
        bytes: &'b [u8],
        nature: &'n Ask<'n, F>,
        contexts: bool,
        found: &'n mut Vec<Candidate>,
    ) -> Self {
        Self {
            engine,
            bytes,
            nature,
            contexts,
            known: found.len(),
            found,
            full: None,
            done: Vec::new(),
            name: Span::default(),
            dull: [Span::default(); DULL],
            headless: (Span::default(), 0),
            marked: Span::default(),
            budget: Budget::new(bytes.len()),
            shapes: Budget::new(bytes.len()),
            classed: None,
            reader: None,
            run_reader: None,
            escapes: views::runs::Escapes::default(),
            assignments: Vec::new(),
            read: (0, 0),
            hidden: Vec::new(),
        }
    }

    /// Adds what the context alone tells, and what all cost; returns what may hide something more.
    pub fn finish(mut self, effort: &mut Effort) -> Vec<Hidden> {
        self.escapes.finish(self.bytes, |run| self.hidden.push(Hidden::Encoded(run)));
        effort.add(self.budget.total(), |span| span);
        effort.add(self.shapes.total(), |span| span);
        for reader in self.reader.into_iter().chain(self.run_reader) {
            effort.add(reader.effort(), |span| span);
        }
        if let Some(first) = self.full {
            effort.give_up(Span::new(first, self.bytes.len()));
        }
        self.found.extend(self.assignments.iter().map(|assignment| Candidate {
            origin: Origin::Context { name: assignment.name, reason: assignment.reason },
            span: assignment.value,
            whole: assignment.name.join(assignment.value),
            severity: Severity::Error,
            confidence: assignment.confidence,
            note: None,
            pair: None,
            excepted: false,
        }));
        self.hidden
    }

    /// False when the text holds so many that what stands at `at` is passed over.
    fn may_tell(&mut self, told: usize, at: usize) -> bool {
        let full = told >= MOST_FOUND;
        if full {
            self.full = Some(self.full.map_or(at, |first| first.min(at)));
        }
        !full
    }

    /// As [`Self::may_tell`], of what has a vendor's shape.
    fn may_match(&mut self, at: usize) -> bool {
        self.may_tell(self.found.len() - self.known, at)
    }

    /// What may be an escape stands at `at`.
    pub fn escape(&mut self, at: usize) {
        self.escapes.at(self.bytes, at, |run| self.hidden.push(Hidden::Encoded(run)));
    }

    /// A literal of the engine's stands at `start`.
    pub fn literal(&mut self, literal: usize, start: usize) {
        let engine: &'e Engine = self.engine;
        let Some(index) = literal.checked_sub(MARKS.len()) else {
            return self.mark(literal, start);
        };
        for &waker in engine.literal_wakers.get(index).into_iter().flatten() {
            self.wake(waker, start);
        }
    }

    /// A piece of a word of the context's stands at `start`.
    fn mark(&mut self, mark: usize, start: usize) {
        let engine: &'e Engine = self.engine;
        if !self.budget.is_open(start) {
            return;
        }
        for &(word, offset) in engine.marked_words.get(mark).into_iter().flatten() {
            let Some(text) = WORDS.get(word) else { continue };
            let Some(from) = start.checked_sub(offset) else { continue };
            let here = self.bytes.get(from..from + text.len()).unwrap_or_default();
            if !here.eq_ignore_ascii_case(text.as_bytes()) {
                continue;
            }
            self.budget.spend(HIT);
            if self.contexts && self.may_tell(self.read.0, from) {
                let nature = self.nature;
                let reader = self.reader.get_or_insert_with(|| Reader::new(self.bytes, **nature));
                let before = self.assignments.len();
                reader.hit(word, from, &mut self.assignments);
                self.read.0 += self.assignments.len() - before;
            }
            if text.as_bytes().first().copied().is_some_and(syntax::is_name_byte) {
                let length = text.bytes().take_while(|b| syntax::is_name_byte(*b)).count();
                self.named(syntax::name_around(self.bytes, from, from + length));
            }
            return;
        }
    }

    /// Reads one run of token characters that looks generated.
    pub fn run(&mut self, run: Span) {
        let engine: &'e Engine = self.engine;
        let bytes = self.bytes;
        heads(bytes, run, |at| {
            engine.filter.at(bytes, at, |keyword, start| {
                for &waker in engine.wakers.get(keyword).into_iter().flatten() {
                    self.wake(waker, start);
                }
            });
        });
        let named = self.names_of(run);
        self.beside(run, named);
        if run.len() >= LEAST_ENCODED {
            views::runs::dense(self.bytes, run, |run| self.hidden.push(Hidden::Encoded(run)));
        }
    }

    /// Reads a run that looks generated with the detectors whose marks stand in it or before it, or whose vendors do
    /// before it, on its line.
    fn beside(&mut self, run: Span, named: Named) {
        let engine: &'e Engine = self.engine;
        let reach = if named == Named::Before { BESIDE_NAMED } else { BESIDE };
        let line = syntax::line_around(self.bytes, run.start, reach).start;
        let region = Span::new(line, run.end);
        // A mark is woken for all that follows it: where runs are close, once is enough.
        let known = if line >= self.marked.start { self.marked.end } else { 0 };
        let from = line.max(known.saturating_sub(engine.marks.longest())).min(run.end);
        self.marked = region;
        engine.marks.scan(Span::new(from, run.end).of(self.bytes), |waker, start| {
            self.wake(waker, from + start);
        });
        let value = value_in(self.bytes, run);
        if named != Named::Not
            || self.is_found(value.span)
            || !self.budget.is_open(run.start)
            || !self.may_match(run.start)
        {
            return;
        }
        let before = Span::new(region.start, value.span.start.max(region.start).min(region.end));
        let text = before.of(self.bytes);
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

    fn is_found(&self, span: Span) -> bool {
        self.found.iter().rev().take(8).any(|candidate| candidate.span.overlaps(span))
    }

    /// True for a name that says nothing of its value. Records repeat a few of those, so they are remembered.
    fn is_dull(&mut self, name: Span) -> bool {
        let text = name.of(self.bytes);
        let place = text.len() + usize::from(text.last().copied().unwrap_or_default());
        let Some(known) = self.dull.get_mut(place % DULL) else { return false };
        if !known.is_empty() && known.of(self.bytes) == text {
            return true;
        }
        let secret = str::from_utf8(text).is_ok_and(is_secret_name_in_credential_block);
        let dull = !secret && name_kind(text).is_none();
        if dull {
            *known = name;
        }
        dull
    }

    /// Reads the value of a name for what its vendor and what its context tell.
    fn both(&mut self, name: Span) {
        if self.is_dull(name) {
            return;
        }
        if self.contexts && self.may_tell(self.read.1, name.start) {
            let nature = self.nature;
            let reader = self.run_reader.get_or_insert_with(|| Reader::new(self.bytes, **nature));
            let before = self.assignments.len();
            reader.at(name, &mut self.assignments);
            self.read.1 += self.assignments.len() - before;
        }
        self.named(name);
    }

    /// Reads the names that a value in `run` can be assigned to, and tells where they stand.
    fn names_of(&mut self, run: Span) -> Named {
        let mut named = false;
        let text = run.of(self.bytes);
        // Base64 is padded with `=`.
        let text = text.get(..text.len() - padding(text)).unwrap_or_default();
        for at in memchr::memchr2_iter(b'=', b':', text).take(8) {
            // The scheme of an address is no name.
            if text.get(at..).is_some_and(|rest| rest.starts_with(b"://")) {
                continue;
            }
            if let Some(name) = syntax::name_before(self.bytes, run.start + at) {
                named = true;
                self.both(name);
            }
        }
        if named {
            return Named::Inside;
        }
        let before =
            self.bytes.get(run.start.saturating_sub(BLANKS)..run.start).unwrap_or_default();
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'(' | b'\\');
        let mut trailing = before.iter().rev().take_while(|b| blank(b)).count();
        // The prefix of a string: `key = b"x"`, `key: @"x"`.
        if let [head @ .., b'b' | b'r' | b'u' | b'f' | b'L' | b'@', b'"' | b'\''] = before {
            trailing += 1 + head.iter().rev().take_while(|b| blank(b)).count();
        }
        let at = run.start - trailing;
        let joint = at.checked_sub(1).and_then(|at| self.bytes.get(at)).filter(|_| trailing > 0);
        if let Some(joint @ (b'=' | b':' | b',' | b'>')) = joint
            && let Some(name) = syntax::name_before(self.bytes, at - 1)
        {
            // The argument before may be anything, another value as often as a name.
            if *joint != b',' {
                self.both(name);
                return Named::Before;
            }
            if name.of(self.bytes).iter().filter(|b| b.is_ascii_digit()).count() < 3 {
                self.both(name);
            }
        }
        Named::Not
    }

    /// Reads the value of the name at `name` with the detectors of the vendors that the name tells.
    fn named(&mut self, name: Span) {
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

    fn wake(&mut self, waker: Waker, start: usize) {
        let engine: &'e Engine = self.engine;
        let index = usize::from(waker.detector);
        let Some(detector) = engine.detectors.get(index) else { return };
        if self.done.get(index).is_some_and(|&end| start < end) {
            return;
        }
        let floats = detector.spec.near > 0 || detector.spec.before > 0;
        let budget = if floats { &mut self.budget } else { &mut self.shapes };
        if !budget.is_open(start) || !self.may_match(start) {
            return;
        }
        let end = if detector.spec.near > 0 {
            self.near(index, detector, start + usize::from(waker.length))
        } else if detector.spec.before > 0 {
            self.around(index, detector, start)
        } else {
            let end = self.prefixed(index, detector, start);
            self.shapes.spend(HIT + end.map_or(FAILED, |end| end.saturating_sub(start)));
            end
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
        let Some(captures) = detector.regex()?.captures(window) else {
            if window.iter().take(SPLIT).any(|b| matches!(b, b'"' | b'\'' | b'`')) {
                self.hidden.push(Hidden::Split(start));
            }
            return None;
        };
        self.consider(index, detector, &captures, start, true)
    }

    /// The match may begin before the keyword but must cover it.
    fn around(&mut self, index: usize, detector: &Detector, start: usize) -> Option<usize> {
        let low = start.saturating_sub(detector.spec.before);
        let stop = self.bytes.len().min(start + detector.spec.reach);
        let Span { start: low, end: stop } =
            detector.reached(self.bytes, Span::new(low, stop), start);
        let window = self.bytes.get(low..stop)?;
        self.budget.spend(HIT + window.len());
        if !detector.may_match(window) {
            return None;
        }
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
        // What begins near ends with the run that it begins in.
        let far = stop.min(end + spec.near);
        let stop = detector.reached(self.bytes, Span::new(far, stop), far).end;
        let window = self.bytes.get(end..stop)?;
        self.budget.spend(HIT + window.len());
        if !detector.may_match(window) {
            return None;
        }
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
        let shaped = !spec.generic && spec.keys.is_empty();
        let body = secret.get(spec.public_prefix(secret).len()..).unwrap_or_default();
        let mut example = false;
        if spec.min_entropy.is_some_and(|least| entropy(body) < least) {
            if !shaped {
                return None;
            }
            example = true;
        }
        // A vendor's token is one wherever it is sent; a password is nothing without its server.
        example |= spec.generic
            && hosts::is_example(secret, self.bytes.get(span.end..).unwrap_or_default());
        if !spec.context.is_empty() && !self.has_context(spec, whole) {
            return None;
        }
        let judged = check::judge(spec, secret)?;
        // Where the shape is anybody's, the value has to look like a secret as well; words of a phrase with a
        // right checksum need not.
        let context = Context { shaped, ..Context::default() };
        // One value may be tried for many vendors.
        let class = match self.classed {
            Some((last, as_shaped, class)) if (last, as_shaped) == (span, shaped) => class,
            _ => classify(secret, &context),
        };
        self.classed = Some((span, shaped, class));
        example |= class.kind == Kind::Placeholder;
        let candidate = Candidate {
            origin: Origin::Detector(index),
            span,
            whole,
            severity: judged.severity,
            confidence: judged.confidence,
            note: judged.note,
            pair: None,
            excepted: false,
        };
        if judged.proved {
            self.found.push(candidate);
        } else if example {
            self.found.push(Candidate {
                severity: Severity::Info,
                confidence: Confidence::Low,
                note: Some(check::Note::Example),
                ..candidate
            });
        } else if class.is_literal() {
            self.found.push(candidate);
        }
        Some(whole.end)
    }

    fn has_context(&self, spec: &DetectorSpec, whole: Span) -> bool {
        let before = syntax::line_around(self.bytes, whole.start, LINE_REACH);
        let before = Span::new(before.start, whole.start).of(self.bytes);
        let end = syntax::line_end(self.bytes, whole.end, LINE_REACH);
        let after = Span::new(whole.end, end).of(self.bytes);
        spec.context
            .iter()
            .map(|word| word.as_bytes())
            .any(|word| holds(before, word) || holds(after, word))
    }
}

/// True when a word begins at `start`: `box` in `box_token` and `myBoxToken`, not in `mailbox_token`.
fn begins_word(text: &[u8], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    let first = text.get(start).copied().unwrap_or(b' ');
    !before.is_ascii_alphabetic()
        || !first.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && first.is_ascii_uppercase()
}

fn padding(text: &[u8]) -> usize {
    text.iter().rev().take_while(|&&b| b == b'=').count()
}

/// The value that a run holds: all of it, or what follows its first `=` or `:`.
fn value_in(bytes: &[u8], run: Span) -> Value {
    let text = run.of(bytes);
    let text = text.get(..text.len() - padding(text)).unwrap_or_default();
    let joint = text.iter().position(|b| matches!(b, b'=' | b':')).map_or(0, |at| at + 1);
    let span = Span::new(run.start + joint, run.end);
    let quote = bytes.get(run.end).copied().filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    Value { span, quote, separator: syntax::Separator::Comma }
}

/// True when a word for a secret stands in `text`.
fn names_a_secret(text: &[u8]) -> bool {
    ["key", "token", "secret", "pass", "auth", "credential", "pwd"]
        .iter()
        .any(|word| holds(text, word.as_bytes()))
}

/// Calls `head` with each place in `run` where [`open_left`] may hold. No byte before a run is a token's.
fn heads(bytes: &[u8], run: Span, mut head: impl FnMut(usize)) {
    let text = run.of(bytes);
    let before = run.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let encoded = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    head(run.start);
    // `%20` before it is no part of a token.
    if before == Some(b'%')
        && encoded(text.first())
        && encoded(text.get(1))
        && text.get(2).is_some_and(u8::is_ascii_alphanumeric)
    {
        head(run.start + 2);
    }
    let mut from = 0;
    // Signs are few, and only they make more places.
    while let Some(at) = text.get(from..).and_then(|rest| rest.iter().position(is_sign)) {
        let at = from + at;
        from = at + 1;
        if at > 0 {
            head(run.start + at);
        }
        let Some(after) = text.get(from).filter(|b| b.is_ascii_alphanumeric()) else { continue };
        let sign = text.get(at).copied().unwrap_or_default();
        if !matches!(sign, b'_' | b'-') {
            head(run.start + from);
        }
        // So is the escape `\n`.
        let behind = text.get(from + 1).is_some_and(u8::is_ascii_alphanumeric);
        if sign == b'\\' && matches!(after, b'n' | b't' | b'r') && behind {
            head(run.start + from + 1);
        }
    }
}

/// True for what is no letter and no digit. A table: in generated text a test that branches is guessed wrong at every
/// second byte.
fn is_sign(b: &u8) -> bool {
    static SIGNS: [bool; 256] = {
        let mut signs = [true; 256];
        let (mut rest, mut b): (&mut [bool], u8) = (&mut signs, 0);
        while let Some((sign, more)) = rest.split_first_mut() {
            *sign = !b.is_ascii_alphanumeric();
            rest = more;
            b = b.wrapping_add(1);
        }
        signs
    };
    SIGNS.get(usize::from(*b)).copied().unwrap_or(true)
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
mod tests {
    use super::*;

    #[test]
    fn heads_are_where_a_token_can_begin() {
        for text in [
            "abc-d_e/f:gh,i",
            "x\\nsk\\tsk\\rsk\\xsk\\\\nsk",
            "2Dsk-abc20sk",
            "-----BEGIN_x",
            "_a-b__c",
        ] {
            for before in ["", " ", "%", "\u{e9}", "\""] {
                let whole = format!("{before}{text}");
                let run = Span::new(before.len(), whole.len());
                let mut found = Vec::new();
                heads(whole.as_bytes(), run, |at| found.push(at));
                let expected: Vec<usize> =
                    (run.start..run.end).filter(|&at| open_left(whole.as_bytes(), at)).collect();
                assert_eq!(found, expected, "{whole:?}");
            }
        }
    }
}
