//! Edits of a document, worked out from what it means: the same file with one thing said otherwise.
//!
//! A document knows how its own format is edited; rules say what they want in words of settings and variables. Where an
//! edit can't be made without a doubt there is none, and the finding keeps its help.

use std::sync::atomic::Ordering;

use super::yaml::edit::{Refusal, Sheet};
use super::{Document, Kind, Standing, dotenv};
use crate::finding::Edit;
use crate::span::Span;

/// Largest document that is edited, in bytes.
const LARGEST: usize = 128 << 10;
/// Shortest credential that is looked for in an edit, in bytes: shorter ones are ordinary words elsewhere.
const SHORTEST: usize = 4;
/// Most edits that are worked out for one document: each reads it once more, and a file may give any number of findings.
const MOST: usize = 64;

impl Document {
    /// True for a file that may be edited at all: not an old copy, nor what lies in an archive.
    fn is_editable(&self) -> bool {
        let text = &self.text;
        self.standing != Standing::Copy
            && text.path().archive().is_none()
            && text.bytes().len() <= LARGEST
            && text.edits().fetch_add(1, Ordering::Relaxed) < MOST
    }

    /// The edits that `change` makes of a YAML file.
    pub fn changed(
        &self,
        change: impl FnOnce(&mut Sheet) -> Result<(), Refusal>,
    ) -> Option<Vec<Edit>> {
        let (Kind::Config(structured) | Kind::Compose(structured)) = &self.kind else {
            return None;
        };
        if !self.is_editable() {
            return None;
        }
        let mut sheet = Sheet::open(self.text.bytes(), structured).ok()?;
        change(&mut sheet).ok()?;
        let splices = sheet.splices();
        // An edit holds no credential, and neither what it replaces nor what it writes is one.
        let shows = |text: &str| {
            let masked = self.text.masks().iter().map(|mask| mask.of(self.text.bytes()));
            masked
                .filter(|it| it.len() >= SHORTEST)
                .any(|it| memchr::memmem::find(text.as_bytes(), it).is_some())
        };
        if splices.iter().any(|one| self.text.is_masked(one.span) || shows(&one.text)) {
            return None;
        }
        Some(splices.into_iter().map(|one| self.edit(one.span, one.text)).collect())
    }

    /// The edits that put `text` in the place of a value.
    #[must_use]
    pub fn replaced(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        match &self.kind {
            Kind::Env(_) => self.replaced_in_env(span, text),
            _ => self.changed(|sheet| sheet.replace_scalar(span, text)),
        }
    }

    /// The edits that give a key or a variable the name `text`.
    #[must_use]
    pub fn renamed(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        match &self.kind {
            // Of two lines the later one would win.
            Kind::Env(env) if env.get(text).is_some() => None,
            Kind::Env(_) => self.replaced_in_env(span, text),
            _ => self.changed(|sheet| sheet.rename(span, text)),
        }
    }

    fn replaced_in_env(&self, span: Span, text: &str) -> Option<Vec<Edit>> {
        let known = self.is_editable() && !self.text.is_masked(span);
        known.then(|| dotenv::edit::replaced(self.text.bytes(), span, text)).flatten()?;
        Some(vec![self.edit(span, text.to_owned())])
    }

    /// What to write at `span`, a part of a text in a YAML file, so that `reference` stands there in its place.
    #[must_use]
    pub fn referring(&self, span: Span, reference: &str) -> Option<String> {
        let Kind::Config(structured) = &self.kind else { return None };
        if !self.is_editable() {
            return None;
        }
        let mut sheet = Sheet::open(self.text.bytes(), structured).ok()?;
        sheet.replace_within(span, reference).ok()?;
        match sheet.splices().as_slice() {
            // More than that would have to carry what stands beside it.
            [only] if only.span == span => Some(only.text.clone()),
            _ => None,
        }
    }

    /// The edits that remove every line of a dotenv file that sets `name`.
    #[must_use]
    pub fn without_variable(&self, name: &str) -> Option<Vec<Edit>> {
        if !matches!(self.kind, Kind::Env(_)) || !self.is_editable() {
            return None;
        }
        let mut lines: Vec<Span> = Vec::new();
        for line in dotenv::edit::lines_of(self.text.bytes(), name)? {
            match lines.last_mut() {
                Some(last) if line.start <= last.end => *last = last.join(line),
                _ => lines.push(line),
            }
        }
        let hidden = lines.iter().any(|line| self.text.is_masked(*line));
        (!hidden).then(|| lines.into_iter().map(|line| self.edit(line, String::new())).collect())
    }

    fn edit(&self, span: Span, replacement: String) -> Edit {
        let path = self.text.path().display.clone();
        Edit { path, start: span.start, end: span.end, replacement }
    }
}
