//! Says where a token or a word can begin and end, by the bytes that touch it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// True when a word begins at `start`: `box` in `box_token` and `myBoxToken`, not in `mailbox_token`.
pub(super) fn begins_word(text: &[u8], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    let first = text.get(start).copied().unwrap_or(b' ');
    !before.is_ascii_alphabetic()
        || !first.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && first.is_ascii_uppercase()
}

/// Calls `head` with each place in `run` where [`open_left`] may hold. No byte before a run is a token's.
pub(super) fn heads(bytes: &[u8], run: Span, mut head: impl FnMut(usize)) {
    let text = run.of(bytes);
    let before = run.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let encoded = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    head(run.start);
    // `%20` before it is no part of a token.
    if before == Some(b'%')
        && encoded(text.first())
        && encoded(text.get(1))
        && text.get(2).is_some_and(u8::is_ascii_alphanumeric)
    {
        head(run.start + 2);
    }
    let mut from = 0;
    // Signs are few, and only they make more places.
    while let Some(at) = text.get(from..).and_then(|rest| rest.iter().position(is_sign)) {
        let at = from + at;
        from = at + 1;
        if at > 0 {
            head(run.start + at);
        }
        let Some(after) = text.get(from).filter(|b| b.is_ascii_alphanumeric()) else { continue };
        let sign = text.get(at).copied().unwrap_or_default();
        if !matches!(sign, b'_' | b'-') {
            head(run.start + from);
        }
        // So is the escape `\n`.
        let behind = text.get(from + 1).is_some_and(u8::is_ascii_alphanumeric);
        if sign == b'\\' && matches!(after, b'n' | b't' | b'r') && behind {
            head(run.start + from + 1);
        }
    }
}

/// True for what is no letter and no digit. A table: in generated text a test that branches is guessed wrong at every
/// second byte.
fn is_sign(b: &u8) -> bool {
    static SIGNS: [bool; 256] = {
        let mut signs = [true; 256];
        let (mut rest, mut b): (&mut [bool], u8) = (&mut signs, 0);
        while let Some((sign, more)) = rest.split_first_mut() {
            *sign = !b.is_ascii_alphanumeric();
            rest = more;
            b = b.wrapping_add(1);
        }
        signs
    };
    SIGNS.get(usize::from(*b)).copied().unwrap_or(true)
}

/// True when no token character touches `start` from the left; `\n` and `%20` before it are no part
/// of a token.
pub(super) fn open_left(bytes: &[u8], start: usize) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !bytes.get(start).copied().is_some_and(|b| b.is_ascii_alphanumeric()) {
        return true;
    }
    match bytes.get(start.saturating_sub(3)..start).unwrap_or_default() {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., last] => !word(*last),
        [] => true,
    }
}

/// True when the token ends where the match ends. After an unquoted value of a name, what makes an
/// expression of it (`.name`, a call) ends it too.
pub(super) fn open_right(bytes: &[u8], span: Span, secret: &[u8], bare: bool) -> bool {
    let next = bytes.get(span.end).copied().unwrap_or(b' ');
    if next.is_ascii_alphanumeric() || next == b'_' || next == b'-' {
        return !secret
            .last()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    }
    if matches!(next, b'+' | b'/') && secret.iter().any(|b| matches!(b, b'+' | b'/')) {
        return false;
    }
    let after = bytes.get(span.end + 1).copied().unwrap_or(b' ');
    !(bare && (matches!(next, b'(' | b'[') || next == b'.' && is_word(after)))
}

const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_where_a_token_can_begin() {
        for text in [
            "abc-d_e/f:gh,i",
            "x\\nsk\\tsk\\rsk\\xsk\\\\nsk",
            "2Dsk-abc20sk",
            "-----BEGIN_x",
            "_a-b__c",
        ] {
            for before in ["", " ", "%", "\u{e9}", "\""] {
                let whole = format!("{before}{text}");
                let run = Span::new(before.len(), whole.len());
                let mut found = Vec::new();
                heads(whole.as_bytes(), run, |at| found.push(at));
                let expected: Vec<usize> =
                    (run.start..run.end).filter(|&at| open_left(whole.as_bytes(), at)).collect();
                assert_eq!(found, expected, "{whole:?}");
            }
        }
    }
}
