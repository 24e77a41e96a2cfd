//! Mappings: merge keys (`<<`) resolved, duplicate keys found, and what a Python `dict` holds in
//! the end.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::{HashMap, HashSet};

use super::MAX_CHAIN;
use super::composer::{Content, Index, Pair};
use super::construct::{Builder, plural_node};
use super::error::{ErrorKind, SyntaxError};
use super::keys::{Key, same};
use super::resolver::Tag;
use crate::document::tree::{Duplicate, Entry, NodeId};

/// Mappings of up to this many pairs are searched from end to end instead of hashed.
const FEW: usize = 8;

/// Merged pairs from which on repetitions of a pair are dropped.
const MANY: usize = 256;

/// A mapping whose merge keys are being replaced by what they refer to.
struct Frame {
    node: Index,
    /// Position in its pairs.
    position: usize,
    merged: Vec<Pair>,
    waiting: Waiting,
}

/// What a frame does once the frame above it is done.
enum Waiting {
    Nothing,
    /// Takes the pairs of this mapping.
    One(Index),
    /// Takes the pairs of the mappings in this sequence, last one first.
    Each {
        sequence: Index,
        position: usize,
        begun: bool,
        lists: Vec<Index>,
    },
}

impl Frame {
    fn new(node: Index) -> Self {
        Self { node, position: 0, merged: Vec::new(), waiting: Waiting::Nothing }
    }
}

