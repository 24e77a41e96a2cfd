//! Expands example templates, so that no committed file holds a full-shaped token.
//!
//! Deterministic in the seed; the pieces look random enough to pass every entropy and placeholder test,
//! which is checked on the way out rather than assumed.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod tokens;

use std::fmt;

use super::encoding::{BECH32, base62_six, bech32_checksum};
use super::sums::crc32;

/// Why a template cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The piece that is wrong, without its braces.
    pub piece: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template piece `{{{}}}`: {}", self.piece, self.problem)
    }
}

impl std::error::Error for TemplateError {}

const DIGIT: &[u8] = b"0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALNUM: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const HEX_UPPER: &[u8] = b"0123456789ABCDEF";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub(super) const BASE64: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BECH32_UPPER: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
const LOWER_ALNUM: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const WORDS: [&str; 8] =
    ["harbour", "lantern", "meadow", "orchard", "pebble", "quarry", "saddle", "thimble"];
/// The longest piece a template may ask for.
const LONGEST: usize = 4096;

struct Random(u64);

impl Random {
    /// SplitMix64: one multiplication chain a number, good spread from any seed.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// `length` bytes of `alphabet`; neighbours differ by more than one, so that no counting run,
    /// repetition or word arises.
    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut out: Vec<u8> = Vec::with_capacity(length);
        while out.len() < length {
            let pick = (self.next() % alphabet.len().max(1) as u64) as usize;
            let Some(&byte) = alphabet.get(pick) else { break };
            let near = out.last().is_some_and(|last| {
                last.to_ascii_lowercase().abs_diff(byte.to_ascii_lowercase()) <= 1
            });
            let vowel = matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u');
            let syllable =
                vowel
                    && alphabet.len() > 16
                    && out.iter().rev().take(3).any(|b| {
                        matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u')
                    });
            let doubled_symbol = !byte.is_ascii_alphanumeric()
                && out.iter().rev().take(4).any(|b| !b.is_ascii_alphanumeric());
            let edge = !byte.is_ascii_alphanumeric() && (out.is_empty() || out.len() + 1 == length);
            if !near && !syllable && !doubled_symbol && !edge {
                out.push(byte);
            }
        }
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Expands `template` with the random numbers of `seed`.
///
/// Letters: `{alnum:N}` (same as `{base62:N}`), `{hex:N}`, `{HEX:N}`, `{digit:N}`, `{lower:N}`,
/// `{upper:N}`, `{lower-alnum:N}`, `{base32:N}`, `{BECH32:N}` (upper case, no checksum), `{b64:N}`,
/// `{b64url:N}`, `{uuid}`, `{word}`.
///
/// Sums over the token so far, which begins after `«`, a quote or a blank: `{crc32-base62:6}` (over what
/// follows the last `_`), `{crc32-hex:8}` (over what precedes it), `{crc32-tail:8}` (Atlassian),
/// `{crc32-body:8}` (Cloudflare), `{matrix-sum:6}`, `{entra-sum:3}`, `{bech32:N}` (`N` data characters
/// after a written `prefix1`, then the checksum, in the prefix's case).
///
/// Whole tokens, or what follows a vendor's prefix: `{jwt}`, `{basic-auth}`, `{snowflake}` (base64 of a Discord
/// id), `{aws-key-id}`, `{gitlab-routable}`, `{azure-key:SIGN}`, `{azure-signed:SIGN/BYTES}`,
/// `{azure-devops}`, `{pypi-macaroon}`, `{sentry-payload}`, `{grafana-cloud}`, `{grafana-legacy}`, `{supabase:ROLE}`, `{onepassword}`,
/// `{vault-signed}`, `{jfrog-reference}`, `{mapbox-payload}`, `{fernet}`, `{wif}`, `{xprv}`, `{bip39:WORDS}`,
/// `{nats-seed}`, `{stellar-seed}`, `{solana-key}`, `{matrix-recovery}`, `{wireguard}`, `{elastic-key}`,
/// `{atlassian-pat}`.
///
/// Blocks: `{putty-lines}` (the private ones), `{pem:LABEL}` (private keys have a body of the right structure), `{pem-line:LABEL}` with line
/// breaks as escapes, `{pem-base64:LABEL}`, `{der-base64:LABEL}` (the body alone), and the first and last lines alone, `{pem-begin:LABEL}` and
/// `{pem-end:LABEL}`. `{{` and `}}` stand for braces.
///
/// # Errors
/// On an unknown piece, a missing or wrong count, or a brace left open.
pub fn expand(template: &str, seed: u64) -> Result<String, TemplateError> {
    let mut random = Random(seed);
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, tail) = rest.split_at(at);
        out.push_str(text);
        if let Some(after) = tail.strip_prefix("{{") {
            out.push('{');
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push('}');
            rest = after;
        } else if let Some((piece, after)) = tail.strip_prefix('{').and_then(|t| t.split_once('}'))
        {
            let text = expand_piece(piece, &out, &mut random)?;
            out.push_str(&text);
            rest = after;
        } else {
            let problem = "a brace is left open, write `{{` or `}}` for the character";
            return Err(TemplateError { piece: tail.chars().take(20).collect(), problem });
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn expand_piece(piece: &str, before: &str, random: &mut Random) -> Result<String, TemplateError> {
    let wrong = |problem| TemplateError { piece: piece.to_owned(), problem };
    let (name, argument) = piece.split_once(':').unwrap_or((piece, ""));
    let count = || match argument.parse::<usize>() {
        Ok(count) if count <= LONGEST => Ok(count),
        _ => Err(wrong("needs a count from 0 to 4096")),
    };
    let alphabet = match name {
        "alnum" | "base62" => ALNUM,
        "hex" => HEX,
        "HEX" => HEX_UPPER,
        "digit" => DIGIT,
        "lower" => LOWER,
        "upper" => UPPER,
        "lower-alnum" => LOWER_ALNUM,
        "base32" => BASE32,
        "BECH32" => BECH32_UPPER,
        "b64" => BASE64,
        "b64url" => BASE64URL,
        "uuid" => {
            let parts = [8, 4, 3, 3, 12].map(|n| random.text(HEX, n));
            let [a, b, c, d, e] = &parts;
            return Ok(format!("{a}-{b}-4{c}-a{d}-{e}"));
        }
        "word" => {
            let pick = (random.next() % WORDS.len() as u64) as usize;
            return Ok(WORDS.get(pick).copied().unwrap_or_default().to_owned());
        }
        "snowflake" => {
            let id = format!("1{}", random.text(DIGIT, 18));
            return Ok(encode(id.as_bytes(), BASE64URL));
        }
        "crc32-base62" => {
            let body = before.rsplit('_').next().unwrap_or_default();
            let sum = base62_six(crc32(body.as_bytes()));
            return Ok(String::from_utf8_lossy(&sum).into_owned());
        }
        "crc32-hex" => {
            let body = before.strip_suffix('_').unwrap_or(before);
            return Ok(format!("{:08x}", crc32(tokens::token(body).as_bytes()).swap_bytes()));
        }
        "basic-auth" => {
            let plain = format!("svc:{}", random.text(ALNUM, 18));
            return Ok(encode(plain.as_bytes(), BASE64));
        }
        "jwt" => {
            let header = encode(br#"{"alg":"HS256","typ":"JWT"}"#, BASE64URL);
            let id = random.text(DIGIT, 9);
            let claims = format!(
                r#"{{"sub":"{}","iat":17{}}}"#,
                random.text(LOWER_ALNUM, 12),
                &id.get(..8).unwrap_or_default()
            );
            let claims = encode(claims.as_bytes(), BASE64URL);
            return Ok(format!("{header}.{claims}.{}", random.text(BASE64URL, 43)));
        }
        "pem-begin" | "pem-end" => {
            let side = if name == "pem-begin" { "BEGIN" } else { "END" };
            let dashes = "-".repeat(5);
            return Ok(format!("{dashes}{side} {argument}{dashes}"));
        }
        "bech32" => {
            let data = random.text(BECH32, count()?);
            let prefix = tokens::token(before)
                .strip_suffix('1')
                .ok_or_else(|| wrong("needs `prefix1` before it"))?;
            // A prefix may hold dashes, but only age's does.
            let start = prefix
                .find("AGE-")
                .or_else(|| prefix.rfind(|c: char| !c.is_ascii_alphanumeric()).map(|at| at + 1));
            let prefix = prefix.get(start.unwrap_or(0)..).unwrap_or_default();
            let sum = bech32_checksum(prefix.to_ascii_lowercase().as_bytes(), data.as_bytes());
            let text = data + &String::from_utf8_lossy(&sum);
            let upper = prefix.bytes().any(|b| b.is_ascii_uppercase());
            return Ok(if upper { text.to_ascii_uppercase() } else { text });
        }
        _ => {
            return tokens::expand(name, argument, before, random).map_err(wrong);
        }
    };
    Ok(random.text(alphabet, count()?))
}

/// Base64 without padding.
pub(super) fn encode(bytes: &[u8], alphabet: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 2);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        for (slot, &byte) in group.iter_mut().skip(1).zip(chunk) {
            *slot = byte;
        }
        let bits = u32::from_be_bytes(group);
        for i in 0..=chunk.len() {
            let value = bits >> (18 - 6 * i) & 63;
            out.extend(alphabet.get(value as usize).map(|&b| char::from(b)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::encoding::{base64, bech32_valid, entropy};

    #[test]
    fn same_seed_same_text() {
        let template = "sk-{alnum:20}T3BlbkFJ{alnum:20}";
        assert_eq!(expand(template, 1), expand(template, 1));
        assert_ne!(expand(template, 1), expand(template, 2));
        assert_eq!(expand("{{x}}", 1).unwrap(), "{x}");
    }

    #[test]
    fn pieces_have_the_shape_they_promise() {
        let hex = expand("{hex:64}", 3).unwrap();
        assert!(hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(entropy(hex.as_bytes()) > 3.5);
        assert_eq!(expand("{uuid}", 3).unwrap().len(), 36);
        let key = expand("nsec1{bech32:52}", 3).unwrap();
        assert!(key.len() == 63 && bech32_valid(key.as_bytes()));
        let jwt = expand("{jwt}", 3).unwrap();
        assert!(
            base64(jwt.split('.').nth(1).unwrap().as_bytes()).unwrap().starts_with(b"{\"sub\"")
        );
        assert!(entropy(expand("{b64:64}", 3).unwrap().as_bytes()) > 4.5);
        assert!(expand("{pem:EC PRIVATE KEY}", 3).unwrap().contains("END EC PRIVATE KEY"));
        let (first, last) =
            (expand("{pem-begin:X}", 3).unwrap(), expand("{pem-end:X}", 3).unwrap());
        let whole = expand("{pem:X}", 3).unwrap();
        assert!(whole.starts_with(&first) && whole.ends_with(&last) && first != last);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(expand("{hex}", 1).unwrap_err().piece, "hex");
        assert_eq!(expand("{foo:3}", 1).unwrap_err().piece, "foo:3");
        assert!(expand("a{b", 1).is_err());
        assert!(expand("a}b", 1).is_err());
        assert!(expand("{hex:99999}", 1).is_err());
    }
}
