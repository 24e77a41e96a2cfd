//! Decides whether a value under a name is a credential, and how sure one can be.
//!
//! Three things are weighed: what the name promises, what the value looks like, and how it stands. A
//! person's password may look like anything, so its name counts most; a `key` is usually no secret, so
//! only a generated value makes it one.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::classify::{self, Kind, classify};
use super::super::name_kind::NameKind;
use super::super::nature::{Language, Nature};
use super::super::placeholder;
use super::super::spec::Confidence;
use super::super::substrings::{Substrings, holds};
use super::super::syntax::Separator;
use super::super::wording::Wording;
use super::strength::{Strength, is_dense, is_disguised, strength};
use super::value::Reading;

/// How much of a value is judged, in bytes.
const LONGEST: usize = 256;

/// No ciphertext of a SealedSecret is shorter.
const SEALED: usize = 200;

/// A confidence and why.
pub(super) type Verdict = Option<(Confidence, &'static str)>;

/// Judges `value`, which `reading` describes, under `name`.
pub(super) fn judge(
    name: &[u8],
    (kind, exact): (NameKind, bool),
    value: &[u8],
    reading: &Reading,
    nature: Nature,
) -> Verdict {
    // What a value looks like shows at its beginning.
    let value = value.get(..value.len().min(LONGEST)).unwrap_or(value);
    let least = match kind {
        NameKind::Password => 4,
        NameKind::Secret if ends_with(name, b"secret") => 6,
        _ => 8,
    };
    // A block of PEM has a detector of its own, which tells private from public.
    let keyed = value.starts_with(b"-----BEGIN ") || is_public_key(value);
    // The length of the wrapped key comes first: two bytes, which make `Ag`.
    let sealed = nature.sealed && value.len() >= SEALED && value.starts_with(b"Ag");
    if value.len() < least || nature.lock || keyed || sealed {
        return None;
    }
    let mut looks = strength(value);
    if looks == Strength::Nothing && reading.user && reading.quote.is_some() && is_phrase(value) {
        looks = Strength::Words;
    }
    if looks == Strength::Nothing
        || is_type(value)
        || reading.quote.is_none() && !holds_bare(kind, value, looks, reading, nature.language)
        || looks < reading.least
        || nature.translation && looks < Strength::Random
        || is_elsewhere(name, kind, value, looks, reading, nature.language)
    {
        return None;
    }
    // Base64 between two signs is no name.
    if name.len() >= 20 && strength(name) == Strength::Random {
        return None;
    }
    let (confidence, reason) = weigh(name, kind, value, looks, reading, nature.language)?;
    // An id as often as a secret.
    let groups = value.iter().filter(|b| **b == b'-').count();
    let uuid = (30..=38).contains(&value.len()) && groups == 4;
    let vague = uuid && !is_strong(name);
    if vague && (kind == NameKind::Weak || nature.example) {
        return None;
    }
    let lowered = !exact
        || (nature.test || nature.example) && is_disguised(value)
        || vague
        || reading.composed
        || nature.minified
        || matches!(reading.separator, Separator::Comparison | Separator::Copula)
        || nature.language == Language::Prose
            && reading.quote.is_none()
            && looks == Strength::Gibberish
            && !reading.heads
        || matches!(reading.separator, Separator::Argument | Separator::Comma)
            && looks < Strength::Gibberish;
    // What a program compares a password with is one, however weak.
    let compared = reading.separator == Separator::Comparison
        && reading.quote.is_some()
        && (kind == NameKind::Password || ends_with(name, b"secret"));
    if lowered
        && confidence == Confidence::Low
        && reading.separator != Separator::Copula
        && !compared
    {
        return None;
    }
    let confidence = if lowered { confidence.lowered() } else { confidence };
    let told = reading.separator == Separator::Copula && reading.quote.is_some();
    let asked = compared && kind == NameKind::Secret && value.len() >= 8;
    let login = exact
        && !holds(value, b"pass")
        && (reading.user || reading.sure || reading.exported || told || asked)
        && (!reading.inside || reading.chained)
        && !nature.example
        && !nature.test;
    if is_dense(value) {
        return Some((confidence, reason));
    }
    let held = match classify(value, &classify::Context::default()).kind {
        Kind::Literal => true,
        // What one tells the reader to put there is often what has been left there.
        Kind::Placeholder if kind == NameKind::Password && is_left(value) => {
            return Some((Confidence::Low, "a placeholder, or a weak password"));
        }
        Kind::Word => confidence == Confidence::Low || looks >= Strength::Gibberish,
        _ => false,
    };
    if login && confidence == Confidence::Low && !names_itself(name, value) {
        return held.then_some((Confidence::Medium, "the password of a log-in"));
    }
    held.then_some((confidence, reason))
}

/// Two or three small words: `open sesame`.
fn is_phrase(value: &[u8]) -> bool {
    let words = || value.split(|&b| b == b' ');
    value.len() <= 32
        && (2..=3).contains(&words().count())
        && words().all(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_lowercase))
}

