//! Tokens: what the scanner hands to the parser. Kinds are separate from payloads so that the
//! parser can look ahead without borrowing.

use std::borrow::Cow;

use crate::document::tree::Style;
use crate::span::Span;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directive,
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// What a token carries beside its kind.
#[derive(Clone, Debug)]
pub(super) enum Payload<'a> {
    None,
    /// The name of an alias or anchor.
    Name(&'a str),
    /// The handle, if there is one, and the suffix.
    Tag(Option<&'a str>, Cow<'a, str>),
    Scalar(Cow<'a, str>, Style),
    /// `%YAML 1.x`: whether the major version is 1.
    Version(bool),
    /// `%TAG handle prefix`
    Handle(&'a str, Cow<'a, str>),
}

/// One token; those that no text stands for have an empty span.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub span: Span,
    pub payload: Payload<'a>,
}

impl Token<'_> {
    pub(super) fn bare(kind: Kind, span: Span) -> Self {
        Self { kind, span, payload: Payload::None }
    }
}
