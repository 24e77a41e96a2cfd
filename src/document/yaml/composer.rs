//! Events to a graph of nodes: aliases are resolved to the node of their anchor, tags to what they
//! mean. A node that holds an alias to itself makes the graph cyclic.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::collections::HashMap;

use super::MAX_DEPTH;
use super::error::{ErrorKind, SyntaxError};
use super::parser::{Event, Parser, Properties};
use super::resolver::{Tag, resolve};
use crate::document::tree::{Duplicate, NodeId, Style};
use crate::span::Span;

/// Index of a node in its graph.
pub(super) type Index = u32;

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub key: Index,
    pub value: Index,
    /// It came from another mapping.
    pub merged: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    Scalar(Cow<'a, str>),
    Sequence(Box<[Index]>),
    /// Index into [`Graph::lists`]. Lists are apart from their mapping because merging replaces
    /// the list of a mapping while another mapping may still be reading the old one.
    Mapping(Index),
}

/// A node before anything is made of it. Offsets take 32 bits, since there are many nodes.
#[derive(Clone, Debug)]
pub(super) struct RawNode<'a> {
    start: u32,
    end: u32,
    pub style: Style,
    pub tag: Tag,
    /// Where [`Graph::tags`] has the tag that is written out.
    pub explicit: Option<Index>,
    pub content: Content<'a>,
}

impl RawNode<'_> {
    pub(super) fn span(&self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// One document.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub nodes: Vec<RawNode<'a>>,
    pub lists: Vec<Vec<Pair>>,
    pub tags: Vec<(Box<str>, Span)>,
    pub root: Index,
    /// Where the document begins.
    pub start: Span,
    pub aliases: Vec<Span>,
    pub comments: Vec<Span>,
    /// Second and further merge keys of a mapping.
    pub duplicates: Vec<Duplicate>,
}

/// A collection whose items are still being read.
struct Open {
    node: Index,
    /// Where its items begin on the common stack of items.
    items: usize,
    mapping: bool,
}

