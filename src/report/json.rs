//! Findings and checklist as JSON: one object, keys in a fixed order, written as it is made.
//!
//! `docs/schemas/` describes both documents. What an operator decided about stands apart from the findings: a
//! reader that counts those needs to know nothing of suppressions.

use std::borrow::Cow;
use std::io::{self, Write};

use super::pretty::{Each, document};
use super::{Counts, Report};
use crate::checklist::{Checklist, Evidence, Item, Tally};
use crate::finding::{
    Action, Commit, Coverage, Credential, Edit, Finding, Fix, History, Related, Skipped,
    Suppressed, Suppression, Suppressor,
};

/// Version of both documents; it grows when a key is removed or changes its meaning.
const VERSION: u32 = 1;

/// Writes the findings document.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    document(
        &FindingsJson {
            version: VERSION,
            findings: Each(report.findings, FindingJson::new),
            suppressed: Each(report.suppressed, SuppressedJson::new),
            summary: SummaryJson::new(report),
            checklist: report.checklist.map(ChecklistJson::new),
        },
        out,
    )
}

/// Writes the checklist document.
pub(super) fn write_checklist(list: &Checklist, out: &mut dyn Write) -> io::Result<()> {
    document(&ChecklistJson::new(list), out)
}

#[derive(serde::Serialize)]
struct FindingsJson<'a> {
    version: u32,
    findings: Each<'a, Finding, FindingJson<'a>>,
    suppressed: Each<'a, Suppressed, SuppressedJson<'a>>,
    summary: SummaryJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checklist: Option<ChecklistJson<'a>>,
}

#[derive(serde::Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
    fingerprint: &'a str,
    docs: String,
    fix: Option<FixJson<'a>>,
    related: Each<'a, Related, RelatedJson<'a>>,
    notes: &'a [String],
    secret: Option<SecretJson<'a>>,
    history: Option<HistoryJson<'a>>,
}

impl<'a> FindingJson<'a> {
    fn new(finding: &'a Finding) -> Self {
        let region = finding.location.region;
        Self {
            rule: finding.rule,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            path: &finding.location.path,
            line: region.map(|at| at.line),
            column: region.map(|at| at.column),
            end_line: region.map(|at| at.end_line),
            end_column: region.map(|at| at.end_column),
            message: &finding.message,
            help: finding.help.as_deref(),
            fingerprint: &finding.fingerprint,
            docs: format!("rules/docs/{}.md", finding.rule),
            fix: finding.fix.as_ref().map(FixJson::new),
            related: Each(&finding.related, RelatedJson::new),
            notes: &finding.notes,
            secret: finding.credential.as_ref().map(SecretJson::new),
            history: finding.history.as_deref().map(HistoryJson::new),
        }
    }
}

/// The commits of a finding; SARIF has the same in its properties.
#[derive(serde::Serialize)]
pub(super) struct HistoryJson<'a> {
    brought: Each<'a, Commit, CommitJson<'a>>,
    removed: Each<'a, Commit, CommitJson<'a>>,
    in_head: bool,
}

impl<'a> HistoryJson<'a> {
    pub(super) fn new(history: &'a History) -> Self {
        let History { brought, removed, in_head } = history;
        let commits = |commits: &'a [Commit]| Each(commits, CommitJson::new as fn(&'a _) -> _);
        Self { brought: commits(brought), removed: commits(removed), in_head: *in_head }
    }
}

#[derive(serde::Serialize)]
struct CommitJson<'a> {
    id: &'a str,
    author: &'a str,
    date: &'a str,
}

impl<'a> CommitJson<'a> {
    fn new(commit: &'a Commit) -> Self {
        let Commit { id, author, date } = commit;
        Self { id, author, date }
    }
}

#[derive(serde::Serialize)]
struct SuppressedJson<'a> {
    finding: FindingJson<'a>,
    suppression: SuppressionJson<'a>,
}

impl<'a> SuppressedJson<'a> {
    fn new(suppressed: &'a Suppressed) -> Self {
        let Suppressed { finding, suppression } = suppressed;
        Self { finding: FindingJson::new(finding), suppression: SuppressionJson::new(suppression) }
    }
}

#[derive(serde::Serialize)]
struct SuppressionJson<'a> {
    by: &'static str,
    marker: Option<&'a str>,
    path: Option<&'a str>,
    line: Option<usize>,
    reason: Option<&'a str>,
    owner: Option<&'a str>,
    until: Option<&'a str>,
}

impl<'a> SuppressionJson<'a> {
    fn new(suppression: &'a Suppression) -> Self {
        let Suppression { by, reason, owner, until } = suppression;
        let comment = match by {
            Suppressor::Comment { location, marker } => Some((location, &**marker)),
            Suppressor::Settings | Suppressor::Baseline => None,
        };
        let location = comment.map(|(location, _)| location);
        Self {
            by: by.as_str(),
            marker: comment.map(|(_, marker)| marker),
            path: location.map(|location| &*location.path),
            line: location.and_then(|location| location.region).map(|region| region.line),
            reason: reason.as_deref(),
            owner: owner.as_deref(),
            until: until.as_deref(),
        }
    }
}

/// What is known of a credential; SARIF has the same in its properties.
#[derive(serde::Serialize)]
pub(super) struct SecretJson<'a> {
    provider: Option<&'a str>,
    detector: &'a str,
    redacted: &'a str,
    reasons: &'a [Cow<'static, str>],
}

impl<'a> SecretJson<'a> {
    pub(super) fn new(credential: &'a Credential) -> Self {
        Self {
            provider: credential.provider.as_deref(),
            detector: &credential.detector,
            redacted: &credential.redacted,
            reasons: &credential.reasons,
        }
    }
}

#[derive(serde::Serialize)]
struct RelatedJson<'a> {
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    note: &'a str,
}

