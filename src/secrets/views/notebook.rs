//! Programs and files that stand as strings in JSON: notebook cells, manifests with embedded files.
//!
//! A notebook keeps each line of a cell as one string, `"key = \"abc\"\n",`. Read as they stand, an unquoted
//! value swallows the `\n`, and nothing is found over two lines. This puts the lines together as
//! the program they are. No JSON is parsed but its strings, so a broken file is read as far as it goes.

use super::{View, byte, decode};

/// Collects the strings of a JSON text that hold lines: those with an escaped line break in them, and those
/// that go on from one that ends in a line break. False when there is none.
pub fn view(bytes: &[u8], view: &mut View) -> bool {
    view.start(0);
    let mut at = 0;
    // Where the string before closed, when it ended in a line break.
    let mut open: Option<usize> = None;
    while let Some(rest) = bytes.get(at..)
        && let Some(quote) = memchr::memchr(b'"', rest)
    {
        let start = at + quote + 1;
        let Some((close, lines)) = string(bytes, start) else { break };
        let follows = open.is_some_and(|end| {
            let between = bytes.get(end + 1..start - 1).unwrap_or_default();
            between.trim_ascii() == b","
        });
        let separate = open.is_none() || !follows;
        if lines || follows {
            if separate && !view.text.is_empty() && view.text.last() != Some(&b'\n') {
                // The quote that opens the string stands for the break before it.
                if !view.group(b"\n", start - 1, 1) {
                    return false;
                }
            }
            if !text(bytes, start, close, view) {
                return false;
            }
        }
        let unfinished = (lines || follows) && view.text.last() == Some(&b'\n');
        open = unfinished.then_some(close);
        at = close + 1;
    }
    !view.text.is_empty()
}

/// The closing quote of the string from `from` on, and whether a line break is escaped in it.
fn string(bytes: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut at = from;
    let mut lines = false;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if byte(bytes, at) == Some(b'"') {
            return Some((at, lines));
        }
        lines |= byte(bytes, at + 1) == Some(b'n');
        at += 2;
    }
}

/// Appends the string without its escapes. False when the view is full.
fn text(bytes: &[u8], from: usize, to: usize, view: &mut View) -> bool {
    let Some(all) = bytes.get(..to) else { return false };
    let mut at = from;
    while let Some(rest) = all.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        let (copied, escaped) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
        if !view.plain(copied, at) {
            return false;
        }
        at += plain;
        if escaped.is_empty() {
            break;
        }
        let kept = match decode::escape(escaped) {
            Some((out, count, of)) => {
                let kept = view.group(out.get(..count).unwrap_or_default(), at, of);
                at += of;
                kept
            }
            None => {
                let width = escaped.len().min(2);
                let kept = view.plain(escaped.get(..width).unwrap_or_default(), at);
                at += width;
                kept
            }
        };
        if !kept {
            return false;
        }
    }
    true
}
