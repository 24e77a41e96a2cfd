//! The wiring: inputs through the stages to triaged findings and a coverage receipt.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::ScopedJoinHandle;

use super::args;
use super::choices::{PerPath, choice, knowledge, known_rules, texts, today};
use super::cuts;
use super::detectors::engine;
use super::error::Failure;
use super::fixing::Seen;
use super::git::{Key, Selected};
use super::known::Known;
use super::progress::Progress;
use super::repeats;
use super::scope::{Excluded, Globs, Named, project_of};
use super::settings;
use super::worker::{Merged, Shared, Worker};
use crate::checklist::Checklist;
use crate::data;
use crate::deployment::{Deployment, Knowledge, Survey};
use crate::document::Document;
use crate::finding::{Coverage, Decision, Finding, Location, Region, Says, Severity, Standing};
use crate::report::Cut;
use crate::rules::secret::{self, Scrubber};
use crate::rules::{Check, Findings, RULES};
use crate::secrets::Engine;
use crate::settings::Settings;
use crate::source::archive::Limits;
use crate::source::git::View;
use crate::source::{self, Inputs, Origin, Overlay, Source, SourcePath, Visitor as _};
use crate::triage::{Baseline, Decisions as Decided, Marks, Remark, Triaged, names_rule, triage};

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
    /// The baseline of the run.
    pub known: Option<Known>,
    /// What fixes are judged by, when asked for.
    pub seen: Option<Seen>,
}

impl Scanned {
    /// Findings, and nothing besides.
    pub(super) fn of(triaged: Triaged, coverage: Coverage, plan: Plan) -> Self {
        let (owners, cuts) = (Vec::new(), Vec::new());
        let Plan { settings, known, .. } = plan;
        Self { triaged, coverage, checklist: None, settings, owners, cuts, known, seen: None }
    }
}

/// What to do besides checking.
#[derive(Clone, Copy, Default)]
pub struct Extras<'s> {
    /// Decide the checklist.
    pub checklist: bool,
    /// Find the edits that close several errors at once.
    pub cuts: bool,
    /// The machine the deployment runs on: modes and owners are looked at even in a checkout.
    pub host: Option<&'s Survey>,
    /// What a repository stores is read instead of the disk.
    pub git: Option<&'s Selected>,
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
    known_names(choose)?;
    let plan = Plan::new(paths, options, choose, quiet, extras)?;
    let mut scanned = std::thread::scope(|scope| {
        let foreseen = extras.git.filter(|git| git.foresees(options));
        let before = foreseen.map(|git| scope.spawn(|| git.found_before(&plan, options)));
        judged(&plan, paths, options, choose, quiet, extras, before)
    })?;
    scanned.known = plan.known;
    Ok(scanned)
}

/// Runs the stages that go by `plan`. What was found before a change may be worked out already, `before` it is asked for.
fn judged(
    plan: &Plan,
    paths: &[PathBuf],
    options: &args::Scan,
    choose: Option<&args::Choose>,
    quiet: bool,
    extras: Extras<'_>,
    before: Option<ScopedJoinHandle<'_, HashSet<Key>>>,
) -> Result<Scanned, Failure> {
    let mut all = match extras.git {
        Some(git) => git.read(git.after(), plan, options),
        None => plan.read(paths, options, extras.overlay, quiet)?,
    };
    let Plan { project, settings, settings_folder, knowledge, excluded, .. } = plan;
    let stored = extras.git.map(|git| git.after().view);
    let (skips, archives) = (&all.skips, &all.archives);
    let join =
        |documents| Deployment::join(documents, knowledge, skips, archives, extras.host, stored);
    let mut deployment = join(&all.documents);
    let findings = judged_as_whole(&deployment);
    let named = match extras.git {
        Some(git) => git.named(),
        None => Named::new(paths, project),
    };
    all.findings.extend(findings.into_vec().into_iter().filter(|finding| {
        named.names(&finding.location.path) && !excluded.excludes(&finding.location.identity)
    }));
    if let Some(git) = extras.git {
        git.keep_new(&mut all.findings, || match before {
            Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            None => git.found_before(plan, options),
        })?;
    }
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
        .then(|| crate::checklist::evaluate(judged, &all.findings, settings, today))
        .map(|mut checklist| {
            checklist
                .items
                .iter_mut()
                .flat_map(|item| &mut item.evidence)
                .for_each(|one| scrubber.evidence(one));
            checklist
        });
    let owners = if extras.host.is_some() { deployment.owners() } else { Vec::new() };
    let coverage = coverage(&all, &deployment, knowledge);
    let choice = choice(choose, settings);
    let by_path = PerPath::new(settings_folder, project, settings, today)?;
    let marks = Marks::new(std::mem::take(&mut all.marks), today);
    let partial = extras.git.is_some_and(|git| !git.is_whole());
    let mut decisions = plan.decisions(&marks, &all.findings, partial);
    decisions.extend(plan.settings_file.iter().flat_map(|path| by_path.expired(path)));
    if let Some(known) = &plan.known {
        decisions.extend(expired(&known.baseline, &known.path, &marks));
    }
    all.findings.extend(judged_decisions(&decisions).into_vec());
    let decided = Decided { marks, baseline: plan.baseline() };
    let mut triaged = triage(all.findings, &choice, &decided, |finding| by_path.covering(finding));
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
    let settings = settings.clone();
    Ok(Scanned { triaged, coverage, checklist, settings, owners, cuts, known: None, seen })
}

