//! Azure's keys, which carry a four-letter signature and a Marvin32 checksum in their last ten
//! characters, and the older formats of Azure DevOps and Entra ID.
//!
//! Layouts, signatures and seeds are those that Microsoft publishes in its security utilities library.
//! Keys made before a service adopted its signature are random, so a missing signature says nothing.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::encoding::{base32, base64, digits};
use super::super::sums::{crc32, marvin32};
use super::{Note, Verdict, checked};

/// A seed is its eight-letter name, read as a big-endian number.
const fn seed(name: &[u8; 8]) -> u64 {
    u64::from_be_bytes(*name)
}

const DEFAULT: u64 = seed(b"Default0");

/// What the services call their keys: signature and the names that seed the checksum.
const SERVICES: &[(&[u8; 4], &[&[u8; 8]])] = &[
    (b"+ASt", &[b"Default0"]),
    (b"AZEG", &[b"Default0"]),
    (b"+ASb", &[b"Send0000", b"Listen00", b"Manage00", b"System00", b"Unknown0"]),
    (b"+AEh", &[b"Send0000", b"Listen00", b"Manage00", b"System00", b"Unknown0"]),
    (b"+ARm", &[b"Send0000", b"Listen00", b"Manage00", b"System00", b"Unknown0"]),
    (b"+ABa", &[b"AbAcct00"]),
    (b"AzFu", &[b"Functi00", b"System00", b"Master00"]),
    (
        b"ACDb",
        &[
            b"MastRW00",
            b"MastRO00",
            b"SystRW00",
            b"SystRO00",
            b"SysAll00",
            b"Resour00",
            b"Encryp00",
        ],
    ),
    (b"AzSe", &[b"Query000", b"PAdmin00"]),
    (b"+AMC", &[b"Classic0"]),
    (b"+ACR", &[b"ACRDflt0"]),
    (b"AIoT", &[b"IoTHub00", b"DpsKey00", b"Device00"]),
    (b"AzCa", &[b"Access00"]),
    (b"+SQL", &[b"UsrPwd00"]),
    (b"APIM", &[b"Tenant00", b"IoTHub00", b"Gatewy00", b"GitKey00"]),
];

/// Any Azure key in base64: the common annotated form (`JQQJ99` at its place), the form with a
/// service's signature, or an older one without either.
pub(super) fn key(secret: &[u8]) -> Verdict {
    let text = secret.trim_ascii();
    if is_annotated(text) {
        // DevOps has a detector of its own.
        return if text.get(76..80) == Some(b"AZDO") { Verdict::Rejected } else { annotated(text) };
    }
    let unpadded = text.len() - text.iter().rev().take_while(|&&b| b == b'=').count();
    let signature = unpadded.checked_sub(10).and_then(|at| text.get(at..at + 4));
    let Some((_, seeds)) = SERVICES.iter().find(|(known, _)| signature == Some(known.as_slice()))
    else {
        return Verdict::Holds;
    };
    let Some(bytes) = base64(text) else { return Verdict::Rejected };
    let Some((body, sum)) = bytes.split_last_chunk::<4>() else { return Verdict::Rejected };
    let sum = u32::from_le_bytes(*sum);
    if seeds.iter().any(|name| marvin32(body, seed(name)) == sum) {
        Verdict::Proved(Note::RightChecksum)
    } else if signature == Some(b"AzCa") {
        // Redis keys are changed after the checksum is computed, to hold no `+` and no `/`.
        Verdict::Holds
    } else {
        Verdict::Doubtful(Note::WrongChecksum)
    }
}

fn is_annotated(text: &[u8]) -> bool {
    text.get(52..57) == Some(b"JQQJ9") && matches!(text.len(), 84 | 88)
}

/// A common annotated security key: 52 random characters, `JQQJ9` and its kind, year and month, 16
/// reserved, four of the service, four or six of the checksum.
fn annotated(text: &[u8]) -> Verdict {
    let (Some(body), Some(sum)) = (text.get(..80), text.get(80..84)) else {
        return Verdict::Rejected;
    };
    let Some(bytes) = base64(body) else { return Verdict::Rejected };
    let hash = marvin32(&bytes, DEFAULT);
    if !(base62_from_the_front(hash.swap_bytes()).starts_with(sum)
        || base64(sum).as_deref() == hash.to_le_bytes().get(..3))
    {
        return Verdict::Doubtful(Note::WrongChecksum);
    }
    match (text.get(58), text.get(59)) {
        (Some(&year), Some(&month @ b'A'..=b'L')) if year.is_ascii_uppercase() => {
            Verdict::Proved(Note::MadeIn {
                year: 2024 + u16::from(year - b'A'),
                month: month - b'A' + 1,
            })
        }
        _ => Verdict::Proved(Note::RightChecksum),
    }
}

