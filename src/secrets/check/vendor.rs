//! Tokens that hold readable fields: PyPI, Sentry, Grafana Cloud, 1Password, Vault, JFrog, Mapbox,
//! Discord, Telegram, Fernet.
//!
//! Where the prefix alone says whose token it is, fields that do not fit cast doubt; where it does not,
//! they reject.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use serde_json::Value;

use super::super::encoding::{base58, base64};
use super::jwt::{object, text};
use super::{Note, Verdict, held, mixed};

const UNREADABLE: Verdict = Verdict::Doubtful(Note::Text(
    "its inner fields do not fit, so it may be an example or a truncated copy",
));
const WHOLE: Verdict = Verdict::Proved(Note::Text("its inner fields fit"));

/// Decodes as much as there is: a last lone character is dropped.
fn lenient(text: &[u8]) -> Option<Vec<u8>> {
    let even = text.len() - usize::from(text.len() % 4 == 1 && !text.ends_with(b"="));
    base64(text.get(..even)?)
}

/// `pypi-` and a macaroon of version 2 whose location is that of PyPI or its test instance.
pub(super) fn pypi(secret: &[u8]) -> Verdict {
    let body = secret.strip_prefix(b"pypi-").unwrap_or(secret);
    let Some(bytes) = lenient(body) else { return UNREADABLE };
    let Some((field, rest)) = bytes.strip_prefix(b"\x02").and_then(field) else {
        return Verdict::Rejected;
    };
    if !matches!(field, (1, b"pypi.org" | b"test.pypi.org")) {
        return Verdict::Rejected;
    }
    match macaroon_tail(rest) {
        Some(()) => Verdict::Proved(Note::Text("it is a whole macaroon of PyPI")),
        None => UNREADABLE,
    }
}

/// What follows the location: the identifier, caveats, and a signature of 32 bytes.
fn macaroon_tail(rest: &[u8]) -> Option<()> {
    let ((2, _), rest) = field(rest)? else { return None };
    let mut rest = rest.strip_prefix(b"\0")?;
    while let Some((_, mut section)) = field(rest) {
        while let Some((_, after)) = field(section) {
            section = after;
        }
        rest = section.strip_prefix(b"\0")?;
    }
    let rest = rest.strip_prefix(b"\0")?;
    match field(rest)? {
        ((6, signature), []) if signature.len() == 32 => Some(()),
        _ => None,
    }
}

/// Type and content.
type Field<'b> = (u8, &'b [u8]);

/// A macaroon's field: type, length, bytes; `None` at the end of a section (type 0) as well.
fn field(bytes: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    if kind == 0 {
        return None;
    }
    let (length, rest) = varint(rest)?;
    let (content, rest) = rest.split_at_checked(length)?;
    Some(((kind, content), rest))
}

/// A length of at most 21 bits, seven a byte, least significant first.
fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    let mut rest = bytes;
    for shift in [0, 7, 14] {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, rest));
        }
    }
    None
}

/// `sntrys_`, base64 of an object that names organisation and region, `_`, 43 characters. A user's token
/// (`sntryu_`) has no fields.
pub(super) fn sentry(secret: &[u8]) -> Verdict {
    let Some(body) = secret.strip_prefix(b"sntrys_") else { return Verdict::Holds };
    let split = body.iter().rposition(|&b| b == b'_').unwrap_or(body.len());
    let Some(fields) = body.get(..split).and_then(object) else { return UNREADABLE };
    let issued = fields.get("iat").and_then(Value::as_f64);
    match (text(&fields, "org"), issued) {
        (Some(_), Some(seconds)) => Verdict::Proved(Note::IssuedOn(seconds as i64)),
        (Some(_), None) => WHOLE,
        _ => UNREADABLE,
    }
}

/// `glc_` and base64 of an object with organisation, name, key and region; or, without the prefix, an API
/// key of old with key, name and organisation.
pub(super) fn grafana_cloud(secret: &[u8]) -> Verdict {
    let (body, wanted): (_, &[&str]) = match secret.strip_prefix(b"glc_") {
        Some(body) => (body, &["o", "n", "k", "m"]),
        None => (secret, &["k", "n", "id"]),
    };
    match object(body) {
        Some(fields) if wanted.iter().all(|key| fields.contains_key(*key)) => WHOLE,
        Some(_) => Verdict::Rejected,
        None => UNREADABLE,
    }
}

/// `ops_` and base64 of an object that holds the account's secret key.
pub(super) fn onepassword(secret: &[u8]) -> Verdict {
    let body = secret.strip_prefix(b"ops_").unwrap_or(secret);
    match object(body) {
        Some(fields) if text(&fields, "secretKey").is_some_and(|key| key.starts_with("A3-")) => {
            Verdict::Proved(Note::Text("it holds the account's secret key"))
        }
        _ => UNREADABLE,
    }
}

