//! The wiring: inputs through the stages to triaged findings and a coverage receipt.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::args;
use super::cuts;
use super::detectors::engine;
use super::error::Failure;
use super::fixing::Seen;
use super::progress::Progress;
use super::repeats;
use super::scope::{Excluded, Globs, Named, common_folder, is_third_party, project_of};
use crate::checklist::Checklist;
use crate::data;
use crate::deployment::{Deployment, Knowledge, Survey};
use crate::document::text::Text;
use crate::document::{self, Document, Kind, Standing};
use crate::finding::{Coverage, Finding, Severity, Skipped};
use crate::policy::CommandTable;
use crate::report::Cut;
use crate::rules::content;
use crate::rules::secret::{self, File, Scrubber, Secret};
use crate::rules::{Check, Findings, RULES};
use crate::secrets::import::Where;
use crate::secrets::{Candidate, Effort, Engine, Nature};
use crate::settings::{FILE_NAME, Settings};
use crate::source::archive::{Limits, Stop};
use crate::source::{self, Inputs, Origin, Overlay, Skip, SkipReason, Source, SourcePath, Visitor};
use crate::span::Span;
use crate::triage::{Choice, Triaged, names_rule, triage};

/// About how many bytes a finding takes until it is reported, what is related to it included.
const FINDING: usize = 4 << 10;
/// About how many bytes a value in a parsed document takes.
const NODE: usize = 128;
/// Most bytes of documents of one archive that are kept to be judged together.
const PACKED: usize = 24 << 20;

/// What a run found.
pub struct Scanned {
    /// Findings that count, in report order.
    pub triaged: Triaged,
    /// The receipt.
    pub coverage: Coverage,
    /// The checklist, when asked for.
    pub checklist: Option<Checklist>,
    /// The settings in force.
    pub settings: Settings,
    /// Mode and owner of each file of the homes, when asked for.
    pub owners: Vec<String>,
    /// Edits that close several errors at once, when asked for.
    pub cuts: Vec<Cut>,
    /// What fixes are judged by, when asked for.
    pub seen: Option<Seen>,
}

/// What to do besides checking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'s> {
    /// Decide the checklist.
    pub checklist: bool,
    /// Find the edits that close several errors at once.
    pub cuts: bool,
    /// The machine the deployment runs on: modes and owners are looked at even in a checkout.
    pub host: Option<&'s Survey>,
    /// What some files are taken to hold.
    pub overlay: Option<&'s Overlay>,
    /// Keep what fixes are judged by.
    pub seen: bool,
}

/// Runs every stage over `paths`.
///
/// # Errors
///
/// An input, settings file or rule folder that can't be read at all.
pub fn scan(
    paths: &[PathBuf],
    options: &args::Scan,
    choose: Option<&args::Choose>,
    quiet: bool,
    extras: Extras<'_>,
) -> Result<Scanned, Failure> {
    if let Some(choose) = choose {
        known_rules(choose.select.iter().chain(&choose.ignore))
            .map_err(|(problem, help)| Failure::new(problem).help(help))?;
    }
    let Reading { project, settings, settings_folder, knowledge, excluded, mut all } =
        read(paths, options, quiet, extras)?;
    let join =
        |documents| Deployment::join(documents, &knowledge, &all.skips, &all.archives, extras.host);
    let mut deployment = join(&all.documents);
    let findings = judged_as_whole(&deployment);
    let named = Named::new(paths, &project);
    all.findings.extend(findings.into_vec().into_iter().filter(|finding| {
        named.names(&finding.location.path) && !excluded.excludes(&finding.location.identity)
    }));
    secret::attach(&deployment, &mut all.findings);
    // The checklist quotes the first few of what it is given: the order must not be the threads'.
    all.findings.sort_by(|a, b| a.order().cmp(&b.order()).then(b.severity.cmp(&a.severity)));
    let scrubber = Scrubber::new(&all.secrets);
    scrubber.findings(&mut all.findings);

    let seen = extras.seen.then(|| Seen::of(&all.documents, &all.findings, &scrubber));
    let today = today();
    // An archive does not vouch for what lies beside it: alone it is judged for what it is.
    let beside = all.documents.partition_point(|document| !order(document).0);
    let judged = (extras.checklist && (1..all.documents.len()).contains(&beside))
        .then(|| all.documents.get(..beside).map(join))
        .flatten();
    let judged = judged.as_ref().unwrap_or(&deployment);
    let checklist = extras
        .checklist
        .then(|| crate::checklist::evaluate(judged, &all.findings, &settings, today))
        .map(|mut checklist| {
            checklist
                .items
                .iter_mut()
                .flat_map(|item| &mut item.evidence)
                .for_each(|one| scrubber.evidence(one));
            checklist
        });
    let owners = if extras.host.is_some() { deployment.owners() } else { Vec::new() };
    let coverage = coverage(&all, &deployment, &knowledge);
    let choice = choice(choose, &settings);
    let hidden_paths = per_path(&settings_folder, &project, &settings)?;
    let mut triaged = triage(all.findings, &choice, |finding| {
        hidden_paths.iter().any(|(paths, rules)| {
            rules.iter().any(|rule| names_rule(rule, finding.rule))
                && paths.name(&finding.location.identity, false)
        })
    });
    repeats::relate(&mut triaged.findings);
    let cuts = if extras.cuts {
        // A severity that the operator chose follows no setting of the deployment.
        let chosen = |finding: &Finding| choice.severity_of(finding.rule).is_some();
        let errors: Vec<&Finding> = triaged
            .findings
            .iter()
            .filter(|one| one.severity == Severity::Error && !chosen(one))
            .collect();
        if errors.len() > 1 { cuts::of(&errors, &mut deployment) } else { Vec::new() }
    } else {
        Vec::new()
    };
    Ok(Scanned { triaged, coverage, checklist, settings, owners, cuts, seen })
}

