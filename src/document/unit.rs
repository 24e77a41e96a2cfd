//! systemd units (services, timers, drop-ins), read line for line as systemd's own loader reads them.
//!
//! One file is one [`Unit`]: what drop-ins add or reset is for whoever holds all the files. Specifiers
//! (`%h`) and variables (`$MAINPID`) stay text, since their values belong to a machine.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod words;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use super::shell_words::{Spliced, Word};
use crate::span::Span;

/// Directives of a command line that systemd runs for a service.
const EXEC_KEYS: [&str; 7] = [
    "ExecCondition",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "ExecReload",
    "ExecStop",
    "ExecStopPost",
];

/// A unit file.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Section headers in file order; a name may come again.
    pub sections: Vec<Section>,
    /// Assignments in file order.
    pub directives: Vec<Directive>,
    /// Comment lines from `#` or `;` on, in order, also between continued lines.
    pub comments: Vec<Span>,
    /// Lines that systemd ignores or rejects: no `=`, no key, outside a section, not UTF-8, a header
    /// without `]`.
    pub errors: Vec<Span>,
    /// [`Unit::environment`], once it was asked for.
    environment: OnceLock<Vec<Assignment>>,
}

/// `[Name]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The name between the brackets.
    pub name: String,
    /// The header with its brackets.
    pub span: Span,
}

/// `Key=value`, continued lines joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Index of its section in [`Unit::sections`].
    pub section: usize,
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Where the value stands; covers what interrupts a continued value.
    pub value_span: Span,
    /// The statement from its first character to its last.
    pub line_span: Span,
    line: Spliced,
    value: Span,
}

impl Directive {
    /// The value without blanks around it; a continued line joins with a blank. Empty for `Key=`.
    #[must_use]
    pub fn value(&self) -> &str {
        self.line.text().get(self.value.start..self.value.end).unwrap_or_default()
    }

    /// Where `part`, a range of [`Self::value`], stands in the file.
    #[must_use]
    pub fn span_of(&self, part: Span) -> Span {
        self.line.span(part.shifted(self.value.start))
    }

    fn word(&self, text: &Spliced, whole: Span) -> Word {
        Word { text: text.text().to_owned(), span: self.span_of(whole) }
    }
}

/// One variable of `Environment=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable's name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The value, unquoted and unescaped; specifiers as written.
    pub value: String,
    /// Where the value stands, without quotes around it.
    pub value_span: Span,
    /// The whole assignment, quotes included.
    pub span: Span,
}

/// One command of an `Exec…=` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecLine<'a> {
    /// The directive.
    pub directive: &'a Directive,
    /// Special characters before the path (`-`, `@`, `:`, `+`, `!`, `|`), as written.
    pub prefix: String,
    /// Path and arguments; the path without its prefix.
    pub argv: Vec<Word>,
    /// The name the process gets instead of its path (`@`).
    pub argv0: Option<Word>,
}

impl Unit {
    /// The name of the section that `directive` stands in.
    #[must_use]
    pub fn section(&self, directive: &Directive) -> &str {
        self.sections.get(directive.section).map_or("", |section| &section.name)
    }

    /// Every assignment to `key` in sections called `section`, in order, resets too. Both names are
    /// case-sensitive.
    pub fn all<'a, 'b>(
        &'a self,
        section: &'b str,
        key: &'b str,
    ) -> impl DoubleEndedIterator<Item = &'a Directive> + use<'a, 'b> {
        self.directives.iter().filter(move |d| d.key == key && self.section(d) == section)
    }

    /// The assignments to `key` that are in force where values add up: those after the last empty one.
    #[must_use]
    pub fn values(&self, section: &str, key: &str) -> Vec<&Directive> {
        let after_reset = self.all(section, key).rev().take_while(|d| !d.value().is_empty());
        let mut values: Vec<_> = after_reset.collect();
        values.reverse();
        values
    }

    /// The assignment to `key` that is in force where the last one wins; `None` when that is empty.
    #[must_use]
    pub fn last(&self, section: &str, key: &str) -> Option<&Directive> {
        self.all(section, key).next_back().filter(|d| !d.value().is_empty())
    }

    /// True when the file empties `key`, which in a drop-in takes back what other files assign.
    #[must_use]
    pub fn resets(&self, section: &str, key: &str) -> bool {
        self.all(section, key).any(|d| d.value().is_empty())
    }

    /// The variables that `Environment=` of `[Service]` sets, in order; a later one of the same name
    /// wins. A word without a valid name is left out, and so is the rest of a line from an unclosed
    /// quote or an unknown escape on: systemd warns and ignores both.
    #[must_use]
    pub fn environment(&self) -> &[Assignment] {
        self.environment.get_or_init(|| self.read_environment())
    }

    fn read_environment(&self) -> Vec<Assignment> {
        let mut assignments = Vec::new();
        for directive in self.values("Service", "Environment") {
            let mut words = words::Words::new(directive.value());
            while let Some((word, whole)) = words.next(words::Escapes::Strict) {
                let Some((name, value)) = word.text().split_once('=') else { continue };
                if !is_variable(name) {
                    continue;
                }
                let value_at = Span::new(name.len() + 1, word.text().len());
                assignments.push(Assignment {
                    name: name.to_owned(),
                    name_span: directive.span_of(word.span(Span::new(0, name.len()))),
                    value: value.to_owned(),
                    value_span: directive.span_of(word.span(value_at)),
                    span: directive.span_of(whole),
                });
            }
        }
        assignments
    }

    /// The commands of `[Service]` in force, by directive in the order systemd runs them. A command
    /// ends before an unclosed quote, for which systemd refuses the whole line.
    #[must_use]
    pub fn exec_lines(&self) -> Vec<ExecLine<'_>> {
        let directives = EXEC_KEYS.into_iter().flat_map(|key| self.values("Service", key));
        directives.flat_map(exec_line).collect()
    }
}

