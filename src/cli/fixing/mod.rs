//! `--fix` and `--diff`: findings to changed files, by way of a second look.
//!
//! Every batch of fixes is carried out in memory first and the whole deployment judged again as it would be. A batch
//! stays only if each finding it is about is gone and nothing as grave has come in its place; else it is tried in
//! halves, until the one that does harm is found and left. That costs a scan for each batch, and makes sure that what is
//! written was judged. What lies outside the files that are judged (modes, `.gitignore`) is decided by the files
//! themselves, looked at afterwards, and taken back when it made anything worse.

mod apply;
mod seen;

pub use seen::Seen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::Failure;
use super::pipeline::{self, Extras, Scanned};
use super::scope::{is_third_party, project_of};
use super::{FOUND, args, output};
use crate::document::dotenv;
use crate::finding::{Action, Finding, Fix, Severity};
use crate::fix::workspace::{Readable, Refused, Workspace};
use crate::fix::write;
use crate::source::Overlay;
use crate::span::Span;

/// Most scans that one run makes: a file can give any number of fixes that do harm.
const SCANS: usize = 60;
/// Largest file beside the documents that is added to, in bytes.
const LARGEST: u64 = 1 << 20;

/// Options about fixes.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Fixes")]
pub struct Fixes {
    /// Change the files: fixes that can change nothing but what was found
    #[arg(long, conflicts_with = "diff")]
    fix: bool,

    /// Show what --fix would change, and exit with 1 if there is anything
    #[arg(long)]
    diff: bool,

    /// Take fixes that may change more than what was found, too
    #[arg(long)]
    unsafe_fixes: bool,

    /// Where to note what was changed, for `hermes-lint undo` [default: below $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    undo_dir: Option<PathBuf>,
}

impl Fixes {
    /// True when files are to be changed, or the changes shown.
    pub const fn is_asked(&self) -> bool {
        self.fix || self.diff
    }
}

/// What to look at, and how.
#[derive(Clone, Copy)]
pub struct Target<'t> {
    /// Files and folders.
    pub paths: &'t [PathBuf],
    /// How to scan.
    pub scan: &'t args::Scan,
    /// Which findings count.
    pub choose: &'t args::Choose,
    /// How to report.
    pub output: &'t args::Output,
    /// What to do besides checking.
    pub extras: Extras<'t>,
}

/// How a run with fixes ends.
pub enum Outcome {
    /// What was found once everything was done.
    Scanned(Box<Scanned>),
    /// The exit status: all was said.
    Done(u8),
}

/// Fixes what can be fixed, or shows it.
///
/// # Errors
///
/// What a scan can't do, and files that can't be written.
pub fn run(target: Target<'_>, args: &Fixes) -> Result<Outcome, Failure> {
    if target.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("standard input has no file that could be changed")
            .help("name the file: `hermes-lint check --fix FILE`"));
    }
    let mut fixer = Fixer {
        target,
        takes_unsafe: args.unsafe_fixes,
        project: project_of(target.paths),
        scans: 0,
        refused: BTreeMap::new(),
        locked: BTreeMap::new(),
    };
    let mut first = fixer.look(&Workspace::default())?;
    let mut done = Done::default();
    for pass in 0..PASSES {
        let Some(before) = &first.seen else { break };
        let mut plan = Plan::default();
        let last = fixer.settle(&first, &mut plan)?;
        let latest = last.as_ref().unwrap_or(&first);
        fixer.outside(latest, &mut plan);
        let now = latest.seen.as_ref().unwrap_or(before);
        if args.diff {
            output::to(target.output, |out| apply::diff(&plan.work, before, now, out))?;
            let status = if plan.work.is_empty() { super::CLEAN } else { FOUND };
            done.take(plan);
            fixer.tell(&done, latest, "would fix");
            return Ok(Outcome::Done(status));
        }
        if plan.work.is_empty() || pass + 1 == PASSES {
            fixer.tell(&done, latest, "fixed");
            break;
        }
        let journal = apply::write(&plan.work, args.undo_dir.as_deref(), done.journal.as_ref())?;
        let after = fixer.look(&Workspace::default())?;
        // What was judged in memory is what is to be on the disk.
        let worse =
            after.seen.as_ref().and_then(|seen| now.worse_in(seen, Severity::Info, is_of_text));
        if let Some((rule, path)) = worse {
            apply::undo(&journal)?;
            return Err(Failure::new(format!(
                "the changes brought {rule} in {path}, so all of them were undone"
            ))
            .help("choose what to fix with `--select`"));
        }
        done.journal = Some(journal);
        done.take(plan);
        first = after;
    }
    let Target { paths, scan, choose, output, extras } = target;
    let scanned = pipeline::scan(paths, scan, Some(choose), output.quiet, extras)?;
    Ok(Outcome::Scanned(Box::new(scanned)))
}

