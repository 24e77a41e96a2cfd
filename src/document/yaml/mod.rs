//! YAML as PyYAML 6.0.3 `safe_load` reads it, with a span for everything: what Hermes sees is what
//! is checked. A reader of our own, because every other one accepts, refuses or resolves something
//! else, and a linter is wrong exactly there.
//!
//! The road is characters, tokens (`scanner`), events (`parser`), a graph (`composer`), values
//! (`construct`); all of it iterates on stacks of its own, so that depth costs memory and no call
//! stack.
//!
//! Differences from PyYAML, all on purpose:
//!
//! * Input is UTF-8, with or without a byte order mark, because Hermes opens its files so. PyYAML
//!   would decode UTF-16 from bytes; here it is an error.
//! * A lone surrogate (`"\ud800"`), which UTF-8 cannot hold, becomes U+FFFD.
//! * What exhausts PyYAML is refused with [`ErrorKind::Limit`]: nesting beyond [`MAX_DEPTH`], chains
//!   of merges beyond [`MAX_CHAIN`], merges that copy more than [`MAX_WORK`] pairs, integers in base
//!   60 of more than 1000 parts, files of 4 GiB and more.
//!
//! Spans leave out what does not belong to the text of a value: anchors and tags in front of it, and
//! the line breaks after a block scalar. A value that is not written has an empty span behind the
//! last token before it.
//!
//! An alias is a second reference to one node, and a node may hold itself (`&a [*a]`): whoever walks
//! a [`Tree`] has to remember where it has been.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod binary;
mod characters;
mod composer;
mod construct;
pub mod edit;
mod error;
mod integer;
mod keys;
mod mapping;
mod numbers;
mod parser;
mod properties;
mod resolver;
mod scalars;
mod scanner;
mod timestamp;
mod token;

#[cfg(test)]
mod tests;

pub use error::{ErrorKind, SyntaxError};

use super::tree::{Tree, Value};
use composer::Graph;
use parser::Parser;

/// Levels of nesting that are read. PyYAML recurses twice per level and dies at 491 when called
/// from an empty stack with Python's default limit; Hermes calls it from some frames down.
pub const MAX_DEPTH: usize = 480;

/// Mappings that may merge one another in a chain; PyYAML dies at 989 from an empty stack.
pub const MAX_CHAIN: usize = 960;

/// Pairs that merge keys may copy in one document. PyYAML has no limit but memory and time.
pub const MAX_WORK: usize = 1_000_000;

/// The tree that `safe_load` gives for `source`.
///
/// # Errors
///
/// A [`SyntaxError`] when `safe_load` raises, several documents included, or a limit is passed.
pub fn parse(source: &[u8]) -> Result<Tree, SyntaxError> {
    let mut parser = Parser::new(characters::decode(source)?);
    let Some(graph) = Graph::read(&mut parser)? else {
        return Ok(Tree { comments: parser.take_comments(), ..Tree::default() });
    };
    if let Some(second) = Graph::read(&mut parser)? {
        let message = "a second document begins here, but one is expected";
        return Err(SyntaxError::new(ErrorKind::Composer, message, second.start));
    }
    let mut tree = construct::construct(graph)?;
    tree.comments.extend(parser.take_comments());
    Ok(tree)
}

/// The trees that `safe_load_all` gives for `source`, one per document.
///
/// # Errors
///
/// A [`SyntaxError`] when any of the documents is refused.
pub fn parse_all(source: &[u8]) -> Result<Vec<Tree>, SyntaxError> {
    let mut parser = Parser::new(characters::decode(source)?);
    let mut trees: Vec<Tree> = Vec::new();
    while let Some(graph) = Graph::read(&mut parser)? {
        trees.push(construct::construct(graph)?);
    }
    if let Some(last) = trees.last_mut() {
        last.comments.extend(parser.take_comments());
    }
    Ok(trees)
}

/// What the plain scalar `text` means. Text that resolves to a type it has no value of (a date that
/// does not exist), and the keys `<<` and `=`, come back as strings.
#[must_use]
pub fn implicit(text: &str) -> Value {
    construct::scalar_value(resolver::resolve(text), text)
        .map_or_else(|_| Value::Str(text.into()), |(value, _)| value)
}
