//! Entries of a tar, as a stream.
//!
//! Written here because what the formats since 1979 have in common is one block of text fields, and because names
//! and extension records have to be bounded: they, too, come out of the archive.

use std::io::{self, Read};

use super::scan::{Halt, Scan};
use super::{SkipReason, SourcePath, Visitor, name};

const BLOCK: usize = 512;
/// The longest extension record (a long name, attributes of one file) that is read.
const EXTENSION: u64 = 64 * 1024;

/// True for the first block of a tar: its checksum is right.
pub(super) fn is_header(block: &[u8; BLOCK]) -> bool {
    block.iter().any(|&b| b != 0) && checksum_holds(block)
}

fn checksum_holds(block: &[u8; BLOCK]) -> bool {
    let Some(stated) = block.get(148..156).and_then(number) else { return false };
    let blank = |(i, &b): (usize, &u8)| if (148..156).contains(&i) { b' ' } else { b };
    let unsigned: u64 = block.iter().enumerate().map(blank).map(u64::from).sum();
    // Some old programs summed signed bytes.
    let high = block.iter().enumerate().map(blank).filter(|b| *b >= 0x80).count() as u64;
    stated == unsigned || stated + 256 * high == unsigned
}

/// A number in a header: octal digits, or base 256 when the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        // Negative, or larger than any file.
        let top = if *first == 0x80 { 0 } else { u64::from(first & 0x7f) };
        return rest
            .iter()
            .try_fold(top, |sum, &b| (sum >> 55 == 0).then_some(sum << 8 | u64::from(b)));
    }
    let text = field.split(|&b| b == 0).next()?.trim_ascii();
    text.iter().try_fold(0_u64, |sum, &b| match b {
        b'0'..=b'7' if sum >> 60 == 0 => Some(sum << 3 | u64::from(b - b'0')),
        _ => None,
    })
}

/// A text field, up to its NUL.
fn field(block: &[u8; BLOCK], from: usize, length: usize) -> &[u8] {
    let all = block.get(from..from + length).unwrap_or_default();
    all.split(|&b| b == 0).next().unwrap_or_default()
}

/// What extension records say of the next file.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Reads the tar in `reader`.
pub(super) fn read<V: Visitor>(
    scan: &mut Scan<'_, V>,
    reader: &mut dyn Read,
    path: &SourcePath,
    depth: u32,
) -> Result<(), Halt> {
    let state = entries(scan, reader, path, depth)?;
    scan.ended(state, path)
}

fn entries<V: Visitor>(
    scan: &mut Scan<'_, V>,
    reader: &mut dyn Read,
    path: &SourcePath,
    depth: u32,
) -> Result<io::Result<()>, Halt> {
    let mut extension = Extension::default();
    loop {
        let block = match block(reader) {
            Ok(Some(block)) => block,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        };
        let size = block.get(124..136).and_then(number);
        let Some(size) = size.filter(|_| checksum_holds(&block)) else {
            return Ok(Err(io::ErrorKind::InvalidData.into()));
        };
        scan.budget.entry()?;
        let kind = block.get(156).copied().unwrap_or(0);
        let records = matches!(kind, b'L' | b'K' | b'x' | b'g');
        let size = if records { size } else { extension.size.unwrap_or(size) };
        let mut body = Body { reader, left: size };
        let done = if records {
            extend(&mut extension, kind, &mut body)
        } else {
            let extension = std::mem::take(&mut extension);
            let raw = extension.path.unwrap_or_else(|| own_name(&block));
            match kind {
                b'1' | b'2' => {
                    let target = extension.link.unwrap_or_else(|| field(&block, 157, 100).to_vec());
                    // A hard link names its target from the top of the archive.
                    let from = if kind == b'1' { b"" } else { raw.as_slice() };
                    if name::leads_out(from, &target)
                        && let Some(inner) = scan.inner(path, &raw)
                    {
                        scan.skip(inner, SkipReason::SymlinkOutside);
                    }
                    Ok(())
                }
                b'3' | b'4' | b'6' => {
                    if let Some(inner) = scan.inner(path, &raw) {
                        scan.skip(inner, SkipReason::Special);
                    }
                    Ok(())
                }
                b'5' | b'V' | b'D' => Ok(()),
                b'0' | 0 if raw.last() == Some(&b'/') => Ok(()),
                _ => {
                    let sparse =
                        if kind == b'S' { sparse_map(&block, body.reader) } else { Ok(()) };
                    if sparse.is_ok()
                        && let Some(inner) = scan.inner(path, &raw)
                    {
                        scan.entry(&mut body, inner, depth)?;
                    }
                    sparse
                }
            }
        };
        if let Err(error) = done.and_then(|()| body.finish(size)) {
            return Ok(Err(error));
        }
    }
}