fn is_variable(name: &str) -> bool {
    let word = |b: u8| b == b'_' || b.is_ascii_alphanumeric();
    name.bytes().all(word) && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// The commands of one directive; an unquoted `;` between blanks separates them.
fn exec_line(directive: &Directive) -> Vec<ExecLine<'_>> {
    let mut commands = Vec::new();
    let mut command: Option<ExecLine<'_>> = None;
    let mut words = words::Words::new(directive.value());
    loop {
        if command.is_some() && words.skip_separator() {
            commands.extend(command.take());
            continue;
        }
        let Some((text, whole)) = words.next(words::Escapes::Relaxed) else { break };
        match &mut command {
            Some(command) if command.prefix.contains('@') && command.argv0.is_none() => {
                command.argv0 = Some(directive.word(&text, whole));
            }
            Some(command) => command.argv.push(directive.word(&text, whole)),
            None => {
                let path = text.text().trim_start_matches(['-', '@', ':', '+', '!', '|']);
                let len = text.text().len() - path.len();
                let span =
                    if len == 0 { whole } else { text.span(Span::new(len, text.text().len())) };
                command = Some(ExecLine {
                    directive,
                    prefix: text.text().get(..len).unwrap_or_default().to_owned(),
                    argv: vec![Word { text: path.to_owned(), span: directive.span_of(span) }],
                    argv0: None,
                });
            }
        }
    }
    commands.extend(command);
    commands
}

/// Reads `source`, in which a line ends at `\n`, `\r` or NUL. Never fails: what systemd ignores is in
/// [`Unit::errors`].
#[must_use]
pub fn parse(source: &[u8]) -> Unit {
    let mut unit = Unit::default();
    let mut at = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut pending: Option<Spliced> = None;
    while at < source.len() {
        let rest = source.get(at..).unwrap_or_default();
        let len = rest.iter().position(|b| matches!(b, b'\n' | b'\r' | 0)).unwrap_or(rest.len());
        let line = rest.get(..len).unwrap_or_default();
        let blanks = line.len() - line.trim_ascii_start().len();
        let content = Span::new(at + blanks, at + len);
        at += len + 1;
        let first = content.of(source).first();
        if matches!(first, Some(b'#' | b';')) {
            let end = content.start + content.of(source).trim_ascii_end().len();
            unit.comments.push(Span::new(content.start, end));
            continue;
        }
        if first.is_none() && pending.is_none() {
            continue;
        }
        let mut joined = pending.take().unwrap_or_default();
        let backslashes = content.of(source).iter().rev().take_while(|&&b| b == b'\\').count();
        if backslashes % 2 == 1 {
            let backslash = Span::new(content.end - 1, content.end);
            joined.push_bytes(source, Span::new(content.start, backslash.start));
            joined.push(" ", backslash);
            pending = Some(joined);
        } else {
            joined.push_bytes(source, content);
            unit.statement(source, joined);
        }
    }
    if let Some(joined) = pending {
        unit.statement(source, joined);
    }
    unit
}

impl Unit {
    fn statement(&mut self, source: &[u8], line: Spliced) {
        let text = line.text();
        let whole = trimmed(text, Span::new(0, text.len()));
        if whole.is_empty() {
            return;
        }
        let line_span = line.span(whole);
        let statement = text.get(whole.start..whole.end).unwrap_or_default();
        if let Some(header) = statement.strip_prefix('[') {
            match header.strip_suffix(']') {
                Some(name) => {
                    self.sections.push(Section { name: name.to_owned(), span: line_span });
                }
                None => self.errors.push(line_span),
            }
            return;
        }
        let equals = statement.find('=').map(|at| whole.start + at);
        let section = self.sections.len().checked_sub(1);
        let is_text =
            !text.contains('\u{fffd}') || std::str::from_utf8(line_span.of(source)).is_ok();
        let (Some(equals), Some(section), true) = (equals, section, is_text) else {
            self.errors.push(line_span);
            return;
        };
        let key = trimmed(text, Span::new(whole.start, equals));
        if key.is_empty() {
            self.errors.push(line_span);
            return;
        }
        let value = trimmed(text, Span::new(equals + 1, whole.end));
        self.directives.push(Directive {
            section,
            key: text.get(key.start..key.end).unwrap_or_default().to_owned(),
            key_span: line.span(key),
            value_span: line.span(value),
            line_span,
            value,
            line,
        });
    }
}

/// `span` of `text` without the blanks at its ends; an empty one stands at its start.
fn trimmed(text: &str, span: Span) -> Span {
    let part = text.get(span.start..span.end).unwrap_or_default();
    let inner = part.trim_matches([' ', '\t']);
    if inner.is_empty() {
        return Span::at(span.start);
    }
    let start = span.start + (part.len() - part.trim_start_matches([' ', '\t']).len());
    Span::new(start, start + inner.len())
}
