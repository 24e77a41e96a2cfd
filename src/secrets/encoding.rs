//! The few encodings that offline token checks need: base64, base62, base58, base32, base36, bech32.
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

/// The digits of base62 and, up to `z` in lower case, of base36.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `value` in base62 (`0-9A-Za-z`), six characters with leading zeros.
pub(super) fn base62_six(value: u32) -> [u8; 6] {
    digits(value, BASE62)
}

/// `value` in the base of `alphabet`'s length, `N` characters, most significant first, padded with the
/// alphabet's first; higher digits are cut off.
pub(super) fn digits<const N: usize>(value: u32, alphabet: &[u8]) -> [u8; N] {
    let mut out = [b'0'; N];
    let base = u32::try_from(alphabet.len()).unwrap_or(u32::MAX).max(2);
    let mut value = value;
    for slot in out.iter_mut().rev() {
        *slot = alphabet.get((value % base) as usize).copied().unwrap_or(b'0');
        value /= base;
    }
    out
}

/// Reads a number of lower-case base36; `None` on another character, on nothing and past 64 bits.
pub(super) fn base36(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, &b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'z' => b - b'a' + 10,
            _ => return None,
        };
        sum.checked_mul(36)?.checked_add(u64::from(digit))
    })
}

/// Decodes RFC 4648 base32 in one case or the other, without padding; a last partial byte is dropped.
pub(super) fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &b in text {
        let value = match b.to_ascii_uppercase() {
            b @ b'A'..=b'Z' => b - b'A',
            b @ b'2'..=b'7' => b - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5 | u32::from(value)) & 0xffff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

/// Longest base58 text that is decoded: the work grows with its square.
const LONGEST_BASE58: usize = 256;

/// Decodes base58 in Bitcoin's alphabet; `None` on another character and on more than 256 of them.
pub(super) fn base58(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > LONGEST_BASE58 {
        return None;
    }
    // Least significant byte first, so that it grows at the end.
    let mut number: Vec<u8> = Vec::with_capacity(text.len() * 3 / 4 + 1);
    for b in text {
        let mut carry = u32::try_from(DIGITS.iter().position(|digit| digit == b)?).ok()?;
        for byte in &mut number {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            number.push(carry as u8);
        }
    }
    number.extend(text.iter().take_while(|&&b| b == b'1').map(|_| 0));
    number.reverse();
    Some(number)
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

/// The residue that makes a checksum right: BIP-173's and BIP-350's (bech32m).
const BECH32_RESIDUES: [u32; 2] = [1, 0x2bc8_30a3];

/// True when `text`, in one case, is `prefix1data` with a right BIP-173 or BIP-350 checksum.
pub(super) fn bech32_valid(text: &[u8]) -> bool {
    let mixed = text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase);
    let Some(split) = text.iter().rposition(|&b| b == b'1') else { return false };
    let (Some(prefix), Some(data)) = (text.get(..split), text.get(split + 1..)) else {
        return false;
    };
    if mixed || prefix.is_empty() || data.len() < 6 {
        return false;
    }
    let prefix = prefix.to_ascii_lowercase();
    let values: Option<Vec<u8>> =
        data.iter().map(|b| bech32_value(b.to_ascii_lowercase())).collect();
    values.is_some_and(|values| {
        let residue = bech32_polymod(bech32_prefix(&prefix).chain(values));
        BECH32_RESIDUES.contains(&residue)
    })
}

fn bech32_value(character: u8) -> Option<u8> {
    BECH32.iter().position(|&c| c == character).and_then(|value| u8::try_from(value).ok())
}

/// The six BIP-173 checksum characters for `prefix` and `data` (both lower case).
pub(super) fn bech32_checksum(prefix: &[u8], data: &[u8]) -> Vec<u8> {
    let values = data.iter().filter_map(|&b| bech32_value(b));
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
    fn base32_follows_rfc_4648() {
        assert_eq!(base32(b"MZXW6YTBOI"), Some(b"foobar".to_vec()));
        assert_eq!(base32(b"mzxw6"), Some(b"foo".to_vec()));
        assert_eq!(base32(b"MZ1"), None);
    }

    #[test]
    fn base58_follows_the_draft() {
        // draft-msporny-base58-03, section 5.
        assert_eq!(base58(b"2NEpo7TZRRrLZSi2U"), Some(b"Hello World!".to_vec()));
        assert_eq!(base58(b"11233QC4"), Some(vec![0, 0, 0x28, 0x7f, 0xb4, 0xcd]));
        assert_eq!(base58(b"0"), None);
        assert_eq!(base58(&[b'2'; LONGEST_BASE58 + 1]), None);
    }

    #[test]
    fn base36_reads_numbers() {
        assert_eq!(base36(b"0r"), Some(27));
        assert_eq!(base36(b"3w5e11264sgsf"), Some(u64::MAX));
        assert_eq!(base36(b"3w5e11264sgsg"), None);
        assert_eq!(base36(b"A"), None);
        assert_eq!(base36(b""), None);
    }

    #[test]
    fn digits_follow_microsofts_encoder() {
        // The published tests of Microsoft's CustomAlphabetEncoder.
        assert_eq!(&base62_six(u32::MAX), b"4gfFC3");
        assert_eq!(&base62_six(2_883_656_711), b"399Wq7");
        assert_eq!(&digits::<7>(123_456, b"abcdef"), b"cdfbdca");
    }

    #[test]
    fn bech32_follows_bip_173() {
        assert!(bech32_valid(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"));
        assert!(!bech32_valid(b"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx"));
        assert!(bech32_valid(b"A12UEL5L") && !bech32_valid(b"A12uEL5L"));
        // BIP-350.
        assert!(bech32_valid(b"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"));
        assert!(bech32_valid(b"A1LQFN3A") && !bech32_valid(b"A1LQFN3Q"));
        assert!(!bech32_valid(b"1pzry9x0s0muk") && !bech32_valid(b"li1dgmt3"));
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
