//! What one pass does where something was met: reads the window, tries the patterns, judges the match.
//!
//! Everything here looks at a bounded number of bytes around one place, so the whole stays linear in the text.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod vendors;

use std::cell::LazyCell;

use regex::bytes::Captures;

use super::assignment::Assignment;
use super::check;
use super::classify::{Class, Context, Kind, classify, names_a_digest};
use super::context::{MARKS, Reader, WORDS};
use super::detector::Detector;
use super::edges::{heads, open_left, open_right};
use super::effort::{Budget, Effort, FAILED, HIT, MOST_FOUND};
use super::encoding::entropy;
use super::engine::{Candidate, Engine, Hidden, Origin, Waker};
use super::hosts;
use super::name_kind::name_kind;
use super::names::is_secret_name_in_credential_block;
use super::nature::Nature;
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
    /// Before it, from there on.
    Before(usize),
    /// Before it, from there on, and it says that the value is a digest.
    Digest(usize),
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
        if !engine.may_wake(index, self.bytes, start) {
            return;
        }
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
        let line = self.marks(run, named);
        if named == Named::Not {
            self.beside(value_in(bytes, run), line);
        }
        if run.len() >= LEAST_ENCODED {
            views::runs::dense(self.bytes, run, |run| self.hidden.push(Hidden::Encoded(run)));
        }
    }

    /// Wakes the detectors whose marks stand in a run that looks generated, or before it on its line; returns where
    /// that line was begun to be read.
    fn marks(&mut self, run: Span, named: Named) -> usize {
        let engine: &'e Engine = self.engine;
        let reach = match named {
            // Whoever is named beside a digest, it is no key of theirs; and an address names its host itself. Some
            // keys are called a hash.
            Named::Digest(name) => run.start - name,
            Named::Before(name) if begins_with_scheme(run.of(self.bytes)) => run.start - name,
            Named::Before(_) => BESIDE_NAMED,
            Named::Not | Named::Inside => BESIDE,
        };
        let line = syntax::line_around(self.bytes, run.start, reach).start;
        // A mark is woken for all that follows it: where runs are close, once is enough.
        let known = if line >= self.marked.start { self.marked.end } else { 0 };
        // A digest holds no word.
        let end = if matches!(named, Named::Digest(_)) { run.start } else { run.end };
        let from = line.max(known.saturating_sub(engine.marks.longest())).min(end);
        self.marked = Span::new(line, end);
        engine.marks.scan(Span::new(from, end).of(self.bytes), |waker, start| {
            self.wake(waker, from + start);
        });
        line
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
                let digest = names_a_digest(name.of(self.bytes));
                return if digest { Named::Digest(name.start) } else { Named::Before(name.start) };
            }
            if name.of(self.bytes).iter().filter(|b| b.is_ascii_digit()).count() < 3 {
                self.both(name);
            }
        }
        Named::Not
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

/// True for `https://…`.
fn begins_with_scheme(run: &[u8]) -> bool {
    const LONGEST: usize = 12;
    let length = run.iter().take(LONGEST).take_while(|b| b.is_ascii_lowercase()).count();
    length > 0 && run.get(length..).is_some_and(|rest| rest.starts_with(b"://"))
}
