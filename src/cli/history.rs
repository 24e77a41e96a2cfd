//! `check --history`: credentials in everything that was ever committed.
//!
//! A value is reported once, however many commits, files and branches have it, where it was first committed. Only
//! credentials count: what a config said two years ago is no posture. Of a blob no finding is kept but one for each
//! value, so memory does not grow with the number of commits; the blobs that are reported are read a second time, under
//! the path that they had then.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::args;
use super::choices::{PerPath, choice, today};
use super::error::Failure;
use super::git::folder_of;
use super::pipeline::{Plan, Scanned, known_names, walk};
use super::worker::{Merged, Worker};
use crate::data;
use crate::finding::{Commit, Coverage, Finding, Location, Related, Skipped, Suppressed, ValueTag};
use crate::rules::secret::Scrubber;
use crate::source::git::history::{Commits, Files, Origins, Reach, origins};
use crate::source::git::{self, Blob, ObjectId, Packs, Repo};
use crate::source::{Origin, Skip, SkipReason, Source, SourcePath, Visitor};
use crate::triage::{Decisions, Marks, by_mark, triage};

/// What to do about a credential that was committed.
const HELP: &str = "revoke it and issue a new one: whoever has a copy of this repository has it. Rewriting the history \
                    (`git filter-repo --replace-text`) comes after that, and reaches no copy that was made before";

/// What makes two findings the same credential: its value, or where an ordinary word stands.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Value(ValueTag),
    Place(&'static str, String, String),
}

impl Key {
    fn of(finding: &Finding) -> Self {
        match finding.credential.as_ref().and_then(|credential| credential.tag) {
            Some(tag) => Self::Value(tag),
            None => {
                let identity = finding.location.identity.to_string();
                Self::Place(finding.rule, identity, finding.anchor.clone())
            }
        }
    }
}

/// One credential, and the blobs that hold it.
struct Sighting {
    finding: Finding,
    blobs: Vec<ObjectId>,
}

/// By what is found; and by file and blob, where it matters which of them it is found in.
type Sightings = HashMap<(Key, Option<(String, ObjectId)>), Sighting>;

/// Keeps one finding of each credential.
struct Hunter<'s> {
    worker: Worker<'s>,
    sightings: Sightings,
    /// Those that a comment beside them allows.
    allowed: HashMap<Key, Suppressed>,
    /// Each blob's findings are kept.
    apart: bool,
    today: jiff::civil::Date,
}

impl Hunter<'_> {
    /// Takes over what was found in the blob `id`.
    fn settle(&mut self, id: ObjectId) {
        let marks = std::mem::take(&mut self.worker.found.marks);
        let marks = Marks::new(marks, self.today);
        for finding in self.worker.found.findings.drain(..) {
            if let Some(mark) = marks.covering(&finding) {
                let suppression = by_mark(mark);
                let entry = self.allowed.entry(Key::of(&finding));
                entry.or_insert(Suppressed { finding, suppression });
                continue;
            }
            let place = self.apart.then(|| (finding.location.identity.to_string(), id));
            let key = (Key::of(&finding), place);
            note(&mut self.sightings, key, Sighting { finding, blobs: vec![id] });
        }
    }
}

/// Adds a sighting to those of the same credential. The gravest and surest finding stays, and of equals the first by
/// path: it must not depend on which thread came first.
fn note(sightings: &mut Sightings, key: (Key, Option<(String, ObjectId)>), new: Sighting) {
    use std::collections::hash_map::Entry;
    match sightings.entry(key) {
        Entry::Vacant(place) => {
            place.insert(new);
        }
        Entry::Occupied(mut known) => {
            let known = known.get_mut();
            let weight = |one: &Finding| (one.severity, one.confidence);
            let (own, other) = (&known.finding, &new.finding);
            let better = weight(other) > weight(own)
                || (weight(other) == weight(own) && other.order() < own.order());
            if better {
                known.finding = new.finding;
            }
            known.blobs.extend(new.blobs);
        }
    }
}

impl Visitor for Hunter<'_> {
    fn wants(&mut self, path: &SourcePath, origin: Origin) -> bool {
        self.worker.wants(path, origin)
    }

    fn parses(&self, path: &SourcePath) -> bool {
        self.worker.parses(path)
    }

    fn source(&mut self, source: Source<'_>) {
        self.worker.source(source);
    }

    fn skip(&mut self, skip: Skip) {
        self.worker.skip(skip);
    }

    fn archive(&mut self, path: &SourcePath) {
        self.worker.archive(path);
    }

    fn held(&self) -> u64 {
        self.worker.held()
    }
}

