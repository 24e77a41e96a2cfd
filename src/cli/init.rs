//! `hermes-lint init`: settings, hooks, CI and a baseline for a repository, or a daily run for a host.
//!
//! It asks nothing. Without `--yes` it shows what it would write. With it, everything is worked out and every file is
//! looked at before the first one is written.

use std::path::{Path, PathBuf};

use super::error::Failure;
use super::pipeline::{self, Extras, Scanned};
use super::{CLEAN, FOUND, Outcome, args, output};
use crate::finding::{Finding, Severity};
use crate::fix::{diff, write};
use crate::report::plural;
use crate::settings::FILE_NAME;
use crate::setup::{self, Act, BASELINE, Step};
use crate::source::Overlay;
use crate::source::git::Checkout;

/// Where a host's administrator puts units.
const UNITS: &str = "/etc/systemd/system";
/// Errors that are listed before they are counted.
const LISTED: usize = 20;

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder in the repository; default: the working directory
    path: Option<PathBuf>,

    /// Write the files; without it they are only shown
    #[arg(long, short)]
    yes: bool,

    /// Leave these out
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    without: Vec<Part>,

    /// For a host: a service and a timer that judge it once a day, into DIR [default: /etc/systemd/system]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = UNITS, require_equals = true,
          conflicts_with_all = ["path", "without"])]
    systemd: Option<PathBuf>,

    /// Say nothing of what was written
    #[arg(long, short)]
    quiet: bool,
}

/// A part of the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// `.hermes-lint.toml`
    Settings,
    /// The entry in `.pre-commit-config.yaml` or `prek.toml`
    PreCommit,
    /// `.git/hooks/pre-commit`
    GitHook,
    /// The CI job
    Ci,
    /// `.hermes-lint-baseline`
    Baseline,
}

/// Shows or writes the set-up; exits with 1 when something is left to do by hand.
pub fn run(args: &Args) -> Outcome {
    let binary = std::env::current_exe().ok();
    if let Some(folder) = &args.systemd {
        let binary =
            binary.ok_or_else(|| Failure::new("it can't be told where this binary lies"))?;
        let steps = setup::units(folder, &binary)
            .map_err(|help| Failure::new("the units can't name this binary").help(help))?;
        let next = "systemctl daemon-reload && systemctl enable --now hermes-lint.timer".to_owned();
        return carry_out(args, folder, &steps, &[], Some(next));
    }
    let folder = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let checkout =
        Checkout::of(&folder).map_err(|error| Failure::new(error.message).help(error.help))?;
    let wanted = |part: Part| !args.without.contains(&part);
    let mut steps = Vec::new();
    if wanted(Part::PreCommit) {
        steps.push(setup::entry(&checkout.root));
    }
    if wanted(Part::GitHook) && !setup::has_other(&checkout.root) {
        steps.push(setup::git_hook(&checkout, binary.as_deref()));
    }
    if wanted(Part::Ci) {
        match setup::continuous(&checkout) {
            Some(step) => steps.push(step),
            None if !args.quiet => {
                output::note("no forge is seen, so there is no CI file: docs/set-up.md has them")
            }
            None => {}
        }
    }
    // One that no settings name would count for nothing.
    let (baseline, known) = if wanted(Part::Baseline) && wanted(Part::Settings) {
        baseline(&checkout, &steps)?
    } else {
        (None, Vec::new())
    };
    if wanted(Part::Settings) {
        let named = baseline.is_some();
        steps.insert(0, setup::settings(&checkout.root, named));
    }
    steps.extend(baseline);
    let next = commit(&checkout, &steps);
    carry_out(args, &checkout.root, &steps, &known, next)
}

/// The baseline of what is there once `steps` are carried out, with what to know about it; `None` when nothing is found.
/// It comes with new settings alone: a later run must not make known what has come since.
fn baseline(checkout: &Checkout, steps: &[Step]) -> Result<(Option<Step>, Vec<String>), Failure> {
    let path = checkout.root.join(BASELINE);
    let what = "the findings that are there now, which do not count";
    if path.exists() {
        return Ok((Some(Step { path, act: Act::There { what } }), Vec::new()));
    }
    if checkout.root.join(FILE_NAME).exists() {
        return Ok((None, Vec::new()));
    }
    let mut overlay = Overlay::default();
    for step in steps {
        if let Act::Write { before, now, .. } = &step.act {
            overlay.put(step.path.clone(), now.clone().into_bytes(), before.is_none());
        }
    }
    let choose = args::Choose { write_baseline: Some(path.clone()), ..args::Choose::default() };
    let extras = Extras { overlay: Some(&overlay), ..Extras::default() };
    let root = [checkout.root.clone()];
    let scanned = pipeline::scan(&root, &args::Scan::default(), Some(&choose), true, extras)?;
    let Some(known) = scanned.known.as_ref().filter(|_| !scanned.triaged.findings.is_empty())
    else {
        return Ok((None, Vec::new()));
    };
    let now = known.anew(&scanned).text();
    let act = Act::Write { before: None, now, mode: 0o644, what };
    Ok((Some(Step { path, act }), told(&scanned, &checkout.root)))
}