/// What the rules find that look at more than a file.
pub(super) fn judged_as_whole(deployment: &Deployment<'_>) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        match rule.check {
            Check::File(_) => {}
            Check::Home(check) => {
                deployment.homes.iter().for_each(|home| check(home, &mut findings));
            }
            Check::Deployment(check) => check(deployment, &mut findings),
        }
    }
    findings
}

/// What was read, before any rule looks at it as a whole.
struct Reading {
    project: PathBuf,
    settings: Settings,
    settings_folder: PathBuf,
    knowledge: Knowledge,
    excluded: Excluded,
    all: Merged,
}

fn read(
    paths: &[PathBuf],
    options: &args::Scan,
    quiet: bool,
    extras: Extras,
) -> Result<Reading, Failure> {
    let project = project_of(paths);
    let (settings, settings_folder) = settings(paths, options, &project, extras)?;
    let engine = engine(options.rules.as_deref(), quiet)?;
    let knowledge = knowledge(options, &settings)?;
    let excluded = Globs::new(&settings_folder, &project, &settings.exclude)?;
    let excluded = Excluded::new(excluded, &project, paths);

    let progress = Progress::default();
    let inputs = Inputs { paths: paths.to_vec(), context: true };
    let walk = source::Options {
        threads: options.threads,
        max_size: options.max_size,
        gitignore: !options.no_ignore,
        archives: options.archives.then(|| Limits::new(options.max_size)),
    };
    let shared = Shared {
        engine: &engine,
        knowledge: &knowledge,
        excluded: &excluded,
        progress: &progress,
        overlay: extras.overlay,
    };
    let workers = progress
        .watch(quiet, || source::visit(&inputs, walk, || Worker::new(&shared)))
        .map_err(|(path, error)| {
        Failure::new(format!("can't read {}: {error}", path.display()))
            .help("name a file or folder that exists, or - for standard input")
    })?;

    let mut all = Merged::default();
    for worker in workers {
        all.take(worker);
    }
    if let Some(overlay) = extras.overlay {
        let mut worker = Worker::new(&shared);
        for real in overlay.made() {
            let path = SourcePath::new(real.clone(), &project);
            worker.source(Source { path: &path, bytes: &[], origin: Origin::Named, part: None });
        }
        all.take(worker);
    }
    // What is in archives comes last.
    all.documents.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Reading { project, settings, settings_folder, knowledge, excluded, all })
}

