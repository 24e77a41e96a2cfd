//! Writes a chain: one writer, only at the end, and never over what is there.
//!
//! Whatever a crash left is kept. A line that was cut short gets its newline and a record that says so; from the last
//! whole record on, the chain goes on.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use memchr::memmem;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::files::{self, read_at};
use super::lines::Lines;
use super::position::Position;
use super::{Error, Fsync};
use crate::audit::merkle::Hash;
use crate::audit::record::{Chain, Map, intact, timestamp};

/// Bytes of records that are written at once when there is much to seal.
const BATCH: usize = 256 << 10;
/// How often `--fsync interval` syncs.
const INTERVAL: Duration = Duration::from_secs(1);
/// Bytes that attempts to write a first record can leave behind.
const MOST_TORN: u64 = 64 << 10;
/// Broken lines at the end of a log that are explained; more than that is no log of ours.
const MOST_JUNK: usize = 1000;

/// Where the records go.
#[derive(Clone, Debug)]
pub enum Place {
    /// `audit-000001.jsonl` and so on, in this folder.
    Folder(PathBuf),
    /// One file.
    File(PathBuf),
}

impl Place {
    fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::File(file) => files::folder(file),
        }
    }

    /// The file of this number.
    pub fn file(&self, number: u64) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(format!("audit-{number:06}.jsonl")),
            Self::File(file) => file.clone(),
        }
    }

    fn lock(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join("audit.lock"),
            Self::File(file) => {
                let mut name = file.clone().into_os_string();
                name.push(".lock");
                name.into()
            }
        }
    }

    /// The numbers of the files there are, smallest first.
    pub fn numbers(&self) -> io::Result<Vec<u64>> {
        let Self::Folder(folder) = self else {
            return Ok(if self.file(1).symlink_metadata().is_ok() { vec![1] } else { Vec::new() });
        };
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            let digits = name.to_str().and_then(|name| {
                name.strip_prefix("audit-")?
                    .strip_suffix(".jsonl")
                    .filter(|digits| digits.len() >= 6)
            });
            numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// What a file of records holds.
#[derive(Default)]
struct Scan {
    sha: Sha256,
    bytes: u64,
    records: u64,
    /// The last record, parsed, and its hash.
    last: Option<(Value, Hash)>,
    /// Lines after the last record that are none and that no record explains: offset, length, digest.
    junk: Vec<(u64, u64, Hash)>,
    /// The last line has no newline.
    torn: bool,
}

impl Scan {
    fn of(file: &File) -> io::Result<Self> {
        let mut scan = Self::default();
        let mut lines = Lines::default();
        let mut last: Option<(Vec<u8>, Hash)> = None;
        loop {
            let mut sha = std::mem::take(&mut scan.sha);
            let got = lines.fill(|into, at| {
                let got = read_at(file, into, at)?;
                sha.update(into.get(..got).unwrap_or_default());
                Ok(got)
            })?;
            scan.sha = sha;
            scan.bytes += got as u64;
            while let Some(line) = if got == 0 { lines.rest() } else { lines.next() } {
                scan.torn = !line.eol;
                // A last line that lacks its newline only is a record.
                let Some(hash) = intact(line.bytes).filter(|_| line.digest.is_none()) else {
                    let digest = line.digest.unwrap_or_else(|| Sha256::digest(line.bytes).into());
                    if scan.junk.len() > MOST_JUNK {
                        return Err(io::Error::other("it holds no records of this program"));
                    }
                    scan.junk.push((line.off, line.len - u64::from(line.eol), digest));
                    continue;
                };
                scan.records += 1;
                scan.explain(line.bytes);
                let (bytes, old) = last.get_or_insert_default();
                bytes.clear();
                bytes.extend_from_slice(line.bytes);
                *old = hash;
            }
            if got == 0 {
                break;
            }
        }
        scan.last = last.and_then(|(line, hash)| Some((serde_json::from_slice(&line).ok()?, hash)));
        Ok(scan)
    }

    /// Forgets the broken lines that a record explains. Those before anything but the first records of a run are not
    /// what the last crash left, and not for us to explain.
    fn explain(&mut self, record: &[u8]) {
        const KINDS: [&str; 3] = ["log.open", "log.rotate", "log.recover"];
        let opening = |kind: &str| KINDS.contains(&kind);
        // Most records are of lines, and need no parsing for this.
        let record = KINDS
            .iter()
            .any(|kind| memmem::find(record, kind.as_bytes()).is_some())
            .then(|| serde_json::from_slice::<Value>(record).ok())
            .flatten()
            .filter(|record| {
                let kind = record.pointer("/what/kind").and_then(Value::as_str);
                kind.is_some_and(opening)
            });
        let Some(record) = record else { return self.junk.clear() };
        let number = |key: &str| record.get("log")?.get(key)?.as_u64();
        let (offset, bytes) = (number("offset"), number("bytes"));
        self.junk.retain(|&(off, len, _)| (Some(off), Some(len)) != (offset, bytes));
    }
}

/// The lock of a chain. Given up in so many words: closing the file alone leaves it to a process that was forked in
/// that very moment and has not yet begun its own program.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // When that fails, closing the file is all that is left.
        let _ = self.0.unlock();
    }
}

