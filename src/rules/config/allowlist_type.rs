//! `config/allowlist-type`: what stands under `command_allowlist` is no list of texts.

use super::approvals::{by_backend, ends, entries};
use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::{Release, ScalarAllow, scalar_allow};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// `command_allowlist` is no list of texts.
pub struct AllowlistType;

/// What Hermes makes of it, by release.
struct Reading {
    severity: Severity,
    message: String,
    label: &'static str,
    note: Option<String>,
}

impl HomeRule for AllowlistType {
    const META: RuleMeta = RuleMeta {
        id: "config/allowlist-type",
        summary: "`command_allowlist` is no list of texts",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[1284, 183],
        since: "0.1.0",
        page: page!("config/allowlist-type"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(setting) = home.setting("command_allowlist") else { return };
        if setting.is_empty() || setting.is_hole() {
            return;
        }
        let Some(reading) = read(home, &setting) else { return };
        let place = match setting.value() {
            Value::Seq(_) | Value::Map(_) => setting.key_place(),
            _ => setting.place(),
        };
        findings.add(
            Self::META
                .at(&place)
                .severity(by_backend(home, reading.severity))
                .message(reading.message)
                .label(reading.label)
                .notes(reading.note)
                .help("write `command_allowlist: []`, or one exact command a line: `- git status`"),
        );
    }
}

fn read(home: &Home<'_>, setting: &Setting<'_>) -> Option<Reading> {
    let (low, high) = ends(home);
    let early = low < Release::SEGMENT_DENY;
    let late = high >= Release::SEGMENT_DENY;
    let changed = Release::SEGMENT_DENY;
    let ignored = format!("`command_allowlist` is no list: Hermes ignores it from {changed} on");
    Some(match setting.value() {
        Value::Str(text) => match (scalar_allow(text, low), scalar_allow(text, high)) {
            (ScalarAllow::ApprovesEverything, later) => Reading {
                severity: Severity::Error,
                message: "`command_allowlist` is one text: each of its characters becomes an entry, and its \
                          `*` approves every command without a shell operator"
                    .to_owned(),
                label: "text, not a list",
                note: late.then(|| match later {
                    ScalarAllow::ReadAsList => format!(
                        "true before {changed}; from it on the text is read as a YAML list"
                    ),
                    _ => format!("true before {changed}, ignored from it on"),
                }),
            },
            (_, ScalarAllow::ReadAsList) => Reading {
                severity: Severity::Warning,
                message: "`command_allowlist` is a list written as text".to_owned(),
                label: "text, not a list",
                note: Some(format!(
                    "from {changed} on the text is read as YAML; before, each character was an entry and \
                     none approved anything"
                )),
            },
            _ => Reading {
                severity: Severity::Warning,
                message: "`command_allowlist` is one text and approves nothing".to_owned(),
                label: "text, not a list",
                note: None,
            },
        },
        Value::Map(_) => Reading {
            severity: Severity::Warning,
            message: if early {
                "`command_allowlist` is a map: its keys become the approvals, what they hold is dropped"
                    .to_owned()
            } else {
                ignored
            },
            label: "a map, not a list",
            note: (early && late).then(|| format!("true before {changed}, ignored from it on")),
        },
        Value::Seq(_) => {
            let (_, others) = entries(setting)?;
            if others == 0 || !late {
                return None;
            }
            Reading {
                severity: Severity::Warning,
                message: format!(
                    "an entry of `command_allowlist` is no text: from {changed} on the whole list is ignored"
                ),
                label: "holds more than text",
                note: early.then(|| format!("before {changed} only that entry is left out")),
            }
        }
        _ => Reading {
            severity: Severity::Warning,
            message: "`command_allowlist` is no list and approves nothing".to_owned(),
            label: "not a list",
            note: None,
        },
    })
}
