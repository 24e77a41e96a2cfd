//! A Hermes config inside another YAML file: the values of a Helm chart, a ConfigMap, an Argo manifest.
//!
//! Two forms occur: a mapping below some key, and a block scalar that holds the file's text. For the
//! first, that mapping becomes the root. For the second, everything but the block's lines is blanked and
//! the rest parsed again, indented as it stands: every span stays true without any arithmetic.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::tree::{NodeId, Style, Tree, Value};
use super::{Structured, template, yaml};

/// How many nodes of a file are looked at.
const NODES: usize = 20_000;

/// The config inside `bytes`: the first mapping that `is_config` accepts, or block scalar that parses to
/// one.
pub(super) fn find(bytes: &[u8], is_config: impl Fn(&Tree, NodeId) -> bool) -> Option<Structured> {
    let blanked = template::blank(bytes);
    let (text, holes) = match &blanked {
        Some(blanked) => (blanked.bytes.as_slice(), blanked.holes.as_slice()),
        None => (bytes, &[][..]),
    };
    let trees = yaml::parse_all(text).ok()?;
    for mut tree in trees {
        let ids =
            (0..tree.nodes.len().min(NODES)).filter_map(|at| u32::try_from(at).ok()).map(NodeId);
        let mapping = ids.clone().find(|&id| {
            Some(id) != tree.root && tree.entries(id).len() > 1 && is_config(&tree, id)
        });
        if let Some(id) = mapping {
            tree.root = Some(id);
            return Some(Structured { tree, error: None, holes: holes.to_vec() });
        }
        let blocks = ids.filter(|&id| {
            tree.node(id).is_some_and(|node| {
                node.style == Style::Literal
                    && matches!(&node.value, Value::Str(text) if text.contains(":\n") || text.contains(": "))
            })
        });
        for id in blocks {
            if let Some(inner) = inner(text, &tree, id)
                && inner.root.is_some_and(|root| is_config(&inner, root))
            {
                return Some(Structured { tree: inner, error: None, holes: holes.to_vec() });
            }
        }
    }
    None
}

/// The tree of a block scalar's text, its spans in the whole file.
fn inner(bytes: &[u8], tree: &Tree, id: NodeId) -> Option<Tree> {
    let span = tree.span(id);
    // The text begins on the line after the indicator (`|`, `|-`, `|2`).
    let start = span.start + memchr::memchr(b'\n', span.of(bytes))? + 1;
    let mut blank: Vec<u8> =
        bytes.iter().map(|&byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
    blank.get_mut(start..span.end)?.copy_from_slice(bytes.get(start..span.end)?);
    blank.truncate(span.end);
    yaml::parse(&blank).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_approvals(tree: &Tree, id: NodeId) -> bool {
        tree.get(id, "approvals").is_some()
    }

    #[test]
    fn a_mapping_below_a_key_becomes_the_root() {
        let source = b"image: x\nconfig:\n  model: y\n  approvals: {mode: off}\n";
        let found = find(source, has_approvals).unwrap();
        let mode = found.tree.at("approvals.mode").unwrap();
        assert_eq!(found.tree.span(mode).of(source), b"off");
    }

    #[test]
    fn a_block_scalar_is_read_with_spans_of_the_whole_file() {
        let source = b"kind: Secret\n---\ndata:\n  config.yaml: |-\n    model: y\n    approvals:\n      mode: off # no\n  other: z\n";
        let found = find(source, has_approvals).unwrap();
        let mode = found.tree.at("approvals.mode").unwrap();
        assert_eq!(found.tree.span(mode).of(source), b"off");
        assert_eq!(*found.tree.value(mode), Value::Bool(false));
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(find(b"a: |\n  just text\nb: {c: d, e: f}\n", has_approvals).is_none());
        assert!(find(b"a: [", has_approvals).is_none());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in "[a-c:|\\- \\n{}%>]{0,60}") {
            let _ = find(source.as_bytes(), |_, _| true);
        }
    }
}