/// What is known from now on: the errors one by one, because they are there all the same.
fn told(scanned: &Scanned, root: &Path) -> Vec<String> {
    let findings = &scanned.triaged.findings;
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let all =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let counts = all.map(|(severity, noun)| (count(severity), noun));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, noun)| plural(*count, noun)).collect();
    let mut lines = vec![format!("known from now on: {}", counts.join(", "))];
    let errors: Vec<&Finding> =
        findings.iter().filter(|one| one.severity == Severity::Error).collect();
    let line = |finding: &&Finding| {
        let place = &finding.location;
        let path = Path::new(&*place.path);
        let path = path.strip_prefix(root).unwrap_or(path).display();
        let line = place.region.as_ref().map_or(1, |region| region.line);
        format!("  {path}:{line}: {}: {}", finding.rule, finding.message)
    };
    lines.extend(errors.iter().take(LISTED).map(line));
    if errors.len() > LISTED {
        lines.push(format!("  and {} more", errors.len() - LISTED));
    }
    lines
}

/// The command that stores what is written, for everybody who clones.
fn commit(checkout: &Checkout, steps: &[Step]) -> Option<String> {
    let files: Vec<String> = steps
        .iter()
        .filter(|step| matches!(step.act, Act::Write { .. }))
        .filter_map(|step| step.path.strip_prefix(&checkout.root).ok())
        .filter(|path| !path.starts_with(".git"))
        .map(|path| path.display().to_string())
        .collect();
    (!files.is_empty()).then(|| format!("git add {}", files.join(" ")))
}

/// Shows `steps`, or carries them out; `known` are lines about the baseline, `next` the command that is left to give.
fn carry_out(
    args: &Args,
    root: &Path,
    steps: &[Step],
    known: &[String],
    next: Option<String>,
) -> Outcome {
    if args.yes {
        write_all(steps)?;
    }
    let mut out = String::new();
    let mut left = false;
    for step in steps {
        let path = step.path.strip_prefix(root).unwrap_or(&step.path).display().to_string();
        match &step.act {
            Act::Write { before, what, .. } => {
                let verb = match (args.yes, before) {
                    (true, None) => "wrote",
                    (true, Some(_)) => "added to",
                    (false, None) => "would write",
                    (false, Some(_)) => "would add to",
                };
                out.push_str(&format!("{verb} {path}: {what}\n"));
            }
            Act::There { what } => out.push_str(&format!("there is {path}: {what}\n")),
            Act::Left { why, add } => {
                left = true;
                let add = add.trim_end().replace('\n', "\n    ");
                out.push_str(&format!("left {path}: {why}; add:\n    {add}\n"));
            }
        }
    }
    for line in known {
        out.push_str(&format!("{line}\n"));
    }
    if args.yes {
        out.extend(next.map(|next| format!("next: {next}\n")));
    } else {
        // What a baseline holds says nothing to people.
        let shown = steps.iter().filter(|step| !step.path.ends_with(BASELINE));
        shown.filter_map(|step| difference(step, root)).for_each(|diff| {
            out.push_str(&format!("\n{diff}"));
        });
    }
    if !(args.quiet && args.yes) {
        let lines = out.lines().map(crate::report::shown_name);
        let out = lines.fold(String::new(), |all, line| all + &line + "\n");
        output::stdout(|stdout| stdout.write_all(out.as_bytes()))?;
    }
    let any = steps.iter().any(|step| matches!(step.act, Act::Write { .. }));
    if !args.yes && any && !args.quiet {
        output::note("nothing is written yet: `hermes-lint init --yes` does");
    }
    Ok(if left { FOUND } else { CLEAN })
}

/// What a step adds, without the lines around it: they are the operator's, and can hold anything.
fn difference(step: &Step, root: &Path) -> Option<String> {
    let Act::Write { before, now, .. } = &step.act else { return None };
    let path = step.path.strip_prefix(root).unwrap_or(&step.path).display().to_string();
    let file = diff::FileDiff { path: &path, before: before.as_deref(), after: now, around: false };
    Some(diff::unified(file))
}

/// Writes what `steps` say, after a look at every file.
///
/// # Errors
///
/// One that can't be written; when that shows at the look, nothing is.
fn write_all(steps: &[Step]) -> Result<(), Failure> {
    let cannot = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::new(format!("can't write {}: {error}", path.display()))
            .help("what was written before it stays; run it again once this is settled")
    };
    for look in [true, false] {
        for step in steps {
            let Act::Write { before, now, mode, .. } = &step.act else { continue };
            let path = &step.path;
            let before = before.as_ref().map(String::as_bytes);
            let folder = path.parent().unwrap_or(Path::new("."));
            let done = match look {
                true if folder.is_dir() => write::check(path, before),
                true => Ok(()),
                false => {
                    std::fs::create_dir_all(folder).map_err(|error| cannot(path, &error))?;
                    write::replace(path, before, now.as_bytes(), *mode)
                }
            };
            done.map_err(|fault| cannot(path, &fault))?;
        }
    }
    Ok(())
}
