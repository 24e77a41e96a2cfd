//! A part of a document by name: what findings, evidence and notes point at.

use super::Document;
use crate::finding::Location;
use crate::span::Span;

/// A span of a document, with the name it is known by there.
#[derive(Clone, Debug)]
pub struct Place<'d> {
    /// The document.
    pub document: &'d Document,
    /// The part meant; `None` for the file as a whole.
    pub span: Option<Span>,
    /// Dotted path of a setting, name of a variable, or the like; never a value.
    pub route: String,
}

impl<'d> Place<'d> {
    /// A part of `document`.
    #[must_use]
    pub fn new(document: &'d Document, span: Span, route: impl Into<String>) -> Self {
        Self { document, span: Some(span), route: route.into() }
    }

    /// `document` as a whole.
    #[must_use]
    pub fn whole(document: &'d Document) -> Self {
        Self { document, span: None, route: String::new() }
    }

    /// The location, with its masked lines.
    #[must_use]
    pub fn location(&self) -> Location {
        let text = &self.document.text;
        self.span.map_or_else(|| text.whole(), |span| text.locate(span))
    }

    /// `config.yaml:22`: for evidence and notes.
    #[must_use]
    pub fn cite(&self) -> String {
        let text = &self.document.text;
        let path = &text.path().display;
        self.span.map_or_else(
            || path.clone(),
            |span| format!("{path}:{}", text.lines().position(text.bytes(), span.start).line),
        )
    }
}