/// Refuses names of rules that there are not.
///
/// # Errors
///
/// The first such name.
pub(super) fn known_names(choose: Option<&args::Choose>) -> Result<(), Failure> {
    let Some(choose) = choose else { return Ok(()) };
    known_rules(choose.select.iter().chain(&choose.ignore))
}

/// What the rules find that look at more than a file.
pub(super) fn judged_as_whole(deployment: &Deployment<'_>) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        match rule.check {
            Check::File(_) | Check::Decision(_) => {}
            Check::Home(check) => {
                deployment.homes.iter().for_each(|home| check(home, &mut findings));
            }
            Check::Deployment(check) => check(deployment, &mut findings),
        }
    }
    findings
}

/// What the rules say of decisions.
pub(super) fn judged_decisions(decisions: &[Decision]) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        if let Check::Decision(check) = rule.check {
            decisions.iter().for_each(|decision| check(decision, &mut findings));
        }
    }
    findings
}

/// The entries of a baseline, read from `path`, whose last day has passed.
fn expired(baseline: &Baseline, path: &str, marks: &Marks) -> Vec<Decision> {
    let past = |remark: &Remark| marks.standing(remark.until.as_deref());
    baseline
        .remarks()
        .filter(|(_, remark)| past(remark) != Standing::Holds)
        .map(|(rule, remark)| {
            let line = remark.line;
            let region = Region { line, column: 1, end_line: line, end_column: 1 };
            Decision {
                location: Location { region: Some(region), ..Location::file(path, path) },
                says: Says {
                    rules: vec![rule.to_owned()],
                    reason: remark.reason.clone(),
                    owner: remark.owner.clone(),
                    until: remark.until.clone(),
                },
                standing: past(remark),
                covers: None,
                unknown: Vec::new(),
                lacks_reason: false,
            }
        })
        .collect()
}

/// What a run goes by: settings, facts and detectors, whatever is read.
pub(super) struct Plan {
    pub project: PathBuf,
    pub settings: Settings,
    pub settings_folder: PathBuf,
    /// The settings file, as people see it.
    pub settings_file: Option<String>,
    pub knowledge: Knowledge,
    pub excluded: Excluded,
    /// Comments in files decide nothing: an agent can write them.
    powerless: bool,
    pub known: Option<Known>,
    engine: Engine,
    progress: Progress,
}

impl Plan {
    pub fn new(
        paths: &[PathBuf],
        options: &args::Scan,
        choose: Option<&args::Choose>,
        quiet: bool,
        extras: Extras,
    ) -> Result<Self, Failure> {
        if let Some(git) = extras.git {
            let project = git.root().to_path_buf();
            let whole = [project.clone()];
            return Self::with(project, &whole, options, choose, quiet, extras);
        }
        let project = project_of(paths);
        Self::with(project, paths, options, choose, quiet, extras)
    }

    /// The plan for a repository: its root's settings count, whatever of it is read.
    pub fn of_project(
        project: PathBuf,
        options: &args::Scan,
        choose: Option<&args::Choose>,
        quiet: bool,
    ) -> Result<Self, Failure> {
        let whole = [project.clone()];
        Self::with(project, &whole, options, choose, quiet, Extras::default())
    }

