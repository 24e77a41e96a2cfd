//! Where records come from: a file in pieces that start and end between lines, whatever it is packed or held in.
//!
//! A plain file of lines is cut by offset alone, so every thread reads its own piece (`pread`, never a mapping: a live
//! log that is truncated would kill the reader). What has to be read in order (compressed files, arrays, databases)
//! comes through a channel of few pieces. Either way memory does not grow with the file. The size is taken once:
//! what a writer appends meanwhile is not looked at.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::json::pointer::Pointer;
use super::json::tape::{Kind, Tape};
use super::profile::{Container, Profile};

mod array;
mod rows;

pub use rows::cell_of;

/// Bytes a piece of a file has, unless one record has more.
pub const PIECE: u64 = 1 << 18;
/// Bytes of a file that are looked at to recognise its format.
const HEAD: u64 = 1 << 20;
/// A record beyond this is not read.
pub const LONGEST: usize = 256 << 20;

/// A piece of a log: whole records and where they stand.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes.
    pub buffer: Vec<u8>,
    /// Where their first byte stands in the (uncompressed) file.
    pub base: u64,
    /// First byte, end and line (from 0, in the batch) of each record; ends are without line endings.
    pub records: Vec<(u32, u32, u32)>,
    /// Line feeds in the batch.
    pub lines: u32,
    /// What is odd about the transport.
    pub transport: Transport,
    /// Rows have no offsets.
    pub rows: bool,
}

/// What a file went through since it was written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Transport {
    /// A byte order mark at the start.
    pub bom: bool,
    /// Lines that end in CR LF, and the first of them.
    pub crlf: Marks,
    /// Lines without a record, and the first of them.
    pub blank: Marks,
    /// The last line has no line feed: its index among the records.
    pub unended: Option<u32>,
    /// A record that is too long to be read: its line.
    pub too_long: Option<(u32, u64)>,
}

/// How often something was seen, and on which line (from 0) first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// How often.
    pub count: u64,
    /// The first line.
    pub first: u32,
}

impl Marks {
    fn add(&mut self, line: u32) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }
}

impl Batch {
    /// Forgets all but the bytes, which are written over: clearing them for that would cost as much as reading them.
    fn clear(&mut self) {
        self.records.clear();
        self.lines = 0;
        self.transport = Transport::default();
    }

    /// Finds the lines of `buffer` from the byte at `start` on.
    fn cut(&mut self, mut start: usize) {
        if self.base == 0 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.transport.bom = true;
            start = 3;
        }
        while start < self.buffer.len() {
            let rest = self.buffer.get(start..).unwrap_or_default();
            let (mut end, next, ended) = match memchr::memchr(b'\n', rest) {
                Some(at) => (start + at, start + at + 1, true),
                None => (self.buffer.len(), self.buffer.len(), false),
            };
            if ended && end > start && self.buffer.get(end - 1) == Some(&b'\r') {
                end -= 1;
                self.transport.crlf.add(self.lines);
            }
            let line = self.buffer.get(start..end).unwrap_or_default();
            if line.first().is_none_or(u8::is_ascii_whitespace) && line.trim_ascii().is_empty() {
                self.transport.blank.add(self.lines);
            } else {
                if !ended {
                    self.transport.unended = Some(offset(self.records.len()));
                }
                self.records.push((offset(start), offset(end), self.lines));
            }
            self.lines += u32::from(ended);
            start = next;
        }
    }
}

