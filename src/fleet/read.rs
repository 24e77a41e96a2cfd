//! Reading our own JSON back: what another hermes-lint wrote, or what somebody says it did.
//!
//! Keys that a later version adds are passed over, whatever is below them; those that are needed must have their
//! shape. The text is parsed where it lies, and only what is kept is copied. Nothing recurses: nesting of any depth
//! is an error, or is passed over, and takes no stack.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};

use crate::checklist::{Evidence, Item, Status};
use crate::finding::{Confidence, Severity};

/// What is kept of a report.
#[derive(Debug, Default)]
pub struct Document {
    /// The findings; `None` for a checklist alone.
    pub(super) findings: Option<Vec<Found>>,
    pub(super) suppressed: usize,
    pub(super) hidden: u64,
    /// The items; `None` without a checklist.
    pub(super) items: Option<Vec<Item>>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) skipped: BTreeMap<String, usize>,
    pub(super) hermes: String,
    pub(super) rules: String,
}

/// Why a text is no report of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, as a lower-case sentence. It can hold what the text says: escape it.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Broken {}

impl Document {
    /// Reads a findings report or a checklist, version 1.
    ///
    /// # Errors
    ///
    /// When `text` is no JSON, no report of ours, or one of another version.
    pub fn parse(text: &[u8]) -> Result<Self, Broken> {
        let broken = |message| Broken {
            message,
            help: "give it what `hermes-lint check`, `host` or `checklist` writes with `--format json`",
        };
        let document: DocumentJson = match serde_json::from_slice(text) {
            Ok(document) => document,
            Err(error) => {
                check_version(text)?;
                return Err(broken(error.to_string()));
            }
        };
        check_version(text)?;
        let DocumentJson { findings, suppressed, summary, checklist, items, .. } = document;
        if findings.is_none() && items.is_none() {
            return Err(broken("it has neither `findings` nor `items`".to_owned()));
        }
        let SummaryJson { hidden, files, bytes, skipped, hermes, rules } = summary;
        let mut reasons = BTreeMap::new();
        for skip in skipped {
            *reasons.entry(skip.reason).or_insert(0) += 1;
        }
        let items = items.or(checklist.map(|list| list.items));
        Ok(Self {
            findings: findings.map(|all| all.into_iter().map(Found::from).collect()),
            suppressed: suppressed.len(),
            hidden,
            items: items.map(|all| all.into_iter().map(Item::from).collect()),
            files,
            bytes,
            skipped: reasons,
            hermes,
            rules,
        })
    }
}

/// The version is looked at alone where the rest can't be read: a later one may have another shape.
fn check_version(text: &[u8]) -> Result<(), Broken> {
    #[derive(serde::Deserialize)]
    struct Probe {
        version: Option<u64>,
    }
    let (version, help) = match serde_json::from_slice(text) {
        Ok(Probe { version: Some(1) }) | Err(_) => return Ok(()),
        Ok(Probe { version: Some(version) }) => {
            let message = format!("version {version} of the report is not known, only version 1");
            (message, "use a hermes-lint as new as the one that wrote it")
        }
        Ok(Probe { version: None }) => {
            let help = "give it what `hermes-lint` writes with `--format json`";
            ("it has no `version`".to_owned(), help)
        }
    };
    Err(Broken { message: version, help })
}

/// A finding, as much of it as is kept.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) fingerprint: String,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) path: String,
    pub(super) line: Option<u64>,
}

#[derive(serde::Deserialize)]
struct DocumentJson {
    #[serde(default, rename = "version")]
    _version: IgnoredAny,
    findings: Option<Vec<FindingJson>>,
    #[serde(default)]
    suppressed: Vec<IgnoredAny>,
    #[serde(default)]
    summary: SummaryJson,
    checklist: Option<ChecklistJson>,
    items: Option<Vec<ItemJson>>,
}

#[derive(serde::Deserialize)]
struct FindingJson {
    rule: String,
    #[serde(deserialize_with = "word")]
    severity: Severity,
    #[serde(deserialize_with = "word")]
    confidence: Confidence,
    path: String,
    line: Option<u64>,
    message: String,
    help: Option<String>,
    fingerprint: String,
}

impl From<FindingJson> for Found {
    fn from(finding: FindingJson) -> Self {
        let FindingJson { rule, severity, confidence, path, line, message, help, fingerprint } =
            finding;
        Self { rule, severity, confidence, fingerprint, message, help, path, line }
    }
}

/// The totals of findings are recounted, and a checklist's own totals passed over.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct SummaryJson {
    hidden: u64,
    files: u64,
    bytes: u64,
    skipped: Vec<SkippedJson>,
    hermes: String,
    rules: String,
}

#[derive(serde::Deserialize)]
struct SkippedJson {
    reason: String,
}

#[derive(serde::Deserialize)]
struct ChecklistJson {
    items: Vec<ItemJson>,
}

