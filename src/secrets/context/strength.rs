//! Says how much a value looks like something made to be secret, from its bytes alone.
//!
//! Counts of a few features decide, not one entropy: short passwords have little entropy and long
//! identifiers much. The order of the classes is that of how much one would bet.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::encoding::entropy;
use super::super::placeholder;
use super::super::wording::Wording;

/// What a value looks like, from the least to the most secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Code, prose, a number, a path: no secret.
    Nothing,
    /// A word, or several joined.
    Words,
    /// A word with a counter: `admin123`.
    Numbered,
    /// Letters that make no word.
    Gibberish,
    /// Letters, digits and signs as people mix them: `hunter2!`.
    Mixed,
    /// As a generator makes it.
    Random,
}

#[derive(Clone, Copy, Debug, Default)]
struct Features {
    upper: usize,
    lower: usize,
    digits: usize,
    signs: usize,
    joiners: usize,
    blanks: usize,
    foreign: usize,
    /// Changes between letters and digits.
    turns: usize,
    /// Changes of case inside a word, its first letter aside.
    cases: usize,
    hex: bool,
}

fn features(value: &[u8]) -> Features {
    let mut f = Features { hex: true, ..Features::default() };
    let mut last = 0_u8;
    for &b in value {
        match b {
            b'A'..=b'Z' => f.upper += 1,
            b'a'..=b'z' => f.lower += 1,
            b'0'..=b'9' => f.digits += 1,
            b'-' | b'_' | b'.' | b'/' | b':' => f.joiners += 1,
            b' ' | b'\t' => f.blanks += 1,
            0x21..=0x7e => f.signs += 1,
            _ => f.foreign += 1,
        }
        f.hex &= b.is_ascii_hexdigit();
        f.turns += usize::from(
            last.is_ascii_digit() && b.is_ascii_alphabetic()
                || last.is_ascii_alphabetic() && b.is_ascii_digit(),
        );
        f.cases += usize::from(last.is_ascii_uppercase() && b.is_ascii_lowercase())
            + usize::from(last.is_ascii_lowercase() && b.is_ascii_uppercase());
        last = b;
    }
    f
}

/// Classifies `value`, which holds no line break.
pub(super) fn strength(value: &[u8]) -> Strength {
    let f = features(value);
    let letters = f.upper + f.lower;
    let length = value.len();
    if length < 4 || f.foreign * 4 > length || letters + f.digits < 3 || value.contains(&0) {
        return Strength::Nothing;
    }
    if dense(value, f) {
        return Strength::Random;
    }
    if f.blanks > 0 {
        return if is_app_password(value) { Strength::Random } else { Strength::Nothing };
    }
    if is_code(value, f) || is_charset(value) || is_version(value) || is_list(value, f) {
        return Strength::Nothing;
    }
    let wording = Wording::of(value);
    if f.digits + f.signs > 0 && is_leet(value) {
        return if is_disguised(value) { Strength::Mixed } else { Strength::Numbered };
    }
    if is_random(value, f, wording) {
        return Strength::Random;
    }
    if f.digits == 0 && f.signs == 0 {
        return if wording.is_gibberish() { Strength::Gibberish } else { Strength::Words };
    }
    if letters == 0 {
        return if f.signs > 0 { Strength::Mixed } else { Strength::Nothing };
    }
    if wording.is_wordy() && f.signs == 0 {
        // `admin123`, `sha256`, `v1_2`, `p4ssw0rd`: a turn in the middle of a word is a mix.
        return if f.turns <= 1 || f.joiners > 0 { Strength::Numbered } else { Strength::Mixed };
    }
    if wording.runs == 0 && length < 6 {
        return Strength::Numbered;
    }
    Strength::Mixed
}

/// True for a value as generators of site keys make them, in which any text may come about by chance.
pub(super) fn is_dense(value: &[u8]) -> bool {
    dense(value, features(value)) && placeholder::dummy(value).is_none()
}