impl<'a> RelatedJson<'a> {
    fn new(related: &'a Related) -> Self {
        let region = related.location.region;
        Self {
            path: &related.location.path,
            line: region.map(|at| at.line),
            column: region.map(|at| at.column),
            note: &related.note,
        }
    }
}

#[derive(serde::Serialize)]
struct FixJson<'a> {
    description: &'a str,
    safe: bool,
    edits: Each<'a, Edit, EditJson<'a>>,
    actions: Each<'a, Action, ActionJson<'a>>,
}

impl<'a> FixJson<'a> {
    fn new(fix: &'a Fix) -> Self {
        let edits = Each(fix.edits.as_slice(), EditJson::new as fn(&'a _) -> _);
        let actions = Each(fix.actions.as_slice(), ActionJson::new as fn(&'a _) -> _);
        Self { description: &fix.description, safe: fix.safe, edits, actions }
    }
}

#[derive(serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ActionJson<'a> {
    Mode {
        path: &'a str,
        from: String,
        to: String,
    },
    Append {
        path: &'a str,
        line: &'a str,
    },
    MoveSecret {
        path: &'a str,
        start: usize,
        end: usize,
        reference: &'a str,
        variable: &'a str,
        to: &'a str,
    },
}

impl<'a> ActionJson<'a> {
    fn new(action: &'a Action) -> Self {
        match action {
            Action::Mode { path, from, to } => {
                let octal = |mode: &u32| format!("{:04o}", mode & 0o7777);
                Self::Mode { path, from: octal(from), to: octal(to) }
            }
            Action::Append { path, line } => Self::Append { path, line },
            Action::MoveSecret { path, start, end, reference, variable, to } => {
                Self::MoveSecret { path, start: *start, end: *end, reference, variable, to }
            }
        }
    }
}

#[derive(serde::Serialize)]
struct EditJson<'a> {
    path: &'a str,
    start: usize,
    end: usize,
    replacement: &'a str,
}

impl<'a> EditJson<'a> {
    fn new(edit: &'a Edit) -> Self {
        let Edit { path, start, end, replacement } = edit;
        Self { path, start: *start, end: *end, replacement }
    }
}

/// Totals and the receipt; SARIF has the same in its properties.
#[derive(serde::Serialize)]
pub(super) struct SummaryJson<'a> {
    errors: usize,
    warnings: usize,
    infos: usize,
    hidden: usize,
    files: usize,
    bytes: u64,
    skipped: Each<'a, Skipped, SkippedJson<'a>>,
    homes: &'a [String],
    hermes: &'a str,
    rules: &'a str,
}

impl<'a> SummaryJson<'a> {
    pub(super) fn new(report: &Report<'a>) -> Self {
        let Counts { errors, warnings, infos } = Counts::of(report.findings);
        let Coverage { files, bytes, skipped, homes, hermes, rules } = report.coverage;
        let (files, bytes, hidden) = (*files, *bytes, report.hidden);
        let skipped = Each(skipped.as_slice(), SkippedJson::new as fn(&'a _) -> _);
        Self { errors, warnings, infos, hidden, files, bytes, skipped, homes, hermes, rules }
    }
}

#[derive(serde::Serialize)]
struct SkippedJson<'a> {
    path: &'a str,
    reason: &'a str,
    detail: &'a str,
}

impl<'a> SkippedJson<'a> {
    fn new(skipped: &'a Skipped) -> Self {
        Self { path: &skipped.path, reason: skipped.reason, detail: &skipped.detail }
    }
}

/// The verdicts; SARIF has the same in its properties.
#[derive(serde::Serialize)]
pub(super) struct ChecklistJson<'a> {
    version: u32,
    items: Each<'a, Item, ItemJson<'a>>,
    summary: VerdictsJson,
}

impl<'a> ChecklistJson<'a> {
    pub(super) fn new(list: &'a Checklist) -> Self {
        let tally = list.tally();
        Self {
            version: VERSION,
            items: Each(&list.items, ItemJson::new),
            summary: VerdictsJson::new(tally),
        }
    }
}

/// Totals of a checklist; a fleet has them for each host.
#[derive(serde::Serialize)]
pub(super) struct VerdictsJson {
    pass: usize,
    fail: usize,
    manual: usize,
    not_applicable: usize,
    unknown: usize,
    total: usize,
    decided: usize,
    applicable: usize,
    score: Option<usize>,
}

impl VerdictsJson {
    pub(super) fn new(tally: Tally) -> Self {
        Self {
            pass: tally.pass,
            fail: tally.fail,
            manual: tally.manual,
            not_applicable: tally.not_applicable,
            unknown: tally.unknown,
            total: tally.total(),
            decided: tally.decided(),
            applicable: tally.applicable(),
            score: tally.score(),
        }
    }
}

#[derive(serde::Serialize)]
struct ItemJson<'a> {
    id: &'a str,
    title: &'a str,
    list: &'a str,
    layer: &'a str,
    status: &'static str,
    evidence: Each<'a, Evidence, EvidenceJson<'a>>,
    rules: &'a [String],
    help: Option<&'a str>,
}

impl<'a> ItemJson<'a> {
    fn new(item: &'a Item) -> Self {
        Self {
            id: &item.id,
            title: &item.title,
            list: &item.list,
            layer: &item.layer,
            status: item.status.as_str(),
            evidence: Each(&item.evidence, EvidenceJson::new),
            rules: &item.rules,
            help: item.help.as_deref(),
        }
    }
}

#[derive(serde::Serialize)]
struct EvidenceJson<'a> {
    text: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
}

impl<'a> EvidenceJson<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        Self { text: &evidence.text, path: evidence.path.as_deref(), line: evidence.line }
    }
}