/// A type's name, where a description of the data has the value: `password: 'string'`.
fn is_type(value: &[u8]) -> bool {
    const TYPES: [&str; 9] = [
        "string",
        "text",
        "varchar",
        "object",
        "char",
        "boolean",
        "number",
        "integer",
        "undefined",
    ];
    TYPES.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// A word or two that may have stayed a password: no brackets, no dots, no instruction.
fn is_left(value: &[u8]) -> bool {
    value.iter().all(|b| b.is_ascii_alphanumeric() || b"_-!@#".contains(b))
        && !value.iter().all(|b| matches!(b, b'x' | b'X'))
        && placeholder::unneeded(value).is_none()
}

/// Whether a value without quotes is a value at all: outside of strings, code and prose hold words
/// everywhere.
fn holds_bare(
    kind: NameKind,
    value: &[u8],
    looks: Strength,
    reading: &Reading,
    language: Language,
) -> bool {
    if !reading.alone && reading.separator != Separator::Space
        || matches!(value.first(), Some(b'$' | b'&' | b'*' | b'@' | b'%' | b'[' | b'{' | b'(' | b'<'))
        || language == Language::Yaml && value.first() == Some(&b'!')
        // `prog,link`: several things.
        || value.contains(&b',') && !value.iter().any(u8::is_ascii_digit)
        || value.iter().any(|b| b"({[".contains(b)) && looks < Strength::Random
        || reading.separator == Separator::Comparison && looks < Strength::Random
    {
        return false;
    }
    if reading.separator == Separator::Tag || reading.sure {
        return true;
    }
    // A value of several settings in a row, of an environment or of a log-in; in code it is a variable's name.
    let text = (!language.quotes_strings() || reading.comment) && !value.contains(&b'=');
    if kind == NameKind::Password
        && (reading.chained && (text || reading.inside)
            || text && !reading.inside && (reading.exported || reading.user))
    {
        return true;
    }
    let told =
        looks >= Strength::Gibberish && (kind == NameKind::Password || looks > Strength::Gibberish);
    if reading.inside {
        // `"PASS: the test"`: what is told to a reader.
        let spoken = reading.separator == Separator::Colon
            && !reading.scheme
            && kind != NameKind::Authorization;
        let weakest = if spoken { Strength::Random } else { Strength::Gibberish };
        let clean = !value.iter().any(|b| b"){},|<>".contains(b));
        return clean && told && looks >= weakest;
    }
    match language {
        Language::Code | Language::Script | Language::Json => {
            let least =
                if kind == NameKind::Password { Strength::Gibberish } else { Strength::Random };
            let comment =
                reading.comment && looks >= least && !value.iter().any(|b| b",:(){}".contains(b));
            (reading.separator == Separator::Space || comment) && told
        }
        Language::Prose | Language::Markup if reading.separator == Separator::Space => told,
        Language::Prose | Language::Markup => {
            let set = kind == NameKind::Password
                && (reading.separator == Separator::Equals || reading.heads);
            let clean = !value.iter().any(|b| b"){},|<>".contains(b));
            told && clean && (set || looks > Strength::Gibberish)
        }
        Language::Config | Language::Yaml | Language::Shell => {
            kind == NameKind::Password || looks >= Strength::Gibberish || kind == NameKind::Secret
        }
    }
}

/// Whether the value speaks of a secret that is kept elsewhere, or of none.
fn is_elsewhere(
    name: &[u8],
    kind: NameKind,
    value: &[u8],
    looks: Strength,
    reading: &Reading,
    language: Language,
) -> bool {
    // A shell fills in `$name` anywhere.
    let filled = |w: &[u8]| matches!(w, [b'$', b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'{']);
    let digits = value.iter().any(u8::is_ascii_digit);
    let expands = language == Language::Shell
        || reading.quote.is_none() && matches!(language, Language::Prose | Language::Markup);
    // Whoever has no password on a file server gives an address.
    is_email(value) && (kind != NameKind::Password || looks < Strength::Random)
        || expands && value.windows(2).any(filled)
        || reading.separator == Separator::Copula
            && reading.quote.is_none()
            && (looks < Strength::Mixed || !digits)
        // The scope of a signed address: `X-Amz-Credential=id/date/region`.
        || ends_with(name, b"credential") && value.iter().any(|b| matches!(b, b'/' | b'%'))
        || looks < Strength::Random
            && names_itself(name, value)
            && !(kind == NameKind::Password && is_used(value, reading))
        || is_type_of(value)
}

/// True when a word such as `mypassword` is a password all the same, because it is one of a log-in or no one
/// would name a field so.
fn is_used(value: &[u8], reading: &Reading) -> bool {
    const BEGINNINGS: [&[u8]; 6] = [b"my", b"this", b"the", b"secret", b"super", b"some"];
    let lower = value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let told = reading.user || reading.sure || reading.chained;
    told && !value.contains(&b'=')
        || reading.separator == Separator::Copula
            && reading.quote.is_some()
            && value.iter().any(u8::is_ascii_digit)
        || lower && value.len() >= 10 && BEGINNINGS.iter().any(|word| value.starts_with(word))
}

/// What the name and the look of the value are worth together.
fn weigh(
    name: &[u8],
    kind: NameKind,
    value: &[u8],
    looks: Strength,
    reading: &Reading,
    language: Language,
) -> Verdict {
    use Confidence::{High, Low, Medium};
    use Strength::{Gibberish, Mixed, Nothing, Numbered, Random, Words};
    let bare = reading.quote.is_none();
    let plain = matches!(language, Language::Config | Language::Yaml);
    let long = value.len() >= 5 || (!bare || reading.inside) && name.len() >= 6;
    match (kind, looks) {
        (NameKind::Password, Random) => Some((High, "a generated value under a password's name")),
        (NameKind::Password, Mixed) => Some((Medium, "a value under a password's name")),
        (NameKind::Password, Gibberish) if long => {
            Some((Medium, "a value under a password's name"))
        }
        (NameKind::Password, Numbered) => Some((Low, "a numbered word under a password's name")),
        (NameKind::Password, Words | Gibberish) => Some((Low, "a word under a password's name")),
        (NameKind::Secret | NameKind::Authorization, Random) => {
            Some((High, "a generated value under a secret's name"))
        }
        (NameKind::Secret | NameKind::Authorization, Mixed | Gibberish)
            if is_mixed_enough(value) && (value.len() >= 8 || !bare || plain) =>
        {
            Some((Medium, "no word under a secret's name"))
        }
        (NameKind::Secret, Mixed)
            if !bare
                && ends_with(name, b"secret")
                && value.iter().any(u8::is_ascii_punctuation) =>
        {
            // No name has a sign such as `#` in it.
            let chosen = value.len() >= 12 && value.iter().any(|b| b"!@#$%^&*".contains(b));
            Some((if chosen { Medium } else { Low }, "no word under a secret's name"))
        }
        (NameKind::Secret, Numbered | Words)
            if (plain || reading.separator == Separator::Comparison)
                && reading.quote != Some(b'`')
                && ends_with(name, b"secret") =>
        {
            Some((Low, "a word under a secret's name"))
        }
        // Made with a key, and sent to whoever checks it.
        (NameKind::Weak, Random) if is_signature(name) => Some((Low, "a signature")),
        (NameKind::Weak, Random) => Some((Medium, "a generated value under the name of a key")),
        (NameKind::Weak, Mixed)
            if is_mixed_enough(value)
                && value.iter().any(u8::is_ascii_digit)
                && bare == reading.inside =>
        {
            Some((Low, "no word under the name of a key"))
        }
        (NameKind::Secret | NameKind::Authorization | NameKind::Weak, _)
        | (NameKind::Password, Nothing) => None,
    }
}

fn ends_with(name: &[u8], word: &[u8]) -> bool {
    name.len()
        .checked_sub(word.len())
        .and_then(|at| name.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// `X-Hub-Signature`, `sig`: what a key has signed with is shown to everybody.
fn is_signature(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 3] = [b"signature", b"sig", b"hmac"];
    WORDS.iter().any(|word| ends_with(name, word))
}

/// A name that speaks of a secret even when an id stands under it.
fn is_strong(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"secret", b"pass", b"apikey", b"api_key", b"access", b"auth", b"bearer", b"refresh"];
    WORDS.iter().any(|word| holds(name, word))
}

/// The first bytes of a public key in base64: the algorithms RSA, P-256, P-384 and Ed25519 of RFC 5280.
fn is_public_key(value: &[u8]) -> bool {
    const HEADS: [&[u8]; 5] = [
        b"MIIBIjANBgkqhkiG9w0B",
        b"MIGfMA0GCSqGSIb3DQEB",
        b"MFkwEwYHKoZIzj0C",
        b"MHYwEAYHKoZIzj0C",
        b"MCowBQYDK2Vw",
    ];
    HEADS.iter().any(|head| value.starts_with(head))
}

fn is_email(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|&b| b == b'@') else { return false };
    let (user, host) = value.split_at_checked(at).unwrap_or_default();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    user.iter().all(plain)
        && host.contains(&b'.')
        && host.iter().skip(1).all(plain)
        && host.last().is_some_and(u8::is_ascii_alphabetic)
}

