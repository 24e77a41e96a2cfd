//! What of an event should not stand in a log: credentials, and numbers that belong to a person.
//!
//! What they look like is for who [inspects](Inspect) to know. Here a record is laid open for that: as it stands, and
//! texts in it that hold escapes, JSON or base64 as what they stand for. Only the place and the kind come out, never the
//! value.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::ops::Range;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use crate::audit::json::pointer::{Pointer, inside};
use crate::audit::json::tape::{Kind, Tape, flags};
use crate::audit::json::text;
use crate::audit::preimage::View;

/// How often texts inside of texts are opened.
const DEPTH: u32 = 3;
/// Shorter runs of base64 are words.
const SHORTEST: usize = 24;
/// What is told of one record.
const MOST: usize = 20;
/// Texts of one record that are opened.
const OPENED: usize = 1000;

/// Something that should not stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// What it is, in words.
    pub what: String,
    /// Whether it is a person's, and no credential.
    pub personal: bool,
}

/// Finds what should not stand in a log.
pub trait Inspect: Sync {
    /// What of `text` is a credential or a person's. `None`: there is too much in it to look through.
    fn inspect(&self, text: &[u8]) -> Option<Vec<Found>>;
    /// `text` without any of it.
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

/// Where in a record something stands that should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// JSON pointers, with ` > ` where a text is opened that holds JSON or base64.
    pub pointer: String,
    /// What it is, in words.
    pub what: String,
    /// Whether it is a person's, and no credential.
    pub personal: bool,
}

/// What of the record should not stand there; `own` are the members in which the chain keeps its hashes. And whether all
/// of it was looked through.
pub fn exposed(view: View<'_>, own: &[&Pointer], inspect: &dyn Inspect) -> (Vec<Exposed>, bool) {
    let own: Vec<u32> = own
        .iter()
        .filter_map(|pointer| pointer.find(view.tape, view.bytes))
        .map(|(index, _)| index)
        .collect();
    let mut search = Search { inspect, found: Vec::new(), left: OPENED, whole: true };
    search.look(view, &own, "", DEPTH);
    for one in &mut search.found {
        // Keys are texts of the log as well.
        if let Cow::Owned(masked) = inspect.mask(&one.pointer) {
            one.pointer = masked;
        }
    }
    (search.found, search.whole)
}

/// What the text at `at` holds, when it is JSON or base64.
#[must_use]
pub fn unpacked(view: View<'_>, at: &Pointer) -> Option<Vec<u8>> {
    let text = view.string(at)?;
    if is_json(&text) { Some(text) } else { base64(&text) }
}

struct Search<'s> {
    inspect: &'s dyn Inspect,
    found: Vec<Exposed>,
    /// Texts that may still be opened.
    left: usize,
    /// Whether all was looked through.
    whole: bool,
}

impl Search<'_> {
    fn look(&mut self, view: View<'_>, own: &[u32], above: &str, depth: u32) {
        let tape = view.tape;
        // What texts stand for comes first: what is found there is found at its real place.
        let mut opened: Vec<u32> = Vec::new();
        let mut index = 0;
        while let Some(node) = tape.node(index) {
            let here = index;
            index += 1;
            if node.kind != Kind::String || own.contains(&here) {
                continue;
            }
            if self.found.len() >= MOST {
                break;
            }
            let raw = inside(view.bytes, node);
            let escaped = node.flags & flags::ESCAPED != 0;
            let text: Cow<'_, [u8]> = if escaped { text::decode(raw).into() } else { raw.into() };
            let before = self.found.len();
            let is_packed = depth > 0 && is_json(&text);
            let bytes = if depth > 0 && !is_packed { base64(&text) } else { None };
            if !(is_packed || escaped || bytes.is_some()) {
                continue;
            }
            if self.left == 0 {
                self.whole = false;
                break;
            }
            self.left -= 1;
            let place = || format!("{above}{}", path(view, here));
            match bytes {
                Some(bytes) => self.inner(&bytes, &place(), depth - 1),
                None if is_packed => self.inner(&text, &place(), depth - 1),
                None => self.text(&text, &place()),
            }
            if self.found.len() > before {
                opened.push(here);
            }
        }
        for found in self.inspected(view.bytes) {
            if self.found.len() >= MOST {
                break;
            }
            let Some(leaf) = leaf(tape, found.range.start) else { continue };
            if own.contains(&leaf) || opened.contains(&leaf) {
                continue;
            }
            let pointer = format!("{above}{}", path(view, leaf));
            self.add(pointer, found);
        }
    }

    /// The content of a text: JSON, or text again.
    fn inner(&mut self, bytes: &[u8], place: &str, depth: u32) {
        let mut tape = Tape::default();
        if is_json(bytes) && std::str::from_utf8(bytes).is_ok() && tape.read(bytes).is_ok() {
            self.look(View { tape: &tape, bytes }, &[], &format!("{place} > "), depth);
        } else {
            self.text(bytes, place);
        }
    }

    fn text(&mut self, bytes: &[u8], place: &str) {
        for found in self.inspected(bytes) {
            self.add(place.to_owned(), found);
        }
    }

    fn inspected(&mut self, bytes: &[u8]) -> Vec<Found> {
        let found = self.inspect.inspect(bytes);
        self.whole &= found.is_some();
        found.unwrap_or_default()
    }

    fn add(&mut self, pointer: String, found: Found) {
        let one = Exposed { pointer, what: found.what, personal: found.personal };
        if self.found.len() < MOST && !self.found.contains(&one) {
            self.found.push(one);
        }
    }
}

fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

/// What a text stands for in base64, if that is text.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() < SHORTEST || text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let is_base64 = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
    };
    if !text.iter().all(is_base64) {
        return None;
    }
    let bytes = [BASE64, BASE64URL, BASE64_NOPAD, BASE64URL_NOPAD]
        .iter()
        .find_map(|encoding| encoding.decode(text).ok())?;
    let readable = std::str::from_utf8(&bytes).is_ok_and(|text| {
        !text.contains(|letter: char| letter.is_control() && !letter.is_whitespace())
    });
    readable.then_some(bytes)
}

/// The innermost token that holds the byte at `at`; for a member's key, its value.
fn leaf(tape: &Tape, at: usize) -> Option<u32> {
    let holds = |index: u32| {
        tape.node(index).is_some_and(|node| (node.start as usize..node.end as usize).contains(&at))
    };
    let mut index = 0;
    if !holds(index) {
        return None;
    }
    loop {
        let below = match tape.node(index)?.kind {
            Kind::Object => tape.members(index).find_map(|(key, value, node)| {
                (key.start as usize..node.end as usize).contains(&at).then_some(value)
            }),
            Kind::Array => tape.children(index).map(|(child, _)| child).find(|&child| holds(child)),
            _ => None,
        };
        match below {
            Some(below) => index = below,
            None => return Some(index),
        }
    }
}

/// The pointer to the token at `index`; for a member's key, to its value.
fn path(view: View<'_>, index: u32) -> String {
    let mut out = String::new();
    let mut at = 0;
    'deeper: while at != index {
        let Some(node) = view.tape.node(at) else { break };
        match node.kind {
            Kind::Object => {
                for (key, value, node) in view.tape.members(at) {
                    // The key is the token before its value.
                    if (value - 1..node.next).contains(&index) {
                        let name = text::decode(inside(view.bytes, key));
                        let name = String::from_utf8_lossy(&name);
                        out.push('/');
                        out.push_str(&name.replace('~', "~0").replace('/', "~1"));
                        if index == value - 1 {
                            break 'deeper;
                        }
                        at = value;
                        continue 'deeper;
                    }
                }
                break;
            }
            Kind::Array => {
                for (number, (child, node)) in view.tape.children(at).enumerate() {
                    if (child..node.next).contains(&index) {
                        out.push_str(&format!("/{number}"));
                        at = child;
                        continue 'deeper;
                    }
                }
                break;
            }
            _ => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `SECRET` for a secret and `PERSON` for a person's.
    struct Words;

    impl Inspect for Words {
        fn inspect(&self, text: &[u8]) -> Option<Vec<Found>> {
            let find = |word: &'static str| {
                memchr::memmem::find_iter(text, word.as_bytes()).map(move |at| Found {
                    range: at..at + word.len(),
                    what: word.to_lowercase(),
                    personal: word == "PERSON",
                })
            };
            Some(find("SECRET").chain(find("PERSON")).collect())
        }

        fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
            if text.contains("SECRET") { text.replace("SECRET", "***").into() } else { text.into() }
        }
    }

    fn found(record: &str) -> Vec<String> {
        let mut tape = Tape::default();
        tape.read(record.as_bytes()).unwrap();
        let own = Pointer::parse("/hash").unwrap();
        let view = View { tape: &tape, bytes: record.as_bytes() };
        let (found, whole) = exposed(view, &[&own], &Words);
        assert!(whole);
        found.into_iter().map(|one| format!("{} {}", one.pointer, one.what)).collect()
    }

    #[test]
    fn the_place_is_named_wherever_it_lies() {
        assert_eq!(
            found(r#"{"a":{"b":["x","SECRET"]},"c":"PERSON"}"#),
            ["/a/b/1 secret", "/c person"]
        );
        // A key, whose name is not shown.
        assert_eq!(found(r#"{"a":{"SECRET":1}}"#), ["/a/*** secret"]);
        // The chain's own hash.
        assert_eq!(found(r#"{"hash":"SECRET"}"#), Vec::<String>::new());
        // Escaped, so that the bytes do not show it.
        assert_eq!(found(r#"{"a/b":"SECR\u0045T"}"#), ["/a~1b secret"]);
        // JSON in a text, and base64 in that.
        let base64 = BASE64.encode(b"{\"key\": \"a SECRET of base64\"}");
        assert_eq!(found(&format!(r#"{{"p":"{base64}"}}"#)), ["/p > /key secret"]);
        let packed = format!(r#"{{"p":"{{\"args\":{{\"q\":\"{base64}\"}}}}"}}"#);
        assert_eq!(found(&packed), ["/p > /args/q > /key secret"]);
        // Text in base64.
        let base64 = BASE64.encode(b"not JSON, but a SECRET all the same");
        assert_eq!(found(&format!(r#"{{"p":"{base64}"}}"#)), ["/p secret"]);
        assert_eq!(found(r#"{"p":"no secret"}"#), Vec::<String>::new());
    }
}
