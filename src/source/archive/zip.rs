//! Entries of a zip, by its directory.

use std::fs::File;
use std::io::{self, Read};

use rawzip::{
    CompressionMethod, Crc32, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive, ZipVerification,
};

use super::format::Codec;
use super::inflate::Inflate;
use super::meter::Metered;
use super::scan::{Halt, Scan};
use super::{SkipReason, SourcePath, Stop, Visitor, decode, name};

/// The longest target of a symbolic link that is read.
const TARGET: u64 = 4096;

/// Reads a zip in memory.
pub(super) fn slice<V: Visitor>(
    scan: &mut Scan<'_, V>,
    bytes: &[u8],
    path: &SourcePath,
    depth: u32,
) -> Result<(), Halt> {
    let archive = ZipArchive::from_slice(bytes).map(rawzip::ZipSliceArchive::into_cursor_archive);
    entries(scan, archive, &mut vec![0; RECOMMENDED_BUFFER_SIZE], path, depth)
}

/// Reads a zip on disk.
pub(super) fn file<V: Visitor>(
    scan: &mut Scan<'_, V>,
    file: File,
    path: &SourcePath,
    depth: u32,
) -> Result<(), Halt> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer);
    entries(scan, archive, &mut buffer, path, depth)
}

fn entries<V: Visitor, R: ReaderAt>(
    scan: &mut Scan<'_, V>,
    archive: Result<ZipArchive<R>, rawzip::Error>,
    buffer: &mut [u8],
    path: &SourcePath,
    depth: u32,
) -> Result<(), Halt> {
    let Ok(archive) = archive else {
        scan.skip(path.clone(), SkipReason::Archive(Stop::Broken));
        return Ok(());
    };
    let mut entries = archive.entries(buffer);
    let mut count = 0;
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) => entry,
            // The directory is shorter than it says.
            Ok(None) if count < archive.entries_hint() => break,
            Ok(None) => return Ok(()),
            Err(_) => break,
        };
        count += 1;
        scan.budget.entry()?;
        if entry.is_dir() {
            continue;
        }
        // Windows programs wrote `\`, against the format.
        let raw = entry.file_path();
        let slashed: Vec<u8>;
        let raw = if raw.as_bytes().contains(&b'/') {
            raw.as_bytes()
        } else {
            slashed = raw.as_bytes().iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
            &slashed
        };
        let Some(inner) = scan.inner(path, raw) else { continue };
        if entry.flags().is_encrypted() {
            scan.skip(inner, SkipReason::Archive(Stop::Encrypted));
            continue;
        }
        let method = entry.compression_method();
        let Ok(found) = archive.get_entry(entry.wayfinder()) else {
            scan.skip(inner, SkipReason::Archive(Stop::Broken));
            continue;
        };
        let mut packed = found.reader();
        let claim = packed.claim_verifier();
        let budget = scan.budget;
        let mut inflate = scan.inflate.take().unwrap_or_else(Inflate::new);
        let inflated: Box<dyn Read + '_> = match method {
            // Stored bytes cost as much when many entries name the same ones.
            CompressionMethod::STORE => Box::new(Metered { inner: &mut packed, budget }),
            CompressionMethod::DEFLATE => {
                Box::new(Metered { inner: inflate.stream(&mut packed), budget })
            }
            _ => match codec(method) {
                Some(codec) => Box::new(decode::reader(codec, &mut packed, budget, depth + 1)),
                None => {
                    let stop = Stop::Method(method.to_string());
                    scan.skip(inner, SkipReason::Archive(stop));
                    continue;
                }
            },
        };
        let mut plain = Verified { inner: inflated, crc: Crc32::new(), size: 0, claim };
        let done = if entry.mode().is_symlink() {
            link(scan, &mut plain, raw, inner);
            Ok(())
        } else {
            scan.entry(&mut plain, inner, depth)
        };
        drop(plain);
        scan.inflate = Some(inflate);
        done?;
    }
    scan.skip(path.clone(), SkipReason::Archive(Stop::Broken));
    Ok(())
}

fn codec(method: CompressionMethod) -> Option<Codec> {
    match method {
        CompressionMethod::BZIP2 => Some(Codec::Bzip2),
        CompressionMethod::ZSTD => Some(Codec::Zstd),
        CompressionMethod::XZ => Some(Codec::Xz),
        _ => None,
    }
}

/// What a link names is read where it is, when it is in the archive.
fn link<V: Visitor>(scan: &mut Scan<'_, V>, plain: &mut dyn Read, raw: &[u8], inner: SourcePath) {
    let mut target = Vec::new();
    let read: io::Result<_> = plain.take(TARGET).read_to_end(&mut target);
    match read {
        Ok(_) if name::leads_out(raw, &target) => scan.skip(inner, SkipReason::SymlinkOutside),
        Ok(_) => {}
        Err(_) => scan.skip(inner, SkipReason::Archive(Stop::Broken)),
    }
}

/// Holds an entry to its checksum and size, but hands over every byte first: programs that unpack it all the
/// same exist, and a wrong checksum must hide nothing.
struct Verified<R> {
    inner: R,
    crc: Crc32,
    size: u64,
    claim: ZipVerification,
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.size += count as u64;
        if count == 0 && !buffer.is_empty() {
            let found = ZipVerification { crc: self.crc.checksum(), uncompressed_size: self.size };
            self.claim
                .valid(found)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        Ok(count)
    }
}
