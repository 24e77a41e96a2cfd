//! Follows a log through its files: from where the chain ends, to the end of each, and on to the next.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::events::Maker;
use super::files::{self, Candidate, Input, candidates};
use super::lines::{Line, Lines};
use super::out::Out;
use super::position::{Head, Position};
use super::prune::prune;
use super::{Error, Options, SETTLED, Summary};
use crate::audit::record::{Map, intact};

/// How often a source that has nothing new is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How long the writer of a file that was rotated away may still write to it.
const GRACE: Duration = Duration::from_secs(1);
/// How often it is looked whether files of the chain are old enough to go.
const PRUNE: Duration = Duration::from_secs(3600);
/// Bytes of a log that one record of a sidecar vouches for.
const BLOCK: usize = 64 << 10;

/// What a step has come to.
enum Step {
    /// There may be more right away.
    More,
    /// There is nothing new.
    Idle,
}

/// A file that was read before the present one.
struct Seen {
    id: (u64, u64),
    head: Vec<u8>,
}

impl Seen {
    fn is(&self, file: &Candidate) -> bool {
        // Of an empty file nothing is known but its number, which may be another's by now.
        !self.head.is_empty() && self.id == file.id && file.head.starts_with(&self.head)
    }
}

/// Reads a source to its end, through all files it is made of, and on as it grows.
pub struct Sealer<'s> {
    options: &'s Options<'s>,
    maker: Option<Maker<'s>>,
    out: Out,
    input: Option<Input>,
    /// The files before it, when it was opened.
    older: Vec<Seen>,
    /// When its place was seen to be another's.
    rotated: Option<Instant>,
    /// The file before it, which nobody should write to any more.
    left: Option<Input>,
    summary: Summary,
    /// What was said last.
    said: Option<String>,
}

impl<'s> Sealer<'s> {
    /// Seals with `maker` into `out`; by digests only without one.
    pub const fn new(options: &'s Options<'s>, maker: Option<Maker<'s>>, out: Out) -> Self {
        let summary = Summary { records: 0, bytes: 0, gaps: 0, removed: 0 };
        Self {
            options,
            maker,
            out,
            input: None,
            older: Vec::new(),
            rotated: None,
            left: None,
            summary,
            said: None,
        }
    }

    /// Seals until all is sealed, or until `stop` says so.
    pub fn run(mut self, stop: &dyn Fn() -> bool) -> Result<Summary, Error> {
        self.resume()?;
        self.prune();
        self.work(stop)?;
        self.out.close()?;
        Ok(self.summary)
    }

    fn work(&mut self, stop: &dyn Fn() -> bool) -> Result<(), Error> {
        let mut last = (Instant::now(), self.summary);
        let mut pruned = (Instant::now(), self.out.number());
        while !stop() {
            match self.step()? {
                Step::More => continue,
                Step::Idle => self.out.flush()?,
            }
            if !self.options.follow {
                return self.finish();
            }
            if self.summary != last.1 {
                last = (Instant::now(), self.summary);
            } else if last.0.elapsed() >= self.options.heartbeat {
                self.out.control("log.heartbeat", Map::new());
                self.out.flush()?;
                last.0 = Instant::now();
            }
            if pruned.0.elapsed() >= PRUNE || pruned.1 != self.out.number() {
                self.prune();
                pruned = (Instant::now(), self.out.number());
            }
            std::thread::sleep(POLL);
        }
        self.out.flush()
    }

    /// Removes what is kept no longer. That it can't be is no reason not to seal.
    fn prune(&mut self) {
        let Some(keep) = &self.options.keep else { return };
        match prune(&mut self.out, keep) {
            Ok(removed) => self.summary.removed += removed,
            Err(error) => {
                let said = format!("{}; {}", error.message, error.help);
                if self.said.as_ref() != Some(&said) {
                    (self.options.say)(&said);
                    self.said = Some(said);
                }
            }
        }
    }