/// Offsets fit: larger files are refused on reading.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl<'a> Graph<'a> {
    /// Reads the next document; `None` at the end of the stream.
    pub(super) fn read(parser: &mut Parser<'a>) -> Result<Option<Self>, SyntaxError> {
        let Event::DocumentStart(start) = parser.next()? else { return Ok(None) };
        let mut graph = Graph { start, ..Graph::default() };
        let mut anchors: HashMap<&'a str, (Index, Span)> = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        let mut items: Vec<Index> = Vec::new();
        loop {
            match parser.next()? {
                Event::Alias(name, span) => {
                    let Some(&(node, _)) = anchors.get(name) else {
                        let message = format!("the alias `*{name}` has no anchor before it");
                        return Err(SyntaxError::new(ErrorKind::Composer, message, span));
                    };
                    graph.aliases.push(span);
                    items.push(node);
                }
                Event::Scalar { properties, text, style, span } => {
                    let tag = properties.tag.as_ref().map(|(tag, _)| tag.as_ref());
                    let tag = match tag {
                        None if style != Style::Plain => Tag::Str,
                        None | Some("!") => resolve(&text),
                        Some(tag) => Tag::named(tag),
                    };
                    let content = Content::Scalar(text);
                    items.push(graph.add(&mut anchors, properties, tag, style, span, content)?);
                }
                Event::SequenceStart { properties, flow, start } => {
                    let content = Content::Sequence(Box::default());
                    let collection = (Tag::Seq, flow, start);
                    let node =
                        graph.add_collection(&mut anchors, properties, collection, content)?;
                    items.push(node);
                    open.push(Open { node, items: items.len(), mapping: false });
                }
                Event::MappingStart { properties, flow, start } => {
                    let list = offset(graph.lists.len());
                    graph.lists.push(Vec::new());
                    let content = Content::Mapping(list);
                    let collection = (Tag::Map, flow, start);
                    let node =
                        graph.add_collection(&mut anchors, properties, collection, content)?;
                    items.push(node);
                    open.push(Open { node, items: items.len(), mapping: true });
                }
                Event::End(end) => {
                    if let Some(done) = open.pop() {
                        graph.close(&done, &items, end);
                        items.truncate(done.items);
                    }
                }
                Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamEnd => break,
            }
            if open.len() > MAX_DEPTH {
                let span = open.last().and_then(|last| graph.nodes.get(last.node as usize));
                let message = format!("nested more than {MAX_DEPTH} levels deep");
                let span = span.map_or_else(Span::default, RawNode::span);
                return Err(SyntaxError::new(ErrorKind::Limit, message, span));
            }
            if open.is_empty() {
                // The end of the document, which reads one token ahead.
                parser.next()?;
                break;
            }
        }
        graph.root = items.first().copied().unwrap_or(0);
        graph.comments = parser.take_comments();
        Ok(Some(graph))
    }

    fn add(
        &mut self,
        anchors: &mut HashMap<&'a str, (Index, Span)>,
        properties: Properties<'a>,
        tag: Tag,
        style: Style,
        span: Span,
        content: Content<'a>,
    ) -> Result<Index, SyntaxError> {
        let index = offset(self.nodes.len());
        if let Some((name, span)) = properties.anchor
            && let Some((_, first)) = anchors.insert(name, (index, span))
        {
            let message = format!("the anchor `&{name}` stands twice in this document");
            let error = SyntaxError::new(ErrorKind::Composer, message, span);
            return Err(error.within("the first stands here", first));
        }
        let explicit = properties.tag.map(|(tag, span)| {
            self.tags.push((tag.into(), span));
            offset(self.tags.len() - 1)
        });
        let (start, end) = (offset(span.start), offset(span.end));
        self.nodes.push(RawNode { start, end, style, tag, explicit, content });
        Ok(index)
    }

    fn add_collection(
        &mut self,
        anchors: &mut HashMap<&'a str, (Index, Span)>,
        properties: Properties<'a>,
        (tag, flow, start): (Tag, bool, usize),
        content: Content<'a>,
    ) -> Result<Index, SyntaxError> {
        let tag = match properties.tag.as_ref().map(|(tag, _)| tag.as_ref()) {
            None | Some("!") => tag,
            Some(name) => Tag::named(name),
        };
        let style = if flow { Style::Flow } else { Style::Block };
        self.add(anchors, properties, tag, style, Span::at(start), content)
    }

    fn close(&mut self, done: &Open, items: &[Index], end: usize) {
        let items = items.get(done.items..).unwrap_or_default();
        let Some(node) = self.nodes.get_mut(done.node as usize) else { return };
        node.end = offset(end).max(node.start);
        match node.content {
            Content::Mapping(list) if done.mapping => {
                if let Some(pairs) = self.lists.get_mut(list as usize) {
                    pairs.extend(items.chunks_exact(2).filter_map(|pair| match *pair {
                        [key, value] => Some(Pair { key, value, merged: false }),
                        _ => None,
                    }));
                }
                self.note_merge_keys(done.node, list);
            }
            _ => node.content = Content::Sequence(items.into()),
        }
    }

    /// Merge keys are gone when keys are compared, so repeated ones are noted here.
    fn note_merge_keys(&mut self, map: Index, list: Index) {
        let mut last: Option<Pair> = None;
        for &pair in self.lists.get(list as usize).map_or(&[][..], Vec::as_slice) {
            if self.nodes.get(pair.key as usize).is_none_or(|key| key.tag != Tag::Merge) {
                continue;
            }
            if let Some(first) = last.replace(pair) {
                self.duplicates.push(Duplicate {
                    map: NodeId(map),
                    first: NodeId(first.key),
                    first_value: NodeId(first.value),
                    second: NodeId(pair.key),
                });
            }
        }
    }
}