/// Reads the history of the repository that `paths` name.
///
/// # Errors
///
/// When there is no repository, it can't be read, or the settings can't be used.
pub fn scan(
    paths: &[PathBuf],
    options: &args::Scan,
    git: &args::Git,
    choose: &args::Choose,
    quiet: bool,
) -> Result<Scanned, Failure> {
    known_names(Some(choose))?;
    let repo = Repo::discover(&folder_of(paths))?;
    let root = repo.root();
    let plan = Plan::of_project(root.clone(), options, Some(choose), quiet)?;
    let reach = reach(git)?;
    let (commits, files, mut all, sightings, allowed) = plan.watch(quiet, || {
        let commits = Commits::of(&repo, &reach)?;
        let files = Files::of(&repo, &commits, options.threads);
        let packs = Some(files.packs());
        let (all, sightings, allowed) =
            hunt(&repo, packs, &plan, options, files.len(), false, &|number| {
                let path = named(&root, &files.path(number));
                let (id, place) = files.blob(number)?;
                Some(Blob { path, id, origin: Origin::Named, place })
            });
        Ok::<_, Failure>((commits, files, all, sightings, allowed))
    })?;
    for (folder, id) in files.missing() {
        let reason = SkipReason::Object(format!("the folder's tree {id} can't be read"));
        all.skips.push(Skip { path: named(&root, folder), reason, origin: Origin::Named });
    }
    let submodules: Vec<SourcePath> = files.submodules().map(|path| named(&root, path)).collect();
    drop(files);
    all.findings = placed(&repo, &plan, options, &commits, sightings);
    let scrubber = Scrubber::new(&all.secrets);
    scrubber.findings(&mut all.findings);
    let choice = choice(Some(choose), &plan.settings);
    let by_path = PerPath::new(&plan.settings_folder, &plan.project, &plan.settings, today())?;
    let coverage = coverage(&all, &commits, &submodules, &plan);
    let decided = Decisions { marks: Marks::new(Vec::new(), today()), baseline: plan.baseline() };
    let mut triaged = triage(all.findings, &choice, &decided, |finding| by_path.covering(finding));
    triaged.suppressed.extend(allowed);
    triaged.suppressed.sort_by(|a, b| a.finding.order().cmp(&b.finding.order()));
    Ok(Scanned::of(triaged, coverage, plan))
}

/// How far `options` say to read.
fn reach(options: &args::Git) -> Result<Reach, Failure> {
    let glob = |text: &String| {
        let built = GlobBuilder::new(text).literal_separator(true).build();
        built.map(|glob| glob.compile_matcher()).map_err(|error| {
            Failure::new(format!("`{text}` is no pattern of branch names: {error}"))
                .help("write it like `main` or `release/*`")
        })
    };
    let branches = options.branches.as_ref().map(|globs| globs.iter().map(glob).collect());
    Ok(Reach { branches: branches.transpose()?, max_commits: options.max_commits })
}

/// The names of what stood at `path` below the root: the root is what all of them have in common.
fn named(root: &Path, path: &[u8]) -> SourcePath {
    let below = git::path(path);
    SourcePath::stored(root, &below, &below)
}

/// Looks through `count` blobs; `apart` from each other, or for each value once.
fn hunt(
    repo: &Repo,
    packs: Option<&Packs>,
    plan: &Plan,
    options: &args::Scan,
    count: usize,
    apart: bool,
    blob: &(impl Fn(usize) -> Option<Blob> + Sync),
) -> (Merged, Sightings, Vec<Suppressed>) {
    let mut shared = plan.shared(None);
    shared.secrets_only = true;
    let make = || Hunter {
        worker: Worker::new(&shared),
        sightings: HashMap::new(),
        allowed: HashMap::new(),
        apart,
        today: today(),
    };
    let shown = |hunter: &mut Hunter<'_>, id: ObjectId| hunter.settle(id);
    let hunters = git::visit(&repo.shared(), packs, count, blob, walk(options), &make, &shown);
    let (mut all, mut sightings) = (Merged::default(), HashMap::new());
    let mut allowed: HashMap<Key, Suppressed> = HashMap::new();
    for hunter in hunters {
        all.take(hunter.worker);
        for (key, one) in hunter.allowed {
            let kept = allowed.entry(key).or_insert_with(|| one.clone());
            if one.finding.order() < kept.finding.order() {
                *kept = one;
            }
        }
        for (key, sighting) in hunter.sightings {
            note(&mut sightings, key, sighting);
        }
    }
    // What is allowed in one place only is not allowed.
    allowed.retain(|key, _| !sightings.contains_key(&(key.clone(), None)));
    (all, sightings, allowed.into_values().collect())
}

