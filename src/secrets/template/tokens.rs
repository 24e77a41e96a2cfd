//! Pieces with an inner structure: tokens whose checksum is right, keys whose body is one.
//!
//! Written against the published formats, not against the checks, so that each tests the other.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::check::azure;
use super::super::encoding::{base62_six, base64};
use super::super::sums::{crc16, crc24, crc32, double_sha256, sha256};
use super::{ALNUM, BASE32, BASE64, BASE64URL, DIGIT, LOWER_ALNUM, Random, encode};

/// The token that `before` ends in: what follows the last `«`, quote or blank.
pub(super) fn token(before: &str) -> &str {
    let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '«' | '"' | '\'' | '`'));
    start.map_or(before, |at| {
        let width = before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        before.get(at + width..).unwrap_or_default()
    })
}

/// Expands one piece; the error says what is wrong with it. An unknown name is one.
pub(super) fn expand(
    name: &str,
    argument: &str,
    before: &str,
    random: &mut Random,
) -> Result<String, &'static str> {
    let sign = argument.split('/').next().unwrap_or_default();
    let service = || if sign.len() == 4 { Ok(sign) } else { Err("needs a service's four letters") };
    Ok(match name {
        "crc32-tail" => format!("{:08X}", crc32(token(before).as_bytes())),
        "crc32-body" => {
            let body = token(before).split_once('_').map_or("", |(_, body)| body);
            format!("{:08x}", crc32(body.as_bytes()))
        }
        "matrix-sum" => matrix_sum(token(before)),
        "entra-sum" => text_of(&azure::entra_sum(token(before).as_bytes())),
        "aws-key-id" => aws_key_id(random),
        "gitlab-routable" => gitlab(token(before), random),
        "azure-key" => azure_key(service()?, random),
        "azure-signed" => {
            let bytes = argument.split('/').nth(1).and_then(|text| text.parse().ok());
            azure_signed(service()?, bytes.unwrap_or(64), random).ok_or("not a known service")?
        }
        "azure-devops" => azure_devops(random),
        "pypi-macaroon" => pypi(random),
        "sentry-payload" => json(
            &format!(
                r#"{{"iat":17{}.5,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"{}"}}"#,
                random.text(DIGIT, 8),
                random.text(LOWER_ALNUM, 10)
            ),
            BASE64,
        ),
        "grafana-legacy" => json(
            &format!(
                r#"{{"k":"{}","n":"ci-{}","id":1}}"#,
                random.text(ALNUM, 32),
                random.text(LOWER_ALNUM, 6)
            ),
            BASE64,
        ),
        "supabase" => {
            let header = encode(br#"{"alg":"HS256","typ":"JWT"}"#, BASE64URL);
            let issued = random.text(DIGIT, 8);
            let claims = format!(
                r#"{{"iss":"supabase","ref":"{}","role":"{argument}","iat":17{issued},"exp":20{issued}}}"#,
                random.text(super::LOWER, 20),
            );
            let claims = encode(claims.as_bytes(), BASE64URL);
            format!("{header}.{claims}.{}", random.text(BASE64URL, 43))
        }
        "der-base64" => {
            let block = pem(argument, "\n", random);
            block.lines().filter(|line| !line.starts_with('-')).collect()
        }
        "grafana-cloud" => json(
            &format!(
                r#"{{"o":"{}","n":"ci-{}","k":"{}","m":{{"r":"prod-eu-west-2"}}}}"#,
                random.text(DIGIT, 6),
                random.text(LOWER_ALNUM, 6),
                random.text(ALNUM, 24)
            ),
            BASE64,
        ),
        "onepassword" => json(
            &format!(
                r#"{{"signInAddress":"my.1password.com","email":"{}@1passwordserviceaccounts.com","secretKey":"A3-{}","muk":{{"k":"{}"}}}}"#,
                random.text(LOWER_ALNUM, 13),
                random.text(BASE32, 32),
                random.text(BASE64URL, 43)
            ),
            BASE64URL,
        ),
        "vault-signed" => {
            let mut message = vec![8, 1, 0x12, 32];
            message.extend(bytes(random, 32));
            message.extend([0x1a, 28, 0x0a, 24]);
            message.extend(random.text(ALNUM, 24).into_bytes());
            message.extend([0x10, 5]);
            encode(&message, BASE64URL)
        }
        "jfrog-reference" => {
            let text = format!("reftkn:01:17{}:{}", random.text(DIGIT, 8), random.text(ALNUM, 27));
            encode(text.as_bytes(), BASE64)
        }
        "mapbox-payload" => json(
            &format!(
                r#"{{"u":"{}","a":"cl{}"}}"#,
                random.text(LOWER_ALNUM, 10),
                random.text(LOWER_ALNUM, 23)
            ),
            BASE64URL,
        ),
        "fernet" => {
            let mut message = vec![0x80, 0, 0, 0, 0];
            message.extend((1_700_000_000 + (random.next() % 50_000_000) as u32).to_be_bytes());
            message.extend(bytes(random, 16 + 48 + 32));
            padded(&message, BASE64URL)
        }
        "wif" => {
            let mut key = vec![0x80];
            key.extend(bytes(random, 32));
            key.push(1);
            base58_check(key)
        }
        "xprv" => {
            let mut key = vec![0x04, 0x88, 0xad, 0xe4, 0];
            key.extend([0; 8]);
            key.extend(bytes(random, 32));
            key.push(0);
            key.extend(bytes(random, 32));
            base58_check(key)
        }
        "bip39" => phrase(argument, random)?,
        "nats-seed" => {
            // A seed (18) of a user (20), in five bits each.
            let mut key = vec![18 << 3 | 20 >> 2, (20 & 3) << 6];
            key.extend(bytes(random, 32));
            let sum = crc16(&key).to_le_bytes();
            key.extend(sum);
            base32(&key)
        }
        "stellar-seed" => {
            let mut key = vec![18 << 3];
            key.extend(bytes(random, 32));
            let sum = crc16(&key).to_le_bytes();
            key.extend(sum);
            base32(&key)
        }
        "elastic-key" => {
            let pair = format!("{}:{}", random.text(BASE64URL, 20), random.text(BASE64URL, 22));
            padded(pair.as_bytes(), BASE64)
        }
        "atlassian-pat" => {
            let mut pair = format!("{}:", random.text(DIGIT, 12)).into_bytes();
            pair.extend(bytes(random, 20));
            encode(&pair, BASE64)
        }
        "solana-key" => base58(&bytes(random, 64)),
        "matrix-recovery" => {
            let mut key = vec![0x8b, 1];
            key.extend(bytes(random, 32));
            key.push(key.iter().fold(0, |sum, byte| sum ^ byte));
            let text = base58(&key);
            let groups: Vec<String> = text.as_bytes().chunks(4).map(text_of).collect();
            groups.join(" ")
        }
        "wireguard" => {
            let mut key = bytes(random, 32);
            if let [first, .., last] = key.as_mut_slice() {
                *first &= 0xf8;
                *last = *last & 0x3f | 0x40;
            }
            padded(&key, BASE64)
        }
        "putty-lines" => {
            let numbers: Vec<u8> = [128, 64, 64, 63]
                .into_iter()
                .flat_map(|count| {
                    let mut number = (count as u32).to_be_bytes().to_vec();
                    number.extend(bytes(random, count));
                    number
                })
                .collect();
            let text = padded(&numbers, BASE64);
            let lines: Vec<String> = text.as_bytes().chunks(64).map(text_of).collect();
            lines.join("\n")
        }
        "pem" => pem(argument, "\n", random),
        "pem-line" => pem(argument, "\\n", random),
        "pem-base64" => padded(pem(argument, "\n", random).as_bytes(), BASE64),
        _ => return Err("is not a known piece"),
    })
}

