//! `config/denylist-type`: what stands where the denylist belongs is no list of texts.

use super::approvals::{by_backend, entries};
use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Edit, Severity};
use crate::policy::{ScalarEffect, scalar_deny};
use crate::rules::{Findings, HomeRule, RuleMeta, page};
use crate::span::Span;

/// The denylist is no list of texts.
pub struct DenylistType;

impl HomeRule for DenylistType {
    const META: RuleMeta = RuleMeta {
        id: "config/denylist-type",
        summary: "the denylist is no list of texts",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["denylist-destructive"],
        cwe: &[1284],
        since: "0.1.0",
        page: page!("config/denylist-type"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let denylist = home.denylist();
        let filled = |setting: &Setting<'_>| !setting.is_empty() && !setting.is_hole();
        if let Some(list) = denylist.native.filter(filled) {
            native(home, &list, findings);
            return;
        }
        for list in denylist.guide.iter().filter(|list| filled(list)) {
            if matches!(list.value(), Value::Seq(_)) {
                left_out(home, list, findings);
                continue;
            }
            findings.add(
                Self::META
                    .at(&list.place())
                    .severity(by_backend(home, Severity::Error))
                    .message(format!(
                        "`{}` is no list, and no program says what anything else means here",
                        list.path
                    ))
                    .label("not a list")
                    .help(
                        "write the list that Hermes reads:\napprovals:\n  deny:\n    - '*rm -rf*'",
                    ),
            );
        }
    }
}

fn native(home: &Home<'_>, setting: &Setting<'_>, findings: &mut Findings) {
    let (message, label) = match setting.value() {
        Value::Seq(_) => return left_out(home, setting, findings),
        Value::Str(text) => match scalar_deny(text) {
            ScalarEffect::BlocksEverything => (
                "`approvals.deny` is one text: each of its characters becomes an entry, and its `*` \
                 denies every command",
                "text, not a list",
            ),
            ScalarEffect::MatchesNothing => (
                "`approvals.deny` is one text: each of its characters becomes an entry, and none of \
                 them denies any real command",
                "text, not a list",
            ),
        },
        Value::Map(_) => (
            "`approvals.deny` is a map: its keys become the entries, what they hold is dropped",
            "a map, not a list",
        ),
        Value::Bool(false) | Value::Int(0) => {
            ("`approvals.deny` is no list and counts as empty: nothing is denied", "not a list")
        }
        _ => (
            "`approvals.deny` is no list: the check that walks it fails, and the command with it",
            "not a list",
        ),
    };
    let place = match setting.value() {
        Value::Map(_) => setting.key_place(),
        _ => setting.place(),
    };
    findings.add(
        DenylistType::META
            .at(&place)
            .severity(by_backend(home, Severity::Error))
            .message(message)
            .label(label)
            .help("write one glob a line:\napprovals:\n  deny:\n    - '*rm -rf*'\n    - '*mkfs*'")
            .edits("make a list of it", false, as_list(setting)),
    );
}

/// A list with a text as its only entry, where it can have been meant as one.
fn as_list(setting: &Setting<'_>) -> Option<Vec<Edit>> {
    setting.str().filter(|text| !text.contains([',', '\n', '[', ']']))?;
    let span = setting.tree().span(setting.node);
    setting.document.changed(|sheet| sheet.wrap_in_list(span))
}

/// The entries that are no text, put in quotes as they are written.
fn quoted(setting: &Setting<'_>) -> Option<Vec<Edit>> {
    let tree = setting.tree();
    let odd = tree.items(setting.node).iter().filter(|item| tree.str(**item).is_none());
    let mut spans: Vec<Span> = odd.map(|&item| tree.span(item)).collect();
    // From the end on, so that what is still to be done stays where it is.
    spans.sort_by_key(|span| std::cmp::Reverse(span.start));
    setting.document.changed(|sheet| spans.iter().try_for_each(|span| sheet.quote(*span)))
}

/// Entries of a list that are no text.
fn left_out(home: &Home<'_>, setting: &Setting<'_>, findings: &mut Findings) {
    let Some((texts, others)) = entries(setting) else { return };
    if others == 0 {
        return;
    }
    let tree = setting.tree();
    let odd =
        tree.items(setting.node).iter().enumerate().find(|(_, item)| tree.str(**item).is_none());
    let Some((number, &item)) = odd else { return };
    let (what, why) = match tree.value(item) {
        Value::Null => ("empty", "an entry without text is null"),
        Value::Map(_) => ("a map", "a colon and a blank make a map of the line"),
        Value::Seq(_) => ("a list", "an entry that starts with `-` or `[` is a list of its own"),
        _ => ("a number, date or boolean", "an unquoted number, date, yes or no is no text"),
    };
    let span = tree.span(item);
    let place = if span.is_empty() {
        setting.key_place()
    } else {
        crate::document::Place::new(setting.document, span, format!("{}[{number}]", setting.path))
    };
    let severity = if texts.iter().any(|entry| !entry.text.trim().is_empty()) {
        Severity::Warning
    } else {
        by_backend(home, Severity::Error)
    };
    let message = match others {
        1 => format!(
            "entry {} of `{}` is {what}, not text, and is left out",
            number + 1,
            setting.path
        ),
        _ => format!(
            "{others} entries of `{}` are no text and are left out; entry {} is {what}",
            setting.path,
            number + 1
        ),
    };
    findings.add(
        DenylistType::META
            .at(&place)
            .anchor(setting.path.clone())
            .severity(severity)
            .message(message)
            .label(what)
            .help("put each entry in single quotes: `- 'git push: *'`")
            .note(why)
            .edits("put the entries in quotes", false, quoted(setting)),
    );
}
