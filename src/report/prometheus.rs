//! The counts of a run in Prometheus's text exposition, for node_exporter's textfile collector.
//!
//! Counts only: a path or a message would be a series of its own, kept for as long as the server keeps anything. What
//! is counted can fall from one run to the next, so everything is a gauge. Findings are counted by rule, where a
//! rule without one has no series, and by severity, where all three are always there to write an alert on. The
//! collector takes no timestamps, so the time of the run is a metric: an alert on its age notices a run that stopped.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write as _};
use std::io::{self, Write};

use super::checklist::{STATUSES, lists};
use super::{Counts, Report, Run, text};
use crate::checklist::{Checklist, Tally};
use crate::finding::Coverage;

/// A label's value between its quotes. What a terminal would obey is spelled out: these files are looked at, too.
struct Label<'t>(&'t str);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in text::name(self.0).chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Writes the head of a metric. No help text holds a backslash or a line break.
fn head(name: &str, help: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# HELP hermes_lint_{name} {help}\n# TYPE hermes_lint_{name} gauge")
}

/// Writes a metric that is one number.
fn single(name: &str, help: &str, value: impl Display, out: &mut dyn Write) -> io::Result<()> {
    head(name, help, out)?;
    writeln!(out, "hermes_lint_{name} {value}")
}

/// Writes the findings, the receipt and, when there is one, the checklist.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in report.findings {
        *rules.entry((finding.rule, finding.severity.as_str())).or_default() += 1;
    }
    head("findings", "Findings that count, by rule and severity.", out)?;
    for ((rule, severity), count) in rules {
        writeln!(
            out,
            "hermes_lint_findings{{rule=\"{}\",severity=\"{severity}\"}} {count}",
            Label(rule)
        )?;
    }
    let Counts { errors, warnings, infos } = Counts::of(report.findings);
    head("severity_findings", "Findings that count, by severity.", out)?;
    for (severity, count) in [("error", errors), ("warning", warnings), ("info", infos)] {
        writeln!(out, "hermes_lint_severity_findings{{severity=\"{severity}\"}} {count}")?;
    }
    let decided = report.suppressed.len();
    single("suppressed_findings", "Findings that an operator decided about.", decided, out)?;
    let help = "Findings held back by selection, path or confidence.";
    single("hidden_findings", help, report.hidden, out)?;
    if let Some(list) = report.checklist {
        items(list, out)?;
    }
    receipt(report.coverage, report.run, out)
}

/// Writes the checklist alone, and the receipt.
pub(super) fn checklist(
    list: &Checklist,
    coverage: &Coverage,
    run: Run<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    items(list, out)?;
    receipt(coverage, run, out)
}

fn items(list: &Checklist, out: &mut dyn Write) -> io::Result<()> {
    head("checklist_items", "Items of the hardening checklists, by list and verdict.", out)?;
    for (name, items) in lists(list) {
        let tally = Tally::of(items);
        for status in STATUSES {
            writeln!(
                out,
                "hermes_lint_checklist_items{{list=\"{}\",status=\"{}\"}} {}",
                Label(name),
                status.as_str(),
                tally.count(status)
            )?;
        }
    }
    if let Some(score) = list.tally().score() {
        let help = "Share of the items that pass among those that arise.";
        single(
            "checklist_score_ratio",
            help,
            format_args!("{}.{:02}", score / 100, score % 100),
            out,
        )?;
    }
    Ok(())
}

fn receipt(coverage: &Coverage, run: Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    single("files", "Files that were read.", coverage.files, out)?;
    single("read_bytes", "Bytes that were read.", coverage.bytes, out)?;
    single("skipped_files", "Files that were not read.", coverage.skipped.len(), out)?;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in &coverage.skipped {
        *reasons.entry(skipped.reason).or_default() += 1;
    }
    head("skipped_reason_files", "Files that were not read, by reason.", out)?;
    for (reason, count) in reasons {
        writeln!(out, "hermes_lint_skipped_reason_files{{reason=\"{}\"}} {count}", Label(reason))?;
    }
    let ended = run.ended.as_second();
    single("last_run_timestamp_seconds", "When the run ended.", ended, out)?;
    head("info", "The version of hermes-lint and the digest of its rule set.", out)?;
    let (version, rules) = (env!("CARGO_PKG_VERSION"), Label(&coverage.rules));
    writeln!(out, "hermes_lint_info{{version=\"{version}\",rules=\"{rules}\"}} 1")
}
