//! A finding as a result of SARIF.
//!
//! The message begins with the finding's own; the exact edit and the other places follow, since code scanning shows
//! a second place only where the message links to it. Braces stay single: a message without arguments has no
//! placeholders, and readers show a doubled brace as two. No source line is copied into the report.
//!
//! There are no code flows. The other places of today's findings are a set (what loses, what says the same, what
//! switches it on), not a way in steps; a rule that puts steps there has to say so in its finding first.

use std::collections::BTreeMap;

use super::level;
use super::rules::Used;
use super::uri::ArtifactLocation;
use crate::finding::{
    Edit, Finding, Fix, Location, Region, Related, Suppressed, Suppression, Suppressor,
};
use crate::report::json::{HistoryJson, SecretJson};
use crate::report::pretty::Each;

/// Most other places that are listed: a file with more than a thousand places in one result is rejected by GitHub.
const RELATED: usize = 999;
/// Most other places that the message links to, of which GitHub shows a hundred.
const LINKED: usize = 20;

#[derive(serde::Serialize)]
pub(super) struct Message {
    pub(super) text: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultJson<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [LocationJson; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<LocationJson>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[SuppressionJson<'a>; 1]>,
    properties: Properties<'a>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    confidence: &'static str,
    /// The region is there for readers that show no place without one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    whole_file: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    related_left_out: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<SecretJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryJson<'a>>,
}

impl<'a> ResultJson<'a> {
    /// A finding that counts, or one that an operator decided about.
    pub(super) fn new(
        finding: &'a Finding,
        suppression: Option<&'a Suppression>,
        rules: &Used<'_>,
    ) -> Self {
        let others = finding.related.iter().take(RELATED).zip(1..);
        let left_out = finding.related.len().checked_sub(RELATED).filter(|more| *more > 0);
        Self {
            rule_id: finding.rule,
            rule_index: rules.index(finding.rule),
            level: level(finding.severity),
            message: Message { text: message(finding) },
            locations: [LocationJson::new(&finding.location)],
            related_locations: others
                .map(|(related, id)| LocationJson {
                    id: Some(id),
                    message: Some(Message { text: related.note.clone() }),
                    ..LocationJson::new(&related.location)
                })
                .collect(),
            partial_fingerprints: BTreeMap::from([("hermesLint/v1", finding.fingerprint.as_str())]),
            fixes: finding
                .fix
                .iter()
                .filter(|fix| !fix.edits.is_empty())
                .map(FixJson::new)
                .collect(),
            suppressions: suppression.map(|suppression| [SuppressionJson::new(suppression)]),
            properties: Properties {
                confidence: finding.confidence.as_str(),
                whole_file: finding.location.region.is_none(),
                notes: &finding.notes,
                related_left_out: left_out,
                credential: finding.credential.as_ref().map(SecretJson::new),
                history: finding.history.as_deref().map(HistoryJson::new),
            },
        }
    }

    /// One that an operator decided about.
    pub(super) fn suppressed(suppressed: &'a Suppressed, rules: &Used<'_>) -> Self {
        Self::new(&suppressed.finding, Some(&suppressed.suppression), rules)
    }
}

/// What is wrong, what to write, and links to the other places, a paragraph each.
fn message(finding: &Finding) -> String {
    let mut text = unlinked(&finding.message);
    if let Some(help) = &finding.help {
        text += "\n\n";
        text += &unlinked(help);
    }
    let links: Vec<String> = finding.related.iter().zip(1..).take(LINKED).map(link).collect();
    if !links.is_empty() {
        text += &format!("\n\nSee also: {}", links.join("; "));
    }
    text
}

/// `[what the place has to do with it](number)`.
fn link((related, id): (&Related, usize)) -> String {
    let note = related.note.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    format!("[{note}]({id})")
}

/// Text in which nothing is a link: what a scanned file says must lead nowhere.
fn unlinked(text: &str) -> String {
    if text.contains("](") {
        text.replace('[', "\\[").replace("](", "\\](")
    } else {
        text.to_owned()
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocationJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<RegionJson>,
}

impl LocationJson {
    /// A place; the first line where the file as a whole is meant.
    fn new(location: &Location) -> Self {
        Self::at(&location.path, Some(location.region.map_or(RegionJson::FIRST, RegionJson::new)))
    }

    /// A file, or a region of it.
    fn at(path: &str, region: Option<RegionJson>) -> Self {
        let artifact_location = ArtifactLocation::new(path);
        Self {
            id: None,
            physical_location: PhysicalLocation { artifact_location, region },
            message: None,
        }
    }

    /// A file as a whole.
    pub(super) fn file(path: &str) -> Self {
        Self::at(path, None)
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct RegionJson {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

impl RegionJson {
    const FIRST: Self =
        Self { start_line: 1, start_column: None, end_line: None, end_column: None };

    fn new(region: Region) -> Self {
        let Region { line, column, end_line, end_column } = region;
        Self {
            start_line: line,
            start_column: Some(column),
            end_line: Some(end_line),
            end_column: Some(end_column),
        }
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct FixJson<'a> {
    description: Message,
    artifact_changes: Vec<ArtifactChange<'a>>,
    properties: FixProperties,
}

#[derive(serde::Serialize)]
struct FixProperties {
    safe: bool,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation,
    replacements: Each<'a, Edit, Replacement<'a>>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Bytes,
    inserted_content: Content<'a>,
}

/// Bytes of a file: edits are made of bytes, and the text that characters could be counted in is gone.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Bytes {
    byte_offset: usize,
    byte_length: usize,
}

#[derive(serde::Serialize)]
struct Content<'a> {
    text: &'a str,
}

impl<'a> FixJson<'a> {
    fn new(fix: &'a Fix) -> Self {
        let files = fix.edits.chunk_by(|a, b| a.path == b.path);
        let change = |edits: &'a [Edit]| {
            let path = edits.first().map_or("", |edit| edit.path.as_str());
            let replacements = Each(edits, Replacement::new as fn(&'a _) -> _);
            ArtifactChange { artifact_location: ArtifactLocation::new(path), replacements }
        };
        Self {
            description: Message { text: fix.description.clone() },
            artifact_changes: files.map(change).collect(),
            properties: FixProperties { safe: fix.safe },
        }
    }
}

impl<'a> Replacement<'a> {
    fn new(edit: &'a Edit) -> Self {
        let byte_length = edit.end.saturating_sub(edit.start);
        Self {
            deleted_region: Bytes { byte_offset: edit.start, byte_length },
            inserted_content: Content { text: &edit.replacement },
        }
    }
}

#[derive(serde::Serialize)]
struct SuppressionJson<'a> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationJson>,
    properties: Decision<'a>,
}

#[derive(serde::Serialize)]
struct Decision<'a> {
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
}

impl<'a> SuppressionJson<'a> {
    fn new(suppression: &'a Suppression) -> Self {
        let Suppression { by, reason, owner, until } = suppression;
        let (kind, location, marker) = match by {
            Suppressor::Comment { location, marker } => {
                ("inSource", Some(LocationJson::new(location)), Some(&**marker))
            }
            Suppressor::Settings | Suppressor::Baseline => ("external", None, None),
        };
        let (owner, until) = (owner.as_deref(), until.as_deref());
        Self {
            kind,
            status: "accepted",
            justification: reason.as_deref(),
            location,
            properties: Decision { by: by.as_str(), marker, owner, until },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_no_link() {
        assert_eq!(unlinked("see [x](https://evil.example)"), "see \\[x\\](https://evil.example)");
        assert_eq!(unlinked("deny: [\"rm -rf *\"]"), "deny: [\"rm -rf *\"]");
    }
}
