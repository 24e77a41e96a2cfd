//! The keys of a config one by one, with the path that the facts know them by and the one that people see.
//!
//! Rules about keys differ in what they look for and agree on how to walk: no descent below a key that is
//! judged already, no second visit through an alias, nothing said of names a template has yet to write.

use std::borrow::Cow;
use std::fmt::Write;

use crate::deployment::Home;
use crate::document::tree::{Entry, NodeId, Tree, Value};
use crate::document::{Document, Place, Structured};
use crate::finding::Severity;

/// One key of a config, with its value. `'k` is the visit, `'d` the document.
#[derive(Clone)]
pub(crate) struct Key<'k, 'd> {
    /// The config.
    pub document: &'d Document,
    /// Its tree.
    pub structured: &'d Structured,
    /// Segments from the root; an item of a list is `[]`.
    pub path: Cow<'k, [&'d str]>,
    /// The path with the numbers of items.
    pub route: Cow<'k, str>,
    /// The mapping that holds it.
    pub map: NodeId,
    /// Key and value.
    pub entry: Entry,
}

impl<'d> Key<'_, 'd> {
    /// The key for longer than the visit.
    pub(crate) fn kept(&self) -> Key<'d, 'd> {
        Key {
            path: Cow::Owned(self.path.to_vec()),
            route: Cow::Owned(self.route.to_string()),
            ..*self
        }
    }

    /// The tree that holds it.
    pub(crate) fn tree(&self) -> &'d Tree {
        &self.structured.tree
    }

    /// The last segment.
    pub(crate) fn name(&self) -> &'d str {
        self.path.last().copied().unwrap_or_default()
    }

    /// The value.
    pub(crate) fn value(&self) -> &'d Value {
        self.tree().value(self.entry.value)
    }

    /// True when a template engine still has to produce the value.
    pub(crate) fn is_hole(&self) -> bool {
        self.structured.is_hole(self.entry.value)
    }

    /// True for a value that asks for nothing: null, or empty text, list or mapping.
    pub(crate) fn is_empty(&self) -> bool {
        match self.value() {
            Value::Null => true,
            Value::Str(text) => text.trim().is_empty(),
            Value::Seq(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// A boolean value.
    pub(crate) fn bool(&self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Where the key stands.
    pub(crate) fn place(&self) -> Place<'d> {
        Place::new(self.document, self.tree().span(self.entry.key), self.route.to_string())
    }

    /// Where the value stands; the key, for an empty value.
    pub(crate) fn value_place(&self) -> Place<'d> {
        let span = self.tree().span(self.entry.value);
        if span.is_empty() {
            return self.place();
        }
        Place::new(self.document, span, self.route.to_string())
    }
}

/// Visits each key of the home's config in the order of the file; `visit` says whether to go below it.
pub(crate) fn walk<'d>(home: &Home<'d>, mut visit: impl FnMut(&Key<'_, 'd>) -> bool) {
    let Some((document, structured)) = home.config().zip(home.structured()) else { return };
    let tree = &structured.tree;
    let Some(root) = tree.root else { return };
    let mut seen = vec![false; tree.nodes.len()];
    // One path for the whole walk: a config may hold tens of thousands of keys, and each rule walks them.
    let mut path: Vec<&'d str> = Vec::new();
    let mut route = String::new();
    let mut open = vec![Step { node: root, depth: 0, route: 0, key: None, number: None }];
    while let Some(step) = open.pop() {
        match seen.get_mut(step.node.0 as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        path.truncate(step.depth);
        route.truncate(step.route);
        if let Some(number) = step.number {
            path.push("[]");
            // Writing to a string cannot fail.
            let _ = write!(route, "[{number}]");
        }
        if let Some((map, entry, name)) = step.key {
            path.push(name);
            if !route.is_empty() {
                route.push('.');
            }
            route.push_str(name);
            let (path, route) = (Cow::Borrowed(&*path), Cow::Borrowed(&*route));
            if !visit(&Key { document, structured, path, route, map, entry }) {
                continue;
            }
        }
        let (depth, length, first) = (path.len(), route.len(), open.len());
        for entry in tree.entries(step.node) {
            let Some(name) = tree.str(entry.key) else { continue };
            if structured.is_hole(entry.key) {
                continue;
            }
            let key = Some((step.node, *entry, name));
            open.push(Step { node: entry.value, depth, route: length, key, number: None });
        }
        for (number, &node) in tree.items(step.node).iter().enumerate() {
            open.push(Step { node, depth, route: length, key: None, number: Some(number) });
        }
        if let Some(below) = open.get_mut(first..) {
            below.reverse();
        }
    }
}

/// What is still to be visited.
struct Step<'d> {
    node: NodeId,
    /// How much of the path leads to what holds it.
    depth: usize,
    /// The same of the route, in bytes.
    route: usize,
    /// The mapping, the pair and its name.
    key: Option<(NodeId, Entry, &'d str)>,
    /// Which item of a list it is.
    number: Option<usize>,
}

/// What may come into force is a warning where what is in force is an error.
pub(crate) fn in_force(home: &Home<'_>, severity: Severity) -> Severity {
    if home.is_template() { severity.min(Severity::Warning) } else { severity }
}

/// The YAML lines that put `value` at the dotted `path`.
pub(crate) fn yaml(path: &str, value: &str) -> String {
    let mut lines = String::new();
    let mut indent = String::new();
    let mut segments = path.split('.').peekable();
    while let Some(segment) = segments.next() {
        lines.push_str(&indent);
        lines.push_str(segment);
        lines.push(':');
        if segments.peek().is_some() {
            lines.push('\n');
            indent.push_str("  ");
        }
    }
    lines.push(' ');
    lines.push_str(value);
    lines
}

/// `a, b and c`, each in backquotes; at most five.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 5;
    let all: Vec<&str> = names.into_iter().collect();
    let mut text = String::new();
    let shown = all.len().min(MOST);
    for (number, name) in all.iter().take(MOST).enumerate() {
        if number > 0 {
            text.push_str(if number + 1 == shown && all.len() <= MOST { " and " } else { ", " });
        }
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
    if all.len() > MOST {
        text.push_str(&format!(" and {} more", all.len() - MOST));
    }
    text
}

/// True when what stands in a config equals a fact's default: a scalar, or a list that is empty in both.
pub(crate) fn equals(value: &Value, default: &serde_json::Value) -> bool {
    let close = |value: f64| default.as_f64().is_some_and(|it| (it - value).abs() < f64::EPSILON);
    match (value, default) {
        (Value::Bool(value), serde_json::Value::Bool(default)) => value == default,
        (Value::Int(value), serde_json::Value::Number(default)) => {
            default.as_i64().map(i128::from) == Some(*value)
                || i32::try_from(*value).is_ok_and(|value| close(value.into()))
        }
        (Value::Float(value), serde_json::Value::Number(_)) => close(*value),
        (Value::Str(value), serde_json::Value::String(default)) => **value == **default,
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Seq(value), serde_json::Value::Array(default)) => {
            value.is_empty() && default.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_nest() {
        assert_eq!(yaml("security.redact_secrets", "true"), "security:\n  redact_secrets: true");
        assert_eq!(yaml("model", "x"), "model: x");
    }

    #[test]
    fn lists_of_names_are_cut() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        let many = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(listed(many), "`a`, `b`, `c`, `d`, `e` and 2 more");
        assert_eq!(listed([]), "");
    }
}