/// A chain that is open for writing.
pub struct Out {
    place: Place,
    number: u64,
    file: File,
    /// Held as long as this is.
    _lock: Lock,
    sha: Sha256,
    bytes: u64,
    records: u64,
    chain: Chain,
    buffer: Vec<u8>,
    unsynced: bool,
    synced: Instant,
    fsync: Fsync,
    rotate_bytes: u64,
    who: Map,
    origin: String,
    /// How far the source is sealed: what every record says.
    pub position: Option<Position>,
}

/// What is to be known before a chain is opened.
pub struct Settings {
    /// Where it is.
    pub place: Place,
    /// Which log it is; when it is there already, it must be this one.
    pub origin: Option<String>,
    /// Which log it is when nobody says.
    pub default_origin: String,
    /// What else the first record says: writer, redactor, rule set.
    pub about: Map,
    /// When data has to be on the disk.
    pub fsync: Fsync,
    /// From how many bytes on a new file is begun.
    pub rotate_bytes: u64,
}

impl Out {
    /// Opens the chain, explains what a crash has left, and says that it is open.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let Settings { place, origin, default_origin, about, fsync, rotate_bytes } = settings;
        prepare(place.folder())?;
        let lock = lock(&place.lock())?;
        let numbers = place.numbers().map_err(|error| Error::io("list", place.folder(), &error))?;
        let known = match numbers.first() {
            Some(&first) => first_origin(&place.file(first))?,
            None => None,
        };
        if let (Some(known), Some(wanted)) = (&known, &origin)
            && known != wanted
        {
            return Err(Error::new(
                format!("{} is the log of {known}, not of {wanted}", place.folder().display()),
                "name the origin the log has, or another folder",
            ));
        }
        let origin = known.or(origin).unwrap_or(default_origin);
        if origin.is_empty() || origin.chars().any(char::is_control) {
            return Err(Error::new(
                "the origin of a log is one line of text".to_owned(),
                "give it a name such as `--origin audit.example.com/hermes-01`",
            ));
        }
        let number = numbers.last().copied().unwrap_or(1);
        let path = place.file(number);
        let file = append(&path, numbers.is_empty())?;
        let scanned = |path: &Path, file: &File| {
            Scan::of(file).map_err(|error| Error::io("read", path, &error))
        };
        let mut scan = scanned(&path, &file)?;
        let mut out = Self {
            number,
            file,
            _lock: lock,
            sha: std::mem::take(&mut scan.sha),
            bytes: scan.bytes,
            records: scan.records,
            chain: Chain::genesis(&origin),
            buffer: Vec::new(),
            unsynced: true,
            synced: Instant::now(),
            fsync,
            rotate_bytes,
            who: Map::new()
                .with("agent", "hermes-lint-seal")
                .with("pid", u64::from(std::process::id())),
            position: None,
            place,
            origin,
        };
        if scan.torn {
            // Explained below, unless the newline was all that it lacked.
            out.buffer.push(b'\n');
        }
        let begun = scan.last.is_some();
        let mut rotated = None;
        if let Some(last) = scan.last {
            out.resume(&path, last)?;
        } else {
            // A new file whose first record was not finished: the chain ends in one before it.
            for &number in numbers.iter().rev().skip(1) {
                let path = out.place.file(number);
                let file = files::open(&path).map_err(|error| Error::io("open", &path, &error))?;
                let scan = scanned(&path, &file)?;
                rotated.get_or_insert_with(|| rotation(&path, &scan.sha, scan.bytes, scan.records));
                if let Some(last) = scan.last {
                    out.resume(&path, last)?;
                    break;
                }
            }
            if out.chain.seq == 0 && (numbers.len() > 1 || out.bytes > MOST_TORN) {
                return Err(Error::new(
                    format!("{} holds no record to go on from", path.display()),
                    "seal into an empty folder",
                ));
            }
        }
        if let Some(log) = rotated.filter(|_| !begun) {
            out.control("log.rotate", log);
        }
        out.control("log.open", about.with("origin", out.origin.as_str()));
        for (offset, bytes, digest) in scan.junk {
            let log = Map::new()
                .with("offset", offset)
                .with("bytes", bytes)
                .with("sha256", HEXLOWER.encode(&digest));
            out.control("log.recover", log);
        }
        out.flush()?;
        Ok(out)
    }

    fn resume(&mut self, path: &Path, (record, hash): (Value, Hash)) -> Result<(), Error> {
        let seq = record.get("seq").and_then(Value::as_u64).and_then(|seq| seq.checked_add(1));
        let Some(seq) = seq.filter(|_| record.get("v").and_then(Value::as_u64) == Some(1)) else {
            return Err(Error::new(
                format!("the last record of {} is of another version", path.display()),
                "seal into an empty folder",
            ));
        };
        self.chain = Chain { seq, prev: hash };
        self.position = record.get("src").and_then(Position::after);
        Ok(())
    }

    /// Appends a record about the log itself.
    pub fn control(&mut self, kind: &str, log: Map) {
        let mut record =
            Map::new().with("what", Map::new().with("kind", kind)).with("who", self.who.clone());
        if !log.is_empty() {
            record.set("log", log);
        }
        if let Some(position) = &self.position {
            record.set("src", position.src(0));
        }
        self.push(record);
    }

    /// Appends a record that seals what is before `position`.
    pub fn record(&mut self, record: Map, position: Position) -> Result<(), Error> {
        self.push(record);
        self.position = Some(position);
        let size = self.bytes + self.buffer.len() as u64;
        if size >= self.rotate_bytes && matches!(self.place, Place::Folder(_)) {
            self.rotate()
        } else if self.buffer.len() >= BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn push(&mut self, record: Map) {
        let ts = timestamp(jiff::Timestamp::now());
        self.buffer.extend_from_slice(self.chain.seal(record, &ts).as_bytes());
        self.records += 1;
    }

    /// Writes what is waiting.
    pub fn flush(&mut self) -> Result<(), Error> {
        if !self.buffer.is_empty() {
            let written = self.file.write_all(&self.buffer);
            written.map_err(|error| self.cannot_write(&error))?;
            self.sha.update(&self.buffer);
            self.bytes += self.buffer.len() as u64;
            self.buffer.clear();
            self.unsynced = true;
        }
        match self.fsync {
            Fsync::Always => self.sync(),
            Fsync::Interval if self.synced.elapsed() >= INTERVAL => self.sync(),
            Fsync::Interval | Fsync::Never => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.unsynced) {
            self.file.sync_data().map_err(|error| self.cannot_write(&error))?;
        }
        self.synced = Instant::now();
        Ok(())
    }

    fn cannot_write(&self, error: &io::Error) -> Error {
        Error::new(
            format!("can't write to {}: {error}", self.place.file(self.number).display()),
            "make room, then start again: the source is sealed on from the last whole record, \
             and a record that was cut short is explained",
        )
    }

    /// Begins the next file.
    fn rotate(&mut self) -> Result<(), Error> {
        self.flush()?;
        if self.fsync != Fsync::Never {
            self.sync()?;
        }
        let old = self.place.file(self.number);
        let log = rotation(&old, &self.sha, self.bytes, self.records);
        let path = self.place.file(self.number + 1);
        self.file = append(&path, true)?;
        self.number += 1;
        (self.sha, self.bytes, self.records) = (Sha256::new(), 0, 0);
        self.control("log.rotate", log);
        self.flush()
    }

    /// Says that the log is closed, and has it all on the disk.
    pub fn close(mut self) -> Result<(), Error> {
        self.control("log.close", Map::new());
        self.flush()?;
        if self.fsync == Fsync::Never { Ok(()) } else { self.sync() }
    }

    /// Writes what is waiting, and has it on the disk whatever the policy.
    pub fn settle(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.sync()
    }

    /// Which log it is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of the file that is written.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Where the chain is.
    pub const fn place(&self) -> &Place {
        &self.place
    }
}

