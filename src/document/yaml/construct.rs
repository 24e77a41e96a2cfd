//! The graph of nodes to the tree of values, in the order in which PyYAML goes: level by level,
//! since a collection is filled only after all that stand above it. The order matters where merging
//! changes a mapping that is used elsewhere.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::{HashSet, VecDeque};

use super::composer::{Content, Graph, Index, Pair, RawNode};
use super::error::{ErrorKind, SyntaxError};
use super::integer::Integer;
use super::numbers::{Refusal, float, int};
use super::resolver::Tag;
use super::timestamp::Timestamp;
use super::{MAX_CHAIN, MAX_WORK, binary};
use crate::document::tree::{Duplicate, Entry, Node, NodeId, Tree, Value};
use crate::span::Span;

/// What is known so far.
pub(super) struct Builder<'a> {
    pub(super) graph: Graph<'a>,
    /// By node; collections are `Null` until they are filled.
    pub(super) values: Vec<Value>,
    /// Nodes that a value was made of, or is about to be.
    made: Vec<bool>,
    /// Collections to fill.
    queue: VecDeque<Index>,
    /// Two-element sequences of `!!omap` and `!!pairs`: the mapping each was written as, and it.
    tuples: Vec<(Index, [NodeId; 2])>,
    /// Nodes that are a not-a-number equal to nothing else.
    pub(super) own_nans: HashSet<Index>,
    pub(super) duplicates: Vec<Duplicate>,
    /// Pairs copied and looked at for merge keys and default values.
    work: usize,
}

/// Makes the tree of `graph`.
pub(super) fn construct(mut graph: Graph<'_>) -> Result<Tree, SyntaxError> {
    let count = graph.nodes.len();
    let root = graph.root;
    let duplicates = std::mem::take(&mut graph.duplicates);
    let mut builder = Builder {
        graph,
        values: vec![Value::Null; count],
        made: vec![false; count],
        queue: VecDeque::new(),
        tuples: Vec::new(),
        own_nans: HashSet::new(),
        duplicates,
        work: 0,
    };
    builder.make(root)?;
    while let Some(node) = builder.queue.pop_front() {
        let value = builder.fill(node)?;
        if let Some(place) = builder.values.get_mut(node as usize) {
            *place = value;
        }
    }
    builder.note_unmade();
    Ok(builder.finish())
}

