//! The numbers that `!!int` and `!!float` make of a text, including what Python's `int()` and
//! `float()` accept beyond the plain spellings (blanks around, other scripts' digits, `0o`).

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::sync::LazyLock;

use super::integer::Integer;
use super::properties::MAX_DECIMAL_DIGITS;

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Python raises an error.
    Invalid,
    /// Python would take time that grows with the square of the length.
    TooLong,
}

/// Most parts of an integer in base 60 (`1:30:00` has three).
const MAX_SEXAGESIMAL_PARTS: usize = 1000;

/// First characters of the runs of ten decimal digits outside ASCII (Unicode 14, as in Python 3.11).
const DIGIT_ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// `text` in ASCII, as Python prepares it for `int()` and `float()`, without blanks around.
fn ascii(text: &str) -> Cow<'_, str> {
    let blanks = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];
    if text.is_ascii() {
        return Cow::Borrowed(text.trim_matches(blanks));
    }
    let plain = |character: char| {
        let code = u32::from(character);
        let run = DIGIT_ZEROS.partition_point(|&zero| zero <= code).checked_sub(1);
        let zero = run.and_then(|run| DIGIT_ZEROS.get(run)).copied();
        match zero.and_then(|zero| char::from_digit(code - zero, 10)) {
            _ if character.is_ascii() => character,
            Some(digit) => digit,
            None if character.is_whitespace() => ' ',
            None => '?',
        }
    };
    let text: String = text.chars().map(plain).collect();
    Cow::Owned(text.trim_matches(blanks).to_owned())
}

/// A sign in front, and the rest.
fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

/// Python's `int(text, base)` for a base of 2, 8, 10 or 16.
fn python_int(text: &str, base: u32) -> Result<Integer, Refusal> {
    let text = ascii(text);
    let (negative, digits) = signed(&text);
    let prefixes = match base {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let prefixed = prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix));
    let digits = prefixed.unwrap_or(digits);
    if digits.is_empty() || base == 10 && digits.len() > MAX_DECIMAL_DIGITS {
        return Err(Refusal::Invalid);
    }
    Integer::from_digits(negative, digits, base).ok_or(Refusal::Invalid)
}

/// What `!!int` makes of `text`.
pub(super) fn int(text: &str) -> Result<Integer, Refusal> {
    let text = without_underscores(text);
    let (negative, digits) = signed(&text);
    let number = if digits == "0" {
        Integer::default()
    } else if let Some(binary) = digits.strip_prefix("0b") {
        python_int(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        python_int(hexadecimal, 16)?
    } else if digits.starts_with('0') {
        python_int(digits, 8)?
    } else if digits.contains(':') {
        let mut sum = Integer::default();
        for (count, part) in digits.split(':').enumerate() {
            if count >= MAX_SEXAGESIMAL_PARTS {
                return Err(Refusal::TooLong);
            }
            sum = sum.times(60).plus(&python_int(part, 10)?);
        }
        sum
    } else {
        python_int(digits, 10)?
    };
    Ok(if negative { number.negated() } else { number })
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

/// Python's `float(text)`.
fn python_float(text: &str) -> Result<f64, Refusal> {
    // Rust's grammar for floats is Python's, once blanks and digits are plain.
    ascii(text).parse().map_err(|_| Refusal::Invalid)
}

/// The powers of 60 that a float can hold, nearest values.
static POWERS_OF_60: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let mut decimal: Vec<u32> = vec![1];
    let mut powers = Vec::new();
    loop {
        // Formatting and reading back rounds once, as Python's conversion does.
        let text: String = decimal.iter().rev().filter_map(|&d| char::from_digit(d, 10)).collect();
        match text.parse::<f64>() {
            Ok(power) if power.is_finite() => powers.push(power),
            _ => return powers,
        }
        let mut carry = 0;
        for digit in &mut decimal {
            carry += *digit * 60;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            decimal.push(carry % 10);
            carry /= 10;
        }
    }
});