/// Random bytes whose base64 is as random as [`Random::text`].
fn bytes(random: &mut Random, count: usize) -> Vec<u8> {
    let text = random.text(BASE64, count.div_ceil(3) * 4);
    let mut bytes = base64(text.as_bytes()).unwrap_or_default();
    bytes.truncate(count);
    bytes
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn padded(bytes: &[u8], alphabet: &[u8]) -> String {
    let mut text = encode(bytes, alphabet);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Base64 of JSON; a blank after the brace makes the length a multiple of three, so that no padding is
/// needed.
fn json(text: &str, alphabet: &[u8]) -> String {
    let mut text = text.to_owned();
    while !text.len().is_multiple_of(3) {
        text.insert(text.len() - 1, ' ');
    }
    encode(text.as_bytes(), alphabet)
}

/// Base62 of the CRC-32, least digit first for the authentication service's tokens.
fn matrix_sum(before: &str) -> String {
    let body = before.strip_suffix('_').unwrap_or(before);
    let sum = text_of(&base62_six(crc32(body.as_bytes())));
    if body.starts_with("syt") || body.starts_with("syr") {
        return sum;
    }
    let digits: String = sum.trim_start_matches('0').chars().rev().collect();
    format!("{digits:0>6}")
}

/// Sixteen characters of base32 with an account below 10^12 in the second to the forty-first bit.
fn aws_key_id(random: &mut Random) -> String {
    let account = 100_000_000_000 + random.next() % 800_000_000_000;
    let head = ((1 << 47) | (account << 7) | (random.next() % 128)).to_be_bytes();
    let mut id = head.get(2..).unwrap_or_default().to_vec();
    id.extend(bytes(random, 4));
    base32(&id)
}

fn gitlab(prefix: &str, random: &mut Random) -> String {
    let payload = random.text(BASE64URL, 27);
    let counted = format!("{prefix}{payload}.01.0r");
    let mut sum = crc32(counted.as_bytes());
    let mut digits = [b'0'; 7];
    for slot in digits.iter_mut().rev() {
        *slot = b"0123456789abcdefghijklmnopqrstuvwxyz"
            .get((sum % 36) as usize)
            .copied()
            .unwrap_or(b'0');
        sum /= 36;
    }
    format!("{payload}.01.0r{}", text_of(&digits))
}

fn azure_key(service: &str, random: &mut Random) -> String {
    let body = format!("{}JQQJ99BF{}{service}", random.text(ALNUM, 52), random.text(ALNUM, 16));
    let sum = azure::annotated_sum(body.as_bytes()).unwrap_or_default();
    body + &text_of(&sum)
}

/// Letters and digits only, as the services that show their keys in addresses make them; the sum decides, so
/// a few are tried.
fn azure_signed(service: &str, count: usize, random: &mut Random) -> Option<String> {
    let length = (count * 4).div_ceil(3);
    let counted = length.checked_sub(10)?;
    for _ in 0..200 {
        let text = format!("{}{service}AAAAAA", random.text(ALNUM, counted));
        let key = base64(text.as_bytes())?;
        let body = key.get(..count.checked_sub(4)?)?;
        let sum = azure::signed_sum(body, service.as_bytes())?;
        let text = padded(&[body, &sum].concat(), BASE64);
        if text.bytes().filter(|b| matches!(b, b'+' | b'/')).count() == service.matches('+').count()
        {
            return Some(text);
        }
    }
    None
}

fn azure_devops(random: &mut Random) -> String {
    let body = bytes(random, 28);
    let [low, b, c, high] = (crc32(&body) ^ 0xE0B9_692D).to_le_bytes();
    let mut token = body;
    token.insert(2, high);
    token.insert(7, c);
    token.insert(8, b);
    token.insert(22, low);
    base32(&token).to_ascii_lowercase()
}

fn pypi(random: &mut Random) -> String {
    let field = |kind: u8, content: &[u8]| {
        let mut field = vec![kind, content.len() as u8];
        field.extend_from_slice(content);
        field
    };
    let id = random.text(LOWER_ALNUM, 36);
    let mut macaroon = vec![2];
    macaroon.extend(field(1, b"pypi.org"));
    macaroon.extend(field(2, id.as_bytes()));
    macaroon.push(0);
    macaroon.extend(field(2, br#"[3,"6a6f7e8c"]"#));
    macaroon.extend([0, 0]);
    macaroon.extend(field(6, &bytes(random, 32)));
    encode(&macaroon, BASE64URL)
}

fn base58(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).map(|_| &0);
    let all = zeros.chain(digits.iter().rev());
    all.filter_map(|&digit| DIGITS.get(usize::from(digit)).map(|&b| char::from(b))).collect()
}

fn base58_check(mut key: Vec<u8>) -> String {
    let sum = double_sha256(&key);
    key.extend(sum);
    base58(&key)
}

fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    (0..(bytes.len() * 8).div_ceil(5))
        .filter_map(|group| {
            let digit = (0..5).fold(0, |sum, at| sum << 1 | usize::from(bit(group * 5 + at)));
            BASE32.get(digit).map(|&b| char::from(b))
        })
        .collect()
}

fn phrase(argument: &str, random: &mut Random) -> Result<String, &'static str> {
    let words: usize = argument.parse().map_err(|_| "needs a number of words")?;
    if !matches!(words, 12 | 15 | 18 | 21 | 24) {
        return Err("needs 12, 15, 18, 21 or 24 words");
    }
    let mut entropy = bytes(random, words / 3 * 4);
    let sum = sha256(&entropy);
    entropy.extend(sum.first());
    let bit = |at: usize| entropy.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let chosen: Vec<&str> = (0..words)
        .filter_map(|word| {
            let index = (0..11).fold(0, |sum, at| sum << 1 | usize::from(bit(word * 11 + at)));
            super::super::check::bip39_word(index)
        })
        .collect();
    Ok(chosen.join(" "))
}

/// An element of DER with a content below 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    let [high, low] = (content.len() as u16).to_be_bytes();
    match content.len() {
        0..=0x7f => element.push(low),
        0x80..=0xff => element.extend([0x81, low]),
        _ => element.extend([0x82, high, low]),
    }
    element.extend_from_slice(content);
    element
}

