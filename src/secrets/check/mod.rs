//! Offline tests of a matched token: checksums and inner structure.
//!
//! A right checksum proves a token, whatever the rest of the line looks like. A wrong one lowers the
//! confidence and says so instead of dropping the match, because published examples and redacted copies
//! carry wrong ones while the reader still wants to know; a wrong *structure* (a "JWT" whose header is not
//! JSON) rejects, because then it is another thing altogether.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod aws;
pub(super) mod azure;
mod checksum;
mod der;
mod jwt;
mod note;
mod pem;
mod vendor;
mod wallet;

pub use note::Note;
pub(super) use wallet::bip39_word;

use super::classify::{Context, classify};
use super::encoding::{base58, base64};
use super::spec::{Check, Confidence, DetectorSpec, Severity};

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is one beyond doubt: chance or a typist would not make the checksum right.
    Proved(Note),
    /// The structure holds.
    Holds,
    /// The structure holds, and the reader should know something of it.
    Noted(Note),
    /// It is one, but of no use by itself: behind a passphrase, say.
    Harmless(Note),
    /// It may be a token, but not one that works: the note says why.
    Doubtful(Note),
    /// It is something else.
    Rejected,
}

/// The verdict of a comparison with a checksum.
const fn checked(right: bool) -> Verdict {
    if right {
        Verdict::Proved(Note::RightChecksum)
    } else {
        Verdict::Doubtful(Note::WrongChecksum)
    }
}

const fn held(holds: bool) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::Rejected }
}

/// What a match is worth after the detector's check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    /// The detector's, or [`Severity::Info`] for what is of no use by itself.
    pub severity: Severity,
    /// High when proved, low when in doubt, else the detector's.
    pub confidence: Confidence,
    /// What to tell the reader.
    pub note: Option<Note>,
    /// Nothing else needs to speak for it: neither its name nor its looks.
    pub proved: bool,
}

/// Judges a match of `spec`; `None` when it is something else.
pub(super) fn judge(spec: &DetectorSpec, secret: &[u8]) -> Option<Judgement> {
    let verdict = spec.check.map_or(Verdict::Holds, |check| run(check, secret));
    let (severity, confidence, note) = match verdict {
        Verdict::Proved(note) => (spec.severity, Confidence::High, Some(note)),
        Verdict::Holds => (spec.severity, spec.confidence, None),
        Verdict::Noted(note) => (spec.severity, spec.confidence, Some(note)),
        Verdict::Harmless(note) => (spec.severity.min(Severity::Info), spec.confidence, Some(note)),
        Verdict::Doubtful(note) => (spec.severity, Confidence::Low, Some(note)),
        Verdict::Rejected => return None,
    };
    let proved = matches!(verdict, Verdict::Proved(_));
    Some(Judgement { severity, confidence, note, proved })
}

/// Runs `check` on the matched secret.
pub(super) fn run(check: Check, secret: &[u8]) -> Verdict {
    match check {
        Check::GithubCrc32 => checksum::github(secret),
        Check::GrafanaCrc32 => checksum::grafana(secret),
        Check::MatrixCrc32 => checksum::matrix(secret),
        Check::AtlassianCrc32 => checksum::atlassian(secret),
        Check::CloudflareCrc32 => checksum::cloudflare(secret),
        Check::GitlabCrc32 => checksum::gitlab(secret),
        Check::AzureKey => azure::key(secret),
        Check::AzureDevops => azure::devops(secret),
        Check::EntraSecret => azure::entra(secret),
        Check::Jwt => jwt::anywhere(secret),
        Check::Jwk => jwt::web_key(secret),
        Check::Pem => pem::check(secret),
        Check::PemBase64 => pem::encoded(secret),
        Check::DerKey => pem::der(secret),
        Check::Putty => pem::putty(secret),
        Check::AwsKeyId => aws::key_id(secret),
        Check::AwsSecretKey => aws::secret_key(secret),
        Check::PypiToken => vendor::pypi(secret),
        Check::SentryToken => vendor::sentry(secret),
        Check::GrafanaCloudToken => vendor::grafana_cloud(secret),
        Check::OnepasswordToken => vendor::onepassword(secret),
        Check::VaultToken => vendor::vault(secret),
        Check::JfrogToken => vendor::jfrog(secret),
        Check::MapboxToken => vendor::mapbox(secret),
        Check::TelegramId => held(vendor::telegram(secret)),
        Check::DiscordToken => held(vendor::discord(secret)),
        Check::ElasticKey => vendor::elastic(secret),
        Check::AtlassianPat => vendor::atlassian_pat(secret),
        Check::FernetToken => vendor::fernet(secret),
        Check::Uuid => held(vendor::uuid(secret)),
        Check::Bech32 => wallet::bech32(secret),
        Check::Base58Check => wallet::base58_check(secret),
        Check::Bip39 => wallet::bip39(secret),
        Check::NatsSeed => wallet::nats_seed(secret),
        Check::StellarSeed => wallet::stellar_seed(secret),
        Check::MatrixRecoveryKey => wallet::matrix_recovery_key(secret),
        Check::WireguardKey => wallet::wireguard(secret),
        Check::Base64 { bytes } => held(base64(secret).is_some_and(|plain| plain.len() == bytes)),
        Check::Base64Json => held(base64(secret).is_some_and(|plain| plain.starts_with(b"{\""))),
        Check::Base58 { bytes } => held(base58(secret).is_some_and(|plain| plain.len() == bytes)),
        Check::Mixed => held(mixed(secret)),
        Check::AlphaNumeric => held(alpha_numeric(secret)),
        Check::BasicAuth => held(basic_auth(secret)),
    }
}

/// Has a digit and letters of both cases.
fn mixed(secret: &[u8]) -> bool {
    secret.iter().any(u8::is_ascii_digit)
        && secret.iter().any(u8::is_ascii_lowercase)
        && secret.iter().any(u8::is_ascii_uppercase)
}

/// Has a digit and a letter, or small letters and at least four capitals.
fn alpha_numeric(secret: &[u8]) -> bool {
    let lower = secret.iter().any(u8::is_ascii_lowercase);
    let upper = secret.iter().filter(|b| b.is_ascii_uppercase()).count();
    secret.iter().any(u8::is_ascii_digit) && (lower || upper > 0) || lower && upper >= 4
}

/// Base64 of `user:password`, as a header, a `.npmrc` and a Docker `auth` have it.
fn basic_auth(secret: &[u8]) -> bool {
    let Some(plain) = base64(secret) else { return false };
    let Some(colon) = plain.iter().position(|&b| b == b':') else { return false };
    let password = plain.get(colon + 1..).unwrap_or_default();
    plain.iter().all(|b| (b' '..=b'~').contains(b))
        && password.len() >= 6
        && classify(password, &Context::default()).is_literal()
}

#[cfg(test)]
mod tests;