/// Pieces stay below 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// What a file is made of, and how large it was when it was opened.
#[derive(Debug)]
pub struct Opened {
    file: File,
    /// Bytes on disk.
    pub size: u64,
    packing: Packing,
    shape: Container,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// Opens a log and looks at its first bytes.
///
/// # Errors
/// What the system says of the file; and a database is an error where no table is known for it.
pub fn open(path: &Path) -> io::Result<Opened> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut start = [0_u8; 16];
    let count = read_up_to(&mut file, &mut start)?;
    let start = start.get(..count).unwrap_or_default();
    let packing = if start.starts_with(&[0x1f, 0x8b]) {
        Packing::Gzip
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Packing::Zstd
    } else {
        Packing::Plain
    };
    let mut opened = Opened { file, size: meta.len(), packing, shape: Container::JsonLines };
    opened.shape = if start.starts_with(b"SQLite format 3\0") {
        Container::Sqlite
    } else {
        let mut head = vec![0_u8; 256];
        let mut reader = opened.reader()?;
        let count = read_up_to(&mut reader, &mut head)?;
        let head = head.get(..count).unwrap_or_default();
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if text.first() == Some(&b'[') { Container::JsonArray } else { Container::JsonLines }
    };
    Ok(opened)
}

impl Opened {
    /// What the file is made of, by its first bytes.
    #[must_use]
    pub const fn container(&self) -> Container {
        self.shape
    }

    /// Whether offsets are those of the file on disk.
    #[must_use]
    pub fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    /// Whether it has grown since it was opened.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| meta.len() > self.size)
    }

    /// Whether it has shrunk since it was opened.
    #[must_use]
    pub fn has_shrunk(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| meta.len() < self.size)
    }

    /// The uncompressed bytes from the start.
    fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        let file = At { file: self.file.try_clone()?, at: 0, end: self.size };
        Ok(match self.packing {
            Packing::Plain => Box::new(file),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Packing::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(file)
                    .map_err(|error| io::Error::other(error.to_string()))?;
                Box::new(decoder)
            }
        })
    }

    /// The first records, for recognising the format: at most `count` of them.
    ///
    /// # Errors
    /// What the system says, and a database's own words.
    pub fn first_records(
        &self,
        path: &Path,
        profile: &Profile,
        count: usize,
    ) -> io::Result<Vec<Vec<u8>>> {
        let mut batch = Batch::default();
        match (self.shape, &profile.sqlite) {
            (Container::Sqlite, Some(table)) => rows::first(path, table, count, &mut batch)?,
            (Container::Sqlite, None) => {}
            _ if profile.at.is_some() => batch = self.inner(profile.at.as_ref())?,
            (Container::JsonArray, _) => {
                let mut elements = array::Elements::new(self.reader()?);
                elements.fill(&mut batch, PIECE)?;
            }
            (Container::JsonLines, _) => {
                let mut head = Vec::new();
                self.reader()?.take(HEAD).read_to_end(&mut head)?;
                batch.buffer = head;
                batch.cut(0);
            }
        }
        Ok(batch
            .records
            .iter()
            .take(count)
            .filter_map(|&(start, end, _)| {
                Some(batch.buffer.get(start as usize..end as usize)?.to_vec())
            })
            .collect())
    }

    /// Starts handing out pieces.
    ///
    /// # Errors
    /// What the system says; a database for which no table is known.
    pub fn feed(&self, path: &Path, profile: &Profile) -> io::Result<Feed> {
        let (sender, receiver) = sync_channel(2);
        if self.shape != Container::Sqlite && profile.at.is_some() {
            let batch = self.inner(profile.at.as_ref())?;
            spawn(sender, move |send| {
                send(batch);
                Ok(())
            })?;
            return Ok(Feed::Queue(receiver));
        }
        if self.shape == Container::JsonLines && self.packing == Packing::Plain {
            return Ok(Feed::Pieces(Pieces {
                file: self.file.try_clone()?,
                size: self.size,
                next: 0,
            }));
        }
        match self.shape {
            Container::Sqlite => {
                let table = profile.sqlite.clone().ok_or_else(|| {
                    io::Error::other(
                        "it is a database, and the profile names no table (`[sqlite]`)",
                    )
                })?;
                let path = path.to_path_buf();
                spawn(sender, move |send| rows::all(&path, &table, send))?;
            }
            Container::JsonArray => {
                let reader = self.reader()?;
                spawn(sender, move |send| {
                    let mut elements = array::Elements::new(reader);
                    loop {
                        let mut batch = Batch::default();
                        let more = elements.fill(&mut batch, PIECE)?;
                        if !send(batch) || !more {
                            return Ok(());
                        }
                    }
                })?;
            }
            Container::JsonLines => {
                let reader = self.reader()?;
                spawn(sender, move |send| lines(reader, send))?;
            }
        }
        Ok(Feed::Queue(receiver))
    }

    /// The elements of an array inside of a JSON file, which is read whole.
    fn inner(&self, at: Option<&Pointer>) -> io::Result<Batch> {
        let mut batch = Batch::default();
        self.reader()?.take(LONGEST as u64).read_to_end(&mut batch.buffer)?;
        let mut tape = Tape::default();
        let text = std::str::from_utf8(&batch.buffer).is_ok();
        let node = match at {
            Some(at) if text && tape.read(&batch.buffer).is_ok() => at.find(&tape, &batch.buffer),
            _ => None,
        };
        let Some((index, _)) = node.filter(|(_, node)| node.kind == Kind::Array) else {
            let at = at.map_or("", Pointer::as_str);
            return Err(io::Error::other(format!("it is no JSON with an array at `{at}`")));
        };
        let mut line = 0;
        let mut done = 0;
        for (_, node) in tape.children(index) {
            let before = batch.buffer.get(done..node.start as usize).unwrap_or_default();
            line += u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX);
            done = node.start as usize;
            batch.records.push((node.start, node.end, line));
        }
        batch.lines = line;
        Ok(batch)
    }

    /// Calls `see` with every byte up to the size at opening.
    ///
    /// # Errors
    /// What the system says.
    pub fn all_bytes(&self, mut see: impl FnMut(&[u8])) -> io::Result<()> {
        let mut file = At { file: self.file.try_clone()?, at: 0, end: self.size };
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            see(buffer.get(..count).unwrap_or_default());
        }
    }
}

