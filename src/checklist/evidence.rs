//! Making evidence, and looking through the texts that hold some.

use jiff::civil::Date;

use super::Evidence;
use crate::document::{Document, Place};
use crate::finding::Finding;
use crate::span::Span;

/// Evidence without a place.
pub(super) fn text(text: impl Into<String>) -> Evidence {
    Evidence { text: text.into(), path: None, line: None }
}

/// Evidence at a place.
pub(super) fn at(place: &Place<'_>, text: impl Into<String>) -> Evidence {
    let location = place.location();
    Evidence {
        text: text.into(),
        path: Some(location.path.to_string()),
        line: location.region.map(|region| region.line),
    }
}

/// A finding as evidence against.
pub(super) fn of_finding(finding: &Finding) -> Evidence {
    Evidence {
        text: format!("{} [{}]", finding.message, finding.rule),
        path: Some(finding.location.path.to_string()),
        line: finding.location.region.map(|region| region.line),
    }
}

/// The first place where `document` holds one of `words`, in any case.
pub(super) fn mention<'d>(document: &'d Document, words: &[&str]) -> Option<Place<'d>> {
    let lower = document.text.bytes().to_ascii_lowercase();
    words
        .iter()
        .filter_map(|word| {
            let at = memchr::memmem::find(&lower, word.as_bytes())?;
            Some(Span::new(at, at + word.len()))
        })
        .min()
        .map(|span| Place::new(document, span, ""))
}

/// True when `document` holds one of `words`, in any case.
pub(super) fn mentions(document: &Document, words: &[&str]) -> bool {
    mention(document, words).is_some()
}

/// Dates written as `2026-11-21`, with their spans.
pub(super) fn dates(bytes: &[u8]) -> Vec<(Date, Span)> {
    let mut found = Vec::new();
    for at in memchr::memchr_iter(b'-', bytes) {
        let Some(start) = at.checked_sub(4) else { continue };
        let Some(text) = bytes.get(start..start + 10) else { continue };
        let alone = !bytes.get(start.wrapping_sub(1)).is_some_and(u8::is_ascii_digit)
            && !bytes.get(start + 10).is_some_and(u8::is_ascii_digit);
        let Some(text) = str::from_utf8(text).ok().filter(|_| alone) else { continue };
        if let Ok(date) = text.parse::<Date>() {
            found.push((date, Span::new(start, start + 10)));
        }
    }
    found
}

/// Days from `then` to `today`; negative when it lies ahead.
pub(super) fn age(then: Date, today: Date) -> i32 {
    (today - then).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stand_alone() {
        let dates = |text: &str| {
            dates(text.as_bytes()).into_iter().map(|(d, _)| d.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(dates("rotated: 2026-10-01, next 2027-01-01"), ["2026-10-01", "2027-01-01"]);
        assert!(dates("12026-10-011 2026-13-40 -- 10-01").is_empty());
    }

    #[test]
    fn ages_count_days() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(age(day("2026-10-01"), day("2026-11-21")), 51);
        assert_eq!(age(day("2026-12-01"), day("2026-11-21")), -10);
    }
}
