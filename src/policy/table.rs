//! The command table of `rules/commands.yaml` and the approval classes of
//! `rules/hermes/approval_patterns.yaml`, as types.
//!
//! Anything serde can read will do as a source; the module opens no file itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Deserialize;

use super::hardline::hardline;
use super::native::{DenyGlob, Variants};
use crate::release::Release;

/// Destructive command classes, and programs no allowlist should name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandTable {
    /// Classes in the order they are reported.
    pub classes: Vec<CommandClass>,
    /// Programs that run whatever their arguments say.
    pub runs_anything: Vec<Runner>,
    /// Programs that run anything together.
    pub pairs: Vec<Pair>,
    #[serde(skip)]
    memo: Memo,
    #[serde(skip)]
    completed: Mutex<HashMap<Listed, Completed>>,
}

/// Entries of a list that are completed at most to be remembered: who writes more has them judged anew.
const REMEMBERED: usize = 1_000;

/// A list, and the oldest and newest release that it is for.
type Listed = (Vec<String>, Release, Release);

/// What completes a list: worked out by the first thread that asks, for which others wait.
type Completed = Arc<OnceLock<Arc<[String]>>>;

/// What Hermes makes of the table's spellings, which are the same few hundred for every list that is
/// judged: taking a command apart costs far more than matching it.
#[derive(Debug, Default)]
struct Memo(Mutex<HashMap<Seen, Arc<Judged>>>);

/// A release and the command it sees.
type Seen = (Release, Box<str>);

/// A command as a release sees it.
#[derive(Debug)]
pub struct Judged {
    /// The texts that deny globs are matched against.
    pub variants: Variants,
    seen: Seen,
    hardline: OnceLock<bool>,
}

impl Judged {
    /// True when Hermes refuses it whatever a list says.
    #[must_use]
    pub fn hardline(&self) -> bool {
        let (release, command) = &self.seen;
        *self.hardline.get_or_init(|| hardline(command, *release))
    }
}

/// One class of destructive commands.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RawClass")]
pub struct CommandClass {
    /// Stable identifier, `recursive-delete`.
    pub id: String,
    /// What a person calls it.
    pub title: String,
    /// What the class can do to a deployment.
    pub why: String,
    /// A list is complete without it: the work of some agents is made of it.
    pub optional: bool,
    /// Ways to type a command of the class, usual ones first.
    pub spellings: Vec<Spelling>,
    /// Everyday commands the recommended globs leave alone.
    pub harmless: Vec<String>,
    /// Recommended entries for guide-vocabulary lists.
    pub guide_deny: Vec<String>,
    native_deny: Vec<String>,
    native_deny_early: Vec<String>,
    /// Both of them, ready to match.
    globs: OnceLock<Vec<DenyGlob>>,
}

/// One way to type a destructive command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The command line.
    pub command: String,
    /// True for a spelling a complete denylist has to cover.
    pub usual: bool,
}

/// A program that, once allowed, allows everything.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    /// The word, or words, an allowed command starts with.
    pub entry: String,
    /// One line on how.
    pub why: String,
}

/// Two sets of programs: one of each in a list allows everything.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Programs that bring text in.
    pub first: Vec<String>,
    /// Programs that run it.
    pub second: Vec<String>,
    /// One line on how.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    id: String,
    title: String,
    why: String,
    #[serde(default)]
    optional: bool,
    usual: Vec<String>,
    #[serde(default)]
    exotic: Vec<String>,
    #[serde(default)]
    harmless: Vec<String>,
    native_deny: Vec<String>,
    #[serde(default)]
    native_deny_early: Vec<String>,
    guide_deny: Vec<String>,
}

impl From<RawClass> for CommandClass {
    fn from(raw: RawClass) -> Self {
        let mark = |usual| move |command| Spelling { command, usual };
        let spellings = raw.usual.into_iter().map(mark(true));
        Self {
            id: raw.id,
            title: raw.title,
            why: raw.why,
            optional: raw.optional,
            spellings: spellings.chain(raw.exotic.into_iter().map(mark(false))).collect(),
            harmless: raw.harmless,
            guide_deny: raw.guide_deny,
            native_deny: raw.native_deny,
            native_deny_early: raw.native_deny_early,
            globs: OnceLock::new(),
        }
    }
}

