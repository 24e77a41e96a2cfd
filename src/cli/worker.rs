//! What one thread does with a source: candidates, document, findings of the rules about one file.

use std::sync::atomic::Ordering;

use super::progress::Progress;
use super::scope::{Excluded, is_third_partys};
use crate::deployment::Knowledge;
use crate::document::text::Text;
use crate::document::{self, Document, Kind, Standing};
use crate::finding::{Finding, Mark, Reach, Region, Says, Skipped};
use crate::rules::content;
use crate::rules::secret::{self, File, Secret};
use crate::rules::{Check, Findings, RULES};
use crate::secrets::import::Where;
use crate::secrets::{Candidate, Effort, Engine, Nature};
use crate::settings::Suppressions;
use crate::source::archive::Stop;
use crate::source::git::View;
use crate::source::{Origin, Overlay, Skip, SkipReason, Source, SourcePath, Visitor};
use crate::span::Span;
use crate::triage::{Raw, find_marks, foreign_mark, names_rule};

/// About how many bytes a finding takes until it is reported, what is related to it included.
const FINDING: usize = 4 << 10;
/// About how many bytes a value in a parsed document takes.
const NODE: usize = 128;
/// Most bytes of documents of one archive that are kept to be judged together.
const PACKED: usize = 24 << 20;
/// What stands in place of a file is shorter than this, in bytes.
const POINTER: usize = 1 << 10;

/// What the threads share.
pub(super) struct Shared<'s> {
    pub engine: &'s Engine,
    pub knowledge: &'s Knowledge,
    pub excluded: &'s Excluded,
    pub progress: &'s Progress,
    /// A state of a repository that is read instead of the disk: what is in it is not read from there as well.
    pub stored: Option<&'s View>,
    /// What some files are taken to hold.
    pub overlay: Option<&'s Overlay>,
    /// Only rules of the family `secret/` count, and nothing is kept to be judged as a whole.
    pub secrets_only: bool,
    /// What comments in files may decide.
    pub suppressions: &'s Suppressions,
    /// They decide nothing: an agent can write the files.
    pub powerless: bool,
}

/// What one thread finds.
pub(super) struct Worker<'s> {
    shared: &'s Shared<'s>,
    candidates: Vec<Candidate>,
    pub found: Merged,
    /// About how many bytes all findings take.
    held: usize,
    /// About how many bytes the documents of the archive take that is being read.
    packed: usize,
}

/// What all threads found.
#[derive(Default)]
pub(super) struct Merged {
    pub findings: Vec<Finding>,
    pub documents: Vec<Document>,
    pub skips: Vec<Skip>,
    pub archives: Vec<SourcePath>,
    pub excluded: Vec<String>,
    /// Files that hold more names and beginnings of tokens in a place than were followed.
    pub dense: Vec<Skipped>,
    /// Every secret met, to keep it out of every output. Never printed.
    pub secrets: Vec<Vec<u8>>,
    /// What the files say of findings in them.
    pub marks: Vec<Mark>,
    pub files: usize,
    pub bytes: u64,
}

/// Appends without a copy where there is nothing yet.
fn append<T>(into: &mut Vec<T>, from: Vec<T>) {
    if into.is_empty() {
        *into = from;
    } else {
        into.extend(from);
    }
}

impl Merged {
    pub fn take(&mut self, worker: Worker<'_>) {
        let found = worker.found;
        append(&mut self.findings, found.findings);
        append(&mut self.documents, found.documents);
        self.skips.extend(found.skips);
        self.archives.extend(found.archives);
        self.excluded.extend(found.excluded);
        self.dense.extend(found.dense);
        append(&mut self.secrets, found.secrets);
        append(&mut self.marks, found.marks);
        self.files += found.files;
        self.bytes += found.bytes;
    }
}

impl Merged {
    /// What was not read, sorted.
    pub fn skipped(&self) -> Vec<Skipped> {
        let mut skipped: Vec<Skipped> = self
            .skips
            .iter()
            .filter(|skip| skip.origin != Origin::Context)
            .map(|skip| Skipped {
                path: skip.path.display.clone(),
                reason: skip.reason.word(),
                detail: skip.reason.detail(),
            })
            .collect();
        skipped.extend(self.excluded.iter().map(|path| Skipped {
            path: path.clone(),
            reason: "excluded",
            detail: "excluded by the settings".to_owned(),
        }));
        skipped.extend(self.dense.iter().cloned());
        skipped.sort();
        skipped.dedup();
        skipped
    }
}