/// Most times that everything is gone through: a file that is made may be the first to give a folder's mode a meaning.
const PASSES: usize = 4;

/// False for rules about the machine: nothing that is written here loosens a mode, but a file that is new may be the
/// first thing in a folder that others should not reach, which is then said and fixed in its turn.
fn is_of_text(rule: &str) -> bool {
    !rule.starts_with("host/")
}

/// What a run did so far.
#[derive(Default)]
struct Done {
    lines: Vec<String>,
    files: BTreeSet<String>,
    journal: Option<apply::Noted>,
}

impl Done {
    fn take(&mut self, plan: Plan) {
        self.lines.extend(plan.done);
        let changed =
            plan.work.files.into_iter().filter(|(_, file)| file.before.as_ref() != Some(&file.now));
        self.files.extend(changed.map(|(path, _)| path));
        self.files.extend(plan.work.modes.into_iter().map(|mode| mode.path));
    }
}

/// What is to be done, and for which findings.
#[derive(Default)]
struct Plan {
    work: Workspace,
    /// One line each.
    done: Vec<String>,
}

impl Plan {
    fn take(&mut self, finding: &Finding, fix: &Fix) {
        self.done.push(line(finding, fix));
    }
}

fn line(finding: &Finding, fix: &Fix) -> String {
    format!("{}: {}: {}", finding.location.path, finding.rule, fix.description)
}

/// What tells a fix from another over several scans.
type Key = (&'static str, String, String, String);

fn key(finding: &Finding, fix: &Fix) -> Key {
    let path = finding.location.path.to_string();
    (finding.rule, path, finding.anchor.clone(), fix.description.clone())
}

/// True for a fix whose effect only the disk shows.
fn is_outside(fix: &Fix) -> bool {
    fix.actions.iter().any(|action| !matches!(action, Action::MoveSecret { .. }))
}

struct Fixer<'t> {
    target: Target<'t>,
    takes_unsafe: bool,
    project: PathBuf,
    scans: usize,
    /// Why a fix was left, for people.
    refused: BTreeMap<Key, String>,
    /// Files that can't be replaced, by path, and why.
    locked: BTreeMap<String, Option<String>>,
}