    /// Finds the place up to which the chain goes.
    fn resume(&mut self) -> Result<(), Error> {
        let files = self.candidates()?;
        let Some(position) = self.out.position.clone() else {
            // Nothing is sealed yet: the oldest file there is comes first.
            return self.open(files, 0, None);
        };
        if let Some(at) = find(&files, &position) {
            return self.open(files, at, Some(&position));
        }
        self.gap("lost", Some(&position))?;
        let sealed = self.sealed(&files)?;
        let next = files
            .iter()
            .zip(&sealed)
            .position(|(file, at)| at.as_ref().is_none_or(|position| position.off < file.len()));
        let at = match next {
            Some(at) => at,
            // All of it is sealed: the youngest is where more will come.
            None if files.is_empty() => return Ok(()),
            None => files.len() - 1,
        };
        let position = sealed.into_iter().nth(at).flatten();
        self.open(files, at, position.as_ref())
    }

    /// How far each of `files` is sealed, as the whole chain says: asked when its last record alone doesn't help.
    fn sealed(&self, files: &[Candidate]) -> Result<Vec<Option<Position>>, Error> {
        let mut sealed: Vec<Option<Position>> = files.iter().map(|_| None).collect();
        let place = self.out.place();
        let numbers = place.numbers().map_err(|error| Error::io("list", Path::new("."), &error))?;
        for number in numbers {
            let path = place.file(number);
            let cannot = |error: &io::Error| Error::io("read", &path, error);
            let file = files::open(&path).map_err(|error| cannot(&error))?;
            let mut lines = Lines::default();
            while lines
                .fill(|into, at| files::read_at(&file, into, at))
                .map_err(|error| cannot(&error))?
                > 0
            {
                while let Some(line) = lines.next() {
                    let Some(position) = intact(line.bytes).and_then(|_| {
                        let record: Value = serde_json::from_slice(line.bytes).ok()?;
                        Position::after(record.get("src")?)
                    }) else {
                        continue;
                    };
                    for (file, slot) in files.iter().zip(&mut sealed) {
                        let is = file.id == position.id && file.is(&position.mark, position.off);
                        if is && slot.as_ref().is_none_or(|known| known.off < position.off) {
                            *slot = Some(position.clone());
                        }
                    }
                }
            }
        }
        Ok(sealed)
    }

    fn candidates(&self) -> Result<Vec<Candidate>, Error> {
        candidates(&self.options.source)
            .map_err(|error| Error::io("list", files::folder(&self.options.source), &error))
    }

    /// Goes on with the file `at` of `files`.
    fn open(
        &mut self,
        files: Vec<Candidate>,
        at: usize,
        position: Option<&Position>,
    ) -> Result<(), Error> {
        self.rotated = None;
        self.input = None;
        let mut position = position;
        let mut older = Vec::new();
        let last = files.len().saturating_sub(1);
        for (number, file) in files.into_iter().enumerate() {
            let (seen, name) = (Seen { id: file.id, head: file.head.clone() }, file.name.clone());
            if number < at {
                older.push(seen);
                continue;
            }
            match Input::open(file, position) {
                Ok(input) => {
                    self.input = Some(input);
                    break;
                }
                // What is damaged stays so: the next one is not to wait for it.
                Err(_) if number < last => self.broken(&name, position.take())?,
                Err(error) => {
                    let path = files::folder(&self.options.source).join(&name);
                    return Err(Error::io("read", &path, &error));
                }
            }
            older.push(seen);
        }
        self.older = older;
        Ok(())
    }

    fn step(&mut self) -> Result<Step, Error> {
        let Some(input) = &mut self.input else {
            let files = self.candidates()?;
            if files.is_empty() {
                return Ok(Step::Idle);
            }
            self.open(files, 0, None)?;
            return Ok(Step::More);
        };
        let got = match input.fill() {
            Ok(got) => got,
            Err(error) => return self.unreadable(&error),
        };
        if !input.is_same() {
            input.lines.unread(got);
            return self.cut();
        }
        if got > 0 {
            self.take()?;
            return Ok(Step::More);
        }
        if input.is_at(&self.options.source) {
            self.rotated = None;
            self.late()?;
            return Ok(Step::Idle);
        }
        // Another file is there, or none: this one was rotated away, and is looked at once more.
        let since = match self.rotated {
            Some(since) => since,
            None => {
                self.rotated = Some(Instant::now());
                return Ok(Step::More);
            }
        };
        let settled = since.elapsed() >= GRACE
            || !self.options.follow
            || input.quiet().is_some_and(|quiet| quiet >= SETTLED);
        if settled { self.next() } else { Ok(Step::Idle) }
    }

