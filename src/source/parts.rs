//! Reading large files in parts, on all threads.
//!
//! A part is read where it lies, together with a margin of its neighbours' bytes on both sides, so that what
//! crosses a border is whole in one of the two. The bytes of a border are read twice for that. Parts are cut
//! between characters, and each learns from the one before where in the file it begins: the threads wait for
//! each other just long enough to count lines, and then work on their own. Memory is one part a thread,
//! whatever the size of the file.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fs::File;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Origin, Part, Skip, SkipReason, Source, SourcePath, Visitor, read};
use crate::span::{Position, Span};

/// Files longer than this, in bytes, are read in parts, unless their meaning lies in the whole.
pub(super) const LARGE: u64 = 4 << 20;
/// Bytes of the file that a part adds to the one before.
pub(super) const PART: u64 = 2 << 20;
/// Bytes read on each side of a part: more than a credential may span together with what is looked at around it,
/// and a multiple of the blocks in which text is looked through, so that a part is read as the whole would be.
pub(super) const MARGIN: u64 = 96 << 10;
/// Bytes of the beginning that are kept for all parts.
pub(super) const HEAD: usize = 4 << 10;
/// Most threads that are used without being asked for: each holds a part.
const MOST_THREADS: usize = 12;

/// A file to read in parts.
#[derive(Debug)]
pub(super) struct Large {
    /// Where it is.
    pub path: SourcePath,
    /// Its size when it was met, in bytes.
    pub size: u64,
}

/// Visits every part of `files` on as many threads as `threads` says; 0 for one a core.
pub(super) fn visit<V: Visitor>(
    files: Vec<Large>,
    threads: usize,
    make: &(impl Fn() -> V + Sync),
    visitors: &mut Vec<V>,
) {
    let parts = files.iter().map(|file| file.size.div_ceil(PART)).sum::<u64>();
    let parts = usize::try_from(parts).unwrap_or(usize::MAX);
    let queue = Mutex::new(Queue { files: files.into_iter(), current: None });
    // A call of its own, so that the queue is free again before the part is read.
    let take = |visitor: &mut V| lock(&queue).take(visitor);
    let work = || {
        let mut visitor = make();
        let mut buffer = Vec::new();
        while let Some((file, number)) = take(&mut visitor) {
            file.visit(number, &mut buffer, &mut visitor);
        }
        visitor
    };
    on_threads(threads, parts, visitors, work);
}

/// Does `work` on as many threads as `threads` says, 0 for one a core, but no more than there are `pieces`.
pub(super) fn on_threads<V: Send>(
    threads: usize,
    pieces: usize,
    visitors: &mut Vec<V>,
    work: impl Fn() -> V + Sync,
) {
    let wanted = match threads {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS),
        wanted => wanted,
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..wanted.min(pieces)).map(|_| scope.spawn(&work)).collect();
        visitors.push(work());
        for thread in others {
            visitors.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
}

