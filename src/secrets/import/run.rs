//! Runs imported rules over the bytes of one file, and applies their exceptions.
//!
//! One automaton finds the keywords of all rules. A rule of which every match provably holds a keyword, and is
//! bounded, reads the surroundings of its keywords, each byte a few times at most; any other reads the file
//! once, in pieces, when a keyword is in it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{Hit, Imported, Rule, Scope, Where};
use crate::secrets::classify::{Context, Kind, classify};
use crate::secrets::encoding::entropy;
use crate::secrets::engine::{Candidate, Origin};
use crate::span::Span;

/// How much of a file is searched at once: bounds what patterns that look far ahead can cost.
const PIECE: usize = 256 * 1024;
/// How much further a match that began in a piece may go.
const OVERLAP: usize = 64 * 1024;
/// How far a line is followed for exceptions that look at it.
const LINE: usize = 4096;
/// What a rule has read when it has read the file.
const ALL: usize = usize::MAX;

#[derive(Debug)]
pub(super) struct Keywords {
    automaton: Option<AhoCorasick>,
    /// By keyword, the rules that it wakes.
    wakes: Vec<Vec<usize>>,
    /// Rules without keywords.
    always: Vec<usize>,
}

impl Keywords {
    fn new(rules: &[Rule]) -> Self {
        let mut words: Vec<&str> = Vec::new();
        let mut wakes: Vec<Vec<usize>> = Vec::new();
        let mut known = HashMap::new();
        let mut always = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            if rule.keywords.is_empty() {
                always.push(index);
            }
            for word in &rule.keywords {
                let slot = *known.entry(word.as_str()).or_insert_with(|| {
                    words.push(word);
                    wakes.push(Vec::new());
                    words.len() - 1
                });
                if let Some(list) = wakes.get_mut(slot) {
                    list.push(index);
                }
            }
        }
        let builder =
            |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(&words);
        // The fast form first; of very many keywords it would be too large, and then the small one does.
        let automaton = if words.is_empty() {
            None
        } else {
            builder(Some(AhoCorasickKind::DFA)).or_else(|_| builder(None)).ok()
        };
        if automaton.is_none() {
            always = (0..rules.len()).collect();
        }
        Self { automaton, wakes, always }
    }
}

impl Imported {
    /// Completes what the built-in detectors have found in `bytes`, in `found` from `first` on: applies the
    /// exceptions to it, and appends what the rules find, `base` being the index of the first of them. `id` gives
    /// the id of a built-in detector. What is excepted stays, marked: it may be a secret, and is still to be masked.
    pub fn add<'i>(
        &self,
        bytes: &[u8],
        place: Where<'_>,
        base: usize,
        (first, found): (usize, &mut Vec<Candidate>),
        id: impl Fn(&Candidate) -> Option<&'i str>,
    ) {
        for candidate in found.get_mut(first..).into_iter().flatten() {
            // What its context alone tells has no id: exceptions for all rules hold for it.
            let id = id(candidate).unwrap_or_default();
            candidate.excepted = self.disabled.iter().any(|off| off == id)
                || self.is_allowed(id, bytes, place, candidate);
        }
        let mut fresh = Vec::new();
        self.scan(bytes, base, &mut fresh);
        self.keep(bytes, place, base, &mut fresh);
        found.append(&mut fresh);
    }

    fn is_allowed(
        &self,
        rule: &str,
        bytes: &[u8],
        place: Where<'_>,
        candidate: &Candidate,
    ) -> bool {
        if self.allow.is_empty() {
            return false;
        }
        let hit = Hit {
            rule,
            secret: candidate.span.of(bytes),
            matched: candidate.whole.of(bytes),
            line: lines(bytes, candidate.whole).of(bytes),
            place,
        };
        self.allow.iter().any(|allowlist| allowlist.allows(&hit))
    }

    /// Appends what the rules find, without regard to paths, exceptions and companions.
    fn scan(&self, bytes: &[u8], base: usize, found: &mut Vec<Candidate>) {
        let keywords = self.keywords.get_or_init(|| Keywords::new(&self.rules));
        let mut read = vec![0; self.rules.len()];
        let mut run = |index: usize, start: usize| {
            let (Some(rule), Some(read)) = (self.rules.get(index), read.get_mut(index)) else {
                return;
            };
            if start < *read || *read == ALL {
                return;
            }
            *read = match rule.scope {
                Scope::Around(reach) => {
                    let low = start.saturating_sub(reach).max(*read);
                    rule.search(
                        bytes,
                        low..start.saturating_add(reach + 1),
                        reach,
                        base + index,
                        found,
                    )
                }
                Scope::File => {
                    rule.read_whole(bytes, base + index, found);
                    ALL
                }
            };
        };
        for &index in &keywords.always {
            run(index, 0);
        }
        if let Some(automaton) = &keywords.automaton {
            for hit in automaton.find_overlapping_iter(bytes) {
                for &index in keywords.wakes.get(hit.pattern().as_usize()).into_iter().flatten() {
                    run(index, hit.start());
                }
            }
        }
    }

    /// Leaves in `found` what shall be reported of it.
    fn keep(&self, bytes: &[u8], place: Where<'_>, base: usize, found: &mut Vec<Candidate>) {
        let rule = |candidate: &Candidate| {
            let Origin::Detector(index) = candidate.origin else { return None };
            index.checked_sub(base).and_then(|index| self.rules.get(index))
        };
        found.retain(|candidate| {
            rule(candidate).is_some_and(|own| {
                own.path.as_ref().is_none_or(|path| {
                    place.path.is_some_and(|text| path.is_match(text.as_bytes()))
                })
            })
        });
        for candidate in found.iter_mut() {
            candidate.excepted = rule(candidate)
                .is_some_and(|own| self.is_allowed(&own.name, bytes, place, candidate));
        }
        let mut spans: HashMap<&str, Vec<Span>> = HashMap::new();
        for candidate in found.iter().filter(|candidate| !candidate.excepted) {
            if let Some(own) = rule(candidate) {
                spans.entry(&own.name).or_default().push(candidate.whole);
            }
        }
        spans.values_mut().for_each(|spans| spans.sort_unstable());
        let near: Vec<bool> = found
            .iter()
            .map(|candidate| {
                rule(candidate).is_none_or(|own| {
                    own.companions.iter().all(|wanted| {
                        let others = spans.get(wanted.name.as_str()).map_or(&[][..], Vec::as_slice);
                        // Of all others, the two next to it have the least in between.
                        let next =
                            others.partition_point(|other| other.start < candidate.whole.start);
                        let beside = others.get(next.saturating_sub(1)..).unwrap_or_default();
                        beside
                            .iter()
                            .take(2)
                            .any(|&other| is_near(bytes, candidate.whole, other, wanted))
                    })
                })
            })
            .collect();
        let mut near = near.into_iter();
        found.retain(|candidate| {
            near.next().unwrap_or(true) && rule(candidate).is_none_or(|own| !own.silent)
        });
    }
}

