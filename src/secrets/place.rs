//! Lowers the confidence in what stands where things are shown rather than used.
//!
//! Judged after everything has been found, so that text without a find costs nothing. Nothing is dropped: a
//! page of examples may hold a true key all the same. So a shape that is nobody else's loses one step, a right
//! checksum none, and what only its name makes a credential goes to [`Confidence::Low`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::check::Note;
use super::classify::{Context, classify};
use super::digest;
use super::encoding::base64;
use super::engine::{Candidate, Origin};
use super::nature::{Language, Nature};
use super::spec::{Check, Confidence, DetectorSpec};
use super::syntax::{at, line_around};
use super::wording::Wording;
use crate::span::Span;

/// How far before a value the string in which it stands may begin, in bytes.
const BACK: usize = 4096;
/// How far before a value its address may begin, in bytes.
const LONGEST_ADDRESS: usize = 256;
/// Keys of a schema under which it explains itself.
const EXPLAINS: [&[u8]; 6] =
    [b"documentation", b"description", b"summary", b"example", b"examples", b"help"];

/// Lowers each of `found` by where in `bytes` it stands. `spec` gives the detector of a candidate that is judged
/// here, and `None` for those that someone else's rules found.
pub(super) fn lower<'s>(
    found: &mut [Candidate],
    bytes: &[u8],
    nature: Nature,
    spec: impl Fn(usize) -> Option<&'s DetectorSpec>,
) {
    let mut docstrings: Option<Vec<Span>> = None;
    for candidate in found {
        let detector = match candidate.origin {
            Origin::Context { .. } => None,
            Origin::Detector(index) => match spec(index) {
                Some(spec) => Some(spec),
                None => continue,
            },
        };
        let proved = matches!(candidate.note, Some(Note::RightChecksum | Note::MadeIn { .. }));
        if candidate.confidence == Confidence::Low || proved {
            continue;
        }
        let shaped = detector.is_some_and(|spec| {
            !spec.generic && spec.keys.is_empty() && spec.confidence == Confidence::High
        });
        let mut inside = |span: Span| {
            nature.python
                && docstrings
                    .get_or_insert_with(|| python_docstrings(bytes))
                    .iter()
                    .any(|text| text.start < span.start && span.end <= text.end)
        };
        let (confidence, why) = if nature.specimen
            || inside(candidate.span)
            || nature.language == Language::Json && is_explained(bytes, candidate.span)
        {
            let id = detector.is_some_and(|spec| spec.check == Some(Check::AwsKeyId));
            let public = id && signs(bytes, candidate.span);
            let step =
                if shaped && !public { candidate.confidence.lowered() } else { Confidence::Low };
            (step, "it stands in an example")
        } else if detector.is_none() && is_told(candidate.span.of(bytes)) {
            (Confidence::Low, "its password is a word or a placeholder")
        } else if is_badge(bytes, candidate.span) {
            (Confidence::Low, "a badge shows it to everybody")
        } else if (nature.test || nature.manual || nature.language.is_program())
            && digest::scheme(candidate.span.of(bytes)).is_some()
        {
            (Confidence::Low, "it is a hash where no accounts are kept")
        } else if nature.manual && !shaped {
            (candidate.confidence.lowered(), "it stands in documentation")
        } else {
            continue;
        };
        candidate.confidence = confidence;
        candidate.note = candidate.note.or(Some(Note::Text(why)));
    }
}

/// True for base64 of `user:password` whose password is none: `foo:bar`, `me:pass`.
fn is_told(value: &[u8]) -> bool {
    const LONGEST: usize = 128;
    if value.len() > LONGEST {
        return false;
    }
    let Some(plain) = base64(value) else { return false };
    let Some(colon) = plain.iter().position(|&b| b == b':') else { return false };
    let (user, password) = plain.split_at_checked(colon).unwrap_or_default();
    let password = password.get(1..).unwrap_or_default();
    let word = !classify(password, &Context::default()).is_literal();
    plain.iter().all(|b| (b' '..=b'~').contains(b))
        && !user.is_empty()
        && word
        && !Wording::of(password).is_gibberish()
}

/// True for the key id in the scope of a signed address, which is shown with every signature:
/// `Credential=id/20130524/us-east-1/s3/aws4_request`.
fn signs(bytes: &[u8], id: Span) -> bool {
    let rest = bytes.get(id.end..).unwrap_or_default();
    let rest = [&b"/"[..], b"%2F", b"%2f"].iter().find_map(|slash| rest.strip_prefix(*slash));
    let date = rest.and_then(|rest| rest.first_chunk::<8>());
    date.is_some_and(|date| date.iter().all(u8::is_ascii_digit))
}

/// True for a parameter of a picture's address: what a status badge is asked for with.
fn is_badge(bytes: &[u8], span: Span) -> bool {
    let low = span.start.saturating_sub(LONGEST_ADDRESS);
    let before = bytes.get(low..span.start).unwrap_or_default();
    let outside = |b: &u8| b.is_ascii_whitespace() || b"\"'()<>`".contains(b);
    let address = before.rsplit(outside).next().unwrap_or_default();
    memchr::memchr(b'?', address).is_some()
        && [&b"badge"[..], b".svg?", b"shields.io/"]
            .iter()
            .any(|word| memchr::memmem::find(address, word).is_some())
}

