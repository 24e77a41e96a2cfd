//! `.hermes-lint.toml`: what the operator decided for this project.
//!
//! Every key is known, so a misspelt one is an error with its place, not a setting that silently does
//! nothing; the same complaint this program makes about others' files.

mod error;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::finding::{Confidence, FailOn, Severity};

pub use self::error::SettingsError;

/// The file's name, looked for in the scanned folder and above, up to the repository's root.
pub const FILE_NAME: &str = ".hermes-lint.toml";
/// How long an attestation counts when it does not say, in days.
pub const DEFAULT_VALID_DAYS: u32 = 90;
/// The longest an attestation counts, in days, whatever it says: a year without a look is too long.
pub const MOST_VALID_DAYS: u32 = 366;

/// The settings as JSON Schema, for editors: every key, where it stands, and what it means.
pub const SCHEMA: &str = include_str!("../../docs/schemas/settings.schema.json");

/// A settings file that names every key, each commented out: what `hermes-lint init` writes.
pub const TEMPLATE: &str = include_str!("../../setup/hermes-lint.toml");

/// A text with its place in the file, for what only a later stage can tell to be wrong.
pub type Name = toml::Spanned<String>;

/// Everything the file can say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The release of Hermes Agent that runs here (`0.21.5`).
    pub hermes_version: Option<Name>,
    /// Findings at or above this make the exit status 1; `never` for none.
    pub fail_on: Option<Word<FailOn>>,
    /// Findings below this are hidden.
    pub min_confidence: Option<Word<Confidence>>,
    /// Rules or families to run, all when empty.
    pub select: Vec<Name>,
    /// Rules or families not to run.
    pub ignore: Vec<Name>,
    /// Paths (globs as in `.gitignore`) that are not scanned.
    pub exclude: Vec<Name>,
    /// Severity by rule id.
    pub severity: BTreeMap<Name, Word<Severity>>,
    /// Rules or families not to run below some paths.
    pub per_path: Vec<PerPath>,
    /// What comments in scanned files may decide.
    pub suppressions: Suppressions,
    /// The file with the findings that are known, from the settings file's folder.
    pub baseline: Option<String>,
    /// What no file can show, confirmed by a person; by checklist item.
    pub attest: BTreeMap<Name, Attestation>,
    /// Approval tier (0 to 3) by tool or MCP server name, over the built-in table.
    pub tiers: BTreeMap<String, Tier>,
}

/// Rules switched off below some paths.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerPath {
    /// Globs as in `.gitignore`, from the project's root.
    pub paths: Vec<Name>,
    /// Rules or families.
    pub ignore: Vec<Name>,
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

/// An approval tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier(pub u8);

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            tier @ 0..=3 => Ok(Self(u8::try_from(tier).unwrap_or_default())),
            tier => Err(serde::de::Error::custom(format!(
                "{tier} is no tier: they are 0 (reads), 1 (writes inside), 2 (reaches others) and 3 (can do anything)"
            ))),
        }
    }
}

impl Settings {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    ///
    /// Not TOML, an unknown key, or a value of the wrong kind; with its place.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| SettingsError::of(&error))
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
        let until = |item: &str| {
            let (_, attestation) =
                settings.attest.iter().find(|(id, _)| id.get_ref() == item).unwrap();
            attestation.valid_until(None).to_string()
        };
        assert_eq!(until("audit-logging"), "2026-12-30");
        assert_eq!(until("anomaly-alerts"), "2026-10-11");
    }

    /// The lines of the template that are settings, without their comment sign.
    fn uncommented() -> String {
        let line = |line: &'static str| {
            line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', ':']))
        };
        TEMPLATE.lines().filter_map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_changes_nothing_until_a_line_is_uncommented() {
        let settings = Settings::parse(TEMPLATE).unwrap();
        assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
        let all = Settings::parse(&uncommented()).unwrap();
        assert_eq!(all.per_path.len() + all.severity.len() + all.tiers.len() + all.attest.len(), 4);
        assert!(
            TEMPLATE.contains(concat!("/v", env!("CARGO_PKG_VERSION"), "/")),
            "the schema of this release"
        );
    }

    /// Names of the keys below `value`, as `table.key`; of named tables (`[attest.NAME]`) without the name.
    fn keys(value: &toml::Table, named: bool, before: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (key, value) in value {
            let path = if named { before.to_owned() } else { format!("{before}{key}") };
            match value {
                toml::Value::Table(table) => {
                    let named = !named && ["attest", "severity", "tiers"].contains(&path.as_str());
                    all.extend(keys(table, named, &format!("{}.", path.trim_end_matches('.'))));
                }
                toml::Value::Array(rows) if rows.iter().any(toml::Value::is_table) => {
                    for row in rows.iter().filter_map(toml::Value::as_table) {
                        all.extend(keys(row, false, &format!("{path}.")));
                    }
                }
                _ => all.push(path),
            }
        }
        all.sort();
        all
    }

    /// The same names as the schema has them.
    fn schema_keys(schema: &serde_json::Value, before: &str) -> Vec<String> {
        let mut all = Vec::new();
        let kind = schema.get("type").and_then(serde_json::Value::as_str);
        let items = schema.get("items").filter(|items| items.get("properties").is_some());
        let properties =
            items.unwrap_or(schema).get("properties").and_then(serde_json::Value::as_object);
        match (properties, schema.get("additionalProperties").filter(|more| more.is_object())) {
            (Some(properties), _) => {
                for (key, below) in properties {
                    let dot = if before.is_empty() { "" } else { "." };
                    all.extend(schema_keys(below, &format!("{before}{dot}{key}")));
                }
            }
            (None, Some(more)) => {
                let below = if more.get("properties").is_some() { "" } else { "." };
                all.extend(schema_keys(more, &format!("{before}{below}")));
            }
            (None, None) => {
                assert!(kind != Some("object"), "{before} is closed");
                all.push(before.to_owned());
            }
        }
        all.sort();
        all
    }

    /// The reader, the template and the schema have the same keys: those of the reader are told by its own complaint.
    #[test]
    fn the_template_and_the_schema_have_every_key() {
        let table: toml::Table = toml::from_str(&uncommented()).unwrap();
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        assert_eq!(keys(&table, false, ""), schema_keys(&schema, ""));
        for (header, below) in [
            ("", ""),
            ("[suppressions]", "suppressions"),
            ("[[per-path]]", "per-path"),
            ("[attest.audit-logging]", "attest"),
        ] {
            let error =
                toml::from_str::<Settings>(&format!("{header}\nno-such-key = 1\n")).unwrap_err();
            let mut read: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            let table = if below.is_empty() { &schema } else { &schema["properties"][below] };
            let table = [&table["items"], &table["additionalProperties"], table]
                .into_iter()
                .find(|table| table["properties"].is_object())
                .unwrap();
            let mut known: Vec<&String> = table["properties"].as_object().unwrap().keys().collect();
            read.sort_unstable();
            known.sort_unstable();
            assert_eq!(read, known, "{header}");
        }
    }
}
