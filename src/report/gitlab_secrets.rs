//! Findings of the family `secret/` as a Secret Detection report of GitLab, schema 15.
//!
//! GitLab tells findings apart by their identifiers and place, so the detector is an identifier and the rule another.
//! The schema asks for a commit: the first that brought the finding, where history was read, else zeros, which is
//! what GitLab's own analyser writes when it scans files. It also has a field for the credential itself; that one
//! stays empty here. Texts are rendered as Markdown, so they are written as such. The receipt is in the scan's messages.

use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};

use super::pretty::document;
use super::{Report, markdown, plural};
use crate::finding::{Commit, Credential, Finding, Severity, Skipped};

/// Version of the schema that the report follows.
const SCHEMA: &str = "15.1.0";
/// Most characters of a solution.
const SOLUTION: usize = 7_000;
/// What stands for a commit where there is none.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    document(
        &Document {
            version: SCHEMA,
            scan: Scan::new(report),
            vulnerabilities: Secrets(report.findings),
        },
        out,
    )
}

#[derive(serde::Serialize)]
struct Document<'a> {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Secrets<'a>,
}

#[derive(serde::Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    r#type: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(serde::Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(serde::Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(serde::Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

impl Scan {
    fn new(report: &Report<'_>) -> Self {
        let tool = || Tool {
            id: "hermes-lint",
            name: "hermes-lint",
            version: env!("CARGO_PKG_VERSION"),
            vendor: Vendor { name: "hermes-lint" },
        };
        // Seconds, in UTC, without saying so: the form the schema asks for.
        let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let coverage = report.coverage;
        let receipt = format!(
            "{} with {} bytes read, {} skipped, rules {}",
            plural(coverage.files, "file"),
            coverage.bytes,
            plural(coverage.skipped.len(), "file"),
            coverage.rules
        );
        let receipt = Message { level: "info", value: receipt };
        Self {
            analyzer: tool(),
            scanner: tool(),
            r#type: "secret_detection",
            start_time: time(report.run.started),
            end_time: time(report.run.ended),
            status: "success",
            messages: std::iter::once(receipt)
                .chain(coverage.skipped.iter().map(Message::skipped))
                .collect(),
        }
    }
}

impl Message {
    fn skipped(skipped: &Skipped) -> Self {
        let Skipped { path, reason, detail } = skipped;
        let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
        Self { level: "warn", value: format!("{path} was not read: {reason}{detail}") }
    }
}

/// Those findings that are about a credential, each made when it is written.
struct Secrets<'a>(&'a [Finding]);

impl Serialize for Secrets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let secrets = self.0.iter().filter(|finding| finding.rule.starts_with("secret/"));
        serializer.collect_seq(secrets.map(Vulnerability::new))
    }
}

#[derive(serde::Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: &'a str,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    identifiers: Vec<Identifier<'a>>,
    location: Location<'a>,
}

#[derive(serde::Serialize)]
struct Identifier<'a> {
    r#type: &'static str,
    name: String,
    value: &'a str,
}

#[derive(serde::Serialize)]
struct Location<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    commit: CommitOf<'a>,
}

#[derive(serde::Serialize)]
struct CommitOf<'a> {
    sha: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
}

impl<'a> CommitOf<'a> {
    fn new(commit: Option<&'a Commit>) -> Self {
        Self {
            sha: commit.map_or(NO_COMMIT, |commit| &commit.id),
            author: commit.map(|commit| commit.author.as_str()),
            date: commit.map(|commit| commit.date.as_str()),
        }
    }
}

impl<'a> Vulnerability<'a> {
    fn new(finding: &'a Finding) -> Self {
        let region = finding.location.region;
        let commit = finding.history.as_ref().and_then(|history| history.brought.first());
        Self {
            id: uuid(&finding.fingerprint),
            name: name(finding),
            description: markdown::prose(&finding.message),
            severity: match finding.severity {
                Severity::Error => "Critical",
                Severity::Warning => "Medium",
                Severity::Info => "Info",
            },
            solution: finding.help.as_deref().and_then(solution),
            identifiers: identifiers(finding),
            location: Location {
                file: &finding.location.path,
                start_line: region.map(|at| at.line),
                end_line: region.map(|at| at.end_line),
                commit: CommitOf::new(commit),
            },
        }
    }
}

/// Help as Markdown, without its lines to copy where they are too many, or none where even that is too long.
fn solution(help: &str) -> Option<String> {
    let (lead, lines) = help.split_once('\n').map_or((help, None), |(a, b)| (a, Some(b)));
    let lead = markdown::prose(lead);
    let whole = lines.map(|lines| format!("{lead}\n\n{}", markdown::block(lines, "")));
    let fits = |text: &String| text.chars().count() <= SOLUTION;
    whole.filter(fits).or(Some(lead).filter(fits))
}

/// Whose credential it is, or the rule.
fn name(finding: &Finding) -> &str {
    let provider =
        finding.credential.as_ref().and_then(|credential| credential.provider.as_deref());
    provider.unwrap_or(finding.rule)
}

/// The detector, where one fits, then the rule. The first is what GitLab knows a finding by.
fn identifiers(finding: &Finding) -> Vec<Identifier<'_>> {
    let detector =
        |credential: &'_ Credential| format!("hermes-lint detector {}", credential.detector);
    let detector = finding.credential.as_ref().map(|credential| Identifier {
        r#type: "hermes_lint_detector",
        name: detector(credential),
        value: &credential.detector,
    });
    let rule = Identifier {
        r#type: "hermes_lint_rule",
        name: format!("hermes-lint {}", finding.rule),
        value: finding.rule,
    };
    detector.into_iter().chain(std::iter::once(rule)).collect()
}

/// The fingerprint in the form of a UUID, which is what GitLab expects of an id.
fn uuid(fingerprint: &str) -> String {
    let part = |from: usize, to: usize| fingerprint.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
