//! The vocabulary and the patterns of values that stand for a secret without being one.
//!
//! Substrings are tested without regard to case; each is long enough that a random token of a hundred
//! characters holds one with a chance of less than one in ten thousand.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::substrings::Substrings;

static TELLING_SET: Substrings<{ TELLING.len() }> = Substrings::new(TELLING);
static STRICT_SET: Substrings<{ TELLING_STRICT.len() }> = Substrings::new(TELLING_STRICT);
/// What stands in place of a masked secret.
static MASKED: Substrings<2> = Substrings::new(&["redact", "[masked"]);

/// Telling substrings, lower case.
const TELLING: &[&str] = &[
    "dummy",
    "replace",
    "change_me",
    "change-me",
    "changeme",
    "change.me",
    "change this",
    "changethis",
    "change-this",
    "change_this",
    "your_",
    "your-",
    "yourapi",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourpass",
    "your api",
    "your key",
    "your token",
    "example",
    "sample",
    "xxxx",
    "fill_in",
    "fill-in",
    "fillin",
    "fill_me",
    "set-via",
    "set_via",
    "setvia",
    "placeholder",
    "insert",
    "paste-",
    "paste_",
    "notreal",
    "not-real",
    "not_real",
    "exposedkey",
    "goes-here",
    "goes_here",
    "goeshere",
    "_here",
    "-here",
    "todo",
    "qwerty",
    "asdfgh",
    "lorem",
    "deadbeef",
    "cafebabe",
    "foobar",
    "not-a-secret",
    "not_a_secret",
    "notasecret",
    "fake-",
    "fake_",
    "-fake",
    "_fake",
    "invalid",
    "generate-with",
    "generate_with",
];

/// Telling substrings that chance cannot put in a token of a known shape.
const TELLING_STRICT: &[&str] = &[
    "dummy",
    "replace",
    "change_me",
    "change-me",
    "changeme",
    "your_",
    "your-",
    "yourapi",
    "yourkey",
    "yourtoken",
    "example",
    "sample",
    "xxxx",
    "fill_in",
    "placeholder",
    "exposedkey",
    "qwerty",
    "asdfgh",
    "deadbeef",
    "foobar",
    "testtest",
    "notreal",
    "abcdef0123",
    "insert",
    // The published key of the storage emulator.
    "eby8vdm02xnocqflqu",
];

/// The longest of the words that follow, in bytes.
const LONGEST_WORD: usize = 18;

/// Whole values, lower case; with Hermes's own list of values that mean "no key".
const WHOLE: &[&str] = &[
    "changeme",
    "your_api_key",
    "your_api_key_here",
    "your-api-key",
    "placeholder",
    "example",
    "dummy",
    "fixme",
    "xxx",
    "tbd",
    "redacted",
    "hidden",
    "masked",
    "foo",
    "bar",
    "baz",
    "...",
    "test",
    "secret-key",
    "mytoken",
    "mysecret",
    "mypassword",
    "123:abc",
    "abc",
    "abc123",
    "123abc",
    "xyz789",
    // The client secret of RFC 6749.
    "gx1fbat3bv",
    "apikey",
];

/// Words of which a made-up value is put together: `my-secret-token`, `test_key_123`.
const FILLER: &[&str] = &[
    "my",
    "the",
    "a",
    "an",
    "test",
    "testing",
    "fake",
    "mock",
    "demo",
    "dummy",
    "foo",
    "bar",
    "baz",
    "some",
    "secret",
    "secrets",
    "token",
    "tokens",
    "key",
    "keys",
    "api",
    "apikey",
    "access",
    "auth",
    "bot",
    "user",
    "client",
    "app",
    "here",
    "value",
    "super",
    "very",
    "long",
    "random",
    "string",
    "and",
    "or",
    "of",
    "for",
    "with",
    "from",
    "sk",
    "pk",
    "shared",
    "strong",
    "webhook",
    "bearer",
    "private",
    "refresh",
    "old",
    "new",
    "valid",
    "invalid",
    "bad",
    "good",
    "wrong",
    "expired",
    "unit",
    "placeholder",
    "sample",
    "real",
    "not",
    "is",
    "id",
    "generated",
    "openssl",
    "rand",
    "hex",
    "password",
    "passwd",
    "pass",
    "admin",
    "root",
    "output",
    "set",
    "me",
    "in",
    "to",
    "this",
    "your",
];

