//! Holds the pieces to their checks, and their arguments to what they take.

use super::super::expand;
use crate::secrets::check::{Verdict, run};
use crate::secrets::spec::Check;

#[test]
fn each_piece_passes_its_check() {
    for (template, check) in [
        ("ghp_{alnum:30}{crc32-base62:6}", Check::GithubCrc32),
        ("glsa_{alnum:32}_{crc32-hex:8}", Check::GrafanaCrc32),
        ("syt_{lower-alnum:8}_{lower:20}_{matrix-sum:6}", Check::MatrixCrc32),
        ("mct_{alnum:30}_{matrix-sum:6}", Check::MatrixCrc32),
        ("ATATT3xFfGF0{b64url:170}={crc32-tail:8}", Check::AtlassianCrc32),
        ("cfut_{alnum:40}{crc32-body:8}", Check::CloudflareCrc32),
        ("glpat-{gitlab-routable}", Check::GitlabCrc32),
        ("{azure-key:ACOG}", Check::AzureKey),
        ("{azure-signed:+ASt/64}", Check::AzureKey),
        ("{azure-signed:AIoT/32}", Check::AzureKey),
        ("{azure-devops}", Check::AzureDevops),
        ("{azure-key:AZDO}", Check::AzureDevops),
        ("{putty-lines}", Check::Putty),
        ("{alnum:3}8Q~{alnum:31}{entra-sum:3}", Check::EntraSecret),
        ("pypi-{pypi-macaroon}", Check::PypiToken),
        ("sntrys_{sentry-payload}_{alnum:43}", Check::SentryToken),
        ("glc_{grafana-cloud}", Check::GrafanaCloudToken),
        ("{grafana-legacy}", Check::GrafanaCloudToken),
        ("{azure-signed:AzSe/39}", Check::AzureKey),
        ("{azure-signed:AzFu/40}", Check::AzureKey),
        ("{der-base64:EC PRIVATE KEY}", Check::DerKey),
        ("ops_{onepassword}", Check::OnepasswordToken),
        ("hvs.{vault-signed}", Check::VaultToken),
        ("{jfrog-reference}", Check::JfrogToken),
        ("sk.{mapbox-payload}.{alnum:22}", Check::MapboxToken),
        ("nsec1{bech32:52}", Check::Bech32),
        ("AGE-SECRET-KEY-1{bech32:52}", Check::Bech32),
        ("{elastic-key}", Check::ElasticKey),
        ("{atlassian-pat}", Check::AtlassianPat),
        ("{wif}", Check::Base58Check),
        ("{xprv}", Check::Base58Check),
        ("{bip39:12}", Check::Bip39),
        ("{bip39:24}", Check::Bip39),
        ("{nats-seed}", Check::NatsSeed),
        ("{stellar-seed}", Check::StellarSeed),
        ("{matrix-recovery}", Check::MatrixRecoveryKey),
        ("{pem:PRIVATE KEY}", Check::Pem),
        ("{pem:RSA PRIVATE KEY}", Check::Pem),
        ("{pem:EC PRIVATE KEY}", Check::Pem),
        ("{pem:OPENSSH PRIVATE KEY}", Check::Pem),
        ("{pem:PGP PRIVATE KEY BLOCK}", Check::Pem),
        ("{pem-line:PRIVATE KEY}", Check::Pem),
        ("{pem-base64:RSA PRIVATE KEY}", Check::PemBase64),
    ] {
        for seed in 0..40 {
            let text = expand(template, seed).unwrap();
            let verdict = run(check, text.as_bytes());
            assert!(matches!(verdict, Verdict::Proved(_)), "{template}: {verdict:?}: {text}");
        }
    }
}

#[test]
fn pieces_that_prove_less() {
    for seed in 0..40 {
        let verdict = |template, check| run(check, expand(template, seed).unwrap().as_bytes());
        assert!(matches!(verdict("{fernet}", Check::FernetToken), Verdict::Noted(_)));
        assert!(matches!(verdict("AKIA{aws-key-id}", Check::AwsKeyId), Verdict::Noted(_)));
        assert_eq!(verdict("{wireguard}", Check::WireguardKey), Verdict::Holds);
        assert_eq!(verdict("{solana-key}", Check::Base58 { bytes: 64 }), Verdict::Holds);
        let locked = verdict("{pem:ENCRYPTED PRIVATE KEY}", Check::Pem);
        assert!(matches!(locked, Verdict::Harmless(_)));
        assert!(matches!(verdict("{jwt}", Check::Jwt), Verdict::Holds));
    }
}

#[test]
fn a_token_begins_after_a_mark() {
    for before in ["ab", "x ab", "x=«ab", "x: \"ab", "x: 'ab", "é«ab"] {
        assert_eq!(super::token(before), "ab");
    }
    assert_eq!(super::token("x=«"), "");
}

#[test]
fn mistakes_are_named() {
    assert!(expand("{bip39:13}", 1).is_err() && expand("{bip39}", 1).is_err());
    assert!(expand("{azure-key}", 1).is_err() && expand("{azure-signed:abcd/32}", 1).is_err());
    assert!(expand("{azure-signed:+ASt/3}", 1).is_err());
    let shape = expand("{nats-seed}", 1).unwrap();
    assert!(shape.len() == 58 && shape.starts_with("SU"));
}