pub(super) fn plural_node(node: &RawNode<'_>) -> &'static str {
    match node.content {
        Content::Scalar(_) => "a single value",
        Content::Sequence(_) => "a list",
        Content::Mapping(_) => "a mapping",
    }
}

impl<'a> Builder<'a> {
    pub(super) fn node(&self, index: Index) -> Option<&RawNode<'a>> {
        self.graph.nodes.get(index as usize)
    }

    pub(super) fn span(&self, index: Index) -> Span {
        self.node(index).map_or_else(Span::default, RawNode::span)
    }

    pub(super) fn tag(&self, index: Index) -> Tag {
        self.node(index).map_or(Tag::Unknown, |node| node.tag)
    }

    /// The list of a mapping.
    pub(super) fn list(&self, index: Index) -> Option<Index> {
        match self.node(index)?.content {
            Content::Mapping(list) => Some(list),
            _ => None,
        }
    }

    pub(super) fn pairs(&self, list: Index) -> &[Pair] {
        self.graph.lists.get(list as usize).map_or(&[], Vec::as_slice)
    }

    fn item(&self, index: Index, position: usize) -> Option<Index> {
        match &self.node(index)?.content {
            Content::Sequence(items) => items.get(position).copied(),
            _ => None,
        }
    }

    pub(super) fn error(&self, message: impl Into<String>, at: Index) -> SyntaxError {
        SyntaxError::new(ErrorKind::Constructor, message, self.span(at))
    }

    /// Counts `amount` towards the limit of what one file may multiply itself to.
    pub(super) fn spend(&mut self, amount: usize, at: Index) -> Result<(), SyntaxError> {
        self.work = self.work.saturating_add(amount);
        if self.work <= MAX_WORK {
            return Ok(());
        }
        let message = format!("merge keys in this file copy more than {MAX_WORK} pairs");
        Err(SyntaxError::new(ErrorKind::Limit, message, self.span(at)))
    }

    /// Makes the value of a node, or queues it when it is a collection.
    fn make(&mut self, index: Index) -> Result<(), SyntaxError> {
        match self.made.get_mut(index as usize) {
            Some(made) if !*made => *made = true,
            _ => return Ok(()),
        }
        let value = match self.tag(index) {
            Tag::Seq | Tag::Map | Tag::Set | Tag::Omap | Tag::Pairs => {
                self.queue.push_back(index);
                return Ok(());
            }
            Tag::Merge => {
                return Err(self.error("`<<` is a merge key, not a value: quote it", index));
            }
            Tag::Value => return Err(self.error("`=` alone is no value: quote it", index)),
            Tag::Unknown => {
                let name = self.node(index).and_then(|node| node.explicit);
                let name = name.and_then(|name| self.graph.tags.get(name as usize));
                let (name, span) =
                    name.map_or(("", self.span(index)), |(name, span)| (name, *span));
                let message = format!("the tag `{name}` is unknown to a safe loader");
                return Err(SyntaxError::new(ErrorKind::Constructor, message, span));
            }
            tag => self.scalar(tag, index)?,
        };
        if let Some(place) = self.values.get_mut(index as usize) {
            *place = value;
        }
        Ok(())
    }

    fn scalar(&mut self, tag: Tag, index: Index) -> Result<Value, SyntaxError> {
        let from = self.text_node(index)?;
        let Some(Content::Scalar(text)) = self.node(from).map(|node| &node.content) else {
            return Ok(Value::Null);
        };
        match scalar_value(tag, text) {
            // A time is read from the node itself, not from its default value.
            Ok((Value::Timestamp(_), _)) if from != index => {
                Err(self.error("a mapping is no timestamp", index))
            }
            Ok((value, own_nan)) => {
                if own_nan {
                    self.own_nans.insert(index);
                }
                Ok(value)
            }
            Err((kind, message)) => Err(SyntaxError::new(kind, message, self.span(index))),
        }
    }

    /// The node that has the text of `index`: itself, or for a mapping its default value (`=`).
    fn text_node(&mut self, index: Index) -> Result<Index, SyntaxError> {
        let mut at = index;
        for _ in 0..MAX_CHAIN {
            let Some(list) = self.list(at) else {
                return match self.node(at).map(|node| &node.content) {
                    Some(Content::Scalar(_)) => Ok(at),
                    _ => Err(self.error("the tag takes a single value, not a list", index)),
                };
            };
            self.spend(self.pairs(list).len(), index)?;
            let default = self.pairs(list).iter().find(|pair| self.tag(pair.key) == Tag::Value);
            match default {
                Some(pair) => at = pair.value,
                None => {
                    return Err(self.error("the tag takes a single value, not a mapping", index));
                }
            }
        }
        let message = "default values (`=`) refer to one another without end";
        Err(SyntaxError::new(ErrorKind::Limit, message, self.span(index)))
    }

    fn fill(&mut self, index: Index) -> Result<Value, SyntaxError> {
        let tag = self.tag(index);
        match (tag, self.node(index).map(|node| &node.content)) {
            (Tag::Seq, Some(Content::Sequence(items))) => {
                let items: Vec<NodeId> = items.iter().copied().map(NodeId).collect();
                for item in &items {
                    self.make(item.0)?;
                }
                Ok(Value::Seq(items))
            }
            (Tag::Omap | Tag::Pairs, Some(Content::Sequence(_))) => self.fill_tuples(index),
            (Tag::Map | Tag::Set, Some(Content::Mapping(_))) => {
                let entries = self.fill_mapping(index)?;
                Ok(if tag == Tag::Map {
                    Value::Map(entries)
                } else {
                    Value::Set(entries.iter().map(|entry| entry.key).collect())
                })
            }
            (Tag::Map | Tag::Set, _) => Err(self.error("the tag takes a mapping", index)),
            _ => Err(self.error("the tag takes a list", index)),
        }
    }

    fn fill_tuples(&mut self, index: Index) -> Result<Value, SyntaxError> {
        let mut items = Vec::new();
        while let Some(item) = self.item(index, items.len()) {
            let pair = self.list(item).map(|list| self.pairs(list));
            let Some(&[pair]) = pair else {
                return Err(self.error("expected a mapping with exactly one key", item));
            };
            self.make(pair.key)?;
            self.make(pair.value)?;
            let node = u32::try_from(self.values.len() + self.tuples.len()).unwrap_or(u32::MAX);
            self.tuples.push((item, [NodeId(pair.key), NodeId(pair.value)]));
            items.push(NodeId(node));
        }
        Ok(Value::Seq(items))
    }

    fn fill_mapping(&mut self, index: Index) -> Result<Vec<Entry>, SyntaxError> {
        self.flatten(index)?;
        let Some(list) = self.list(index) else { return Ok(Vec::new()) };
        let mut position = 0;
        while let Some(&pair) = self.pairs(list).get(position) {
            self.make(pair.key)?;
            if self.is_collection(pair.key) {
                let message = match self.node(pair.key) {
                    Some(node) => format!("{} cannot be a key: quote it", plural_node(node)),
                    None => String::new(),
                };
                return Err(self.error(message, pair.key));
            }
            self.make(pair.value)?;
            position += 1;
        }
        Ok(self.entries(index, list))
    }

    /// True for what becomes a list, a mapping or a set, which Python cannot hash.
    fn is_collection(&self, index: Index) -> bool {
        matches!(self.tag(index), Tag::Seq | Tag::Map | Tag::Set | Tag::Omap | Tag::Pairs)
    }

    /// Mappings that only lend their pairs to others are never made, but may hold duplicates.
    fn note_unmade(&mut self) {
        for index in 0..u32::try_from(self.made.len()).unwrap_or(u32::MAX) {
            let Some(list) = self.list(index) else { continue };
            if self.made.get(index as usize) == Some(&true) && self.is_collection(index) {
                continue;
            }
            let made = |pair: &Pair| self.made.get(pair.key as usize) == Some(&true);
            if self.pairs(list).iter().all(|pair| made(pair) && !self.is_collection(pair.key)) {
                self.entries(index, list);
            }
        }
        let nodes = &self.graph.nodes;
        let place = |id: NodeId| nodes.get(id.0 as usize).map_or(0, |node| node.span().start);
        self.duplicates.sort_by_key(|duplicate| place(duplicate.second));
    }

    fn finish(self) -> Tree {
        let Graph { nodes: raw, tags, root, aliases, comments, .. } = self.graph;
        let explicit =
            |node: &RawNode<'_>| node.explicit.and_then(|tag| tags.get(tag as usize)).cloned();
        let tuples: Vec<Node> = self
            .tuples
            .into_iter()
            .filter_map(|(item, pair)| {
                let node = raw.get(item as usize)?;
                let value = Value::Seq(pair.to_vec());
                Some(Node { span: node.span(), style: node.style, tag: explicit(node), value })
            })
            .collect();
        let mut nodes = Vec::with_capacity(raw.len() + tuples.len());
        nodes.extend(raw.iter().zip(self.values).map(|(node, value)| {
            // The key of a merge is not made, but rules look at it.
            let value = match &node.content {
                Content::Scalar(text) if node.tag == Tag::Merge => Value::Str(text.as_ref().into()),
                _ => value,
            };
            Node { span: node.span(), style: node.style, tag: explicit(node), value }
        }));
        nodes.extend(tuples);
        let duplicates = self.duplicates;
        Tree { nodes, root: Some(NodeId(root)), comments, duplicates, aliases }
    }
}

