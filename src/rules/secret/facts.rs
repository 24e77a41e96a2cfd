//! What a finding says of its credential beyond the message: facts for programs, and what makes it this one.
//!
//! The anchor, of which the fingerprint is made, names a secret by where it is used: the detector, and the
//! name it is assigned to or else the plain words before it on its line; equal ones are numbered by triage. So
//! it survives line moves and rotation, and a stranger above changes nothing. No hash of the value goes in,
//! salted or cut: the salt would be as public as the report, and a weak password is guessed from a few
//! bits. The price is that of two bare tokens without a word beside them, the number alone tells which is which.

use std::borrow::Cow;

use super::{Reader, Secret, SecretOrigin};
use crate::document::Document;
use crate::finding::{Credential, Location, ValueTag};
use crate::secrets::{
    self, Candidate, Check, Confidence, Context, DetectorSpec, Note, classify,
    is_secret_name_in_credential_block, is_wording,
};
use crate::span::Span;

/// The longest name that is repeated, in bytes.
const LONGEST_NAME: usize = 64;
/// How many words before a secret are taken for its place.
const WORDS: usize = 6;

/// Bits that a value must have at least, so that nobody finds it by trying.
const BITS: f64 = 72.0;

/// True for a value that somebody could find by trying, given a digest of it: short, of few characters, or words alone.
fn is_guessable(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    let bits = value.len() as f64 * (distinct.max(1) as f64).log2();
    let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    bits < BITS || !mixed
}

impl Secret {
    /// What is known of it, for a finding.
    #[must_use]
    pub fn credential(&self, document: &Document) -> Credential {
        let (provider, detector) = match &self.origin {
            SecretOrigin::Detector { id, provider, .. } => {
                (Some(provider.clone()).filter(|provider| !provider.is_empty()), id.clone())
            }
            SecretOrigin::Context { .. } | SecretOrigin::Name { .. } => (None, "context".into()),
        };
        let bytes = document.text.bytes();
        let value =
            self.decoded.as_ref().map_or(self.span.of(bytes), |text| text.reveal().as_bytes());
        Credential {
            provider,
            detector,
            redacted: self.shown.clone(),
            reasons: self.reasons.clone(),
            tag: self.is_strong().then(|| ValueTag::of(value)),
            guessable: is_guessable(value),
        }
    }

    /// What tells it from the others of its file, by where it is used: at `location`.
    #[must_use]
    pub fn anchor(&self, document: &Document, location: &Location) -> String {
        let what = match &self.origin {
            SecretOrigin::Detector { id, .. } => id,
            SecretOrigin::Context { .. } | SecretOrigin::Name { .. } => "context",
        };
        let place = if self.route.is_empty() {
            name(document.text.bytes(), self.span)
                .filter(|name| is_plain(name))
                .unwrap_or_else(|| lead(location))
        } else {
            self.route.clone()
        };
        format!("{what} {place}").trim_end().to_owned()
    }
}

/// The name that `value` is assigned to.
fn name(bytes: &[u8], value: Span) -> Option<String> {
    let name = secrets::name_of(bytes, value)?.of(bytes);
    (name.len() <= LONGEST_NAME).then(|| String::from_utf8_lossy(name).into_owned())
}

/// True for what no secret looks like.
fn is_plain(word: &str) -> bool {
    is_wording(word.as_bytes()) || !classify(word.as_bytes(), &Context::default()).is_literal()
}

/// The last words before a secret on its line. Those with a digit are left out: they change from copy to copy,
/// and may be a password that nothing has recognised.
fn lead(location: &Location) -> String {
    let Some(excerpt) = &location.excerpt else { return String::new() };
    let before = excerpt.text.get(..excerpt.marked.0).unwrap_or_default();
    let mut words: Vec<&str> = before
        .rsplit(|c: char| c.is_whitespace() || "\"'`=:,;()[]{}<>/@".contains(c))
        .filter(|word| !word.is_empty() && word.len() <= 24)
        .filter(|word| word.bytes().all(|b| b.is_ascii_alphabetic() || b"-_.".contains(&b)))
        .filter(|word| is_plain(word))
        .take(WORDS)
        .collect();
    words.reverse();
    words.join(" ")
}

