//! Tokens made in Python (`pymacaroons`, `cryptography`, `json`, `base64`); prefixes are joined at run
//! time, so that this file holds no token.

use super::*;

fn join(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

#[test]
fn pypi_macaroons() {
    let body = [
        "AgEIcHlwaS5vcmcCJGIzZjFjMGRlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAw",
        "MDAwMQACJXsidmVyc2lvbiI6IDEsICJwZXJtaXNzaW9ucyI6ICJ1c2VyIn0A",
        "AAYgdvvr_Pv6iw3f_tcL2I21rvWATWzPiv4G1jSFASgQdAA",
    ]
    .concat();
    let token = join(&["pypi-", &body]);
    assert!(matches!(pypi(&token), Verdict::Proved(_)));
    assert_eq!(pypi(&token[..token.len() - 12]), UNREADABLE);
    assert_eq!(pypi(&token[..90]), UNREADABLE);
    let other = join(&[
        "pypi-",
        "AgELZXhhbXBsZS5vcmcCAXgAAAYgtVndJJo-Pfd4-YAY2SdoCl",
        "DHXKd82ofini-M9ycVpuk",
    ]);
    assert_eq!(pypi(&other), Verdict::Rejected);
    assert_eq!(pypi(b"pypi-publish"), Verdict::Rejected);
    assert_eq!(pypi(b"pypi-"), Verdict::Rejected);
}

#[test]
fn sentry_organisation_tokens() {
    let payload = [
        "eyJpYXQiOiAxNzYyMTgyMjI0LjY4NjQ5NiwgInVybCI6ICJodHRwczovL3Nl",
        "bnRyeS5pbyIsICJyZWdpb25fdXJsIjogImh0dHBzOi8vZGUuc2VudHJ5Lmlv",
        "IiwgIm9yZyI6ICJhY21lIn0=",
    ]
    .concat();
    let token = join(&["sntrys_", &payload, "_", &"x".repeat(43)]);
    assert_eq!(sentry(&token), Verdict::Proved(Note::IssuedOn(1_762_182_224)));
    assert_eq!(sentry(&join(&["sntrys_", &payload[..80], "_x"])), UNREADABLE);
    assert_eq!(sentry(&join(&["sntryu_", &"0".repeat(64)])), Verdict::Holds);
}

#[test]
fn grafana_cloud_tokens() {
    let token = join(&[
        "glc_",
        "eyJvIjogIjEyIiwgIm4iOiAiY2kiLCAiayI6ICJ6UTd4SzJtVzlwTHIiLCAi",
        "bSI6IHsiciI6ICJldSJ9fQ==",
    ]);
    assert_eq!(grafana_cloud(&token), WHOLE);
    assert_eq!(
        grafana_cloud(&join(&["eyJrIjogInpRN3hLMm1X", "OXBMciIsICJuIjogImNp", "IiwgImlkIjogMX0="])),
        WHOLE
    );
    assert_eq!(grafana_cloud(&token[..50]), UNREADABLE);
    // {"a":1}
    assert_eq!(grafana_cloud(b"glc_eyJhIjoxfQ=="), Verdict::Rejected);
}

#[test]
fn onepassword_tokens() {
    let token = join(&[
        "ops_",
        "eyJzaWduSW5BZGR",
        "yZXNzIjogImFjbW",
        "UuMXBhc3N3b3JkL",
        "mNvbSIsICJlbWFp",
        "bCI6ICJ4QDFwYXN",
        "zd29yZHNlcnZpY2",
        "VhY2NvdW50cy5jb",
        "20iLCAic2VjcmV0",
        "S2V5IjogIkEzLUF",
        "CQ0RFRi1HSElKS0",
        "wtTU5PUFEifQ",
    ]);
    assert!(matches!(onepassword(&token), Verdict::Proved(_)));
    assert_eq!(onepassword(&token[..100]), UNREADABLE);
}

#[test]
fn vault_tokens() {
    let token = join(&[
        "hvs.",
        "CAESIKqpQCZk8aQfQOu8UsmZPrZq6zZmApWP36oo",
        "O3HmTbEjGhoKGHpRN3hLMm1XOXBMcjRUdk44Yllj",
        "M0hkSg",
    ]);
    assert_eq!(vault(&token), WHOLE);
    assert_eq!(vault(&token[..token.len() - 4]), UNREADABLE);
    assert_eq!(vault(&join(&["hvs.", "zQ7xK2mW9pLr4TvN8bYc3HdJ"])), Verdict::Holds);
}

#[test]
fn jfrog_tokens() {
    let token = join(&["cmVmdGtuOjAxOjE3NjAwMDAwMDA6el", "E3eEsybVc5cExyNFR2TjhiWWMzSGRK", "NmZH"]);
    assert_eq!(jfrog(&token), WHOLE);
    assert_eq!(jfrog(&token[..20]), UNREADABLE);
    // base58.b58encode of 54 bytes that begin with those of `AKCp`.
    let other = join(&[
        "AKCp116N8kKguZyTCp5gJCQuMU6tTF",
        "ZJbtTvpqkDnpCcBxEzdWtxakJUtNDS",
        "PEufDvMxqNuFp",
    ]);
    assert_eq!((other.len(), jfrog(&other)), (73, Verdict::Holds));
    assert_eq!(jfrog(&other[..60]), UNREADABLE);
}

#[test]
fn mapbox_tokens() {
    let payload = "eyJ1IjogImFjbWUiLCAiYSI6ICJjbDAwMDAwMDAifQ";
    assert_eq!(mapbox(&join(&["sk.", payload, ".", &"x".repeat(22)])), WHOLE);
    assert_eq!(mapbox(&join(&["sk.", &payload[..20], ".x"])), UNREADABLE);
    assert_eq!(mapbox(b"sk.eyJhIjoxfQ.x"), Verdict::Rejected);
}

#[test]
fn ids_of_messengers() {
    assert!(!telegram(b"123456789:AAxyz") && !telegram(b"1234567890:AAxyz"));
    assert!(telegram(b"8412907653:AAxyz") && !telegram(b":AA") && !telegram(b"8412907653"));
    // base64 of 123456789012345678; of 99999999999999999999, past 64 bits; of `MTIz`.
    assert!(discord(b"MTIzNDU2Nzg5MDEyMzQ1Njc4.Gx.y"));
    assert!(!discord(b"OTk5OTk5OTk5OTk5OTk5OTk5OTk.Gx.y"));
    assert!(!discord(b"TVRBRFVNTVk.DUMMY.x") && !discord(b"MTIz.a.b") && !discord(b""));
}

#[test]
fn keys_that_are_pairs() {
    // The example of Elastic's documentation.
    let key = join(&["VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6", "dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="]);
    assert_eq!(elastic(&key), WHOLE);
    assert_eq!(elastic(b"Zm9vOmJhcg=="), Verdict::Rejected);
    assert_eq!(elastic(b"!"), Verdict::Rejected);
    // 123456789012 and a SHA-1 digest.
    let token = join(&["MTIzNDU2Nzg5MDEyOlFrl4P8pRfu", "y9HQZNotFlMQsZdZ"]);
    assert_eq!(atlassian_pat(&token), WHOLE);
    assert_eq!(atlassian_pat(&[b"BBDC-", token.as_slice()].concat()), WHOLE);
    assert_eq!(atlassian_pat(&token[..40]), Verdict::Rejected);
    assert_eq!(atlassian_pat(b"MTIzNDU2Nzg5MDEy"), Verdict::Rejected);
}

#[test]
fn fernet_tokens() {
    let token = join(&[
        "gAAAAABo53gAwg6FArvkRnymReeWIEoTlPcdCJsu",
        "LZD9mLtuHJJaC2AGqb1634SzVEkinATvM1pbD3Qi",
        "qQt0JAmVUXmBooXMDg==",
    ]);
    assert_eq!(fernet(&token), Verdict::Noted(Note::IssuedOn(1_760_000_000)));
    assert_eq!(fernet(&token[..token.len() - 8]), UNREADABLE);
    assert_eq!(fernet(&join(&["gAAAAA", &"zQ7".repeat(31)])), UNREADABLE);
    assert_eq!(fernet(&join(&["gAAAAA", &"z".repeat(94)])), Verdict::Rejected);
    assert_eq!(fernet(b"Zm9vYmFy"), Verdict::Rejected);
}

#[test]
fn uuids_have_a_version() {
    // RFC 9562, appendix A.
    assert!(uuid(b"919108f7-52d1-4320-9bac-f847db4148a8"));
    assert!(uuid(b"017F22E2-79B0-7CC3-98C4-DC0C0C07398F"));
    assert!(!uuid(b"00000000-0000-0000-0000-000000000000"));
    assert!(!uuid(b"919108f7-52d1-4320-1bac-f847db4148a8"));
    assert!(!uuid(b"919108f7052d1043200bac0f847db4148a80"));
}