/// True for an ordinary word or several, a name, a path; and for a placeholder that is not random-looking either.
fn reads_as_words(secret: &[u8]) -> bool {
    match classify(secret, &Context::default()).kind {
        Kind::Literal | Kind::Hash | Kind::PublicIdentifier => false,
        Kind::Placeholder | Kind::Redacted => !secret.iter().any(u8::is_ascii_digit),
        _ => true,
    }
}

/// The lines that `span` touches, as far as [`LINE`] bytes to each side: of a file in one line, each match would
/// otherwise cost the file.
fn lines(bytes: &[u8], span: Span) -> Span {
    let low = span.start.saturating_sub(LINE);
    let high = bytes.len().min(span.end.saturating_add(LINE));
    let before = bytes.get(low..span.start).unwrap_or_default();
    let after = bytes.get(span.end..high).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(low, |at| low + at + 1);
    let end = memchr::memchr(b'\n', after).map_or(high, |at| span.end + at);
    Span::new(start, end)
}

fn is_near(bytes: &[u8], a: Span, b: Span, wanted: &super::Companion) -> bool {
    let between =
        if a.start < b.start { Span::new(a.end, b.start) } else { Span::new(b.end, a.start) };
    wanted.bytes.is_none_or(|most| between.len() <= most)
        && wanted.lines.is_none_or(|most| {
            memchr::memchr_iter(b'\n', between.of(bytes)).take(most + 1).count() <= most
        })
}

impl Rule {
    /// Finds the matches that begin in `range`, none being longer than `longest`; returns how far that was read.
    fn search(
        &self,
        bytes: &[u8],
        range: std::ops::Range<usize>,
        longest: usize,
        detector: usize,
        found: &mut Vec<Candidate>,
    ) -> usize {
        // One byte more, so that the end of the piece is not taken for the end of the text.
        let stop = bytes.len().min(range.end.saturating_add(longest).saturating_add(1));
        let text = bytes.get(..stop).unwrap_or_default();
        let mut at = range.start;
        while at <= stop
            && let Some(whole) = self.regex.find_at(text, at)
            && whole.start() < range.end
        {
            self.consider(text, whole.start(), detector, found);
            at = whole.end().max(at + 1);
        }
        at.max(range.end)
    }

    fn read_whole(&self, bytes: &[u8], detector: usize, found: &mut Vec<Candidate>) {
        let mut from = 0;
        while from < bytes.len() {
            from = self.search(bytes, from..from + PIECE, OVERLAP, detector, found);
        }
    }

    /// Judges the match that begins at `start`.
    fn consider(&self, text: &[u8], start: usize, detector: usize, found: &mut Vec<Candidate>) {
        let Some(captures) = self.regex.captures_at(text, start) else { return };
        let Some(all) = captures.get(0) else { return };
        let part = if self.named {
            captures.name("secret")
        } else {
            captures.iter().skip(1).flatten().find(|group| !group.is_empty())
        };
        let part = part.unwrap_or(all);
        let secret = part.as_bytes();
        if secret.is_empty() {
            return;
        }
        if let Some(limit) = self.entropy {
            let bits = entropy(secret);
            if bits < limit.least || !limit.inclusive && bits <= limit.least {
                return;
            }
        }
        if self.judged && reads_as_words(secret) {
            return;
        }
        found.push(Candidate {
            origin: Origin::Detector(detector),
            span: Span::new(part.start(), part.end()),
            whole: Span::new(all.start(), all.end()),
            severity: self.spec.severity,
            confidence: self.spec.confidence,
            note: None,
            pair: None,
            excepted: false,
        });
    }
}
