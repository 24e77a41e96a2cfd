//! What the rules about approvals and command lists share: releases as the policy engine counts them,
//! severity by backend, entries of a list, names in a sentence.
//!
//! The ends of a scope are clamped to the releases whose decisions are modelled, so a newer release is judged as the
//! newest one known.

use std::sync::LazyLock;

use crate::data;
pub(crate) use crate::deployment::word;
use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::document::{Document, Place};
use crate::facts::{Holds, Range};
use crate::finding::Severity;
use crate::policy::{self, ApprovalTable, Release, words};
use crate::span::Span;

/// The dangerous-command keys that `command_allowlist` can hold.
pub(crate) fn approval_table() -> Option<&'static ApprovalTable> {
    static TABLE: LazyLock<Option<ApprovalTable>> = LazyLock::new(|| {
        data::file("hermes/approval_patterns").and_then(|json| serde_json::from_str(json).ok())
    });
    TABLE.as_ref()
}

/// Oldest and newest release the home can be of, as the policy engine counts them.
pub(super) fn ends(home: &Home<'_>) -> (Release, Release) {
    (home.scope.low.modelled(), home.scope.high.modelled())
}

/// An error stays one only where commands reach a machine and the file is in force.
pub(super) fn by_backend(home: &Home<'_>, severity: Severity) -> Severity {
    if home.runs_isolated() || home.is_template() {
        severity.min(Severity::Warning)
    } else {
        severity
    }
}

/// The severity of something missing: a template leaves room for it, a closed container needs it less.
pub(super) fn of_missing(home: &Home<'_>, severity: Severity) -> Severity {
    if home.is_template() || home.runs_isolated() { Severity::Info } else { severity }
}

/// The mode that `approvals.mode` stands for, references to variables filled in.
pub(crate) fn mode(home: &Home<'_>, setting: &Setting<'_>) -> words::Mode {
    let referred = setting.str().filter(|text| text.contains("${"));
    match referred.and_then(|text| home.expanded(text)) {
        Some(text) => words::approvals_mode(words::Value::Str(&text)),
        None => words::approvals_mode(word(setting)),
    }
}

/// Whether a switch is on. Unquoted `y` is text to PyYAML and true to the reader of later releases.
pub(super) fn switched_on(home: &Home<'_>, setting: &Setting<'_>, numbers: bool) -> Holds {
    match setting.value() {
        _ if setting.is_hole() => Holds::Never,
        Value::Bool(true) => Holds::Always,
        Value::Int(number) if numbers && *number != 0 => Holds::Always,
        Value::Str(text) if policy::Truth::Common.is_on(text) => Holds::Always,
        Value::Str(_) if setting.short_boolean() == Some(true) => {
            home.holds(&Range::since(Release::SHORT_BOOLEANS))
        }
        _ => Holds::Never,
    }
}

/// One entry of a list that is text.
pub(crate) struct Entry<'d> {
    /// Its text; may be anything, so it is shown by [`Entry::shown`] only.
    pub text: &'d str,
    /// The config it stands in.
    document: &'d Document,
    /// Where.
    span: Span,
    /// Its number in the list.
    number: usize,
}

impl<'d> Entry<'d> {
    /// Where it stands in `list`.
    pub fn place(&self, list: &Setting<'d>) -> Place<'d> {
        Place::new(self.document, self.span, format!("{}[{}]", list.path, self.number))
    }

    /// The entry for people, secrets masked.
    pub fn shown(&self) -> String {
        let shown = self.document.text.show(self.span);
        let bare = shown.trim();
        let unquoted = ['"', '\'']
            .iter()
            .find_map(|&quote| bare.strip_prefix(quote)?.strip_suffix(quote))
            .unwrap_or(bare);
        match unquoted.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", unquoted.get(..end).unwrap_or_default()),
            None => unquoted.to_owned(),
        }
    }
}

/// The text entries of a list, and how many entries are none; nothing where a template fills one in.
pub(crate) fn entries<'d>(setting: &Setting<'d>) -> Option<(Vec<Entry<'d>>, usize)> {
    if setting.is_hole() {
        return None;
    }
    let tree = setting.tree();
    let mut all = Vec::new();
    let mut others = 0;
    for (number, &item) in tree.items(setting.node).iter().enumerate() {
        if setting.structured.is_hole(item) {
            return None;
        }
        match tree.str(item) {
            Some(text) => {
                all.push(Entry { text, document: setting.document, span: tree.span(item), number })
            }
            None => others += 1,
        }
    }
    Some((all, others))
}

/// `` `a`, `b` and 3 more``.
pub(super) fn names<S: AsRef<str>>(all: &[S], most: usize) -> String {
    let quoted: Vec<String> =
        all.iter().take(most).map(|name| format!("`{}`", name.as_ref())).collect();
    more(&quoted, all.len())
}

/// `a, b and 3 more`, of `total`.
pub(super) fn more<S: AsRef<str>>(shown: &[S], total: usize) -> String {
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    match (total.saturating_sub(shown.len()), shown.split_last()) {
        (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (0, _) => shown.join(", "),
        (left, _) => format!("{} and {left} more", shown.join(", ")),
    }
}

/// Items of a YAML list, one a line.
pub(super) fn yaml_items<S: AsRef<str>>(globs: &[S], indent: &str) -> String {
    let lines = globs.iter().map(|glob| {
        let glob = glob.as_ref();
        if glob.chars().any(char::is_control) {
            format!("{indent}- {glob:?}")
        } else {
            format!("{indent}- '{}'", glob.replace('\'', "''"))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Keys of hardening guides under `security:` that no release reads.
pub(super) const GUIDE_KEYS: &[&str] = &[
    "command_allowlist",
    "command_denylist",
    "tool_allowlist",
    "filesystem_allowed_paths",
    "dangerous_command_policy",
    "dangerous_patterns",
    "approval_mode",
];

/// The keys of a guide that the `security:` block uses.
pub(super) fn guide_keys(security: &Setting<'_>) -> Vec<&'static str> {
    GUIDE_KEYS.iter().copied().filter(|key| security.child(key).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_like_a_sentence() {
        assert_eq!(names(&["a"], 3), "`a`");
        assert_eq!(names(&["a", "b"], 3), "`a` and `b`");
        assert_eq!(names(&["a", "b", "c", "d", "e"], 2), "`a`, `b` and 3 more");
        assert_eq!(names::<&str>(&[], 2), "");
    }

    #[test]
    fn globs_survive_yaml() {
        assert_eq!(yaml_items(&["it's *", "rm\t*"], "  "), "  - 'it''s *'\n  - \"rm\\t*\"");
    }

    #[test]
    fn the_approval_table_is_there() {
        assert!(approval_table().is_some_and(|table| table.patterns.len() > 100));
    }
}
