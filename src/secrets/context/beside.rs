//! Looks for the name of a user before a password: two settings that make a log-in.
//!
//! A word under a password's name is a label as often as a password; a word below `user = joe` is what joe
//! logs in with. Only the few lines before are read, and only when a password's value has been read.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::super::syntax::{self, at, skip_blanks};
use super::joint::own_start;
use crate::span::Span;

/// How far before a password its user is looked for, in bytes and in lines.
const REACH: usize = 288;
const LINES: usize = 5;
/// The longest name of a user.
const LONGEST: usize = 64;

/// True when a literal for a user stands before the password's name at `name`, written as its value is, in
/// quotes or without.
pub(super) fn user(bytes: &[u8], name: Span, quoted: bool) -> bool {
    let end = own_start(bytes, name);
    let before = bytes.get(end.saturating_sub(REACH)..end).unwrap_or_default();
    let line = before.iter().rev().enumerate().filter(|(_, b)| **b == b'\n').nth(LINES);
    let from = line.map_or(end - before.len(), |(back, _)| end - back);
    let text = bytes.get(from..end).unwrap_or_default();
    let stem = |w: &[u8]| {
        ["user", "login", "uid"].iter().any(|word| {
            w.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    (0..text.len()).rev().filter(|&i| text.get(i..).is_some_and(&stem)).any(|i| {
        let at = from + i;
        is_given(bytes, syntax::name_around(bytes, at, at + 3), end, quoted)
    })
}

/// True when the name at `name` is a user's, and a literal is given to it before `end`.
fn is_given(bytes: &[u8], name: Span, end: usize, quoted: bool) -> bool {
    const ENDINGS: [&str; 9] = [
        "user",
        "username",
        "user_name",
        "user-name",
        "login",
        "uid",
        "userid",
        "user_id",
        "userlogin",
    ];
    let text = name.of(bytes);
    let ends = |word: &&str| {
        text.len()
            .checked_sub(word.len())
            .and_then(|at| text.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    if !ENDINGS.iter().any(ends) {
        return false;
    }
    let mut i = name.end;
    // `User Id=x`, as connection strings write it.
    if bytes.get(i..i + 3).is_some_and(|b| b.eq_ignore_ascii_case(b" id")) {
        i += 3;
    }
    let escaped = usize::from(at(bytes, i) == b'\\');
    let closed = matches!(at(bytes, i + escaped), b'"' | b'\'');
    if closed {
        i += escaped + 1;
    }
    if at(bytes, i) == b']' {
        i += 1;
    }
    let spaced = i;
    i = skip_blanks(bytes, i);
    i += match (at(bytes, i), at(bytes, i + 1), at(bytes, i + 2)) {
        (b'=', b'=', b'=') => 3,
        (b'=', b'=' | b'>', _) | (b':', b'=', _) => 2,
        (b'=' | b':', _, _) => 1,
        (b',', _, _) if closed => 1,
        (b'"' | b'\'', _, _) if i > spaced => 0,
        _ => return false,
    };
    i = skip_blanks(bytes, i);
    let escaped = at(bytes, i) == b'\\' && matches!(at(bytes, i + 1), b'"' | b'\'');
    i += usize::from(escaped);
    let quote = at(bytes, i);
    let opened = matches!(quote, b'"' | b'\'');
    if opened != quoted {
        return false;
    }
    let start = i + usize::from(opened);
    let rest = bytes.get(start..end.min(start + LONGEST)).unwrap_or_default();
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"._@\\-+".contains(b);
    let length = rest.iter().take_while(|b| inside(b)).count();
    let value = rest.get(..length).unwrap_or_default();
    let value = value.strip_suffix(b"\\").unwrap_or(value);
    // `username: "username"` names a field.
    if value.len() < 2 || value.eq_ignore_ascii_case(text) {
        return false;
    }
    let next = at(bytes, start + length);
    if opened {
        next == quote
    } else {
        matches!(next, b';' | b' ' | b'\t' | b'\r' | b'\n' | b'&' | b',')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(text: &str, quoted: bool) -> bool {
        let at = text.rfind("password").or_else(|| text.rfind("Password")).unwrap();
        user(text.as_bytes(), Span::new(at, at + 8), quoted)
    }

    #[test]
    fn a_user_of_the_same_log_in() {
        for (text, quoted) in [
            ("user = joe\npassword = x", false),
            ("[x]\nDB_USER=joe\n# note\n# note\npassword=x", false),
            ("username: 'joe',\npassword: 'x'", true),
            ("\"username\": \"joe\", \"password\": \"x\"", true),
            ("username 'joe'\npassword 'x'", true),
            ("Server=h;User Id=joe;Password=x", false),
            ("$mail->Username = 'joe@host.org';\n$mail->Password = 'x'", true),
            ("if username == \"joe\" and password == \"x\"", true),
            ("\\\"user\\\": \\\"joe\\\", \\\"password\\\": \\\"x\\\"", true),
        ] {
            assert!(beside(text, quoted), "{text}");
        }
    }

    #[test]
    fn no_user_or_none_that_is_written_out() {
        for (text, quoted) in [
            ("password = x", false),
            ("user = getUser()\npassword = x", false),
            ("user = form.user\npassword = 'x'", true),
            ("username: 'username',\npassword: 'password'", true),
            ("user: ${USER}\npassword: x", false),
            ("the user enters\npassword: x", false),
            ("user = joe\n\n\n\n\n\n\npassword = x", false),
        ] {
            assert!(!beside(text, quoted), "{text}");
        }
    }
}