/// Reads `paths` and hands the deployment in them to `ask`, before any rule has looked at it.
///
/// # Errors
///
/// An input, settings file or rule folder that can't be read at all.
pub fn with_deployment<R>(
    paths: &[PathBuf],
    options: &args::Scan,
    quiet: bool,
    ask: impl FnOnce(&Deployment<'_>, &Knowledge) -> R,
) -> Result<R, Failure> {
    let extras = Extras::default();
    let Reading { knowledge, all, .. } = read(paths, options, quiet, extras)?;
    let deployment =
        Deployment::join(&all.documents, &knowledge, &all.skips, &all.archives, extras.host);
    Ok(ask(&deployment, &knowledge))
}

/// The order of documents: by path, those in archives after all others.
fn order(document: &Document) -> (bool, &SourcePath) {
    let path = document.text.path();
    (path.archive().is_some(), path)
}

/// Today in UTC; `SOURCE_DATE_EPOCH` pins it for reproducible reports.
fn today() -> jiff::civil::Date {
    let pinned = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let now = pinned
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_else(jiff::Timestamp::now);
    jiff::tz::Offset::UTC.to_datetime(now).date()
}

fn choice(choose: Option<&args::Choose>, settings: &Settings) -> Choice {
    let mut choice = Choice {
        select: settings.select.clone(),
        ignore: settings.ignore.clone(),
        severity: settings.severity.iter().map(|(rule, word)| (rule.clone(), word.0)).collect(),
        ..Choice::default()
    };
    if let Some(word) = settings.min_confidence {
        choice.min_confidence = word.0;
    }
    if let Some(choose) = choose {
        if !choose.select.is_empty() {
            choice.select.clone_from(&choose.select);
        }
        choice.ignore.extend(choose.ignore.iter().cloned());
        choice.min_confidence = choose.min_confidence.unwrap_or(choice.min_confidence);
    }
    choice
}

/// The settings file for `paths`, and the folder that its globs are relative to: the nearest one in or
/// above all of them, up to the project's root. One that lies in a skill or a plugin is a stranger's, and
/// the home of a running agent is the agent's to write: neither may switch a rule off.
fn settings(
    paths: &[PathBuf],
    options: &args::Scan,
    project: &Path,
    extras: Extras<'_>,
) -> Result<(Settings, PathBuf), Failure> {
    let found = match &options.config {
        Some(path) => Some(path.clone()),
        None if extras.host.is_some() => None,
        None => common_folder(paths, project)
            .ancestors()
            .take_while(|folder| folder.starts_with(project))
            .filter(|folder| !is_third_party(folder, project))
            .map(|folder| folder.join(FILE_NAME))
            .find(|path| path.is_file()),
    };
    let Some(path) = found else { return Ok((Settings::default(), project.to_path_buf())) };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("can't read the settings in {name}: {error}")))?;
    let settings = Settings::parse(&text).map_err(|error| {
        let failure =
            Failure::new(format!("the settings in {name} are not valid: {}", error.message))
                .help("`hermes-lint` reads the keys that its README lists, and no others");
        match error.span {
            Some(span) => failure.at(&name, text, span, "here"),
            None => failure,
        }
    })?;
    validate(&settings).map_err(|(problem, help)| {
        Failure::new(format!("the settings in {name}: {problem}")).help(help)
    })?;
    let folder =
        std::path::absolute(&path).ok().and_then(|path| path.parent().map(Path::to_path_buf));
    Ok((settings, folder.unwrap_or_else(|| project.to_path_buf())))
}

/// What is wrong with settings that parse, and what to do about it.
fn validate(settings: &Settings) -> Result<(), (String, &'static str)> {
    let rules = settings
        .ignore
        .iter()
        .chain(&settings.select)
        .chain(settings.severity.keys())
        .chain(settings.per_path.iter().flat_map(|row| &row.ignore));
    known_rules(rules)?;
    if let Some((tool, tier)) = settings.tiers.iter().find(|(_, tier)| **tier > 3) {
        return Err((
            format!("`{tool}` has tier {tier}"),
            "tiers are 0 (reads) to 3 (high impact)",
        ));
    }
    if let Some(item) = settings.attest.keys().find(|item| !crate::checklist::is_item(item)) {
        let help = "`hermes-lint checklist --format json` lists the ids";
        return Err((format!("there is no checklist item `{item}`"), help));
    }
    Ok(())
}

/// A name that is no rule and no family.
fn known_rules<'n>(
    names: impl IntoIterator<Item = &'n String>,
) -> Result<(), (String, &'static str)> {
    let unknown = |name: &&String| !RULES.iter().any(|rule| names_rule(name, rule.meta.id));
    match names.into_iter().find(unknown) {
        Some(name) => {
            Err((format!("there is no rule `{name}`"), "`hermes-lint rules` lists them all"))
        }
        None => Ok(()),
    }
}

