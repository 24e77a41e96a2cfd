//! Lines of a file that may be growing, with their places, in memory that does not depend on their length.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io;

use memchr::memchr;
use sha2::{Digest, Sha256};

use crate::audit::merkle::Hash;

/// How much of a line is kept: what a record can hold, and enough after that to see a secret across the cut whole.
pub const KEPT: usize = (1 << 20) + (64 << 10);
/// How much is read at a time.
const CHUNK: usize = 128 << 10;

/// A line, or what there is of one.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'l> {
    /// Where it begins, in bytes.
    pub off: u64,
    /// How long it is, its newline included.
    pub len: u64,
    /// Its bytes without the newline; of a line longer than [`KEPT`] the first of them.
    pub bytes: &'l [u8],
    /// False when the file ends without a newline.
    pub eol: bool,
    /// The digest of a line of which only the beginning is kept.
    pub digest: Option<Hash>,
}

/// Reads lines. What it holds is at most a line's kept part and a chunk.
#[derive(Debug, Default)]
pub struct Lines {
    buf: Vec<u8>,
    /// Where in `buf` the line begins, and up to where there is no newline.
    begin: usize,
    scanned: usize,
    /// Where in the file the line begins, and what is to be read next.
    start: u64,
    read: u64,
    long: Option<Long>,
    /// The beginning of the long line that was returned last.
    kept: Vec<u8>,
}

#[derive(Debug)]
struct Long {
    digest: Sha256,
    len: u64,
}

impl Lines {
    /// Lines from the byte `start` of a file on.
    pub fn from(start: u64) -> Self {
        Self { start, read: start, ..Self::default() }
    }

    /// Where the first byte is that no returned line had.
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Where the first byte is that was not read.
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Reads on with `read(into, at)`, and says how many bytes that gave.
    pub fn fill(
        &mut self,
        read: impl FnOnce(&mut [u8], u64) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.buf.drain(..self.begin.min(self.buf.len()));
        self.scanned = self.scanned.saturating_sub(self.begin);
        self.begin = 0;
        let old = self.buf.len();
        self.buf.resize(old + CHUNK, 0);
        let got = match self.buf.get_mut(old..) {
            Some(free) => read(free, self.read),
            None => Ok(0),
        };
        self.buf.truncate(old + got.as_ref().copied().unwrap_or(0));
        let got = got?;
        self.read += got as u64;
        Ok(got)
    }

    /// Forgets the last `bytes` that were read, as if they had not been.
    pub fn unread(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buf.len().saturating_sub(self.begin));
        self.buf.truncate(self.buf.len() - bytes);
        self.scanned = self.scanned.min(self.buf.len());
        self.read -= bytes as u64;
    }

    /// The next line that has been read to its end.
    pub fn next(&mut self) -> Option<Line<'_>> {
        let Some(found) = memchr(b'\n', self.buf.get(self.scanned..)?) else {
            self.scanned = self.buf.len();
            self.shorten();
            return None;
        };
        let end = self.scanned + found;
        self.scanned = end + 1;
        Some(self.line(end, true))
    }

    /// What there is after the last newline, if anything.
    pub fn rest(&mut self) -> Option<Line<'_>> {
        let end = self.buf.len();
        if self.begin >= end && self.long.is_none() {
            return None;
        }
        self.scanned = end;
        Some(self.line(end, false))
    }

    /// What was read and not returned, and drops what is asked for of it: for blocks instead of lines.
    pub fn pending(&self) -> &[u8] {
        self.buf.get(self.begin..).unwrap_or_default()
    }

    /// Goes on after the first `bytes` of [`Lines::pending`].
    pub fn advance(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buf.len().saturating_sub(self.begin));
        self.begin += bytes;
        self.scanned = self.begin;
        self.start += bytes as u64;
    }

    fn line(&mut self, end: usize, eol: bool) -> Line<'_> {
        let begin = std::mem::replace(&mut self.begin, end + usize::from(eol));
        let off = self.start;
        let tail = self.buf.get(begin..end).unwrap_or_default();
        let mut len = tail.len() as u64 + u64::from(eol);
        let digest = self.long.take().map(|long| {
            len += long.len;
            long.digest.chain_update(tail).finalize().into()
        });
        self.start += len;
        let bytes = if digest.is_some() { &self.kept } else { tail };
        Line { off, len, bytes, eol, digest }
    }

    /// Keeps of a line that has become too long its beginning, and a digest of all of it.
    fn shorten(&mut self) {
        let Some(line) = self.buf.get(self.begin..) else { return };
        if let Some(long) = &mut self.long {
            long.digest.update(line);
            long.len += line.len() as u64;
        } else if let Some(kept) = line.get(..KEPT) {
            self.kept.clear();
            self.kept.extend_from_slice(kept);
            self.long =
                Some(Long { digest: Sha256::new_with_prefix(line), len: line.len() as u64 });
        } else {
            return;
        }
        self.begin = self.buf.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Owned = (u64, u64, Vec<u8>, bool, Option<Hash>);

    /// Lines of `text` as (offset, length, kept bytes, newline, digest), read `step` bytes at a time.
    fn read(text: &[u8], step: usize) -> Vec<Owned> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let owned =
            |line: Line<'_>| (line.off, line.len, line.bytes.to_vec(), line.eol, line.digest);
        loop {
            let got = lines.fill(|into, at| {
                let from = &text[usize::try_from(at).unwrap()..];
                let len = from.len().min(step).min(into.len());
                into[..len].copy_from_slice(&from[..len]);
                Ok(len)
            });
            while let Some(line) = lines.next() {
                found.push(owned(line));
            }
            assert!(lines.buf.len() <= KEPT + CHUNK);
            if got.unwrap() == 0 {
                found.extend(lines.rest().map(owned));
                assert!(lines.rest().is_none());
                assert_eq!(lines.start(), text.len() as u64);
                return found;
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let mut text = vec![b'a'; KEPT + 300_000];
        text.extend(b"\nb\n");
        let lines = read(&text, 100_000);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].0, lines[0].1), (0, text.len() as u64 - 2));
        assert_eq!(lines[0].2.len(), KEPT);
        assert_eq!(lines[0].4, Some(Sha256::digest(&text[..text.len() - 3]).into()));
        assert_eq!(lines[1], (text.len() as u64 - 2, 2, b"b".to_vec(), true, None));
        let unfinished = read(&text[..text.len() - 3], 1 << 20);
        assert_eq!(unfinished.len(), 1);
        assert!(!unfinished[0].3);
        assert_eq!(unfinished[0].1, text.len() as u64 - 3);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text(text in "[ab\n]{0,60}", step in 1_usize..9) {
            let lines = read(text.as_bytes(), step);
            let whole: Vec<&str> = text.split_inclusive('\n').collect();
            prop_assert_eq!(lines.len(), whole.len());
            let mut off = 0;
            for (line, whole) in lines.iter().zip(whole) {
                prop_assert_eq!(line.0, off);
                prop_assert_eq!(line.1, whole.len() as u64);
                prop_assert_eq!(&line.2[..], whole.trim_end_matches('\n').as_bytes());
                prop_assert_eq!(line.3, whole.ends_with('\n'));
                off += line.1;
            }
        }
    }
}
