//! What a tree means, written out: what two readings of a file are compared by.
//!
//! Aliases and merges are written out where they are used, so that an edit of a shared node shows at every place that
//! shares it. That costs room, and a tree that needs too much of it is not compared, and so not edited.

use crate::document::tree::{NodeId, Tree, Value};

/// Most values that are written out.
const MOST: usize = 200_000;
/// Deepest nesting that is written out; a node that holds itself ends here.
const DEPTH: usize = 100;

/// A value with everything below it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    /// A scalar.
    Leaf(Value),
    /// A list.
    List(Vec<Self>),
    /// A mapping, in Python's order.
    Map(Vec<(Self, Self)>),
    /// A set.
    Set(Vec<Self>),
}

/// One step down: which pair's value, or which item.
pub(super) type Route = Vec<usize>;

/// A tree written out, and where one of its nodes was met.
pub(super) struct Written {
    /// What it means; nothing for an empty document.
    pub plain: Plain,
    /// The routes to the node that was looked for.
    pub met: Vec<Route>,
}

/// Writes `tree` out; `None` when that is too much. A pair whose key is `wanted` counts as met, too.
pub(super) fn write_out(tree: &Tree, wanted: Option<NodeId>) -> Option<Written> {
    let mut writer = Writer { tree, wanted, met: Vec::new(), route: Vec::new(), left: MOST };
    let plain = match tree.root {
        Some(root) => writer.node(root)?,
        None => Plain::Leaf(Value::Null),
    };
    Some(Written { plain, met: writer.met })
}

struct Writer<'t> {
    tree: &'t Tree,
    wanted: Option<NodeId>,
    met: Vec<Route>,
    route: Route,
    left: usize,
}

impl Writer<'_> {
    fn node(&mut self, id: NodeId) -> Option<Plain> {
        self.left = self.left.checked_sub(1)?;
        if self.route.len() > DEPTH {
            return None;
        }
        if self.wanted == Some(id) {
            self.met.push(self.route.clone());
        }
        let tree = self.tree;
        Some(match tree.value(id) {
            Value::Seq(items) => Plain::List(self.items(items)?),
            Value::Set(items) => Plain::Set(self.items(items)?),
            Value::Map(entries) => {
                let mut pairs = Vec::with_capacity(entries.len());
                for (at, entry) in entries.iter().enumerate() {
                    self.route.push(at);
                    // Met as a key: the route is that of its value.
                    let key = self.node(entry.key)?;
                    let value = self.node(entry.value)?;
                    self.route.pop();
                    pairs.push((key, value));
                }
                Plain::Map(pairs)
            }
            // No number equals itself that is none.
            Value::Float(number) if number.is_nan() => Plain::Leaf(Value::Str("nan".into())),
            other => Plain::Leaf(other.clone()),
        })
    }

    fn items(&mut self, items: &[NodeId]) -> Option<Vec<Plain>> {
        let mut out = Vec::with_capacity(items.len());
        for (at, &item) in items.iter().enumerate() {
            self.route.push(at);
            out.push(self.node(item)?);
            self.route.pop();
        }
        Some(out)
    }
}

impl Plain {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Leaf(Value::Str(text.into()))
    }

    /// The value at the end of `route`.
    pub(super) fn at_mut(&mut self, route: &[usize]) -> Option<&mut Self> {
        let mut at = self;
        for &step in route {
            at = match at {
                Self::List(items) => items.get_mut(step)?,
                Self::Map(pairs) => pairs.get_mut(step).map(|(_, value)| value)?,
                Self::Leaf(_) | Self::Set(_) => return None,
            };
        }
        Some(at)
    }

    /// The pairs of a mapping.
    pub(super) fn pairs_mut(&mut self) -> Option<&mut Vec<(Self, Self)>> {
        match self {
            Self::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Puts `value` at the end of a path of names, making the mappings on the way where nothing stands.
    pub(super) fn set(&mut self, path: &[&str], value: Self) -> Option<()> {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return Some(());
        };
        if matches!(self, Self::Leaf(Value::Null)) {
            *self = Self::Map(Vec::new());
        }
        let pairs = self.pairs_mut()?;
        let at = match pairs.iter().position(|(key, _)| *key == Self::text(first)) {
            Some(at) => at,
            None => {
                pairs.push((Self::text(first), Self::Leaf(Value::Null)));
                pairs.len() - 1
            }
        };
        pairs.get_mut(at)?.1.set(rest, value)
    }
}
