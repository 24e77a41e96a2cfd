//! Where in the text an edit goes, and how it is written there: indentation, quotes and line ends as around it.
//!
//! Only proposals are made here, the plainest first; whether one of them reads as it should is for the sheet to find
//! out, so nothing here has to know all of YAML.

use super::{Fresh, Refusal, Splice};
use crate::document::tree::{Entry, NodeId, Style, Tree, Value};
use crate::span::Span;

/// Columns that a block is indented by where the file shows no other habit.
const STEP: usize = 2;
/// Most columns that are taken for a habit.
const WIDEST: usize = 8;

/// A text in quotes.
pub(super) fn quote(text: &str) -> String {
    if text.chars().any(char::is_control) {
        // Rust's escapes for the common control characters are YAML's; what differs is refused by reading it back.
        format!("{text:?}")
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// The text of a file with its tree.
pub(super) struct Layout<'s> {
    bytes: &'s [u8],
    tree: &'s Tree,
}

impl<'s> Layout<'s> {
    pub(super) const fn new(bytes: &'s [u8], tree: &'s Tree) -> Self {
        Self { bytes, tree }
    }

    /// Ways to write `fresh` to the end of `path`.
    pub(super) fn set(
        &self,
        path: &[&str],
        fresh: &Fresh,
        comment: Option<&str>,
    ) -> Result<Vec<Vec<Splice>>, Refusal> {
        let Some(mut at) = self.tree.root.filter(|&root| !self.is_null(root)) else {
            // Nothing but comments: the settings begin behind them.
            let end = self.bytes.len();
            return Ok(vec![vec![self.lines_at(end, self.nested(path, fresh, 0, comment))]]);
        };
        let mut above: Option<Entry> = None;
        let mut flow = false;
        for (depth, name) in path.iter().enumerate() {
            let rest = path.get(depth..).unwrap_or_default();
            flow |= self.style(at) == Style::Flow;
            match self.tree.value(at) {
                Value::Map(_) => {}
                Value::Null => return self.fill(above.ok_or(Refusal::Absent)?, rest, fresh, flow),
                _ => return Err(Refusal::Absent),
            }
            match self.tree.entry(at, name).filter(|entry| !entry.merged) {
                Some(entry) => {
                    at = entry.value;
                    above = Some(entry);
                }
                None => return self.add(at, rest, fresh, comment),
            }
        }
        self.put(above.ok_or(Refusal::Absent)?, fresh, flow)
    }

    /// Ways to write a value in the place of that of `entry`.
    fn put(&self, entry: Entry, fresh: &Fresh, flow: bool) -> Result<Vec<Vec<Splice>>, Refusal> {
        let span = self.tree.span(entry.value);
        if self.is_alias(entry) || (self.style(entry.value) == Style::Block && !span.is_empty()) {
            return Err(Refusal::Entangled);
        }
        let inline = |text: String| {
            let text = if span.is_empty() { format!(" {text}") } else { text };
            vec![Splice { span, text }]
        };
        let Fresh::Texts(items) = fresh else {
            return Ok(vec![inline(self.inline(fresh))]);
        };
        let mut tries = Vec::new();
        let key = self.tree.span(entry.key);
        let rest = self.rest_of_line(span.end);
        if !flow && rest.iter().all(u8::is_ascii_whitespace) {
            let indent = self.column(key.start) + self.list_step();
            let lines = self.items(items, indent, None).join(self.newline());
            let start = self.before_blanks(span.start);
            let text = format!("{}{lines}", self.newline());
            tries.push(vec![Splice { span: Span::new(start, span.end), text }]);
        }
        tries.push(inline(self.inline(fresh)));
        Ok(tries)
    }

    /// Ways to put a first pair into a block that holds nothing.
    fn fill(
        &self,
        entry: Entry,
        rest: &[&str],
        fresh: &Fresh,
        flow: bool,
    ) -> Result<Vec<Vec<Splice>>, Refusal> {
        if self.is_alias(entry) {
            return Err(Refusal::Entangled);
        }
        let (key, value) = (self.tree.span(entry.key), self.tree.span(entry.value));
        let braces = format!("{{{}}}", self.flow_pair(rest, fresh));
        let text = if value.is_empty() { format!(" {braces}") } else { braces };
        let in_braces = vec![Splice { span: value, text }];
        if flow {
            return Ok(vec![in_braces]);
        }
        let indent = self.column(key.start) + self.step();
        let lines = self.lines_at(value.end, self.nested(rest, fresh, indent, None));
        let mut block = Vec::new();
        if !value.is_empty() {
            let span = Span::new(self.before_blanks(value.start), value.end);
            block.push(Splice { span, text: String::new() });
        }
        block.push(lines);
        Ok(vec![block, in_braces])
    }

    /// Ways to add a pair to a mapping.
    fn add(
        &self,
        map: NodeId,
        rest: &[&str],
        fresh: &Fresh,
        comment: Option<&str>,
    ) -> Result<Vec<Vec<Splice>>, Refusal> {
        let own = self.tree.entries(map).iter().filter(|entry| !entry.merged);
        let last = own.clone().max_by_key(|entry| self.pair_end(**entry));
        let span = self.tree.span(map);
        if self.style(map) == Style::Flow {
            let pair = self.flow_pair(rest, fresh);
            let splice = match last {
                Some(last) => {
                    Splice { span: Span::at(self.pair_end(*last)), text: format!(", {pair}") }
                }
                None => Splice { span, text: format!("{{{pair}}}") },
            };
            return Ok(vec![vec![splice]]);
        }
        let first = own.min_by_key(|entry| self.tree.span(entry.key).start);
        let (first, last) = first.zip(last).ok_or(Refusal::Entangled)?;
        let indent = self.column(self.tree.span(first.key).start);
        let lines = self.nested(rest, fresh, indent, comment);
        Ok(vec![vec![self.lines_at(self.pair_end(*last), lines)]])
    }

    /// Ways to add items to a list that holds some.
    pub(super) fn append(
        &self,
        list: NodeId,
        items: &[String],
    ) -> Result<Vec<Vec<Splice>>, Refusal> {
        let span = self.tree.span(list);
        let last = self.tree.items(list).last().ok_or(Refusal::Absent)?;
        let end = self.tree.span(*last).end;
        let double = self.style(*last) == Style::DoubleQuoted;
        if self.style(list) == Style::Flow {
            let quoted: Vec<String> = items.iter().map(|item| like(item, double)).collect();
            let text = format!(", {}", quoted.join(", "));
            return Ok(vec![vec![Splice { span: Span::at(end), text }]]);
        }
        let indent = self.column(span.start);
        let lines = self.items(items, indent, Some(double));
        Ok(vec![vec![self.lines_at(end.max(span.start), lines)]])
    }

    /// Ways to remove a pair.
    pub(super) fn remove(&self, map: NodeId, entry: Entry) -> Result<Vec<Vec<Splice>>, Refusal> {
        if entry.merged {
            return Err(Refusal::Absent);
        }
        let (key, end) = (self.tree.span(entry.key), self.pair_end(entry));
        if self.style(map) == Style::Flow {
            return self.remove_from_flow(map, entry);
        }
        let start = self.line_start(key.start);
        let before = self.bytes.get(start..key.start).unwrap_or_default();
        let rest = self.rest_of_line(end);
        let rest = rest.trim_ascii_start();
        // What shares its lines with something else is left.
        if before.iter().any(|&byte| byte != b' ') || !(rest.is_empty() || rest.starts_with(b"#")) {
            return Err(Refusal::Entangled);
        }
        let span = Span::new(start, self.next_line(end));
        Ok(vec![vec![Splice { span, text: String::new() }]])
    }

    fn remove_from_flow(&self, map: NodeId, entry: Entry) -> Result<Vec<Vec<Splice>>, Refusal> {
        let mut own: Vec<Entry> =
            self.tree.entries(map).iter().copied().filter(|entry| !entry.merged).collect();
        own.sort_by_key(|entry| self.tree.span(entry.key).start);
        let at = own.iter().position(|one| one.key == entry.key).ok_or(Refusal::Absent)?;
        let (key, end) = (self.tree.span(entry.key), self.pair_end(entry));
        let previous = at.checked_sub(1).and_then(|before| own.get(before));
        let span = match (previous, own.get(at + 1)) {
            (Some(previous), _) => Span::new(self.pair_end(*previous), end),
            (None, Some(next)) => Span::new(key.start, self.tree.span(next.key).start),
            (None, None) => Span::new(key.start, end),
        };
        Ok(vec![vec![Splice { span, text: String::new() }]])
    }

    /// The comment on the last line of a pair, with its `#`.
    pub(super) fn comment_of(&self, entry: Entry) -> Option<&'s str> {
        let end = self.pair_end(entry);
        let line = self.line_end(end);
        let inside = |comment: &&Span| comment.start >= end && comment.end <= line;
        let comment = self.tree.comments.iter().find(inside)?;
        std::str::from_utf8(comment.of(self.bytes)).ok().map(str::trim_end)
    }

    /// The lines that put `fresh` at the end of `path`.
    fn nested(
        &self,
        path: &[&str],
        fresh: &Fresh,
        indent: usize,
        comment: Option<&str>,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let mut indent = indent;
        let behind = comment.map_or_else(String::new, |comment| format!("  {comment}"));
        for (at, name) in path.iter().enumerate() {
            let lead = format!("{}{name}:", " ".repeat(indent));
            let is_last = at + 1 == path.len();
            match fresh {
                Fresh::Scalar(text) if is_last => lines.push(format!("{lead} {text}{behind}")),
                Fresh::Texts(items) if is_last && !items.is_empty() => {
                    lines.push(format!("{lead}{behind}"));
                    lines.extend(self.items(items, indent + self.list_step(), None));
                }
                Fresh::Texts(_) if is_last => lines.push(format!("{lead} []{behind}")),
                _ => lines.push(lead),
            }
            indent += self.step();
        }
        lines
    }

    fn items(&self, items: &[String], indent: usize, double: Option<bool>) -> Vec<String> {
        let double = double.unwrap_or(false);
        let line = |item: &String| format!("{}- {}", " ".repeat(indent), like(item, double));
        items.iter().map(line).collect()
    }

    fn inline(&self, fresh: &Fresh) -> String {
        match fresh {
            Fresh::Scalar(text) => text.clone(),
            Fresh::Texts(items) => {
                let quoted: Vec<String> = items.iter().map(|item| quote(item)).collect();
                format!("[{}]", quoted.join(", "))
            }
        }
    }

    /// `a: {b: value}`
    fn flow_pair(&self, path: &[&str], fresh: &Fresh) -> String {
        let mut text = self.inline(fresh);
        for (at, name) in path.iter().enumerate().rev() {
            text = format!("{name}: {text}");
            if at > 0 {
                text = format!("{{{text}}}");
            }
        }
        text
    }

    /// Whole lines behind the line that `offset` is in.
    fn lines_at(&self, offset: usize, lines: Vec<String>) -> Splice {
        let newline = self.newline();
        let at = self.next_line(offset);
        let text = lines.join(newline);
        let ended = self.bytes.get(..at).is_none_or(|before| {
            before.is_empty() || before == BOM || before.ends_with(b"\n") || before.ends_with(b"\r")
        });
        // A file that ends without a line break goes on doing so.
        let text = if ended { format!("{text}{newline}") } else { format!("{newline}{text}") };
        Splice { span: Span::at(at), text }
    }

    /// Where the text of a pair ends.
    fn pair_end(&self, entry: Entry) -> usize {
        let key = self.tree.span(entry.key);
        match self.alias_of(entry) {
            Some(alias) => alias.end,
            None => self.tree.span(entry.value).end.max(key.end),
        }
    }

    /// The alias that stands for the value of a pair.
    fn alias_of(&self, entry: Entry) -> Option<Span> {
        let key = self.tree.span(entry.key);
        let first = self.tree.aliases.partition_point(|alias| alias.start < key.end);
        let alias = *self.tree.aliases.get(first)?;
        let between = self.bytes.get(key.end..alias.start)?;
        let colon = between.trim_ascii().strip_prefix(b":")?;
        colon.is_empty().then_some(alias)
    }

    fn is_alias(&self, entry: Entry) -> bool {
        self.alias_of(entry).is_some()
    }

    fn is_null(&self, node: NodeId) -> bool {
        matches!(self.tree.value(node), Value::Null) && self.tree.span(node).is_empty()
    }

    fn style(&self, node: NodeId) -> Style {
        self.tree.node(node).map_or(Style::Plain, |node| node.style)
    }

    fn newline(&self) -> &'static str {
        match memchr::memchr(b'\n', self.bytes) {
            Some(at) if at > 0 && self.bytes.get(at - 1) == Some(&b'\r') => "\r\n",
            _ => "\n",
        }
    }

    fn line_start(&self, offset: usize) -> usize {
        let before = self.bytes.get(..offset).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        if start == 0 && before.starts_with(BOM) { BOM.len() } else { start }
    }

    fn line_end(&self, offset: usize) -> usize {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |at| offset + at)
    }

    fn next_line(&self, offset: usize) -> usize {
        (self.line_end(offset) + 1).min(self.bytes.len())
    }

    fn rest_of_line(&self, offset: usize) -> &'s [u8] {
        self.bytes.get(offset..self.line_end(offset)).unwrap_or_default()
    }

    /// The offset before the blanks that end at `offset`.
    fn before_blanks(&self, offset: usize) -> usize {
        let before = self.bytes.get(..offset).unwrap_or_default();
        before.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1)
    }

    /// Columns before `offset`, in characters: that is how blocks are indented.
    fn column(&self, offset: usize) -> usize {
        let line = self.bytes.get(self.line_start(offset)..offset).unwrap_or_default();
        String::from_utf8_lossy(line).chars().count()
    }

    /// How far the file indents blocks below their keys.
    fn step(&self) -> usize {
        self.habit(|value| matches!(value, Value::Map(_))).filter(|&step| step > 0).unwrap_or(STEP)
    }

    /// How far the file indents lists below their keys: nothing, in many files.
    fn list_step(&self) -> usize {
        self.habit(|value| matches!(value, Value::Seq(_))).unwrap_or_else(|| self.step())
    }

    fn habit(&self, wanted: impl Fn(&Value) -> bool) -> Option<usize> {
        let entries = self.tree.nodes.iter().filter_map(|node| match &node.value {
            Value::Map(entries) if node.style == Style::Block => Some(entries),
            _ => None,
        });
        entries.flatten().find_map(|entry| {
            let value = self.tree.node(entry.value)?;
            if entry.merged
                || value.style != Style::Block
                || !wanted(&value.value)
                || self.is_alias(*entry)
            {
                return None;
            }
            let step = self
                .column(value.span.start)
                .checked_sub(self.column(self.tree.span(entry.key).start))?;
            (step <= WIDEST).then_some(step)
        })
    }
}

/// The mark that some editors begin a file with.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A text in the quotes that stand around it.
fn like(text: &str, double: bool) -> String {
    let plain = !text.chars().any(|c| c.is_control() || c == '"' || c == '\\');
    if double && plain { format!("\"{text}\"") } else { quote(text) }
}
