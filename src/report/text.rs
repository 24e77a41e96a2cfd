//! Text of unknown origin, made fit for a terminal: nothing invisible, nothing obeyed, lines that fit.
//!
//! Escape sequences, bidirectional overrides and zero-width characters let a scanned file forge the report
//! about itself. Every such character is shown as `\u{1b}`: unlike a replacement picture it says which one
//! it was, reads the same in any font, and stays searchable. The price is that some honest text (joined
//! emoji, Persian with non-joiners) shows its joints; a linter's reader is better off seeing them. What
//! must be exact is in the machine formats.

use std::borrow::Cow;
use std::fmt::Write as _;

/// True for a character that a terminal obeys or shows as nothing: controls (C0, DEL, C1), line and
/// paragraph separators, bidirectional controls, zero-width and filler characters, variation selectors
/// and tags. Tab and line break are among them: who lays text out decides on those first.
///
/// The ranges are those of Unicode's `Default_Ignorable_Code_Point`, `Bidi_Control` and category `Cc`,
/// with `U+2028`, `U+2029` and `U+FFF9` to `U+FFFB` added.
pub(super) const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What stands for `c` in HTML and XML, in text and quoted attributes alike; `None` for what may stand as it is.
pub(super) const fn entity(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

/// Appends `c` as it may be shown.
pub(super) fn push(out: &mut String, c: char) {
    if is_unsafe(c) {
        // Writing to a `String` can't fail.
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    } else {
        out.push(c);
    }
}

/// A path or another name, as one word: line breaks and tabs are escaped too.
pub fn name(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push(&mut out, c));
    Cow::Owned(out)
}

/// Prose on one line: a line break and the white space around it become one space.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for part in text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        part.chars().for_each(|c| push(&mut out, if c == '\t' { ' ' } else { c }));
    }
    Cow::Owned(out)
}

/// Text that may have several lines, which are kept; a tab becomes four spaces.
pub(super) fn block(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, line) in text.trim_end_matches(['\n', '\r']).split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for c in line.strip_suffix('\r').unwrap_or(line).chars() {
            if c == '\t' { out.push_str("    ") } else { push(&mut out, c) }
        }
    }
    Cow::Owned(out)
}

/// The parts of `text` with whether backticks make them code: `` a `b` `` is text and code. A backtick without a
/// partner is text, and so is an empty pair.
pub(super) fn code_spans(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let code = |rest: &'_ str| {
            let (inner, after) = rest.strip_prefix('`')?.split_once('`')?;
            Some((inner.len(), after.len()))
        };
        if let Some((length, after)) = code(rest) {
            let inner = rest.get(1..1 + length).unwrap_or_default();
            rest = rest.get(rest.len() - after..).unwrap_or_default();
            return Some((!inner.is_empty(), if inner.is_empty() { "``" } else { inner }));
        }
        // Without a partner for this one there is none for a later one.
        let end = if rest.starts_with('`') { None } else { rest.find('`') };
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some((false, part))
    })
}

/// Columns that `c` takes, as a guess: an overshoot costs a soft wrap, nothing else.
pub(super) const fn cells(c: char) -> usize {
    match c {
        '\t' => 4,
        // `\u{` and `}` and the hex digits.
        _ if is_unsafe(c) => 4 + (u32::BITS - (c as u32 | 1).leading_zeros()).div_ceil(4) as usize,
        // Hangul, CJK, full-width forms and emoji are two wide; little else up there is rarer.
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' => 2,
        '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

/// Breaks `text`, at spaces only, into lines of at most `width` columns; a longer word stays whole, because
/// a path or a command that is cut can't be copied. Its own line breaks stay.
///
/// Only the first line is broken: what follows a line break in a help is an edit to copy.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let (first, rest) = text.split_once('\n').map_or((text, None), |(a, b)| (a, Some(b)));
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    for (i, word) in first.split(' ').enumerate() {
        let wide: usize = word.chars().map(cells).sum();
        if i > 0 {
            if column + 1 + wide > width {
                out.push('\n');
                column = 0;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += wide;
    }
    if let Some(rest) = rest {
        out.push('\n');
        out.push_str(rest);
    }
    out
}

/// `lead` and `text`, the lines of `text` after the first indented to stand below its first.
pub(super) fn hanging(lead: &str, text: &str, width: usize) -> String {
    let indent = lead.chars().count();
    let mut out = String::with_capacity(lead.len() + text.len() + 16);
    out.push_str(lead);
    for (i, line) in wrap(text, width.saturating_sub(indent)).split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
            if !line.is_empty() {
                out.extend(std::iter::repeat_n(' ', indent));
            }
        }
        out.push_str(line);
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_and_obeyed_characters_are_spelled_out() {
        assert_eq!(name("a\x1b[31mb\n\u{202e}c\u{9b}"), r"a\u{1b}[31mb\u{a}\u{202e}c\u{9b}");
        assert_eq!(name("é 語 ~/x"), "é 語 ~/x");
        assert_eq!(line("one\r\n  two\tx\u{200b}\n"), r"one two x\u{200b}");
        assert_eq!(block("a:\r\n\tb\n"), "a:\n    b");
    }

    #[test]
    fn backticks_come_in_pairs() {
        let parts = |text| code_spans(text).collect::<Vec<_>>();
        assert_eq!(parts("a `b` c"), [(false, "a "), (true, "b"), (false, " c")]);
        assert_eq!(parts("`é``"), [(true, "é"), (false, "`")]);
        assert_eq!(parts("``x"), [(false, "``"), (false, "x")]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn width_of_an_escape_is_its_length() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|&c| is_unsafe(c) && c != '\t') {
            let mut shown = String::new();
            push(&mut shown, c);
            assert_eq!(cells(c), shown.len(), "{shown}");
        }
    }

    #[test]
    fn wraps_prose_and_keeps_edits() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(wrap("a /very/long/path b", 6), "a\n/very/long/path\nb");
        assert_eq!(
            wrap("set this one\nkey:   a long value", 8),
            "set this\none\nkey:   a long value"
        );
        assert_eq!(hanging("  help: ", "add\n\nx: 1", 80), "  help: add\n\n        x: 1\n");
    }
}
