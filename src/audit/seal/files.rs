//! The files of a source: the one that is written, and those that rotation has made of it.
//!
//! Names say only in which order they were written; which file is which, its inode and its first bytes say. They are
//! opened without following links, since who writes the log may not choose what its sealer reads.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::cmp::Ordering;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use flate2::read::MultiGzDecoder;

use super::SETTLED;
use super::lines::Lines;
use super::position::{HEAD, Head, Mark, Position};

/// How often the folder is read again while it changes under the eyes, and after what time.
const TRIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// A file that belongs to a source.
#[derive(Debug)]
pub struct Candidate {
    /// Its name, without the folder.
    pub name: String,
    /// Device and inode.
    pub id: (u64, u64),
    /// Its bytes on disk.
    pub size: u64,
    /// When it was last written.
    pub modified: SystemTime,
    /// Its first bytes, decompressed; empty when they can't be had.
    pub head: Vec<u8>,
    gz: bool,
    file: File,
    age: Age,
}

/// How old a file is among its kind, as its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Age {
    /// `agent.log`
    Current,
    /// `agent.log.3`: more is older.
    Number(u64),
    /// `agent.log-20261122`: more is younger.
    Date(String),
}

impl Candidate {
    /// True when a file that was sealed up to `at` may be this one.
    pub fn is(&self, mark: &Mark, at: u64) -> bool {
        (self.gz || self.size >= at) && mark.fits(&self.head)
    }

    /// True when it begins as `other` does, and is still being written: a copy before its original is cut.
    pub fn is_copying(&self, other: &Self) -> bool {
        let head = Mark::of(&self.head);
        let fresh = self.modified.elapsed().is_ok_and(|quiet| quiet < SETTLED);
        fresh && head.is_telling() && head.fits(&other.head)
    }

    /// How many bytes it holds; all of it is read when it is compressed.
    pub fn len(&self) -> u64 {
        let Ok(mut file) = self.file.try_clone() else { return 0 };
        if !self.gz {
            return self.size;
        }
        let rewound = io::Seek::rewind(&mut file);
        let counted =
            rewound.and_then(|()| io::copy(&mut MultiGzDecoder::new(file), &mut io::sink()));
        counted.unwrap_or(u64::MAX)
    }
}

/// The files of the source at `path`, oldest first.
pub fn candidates(path: &Path) -> io::Result<Vec<Candidate>> {
    let mut last: Option<Vec<Candidate>> = None;
    for number in 0..TRIES {
        if number > 1 {
            std::thread::sleep(PAUSE);
        }
        let found = list(path)?;
        let same = last.as_ref().is_some_and(|last| {
            last.len() == found.len()
                && last.iter().zip(&found).all(|(a, b)| a.name == b.name && a.id == b.id)
        });
        // Names move while they are read: only what is seen twice was there at one time.
        if same {
            return Ok(found);
        }
        last = Some(found);
    }
    Err(io::Error::other("its files are renamed faster than they can be listed"))
}