/// True when the string of JSON in which `span` stands explains something: `"description": "… span …"`.
fn is_explained(bytes: &[u8], span: Span) -> bool {
    let low = span.start.saturating_sub(BACK);
    let before = bytes.get(low..span.start).unwrap_or_default();
    let quotes = memchr::memrchr_iter(b'"', before);
    let mut unescaped = quotes.filter(|&quote| {
        let slashes = before.get(..quote).unwrap_or_default().iter().rev();
        slashes.take_while(|b| **b == b'\\').count() % 2 == 0
    });
    let Some(open) = unescaped.next() else { return false };
    let Some(key) = before.get(..open).unwrap_or_default().trim_ascii_end().strip_suffix(b":")
    else {
        return false;
    };
    let Some(key) = key.trim_ascii_end().strip_suffix(b"\"") else { return false };
    let key = key.rsplit(|&b| b == b'"').next().unwrap_or_default();
    EXPLAINS.iter().any(|word| key.eq_ignore_ascii_case(word))
}

/// The strings of a Python file that stand as statements: what `help()` shows, examples and all.
fn python_docstrings(bytes: &[u8]) -> Vec<Span> {
    let mut out = Vec::new();
    // The last byte of code, blanks and comments left out.
    let mut last = b':';
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        match b {
            b'#' => i = line_end(bytes, i),
            b'"' | b'\'' => {
                let triple = at(bytes, i + 1) == b && at(bytes, i + 2) == b;
                let start = i + if triple { 3 } else { 1 };
                let end = string_end(bytes, start, b, triple);
                let alone = triple && begins_line(bytes, i) && !b"([{,=+%\\".contains(&last);
                if alone {
                    out.push(Span::new(start, end));
                }
                i = end + if triple { 3 } else { 1 };
                last = b;
            }
            _ => {
                let prefix = is_prefix(b) && is_quote(at(bytes, i + 1));
                if !b.is_ascii_whitespace() && !prefix {
                    last = b;
                }
                i += 1;
            }
        }
    }
    out
}

const fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'')
}

const fn is_prefix(b: u8) -> bool {
    matches!(b, b'r' | b'R' | b'u' | b'U')
}

/// True when nothing but blanks and a prefix stands before `offset` on its line.
fn begins_line(bytes: &[u8], offset: usize) -> bool {
    const DEEPEST: usize = 128;
    let line = line_around(bytes, offset, DEEPEST);
    let before = Span::new(line.start, offset).of(bytes).trim_ascii();
    matches!(before, [] | [b'r' | b'R' | b'u' | b'U'])
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(bytes.len(), |length| from + length)
}

/// Where the string that begins at `from` ends: before its closing quotes, or at the end of what can be read.
fn string_end(bytes: &[u8], from: usize, quote: u8, triple: bool) -> usize {
    let mut i = from;
    while let Some(&b) = bytes.get(i) {
        match b {
            b'\\' => i += 1,
            b'\n' if !triple => return i,
            b if b == quote
                && (!triple || at(bytes, i + 1) == quote && at(bytes, i + 2) == quote) =>
            {
                return i;
            }
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docstrings_are_told_from_arguments() {
        let text = "#!/usr/bin/python\n# it's a comment\n\"\"\"Module A.\"\"\"\n\
            def f(x):\n    r'''Shows B.'''\n    call(\n        \"\"\"argument C\"\"\",\n    )\n\
            y = \"\"\"value D\"\"\"\nz = 'a \"\"\" b'\n\"\"\"Attribute E.\"\"\"\n";
        let spans = python_docstrings(text.as_bytes());
        let held: Vec<&str> = spans.iter().map(|s| &text[s.start..s.end]).collect();
        assert_eq!(held, ["Module A.", "Shows B.", "Attribute E."]);
    }

    #[test]
    fn broken_strings_end_somewhere() {
        for text in ["\"\"\"", "'''a", "'", "x = 'a\\", "'\n\"\"\"b", "\\", "#"] {
            for span in python_docstrings(text.as_bytes()) {
                assert!(span.start <= span.end && span.end <= text.len(), "{text}");
            }
        }
    }

    #[test]
    fn badges_are_pictures() {
        let badge = |text: &str| {
            let start = text.find("VALUE").unwrap();
            is_badge(text.as_bytes(), Span::new(start, start + 5))
        };
        assert!(badge("[x](https://ci.test/gh/a/graph/badge.svg?token=VALUE)"));
        assert!(badge("![](https://img.shields.io/codecov/c/gh/a?style=flat&token=VALUE)"));
        assert!(!badge("https://ci.test/badge.svg token=VALUE"));
        assert!(!badge("https://ci.test/upload?token=VALUE"));
    }

    #[test]
    fn words_in_base64_are_words() {
        for text in ["Zm9vOmJhcg==", "bWU6cGFzcw==", "dXNlcjpwYXNzd29yZA=="] {
            assert!(is_told(text.as_bytes()), "{text}");
        }
        for text in [
            "dXNlcjpxenZrcHd4",
            "c3ZjOlprODNoZlBxMnhMdw==",
            "Zm9vYmFyYmF6",
            "qX7mB2vK9tLw4ZsRnY3cPd8H",
        ] {
            assert!(!is_told(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn explanations_in_json() {
        let holds = |text: &str| {
            let start = text.find("VALUE").unwrap();
            is_explained(text.as_bytes(), Span::new(start, start + 5))
        };
        assert!(holds(r#"{"documentation": "<p>use \"x\" as VALUE</p>"}"#));
        assert!(holds(r#"{"description" :"VALUE"}"#));
        assert!(!holds(r#"{"description": "x", "password": "VALUE"}"#));
        assert!(!holds(r#"{"password": "VALUE"}"#));
        assert!(!holds("VALUE"));
    }
}