    /// Goes on with the file after the present one, all of which is read.
    fn next(&mut self) -> Result<Step, Error> {
        let Some(input) = &self.input else { return Ok(Step::Idle) };
        let position = input.position();
        let id = input.id;
        let files = self.candidates()?;
        let here = files
            .iter()
            .position(|file| file.id == id && file.is(&position.mark, position.off))
            .or_else(|| find(&files, &position));
        let (at, known) = match here {
            Some(at) => (at + 1, true),
            // It is gone. What was there before it was read before it.
            None => {
                let at = files.iter().rposition(|file| self.older.iter().any(|seen| seen.is(file)));
                (at.map_or(0, |at| at + 1), false)
            }
        };
        let Some((next, later)) = files.get(at..).and_then(<[_]>::split_first) else {
            return Ok(Step::Idle);
        };
        if self.options.follow && later.iter().any(|file| next.is_copying(file)) {
            return Ok(Step::Idle);
        }
        self.late()?;
        self.rest()?;
        if !known {
            self.gap("removed", Some(&position))?;
        }
        let left = self.input.take();
        self.open(files, at, None)?;
        self.left = left;
        Ok(Step::More)
    }

    /// Says so when somebody has written to the file before the present one after it was left: to seal that now would
    /// put it where a later run could not find its place.
    fn late(&mut self) -> Result<(), Error> {
        let Some(left) = self.left.take_if(|left| left.has_grown()) else { return Ok(()) };
        self.gap("late", Some(&left.position()))
    }

    /// The file was cut, as `copytruncate` does: goes on in the copy, if there is one.
    fn cut(&mut self) -> Result<Step, Error> {
        let Some(input) = &self.input else { return Ok(Step::Idle) };
        let position = input.position();
        let id = input.id;
        self.out.flush()?;
        let files = self.candidates()?;
        let copy = files.iter().rposition(|file| {
            file.id != id && position.mark.is_telling() && file.is(&position.mark, position.off)
        });
        if let Some(at) = copy {
            self.open(files, at, Some(&position))?;
            return Ok(Step::More);
        }
        // Nothing of it was sealed, so nothing of it is missed.
        if position.off > 0 {
            self.gap("truncated", Some(&position))?;
        }
        let at = files.iter().position(|file| file.id == id).unwrap_or(0);
        self.open(files, at, None)?;
        Ok(if self.input.is_some() { Step::More } else { Step::Idle })
    }

    /// The file can't be read on: says so, and goes on with the next if there is one.
    fn unreadable(&mut self, error: &io::Error) -> Result<Step, Error> {
        let Some(input) = &self.input else { return Ok(Step::Idle) };
        let position = input.position();
        let files = self.candidates()?;
        let at =
            files.iter().position(|file| file.id == position.id).map_or(files.len(), |at| at + 1);
        if at >= files.len() {
            let path = files::folder(&self.options.source).join(&position.file);
            return Err(Error::io("read", &path, error));
        }
        self.gap("unreadable", Some(&position))?;
        self.open(files, at, None)?;
        Ok(Step::More)
    }

    /// Says that a file can't be read, from its beginning or from a position on.
    fn broken(&mut self, name: &str, position: Option<&Position>) -> Result<(), Error> {
        let log = Map::new()
            .with("reason", "unreadable")
            .with("file", name)
            .with("sealed", position.map_or(0, |position| position.off));
        self.out.control("log.gap", log);
        self.summary.gaps += 1;
        self.out.flush()
    }

    /// Says that something may be missing, and what is known of it.
    fn gap(&mut self, reason: &str, position: Option<&Position>) -> Result<(), Error> {
        let mut log = Map::new().with("reason", reason);
        if let Some(position) = position {
            log.set("file", position.file.as_str());
            log.set("sealed", position.off);
        }
        self.out.control("log.gap", log);
        self.summary.gaps += 1;
        self.out.flush()
    }

