//! Edits of a dotenv file that leave every other byte as it is.
//!
//! Each is proven on the file that results: read by the rules of every release of python-dotenv, it has to set what was
//! meant and, for the rest, what it set before. What no way of quoting carries through all of them is refused.

use super::{Dotenv, Encoding, Release, parse_as};
use crate::span::Span;

/// The releases of python-dotenv whose readings an edit has to fit.
const RELEASES: [Release; 3] = [Release::V1_2_2, Release::V1_2_3, Release::V1_2_4];

/// Names and values, as one release reads them.
type Reading = Vec<(String, Option<String>)>;

/// What each release reads: names and values in order, and what it can't read.
fn readings(bytes: &[u8]) -> Option<Vec<Reading>> {
    let read = |release| {
        let Dotenv { entries, encoding, .. } = parse_as(bytes, release);
        // The span of an error moves with an edit; how many there are does not.
        let pairs = entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
        (encoding == Encoding::Utf8).then_some(pairs)
    };
    RELEASES.into_iter().map(read).collect()
}

fn errors(bytes: &[u8]) -> usize {
    parse_as(bytes, Release::default()).errors.len()
}

fn spliced(bytes: &[u8], span: Span, text: &str) -> Option<Vec<u8>> {
    let mut out = bytes.get(..span.start)?.to_vec();
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(bytes.get(span.end..)?);
    Some(out)
}

/// Puts `text` in the place of `span`, which is a name or a value; `None` when that changes another line.
#[must_use]
pub fn replaced(bytes: &[u8], span: Span, text: &str) -> Option<Vec<u8>> {
    let out = spliced(bytes, span, text)?;
    let (before, after) = (readings(bytes)?, readings(&out)?);
    let one_changed = |(old, new): (&Reading, &Reading)| {
        old.len() == new.len() && old.iter().zip(new).filter(|(old, new)| old != new).count() == 1
    };
    let fits = before.iter().zip(&after).all(one_changed) && errors(bytes) == errors(&out);
    fits.then_some(out)
}

/// The lines that set `name`, to be removed; `None` when there is none or that changes another line.
#[must_use]
pub fn lines_of(bytes: &[u8], name: &str) -> Option<Vec<Span>> {
    let dotenv = parse_as(bytes, Release::default());
    let whole = |span: Span| {
        let end = bytes.get(span.end..).unwrap_or_default();
        let end = memchr::memchr(b'\n', end).map_or(bytes.len(), |at| span.end + at + 1);
        let start = bytes.get(..span.start).unwrap_or_default();
        Span::new(memchr::memrchr(b'\n', start).map_or(0, |at| at + 1), end)
    };
    let named = dotenv.entries.iter().filter(|entry| entry.key == name);
    let lines: Vec<Span> = named.map(|entry| whole(entry.line_span)).collect();
    let mut out = bytes.to_vec();
    for line in lines.iter().rev() {
        out = spliced(&out, *line, "")?;
    }
    let mut wanted = readings(bytes)?;
    wanted.iter_mut().for_each(|pairs| pairs.retain(|(key, _)| key != name));
    let fits = readings(&out)? == wanted && errors(bytes) == errors(&out);
    (fits && !lines.is_empty()).then_some(lines)
}

/// The line that sets `name` to `value` for every release, whatever surrounds it; `None` when there is none.
#[must_use]
pub fn assignment(name: &str, value: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=%,~".contains(c);
    let single = || format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let double = || format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let forms = [
        (!value.is_empty() && value.chars().all(plain)).then(|| value.to_owned()),
        Some(single()),
        Some(double()),
    ];
    forms.into_iter().flatten().map(|form| format!("{name}={form}")).find(|line| {
        let wanted = vec![(name.to_owned(), Some(value.to_owned()))];
        // A reference would be expanded on loading; a line break belongs to no credential.
        !value.contains("${")
            && !value.contains(['\n', '\r', '\0'])
            && readings(format!("{line}\n").as_bytes())
                .is_some_and(|all| all.iter().all(|pairs| *pairs == wanted))
    })
}

/// `bytes` with a line behind its last one; the line break is that of the file.
#[must_use]
pub fn with_line(bytes: &[u8], line: &str) -> Vec<u8> {
    let newline = if bytes.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    let mut out = bytes.to_vec();
    if !out.is_empty() && !out.ends_with(b"\n") && out != b"\xef\xbb\xbf" {
        out.extend_from_slice(newline.as_bytes());
    }
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(newline.as_bytes());
    out
}

