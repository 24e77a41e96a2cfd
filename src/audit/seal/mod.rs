//! Seals a plain log: every line of it becomes a record of a chain, once, whatever happens.
//!
//! There is no state beside the chain. Each record says which bytes of which file it seals, and the last one is where
//! the next run goes on; so a crash at any byte neither loses a line nor seals one twice. What can't be known (a file
//! that is gone before it was read) is a record, too.

mod events;
mod files;
mod follow;
mod lines;
mod out;
mod position;
mod prune;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::record::Map;
use events::Maker;
pub use events::Sources;
use files::candidates;
use follow::Sealer;
use out::{Out, Place, Settings};

/// A file that was not written for so long has no writer left.
const SETTLED: Duration = Duration::from_secs(2);

/// What of a text may be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    /// The text without it.
    pub text: String,
    /// How many things were taken out.
    pub count: u64,
    /// Where in the original the first of them was.
    pub first: Option<usize>,
}

/// Takes secrets and personal data out of texts.
pub trait Redact {
    /// `text` without them.
    fn redact(&self, text: &str) -> Redacted;
    /// Who does it, for the record.
    fn name(&self) -> &str;
}

/// Why nothing more is sealed.
#[derive(Debug)]
pub struct Error {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

impl Error {
    fn new(message: impl Into<String>, help: &'static str) -> Self {
        Self { message: message.into(), help }
    }

    fn io(verb: &str, path: &Path, error: &io::Error) -> Self {
        let help = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "run it as the user who may, or give that user access"
            }
            io::ErrorKind::NotFound => "name a path that exists",
            _ => "see whether it is there, and what it is",
        };
        Self::new(format!("can't {verb} {}: {error}", path.display()), help)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// When records have to be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// After every write.
    Always,
    /// Once a second.
    Interval,
    /// When the system likes.
    Never,
}

/// How lines become records.
pub enum What<'w> {
    /// Each its own, redacted.
    Lines(&'w Sources, &'w dyn Redact),
    /// Their digests only, in blocks: the log itself stays what is read.
    Digests,
}

/// What is sealed, and how.
pub struct Options<'o> {
    /// The log.
    pub source: PathBuf,
    /// The folder of the chain; beside the log for digests when there is none.
    pub out: Option<PathBuf>,
    /// Which log it is.
    pub origin: Option<String>,
    /// Goes on when all is sealed.
    pub follow: bool,
    /// When records have to be on the disk.
    pub fsync: Fsync,
    /// After how long without a record one says that nothing happened.
    pub heartbeat: Duration,
    /// From how many bytes on a new file is begun.
    pub rotate_bytes: u64,
    /// What the first record says of writer, redactor and rules.
    pub about: Map,
    /// How lines become records.
    pub what: What<'o>,
    /// How long the files of the chain are kept; for good without it.
    pub keep: Option<Keep>,
    /// Told what somebody should know while sealing goes on.
    pub say: &'o dyn Fn(&str),
}

/// How long the files of a chain are kept.
#[derive(Clone, Debug)]
pub struct Keep {
    /// Whole files go when nothing was written to them for so long.
    pub age: Duration,
    /// The file of checkpoints: what none of them speaks for stays.
    pub checkpoint: PathBuf,
}

/// What a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records made of lines.
    pub records: u64,
    /// Bytes of the source they seal.
    pub bytes: u64,
    /// Places where something is missing.
    pub gaps: u64,
    /// Files of the chain that were removed.
    pub removed: u64,
}

/// Seals until all is sealed, or until `stop` says so.
///
/// # Errors
/// When the chain can't be opened or written, or the source can't be read. What was written stays, and the next run
/// goes on from it.
pub fn run(options: &Options<'_>, stop: &dyn Fn() -> bool) -> Result<Summary, Error> {
    let name = options.source.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Error::new(format!("{} names no file", options.source.display()), "name the log itself")
    })?;
    if let Ok(metadata) = options.source.symlink_metadata()
        && !metadata.is_file()
    {
        return Err(Error::new(
            format!("{} is a symbolic link or no regular file", options.source.display()),
            "name the file itself",
        ));
    }
    if !options.follow && candidates(&options.source).is_ok_and(|files| files.is_empty()) {
        return Err(Error::new(
            format!("there is no log {}", options.source.display()),
            "name the log, or wait for it with --follow",
        ));
    }
    let place = match (&options.what, &options.out) {
        (What::Lines(..), Some(out)) => Place::Folder(out.clone()),
        (What::Lines(..), None) => return Err(Error::new("no folder to seal into", "--out DIR")),
        (What::Digests, out) => {
            let folder = out.as_deref().unwrap_or_else(|| files::folder(&options.source));
            Place::File(folder.join(format!("{name}.seal")))
        }
    };
    let out = Out::open(Settings {
        place,
        origin: options.origin.clone(),
        default_origin: default_origin(name),
        about: options.about.clone().with("source", name),
        fsync: options.fsync,
        rotate_bytes: options.rotate_bytes,
    })?;
    let maker = match options.what {
        What::Lines(sources, redact) => Some(Maker::new(sources, redact, name)),
        What::Digests => None,
    };
    Sealer::new(options, maker, out).run(stop)
}

/// `host/agent.log`.
fn default_origin(name: &str) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .unwrap_or_default();
    let host = if host.trim().is_empty() { "localhost" } else { host.trim() };
    format!("{host}/{name}").chars().filter(|c| !c.is_control()).collect()
}
