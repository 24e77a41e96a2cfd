//! How far a source has been sealed, as every record says it: the chain itself is the only state there is.
//!
//! A file is known by device and inode, and by a digest of its first bytes, since an inode is given to the next file as
//! soon as its own is removed. The digest never covers what was redacted, so it helps nobody to guess a secret.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::audit::record::{Json, Map};

/// First bytes of a file that make it known.
pub const HEAD: usize = 64;
/// Fewer than these say too little to find a file by.
const TELLING: usize = 16;

/// What a file begins with, as far as that may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How many bytes.
    pub len: usize,
    /// The beginning of their digest, in hex.
    pub digest: String,
}

impl Mark {
    /// That of a file that begins with `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let digest =
            Sha256::new().chain_update("hermes-lint head\n").chain_update(bytes).finalize();
        Self { len: bytes.len(), digest: HEXLOWER.encode(digest.get(..8).unwrap_or_default()) }
    }

    /// True when a file that begins with `bytes` may be the one.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        bytes.get(..self.len).is_some_and(|bytes| Self::of(bytes) == *self)
    }

    /// True when it says enough to find a file by it alone.
    pub const fn is_telling(&self) -> bool {
        self.len >= TELLING
    }
}

/// The first bytes of a file, as they become known line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    closed: bool,
}

impl Head {
    /// That of a file that was sealed up to `sealed` and begins with `bytes`, of which `mark` covers some.
    pub fn resumed(mark: &Mark, bytes: &[u8], sealed: u64) -> Self {
        let bytes = bytes.get(..mark.len).unwrap_or_default().to_vec();
        let closed = (bytes.len() as u64) < sealed;
        Self { bytes, closed }
    }

    /// Adds the next line of the file. From `secret` on it may not be told.
    pub fn add(&mut self, line: &[u8], eol: bool, secret: Option<usize>) {
        if self.closed {
            return;
        }
        let told = line.get(..secret.unwrap_or(line.len())).unwrap_or(line);
        let newline: &[u8] = if eol && secret.is_none() { b"\n" } else { b"" };
        self.bytes.extend(told.iter().chain(newline).take(HEAD - self.bytes.len()));
        self.closed = secret.is_some() || self.bytes.len() >= HEAD;
    }

    /// Its mark.
    pub fn mark(&self) -> Mark {
        Mark::of(&self.bytes)
    }

    /// What is known of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file's name, without its folder.
    pub file: String,
    /// Device and inode; both 0 where files have none.
    pub id: (u64, u64),
    /// What the file begins with.
    pub mark: Mark,
    /// The next byte to seal.
    pub off: u64,
    /// It is inside a private key that goes over several lines.
    pub block: bool,
}

impl Position {
    /// As `src` of a record that seals `len` bytes from here on.
    pub fn src(&self, len: u64) -> Map {
        let mut src = Map::new()
            .with("file", self.file.as_str())
            .with("dev", self.id.0)
            .with("ino", self.id.1)
            .with("off", self.off)
            .with("len", len)
            .with("head", self.mark.digest.as_str())
            .with("head_len", self.mark.len as u64);
        if self.block {
            src.set("block", true);
        }
        src
    }

    /// After what a record with this `src` sealed.
    pub fn after(src: &Value) -> Option<Self> {
        let number = |key: &str| {
            let value = src.get(key)?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let text = |key: &str| src.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            file: text("file")?,
            id: (number("dev")?, number("ino")?),
            mark: Mark {
                len: usize::try_from(number("head_len")?).ok().filter(|&len| len <= HEAD)?,
                digest: text("head")?,
            },
            off: number("off")?.checked_add(number("len")?)?,
            block: src.get("block").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

impl From<Position> for Json {
    fn from(position: Position) -> Self {
        Self::Map(position.src(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_from_its_record() {
        let position = Position {
            file: "agent.log".to_owned(),
            id: (2049, u64::MAX),
            mark: Mark::of(b"2026-11-22 19:54:55,123 INFO"),
            off: 120,
            block: true,
        };
        let mut text = String::new();
        Json::from(position.src(30)).write(&mut text);
        let read = Position::after(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(read, Position { off: 150, ..position });
        assert_eq!(Position::after(&serde_json::json!({"file": "a", "off": -1})), None);
    }

    #[test]
    fn a_head_grows_to_64_bytes_and_stops_at_a_secret() {
        let mut head = Head::default();
        assert!(head.mark().fits(b""));
        head.add(b"first", true, None);
        assert_eq!(head.bytes(), b"first\n");
        let mark = head.mark();
        assert!(mark.fits(b"first\nand more") && !mark.fits(b"first") && !mark.fits(b"firsT\n"));
        // Taken up again, it goes on; its digest stays that of its first bytes.
        let mut again = Head::resumed(&mark, b"first\nsecond", 6);
        again.add(b"second", true, None);
        assert_eq!(again.bytes(), b"first\nsecond\n");
        again.add(&[b'x'; 100], true, None);
        assert_eq!(again.bytes().len(), HEAD);
        assert!(again.closed);

        head.add(b"key=secret", true, Some(4));
        assert_eq!(head.bytes(), b"first\nkey=");
        let mut again = Head::resumed(&head.mark(), b"first\nkey=secret\n", 17);
        again.add(b"more", true, None);
        assert_eq!(again.bytes(), head.bytes());
    }
}