/// Values that say that no key is needed.
const UNNEEDED: &[&str] = &[
    "unused",
    "not-needed",
    "not_needed",
    "notneeded",
    "not-required",
    "not_required",
    "not-set",
    "not_set",
    "notset",
    "unset",
    "no-key",
    "no_key",
    "nokey",
    "no-key-required",
    "no_key_required",
    "sk-no-key-required",
    "no-key-needed",
    "na",
    "n/a",
    "none",
    "null",
    "nil",
    "empty",
    "ignored",
    "ignore",
    "anything",
    "whatever",
    "noop",
    "no-auth",
    "no_auth",
    "noauth",
    "insecure_no_auth",
    "local-no-key",
    "disabled",
    "skip",
    "-",
];

/// Why `value` is what is left of a masked secret.
pub(super) fn redacted(value: &[u8]) -> Option<&'static str> {
    let blotted = || {
        let stars = value.windows(3).any(|w| w == b"***") || value.iter().all(|&b| b == b'*');
        let dots = value.windows(3).any(|w| w == b"..." || w == "…".as_bytes());
        let bullets = value.windows(6).any(|w| w == "••".as_bytes() || w == "●●".as_bytes());
        stars || dots || bullets
    };
    let may_be = value.iter().any(|b| matches!(b, b'*' | b'.' | 0x80..));
    (may_be && blotted() || MASKED.is_in(value)).then_some("masked")
}

/// Why `value` stands for another.
pub(super) fn placeholder(value: &[u8]) -> Option<&'static str> {
    if is_one_of(value, WHOLE) {
        return Some("a placeholder");
    }
    if TELLING_SET.is_in(value) {
        return Some("a placeholder");
    }
    let crosses = value.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
    if crosses.len() >= 3 && crosses.iter().all(|&b| b == b'x' || b == b'X') {
        return Some("a placeholder");
    }
    if only_filler(value) {
        return Some("a made-up value");
    }
    pattern(value)
}

/// As [`placeholder`], for a value that already has a vendor's shape.
pub(super) fn dummy(value: &[u8]) -> Option<&'static str> {
    if STRICT_SET.is_in(value) {
        return Some("a placeholder");
    }
    pattern(value)
}

/// Why `value` says that no key is needed.
pub(super) fn unneeded(value: &[u8]) -> Option<&'static str> {
    is_one_of(value, UNNEEDED).then_some("says that no key is needed")
}

/// True when `value` is one of `words`, none of which is longer than [`LONGEST_WORD`], in any case.
fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    value.len() <= LONGEST_WORD
        && words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

/// Letters in one to five words of at most 16, no digit: no generated token looks so, and [`super::classify()`] calls
/// none of it a literal.
#[must_use]
pub fn few_words(value: &[u8]) -> bool {
    if value.len() > 48 || value.iter().any(u8::is_ascii_digit) {
        return false;
    }
    let mut words = 0;
    for word in value.split(|b| matches!(b, b'-' | b'_' | b' ' | b'.' | b'/')) {
        words += 1;
        let cased = word.iter().skip(1).filter(|b| b.is_ascii_uppercase()).count();
        let vowels = word.iter().filter(|b| b"aeiouyAEIOUY".contains(b)).count();
        let pronounceable = word.len() <= 3 || vowels * 6 >= word.len();
        let plain =
            word.iter().all(u8::is_ascii_alphabetic) && (cased <= 2 || cased + 1 == word.len());
        if !plain || word.len() > 16 || !pronounceable {
            return false;
        }
    }
    words <= 5
}

/// Values that no generator makes: counting, repeating, of one or two characters.
fn pattern(value: &[u8]) -> Option<&'static str> {
    if counts(value) {
        return Some("counts up or down");
    }
    if repeats(value) {
        return Some("repeats itself");
    }
    None
}

/// A run of 7 letters or 8 digits in order, separators and case set aside.
fn counts(value: &[u8]) -> bool {
    let (mut up, mut down, mut last) = (1_u32, 1_u32, 0_u8);
    let (mut woven, mut before) = (0_u32, 0_u8);
    for &b in value.iter().filter(|b| b.is_ascii_alphanumeric()) {
        let b = b.to_ascii_lowercase();
        // `a1b2c3d4`: two that count by turns.
        woven =
            if before.wrapping_add(1) == b || before == b'9' && b == b'0' { woven + 1 } else { 0 };
        before = last;
        if woven >= 8 {
            return true;
        }
        // After 9 comes 0, or a: both are written by people who count.
        let next = last.wrapping_add(1) == b || last == b'9' && (b == b'0' || b == b'a');
        up = if next { up + 1 } else { 1 };
        down = if b.wrapping_add(1) == last { down + 1 } else { 1 };
        last = b;
        let enough = if b.is_ascii_digit() { 8 } else { 7 };
        if up >= enough || down >= enough {
            return true;
        }
    }
    false
}

