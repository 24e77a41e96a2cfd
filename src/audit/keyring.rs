//! The keys the caller trusts: secrets for MACs, public keys for signatures.
//!
//! A key is what its file says and nothing the log says. Secrets come as people store them (raw, hex, base64); which of
//! the readings was meant shows where a MAC fits.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Verifier as _;
use sha2::Sha256;

use super::note::Verifier;
use super::profile::SealKind;

/// HMAC-SHA256.
pub type HmacSha256 = Hmac<Sha256>;

/// The keys given to one run.
#[derive(Default)]
pub struct Keyring {
    secrets: Vec<(Option<String>, Vec<Vec<u8>>)>,
    public: Vec<(Option<String>, Public)>,
}

/// A public key.
#[derive(Clone)]
enum Public {
    Ed25519(VerifyingKey),
    P256(Box<p256::ecdsa::VerifyingKey>),
}

/// What came of checking a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is of a trusted key.
    Good,
    /// It is of none of the trusted keys.
    Bad,
    /// No key of its kind was given.
    NoKey,
}

impl std::fmt::Debug for Keyring {
    /// Counts only: a secret never reaches an output.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({} secrets, {} public)", self.secrets.len(), self.public.len())
    }
}

impl Keyring {
    /// Adds a secret as it stands in its file, for the key `name` of a profile, or for any.
    pub fn add_secret(&mut self, name: Option<String>, content: &[u8]) {
        let trimmed = content.trim_ascii();
        let mut readings = Vec::new();
        if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(trimmed)
            && bytes.len() >= 16
        {
            readings.push(bytes);
        }
        for encoding in [&BASE64, &BASE64URL_NOPAD] {
            if let Ok(bytes) = encoding.decode(trimmed)
                && bytes.len() >= 16
            {
                readings.push(bytes);
            }
        }
        readings.push(trimmed.to_vec());
        if content != trimmed {
            readings.push(content.to_vec());
        }
        readings.dedup();
        self.secrets.push((name, readings));
    }

    /// Adds a public key: a verification key of a signed note, PEM, JWK, or its bytes in hex or base64. Gives whether
    /// it was understood.
    pub fn add_public(&mut self, name: Option<String>, text: &str) -> bool {
        let keys = public_keys(text);
        let any = !keys.is_empty();
        self.public.extend(keys.into_iter().map(|key| (name.clone(), key)));
        any
    }

    /// Whether a secret for `name` was given.
    #[must_use]
    pub fn has_secret(&self, name: &str) -> bool {
        self.readings(name).next().is_some()
    }

    /// The readings of the secrets for `name`.
    pub fn readings(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let fits = fits(name);
        self.secrets
            .iter()
            .filter(move |(known, _)| fits(known.as_deref()))
            .flat_map(|(_, readings)| readings.iter().map(Vec::as_slice))
    }

    /// Whether a public key for a seal of `kind` and `name` was given.
    #[must_use]
    pub fn can_check(&self, kind: SealKind, name: &str) -> bool {
        let fits = fits(name);
        match kind {
            SealKind::HmacSha256 => self.has_secret(name),
            SealKind::Ed25519 => self
                .public
                .iter()
                .any(|(known, key)| fits(known.as_deref()) && matches!(key, Public::Ed25519(_))),
            SealKind::Es256 => self
                .public
                .iter()
                .any(|(known, key)| fits(known.as_deref()) && matches!(key, Public::P256(_))),
        }
    }

    /// Checks `signature` over `message` with every key for `name`.
    #[must_use]
    pub fn check(&self, kind: SealKind, name: &str, message: &[u8], signature: &[u8]) -> Checked {
        if kind == SealKind::HmacSha256 {
            let mut known = false;
            for secret in self.readings(name) {
                known = true;
                if let Ok(mut mac) = HmacSha256::new_from_slice(secret) {
                    mac.update(message);
                    if mac.verify_slice(signature).is_ok() {
                        return Checked::Good;
                    }
                }
            }
            return if known { Checked::Bad } else { Checked::NoKey };
        }
        let fits = fits(name);
        let mut known = false;
        for (_, key) in self.public.iter().filter(|(known, _)| fits(known.as_deref())) {
            let good = match (key, kind) {
                (Public::Ed25519(key), SealKind::Ed25519) => Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
                (Public::P256(key), SealKind::Es256) => {
                    p256::ecdsa::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
                }
                _ => continue,
            };
            if good {
                return Checked::Good;
            }
            known = true;
        }
        if known { Checked::Bad } else { Checked::NoKey }
    }
}

/// A key given without a name is for any; one with a name for that one.
fn fits(name: &str) -> impl Fn(Option<&str>) -> bool + '_ {
    move |known| known.is_none_or(|known| known == name)
}