impl Fixer<'_> {
    /// Scans everything as it would be with `work` done.
    fn look(&mut self, work: &Workspace) -> Result<Scanned, Failure> {
        self.scans += 1;
        let mut overlay = Overlay::default();
        for file in work.files.values() {
            overlay.put(file.real.clone(), file.now.clone(), file.before.is_none());
        }
        let Target { paths, scan, choose, output, .. } = self.target;
        let host = self.target.extras.host;
        let extras = Extras { host, overlay: Some(&overlay), seen: true, ..Extras::default() };
        pipeline::scan(paths, scan, Some(choose), output.quiet, extras)
    }

    /// Carries out what text can fix, batch by batch, until nothing is left; returns what the last look saw.
    fn settle(&mut self, first: &Scanned, plan: &mut Plan) -> Result<Option<Scanned>, Failure> {
        let mut last: Option<Scanned> = None;
        let mut most = usize::MAX;
        while self.scans < SCANS {
            let current = last.as_ref().unwrap_or(first);
            let Some(seen) = &current.seen else { break };
            let mut work = plan.work.clone();
            let batch = self.batch(current, seen, &mut work, most);
            if batch.is_empty() {
                break;
            }
            let next = self.look(&work)?;
            let harm = next.seen.as_ref().and_then(|after| harm(seen, after, &batch));
            match (harm, batch.as_slice()) {
                (None, _) => {
                    for (finding, fix) in &batch {
                        plan.take(finding, fix);
                    }
                    plan.work = work;
                    most = usize::MAX;
                    last = Some(next);
                }
                (Some(why), [(finding, fix)]) => {
                    self.refused.insert(key(finding, fix), why);
                    most = usize::MAX;
                }
                (Some(_), several) => most = several.len() / 2,
            }
        }
        Ok(last)
    }

    /// Applies up to `most` fixes to `work`, and returns those.
    fn batch<'s>(
        &mut self,
        current: &'s Scanned,
        seen: &Seen,
        work: &mut Workspace,
        most: usize,
    ) -> Vec<(&'s Finding, &'s Fix)> {
        let mut batch = Vec::new();
        let mut round = work.round();
        for (finding, fix) in self.wanted(current) {
            if batch.len() >= most {
                break;
            }
            if is_outside(fix) {
                continue;
            }
            if let Some(why) = self.why_not(fix, seen) {
                self.refused.insert(key(finding, fix), why);
                continue;
            }
            let absent = absent_files(fix, seen);
            let read = |path: &str| {
                let known = seen.documents.get(path).map(|document| Readable {
                    real: &document.real,
                    bytes: Some(&document.bytes),
                });
                known.or_else(|| {
                    let real = absent.get(path)?;
                    Some(Readable { real, bytes: None })
                })
            };
            match round.apply(fix, read, &dotenv::edit::with_variable) {
                Ok(()) => batch.push((finding, fix)),
                Err(Refused::Overlaps) => {}
                Err(Refused::Unfit(why)) => {
                    self.refused.insert(key(finding, fix), why.to_owned());
                }
            }
        }
        batch
    }

    /// The findings that may be fixed, with their fixes.
    fn wanted<'s>(&self, current: &'s Scanned) -> Vec<(&'s Finding, &'s Fix)> {
        let findings = current.triaged.findings.iter();
        findings
            .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
            .filter(|(_, fix)| fix.safe || self.takes_unsafe)
            .filter(|(finding, fix)| !self.refused.contains_key(&key(finding, fix)))
            .collect()
    }

    /// Why a fix of text is not for this run.
    fn why_not(&mut self, fix: &Fix, seen: &Seen) -> Option<String> {
        let edits = fix.edits.iter().map(|edit| (&edit.path, edit.start, edit.end, false));
        let moves = fix.actions.iter().filter_map(|action| match action {
            Action::MoveSecret { path, start, end, .. } => Some((path, *start, *end, true)),
            _ => None,
        });
        for (path, start, end, secret) in edits.chain(moves) {
            let Some(document) = seen.documents.get(path) else {
                return Some(format!("{path} is not a file that may be changed"));
            };
            if !document.named {
                return Some(format!("{path} was not named"));
            }
            let folder = crate::source::absolute(&document.real);
            let folder = folder.parent().unwrap_or(&folder);
            if is_third_party(folder, &self.project) {
                return Some(format!(
                    "{path} is somebody else's: it belongs to a skill or a plugin"
                ));
            }
            let span = Span::new(start, end);
            if !secret && document.masks.iter().any(|mask| mask.overlaps(span)) {
                return Some("the edit would touch a credential".to_owned());
            }
            let why = self.locked.entry(path.clone()).or_insert_with(|| {
                let fault = write::check(&document.real, Some(&document.bytes)).err()?;
                Some(format!("{path}: {fault}"))
            });
            if why.is_some() {
                return why.clone();
            }
        }
        None
    }

    /// Takes up what only the disk can show: modes, and lines of files that are no documents.
    fn outside(&mut self, current: &Scanned, plan: &mut Plan) {
        for (finding, fix) in self.wanted(current) {
            if !is_outside(fix) || !fix.edits.is_empty() {
                continue;
            }
            let mut beside: BTreeMap<&str, (PathBuf, Option<Vec<u8>>)> = BTreeMap::new();
            let mut why = None;
            for action in &fix.actions {
                if let Action::Append { path, .. } = action {
                    match plain_file(Path::new(path)) {
                        Ok(bytes) => drop(beside.insert(path, (PathBuf::from(path), bytes))),
                        Err(fault) => why = Some(format!("{path}: {fault}")),
                    }
                }
            }
            let read = |path: &str| {
                let (real, bytes) = beside.get(path)?;
                Some(Readable { real, bytes: bytes.as_deref() })
            };
            let nothing = |_: &[u8], _: &str, _: &str| None;
            let why = why.or_else(|| match plan.work.round().apply(fix, read, &nothing) {
                Ok(()) => None,
                Err(Refused::Overlaps) => Some("it overlaps another fix".to_owned()),
                Err(Refused::Unfit(why)) => Some(why.to_owned()),
            });
            match why {
                Some(why) => drop(self.refused.insert(key(finding, fix), why)),
                None => plan.take(finding, fix),
            }
        }
    }

    /// Says what was done, what was left, and what more could be done.
    fn tell(&self, done: &Done, left: &Scanned, verb: &str) {
        if self.target.output.quiet {
            return;
        }
        for line in &done.lines {
            output::say(&format!("{verb}: {line}"));
        }
        for ((rule, path, _, what), why) in &self.refused {
            output::say(&format!("not fixed: {path}: {rule}: {what}: {why}"));
        }
        let count = |number: usize, what: &str| match number {
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        let mut text = match done.lines.len() {
            0 => "nothing to fix".to_owned(),
            lines => {
                format!("{verb} {} in {}", count(lines, "finding"), count(done.files.len(), "file"))
            }
        };
        let fixes = left.triaged.findings.iter().filter_map(|finding| finding.fix.as_ref());
        let more = if self.takes_unsafe { 0 } else { fixes.filter(|fix| !fix.safe).count() };
        if more > 0 {
            text.push_str(&format!("; {more} more with --unsafe-fixes"));
        }
        if let Some(journal) = &done.journal {
            text.push_str(&format!("; undo: {}", journal.command()));
        }
        output::say(&text);
    }
}

