//! What can be proven of a detector's pattern without running it.
//!
//! A keyword that does not stand in every match hides matches, and no list of examples shows that. So the
//! claim is decided on the pattern itself: its syntax tree is walked with the set of states that an automaton
//! of the keywords can be in; when a state is left at the end, some match holds no keyword. Assertions
//! (`\b`, `^`) are taken as always true, so a proof is never wrong, while a refusal can be.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod literals;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Deepest nesting of groups that is read.
const NEST: u32 = 100;
/// Most single steps of one proof: a few tens of milliseconds.
const STEPS: usize = 20_000_000;

/// A parsed pattern, in the byte-oriented syntax that the engine compiles.
#[derive(Clone, Debug)]
pub struct Pattern(Hir);

/// Where in a match a keyword must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The match begins with it.
    Start,
    /// It begins at most so many bytes after the beginning of the match.
    Within(usize),
    /// Anywhere.
    Anywhere,
}

/// What a proof came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every match holds a keyword there.
    Holds,
    /// Some string that the pattern takes holds none.
    Fails,
    /// The pattern is too large to decide.
    Unknown,
}

impl Pattern {
    /// Parses `pattern`.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(NEST).build();
        parser.parse(pattern).map(Self).map_err(|error| match error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            other => other.to_string().lines().last().unwrap_or_default().to_owned(),
        })
    }

    /// Length of the shortest match in bytes; `None` when nothing can match.
    #[must_use]
    pub fn shortest(&self) -> Option<usize> {
        self.0.properties().minimum_len()
    }

    /// Length of the longest match in bytes; `None` when there is no limit.
    #[must_use]
    pub fn longest(&self) -> Option<usize> {
        self.0.properties().maximum_len()
    }

    /// True when a match can hold an ASCII digit.
    #[must_use]
    pub fn takes_digits(&self) -> bool {
        takes(&self.0, &|byte| byte.is_ascii_digit())
    }

    /// The bytes that a match can hold.
    #[must_use]
    pub fn bytes(&self) -> Box<[bool; 256]> {
        // What a class of Unicode holds beyond ASCII is not told by single bytes.
        let wide = self.is_unicode();
        let held = |byte: usize| {
            let byte = u8::try_from(byte).unwrap_or(u8::MAX);
            wide && !byte.is_ascii() || takes(&self.0, &|other| other == byte)
        };
        Box::new(std::array::from_fn(held))
    }

    /// True when `byte` stands in every match.
    #[must_use]
    pub fn needs(&self, byte: u8) -> bool {
        needs(&self.0, byte)
    }

    /// True when a class reaches beyond ASCII by Unicode's tables.
    #[must_use]
    pub fn is_unicode(&self) -> bool {
        any(
            &self.0,
            &|kind| matches!(kind, HirKind::Class(Class::Unicode(class)) if !class.is_ascii()),
        )
    }

    /// True when the beginning or end of the text is asked for.
    #[must_use]
    pub fn is_tied_to_the_ends(&self) -> bool {
        any(&self.0, &|kind| matches!(kind, HirKind::Look(Look::Start | Look::End)))
    }

    /// Number of groups that capture.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.0.properties().explicit_captures_len()
    }

    /// Decides whether every match holds one of `keywords` at `place`. With `fold`, ASCII case is nothing.
    #[must_use]
    pub fn proves(&self, keywords: &[impl AsRef<[u8]>], fold: bool, place: Place) -> Proof {
        let words = Words::new(keywords, fold, place);
        let mut start = words.none();
        start.add(0);
        let mut budget = STEPS;
        match words.walk(&self.0, &start, &mut budget) {
            None => Proof::Unknown,
            Some(left) if left.is_empty() => Proof::Holds,
            Some(_) => Proof::Fails,
        }
    }

    /// Lower-case literals of three bytes or more, one of which stands in every match, in any case: the most
    /// telling ones there are.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<Vec<u8>>> {
        let found = literals::required(&self.0);
        let set = literals::better(found.exact, found.best)?;
        set.iter().all(|word| word.len() >= 3).then_some(set)
    }
}

