//! Private keys in PEM, OpenSSH, OpenPGP and PuTTY files: is the body a whole key, and is it locked?
//!
//! Bodies come out of YAML blocks, JSON strings and source code, so what surrounds the base64 there is
//! skipped; a body that cannot be read that way is judged by its looks alone.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::encoding::base64;
use super::super::sums::crc24;
use super::der::{Der, classify};
use super::{Note, Verdict};

/// Longest block that is read, in bytes.
const LONGEST: usize = 64 * 1024;

const WHOLE: Verdict = Verdict::Proved(Note::Text("its body is a whole key"));
const CUT: Verdict = Verdict::Doubtful(Note::Text("it is cut short: its end is missing"));
const MADE_UP: Verdict = Verdict::Doubtful(Note::Text(
    "its body is not that of a key, so it may be an example or a redacted copy",
));
const LOCKED: Verdict = Verdict::Harmless(Note::Text("it is of no use without its passphrase"));

/// A PEM block, whole or cut off anywhere after its first line.
pub(super) fn check(secret: &[u8]) -> Verdict {
    let block = secret.get(..LONGEST).unwrap_or(secret);
    let Some((label, body)) = split(block) else { return Verdict::Rejected };
    if !looks_like_a_body(body) {
        return Verdict::Rejected;
    }
    if contains(body, b"4,ENCRYPTED") {
        return LOCKED;
    }
    let Some((bytes, sum)) = decode(body) else { return Verdict::Holds };
    if label.starts_with(b"PGP") {
        return openpgp(&bytes, sum);
    }
    // Some tools put an OpenSSH key under an older label.
    if label.starts_with(b"OPENSSH") || bytes.starts_with(b"openssh-key-v1\0") {
        return openssh(&bytes);
    }
    match classify(&bytes) {
        Der::Key => WHOLE,
        Der::Encrypted => LOCKED,
        Der::Cut => CUT,
        // SSH.com's own format begins with a number of its own.
        Der::Other if label.starts_with(b"SSH2") => Verdict::Holds,
        Der::Other => MADE_UP,
    }
}

/// Base64 of a PEM block.
pub(super) fn encoded(secret: &[u8]) -> Verdict {
    let text = secret.get(..LONGEST).unwrap_or(secret);
    let even = text.len() - usize::from(text.len() % 4 == 1 && !text.ends_with(b"="));
    match text.get(..even).and_then(base64) {
        Some(plain) => check(&plain),
        None => Verdict::Holds,
    }
}

/// Base64 of a private key in DER. Its first letters are few bits, so what does not fit is something else.
pub(super) fn der(secret: &[u8]) -> Verdict {
    let body = secret.get(..LONGEST).unwrap_or(secret);
    let Some((bytes, _)) = decode(body) else { return Verdict::Rejected };
    match classify(&bytes) {
        Der::Key => WHOLE,
        Der::Encrypted => LOCKED,
        Der::Cut => CUT,
        Der::Other => Verdict::Rejected,
    }
}

/// The private lines of a PuTTY key without a passphrase: numbers, each behind its length.
pub(super) fn putty(secret: &[u8]) -> Verdict {
    let block = secret.get(..LONGEST).unwrap_or(secret);
    if contains(block, b"Encryption: aes") {
        return LOCKED;
    }
    let lines = block.windows(14).position(|w| w == b"Private-Lines:").map_or(block, |at| {
        let rest = block.get(at..).unwrap_or_default();
        let line = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |end| end + 1);
        rest.get(line..).unwrap_or_default()
    });
    let end = lines.windows(12).position(|w| w == b"Private-MAC:").unwrap_or(lines.len());
    let Some((bytes, _)) = lines.get(..end).and_then(decode) else { return Verdict::Holds };
    let mut rest = bytes.as_slice();
    while let Some((field, after)) = string(rest) {
        if field.is_empty() {
            break;
        }
        rest = after;
    }
    if rest.is_empty() && !bytes.is_empty() { WHOLE } else { MADE_UP }
}

/// The label and what stands between the first line and the last.
fn split(block: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = block.windows(11).position(|w| w == b"-----BEGIN ")?;
    let rest = block.get(begin + 11..)?;
    let dashes = rest.windows(5).position(|w| w == b"-----")?;
    let (label, rest) = rest.split_at_checked(dashes)?;
    let rest = rest.get(5..)?;
    let end = rest.windows(8).position(|w| w == b"-----END").unwrap_or(rest.len());
    Some((label, rest.get(..end)?))
}

