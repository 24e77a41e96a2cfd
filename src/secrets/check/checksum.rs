//! Tokens that end in a checksum of themselves: GitHub, npm, GitLab, Grafana, Matrix, Atlassian,
//! Cloudflare.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::encoding::{base36, base62_six, base64};
use super::super::sums::crc32;
use super::{Note, Verdict, alpha_numeric, checked, held, jwt, mixed};

/// What precedes the last `length` bytes, and those.
fn tail(secret: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    secret.split_at_checked(secret.len().checked_sub(length)?)
}

/// GitHub and npm: base62 CRC-32, six digits, of what stands between the last `_` and it. GitHub's
/// installation tokens may also be a signed web token behind `ghs_`.
pub(super) fn github(secret: &[u8]) -> Verdict {
    if secret.contains(&b'.') {
        let body = secret.splitn(2, |&b| b == b'_').nth(1).unwrap_or_default();
        return jwt::prefixed(body);
    }
    let body = secret.rsplit(|&b| b == b'_').next().unwrap_or_default();
    match tail(body, 6) {
        Some((text, sum)) => checked(base62_six(crc32(text)) == sum),
        None => Verdict::Rejected,
    }
}

/// Grafana service accounts: CRC-32 of what precedes the last `_`, little endian, in hex.
pub(super) fn grafana(secret: &[u8]) -> Verdict {
    let Some(split) = secret.iter().rposition(|&b| b == b'_') else { return Verdict::Rejected };
    let (text, sum) = secret.split_at(split);
    match hex_u32(sum.get(1..).unwrap_or_default()) {
        Some(sum) => checked(crc32(text).swap_bytes() == sum),
        None => Verdict::Rejected,
    }
}

/// Matrix: base62 CRC-32 of what precedes the last `_`. Synapse (`syt_`) writes the most significant
/// digit first, the authentication service (`mat_`, `mct_`) the least.
pub(super) fn matrix(secret: &[u8]) -> Verdict {
    let Some(split) = secret.iter().rposition(|&b| b == b'_') else { return Verdict::Rejected };
    let (text, sum) = secret.split_at(split);
    let sum = sum.get(1..).unwrap_or_default();
    let mut digits = base62_six(crc32(text));
    if secret.starts_with(b"m") {
        // Reversed without its leading zeros, which stay in front.
        let zeros = digits.iter().take_while(|&&b| b == b'0').count();
        digits.get_mut(zeros..).unwrap_or_default().reverse();
    }
    if sum.len() == 6 { checked(digits == sum) } else { Verdict::Rejected }
}

/// Atlassian: CRC-32 of what precedes, in eight capital hex digits. App passwords of before 2022 end in
/// anything.
pub(super) fn atlassian(secret: &[u8]) -> Verdict {
    match tail(secret, 8).and_then(|(text, sum)| Some((text, hex_u32(sum)?))) {
        Some((text, sum)) => checked(crc32(text) == sum),
        None => Verdict::Holds,
    }
}

/// Cloudflare: CRC-32 of what stands between the first `_` and the sum, in eight hex digits. What has a
/// wrong sum and no digit or but one case is an identifier.
pub(super) fn cloudflare(secret: &[u8]) -> Verdict {
    let body = secret.splitn(2, |&b| b == b'_').nth(1).unwrap_or_default();
    match tail(body, 8).and_then(|(text, sum)| Some((text, hex_u32(sum)?))) {
        Some((text, sum)) if crc32(text) == sum => checked(true),
        _ if mixed(secret) => checked(false),
        _ => Verdict::Rejected,
    }
}

/// GitLab's routable tokens: `prefix-payload.LLccccccc` or `prefix-payload.VV.LLccccccc`, with the
/// payload's length and the CRC-32 of everything before it in base36. Other tokens carry no checksum.
pub(super) fn gitlab(secret: &[u8]) -> Verdict {
    let routable = || {
        let (text, sum) = tail(secret, 7)?;
        let (head, length) = tail(text, 2)?;
        Some((text, head.strip_suffix(b".")?, length, sum))
    };
    let Some((text, head, length, sum)) = routable() else { return held(alpha_numeric(secret)) };
    // `.01` of the second form.
    let payload = match tail(head, 3) {
        Some((rest, [b'.', a, b])) if a.is_ascii_digit() && b.is_ascii_digit() => rest,
        _ => head,
    };
    let (Some(sum), Some(length)) = (base36(sum), base36(length)) else {
        return Verdict::Doubtful(Note::WrongChecksum);
    };
    // The payload's length tells where the prefix ends; runners have one more, `glrt-t3_`.
    let fits = usize::try_from(length).ok().and_then(|length| tail(payload, length)).is_some_and(
        |(prefix, payload)| matches!(prefix.last(), Some(b'-' | b'_')) && base64(payload).is_some(),
    );
    checked(fits && u64::from(crc32(text)) == sum)
}

