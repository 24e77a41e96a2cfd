//! What was done, so that it can be undone: one JSON file a run, in a folder that only its owner may enter.
//!
//! A journal holds the text that was replaced, and no credential: edits never overlap one, and for a secret that was
//! moved it names the variable that has the value now. Files are recognised by a keyed digest whose key lies in a file
//! of its own, so that a journal that gets around says nothing of the files it is about. It is written before the first
//! file is changed; undoing leaves alone whatever is not as the journal left it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::workspace::{Old, Step, Workspace, undone};
use super::write::{self, Fault};

/// Version of the form of a journal.
const VERSION: u32 = 1;
/// The file with the key of the digests.
const KEY: &str = "key";
/// Bytes of the key.
const KEY_LENGTH: usize = 32;

/// What one run did.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    version: u32,
    /// When, in UTC.
    time: String,
    /// The journal of the same run that came before: it is undone next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<PathBuf>,
    files: Vec<FileEntry>,
    modes: Vec<ModeEntry>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    path: PathBuf,
    /// Digest of what it held; `None` when it was made.
    before: Option<String>,
    /// Digest of what it was left with.
    after: String,
    steps: Vec<StepEntry>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StepEntry {
    at: usize,
    length: usize,
    /// What stood there, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The variable with what stood there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variable: Option<VariableEntry>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct VariableEntry {
    file: PathBuf,
    name: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ModeEntry {
    path: PathBuf,
    from: u32,
    to: u32,
}

/// What undoing did with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// It is as it was before.
    Restored(PathBuf),
    /// It was made, and is gone.
    Removed(PathBuf),
    /// Its mode is what it was.
    Mode(PathBuf, u32),
    /// It is as it was before already.
    Untouched(PathBuf),
    /// It is left as it is, and why.
    Left(PathBuf, String),
}

/// A folder with journals.
#[derive(Clone, Debug)]
pub struct Journals {
    folder: PathBuf,
}

/// How the value of a variable is read from a dotenv file.
pub type ValueOf<'a> = dyn Fn(&[u8], &str) -> Option<String> + 'a;

impl Journals {
    /// Those in `folder`, which need not be there yet.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where they lie by default: below the user's folder for state.
    #[must_use]
    pub fn default_folder() -> Option<PathBuf> {
        let set = |name: &str| {
            let path = std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let state = set("XDG_STATE_HOME")
            .or_else(|| if cfg!(windows) { set("LOCALAPPDATA") } else { None })
            .or_else(|| std::env::home_dir().map(|home| home.join(".local").join("state")))?;
        Some(state.join("hermes-lint").join("undo"))
    }

    /// Notes what is about to be done with `workspace`, after what `earlier` notes; returns the journal's name.
    ///
    /// # Errors
    ///
    /// When the journal can't be written.
    pub fn note(
        &self,
        workspace: &Workspace,
        time: &str,
        earlier: Option<&Path>,
    ) -> io::Result<PathBuf> {
        let key = self.key(true)?;
        let absolute =
            |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let step = |step: &Step| {
            let (text, variable) = match &step.old {
                Old::Text(text) => (Some(BASE64.encode(text)), None),
                Old::Variable { file, name } => {
                    (None, Some(VariableEntry { file: absolute(file), name: name.clone() }))
                }
            };
            StepEntry { at: step.at, length: step.length, text, variable }
        };
        let files = workspace.files.values().filter(|file| file.before.as_ref() != Some(&file.now));
        let files = files.map(|file| FileEntry {
            path: absolute(&file.real),
            before: file.before.as_deref().map(|bytes| digest(&key, bytes)),
            after: digest(&key, &file.now),
            steps: file.steps.iter().map(step).collect(),
        });
        let modes = workspace.modes.iter().map(|mode| ModeEntry {
            path: absolute(&mode.real),
            from: mode.from,
            to: mode.to,
        });
        let journal = Journal {
            version: VERSION,
            time: time.to_owned(),
            earlier: earlier.map(absolute),
            files: files.collect(),
            modes: modes.collect(),
        };
        let text = serde_json::to_vec_pretty(&journal).map_err(io::Error::other)?;
        let name = (0..)
            .map(|number: u32| self.folder.join(name_of(time, number)))
            .find(|path| !path.exists())
            .unwrap_or_else(|| self.folder.join(name_of(time, u32::MAX)));
        write::replace(&name, None, &text, 0o600).map_err(io::Error::other)?;
        Ok(name)
    }

    /// The newest journal.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn newest(&self) -> io::Result<Option<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let names = entries.flatten().map(|entry| entry.path());
        Ok(names.filter(|path| path.extension().is_some_and(|end| end == "json")).max())
    }

    /// Undoes the run that the journal at `path` ends, and removes each journal that leaves nothing to undo.
    ///
    /// # Errors
    ///
    /// When a journal can't be read.
    pub fn undo(&self, path: &Path, value_of: &ValueOf<'_>) -> io::Result<Vec<Undone>> {
        let mut all = Vec::new();
        let mut next = Some(path.to_path_buf());
        while let Some(path) = next.take() {
            let (done, earlier) = self.undo_one(&path, value_of)?;
            let whole = !done.iter().any(|one| matches!(one, Undone::Left(..)));
            all.extend(done);
            // What came before rests on what could not be put back.
            next = earlier.filter(|earlier| whole && *earlier != path && earlier.exists());
        }
        Ok(all)
    }