/// Signs, digits and letters in every place: `%:R{[P|,s.KuMltH5}cI;/k<Gx`.
fn dense(value: &[u8], f: Features) -> bool {
    value.len() >= 24
        && f.blanks * 10 < value.len()
        && f.signs >= 4
        && f.digits >= 2
        && f.lower >= 3
        && value.iter().filter(|b| b.is_ascii_punctuation() && !b"+/=-_.:%".contains(b)).count()
            >= 4
        && entropy(value) >= 4.2
        && value
            .windows(2)
            .filter(|w| matches!(*w, b"\\x" | b"\\[" | b"\\]" | b"[^" | b"(?" | b")?"))
            .count()
            < 2
        && Wording::of(value).foreign * 3 >= Wording::of(value).runs
}

/// Signs that programs put between names, and passwords rarely hold in this order.
fn is_code(value: &[u8], f: Features) -> bool {
    // The padding of base64. `scmVersion=` is a name.
    let padding = value.iter().rev().take_while(|b| **b == b'=').count();
    let padding = if value.len().is_multiple_of(4) || f.digits > 0 { padding } else { 0 };
    let value = value.get(..value.len() - padding.min(2)).unwrap_or(value);
    let first = value.first().copied().unwrap_or(0);
    let last = value.last().copied().unwrap_or(0);
    // Two signs that stand together in programs and templates.
    let operator = |w: &[u8]| {
        matches!(
            w,
            b"->"
                | b"::"
                | b"()"
                | b"${"
                | b"{{"
                | b"#{"
                | b"=>"
                | b"&&"
                | b"||"
                | b"</"
                | b"/>"
                | b"\\n"
                | b"\\x"
                | b"\\u"
                | b"%s"
                | b"%d"
                | b"%v"
                | b"[]"
                | b"{}"
                | b"$("
                | b"=="
                | b".$"
                | b"'+"
                | b"\"+"
        )
    };
    let address = |w: &[u8]| w == b"://" || w == b"&am" || w == b"&lt";
    let dashes = |w: &[u8]| w == b"--";
    if value.windows(2).any(operator)
        || value.windows(3).any(address)
        || f.digits == 0 && value.windows(2).any(dashes)
    {
        return true;
    }
    if is_format(value) {
        return true;
    }
    // `%(name)`, `f(x)`, `a[b]`, `{x}`, `<x>`.
    let pair = |open: u8, close: u8| {
        value
            .iter()
            .position(|&b| b == open)
            .is_some_and(|at| value.iter().skip(at).any(|&b| b == close))
    };
    if pair(b'(', b')') || pair(b'[', b']') || pair(b'{', b'}') || pair(b'<', b'>') {
        return true;
    }
    let path = matches!(first, b'/' | b'~' | b'.') && f.joiners >= 1 && f.digits * 3 < value.len();
    let selector = matches!(first, b'#' | b'.' | b'$' | b'@' | b'&' | b'*' | b'\\' | b'-' | b':')
        && f.signs <= 1
        && f.digits == 0;
    // `anonymous@`, as those log in to file servers who need no password, ends in a sign too.
    let label = matches!(last, b':' | b'?' | b',' | b'=' | b'(' | b'{' | b'[' | b'!' | b'@')
        && f.digits == 0
        && f.signs <= 2;
    // What stands between two strings that are joined: `'.$pass.'`, `" + pass + "`.
    let joins = matches!(first, b'.' | b'+' | b'$')
        && (matches!(last, b'.' | b'+') || first == b'$' && f.digits == 0);
    let quoted = matches!(value, [b'\'' | b'"', b'.' | b'+' | b' ', ..]);
    path || quoted
        || joins
        || selector
        || label
        || first == b'%' && f.signs == 1
        || f.signs * 2 > value.len() && f.digits == 0 && value.len() < 8
}

