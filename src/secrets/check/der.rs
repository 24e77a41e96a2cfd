//! As much of DER as tells whether bytes are a whole private key.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// What the bytes of a PEM body are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Der {
    /// A private key, complete.
    Key,
    /// A private key behind a passphrase (PKCS#8), complete.
    Encrypted,
    /// The beginning of either.
    Cut,
    /// Neither.
    Other,
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Classifies `bytes`. Reads the outer sequence and the first few elements: a key is version, then the
/// algorithm or the numbers; an encrypted one is the scheme, then ciphertext.
pub(super) fn classify(bytes: &[u8]) -> Der {
    let Some((tag, length, rest)) = header(bytes) else {
        return if bytes.first() == Some(&SEQUENCE) { Der::Cut } else { Der::Other };
    };
    // The smallest key is one of 32 bytes.
    if tag != SEQUENCE || length < 32 {
        return Der::Other;
    }
    let cut = rest.len() < length;
    let content = rest.get(..length).unwrap_or(rest);
    let Some((first, length, rest)) = header(content) else { return Der::Other };
    let inner = rest.get(..length).unwrap_or(rest);
    let kind = match first {
        // Version 0 or 1, then PKCS#8's algorithm, PKCS#1's modulus or SEC1's octets.
        INTEGER if matches!(inner, [0 | 1]) => match header(rest.get(length..).unwrap_or_default())
        {
            Some((SEQUENCE, _, algorithm)) if algorithm.first() == Some(&OBJECT) => Der::Key,
            Some((INTEGER, 16.., _)) | Some((OCTETS, 16.., _)) => Der::Key,
            _ => Der::Other,
        },
        SEQUENCE if inner.first() == Some(&OBJECT) => {
            match header(rest.get(length..).unwrap_or_default()) {
                Some((OCTETS, 16.., _)) => Der::Encrypted,
                _ if cut => Der::Encrypted,
                _ => Der::Other,
            }
        }
        _ => Der::Other,
    };
    match kind {
        Der::Key | Der::Encrypted if cut => Der::Cut,
        kind => kind,
    }
}

/// Tag, length of the content and what follows the header. Lengths up to three bytes.
fn header(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let count = match first {
        0..=0x7f => return Some((tag, usize::from(first), rest)),
        0x81..=0x83 => usize::from(first & 0x7f),
        _ => return None,
    };
    let (length, rest) = rest.split_at_checked(count)?;
    let length = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    Some((tag, length, rest))
}
