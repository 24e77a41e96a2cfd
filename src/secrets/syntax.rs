//! The glue between a name and its value, common to the languages that deployments are written in.
//!
//! One tolerant reading of `name = value` serves dotenv, YAML, JSON, TOML, XML, command lines and the
//! usual programming languages; it looks at a few bytes around one place, never at a whole file.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// The longest name and the longest value that are looked at, in bytes.
const LONGEST_NAME: usize = 96;
pub(super) const LONGEST_VALUE: usize = 4096;

/// What stands between a name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `=`, `:=` or `=>`.
    Equals,
    /// `:`.
    Colon,
    /// A comma between two strings: `("name", "value")`.
    Comma,
    /// White space after a command-line option.
    Space,
    /// `<name>value</name>`.
    Tag,
    /// The `value:` line below a `name:` line, as container manifests write variables.
    NextLine,
    /// `name == "value"`, `name != "value"`.
    Comparison,
    /// The only or first argument of a call: `setPassword("value")`.
    Argument,
    /// What is taken when the name has no value: `name || "value"`.
    Fallback,
    /// `the password is value`.
    Copula,
    /// `name="password" value="…"`: an attribute or an entry beside the name.
    Pair,
}

/// A value found after a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The bytes between the quotes, or of the unquoted run, after a scheme such as `Bearer`.
    pub span: Span,
    /// The quote, if any.
    pub quote: Option<u8>,
    /// How the two are joined.
    pub separator: Separator,
}

pub(super) const fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

pub(super) fn at(bytes: &[u8], offset: usize) -> u8 {
    bytes.get(offset).copied().unwrap_or(0)
}

/// The name that covers `start..end`: letters, digits, `_`, and `-` or `.` between them.
pub(super) fn name_around(bytes: &[u8], start: usize, end: usize) -> Span {
    let inner = |b: u8| is_name_byte(b) || b == b'-' || b == b'.';
    let mut from = start;
    while from > 0 && start - from < LONGEST_NAME && inner(at(bytes, from - 1)) {
        from -= 1;
    }
    let mut to = end;
    while to - end < LONGEST_NAME && inner(at(bytes, to)) {
        to += 1;
    }
    while from < start && !is_name_byte(at(bytes, from)) {
        from += 1;
    }
    // The rest of `\n` and its like, in a string that holds lines.
    if from < start && from > 0 && at(bytes, from - 1) == b'\\' && b"ntr".contains(&at(bytes, from))
    {
        from += 1;
    }
    while to > end && !is_name_byte(at(bytes, to - 1)) {
        to -= 1;
    }
    Span::new(from, to)
}

/// The name that ends before the separator at `at`, past blanks, a bracket and a quote.
pub(super) fn name_before(bytes: &[u8], at: usize) -> Option<Span> {
    let mut end = at;
    let back =
        |end: usize, test: fn(u8) -> bool| end > 0 && bytes.get(end - 1).is_some_and(|&b| test(b));
    for _ in 0..8 {
        if !back(end, |b| matches!(b, b' ' | b'\t')) {
            break;
        }
        end -= 1;
    }
    if back(end, |b| b == b']') {
        end -= 1;
    }
    while end + 3 > at && back(end, |b| b == b'*') {
        end -= 1;
    }
    if back(end, |b| matches!(b, b'"' | b'\'' | b'`')) {
        end -= 1;
        if back(end, |b| b == b'\\') {
            end -= 1;
        }
    }
    back(end, is_name_byte).then(|| name_around(bytes, end - 1, end))
}

