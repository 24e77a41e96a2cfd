//! What an operator decided about findings: plain data.

use std::borrow::Cow;
use std::ops::Range;

use super::{Finding, Location};

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppressor {
    /// A comment in the file itself, or one of another scanner.
    Comment {
        /// Where it stands.
        location: Location,
        /// What it begins with: `hermes-lint: allow`, `gitleaks:allow`.
        marker: Cow<'static, str>,
    },
    /// An entry of the settings.
    Settings,
    /// An entry of the baseline.
    Baseline,
}

impl Suppressor {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Comment { .. } => "comment",
            Self::Settings => "settings",
            Self::Baseline => "baseline",
        }
    }
}

/// An operator's decision that a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What says so.
    pub by: Suppressor,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it holds: `2027-01-31`.
    pub until: Option<String>,
}

/// A finding that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The decision.
    pub suppression: Suppression,
}

/// What a mark speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// These lines, counted from 1.
    Lines(Range<usize>),
    /// The whole file.
    File,
}

/// What an operator says with a mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Says {
    /// Rules or families.
    pub rules: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it holds, as it is written.
    pub until: Option<String>,
}

/// A comment that says of some lines that findings in them do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands.
    pub location: Location,
    /// What it speaks for.
    pub reach: Reach,
    /// What it says.
    pub says: Says,
    /// What it begins with; another scanner's own word for one of theirs.
    pub marker: Cow<'static, str>,
    /// It is another scanner's, and speaks for credentials.
    pub is_foreign: bool,
    /// It stands in what others wrote, or where an agent can write: it decides nothing.
    pub is_powerless: bool,
}

/// What has become of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// Its last day has passed.
    Expired,
    /// What it names as its last day is no day.
    NoDay,
    /// It stands where nobody is asked.
    Powerless,
}

/// A decision, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where it stands.
    pub location: Location,
    /// What it says.
    pub says: Says,
    /// Whether it holds.
    pub standing: Standing,
    /// How many findings it speaks for; `None` when not all of them are known.
    pub covers: Option<usize>,
    /// Names in it that are no rule and no family.
    pub unknown: Vec<String>,
    /// The settings want a reason, and there is none.
    pub lacks_reason: bool,
}
