//! Decides which of the candidates that overlap stays, and joins the halves of paired credentials.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::{BTreeMap, HashSet};

use super::check::Note;
use super::engine::{Candidate, Engine, Half, Origin};
use super::spec::Confidence;
use crate::span::Span;

impl Engine {
    /// Sorts the candidates from `first` on and lets the more specific of two that overlap win.
    pub(super) fn settle(&self, found: &mut Vec<Candidate>, first: usize) {
        let Some(fresh) = found.get_mut(first..).filter(|fresh| fresh.len() > 1) else { return };
        let rank = |c: &Candidate| match c.origin {
            Origin::Detector(index) => self.detectors.get(index).map_or(0, |d| d.rank),
            Origin::Context { .. } => 0,
        };
        // A guess gives way to what is surer, whoever makes it; an exception is for one rule, not for its place.
        let weight = |c: &Candidate| {
            (!c.excepted, c.confidence > Confidence::Low, rank(c), c.confidence, c.span.len())
        };
        let context = |c: &Candidate| matches!(c.origin, Origin::Context { .. });
        // Of equals the one that is listed first.
        let place = |c: &Candidate| match c.origin {
            Origin::Detector(index) => index,
            Origin::Context { .. } => usize::MAX,
        };
        fresh.sort_by_key(|c| (c.span.start, context(c), std::cmp::Reverse(weight(c)), place(c)));
        let mut kept: Vec<Candidate> = Vec::with_capacity(fresh.len());
        for candidate in fresh.iter() {
            let mut wins = true;
            let same = |last: &&mut Candidate| {
                last.span == candidate.span && matches!(last.origin, Origin::Detector(_))
            };
            if let Origin::Context { .. } = candidate.origin
                && let Some(last) = kept.last_mut().filter(same)
            {
                // Two signs of one thing: the shape tells what it is, the place that it is used. A wrong
                // checksum stands, and so does an example.
                if !matches!(last.note, Some(Note::WrongChecksum | Note::Example)) {
                    last.confidence = last.confidence.max(candidate.confidence);
                }
                continue;
            }
            while let Some(last) = kept.last().filter(|last| last.span.overlaps(candidate.span)) {
                if weight(candidate) > weight(last) {
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

    /// Joins the halves of paired credentials that stand within a few lines of each other.
    pub(super) fn pair(&self, found: &mut Vec<Candidate>, first: usize, bytes: &[u8]) {
        const APART: usize = 512;
        const LINES: usize = 5;
        let mut taken: HashSet<usize> = HashSet::new();
        // In the order of their beginnings, and so of their ends: only what overlaps nothing is kept.
        let begins_before = |found: &[Candidate], at: usize| {
            first + found.get(first..).unwrap_or_default().partition_point(|c| c.span.start < at)
        };
        for index in first..found.len() {
            let Some(candidate) = found.get(index).copied() else { continue };
            let Some(spec) = self.spec(&candidate).filter(|spec| !spec.pair.is_empty()) else {
                continue;
            };
            let distance = |other: &Candidate| {
                let (a, b) = if other.span < candidate.span {
                    (other.span.end, candidate.span.start)
                } else {
                    (candidate.span.end, other.span.start)
                };
                b.saturating_sub(a)
            };
            let near = |other: &Candidate| {
                let between = Span::new(
                    other.span.start.min(candidate.span.start),
                    other.span.end.max(candidate.span.end),
                );
                distance(other) <= APART
                    && between.of(bytes).iter().filter(|&&b| b == b'\n').count() <= LINES
            };
            let before = begins_before(found, candidate.span.start.saturating_sub(APART));
            let after = begins_before(found, candidate.span.end + APART + 1);
            // One that begins too far off may end near enough.
            let partner = (before.saturating_sub(1).max(first)..after)
                .filter(|at| *at != index && !taken.contains(at))
                .filter_map(|at| Some((at, found.get(at)?)))
                .filter(|(_, other)| {
                    self.spec(other).is_some_and(|other| spec.pair.contains(&other.id))
                })
                .filter(|(_, other)| other.excepted == candidate.excepted && near(other))
                .min_by_key(|(_, other)| distance(other))
                .and_then(|(at, other)| match other.origin {
                    Origin::Detector(detector) => Some((at, Half { span: other.span, detector })),
                    Origin::Context { .. } => None,
                });
            if let Some((at, half)) = partner
                && let Some(candidate) = found.get_mut(index)
            {
                candidate.pair = Some(half);
                taken.insert(at);
            }
        }
        if !taken.is_empty() {
            let mut index = 0;
            found.retain(|_| {
                index += 1;
                !taken.contains(&(index - 1))
            });
        }
    }
}

/// The bytes that candidates cover.
#[derive(Debug, Default)]
pub(super) struct Cover(BTreeMap<usize, usize>);

impl Cover {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What begins last before the end of `span`, when it reaches into it. No two overlap.
    fn met(&self, span: Span) -> Option<Span> {
        let (&start, &end) = self.0.range(..span.end).next_back()?;
        (end > span.start).then_some(Span::new(start, end))
    }

    pub fn overlaps(&self, span: Span) -> bool {
        self.met(span).is_some()
    }

    pub fn add(&mut self, mut span: Span) {
        while let Some(met) = self.met(span) {
            self.0.remove(&met.start);
            span = span.join(met);
        }
        self.0.insert(span.start, span.end);
    }
}