/// Base62 with zeros added at the end, as the library pads it.
pub(super) fn base62_from_the_front(value: u32) -> [u8; 6] {
    let mut text = super::super::encoding::base62_six(value);
    let zeros = text.iter().take_while(|&&b| b == b'0').count();
    text.rotate_left(zeros);
    text
}

/// What an Azure key of the common annotated form ends in, for `body`, its first 80 characters.
pub(in super::super) fn annotated_sum(body: &[u8]) -> Option<[u8; 4]> {
    let hash = marvin32(&base64(body)?, DEFAULT);
    base62_from_the_front(hash.swap_bytes()).first_chunk::<4>().copied()
}

/// The four bytes that end a key of `signature`'s service, for all bytes before them.
pub(in super::super) fn signed_sum(body: &[u8], signature: &[u8]) -> Option<[u8; 4]> {
    let (_, seeds) = SERVICES.iter().find(|(known, _)| known.as_slice() == signature)?;
    Some(marvin32(body, seed(seeds.first()?)).to_le_bytes())
}

/// A personal access token of Azure DevOps: an annotated key, or, in its first form, 52 characters of base32 with the CRC-32
/// strewn over the bytes 2, 7, 8 and 22. The alphabet is that of words, so 52 letters with a wrong sum
/// are an identifier.
pub(super) fn devops(secret: &[u8]) -> Verdict {
    const SEEDS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];
    if is_annotated(secret) {
        return annotated(secret);
    }
    if secret.len() != 52 {
        return Verdict::Holds;
    }
    let Some(bytes) = base32(secret) else { return Verdict::Rejected };
    let &[a, b, c2, c, d, e, f, c7, c8, ref middle @ .., _, _, _, _, _, _, _, _, _, _] =
        bytes.as_slice()
    else {
        return Verdict::Rejected;
    };
    let (Some(last), Some(&c22)) = (bytes.get(23..), bytes.get(22)) else {
        return Verdict::Rejected;
    };
    let mut body = [0; 28];
    let parts = [a, b, c, d, e, f].into_iter().chain(middle.iter().copied());
    for (slot, byte) in body.iter_mut().zip(parts.chain(last.iter().copied())) {
        *slot = byte;
    }
    let sum = u32::from_le_bytes([c22, c8, c7, c2]) ^ crc32(&body);
    if SEEDS.contains(&sum) {
        Verdict::Proved(Note::RightChecksum)
    } else if secret.iter().any(u8::is_ascii_digit) {
        Verdict::Doubtful(Note::WrongChecksum)
    } else {
        Verdict::Rejected
    }
}

const ENTRA: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

/// A client secret of Entra ID: `8Q~` after three characters means that the last three begin the
/// checksum of all before. `7Q~` has none.
pub(super) fn entra(secret: &[u8]) -> Verdict {
    match secret.get(3..6) {
        Some(b"8Q~") => {
            let Some((text, sum)) =
                secret.len().checked_sub(3).and_then(|at| secret.split_at_checked(at))
            else {
                return Verdict::Rejected;
            };
            checked(entra_sum(text) == sum)
        }
        Some([b'0'..=b'9', b'Q', b'~']) => Verdict::Holds,
        _ => Verdict::Rejected,
    }
}