fn list(path: &Path) -> io::Result<Vec<Candidate>> {
    let folder = folder(path);
    let Some(base) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        let Some((age, gz)) = age(base, &name) else { continue };
        let mut file = match open(&folder.join(&name)) {
            Ok(file) => file,
            Err(error) if is_none(&error) => continue,
            // It may be one that has to be sealed.
            Err(error) => return Err(error),
        };
        let Ok(metadata) = file.metadata() else { continue };
        let mut head = Vec::new();
        let limit = HEAD as u64;
        let read = if gz {
            MultiGzDecoder::new(&mut file).take(limit).read_to_end(&mut head)
        } else {
            Read::by_ref(&mut file).take(limit).read_to_end(&mut head)
        };
        if read.is_err() {
            head.clear();
        }
        found.push(Candidate {
            name,
            id: id(&metadata),
            size: metadata.len(),
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            head,
            gz,
            file,
            age,
        });
    }
    // While gzip works, both are there, and the compressed one is not yet whole.
    let plain: Vec<Age> =
        found.iter().filter(|file| !file.gz).map(|file| file.age.clone()).collect();
    found.retain(|file| !file.gz || !plain.contains(&file.age));
    let mixed = found.iter().any(|file| matches!(file.age, Age::Number(_)))
        && found.iter().any(|file| matches!(file.age, Age::Date(_)));
    found.sort_by(|a, b| match (&a.age, &b.age) {
        (Age::Current, Age::Current) => Ordering::Equal,
        (Age::Current, _) => Ordering::Greater,
        (_, Age::Current) => Ordering::Less,
        _ if mixed => a.modified.cmp(&b.modified),
        (Age::Number(a), Age::Number(b)) => b.cmp(a),
        (Age::Date(a), Age::Date(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
    Ok(found)
}

/// What `name` says of itself, if it is `base` or what rotation makes of it.
fn age(base: &str, name: &str) -> Option<(Age, bool)> {
    let rest = name.strip_prefix(base)?;
    let (rest, gz) = rest.strip_suffix(".gz").map_or((rest, false), |rest| (rest, true));
    if rest.is_empty() {
        return (!gz).then_some((Age::Current, false));
    }
    let suffix = rest.strip_prefix(['.', '-'])?;
    let plain = suffix.bytes().all(|byte| byte.is_ascii_digit());
    let dated = suffix.starts_with(|c: char| c.is_ascii_digit())
        && suffix.bytes().all(|byte| byte.is_ascii_digit() || b"-_.:T".contains(&byte));
    let age = match suffix.parse() {
        Ok(number) if plain && suffix.len() < 6 => Age::Number(number),
        _ if dated => Age::Date(suffix.to_owned()),
        _ => return None,
    };
    Some((age, gz))
}

/// The folder of `path`.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Opens a regular file for reading, following no link and waiting for no pipe.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    no_follow(&mut options);
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// True when there is no such file: it is gone again, or is a link, a folder, a pipe.
fn is_none(error: &io::Error) -> bool {
    #[cfg(unix)]
    let link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    #[cfg(not(unix))]
    let link = false;
    link || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput)
}

/// Has `options` open no link, and not wait.
pub fn no_follow(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;

        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Device and inode.
#[cfg(unix)]
pub fn id(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Files have no number here: their first bytes have to do.
#[cfg(not(unix))]
pub fn id(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Reads at a place, however often it is interrupted.
pub fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let got = std::os::unix::fs::FileExt::read_at(file, into, at);
        #[cfg(windows)]
        let got = std::os::windows::fs::FileExt::seek_read(file, into, at);
        match got {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            got => return got,
        }
    }
}

#[derive(Debug)]
enum Reader {
    Plain(File),
    Gz(Box<MultiGzDecoder<File>>),
}

/// A file that is being sealed.
#[derive(Debug)]
pub struct Input {
    /// Its name when it was opened, without the folder.
    pub name: String,
    /// Device and inode.
    pub id: (u64, u64),
    /// What it begins with.
    pub head: Head,
    /// Its lines, as far as they are read.
    pub lines: Lines,
    /// It is inside a private key.
    pub block: bool,
    reader: Reader,
}

impl Input {
    /// Goes on in `candidate` at `position`, or at its beginning.
    pub fn open(mut candidate: Candidate, position: Option<&Position>) -> io::Result<Self> {
        let at = position.map_or(0, |position| position.off);
        let head = position.map_or_else(Head::default, |position| {
            Head::resumed(&position.mark, &candidate.head, at)
        });
        let reader = if candidate.gz {
            io::Seek::rewind(&mut candidate.file)?;
            let mut decoder = Box::new(MultiGzDecoder::new(candidate.file));
            io::copy(&mut Read::by_ref(&mut decoder).take(at), &mut io::sink())?;
            Reader::Gz(decoder)
        } else {
            Reader::Plain(candidate.file)
        };
        Ok(Self {
            name: candidate.name,
            id: candidate.id,
            head,
            lines: Lines::from(at),
            block: position.is_some_and(|position| position.block),
            reader,
        })
    }

    /// Reads on. What was read belongs to the file only if [`Input::is_same`] still holds afterwards.
    pub fn fill(&mut self) -> io::Result<usize> {
        match &mut self.reader {
            Reader::Plain(file) => self.lines.fill(|into, at| read_at(file, into, at)),
            Reader::Gz(decoder) => self.lines.fill(|into, _| decoder.read(into)),
        }
    }

    /// False when the file was cut, or cut and written anew.
    pub fn is_same(&self) -> bool {
        let Reader::Plain(file) = &self.reader else { return true };
        if file.metadata().is_ok_and(|metadata| metadata.len() < self.lines.read()) {
            return false;
        }
        let known = self.head.bytes();
        let mut head = [0; HEAD];
        let Some(head) = head.get_mut(..known.len()) else { return true };
        read_at(file, head, 0).is_ok_and(|got| got == known.len()) && head == known
    }

    /// True when it is what is found at `path`.
    pub fn is_at(&self, path: &Path) -> bool {
        let here = path.symlink_metadata();
        if !here.is_ok_and(|here| here.is_file() && id(&here) == self.id) {
            return false;
        }
        // Where files have no number, their first bytes have to tell.
        let mut head = [0; HEAD];
        self.id != (0, 0)
            || open(path)
                .and_then(|file| read_at(&file, &mut head, 0))
                .is_ok_and(|_| head.starts_with(self.head.bytes()))
    }

    /// True when it has more bytes than were read.
    pub fn has_grown(&self) -> bool {
        match &self.reader {
            Reader::Plain(file) => {
                file.metadata().is_ok_and(|metadata| metadata.len() > self.lines.read())
            }
            Reader::Gz(_) => false,
        }
    }

    /// How long it has not been written; nothing when its clock is not ours.
    pub fn quiet(&self) -> Option<std::time::Duration> {
        match &self.reader {
            Reader::Plain(file) => file.metadata().ok()?.modified().ok()?.elapsed().ok(),
            Reader::Gz(_) => Some(std::time::Duration::MAX),
        }
    }

    /// Where its next unsealed byte is.
    pub fn position(&self) -> Position {
        Position {
            file: self.name.clone(),
            id: self.id,
            mark: self.head.mark(),
            off: self.lines.start(),
            block: self.block,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotated_files_are_put_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let order = |names: &[&str]| {
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                std::fs::remove_file(entry.unwrap().path()).unwrap();
            }
            for name in names {
                std::fs::write(folder.path().join(name), name).unwrap();
            }
            let found = candidates(&folder.path().join("agent.log")).unwrap();
            found.into_iter().map(|file| file.name).collect::<Vec<_>>()
        };
        let numbered = ["agent.log", "agent.log.1", "agent.log.10", "agent.log.2"];
        assert_eq!(order(&numbered), ["agent.log.10", "agent.log.2", "agent.log.1", "agent.log"]);
        let dated =
            ["agent.log-20261122", "agent.log", "agent.log-20261031.gz", "agent.log-2026112"];
        assert_eq!(
            order(&dated),
            ["agent.log-20261031.gz", "agent.log-2026112", "agent.log-20261122", "agent.log"]
        );
        let others = [
            "agent.log.bak",
            "agent.log.seal",
            "agent.log~",
            "agent.log.1.lock",
            "agent.log.gz",
            "agent.logs",
            "xagent.log",
            "agent.log.",
            "agent.log.gz.1",
        ];
        assert!(order(&others).is_empty());
        // gzip is at work on it.
        assert_eq!(order(&["agent.log.1", "agent.log.1.gz"]), ["agent.log.1"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_no_sources() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.log");
        std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
        assert!(open(&path).is_err());
        assert!(candidates(&path).unwrap().is_empty());
        assert!(open(folder.path()).is_err());
    }
}
