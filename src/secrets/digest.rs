//! Tells password hashes and other digests from the secrets that they are made of.
//!
//! By whole shape rather than by first letters: a password may begin with `$1$` or `md5`, a hash goes on in
//! its scheme's alphabet to its scheme's length.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The scheme that `value` is a digest of, in its own name; `None` for anything else. A leading `user:`, as
/// `.htpasswd` and `/etc/shadow` have it, is skipped.
pub(super) fn scheme(value: &[u8]) -> Option<&'static str> {
    of_value(value).or_else(|| {
        let colon = value.iter().position(|&b| b == b':')?;
        let (user, rest) = value.split_at_checked(colon)?;
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"._-@".contains(b);
        let rest = rest.get(1..)?;
        if !user.iter().all(plain) {
            return None;
        }
        // The rest of a line of shadow(5).
        of_value(rest.split(|&b| b == b':').next()?)
    })
}

fn of_value(value: &[u8]) -> Option<&'static str> {
    match value.first()? {
        b'$' => modular(value),
        b'{' => ldap(value),
        b'*' => mysql(value),
        b'p' | b's' | b'a' | b'b' | b'm' | b'S' => named(value),
        _ => None,
    }
}

/// Identifier between the first two `$` of the modular crypt format, name, fewest characters after it.
const MODULAR: &[(&[u8], &str, usize)] = &[
    (b"1", "md5crypt", 22),
    (b"apr1", "md5crypt", 22),
    (b"2", "bcrypt", 53),
    (b"2a", "bcrypt", 53),
    (b"2b", "bcrypt", 53),
    (b"2x", "bcrypt", 53),
    (b"2y", "bcrypt", 53),
    (b"5", "sha256crypt", 43),
    (b"6", "sha512crypt", 86),
    (b"7", "scrypt", 43),
    (b"y", "yescrypt", 43),
    (b"gy", "gost-yescrypt", 43),
    (b"sm3", "sm3crypt", 43),
    (b"sha1", "sha1crypt", 28),
    (b"P", "phpass", 31),
    (b"H", "phpass", 31),
    (b"S", "Drupal 7", 52),
    (b"argon2i", "Argon2", 40),
    (b"argon2d", "Argon2", 40),
    (b"argon2id", "Argon2", 40),
    (b"scrypt", "scrypt", 40),
    (b"pbkdf2", "PBKDF2", 27),
    (b"pbkdf2-sha1", "PBKDF2", 27),
    (b"pbkdf2-sha256", "PBKDF2", 43),
    (b"pbkdf2-sha512", "PBKDF2", 86),
    (b"bcrypt-sha256", "bcrypt", 53),
    (b"A", "MySQL caching_sha2", 40),
];

fn modular(value: &[u8]) -> Option<&'static str> {
    let rest = value.get(1..)?;
    let end = rest.iter().position(|&b| b == b'$')?;
    let (identifier, rest) = rest.split_at_checked(end)?;
    let (_, name, least) = MODULAR.iter().find(|(known, ..)| *known == identifier)?;
    // Composed with shell in mind: no blank and no quote is in any of the alphabets.
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"$./=,+-_*".contains(b);
    let rest = rest.get(1..)?;
    (rest.len() >= *least && (rest.iter().all(inside) || identifier == b"A")).then_some(*name)
}

/// RFC 2307 and its descendants: `{SSHA}`, `{SHA512-CRYPT}`, `{PBKDF2-SHA256}`.
fn ldap(value: &[u8]) -> Option<&'static str> {
    const SCHEMES: &[(&[u8], &str)] = &[
        (b"SSHA", "salted SHA"),
        (b"SHA", "SHA"),
        (b"SMD5", "salted MD5"),
        (b"MD5", "MD5"),
        (b"BLF-CRYPT", "bcrypt"),
        (b"BCRYPT", "bcrypt"),
        (b"PBKDF2", "PBKDF2"),
        (b"ARGON2", "Argon2"),
        (b"SCRAM-SHA", "SCRAM"),
    ];
    let end = value.iter().position(|&b| b == b'}')?;
    let (scheme, rest) = (value.get(1..end)?, value.get(end + 1..)?);
    if rest.len() < 13 || rest.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let starts = |known: &[u8]| {
        scheme.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known))
    };
    if scheme.ends_with(b"CRYPT") && !starts(b"BLF") && !starts(b"BCRYPT") {
        return Some("crypt");
    }
    SCHEMES.iter().find(|(known, _)| starts(known)).map(|(_, name)| *name)
}

/// `*` and SHA-1 of SHA-1 in capital hex.
fn mysql(value: &[u8]) -> Option<&'static str> {
    let digits = value.get(1..)?;
    let capital = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    (digits.len() == 40 && digits.iter().all(capital)).then_some("MySQL native")
}

