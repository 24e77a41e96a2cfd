//! Tokens to events: which node, of which shape, with which tag and anchor, comes next.
//!
//! The grammar runs on a stack of states instead of calls, so that nesting costs no stack. Places
//! where a node may be missing yield an empty scalar behind the last token.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::characters::Input;
use super::error::{ErrorKind, SyntaxError};
use super::scanner::Scanner;
use super::token::{Kind, Payload, Token};
use crate::document::tree::Style;
use crate::span::Span;

/// The prefix of YAML's own tags.
pub(super) const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Anchor and tag of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties<'a> {
    pub anchor: Option<(&'a str, Span)>,
    pub tag: Option<(Cow<'a, str>, Span)>,
}

/// One step through the document.
#[derive(Clone, Debug)]
pub(super) enum Event<'a> {
    StreamEnd,
    DocumentStart(Span),
    DocumentEnd,
    Alias(&'a str, Span),
    Scalar {
        properties: Properties<'a>,
        text: Cow<'a, str>,
        style: Style,
        span: Span,
    },
    SequenceStart {
        properties: Properties<'a>,
        flow: bool,
        start: usize,
    },
    MappingStart {
        properties: Properties<'a>,
        flow: bool,
        start: usize,
    },
    /// The end of the collection opened last; the offset just past its last token.
    End(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    FirstDocument,
    Document,
    DocumentContent,
    BlockNode,
    DocumentEnd,
    BlockSequence,
    IndentlessSequence,
    BlockMappingKey,
    BlockMappingValue,
    /// `true`: no item has been read yet.
    FlowSequence(bool),
    PairKey,
    PairValue,
    PairEnd,
    FlowMappingKey(bool),
    FlowMappingValue,
    FlowMappingNoValue,
    StreamEnd,
}

/// Where a node stands decides what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Block,
    /// In a block mapping a list may stand at the column of its key.
    BlockMapping,
    Flow,
}

/// The event stream of one file.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// Where to go on after the nodes that are being read.
    returns: Vec<State>,
    /// Tokens that opened the block and flow collections being read.
    opened: Vec<Span>,
    /// Tag handles of this document.
    handles: BTreeMap<&'a str, Cow<'a, str>>,
    /// End of the last token that stands for text.
    last_end: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        Self {
            scanner: Scanner::new(input),
            state: State::FirstDocument,
            returns: Vec::new(),
            opened: Vec::new(),
            handles: BTreeMap::new(),
            last_end: 0,
        }
    }

    /// The comments read since the last call.
    pub(super) fn take_comments(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.scanner.comments)
    }

    pub(super) fn next(&mut self) -> Result<Event<'a>, SyntaxError> {
        match self.state {
            State::FirstDocument => self.first_document(),
            State::Document => self.document(),
            State::DocumentContent => self.document_content(),
            State::BlockNode => self.node(Place::Block),
            State::DocumentEnd => self.document_end(),
            State::BlockSequence => self.block_sequence(),
            State::IndentlessSequence => self.indentless_sequence(),
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequence(first) => self.flow_sequence(first),
            State::PairKey => self.pair_key(),
            State::PairValue => self.pair_value(),
            State::PairEnd => {
                self.state = State::FlowSequence(false);
                Ok(Event::End(self.last_end))
            }
            State::FlowMappingKey(first) => self.flow_mapping_key(first),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingNoValue => Ok(self.empty(State::FlowMappingKey(false))),
            State::StreamEnd => Ok(Event::StreamEnd),
        }
    }

    // Tokens.

    fn peek(&mut self) -> Result<Kind, SyntaxError> {
        Ok(self.scanner.peek()?.0)
    }

    fn peek_span(&mut self) -> Result<Span, SyntaxError> {
        Ok(self.scanner.peek()?.1)
    }

    fn take(&mut self) -> Result<Token<'a>, SyntaxError> {
        let token = self.scanner.next()?;
        if !token.span.is_empty() {
            self.last_end = token.span.end;
        }
        Ok(token)
    }

    fn take_if(&mut self, kind: Kind) -> Result<bool, SyntaxError> {
        let found = self.peek()? == kind;
        if found {
            self.take()?;
        }
        Ok(found)
    }

    fn error<T>(&mut self, message: impl Into<String>) -> Result<T, SyntaxError> {
        let span = self.peek_span()?;
        Err(SyntaxError::new(ErrorKind::Parser, message, span))
    }

    fn error_in<T>(&mut self, message: &str, context: &str) -> Result<T, SyntaxError> {
        let opened = self.opened.last().copied().unwrap_or_default();
        self.error(message).map_err(|error: SyntaxError| error.within(context, opened))
    }

    // Shared steps.

    fn empty(&mut self, next: State) -> Event<'a> {
        self.state = next;
        Event::Scalar {
            properties: Properties::default(),
            text: Cow::Borrowed(""),
            style: Style::Plain,
            span: Span::at(self.last_end),
        }
    }

    fn node_then(&mut self, place: Place, next: State) -> Result<Event<'a>, SyntaxError> {
        self.returns.push(next);
        self.node(place)
    }

    /// A node, or an empty one before any token of `before`; then `next`.
    fn node_unless(
        &mut self,
        before: &[Kind],
        place: Place,
        next: State,
    ) -> Result<Event<'a>, SyntaxError> {
        if before.contains(&self.peek()?) {
            Ok(self.empty(next))
        } else {
            self.node_then(place, next)
        }
    }

    fn go_back(&mut self) {
        self.state = self.returns.pop().unwrap_or(State::StreamEnd);
    }

    fn close(&mut self) -> Result<Event<'a>, SyntaxError> {
        self.take()?;
        self.opened.pop();
        self.go_back();
        Ok(Event::End(self.last_end))
    }

    // Documents.

    fn first_document(&mut self) -> Result<Event<'a>, SyntaxError> {
        if matches!(self.peek()?, Kind::Directive | Kind::DocumentStart | Kind::StreamEnd) {
            return self.document();
        }
        self.set_handles(BTreeMap::new());
        let start = Span::at(self.peek_span()?.start);
        self.returns.push(State::DocumentEnd);
        self.state = State::BlockNode;
        Ok(Event::DocumentStart(start))
    }

    fn document(&mut self) -> Result<Event<'a>, SyntaxError> {
        while self.take_if(Kind::DocumentEnd)? {}
        if self.peek()? == Kind::StreamEnd {
            self.state = State::StreamEnd;
            return Ok(Event::StreamEnd);
        }
        self.directives()?;
        if self.peek()? != Kind::DocumentStart {
            return self.error("the document ended before this: check the indentation");
        }
        let start = self.take()?.span;
        self.returns.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        Ok(Event::DocumentStart(start))
    }

    fn document_content(&mut self) -> Result<Event<'a>, SyntaxError> {
        let nothing = [Kind::Directive, Kind::DocumentStart, Kind::DocumentEnd, Kind::StreamEnd];
        if nothing.contains(&self.peek()?) {
            self.go_back();
            let next = self.state;
            return Ok(self.empty(next));
        }
        self.node(Place::Block)
    }

    fn document_end(&mut self) -> Result<Event<'a>, SyntaxError> {
        self.take_if(Kind::DocumentEnd)?;
        self.state = State::Document;
        Ok(Event::DocumentEnd)
    }

    fn set_handles(&mut self, declared: BTreeMap<&'a str, Cow<'a, str>>) {
        self.handles = declared;
        self.handles.entry("!").or_insert(Cow::Borrowed("!"));
        self.handles.entry("!!").or_insert(Cow::Borrowed(YAML_TAGS));
    }

    fn directives(&mut self) -> Result<(), SyntaxError> {
        let mut handles = BTreeMap::new();
        let mut version = false;
        while self.peek()? == Kind::Directive {
            let token = self.take()?;
            let refuse =
                |message: &str| Err(SyntaxError::new(ErrorKind::Parser, message, token.span));
            match token.payload {
                Payload::Version(_) if version => return refuse("a second `%YAML` directive"),
                Payload::Version(false) => return refuse("only YAML versions 1.x are read"),
                Payload::Version(true) => version = true,
                Payload::Handle(handle, _) if handles.contains_key(handle) => {
                    return refuse("a second `%TAG` directive for the same handle");
                }
                Payload::Handle(handle, prefix) => {
                    handles.insert(handle, prefix);
                }
                _ => {}
            }
        }
        self.set_handles(handles);
        Ok(())
    }

    // Nodes.

    fn properties(&mut self) -> Result<Properties<'a>, SyntaxError> {
        let mut found = Properties::default();
        loop {
            match self.peek()? {
                Kind::Anchor if found.anchor.is_none() => {
                    let token = self.take()?;
                    if let Payload::Name(name) = token.payload {
                        found.anchor = Some((name, token.span));
                    }
                }
                Kind::Tag if found.tag.is_none() => {
                    let token = self.take()?;
                    if let Payload::Tag(handle, suffix) = token.payload {
                        found.tag =
                            Some((self.resolve_tag(handle, suffix, token.span)?, token.span));
                    }
                }
                _ => return Ok(found),
            }
        }
    }

    fn resolve_tag(
        &self,
        handle: Option<&'a str>,
        suffix: Cow<'a, str>,
        span: Span,
    ) -> Result<Cow<'a, str>, SyntaxError> {
        let Some(handle) = handle else { return Ok(suffix) };
        match self.handles.get(handle) {
            Some(prefix) => Ok(Cow::Owned(format!("{prefix}{suffix}"))),
            None => {
                let message = format!("the tag handle `{handle}` is not declared");
                Err(SyntaxError::new(ErrorKind::Parser, message, span))
            }
        }
    }

    fn node(&mut self, place: Place) -> Result<Event<'a>, SyntaxError> {
        if self.peek()? == Kind::Alias {
            let token = self.take()?;
            self.go_back();
            let name = if let Payload::Name(name) = token.payload { name } else { "" };
            return Ok(Event::Alias(name, token.span));
        }
        let properties = self.properties()?;
        let (kind, span) = self.scanner.peek()?;
        let start = span.start;
        let block = place != Place::Flow;
        match kind {
            Kind::BlockEntry if place == Place::BlockMapping => {
                self.state = State::IndentlessSequence;
                Ok(Event::SequenceStart { properties, flow: false, start })
            }
            Kind::Scalar => {
                let token = self.take()?;
                self.go_back();
                let (text, style) = match token.payload {
                    Payload::Scalar(text, style) => (text, style),
                    _ => (Cow::Borrowed(""), Style::Plain),
                };
                Ok(Event::Scalar { properties, text, style, span })
            }
            Kind::FlowSequenceStart => {
                self.open(State::FlowSequence(true))?;
                Ok(Event::SequenceStart { properties, flow: true, start })
            }
            Kind::FlowMappingStart => {
                self.open(State::FlowMappingKey(true))?;
                Ok(Event::MappingStart { properties, flow: true, start })
            }
            Kind::BlockSequenceStart if block => {
                self.open(State::BlockSequence)?;
                Ok(Event::SequenceStart { properties, flow: false, start })
            }
            Kind::BlockMappingStart if block => {
                self.open(State::BlockMappingKey)?;
                Ok(Event::MappingStart { properties, flow: false, start })
            }
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                self.go_back();
                let span = Span::at(self.last_end);
                Ok(Event::Scalar { properties, text: Cow::Borrowed(""), style: Style::Plain, span })
            }
            _ => self.error(missing_node(kind)),
        }
    }

    fn open(&mut self, state: State) -> Result<(), SyntaxError> {
        let token = self.take()?;
        self.opened.push(token.span);
        self.state = state;
        Ok(())
    }

    // Block collections.

    fn block_sequence(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::BlockEntry)? {
            let nothing = [Kind::BlockEntry, Kind::BlockEnd];
            return self.node_unless(&nothing, Place::Block, State::BlockSequence);
        }
        if self.peek()? != Kind::BlockEnd {
            let message = "expected the next `- ` of the list: check the indentation";
            return self.error_in(message, "in the list that begins here");
        }
        self.close()
    }

    fn indentless_sequence(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::BlockEntry)? {
            let nothing = [Kind::BlockEntry, Kind::Key, Kind::Value, Kind::BlockEnd];
            return self.node_unless(&nothing, Place::Block, State::IndentlessSequence);
        }
        self.go_back();
        Ok(Event::End(self.last_end))
    }

    fn block_mapping_key(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::Key)? {
            let nothing = [Kind::Key, Kind::Value, Kind::BlockEnd];
            return self.node_unless(&nothing, Place::BlockMapping, State::BlockMappingValue);
        }
        if self.peek()? != Kind::BlockEnd {
            let message = "expected the next `key:` of the mapping: check the indentation";
            return self.error_in(message, "in the mapping that begins here");
        }
        self.close()
    }

    fn block_mapping_value(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::Value)? {
            let nothing = [Kind::Key, Kind::Value, Kind::BlockEnd];
            return self.node_unless(&nothing, Place::BlockMapping, State::BlockMappingKey);
        }
        Ok(self.empty(State::BlockMappingKey))
    }

    // Flow collections.

    fn flow_sequence(&mut self, first: bool) -> Result<Event<'a>, SyntaxError> {
        if self.peek()? == Kind::FlowSequenceEnd {
            return self.close();
        }
        if !first && !self.take_if(Kind::FlowEntry)? {
            return self.error_in("expected `,` or `]`", "in the list that begins here");
        }
        match self.peek()? {
            Kind::FlowSequenceEnd => self.close(),
            Kind::Key => {
                self.state = State::PairKey;
                let start = self.peek_span()?.start;
                Ok(Event::MappingStart { properties: Properties::default(), flow: true, start })
            }
            _ => self.node_then(Place::Flow, State::FlowSequence(false)),
        }
    }

    fn pair_key(&mut self) -> Result<Event<'a>, SyntaxError> {
        self.take()?;
        let nothing = [Kind::Value, Kind::FlowEntry, Kind::FlowSequenceEnd];
        self.node_unless(&nothing, Place::Flow, State::PairValue)
    }

    fn pair_value(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::Value)? {
            let nothing = [Kind::FlowEntry, Kind::FlowSequenceEnd];
            return self.node_unless(&nothing, Place::Flow, State::PairEnd);
        }
        Ok(self.empty(State::PairEnd))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>, SyntaxError> {
        if self.peek()? == Kind::FlowMappingEnd {
            return self.close();
        }
        if !first && !self.take_if(Kind::FlowEntry)? {
            return self.error_in("expected `,` or `}`", "in the mapping that begins here");
        }
        match self.peek()? {
            Kind::FlowMappingEnd => self.close(),
            Kind::Key => {
                self.take()?;
                let nothing = [Kind::Value, Kind::FlowEntry, Kind::FlowMappingEnd];
                self.node_unless(&nothing, Place::Flow, State::FlowMappingValue)
            }
            _ => self.node_then(Place::Flow, State::FlowMappingNoValue),
        }
    }

    fn flow_mapping_value(&mut self) -> Result<Event<'a>, SyntaxError> {
        if self.take_if(Kind::Value)? {
            let nothing = [Kind::FlowEntry, Kind::FlowMappingEnd];
            return self.node_unless(&nothing, Place::Flow, State::FlowMappingKey(false));
        }
        Ok(self.empty(State::FlowMappingKey(false)))
    }
}

/// What to say where a value should stand.
fn missing_node(found: Kind) -> &'static str {
    match found {
        Kind::BlockEntry => "a `- ` list item cannot stand here",
        Kind::FlowSequenceEnd | Kind::FlowMappingEnd => "this bracket closes nothing that is open",
        Kind::FlowEntry => "a `,` without a value before it",
        Kind::StreamEnd => "the file ends inside a bracket",
        Kind::DocumentStart | Kind::DocumentEnd | Kind::Directive => {
            "the document ends inside a bracket"
        }
        Kind::Alias => "an alias cannot have an anchor or a tag",
        Kind::Anchor => "a value has one anchor only",
        Kind::Tag => "a value has one tag only",
        _ => "expected a value here",
    }
}
