//! One line a finding: `path:line:col: severity[rule] message`, as editors and `grep` read it.
//!
//! The line is for jumping to, not for parsing: a path may hold a colon. Programs read the JSON.

use std::io::{self, Write};

use super::human::Palette;
use super::{Report, Style, checklist, summary, text};
use crate::finding::Severity;

/// Writes findings, checklist verdicts, what was skipped (with `-v`), and a closing line.
pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(style);
    for finding in report.findings {
        write!(out, "{}", text::name(&finding.location.path))?;
        if let Some(at) = finding.location.region {
            write!(out, ":{}:{}", at.line, at.column)?;
        }
        let color = match finding.severity {
            Severity::Error => palette.bad,
            Severity::Warning => palette.open,
            Severity::Info => palette.word,
        };
        let (severity, rule) = (finding.severity, text::name(finding.rule));
        writeln!(out, ": {color}{severity}[{rule}]{color:#} {}", text::line(&finding.message))?;
    }
    if let Some(list) = report.checklist {
        checklist::concise(list, style, out)?;
    }
    if style.quiet {
        return Ok(());
    }
    if style.verbose > 0 {
        for skipped in &report.coverage.skipped {
            write!(out, "{}: skipped[{}]", text::name(&skipped.path), skipped.reason)?;
            if !skipped.detail.is_empty() {
                write!(out, " {}", text::line(&skipped.detail))?;
            }
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary(report, style))
}