fn knowledge(options: &args::Scan, settings: &Settings) -> Result<Knowledge, Failure> {
    let broken = |what: String| Failure::new(format!("the built-in facts can't be used: {what}"));
    let commands: CommandTable = serde_json::from_str(data::file("commands").unwrap_or("{}"))
        .map_err(|error| broken(error.to_string()))?;
    let version = options.hermes_version.as_ref().or(settings.hermes_version.as_ref());
    Knowledge::new(commands, version.map(String::as_str), &settings.tiers).map_err(|problem| {
        Failure::new(problem).help("write a release such as 0.21.5: `--hermes-version 0.21.5`")
    })
}

fn per_path(
    folder: &Path,
    project: &Path,
    settings: &Settings,
) -> Result<Vec<(Globs, Vec<String>)>, Failure> {
    let row = |row: &crate::settings::PerPath| {
        Ok((Globs::new(folder, project, &row.paths)?, row.ignore.clone()))
    };
    settings.per_path.iter().map(row).collect()
}

fn coverage(all: &Merged, deployment: &Deployment<'_>, knowledge: &Knowledge) -> Coverage {
    let mut skipped: Vec<Skipped> = all
        .skips
        .iter()
        .filter(|skip| skip.origin != Origin::Context)
        .map(|skip| Skipped {
            path: skip.path.display.clone(),
            reason: skip.reason.word(),
            detail: skip.reason.detail(),
        })
        .collect();
    skipped.extend(all.excluded.iter().map(|path| Skipped {
        path: path.clone(),
        reason: "excluded",
        detail: "excluded by the settings".to_owned(),
    }));
    skipped.extend(all.dense.iter().cloned());
    skipped.sort();
    skipped.dedup();
    Coverage {
        files: all.files,
        bytes: all.bytes,
        skipped,
        homes: deployment.homes.iter().map(|home| home.folder.clone()).collect(),
        hermes: knowledge.scope_text(),
        rules: data::digest().to_owned(),
    }
}

/// What the threads share.
struct Shared<'s> {
    engine: &'s Engine,
    knowledge: &'s Knowledge,
    excluded: &'s Excluded,
    progress: &'s Progress,
    overlay: Option<&'s Overlay>,
}

/// What one thread finds.
struct Worker<'s> {
    shared: &'s Shared<'s>,
    candidates: Vec<Candidate>,
    found: Merged,
    /// About how many bytes all findings take.
    held: usize,
    /// About how many bytes the documents of the archive take that is being read.
    packed: usize,
}

/// What all threads found.
#[derive(Default)]
struct Merged {
    findings: Vec<Finding>,
    documents: Vec<Document>,
    skips: Vec<Skip>,
    archives: Vec<SourcePath>,
    excluded: Vec<String>,
    /// Files that hold more names and beginnings of tokens in a place than were followed.
    dense: Vec<Skipped>,
    /// Every secret met, to keep it out of every output. Never printed.
    secrets: Vec<Vec<u8>>,
    files: usize,
    bytes: u64,
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
    fn take(&mut self, worker: Worker<'_>) {
        let found = worker.found;
        append(&mut self.findings, found.findings);
        append(&mut self.documents, found.documents);
        self.skips.extend(found.skips);
        self.archives.extend(found.archives);
        self.excluded.extend(found.excluded);
        self.dense.extend(found.dense);
        append(&mut self.secrets, found.secrets);
        self.files += found.files;
        self.bytes += found.bytes;
    }
}

impl<'s> Worker<'s> {
    fn new(shared: &'s Shared<'s>) -> Self {
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
        !excluded
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
        let mut document = match recognised {
            Some(document) => document,
            None if !self.candidates.iter().any(|found| source.owns(found.span)) => {
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
                if let Check::File(check) = rule.check {
                    check(&file, &mut findings);
                }
            }
            self.held += (findings.as_slice().len() - before) * FINDING;
            self.found.findings = findings.into_vec();
        }
        if !matches!(document.kind, Kind::Text) {
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

/// `1 stretch was`, `2 stretches were`.
fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one} was") } else { format!("{count} {many} were") }
}
