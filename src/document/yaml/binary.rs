//! `!!binary`: base64 as Python's lenient decoder reads it.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The bytes that `text` encodes: characters outside the alphabet are skipped, and the first
/// complete padding ends the data. `None` when characters are missing at the end, or for text that
/// is not ASCII.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut held = 0_u8;
    let mut place = 0;
    let mut pads = 0;
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                if place >= 2 {
                    pads += 1;
                    if place + pads >= 4 {
                        return Some(bytes);
                    }
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        match place {
            0 => {}
            1 => bytes.push(held << 2 | value >> 4),
            2 => bytes.push(held << 4 | value >> 2),
            _ => bytes.push(held << 6 | value),
        }
        held = value;
        place = (place + 1) % 4;
    }
    (place == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn lenient_base64() {
        assert_eq!(decode("aGk="), Some(b"hi".to_vec()));
        assert_eq!(decode(" aGV\n sbG8=\n"), Some(b"hello".to_vec()));
        assert_eq!(decode("aG-k="), Some(b"hi".to_vec()));
        assert_eq!(decode("aGk=aGk="), Some(b"hi".to_vec()));
        assert_eq!(decode("=aGVs"), Some(b"hel".to_vec()));
        // The first `=` does not complete the group, so `b` goes on with it.
        assert_eq!(decode("aA=b=="), Some(vec![b'h', 6]));
        assert_eq!(decode("//79"), Some(vec![0xff, 0xfe, 0xfd]));
        assert_eq!(decode(""), Some(vec![]));
        assert_eq!(decode("aGk"), None);
        assert_eq!(decode("a"), None);
        assert_eq!(decode("aGké"), None);
    }
}
