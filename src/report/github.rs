//! Findings as workflow commands of GitHub Actions: the runner makes annotations of them, beside the changed lines.
//!
//! The runner keeps the first ten annotations of a kind and drops the rest without a word. So the gravest findings
//! come first and ten of each kind become commands; the others are lines of the log, in a group, and a closing line
//! counts them. A step summary has room for all: `--format github --format markdown=$GITHUB_STEP_SUMMARY`.
//!
//! A command ends where its line ends, and a plain line is obeyed when it begins with `::` or holds `##[`: nothing
//! that a scanned file says gets to write either.

use std::io::{self, Write};

use super::{Report, Style, plural, summary, text};
use crate::finding::{Finding, Severity};

/// Annotations of a kind that the runner keeps, for each step.
const KEPT: usize = 10;

/// Writes the commands, then the rest and the receipt as lines of the log.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let all = || report.findings.iter().filter(|finding| finding.severity == severity);
        for finding in all().take(KEPT) {
            command(finding, out)?;
        }
        rest.extend(all().skip(KEPT));
    }
    if !rest.is_empty() {
        let more = plural(rest.len(), "more finding");
        writeln!(out, "::group::{more} without an annotation")?;
        for finding in &rest {
            line(finding, out)?;
        }
        writeln!(out, "::endgroup::")?;
    }
    let coverage = report.coverage;
    if !coverage.skipped.is_empty() {
        writeln!(out, "::group::{} skipped", plural(coverage.skipped.len(), "file"))?;
        for skipped in &coverage.skipped {
            let detail = if skipped.detail.is_empty() {
                String::new()
            } else {
                format!(" ({})", skipped.detail)
            };
            writeln!(out, "- {}", plain(&format!("{}: {}{detail}", skipped.path, skipped.reason)))?;
        }
        writeln!(out, "::endgroup::")?;
    }
    if !rest.is_empty() {
        let more = plural(rest.len(), "more finding");
        writeln!(
            out,
            "{more} in the log above: GitHub shows {KEPT} annotations of a kind for each step"
        )?;
    }
    let found = summary(report, Style { verbose: 1, ..Style::default() });
    writeln!(
        out,
        "hermes-lint {}: {found}; {} bytes read, rules {}",
        env!("CARGO_PKG_VERSION"),
        coverage.bytes,
        plain(&coverage.rules)
    )
}

/// `::error file=...,line=...,title=rule::message`.
fn command(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    write!(out, "::{kind} file={}", property(&text::name(&finding.location.path)))?;
    if let Some(at) = finding.location.region {
        write!(out, ",line={},endLine={}", at.line, at.end_line)?;
        // An annotation over several lines has no columns.
        if at.line == at.end_line {
            write!(out, ",col={},endColumn={}", at.column, at.end_column)?;
        }
    }
    write!(
        out,
        ",title={}::{}",
        property(&text::name(finding.rule)),
        data(&text::block(&finding.message))
    )?;
    if let Some(help) = &finding.help {
        write!(out, "%0A%0A{}", data(&text::block(help)))?;
    }
    writeln!(out)
}

/// A finding as a line of the log.
fn line(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let at = finding.location.region.map(|at| format!(":{}:{}", at.line, at.column));
    let (path, at) = (&finding.location.path, at.unwrap_or_default());
    let said = format!("{path}{at}: {}[{}] {}", finding.severity, finding.rule, finding.message);
    writeln!(out, "- {}", plain(&said))
}

/// What follows `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What follows `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// One line in which the runner finds no command, once something stands before it.
fn plain(text: &str) -> String {
    text::line(text).replace("##[", "#\\#[")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the runner reads of a command: its kind, its properties and its message.
    fn read(line: &str) -> (String, Vec<(String, String)>, String) {
        let back = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n");
            text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
        };
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (kind, properties) = head.split_once(' ').unwrap();
        let properties = properties.split(',').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), back(value))
        });
        (kind.to_owned(), properties.collect(), back(message))
    }

    proptest! {
        #[test]
        fn a_command_holds_what_it_was_given(
            path in "([:,%=\r\n \u{1b}a/]|%0A|::|\\PC){1,12}",
            message in "([:,%\r\n\u{1b}x]|%3A|::error::|##\\[|\\PC){1,12}",
        ) {
            let mut finding = crate::report::tests::full();
            finding.location.path = path.as_str().into();
            finding.message.clone_from(&message);
            let mut out = Vec::new();
            command(&finding, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            let lines: Vec<&str> = out.split(['\n', '\r']).collect();
            prop_assert_eq!(lines.len(), 2);
            let (kind, properties, said) = read(lines[0]);
            prop_assert_eq!(kind, "error");
            let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names, ["file", "line", "endLine", "col", "endColumn", "title"]);
            prop_assert_eq!(&properties[0].1, &text::name(&path));
            prop_assert!(said.starts_with(&*text::block(&message)), "{}", said);
            let mut out = Vec::new();
            line(&finding, &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            prop_assert!(out.starts_with("- ") && out.lines().count() == 1 && !out.contains("##["), "{}", out);
        }
    }
}