#[derive(serde::Deserialize)]
struct ItemJson {
    id: String,
    title: String,
    list: String,
    #[serde(deserialize_with = "status")]
    status: Status,
    #[serde(default)]
    evidence: Vec<EvidenceJson>,
}

#[derive(serde::Deserialize)]
struct EvidenceJson {
    text: String,
}

impl From<ItemJson> for Item {
    fn from(item: ItemJson) -> Self {
        let ItemJson { id, title, list, status, evidence } = item;
        let seen = |EvidenceJson { text }| Evidence { text, path: None, line: None };
        Self {
            id,
            title,
            list,
            layer: String::new(),
            status,
            evidence: evidence.into_iter().map(seen).collect(),
            rules: Vec::new(),
            help: None,
        }
    }
}

/// A word of one of the enums that findings are made of.
fn word<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(text: D) -> Result<T, D::Error> {
    String::deserialize(text)?.parse().map_err(D::Error::custom)
}

fn status<'de, D: Deserializer<'de>>(text: D) -> Result<Status, D::Error> {
    const ALL: [Status; 5] =
        [Status::Pass, Status::Fail, Status::Manual, Status::NotApplicable, Status::Unknown];
    let word = String::deserialize(text)?;
    ALL.into_iter()
        .find(|status| status.as_str() == word)
        .ok_or_else(|| D::Error::custom(format!("`{word}` is no verdict")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FINDING: &str = r#"{"rule":"a/b","severity":"error","confidence":"low","path":"p","line":null,
        "message":"m","help":"h","fingerprint":"00","later":{"deep":[[[]]]}}"#;

    #[test]
    fn older_and_later_reports_are_read() {
        let text = format!(
            r#"{{"later":[1,{{}}],"version":1,"findings":[{FINDING}],"suppressed":[{{}},{{}}],
                "summary":{{"hidden":2,"files":3,"bytes":4,"skipped":[{{"path":"x","reason":"binary"}}],"more":1}},
                "checklist":{{"version":1,"items":[]}}}}"#
        );
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.findings.as_ref().unwrap()[0].rule, "a/b");
        assert_eq!((document.suppressed, document.hidden, document.files), (2, 2, 3));
        assert_eq!(document.skipped, BTreeMap::from([("binary".to_owned(), 1)]));
        assert!(document.items.unwrap().is_empty());
        // Before there were suppressions, and a checklist alone.
        assert!(Document::parse(br#"{"version":1,"findings":[]}"#).is_ok());
        assert!(
            Document::parse(br#"{"version":1,"items":[],"summary":{"pass":0}}"#)
                .unwrap()
                .findings
                .is_none()
        );
    }

    #[test]
    fn what_is_no_report_is_named() {
        let broken = |text: &str| Document::parse(text.as_bytes()).unwrap_err().message;
        assert_eq!(
            broken(r#"{"version":2,"findings":{}}"#),
            "version 2 of the report is not known, only version 1"
        );
        assert_eq!(broken(r#"{"findings":[]}"#), "it has no `version`");
        assert_eq!(broken(r#"{"version":1}"#), "it has neither `findings` nor `items`");
        assert!(broken("").starts_with("EOF while parsing"));
        assert!(broken("[]").contains("invalid length"), "{}", broken("[]"));
        assert!(broken("7").contains("invalid type"), "{}", broken("7"));
        let wrong = FINDING.replace("error", "fatal");
        let said = broken(&format!(r#"{{"version":1,"findings":[{wrong}]}}"#));
        assert!(said.starts_with("`fatal` is not one of info, warning, error at line 1"), "{said}");
        for number in ["1e999", "-1", "18446744073709551616", "1.5", "99999999999999999999999999"] {
            let text = format!(r#"{{"version":1,"findings":[],"summary":{{"files":{number}}}}}"#);
            assert!(Document::parse(text.as_bytes()).is_err(), "{number}");
        }
        let item = r#"{"version":1,"items":[{"id":"a","title":"t","list":"l","status":"ok"}]}"#;
        assert!(broken(item).starts_with("`ok` is no verdict"));
    }

    #[test]
    fn depth_costs_no_stack() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = open.repeat(500_000);
            assert!(Document::parse(deep.as_bytes()).is_err());
            let text = format!(
                r#"{{"version":1,"findings":[],"later":{deep}1{}}}"#,
                close.repeat(500_000)
            );
            assert!(Document::parse(text.as_bytes()).is_ok());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_it(bytes in proptest::collection::vec(any::<u8>(), 0..64), cut in 0usize..400) {
            let _ = Document::parse(&bytes);
            let text = format!(r#"{{"version":1,"findings":[{FINDING}],"suppressed":[]}}"#);
            let _ = Document::parse(text.as_bytes().get(..cut.min(text.len())).unwrap());
        }
    }
}
