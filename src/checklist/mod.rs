//! The two published hardening checklists: what decides each item, and with what verdict.

/// The verdict on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Decided by evidence that the report shows.
    Pass,
    /// Decided by evidence that the report shows.
    Fail,
    /// No file can show it; the help says what to look at.
    Manual,
    /// It does not arise here, and the evidence says why.
    NotApplicable,
    /// What would decide it could not be read: never a pass.
    Unknown,
}

impl Status {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Manual => "manual",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing seen that speaks for a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What was seen, as a lower-case sentence.
    pub text: String,
    /// File, as the user named it.
    pub path: Option<String>,
    /// Line, from 1.
    pub line: Option<usize>,
}

/// One item with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Stable id (`denylist-destructive`).
    pub id: String,
    /// The item, in the words of our own table.
    pub title: String,
    /// Which list it is of: `production` or `operational`.
    pub list: String,
    /// The verdict.
    pub status: Status,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Rules whose findings decide it.
    pub rules: Vec<String>,
    /// What to do, or what to look at; `None` for a pass.
    pub help: Option<String>,
}

/// Every item, in the published order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checklist {
    /// The items.
    pub items: Vec<Item>,
}

/// x
pub fn evaluate(
    _d: &crate::deployment::Deployment<'_>,
    _f: &[crate::finding::Finding],
    _s: &crate::settings::Settings,
    _t: jiff::civil::Date,
) -> Checklist {
    Checklist::default()
}