/// The value of the name that stands at `name`, if it is assigned one there.
pub(super) fn value_after(bytes: &[u8], name: Span) -> Option<Value> {
    let mut i = name.end;
    let closing = matches!(at(bytes, i), b'"' | b'\'' | b'`')
        || at(bytes, i) == b'\\' && at(bytes, i + 1) == b'"';
    if closing {
        i += if at(bytes, i) == b'\\' { 2 } else { 1 };
    }
    // Brackets of an index, stars of emphasis.
    while i < name.end + 6 && matches!(at(bytes, i), b']' | b')' | b'*') {
        i += 1;
    }
    let spaced = i;
    i = skip_blanks(bytes, i);
    let separator = match (at(bytes, i), at(bytes, i + 1)) {
        (b'=', b'=' | b'~') | (b':', b':') => return None,
        (b'=', b'>') | (b':', b'=') => {
            i += 2;
            Separator::Equals
        }
        (b'=', _) => {
            i += 1;
            Separator::Equals
        }
        // `token: str = "x"`, `token: &str = "x"`.
        (b':', _) => match annotated(bytes, i + 1) {
            Some(after) => {
                i = after;
                Separator::Equals
            }
            None => {
                i += 1;
                Separator::Colon
            }
        },
        (b',', _) if closing => {
            i += 1;
            Separator::Comma
        }
        (b'>', _) if name.start > 0 && at(bytes, name.start - 1) == b'<' => {
            i += 1;
            Separator::Tag
        }
        (b'\r' | b'\n', _) => {
            i = value_line(bytes, i)?;
            Separator::NextLine
        }
        _ if i > spaced
            && name.start > 1
            && bytes.get(name.start - 2..name.start) == Some(b"--") =>
        {
            Separator::Space
        }
        _ => return None,
    };
    i = skip_blanks(bytes, i);
    Some(read_value(bytes, i, separator))
}

/// The end of a type annotation and its `=` that begin at `from`.
pub(super) fn annotated(bytes: &[u8], from: usize) -> Option<usize> {
    let line = bytes.get(from..bytes.len().min(from + 48))?;
    let equals = line.iter().position(|&b| b == b'=' || b == b'\n')?;
    let kind = line.get(..equals)?.trim_ascii();
    let plain = |b: &u8| b.is_ascii_alphabetic() || b" _.&'|[]<>?*".contains(b);
    let assigned = line.get(equals) == Some(&b'=') && at(line, equals + 1) != b'=';
    let quoted = matches!(bytes.get(skip_blanks(bytes, from + equals + 1)), Some(b'"' | b'\''));
    (assigned && quoted && !kind.is_empty() && kind.iter().all(plain)).then_some(from + equals + 1)
}

/// The end of `value:` on the line that follows the break at `from`.
fn value_line(bytes: &[u8], from: usize) -> Option<usize> {
    let mut i = from;
    if at(bytes, i) == b'\r' {
        i += 1;
    }
    if at(bytes, i) != b'\n' {
        return None;
    }
    i = skip_blanks(bytes, i + 1);
    let rest = bytes.get(i..)?;
    ["value:", "\"value\":"]
        .iter()
        .find(|word| rest.starts_with(word.as_bytes()))
        .map(|word| i + word.len())
}

