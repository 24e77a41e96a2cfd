//! Keys of wallets and of tunnels that check themselves: bech32, base58check, BIP-39, NATS, WireGuard,
//! Matrix recovery keys.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::sync::OnceLock;

use super::super::encoding::{base32, base58, base64, bech32_valid};
use super::super::sums::{crc16, double_sha256, sha256};
use super::{Note, Verdict, checked};

/// `prefix1data` with a checksum of BIP-173 or BIP-350: Nostr keys, age identities.
pub(super) fn bech32(secret: &[u8]) -> Verdict {
    checked(bech32_valid(secret))
}

/// Base58 with four bytes of double SHA-256 at the end: WIF keys, extended keys.
pub(super) fn base58_check(secret: &[u8]) -> Verdict {
    let Some(bytes) = base58(secret) else { return Verdict::Rejected };
    match bytes.split_last_chunk::<4>() {
        Some((body, sum)) if !body.is_empty() => checked(double_sha256(body) == *sum),
        _ => Verdict::Rejected,
    }
}

/// The English list of BIP-39, one word a line, sorted.
const WORDS: &str = include_str!("../../../rules/words/bip39-english.txt");

fn words() -> &'static [&'static str] {
    static LIST: OnceLock<Vec<&'static str>> = OnceLock::new();
    LIST.get_or_init(|| WORDS.lines().collect())
}

fn word_index(word: &[u8]) -> Option<usize> {
    words().binary_search_by(|known| known.as_bytes().cmp(word)).ok()
}

/// The word with a number below 2048.
pub(in super::super) fn bip39_word(index: usize) -> Option<&'static str> {
    words().get(index).copied()
}

/// Phrases that documentation shows, by their first two words.
const PUBLISHED: &[[&[u8]; 2]] = &[
    [b"legal", b"winner"],
    [b"letter", b"advice"],
    [b"candy", b"maple"],
    [b"myth", b"like"],
    [b"army", b"van"],
];

/// A phrase of 12, 15, 18, 21 or 24 words of the list, each eleven bits, the last bits a checksum.
pub(super) fn bip39(secret: &[u8]) -> Verdict {
    const MOST: usize = 24;
    let between =
        |b: &u8| b.is_ascii_whitespace() || matches!(b, b',' | b'-' | b'_' | b'"' | b'\'');
    let mut indices = [0_usize; MOST];
    let mut first: [&[u8]; 2] = [b"", b""];
    let mut count = 0;
    let mut lower = [0; 8];
    for word in secret.split(between).filter(|word| !word.is_empty()) {
        let Some(slot) = indices.get_mut(count) else { return Verdict::Rejected };
        let Some(copy) = lower.get_mut(..word.len()) else { return Verdict::Rejected };
        copy.copy_from_slice(word);
        copy.make_ascii_lowercase();
        let Some(index) = word_index(copy) else { return Verdict::Rejected };
        *slot = index;
        if let Some(slot) = first.get_mut(count) {
            *slot = word;
        }
        count += 1;
    }
    if count < 12 || count % 3 != 0 {
        return Verdict::Rejected;
    }
    let words = indices.get(..count).unwrap_or_default();
    // `test test … junk` and `abandon abandon … about`.
    let repeated =
        words.iter().enumerate().filter(|(at, word)| words.iter().take(*at).any(|w| w == *word));
    if repeated.count() > count / 4 || PUBLISHED.contains(&first) {
        return Verdict::Rejected;
    }
    // 33 bits for each three words: 32 of entropy, one of checksum.
    let mut bits = [0_u8; 33];
    for (at, index) in words.iter().enumerate() {
        for bit in 0..11 {
            if index >> (10 - bit) & 1 == 1
                && let Some(byte) = bits.get_mut((at * 11 + bit) / 8)
            {
                *byte |= 0x80 >> ((at * 11 + bit) % 8);
            }
        }
    }
    let length = count / 3 * 4;
    let (Some(entropy), Some(&sum)) = (bits.get(..length), bits.get(length)) else {
        return Verdict::Rejected;
    };
    let mask = 0xff_u8 << (8 - count / 3);
    checked(sha256(entropy).first().is_some_and(|byte| (byte ^ sum) & mask == 0))
}

/// A seed of a NATS key: base32 of two bytes of type, 32 of seed and a CRC-16, least byte first.
pub(super) fn nats_seed(secret: &[u8]) -> Verdict {
    if secret.len() != 58 || secret.iter().any(u8::is_ascii_lowercase) {
        return Verdict::Rejected;
    }
    let Some(bytes) = base32(secret) else { return Verdict::Rejected };
    match bytes.split_last_chunk::<2>() {
        Some((body, sum)) => checked(crc16(body) == u16::from_le_bytes(*sum)),
        None => Verdict::Rejected,
    }
}

/// A Stellar secret seed (StrKey): base32 of a byte of type, 32 of seed and a CRC-16, least byte first.
pub(super) fn stellar_seed(secret: &[u8]) -> Verdict {
    if secret.len() != 56 || secret.iter().any(u8::is_ascii_lowercase) {
        return Verdict::Rejected;
    }
    let Some(bytes) = base32(secret) else { return Verdict::Rejected };
    match bytes.split_last_chunk::<2>() {
        Some((body @ [0x90, ..], sum)) => checked(crc16(body) == u16::from_le_bytes(*sum)),
        _ => Verdict::Rejected,
    }
}

/// Base58 of `8B 01`, a key of 32 bytes and their parity (Matrix specification, secrets).
pub(super) fn matrix_recovery_key(secret: &[u8]) -> Verdict {
    const LONGEST: usize = 80;
    let mut text = [0; LONGEST];
    let mut length = 0;
    for &b in secret.iter().filter(|b| !b.is_ascii_whitespace()) {
        let Some(slot) = text.get_mut(length) else { return Verdict::Rejected };
        *slot = b;
        length += 1;
    }
    let Some(bytes) = text.get(..length).and_then(base58) else { return Verdict::Rejected };
    let parity = bytes.iter().fold(0, |sum, byte| sum ^ byte);
    match bytes.as_slice() {
        [0x8b, 0x01, ..] if bytes.len() == 35 => checked(parity == 0),
        _ => Verdict::Doubtful(Note::WrongChecksum),
    }
}

/// Base64 of 32 bytes. A private key is clamped: five bits of it are fixed; a preshared key is not.
pub(super) fn wireguard(secret: &[u8]) -> Verdict {
    let Some(bytes) = base64(secret) else { return Verdict::Rejected };
    match bytes.as_slice() {
        [first, .., last] if bytes.len() == 32 => {
            if first & 7 == 0 && last & 0xc0 == 0x40 {
                Verdict::Holds
            } else {
                Verdict::Noted(Note::Text(
                    "it is not clamped as private keys are: a preshared key, or a public one",
                ))
            }
        }
        _ => Verdict::Rejected,
    }
}

#[cfg(test)]
#[path = "wallet_tests.rs"]
mod tests;