/// Schemes written out: Django's and Werkzeug's, PostgreSQL's, image and subresource digests.
fn named(value: &[u8]) -> Option<&'static str> {
    const WORDS: &[(&[u8], &str, usize)] = &[
        (b"pbkdf2_sha", "PBKDF2", 40),
        (b"pbkdf2:", "PBKDF2", 40),
        (b"scrypt:", "scrypt", 20),
        (b"scrypt$", "scrypt", 20),
        (b"argon2$", "Argon2", 40),
        (b"argon2:", "Argon2", 40),
        (b"bcrypt$", "bcrypt", 53),
        (b"bcrypt_sha256$", "bcrypt", 53),
        (b"sha1$", "SHA-1", 40),
        (b"md5$", "MD5", 32),
        (b"SCRAM-SHA-1$", "SCRAM", 60),
        (b"SCRAM-SHA-256$", "SCRAM", 80),
        (b"SCRAM-SHA-512$", "SCRAM", 80),
        (b"sha256-", "SHA-256", 43),
        (b"sha384-", "SHA-384", 64),
        (b"sha512-", "SHA-512", 86),
    ];
    const HEX: &[(&[u8], &str, usize)] = &[
        (b"md5:", "MD5", 32),
        (b"sha1:", "SHA-1", 40),
        (b"sha224:", "SHA-224", 56),
        (b"sha256:", "SHA-256", 64),
        (b"sha384:", "SHA-384", 96),
        (b"sha512:", "SHA-512", 128),
        // PostgreSQL before 14.
        (b"md5", "MD5", 32),
    ];
    let hex = |rest: &[u8], count| rest.len() == count && rest.iter().all(u8::is_ascii_hexdigit);
    let whole = HEX
        .iter()
        .find(|(word, _, count)| value.strip_prefix(*word).is_some_and(|rest| hex(rest, *count)));
    if let Some((_, name, _)) = whole {
        return Some(name);
    }
    let found = WORDS.iter().find(|(word, _, least)| {
        value.strip_prefix(*word).is_some_and(|rest| {
            rest.len() >= *least
                && !rest.iter().any(|b| b.is_ascii_whitespace() || b"\"'`".contains(b))
        })
    });
    found.map(|(_, name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by crypt(3) of libxcrypt and `openssl passwd -apr1`, of the password `x`.
    const CRYPT: &[(&str, &str)] = &[
        ("$1$saltsalt$4px9i58NU2Z2/vZOUlGjq.", "md5crypt"),
        ("$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.", "md5crypt"),
        ("$2b$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO", "bcrypt"),
        ("$5$saltsalt$hcyDOxdIg0p3xyqtpHh/v8Ph.am06tQaovp1KpEklb7", "sha256crypt"),
        (
            "$6$saltsalt$8RWsOfwR6M6PpnoeQiEiWzNTPo1f0HjVYjDnLZhGx16aBFRkeqiHAzfXP/LgrOWMBMXqiU2pLrXsSOHNUyUm91",
            "sha512crypt",
        ),
        ("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$6foLM1JhGupouWKMU70wxK61Kw9ZnecbACjJwRadqM2", "yescrypt"),
    ];

    #[test]
    fn crypt_hashes() {
        for (hash, name) in CRYPT {
            assert_eq!(scheme(hash.as_bytes()), Some(*name));
            assert_eq!(scheme(format!("backup:{hash}").as_bytes()), Some(*name));
            assert_eq!(scheme(format!("root:{hash}:19000:0:99999:7:::").as_bytes()), Some(*name));
            assert_eq!(scheme(&hash.as_bytes()[..16]), None, "{hash}");
        }
    }

    #[test]
    fn hashes_of_servers_and_frameworks() {
        for (hash, name) in [
            ("*B69027D44F6E5EDC07F1AEAD1477967B16F28227", "MySQL native"),
            ("md54683bbe38686d772a2a95219c7e17e1b", "MD5"),
            ("{SSHA}bZ0uQUdEQZ5VQvXx4TkdN2v8vPdhbGV0", "salted SHA"),
            ("{SHA512-CRYPT}$6$saltsalt$8RWsOfwR6M6PpnoeQiEiWz", "crypt"),
            ("admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA"),
            (
                "pbkdf2_sha256$260000$abcdefgh$NyI4IhA0O4cGyZxs3qUcFmTnAjXVN5vV+G0pjZrRbJk=",
                "PBKDF2",
            ),
            ("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "SHA-256"),
            ("sha256-n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", "SHA-256"),
            (
                "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo",
                "Argon2",
            ),
        ] {
            assert_eq!(scheme(hash.as_bytes()), Some(name), "{hash}");
        }
    }

    #[test]
    fn passwords_that_look_like_the_beginning_of_one() {
        for password in [
            "",
            "$1$money",
            "$6$",
            "md5",
            "md5-hash-me",
            "{SHA}",
            "*secret*",
            "sha256:short",
            "scrypt$x",
            "user:pass",
            "$PATH",
            "$2b$ or not $2b$, that is the question and it is long enough, is it?",
        ] {
            assert_eq!(scheme(password.as_bytes()), None, "{password}");
        }
    }
}
