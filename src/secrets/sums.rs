//! The sums that tokens carry to be recognised: CRC-16, CRC-24, CRC-32, Marvin32, double SHA-256.
//!
//! Bit by bit rather than by table: a token has a hundred bytes, and a table would cost more cache than
//! it saves time.

use sha2::{Digest, Sha256};

/// CRC-32 (IEEE 802.3), as zlib has it.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// CRC-24 of OpenPGP armour (RFC 9580, section 6.1).
pub(super) fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00B7_04CE, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 16, |crc, _| {
            let crc = crc << 1;
            if crc & 0x0100_0000 == 0 { crc } else { crc ^ 0x0186_4CFB }
        })
    })
}

/// CRC-16/XMODEM, which NATS keys end in.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc: u16, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

/// Marvin32 of `bytes`: .NET's string hash, which Azure's keys end in.
pub(super) fn marvin32(bytes: &[u8], seed: u64) -> u32 {
    let mut state = (seed as u32, (seed >> 32) as u32);
    let mut mix = |word: u32| {
        let (mut a, mut b) = state;
        a = a.wrapping_add(word);
        b ^= a;
        a = a.rotate_left(20).wrapping_add(b);
        b = b.rotate_left(9) ^ a;
        a = a.rotate_left(27).wrapping_add(b);
        b = b.rotate_left(19);
        state = (a, b);
    };
    let (words, rest) = bytes.as_chunks::<4>();
    words.iter().for_each(|word| mix(u32::from_le_bytes(*word)));
    // The end is marked by a one in the byte after it.
    mix(rest.iter().rev().fold(0x80, |word, &byte| word << 8 | u32::from(byte)));
    mix(0);
    state.0 ^ state.1
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The first four bytes of SHA-256 applied twice: the checksum of base58check.
pub(super) fn double_sha256(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256(&sha256(bytes));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_check_values() {
        // The check values of the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc24(b"123456789"), 0x0021_CF02);
        assert_eq!(crc16(b"123456789"), 0x31C3);
    }

    #[test]
    fn marvin_follows_the_tests_of_dotnet() {
        let first = 0x004F_B61A_001B_DBCC;
        assert_eq!(marvin32(b"", first), 0x3020_09BC);
        assert_eq!(marvin32(&[0xaf], first), 0x3592_E206);
        assert_eq!(marvin32(&[0x37, 0xf4, 0x95], first), 0x6B3C_8B90);
        assert_eq!(marvin32(&[0x86, 0x42, 0xdc, 0x59], first), 0x0E94_07BE);
        assert_eq!(marvin32(&[0x15, 0x3f, 0xb7, 0x98, 0x26], first), 0x446F_25FA);
        let second = 0x804F_B61A_001B_DBCC;
        assert_eq!(marvin32(&[0xab, 0x42, 0x7e, 0xa8, 0xd1, 0x0f, 0xc7], second), 0x5826_B7CE);
        assert_eq!(marvin32(&[0xff, 0, 0xff, 0, 0xff, 0], 0x804F_B61A_801B_DBCC), 0xC1D0_8768);
    }
}