impl<'s> Worker<'s> {
    pub fn new(shared: &'s Shared<'s>) -> Self {
        Self { shared, candidates: Vec::new(), found: Merged::default(), held: 0, packed: 0 }
    }
}

impl Worker<'_> {
    /// Notes what of a file was passed over.
    fn unread(&mut self, source: &Source<'_>, effort: &Effort) {
        let first = effort.unread.iter().map(|span| span.start).min();
        let Some(first) = first.filter(|_| source.origin != Origin::Context) else { return };
        let line = source.position(first).line;
        let detail = if effort.full {
            format!(
                "not looked through whole from line {line} on: too many credentials, or names and beginnings of them"
            )
        } else {
            let stretches = plural(effort.unread.len(), "stretch", "stretches");
            format!(
                "{stretches} not looked through whole, the first in line {line}: too many names and beginnings of tokens"
            )
        };
        let path = source.path.display.clone();
        self.found.dense.push(Skipped { path, reason: "too-dense", detail });
    }

    /// What the file says of findings in it.
    fn marks(&self, source: &Source<'_>) -> Vec<Raw> {
        if source.origin == Origin::Context || !self.shared.suppressions.comments {
            return Vec::new();
        }
        let own = source.part.map_or(Span::new(0, source.bytes.len()), |part| part.own);
        let first = source.part.map_or(1, |part| part.at.line);
        find_marks(source.path.file_name(), own.of(source.bytes), first)
            .into_iter()
            .map(|mut mark| {
                mark.span = mark.span.start + own.start..mark.span.end + own.start;
                mark
            })
            .collect()
    }

    /// Notes the marks of a file, and those of other scanners beside the findings from number `from` on.
    fn mark(&mut self, document: &Document, source: &Source<'_>, marks: Vec<Raw>, from: usize) {
        let path = document.text.path();
        let is_powerless =
            || path.archive().is_some() || self.shared.powerless || is_third_partys(path);
        if !marks.is_empty() {
            let is_powerless = is_powerless();
            self.found.marks.extend(marks.into_iter().map(|mark| Mark {
                location: document.text.locate(Span::new(mark.span.start, mark.span.end)),
                reach: mark.reach,
                says: mark.says,
                marker: "hermes-lint: allow".into(),
                is_foreign: false,
                is_powerless,
            }));
        }
        if !self.shared.suppressions.other_scanners {
            return;
        }
        let found = self.found.findings.get(from..).unwrap_or_default();
        let regions: Vec<Region> = found
            .iter()
            .filter(|finding| names_rule("secret", finding.rule))
            .filter_map(|finding| finding.location.region)
            .collect();
        for region in regions {
            let Some(offset) = source.offset(region.line) else { continue };
            let Some((span, word)) = foreign_mark(source.bytes, offset) else { continue };
            self.found.marks.push(Mark {
                location: document.text.locate(Span::new(span.start, span.end)),
                reach: Reach::Lines(region.line..region.line + 1),
                says: Says::default(),
                marker: word.into(),
                is_foreign: true,
                is_powerless: is_powerless(),
            });
        }
    }

    /// Keeps a document for what is judged as a whole. A small archive may hold any number of them.
    fn keep(&mut self, document: Document) {
        let path = document.text.path();
        if path.archive().is_some() {
            let nodes = document.structured().map_or(0, |structured| structured.tree.nodes.len());
            let before = self.packed;
            self.packed += document.text.bytes().len() + nodes * NODE;
            if self.packed > PACKED {
                if before <= PACKED {
                    let reason = SkipReason::Archive(Stop::Unjudged { limit: PACKED as u64 });
                    self.skip(Skip { path: path.on_disk(), reason, origin: document.origin });
                }
                return;
            }
        }
        self.found.documents.push(document);
    }
}

