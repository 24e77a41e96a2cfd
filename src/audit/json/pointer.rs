//! JSON pointers (RFC 6901) into a record's tape.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::tape::{Kind, Node, Tape, flags};
use super::text;

/// A parsed pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    text: Box<str>,
    segments: Box<[Box<[u8]>]>,
}

impl Pointer {
    /// Parses `/a/b`, with `~1` for `/` and `~0` for `~`; the empty text is the whole record.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let segments = match text.strip_prefix('/') {
            None if text.is_empty() => Box::default(),
            None => return None,
            Some(rest) => rest
                .split('/')
                .map(|segment| {
                    segment.replace("~1", "/").replace("~0", "~").into_bytes().into_boxed_slice()
                })
                .collect(),
        };
        Some(Self { text: text.into(), segments })
    }

    /// The pointer to the member `name` of the record.
    #[must_use]
    pub fn member(name: &str) -> Self {
        let text = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { text: text.into(), segments: Box::new([name.as_bytes().into()]) }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The member of the record it starts in.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.segments.first().map(AsRef::as_ref)
    }

    /// The member's name, if it points to a member of the record itself.
    #[must_use]
    pub fn member_name(&self) -> Option<&[u8]> {
        match &*self.segments {
            [name] => Some(name),
            _ => None,
        }
    }

    /// The node it points at, and that node's index.
    #[must_use]
    pub fn find<'t>(&self, tape: &'t Tape, record: &[u8]) -> Option<(u32, &'t Node)> {
        let mut at = 0;
        let mut node = tape.root()?;
        for segment in &self.segments {
            (at, node) = match node.kind {
                Kind::Object => {
                    let mut named =
                        tape.members(at).filter(|(key, _, _)| names(record, key, segment));
                    // Most readers keep the last of two equal keys.
                    let twice = node.flags & flags::DUPLICATE != 0;
                    let (_, at, value) = if twice { named.last() } else { named.next() }?;
                    (at, value)
                }
                Kind::Array => {
                    let index: usize = std::str::from_utf8(segment).ok()?.parse().ok()?;
                    tape.children(at).nth(index)?
                }
                _ => return None,
            };
        }
        Some((at, node))
    }
}

/// Finds several pointers in one walk over the record's members; the last of two equal keys counts.
#[must_use]
pub fn find_all<'t, const N: usize>(
    pointers: [Option<&Pointer>; N],
    tape: &'t Tape,
    record: &[u8],
) -> [Option<&'t Node>; N] {
    let wanted = pointers.map(|pointer| pointer.and_then(Pointer::member_name));
    let mut found = [None; N];
    for (key, _, value) in tape.members(0) {
        for (slot, name) in found.iter_mut().zip(&wanted) {
            if name.is_some_and(|name| names(record, key, name)) {
                *slot = Some(value);
            }
        }
    }
    for ((slot, name), pointer) in found.iter_mut().zip(&wanted).zip(pointers) {
        if name.is_none() {
            *slot = pointer.and_then(|pointer| pointer.find(tape, record)).map(|(_, node)| node);
        }
    }
    found
}

/// Whether the key token `key` says `name`.
#[must_use]
pub fn names(record: &[u8], key: &Node, name: &[u8]) -> bool {
    if key.flags & flags::ESCAPED == 0 {
        // The first letter tells most keys apart without a call.
        (key.end - key.start) as usize == name.len() + 2
            && record.get(key.start as usize + 1) == Some(name.first().unwrap_or(&b'"'))
            && inside(record, key) == name
    } else {
        text::decode(inside(record, key)) == name
    }
}

/// The bytes of a token.
#[must_use]
pub fn raw<'r>(record: &'r [u8], node: &Node) -> &'r [u8] {
    record.get(node.start as usize..node.end as usize).unwrap_or_default()
}

/// The bytes between a string's quotes, still escaped.
#[must_use]
pub fn inside<'r>(record: &'r [u8], node: &Node) -> &'r [u8] {
    record.get(node.start as usize + 1..(node.end as usize).saturating_sub(1)).unwrap_or_default()
}
