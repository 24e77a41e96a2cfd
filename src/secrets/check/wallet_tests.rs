//! Keys made in Python (`base58`, `bech32`, `mnemonic`, `nkeys`, `hashlib`) and published vectors; parts are
//! joined at run time, so that this file holds no key.

use super::*;

const RIGHT: Verdict = Verdict::Proved(Note::RightChecksum);
const WRONG: Verdict = Verdict::Doubtful(Note::WrongChecksum);

fn join(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

/// The same with one character exchanged.
fn spoilt(text: &[u8], at: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    text[at] = if text[at] == b'Q' { b'P' } else { b'Q' };
    text
}

#[test]
fn bech32_keys() {
    let age = join(&[
        "AGE-SECRET-KEY-1E2TCZYK2RW7U47",
        "KZXXEE5G7UFKNCDMLCZ37YUU4ESPMC",
        "TTLWFZASKR4PNL",
    ]);
    assert_eq!(bech32(&age), RIGHT);
    assert_eq!(bech32(&spoilt(&age, 30)), WRONG);
    let nostr = join(&["nsec1qsa8rpm5c4etmz394kltr07dt", "sp9dts3em8el8pljfwsu54747ys22c", "f3j"]);
    assert_eq!(bech32(&nostr), RIGHT);
    assert_eq!(bech32(&nostr[..60]), WRONG);
}

#[test]
fn base58_with_a_checksum() {
    let wif = join(&["KyvyXjkPVAt3Q2Xbrfje", "B9B7f92RrWBMxU7dMmbQ", "carMqh9aW7Fh"]);
    assert_eq!(base58_check(&wif), RIGHT);
    assert_eq!(base58_check(&spoilt(&wif, 20)), WRONG);
    // BIP-32, test vector 1, chain m.
    let extended = join(&[
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jP",
        "PqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
    ]);
    assert_eq!(base58_check(&extended), RIGHT);
    assert_eq!(base58_check(b"0OIl"), Verdict::Rejected);
    assert_eq!(base58_check(b""), Verdict::Rejected);
}

#[test]
fn phrases_of_bip39() {
    for phrase in [
        "glare crew ozone roof ignore board book copy glow boss deer ginger",
        "grape denial air escape ghost differ sustain left night kid fault miracle length cross attack",
        "brand remain jelly poem ring notice avocado cool sweet seed clever thing ask current faith charge cinnamon leg tube business casino goat want critic",
    ] {
        assert_eq!(bip39(phrase.as_bytes()), RIGHT, "{phrase}");
        assert_eq!(bip39(phrase.to_uppercase().as_bytes()), RIGHT);
        assert_eq!(bip39(phrase.replace(' ', ", ").as_bytes()), RIGHT);
        let mut words: Vec<&str> = phrase.split(' ').collect();
        words.swap(0, 1);
        assert_eq!(bip39(words.join(" ").as_bytes()), WRONG, "{phrase}");
    }
}

#[test]
fn phrases_that_are_published_or_none() {
    for phrase in [
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        "test test test test test test test test test test test junk",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "the quick brown fox jumps over the lazy dog and then it sleeps",
        "glare crew ozone roof ignore board book copy glow boss deer",
        "glare crew",
        "",
    ] {
        assert_eq!(bip39(phrase.as_bytes()), Verdict::Rejected, "{phrase}");
    }
}

#[test]
fn the_word_list_is_that_of_bip39() {
    assert_eq!(WORDS.lines().count(), 2048);
    assert!(WORDS.lines().is_sorted());
    // The digest of english.txt in the repository of the BIPs.
    let digest: String = sha256(WORDS.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(digest, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
}

#[test]
fn nats_seeds() {
    let seed = join(&["SUAAX7UTLZYMGIOHZI5PY5OOBUGKF6", "MLKQROACF3GHAAY3L7D4OAVVTTMI"]);
    assert_eq!(nats_seed(&seed), RIGHT);
    assert_eq!(nats_seed(&spoilt(&seed, 20)), WRONG);
    assert_eq!(nats_seed(&seed[..40]), Verdict::Rejected);
}

#[test]
fn stellar_seeds() {
    let seed = join(&["SBLK6S66OCSHVZ6Q6HV3GDSF5UZW", "CZOVZHWABOU2SIYR4M5EEVWXJ32Z"]);
    assert_eq!(stellar_seed(&seed), RIGHT);
    assert_eq!(stellar_seed(&spoilt(&seed, 20)), WRONG);
    // An account's address, which is public.
    let mut address = seed.clone();
    address[0] = b'G';
    assert_eq!(stellar_seed(&address), Verdict::Rejected);
    assert_eq!(stellar_seed(b"SBLK"), Verdict::Rejected);
}

#[test]
fn recovery_keys_of_matrix() {
    let key = join(&["EsTM Z3sA LS45 r1Cb p6Sj ECca ", "nudQ o9hz 6yXZ ghaQ 5XAa 4QN7"]);
    assert_eq!(matrix_recovery_key(&key), RIGHT);
    let packed: Vec<u8> = key.iter().copied().filter(|b| *b != b' ').collect();
    assert_eq!(matrix_recovery_key(&packed), RIGHT);
    assert_eq!(matrix_recovery_key(&spoilt(&packed, 30)), WRONG);
    assert_eq!(matrix_recovery_key(&[b'E'; 100]), Verdict::Rejected);
}

#[test]
fn wireguard_keys_are_clamped() {
    let key = join(&["mNOCxeOQxNVCPwanqyfo", "yGPRLiUtcRZ2PbXpNTVB", "mVA="]);
    assert_eq!(wireguard(&key), Verdict::Holds);
    let public = join(&["AdOCxeOQxNVCPwanqyfo", "yGPRLiUtcRZ2PbXpNTVB", "mVA="]);
    assert!(matches!(wireguard(&public), Verdict::Noted(Note::Text(_))));
    assert_eq!(wireguard(b"AAAA"), Verdict::Rejected);
}
