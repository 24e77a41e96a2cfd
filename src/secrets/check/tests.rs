//! What holds of every check: no panic on any bytes, linear time, and the small ones' own tests.

use super::*;

const ALL: &[Check] = &[
    Check::GithubCrc32,
    Check::GrafanaCrc32,
    Check::MatrixCrc32,
    Check::AtlassianCrc32,
    Check::CloudflareCrc32,
    Check::GitlabCrc32,
    Check::AzureKey,
    Check::AzureDevops,
    Check::EntraSecret,
    Check::Jwt,
    Check::Jwk,
    Check::Pem,
    Check::PemBase64,
    Check::DerKey,
    Check::Putty,
    Check::AwsKeyId,
    Check::AwsSecretKey,
    Check::PypiToken,
    Check::SentryToken,
    Check::GrafanaCloudToken,
    Check::OnepasswordToken,
    Check::VaultToken,
    Check::JfrogToken,
    Check::MapboxToken,
    Check::TelegramId,
    Check::DiscordToken,
    Check::ElasticKey,
    Check::AtlassianPat,
    Check::StellarSeed,
    Check::FernetToken,
    Check::Uuid,
    Check::Bech32,
    Check::Base58Check,
    Check::Bip39,
    Check::NatsSeed,
    Check::MatrixRecoveryKey,
    Check::WireguardKey,
    Check::Base64 { bytes: 32 },
    Check::Base58 { bytes: 64 },
    Check::Base64Json,
    Check::Mixed,
    Check::AlphaNumeric,
    Check::BasicAuth,
];

fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn no_bytes_make_a_check_panic() {
    let pieces: &[&[u8]] = &[
        b"eyJ",
        b".",
        b"_",
        b"=",
        b"-----BEGIN ",
        b"PRIVATE KEY-----",
        b"-----END",
        b"\\n",
        b"\n",
        b":",
        b"ghp_",
        b"JQQJ99",
        b"8Q~",
        b"pypi-AgEIcHlwaS5vcmc",
        b"hvs.CAESI",
        b"abandon ",
        b"\0",
        b"\xff",
        b"openssh-key-v1\0",
        b"AAAA",
        b"+",
        b"glpat-",
        b".01.0r",
        b"A3-",
        b"{\"kty\":\"EC\",\"d\":\"",
    ];
    let mut state = 7;
    for _ in 0..4_000 {
        let mut text = Vec::new();
        for _ in 0..random(&mut state) % 40 {
            match random(&mut state) % 3 {
                0 => text.extend_from_slice(pieces[random(&mut state) % pieces.len()]),
                1 => text.push((random(&mut state) % 256) as u8),
                _ => text.extend(
                    (0..random(&mut state) % 30)
                        .map(|_| b"ABCDEFghijklmn0123456789+/"[random(&mut state) % 26]),
                ),
            }
        }
        for check in ALL {
            // No panic, and nothing remembered from one call to the next.
            assert_eq!(run(*check, &text), run(*check, &text), "{check:?}");
            let _ = run(*check, &text[..text.len() / 2]);
        }
    }
    for check in ALL {
        assert_ne!(run(*check, b""), Verdict::Proved(Note::RightChecksum), "{check:?}");
    }
}

#[test]
fn time_grows_with_length_only() {
    for piece in ["A", "eyJ.", "=", "1", "abandon ", "-----BEGIN X-----AAAA\n", "_", "\\n", "0 "] {
        for check in ALL {
            // The best of three, since other processes only ever add time.
            let time = |length: usize| {
                let text = piece.repeat(length / piece.len());
                let runs = (0..3).map(|_| {
                    let start = std::time::Instant::now();
                    let _ = run(*check, text.as_bytes());
                    start.elapsed().as_secs_f64()
                });
                runs.fold(f64::MAX, f64::min)
            };
            let (short, long) = (time(20_000), time(400_000));
            // Twenty times the text: far below the four hundred times of a quadratic pass.
            assert!(long < short * 100.0 + 0.1, "{check:?} on {piece:?}: {short} s, then {long} s");
        }
    }
}

#[test]
fn names_in_the_data_are_kebab_case() {
    for check in ALL {
        let json = serde_json::to_value(check).unwrap();
        let kind = json["kind"].as_str().unwrap();
        assert!(kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        assert_eq!(serde_json::from_value::<Check>(json.clone()).unwrap(), *check);
        let mut extra = json;
        extra["length"] = 3.into();
        // Unit variants read no fields, so only those with fields can refuse one.
        if matches!(check, Check::Base64 { .. } | Check::Base58 { .. }) {
            assert!(serde_json::from_value::<Check>(extra).is_err());
        }
    }
}

#[test]
fn alphabets_and_lengths() {
    assert_eq!(run(Check::Base64 { bytes: 3 }, b"AAAA"), Verdict::Holds);
    assert_eq!(run(Check::Base64 { bytes: 2 }, b"AAAA"), Verdict::Rejected);
    assert_eq!(run(Check::Base58 { bytes: 12 }, b"2NEpo7TZRRrLZSi2U"), Verdict::Holds);
    assert_eq!(run(Check::Base58 { bytes: 13 }, b"2NEpo7TZRRrLZSi2U"), Verdict::Rejected);
    // {"a":1}
    assert_eq!(run(Check::Base64Json, b"eyJhIjoxfQ"), Verdict::Holds);
    assert_eq!(run(Check::Base64Json, b"Zm9vYmFy"), Verdict::Rejected);
    assert_eq!(run(Check::Mixed, b"aB3"), Verdict::Holds);
    assert_eq!(run(Check::Mixed, b"ab3"), Verdict::Rejected);
    assert_eq!(run(Check::AlphaNumeric, b"abc1"), Verdict::Holds);
    assert_eq!(run(Check::AlphaNumeric, b"abcdef"), Verdict::Rejected);
    assert_eq!(run(Check::AlphaNumeric, b"aBcDeFgH"), Verdict::Holds);
}

#[test]
fn basic_auth_holds_a_password() {
    // svc:Zk83hfPq2xLw
    assert_eq!(run(Check::BasicAuth, b"c3ZjOlprODNoZlBxMnhMdw=="), Verdict::Holds);
    // user:password
    assert_eq!(run(Check::BasicAuth, b"dXNlcjpwYXNzd29yZA=="), Verdict::Rejected);
    assert_eq!(run(Check::BasicAuth, b"bm8gY29sb24gaGVyZQ=="), Verdict::Rejected);
}