fn children(hir: &Hir) -> &[Hir] {
    match hir.kind() {
        HirKind::Repetition(Repetition { sub, .. }) => std::slice::from_ref(&**sub),
        HirKind::Capture(capture) => std::slice::from_ref(&*capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts,
        _ => &[],
    }
}

fn any(hir: &Hir, test: &impl Fn(&HirKind) -> bool) -> bool {
    test(hir.kind()) || children(hir).iter().any(|child| any(child, test))
}

fn takes(hir: &Hir, test: &impl Fn(u8) -> bool) -> bool {
    any(hir, &|kind| match kind {
        HirKind::Literal(literal) => literal.0.iter().any(|&byte| test(byte)),
        HirKind::Class(class) => (0..=u8::MAX).any(|byte| test(byte) && holds(class, byte)),
        _ => false,
    })
}

/// True when no match is without `byte`.
fn needs(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        // A class of one is a literal.
        HirKind::Class(_) => false,
        HirKind::Capture(capture) => needs(&capture.sub, byte),
        HirKind::Repetition(repetition) => repetition.min > 0 && needs(&repetition.sub, byte),
        HirKind::Concat(parts) => parts.iter().any(|part| needs(part, byte)),
        HirKind::Alternation(parts) => parts.iter().all(|part| needs(part, byte)),
    }
}

/// Whether one byte can be a whole element of `class`.
fn holds(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(class) => class.ranges().iter().any(|r| r.start() <= byte && byte <= r.end()),
        Class::Unicode(class) => {
            byte.is_ascii()
                && class.ranges().iter().any(|r| {
                    u32::from(r.start()) <= byte.into() && u32::from(byte) <= r.end().into()
                })
        }
    }
}

/// A set of states.
#[derive(Clone, PartialEq)]
struct Set {
    bits: Vec<bool>,
    members: Vec<usize>,
}

impl Set {
    fn add(&mut self, state: usize) -> bool {
        match self.bits.get_mut(state) {
            Some(bit) if !*bit => {
                *bit = true;
                self.members.push(state);
                true
            }
            _ => false,
        }
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds all of `other`; true when something was new.
    fn join(&mut self, other: &Self) -> bool {
        other.members.iter().fold(false, |grew, &state| self.add(state) | grew)
    }

    fn same(&self, other: &Self) -> bool {
        self.members.len() == other.members.len()
            && other.members.iter().all(|&s| self.bits.get(s) == Some(&true))
    }
}

/// What the automaton does on one byte.
#[derive(Clone, Copy)]
enum Next {
    /// A keyword is complete: nothing more to prove on this way.
    Found,
    /// Go on from here.
    State(usize),
}

/// An automaton of the keywords. State 0 is the start; with a limited place, states also count the bytes.
struct Words {
    /// By node and byte class, the node that follows and the length of the keyword that is then complete.
    nodes: Vec<Vec<(usize, usize)>>,
    classes: [usize; 256],
    representatives: Vec<u8>,
    /// Positions that are told apart; 1 when the place does not matter.
    positions: usize,
    place: Place,
}

impl Words {
    fn new(keywords: &[impl AsRef<[u8]>], fold: bool, place: Place) -> Self {
        let words: Vec<Vec<u8>> = keywords
            .iter()
            .map(
                |word| {
                    if fold { word.as_ref().to_ascii_lowercase() } else { word.as_ref().to_vec() }
                },
            )
            .filter(|word| !word.is_empty())
            .collect();
        // Bytes that stand in no keyword are all alike.
        let mut classes = [0; 256];
        let mut representatives = vec![0_u8];
        for byte in 0..=u8::MAX {
            let plain = if fold { byte.to_ascii_lowercase() } else { byte };
            if !words.iter().any(|word| word.contains(&plain)) {
                continue;
            }
            let known = representatives.iter().skip(1).position(|&r| r == plain);
            let class = known.map_or(representatives.len(), |at| at + 1);
            if class == representatives.len() {
                representatives.push(plain);
            }
            if let Some(slot) = classes.get_mut(usize::from(byte)) {
                *slot = class;
            }
        }
        // Nodes are the prefixes of the keywords; an edge leads to the longest suffix that is a prefix.
        let mut prefixes: Vec<&[u8]> = vec![&[]];
        for word in &words {
            for end in 1..=word.len() {
                let prefix = word.get(..end).unwrap_or_default();
                if !prefixes.contains(&prefix) {
                    prefixes.push(prefix);
                }
            }
        }
        let mut nodes = Vec::with_capacity(prefixes.len());
        let mut text: Vec<u8> = Vec::new();
        for prefix in &prefixes {
            let mut row = Vec::with_capacity(representatives.len());
            for (class, &byte) in representatives.iter().enumerate() {
                if class == 0 {
                    row.push((0, 0));
                    continue;
                }
                text.clear();
                text.extend_from_slice(prefix);
                text.push(byte);
                let suffix = |from: usize| text.get(from..).unwrap_or_default();
                let next = (0..=text.len())
                    .find_map(|from| prefixes.iter().position(|known| *known == suffix(from)))
                    .unwrap_or(0);
                let done = (0..text.len())
                    .find(|&from| words.iter().any(|word| word == suffix(from)))
                    .map_or(0, |from| text.len() - from);
                row.push((next, done));
            }
            nodes.push(row);
        }
        let longest = words.iter().map(Vec::len).max().unwrap_or(0);
        let positions = match place {
            Place::Anywhere => 1,
            Place::Start => longest + 2,
            Place::Within(limit) => limit + longest + 2,
        };
        Self { nodes, classes, representatives, positions, place }
    }