pub(super) fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes.get(from..).unwrap_or_default().iter().take(64);
    from + blanks.take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn read_value(bytes: &[u8], from: usize, separator: Separator) -> Value {
    let mut i = from;
    // String prefixes: b"", f'', r"".
    if matches!(at(bytes, i), b'b' | b'f' | b'r' | b'u' | b'B' | b'F')
        && matches!(at(bytes, i + 1), b'"' | b'\'')
    {
        i += 1;
    }
    let escaped = at(bytes, i) == b'\\' && at(bytes, i + 1) == b'"';
    if escaped {
        i += 1;
    }
    let quote = Some(at(bytes, i)).filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let limit = bytes.len().min(i + LONGEST_VALUE);
    let Some(quote) = quote else {
        i += scheme(bytes, i);
        let run = bytes.get(i..limit).unwrap_or_default();
        let stop =
            run.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`'));
        return Value { span: Span::new(i, i + stop.unwrap_or(run.len())), quote: None, separator };
    };
    i += 1;
    i += scheme(bytes, i);
    let start = i;
    while i < limit {
        match at(bytes, i) {
            b'\n' => break,
            b'\\' if !escaped => i += 1,
            b'\\' if at(bytes, i + 1) == b'"' => break,
            b if b == quote => break,
            _ => {}
        }
        i += 1;
    }
    Value { span: Span::new(start, i.min(bytes.len())), quote: Some(quote), separator }
}

/// The length of an authentication scheme and its blank at `from`.
fn scheme(bytes: &[u8], from: usize) -> usize {
    let text = bytes.get(from..).unwrap_or_default();
    ["Bearer ", "bearer ", "Basic ", "Token ", "token ", "Bot ", "Key "]
        .iter()
        .find(|word| text.starts_with(word.as_bytes()))
        .map_or(0, |word| word.len())
}

/// The line around `offset`, at most `limit` bytes to each side.
pub(super) fn line_around(bytes: &[u8], offset: usize, limit: usize) -> Span {
    let offset = offset.min(bytes.len());
    let low = offset.saturating_sub(limit);
    let before = bytes.get(low..offset).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(low, |at| low + at + 1);
    Span::new(start, line_end(bytes, offset, limit))
}

/// The end of the line from `offset` on, at most `limit` bytes further.
pub(super) fn line_end(bytes: &[u8], offset: usize, limit: usize) -> usize {
    let high = bytes.len().min(offset.saturating_add(limit));
    let after = bytes.get(offset..high).unwrap_or_default();
    memchr::memchr(b'\n', after).map_or(high, |at| offset + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, word: &str) -> Option<(String, String, Separator)> {
        let at = text.find(word).unwrap();
        let name = name_around(text.as_bytes(), at, at + word.len());
        let value = value_after(text.as_bytes(), name)?;
        let show = |span: Span| String::from_utf8_lossy(span.of(text.as_bytes())).into_owned();
        Some((show(name), show(value.span), value.separator))
    }

    #[test]
    fn reads_the_usual_languages() {
        use Separator::{Colon, Comma, Equals, NextLine, Space, Tag};
        let cases = [
            ("MISTRAL_API_KEY=v1 # x", "MISTRAL_API_KEY", "v1", Equals),
            ("  mistral_key: 'v1'", "mistral_key", "v1", Colon),
            ("{\"mistralKey\": \"v1\"}", "mistralKey", "v1", Colon),
            ("os.environ[\"MISTRAL_KEY\"] = \"v1\"", "MISTRAL_KEY", "v1", Equals),
            ("setenv(\"MISTRAL_KEY\", \"v1\")", "MISTRAL_KEY", "v1", Comma),
            ("run --mistral-key v1 x", "mistral-key", "v1", Space),
            ("<mistralKey>v1</x>", "mistralKey", "v1</x>", Tag),
            ("- name: MISTRAL_KEY\n  value: v1\n", "MISTRAL_KEY", "v1", NextLine),
            ("mistral_key: str = \"v1\"", "mistral_key", "v1", Equals),
            ("'mistral_key' => 'v1'", "mistral_key", "v1", Equals),
            ("mistral_key := `v1`", "mistral_key", "v1", Equals),
            ("\\\"mistral_key\\\": \\\"v1\\\"", "mistral_key", "v1", Colon),
        ];
        for (text, name, value, separator) in cases {
            let word = if text.contains("MISTRAL") { "MISTRAL" } else { "mistral" };
            assert_eq!(read(text, word), Some((name.into(), value.into(), separator)), "{text}");
        }
    }

    #[test]
    fn comparisons_and_prose_are_no_assignments() {
        for text in [
            "mistral == \"x\"",
            "mistral is",
            "mistral::new",
            "mistral",
            "mistral, x",
            "mistral\n\nvalue: x",
        ] {
            assert_eq!(read(text, "mistral"), None, "{text}");
        }
    }
}