/// What is wrong with the deployment as `after` has it, once `batch` was carried out on what `before` saw.
fn harm(before: &Seen, after: &Seen, batch: &[(&Finding, &Fix)]) -> Option<String> {
    if let Some(path) = before.turned_in(after) {
        return Some(format!("{path} would not be read as what it is any more"));
    }
    let least = batch.iter().map(|(finding, _)| finding.severity).min()?;
    if let Some((rule, path)) = before.worse_in(after, least, |_| true) {
        return Some(format!("it would bring {rule} in {path}"));
    }
    let stays = |(finding, _): &&(&Finding, &Fix)| after.says(finding) >= before.says(finding);
    if batch.iter().any(|one| stays(&one)) {
        return Some("the finding would stay".to_owned());
    }
    None
}

/// The dotenv files that a fix makes, where there are none.
fn absent_files(fix: &Fix, seen: &Seen) -> BTreeMap<String, PathBuf> {
    let targets = fix.actions.iter().filter_map(|action| match action {
        Action::MoveSecret { to, .. } => Some(to),
        _ => None,
    });
    targets
        .filter(|to| !seen.documents.contains_key(*to))
        .filter(|to| write::check(Path::new(to), None).is_ok())
        .map(|to| (to.clone(), PathBuf::from(to)))
        .collect()
}

/// The bytes of a small regular file; `None` when there is none.
fn plain_file(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let facts = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| error.kind().to_string())?,
    };
    if !facts.is_file() || facts.len() > LARGEST {
        return Err("it is no small regular file".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| error.kind().to_string())?;
    write::check(path, Some(&bytes)).map_err(|fault| fault.to_string())?;
    Ok(Some(bytes))
}