    fn with(
        project: PathBuf,
        paths: &[PathBuf],
        options: &args::Scan,
        choose: Option<&args::Choose>,
        quiet: bool,
        extras: Extras,
    ) -> Result<Self, Failure> {
        let found = settings::find(paths, options, &project, extras)?;
        let settings::Found { settings, folder: settings_folder, file: settings_file } = found;
        let powerless = extras.host.is_some();
        let known = choose.map(|choose| Known::of(choose, &settings, &settings_folder));
        let known = known.transpose()?.flatten();
        let foreseen = extras.git.is_some_and(|git| git.foresees(options));
        let (engine, knowledge) = std::thread::scope(|scope| {
            // The table of keys takes as long to read as the detectors do.
            let keys = foreseen.then(|| {
                scope.spawn(|| {
                    let knowledge = knowledge(options, &settings)?;
                    knowledge.facts().keys();
                    Ok::<_, Failure>(knowledge)
                })
            });
            let engine = engine(options.rules.as_deref(), quiet)?;
            let knowledge = match keys {
                Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic))?,
                None => knowledge(options, &settings)?,
            };
            Ok::<_, Failure>((engine, knowledge))
        })?;
        let excluded = Globs::new(&settings_folder, &project, &texts(&settings.exclude))?;
        let excluded = Excluded::new(excluded, &project, paths);
        let progress = Progress::default();
        Ok(Self {
            project,
            settings,
            settings_folder,
            settings_file,
            knowledge,
            excluded,
            powerless,
            known,
            engine,
            progress,
        })
    }

    /// What the threads share; `stored` is what is not looked at on the disk.
    pub fn shared<'p>(&'p self, stored: Option<&'p View>) -> Shared<'p> {
        Shared {
            engine: &self.engine,
            knowledge: &self.knowledge,
            excluded: &self.excluded,
            progress: &self.progress,
            stored,
            overlay: None,
            secrets_only: false,
            suppressions: &self.settings.suppressions,
            powerless: self.powerless,
        }
    }

    /// What came of `marks`; `findings` are all there are, unless the run is `partial`.
    pub fn decisions(&self, marks: &Marks, findings: &[Finding], partial: bool) -> Vec<Decision> {
        let is_rule = |name: &str| RULES.iter().any(|rule| names_rule(name, rule.meta.id));
        marks.decisions(findings, partial, self.settings.suppressions.require_reason, is_rule)
    }

    /// The findings that are known.
    pub fn baseline(&self) -> Option<Baseline> {
        self.known.as_ref().map(|known| known.baseline.clone())
    }

    /// Does `work`, and shows on a terminal that a long run is alive.
    pub fn watch<T>(&self, quiet: bool, work: impl FnOnce() -> T) -> T {
        self.progress.watch(quiet, work)
    }

    fn read(
        &self,
        paths: &[PathBuf],
        options: &args::Scan,
        overlay: Option<&Overlay>,
        quiet: bool,
    ) -> Result<Merged, Failure> {
        let inputs = Inputs { paths: paths.to_vec(), context: true };
        let shared = Shared { overlay, ..self.shared(None) };
        let mut workers = self
            .watch(quiet, || source::visit(&inputs, walk(options), || Worker::new(&shared)))
            .map_err(|(path, error)| {
                Failure::new(format!("can't read {}: {error}", path.display()))
                    .help("name a file or folder that exists, or - for standard input")
            })?;
        if let Some(overlay) = overlay {
            let mut worker = Worker::new(&shared);
            for real in overlay.made() {
                let path = SourcePath::new(real.clone(), &self.project);
                let origin = Origin::Named;
                worker.source(Source { path: &path, bytes: &[], origin, part: None });
            }
            workers.push(worker);
        }
        Ok(merged(workers))
    }
}

/// How files are read.
pub(super) fn walk(options: &args::Scan) -> source::Options {
    source::Options {
        threads: options.threads,
        max_size: options.max_size,
        gitignore: !options.no_ignore,
        archives: options.archives.then(|| Limits::new(options.max_size)),
    }
}

/// What all threads found.
pub(super) fn merged<'w>(workers: impl IntoIterator<Item = Worker<'w>>) -> Merged {
    let mut all = Merged::default();
    for worker in workers {
        all.take(worker);
    }
    // What is in archives comes last.
    all.documents.sort_by(|a, b| order(a).cmp(&order(b)));
    all
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
    let plan = Plan::new(paths, options, None, quiet, Extras::default())?;
    let Merged { documents, skips, archives, .. } = plan.read(paths, options, None, quiet)?;
    let deployment = Deployment::join(&documents, &plan.knowledge, &skips, &archives, None, None);
    Ok(ask(&deployment, &plan.knowledge))
}

/// The order of documents: by path, those in archives after all others.
fn order(document: &Document) -> (bool, &SourcePath) {
    let path = document.text.path();
    (path.archive().is_some(), path)
}
fn coverage(all: &Merged, deployment: &Deployment<'_>, knowledge: &Knowledge) -> Coverage {
    let skipped = all.skipped();
    Coverage {
        files: all.files,
        bytes: all.bytes,
        skipped,
        homes: deployment.homes.iter().map(|home| home.folder.clone()).collect(),
        hermes: knowledge.scope_text(),
        rules: data::digest().to_owned(),
    }
}
