//! JSON, read as Python's `json.loads` reads it, into the same tree as YAML, with a span for every node.
//!
//! Nesting lives on a stack of our own and ends at [`MAX_DEPTH`], about where Python gives up too; in
//! exchange no later stage meets a tree it could not walk.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use super::tree::{Duplicate, Entry, Node, NodeId, Style, Tree, Value};
use crate::span::Span;

/// Levels of arrays and objects that are read; CPython's recursion limit is 1000 by default.
pub const MAX_DEPTH: usize = 1000;

/// Digits that Python's `int` accepts in text (`sys.get_int_max_str_digits`).
const MAX_INT_DIGITS: usize = 4300;

/// Objects up to this size are searched for repeated keys without a table.
const FEW_KEYS: usize = 8;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, as a lower-case phrase.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl SyntaxError {
    fn new(message: &str, span: Span) -> Self {
        Self { message: message.to_owned(), span }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads `source`: UTF-8 with or without a BOM, `NaN` and `Infinity` accepted, the last of repeated keys
/// wins at the place of the first, lone surrogates become U+FFFD.
///
/// # Errors
/// For everything `json.loads` rejects, for bytes that are not UTF-8 and for nesting beyond
/// [`MAX_DEPTH`].
pub fn parse(source: &[u8]) -> Result<Tree, SyntaxError> {
    let text = std::str::from_utf8(source).map_err(|error| {
        let start = error.valid_up_to();
        let len = error.error_len().unwrap_or(source.len() - start);
        SyntaxError::new("not UTF-8", Span::new(start, start + len))
    })?;
    let mut reader = Reader { text, at: 0, tree: Tree::default() };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.document()?;
    let Reader { mut tree, .. } = reader;
    // Inner objects end before outer ones, so what they repeat was found first.
    let mut duplicates = std::mem::take(&mut tree.duplicates);
    duplicates.sort_by_key(|duplicate| tree.span(duplicate.second).start);
    tree.duplicates = duplicates;
    Ok(tree)
}

/// An array or object that is still open.
enum Open {
    Seq { id: NodeId, items: Vec<NodeId> },
    Map { id: NodeId, pairs: Vec<Entry>, key: NodeId },
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    tree: Tree,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), SyntaxError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.skip_space();
            let mut done = match self.peek() {
                Some(b'[') => {
                    let id = self.open(open.len())?;
                    self.skip_space();
                    if !self.skip(b']') {
                        open.push(Open::Seq { id, items: Vec::new() });
                        continue;
                    }
                    self.close(id, Value::Seq(Vec::new()))
                }
                Some(b'{') => {
                    let id = self.open(open.len())?;
                    self.skip_space();
                    if !self.skip(b'}') {
                        let key = self.key()?;
                        open.push(Open::Map { id, pairs: Vec::new(), key });
                        continue;
                    }
                    self.close(id, Value::Map(Vec::new()))
                }
                Some(b'"') => self.string()?,
                _ => self.literal()?,
            };
            // Every value may end the collection around it, and that one the next.
            loop {
                self.skip_space();
                match open.pop() {
                    None => {
                        self.tree.root = Some(done);
                        return if self.peek().is_none() {
                            Ok(())
                        } else {
                            Err(self.error("text after the end of the document"))
                        };
                    }
                    Some(Open::Seq { id, mut items }) => {
                        items.push(done);
                        if self.skip(b',') {
                            open.push(Open::Seq { id, items });
                            break;
                        }
                        if !self.skip(b']') {
                            return Err(self.error("expected `,` or `]`"));
                        }
                        done = self.close(id, Value::Seq(items));
                    }
                    Some(Open::Map { id, mut pairs, key }) => {
                        pairs.push(Entry { key, value: done, merged: false });
                        if self.skip(b',') {
                            self.skip_space();
                            let key = self.key()?;
                            open.push(Open::Map { id, pairs, key });
                            break;
                        }
                        if !self.skip(b'}') {
                            return Err(self.error("expected `,` or `}`"));
                        }
                        let pairs = self.unique(id, pairs);
                        done = self.close(id, Value::Map(pairs));
                    }
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> SyntaxError {
        let len = self.rest().chars().next().map_or(0, char::len_utf8);
        SyntaxError::new(message, Span::new(self.at, self.at + len))
    }

    fn add(&mut self, start: usize, style: Style, value: Value) -> Result<NodeId, SyntaxError> {
        let id = u32::try_from(self.tree.nodes.len()).map_err(|_| self.error("too many values"))?;
        self.tree.nodes.push(Node { span: Span::new(start, self.at), style, tag: None, value });
        Ok(NodeId(id))
    }

    /// The node of a collection is made before those in it, so that it can be named while it grows.
    fn open(&mut self, depth: usize) -> Result<NodeId, SyntaxError> {
        if depth >= MAX_DEPTH {
            return Err(self.error("nested more than 1000 levels deep"));
        }
        let start = self.at;
        self.at += 1;
        self.add(start, Style::Flow, Value::Null)
    }

    fn close(&mut self, id: NodeId, value: Value) -> NodeId {
        if let Some(node) = self.tree.nodes.get_mut(id.0 as usize) {
            node.span.end = self.at;
            node.value = value;
        }
        id
    }

    fn key(&mut self) -> Result<NodeId, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        if self.skip(b':') { Ok(key) } else { Err(self.error("expected `:`")) }
    }

    /// The pairs that a `dict` keeps; the others are recorded.
    fn unique(&mut self, map: NodeId, pairs: Vec<Entry>) -> Vec<Entry> {
        let mut kept: Vec<Entry> = Vec::with_capacity(pairs.len());
        let mut table: HashMap<&str, usize> = HashMap::new();
        let many = pairs.len() > FEW_KEYS;
        let mut duplicates = Vec::new();
        for pair in pairs {
            let text = self.tree.str(pair.key).unwrap_or_default();
            let earlier = if many {
                let next = kept.len();
                Some(*table.entry(text).or_insert(next)).filter(|&at| at < next)
            } else {
                kept.iter().position(|other| self.tree.str(other.key) == Some(text))
            };
            match earlier.and_then(|at| kept.get_mut(at)) {
                Some(slot) => {
                    duplicates.push(Duplicate {
                        map,
                        first: slot.key,
                        first_value: slot.value,
                        second: pair.key,
                    });
                    *slot = pair;
                }
                None => kept.push(pair),
            }
        }
        self.tree.duplicates.append(&mut duplicates);
        kept
    }

    fn string(&mut self) -> Result<NodeId, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let stop = rest.bytes().position(|b| matches!(b, b'"' | b'\\') || b < 0x20);
            let Some(len) = stop else {
                let span = Span::new(start, self.text.len());
                return Err(SyntaxError::new("unclosed string", span));
            };
            let run = rest.get(..len).unwrap_or_default();
            if text.is_empty() {
                text = Cow::Borrowed(run);
            } else {
                text.to_mut().push_str(run);
            }
            self.at += len;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return self.add(start, Style::DoubleQuoted, Value::Str(text.into()));
                }
                Some(b'\\') => {
                    let escaped = self.escape()?;
                    text.to_mut().push(escaped);
                }
                _ => return Err(self.error("control character in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        self.at += 2;
        Ok(match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.hex4(start)?;
                if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
                    let second = self.at;
                    self.at += 2;
                    let low = self.hex4(second)?;
                    let pair = char::decode_utf16([unit, low]).next();
                    if let Some(Ok(c)) = pair {
                        return Ok(c);
                    }
                    self.at = second;
                }
                char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                self.at = start;
                return Err(self.error("unknown escape in a string"));
            }
        })
    }

    /// Four hexadecimal digits of the escape that starts at `start`.
    fn hex4(&mut self, start: usize) -> Result<u16, SyntaxError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let value = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let Some(value) = value else {
            self.at = start;
            return Err(self.error("expected four hexadecimal digits after `\\u`"));
        };
        self.at += 4;
        Ok(value)
    }

    fn literal(&mut self) -> Result<NodeId, SyntaxError> {
        const WORDS: [(&str, Value); 6] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        let start = self.at;
        for (word, value) in WORDS {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return self.add(start, Style::Plain, value);
            }
        }
        let value = self.number()?;
        self.add(start, Style::Plain, value)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, SyntaxError> {
        let start = self.at;
        self.skip(b'-');
        let digits = if self.skip(b'0') { 1 } else { self.digits() };
        if digits == 0 {
            self.at = start;
            return Err(self.error("expected a value"));
        }
        let mut float = false;
        let mut end = self.at;
        if self.skip(b'.') && self.digits() > 0 {
            float = true;
            end = self.at;
        }
        self.at = end;
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            if self.digits() > 0 {
                float = true;
                end = self.at;
            }
        }
        self.at = end;
        let span = Span::new(start, end);
        let text = self.text.get(start..end).unwrap_or_default();
        if float {
            let value = text.parse().unwrap_or(f64::NAN);
            return Ok(Value::Float(value));
        }
        if digits > MAX_INT_DIGITS {
            return Err(SyntaxError::new("integer of more than 4300 digits", span));
        }
        Ok(text.parse().map_or_else(|_| Value::BigInt(text.into()), Value::Int))
    }
}
