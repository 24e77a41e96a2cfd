//! What the files of a Hermes home hold and how private they must be.
//!
//! The table says what is acceptable, not what Hermes writes; where Hermes itself writes something looser, the
//! row says so, since blaming the operator for it would be unfair.

use super::glob::glob_matches;
use super::version::{Range, Release};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The file `files.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Files and folders of a home.
    pub files: Vec<FileFact>,
    /// Copies that keep secrets.
    pub copies: Vec<Copy>,
    /// Folders that a program keeps the same on several machines.
    pub synced: Vec<SyncedFact>,
    /// Files below a home with keys and logins that are no text.
    pub stores: Vec<String>,
}

/// One row: the folders of a program that synchronises them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncedFact {
    /// What people call it.
    pub name: String,
    /// Names of its folders, as globs; several parts for a folder below another.
    #[serde(default)]
    pub folders: Vec<String>,
    /// What it puts into the folders that it synchronises, whatever they are called.
    #[serde(default)]
    pub marks: Vec<String>,
}

impl SyncedFact {
    /// True for a folder of its own, by its name; whose home it lies in does not matter.
    #[must_use]
    pub fn names(&self, folder: &Path) -> bool {
        let parts: Vec<_> = folder.iter().map(|part| part.to_string_lossy()).collect();
        self.folders.iter().any(|pattern| {
            let depth = pattern.split('/').count();
            let end = parts.len().checked_sub(depth).and_then(|at| parts.get(at..));
            end.is_some_and(|end| glob_matches(pattern, &end.join("/")))
        })
    }
}

/// Permission bits, written in octal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(pub u32);

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match u32::from_str_radix(&text, 8) {
            Ok(bits) if bits <= 0o7777 => Ok(Self(bits)),
            _ => Err(format!("not a mode: {text}")),
        }
    }
}

impl Mode {
    /// The permission bits of `actual` (`st_mode` or its low twelve bits) that go beyond this mode.
    #[must_use]
    pub const fn excess(self, actual: u32) -> u32 {
        actual & 0o777 & !self.0
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holding {
    /// Credentials for certain.
    Secret,
    /// Perhaps credentials.
    Maybe,
    /// Conversations, memory, persona.
    Personal,
    /// Who may do what.
    Authority,
    /// Something that is run or obeyed.
    Code,
    /// The administrator's settings.
    Policy,
}

/// One row: files that fit a glob.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFact {
    /// Glob below the home; empty for the home itself; absolute with a leading `/`.
    pub path: String,
    /// What it holds.
    pub holds: Holding,
    /// Widest acceptable mode of a file.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Widest acceptable mode of a folder.
    #[serde(default)]
    pub dir_mode: Option<Mode>,
    /// Mode that Hermes itself gives a file, where it differs or is worth knowing.
    #[serde(default)]
    pub gives: Option<Mode>,
    /// Mode that Hermes itself gives a folder.
    #[serde(default)]
    pub gives_dir: Option<Mode>,
    /// What Hermes gave before a release.
    #[serde(default)]
    pub was: BTreeMap<String, Mode>,
    /// What is worth saying.
    #[serde(default)]
    pub note: Option<String>,
    /// First release that has the file.
    #[serde(default)]
    pub since: Option<Release>,
}

/// One row: names of copies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copy {
    /// Glob; one without a slash is for the file name alone, anywhere.
    pub path: String,
    /// What it is a copy of.
    pub of: String,
    /// Widest acceptable mode of a file.
    pub mode: Mode,
    /// Widest acceptable mode of a folder.
    #[serde(default)]
    pub dir_mode: Option<Mode>,
    /// Mode that Hermes itself gives.
    #[serde(default)]
    pub gives: Option<Mode>,
    /// What Hermes gave before a release.
    #[serde(default)]
    pub was: BTreeMap<String, Mode>,
    /// What is worth saying.
    #[serde(default)]
    pub note: Option<String>,
    /// First release that makes it.
    #[serde(default)]
    pub since: Option<Release>,
}

impl FileFact {
    /// The releases that have the file.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: None }
    }
}

impl Files {
    /// The row for a path below the home, with `/` between folders (`""`: the home), or an absolute path of the
    /// managed scope. Below `profiles/<name>` the rows of a home hold again.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&FileFact> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let inside = path.strip_prefix("profiles/").and_then(|rest| rest.split_once('/'));
        let path = inside.map_or(path, |(_, rest)| rest);
        self.files.iter().find(|row| glob_matches(&row.path, path))
    }

    /// The row for a copy, by a path below the home or the repository.
    #[must_use]
    pub fn copy(&self, path: &str) -> Option<&Copy> {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.copies.iter().find(|row| match row.path.split_once('/') {
            None => glob_matches(&row.path, name),
            // `backups/**` at any depth: a home may lie anywhere in a repository.
            Some(_) => starts(path).any(|rest| rest != row.path && glob_matches(&row.path, rest)),
        })
    }
}

/// The path and what is left of it after each slash.
fn starts(path: &str) -> impl Iterator<Item = &str> {
    let after = path.match_indices('/').filter_map(move |(at, _)| path.get(at + 1..));
    std::iter::once(path).chain(after)
}