/// Checks a signature with a key that the log itself names: it shows who the record says it is from, no more.
#[must_use]
pub fn fits_its_own_key(kind: SealKind, key: &str, message: &[u8], signature: &[u8]) -> bool {
    let mut ring = Keyring::default();
    let key = key.rsplit(':').next().unwrap_or(key);
    ring.add_public(None, key) && ring.check(kind, "", message, signature) == Checked::Good
}

fn public_keys(text: &str) -> Vec<Public> {
    let text = text.trim();
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        return BASE64
            .decode(body.trim().as_bytes())
            .ok()
            .and_then(|der| spki(&der))
            .into_iter()
            .collect();
    }
    if text.starts_with('{') {
        return jwks(text);
    }
    if let Ok(verifier) = Verifier::parse(text) {
        return vec![Public::Ed25519(*verifier.key())];
    }
    [
        HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        BASE64.decode(text.as_bytes()),
        BASE64_NOPAD.decode(text.as_bytes()),
        BASE64URL_NOPAD.decode(text.as_bytes()),
    ]
    .into_iter()
    .flatten()
    .find_map(|bytes| raw(&bytes).or_else(|| spki(&bytes)))
    .into_iter()
    .collect()
}

/// 32 bytes are Ed25519; 33, 65 or 64 a point of P-256.
fn raw(bytes: &[u8]) -> Option<Public> {
    if let Ok(bytes) = <&[u8; 32]>::try_from(bytes) {
        return VerifyingKey::from_bytes(bytes).ok().map(Public::Ed25519);
    }
    let point = |bytes: &[u8]| {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).ok()?;
        Some(Public::P256(Box::new(key)))
    };
    match bytes.len() {
        33 | 65 => point(bytes),
        64 => point(&[&[4], bytes].concat()),
        _ => None,
    }
}

/// RFC 8410 and RFC 5480: the two kinds of key have one fixed header each.
fn spki(der: &[u8]) -> Option<Public> {
    const ED25519: &[u8] =
        &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    const P256: &[u8] = &[
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    der.strip_prefix(ED25519).or_else(|| der.strip_prefix(P256)).and_then(raw)
}

/// One JSON Web Key, or a set of them.
fn jwks(text: &str) -> Vec<Public> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let one = |key: &serde_json::Value| {
        let part = |name: &str| {
            let text = key.get(name)?.as_str()?.trim_end_matches('=');
            BASE64URL_NOPAD.decode(text.as_bytes()).ok()
        };
        match key.get("kty")?.as_str()? {
            "OKP" => raw(&part("x")?),
            "EC" => raw(&[part("x")?, part("y")?].concat()),
            _ => None,
        }
    };
    match value.get("keys").and_then(serde_json::Value::as_array) {
        Some(keys) => keys.iter().filter_map(one).collect(),
        None => one(&value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_stored() {
        let signing = SigningKey::from_bytes(&[7; 32]);
        let public = signing.verifying_key().to_bytes();
        let signature = signing.sign(b"message").to_bytes();
        let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        der.extend_from_slice(&public);
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            BASE64.encode(&der)
        );
        let jwk = format!(
            "{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{}\"}}",
            BASE64URL_NOPAD.encode(&public)
        );
        let note = Verifier::new("log", signing.verifying_key()).unwrap().to_string();
        for text in [HEXLOWER_PERMISSIVE.encode(&public), BASE64.encode(&public), pem, jwk, note] {
            let mut ring = Keyring::default();
            assert!(ring.add_public(None, &text), "{text}");
            assert_eq!(ring.check(SealKind::Ed25519, "any", b"message", &signature), Checked::Good);
            assert_eq!(ring.check(SealKind::Ed25519, "any", b"another", &signature), Checked::Bad);
            assert_eq!(ring.check(SealKind::Es256, "any", b"message", &signature), Checked::NoKey);
        }
        assert!(!Keyring::default().add_public(None, "not a key"));
    }

    #[test]
    fn a_named_key_is_for_that_name_alone() {
        let mut ring = Keyring::default();
        ring.add_secret(Some("seal".to_owned()), b"0123456789abcdef0123456789abcdef\n");
        assert!(ring.has_secret("seal"));
        assert!(!ring.has_secret("other"));
        let mut mac = HmacSha256::new_from_slice(b"0123456789abcdef0123456789abcdef").unwrap();
        mac.update(b"message");
        let mac = mac.finalize().into_bytes();
        assert_eq!(ring.check(SealKind::HmacSha256, "seal", b"message", &mac), Checked::Good);
        assert_eq!(ring.check(SealKind::HmacSha256, "other", b"message", &mac), Checked::NoKey);
        assert_eq!(format!("{ring:?}"), "Keyring(1 secrets, 0 public)");
    }
}
