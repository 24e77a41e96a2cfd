//! Where bytes come from: a walked tree, named files, standard input, the files in archives.
//!
//! A source is handed to the visitor of the thread that read it, in a buffer that the thread reuses:
//! nothing is kept here, so memory is bounded by the largest file that is read whole times the number of
//! threads. Large text comes in parts. The trade-off is that a stage which needs bytes later has to copy them,
//! which only the few files that Hermes reads are worth. What could not be read is recorded as a [`Skip`],
//! never dropped.

pub mod archive;
mod checks;
pub mod git;
mod names;
mod overlay;
mod parts;
mod path;
mod read;
mod roots;
mod walk;

pub use checks::{CheckFile, check_files};
pub use names::{context_worthy, hermes_named};
pub use overlay::Overlay;
pub use path::{SourcePath, absolute, project_root, with_archives};
pub use walk::{Inputs, Options, visit, visit_context};

use std::io;

use crate::span::{Position, Span};

/// Why a source was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Named by the user, or found below a folder that was: what is found in it is reported.
    Named,
    /// Read from standard input: reported.
    Stdin,
    /// Read because a named file belongs to the same deployment: known, not reported.
    Context,
}

/// Takes what one thread reads.
pub trait Visitor: Send {
    /// False for a file that is not to be read.
    fn wants(&mut self, path: &SourcePath, origin: Origin) -> bool;
    /// True for a file whose meaning lies in the whole. Asked of large ones only: others are read in parts.
    fn parses(&self, path: &SourcePath) -> bool;
    /// The bytes of one file, or of a part of one, valid during the call.
    fn source(&mut self, source: Source<'_>);
    /// One file that was not read.
    fn skip(&mut self, skip: Skip);
    /// One archive on the disk whose files come next.
    fn archive(&mut self, path: &SourcePath);
    /// About how many bytes what was found takes: an archive that makes it too many is left.
    fn held(&self) -> u64;
}

/// The bytes of one file, for as long as its visitor looks at them.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Where it was found.
    pub path: &'a SourcePath,
    /// All of its bytes; of a part, some of its neighbours' as well.
    pub bytes: &'a [u8],
    /// Why it was read.
    pub origin: Origin,
    /// Set when this is a part of a large file.
    pub part: Option<Part<'a>>,
}

/// Which part of a large file a source is.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its number, from 0.
    pub number: u64,
    /// Its own bytes among those of the source: what begins elsewhere is another part's.
    pub own: Span,
    /// Where in the file its own bytes begin.
    pub at: Position,
    /// The first bytes of the file, which tell what it is.
    pub head: &'a [u8],
}

impl<'a> Source<'a> {
    /// The beginning of the file.
    #[must_use]
    pub fn head(&self) -> &'a [u8] {
        self.part.map_or(self.bytes, |part| part.head)
    }

    /// Line and column of `offset` in the file.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let own = self.part.map_or(0, |part| part.own.start);
        let at = self.part.map_or(Position::START, |part| part.at);
        at.after(self.bytes.get(own.min(offset)..offset).unwrap_or_default())
    }

    /// Where in `bytes` the line `line` of the file begins; `None` when it begins elsewhere.
    #[must_use]
    pub fn offset(&self, line: usize) -> Option<usize> {
        let (from, at) = self.part.map_or((0, 1), |part| (part.own.start, part.at.line));
        let below = line.checked_sub(at)?;
        if below == 0 {
            return Some(from);
        }
        let rest = self.bytes.get(from..)?;
        memchr::memchr_iter(b'\n', rest).nth(below - 1).map(|end| from + end + 1)
    }

    /// True for what begins at `span` unless that is shown with another part of the file as well.
    #[must_use]
    pub fn owns(&self, span: Span) -> bool {
        self.part.is_none_or(|part| (part.own.start..part.own.end).contains(&span.start))
    }
}

/// A file that was not read.
#[derive(Clone, Debug)]
pub struct Skip {
    /// Where it is.
    pub path: SourcePath,
    /// Why.
    pub reason: SkipReason,
    /// Why the file would have been read.
    pub origin: Origin,
}

/// Why a file was not read.
#[derive(Clone, Debug)]
pub enum SkipReason {
    /// Larger than what is parsed; both in bytes.
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit in force.
        limit: u64,
    },
    /// Holds a NUL byte near its start.
    Binary,
    /// Binary as well: an archive, in a run that does not look into them.
    Packed,
    /// The system refused.
    Unreadable(io::ErrorKind),
    /// A FIFO, a socket or a device: opening it could block or act.
    Special,
    /// A symbolic link out of the scanned tree.
    SymlinkOutside,
    /// A symbolic link that leads nowhere.
    SymlinkBroken,
    /// A symbolic link that leads to itself.
    SymlinkLoop,
    /// An archive, or a file in one, that was not read to its end.
    Archive(archive::Stop),
    /// A blob of a repository that is missing or damaged: why.
    Object(String),
    /// A pointer of Git LFS: the file itself is stored elsewhere.
    Lfs,
    /// A merge has left it undecided.
    Undecided,
}

impl SkipReason {
    /// Stable word for machine formats.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::Binary | Self::Packed => "binary",
            Self::Unreadable(_) => "unreadable",
            Self::Special => "special-file",
            Self::SymlinkOutside => "symlink-outside",
            Self::SymlinkBroken => "symlink-broken",
            Self::SymlinkLoop => "symlink-loop",
            Self::Archive(stop) => stop.word(),
            Self::Object(_) => "missing-object",
            Self::Lfs => "lfs-pointer",
            Self::Undecided => "unmerged",
        }
    }

    /// The reason for people, as a lower-case phrase.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::TooLarge { size, limit } => {
                format!("not parsed: {size} bytes, the limit is {limit} (--max-size)")
            }
            Self::Binary => "not text: it holds NUL bytes".to_owned(),
            Self::Packed => "not text: an archive, which --archives looks into".to_owned(),
            Self::Unreadable(kind) => format!("could not be read: {kind}"),
            Self::Special => "a pipe, socket or device".to_owned(),
            Self::SymlinkOutside => "a symbolic link out of the scanned tree".to_owned(),
            Self::SymlinkBroken => "a symbolic link to nothing".to_owned(),
            Self::SymlinkLoop => "a symbolic link that leads to itself".to_owned(),
            Self::Archive(stop) => stop.detail(),
            Self::Object(why) => why.clone(),
            Self::Lfs => "a pointer of Git LFS: the file itself is stored elsewhere".to_owned(),
            Self::Undecided => "a merge has left it undecided".to_owned(),
        }
    }
}