impl Builder<'_> {
    /// Puts the pairs that merge keys refer to in front of the pairs of mapping `index`. The
    /// mappings that lend their pairs are flattened first, on a stack of our own.
    pub(super) fn flatten(&mut self, index: Index) -> Result<(), SyntaxError> {
        let mut frames = vec![Frame::new(index)];
        while let Some(mut frame) = frames.pop() {
            let inner = self.advance_frame(&mut frame)?;
            if let Some(inner) = inner {
                frames.push(frame);
                frames.push(Frame::new(inner));
                if frames.len() > MAX_CHAIN {
                    let message = format!("more than {MAX_CHAIN} mappings merge one another");
                    return Err(SyntaxError::new(ErrorKind::Limit, message, self.span(index)));
                }
            } else if !frame.merged.is_empty() {
                self.prepend(frame.node, frame.merged);
            }
        }
        Ok(())
    }

    /// Goes on with `frame` until it needs another mapping flattened (`Some`) or is done.
    fn advance_frame(&mut self, frame: &mut Frame) -> Result<Option<Index>, SyntaxError> {
        loop {
            match &mut frame.waiting {
                Waiting::Nothing => match self.next_merge(frame)? {
                    None => return Ok(None),
                    Some(value) => {
                        let content = self.node(value).map(|node| &node.content);
                        frame.waiting = match content {
                            Some(Content::Mapping(_)) => Waiting::One(value),
                            Some(Content::Sequence(_)) => Waiting::Each {
                                sequence: value,
                                position: 0,
                                begun: false,
                                lists: Vec::new(),
                            },
                            _ => {
                                let message = "`<<` takes a mapping or a list of mappings";
                                return Err(self.error(message, value));
                            }
                        };
                        if let Waiting::One(value) = frame.waiting {
                            return Ok(Some(value));
                        }
                    }
                },
                Waiting::One(value) => {
                    if let Some(list) = self.list(*value) {
                        self.lend(list, &mut frame.merged, frame.node)?;
                    }
                    frame.waiting = Waiting::Nothing;
                }
                Waiting::Each { sequence, position, begun, lists } => {
                    let item = match self.node(*sequence).map(|node| &node.content) {
                        Some(Content::Sequence(items)) => items.get(*position).copied(),
                        _ => None,
                    };
                    let Some(item) = item else {
                        for list in std::mem::take(lists).into_iter().rev() {
                            self.lend(list, &mut frame.merged, frame.node)?;
                        }
                        frame.waiting = Waiting::Nothing;
                        continue;
                    };
                    let Some(list) = self.list(item) else {
                        let what = self.node(item).map_or("", plural_node);
                        let message = format!("`<<` takes mappings, but {what} stands in its list");
                        return Err(self.error(message, item));
                    };
                    if !*begun {
                        *begun = true;
                        return Ok(Some(item));
                    }
                    lists.push(list);
                    *position += 1;
                    *begun = false;
                }
            }
        }
    }

    /// Takes the next merge key out of the mapping of `frame` and gives its value. On the way keys
    /// spelt `=` become strings.
    fn next_merge(&mut self, frame: &mut Frame) -> Result<Option<Index>, SyntaxError> {
        let Some(list) = self.list(frame.node) else { return Ok(None) };
        while let Some(&pair) = self.pairs(list).get(frame.position) {
            match self.tag(pair.key) {
                Tag::Merge => {
                    let rest = self.pairs(list).len() - frame.position;
                    // Moving a pair is far cheaper than copying one.
                    self.spend(rest / 64, frame.node)?;
                    if let Some(pairs) = self.graph.lists.get_mut(list as usize) {
                        pairs.remove(frame.position);
                    }
                    return Ok(Some(pair.value));
                }
                Tag::Value => {
                    if let Some(key) = self.graph.nodes.get_mut(pair.key as usize) {
                        key.tag = Tag::Str;
                    }
                }
                _ => {}
            }
            frame.position += 1;
        }
        Ok(None)
    }

    /// Adds the pairs of `list` to what a mapping takes over.
    fn lend(&mut self, list: Index, to: &mut Vec<Pair>, at: Index) -> Result<(), SyntaxError> {
        self.spend(self.pairs(list).len(), at)?;
        to.extend(self.pairs(list).iter().map(|pair| Pair { merged: true, ..*pair }));
        Ok(())
    }

    fn prepend(&mut self, node: Index, mut merged: Vec<Pair>) {
        let Some(list) = self.list(node) else { return };
        merged.extend_from_slice(self.pairs(list));
        if merged.len() > MANY {
            merged = without_repetitions(merged);
        }
        let fresh = u32::try_from(self.graph.lists.len()).unwrap_or(u32::MAX);
        self.graph.lists.push(merged);
        if let Some(node) = self.graph.nodes.get_mut(node as usize) {
            node.content = Content::Mapping(fresh);
        }
    }

    fn key(&self, index: Index) -> Option<Key<'_>> {
        let own_nan = self.own_nans.contains(&index).then_some(index);
        self.values.get(index as usize).and_then(|value| Key::of(value, own_nan))
    }

    /// The `dict` that the pairs of `list` make, and the duplicates among those written in mapping
    /// `map` itself. A repeated key keeps its first place and takes the last value.
    pub(super) fn entries(&mut self, map: Index, list: Index) -> Vec<Entry> {
        let pairs = self.pairs(list);
        let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
        // The key that was written last for each entry, and its value.
        let mut latest: Vec<Pair> = Vec::with_capacity(pairs.len());
        let mut places: HashMap<Key<'_>, usize> = HashMap::new();
        let mut duplicates = Vec::new();
        for &pair in pairs {
            let place = if pairs.len() > FEW {
                let Some(key) = self.key(pair.key) else { continue };
                let place = *places.entry(key).or_insert(entries.len());
                (place < entries.len()).then_some(place)
            } else {
                entries.iter().position(|entry| self.equal_keys(entry.key.0, pair.key))
            };
            let fresh =
                Entry { key: NodeId(pair.key), value: NodeId(pair.value), merged: pair.merged };
            let known = place.and_then(|place| entries.get_mut(place).zip(latest.get_mut(place)));
            let Some((entry, last)) = known else {
                entries.push(fresh);
                latest.push(pair);
                continue;
            };
            if !pair.merged && !last.merged {
                duplicates.push(Duplicate {
                    map: NodeId(map),
                    first: NodeId(last.key),
                    first_value: NodeId(last.value),
                    second: NodeId(pair.key),
                });
            }
            let (old, new) =
                (self.values.get(entry.key.0 as usize), self.values.get(pair.key as usize));
            // Python keeps the first of two equal keys; when they do not differ, the one that
            // stands with the value that counts is of more use.
            let key = if old.zip(new).is_some_and(|(old, new)| same(old, new)) {
                fresh.key
            } else {
                entry.key
            };
            *entry = Entry { key, ..fresh };
            *last = pair;
        }
        self.duplicates.extend(duplicates);
        entries
    }

    fn equal_keys(&self, a: Index, b: Index) -> bool {
        use crate::document::tree::Value::Str;
        if a == b {
            return true;
        }
        match (self.values.get(a as usize), self.values.get(b as usize)) {
            (Some(Str(a)), Some(Str(b))) => a == b,
            (Some(Str(_)), _) | (_, Some(Str(_))) => false,
            _ => self.key(a) == self.key(b),
        }
    }
}

/// Of each pair that stands several times the first, which decides the order, and the last, which
/// decides the value.
fn without_repetitions(pairs: Vec<Pair>) -> Vec<Pair> {
    let mut last = HashMap::with_capacity(pairs.len());
    for (place, pair) in pairs.iter().enumerate() {
        last.insert((pair.key, pair.value), place);
    }
    let mut seen = HashSet::with_capacity(last.len());
    let mut place = 0;
    let mut pairs = pairs;
    pairs.retain(|pair| {
        let name = (pair.key, pair.value);
        let keep = seen.insert(name) || last.get(&name) == Some(&place);
        place += 1;
        keep
    });
    pairs
}