/// The next header; `None` at the end of the archive.
fn block(reader: &mut dyn Read) -> io::Result<Option<[u8; BLOCK]>> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            // Some programs leave the closing blocks out.
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(block.iter().any(|&b| b != 0).then_some(block))
}

fn own_name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = field(block, 0, 100);
    // GNU keeps times where POSIX keeps the first part of the path.
    let posix = block.get(257..263) == Some(b"ustar\0");
    let prefix = if posix { field(block, 345, 155) } else { b"" };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

/// Takes in the extension record in `body`. One that is too long is passed over.
fn extend(extension: &mut Extension, kind: u8, body: &mut Body<'_>) -> io::Result<()> {
    if body.left > EXTENSION || kind == b'g' {
        return Ok(());
    }
    let mut record = Vec::new();
    body.read_to_end(&mut record)?;
    match kind {
        b'L' | b'K' => {
            let value = record.split(|&b| b == 0).next().unwrap_or_default().to_vec();
            let slot = if kind == b'L' { &mut extension.path } else { &mut extension.link };
            *slot = Some(value);
        }
        _ => attributes(extension, &record),
    }
    Ok(())
}

/// `LENGTH KEY=VALUE\n`, the length that of the whole record.
fn attributes(extension: &mut Extension, mut rest: &[u8]) {
    while let Some(blank) = rest.iter().position(|&b| b == b' ') {
        let length = rest
            .get(..blank)
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| digits.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| rest.get(blank + 1..length)) else { return };
        rest = rest.get(blank + 1 + record.len()..).unwrap_or_default();
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let Some(equals) = record.iter().position(|&b| b == b'=') else { continue };
        let (key, value) = record.split_at_checked(equals).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default();
        match key {
            b"path" | b"GNU.sparse.name" => extension.path = Some(value.to_vec()),
            b"linkpath" => extension.link = Some(value.to_vec()),
            b"size" => {
                extension.size = str::from_utf8(value).ok().and_then(|size| size.parse().ok());
            }
            _ => {}
        }
    }
}

/// Passes over the blocks that go on with the map of a sparse file.
fn sparse_map(block: &[u8; BLOCK], reader: &mut dyn Read) -> io::Result<()> {
    let mut more = block.get(482) == Some(&1);
    while more {
        let mut next = [0; BLOCK];
        reader.read_exact(&mut next)?;
        more = next.get(504) == Some(&1);
    }
    Ok(())
}

/// The bytes of one entry; shorter than it should be, they end in an error.
struct Body<'r> {
    reader: &'r mut dyn Read,
    left: u64,
}

impl Body<'_> {
    /// Passes over what was not read, and what fills the last block.
    fn finish(&mut self, size: u64) -> io::Result<()> {
        io::copy(self, &mut io::sink())?;
        let block = BLOCK as u64;
        let fill = (block - size % block) % block;
        // The archive may end without it.
        io::copy(&mut (&mut *self.reader).take(fill), &mut io::sink()).map(|_| ())
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..most).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        let count = self.reader.read(part)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