/// One character seven times, few distinct ones, or one short unit over and over.
fn repeats(value: &[u8]) -> bool {
    let mut run = 0;
    let mut last = None;
    for &b in value {
        run = if last == Some(b) { run + 1 } else { 1 };
        last = Some(b);
        if run >= 7 && b.is_ascii_alphanumeric() || run >= 24 {
            return true;
        }
    }
    if value.len() < 12 || value.len() > 512 {
        return false;
    }
    let mut seen = [false; 256];
    let mut kinds = 0_usize;
    for &b in value {
        if let Some(slot) = seen.get_mut(usize::from(b)).filter(|slot| !**slot) {
            *slot = true;
            kinds += 1;
        }
    }
    if kinds <= 3 || value.len() >= 20 && kinds <= 5 || value.len() >= 40 && kinds <= 7 {
        return true;
    }
    if value.len() < 16 {
        return false;
    }
    // Once with what may be a prefix and once without.
    let tail = value.get(value.len() / 3..).unwrap_or_default();
    periodic(value) || periodic(tail)
}

/// A unit of 2 to 16 bytes that comes at least twice, nine bytes of ten the same.
fn periodic(text: &[u8]) -> bool {
    (2..=16).any(|period| {
        let compared = text.len().saturating_sub(period);
        // Nearly every text is given up after a few bytes.
        let mut other = compared / 10;
        compared >= period.max(8)
            && text.iter().zip(text.iter().skip(period)).filter(|(a, b)| a != b).all(|_| {
                let left = other.checked_sub(1);
                other = left.unwrap_or(0);
                left.is_some()
            })
    })
}

fn only_filler(value: &[u8]) -> bool {
    if value.len() > 64 {
        return false;
    }
    let mut words = 0;
    for part in value.split(|b| !b.is_ascii_alphanumeric()) {
        let part = part.trim_ascii();
        if part.is_empty() || part.len() <= 4 && part.iter().all(u8::is_ascii_digit) {
            continue;
        }
        let stem = part
            .iter()
            .rposition(|b| !b.is_ascii_digit())
            .and_then(|end| part.get(..=end))
            .unwrap_or(part);
        if !is_one_of(stem, FILLER) {
            return false;
        }
        words += 1;
    }
    // `secret123` is as made up as `my-secret`.
    words >= 2 || words == 1 && counting_tail(value)
}

fn counting_tail(value: &[u8]) -> bool {
    [&b"123"[..], b"1234", b"12345", b"123456", b"321"].iter().any(|tail| value.ends_with(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_needs_a_run() {
        assert!(counts(b"ABCdef-GhiJklmnoPQRstuvwxyz"));
        assert!(counts(b"x0123456789abcdef"));
        assert!(counts(b"87654321"));
        assert!(counts(b"a1b2c3d4e5f6g7h8"));
        assert!(!counts(b"abcdx123x4567"));
    }

    #[test]
    fn repetition_needs_a_unit() {
        assert!(repeats(b"ExampleTokenExampleToken"));
        assert!(repeats(b"sk-ant-abcabcabcabcabcabc"));
        assert!(repeats(b"01010101010101010101"));
        assert!(!repeats(b"qX7mB2vK9tLw4ZsRnY3cPd8H"));
    }

    #[test]
    fn words_are_not_tokens() {
        assert!(few_words(b"keycloak_dev"));
        assert!(few_words(b"openclaw"));
        assert!(!few_words(b"hunter2"));
        assert!(!few_words(b"qXmBvKtLwZsRnY"));
        assert!(!few_words(b"qxmbvktlwzsrnycpd"));
    }

    #[test]
    fn no_word_is_longer_than_is_said() {
        let words = [WHOLE, FILLER, UNNEEDED].into_iter().flatten();
        assert_eq!(words.map(|word| word.len()).max(), Some(LONGEST_WORD));
    }

    #[test]
    fn a_slip_in_ten_is_a_period_still() {
        assert!(periodic(b"abcdabcdabcdabXd"), "one of twelve");
        assert!(!periodic(b"abcdXbcdabcdabXd"), "three of twelve");
        assert!(!periodic(b"abcdefgh"));
    }

    #[test]
    fn filler_only() {
        assert!(only_filler(b"my-secret-token"));
        assert!(only_filler(b"test_key_123"));
        assert!(!only_filler(b"sk-abc123"));
        assert!(!only_filler(b"token"));
    }
}