fn rotation(path: &Path, sha: &Sha256, bytes: u64, records: u64) -> Map {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Map::new()
        .with("prev_file", name.unwrap_or_default())
        .with("prev_records", records)
        .with("prev_bytes", bytes)
        .with("prev_sha256", HEXLOWER.encode(&sha.clone().finalize()))
}

/// The origin that the first record of the file to say one says.
fn first_origin(path: &Path) -> Result<Option<String>, Error> {
    let cannot = |error: &io::Error| Error::io("open", path, error);
    let file = files::open(path).map_err(|error| cannot(&error))?;
    let mut lines = Lines::default();
    while lines.fill(|into, at| read_at(&file, into, at)).map_err(|error| cannot(&error))? > 0 {
        while let Some(line) = lines.next() {
            if memmem::find(line.bytes, b"\"log.open\"").is_some() && intact(line.bytes).is_some() {
                let record: Option<Value> = serde_json::from_slice(line.bytes).ok();
                let origin = record.as_ref().and_then(|record| record.pointer("/log/origin"));
                // Where the start was removed, the first record is another one.
                if let Some(origin) = origin.and_then(Value::as_str) {
                    return Ok(Some(origin.to_owned()));
                }
            }
        }
    }
    Ok(None)
}

/// Makes the folder, or looks whether strangers can change what is in it.
fn prepare(folder: &Path) -> Result<(), Error> {
    let metadata = match folder.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
            builder.create(folder).map_err(|error| Error::io("make", folder, &error))?;
            folder.symlink_metadata().map_err(|error| Error::io("look at", folder, &error))?
        }
        Err(error) => return Err(Error::io("look at", folder, &error)),
    };
    if !metadata.is_dir() {
        return Err(Error::new(
            format!("{} is a symbolic link or no folder", folder.display()),
            "name the folder itself",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let (mode, uid) = (metadata.mode() & 0o7777, metadata.uid());
        let own = rustix::process::geteuid().as_raw();
        if mode & 0o022 != 0 {
            return Err(Error::new(
                format!("others can change what is in {} (mode {mode:04o})", folder.display()),
                "chmod go-w it, or seal into a folder of your own with --out DIR",
            ));
        }
        if uid != own && uid != 0 {
            return Err(Error::new(
                format!("{} belongs to user number {uid}, who can change it", folder.display()),
                "seal into a folder of your own with --out DIR",
            ));
        }
    }
    Ok(())
}

/// Takes the lock, or says that another has it.
fn lock(path: &Path) -> Result<Lock, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    files::no_follow(&mut options);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let file = options.open(path).map_err(|error| Error::io("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            format!("another process is sealing into {}", files::folder(path).display()),
            "let one do it: two would give two chains",
        )),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, &error)),
    }
}

/// Opens a file of records at its end.
fn append(path: &Path, new: bool) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(new);
    files::no_follow(&mut options);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let verb = if new { "make" } else { "open" };
    let file = options.open(path).map_err(|error| Error::io(verb, path, &error))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(Error::new(
            format!("{} is not a regular file", path.display()),
            "move it away",
        ));
    }
    // The name of a new file is in its folder: that has to last, too.
    #[cfg(unix)]
    if new {
        let _ = File::open(files::folder(path)).and_then(|folder| folder.sync_all());
    }
    Ok(file)
}