    /// Seals what has been read, as far as it is whole.
    fn take(&mut self) -> Result<(), Error> {
        let Self { input: Some(input), out, maker, summary, .. } = self else { return Ok(()) };
        let Some(maker) = maker else {
            while let Some(len) = block(input.lines.pending()) {
                digest(input, len, true, out, summary)?;
            }
            return Ok(());
        };
        let Input { name, id, head, lines, block, .. } = input;
        while let Some(line) = lines.next() {
            let (record, position) = sealed(maker, &line, name, *id, head, block);
            summary.records += 1;
            summary.bytes += line.len;
            out.record(record, position)?;
        }
        Ok(())
    }

    /// Seals what has no newline and will get none.
    fn rest(&mut self) -> Result<(), Error> {
        let Self { input: Some(input), out, maker, summary, .. } = self else { return Ok(()) };
        let Some(maker) = maker else {
            let len = input.lines.pending().len();
            return if len > 0 { digest(input, len, false, out, summary) } else { Ok(()) };
        };
        let Input { name, id, head, lines, block, .. } = input;
        if let Some(line) = lines.rest() {
            let (record, position) = sealed(maker, &line, name, *id, head, block);
            summary.records += 1;
            summary.bytes += line.len;
            out.record(record, position)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.rest()?;
        self.out.flush()
    }
}

/// Where in `files` the chain goes on.
fn find(files: &[Candidate], position: &Position) -> Option<usize> {
    let fits = |file: &Candidate| file.is(&position.mark, position.off);
    if let Some(at) = files.iter().position(|file| file.id == position.id && fits(file)) {
        return Some(at);
    }
    // Copied or compressed since, it is another file with the same beginning; when several have it, none is sure.
    let mut alike = files.iter().enumerate().filter(|(_, file)| fits(file));
    let (at, _) = alike.next().filter(|_| position.mark.is_telling())?;
    alike.next().is_none().then_some(at)
}

/// The record of a line, and the position after it.
fn sealed(
    maker: &Maker<'_>,
    line: &Line<'_>,
    name: &str,
    id: (u64, u64),
    head: &mut Head,
    block: &mut bool,
) -> (Map, Position) {
    let made = maker.make(line, *block);
    *block = made.block;
    head.add(line.bytes, line.eol && line.digest.is_none(), made.secret);
    let position =
        Position { file: name.to_owned(), id, mark: head.mark(), off: line.off, block: made.block };
    let mut src = position.src(line.len);
    if !line.eol {
        src.set("eol", false);
    }
    if made.replaced {
        src.set("utf8", false);
    }
    if let Some(time) = made.time {
        src.set("time", time);
    }
    (made.record.with("src", src), Position { off: line.off + line.len, ..position })
}

/// How many of the first of `bytes` make a block: whole lines, or as much as there may be.
fn block(bytes: &[u8]) -> Option<usize> {
    let most = bytes.get(..BLOCK).unwrap_or(bytes);
    match memchr::memrchr(b'\n', most) {
        Some(end) => Some(end + 1),
        None => (most.len() == BLOCK).then_some(BLOCK),
    }
}

/// Seals the next `len` bytes by their digest.
fn digest(
    input: &mut Input,
    len: usize,
    eol: bool,
    out: &mut Out,
    summary: &mut Summary,
) -> Result<(), Error> {
    let bytes = input.lines.pending().get(..len).unwrap_or_default();
    let hash = Sha256::digest(bytes);
    input.head.add(bytes, false, None);
    let mut position = input.position();
    let mut src = position.src(len as u64).with("sha256", HEXLOWER.encode(&hash));
    if !eol {
        src.set("eol", false);
    }
    let record = Map::new()
        .with("src", src)
        .with("what", Map::new().with("kind", "log.line"))
        .with("who", Map::new().with("agent", "hermes"));
    input.lines.advance(len);
    position.off += len as u64;
    summary.records += 1;
    summary.bytes += len as u64;
    out.record(record, position)
}