/// At least 60 letters and digits of at least 20 kinds.
fn looks_like_a_body(body: &[u8]) -> bool {
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

/// The bytes of a body and the four characters after a `=` at the start of a line, which are OpenPGP's
/// checksum. `None` when something else than base64 is in between.
fn decode(body: &[u8]) -> Option<(Vec<u8>, Option<[u8; 4]>)> {
    let mut text = Vec::with_capacity(body.len());
    let mut sum = None;
    for line in Lines(body) {
        // Headers; `Comment: x` and `DEK-Info: x`.
        if line.contains(&b':') {
            continue;
        }
        let start = text.len();
        for &b in without_joints(line) {
            match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => text.push(b),
                b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b'|' | b'>' | b'#' | b'*' | b'\\'
                | b';' | b'(' | b')' => {}
                b'-' if text.len() == start => {}
                _ => return None,
            }
        }
        match text.get(start..) {
            // String concatenation.
            Some(b"+") => text.truncate(start),
            Some(&[b'=', a, b, c, d]) if start > 0 => {
                sum = Some([a, b, c, d]);
                text.truncate(start);
                break;
            }
            _ => {}
        }
    }
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    text.truncate(text.len() - padding);
    if text.len() % 4 == 1 {
        text.pop();
    }
    Some((base64(&text)?, sum))
}

/// The line without the `+` that joins its string to that of the next line or the last.
fn without_joints(line: &[u8]) -> &[u8] {
    let quote = |b: Option<&u8>| matches!(b, Some(b'"' | b'\''));
    let text = line.trim_ascii();
    let after = text.strip_suffix(b"+").map(<[u8]>::trim_ascii_end);
    let text = after.filter(|rest| quote(rest.last())).unwrap_or(text);
    let before = text.strip_prefix(b"+").map(<[u8]>::trim_ascii_start);
    before.filter(|rest| quote(rest.first())).unwrap_or(text)
}

/// Lines by `\n`, `\r` and by those characters written as escapes.
struct Lines<'b>(&'b [u8]);

impl<'b> Iterator for Lines<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let mut at = 0;
        let mut width = 0;
        while let Some(&b) = self.0.get(at) {
            if matches!(b, b'\n' | b'\r') {
                width = 1;
            } else if b == b'\\' && matches!(self.0.get(at + 1), Some(b'n' | b'r')) {
                width = 2;
            }
            if width > 0 {
                break;
            }
            at += 1;
        }
        let (line, rest) = self.0.split_at_checked(at)?;
        self.0 = rest.get(width..).unwrap_or_default();
        Some(line)
    }
}

/// PROTOCOL.key of OpenSSH: magic, cipher, KDF, its options, number of keys, public key, private part,
/// whose first two numbers are equal when it is not encrypted.
fn openssh(bytes: &[u8]) -> Verdict {
    let Some(rest) = bytes.strip_prefix(b"openssh-key-v1\0") else { return MADE_UP };
    let Some((cipher, rest)) = string(rest) else { return CUT };
    if cipher != b"none" {
        return LOCKED;
    }
    let whole = || {
        let (_, rest) = string(rest)?;
        let (_, rest) = string(rest)?;
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (_, rest) = string(rest)?;
        let (private, _) = string(rest)?;
        Some(private.get(..4)? == private.get(4..8)?)
    };
    match whole() {
        Some(true) => WHOLE,
        Some(false) => MADE_UP,
        None => CUT,
    }
}

/// The first packet of an armoured key is a secret key (tag 5); the sum is the CRC-24 of all packets.
fn openpgp(bytes: &[u8], sum: Option<[u8; 4]>) -> Verdict {
    let secret_key = bytes.first().is_some_and(|&b| b == 0xC5 || b & 0xFC == 0x94);
    if !secret_key {
        return MADE_UP;
    }
    match sum.and_then(|sum| base64(&sum)) {
        Some(sum) if sum == crc24(bytes).to_be_bytes().get(1..).unwrap_or_default() => {
            Verdict::Proved(Note::RightChecksum)
        }
        Some(_) => Verdict::Doubtful(Note::WrongChecksum),
        None => Verdict::Holds,
    }
}

/// A string of RFC 4251: four bytes of length, then the bytes.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|w| w == needle)
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
