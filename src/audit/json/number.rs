//! Numbers as the writers' languages spell them.
//!
//! ECMAScript and Python both print the shortest digits that read back to the same double, as Rust does; they differ
//! in when they turn to an exponent and in how it looks. Integers stay text where the language has big ones.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io::Write as _;

/// How a form spells numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `Number::toString` of ECMAScript; integers go through a double, too.
    Es6,
    /// `repr` of Python; integers of any size stay.
    Python,
    /// Python's, with `1e21` for `1e+21`, and `0` for both zeros.
    PythonNoPlus,
}

/// Writes the number token `token` in `spelling`; gives whether it could be said (ECMAScript has no infinity in JSON).
pub fn write(token: &[u8], spelling: Spelling, out: &mut Vec<u8>) -> bool {
    let is_integer = !token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if is_integer && (spelling != Spelling::Es6 || token.len() <= 15) && token != b"-0" {
        out.extend_from_slice(token);
        return true;
    }
    if is_integer && spelling != Spelling::Es6 {
        out.push(b'0');
        return true;
    }
    let value = std::str::from_utf8(token).ok().and_then(|token| token.parse::<f64>().ok());
    let Some(value) = value else { return false };
    if value.is_infinite() {
        if spelling == Spelling::Es6 {
            return false;
        }
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
        return true;
    }
    float(value, spelling, out);
    true
}

fn float(value: f64, spelling: Spelling, out: &mut Vec<u8>) {
    let es6 = spelling == Spelling::Es6;
    if value == 0.0 {
        out.extend_from_slice(match (es6, value.is_sign_negative()) {
            (true, _) => b"0".as_slice(),
            (false, _) if spelling == Spelling::PythonNoPlus => b"0",
            (false, true) => b"-0.0",
            (false, false) => b"0.0",
        });
        return;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    // At most 17 digits, a point, and an exponent of four characters.
    let mut buffer = [0_u8; 40];
    let mut writer = buffer.as_mut_slice();
    let _ = write!(writer, "{:e}", value.abs());
    let left = writer.len();
    let written = buffer.get(..buffer.len() - left).unwrap_or_default();
    let mut parts = written.splitn(2, |&byte| byte == b'e');
    let mantissa = parts.next().unwrap_or_default();
    let exponent: i32 = parts
        .next()
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default();
    let mut digits = [0_u8; 20];
    let mut count = 0_usize;
    for &byte in mantissa.iter().filter(|&&byte| byte != b'.') {
        if let Some(slot) = digits.get_mut(count) {
            *slot = byte;
            count += 1;
        }
    }
    let digits = digits.get(..count).unwrap_or_default();
    // Where the point stands, counted in digits from the first one.
    let point = exponent + 1;
    let fixed = if es6 { -6 < point && point <= 21 } else { -4 < point && point <= 16 };
    let zeros = |many: i32, out: &mut Vec<u8>| {
        out.extend(std::iter::repeat_n(b'0', usize::try_from(many).unwrap_or_default()));
    };
    if !fixed {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, &[]));
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.push(b'e');
        if exponent < 0 {
            out.push(b'-');
        } else if spelling != Spelling::PythonNoPlus {
            out.push(b'+');
        }
        let width = if es6 { 1 } else { 2 };
        let _ = write!(out, "{:0width$}", exponent.abs());
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        zeros(-point, out);
        out.extend_from_slice(digits);
    } else {
        let whole = usize::try_from(point).unwrap_or_default();
        if let Some((before, after)) = digits.split_at_checked(whole)
            && !after.is_empty()
        {
            out.extend_from_slice(before);
            out.push(b'.');
            out.extend_from_slice(after);
        } else {
            out.extend_from_slice(digits);
            zeros(point - i32::try_from(count).unwrap_or_default(), out);
            if !es6 {
                out.extend_from_slice(b".0");
            }
        }
    }
}
