//! Published flaws of Hermes itself, by release.

use super::version::{Range, Release};
use super::weight::Weight;
use serde::Deserialize;

/// The file `advisories.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisories {
    /// The flaws.
    pub advisories: Vec<Advisory>,
}

/// One flaw.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// The name it was published under.
    pub id: String,
    /// Its other names.
    #[serde(default)]
    pub also: Vec<String>,
    /// First release that has it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that certainly does not.
    pub until: Release,
    /// How much it matters.
    pub severity: Weight,
    /// What an attacker gets.
    pub means: String,
}

impl Advisory {
    /// The releases that have it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: Some(self.until) }
    }
}