/// Shows every part of what lies in memory.
pub(super) fn of_bytes(
    path: &SourcePath,
    bytes: &[u8],
    origin: Origin,
    visitor: &mut impl Visitor,
) {
    let (part, margin) = (PART as usize, MARGIN as usize);
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    let (mut number, mut start, mut at) = (0, 0, Position::START);
    while start < bytes.len() {
        let end = boundary(bytes, start + part);
        let (from, to) = (boundary(bytes, start.saturating_sub(margin)), end + margin);
        let around = bytes.get(from..to.min(bytes.len())).unwrap_or_default();
        let own = Span::new(start - from, end - from);
        let part = Some(Part { number, own, at, head });
        visitor.source(Source { path, bytes: around, origin, part });
        at = at.after(own.of(around));
        (number, start) = (number + 1, end);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is still to be read.
struct Queue {
    files: std::vec::IntoIter<Large>,
    /// The file that is being read, and the number of its next part.
    current: Option<(Arc<Open>, u64)>,
}

impl Queue {
    /// The next part of a file; `visitor` hears of files that can't be opened.
    fn take(&mut self, visitor: &mut impl Visitor) -> Option<(Arc<Open>, u64)> {
        loop {
            if let Some((file, next)) = self.current.as_mut()
                && *next < file.size.div_ceil(PART)
            {
                *next += 1;
                return Some((Arc::clone(file), *next - 1));
            }
            let path = self.files.next()?.path;
            match read::open(&path.real) {
                Ok((file, size)) => self.current = Some((Arc::new(Open::new(path, file, size)), 0)),
                Err(reason) => visitor.skip(Skip { path, reason, origin: Origin::Named }),
            }
        }
    }
}

/// A file whose parts are being read.
struct Open {
    path: SourcePath,
    file: File,
    /// What is added to it afterwards is not read.
    size: u64,
    head: Vec<u8>,
    /// The number of the next part to learn its place, and the place.
    place: Mutex<(u64, Position)>,
    moved: Condvar,
    failed: AtomicBool,
}

impl Open {
    fn new(path: SourcePath, file: File, size: u64) -> Self {
        let mut head = vec![0; HEAD];
        // What can't be read now is told of the first part.
        let filled = read::at(&file, 0, &mut head).unwrap_or(0);
        head.truncate(filled);
        Self {
            path,
            file,
            size,
            head,
            place: Mutex::new((0, Position::START)),
            moved: Condvar::new(),
            failed: AtomicBool::new(false),
        }
    }

    /// Reads one part into `buffer`, which only grows, and shows it.
    fn visit(&self, number: u64, buffer: &mut Vec<u8>, visitor: &mut impl Visitor) {
        let start = number * PART;
        let from = start.saturating_sub(MARGIN);
        let length = (start + PART + MARGIN).min(self.size) - from;
        let length = usize::try_from(length).unwrap_or(0);
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        let read = read::at(&self.file, from, buffer.get_mut(..length).unwrap_or_default());
        let filled = *read.as_ref().unwrap_or(&0);
        let bytes = buffer.get(..filled).unwrap_or_default();
        let border = |offset: u64| match usize::try_from(offset - from) {
            Ok(_) if offset == 0 => 0,
            Ok(offset) => boundary(bytes, offset),
            Err(_) => filled,
        };
        let own = Span::new(border(start), border(start + PART));
        let at = self.pass(number, Position::START.after(own.of(bytes)));
        match read {
            Ok(_) => visitor.source(Source {
                path: &self.path,
                bytes,
                origin: Origin::Named,
                part: Some(Part { number, own, at, head: &self.head }),
            }),
            Err(error) if !self.failed.swap(true, Ordering::Relaxed) => visitor.skip(Skip {
                path: self.path.clone(),
                reason: SkipReason::Unreadable(error.kind()),
                origin: Origin::Named,
            }),
            Err(_) => {}
        }
    }

    /// Waits until all parts before `number` were counted, and returns where it begins; `length` is where it
    /// ends when counted by itself. Parts are handed out in order, so the one waited for is being read.
    fn pass(&self, number: u64, length: Position) -> Position {
        let mut place = lock(&self.place);
        while place.0 != number {
            place = self.moved.wait(place).unwrap_or_else(PoisonError::into_inner);
        }
        let at = place.1;
        *place = (number + 1, length.counted_from(at));
        self.moved.notify_all();
        at
    }
}

/// The first offset at or after `offset` where no UTF-8 character is cut. A character has three bytes at most
/// after its first; more such bytes than that belong to none.
pub(super) fn boundary(bytes: &[u8], offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    let tail = bytes.get(offset..).unwrap_or_default();
    offset + tail.iter().take(3).take_while(|&byte| byte & 0xC0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::LineIndex;
    use std::path::Path;

    /// The own bytes of a part, its number and its place.
    type Seen = (u64, Position, Vec<u8>);

    /// Keeps what it is shown, and does something after the first part.
    struct Keeper<'k> {
        seen: Vec<Seen>,
        skips: Vec<SkipReason>,
        meanwhile: &'k (dyn Fn() + Sync),
    }

    impl Visitor for Keeper<'_> {
        fn wants(&mut self, _: &SourcePath, _: Origin) -> bool {
            true
        }

        fn parses(&self, _: &SourcePath) -> bool {
            false
        }

        fn source(&mut self, source: Source<'_>) {
            let part = source.part.expect("a part");
            self.seen.push((part.number, part.at, part.own.of(source.bytes).to_vec()));
            if part.number == 0 {
                (self.meanwhile)();
            }
        }

        fn skip(&mut self, skip: Skip) {
            self.skips.push(skip.reason);
        }

        fn archive(&mut self, _: &SourcePath) {}

        fn held(&self) -> u64 {
            0
        }
    }

    /// The parts of the files at `paths` in order, and what was skipped.
    fn parts(
        paths: &[&Path],
        threads: usize,
        meanwhile: &(dyn Fn() + Sync),
    ) -> (Vec<Seen>, Vec<SkipReason>) {
        let large = |path: &&Path| Large {
            path: SourcePath::new(path.to_path_buf(), Path::new(".")),
            size: std::fs::metadata(path).map_or(1, |metadata| metadata.len()),
        };
        let files = paths.iter().map(large).collect();
        let mut visitors = Vec::new();
        let make = || Keeper { seen: Vec::new(), skips: Vec::new(), meanwhile };
        visit(files, threads, &make, &mut visitors);
        let (mut seen, mut skips) = (Vec::new(), Vec::new());
        for visitor in visitors {
            seen.extend(visitor.seen);
            skips.extend(visitor.skips);
        }
        seen.sort();
        (seen, skips)
    }

    fn joined(seen: &[Seen]) -> Vec<u8> {
        seen.iter().flat_map(|(_, _, own)| own.iter().copied()).collect()
    }

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn parts_join_to_the_file_and_know_where_they_begin() {
        // Borders fall into long characters, into bytes that are no UTF-8, into long and into short lines.
        let units: [&[u8]; 5] =
            ["€".as_bytes(), "😀é".as_bytes(), b"\x80\xE2\x82\xFF", b"ab\n", b"\x80"];
        let mut text = b"first\n".to_vec();
        for unit in units {
            text.extend(unit.iter().cycle().take(PART as usize - 4_711));
        }
        let (_folder, path) = file(&text);
        let index = LineIndex::new(&text);
        for threads in [1, 2, 7] {
            let (seen, skips) = parts(&[&path], threads, &|| {});
            assert!(skips.is_empty() && joined(&seen) == text, "{threads} threads");
            assert_eq!(seen.len() as u64, (text.len() as u64).div_ceil(PART));
            let mut offset = 0;
            for (number, at, own) in seen {
                assert_eq!(at, index.position(&text, offset), "part {number}, {threads} threads");
                offset += own.len();
            }
        }
    }

    #[test]
    fn a_file_that_shrinks_or_grows_meanwhile_is_read_as_far_as_it_was() {
        let text = b"a line of text\n".repeat(3 * PART as usize / 15);
        let (_folder, path) = file(&text);
        let write = || std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        let grow = || std::io::Write::write_all(&mut write(), &text).unwrap();
        assert!(joined(&parts(&[&path], 1, &grow).0) == text);
        let left = PART as usize + 5;
        let shrink = || write().set_len(left as u64).unwrap();
        let (seen, skips) = parts(&[&path], 1, &shrink);
        assert!(skips.is_empty() && joined(&seen) == text[..left]);
        // Whoever comes when, nobody waits for ever.
        std::fs::write(&path, &text).unwrap();
        assert!(joined(&parts(&[&path], 7, &shrink).0).len() >= left);
    }

    #[test]
    fn a_file_that_is_gone_is_named_and_the_next_is_read() {
        let text = b"x\n".repeat(PART as usize);
        let (folder, path) = file(&text);
        let gone = folder.path().join("gone");
        for threads in [1, 3] {
            let (seen, skips) = parts(&[&gone, &path], threads, &|| {});
            assert!(joined(&seen) == text);
            assert!(matches!(
                skips.as_slice(),
                [SkipReason::Unreadable(std::io::ErrorKind::NotFound)]
            ));
        }
    }
}
