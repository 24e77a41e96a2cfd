//! Reads the fields of a TOML table and says which were not read.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use toml::{Table, Value};

use super::{Effect, Note};

/// A table whose fields are taken one by one. Names match in any case, as in the tools that wrote it.
pub(super) struct Fields {
    table: Table,
    /// The rule that the table belongs to.
    rule: Option<String>,
    /// What stands before a field's name in notes.
    prefix: &'static str,
}

impl Fields {
    pub fn new(table: Table, rule: Option<&str>, prefix: &'static str) -> Self {
        let table =
            table.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
        Self { table, rule: rule.map(str::to_owned), prefix }
    }

    pub fn note(&self, field: &str, what: impl Into<String>, effect: Effect) -> Note {
        let field = format!("{}{field}", self.prefix);
        Note { rule: self.rule.clone(), field, what: what.into(), effect }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.table.remove(&name.to_ascii_lowercase())
    }

    fn wrong(&self, name: &str, wanted: &str, notes: &mut Vec<Note>) {
        notes.push(self.note(name, format!("is no {wanted}, so it is not read"), Effect::More));
    }

    /// A string that is not empty.
    pub fn text(&mut self, name: &str, notes: &mut Vec<Note>) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            _ => {
                self.wrong(name, "string", notes);
                None
            }
        }
    }

    pub fn number(&mut self, name: &str, notes: &mut Vec<Note>) -> Option<f64> {
        match self.take(name)? {
            #[expect(clippy::cast_precision_loss, reason = "a few bits or lines")]
            Value::Integer(number) => Some(number as f64),
            Value::Float(number) if number.is_finite() => Some(number),
            _ => {
                self.wrong(name, "number", notes);
                None
            }
        }
    }

    pub fn count(&mut self, name: &str, notes: &mut Vec<Note>) -> Option<usize> {
        match self.take(name)? {
            Value::Integer(number) if usize::try_from(number).is_ok() => {
                usize::try_from(number).ok()
            }
            _ => {
                self.wrong(name, "count", notes);
                None
            }
        }
    }

    pub fn flag(&mut self, name: &str, notes: &mut Vec<Note>) -> bool {
        match self.take(name) {
            None => false,
            Some(Value::Boolean(flag)) => flag,
            Some(_) => {
                self.wrong(name, "`true` or `false`", notes);
                false
            }
        }
    }

    pub fn texts(&mut self, name: &str, notes: &mut Vec<Note>) -> Vec<String> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.wrong(name, "list of strings", notes);
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text),
                _ => self.wrong(name, "list of strings only", notes),
            }
        }
        texts
    }

    pub fn table(&mut self, name: &str, notes: &mut Vec<Note>) -> Option<Table> {
        match self.take(name)? {
            Value::Table(table) => Some(table),
            _ => {
                self.wrong(name, "table", notes);
                None
            }
        }
    }

    /// A list of tables, or a single one.
    pub fn tables(&mut self, name: &str, notes: &mut Vec<Note>) -> Vec<Table> {
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Table(table)) => return vec![table],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong(name, "list of tables", notes);
                return Vec::new();
            }
        };
        let mut tables = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Table(table) => tables.push(table),
                _ => self.wrong(name, "list of tables only", notes),
            }
        }
        tables
    }

    /// Notes the fields that nobody took, but for those in `known`, which mean nothing here.
    pub fn finish(self, known: &[&str], notes: &mut Vec<Note>) {
        for name in self.table.keys() {
            let effect = if known.contains(&name.as_str()) { continue } else { Effect::More };
            notes.push(self.note(name, "is not a field that is known here", effect));
        }
    }
}
