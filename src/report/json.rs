//! Findings and checklist as JSON: one object, keys in a fixed order, written as it is made.
//!
//! Values are exact, unlike in the formats for people, so unsafe characters are written as JSON escapes: a
//! reader gets them back, a terminal that shows the file does not. Indented rather than compact: these files
//! are committed, compared and read in reviews. `docs/schemas/` describes both documents.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

use super::{Counts, Report, text};
use crate::checklist::{Checklist, Evidence, Item};
use crate::finding::{Action, Coverage, Credential, Edit, Finding, Fix, Related, Skipped};

/// Version of both documents; it grows when a key is removed or changes its meaning.
const VERSION: u32 = 1;

/// Writes the findings document.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    document(
        &FindingsJson {
            version: VERSION,
            findings: Each(report.findings, FindingJson::new),
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

fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut *out, SafePretty(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// A slice whose elements are turned into their JSON shape one at a time, so that nothing is held twice.
struct Each<'a, T, U>(&'a [T], fn(&'a T) -> U);

impl<T, U: Serialize> Serialize for Each<'_, T, U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

#[derive(serde::Serialize)]
struct FindingsJson<'a> {
    version: u32,
    findings: Each<'a, Finding, FindingJson<'a>>,
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
        }
    }
}

#[derive(serde::Serialize)]
struct SecretJson<'a> {
    provider: Option<&'a str>,
    detector: &'a str,
    redacted: &'a str,
    reasons: &'a [Cow<'static, str>],
}

impl<'a> SecretJson<'a> {
    fn new(credential: &'a Credential) -> Self {
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

#[derive(serde::Serialize)]
struct SummaryJson<'a> {
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
    fn new(report: &Report<'a>) -> Self {
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

#[derive(serde::Serialize)]
struct ChecklistJson<'a> {
    version: u32,
    items: Each<'a, Item, ItemJson<'a>>,
    summary: VerdictsJson,
}

impl<'a> ChecklistJson<'a> {
    fn new(list: &'a Checklist) -> Self {
        let tally = list.tally();
        Self {
            version: VERSION,
            items: Each(&list.items, ItemJson::new),
            summary: VerdictsJson {
                pass: tally.pass,
                fail: tally.fail,
                manual: tally.manual,
                not_applicable: tally.not_applicable,
                unknown: tally.unknown,
                total: tally.total(),
                decided: tally.decided(),
                applicable: tally.applicable(),
                score: tally.score(),
            },
        }
    }
}

#[derive(serde::Serialize)]
struct VerdictsJson {
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

/// Indented JSON in which every character that [`text::is_unsafe`] is an escape. JSON itself asks for that
/// only below `U+0020`.
struct SafePretty<'a>(PrettyFormatter<'a>);

impl Formatter for SafePretty<'_> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| text::is_unsafe(c)) {
            let (safe, tail) = rest.split_at(at);
            out.write_all(safe.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = tail.get(c.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(out, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}