    fn none(&self) -> Set {
        Set { bits: vec![false; self.nodes.len() * self.positions], members: Vec::new() }
    }

    fn step(&self, state: usize, class: usize) -> Next {
        let (node, position) = (state / self.positions, state % self.positions);
        let (next, done) =
            self.nodes.get(node).and_then(|row| row.get(class)).copied().unwrap_or((0, 0));
        let after = (position + 1).min(self.positions - 1);
        let in_place = match self.place {
            Place::Anywhere => true,
            _ if after == self.positions - 1 => false,
            Place::Start => after == done,
            Place::Within(limit) => after - done.min(after) <= limit,
        };
        if done > 0 && in_place { Next::Found } else { Next::State(next * self.positions + after) }
    }

    fn step_all(&self, from: &Set, classes: &[usize], budget: &mut usize) -> Option<Set> {
        *budget = budget.checked_sub(from.members.len() * classes.len() + 1)?;
        let mut to = self.none();
        for &state in &from.members {
            for &class in classes {
                if let Next::State(next) = self.step(state, class) {
                    to.add(next);
                }
            }
        }
        Some(to)
    }

    /// The states after `hir`, on the ways that have met no keyword. `None` when over budget.
    fn walk(&self, hir: &Hir, from: &Set, budget: &mut usize) -> Option<Set> {
        if from.is_empty() {
            return Some(from.clone());
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(from.clone()),
            HirKind::Literal(literal) => literal.0.iter().try_fold(from.clone(), |set, &byte| {
                let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
                self.step_all(&set, &[class], budget)
            }),
            HirKind::Class(class) => self.class(class, from, budget),
            HirKind::Capture(capture) => self.walk(&capture.sub, from, budget),
            HirKind::Concat(parts) => {
                parts.iter().try_fold(from.clone(), |set, part| self.walk(part, &set, budget))
            }
            HirKind::Alternation(parts) => {
                let mut all = self.none();
                for part in parts {
                    all.join(&self.walk(part, from, budget)?);
                }
                Some(all)
            }
            HirKind::Repetition(repetition) => self.repeat(repetition, from, budget),
        }
    }

    fn class(&self, class: &Class, from: &Set, budget: &mut usize) -> Option<Set> {
        let mut seen = vec![false; self.representatives.len()];
        for byte in 0..=u8::MAX {
            if holds(class, byte) {
                let at = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
                if let Some(slot) = seen.get_mut(at) {
                    *slot = true;
                }
            }
        }
        let single: Vec<usize> =
            (0..seen.len()).filter(|&at| seen.get(at) == Some(&true)).collect();
        let mut all = self.step_all(from, &single, budget)?;
        if matches!(class, Class::Unicode(class) if !class.is_ascii()) {
            // Beyond ASCII: two to four bytes from 0x80 on, whichever.
            let high: Vec<usize> = (0x80..=u8::MAX)
                .filter_map(|byte| self.classes.get(usize::from(byte)).copied())
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect();
            let mut set = from.clone();
            for length in 1..=4 {
                set = self.step_all(&set, &high, budget)?;
                if length > 1 {
                    all.join(&set);
                }
            }
        }
        Some(all)
    }

    fn repeat(&self, repetition: &Repetition, from: &Set, budget: &mut usize) -> Option<Set> {
        let mut now = from.clone();
        for _ in 0..repetition.min {
            let next = self.walk(&repetition.sub, &now, budget)?;
            let settled = next.same(&now);
            now = next;
            if settled {
                break;
            }
        }
        let mut all = now.clone();
        let mut left = repetition.max.map(|max| max - repetition.min);
        while left != Some(0) {
            now = self.walk(&repetition.sub, &now, budget)?;
            if !all.join(&now) {
                break;
            }
            left = left.map(|left| left - 1);
        }
        Some(all)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