fn hex_u32(text: &[u8]) -> Option<u32> {
    if text.len() != 8 || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(text).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Verdict = Verdict::Proved(Note::RightChecksum);
    const WRONG: Verdict = Verdict::Doubtful(Note::WrongChecksum);

    /// Parts are joined at run time, so that this file holds no token.
    fn join(parts: &[&str]) -> Vec<u8> {
        parts.concat().into_bytes()
    }

    #[test]
    fn github_and_npm() {
        // zlib.crc32, then base62, in Python.
        let token = join(&["ghp_", "0123456789abcdefghijABCDEFGHIJ", "3mpbCX"]);
        assert_eq!(github(&token), RIGHT);
        let token = join(&["npm_", "zQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1A", "1DtMr2"]);
        assert_eq!(github(&token), RIGHT);
        let token = join(&["npm_", "yQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1A", "1DtMr2"]);
        assert_eq!(github(&token), WRONG);
        assert_eq!(github(b"ghp_abc"), Verdict::Rejected);
    }

    #[test]
    fn github_installation_tokens_may_be_web_tokens() {
        let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
        let token = join(&[
            "ghs_12_",
            header,
            ".eyJpc3MiOiJnaXRodWIiLCJleHAiOjE3NjAwMDAwMDB9.",
            &"sZ3x".repeat(86),
        ]);
        assert!(!matches!(github(&token), Verdict::Rejected | Verdict::Doubtful(_)));
    }

    #[test]
    fn grafana_service_account() {
        let token = join(&["glsa_", "zQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1AuE", "_", "6b631d65"]);
        assert_eq!(grafana(&token), RIGHT);
        let token = join(&["glsa_", "zQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1AuE", "_00000000"]);
        assert_eq!(grafana(&token), WRONG);
    }

    #[test]
    fn matrix_tokens_of_both_servers() {
        let token = join(&["syt_", "Ym90", "_", "hQvYkLpXrWnTzBcDfGsJ", "_", "0DE0b9"]);
        assert_eq!(matrix(&token), RIGHT);
        let token = join(&["mct_", "zQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1A", "_", "YrWbF4"]);
        assert_eq!(matrix(&token), RIGHT);
        // A sum below 62^5: a zero stays in front.
        let token = join(&["mat_", "zQ7xK2mW9pLr4TvN8bYc3HdJ6f0008", "_", "0L1Ett"]);
        assert_eq!(matrix(&token), RIGHT);
        let token = join(&["syt_", "Ym90", "_", "hQvYkLpXrWnTzBcDfGsK", "_", "0DE0b9"]);
        assert_eq!(matrix(&token), WRONG);
    }

    #[test]
    fn atlassian_and_cloudflare() {
        let token = join(&["ATATT3", "xFfGF0", &"kQ-7z_Mw".repeat(20), "=", "5C86AE44"]);
        assert_eq!(atlassian(&token), RIGHT);
        let token = join(&["ATBB", "zQ7xK2mW9pLr4TvN8bYc3HdJ", "D4F1D792"]);
        assert_eq!(atlassian(&token), RIGHT);
        let token = join(&["ATBB", "zQ7xK2mW9pLr4TvN8bYc3HdJ", "0A0A0A0A"]);
        assert_eq!(atlassian(&token), WRONG);
        let token = join(&["ATBB", "zQ7xK2mW9pLr4TvN8bYc3HdJ", "zzzzzzzz"]);
        assert_eq!(atlassian(&token), Verdict::Holds);
        let body = "zQ7xK2mW9pLr4TvN8bYc3HdJ6fGs1AuEzQ7xK2mW";
        assert_eq!(cloudflare(&join(&["cfut_", body, "c054992a"])), RIGHT);
        assert_eq!(cloudflare(&join(&["cfk_", body, "c054992a"])), RIGHT);
        assert_eq!(cloudflare(&join(&["cfat_", body, "00000000"])), WRONG);
        assert_eq!(cloudflare(b"cfk_jamrxiltrdrzrcekrfowpfqguwrfshdltfdhcwyn"), Verdict::Rejected);
    }

    #[test]
    fn gitlab_routable_tokens() {
        // The published test keys of OSV-SCALIBR.
        let payload = "bzox79Of-KE9FD2LjoXXF4CvyxA";
        assert_eq!(gitlab(&join(&["glpat-", payload, ".01.", "0r0l8l6ir"])), RIGHT);
        assert_eq!(gitlab(&join(&["glpat-", payload, ".01.", "0r03gxo7a"])), WRONG);
        assert_eq!(gitlab(&join(&["glpat-", payload, ".", "0r03gxo7s"])), RIGHT);
        // zlib.crc32 in Python.
        assert_eq!(gitlab(&join(&["glrt-t3_", payload, ".01.", "0r0bbsrc1"])), RIGHT);
        assert_eq!(gitlab(&join(&["glrt-t3x", payload, ".01.", "0r17c5fad"])), WRONG);
        assert_eq!(gitlab(&join(&["glpat-", "zQ7xK2mW9pLr4TvN8bYc"])), Verdict::Holds);
        assert_eq!(gitlab(&join(&["glft-", "jamrx-iltr-drzrc-ekrfowp-fqguwr"])), Verdict::Rejected);
        assert_eq!(gitlab(b"glpat-"), Verdict::Rejected);
    }
}
