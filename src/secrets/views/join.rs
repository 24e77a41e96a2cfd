//! String literals that continue each other: `"ghp_ab" + "cdef"`, in the languages that Hermes meets.
//!
//! No language is parsed: a closing quote, an operator that joins strings (or none), and another opening quote
//! are read as one text. That joins a few literals which a compiler would not, and only a detector's
//! pattern that goes on over the seam makes anything of it.

use super::{View, byte};

/// How far before a position the quote that opens its literal is looked for.
const OPENING: usize = 1024;
/// How much may stand between two literals: an operator, a line break, indentation.
const SEAM: usize = 160;

/// Reads the text from `at` on, inside a quoted literal, and that of the literals that continue it, at most
/// `limit` bytes of the file; escapes stay as they are. False when `at` is in no literal, or none follows.
///
/// The view's text begins with the byte at `at`.
pub fn literals(bytes: &[u8], at: usize, limit: usize, view: &mut View) -> bool {
    view.start(at);
    let stop = bytes.len().min(at.saturating_add(limit));
    let Some(bytes) = bytes.get(..stop) else { return false };
    let Some((quote, mut end, mut cut)) = first(bytes, at, view) else { return false };
    let mut quote = quote;
    loop {
        // `\"a\" + \"b\"` inside another literal closes and opens with a backslash.
        let escaped = end > at && byte(bytes, end - 1) == Some(b'\\');
        let Some(opening) = seam(bytes, end + 1, escaped) else { return cut };
        quote = byte(bytes, opening).unwrap_or(quote);
        let Some(close) = literal(bytes, opening + 1, quote, escaped, view) else { return cut };
        cut = true;
        end = close;
    }
}

/// The rest of the literal that `at` stands in: its quote, where it closes, and whether a line break was cut
/// out of it.
fn first(bytes: &[u8], at: usize, view: &mut View) -> Option<(u8, usize, bool)> {
    let rest = bytes.get(at..)?;
    let quote = *rest.iter().find(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let low = at.saturating_sub(OPENING);
    let before = bytes.get(low..at)?;
    let opening = low + before.iter().rposition(|&b| b == quote)?;
    // Without a cut, a literal does not span lines.
    let line = bytes.get(opening..at)?;
    let broken = line.iter().enumerate().any(|(i, &b)| {
        b == b'\n' && !matches!(line.get(..i), Some([.., b'\\'] | [.., b'\\', b'\r']))
    });
    if broken && quote != b'`' {
        return None;
    }
    let escaped = opening > 0 && byte(bytes, opening - 1) == Some(b'\\');
    let close = literal(bytes, at, quote, escaped, view)?;
    // What was cut out shows as a second piece.
    Some((quote, close, view.pieces.len() > 1))
}

/// Appends a literal from `from` to its closing quote, whose offset is returned.
fn literal(bytes: &[u8], from: usize, quote: u8, escaped: bool, view: &mut View) -> Option<usize> {
    let mut i = from;
    let mut start = from;
    loop {
        match byte(bytes, i)? {
            b'\\' => match byte(bytes, i + 1)? {
                b if escaped && b == quote => {
                    return view.plain(bytes.get(start..i)?, start).then_some(i + 1);
                }
                // A line that goes on below.
                b'\r' | b'\n' => {
                    if !view.plain(bytes.get(start..i)?, start) {
                        return None;
                    }
                    i = skip_blanks(bytes, i + 1);
                    start = i;
                }
                _ => i += 2,
            },
            b if b == quote => {
                return view.plain(bytes.get(start..i)?, start).then_some(i);
            }
            b'\n' if quote != b'`' => return None,
            _ => i += 1,
        }
    }
}

fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..bytes.len().min(from + SEAM)).unwrap_or_default();
    from + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// Operators that join two strings, longest first.
const OPERATORS: [&[u8]; 9] = [b"..", b"||", b"<>", b"++", b"+", b".", b"&", b"~", b"^"];

/// The offset of the quote that opens the next literal, when only a seam lies between.
fn seam(bytes: &[u8], from: usize, escaped: bool) -> Option<usize> {
    let mut i = continued(bytes, from);
    let mut rest = bytes.get(i..)?;
    if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(operator)) {
        i = continued(bytes, i + operator.len());
        rest = bytes.get(i..)?;
    }
    // `r"…"`, `rb'…'`, C's `u8"…"` and `L"…"`.
    let prefix = rest.iter().take(2).take_while(|b| b"rbfuRBFUL8".contains(b)).count();
    i += prefix;
    if escaped && byte(bytes, i) == Some(b'\\') {
        i += 1;
    }
    let opens = matches!(byte(bytes, i), Some(b'"' | b'\'' | b'`'));
    // Two quotes that touch are an escaped quote or the start of a longer one, not a seam.
    (opens && i > from).then_some(i)
}

/// Skips white space and the marks of a line that goes on below: `\`, and `_` after a blank.
fn continued(bytes: &[u8], from: usize) -> usize {
    let i = skip_blanks(bytes, from);
    let marked = match byte(bytes, i) {
        Some(b'\\' | b'_') => matches!(byte(bytes, i + 1), Some(b'\r' | b'\n')),
        _ => false,
    };
    if marked { skip_blanks(bytes, i + 1) } else { i }
}
