//! Settings that people rely on and nothing reads, and settings that stand at a wrong place.
//!
//! Only what is seen in guides and real files is listed; everything else that is unknown is for `keys`.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::version::{Range, Release};
use serde::Deserialize;

/// The file `inert.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inert {
    /// The keys and variables.
    pub inert: Vec<InertKey>,
    #[serde(skip)]
    blocks: Blocks,
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
    /// What to write in its place, where that is certain: path and scalar.
    #[serde(default)]
    pub write: BTreeMap<String, String>,
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
        let key = |index: usize| self.inert.get(index)?.key.as_deref();
        self.blocks.find(self.inert.len(), key, path).and_then(|index| self.inert.get(index))
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
    #[serde(skip)]
    blocks: Blocks,
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
        let known = self.misplaced.len();
        let entry = |index: usize| match index.checked_sub(known) {
            Some(word) => self.unread_words.get(word),
            None => self.misplaced.get(index),
        };
        let key = |index| Some(&*entry(index)?.key);
        self.blocks.find(known + self.unread_words.len(), key, path).and_then(entry)
    }

    /// Whether a setting that is misplaced may stand somewhere below `path`.
    #[must_use]
    pub fn is_above(&self, path: &[&str]) -> bool {
        self.misplaced.iter().any(|entry| {
            let mut parts = entry.key.split('.');
            path.iter().all(|part| parts.next() == Some(part)) && parts.next().is_some()
        })
    }
}

/// Entries by the first word of their paths: a config has thousands of keys, and each is asked for.
#[derive(Debug, Default)]
pub(super) struct Blocks(OnceLock<HashMap<Box<str>, Vec<usize>>>);

impl Blocks {
    /// The first of `count` entries whose `key` names exactly `path`.
    pub(super) fn find<'k>(
        &self,
        count: usize,
        key: impl Fn(usize) -> Option<&'k str>,
        path: &[&str],
    ) -> Option<usize> {
        let blocks = self.0.get_or_init(|| {
            let mut blocks: HashMap<Box<str>, Vec<usize>> = HashMap::new();
            for (index, key) in (0..count).filter_map(|index| Some((index, key(index)?))) {
                let first = key.split('.').next().unwrap_or_default();
                blocks.entry(first.into()).or_default().push(index);
            }
            blocks
        });
        let of = |first: &str| blocks.get(first).into_iter().flatten().copied();
        of(path.first()?)
            .chain(of("*"))
            .filter(|&index| key(index).is_some_and(|key| fits(key, path)))
            .min()
    }
}

/// Whether the dotted `pattern` names exactly `path`.
pub(super) fn fits(pattern: &str, path: &[&str]) -> bool {
    let mut segments = pattern.split('.');
    let all = path.iter().all(|part| segments.next().is_some_and(|own| own == "*" || own == *part));
    all && segments.next().is_none()
}