/// The findings with the commits that brought and removed them, each at the place where it was first committed.
fn placed(
    repo: &Repo,
    plan: &Plan,
    options: &args::Scan,
    commits: &Commits,
    sightings: Sightings,
) -> Vec<Finding> {
    // In an order that does not depend on the threads'.
    let mut all: Vec<(Key, Sighting)> =
        sightings.into_iter().map(|((key, _), sighting)| (key, sighting)).collect();
    all.sort_by(|(_, a), (_, b)| a.finding.order().cmp(&b.finding.order()));
    let mut holds: HashMap<ObjectId, Vec<u32>> = HashMap::new();
    for (number, (_, sighting)) in all.iter().enumerate() {
        for blob in &sighting.blobs {
            holds.entry(*blob).or_default().push(number as u32);
        }
    }
    for things in holds.values_mut() {
        things.sort_unstable();
        things.dedup();
    }
    let origins = origins(repo, commits, &holds, all.len(), options.threads);
    // The same blob under the same path is read once for all that it holds.
    let first = origins.iter().filter_map(|origin| origin.first.as_ref());
    let first: BTreeSet<(&[u8], ObjectId)> =
        first.map(|(path, id)| (path.as_slice(), *id)).collect();
    let first: Vec<(&[u8], ObjectId)> = first.into_iter().collect();
    let root = repo.root();
    let (_, mut then, _) = hunt(repo, None, plan, options, first.len(), true, &|number| {
        let (path, id) = first.get(number)?;
        Some(Blob { path: named(&root, path), id: *id, origin: Origin::Named, place: None })
    });
    let mut findings = Vec::with_capacity(all.len());
    for ((key, sighting), origin) in all.into_iter().zip(origins) {
        let place = origin.first.as_ref().map(|(path, id)| (named(&root, path).identity, *id));
        let then = then.remove(&(key, place)).map(|then| then.finding);
        let (path, newest) = (then.as_ref(), sighting.finding.location.clone());
        let moved = path.is_some_and(|then| then.location.path != newest.path);
        let mut finding = then.unwrap_or(sighting.finding);
        if moved {
            let location = Location { excerpt: None, ..newest };
            let note = "stands here later".to_owned();
            finding.related.insert(0, Related { location, note });
        }
        tell(&mut finding, origin);
        findings.push(finding);
    }
    findings
}

/// Says of a finding what history knows.
fn tell(finding: &mut Finding, origin: Origins) {
    let Origins { history, more, is_cut, tips, all_tips, .. } = origin;
    let mut notes = Vec::new();
    let one = Commit::short;
    for commit in &history.brought {
        let word = if is_cut && notes.is_empty() { "there already in" } else { "brought by" };
        notes.push(format!("{word} {}", one(commit)));
    }
    notes.extend(history.removed.iter().map(|commit| format!("removed by {}", one(commit))));
    if more > 0 {
        notes.push(format!("{more} more commits brought or removed it"));
    }
    if history.in_head {
        notes.push("still in the commit that is checked out".to_owned());
    } else if all_tips > 0 {
        let others = all_tips.saturating_sub(tips.len());
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        notes.push(format!(
            "no longer in the commit that is checked out; still in {}{others}",
            tips.join(", ")
        ));
    } else {
        notes.push("on no branch or tag any more, and still in the repository".to_owned());
    }
    finding.notes.splice(..0, notes);
    finding.help = Some(HELP.into());
    // The file of that time can't be edited.
    finding.fix = None;
    finding.history = Some(Box::new(history));
}

fn coverage(all: &Merged, commits: &Commits, submodules: &[SourcePath], plan: &Plan) -> Coverage {
    let mut skipped = all.skipped();
    skipped.extend(submodules.iter().map(|path| Skipped {
        path: path.display.clone(),
        reason: "submodule",
        detail: format!(
            "a submodule is a repository of its own: `hermes-lint check --history {}`",
            path.display
        ),
    }));
    skipped.extend(commits.gaps().into_iter().map(|(reason, detail)| Skipped {
        path: "history".to_owned(),
        reason,
        detail,
    }));
    skipped.sort();
    skipped.dedup();
    Coverage {
        files: all.files,
        bytes: all.bytes,
        skipped,
        homes: Vec::new(),
        hermes: plan.knowledge.scope_text(),
        rules: data::digest().to_owned(),
    }
}