/// Runs `produce` on a thread of its own; it is handed what takes a batch, and `false` from there means nobody wants more.
fn spawn(
    sender: SyncSender<io::Result<Batch>>,
    produce: impl FnOnce(&mut dyn FnMut(Batch) -> bool) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    std::thread::Builder::new().name("log reader".to_owned()).spawn(move || {
        let mut send = |batch| sender.send(Ok(batch)).is_ok();
        if let Err(error) = produce(&mut send) {
            // Nobody listening any more is no error.
            let _ = sender.send(Err(error));
        }
    })?;
    Ok(())
}

/// Lines from a reader that can't be asked for a place.
fn lines(mut reader: Box<dyn Read + Send>, send: &mut dyn FnMut(Batch) -> bool) -> io::Result<()> {
    let mut base = 0;
    let mut carry = Vec::new();
    loop {
        let mut batch = Batch { base, buffer: std::mem::take(&mut carry), ..Batch::default() };
        let mut wanted = PIECE;
        let end = loop {
            let before = batch.buffer.len();
            (&mut reader).take(wanted).read_to_end(&mut batch.buffer)?;
            let fresh = batch.buffer.get(before..).unwrap_or_default();
            if (fresh.len() as u64) < wanted {
                break None;
            }
            if let Some(at) = memchr::memrchr(b'\n', fresh) {
                break Some(before + at + 1);
            }
            if batch.buffer.len() > LONGEST {
                return Err(io::Error::other(format!(
                    "a line has more than {LONGEST} bytes (from byte {base} on)"
                )));
            }
            wanted = PIECE;
        };
        let last = end.is_none();
        if let Some(end) = end {
            carry.extend_from_slice(batch.buffer.get(end..).unwrap_or_default());
            batch.buffer.truncate(end);
        }
        base += batch.buffer.len() as u64;
        batch.cut(0);
        if !send(batch) || last {
            return Ok(());
        }
    }
}

/// What hands out the pieces of one file.
#[derive(Debug)]
pub enum Feed {
    /// By offset.
    Pieces(Pieces),
    /// In order.
    Queue(Receiver<io::Result<Batch>>),
}

