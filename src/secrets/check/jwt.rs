//! JSON web tokens, encrypted web tokens and JSON web keys: what their parts say when decoded.
//!
//! The claims are read as JSON, so that a key is never mistaken for a value; what is not JSON is not a
//! web token. Nothing here depends on today's date: an end date is told, not judged.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use serde_json::{Map, Value};

use super::super::encoding::base64;
use super::{Note, Verdict};

type Object = Map<String, Value>;

/// Longest part that is decoded, in characters.
const LONGEST: usize = 16 * 1024;

const CUT: Note = Note::Text("it is cut short or made up: its parts do not fit together");

/// A compact web token, signed (`JWS`) or encrypted (`JWE`).
pub(super) fn check(token: &[u8]) -> Verdict {
    let mut parts = token.split(|&b| b == b'.');
    let (Some(header), Some(claims)) = (parts.next(), parts.next()) else {
        return Verdict::Rejected;
    };
    let signature = parts.next().unwrap_or_default();
    let Some(header) = object(header) else { return Verdict::Rejected };
    if header.contains_key("enc") {
        let whole = parts.count() == 2;
        return if whole {
            Verdict::Noted(Note::Text("its content is encrypted"))
        } else {
            Verdict::Doubtful(CUT)
        };
    }
    let Some(algorithm) = text(&header, "alg") else { return Verdict::Rejected };
    let Some(plain) = bounded(claims) else { return Verdict::Rejected };
    // A few bytes of claims are a lesson in tokens, not a token.
    if plain.len() < 24 || !plain.starts_with(b"{") {
        return Verdict::Rejected;
    }
    let Ok(Value::Object(claims)) = serde_json::from_slice(&plain) else {
        return if plain.ends_with(b"}") { Verdict::Holds } else { Verdict::Doubtful(CUT) };
    };
    if is_public(&claims) {
        return Verdict::Rejected;
    }
    if !fits(algorithm, signature) {
        return Verdict::Doubtful(CUT);
    }
    remark(algorithm, &claims).map_or(Verdict::Holds, Verdict::Noted)
}

/// A web token by itself or behind a short prefix.
pub(super) fn anywhere(secret: &[u8]) -> Verdict {
    const LONGEST_PREFIX: usize = 40;
    let head = secret.get(..LONGEST_PREFIX).unwrap_or(secret);
    if secret.starts_with(b"eyJ") || !head.windows(3).any(|w| w == b"eyJ") {
        check(secret)
    } else {
        prefixed(secret)
    }
}

/// A web token behind a vendor's prefix and, it may be, an id and `_`.
pub(super) fn prefixed(body: &[u8]) -> Verdict {
    let start = body.windows(3).position(|w| w == b"eyJ").unwrap_or(0);
    match check(body.get(start..).unwrap_or_default()) {
        // The vendor's prefix says what it is; only the rest is in doubt.
        Verdict::Rejected => Verdict::Doubtful(CUT),
        verdict => verdict,
    }
}

/// A JSON web key with its private part (RFC 7517): `d` for RSA and curves, `k` for shared keys.
pub(super) fn web_key(secret: &[u8]) -> Verdict {
    let Some(Value::Object(key)) =
        secret.get(..LONGEST.min(secret.len())).and_then(|json| serde_json::from_slice(json).ok())
    else {
        return Verdict::Doubtful(Note::Text("it is cut short: it is not a whole JSON object"));
    };
    let part = match text(&key, "kty") {
        Some("RSA" | "EC" | "OKP") => text(&key, "d"),
        Some("oct") => text(&key, "k"),
        _ => return Verdict::Rejected,
    };
    match part.and_then(|part| base64(part.as_bytes())) {
        Some(bytes) if bytes.len() >= 16 => Verdict::Proved(Note::Text("it holds a private part")),
        _ => Verdict::Rejected,
    }
}

fn bounded(part: &[u8]) -> Option<Vec<u8>> {
    if part.len() > LONGEST { None } else { base64(part) }
}

/// `part` as a JSON object.
pub(super) fn object(part: &[u8]) -> Option<Object> {
    match serde_json::from_slice(&bounded(part)?) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The string under `key`.
pub(super) fn text<'o>(object: &'o Object, key: &str) -> Option<&'o str> {
    object.get(key).and_then(Value::as_str)
}

/// Published on purpose: Supabase's key for browsers, and the examples that every tutorial shows.
fn is_public(claims: &Object) -> bool {
    let is = |key, value| text(claims, key) == Some(value);
    (is("role", "anon")
        && (claims.contains_key("ref") || is("iss", "supabase-demo") || is("iss", "supabase")))
        || is("name", "John Doe")
        || is("name", "Jane Doe")
        || is("sub", "1234567890")
        || is("iss", "supabase-demo")
        || is("role", "anon")
}

/// True when the signature is as long as its algorithm makes it (RFC 7518).
fn fits(algorithm: &str, signature: &[u8]) -> bool {
    let Some(bytes) = bounded(signature) else { return false };
    match algorithm {
        "HS256" => bytes.len() == 32,
        "HS384" => bytes.len() == 48,
        "HS512" | "ES256" | "ES256K" => bytes.len() == 64,
        "ES384" => bytes.len() == 96,
        "ES512" => bytes.len() == 132,
        "EdDSA" | "Ed25519" => matches!(bytes.len(), 64 | 114),
        // A modulus of 1024 to 8192 bits.
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => {
            (128..=1024).contains(&bytes.len())
        }
        _ => true,
    }
}

