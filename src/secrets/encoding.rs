//! The few encodings that offline token checks need: base64, base62, CRC-32, bech32.
//!
//! Written out because each is a dozen lines on inputs of a hundred bytes; table-driven speed would be
//! wasted here, and a dependency would cost more than it saves.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// Decodes base64 in the standard or the URL alphabet, padded or not; `None` on any other byte.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|&&b| b == b'=').count();
    let text = text.get(..text.len() - padding.min(text.len()))?;
    if padding > 2 || text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        let mut bits = 0_u32;
        for &b in chunk {
            let value = match b {
                b'A'..=b'Z' => b - b'A',
                b'a'..=b'z' => b - b'a' + 26,
                b'0'..=b'9' => b - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        bits <<= 6 * (4 - chunk.len());
        let [_, x, y, z] = bits.to_be_bytes();
        out.extend([x, y, z].iter().take(chunk.len() * 3 / 4));
    }
    Some(out)
}

/// CRC-32 (IEEE).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// `value` in base62 (`0-9A-Za-z`), six characters with leading zeros.
pub(super) fn base62_six(mut value: u32) -> [u8; 6] {
    let mut out = [b'0'; 6];
    for slot in out.iter_mut().rev() {
        let digit = (value % 62) as u8;
        *slot = match digit {
            0..10 => b'0' + digit,
            10..36 => b'A' + digit - 10,
            _ => b'a' + digit - 36,
        };
        value /= 62;
    }
    out
}

/// The 32 characters of bech32, by value.
pub(super) const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn bech32_polymod(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |chk, value| {
        let top = chk >> 25;
        let chk = (chk & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(i, _)| top >> i & 1 == 1)
            .fold(chk, |chk, (_, generator)| chk ^ generator)
    })
}

fn bech32_prefix(prefix: &[u8]) -> impl Iterator<Item = u8> {
    let high = prefix.iter().map(|b| b >> 5);
    let low = prefix.iter().map(|b| b & 31);
    high.chain([0]).chain(low)
}

/// True when `text` (lower case) is `prefix1data` with a right BIP-173 checksum.
pub(super) fn bech32_valid(text: &[u8]) -> bool {
    let Some(split) = text.iter().rposition(|&b| b == b'1') else { return false };
    let (Some(prefix), Some(data)) = (text.get(..split), text.get(split + 1..)) else {
        return false;
    };
    let values: Option<Vec<u8>> = data
        .iter()
        .map(|b| BECH32.iter().position(|c| c == b).and_then(|v| u8::try_from(v).ok()))
        .collect();
    values.is_some_and(|values| bech32_polymod(bech32_prefix(prefix).chain(values)) == 1)
}

/// The six checksum characters for `prefix` and `data` (bech32 characters).
pub(super) fn bech32_checksum(prefix: &[u8], data: &[u8]) -> Vec<u8> {
    let values = data
        .iter()
        .filter_map(|b| BECH32.iter().position(|c| c == b).and_then(|v| u8::try_from(v).ok()));
    let sum = bech32_polymod(bech32_prefix(prefix).chain(values).chain([0; 6])) ^ 1;
    (0..6).filter_map(|i| BECH32.get((sum >> (5 * (5 - i)) & 31) as usize).copied()).collect()
}

/// Shannon entropy of `bytes` in bits a byte; 0 when empty.
#[must_use]
pub fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for &b in bytes {
        if let Some(count) = counts.get_mut(usize::from(b)) {
            *count += 1;
        }
    }
    let total = bytes.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_rfc_4648() {
        for (text, plain) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob")]
        {
            assert_eq!(base64(text.as_bytes()).unwrap(), plain.as_bytes());
        }
        assert_eq!(base64(b"-_8="), Some(vec![0xfb, 0xff]));
        assert_eq!(base64(b"a"), None);
        assert_eq!(base64(b"ab c"), None);
    }

    #[test]
    fn crc32_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn bech32_follows_bip_173() {
        assert!(bech32_valid(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"));
        assert!(!bech32_valid(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx"));
        let sum = bech32_checksum(b"abcdef", BECH32);
        assert_eq!(sum, b"mqqqxw");
    }

    #[test]
    fn entropy_of_known_strings() {
        assert!(entropy(b"aaaa").abs() < 1e-6);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
        assert!(entropy(b"").abs() < 1e-6);
    }
}
