//! Which tag a scalar has: YAML 1.1 as PyYAML resolves it, which is narrower than the standard's
//! tables in places (`y`, `1e3` and `-.5` are strings).
//!
//! Matched by hand on bytes: the patterns are few, and no expression engine runs per scalar.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::parser::YAML_TAGS;
use super::timestamp;

/// The tags that `safe_load` knows, and one for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Binary,
    Timestamp,
    Omap,
    Pairs,
    Set,
    Str,
    Seq,
    Map,
    /// `<<`: takes the pairs of another mapping.
    Merge,
    /// `=`: the default value of a mapping.
    Value,
    /// Nothing can be made of it.
    Unknown,
}

impl Tag {
    /// The tag with the full name `name`.
    pub(super) fn named(name: &str) -> Self {
        match name.strip_prefix(YAML_TAGS) {
            Some("null") => Self::Null,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("binary") => Self::Binary,
            Some("timestamp") => Self::Timestamp,
            Some("omap") => Self::Omap,
            Some("pairs") => Self::Pairs,
            Some("set") => Self::Set,
            Some("str") => Self::Str,
            Some("seq") => Self::Seq,
            Some("map") => Self::Map,
            Some("merge") => Self::Merge,
            Some("value") => Self::Value,
            _ => Self::Unknown,
        }
    }
}

/// The tag of an untagged plain scalar.
pub(super) fn resolve(text: &str) -> Tag {
    // The patterns end with Python's `$`, which also matches before a line feed at the end. Plain
    // text cannot end so, but quoted text with the tag `!` is resolved, too.
    let body = text.strip_suffix('\n').unwrap_or(text).as_bytes();
    match text.as_bytes().first() {
        None => Tag::Null,
        Some(b'~') if body == b"~" => Tag::Null,
        Some(b'<') if body == b"<<" => Tag::Merge,
        Some(b'=') if body == b"=" => Tag::Value,
        Some(b'n' | b'N') if matches!(body, b"null" | b"Null" | b"NULL") => Tag::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => {
            if is_bool(body) { Tag::Bool } else { Tag::Str }
        }
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => resolve_number(body),
        Some(_) => Tag::Str,
    }
}

fn resolve_number(body: &[u8]) -> Tag {
    if is_float(body) {
        Tag::Float
    } else if is_int(body) {
        Tag::Int
    } else if timestamp::is_implicit(body) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

fn is_bool(body: &[u8]) -> bool {
    matches!(
        body,
        b"yes"
            | b"Yes"
            | b"YES"
            | b"no"
            | b"No"
            | b"NO"
            | b"true"
            | b"True"
            | b"TRUE"
            | b"false"
            | b"False"
            | b"FALSE"
            | b"on"
            | b"On"
            | b"ON"
            | b"off"
            | b"Off"
            | b"OFF"
    )
}

fn unsigned(body: &[u8]) -> &[u8] {
    match body {
        [b'+' | b'-', rest @ ..] => rest,
        _ => body,
    }
}

/// What remains after the leading bytes that satisfy `accept`.
fn skip(body: &[u8], accept: impl Fn(u8) -> bool) -> &[u8] {
    let length = body.iter().take_while(|&&byte| accept(byte)).count();
    body.get(length..).unwrap_or_default()
}

fn digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// One or more of `:59`, the parts of a number in base 60 after the first.
fn sexagesimal_parts(mut body: &[u8]) -> Option<&[u8]> {
    let mut found = false;
    loop {
        body = match body {
            [b':', b'0'..=b'5', b'0'..=b'9', rest @ ..] => rest,
            [b':', b'0'..=b'9', rest @ ..] => rest,
            _ => return found.then_some(body),
        };
        found = true;
    }
}

fn is_float(body: &[u8]) -> bool {
    let number = unsigned(body);
    match number {
        [b'0'..=b'9', ..] => {
            let rest = skip(number, digit_or_underscore);
            match rest {
                [b'.', fraction @ ..] => is_exponent(skip(fraction, digit_or_underscore)),
                _ => match sexagesimal_parts(rest) {
                    Some([b'.', fraction @ ..]) => skip(fraction, digit_or_underscore).is_empty(),
                    _ => false,
                },
            }
        }
        b".inf" | b".Inf" | b".INF" => true,
        b".nan" | b".NaN" | b".NAN" => body.len() == number.len(),
        [b'.', b'0'..=b'9', fraction @ ..] => {
            body.len() == number.len() && is_exponent(skip(fraction, digit_or_underscore))
        }
        _ => false,
    }
}

/// Nothing, or an exponent, whose sign is not optional.
fn is_exponent(body: &[u8]) -> bool {
    match body {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn is_int(body: &[u8]) -> bool {
    let all = |digits: &[u8], accept: fn(&u8) -> bool| {
        !digits.is_empty() && digits.iter().all(|byte| *byte == b'_' || accept(byte))
    };
    match unsigned(body) {
        b"0" => true,
        [b'0', b'b', digits @ ..] => all(digits, |byte| matches!(byte, b'0' | b'1')),
        [b'0', b'x', digits @ ..] => all(digits, u8::is_ascii_hexdigit),
        [b'0', digits @ ..] => all(digits, |byte| matches!(byte, b'0'..=b'7')),
        number @ [b'1'..=b'9', ..] => {
            let rest = skip(number, digit_or_underscore);
            rest.is_empty() || sexagesimal_parts(rest).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: Tag, texts: &[&str]) {
        for text in texts {
            assert_eq!(resolve(text), tag, "{text:?}");
        }
    }

    #[test]
    fn implicit_tags() {
        check(Tag::Null, &["", "~", "null", "Null", "NULL"]);
        check(Tag::Bool, &["yes", "No", "ON", "off", "TRUE", "False"]);
        check(Tag::Merge, &["<<"]);
        check(Tag::Value, &["="]);
        let ints = ["0", "-0", "+12", "1_000", "0600", "0_", "0b1_0", "0b_", "0x1F", "12:30:45"];
        check(Tag::Int, &ints);
        check(Tag::Int, &["1:5", "1_:59", "-190:20:30"]);
        check(Tag::Float, &["1.", "1._5", "1.5e+3", "-0.0", ".5", ".5E-1", "1:30.5", "0:59."]);
        check(Tag::Float, &[".inf", "-.Inf", "+.INF", ".nan", ".NaN"]);
        check(Tag::Timestamp, &["2001-01-01", "2001-1-1 1:02:03", "2001-12-14T21:59:43.10-05:00"]);
    }

    #[test]
    fn strings_that_look_like_something_else() {
        check(Tag::Str, &["y", "n", "N", "oFF", "yEs", "nULL", "none", "~~", "<", "==", "\n"]);
        check(
            Tag::Str,
            &["1e3", "1.5e3", "-.5", "-.nan", ".iNF", "0o600", "08", "0b", "0x", "0b2"],
        );
        check(Tag::Str, &["+", "-", ".", "..", "_1", "1:60", "0:30", "1:", "12:30:45a", "1.2.3"]);
        check(Tag::Str, &["2001-1-1", "2001-01-01 10:00", "01-01-2001", "1:5_", "--1"]);
    }

    #[test]
    fn a_line_feed_at_the_end_is_overlooked() {
        check(Tag::Int, &["12\n"]);
        check(Tag::Null, &["~\n"]);
        check(Tag::Str, &["12\n\n", "12\r"]);
    }
}