impl CommandClass {
    /// Recommended `approvals.deny` globs for a release; `None` gives those that serve every release.
    pub fn native_deny(&self, release: Option<Release>) -> impl Iterator<Item = &str> {
        let early = release.is_none_or(|release| release < Release::SEGMENT_DENY);
        let extra = if early { self.native_deny_early.as_slice() } else { &[] };
        self.native_deny.iter().chain(extra).map(String::as_str)
    }

    /// The globs of [`CommandClass::native_deny`] for every release, ready to match: in the same order, of which those
    /// for newer releases are the beginning.
    #[must_use]
    pub fn deny_globs(&self) -> &[DenyGlob] {
        self.globs.get_or_init(|| DenyGlob::list(self.native_deny(None)))
    }
}

impl CommandClass {
    /// The globs to begin a list with: the first recommended one, and for releases before segments were
    /// matched its twin.
    pub fn first_deny(&self, oldest: Release) -> impl Iterator<Item = &str> {
        let early =
            if oldest < Release::SEGMENT_DENY { self.native_deny_early.first() } else { None };
        self.native_deny.first().into_iter().chain(early).map(String::as_str)
    }
}

impl CommandTable {
    /// How `release` sees `command`; remembered, so for spellings of the table only.
    #[must_use]
    pub fn judged(&self, command: &str, release: Release) -> Arc<Judged> {
        let mut memo = self.memo.0.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = memo.entry((release, command.into())).or_insert_with_key(|seen| {
            let variants = Variants::of(command, release);
            Arc::new(Judged { variants, seen: seen.clone(), hardline: OnceLock::new() })
        });
        Arc::clone(judged)
    }

    /// What `complete` adds to `entries` for the releases from `low` to `high`; remembered, for the same list is
    /// completed for each home that has it, and before and after a change.
    pub fn completed(
        &self,
        entries: &[&str],
        (low, high): (Release, Release),
        complete: impl FnOnce() -> Vec<String>,
    ) -> Arc<[String]> {
        if entries.len() > REMEMBERED {
            return complete().into();
        }
        let key = (entries.iter().map(|entry| (*entry).to_owned()).collect(), low, high);
        let known = {
            let mut all = self.completed.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_default())
        };
        Arc::clone(known.get_or_init(|| complete().into()))
    }

    /// The class with this identifier.
    #[must_use]
    pub fn class(&self, id: &str) -> Option<&CommandClass> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// The runner that covers commands starting with these words: the longest entry that is a prefix.
    /// A program path and a version suffix (`/usr/bin/python3.12`) do not hide it.
    #[must_use]
    pub fn runner(&self, words: &[&str]) -> Option<&Runner> {
        let program = program_name(words.first()?);
        self.runs_anything
            .iter()
            .filter(|runner| {
                let mut entry = runner.entry.split_whitespace();
                entry.next().is_some_and(|first| first == program)
                    && entry.enumerate().all(|(i, word)| words.get(i + 1) == Some(&word))
            })
            .max_by_key(|runner| runner.entry.len())
    }
}

/// A program without its path, its `.exe` and its minor version.
pub(super) fn program_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    match name.split_once('.') {
        Some((stem, minor))
            if stem.ends_with(|c: char| c.is_ascii_digit())
                && minor.chars().all(|c| c.is_ascii_digit() || c == '.') =>
        {
            stem
        }
        _ => name,
    }
}

/// What a `command_allowlist` entry approves for good when it names a class of Hermes instead of a
/// command.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTable {
    /// Descriptions that are keys.
    pub patterns: Vec<ApprovalPattern>,
    /// Short words that older releases used as keys and all releases still accept.
    pub words: Vec<ClassWord>,
}

/// A class of commands Hermes asks about, by the description that is its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPattern {
    /// The exact key.
    pub description: String,
    /// First release known to have it.
    pub since: Release,
    /// The destructive class of `commands.yaml`, or a word of its own kind.
    pub class: String,
}

/// A word that approves whole classes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassWord {
    /// The exact word.
    pub word: String,
    /// First release known to accept it.
    pub since: Release,
    /// First release known to no longer accept it.
    #[serde(default)]
    pub until: Option<Release>,
    /// Descriptions it approves.
    pub approves: Vec<String>,
}

impl ApprovalPattern {
    /// True where the key exists in `release`.
    #[must_use]
    pub fn known_in(&self, release: Release) -> bool {
        self.since <= release
    }
}

impl ClassWord {
    /// True where the word is accepted in `release`.
    #[must_use]
    pub fn known_in(&self, release: Release) -> bool {
        self.since <= release && self.until.is_none_or(|until| release < until)
    }
}