fn remark(algorithm: &str, claims: &Object) -> Option<Note> {
    if text(claims, "role") == Some("service_role") {
        return Some(Note::Text(
            "its role is `service_role`: it reads and writes past every row-level policy",
        ));
    }
    if algorithm.eq_ignore_ascii_case("none") {
        return Some(Note::Text("its `alg` is `none`: nothing proves who issued it"));
    }
    if text(claims, "iss") == Some("kubernetes/serviceaccount") {
        return Some(Note::Text("it is a Kubernetes service account's and never expires"));
    }
    // Some issuers count milliseconds.
    let exp = claims.get("exp")?;
    let exp = exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64))?;
    let exp = if exp > 100_000_000_000 { exp / 1000 } else { exp };
    Some(Note::ValidUntil(exp))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python's `base64.urlsafe_b64encode`, joined at run time.
    fn token(header: &str, claims: &str, signature: usize) -> Vec<u8> {
        format!("{header}.{claims}.{}", "s".repeat(signature)).into_bytes()
    }

    const HS256: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    const RS256: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";
    const NONE: &str = "eyJhbGciOiJub25lIn0";

    #[test]
    fn signed_tokens() {
        // {"sub":"svc-backup","exp":1760000000}
        let claims = "eyJzdWIiOiJzdmMtYmFja3VwIiwiZXhwIjoxNzYwMDAwMDAwfQ";
        let until = Verdict::Noted(Note::ValidUntil(1_760_000_000));
        assert_eq!(check(&token(HS256, claims, 43)), until);
        assert_eq!(check(&token(RS256, claims, 342)), until);
        assert_eq!(check(&token(RS256, claims, 43)), Verdict::Doubtful(CUT));
        assert_eq!(check(&token(HS256, claims, 40)), Verdict::Doubtful(CUT));
        assert!(matches!(check(&token(NONE, claims, 0)), Verdict::Noted(Note::Text(_))));
        assert_eq!(check(&token(HS256, &claims[..40], 43)), Verdict::Doubtful(CUT));
        assert_eq!(anywhere(&[b"hf_jwt_", token(HS256, claims, 43).as_slice()].concat()), until);
        assert_eq!(anywhere(b"hf_jwt_eyJhYWFh.eyJhYWFh.sig"), Verdict::Doubtful(CUT));
        assert_eq!(anywhere(b"eyJhYWFh.eyJhYWFh.sig"), Verdict::Rejected);
        assert_eq!(prefixed(&[b"12_", token(HS256, claims, 43).as_slice()].concat()), until);
    }

    #[test]
    fn roles_and_issuers() {
        // {"iss":"supabase","ref":"abcdefgh","role":"service_role"}
        let claims = "eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6ImFiY2RlZmdoIiwicm9sZSI6InNlcnZpY2Vfcm9sZSJ9";
        assert!(matches!(check(&token(HS256, claims, 43)), Verdict::Noted(Note::Text(_))));
        // {"iss":"supabase","ref":"abcdefgh","role":"anon"}
        let claims = "eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6ImFiY2RlZmdoIiwicm9sZSI6ImFub24ifQ";
        assert_eq!(check(&token(HS256, claims, 43)), Verdict::Rejected);
        // {"sub":"1234567890","name":"John Doe","iat":1516239022}
        let claims = "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ";
        assert_eq!(check(&token(HS256, claims, 43)), Verdict::Rejected);
        // {"iss":"kubernetes/serviceaccount","sub":"x"}
        let claims = "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwic3ViIjoieCJ9";
        assert!(matches!(check(&token(RS256, claims, 342)), Verdict::Noted(Note::Text(_))));
    }

    #[test]
    fn what_is_not_a_token() {
        for text in
            ["eyJhYWFh.eyJhYWFh.sig", "a.b.c", "eyJ.eyJ.", "..", "", "eyJhbGciOiJub25lIn0.e30."]
        {
            assert_eq!(check(text.as_bytes()), Verdict::Rejected, "{text}");
        }
    }

    #[test]
    fn encrypted_tokens_have_five_parts() {
        // {"alg":"dir","enc":"A256GCM"}
        let header = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0";
        let whole = format!("{header}..aXY.Y2lwaGVy.dGFn");
        assert!(matches!(check(whole.as_bytes()), Verdict::Noted(_)));
        assert_eq!(check(format!("{header}..aXY").as_bytes()), Verdict::Doubtful(CUT));
    }

    #[test]
    fn web_keys() {
        let d = "0".repeat(43);
        let key = format!(r#"{{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"{d}"}}"#);
        assert!(matches!(web_key(key.as_bytes()), Verdict::Proved(_)));
        assert_eq!(web_key(br#"{"kty":"EC","crv":"P-256","x":"a","y":"b"}"#), Verdict::Rejected);
        assert!(matches!(web_key(&key.as_bytes()[..60]), Verdict::Doubtful(_)));
        assert_eq!(web_key(br#"{"d":"abc"}"#), Verdict::Rejected);
    }
}
