//! Reads the files inside archives and hands them to the visitor as `outer.zip!/inner/path`.
//!
//! Everything is read as a stream but a zip inside another archive, whose directory stands at its end: it is held
//! in memory, within a limit. So memory is bounded by that, one file or part of one, and the windows of the
//! decoders, whatever the size of the archive; the price is that one archive is one thread's work. What an archive
//! is, its first bytes say, not its name. Nothing is unpacked to disk, and no name out of an archive is ever
//! opened. Whatever is not read, a bomb's rest included, is a [`Skip`] with its reason.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod decode;
mod format;
mod inflate;
mod meter;
mod name;
mod scan;
mod stop;
mod tar;
mod zip;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufReader, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use format::{Codec, Format, recognise};
pub use stop::Stop;

use super::parts::{Large, on_threads};
use super::{Origin, Skip, SkipReason, SourcePath, Visitor, hermes_named, read};
use meter::{Budget, Counted};
use scan::{Halt, Scan};

/// How much of a file is looked at to tell what it is.
const HEAD: usize = read::BINARY_PROBE;

/// How far archives are read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest inner file that is parsed, in bytes; larger ones are searched in parts.
    pub max_size: u64,
    /// Bytes of the zips in other archives that are held in memory at a time.
    pub held: u64,
    /// Decompressed bytes of one outermost archive, everything nested in it included.
    pub total: u64,
    /// Entries of one outermost archive, everything nested in it included.
    pub entries: u64,
    /// Archives within each other, the outermost counted; a compressed tar is one.
    pub depth: u32,
    /// Decompressed bytes for each byte of the outermost archive.
    pub ratio: u64,
    /// Decompressed bytes before the ratio counts: a small file of blanks is no bomb.
    pub ratio_from: u64,
    /// Bytes that the visitor may hold of what it found in one outermost archive.
    pub kept: u64,
    /// Bytes of the names of what is not read in one outermost archive; the rest of them is only counted.
    pub names: u64,
}

impl Limits {
    /// What is enough for images, packages and backups, with inner files up to `max_size` bytes parsed.
    #[must_use]
    pub const fn new(max_size: u64) -> Self {
        Self {
            max_size,
            held: 32 << 20,
            total: 16 << 30,
            entries: 500_000,
            depth: 8,
            ratio: 200,
            ratio_from: 64 << 20,
            kept: 40 << 20,
            names: 4 << 20,
        }
    }
}

/// The bytes of an outermost archive.
pub enum Input<'a> {
    /// Read already.
    Bytes(&'a [u8]),
    /// Open, at its start.
    File(File),
    /// Read once: the beginning, and what follows.
    Stream(&'a [u8], &'a mut dyn Read),
}

/// What an archive is whose first bytes these are. A kind that is not read is one only if it is no text.
#[must_use]
pub fn begins(head: &[u8]) -> Option<Format> {
    recognise(head)
        .filter(|format| !matches!(format, Format::Unsupported(_)) || read::is_binary(head))
}

/// What archive `file` is.
pub(super) fn at(file: &File) -> Option<Format> {
    let mut head = [0; HEAD];
    let filled = read::at(file, 0, &mut head).unwrap_or(0);
    begins(head.get(..filled).unwrap_or_default())
}

/// True for the name of what Hermes reads, compressed: `config.yaml.gz`, but not `config.yaml`.
pub(super) fn packs_hermes_file(name: &str) -> bool {
    hermes_named(name::without_suffix(name))
}

/// Visits what is in `archives`, those on disk, on as many threads as `threads` says; 0 for one a core.
pub(super) fn visit_all<V: Visitor>(
    mut archives: Vec<Large>,
    limits: &Limits,
    threads: usize,
    make: &(impl Fn() -> V + Sync),
    visitors: &mut Vec<V>,
) {
    // The longest first, so that no thread is left alone with it at the end.
    archives.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.path.cmp(&b.path)));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut visitor = make();
        while let Some(Large { path, .. }) = archives.get(next.fetch_add(1, Ordering::Relaxed)) {
            let origin = Origin::Named;
            match read::open(&path.real) {
                Ok((file, _)) => {
                    visit(path, origin, Input::File(file), limits, &mut visitor);
                }
                Err(reason) => visitor.skip(Skip { path: path.clone(), reason, origin }),
            }
        }
        visitor
    };
    on_threads(threads, archives.len(), visitors, work);
}

/// Visits what is in the archive that `input` begins with. False when there is none: then the beginning, which
/// was read, is in `buffer`.
pub(super) fn visit_stream<V: Visitor>(
    path: &SourcePath,
    input: &mut dyn Read,
    limits: &Limits,
    visitor: &mut V,
    buffer: &mut Vec<u8>,
) -> bool {
    // What can't be read now can't be read by whoever reads on, either.
    let _ = input.take(HEAD as u64).read_to_end(buffer);
    visit(path, Origin::Named, Input::Stream(buffer, input), limits, visitor)
}

/// Visits what is in the archive at `path`. False, with nothing visited, when [`begins`] finds none in its first
/// bytes.
pub fn visit<V: Visitor>(
    path: &SourcePath,
    origin: Origin,
    input: Input<'_>,
    limits: &Limits,
    visitor: &mut V,
) -> bool {
    let size = match &input {
        Input::Bytes(bytes) => bytes.len() as u64,
        Input::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
        Input::Stream(head, _) => head.len() as u64,
    };
    let budget = Budget::new(limits, size);
    let mut scan = Scan::new(visitor, origin, limits, &budget);
    let done = match input {
        Input::Bytes(bytes) => match begins(bytes) {
            Some(Format::Zip) => {
                scan.visitor.archive(path);
                zip::slice(&mut scan, bytes, path, 1)
            }
            Some(format) => {
                scan.visitor.archive(path);
                scan.container(format, &mut &*bytes, path, 1)
            }
            None => return false,
        },
        Input::File(file) => match open(&mut scan, file, path) {
            Some(done) => done,
            None => return false,
        },
        Input::Stream(head, rest) => match begins(head) {
            Some(format) => {
                scan.visitor.archive(path);
                let mut rest = Counted { inner: rest, budget: &budget };
                scan.container(format, &mut head.chain(&mut rest), path, 1)
            }
            None => return false,
        },
    };
    scan.close(path, done);
    true
}

/// Reads an archive on disk; `None` when it is none.
fn open<V: Visitor>(
    scan: &mut Scan<'_, V>,
    mut file: File,
    path: &SourcePath,
) -> Option<Result<(), Halt>> {
    let mut head = Vec::with_capacity(HEAD);
    if let Err(error) = (&mut file).take(HEAD as u64).read_to_end(&mut head) {
        scan.skip(path.clone(), SkipReason::Unreadable(error.kind()));
        return Some(Ok(()));
    }
    let format = begins(&head)?;
    scan.visitor.archive(path);
    Some(if format == Format::Zip {
        zip::file(scan, file, path, 1)
    } else {
        let mut whole = head.as_slice().chain(BufReader::with_capacity(1 << 16, file));
        scan.container(format, &mut whole, path, 1)
    })
}