/// What `!!float` makes of `text`, and whether it is PyYAML's one shared not-a-number.
pub(super) fn float(text: &str) -> Result<(f64, bool), Refusal> {
    let text = without_underscores(text);
    let (negative, number) = signed(&text);
    if text.is_empty() {
        return Err(Refusal::Invalid);
    }
    let value = if number.eq_ignore_ascii_case(".inf") {
        f64::INFINITY
    } else if number.eq_ignore_ascii_case(".nan") {
        return Ok((f64::NAN, true));
    } else if number.contains(':') {
        let mut sum = 0.0;
        for (count, part) in number.rsplit(':').enumerate() {
            let digit = python_float(part)?;
            sum += digit * POWERS_OF_60.get(count).ok_or(Refusal::Invalid)?;
        }
        sum
    } else {
        python_float(number)?
    };
    Ok((if negative { -value } else { value }, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tree::Value;

    fn int_of(text: &str) -> Option<Value> {
        int(text).ok().map(Integer::into_value)
    }

    #[test]
    fn integers() {
        for (text, value) in [
            ("0600", 384),
            ("-0b101", -5),
            ("0x1F", 31),
            ("1_000", 1000),
            ("12:30:45", 45045),
            ("-1:30", -90),
            ("0o17", 15),
            ("0x0x1f", 31),
            ("+-5", -5),
            ("--5", 5),
            ("- 5", -5),
            (" 12\n", 12),
            ("１２", 12),
            ("\u{2003}٣", 3),
            ("1:-5", 55),
            ("0_", 0),
            ("0b-1", -1),
        ] {
            assert_eq!(int_of(text), Some(Value::Int(value)), "{text:?}");
        }
        let most = "170141183460469231731687303715884105727";
        assert_eq!(int_of(most), Some(Value::Int(i128::MAX)));
        let least = "-170141183460469231731687303715884105728";
        assert_eq!(int_of(least), Some(Value::Int(i128::MIN)));
        let beyond = "170141183460469231731687303715884105728";
        let hexadecimal = Value::BigInt("0x80000000000000000000000000000000".into());
        assert_eq!(int_of(beyond), Some(hexadecimal.clone()));
        assert_eq!(int_of("0x8000_0000_0000_0000_0000_0000_0000_0000"), Some(hexadecimal));
    }

    #[test]
    fn no_integers() {
        for text in ["", "+", "-", "_", "0b", "0x_", "08", "0:30", "1:", "x", "0b2", "\x1c5", "1-"]
        {
            assert_eq!(int(text).err(), Some(Refusal::Invalid), "{text:?}");
        }
        assert!(int(&"1".repeat(4300)).is_ok());
        assert_eq!(int(&"1".repeat(4301)).err(), Some(Refusal::Invalid));
        assert_eq!(int(&"1:".repeat(1000)).err(), Some(Refusal::TooLong));
    }

    #[test]
    fn floats() {
        for (text, value) in [
            ("1.5e+3", 1500.0),
            ("1_0.5", 10.5),
            ("-.INF", f64::NEG_INFINITY),
            ("1e999", f64::INFINITY),
            ("1:30.5", 90.5),
            (" 1.5 ", 1.5),
            ("infinity", f64::INFINITY),
            ("+-1", -1.0),
            ("٣.٥", 3.5),
        ] {
            assert_eq!(float(text), Ok((value, false)), "{text:?}");
        }
        assert!(matches!(float("-.nan"), Ok((nan, true)) if nan.is_nan()));
        assert!(matches!(float("nan"), Ok((nan, false)) if nan.is_nan()));
        assert_eq!(float("-0.0").map(|(zero, _)| zero.is_sign_negative()), Ok(true));
        for text in ["", "+", ".", "1:", "x", "1.5.5", "e5"] {
            assert_eq!(float(text), Err(Refusal::Invalid), "{text:?}");
        }
    }

    #[test]
    fn sexagesimal_floats_end_where_powers_of_60_do() {
        // 60^173 < 1.8e308 < 60^174
        assert_eq!(POWERS_OF_60.len(), 174);
        assert_eq!(POWERS_OF_60[2], 3600.0);
        assert!(float(&format!("1{}", ":0".repeat(173))).is_ok());
        assert_eq!(float(&format!("0{}", ":0".repeat(174))), Err(Refusal::Invalid));
    }
}
