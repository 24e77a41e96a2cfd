//! The tree that a structured file means: what a YAML or JSON reader hands to everything after it.
//!
//! Nodes live in one arena and refer to one another by index, so an alias is a second reference to a
//! node and costs nothing: an alias bomb stays as small as its text. A node may even hold itself:
//! whoever walks a tree has to remember the nodes it has seen. Every node, key and comment has
//! its span. Mappings keep what Python's `dict` would hold (last duplicate wins, merge keys applied)
//! and list what was overwritten beside it.

use crate::span::Span;

/// Index of a [`Node`] in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// One value of the document.
#[derive(Clone, Debug)]
pub struct Node {
    /// The text of the value: for a quoted scalar with its quotes, for a block scalar from its
    /// indicator on, for a collection from first to last token.
    pub span: Span,
    /// How the text was written.
    pub style: Style,
    /// An explicit tag (`!!str`, `!ENV`), resolved (`tag:yaml.org,2002:str`) and where it stands.
    pub tag: Option<(Box<str>, Span)>,
    /// What it means to the reader that is imitated.
    pub value: Value,
}

/// How a node is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// An unquoted scalar, or a value without text.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// The meaning of a node, in the types of PyYAML's `safe_load`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`
    Null,
    /// `bool`
    Bool(bool),
    /// `int` that fits
    Int(i128),
    /// `int` that does not fit in 128 bits: Python's `hex()` of it
    BigInt(Box<str>),
    /// `float`
    Float(f64),
    /// `str`
    Str(Box<str>),
    /// `bytes` (`!!binary`)
    Bytes(Box<[u8]>),
    /// `datetime.date` or `datetime.datetime`: Python's `isoformat()` of it
    Timestamp(Box<str>),
    /// `list` (`!!omap` and `!!pairs` too, each item a two-element sequence)
    Seq(Vec<NodeId>),
    /// `dict`
    Map(Vec<Entry>),
    /// `set` (`!!set`): its members
    Set(Vec<NodeId>),
}

/// One effective pair of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key that stands with the value; but of equal keys that differ (`1` and `true`) the first,
    /// as in a `dict`.
    pub key: NodeId,
    /// The value that won.
    pub value: NodeId,
    /// True when the pair came in through a merge key (`<<`).
    pub merged: bool,
}

/// A key written twice in one mapping; the last one wins. Of two merge keys (`<<`) in one mapping
/// neither is lost, but they are listed, because stricter readers refuse them as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The mapping.
    pub map: NodeId,
    /// The earlier key, whose value is lost.
    pub first: NodeId,
    /// The value that is lost.
    pub first_value: NodeId,
    /// The later key.
    pub second: NodeId,
}

/// A parsed document.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The arena.
    pub nodes: Vec<Node>,
    /// The top node; `None` for an empty document.
    pub root: Option<NodeId>,
    /// Comments, from `#` to the end of the line, in order.
    pub comments: Vec<Span>,
    /// Keys that stand twice in one mapping, in order of the second.
    pub duplicates: Vec<Duplicate>,
    /// Spans of aliases (`*name`), in order.
    pub aliases: Vec<Span>,
}

impl Tree {
    /// The node behind `id`; `None` only for an id of another tree.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The meaning of `id`.
    #[must_use]
    pub fn value(&self, id: NodeId) -> &Value {
        self.node(id).map_or(&Value::Null, |node| &node.value)
    }

    /// The span of `id`.
    #[must_use]
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).map_or_else(Span::default, |node| node.span)
    }

    /// The text of a string node.
    #[must_use]
    pub fn str(&self, id: NodeId) -> Option<&str> {
        match self.value(id) {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The pairs of a mapping; empty for anything else.
    #[must_use]
    pub fn entries(&self, id: NodeId) -> &[Entry] {
        match self.value(id) {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; empty for anything else.
    #[must_use]
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match self.value(id) {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The pair of mapping `id` under the string key `key`.
    #[must_use]
    pub fn entry(&self, id: NodeId, key: &str) -> Option<Entry> {
        self.entries(id).iter().copied().find(|entry| self.str(entry.key) == Some(key))
    }

    /// The value of mapping `id` under the string key `key`.
    #[must_use]
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.entry(id, key).map(|entry| entry.value)
    }

    /// The pair at a dotted path of string keys (`approvals.mode`), from the root.
    #[must_use]
    pub fn entry_at(&self, path: &str) -> Option<Entry> {
        let mut at = self.root?;
        let mut found = None;
        for key in path.split('.') {
            let entry = self.entry(at, key)?;
            at = entry.value;
            found = Some(entry);
        }
        found
    }

    /// The value at a dotted path of string keys, from the root.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<NodeId> {
        self.entry_at(path).map(|entry| entry.value)
    }
}
