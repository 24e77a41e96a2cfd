//! A detector ready to run: its pattern compiled when it is first woken, and what is known of a match before that.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::pattern::Pattern;
use super::spec::DetectorSpec;
use crate::span::Span;

/// A detector, shared by all threads.
#[derive(Debug)]
pub(super) struct Detector {
    /// What it looks for.
    pub spec: Cow<'static, DetectorSpec>,
    pattern: OnceLock<Option<Regex>>,
    /// What its matches are made of, where they may begin before their keyword.
    makeup: OnceLock<Option<Makeup>>,
    /// The more, the surer it wins over another that overlaps.
    pub rank: u32,
}

/// What the matches of a pattern are made of.
#[derive(Debug)]
struct Makeup {
    /// The bytes that one can hold.
    held: Box<[bool; 256]>,
    /// A byte that each holds beside its keyword, when there is one.
    needed: Option<u8>,
}

impl Makeup {
    fn of(spec: &DetectorSpec) -> Option<Self> {
        let pattern = Pattern::parse(&spec.pattern).ok()?;
        // A sign: letters and digits are everywhere.
        let needed = (0..0x80_u8).filter(u8::is_ascii_punctuation).find(|b| {
            pattern.needs(*b) && !spec.keywords.iter().any(|word| word.as_bytes().contains(b))
        });
        Some(Self { held: pattern.bytes(), needed })
    }
}

/// What the matches of all detectors that a keyword wakes have in common.
#[derive(Debug)]
pub(super) struct Common {
    /// The bytes that any of them can hold.
    held: Box<[bool; 256]>,
    /// A byte that each holds beside the keyword.
    needed: u8,
    /// How far before the keyword one may begin, and how far from there it may reach.
    before: usize,
    reach: usize,
}

impl Common {
    /// `None` for a single detector, which is asked itself, and where they have nothing in common.
    pub fn of<'d>(detectors: impl Iterator<Item = &'d Detector>) -> Option<Self> {
        let mut all: Option<Self> = None;
        let mut count = 0;
        for detector in detectors {
            let Makeup { held, needed } = detector.makeup()?;
            let (needed, spec) = ((*needed)?, &detector.spec);
            let common = all.get_or_insert_with(|| Self {
                held: held.clone(),
                needed,
                before: spec.before,
                reach: spec.reach,
            });
            if common.needed != needed || spec.before == 0 {
                return None;
            }
            common.held.iter_mut().zip(held.iter()).for_each(|(all, own)| *all |= own);
            common.before = common.before.max(spec.before);
            common.reach = common.reach.max(spec.reach);
            count += 1;
        }
        all.filter(|_| count > 1)
    }

    /// False when no match of any of them can lie around a keyword at `start`.
    pub fn may_match(&self, bytes: &[u8], start: usize) -> bool {
        let after = bytes.get(start..bytes.len().min(start + self.reach)).unwrap_or_default();
        let out = |b: &u8| !self.held.get(usize::from(*b)).copied().unwrap_or(true);
        let end = after.iter().position(out).map_or(after.len(), |at| at + 1);
        let window = bytes.get(start.saturating_sub(self.before)..start + end).unwrap_or_default();
        memchr::memchr(self.needed, window).is_some()
    }
}

/// Rank of an imported rule: it says more than a name, and less than a vendor's own prefix of six bytes.
const IMPORTED: u32 = 10;

/// Longer keywords say more; a generic detector says least.
fn rank(spec: &DetectorSpec) -> u32 {
    if spec.generic {
        return 1 + u32::from(spec.keys.is_empty());
    }
    let longest = spec.keywords.iter().map(|word| word.len()).min().unwrap_or(0);
    // A name says more than `sk-` and less than a vendor's own prefix.
    let keyed = if spec.keys.is_empty() { 0 } else { 7 };
    let structured = u32::from(spec.check.is_some());
    u32::try_from(longest * 2).unwrap_or(u32::MAX - 8) + keyed + structured
}

fn build(spec: &DetectorSpec) -> Result<Regex, regex::Error> {
    let floating = spec.before > 0 || spec.near > 0;
    let anchored;
    let pattern = if floating {
        &*spec.pattern
    } else {
        anchored = format!(r"\A(?:{})", spec.pattern);
        &anchored
    };
    RegexBuilder::new(pattern).unicode(false).size_limit(1 << 21).build()
}

impl Detector {
    /// One of ours, or of the user's.
    pub fn new(spec: Cow<'static, DetectorSpec>) -> Self {
        let rank = rank(&spec);
        Self { spec, pattern: OnceLock::new(), makeup: OnceLock::new(), rank }
    }

    /// One of another tool's rules.
    pub fn imported(spec: Cow<'static, DetectorSpec>) -> Self {
        let rank = if spec.generic { 1 } else { IMPORTED };
        Self { rank, ..Self::new(spec) }
    }

    /// The pattern, compiled anew.
    ///
    /// # Errors
    /// When it is no regular expression.
    pub fn compile(&self) -> Result<Regex, regex::Error> {
        build(&self.spec)
    }

    fn makeup(&self) -> Option<&Makeup> {
        self.makeup.get_or_init(|| Makeup::of(&self.spec)).as_ref()
    }

    /// The part of `window` in which a match that covers `start` must lie, and a byte to each side.
    pub fn reached(&self, bytes: &[u8], window: Span, start: usize) -> Span {
        let Some(makeup) = self.makeup() else { return window };
        let out = |b: &u8| !makeup.held.get(usize::from(*b)).copied().unwrap_or(true);
        let after = Span::new(start, window.end).of(bytes);
        let end = after.iter().position(out).map_or(window.end, |at| start + at + 1);
        let before = Span::new(window.start, start).of(bytes);
        let from = before.iter().rposition(out).map_or(window.start, |at| window.start + at);
        Span::new(from, end)
    }

    /// False when no match can lie in `window`: cheaper than to search.
    pub fn may_match(&self, window: &[u8]) -> bool {
        let needed = self.makeup().and_then(|makeup| makeup.needed);
        needed.is_none_or(|needed| memchr::memchr(needed, window).is_some())
    }

    pub fn regex(&self) -> Option<&Regex> {
        self.pattern.get_or_init(|| build(&self.spec).ok()).as_ref()
    }
}