/// A file cut by offset.
#[derive(Debug)]
pub struct Pieces {
    file: File,
    size: u64,
    next: u64,
}

/// The next piece: to be read, or read already.
pub enum Ticket {
    /// The records that start in this range.
    Range(File, u64, u64, u64),
    /// As it came.
    Ready(Batch),
}

impl Feed {
    /// The next piece, if there is one. Cheap: reading happens in [`Ticket::read`].
    ///
    /// # Errors
    /// What the system says.
    pub fn take(&mut self) -> io::Result<Option<Ticket>> {
        match self {
            Self::Pieces(pieces) => {
                if pieces.next >= pieces.size {
                    return Ok(None);
                }
                let start = pieces.next;
                pieces.next = (start + PIECE).min(pieces.size);
                let file = pieces.file.try_clone()?;
                Ok(Some(Ticket::Range(file, start, pieces.next, pieces.size)))
            }
            Self::Queue(receiver) => match receiver.recv() {
                Ok(batch) => batch.map(Ticket::Ready).map(Some),
                Err(_) => Ok(None),
            },
        }
    }
}

impl Ticket {
    /// Brings the piece into `batch`.
    ///
    /// # Errors
    /// What the system says; a line that is too long to be held.
    pub fn read(self, batch: &mut Batch) -> io::Result<()> {
        match self {
            Self::Ready(ready) => {
                *batch = ready;
                Ok(())
            }
            Self::Range(file, start, end, size) => {
                batch.clear();
                read_range(&file, (start, end, size), batch)
            }
        }
    }
}

/// The lines that start in `start..end`, of a file of `size` bytes.
fn read_range(
    file: &File,
    (start, end, size): (u64, u64, u64),
    batch: &mut Batch,
) -> io::Result<()> {
    // The byte before tells whether a line starts at `start`.
    let from = start.saturating_sub(1);
    let length = usize::try_from(end - from).unwrap_or_default();
    batch.buffer.resize(length, 0);
    let count = pread(file, &mut batch.buffer, from)?;
    batch.buffer.truncate(count);
    let skip = if start == 0 {
        0
    } else {
        match memchr::memchr(b'\n', &batch.buffer) {
            Some(at) => at + 1,
            None => batch.buffer.len(),
        }
    };
    let whole = count < length;
    if skip >= batch.buffer.len() {
        // No line starts here.
        batch.buffer.clear();
        batch.base = end;
        return Ok(());
    }
    // The last line goes on to its end, which may lie beyond the piece.
    let mut at = from + count as u64;
    while !whole && at < size && batch.buffer.last() != Some(&b'\n') {
        if batch.buffer.len() > LONGEST {
            batch.transport.too_long = Some((0, from + skip as u64));
            return Err(io::Error::other(format!(
                "a line has more than {LONGEST} bytes (from byte {} on)",
                from + skip as u64
            )));
        }
        let before = batch.buffer.len();
        // Short first: most lines end soon.
        let step = if before < length + (1 << 16) { 1 << 12 } else { 1 << 20 };
        let step = usize::try_from((size - at).min(step)).unwrap_or_default();
        batch.buffer.resize(before + step, 0);
        let fresh = batch.buffer.get_mut(before..).unwrap_or_default();
        let count = pread(file, fresh, at)?;
        let line = memchr::memchr(b'\n', fresh.get(..count).unwrap_or_default());
        let keep = line.map_or(count, |line| line + 1);
        batch.buffer.truncate(before + keep);
        at += keep as u64;
        if count == 0 {
            break;
        }
    }
    batch.base = from;
    batch.cut(skip);
    Ok(())
}

fn pread(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(file, rest, at + done as u64);
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(file, rest, at + done as u64);
        match count {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// A file read from a place of its own, up to the size it had.
struct At {
    file: File,
    at: u64,
    end: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let count = pread(&self.file, buffer.get_mut(..length).unwrap_or_default(), self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
