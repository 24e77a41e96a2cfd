//! What somebody else vouches for: signed checkpoints, and the state kept from the last verified run.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::merkle::Hash;
use super::note::{Checkpoint, NoteError, Ring, entries};

/// Checkpoint and state files are read whole; they grow by some 200 bytes a checkpoint.
const LIMIT: u64 = 64 << 20;

/// A head that somebody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Which log.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The Merkle root over them; `None` when the state did not know it.
    pub root: Option<Hash>,
    /// The last of their hashes, as the log writes it, when the state knew it.
    pub head: Option<String>,
    /// Who vouches for it.
    pub by: By,
}

/// Who vouches for a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Trusted keys, by name.
    Keys(Vec<String>),
    /// A checkpoint that no trusted key has signed: compared, and no proof.
    Nobody,
    /// A verified run before this one, at this time.
    State(String),
}

/// Things with the line, from 1, they start on.
pub type Placed<T> = Vec<(u64, T)>;

/// What is wrong with one checkpoint of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A trusted key's signature does not fit.
    BadSignature(String),
    /// It is no note, or no checkpoint.
    Malformed(String),
}

/// The checkpoints of a file, and what is wrong with others, by the line they start on.
///
/// # Errors
/// When the file can't be read.
pub fn checkpoints(path: &Path, ring: &Ring) -> io::Result<(Placed<Anchor>, Placed<Trouble>)> {
    let mut content = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut content)?;
    let mut anchors = Vec::new();
    let mut troubles = Vec::new();
    for entry in entries(&content) {
        let before = content.get(..entry.offset).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let note = match entry.note {
            Ok(note) => note,
            Err(error) => {
                troubles.push((line, Trouble::Malformed(error.to_string())));
                continue;
            }
        };
        let by = match note.verify(ring) {
            Ok(keys) => By::Keys(keys.iter().map(|key| key.name().to_owned()).collect()),
            Err(NoteError::Unknown) => By::Nobody,
            Err(NoteError::BadSignature(name)) => {
                troubles.push((line, Trouble::BadSignature(name)));
                continue;
            }
            Err(error) => {
                troubles.push((line, Trouble::Malformed(error.to_string())));
                continue;
            }
        };
        match Checkpoint::parse(note.text) {
            Ok(checkpoint) => anchors.push((
                line,
                Anchor {
                    origin: checkpoint.origin.to_owned(),
                    size: checkpoint.size,
                    root: Some(checkpoint.root),
                    head: None,
                    by,
                },
            )),
            Err(error) => troubles.push((line, Trouble::Malformed(error.to_owned()))),
        }
    }
    Ok((anchors, troubles))
}

/// What the last verified run knew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The file's format: 1.
    pub version: u32,
    /// One entry a chain.
    pub logs: BTreeMap<String, Pin>,
}

/// What was known of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The log's name, where it has one.
    pub origin: Option<String>,
    /// How many records it had.
    pub size: u64,
    /// The Merkle root over them, in hex; empty where the hashes of removed records are not known.
    pub root: String,
    /// The last hash, as the log writes it.
    pub head: String,
    /// How many bytes it had.
    pub bytes: u64,
    /// When that was, in RFC 3339.
    pub ts: String,
    /// Who and what was seen, for the next review.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Vec<String>>,
}

/// Why a state file is not used.
#[derive(Debug)]
pub enum StateError {
    /// It can't be read or written.
    Io(io::Error),
    /// It is no state file.
    Malformed(String),
    /// Others than its owner may write it.
    Open,
}

impl Pin {
    /// What it vouches for.
    #[must_use]
    pub fn anchor(&self) -> Option<Anchor> {
        let root = match self.root.as_str() {
            // The start of the log had been removed, with what its root is made of.
            "" => None,
            root => Some(HEXLOWER.decode(root.as_bytes()).ok()?.try_into().ok()?),
        };
        Some(Anchor {
            origin: self.origin.clone().unwrap_or_default(),
            size: self.size,
            root,
            head: Some(self.head.clone()),
            by: By::State(self.ts.clone()),
        })
    }
}

impl State {
    /// Reads a state file; `None` when there is none yet.
    ///
    /// # Errors
    /// What can't be read, is no state file, or could have been written by anybody.
    pub fn read(path: &Path) -> Result<Option<Self>, StateError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StateError::Io(error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = file.metadata().map_err(StateError::Io)?.permissions().mode();
            if mode & 0o022 != 0 {
                return Err(StateError::Open);
            }
        }
        let mut text = String::new();
        file.take(LIMIT).read_to_string(&mut text).map_err(StateError::Io)?;
        let state: Self = serde_json::from_str(&text)
            .map_err(|error| StateError::Malformed(error.to_string()))?;
        if state.version != 1 {
            return Err(StateError::Malformed(format!("version {} is not known", state.version)));
        }
        if let Some((name, _)) = state.logs.iter().find(|(_, pin)| pin.anchor().is_none()) {
            return Err(StateError::Malformed(format!("the root of `{name}` is no hash")));
        }
        Ok(Some(state))
    }

    /// Writes the state in place of the old one, whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.new", std::process::id()));
        let fresh: PathBuf = path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        let done = (|| {
            let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            std::fs::rename(&fresh, path)
        })();
        if done.is_err() {
            // The old state still stands; a half-written new one would only be in the way.
            let _ = std::fs::remove_file(&fresh);
        }
        done
    }
}
