//! Offline tests of a matched token: checksums and inner structure.
//!
//! A wrong checksum lowers the confidence and says so instead of dropping the match, because published
//! examples and redacted copies carry wrong ones while the reader still wants to know; a wrong
//! *structure* (a "JWT" whose header is not JSON) rejects, because then it is another thing altogether.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::classify::{Context, classify};
use super::encoding::{base62_six, base64, bech32_valid, crc32};
use super::spec::Check;

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The structure holds.
    Holds,
    /// It may be a token, but not one that works: the note says why.
    Doubtful(&'static str),
    /// It is something else.
    Rejected,
}

const BAD_CHECKSUM: &str =
    "its checksum does not match, so it may be an example or a truncated copy";

/// Runs `check` on the matched secret.
pub(super) fn run(check: Check, secret: &[u8]) -> Verdict {
    let held = match check {
        Check::GithubCrc32 => return checksum(github_crc32(secret)),
        Check::GrafanaCrc32 => return checksum(grafana_crc32(secret)),
        Check::Bech32 => return checksum(Some(bech32_valid(secret))),
        Check::Jwt => jwt(secret),
        Check::TelegramId => telegram(secret),
        Check::AwsKeyId => return aws_key_id(secret),
        Check::Pem => pem(secret),
        Check::DiscordToken => discord(secret),
        Check::Base64 { bytes } => base64(secret).is_some_and(|plain| plain.len() == bytes),
        Check::Base64Json => base64(secret).is_some_and(|plain| plain.starts_with(b"{\"")),
        Check::Mixed => {
            secret.iter().any(u8::is_ascii_digit)
                && secret.iter().any(u8::is_ascii_lowercase)
                && secret.iter().any(u8::is_ascii_uppercase)
        }
        Check::AlphaNumeric => {
            let lower = secret.iter().any(u8::is_ascii_lowercase);
            let upper = secret.iter().filter(|b| b.is_ascii_uppercase()).count();
            secret.iter().any(u8::is_ascii_digit) && (lower || upper > 0) || lower && upper >= 4
        }
        Check::BasicAuth => basic_auth(secret),
    };
    if held { Verdict::Holds } else { Verdict::Rejected }
}

fn checksum(right: Option<bool>) -> Verdict {
    match right {
        Some(true) => Verdict::Holds,
        Some(false) => Verdict::Doubtful(BAD_CHECKSUM),
        None => Verdict::Rejected,
    }
}

/// The body after the last `_` and before the last six characters, and those six.
fn github_crc32(secret: &[u8]) -> Option<bool> {
    let body = secret.rsplit(|&b| b == b'_').next()?;
    let (text, sum) = body.split_at_checked(body.len().checked_sub(6)?)?;
    Some(base62_six(crc32(text)) == sum)
}

fn grafana_crc32(secret: &[u8]) -> Option<bool> {
    let split = secret.iter().rposition(|&b| b == b'_')?;
    let (text, sum) = (secret.get(..split)?, secret.get(split + 1..)?);
    let sum = u32::from_str_radix(str::from_utf8(sum).ok()?, 16).ok()?;
    Some(crc32(text).swap_bytes() == sum)
}

fn jwt(secret: &[u8]) -> bool {
    let mut parts = secret.split(|&b| b == b'.');
    let (Some(header), Some(claims)) = (parts.next(), parts.next()) else { return false };
    let Some(header) = base64(header) else { return false };
    let named = header.windows(5).any(|w| w == b"\"alg\"" || w == b"\"enc\"");
    // A few bytes of claims are a lesson in tokens, not a token.
    if base64(claims).is_some_and(|claims| claims.len() < 24) {
        return false;
    }
    // Published on purpose: Supabase's `anon` key, and the example that every tutorial shows.
    let public = base64(claims).is_some_and(|claims| {
        [&b"\"role\":\"anon\""[..], b"\"John Doe\"", b"\"1234567890\""]
            .iter()
            .any(|text| claims.windows(text.len()).any(|w| w == *text))
    });
    !public
        && named
        && header.starts_with(b"{")
        // The claims of an encrypted token are not JSON.
        && (header.windows(5).any(|w| w == b"\"enc\"")
            || base64(claims).is_some_and(|claims| claims.starts_with(b"{")))
}

