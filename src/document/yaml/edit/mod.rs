//! Edits of a YAML file that leave every other byte as it is.
//!
//! An edit is a splice of text, worked out from the spans of the tree, and every one is proven before it is handed on:
//! the file that results is read again, and what it means has to be exactly what was meant, no more and no less. What
//! the layout code gets wrong, or does not know (an anchor that is used elsewhere, a flow mapping in an odd place), is
//! so refused, never written. The price is a second reading of the file for each step, which only edits pay. It also finds
//! out what was never one YAML file: the tree of a config inside another file is not what its bytes read as.
//!
//! A file whose meaning is not certain is refused from the start: one that does not parse, that repeats a key, that
//! holds several documents, or that a template engine still has to fill.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod layout;
mod plain;

#[cfg(test)]
mod tests;

use std::fmt;

use self::layout::Layout;
use self::plain::{Plain, Route, write_out};
use super::parse;
use crate::document::Structured;
use crate::document::tree::{Entry, NodeId, Style, Tree, Value};
use crate::span::Span;

/// Why an edit is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A template engine still has to fill the file.
    Template,
    /// The file does not parse, or not to what was judged: a part of another file, JSON.
    Unclear,
    /// A key stands twice.
    RepeatedKey,
    /// What was to be edited is not there, or not of the kind that was expected.
    Absent,
    /// The place can't be edited without changing something else.
    Entangled,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Template => "the file is a template",
            Self::Unclear => "the file is not read as one YAML document",
            Self::RepeatedKey => "the file repeats a key",
            Self::Absent => "what was to be changed is not there",
            Self::Entangled => "the edit would change something else, too",
        })
    }
}

impl std::error::Error for Refusal {}

/// What is written for a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fresh {
    /// A scalar as YAML writes it: `true`, `manual`, `'a b'`.
    Scalar(String),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Fresh {
    fn meaning(&self) -> Result<Plain, Refusal> {
        match self {
            Self::Scalar(source) => meaning(source),
            Self::Texts(items) => {
                Ok(Plain::List(items.iter().map(|item| Plain::text(item)).collect()))
            }
        }
    }
}

/// What a scalar written as `source` means.
fn meaning(source: &str) -> Result<Plain, Refusal> {
    let tree = parse(source.as_bytes()).map_err(|_| Refusal::Entangled)?;
    let plain = write_out(&tree, None).ok_or(Refusal::Entangled)?.plain;
    match plain {
        Plain::Leaf(_) if !source.contains('\n') && tree.comments.is_empty() => Ok(plain),
        _ => Err(Refusal::Entangled),
    }
}

/// One replacement of text in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A YAML file that is being edited.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// As it would be now.
    bytes: Vec<u8>,
    tree: Tree,
    pieces: Vec<Piece>,
    /// Bytes of the file that was opened.
    length: usize,
}

/// A run of the edited file.
#[derive(Clone, Debug)]
enum Piece {
    /// What stands there from the beginning.
    Kept(Span),
    /// What was put in.
    Put(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Kept(span) => span.len(),
            Self::Put(text) => text.len(),
        }
    }
}

impl Sheet {
    /// Opens `bytes`, which were read as `structured`.
    ///
    /// # Errors
    ///
    /// When it is not certain what the file means.
    pub fn open(bytes: &[u8], structured: &Structured) -> Result<Self, Refusal> {
        if !structured.holes.is_empty() {
            return Err(Refusal::Template);
        }
        if structured.error.is_some() {
            return Err(Refusal::Unclear);
        }
        if !structured.tree.duplicates.is_empty() {
            return Err(Refusal::RepeatedKey);
        }
        let tree = structured.tree.clone();
        let pieces = vec![Piece::Kept(Span::new(0, bytes.len()))];
        Ok(Self { bytes: bytes.to_vec(), tree, pieces, length: bytes.len() })
    }