/// `required|string`, `App\\Form\\UserType`: names joined by a sign that passwords have now and then.
fn is_list(value: &[u8], f: Features) -> bool {
    let joined = |sign: u8| {
        let names = value.split(|&b| b == sign);
        let plain = |name: &[u8]| !name.is_empty() && name.iter().all(u8::is_ascii_alphabetic);
        names.clone().count() > 1 && names.clone().all(plain)
    };
    f.digits == 0
        && (joined(b'|') || joined(b'\\') && value.iter().filter(|b| **b == b'\\').count() > 1)
}

/// `^7.0.4`, `>=1.2.3-rc.1`: which versions of a package will do.
fn is_version(value: &[u8]) -> bool {
    let sign = value.iter().take_while(|b| b"^~<>=v".contains(b)).count();
    let rest = value.get(sign..).unwrap_or_default();
    let mut numbers = rest.split(|&b| b == b'.');
    let digits = |part: Option<&[u8]>| {
        part.is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    let three = digits(numbers.next()) && digits(numbers.next());
    let third = numbers.next().and_then(|part| part.split(|&b| b == b'-').next());
    sign <= 2 && three && digits(third)
}

/// The name of an encoding: `password.decode("UTF-8")`.
fn is_charset(value: &[u8]) -> bool {
    const NAMES: [&[u8]; 9] = [
        b"utf",
        b"utf8",
        b"utf16",
        b"utf32",
        b"ascii",
        b"usascii",
        b"latin",
        b"latin1",
        b"iso88591",
    ];
    if value.len() > 12 {
        return false;
    }
    let mut plain = [0_u8; 12];
    let mut length = 0;
    for (slot, b) in plain.iter_mut().zip(value.iter().filter(|b| !b"-_".contains(b))) {
        *slot = b.to_ascii_lowercase();
        length += 1;
    }
    let plain = plain.get(..length).unwrap_or_default();
    NAMES.contains(&plain)
}

/// `%016llx`, `%-8s`.
fn is_format(value: &[u8]) -> bool {
    value.iter().enumerate().filter(|&(_, &b)| b == b'%').any(|(at, _)| {
        let rest = value.get(at + 1..).unwrap_or_default();
        let flags =
            rest.iter().take_while(|b| b.is_ascii_digit() || b"-.lhz*#".contains(b)).count();
        let next = rest.get(flags).copied().unwrap_or(0);
        let after = rest.get(flags + 1).copied().unwrap_or(0);
        // `%2F`, `%40` are escapes of addresses.
        flags > 0 && b"dusxXvpfcgi".contains(&next) && !after.is_ascii_hexdigit()
            || flags == 0 && b"dusv".contains(&next) && !after.is_ascii_alphanumeric()
    })
}

/// Twelve characters or more in the manner of generators: hexadecimal, base64, letters and digits mixed.
fn is_random(value: &[u8], f: Features, wording: Wording) -> bool {
    let length = value.len();
    let letters = f.upper + f.lower;
    if length < 10 {
        return false;
    }
    let long_enough = |least: f32| entropy(value.get(..length.min(128)).unwrap_or(value)) >= least;
    if f.hex && length >= 16 && f.digits >= 2 && letters >= 2 {
        return f.turns >= 3 && long_enough(2.8);
    }
    // `access-development-` and a UUID.
    if length > 36 && f.joiners >= 4 && is_uuid(value.get(length - 36..).unwrap_or_default()) {
        return true;
    }
    let dashed_hex = f.joiners >= 2 && value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    if dashed_hex && length == 36 {
        return f.digits >= 3 && long_enough(2.8);
    }
    // Words and numbers joined by signs: `aes-128-cbc`, `2021-01-01T00:00`, `org.acme.v1`.
    if f.joiners > 0 && wording.foreign * 3 <= wording.runs && longest_part(value) < 16 {
        return false;
    }
    if length >= 16
        && (f.turns >= 3 || f.cases >= 4 && f.digits > 0)
        && !(wording.is_wordy() && f.turns < 6)
    {
        return long_enough(3.2);
    }
    if length >= 10 && f.turns >= 3 && (wording.is_gibberish() || f.turns >= 4) {
        return long_enough(2.7);
    }
    // No words at all.
    if length >= 16 && f.upper == 0 && wording.runs >= 12 && wording.foreign * 2 >= wording.runs {
        return long_enough(3.0);
    }
    // Letters alone: both cases in disorder.
    let camel = Wording::of_camel(value);
    if f.digits == 0 && camel.runs * 3 > wording.runs && !camel.is_gibberish() {
        return false;
    }
    length >= 20
        && wording.is_gibberish()
        && (f.cases >= 5 || f.digits > 0 || f.upper == 0 || f.lower == 0)
        && long_enough(3.4)
}

/// True for one of the words that everybody tries first with `$` or `@` in it: no program has such a name, as it
/// may have `p4ssw0rd`.
pub(super) fn is_disguised(value: &[u8]) -> bool {
    value.iter().any(|b| matches!(b, b'$' | b'@')) && is_leet(value)
}

/// `p4$$w0rd`, `s3cret!`: the words that everybody tries first, in disguise.
fn is_leet(value: &[u8]) -> bool {
    if value.len() > 20 {
        return false;
    }
    let mut plain = [0_u8; 20];
    for (slot, b) in plain.iter_mut().zip(value) {
        *slot = match b {
            b'0' => b'o',
            b'1' | b'!' => b'i',
            b'3' => b'e',
            b'4' | b'@' => b'a',
            b'5' | b'$' => b's',
            b'7' => b't',
            _ => b.to_ascii_lowercase(),
        };
    }
    let text = plain.get(..value.len()).unwrap_or_default();
    ["password", "passwd", "passwort", "secret", "admin", "qwert", "letmein", "changeme"]
        .iter()
        .any(|word| text.windows(word.len()).any(|w| w == word.as_bytes()))
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn longest_part(value: &[u8]) -> usize {
    value
        .split(|b| matches!(b, b'-' | b'_' | b'.' | b'/' | b':'))
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// `abcd efgh ijkl mnop`, as Google writes application passwords.
fn is_app_password(value: &[u8]) -> bool {
    value.len() == 19
        && value
            .split(|&b| b == b' ')
            .all(|group| group.len() == 4 && group.iter().all(u8::is_ascii_lowercase))
        && entropy(value) > 3.0
        && Wording::of(value).is_gibberish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        use Strength::{Gibberish, Mixed, Nothing, Numbered, Random, Words};
        for (value, class) in [
            ("admin", Words),
            ("open-sesame", Words),
            ("userPasswordField", Words),
            ("admin123", Numbered),
            ("qzvkpwx", Gibberish),
            ("p4ssw0rd", Numbered),
            ("hunter2!", Mixed),
            ("super$ecret", Mixed),
            ("tr0ubador&3", Mixed),
            ("q7m2b9x4kt1wz", Random),
            ("6fb1cff7690db9ac", Random),
            ("get_token()", Nothing),
            ("user->password", Nothing),
            ("Enter your password", Nothing),
            ("#password", Nothing),
            ("anonymous@", Nothing),
            ("/etc/app/secret", Nothing),
            ("%s:%s", Nothing),
            ("123456", Nothing),
            ("UTF-8", Nothing),
            ("iso-8859-1", Nothing),
            ("scmVersion=", Nothing),
            ("^7.0.4", Nothing),
            ("required|string", Nothing),
            ("App\\Form\\UserType", Nothing),
            ("[^()<>@,;:\\\"/\\[\\]?={}\\x00-\\x20\\x7f]+", Nothing),
            (">=1.12.3-rc.1", Nothing),
            ("7.pq.4!x", Mixed),
        ] {
            assert_eq!(strength(value.as_bytes()), class, "{value}");
        }
    }
}
