//! The way through one outermost archive: what each entry is, and what of it the visitor is shown.
//!
//! An inner file is shown as it would be from the disk: whole up to the same size, beyond that in parts with the
//! same borders, so that what is found in it does not depend on where it lies. What was read before an archive
//! broke or a limit was reached is shown, too.

use std::io::{self, Read};

use super::format::Format;
use super::inflate::Inflate;
use super::meter::Budget;
use super::{HEAD, Limits, Stop, begins, decode, name, tar, zip};
use crate::source::parts::{self, LARGE, MARGIN, PART};
use crate::source::{
    Origin, Part, Skip, SkipReason, Source, SourcePath, Visitor, hermes_named, read,
};
use crate::span::{Position, Span};

/// The whole outermost archive is left: the budget says why.
pub(super) struct Halt;

/// One outermost archive's reading.
pub(super) struct Scan<'s, V: Visitor> {
    pub visitor: &'s mut V,
    pub budget: &'s Budget,
    origin: Origin,
    limits: &'s Limits,
    /// Bytes of the archives that are held in memory now.
    held: u64,
    /// What the visitor held before.
    held_before: u64,
    /// Bytes of the names of what was not read.
    named: u64,
    /// How many more were not read.
    unnamed: u64,
    /// The buffer of the file read last, for the next.
    spare: Vec<u8>,
    /// The decoder of the zip entry read last, for the next.
    pub inflate: Option<Inflate>,
}

impl<'s, V: Visitor> Scan<'s, V> {
    pub fn new(visitor: &'s mut V, origin: Origin, limits: &'s Limits, budget: &'s Budget) -> Self {
        let held_before = visitor.held();
        Self {
            visitor,
            budget,
            origin,
            limits,
            held: 0,
            held_before,
            named: 0,
            unnamed: 0,
            spare: Vec::new(),
            inflate: None,
        }
    }

    /// Says what is to be said of the archive as a whole.
    pub fn close(self, path: &SourcePath, done: Result<(), Halt>) {
        let stop = self.budget.stopped().filter(|_| done.is_err());
        let unnamed = (self.unnamed > 0).then_some(Stop::Unnamed { count: self.unnamed });
        for stop in stop.into_iter().chain(unnamed) {
            let reason = SkipReason::Archive(stop);
            self.visitor.skip(Skip { path: path.clone(), reason, origin: self.origin });
        }
    }

    /// The path of an entry called `raw` in the archive at `path`; `None` when it is not to be read.
    pub fn inner(&mut self, path: &SourcePath, raw: &[u8]) -> Option<SourcePath> {
        let inner = path.inside(&name::shown(raw));
        self.visitor.wants(&inner, self.origin).then_some(inner)
    }

    /// Reads what is in an archive that `path` names; it is the `depth`th.
    pub fn container(
        &mut self,
        format: Format,
        reader: &mut dyn Read,
        path: &SourcePath,
        depth: u32,
    ) -> Result<(), Halt> {
        match format {
            Format::Zip => self.held_zip(reader, path, depth),
            Format::Tar => tar::read(self, reader, path, depth),
            Format::Compressed(codec) => {
                let mut plain = decode::reader(codec, reader, self.budget, depth);
                self.layer(&mut plain, path, depth)
            }
            Format::Unsupported(word) => {
                self.skip(path.clone(), SkipReason::Archive(Stop::Unsupported(word)));
                Ok(())
            }
        }
    }

    /// Reads what was compressed: a tar is the archive itself, anything else a file in it.
    fn layer(&mut self, plain: &mut dyn Read, path: &SourcePath, depth: u32) -> Result<(), Halt> {
        let mut head = Vec::with_capacity(HEAD);
        let got = plain.take(HEAD as u64).read_to_end(&mut head);
        let mut rest = Rest::new(plain, got);
        let mut whole = head.as_slice().chain(&mut rest);
        if begins(&head) == Some(Format::Tar) {
            return tar::read(self, &mut whole, path, depth);
        }
        self.budget.entry()?;
        match self.inner(path, name::without_suffix(path.file_name()).as_bytes()) {
            Some(inner) => self.entry(&mut whole, inner, depth),
            None => Ok(()),
        }
    }

    /// Reads one file of an archive, `depth` deep: a text for the visitor, or another archive.
    pub fn entry(
        &mut self,
        reader: &mut dyn Read,
        path: SourcePath,
        depth: u32,
    ) -> Result<(), Halt> {
        let mut buffer = std::mem::take(&mut self.spare);
        buffer.clear();
        let got = (&mut *reader).take(HEAD as u64).read_to_end(&mut buffer);
        let Some(format) = begins(&buffer) else {
            let done = self.text(&mut buffer, got.map(drop), reader, &path);
            self.spare = buffer;
            return done;
        };
        let head = buffer.clone();
        // It is free for what is in there.
        self.spare = buffer;
        let limit = self.limits.depth;
        if depth >= limit {
            self.skip(path, SkipReason::Archive(Stop::Depth { limit }));
            return Ok(());
        }
        let mut rest = Rest::new(reader, got);
        self.container(format, &mut head.as_slice().chain(&mut rest), &path, depth + 1)
    }

