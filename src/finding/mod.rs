//! What a rule says: plain data, from the rule that makes it to the report that shows it.
//!
//! A finding carries everything a report needs, the masked source lines included, because the bytes of
//! a scanned file are gone by the time the report is written. Nothing in here may hold a secret: an
//! [`Excerpt`] is built from text whose secrets are masked already.

mod decision;

pub use decision::{Decision, Mark, Reach, Says, Standing, Suppressed, Suppression, Suppressor};

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How much a finding matters in the deployment at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A layer is missing.
    Warning,
    /// An attacker or an accident can use this now.
    Error,
}

/// The severity that makes a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Anything.
    Info,
    /// Nothing.
    Never,
}

impl FailOn {
    /// True when a finding of `severity` fails the run.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// How sure the rule is that the finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess that is worth a look; hidden by default.
    Low,
    /// True in most deployments that look like this.
    Medium,
    /// True by the documented behaviour of what was read.
    High,
}

/// The words an enum of this module is written with, in order, for flags, settings and reports.
macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that flags, settings and machine formats use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    format!("`{text}` is not one of {}", known.join(", "))
                })
            }
        }
    };
}

words!(Severity { Info => "info", Warning => "warning", Error => "error" });
words!(FailOn { Error => "error", Warning => "warning", Info => "info", Never => "never" });
words!(Confidence { Low => "low", Medium => "medium", High => "high" });

/// A region of a file as people count: 1-based, columns in characters, the end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    /// First line, from 1.
    pub line: usize,
    /// Column of the first character, from 1.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column just past the last character.
    pub end_column: usize,
}

/// The source lines of a region, with every secret in them masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Whole lines, joined by `\n`; a very long line is cropped around the region.
    pub text: String,
    /// Number of the first line, from 1.
    pub first_line: usize,
    /// Column, from 1, of the first character of `text` in its line: not 1 only where a line was cropped.
    pub first_column: usize,
    /// The marked part, as a byte range of `text`.
    pub marked: (usize, usize),
}

/// Where a finding is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Path as the user named it (relative to the working directory where possible), `/` as separator.
    /// Shared by all findings of a file.
    pub path: Arc<str>,
    /// Path below the repository or scanned root: what a fingerprint is made of.
    pub identity: Arc<str>,
    /// The place in the file; `None` when the file as a whole is meant (its mode, its absence).
    pub region: Option<Region>,
    /// The lines of the region.
    pub excerpt: Option<Excerpt>,
}

impl Location {
    /// The file as a whole.
    #[must_use]
    pub fn file(path: impl Into<Arc<str>>, identity: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), identity: identity.into(), region: None, excerpt: None }
    }
}

/// A second place that belongs to a finding: what it shadows, where the other half stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub location: Location,
    /// What it has to do with the finding.
    pub note: String,
}

/// Replacement of a byte range in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Path of the file, as in [`Location::path`].
    pub path: String,
    /// First byte to replace.
    pub start: usize,
    /// Byte after the last one to replace; equal to `start` for an insertion.
    pub end: usize,
    /// The new text.
    pub replacement: String,
}

/// An edit that removes the cause of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a lower-case sentence.
    pub description: String,
    /// True when it can't change what the deployment does beyond the finding.
    pub safe: bool,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
    /// What else has to be done: what no replacement of text can say, or may carry.
    pub actions: Vec<Action>,
}

/// A change that is no replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes permissions away from a file or folder.
    Mode {
        /// Path, as in [`Location::path`].
        path: String,
        /// Its permission bits now.
        from: u32,
        /// What is left of them.
        to: u32,
    },
    /// Adds a line to a file, which is made when there is none.
    Append {
        /// Path, as in [`Location::path`].
        path: String,
        /// The line, without a line break.
        line: String,
    },
    /// Moves a credential to a variable of a dotenv file. Whoever applies it takes the value from the bytes it stands
    /// in: it is not here, and so in no report either.
    MoveSecret {
        /// Path of the file that holds it, as in [`Location::path`].
        path: String,
        /// First byte of the value.
        start: usize,
        /// Byte after its last one.
        end: usize,
        /// What stands there afterwards.
        reference: String,
        /// Name of the variable.
        variable: String,
        /// Path of the dotenv file, which is made when there is none.
        to: String,
    },
}

impl Action {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Mode { .. } => "mode",
            Self::Append { .. } => "append",
            Self::MoveSecret { .. } => "move-secret",
        }
    }
}

/// Tells whether two values of one run are the same, and nothing else: the key is drawn anew for every run, so a tag
/// that got out would not help to guess the value. A baseline brings a key of its own, so that tags are the same in
/// every run with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValueTag([u8; 16]);

/// What the tags of this run are made with.
static KEY: OnceLock<[u8; 32]> = OnceLock::new();

