//! The report as SARIF 2.1.0, for GitHub code scanning, editors and whatever else collects results.
//!
//! The types are our own. The one crate of SARIF types (`serde-sarif`) is kept up, but every type in it owns its
//! strings and a log is built whole before it is written, which would hold every finding twice; it also brings
//! derive macros for a builder of each of some ninety types, of which a dozen are needed. It reads what is written
//! here in the tests instead, beside the schema it ships.
//!
//! Everything is in the file, whatever GitHub makes of it: it takes no run with more than [`GITHUB_RESULTS`]
//! results and shows [`GITHUB_SHOWN`] of them, and other readers have no such limits. A run that goes over one says
//! so, in a notification. What an operator decided about is among the results, with its suppression; GitHub itself
//! doesn't look at those of other tools.

mod result;
mod rules;
mod uri;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};

use self::result::{LocationJson, Message, ResultJson};
use self::rules::{Descriptor, Used};
use super::Report;
use super::json::{ChecklistJson, SummaryJson};
use super::pretty::document;
use crate::finding::{Severity, Skipped};

/// Most results of a run that GitHub takes.
pub const GITHUB_RESULTS: usize = 25_000;
/// Most results of a run that GitHub shows, the gravest first.
pub const GITHUB_SHOWN: usize = 5_000;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = "https://github.com/hermes-lint/hermes-lint";

/// Writes the log.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    document(&Log { schema: SCHEMA, version: "2.1.0", runs: [Run::new(report)] }, out)
}

/// The word for a severity.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

#[derive(serde::Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<AutomationDetails>,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, Base>,
    column_kind: &'static str,
    results: Results<'a>,
    properties: Properties<'a>,
}

impl<'a> Run<'a> {
    fn new(report: &Report<'a>) -> Self {
        let suppressed = report.suppressed.iter().map(|suppressed| &suppressed.finding);
        let rules = Used::of(report.findings.iter().chain(suppressed));
        Self {
            tool: Tool {
                driver: Driver {
                    name: "hermes-lint",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: HOME,
                    rules: rules.descriptors(),
                },
            },
            // GitHub takes what stands before the last `/` as the category of an upload.
            automation_details: report
                .run
                .category
                .map(|category| AutomationDetails { id: format!("{category}/") }),
            invocations: [Invocation::new(report)],
            original_uri_base_ids: BTreeMap::from([(uri::ROOT, Base::working_folder())]),
            column_kind: "unicodeCodePoints",
            results: Results { report: *report, rules },
            properties: Properties {
                coverage: SummaryJson::new(report),
                checklist: report.checklist.map(ChecklistJson::new),
            },
        }
    }
}

#[derive(serde::Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(serde::Serialize)]
struct AutomationDetails {
    id: String,
}

/// What relative paths are relative to. Where that is on the machine is nobody's business and differs by machine.
#[derive(serde::Serialize)]
struct Base {
    description: Message,
}

impl Base {
    fn working_folder() -> Self {
        let text = "the folder that hermes-lint ran in".to_owned();
        Self { description: Message { text } }
    }
}

/// Totals, the receipt, and the checklist where there is one.
#[derive(serde::Serialize)]
struct Properties<'a> {
    coverage: SummaryJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checklist: Option<ChecklistJson<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

impl Invocation {
    /// What was not read, and what GitHub will not show.
    fn new(report: &Report<'_>) -> Self {
        let results = report.findings.len() + report.suppressed.len();
        let limit = (results > GITHUB_SHOWN).then(|| Notification::limit(results));
        let skipped = report.coverage.skipped.iter().map(Notification::skipped);
        Self {
            execution_successful: true,
            tool_execution_notifications: limit.into_iter().chain(skipped).collect(),
        }
    }
}

#[derive(serde::Serialize)]
struct Notification {
    descriptor: DescriptorId,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<LocationJson>,
}

#[derive(serde::Serialize)]
struct DescriptorId {
    id: String,
}

impl Notification {
    fn skipped(skipped: &Skipped) -> Self {
        let Skipped { path, reason, detail } = skipped;
        let text = if detail.is_empty() {
            format!("not read: {reason}")
        } else {
            format!("not read: {detail}")
        };
        Self {
            descriptor: DescriptorId { id: format!("skipped/{reason}") },
            // Leaving a file out on purpose is no loss.
            level: if *reason == "excluded" { "note" } else { "warning" },
            message: Message { text },
            locations: vec![LocationJson::file(path)],
        }
    }

    fn limit(results: usize) -> Self {
        let text = if results > GITHUB_RESULTS {
            format!(
                "GitHub rejects this run: it has {results} results, and {GITHUB_RESULTS} are taken"
            )
        } else {
            format!("GitHub shows {GITHUB_SHOWN} of the {results} results, the gravest first")
        };
        Self {
            descriptor: DescriptorId { id: "limit/github".to_owned() },
            level: "warning",
            message: Message { text },
            locations: Vec::new(),
        }
    }
}

/// The results, each made when it is written: those that count, then those that were decided about.
struct Results<'a> {
    report: Report<'a>,
    rules: Used<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { report, rules } = self;
        let found = report.findings.iter().map(|finding| ResultJson::new(finding, None, rules));
        let decided = report.suppressed.iter().map(|one| ResultJson::suppressed(one, rules));
        serializer.collect_seq(found.chain(decided))
    }
}
