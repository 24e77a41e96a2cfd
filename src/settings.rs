//! `.hermes-lint.toml`: what the operator decided for this project.
//!
//! Every key is known, so a misspelt one is an error with its place, not a setting that silently does
//! nothing; the same complaint this program makes about others' files.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::finding::{Confidence, FailOn, Severity};

/// The file's name, looked for in the scanned folder and above, up to the repository's root.
pub const FILE_NAME: &str = ".hermes-lint.toml";
/// How long an attestation counts when it does not say, in days.
pub const DEFAULT_VALID_DAYS: u32 = 90;
/// The longest an attestation counts, in days, whatever it says: a year without a look is too long.
pub const MOST_VALID_DAYS: u32 = 366;

/// Everything the file can say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The release of Hermes Agent that runs here (`0.21.5`).
    pub hermes_version: Option<String>,
    /// Findings at or above this make the exit status 1; `never` for none.
    pub fail_on: Option<Word<FailOn>>,
    /// Findings below this are hidden.
    pub min_confidence: Option<Word<Confidence>>,
    /// Rules or families to run, all when empty.
    pub select: Vec<String>,
    /// Rules or families not to run.
    pub ignore: Vec<String>,
    /// Paths (globs as in `.gitignore`) that are not scanned.
    pub exclude: Vec<String>,
    /// Severity by rule id.
    pub severity: BTreeMap<String, Word<Severity>>,
    /// Rules or families not to run below some paths.
    pub per_path: Vec<PerPath>,
    /// What comments in scanned files may decide.
    pub suppressions: Suppressions,
    /// The file with the findings that are known, from the settings file's folder.
    pub baseline: Option<String>,
    /// What no file can show, confirmed by a person; by checklist item.
    pub attest: BTreeMap<String, Attestation>,
    /// Approval tier (0 to 3) by tool or MCP server name, over the built-in table.
    pub tiers: BTreeMap<String, u8>,
}

/// Rules switched off below some paths.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerPath {
    /// Globs as in `.gitignore`, from the project's root.
    pub paths: Vec<String>,
    /// Rules or families.
    pub ignore: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// The last day it holds.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What comments in scanned files may decide.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppressions {
    /// `hermes-lint: allow(…)` counts.
    pub comments: bool,
    /// The marks of other scanners count for credentials.
    pub other_scanners: bool,
    /// One without a reason is a finding.
    pub require_reason: bool,
}

impl Default for Suppressions {
    fn default() -> Self {
        Self { comments: true, other_scanners: true, require_reason: false }
    }
}

/// A person's word that a checklist item is met.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Who says so.
    pub by: String,
    /// When: `2026-11-21`, as a TOML date or a string.
    pub on: Date,
    /// What they looked at.
    pub evidence: String,
    /// How long it counts, in days; the item's own limit, or [`DEFAULT_VALID_DAYS`], when it does not say.
    #[serde(default)]
    pub valid_days: Option<u32>,
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub jiff::civil::Date);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelling {
            Toml(toml::value::Datetime),
            Text(String),
        }
        let text = match Spelling::deserialize(deserializer)? {
            Spelling::Toml(date) => date.to_string(),
            Spelling::Text(text) => text,
        };
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("not a date: write it like 2026-11-21"))
    }
}

/// A value written as one of a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<'de, T: std::str::FromStr<Err = String>> Deserialize<'de> for Word<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// A settings file that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes.
    pub span: Option<std::ops::Range<usize>>,
}

impl Settings {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    ///
    /// Not TOML, an unknown key, or a value of the wrong kind; with its place.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error: toml::de::Error| SettingsError {
            message: error.message().to_owned(),
            span: error.span(),
        })
    }
}

impl Attestation {
    /// The last day on which it counts; `usual` is how long attestations of its item do, in days.
    #[must_use]
    pub fn valid_until(&self, usual: Option<u32>) -> jiff::civil::Date {
        let days = self.valid_days.or(usual).unwrap_or(DEFAULT_VALID_DAYS).min(MOST_VALID_DAYS);
        let days = jiff::Span::new().try_days(i64::from(days)).unwrap_or_default();
        self.on.0.checked_add(days).unwrap_or(jiff::civil::Date::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_attestations_in_both_spellings() {
        let text = "[attest.audit-logging]\nby = \"ops\"\non = 2026-10-01\nevidence = \"x\"\n\
                    [attest.anomaly-alerts]\nby = \"ops\"\non = \"2026-10-01\"\nevidence = \"y\"\n\
                    valid_days = 10\n";
        let settings = Settings::parse(text).unwrap();
        let until = |item: &str| settings.attest[item].valid_until(None).to_string();
        assert_eq!(until("audit-logging"), "2026-12-30");
        assert_eq!(until("anomaly-alerts"), "2026-10-11");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = Settings::parse("fail-on = \"error\"\nignroe = []\n").unwrap_err();
        assert_eq!(error.span, Some(18..24));
        assert!(error.message.contains("ignroe"), "{}", error.message);
        assert!(Settings::parse("min-confidence = \"sure\"").is_err());
    }
}