fn pem(label: &str, line_break: &str, random: &mut Random) -> String {
    const VERSION_0: &[u8] = &[2, 1, 0];
    const VERSION_1: &[u8] = &[2, 1, 1];
    /// rsaEncryption with its null.
    const RSA: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    /// prime256v1, tagged as SEC1 has it.
    const P256: &[u8] = &[0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// pkcs5PBES2.
    const PBES2: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
    // A number's first bit is its sign.
    let number = |random: &mut Random, count| {
        let mut content = vec![0x5a];
        content.extend(bytes(random, count));
        der(2, &content)
    };
    let mut sum = None;
    let body = match label {
        "PRIVATE KEY" => {
            let key = der(4, &bytes(random, 320));
            der(0x30, &[VERSION_0, RSA, &key].concat())
        }
        "RSA PRIVATE KEY" | "DSA PRIVATE KEY" => {
            let numbers = [number(random, 128), vec![2, 3, 1, 0, 1], number(random, 127)].concat();
            der(0x30, &[VERSION_0, &numbers].concat())
        }
        "EC PRIVATE KEY" => {
            let key = der(4, &bytes(random, 32));
            let public = [&[0, 4], bytes(random, 64).as_slice()].concat();
            let public = [P256, &der(0xa1, &der(3, &public))].concat();
            der(0x30, &[VERSION_1, &key, &public].concat())
        }
        "ENCRYPTED PRIVATE KEY" => {
            let scheme = der(0x30, &[PBES2, &der(0x30, &bytes(random, 60))].concat());
            der(0x30, &[scheme, der(4, &bytes(random, 200))].concat())
        }
        "OPENSSH PRIVATE KEY" => openssh(random),
        "PGP PRIVATE KEY BLOCK" => {
            let mut packet = vec![0x95, 1, 4, 4];
            packet.extend(bytes(random, 259));
            sum = Some(crc24(&packet));
            packet
        }
        _ => bytes(random, 288),
    };
    let text = padded(&body, BASE64);
    let mut lines: Vec<String> = text.as_bytes().chunks(64).map(text_of).collect();
    if let Some(sum) = sum {
        lines.push(format!("={}", encode(sum.to_be_bytes().get(1..).unwrap_or_default(), BASE64)));
        lines.insert(0, String::new());
    }
    let dashes = "-".repeat(5);
    let body = lines.join(line_break);
    format!(
        "{dashes}BEGIN {label}{dashes}{line_break}{body}{line_break}{dashes}END {label}{dashes}"
    )
}

fn openssh(random: &mut Random) -> Vec<u8> {
    let string = |content: &[u8]| {
        let mut string = (content.len() as u32).to_be_bytes().to_vec();
        string.extend_from_slice(content);
        string
    };
    let public = [string(b"ssh-ed25519"), string(&bytes(random, 32))].concat();
    let check = bytes(random, 4);
    let mut private = [check.clone(), check, public.clone(), string(&bytes(random, 64))].concat();
    private.extend(string(b"svc@backup"));
    private.extend((1..).take(private.len().next_multiple_of(8) - private.len()));
    let mut key = b"openssh-key-v1\0".to_vec();
    for field in [&b"none"[..], b"none", b""] {
        key.extend(string(field));
    }
    key.extend(1_u32.to_be_bytes());
    key.extend(string(&public));
    key.extend(string(&private));
    key
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