fn telegram(secret: &[u8]) -> bool {
    let Some(colon) = secret.iter().position(|&b| b == b':') else { return false };
    let id = secret.get(..colon).unwrap_or_default();
    let counting =
        id.windows(2).all(|w| matches!(w, [a, b] if *b == a + 1 || (*a, *b) == (b'9', b'0')));
    !id.starts_with(b"0") && !counting
}

/// Key ids hold the account number since 2019: base32, the top 40 bits after the first, twelve digits.
fn aws_key_id(secret: &[u8]) -> Verdict {
    let Some(body) = secret.get(4..20) else { return Verdict::Rejected };
    let mut bits = 0_u128;
    for &b in body {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return Verdict::Rejected,
        };
        bits = bits << 5 | u128::from(value);
    }
    let account = bits >> (80 - 48) & 0x7fff_ffff_ff80;
    if account >> 7 <= 999_999_999_999 {
        Verdict::Holds
    } else {
        Verdict::Doubtful("it holds no account number that can exist, so it may be an example")
    }
}

/// A body of at least 64 base64 characters that is not one character over and over.
fn pem(secret: &[u8]) -> bool {
    let begin = secret.windows(5).skip(10).position(|w| w == b"-----");
    let body = begin.and_then(|at| secret.get(at + 15..)).unwrap_or_default();
    let mut seen = [false; 256];
    let (mut letters, mut kinds) = (0, 0);
    let mut previous = 0;
    for &b in body {
        // The `n` of an escaped line break is no part of the key.
        let part = b.is_ascii_alphanumeric() && !(previous == b'\\' && matches!(b, b'n' | b'r'));
        previous = b;
        if part {
            letters += 1;
            if let Some(slot) = seen.get_mut(usize::from(b)).filter(|slot| !**slot) {
                *slot = true;
                kinds += 1;
            }
        }
    }
    letters >= 60 && kinds >= 20
}

fn discord(secret: &[u8]) -> bool {
    let first = secret.split(|&b| b == b'.').next().unwrap_or_default();
    base64(first)
        .is_some_and(|id| (17..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}

fn basic_auth(secret: &[u8]) -> bool {
    let Some(plain) = base64(secret) else { return false };
    let Some(colon) = plain.iter().position(|&b| b == b':') else { return false };
    let password = plain.get(colon + 1..).unwrap_or_default();
    plain.iter().all(|b| (b' '..=b'~').contains(b))
        && password.len() >= 6
        && classify(password, &Context::default()).is_literal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn github_checksum_decides() {
        let body = b"0123456789abcdefghijABCDEFGHIJ";
        let mut token = b"ghp_".to_vec();
        token.extend_from_slice(body);
        token.extend_from_slice(&base62_six(crc32(body)));
        assert_eq!(run(Check::GithubCrc32, &token), Verdict::Holds);
        token[10] ^= 1;
        assert!(matches!(run(Check::GithubCrc32, &token), Verdict::Doubtful(_)));
    }

    #[test]
    fn aws_documentation_id_holds_an_account() {
        // AKIAIOSFODNN7EXAMPLE is well formed; the classifier, not the check, knows it as an example.
        assert_eq!(run(Check::AwsKeyId, b"AKIAIOSFODNN7EXAMPLE"), Verdict::Holds);
        assert_eq!(run(Check::AwsKeyId, b"AKIA0000000000000000"), Verdict::Rejected);
        assert!(matches!(run(Check::AwsKeyId, b"AKIAP777777777777777"), Verdict::Doubtful(_)));
    }

    #[test]
    fn structures_that_are_something_else_are_rejected() {
        assert_eq!(run(Check::Jwt, b"eyJhYWFh.eyJhYWFh.sig"), Verdict::Rejected);
        assert_eq!(run(Check::TelegramId, b"123456789:AAxyz"), Verdict::Rejected);
        assert_eq!(run(Check::TelegramId, b"1234567890:AAxyz"), Verdict::Rejected);
        assert_eq!(run(Check::TelegramId, b"8412907653:AAxyz"), Verdict::Holds);
        assert_eq!(run(Check::DiscordToken, b"TVRBRFVNTVk.DUMMY.x"), Verdict::Rejected);
        assert_eq!(run(Check::Pem, b"-----BEGIN RSA PRIVATE KEY-----\nabc"), Verdict::Rejected);
        assert_eq!(run(Check::Base64 { bytes: 3 }, b"AAAA"), Verdict::Holds);
        assert_eq!(run(Check::Base64 { bytes: 2 }, b"AAAA"), Verdict::Rejected);
    }
}