    /// Undoes what one journal notes; returns the one that came before.
    fn undo_one(
        &self,
        path: &Path,
        value_of: &ValueOf<'_>,
    ) -> io::Result<(Vec<Undone>, Option<PathBuf>)> {
        let text = std::fs::read(path)?;
        let journal: Journal = serde_json::from_slice(&text)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no journal"))?;
        if journal.version != VERSION {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its version is not known"));
        }
        let key = self.key(false)?;
        // Values are looked up before the file that has them is itself put back.
        let held: BTreeMap<PathBuf, Vec<u8>> = journal
            .files
            .iter()
            .flat_map(|file| &file.steps)
            .filter_map(|step| step.variable.as_ref())
            .filter_map(|of| Some((of.file.clone(), std::fs::read(&of.file).ok()?)))
            .collect();
        let variable =
            |file: &Path, name: &str| value_of(held.get(file)?, name).map(String::into_bytes);
        let mut done: Vec<Undone> = Vec::new();
        let mut failed = false;
        for mode in journal.modes.iter().rev() {
            let at = mode.path.clone();
            let is_back = || write::chmod(&mode.path, mode.from, mode.from).is_ok();
            done.push(match write::chmod(&mode.path, mode.to, mode.from) {
                Ok(()) => Undone::Mode(at, mode.from),
                Err(_) if is_back() => Undone::Untouched(at),
                Err(fault) => Undone::Left(at, fault.to_string()),
            });
        }
        // What refers to a variable is put back before the variable goes; if it can't be, the variable stays.
        let (referring, others): (Vec<_>, Vec<_>) = journal
            .files
            .iter()
            .partition(|file| file.steps.iter().any(|it| it.variable.is_some()));
        for file in referring {
            let one = restore(file, &key, &variable);
            failed |= matches!(one, Undone::Left(..));
            done.push(one);
        }
        for file in others {
            let needed = failed && held.contains_key(&file.path);
            done.push(if needed {
                let why = "a file that refers to a variable in it could not be put back";
                Undone::Left(file.path.clone(), why.to_owned())
            } else {
                restore(file, &key, &variable)
            });
        }
        if !done.iter().any(|one| matches!(one, Undone::Left(..))) {
            std::fs::remove_file(path)?;
        }
        Ok((done, journal.earlier))
    }

    /// The key of the digests, made on first use.
    fn key(&self, make: bool) -> io::Result<Vec<u8>> {
        let path = self.folder.join(KEY);
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && make => {
                make_folder(&self.folder)?;
                let mut key = vec![0; KEY_LENGTH];
                getrandom::fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
                write::replace(&path, None, &key, 0o600).map_err(io::Error::other)?;
                Ok(key)
            }
            other => other,
        }
    }
}

impl std::error::Error for Fault {}

fn restore(
    file: &FileEntry,
    key: &[u8],
    variable: &dyn Fn(&Path, &str) -> Option<Vec<u8>>,
) -> Undone {
    let path = file.path.clone();
    let left = |why: &str| Undone::Left(file.path.clone(), why.to_owned());
    let now = match std::fs::read(&path) {
        Ok(now) => now,
        Err(error) if error.kind() == io::ErrorKind::NotFound && file.before.is_none() => {
            return Undone::Untouched(path);
        }
        Err(error) => return left(&format!("it could not be read: {}", error.kind())),
    };
    let now_digest = digest(key, &now);
    if file.before.as_deref() == Some(&now_digest) {
        return Undone::Untouched(path);
    }
    if now_digest != file.after {
        return left("it was changed since");
    }
    if file.before.is_none() {
        return match write::remove(&path, &now) {
            Ok(()) => Undone::Removed(path),
            Err(fault) => left(&fault.to_string()),
        };
    }
    let steps: Option<Vec<Step>> = file.steps.iter().map(StepEntry::step).collect();
    let Some(before) = steps.and_then(|steps| undone(&now, &steps, variable)) else {
        return left("the variable that held a moved value is not there any more");
    };
    if file.before.as_deref() != Some(&digest(key, &before)) {
        return left(
            "what stood there can't be told any more: a variable has another value by now",
        );
    }
    match write::replace(&path, Some(&now), &before, 0o600) {
        Ok(()) => Undone::Restored(path),
        Err(fault) => left(&fault.to_string()),
    }
}

impl StepEntry {
    fn step(&self) -> Option<Step> {
        let old = match (&self.text, &self.variable) {
            (Some(text), None) => Old::Text(BASE64.decode(text.as_bytes()).ok()?),
            (None, Some(of)) => Old::Variable { file: of.file.clone(), name: of.name.clone() },
            _ => return None,
        };
        Some(Step { at: self.at, length: self.length, old })
    }
}

/// A name that sorts by time.
fn name_of(time: &str, number: u32) -> String {
    let plain: String = time.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{plain}-{number:04}.json")
}

fn digest(key: &[u8], bytes: &[u8]) -> String {
    // A key of any length will do for this construction.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(bytes);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}
