//! Settings that people rely on and nothing reads, and settings that stand at a wrong place.
//!
//! Only what is seen in guides and real files is listed; everything else that is unknown is for `keys`.

use super::version::{Range, Release};
use serde::Deserialize;

/// The file `inert.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inert {
    /// The keys and variables.
    pub inert: Vec<InertKey>,
}

/// A key or a variable that nothing reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InertKey {
    /// Path in config.yaml; `*` is a free name. Absent for a variable.
    #[serde(default)]
    pub key: Option<String>,
    /// Name of the variable. Absent for a key.
    #[serde(default)]
    pub env: Option<String>,
    /// What the user means to control; groups rules.
    pub control: String,
    /// What the user believes it does.
    pub effect: String,
    /// The settings that have that effect: paths and variables.
    pub instead: Vec<String>,
    /// The exact edit.
    pub help: String,
    /// What else to know.
    #[serde(default)]
    pub note: Option<String>,
    /// First release in which it is dead.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release in which it is live.
    #[serde(default)]
    pub until: Option<Release>,
}

impl InertKey {
    /// The releases in which nothing reads it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

impl Inert {
    /// The entry for a path of config.yaml. Entries name sections too: `security.approval.denylist` is found by
    /// its whole path only, and so is what lies below it not.
    #[must_use]
    pub fn key(&self, path: &[&str]) -> Option<&InertKey> {
        self.inert.iter().find(|entry| entry.key.as_deref().is_some_and(|key| fits(key, path)))
    }

    /// The entry for a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&InertKey> {
        self.inert.iter().find(|entry| entry.env.as_deref() == Some(name))
    }
}

/// The file `misplaced.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Misplaced {
    /// Settings at a wrong place.
    pub misplaced: Vec<MisplacedKey>,
    /// Words that stand for a setting which takes other values.
    pub unread_words: Vec<MisplacedKey>,
}

/// A setting at a place where nothing reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MisplacedKey {
    /// Where it stands.
    pub key: String,
    /// Where it is read.
    pub to: String,
}

impl Misplaced {
    /// Where the setting at `path` belongs.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&MisplacedKey> {
        self.misplaced.iter().chain(&self.unread_words).find(|entry| fits(&entry.key, path))
    }
}

/// Whether the dotted `pattern` names exactly `path`.
fn fits(pattern: &str, path: &[&str]) -> bool {
    // Most facts are of another block, which its first letter tells, and else its first word.
    let letter = pattern.as_bytes().first();
    let of_block = |first: &&str| {
        letter == Some(&b'*') || letter == first.as_bytes().first() && pattern.starts_with(first)
    };
    if !path.first().is_some_and(of_block) {
        return false;
    }
    let mut segments = pattern.split('.');
    let all = path.iter().all(|part| segments.next().is_some_and(|own| own == "*" || own == *part));
    all && segments.next().is_none()
}
