//! Bodies made by Python's `cryptography` and `pgpy` and by `ssh-keygen`; labels are joined at run time, so
//! that this file holds no key block.

use super::*;

/// P-256, SEC1.
const SEC1: &[&str] = &[
    "MHcCAQEEIAAAAAAAAAAAAAAAAAAAAAASNFZ4kKvN7xI0VniQq83voAoGCCqGSM49",
    "AwEHoUQDQgAE+evkZBR8wQLZIyTQmdknwaUOQtV6CKEW/+wKKYGdjGVwuvfRKIiQ",
    "KmoMHWet0QMSPIWatpv46UMck4STDUt+7g==",
];

/// The same in PKCS#8.
const PKCS8: &[&str] = &[
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA",
    "AAAAABI0VniQq83vEjRWeJCrze+hRANCAAT56+RkFHzBAtkjJNCZ2SfBpQ5C1XoI",
    "oRb/7AopgZ2MZXC699EoiJAqagwdZ63RAxI8hZq2m/jpQxyThJMNS37u",
];

/// The same behind a passphrase, PKCS#8.
const ENCRYPTED: &[&str] = &[
    "MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCtIxtI/dU+573KVmNZ",
    "43N2AgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQFsSym/qzLZv2dwe3",
    "GF2jeQSBkJWyUaBYdWK21NBpHXGxMqLi9hGPBJc8HT3XDjiglbMBIKAze5br5wu0",
    "P5dqCIgnZ8A32CdQzMhz9rfreOtjkYFOtYK5zkxsfmb5vneejMpE4RilWz++tygp",
    "rEpTdQFrPmOdg67TQVlFn4tAdMhcKjdX1QSWSK3Wv1nQF2ZlflQMhXbasqCP5+zU",
    "dPsWignEzQ==",
];

/// Ed25519, PKCS#8.
const ED25519: &[&str] =
    &[concat!("MC4CAQAwBQYDK2V", "wBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")];

/// Ed25519, OpenSSH.
const OPENSSH: &[&str] = &[
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz",
    "c2gtZWQyNTUxOQAAACADoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuAAA",
    "AIi1ZDpjtWQ6YwAAAAtzc2gtZWQyNTUxOQAAACADoQe/884Qvh1w3RjnS8CZZ+TW",
    "MJulDV8d3IZkElUxuAAAAEAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
    "HwOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AAAAAAECAwQF",
];

/// Ed25519 behind a passphrase, by `ssh-keygen`.
const OPENSSH_LOCKED: &[&str] = &[
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABC6DJ8yJk",
    "0CjTsdZo3KG4Y/AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAINdNh3O8v1IIWdUg",
    "Qbppmsh5NgwWrHfF0jy0IMVtdZcrAAAAkIDLWcwwSVSbmo/4DBQgN0wf9dtNy+rdQlmF7g",
    "42j7E1gdK31U+/iQYUZ+k/2+Ho7QnErToD3xvV885eJM1zA7egz+YHtRjqJAMCpo+mEs++",
    "39MP5eSNb8ZeLIA20yvrfGQRwJDg/jxdpB0U3B0rrdjhwtD5KRcHJVF+QIogHzsJ0tg70m",
    "vNvyiuFomz8RqFPw==",
];

/// Ed25519, OpenPGP, with its CRC-24.
const PGP: &[&str] = &[
    "xVgEawJDsxYJKwYBBAHaRw8BAQdAV2q8Jwds6uq0axpmq2dgURrCjJsYxpxRHt7p",
    "5XJV3VYAAPwLe6ORY3BqVsNF0re1IB3j7FBcpWiErhZrUW8+Or4ZCg8gzQFUwoEE",
    "ExYIACkFAmsCQ7MCGwICCwkCFQgCHgEWIQS2662jz/kLMakPOb775A5iylpjcQAK",
    "CRD75A5iylpjccv/AP0dzyC4EEZiVuItG1MWPdXak5ZcGwVFvGuKAUAYE4uz3wEA",
    "gn1BT5fnC/MAA69HkZZPPCEuYlNJnhILfTxobfbM6wI=",
    "=h5RY",
];

/// The private numbers of an RSA key, as PuTTY writes them.
const PUTTY: &[&str] = &[
    "AAAAgATst+utSdesTsijmw4Ldl/EwflNEwaw8HSoHFSL+UZq1Hbnu7yPvtJthCRH",
    "7f0NFhpdComgoIUlKjOEiOcfDeNe8gP/0JNfaXe+Qw0YObG1j3LxZfSV4DNfJ1Qh",
    "XlILUDlgF2BLTxgxfWmkUS4ObNesNbGHT/vHfVCZLlBsE28JAAAAQQDdP8oqZIp3",
    "VA6eUktAM2FTLeMDMvepTPfeUvQx57pvLXfLRLEeLbnzFmriKi59qjvebs7fA6Mg",
    "I2Ptoo5eL423AAAAQQDVZTWAfZODCtz6fSJi5RXwvaSI0Pi7U1rUJ5JVt8RQbkBC",
    "S2eFjzguaIix85Ez0ciBQxLU6cT3nsrtWMsu+50zAAAAQQDSUf12iecF6mUuK2Bf",
    "3hWCh+eayo4jSYYrVaEpXROEX0n3jIC1wJJDsUx2fw0s5ZESLyXLgKJrNY8NZIMH",
    "ivev",
];

