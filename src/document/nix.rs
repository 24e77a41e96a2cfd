//! The attributes that a Nix file sets, by their whole path: `services.x = { a.b = 1; }` gives `services.x.a.b`.
//!
//! Read without evaluating: braces nest, and what stands before a `=` is a path. A name that a function computes is not
//! seen, and an attribute in a `let` looks like one at the top; both are rare where settings are written.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Where the names stand that lead to it, outermost first, without quotes.
    pub path: Vec<Span>,
    /// Where its own name stands.
    pub key: Span,
    /// The expression it is set to.
    pub value: Span,
}

/// Deeper nesting is not read.
const DEEPEST: usize = 64;
/// Longer paths are cut short: the path of what encloses them, and all of it.
const LONGEST: (usize, usize) = (64, 96);
/// More attributes are not kept.
const MOST: usize = 20_000;

/// A pair of braces, or what lies between `=` and `;` in one.
#[derive(Default)]
struct Frame {
    /// The path of what the braces are the value of.
    prefix: Vec<Span>,
    /// The path before the next `=`, and where its last name stands with its quotes.
    names: Vec<Span>,
    last: Span,
    /// Where the value began, once there was a `=`.
    value: Option<usize>,
}

impl Frame {
    /// The path of what stands in the braces, or is set next.
    fn path(&self, most: usize) -> Vec<Span> {
        self.prefix.iter().chain(&self.names).take(most).copied().collect()
    }

    /// Takes the next name of a path; one without a dot before it begins anew.
    fn name(&mut self, bytes: &[u8], name: Span, whole: Span) {
        if !bytes.get(..whole.start).is_some_and(|before| before.ends_with(b".")) {
            self.names.clear();
        }
        if self.names.len() < LONGEST.1 {
            self.names.push(name);
        }
        self.last = whole;
    }
}

/// Reads the attributes of a file.
#[must_use]
pub fn attributes(bytes: &[u8]) -> Vec<Attribute> {
    let mut all = Vec::new();
    let mut frames = vec![Frame::default()];
    let mut skipped = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let depth = frames.len();
        let Some(frame) = frames.last_mut() else { break };
        let next = bytes.get(at + 1).copied();
        match byte {
            b'#' => at = line_end(bytes, at),
            b'/' if next == Some(b'*') => at = after(bytes, at + 2, b"*/"),
            b'"' => {
                let end = string_end(bytes, at + 1);
                if frame.value.is_none() {
                    let closed = end.saturating_sub(1).max(at + 1);
                    frame.name(bytes, Span::new(at + 1, closed), Span::new(at, end));
                }
                at = end;
            }
            b'\'' if next == Some(b'\'') => at = indented_end(bytes, at + 2),
            b'{' => {
                if depth > DEEPEST {
                    skipped += 1;
                } else {
                    // Braces that are no value stand in the open: a function's arguments.
                    let prefix = match frame.value {
                        Some(_) => frame.path(LONGEST.0),
                        None => frame.prefix.clone(),
                    };
                    frames.push(Frame { prefix, ..Frame::default() });
                }
                at += 1;
            }
            b'}' => {
                if skipped > 0 {
                    skipped -= 1;
                } else if depth > 1 {
                    frames.pop();
                }
                at += 1;
            }
            b'=' if next == Some(b'=') => at += 2,
            b'!' | b'<' | b'>' if next == Some(b'=') => at += 2,
            b'=' => {
                if frame.value.is_none() && !frame.names.is_empty() {
                    frame.value = Some(at + 1);
                }
                at += 1;
            }
            b';' => {
                if let (Some(start), true) = (frame.value.take(), all.len() < MOST) {
                    all.push(Attribute {
                        path: frame.path(LONGEST.1),
                        key: frame.last,
                        value: trimmed(bytes, start, at),
                    });
                }
                frame.names.clear();
                at += 1;
            }
            _ if is_name_start(byte) => {
                let end = at + bytes.iter().skip(at).take_while(|&&b| is_name(b)).count();
                // `a b = 1` is no path: only a dot goes on with it.
                if frame.value.is_none() {
                    let name = Span::new(at, end);
                    frame.name(bytes, name, name);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    all
}

const fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'')
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| at + end)
}

fn after(bytes: &[u8], at: usize, mark: &[u8]) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr::memmem::find(rest, mark).map_or(bytes.len(), |end| at + end + mark.len())
}

/// The end of a string whose quote opened before `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of an indented string: two quotes that are neither escaped nor an escape.
fn indented_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let end = after(bytes, at, b"''");
        match bytes.get(end) {
            _ if end >= bytes.len() => return bytes.len(),
            Some(b'\'' | b'$' | b'\\') => at = end + 1,
            _ => return end,
        }
    }
}

fn trimmed(bytes: &[u8], start: usize, end: usize) -> Span {
    let text = bytes.get(start..end).unwrap_or_default();
    let before = text.len() - text.trim_ascii_start().len();
    let from = (start + before).min(end);
    Span::new(from, from + text.trim_ascii().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, &str)> {
        attributes(text.as_bytes())
            .into_iter()
            .map(|one| {
                let text_of = |span: Span| std::str::from_utf8(span.of(text.as_bytes())).unwrap();
                let path: Vec<&str> = one.path.iter().map(|name| text_of(*name)).collect();
                (path.join("."), text_of(one.value))
            })
            .collect()
    }

    #[test]
    fn paths_are_whole() {
        let text = "{ config, ... }: {\n  services.x = { # a = 1;\n    \"a-b\".c = \"}\";\n    d = ''\n{ e = 2; }'';\n  };\n  f = v == 1;\n}";
        let found = read(text);
        assert_eq!(found[0], ("services.x.a-b.c".to_owned(), "\"}\""));
        assert_eq!(found[1].0, "services.x.d");
        assert_eq!(found[2].0, "services.x");
        assert_eq!(found[3], ("f".to_owned(), "v == 1"));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn functions_and_lists_between_keep_the_path() {
        let found = read("{ a = lib.mkIf on { b = [ { c = 1; } ]; }; }");
        assert_eq!(found[0].0, "a.b.c");
    }

    #[test]
    fn broken_files_end() {
        for text in ["{", "}}}}", "a = \"", "a = ''", "/*", "a.b.", "= ;", "{{{{;=", "\"\\"] {
            let _ = attributes(text.as_bytes());
        }
        assert!(attributes("{a=".repeat(500).as_bytes()).is_empty());
    }

    #[test]
    fn paths_have_an_end() {
        let long = format!("{{ {}.z = 1; b = 2; }}", ["a"; 1000].join("."));
        let found = attributes(long.as_bytes());
        assert_eq!(found[0].path.len(), LONGEST.1);
        assert_eq!(found[1].path.len(), 1);
        let nested = format!("{}c = 1;", "a.b = { ".repeat(60));
        assert_eq!(attributes(nested.as_bytes())[0].path.len(), LONGEST.0 + 1);
    }
}
