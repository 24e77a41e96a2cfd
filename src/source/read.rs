//! Reading one file into a buffer, or saying why not.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::SkipReason;

/// How far into a file a NUL byte makes it binary: what git and ripgrep look at, too.
pub(super) const BINARY_PROBE: usize = 8 * 1024;

/// What [`whole`] has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// How many bytes of the buffer are the file's.
    pub length: usize,
    /// There is a NUL byte near the beginning.
    pub binary: bool,
}

/// Opens the regular file at `path`, and returns its size in bytes, too.
///
/// # Errors
///
/// The reason why the file is skipped: special, unreadable.
pub(super) fn open(path: &Path) -> Result<(File, u64), SkipReason> {
    let file = open_any(path)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { Err(SkipReason::Special) }
}

/// Reads `file`, which should have `size` bytes, to the beginning of `buffer`, and returns what it is. The buffer
/// only grows: clearing it would fill it with zeros anew for every file.
///
/// # Errors
///
/// The reason why the file is skipped: too large (`limit`, in bytes), unreadable.
pub(super) fn whole(
    mut file: File,
    size: u64,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<Contents, SkipReason> {
    if size > limit {
        return Err(SkipReason::TooLarge { size, limit });
    }
    // Room for one byte more than the size: the read that finds the end then needs no growth.
    let size = usize::try_from(size).unwrap_or(0);
    if buffer.len() <= size {
        buffer.resize(size + 1, 0);
    }
    let mut filled = 0;
    loop {
        match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
        // The size said so: one more read, only to be told of the end, is a tenth of a small file's cost.
        if size > 0 && filled == size {
            break;
        }
        if filled as u64 > limit {
            return Err(SkipReason::TooLarge { size: filled as u64, limit });
        }
        if filled == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
    }
    let binary = is_binary(buffer.get(..filled).unwrap_or_default());
    Ok(Contents { length: filled, binary })
}

/// Fills `buffer` with the bytes of `file` from `offset` on, and returns how many there were.
///
/// # Errors
///
/// The system's.
pub(super) fn at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read_at(file, rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// True for a file with a NUL byte near its start.
///
/// # Errors
///
/// That it is unreadable.
pub(super) fn begins_binary(file: &File) -> Result<bool, SkipReason> {
    let mut probe = [0; BINARY_PROBE];
    let filled = at(file, 0, &mut probe).map_err(unreadable)?;
    Ok(is_binary(probe.get(..filled).unwrap_or_default()))
}

/// Reads on from standard input, of which `buffer` holds the beginning.
///
/// # Errors
///
/// As [`whole`], or that it is binary.
pub(super) fn stdin(
    input: &mut dyn Read,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), SkipReason> {
    let more = limit.saturating_add(1).saturating_sub(buffer.len() as u64);
    input.take(more).read_to_end(buffer).map_err(unreadable)?;
    if buffer.len() as u64 > limit {
        return Err(SkipReason::TooLarge { size: buffer.len() as u64, limit });
    }
    if is_binary(buffer) { Err(SkipReason::Binary) } else { Ok(()) }
}

/// Tells a binary from a text by its first bytes.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    // Text in UTF-16 says so, and is half NULs.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return false;
    }
    let probe = bytes.get(..BINARY_PROBE.min(bytes.len())).unwrap_or_default();
    memchr::memchr(0, probe).is_some()
}

fn unreadable(error: io::Error) -> SkipReason {
    SkipReason::Unreadable(error.kind())
}

/// Opens without waiting: a path that became a FIFO after the walk saw it must not hang the run.
#[cfg(unix)]
fn open_any(path: &Path) -> Result<File, SkipReason> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    openat(CWD, path, flags, Mode::empty())
        .map(File::from)
        .map_err(|errno| unreadable(io::Error::from(errno)))
}

#[cfg(not(unix))]
fn open_any(path: &Path) -> Result<File, SkipReason> {
    File::open(path).map_err(unreadable)
}

/// One read at a place of its own: threads that share the file do not move each other's.
#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_binaries_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let mut buffer = vec![1; 3];

        std::fs::write(&path, b"hello").unwrap();
        let read = |limit, buffer: &mut Vec<u8>| {
            let (file, size) = open(&path)?;
            let read = whole(file, size, limit, buffer)?;
            Ok((buffer[..read.length].to_vec(), read.binary))
        };
        assert!(matches!(read(5, &mut buffer), Ok((text, false)) if text == b"hello"));
        assert!(matches!(read(4, &mut buffer), Err(SkipReason::TooLarge { size: 5, limit: 4 })));

        std::fs::write(&path, b"a\0b").unwrap();
        assert!(matches!(read(5, &mut buffer), Ok((text, true)) if text == b"a\0b"));

        std::fs::write(&path, b"\xff\xfea\0").unwrap();
        assert!(matches!(read(5, &mut buffer), Ok((_, false))));

        std::fs::write(&path, b"").unwrap();
        assert!(matches!(read(5, &mut buffer), Ok((text, false)) if text.is_empty()));
        assert!(matches!(
            open(&folder.path().join("absent")),
            Err(SkipReason::Unreadable(io::ErrorKind::NotFound))
        ));
    }
}