impl Visitor for Worker<'_> {
    fn wants(&mut self, path: &SourcePath, origin: Origin) -> bool {
        let excluded = self.shared.excluded.excludes(&path.identity);
        if excluded && origin != Origin::Context {
            self.found.excluded.push(path.display.clone());
        }
        !excluded && self.shared.stored.is_none_or(|stored| !stored.has(&path.identity))
    }

    fn parses(&self, path: &SourcePath) -> bool {
        document::may_recognise(path, self.shared.knowledge.facts())
    }

    fn source(&mut self, source: Source<'_>) {
        let shared = self.shared;
        let over = shared.overlay.and_then(|overlay| overlay.of(&source.path.real));
        let source = Source { bytes: over.unwrap_or(source.bytes), ..source };
        if source.origin != Origin::Context {
            if source.part.is_none_or(|part| part.number == 0) {
                self.found.files += 1;
                self.shared.progress.files.fetch_add(1, Ordering::Relaxed);
            }
            let length = source.part.map_or(source.bytes.len(), |part| part.own.len());
            self.found.bytes += length as u64;
            if is_pointer(source.bytes) {
                let (path, origin) = (source.path.clone(), source.origin);
                self.skip(Skip { path, reason: SkipReason::Lfs, origin });
            }
        }
        self.candidates.clear();
        let nature = || Nature::of(&source.path.display, source.head());
        let place = Where { path: Some(&source.path.identity), commit: None };
        let mut effort =
            self.shared.engine.scan_at(source.bytes, place, nature, &mut self.candidates);
        let recognised = match source.part {
            Some(_) => None,
            None => document::recognise(&source, self.shared.knowledge.facts()),
        };
        let marks = self.marks(&source);
        let mut document = match recognised {
            Some(document) => document,
            None if marks.is_empty()
                && !self.candidates.iter().any(|found| source.owns(found.span)) =>
            {
                self.unread(&source, &effort);
                return;
            }
            None => Document {
                text: Text::of(&source),
                origin: source.origin,
                kind: Kind::Text,
                standing: Standing::Live,
                manifests: None,
            },
        };
        let Shared { engine, knowledge, .. } = *self.shared;
        let secret::Inspection { mut secrets, unread } =
            secret::inspect(&document, &self.candidates, engine, knowledge);
        effort.full |= !unread.is_empty();
        // They may be secrets, and nothing that is said may hold one.
        self.found.secrets.extend(unread.iter().map(|span| span.of(source.bytes).to_vec()));
        effort.unread.extend(unread);
        self.unread(&source, &effort);
        let personal = content::inspect(&document);
        let spans = secrets.iter().flat_map(Secret::spans);
        // What was not read may hold another secret, beside one that is shown.
        let unread = effort.unread.iter().copied();
        let hidden: Vec<Span> =
            spans.chain(personal.iter().map(|found| found.span)).chain(unread).collect();
        document.text.mask(hidden);
        let reported = secrets.iter().filter(|secret| !secret.excepted);
        document.text.set_secrets(reported.flat_map(Secret::spans).collect());
        // Beside a part's own bytes everything is masked, too, but the neighbours speak of it.
        secrets.retain(|secret| source.owns(secret.span));
        // An ordinary word under a secret's name is masked where it stands; elsewhere it is a word.
        let strong = secrets.iter().filter(|secret| secret.is_strong());
        for secret in strong {
            self.held += secret.span.len();
            self.found.secrets.push(secret.span.of(source.bytes).to_vec());
            self.found
                .secrets
                .extend(secret.decoded.as_ref().map(|hidden| hidden.reveal().as_bytes().to_vec()));
        }
        // An exception hides the finding, and never shows the value.
        secrets.retain(|secret| !secret.excepted);
        let numbers = personal.iter().map(|found| found.span.of(source.bytes).to_vec());
        self.found.secrets.extend(numbers);
        let file = File {
            document: &document,
            secrets: &secrets,
            personal: &personal,
            knowledge: self.shared.knowledge,
        };
        if source.origin != Origin::Context {
            let before = self.found.findings.len();
            let mut findings = Findings::from(std::mem::take(&mut self.found.findings));
            for rule in RULES {
                if self.shared.secrets_only && !names_rule("secret", rule.meta.id) {
                    continue;
                }
                if let Check::File(check) = rule.check {
                    check(&file, &mut findings);
                }
            }
            self.held += (findings.as_slice().len() - before) * FINDING;
            self.found.findings = findings.into_vec();
            self.mark(&document, &source, marks, before);
        }
        if !matches!(document.kind, Kind::Text) && !self.shared.secrets_only {
            self.keep(document);
        }
    }

    fn skip(&mut self, skip: Skip) {
        self.found.skips.push(skip);
    }

    fn archive(&mut self, path: &SourcePath) {
        self.packed = 0;
        self.found.archives.push(path.clone());
    }

    fn held(&self) -> u64 {
        self.held as u64
    }
}

/// True for what Git LFS stores in place of a file.
fn is_pointer(bytes: &[u8]) -> bool {
    bytes.len() < POINTER && bytes.starts_with(b"version https://git-lfs.github.com/spec/v")
}

/// `1 stretch was`, `2 stretches were`.
fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one} was") } else { format!("{count} {many} were") }
}