/// `bytes` with a line that sets `name` to `value` for every release; as they are when they do so already. `None` when
/// they set it to something else, or no line would do.
#[must_use]
pub fn with_variable(bytes: &[u8], name: &str, value: &str) -> Option<Vec<u8>> {
    let mut wanted = readings(bytes)?;
    let set = |pairs: &Reading| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, set)| set.as_deref() == Some(value))
    };
    let known: Vec<Option<bool>> = wanted.iter().map(set).collect();
    if known.iter().all(|set| *set == Some(true)) {
        return Some(bytes.to_vec());
    }
    if known.iter().any(Option::is_some) {
        return None;
    }
    let out = with_line(bytes, &assignment(name, value)?);
    wanted.iter_mut().for_each(|pairs| pairs.push((name.to_owned(), Some(value.to_owned()))));
    (readings(&out)? == wanted && errors(bytes) == errors(&out)).then_some(out)
}

/// What `bytes` set `name` to, where all releases agree.
#[must_use]
pub fn value_of(bytes: &[u8], name: &str) -> Option<String> {
    let all = readings(bytes)?;
    let mut values = all.iter().map(|pairs| {
        pairs.iter().rev().find(|(key, _)| key == name).and_then(|(_, value)| value.clone())
    });
    let first = values.next()??;
    values.all(|value| value.as_ref() == Some(&first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::dotenv::parse;

    fn without(source: &str, name: &str) -> Option<String> {
        let mut out = source.as_bytes().to_vec();
        for line in lines_of(source.as_bytes(), name)?.into_iter().rev() {
            out = spliced(&out, line, "")?;
        }
        String::from_utf8(out).ok()
    }

    #[test]
    fn lines_go_whole() {
        let source = "A=1\nexport B='x\ny' # why\n# B=2\nB=3\r\nC=4";
        assert_eq!(without(source, "B").as_deref(), Some("A=1\n# B=2\nC=4"));
        assert_eq!(
            without(source, "C").as_deref(),
            Some("A=1\nexport B='x\ny' # why\n# B=2\nB=3\r\n")
        );
        assert_eq!(without(source, "D"), None);
    }

    #[test]
    fn variables_are_added_once() {
        let add = |source: &str, value: &str| {
            let out = with_variable(source.as_bytes(), "K", value)?;
            String::from_utf8(out).ok()
        };
        assert_eq!(add("", "sk-1").as_deref(), Some("K=sk-1\n"));
        assert_eq!(add("A=1", "a b").as_deref(), Some("A=1\nK='a b'\n"));
        assert_eq!(add("A=1\r\n", "x#y").as_deref(), Some("A=1\r\nK='x#y'\r\n"));
        assert_eq!(add("K=sk-1\n", "sk-1").as_deref(), Some("K=sk-1\n"));
        // Another value, a value that would be expanded, a file that ends inside a quote.
        assert_eq!(add("K=other\n", "sk-1"), None);
        assert_eq!(add("", "a${B}"), None);
        assert_eq!(
            add("A='open", "sk-1").map(|text| value_of(text.as_bytes(), "K")),
            Some(Some("sk-1".to_owned()))
        );
        assert_eq!(value_of(b"K='a b'\n", "K").as_deref(), Some("a b"));
    }

    #[test]
    fn only_what_was_meant_is_replaced() {
        let source = b"A=1\nB='x y'\n";
        assert_eq!(replaced(source, Span::new(4, 5), "C").as_deref(), Some(&b"A=1\nC='x y'\n"[..]));
        assert_eq!(
            replaced(source, Span::new(2, 3), "127.0.0.1").as_deref(),
            Some(&b"A=127.0.0.1\nB='x y'\n"[..])
        );
        assert_eq!(replaced(source, Span::new(2, 3), "'"), None);
    }

    proptest! {
        /// Whatever the value, it is read back as it was, by every release, and nothing else changes.
        #[test]
        fn values_come_back_as_they_were(
            before in "([A-D]=[a-z'\"#\\\\ ]{0,6}(\r?\n)){0,3}",
            value in "[ -~]{1,24}",
        ) {
            if let Some(out) = with_variable(before.as_bytes(), "KEY", &value) {
                prop_assert!(out.starts_with(before.as_bytes()));
                prop_assert_eq!(value_of(&out, "KEY"), Some(value.clone()));
                prop_assert_eq!(with_variable(&out, "KEY", &value), Some(out.clone()));
                let (old, new) = (parse(before.as_bytes()), parse(&out));
                prop_assert_eq!(&new.entries[..old.entries.len()], &old.entries[..]);
            } else {
                // Only what is expanded on loading, or what comes behind an open quote, is refused.
                let open = !parse(before.as_bytes()).errors.is_empty() || before.contains(['\'', '"']);
                prop_assert!(value.contains("${") || open || value.contains('\\') || value.contains('\''), "{value:?}");
            }
        }
    }
}
