//! What a reader says when a file is not the YAML it accepts; in its own module so that every stage
//! can build one without knowing the others.

use crate::span::Span;

/// The stage that refused the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bytes are not UTF-8, or hold a character that YAML forbids.
    Encoding,
    /// The characters do not form tokens.
    Scanner,
    /// The tokens do not form a document.
    Parser,
    /// Aliases, anchors or the number of documents are wrong.
    Composer,
    /// A value does not fit its tag, or a key cannot be one.
    Constructor,
    /// The file is nested deeper, or multiplies itself further, than is read.
    Limit,
}

/// Why a file is rejected. The messages never quote text of the file beyond a single punctuation
/// character or the name of a tag, handle or anchor, because values may be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, as one lower-case sentence.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// What was being read, and where that began.
    pub context: Option<(String, Span)>,
    /// The stage that refused the file.
    pub kind: ErrorKind,
}

impl SyntaxError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, context: None, kind }
    }

    pub(super) fn within(mut self, context: &str, span: Span) -> Self {
        self.context = Some((context.to_owned(), span));
        self
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.context {
            Some((context, _)) => write!(f, " ({context})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}
