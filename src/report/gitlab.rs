//! Findings as a Code Quality report of GitLab, for the widget of a merge request.
//!
//! The report is an array of degradations and nothing else: it has no room for a receipt, and what an operator
//! decided about is left out, since GitLab would show it as new. A finding about a file as a whole stands at its
//! first line, because a line is asked for.

use std::io::{self, Write};

use super::Report;
use super::pretty::{Each, document};
use crate::finding::{Finding, Severity};

/// Writes the array.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    document(&Each(report.findings, Degradation::new), out)
}

#[derive(serde::Serialize)]
struct Degradation<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(serde::Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(serde::Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

impl<'a> Degradation<'a> {
    fn new(finding: &'a Finding) -> Self {
        let (begin, end) = finding.location.region.map_or((1, 1), |at| (at.line, at.end_line));
        Self {
            description: &finding.message,
            check_name: finding.rule,
            fingerprint: &finding.fingerprint,
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            location: Location { path: &finding.location.path, lines: Lines { begin, end } },
        }
    }
}