/// What `tag` makes of `text`, and whether it is a not-a-number of its own.
pub(super) fn scalar_value(
    tag: Tag,
    text: &str,
) -> Result<(Value, bool), (ErrorKind, &'static str)> {
    let refuse = |message| Err((ErrorKind::Constructor, message));
    let too_long = |refusal, message| match refusal {
        Refusal::Invalid => (ErrorKind::Constructor, message),
        Refusal::TooLong => (ErrorKind::Limit, "this number has too many parts"),
    };
    let value = match tag {
        Tag::Null => Value::Null,
        Tag::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Value::Bool(true),
            "no" | "false" | "off" => Value::Bool(false),
            _ => return refuse("this is no boolean"),
        },
        Tag::Int => {
            let message = "this looks like a whole number but is none: quote it";
            int(text).map(Integer::into_value).map_err(|refusal| too_long(refusal, message))?
        }
        Tag::Float => {
            let message = "this looks like a number but is none: quote it";
            let (value, shared) = float(text).map_err(|refusal| too_long(refusal, message))?;
            return Ok((Value::Float(value), value.is_nan() && !shared));
        }
        Tag::Binary => match binary::decode(text) {
            Some(bytes) => Value::Bytes(bytes.into()),
            None => return refuse("this is not base64"),
        },
        Tag::Timestamp => match Timestamp::parse(text) {
            Some(time) => Value::Timestamp(time.isoformat().into()),
            None => return refuse("there is no such date or time: quote it"),
        },
        _ => Value::Str(text.into()),
    };
    Ok((value, false))
}