/// A digit, or letters that make no words: `ibm,get-vpd` has neither.
fn is_mixed_enough(value: &[u8]) -> bool {
    let wording = Wording::of(value);
    wording.is_gibberish() || value.iter().any(u8::is_ascii_digit) && !wording.is_wordy()
}

/// `X64V3Token`: a type that is called by what it is.
fn is_type_of(value: &[u8]) -> bool {
    const WORDS: [&[u8]; 4] = [b"Token", b"Secret", b"Password", b"Key"];
    value.len() < 32
        && value.first().is_some_and(u8::is_ascii_uppercase)
        && value.iter().all(|b| b.is_ascii_alphanumeric())
        && WORDS.iter().any(|word| value.ends_with(word))
}

/// True when the value repeats a word of its name: `password = "userPassword"`, `"token": "token1"`.
fn names_itself(name: &[u8], value: &[u8]) -> bool {
    static WORDS: Substrings<10> = Substrings::new(&[
        "password",
        "passwd",
        "secret",
        "token",
        "passphrase",
        "credential",
        "apikey",
        "api_key",
        "api-key",
        "auth",
    ]);
    static KEYS: Substrings<2> = Substrings::new(&["_key", "-key"]);
    WORDS.is_in(value)
        || value.len() < 40 && (KEYS.is_in(value) || value.windows(3).any(|w| w == b"Key"))
        || name.eq_ignore_ascii_case(value)
}