    /// The file as it would be now.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tree as it would be now.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What was changed, as replacements in the file that was opened; in order, without overlaps.
    #[must_use]
    pub fn splices(&self) -> Vec<Splice> {
        let mut all: Vec<Splice> = Vec::new();
        let mut at = 0;
        let mut put = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Put(text) => put.push_str(text),
                Piece::Kept(span) => {
                    if span.start > at || !put.is_empty() {
                        let text = std::mem::take(&mut put);
                        all.push(Splice { span: Span::new(at, span.start), text });
                    }
                    at = span.end;
                }
            }
        }
        let end = self.length;
        if end > at || !put.is_empty() {
            all.push(Splice { span: Span::new(at, end), text: put });
        }
        all
    }

    /// Puts a scalar, as YAML writes it, in the place of the one at `span`.
    ///
    /// # Errors
    ///
    /// When no scalar stands there, or another place shares it.
    pub fn replace_scalar(&mut self, span: Span, source: &str) -> Result<(), Refusal> {
        let (node, route) = self.lone(span)?;
        if !matches!(self.tree.value(node), Value::Seq(_) | Value::Map(_) | Value::Set(_)) {
            let wanted = self.meant(&route, meaning(source)?)?;
            return self.splice(&[Splice { span, text: source.to_owned() }], &wanted);
        }
        Err(Refusal::Absent)
    }

    /// Puts a list of one text in the place of the text at `span`, written as it is.
    ///
    /// # Errors
    ///
    /// When no text on one line stands there, or another place shares it.
    pub fn wrap_in_list(&mut self, span: Span) -> Result<(), Refusal> {
        let (node, route) = self.lone(span)?;
        let text = self.tree.str(node).ok_or(Refusal::Absent)?;
        let wanted = self.meant(&route, Plain::List(vec![Plain::text(text)]))?;
        let around = [
            Splice { span: Span::at(span.start), text: "[".to_owned() },
            Splice { span: Span::at(span.end), text: "]".to_owned() },
        ];
        let quoted = Splice { span, text: format!("[{}]", layout::quote(text)) };
        // What is plain by itself may not be between brackets.
        self.splice(&around, &wanted).or_else(|_| self.splice(&[quoted], &wanted))
    }

    /// Makes a text of whatever stands at `span` on one line: it is put in quotes as it is written.
    ///
    /// # Errors
    ///
    /// When it takes more than a line, or another place shares it.
    pub fn quote(&mut self, span: Span) -> Result<(), Refusal> {
        let (node, route) = self.lone(span)?;
        let written = std::str::from_utf8(span.of(&self.bytes)).map_err(|_| Refusal::Entangled)?;
        // What stands in brackets was meant as what it is.
        if self.tree.node(node).is_some_and(|node| node.style == Style::Flow)
            || written.is_empty()
            || written.contains(['\n', '\r', '#'])
            || self.tree.str(node).is_some()
        {
            return Err(Refusal::Entangled);
        }
        let wanted = self.meant(&route, Plain::text(written))?;
        let text = layout::quote(written);
        self.splice(&[Splice { span, text }], &wanted)
    }

    /// Replaces `part` of the text of a scalar that is written as it is.
    ///
    /// # Errors
    ///
    /// When the part is not written as it reads, or another place shares the scalar.
    pub fn replace_within(&mut self, part: Span, by: &str) -> Result<(), Refusal> {
        let holds =
            |id: &NodeId| self.tree.str(*id).is_some() && self.tree.span(*id).contains(part);
        let node = self.ids().find(holds).ok_or(Refusal::Absent)?;
        let text = self.tree.str(node).ok_or(Refusal::Absent)?;
        let old = std::str::from_utf8(part.of(&self.bytes)).map_err(|_| Refusal::Entangled)?;
        // Once, so that it is certain which part of the text the bytes are.
        if old.is_empty() || text.matches(old).count() != 1 {
            return Err(Refusal::Entangled);
        }
        let fresh = text.replacen(old, by, 1);
        let span = self.tree.span(node);
        let route = self.lone(span)?.1;
        let wanted = self.meant(&route, Plain::text(&fresh))?;
        let plain = Splice { span: part, text: by.to_owned() };
        let quoted = Splice { span, text: layout::quote(&fresh) };
        self.splice(&[plain], &wanted).or_else(|_| self.splice(&[quoted], &wanted))
    }

    /// Gives the key at `span` another name.
    ///
    /// # Errors
    ///
    /// When no key stands there, its mapping has that name already, or another place shares it.
    pub fn rename(&mut self, span: Span, name: &str) -> Result<(), Refusal> {
        let (map, at, route) = self.pair(span)?;
        if self.tree.get(map, name).is_some() {
            return Err(Refusal::Entangled);
        }
        let mut wanted = self.plain()?;
        let (_, above) = route.split_last().ok_or(Refusal::Absent)?;
        let pairs = wanted.at_mut(above).and_then(Plain::pairs_mut).ok_or(Refusal::Absent)?;
        pairs.get_mut(at).ok_or(Refusal::Absent)?.0 = Plain::text(name);
        let text = match span.of(&self.bytes).first() {
            Some(b'"') => format!("\"{name}\""),
            Some(b'\'') => format!("'{name}'"),
            _ => name.to_owned(),
        };
        self.splice(&[Splice { span, text }], &wanted)
    }

    /// Sets the key at the end of `path`; a key, or a block on the way to it, that is missing is made at the end of
    /// what is there.
    ///
    /// # Errors
    ///
    /// When something else stands on the way, or the place is shared.
    pub fn set(&mut self, path: &[&str], fresh: &Fresh) -> Result<(), Refusal> {
        self.set_with(path, fresh, None)
    }

    /// As [`Sheet::set`], with a comment behind it where there is room for one.
    fn set_with(
        &mut self,
        path: &[&str],
        fresh: &Fresh,
        comment: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut wanted = self.plain()?;
        wanted.set(path, fresh.meaning()?).ok_or(Refusal::Absent)?;
        let tries = Layout::new(&self.bytes, &self.tree).set(path, fresh, comment)?;
        self.first_of(&tries, &wanted)
    }

    /// Adds texts to the list at the end of `path`, which is made when there is none.
    ///
    /// # Errors
    ///
    /// When something else than a list stands there, or the place is shared.
    pub fn append(&mut self, path: &[&str], items: &[String]) -> Result<(), Refusal> {
        let found = entry_of(&self.tree, path).map(|(_, entry)| entry).filter(|it| !it.merged);
        let list = found.map(|entry| entry.value);
        let known = match list.map(|list| self.tree.value(list)) {
            Some(Value::Seq(known)) if !known.is_empty() => known.len(),
            None | Some(Value::Null | Value::Seq(_)) => {
                return self.set(path, &Fresh::Texts(items.to_vec()));
            }
            Some(_) => return Err(Refusal::Absent),
        };
        let list = list.ok_or(Refusal::Absent)?;
        let mut route = self.lone(self.tree.span(list))?.1;
        let mut wanted = self.plain()?;
        match wanted.at_mut(&route) {
            Some(Plain::List(all)) => all.extend(items.iter().map(|item| Plain::text(item))),
            _ => return Err(Refusal::Absent),
        }
        route.push(known);
        let tries = Layout::new(&self.bytes, &self.tree).append(list, items)?;
        self.first_of(&tries, &wanted)
    }

    /// Removes the pair at the end of `path`, and the blocks above it that would be left empty.
    ///
    /// # Errors
    ///
    /// When it is not there, comes from a merge, or shares its lines with something else.
    pub fn remove(&mut self, path: &[&str]) -> Result<(), Refusal> {
        let (_, entry) = entry_of(&self.tree, path).ok_or(Refusal::Absent)?;
        if entry.merged {
            return Err(Refusal::Absent);
        }
        let (_, _, route) = self.pair(self.tree.span(entry.key))?;
        self.remove_at(route)
    }

    /// As [`Sheet::remove`], by the value that stands at `span`.
    ///
    /// # Errors
    ///
    /// As [`Sheet::remove`].
    pub fn remove_value(&mut self, span: Span) -> Result<(), Refusal> {
        let route = self.lone(span)?.1;
        self.remove_at(route)
    }

    fn remove_at(&mut self, mut route: Route) -> Result<(), Refusal> {
        loop {
            let (last, above) = route.split_last().ok_or(Refusal::Absent)?;
            let holder = self.node_at(above).ok_or(Refusal::Absent)?;
            let entries = self.tree.entries(holder);
            // A list is left as it is: an item that is no more shifts the others.
            let entry = *entries.get(*last).ok_or(Refusal::Entangled)?;
            let held = above.split_last().and_then(|(_, over)| self.node_at(over));
            let in_map = held.is_some_and(|held| matches!(self.tree.value(held), Value::Map(_)));
            if entries.len() == 1 && in_map {
                route.pop();
                continue;
            }
            let mut wanted = self.plain()?;
            let pairs = wanted.at_mut(above).and_then(Plain::pairs_mut).ok_or(Refusal::Absent)?;
            pairs.remove(*last);
            if wanted == Plain::Map(Vec::new()) {
                wanted = Plain::Leaf(Value::Null);
            }
            let tries = Layout::new(&self.bytes, &self.tree).remove(holder, entry)?;
            return self.first_of(&tries, &wanted);
        }
    }

    /// The node at the end of `route`.
    fn node_at(&self, route: &[usize]) -> Option<NodeId> {
        let mut at = self.tree.root?;
        for &step in route {
            at = match self.tree.value(at) {
                Value::Map(entries) => entries.get(step)?.value,
                Value::Seq(items) => *items.get(step)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// Writes the scalar or list of texts at `from` to `to` instead.
    ///
    /// # Errors
    ///
    /// When it is of another kind, something stands at `to`, or either place can't be edited alone.
    pub fn relocate(&mut self, from: &[&str], to: &[&str]) -> Result<(), Refusal> {
        let set = entry_of(&self.tree, to).map(|(_, entry)| self.tree.value(entry.value));
        if set.is_some_and(|there| !matches!(there, Value::Null)) {
            return Err(Refusal::Entangled);
        }
        let (_, entry) = entry_of(&self.tree, from).ok_or(Refusal::Absent)?;
        let value = entry.value;
        let fresh = match self.tree.value(value) {
            Value::Map(_) | Value::Set(_) => return Err(Refusal::Absent),
            Value::Seq(items) => {
                let texts = items.iter().map(|&item| self.tree.str(item).map(str::to_owned));
                Fresh::Texts(texts.collect::<Option<_>>().ok_or(Refusal::Absent)?)
            }
            _ => {
                let written = self.tree.span(value).of(&self.bytes);
                let written = std::str::from_utf8(written).map_err(|_| Refusal::Entangled)?;
                Fresh::Scalar(written.to_owned())
            }
        };
        // A tag says more than the text does.
        let route = self.lone(self.tree.span(value))?.1;
        if self.plain()?.at_mut(&route) != Some(&mut fresh.meaning()?) {
            return Err(Refusal::Entangled);
        }
        let comment = Layout::new(&self.bytes, &self.tree).comment_of(entry).map(str::to_owned);
        let mut moved = self.clone();
        moved.remove(from)?;
        moved.set_with(to, &fresh, comment.as_deref())?;
        *self = moved;
        Ok(())
    }

    /// The first of several ways to write an edit that reads as `wanted`.
    fn first_of(&mut self, tries: &[Vec<Splice>], wanted: &Plain) -> Result<(), Refusal> {
        let mut last = Err(Refusal::Entangled);
        for splices in tries {
            last = self.splice(splices, wanted);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// Replaces text, if the file then reads as `wanted` and no comment elsewhere is lost.
    fn splice(&mut self, splices: &[Splice], wanted: &Plain) -> Result<(), Refusal> {
        let mut bytes = Vec::with_capacity(self.bytes.len() + 64);
        let mut at = 0;
        for splice in splices {
            bytes.extend_from_slice(
                self.bytes.get(at..splice.span.start).ok_or(Refusal::Entangled)?,
            );
            bytes.extend_from_slice(splice.text.as_bytes());
            at = splice.span.end;
        }
        bytes.extend_from_slice(self.bytes.get(at..).ok_or(Refusal::Entangled)?);
        let tree = parse(&bytes).map_err(|_| Refusal::Entangled)?;
        let plain = write_out(&tree, None).ok_or(Refusal::Entangled)?.plain;
        if plain != *wanted || !tree.duplicates.is_empty() {
            return Err(Refusal::Entangled);
        }
        let outside = |comment: &Span| !splices.iter().any(|one| one.span.overlaps(*comment));
        let kept: Vec<&[u8]> = self
            .tree
            .comments
            .iter()
            .filter(|it| outside(it))
            .map(|it| it.of(&self.bytes))
            .collect();
        let now: Vec<&[u8]> = tree.comments.iter().map(|it| it.of(&bytes)).collect();
        let mut now = now.into_iter();
        if !kept.iter().all(|comment| now.any(|one| one == *comment)) {
            return Err(Refusal::Entangled);
        }
        for splice in splices.iter().rev() {
            self.pieces = cut(std::mem::take(&mut self.pieces), splice);
        }
        self.bytes = bytes;
        self.tree = tree;
        Ok(())
    }

    /// The one node at `span`, and the only route to it.
    fn lone(&self, span: Span) -> Result<(NodeId, Route), Refusal> {
        let node = self.ids().find(|&id| self.tree.span(id) == span && !span.is_empty());
        let node = node.ok_or(Refusal::Absent)?;
        let written = write_out(&self.tree, Some(node)).ok_or(Refusal::Entangled)?;
        match written.met.as_slice() {
            [only] => Ok((node, only.clone())),
            [] => Err(Refusal::Absent),
            _ => Err(Refusal::Entangled),
        }
    }

    /// The mapping and the number of the pair whose key stands at `span`, and the route to its value.
    fn pair(&self, span: Span) -> Result<(NodeId, usize, Route), Refusal> {
        let (key, route) = self.lone(span)?;
        let found = self.ids().find_map(|map| {
            let at = self.tree.entries(map).iter().position(|entry| entry.key == key)?;
            Some((map, at))
        });
        let (map, at) = found.ok_or(Refusal::Absent)?;
        Ok((map, at, route))
    }

    fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.tree.nodes.len()).filter_map(|at| u32::try_from(at).ok()).map(NodeId)
    }

    fn plain(&self) -> Result<Plain, Refusal> {
        Ok(write_out(&self.tree, None).ok_or(Refusal::Entangled)?.plain)
    }

    /// The meaning of the file with `value` at the end of `route`.
    fn meant(&self, route: &[usize], value: Plain) -> Result<Plain, Refusal> {
        let mut plain = self.plain()?;
        *plain.at_mut(route).ok_or(Refusal::Absent)? = value;
        Ok(plain)
    }
}

/// The pair at the end of a path of names, and the mapping that holds it.
fn entry_of(tree: &Tree, path: &[&str]) -> Option<(NodeId, Entry)> {
    let mut at = tree.root?;
    let mut found = None;
    for name in path {
        let entry = tree.entry(at, name)?;
        found = Some((at, entry));
        at = entry.value;
    }
    found
}

/// `pieces` with `splice`, in offsets of what they make together, carried out.
fn cut(pieces: Vec<Piece>, splice: &Splice) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len() + 2);
    let mut at = 0;
    let mut put = Some(splice.text.clone());
    for piece in pieces {
        let (start, end) = (at, at + piece.len());
        at = end;
        if put.is_some() && end <= splice.span.start {
            out.push(piece);
            continue;
        }
        let before = splice.span.start.saturating_sub(start).min(piece.len());
        let after = splice.span.end.saturating_sub(start).min(piece.len());
        let (head, tail) = match piece {
            Piece::Kept(span) => (
                Piece::Kept(Span::new(span.start, span.start + before)),
                Piece::Kept(Span::new(span.start + after, span.end)),
            ),
            Piece::Put(text) => (
                Piece::Put(text.get(..before).unwrap_or_default().to_owned()),
                Piece::Put(text.get(after..).unwrap_or_default().to_owned()),
            ),
        };
        if before > 0 {
            out.push(head);
        }
        if let Some(text) = put.take() {
            out.push(Piece::Put(text));
        }
        if tail.len() > 0 {
            out.push(tail);
        }
    }
    out.extend(put.map(Piece::Put));
    out
}
