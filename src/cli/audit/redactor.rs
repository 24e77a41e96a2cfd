//! What a log may not hold, found with the engines that the rules use.
//!
//! A review must not cry wolf, and says what the rules would say; a redaction may: whatever any of the engines takes for
//! a credential is taken out, at any confidence, and so is what none of them had the time to read.

use std::borrow::Cow;

use crate::audit::review::{Found, Inspect};
use crate::audit::seal::{Redact, Redacted};
use crate::content::personal::{self, PersonalKind};
use crate::data;
use crate::secrets::{Candidate, Confidence, Engine, Nature, Note, assignments};
use crate::span::Span;

use super::super::error::Failure;

/// Finds and masks credentials and numbers that belong to a person.
pub struct Redactor {
    engine: Engine,
    name: String,
}

impl Redactor {
    /// With the built-in detectors.
    pub fn new() -> Result<Self, Failure> {
        let engine = Engine::with_builtin(Vec::new()).map_err(|error| {
            Failure::new(format!("the built-in detectors can't be used: {error}"))
        })?;
        // As much of the rule set's digest as tells one from the next.
        let name = format!("hermes-lint/{}", data::digest().get(..12).unwrap_or_default());
        Ok(Self { engine, name })
    }

    fn found(&self, text: &str) -> Vec<(Span, String)> {
        let bytes = text.as_bytes();
        let mut candidates: Vec<Candidate> = Vec::new();
        let effort = self.engine.scan(bytes, Nature::default, &mut candidates);
        let mut found: Vec<(Span, String)> = Vec::new();
        for candidate in &candidates {
            let what = self.engine.spec(candidate).map_or("credential", |spec| &*spec.id);
            found.push((candidate.span, what.to_owned()));
            found.extend(candidate.pair.map(|half| (half.span, what.to_owned())));
        }
        let named = assignments(bytes).into_iter();
        found.extend(named.map(|assignment| (assignment.value, "credential".to_owned())));
        found.extend(effort.unread.into_iter().map(|span| (span, "unread".to_owned())));
        let numbers = personal::find(bytes).into_iter().filter(|number| !number.example);
        found.extend(numbers.map(|number| (number.span, of_person(number.kind).to_owned())));
        found.retain(|(span, _)| !span.is_empty());
        found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        found
    }
}

/// What a number of somebody is called.
const fn of_person(kind: PersonalKind) -> &'static str {
    match kind {
        PersonalKind::Card => "card number",
        PersonalKind::SocialSecurity => "social security number",
        PersonalKind::Iban => "account number",
    }
}

impl Inspect for Redactor {
    fn inspect(&self, text: &[u8]) -> Option<Vec<Found>> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let effort = self.engine.scan(text, Nature::default, &mut candidates);
        if !effort.unread.is_empty() {
            return None;
        }
        let sure = candidates.iter().filter(|candidate| {
            candidate.confidence != Confidence::Low && candidate.note != Some(Note::Example)
        });
        let mut found: Vec<Found> = sure
            .map(|candidate| Found {
                range: candidate.span.start..candidate.span.end,
                what: self
                    .engine
                    .spec(candidate)
                    .map_or_else(|| "a credential".to_owned(), |spec| spec.what.to_string()),
                personal: false,
            })
            .collect();
        let numbers = personal::find(text).into_iter().filter(|number| !number.example);
        found.extend(numbers.map(|number| Found {
            range: number.span.start..number.span.end,
            what: of_person(number.kind).to_owned(),
            personal: true,
        }));
        Some(found)
    }

    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let redacted = self.redact(text);
        if redacted.count == 0 { text.into() } else { redacted.text.into() }
    }
}

impl Redact for Redactor {
    fn redact(&self, text: &str) -> Redacted {
        let found = self.found(text);
        let Some((first, _)) = found.first() else {
            return Redacted { text: text.to_owned(), count: 0, first: None };
        };
        let mut out = Redacted { text: String::new(), count: 0, first: Some(first.start) };
        let mut at = 0;
        for (span, what) in &found {
            // Spans of bytes, widened to characters: nothing of a secret may stay for being cut in two.
            let start = (0..=span.start).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            let end = (span.end..text.len()).find(|&at| text.is_char_boundary(at));
            let end = end.unwrap_or(text.len());
            if end <= at {
                continue;
            }
            if start >= at {
                out.text.push_str(text.get(at..start).unwrap_or_default());
                out.text.push_str("[redacted: ");
                out.text.push_str(what);
                out.text.push(']');
                out.count += 1;
            }
            at = end;
        }
        out.text.push_str(text.get(at..).unwrap_or_default());
        out
    }

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::template;

    #[test]
    fn nothing_of_a_secret_is_left() {
        let redactor = Redactor::new().unwrap();
        let key = template::expand("sk-ant-api03-{alnum:93}AA", 1).unwrap();
        let password = template::expand("{alnum:14}", 2).unwrap();
        for text in [
            format!("calling with key {key}, then again"),
            format!("{{\"env\":{{\"ANTHROPIC_API_KEY\":\"{key}\"}}}}"),
            format!("DB_PASSWORD={password}"),
            format!("postgres://app:{password}@db.internal/app"),
            format!("é{key}é {key}"),
        ] {
            let redacted = redactor.redact(&text);
            assert!(redacted.count > 0, "{text}");
            assert!(
                !redacted.text.contains(&key) && !redacted.text.contains(&password),
                "{redacted:?}"
            );
            assert!(redacted.text.contains("[redacted: "));
            let first = redacted.first.unwrap();
            assert_eq!(redacted.text.get(..first), text.get(..first));
            // A JSON line stays one.
            if text.starts_with('{') {
                assert!(serde_json::from_str::<serde_json::Value>(&redacted.text).is_ok());
            }
        }
        let card = redactor.redact("paid with card 4539 1488 0343 6467 today");
        assert_eq!(card.text, "paid with card [redacted: card number] today");
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        let redactor = Redactor::new().unwrap();
        for text in [
            "tool read_file completed (0.12s, 8 chars)",
            "Unauthorized user: 123456789 (mallory) on telegram",
            "response ready: platform=telegram chat=42 time=1.2s api_calls=3 response=120 chars",
            "conversation turn: session=20261122_195455_ab12cd model=anthropic/claude-opus-4 history=3",
            "",
        ] {
            let redacted = redactor.redact(text);
            assert_eq!((redacted.text.as_str(), redacted.count), (text, 0));
        }
    }
}