    /// Shows a file that `buffer` has the beginning of, unless it is binary. `state` is how reading went so far.
    fn text(
        &mut self,
        buffer: &mut Vec<u8>,
        mut state: io::Result<()>,
        reader: &mut dyn Read,
        path: &SourcePath,
    ) -> Result<(), Halt> {
        if read::is_binary(buffer) && !hermes_named(path.file_name()) {
            self.skip(path.clone(), SkipReason::Binary);
            return self.ended(state, path);
        }
        let limit = self.limits.max_size;
        let over = |buffer: &[u8], limit: u64| buffer.len() as u64 > limit;
        let small = limit.min(LARGE);
        state = state.and_then(|()| up_to(reader, small, buffer));
        let parsed = over(buffer, small) && self.visitor.parses(path);
        if parsed {
            state = state.and_then(|()| up_to(reader, limit, buffer));
        }
        if !over(buffer, if parsed { limit } else { small }) {
            if state.is_ok() || !buffer.is_empty() {
                let (bytes, origin) = (buffer.as_slice(), self.origin);
                self.visitor.source(Source { path, bytes, origin, part: None });
            }
            state = state.and_then(|()| self.room());
            return self.ended(state, path);
        }
        let (size, state) = self.parts(buffer, state, reader, path);
        if parsed {
            // What it claims its size to be is no reason not to look, so this is known only now.
            self.skip(path.clone(), SkipReason::TooLarge { size, limit });
        }
        self.ended(state, path)
    }

    /// Shows a file that `buffer` has the beginning of in parts. Returns its size and how reading went.
    fn parts(
        &mut self,
        buffer: &mut Vec<u8>,
        mut state: io::Result<()>,
        reader: &mut dyn Read,
        path: &SourcePath,
    ) -> (u64, io::Result<()>) {
        let head = buffer.get(..parts::HEAD).unwrap_or(buffer).to_vec();
        // Where in the file the buffer begins.
        let mut from = 0;
        let mut at = Position::START;
        for number in 0.. {
            let start = number * PART;
            state = state.and_then(|()| up_to(reader, start + PART + MARGIN - from, buffer));
            let border = |offset: u64| match usize::try_from(offset - from) {
                Ok(_) if offset == 0 => 0,
                Ok(offset) => parts::boundary(buffer, offset),
                Err(_) => buffer.len(),
            };
            let end = usize::try_from(start + PART + MARGIN - from).unwrap_or(usize::MAX);
            let bytes = buffer.get(..end).unwrap_or(buffer);
            let own = Span::new(border(start), border(start + PART));
            if own.is_empty() {
                break;
            }
            let part = Some(Part { number, own, at, head: &head });
            self.visitor.source(Source { path, bytes, origin: self.origin, part });
            at = Position::START.after(own.of(bytes)).counted_from(at);
            if let Err(error) = self.room() {
                return (from + buffer.len() as u64, Err(error));
            }
            let next = start + PART - MARGIN;
            let passed = usize::try_from(next - from).unwrap_or(usize::MAX).min(buffer.len());
            buffer.drain(..passed);
            from += passed as u64;
        }
        (from + buffer.len() as u64, state)
    }

    /// An error when the visitor keeps too much already.
    fn room(&self) -> io::Result<()> {
        let limit = self.limits.kept;
        let kept = self.visitor.held().saturating_sub(self.held_before);
        if kept > limit { Err(self.budget.stop(Stop::Kept { limit })) } else { Ok(()) }
    }

    /// Says that a file was not read to its end, if so.
    pub fn ended(&mut self, state: io::Result<()>, path: &SourcePath) -> Result<(), Halt> {
        let Err(error) = state else { return Ok(()) };
        if self.budget.stopped().is_some() {
            return Err(Halt);
        }
        self.skip(path.clone(), SkipReason::Archive(Stop::of(&error)));
        Ok(())
    }

    /// A zip that has no file of its own is held in memory.
    fn held_zip(
        &mut self,
        reader: &mut dyn Read,
        path: &SourcePath,
        depth: u32,
    ) -> Result<(), Halt> {
        let limit = self.limits.held.saturating_sub(self.held);
        let mut bytes = Vec::new();
        let state = up_to(reader, limit, &mut bytes);
        if state.is_err() {
            return self.ended(state, path);
        }
        let size = bytes.len() as u64;
        if size > limit {
            let stop = Stop::Held { limit: self.limits.held };
            self.skip(path.clone(), SkipReason::Archive(stop));
            return Ok(());
        }
        self.held += size;
        let done = zip::slice(self, &bytes, path, depth);
        self.held -= size;
        done
    }

    /// Lists what was not read, as long as there is room; the rest is counted.
    pub fn skip(&mut self, path: SourcePath, reason: SkipReason) {
        self.named += path.display.len() as u64;
        if self.named > self.limits.names {
            self.unnamed += 1;
        } else {
            self.visitor.skip(Skip { path, reason, origin: self.origin });
        }
    }
}

/// What follows a beginning that was read; the error that it ended in comes again, since a decoder may forget its own.
struct Rest<'r> {
    reader: &'r mut dyn Read,
    failed: Option<io::ErrorKind>,
}

impl<'r> Rest<'r> {
    fn new(reader: &'r mut dyn Read, got: io::Result<usize>) -> Self {
        Self { reader, failed: got.err().map(|error| error.kind()) }
    }
}

impl Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.failed {
            Some(kind) => Err(kind.into()),
            None => self.reader.read(buffer),
        }
    }
}

/// Reads on until `buffer` holds more than `limit` bytes, or to the end.
fn up_to(reader: &mut dyn Read, limit: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    let more = limit.saturating_add(1).saturating_sub(buffer.len() as u64);
    reader.take(more).read_to_end(buffer).map(drop)
}
