//! Runs the detectors over the bytes of one file.
//!
//! Two passes over the bytes wake the detectors. One finds the long runs of token characters, and in those the
//! keywords of all detectors; the other finds the few literals that stand outside of such runs, names of
//! secrets above all. A name with a value is looked up among the vendors' words, so that these cost nothing
//! elsewhere. A pattern is compiled when it is first woken and sees only a window. So the cost of ordinary
//! text does not depend on how many detectors there are, and that of a ten-megabyte line does not depend on
//! its length squared.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::builtin::DETECTORS;
use super::check::Note;
use super::context::{self, MARKS};
use super::detector::{Common, Detector};
use super::effort::{Effort, MOST_FOUND};
use super::import::{Imported, Where};
use super::nature::{Language, Nature};
use super::place;
use super::prefilter::{Gram, Keyword, Prefilter};
use super::scan::Scan;
use super::settle::Cover;
use super::sieve::{Met, Sieve, is_inside};
use super::spec::{Confidence, DetectorSpec, Severity, SpecError};
use super::views::{self, View, notebook, utf16};
use crate::span::Span;

/// A credential that a detector has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// What recognised it.
    pub origin: Origin,
    /// The secret itself.
    pub span: Span,
    /// What the pattern matched, the secret included.
    pub whole: Span,
    /// The detector's severity, or less for what is of no use by itself.
    pub severity: Severity,
    /// The detector's confidence, raised by a right checksum and lowered when a check has doubts.
    pub confidence: Confidence,
    /// What the reader should know of this match.
    pub note: Option<Note>,
    /// The other half of a paired credential: the key id, the account's SID.
    pub pair: Option<Half>,
    /// An exception of the user's says that it is none: to be masked, not to be reported.
    pub excepted: bool,
}

/// The other half of a paired credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Half {
    /// Its bytes.
    pub span: Span,
    /// What recognised it, by index.
    pub detector: usize,
}

impl Candidate {
    /// Moves it from the text of `view` to the original.
    fn moved(&mut self, view: &View) {
        self.span = view.original(self.span);
        self.whole = view.original(self.whole);
        self.pair = self.pair.map(|half| Half { span: view.original(half.span), ..half });
        if let Origin::Context { name, .. } = &mut self.origin {
            *name = view.original(*name);
        }
    }
}

/// A place that may hold more than its bytes say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hidden {
    /// Encoded text.
    Encoded(views::Run),
    /// A token's beginning in a literal that ends before the token does.
    Split(usize),
}

impl Hidden {
    const fn start(self) -> usize {
        match self {
            Self::Encoded(run) => run.span.start,
            Self::Split(at) => at,
        }
    }
}

/// How far literals that are joined are followed, in bytes.
const SPLIT_REACH: usize = 1024;

const fn encoded(kind: views::Kind) -> &'static str {
    match kind {
        views::Kind::Base64 => "it stands in base64",
        views::Kind::Hex => "it stands in hexadecimal",
        views::Kind::Percent => "it stands in URL-escaped text",
        views::Kind::Escapes => "it stands in escaped text",
        views::Kind::Entities => "it stands in text with character references",
    }
}

