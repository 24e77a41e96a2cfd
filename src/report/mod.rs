//! What people and machines are shown of a run: findings, the checklist and the coverage receipt.
//!
//! A report is written from plain data, in the order it is given, one finding at a time, to a writer the
//! caller chose: nothing here decides what counts, opens a file or knows a terminal. Output is UTF-8 and
//! the same bytes for the same report, whatever the locale; the drawing characters of the human format
//! therefore depend on nothing, and only colour is a matter of [`Style`]. What a scanned file
//! says reaches a terminal as visible characters only (see `text`): a hostile skill or file name can't
//! move the cursor, recolour a line or reorder it.

pub mod audit;
pub mod capabilities;
mod checklist;
mod concise;
mod edits;
pub mod fleet;
mod format;
mod github;
mod gitlab;
mod gitlab_secrets;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
pub mod policy;
mod pretty;
mod prometheus;
pub mod review;
mod sarif;
mod snippet;
mod text;

pub use edits::Cut;
pub use format::Format;
pub use sarif::{GITHUB_RESULTS, GITHUB_SHOWN};
pub use text::name as shown_name;

use std::io::{self, BufWriter, Write};

use crate::checklist::Checklist;
use crate::finding::{Coverage, Finding, Severity, Suppressed};

/// What a run has to say.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The findings to show, in the order to show them ([`Finding::order`]).
    pub findings: &'a [Finding],
    /// Number of findings held back: left out by selection, by path or below `--min-confidence`.
    pub hidden: usize,
    /// Findings that an operator decided about, in the order of [`Finding::order`].
    pub suppressed: &'a [Suppressed],
    /// What was read and what was not.
    pub coverage: &'a Coverage,
    /// The checklist, when it was asked for along with the findings.
    pub checklist: Option<&'a Checklist>,
    /// Edits that close several errors at once.
    pub cuts: &'a [Cut],
    /// When it ran and what it is called.
    pub run: Run<'a>,
}

/// What some formats say of the run itself. Everything else in a report is the same whenever it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run<'a> {
    /// When it began, UTC.
    pub started: jiff::Timestamp,
    /// When it ended, UTC.
    pub ended: jiff::Timestamp,
    /// What tells it from other runs on the same commit (`--category`).
    pub category: Option<&'a str>,
}

/// How the formats for people look; machine formats ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Write ANSI colours.
    pub color: bool,
    /// Width to fit lines into, in terminal columns; less than 40 is read as 40.
    pub width: usize,
    /// How often `-v` was given; from 1 on, what was not read is listed.
    pub verbose: u8,
    /// `-q`: no closing summary and no list of skipped files.
    pub quiet: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100, verbose: 0, quiet: false }
    }
}

/// Writes `report` to `out`, buffered and flushed.
///
/// # Errors
///
/// Whatever `out` fails with.
pub fn write(
    report: &Report<'_>,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Human => human::write(report, style, &mut out)?,
        Format::Concise => concise::write(report, style, &mut out)?,
        Format::Json => json::write(report, &mut out)?,
        Format::Sarif => sarif::write(report, &mut out)?,
        Format::Github => github::write(report, &mut out)?,
        Format::Gitlab => gitlab::write(report, &mut out)?,
        Format::GitlabSecrets => gitlab_secrets::write(report, &mut out)?,
        Format::Junit => junit::write(report, &mut out)?,
        Format::Markdown => markdown::write(report, &mut out)?,
        Format::Html => html::write(report, &mut out)?,
        Format::Prometheus => prometheus::write(report, &mut out)?,
    }
    out.flush()
}

/// Writes the checklist alone to `out`, buffered and flushed; the formats for pages say what was read as well.
///
/// # Errors
///
/// Whatever `out` fails with; a format in which a checklist has no form ([`Format::CHECKLIST`] lists the others).
pub fn write_checklist(
    list: &Checklist,
    coverage: &Coverage,
    run: Run<'_>,
    format: Format,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match format {
        Format::Human => checklist::human(list, style, &mut out)?,
        Format::Concise => checklist::concise(list, style, &mut out)?,
        Format::Json => json::write_checklist(list, &mut out)?,
        Format::Junit => junit::checklist(list, coverage, &mut out)?,
        Format::Markdown => markdown::checklist(list, coverage, &mut out)?,
        Format::Html => html::checklist(list, coverage, &mut out)?,
        Format::Prometheus => prometheus::checklist(list, coverage, run, &mut out)?,
        Format::Sarif | Format::Github | Format::Gitlab | Format::GitlabSecrets => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("a checklist has no form in {format}"),
            ));
        }
    }
    out.flush()
}

/// Number of findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl Counts {
    fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Info => counts.infos += 1,
            }
        }
        counts
    }
}

/// `1 file`, `2 files`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The closing line of the formats for people, without a line break.
fn summary(report: &Report<'_>, style: Style) -> String {
    let counts = Counts::of(report.findings);
    let found: Vec<_> =
        [(counts.errors, "error"), (counts.warnings, "warning"), (counts.infos, "info")]
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, noun)| plural(count, noun))
            .collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let mut line = format!("{found} in {}", plural(report.coverage.files, "file"));
    let skipped = report.coverage.skipped.len();
    if skipped > 0 {
        line += &format!("; {} skipped", plural(skipped, "file"));
        if style.verbose == 0 {
            line += " (-v lists them)";
        }
    }
    if !report.suppressed.is_empty() {
        line += &format!("; {} suppressed", plural(report.suppressed.len(), "finding"));
    }
    if report.hidden > 0 {
        let hidden = plural(report.hidden, "finding");
        line += &format!("; {hidden} hidden (left out by settings, selection or --min-confidence)");
    }
    line
}

#[cfg(test)]
mod tests;
