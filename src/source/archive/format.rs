//! What the first bytes of a file say it is.

use super::tar;

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// zip, and what is one by another name: jar, whl, docx, xlsx, apk, nupkg, egg, zipapp.
    Zip,
    /// tar of any age.
    Tar,
    /// One compressed file, which may be a tar.
    Compressed(Codec),
    /// Known, but not read.
    Unsupported(&'static str),
}

/// A way to compress one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// gzip.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
}

/// Tells an archive by its first bytes, of which it looks at no more than 512.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<Format> {
    Some(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Format::Zip,
        [0x1f, 0x8b, 8, ..] => Format::Compressed(Codec::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Format::Compressed(Codec::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Format::Compressed(Codec::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..] => {
            Format::Compressed(Codec::Bzip2)
        }
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Format::Unsupported("7z"),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Format::Unsupported("rar"),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', b'\n', ..] => Format::Unsupported("ar"),
        // A zip behind the line that names its interpreter.
        [b'#', b'!', ..] => {
            let line = head.iter().position(|&b| b == b'\n')?;
            let zip = head.get(line + 1..)?.starts_with(b"PK\x03\x04");
            return zip.then_some(Format::Zip);
        }
        _ => return head.first_chunk().filter(|block| tar::is_header(block)).map(|_| Format::Tar),
    })
}