/// What recognised a [`Candidate`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// A detector, by its index.
    Detector(usize),
    /// What stands around it.
    Context {
        /// The name it is assigned to, or the command or scheme that announces it.
        name: Span,
        /// Why that makes a credential of it, in a few words for a reader.
        reason: &'static str,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Waker {
    pub detector: u16,
    pub length: u16,
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

/// Words whose filter is made when the first text is looked through for them.
#[derive(Debug)]
pub(super) struct Lazy {
    filter: OnceLock<Prefilter>,
    words: Vec<Keyword>,
    wakers: Vec<Vec<Waker>>,
    longest: usize,
}

impl Lazy {
    fn new(words: Words) -> Self {
        let longest = words.keywords.iter().map(|word| word.text.len()).max().unwrap_or(0);
        Self { filter: OnceLock::new(), words: words.keywords, wakers: words.wakers, longest }
    }

    /// The length of the longest word.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Calls `hit(waker, offset of the word's first byte)` for every word in `text` and each detector it wakes.
    pub fn scan(&self, text: &[u8], mut hit: impl FnMut(Waker, usize)) {
        if self.words.is_empty() {
            return;
        }
        let filter = self.filter.get_or_init(|| Prefilter::new(self.words.clone(), Gram::Rarest));
        filter.scan(text, |word, start| {
            for &waker in self.wakers.get(word).into_iter().flatten() {
                hit(waker, start);
            }
        });
    }
}

/// The compiled detectors. Share one between threads.
#[derive(Debug)]
pub struct Engine {
    pub(super) detectors: Vec<Detector>,
    /// Keywords, looked for in runs of token characters.
    pub(super) filter: Prefilter,
    pub(super) wakers: Vec<Vec<Waker>>,
    /// [`MARKS`] and then the keywords of detectors that ask to be looked for everywhere.
    sieve: Sieve,
    pub(super) literal_wakers: Vec<Vec<Waker>>,
    /// For each of those keywords what its detectors have in common, asked when it is first met.
    common: Vec<OnceLock<Option<Common>>>,
    /// For each of [`MARKS`] the words it is a piece of, longest first, and where in them it begins.
    pub(super) marked_words: Vec<Vec<(usize, usize)>>,
    /// Keywords that stand on the line before a run, or hold blanks themselves.
    pub(super) marks: Lazy,
    /// Vendors' words, looked for in names and beside values.
    pub(super) vendors: Lazy,
    /// Rules of another tool's file, and the index of the first of them in `detectors`.
    imported: Option<(Imported, usize)>,
}

impl Engine {
    /// Prepares `specs`; no pattern is compiled yet.
    ///
    /// # Errors
    /// When a spec is malformed or two have the same id. A pattern that is no regular expression is
    /// found by [`Engine::compile`] only; until then its detector finds nothing.
    pub fn new(specs: Vec<DetectorSpec>) -> Result<Self, SpecError> {
        Self::with(specs.into_iter().map(Cow::Owned).collect())
    }

    /// The built-in detectors and `more`.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_builtin(more: Vec<DetectorSpec>) -> Result<Self, SpecError> {
        let builtin = DETECTORS.iter().map(Cow::Borrowed);
        Self::with(builtin.chain(more.into_iter().map(Cow::Owned)).collect())
    }

    fn with(specs: Vec<Cow<'static, DetectorSpec>>) -> Result<Self, SpecError> {
        let mut ids = HashSet::with_capacity(specs.len());
        for spec in &specs {
            spec.validate()?;
            if !ids.insert(&*spec.id) {
                return Err(SpecError::field(&spec.id, "id", "is used twice"));
            }
        }
        drop(ids);
        let [mut prefixes, mut literals, mut marks, mut vendors] =
            std::array::from_fn(|_| Words::default());
        let mut detectors = Vec::with_capacity(specs.len());
        for (index, spec) in specs.into_iter().enumerate() {
            let Ok(detector) = u16::try_from(index) else {
                return Err(SpecError::field(&spec.id, "id", "too many detectors"));
            };
            for word in spec.keys.iter() {
                vendors.enter(word, true, detector);
            }
            for word in spec.keywords.iter() {
                let words = if spec.literal {
                    &mut literals
                } else if spec.near > 0 || spec.before > 0 || !word.bytes().all(is_inside) {
                    &mut marks
                } else {
                    &mut prefixes
                };
                words.enter(word, spec.ignore_case, detector);
            }
            detectors.push(Detector::new(spec));
        }
        let names = MARKS.iter().map(|mark| (mark.as_bytes(), false));
        let others = literals.keywords.iter().map(|word| (&*word.text, word.fold));
        Ok(Self {
            detectors,
            filter: Prefilter::new(prefixes.keywords, Gram::First),
            wakers: prefixes.wakers,
            sieve: Sieve::new(names.chain(others)),
            common: literals.wakers.iter().map(|_| OnceLock::new()).collect(),
            literal_wakers: literals.wakers,
            marked_words: MARKS.iter().map(|mark| words_with(mark)).collect(),
            marks: Lazy::new(marks),
            vendors: Lazy::new(vendors),
            imported: None,
        })
    }

    /// False when none of the detectors that this literal wakes can match around `start`.
    pub(super) fn may_wake(&self, literal: usize, bytes: &[u8], start: usize) -> bool {
        let Some(common) = self.common.get(literal) else { return true };
        let common = common.get_or_init(|| {
            let wakers = self.literal_wakers.get(literal).into_iter().flatten();
            let detectors =
                wakers.filter_map(|waker| self.detectors.get(usize::from(waker.detector)));
            Common::of(detectors)
        });
        common.as_ref().is_none_or(|common| common.may_match(bytes, start))
    }

    /// Adds the rules and exceptions of another tool's file. They run by themselves; the engine only knows what
    /// to say about their findings, and lets a more telling detector win.
    #[must_use]
    pub fn with_imported(mut self, mut imported: Imported) -> Self {
        let base = self.detectors.len();
        imported.avoid(|id| self.detectors.iter().any(|detector| detector.spec.id == id));
        for spec in imported.specs() {
            let spec = Cow::Owned(spec.clone());
            self.detectors.push(Detector::imported(spec));
        }
        self.imported = Some((imported, base));
        self
    }

    /// Compiles every pattern now: for data that has not been tested.
    ///
    /// # Errors
    /// Names the first detector whose pattern is no regular expression.
    pub fn compile(&self) -> Result<(), SpecError> {
        for detector in &self.detectors {
            if let Err(error) = detector.compile() {
                return Err(SpecError::field(&detector.spec.id, "pattern", &error.to_string()));
            }
        }
        Ok(())
    }

    /// The detector of a [`Candidate`], unless its context alone tells.
    #[must_use]
    pub fn spec(&self, candidate: &Candidate) -> Option<&DetectorSpec> {
        match candidate.origin {
            Origin::Detector(index) => self.detectors.get(index).map(|detector| &*detector.spec),
            Origin::Context { .. } => None,
        }
    }

    /// What the other half of a paired credential is called.
    #[must_use]
    pub fn half(&self, half: Half) -> &str {
        self.detectors.get(half.detector).map_or("", |detector| &*detector.spec.what)
    }

    /// All detectors, in the order given.
    pub fn specs(&self) -> impl Iterator<Item = &DetectorSpec> {
        self.detectors.iter().map(|detector| &*detector.spec)
    }

    /// Appends what `bytes` holds to `found`, in the order of the spans, one candidate a span.
    /// Placeholders and masked values are left out. `nature` tells what kind of text it is, and is asked only
    /// when something may be there.
    pub fn scan(
        &self,
        bytes: &[u8],
        nature: impl FnOnce() -> Nature,
        found: &mut Vec<Candidate>,
    ) -> Effort {
        self.scan_at(bytes, Where::default(), nature, found)
    }

    /// As [`Engine::scan`], for the rules and exceptions that ask where the bytes are from.
    pub fn scan_at(
        &self,
        bytes: &[u8],
        place: Where<'_>,
        nature: impl FnOnce() -> Nature,
        found: &mut Vec<Candidate>,
    ) -> Effort {
        let first = found.len();
        let mut effort = Effort::default();
        let nature = LazyCell::new(nature);
        let mut view = View::new();
        // Few texts begin with a mark or a NUL: the others are not asked twice.
        let wide = bytes
            .first_chunk()
            .is_some_and(|[a, b]| matches!(a, 0xfe | 0xff) || *a == 0 || *b == 0);
        if wide && utf16::view(bytes, &mut view) {
            let mut inner = Effort::default();
            self.pass(&view.text, &nature, true, found, &mut inner);
            effort.add(inner, |span| view.original(span));
            self.import(&view.text, place, found, first);
            self.place(found, first, &view.text, &nature);
            for candidate in found.get_mut(first..).into_iter().flatten() {
                candidate.moved(&view);
            }
        } else {
            if place.path.is_some_and(|path| path.ends_with(".ipynb")) {
                self.notebook(bytes, &nature, &mut view, found, &mut effort);
            }
            let hidden = self.pass(bytes, &nature, true, found, &mut effort);
            self.hidden(bytes, &hidden, &mut view, (found, first), &mut effort);
            self.import(bytes, place, found, first);
            self.place(found, first, bytes, &nature);
        }
        self.settle(found, first);
        self.pair(found, first, bytes);
        effort
    }

    /// Lowers what is found where things are shown. Imported rules say themselves how sure they are.
    fn place<F: FnOnce() -> Nature>(
        &self,
        found: &mut [Candidate],
        first: usize,
        bytes: &[u8],
        nature: &LazyCell<Nature, F>,
    ) {
        let Some(fresh) = found.get_mut(first..).filter(|fresh| !fresh.is_empty()) else { return };
        let own = self.imported.as_ref().map_or(self.detectors.len(), |&(_, base)| base);
        place::lower(fresh, bytes, **nature, |index| {
            let detector = self.detectors.get(index).filter(|_| index < own)?;
            Some(&*detector.spec)
        });
    }

    /// Runs the imported rules, and applies the imported exceptions to all candidates from `first` on.
    fn import(&self, bytes: &[u8], place: Where<'_>, found: &mut Vec<Candidate>, first: usize) {
        let Some((imported, base)) = &self.imported else { return };
        let id = |candidate: &Candidate| self.spec(candidate).map(|spec| &*spec.id);
        imported.add(bytes, place, *base, (first, found), id);
    }

    /// Appends what stands in `bytes` as they are, and returns what may hide something more. With `contexts`, what only
    /// its surroundings tell, too.
    fn pass<F: FnOnce() -> Nature>(
        &self,
        bytes: &[u8],
        nature: &LazyCell<Nature, F>,
        contexts: bool,
        found: &mut Vec<Candidate>,
        effort: &mut Effort,
    ) -> Vec<Hidden> {
        let mut scan = Scan::new(self, bytes, nature, contexts, found);
        self.sieve.scan(bytes, |met| match met {
            Met::Run(run) => scan.run(run),
            Met::Literal(literal, start) => scan.literal(literal, start),
            Met::Escape(at) => scan.escape(at),
        });
        scan.finish(effort)
    }

    /// Appends what stands in the cells of a notebook, read as the program and the text that they are. What the JSON
    /// around them tells is found as in any file; of the same find this one comes first, and stays.
    fn notebook<F: FnOnce() -> Nature>(
        &self,
        bytes: &[u8],
        nature: &LazyCell<Nature, F>,
        view: &mut View,
        found: &mut Vec<Candidate>,
        effort: &mut Effort,
    ) {
        if !notebook::view(bytes, view) {
            return;
        }
        let cells = LazyCell::new(|| Nature { language: Language::Script, ..**nature });
        let first = found.len();
        let mut inner = Effort { looked: view.text.len(), ..Effort::default() };
        self.pass(&view.text, &cells, true, found, &mut inner);
        effort.add(inner, |span| view.original(span));
        for candidate in found.get_mut(first..).into_iter().flatten() {
            candidate.moved(view);
        }
    }

    /// Decodes what may hide something, one level deep, and appends what detectors find in it.
    fn hidden(
        &self,
        bytes: &[u8],
        hidden: &[Hidden],
        view: &mut View,
        (found, first): (&mut Vec<Candidate>, usize),
        effort: &mut Effort,
    ) {
        let nature = LazyCell::new(Nature::default);
        let mut inner = Vec::new();
        let mut taken = Cover::default();
        // What begins before this stands in the text that was joined last.
        let mut joined = 0;
        for place in hidden {
            if found.len() - first.min(found.len()) >= 2 * MOST_FOUND {
                effort.give_up(Span::new(place.start(), bytes.len()));
                return;
            }
            let (opened, how) = match *place {
                Hidden::Encoded(run) => {
                    (views::decode::run(bytes, run.span, run.kind, view), encoded(run.kind))
                }
                Hidden::Split(at) if at < joined => continue,
                Hidden::Split(at) => (
                    views::join::literals(bytes, at, SPLIT_REACH, view),
                    "it is put together from several strings",
                ),
            };
            if !opened {
                continue;
            }
            if let Hidden::Split(at) = *place {
                // What begins late may go on beyond the reach.
                let end = view.original(Span::new(0, view.text.len())).end;
                joined = end.min(at + SPLIT_REACH / 2);
            }
            inner.clear();
            let mut spent = Effort { looked: view.text.len(), ..Effort::default() };
            // A name in decoded text is a guess on a guess: only what has a shape of its own is told.
            self.pass(&view.text, &nature, false, &mut inner, &mut spent);
            effort.add(spent, |span| view.original(span));
            if !inner.is_empty() && taken.is_empty() {
                let known = found.get(first..).unwrap_or_default();
                known.iter().for_each(|candidate| taken.add(candidate.span));
            }
            for mut candidate in inner.iter().copied() {
                candidate.moved(view);
                candidate.note = candidate.note.or(Some(Note::Text(how)));
                if !taken.overlaps(candidate.span) {
                    taken.add(candidate.span);
                    found.push(candidate);
                }
            }
        }
    }
}

/// The words of [`context::WORDS`] that `mark` is a piece of, longest first, and where it begins in each.
fn words_with(mark: &str) -> Vec<(usize, usize)> {
    let piece = mark.to_ascii_lowercase();
    let mut words: Vec<(usize, usize)> = context::WORDS
        .iter()
        .enumerate()
        .filter_map(|(index, word)| Some((index, word.find(&piece)?)))
        .collect();
    words.sort_by_key(|&(index, _)| std::cmp::Reverse(context::WORDS.get(index).map(|w| w.len())));
    words
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
