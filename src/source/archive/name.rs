//! Names out of archives, made fit to be shown.
//!
//! Such a name is never opened, so nothing has to be refused; but it must not look like a path outside the
//! archive, nor play with the terminal.

use std::fmt::Write;

/// The longest name that is shown whole, in bytes of the archive.
const LONGEST: usize = 1024;

/// `raw` as a path below the archive: `/` between the parts, a leading `/` as `(root)`, `..` as `(..)`, what is
/// no character or not printable as `\xNN`. The middle of a very long one is left out.
pub(super) fn shown(raw: &[u8]) -> String {
    let shortened: Vec<u8>;
    let cut = if raw.len() > LONGEST {
        let (head, tail) = raw.split_at(LONGEST / 2);
        let tail = tail.get(tail.len() - LONGEST / 2..).unwrap_or(tail);
        shortened = [head, "…".as_bytes(), tail].concat();
        &shortened
    } else {
        raw
    };
    let mut out = String::with_capacity(cut.len());
    if cut.first() == Some(&b'/') {
        out.push_str("(root)");
    }
    for part in cut.split(|&b| b == b'/') {
        if matches!(part, b"" | b".") {
            continue;
        }
        if !out.is_empty() {
            out.push('/');
        }
        if part == b".." {
            out.push_str("(..)");
            continue;
        }
        for chunk in part.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter.is_control() || is_deceptive(letter) {
                    let mut bytes = [0; 4];
                    for byte in letter.encode_utf8(&mut bytes).bytes() {
                        let _ = write!(out, "\\x{byte:02X}");
                    }
                } else {
                    out.push(letter);
                }
            }
            for byte in chunk.invalid() {
                let _ = write!(out, "\\x{byte:02X}");
            }
        }
    }
    if out.is_empty() {
        out.push_str("(unnamed)");
    }
    out
}

/// Marks that turn the direction of text, or break its line.
const fn is_deceptive(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name of a compressed file without the ending that says so.
pub(super) fn without_suffix(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim_start_matches('/')
}

/// True when a link with `target`, in the file `from`, leads out of the archive.
pub(super) fn leads_out(from: &[u8], target: &[u8]) -> bool {
    if target.first() == Some(&b'/') {
        return true;
    }
    let parts =
        |path: &[u8]| -> Vec<Vec<u8>> { path.split(|&b| b == b'/').map(<[u8]>::to_vec).collect() };
    let mut folder = parts(from);
    folder.pop();
    let mut depth = 0_i64;
    for part in folder.iter().chain(&parts(target)) {
        match part.as_slice() {
            b"" | b"." => {}
            b".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}