/// Why a detector is as sure as it is.
pub(super) fn of_shape(
    spec: &DetectorSpec,
    candidate: &Candidate,
    bytes: &[u8],
) -> Vec<Cow<'static, str>> {
    let shape = match spec.confidence {
        _ if spec.generic || !spec.keys.is_empty() => "the shape alone is anybody's",
        Confidence::High => "the shape is nobody else's",
        Confidence::Medium => "few other things have the shape",
        Confidence::Low => "many other things have the shape",
    };
    let mut reasons = vec![Cow::Borrowed(shape)];
    reasons.extend(match candidate.note {
        Some(Note::RightChecksum | Note::MadeIn { .. }) => Some("its checksum is right".into()),
        Some(Note::WrongChecksum) => Some("its checksum does not match".into()),
        Some(Note::Text(text)) => Some(text.into()),
        Some(Note::Example) => Some(Note::Example.to_string().into()),
        _ if spec.check.is_some_and(is_structure) => Some("its inner structure holds".into()),
        _ => None,
    });
    reasons.extend(
        name(bytes, candidate.span)
            .filter(|name| is_secret_name_in_credential_block(name))
            .map(|name| format!("assigned to `{name}`").into()),
    );
    if spec.near > 0 {
        reasons.push("its mark stands before it".into());
    }
    if !spec.context.is_empty() {
        reasons.push("a word that goes with it stands on its line".into());
    }
    if candidate.pair.is_some() {
        reasons.push("its other half stands nearby".into());
    }
    reasons
}

/// True for a check that reads what is inside, on every token that it accepts.
const fn is_structure(check: Check) -> bool {
    matches!(
        check,
        Check::Jwt
            | Check::Jwk
            | Check::Pem
            | Check::PemBase64
            | Check::DerKey
            | Check::Putty
            | Check::AwsKeyId
            | Check::PypiToken
            | Check::GrafanaCloudToken
            | Check::OnepasswordToken
            | Check::JfrogToken
            | Check::MapboxToken
            | Check::TelegramId
            | Check::DiscordToken
            | Check::ElasticKey
            | Check::AtlassianPat
            | Check::FernetToken
            | Check::Base64Json
            | Check::BasicAuth
    )
}

/// Why a value is taken for a credential that only its surroundings tell.
pub(super) fn of_context(
    reason: &'static str,
    name: &str,
    note: Option<Note>,
) -> Vec<Cow<'static, str>> {
    let told = if is_secret_name_in_credential_block(name) { "assigned to" } else { "told by" };
    let mut reasons = vec![Cow::Borrowed(reason), format!("{told} `{name}`").into()];
    reasons.extend(note.map(|note| note.to_string().into()));
    reasons
}

/// Why a value under a secret's name in a file that Hermes reads is taken for a credential.
pub(super) fn of_name(name: &str, strong: bool, reader: Reader) -> Vec<Cow<'static, str>> {
    let mut reasons: Vec<Cow<'static, str>> = vec![format!("assigned to `{name}`").into()];
    reasons.extend(match reader {
        Reader::Hermes => Some("Hermes reads it".into()),
        Reader::Neighbour => Some("a service beside Hermes reads it".into()),
        Reader::Other => None,
    });
    if !strong {
        reasons.push("it is an ordinary word".into());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_follow_the_origin() {
        let strong = of_name("api_key", true, Reader::Hermes);
        assert_eq!(strong, ["assigned to `api_key`", "Hermes reads it"]);
        let weak = of_name("password", false, Reader::Neighbour);
        assert_eq!(weak.len(), 3);
        assert_eq!(weak.last().map(|reason| &**reason), Some("it is an ordinary word"));
        assert_eq!(of_context("why", "curl -u", None), ["why", "told by `curl -u`"]);
        assert_eq!(of_context("why", "password", None), ["why", "assigned to `password`"]);
    }

    #[test]
    fn tags_tell_equal_values_only() {
        assert_eq!(ValueTag::of(b"one"), ValueTag::of(b"one"));
        assert_ne!(ValueTag::of(b"one"), ValueTag::of(b"two"));
        assert_eq!(format!("{:?}", ValueTag::of(b"one")), "[value]");
        for weak in [
            "",
            "hunter2",
            "Summer2024!",
            "correct-horse-battery-staple",
            "1111111111111111111111a",
        ] {
            assert!(is_guessable(weak.as_bytes()), "{weak}");
        }
        assert!(!is_guessable(b"q7Zk2mWp9XcR4tLs8VbN"));
    }
}