/// `hvs.CAES…`: a protobuf message of version 1, an HMAC of 32 bytes and the token it signs. Tokens
/// without `CAES` are random.
pub(super) fn vault(secret: &[u8]) -> Verdict {
    let Some(body) = secret.strip_prefix(b"hvs.").filter(|body| body.starts_with(b"CAES")) else {
        return held(mixed(secret));
    };
    let whole = lenient(body).is_some_and(|bytes| {
        let signed = bytes.strip_prefix(b"\x08\x01\x12\x20").and_then(|rest| rest.get(32..));
        let token = signed.and_then(|rest| rest.strip_prefix(b"\x1a")).and_then(varint);
        token.is_some_and(|(length, rest)| length >= 24 && length == rest.len())
    });
    if whole { WHOLE } else { UNREADABLE }
}

/// A reference token is base64 of `reftkn:`, two numbers and text; an API key is base58 of 54 bytes.
pub(super) fn jfrog(secret: &[u8]) -> Verdict {
    if secret.starts_with(b"AKCp") {
        return match base58(secret) {
            Some(bytes) if bytes.len() == 54 => Verdict::Holds,
            _ => UNREADABLE,
        };
    }
    let Some(plain) = lenient(secret) else { return UNREADABLE };
    let mut parts = plain.split(|&b| b == b':');
    let number = |part: Option<&[u8]>| {
        part.is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    let whole = parts.next() == Some(b"reftkn")
        && number(parts.next())
        && number(parts.next())
        && parts.next().is_some_and(|part| part.len() >= 16 && part.is_ascii());
    if whole { WHOLE } else { UNREADABLE }
}

/// `sk.`, base64 of an object that names the user, `.`, a signature.
pub(super) fn mapbox(secret: &[u8]) -> Verdict {
    let mut parts = secret.split(|&b| b == b'.').skip(1);
    match parts.next().and_then(object) {
        Some(fields) if fields.contains_key("u") => WHOLE,
        Some(_) => Verdict::Rejected,
        None => UNREADABLE,
    }
}

/// `id:AA…`, the id a number that Telegram issues: not a counting run.
pub(super) fn telegram(secret: &[u8]) -> bool {
    let Some(colon) = secret.iter().position(|&b| b == b':') else { return false };
    let id = secret.get(..colon).unwrap_or_default();
    let counting = id
        .windows(2)
        .all(|w| matches!(w, [a, b] if *b == a.wrapping_add(1) || (*a, *b) == (b'9', b'0')));
    !id.starts_with(b"0") && !counting && !id.is_empty()
}

/// The first part is base64 of a snowflake: 17 to 20 digits that fit 64 bits.
pub(super) fn discord(secret: &[u8]) -> bool {
    let first = secret.split(|&b| b == b'.').next().unwrap_or_default();
    base64(first).is_some_and(|id| {
        (17..=20).contains(&id.len())
            && !id.starts_with(b"0")
            && id.iter().all(u8::is_ascii_digit)
            && str::from_utf8(&id).is_ok_and(|id| id.parse::<u64>().is_ok())
    })
}

/// Base64 of an Elasticsearch API key: an id of 20 characters, `:`, 22 characters, all of base64url.
pub(super) fn elastic(secret: &[u8]) -> Verdict {
    let url = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let whole = base64(secret).is_some_and(|plain| {
        plain.len() == 43
            && plain.iter().enumerate().all(|(at, b)| if at == 20 { *b == b':' } else { url(b) })
    });
    if whole { WHOLE } else { Verdict::Rejected }
}

/// Base64 of a token of Atlassian's Data Center products: a number, `:`, 20 random bytes.
pub(super) fn atlassian_pat(secret: &[u8]) -> Verdict {
    let body = secret.strip_prefix(b"BBDC-").unwrap_or(secret);
    let whole = base64(body).is_some_and(|plain| {
        let digits = plain.iter().take_while(|b| b.is_ascii_digit()).count();
        (6..=20).contains(&digits)
            && plain.get(digits) == Some(&b':')
            && plain.len() - digits - 1 == 20
    });
    if whole { WHOLE } else { Verdict::Rejected }
}

/// A Fernet token: version 0x80, a time, an IV, blocks of sixteen bytes, an HMAC.
pub(super) fn fernet(secret: &[u8]) -> Verdict {
    // From 2012, when Fernet was specified, to 2100.
    const TIMES: std::ops::Range<u64> = 1_325_376_000..4_102_444_800;
    let Some(bytes) = lenient(secret) else { return UNREADABLE };
    let Some((&0x80, rest)) = bytes.split_first() else { return Verdict::Rejected };
    let Some((time, rest)) = rest.split_first_chunk::<8>() else { return Verdict::Rejected };
    let time = u64::from_be_bytes(*time);
    if TIMES.contains(&time) && rest.len() >= 64 && rest.len() % 16 == 0 {
        Verdict::Noted(Note::IssuedOn(i64::try_from(time).unwrap_or(i64::MAX)))
    } else if mixed(secret) {
        UNREADABLE
    } else {
        Verdict::Rejected
    }
}

/// A UUID of RFC 9562 with a version of 1 to 8.
pub(super) fn uuid(secret: &[u8]) -> bool {
    secret.len() == 36
        && secret.iter().enumerate().all(|(at, &b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            14 => (b'1'..=b'8').contains(&b),
            19 => matches!(b.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b'),
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
#[path = "vendor_tests.rs"]
mod tests;