/// Base64 of the whole SEC1 block.
const SEC1_BASE64: &[&str] = &[
    "LS0tLS1CRU",
    "dJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1IY0NBUUVFSUFBQUFBQUFBQUFBQUFBQUFB",
    "QUFBQUFTTkZaNGtLdk43eEkwVm5pUXE4M3ZvQW9HQ0NxR1NNNDkKQXdFSG9VUURRZ0FFK2V2a1pC",
    "Ujh3UUxaSXlUUW1ka253YVVPUXRWNkNLRVcvK3dLS1lHZGpHVnd1dmZSS0lpUQpLbW9NSFdldDBR",
    "TVNQSVdhdHB2NDZVTWNrNFNURFV0KzdnPT0KLS0tLS1FTkQgRUMgUFJJVkFURSBLRVktLS0tLQo=",
];

fn block(label: &str, lines: &[&str], between: &str) -> String {
    let dashes = "-".repeat(5);
    let label = format!("{label}PRIVATE {}", "KEY");
    let body = lines.join(between);
    format!("{dashes}BEGIN {label}{dashes}{between}{body}{between}{dashes}END {label}{dashes}")
}

fn verdict(label: &str, lines: &[&str]) -> Verdict {
    check(block(label, lines, "\n").as_bytes())
}

#[test]
fn whole_keys() {
    assert_eq!(verdict("EC ", SEC1), WHOLE);
    assert_eq!(verdict("", PKCS8), WHOLE);
    assert_eq!(verdict("", ED25519), WHOLE);
    assert_eq!(verdict("OPENSSH ", OPENSSH), WHOLE);
}

#[test]
fn keys_behind_a_passphrase() {
    assert_eq!(verdict("ENCRYPTED ", ENCRYPTED), LOCKED);
    assert_eq!(verdict("OPENSSH ", OPENSSH_LOCKED), LOCKED);
    let mut lines = vec!["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0011"];
    lines.extend(SEC1);
    assert_eq!(verdict("EC ", &lines), LOCKED);
}

#[test]
fn keys_that_are_cut_or_made_up() {
    assert_eq!(verdict("EC ", &SEC1[..2]), CUT);
    assert_eq!(verdict("ENCRYPTED ", &ENCRYPTED[..4]), CUT);
    assert_eq!(verdict("OPENSSH ", &OPENSSH[..3]), CUT);
    assert_eq!(verdict("RSA ", PUTTY), MADE_UP);
    assert_eq!(verdict("OPENSSH ", SEC1), MADE_UP);
    // Without its last line a block ends where the text does.
    let text = block("EC ", SEC1, "\n");
    assert_eq!(check(&text.as_bytes()[..text.len() - 60]), CUT);
}

#[test]
fn what_is_no_key_at_all() {
    assert_eq!(verdict("RSA ", &["abc"]), Verdict::Rejected);
    assert_eq!(verdict("RSA ", &["A".repeat(200).as_str()]), Verdict::Rejected);
    assert_eq!(check(b"no block"), Verdict::Rejected);
    assert_eq!(check(b""), Verdict::Rejected);
}

#[test]
fn bodies_inside_other_files() {
    for between in ["\r\n", "\\n", "\n    ", " ", "\n# ", "\\n\" +\n  \"", "\",\n\"", "\n> "] {
        assert_eq!(check(block("EC ", SEC1, between).as_bytes()), WHOLE, "{between:?}");
        assert_eq!(check(block("OPENSSH ", OPENSSH, between).as_bytes()), WHOLE, "{between:?}");
    }
    // Something else in between: by its looks.
    assert_eq!(verdict("EC ", &[SEC1[0], "${MIDDLE}", SEC1[2]]), Verdict::Holds);
}

#[test]
fn openpgp_armour_has_a_sum() {
    let pgp = |lines: &[&str]| {
        let text = block("PGP ", lines, "\n").replace(" KEY-----", " KEY BLOCK-----");
        check(text.as_bytes())
    };
    let right = Verdict::Proved(Note::RightChecksum);
    assert_eq!(pgp(PGP), right);
    let headers = [&["Version: GnuPG v2", "Comment: of mine", ""], PGP].concat();
    assert_eq!(pgp(&headers), right);
    let (last, rest) = PGP.split_last().unwrap();
    assert_eq!(pgp(rest), Verdict::Holds);
    assert!(last.starts_with('='));
    assert_eq!(pgp(&[rest, &["=AAAA"]].concat()), Verdict::Doubtful(Note::WrongChecksum));
    assert_eq!(pgp(SEC1), MADE_UP);
}

#[test]
fn putty_numbers_fill_their_lines() {
    assert_eq!(putty(PUTTY.join("\n").as_bytes()), WHOLE);
    assert_eq!(putty(PUTTY.join("\r\n").as_bytes()), WHOLE);
    assert_eq!(putty(PUTTY[..4].join("\n").as_bytes()), MADE_UP);
    assert_eq!(putty(SEC1.join("\n").as_bytes()), MADE_UP);
    let file =
        format!("Encryption: none\nPrivate-Lines: 8\n{}\nPrivate-MAC: 00ff", PUTTY.join("\n"));
    assert_eq!(putty(file.as_bytes()), WHOLE);
    assert_eq!(putty(b"Encryption: aes256-cbc\nPrivate-Lines: 1\nAAAA"), LOCKED);
}

#[test]
fn bodies_without_their_lines() {
    assert_eq!(der(SEC1.concat().as_bytes()), WHOLE);
    assert_eq!(der(PKCS8.join("\\n").as_bytes()), WHOLE);
    assert_eq!(der(ENCRYPTED.concat().as_bytes()), LOCKED);
    assert_eq!(der(SEC1[0].as_bytes()), CUT);
    assert_eq!(der(PUTTY.concat().as_bytes()), Verdict::Rejected);
}

#[test]
fn blocks_in_base64() {
    assert_eq!(encoded(SEC1_BASE64.concat().as_bytes()), WHOLE);
    let cut = SEC1_BASE64[..4].concat();
    assert_eq!(encoded(cut.as_bytes()), CUT);
    assert_eq!(encoded(b"!!!!"), Verdict::Holds);
}
