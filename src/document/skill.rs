//! A skill's `SKILL.md`: frontmatter and body, split and read as Hermes does.
//!
//! Hermes splits at the first line that starts with `---` after the opening one, and falls back to
//! `key: value` lines when the frontmatter is not YAML. The fallback's values are all strings; here it
//! only keeps the error, since what such a skill declares is not what its author meant.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::tree::Tree;
use super::yaml::{self, SyntaxError};
use crate::span::Span;

/// A parsed `SKILL.md`.
#[derive(Clone, Debug, Default)]
pub struct Skill {
    /// The frontmatter's tree, its spans in the whole file; empty without frontmatter or with a broken one.
    pub frontmatter: Tree,
    /// Where the frontmatter stands, without its fences; `None` without one.
    pub frontmatter_span: Option<Span>,
    /// Why the frontmatter is not YAML.
    pub error: Option<SyntaxError>,
    /// The text after the frontmatter.
    pub body: Span,
}

/// Reads a `SKILL.md`.
#[must_use]
pub fn parse(source: &[u8]) -> Skill {
    let start = if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let content = source.get(start..).unwrap_or_default();
    let whole = Skill { body: Span::new(start, source.len()), ..Skill::default() };
    let Some(rest) = content.strip_prefix(b"---") else { return whole };
    let Some((end, body)) = closing_fence(rest) else { return whole };
    let span = Span::new(start + 3, start + 3 + end);
    let body = Span::new(start + 3 + body, source.len());
    let (frontmatter, error) = match yaml::parse(span.of(source)) {
        Ok(tree) => (shifted(tree, span.start), None),
        Err(mut error) => {
            error.span = error.span.shifted(span.start);
            error.context = error.context.map(|(text, at)| (text, at.shifted(span.start)));
            (Tree::default(), Some(error))
        }
    };
    Skill { frontmatter, frontmatter_span: Some(span), error, body }
}

/// Offsets in `rest` of the closing fence's line break, and of what follows the fence: a line of `---`
/// and blanks that does not end the file.
fn closing_fence(rest: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let at = from + rest.get(from..)?.windows(4).position(|window| window == b"\n---")?;
        // `\s*\n` is greedy in Hermes's expression: blank lines after the fence belong to it.
        let after = rest.get(at + 4..)?;
        let blanks = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(last) = after.get(..blanks)?.iter().rposition(|&byte| byte == b'\n') {
            return Some((at, at + 4 + last + 1));
        }
        from = at + 1;
    }
}

fn shifted(mut tree: Tree, offset: usize) -> Tree {
    for node in &mut tree.nodes {
        node.span = node.span.shifted(offset);
        if let Some((_, span)) = &mut node.tag {
            *span = span.shifted(offset);
        }
    }
    for span in tree.comments.iter_mut().chain(&mut tree.aliases) {
        *span = span.shifted(offset);
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_hermes_does() {
        let source = b"\xEF\xBB\xBF---\nname: x\n---\n\nbody\n";
        let skill = parse(source);
        let name = skill.frontmatter.at("name").unwrap();
        assert_eq!(skill.frontmatter.span(name).of(source), b"x");
        assert_eq!(skill.body.of(source), b"body\n");
    }

    #[test]
    fn an_unclosed_fence_is_body() {
        for source in [&b"---\nname: x\n---"[..], b"# title\n---\na: b\n---\n", b"---\n----\nx\n"] {
            assert_eq!(parse(source).frontmatter_span, None, "{source:?}");
        }
    }

    #[test]
    fn broken_frontmatter_keeps_the_error_in_file_offsets() {
        let source = b"---\nname: a: b\n---\nbody\n";
        let error = parse(source).error.unwrap();
        assert!(error.span.start >= 4 && error.span.end <= 15, "{:?}", error.span);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let skill = parse(&source);
            assert!(skill.body.end <= source.len());
        }
    }
}