/// The three characters that follow `text` in a client secret.
pub(in super::super) fn entra_sum(text: &[u8]) -> [u8; 3] {
    let [a, b, c, ..]: [u8; 6] = digits(marvin32(text, seed(b"AadPwd00")), ENTRA);
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Verdict = Verdict::Proved(Note::RightChecksum);

    #[test]
    fn common_annotated_keys() {
        // The published test key of the NuGet gallery.
        let key =
            |sum: &str| ["a".repeat(52).as_str(), "JQQJ99ALN5Z0000LZENeS003NUGT", sum].concat();
        let made = Verdict::Proved(Note::MadeIn { year: 2024, month: 12 });
        assert_eq!(super::key(key("3OrW").as_bytes()), made);
        let wrong = super::key(key("XXXX").as_bytes());
        assert_eq!(wrong, Verdict::Doubtful(Note::WrongChecksum));
        assert_eq!(annotated_sum(&key("").into_bytes()), Some(*b"3OrW"));
    }

    #[test]
    fn keys_with_a_service_signature() {
        // Made with Marvin32 in Python: 57 or 25 counted bytes, signature, checksum.
        for text in [
            [
                "RXx2nznYZEGZwOW9vPvIWzfOkcveH8Gw6mtE8TBDbdcp/mm9nozrpqB9HewlsbCH7+JsB/8NIdfb",
                "+ASt",
                "4cYQRA==",
            ],
            ["dNN/8TbqwT9VMiOmOEFGDTtqoeaNaCco9", "+ASb", "IpnNsU="],
            [
                "ougUeABxUt6oZR8/zll5YWjpM4uH/hoaRc/tklkj1D+Zc1sDINsuu6KaezdslnxoHSiMR7GCnC4h",
                "ACDb",
                "Cxipog==",
            ],
            ["RZUGxPEpsmNe0tsodosNw1fTEcxIHmoS6", "AIoT", "NgeGiM="],
            ["S14Rnn7A4HFmXG8geInaITBRdAC5GOv4qmEU37IzXA", "+ACR", "DJbKbV"],
            ["GcYpN7/jyvU383/7WZF1KoAdVt8Mup4qXecPSrp0S1Dy", "AzFu", "Y06ABA=="],
            ["lowKio5USeBETIatodovoCtubDRt1oEul83j8DRW8/", "AzSe", "DFtCvd"],
        ] {
            let key: String = text.concat();
            assert_eq!(super::key(key.as_bytes()), RIGHT, "{key}");
            let wrong = super::key(
                format!("{}{}", if key.starts_with('Q') { "P" } else { "Q" }, &key[1..]).as_bytes(),
            );
            assert_eq!(wrong, Verdict::Doubtful(Note::WrongChecksum), "{key}");
        }
        assert_eq!(
            super::key(format!("{}==", "Zm9v".repeat(21) + "Zm").as_bytes()),
            Verdict::Holds
        );
    }

    #[test]
    fn devops_tokens() {
        // The test tokens that GitHub's and Microsoft's scanners share.
        let token = ["67csyuknm2k4azb2q3ktjb7dwnaf", "o2xj5bwpv7vt7ei2l5a7wwfb"].concat();
        assert_eq!(devops(token.as_bytes()), RIGHT);
        let token = ["r5cd6wmuyil22fwl7yy7tukhtkr5", "dh3ex6eaw6qmtbfdikdvjlvq"].concat();
        assert_eq!(devops(token.as_bytes()), RIGHT);
        let token = ["r5re6wmuyil22fwl7yy7tukhtkr5", "dh3ex6eaw6qmtbfdikdvjlvq"].concat();
        assert_eq!(devops(token.as_bytes()), Verdict::Doubtful(Note::WrongChecksum));
        let word = b"advancedthreatprotectiononboardingdevicesettingstate";
        assert_eq!(devops(word), Verdict::Rejected);
    }

    #[test]
    fn entra_client_secrets() {
        // The alphabet's digits follow the tests of Microsoft's encoder.
        assert_eq!(&digits::<6>(956_747_778, ENTRA), b"aYB6eE");
        assert_eq!(&digits::<6>(1_179_413_251, ENTRA), b"a.kybX");
        let secret = ["zQ7", "8Q~", "K2mW9pLr4TvN8bYc3HdJ6fGs1A.uE~x", "aTX"].concat();
        assert_eq!(secret.len(), 40);
        assert_eq!(entra(secret.as_bytes()), RIGHT);
        let wrong = entra(secret.replace("zQ7", "zQ8").as_bytes());
        assert_eq!(wrong, Verdict::Doubtful(Note::WrongChecksum));
        assert_eq!(entra(secret.replace("8Q~", "7Q~").as_bytes()), Verdict::Holds);
        assert_eq!(entra(b"abc"), Verdict::Rejected);
    }
}
