//! AWS key ids and secret keys.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::encoding::base32;
use super::{Note, Verdict, held};

/// A key id: four letters of type, then base32. Ids made since 2019 begin with a set bit (`Q` to `7`) and
/// hold the account in the 40 bits after it; older ones, most of them `I` or `J`, hold none.
pub(super) fn key_id(secret: &[u8]) -> Verdict {
    let (Some(kind), Some(body)) = (secret.get(..4), secret.get(4..20)) else {
        return Verdict::Rejected;
    };
    // Base32 as AWS writes it has no lower case.
    let bytes = if body.iter().any(u8::is_ascii_lowercase) { None } else { base32(body) };
    let Some(&[a, b, c, d, e, f, ..]) = bytes.as_deref() else { return Verdict::Rejected };
    if matches!(body.first(), Some(b'A'..=b'P')) {
        return Verdict::Holds;
    }
    let account = (u64::from_be_bytes([0, 0, a, b, c, d, e, f]) & 0x7fff_ffff_ff80) >> 7;
    if account > 999_999_999_999 {
        return Verdict::Doubtful(Note::Text(
            "it holds no account number that can exist, so it may be an example",
        ));
    }
    Verdict::Noted(Note::AwsAccount { account, temporary: kind == b"ASIA" })
}

/// A secret key: 40 characters of base64 that change their class as often as chance makes them. Paths,
/// camel-case names and SHA-1 digests do not.
pub(super) fn secret_key(secret: &[u8]) -> Verdict {
    const FEWEST_CHANGES: usize = 14;
    let class = |b: &u8| match b {
        b'a'..=b'z' => Some(0),
        b'A'..=b'Z' => Some(1),
        b'0'..=b'9' => Some(2),
        b'+' | b'/' => Some(3),
        _ => None,
    };
    let changes = secret.windows(2).filter(|w| w.first().map(class) != w.last().map(class)).count();
    held(
        secret.len() == 40
            && secret.iter().all(|b| class(b).is_some())
            && (0..3).all(|wanted| secret.iter().any(|b| class(b) == Some(wanted)))
            && changes >= FEWEST_CHANGES,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_name_their_account() {
        // Published with their accounts in articles on the format; the same by base64.b32decode in Python.
        let id = ["ASIA", "QNZGKIQY56JQ7WML"].concat();
        let note = Note::AwsAccount { account: 29_608_264_753, temporary: true };
        assert_eq!(key_id(id.as_bytes()), Verdict::Noted(note));
        let id = ["AKIA", "SP2TPHJSQH3FJRUX"].concat();
        let note = Note::AwsAccount { account: 171_436_882_533, temporary: false };
        assert_eq!(key_id(id.as_bytes()), Verdict::Noted(note));
    }

    #[test]
    fn older_and_impossible_key_ids() {
        assert_eq!(key_id(b"AKIAIOSFODNN7EXAMPLE"), Verdict::Holds);
        assert_eq!(key_id(b"AKIA0000000000000000"), Verdict::Rejected);
        assert_eq!(key_id(b"AKIAaaaaaaaaaaaaaaaa"), Verdict::Rejected);
        assert_eq!(key_id(b"AKIA"), Verdict::Rejected);
        assert!(matches!(key_id(b"AKIA7777777777777777"), Verdict::Doubtful(_)));
    }

    #[test]
    fn secret_keys_look_like_chance() {
        let key = ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYzQ9vLkT3aX"].concat();
        assert_eq!(secret_key(key.as_bytes()), Verdict::Holds);
        for other in [
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "com/example/Application/MainActivity4Tes",
            "getUserPreferencesFromDatabaseOrDefault2",
            "short",
        ] {
            assert_eq!(secret_key(other.as_bytes()), Verdict::Rejected, "{other}");
        }
    }
}
