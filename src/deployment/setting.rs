//! A setting with the line that wins, and the lines it shadows.

use crate::document::tree::{NodeId, Style, Tree, Value};
use crate::document::{Document, Place, Structured};

/// The effective value of a config key.
#[derive(Clone, Debug)]
pub struct Setting<'d> {
    /// The document that wins.
    pub document: &'d Document,
    /// Its tree, with the parts that a template engine still has to fill.
    pub structured: &'d Structured,
    /// The value's node.
    pub node: NodeId,
    /// The key's node.
    pub key: NodeId,
    /// Dotted path of the key.
    pub path: String,
    /// Places that say otherwise and lose.
    pub shadowed: Vec<Place<'d>>,
}

impl<'d> Setting<'d> {
    /// Looks `path` up in `document`, which must be structured.
    #[must_use]
    pub fn find(document: &'d Document, path: &str) -> Option<Self> {
        let structured = document.structured()?;
        let entry = structured.tree.entry_at(path)?;
        Some(Self {
            document,
            structured,
            node: entry.value,
            key: entry.key,
            path: path.to_owned(),
            shadowed: Vec::new(),
        })
    }

    /// The whole of `document`, from which its settings are reached.
    pub(super) fn root(document: &'d Document) -> Option<Self> {
        let structured = document.structured()?;
        let root = structured.tree.root?;
        Some(Self {
            document,
            structured,
            node: root,
            key: root,
            path: String::new(),
            shadowed: Vec::new(),
        })
    }

    /// The tree that holds it.
    #[must_use]
    pub fn tree(&self) -> &'d Tree {
        &self.structured.tree
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &'d Value {
        self.tree().value(self.node)
    }

    /// True when a template engine still has to produce the value.
    #[must_use]
    pub fn is_hole(&self) -> bool {
        self.structured.is_hole(self.node)
    }

    /// Text of a string value.
    #[must_use]
    pub fn str(&self) -> Option<&'d str> {
        self.tree().str(self.node)
    }

    /// What an unquoted `y` or `n` is from [`Release::SHORT_BOOLEANS`](crate::release::Release::SHORT_BOOLEANS) on;
    /// before, it is text.
    #[must_use]
    pub fn short_boolean(&self) -> Option<bool> {
        let plain = self.tree().node(self.node).is_some_and(|node| node.style == Style::Plain);
        match self.str().filter(|_| plain)? {
            "y" | "Y" => Some(true),
            "n" | "N" => Some(false),
            _ => None,
        }
    }

    /// A boolean value; `None` for anything else.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A switch as the gateway reads one: a boolean, or a word for it in quotes; `None` for anything else.
    #[must_use]
    pub fn switch(&self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(*value),
            Value::Str(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(true),
                "false" | "0" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// True for `null`, an empty string, list or mapping.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.value() {
            Value::Null => true,
            Value::Str(text) => text.trim().is_empty(),
            Value::Seq(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// What Python's `str()` gives for a scalar, which is how Hermes compares many settings.
    #[must_use]
    pub fn python_str(&self) -> Option<String> {
        python_str(self.value())
    }

    /// Where the value stands; the key, for an empty value.
    #[must_use]
    pub fn place(&self) -> Place<'d> {
        let span = self.tree().span(self.node);
        let span = if span.is_empty() { self.tree().span(self.key) } else { span };
        Place::new(self.document, span, self.path.clone())
    }

    /// Where the key stands.
    #[must_use]
    pub fn key_place(&self) -> Place<'d> {
        Place::new(self.document, self.tree().span(self.key), self.path.clone())
    }

    /// Text and place of each item of a list; scalars that are no text as Python would print them.
    #[must_use]
    pub fn items(&self) -> Vec<(String, Place<'d>)> {
        let tree = self.tree();
        tree.items(self.node)
            .iter()
            .enumerate()
            .filter_map(|(number, &item)| {
                let text = python_str(tree.value(item))?;
                let route = format!("{}[{number}]", self.path);
                Some((text, Place::new(self.document, tree.span(item), route)))
            })
            .collect()
    }

    /// Key and value of each pair of a mapping, as settings of their own.
    #[must_use]
    pub fn children(&self) -> Vec<(&'d str, Self)> {
        let tree = self.tree();
        tree.entries(self.node)
            .iter()
            .filter_map(|entry| {
                let name = tree.str(entry.key)?;
                let child = Self {
                    node: entry.value,
                    key: entry.key,
                    path: self.path_of(name),
                    shadowed: Vec::new(),
                    ..self.clone()
                };
                Some((name, child))
            })
            .collect()
    }

    /// The value under `name` of a mapping, as a setting of its own.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Self> {
        let entry = self.tree().entry(self.node, name)?;
        Some(Self {
            node: entry.value,
            key: entry.key,
            path: self.path_of(name),
            shadowed: Vec::new(),
            ..self.clone()
        })
    }

    /// Each item of a list, as a setting of its own; the item stands for its key.
    #[must_use]
    pub fn item_settings(&self) -> Vec<Self> {
        let items = self.tree().items(self.node).iter().enumerate();
        items
            .map(|(number, &item)| Self {
                node: item,
                key: item,
                path: format!("{}[{number}]", self.path),
                shadowed: Vec::new(),
                ..self.clone()
            })
            .collect()
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// What Python's `str()` gives for a scalar.
#[must_use]
pub fn python_str(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(text) => text.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) | Value::Timestamp(text) => text.to_string(),
        Value::Bytes(_) | Value::Seq(_) | Value::Map(_) | Value::Set(_) => return None,
    })
}