impl ValueTag {
    /// Makes the tags of this run with `key`. Too late once a tag was made: false then.
    #[must_use]
    pub fn make_with(key: &[u8; 32]) -> bool {
        KEY.set(*key).is_ok() || KEY.get() == Some(key)
    }

    /// The tag of `value`.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        let key = KEY.get_or_init(|| {
            let mut key = [0; 32];
            // Without a source of chance, tags are worth less and still tell values apart.
            let _ = getrandom::fill(&mut key);
            key
        });
        let mut tag = [0; 16];
        // A key of any length is taken.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
            mac.update(value);
            tag.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        }
        Self(tag)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ValueTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[value]")
    }
}

/// What a finding of the family `secret/` knows of the credential. None of it shows the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Who issues it; `None` when nothing tells.
    pub provider: Option<Cow<'static, str>>,
    /// Id of the detector, or `context` when only its surroundings tell.
    pub detector: Cow<'static, str>,
    /// The vendor's public prefix and the length: `ghp_… (40 characters)`.
    pub redacted: String,
    /// Why the confidence is what it is: short lower-case clauses.
    pub reasons: Vec<Cow<'static, str>>,
    /// What equal values share; `None` for an ordinary word, which may be no credential.
    pub tag: Option<ValueTag>,
    /// The value could be guessed from a digest of it, salted or not.
    pub guessable: bool,
}

/// A commit, as much of it as tells people which one it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit {
    /// Its id, all hex digits.
    pub id: String,
    /// Who wrote it: `Name <address>`.
    pub author: String,
    /// When it was written, with the author's own offset: `2026-11-23T09:30:00+01:00`.
    pub date: String,
}

impl Commit {
    /// The beginning of its id, its author and when: `1a2b3c4d5e6f (Name <address>, 2026-11-23T09:30:00+01:00)`.
    #[must_use]
    pub fn short(&self) -> String {
        // As many digits as git shows for a large repository.
        const DIGITS: usize = 12;
        let id = self.id.get(..DIGITS).unwrap_or(&self.id);
        format!("{id} ({}, {})", self.author, self.date)
    }
}

/// What the history of a repository knows of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct History {
    /// The commits that brought it, oldest first; several when branches or a revert did.
    pub brought: Vec<Commit>,
    /// The commits that removed it, oldest first; empty while it is everywhere.
    pub removed: Vec<Commit>,
    /// True when the commit that is checked out still has it.
    pub in_head: bool,
}

/// Something unsafe, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule (`config/denylist-missing`).
    pub rule: &'static str,
    /// How much it matters here.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// Where.
    pub location: Location,
    /// Two to five words at the marked place.
    pub label: Cow<'static, str>,
    /// What is wrong, as a lower-case sentence.
    pub message: String,
    /// The exact edit.
    pub help: Option<Cow<'static, str>>,
    /// Reasons and reservations, such as the releases it holds for.
    pub notes: Vec<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The edit as data.
    pub fix: Option<Fix>,
    /// The credential that it is about, in the family `secret/`.
    pub credential: Option<Credential>,
    /// The commits that it came and went with, when history was read.
    pub history: Option<Box<History>>,
    /// What makes this finding this one within its file (`approvals.mode`); never holds a secret.
    pub anchor: String,
    /// Stable identity over line moves: 32 hex digits, set by [`crate::triage`]; made of rule, identity path
    /// and anchor only, so that it helps nobody to guess a secret.
    pub fingerprint: String,
}

impl Finding {
    /// The order of every report: path, line, column, rule, then what tells equal ones apart.
    #[must_use]
    pub fn order(&self) -> (&str, usize, usize, &str, &str, &str) {
        let (line, column) = self.location.region.map_or((0, 0), |at| (at.line, at.column));
        (&self.location.path, line, column, self.rule, &self.anchor, &self.message)
    }
}

/// A file that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Path as the user named it.
    pub path: String,
    /// Stable word for the reason (`too-large`, `binary`, `unreadable`).
    pub reason: &'static str,
    /// The reason for people.
    pub detail: String,
}

/// What was read and what was not: the receipt that every report carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Files not read, sorted.
    pub skipped: Vec<Skipped>,
    /// Hermes homes found.
    pub homes: Vec<String>,
    /// The releases the verdicts hold for, as text (`0.21.5`, `0.16.0 to 0.23.3`).
    pub hermes: String,
    /// SHA-256 over the rule set in force, hex: two receipts with the same hash used the same rules.
    pub rules: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_is_ordered() {
        assert!(FailOn::Error.fails(Severity::Error) && !FailOn::Error.fails(Severity::Warning));
        assert!(FailOn::Info.fails(Severity::Info) && !FailOn::Never.fails(Severity::Error));
    }

    #[test]
    fn words_are_ordered_and_read_back() {
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Info);
        for &severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(severity));
        }
        assert_eq!(
            "fatal".parse::<Severity>(),
            Err("`fatal` is not one of info, warning, error".to_owned())
        );
    }
}
