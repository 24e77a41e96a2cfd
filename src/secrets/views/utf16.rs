//! Text of two bytes a letter: Windows exports, PowerShell output, registry files.
//!
//! A file without a byte order mark is told from a binary by its first kilobytes: one byte of nearly
//! every pair is NUL and the other is a letter. Text in other scripts needs the mark.

use super::{View, byte};

/// How much of a file without a byte order mark is looked at.
const PROBE: usize = 4096;

/// Which byte of a pair comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The low one: `h\0i\0`.
    Little,
    /// The high one: `\0h\0i`.
    Big,
}

/// The byte order of a UTF-16 text, and the length of its mark; `None` for anything else. Looks at no more
/// than the first few kilobytes, so those suffice.
#[must_use]
pub fn order(bytes: &[u8]) -> Option<(Order, usize)> {
    match bytes.first_chunk::<2>() {
        // With two NUL bytes after it that mark is UTF-32's.
        Some([0xFF, 0xFE]) if bytes.get(2..4) != Some(&[0, 0]) => return Some((Order::Little, 2)),
        Some([0xFE, 0xFF]) => return Some((Order::Big, 2)),
        _ => {}
    }
    let (pairs, _) = bytes.get(..PROBE.min(bytes.len())).unwrap_or_default().as_chunks::<2>();
    if pairs.len() < 4 {
        return None;
    }
    let letter = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let little = pairs.iter().filter(|[low, high]| *high == 0 && letter(*low)).count();
    let big = pairs.iter().filter(|[high, low]| *high == 0 && letter(*low)).count();
    let most = pairs.len() - pairs.len() / 8;
    if little >= most {
        Some((Order::Little, 0))
    } else if big >= most {
        Some((Order::Big, 0))
    } else {
        None
    }
}

/// Reads all of a UTF-16 text. False when [`order`] finds it is none.
pub fn view(bytes: &[u8], view: &mut View) -> bool {
    let Some((order, mark)) = order(bytes) else { return false };
    view.start(0);
    let mut at = mark;
    while let Some(&pair) = bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        let unit = unit(order, pair);
        // Nearly all of most files.
        if unit < 0x80 {
            let (pairs, _) = bytes.get(at..).unwrap_or_default().as_chunks::<2>();
            let letters = pairs.iter().map(|&pair| self::unit(order, pair));
            let before = view.text.len();
            if !view.note(at, 1, 2) {
                return false;
            }
            view.text.extend(letters.take_while(|unit| *unit < 0x80).map(|unit| unit as u8));
            at += 2 * (view.text.len() - before);
            continue;
        }
        let mut of = 2;
        let mut code = u32::from(unit);
        if (0xD800..0xDC00).contains(&unit)
            && let Some(&next) = bytes.get(at + 2..).and_then(|rest| rest.first_chunk::<2>())
            && let low @ 0xDC00..=0xDFFF = self::unit(order, next)
        {
            code = 0x10000 + ((code - 0xD800) << 10 | (u32::from(low) - 0xDC00));
            of = 4;
        }
        let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        let mut out = [0; 4];
        if !view.group(letter.encode_utf8(&mut out).as_bytes(), at, of) {
            return false;
        }
        at += of;
    }
    // Half a letter at the end means nothing.
    debug_assert!(byte(bytes, at + 1).is_none());
    true
}

const fn unit(order: Order, pair: [u8; 2]) -> u16 {
    match order {
        Order::Little => u16::from_le_bytes(pair),
        Order::Big => u16::from_be_bytes(pair),
    }
}
