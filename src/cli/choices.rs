//! What the operator chose, by flags and in the settings: which findings count, and for which release.

use std::path::Path;

use super::args;
use super::error::Failure;
use super::scope::Globs;
use crate::data;
use crate::deployment::Knowledge;
use crate::finding::{Decision, Finding, Location, Says, Standing, Suppression, Suppressor};
use crate::near::nearest;
use crate::policy::CommandTable;
use crate::rules::RULES;
use crate::settings::{Name, PerPath as Row, Settings};
use crate::triage::{Choice, names_rule};

/// The time; `SOURCE_DATE_EPOCH` pins it for reproducible reports.
pub(super) fn now() -> jiff::Timestamp {
    let pinned = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    pinned
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_else(jiff::Timestamp::now)
}

/// Today in UTC.
pub(super) fn today() -> jiff::civil::Date {
    jiff::tz::Offset::UTC.to_datetime(now()).date()
}

/// What `names` say, without their places.
pub(super) fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.get_ref().clone()).collect()
}

pub(super) fn choice(choose: Option<&args::Choose>, settings: &Settings) -> Choice {
    let mut choice = Choice {
        select: texts(&settings.select),
        ignore: texts(&settings.ignore),
        severity: settings
            .severity
            .iter()
            .map(|(rule, word)| (rule.get_ref().clone(), word.0))
            .collect(),
        ..Choice::default()
    };
    if let Some(word) = settings.min_confidence {
        choice.min_confidence = word.0;
    }
    if let Some(choose) = choose {
        if !choose.select.is_empty() {
            choice.select.clone_from(&choose.select);
        }
        choice.ignore.extend(choose.ignore.iter().cloned());
        choice.min_confidence = choose.min_confidence.unwrap_or(choice.min_confidence);
    }
    choice
}

/// Refuses a name that is no rule and no family.
///
/// # Errors
///
/// The first such name.
pub(super) fn known_rules<'n>(names: impl IntoIterator<Item = &'n String>) -> Result<(), Failure> {
    names.into_iter().try_for_each(|name| match unknown_rule(name) {
        Some((problem, help)) => Err(Failure::new(problem).help(help)),
        None => Ok(()),
    })
}

/// What is wrong with the name of a rule or family, and what to write; `None` when there is one of that name.
pub(super) fn unknown_rule(name: &str) -> Option<(String, String)> {
    if RULES.iter().any(|rule| names_rule(name, rule.meta.id)) {
        return None;
    }
    let families = RULES.iter().filter_map(|rule| rule.meta.id.split('/').next());
    let near = nearest(name, RULES.iter().map(|rule| rule.meta.id).chain(families));
    let list = "`hermes-lint rules` lists them all";
    let help =
        near.map_or_else(|| list.to_owned(), |near| format!("did you mean `{near}`? {list}"));
    Some((format!("there is no rule `{name}`"), help))
}

pub(super) fn knowledge(options: &args::Scan, settings: &Settings) -> Result<Knowledge, Failure> {
    let broken = |what: String| Failure::new(format!("the built-in facts can't be used: {what}"));
    let commands: CommandTable = serde_json::from_str(data::file("commands").unwrap_or("{}"))
        .map_err(|error| broken(error.to_string()))?;
    let from_settings = settings.hermes_version.as_ref().map(Name::get_ref);
    let version = options.hermes_version.as_ref().or(from_settings);
    let tiers = settings.tiers.iter().map(|(tool, tier)| (tool.clone(), tier.0)).collect();
    Knowledge::new(commands, version.map(String::as_str), &tiers).map_err(|problem| {
        Failure::new(problem).help("write a release such as 0.21.5: `--hermes-version 0.21.5`")
    })
}

/// What the settings leave out below some paths.
pub(super) struct PerPath {
    rows: Vec<(Globs, Row)>,
    today: jiff::civil::Date,
}

impl PerPath {
    /// The rows of `settings`, with globs relative to `folder`.
    ///
    /// # Errors
    ///
    /// What is no glob.
    pub fn new(
        folder: &Path,
        project: &Path,
        settings: &Settings,
        today: jiff::civil::Date,
    ) -> Result<Self, Failure> {
        let row = |row: &Row| Ok((Globs::new(folder, project, &texts(&row.paths))?, row.clone()));
        let rows: Result<_, Failure> = settings.per_path.iter().map(row).collect();
        Ok(Self { rows: rows?, today })
    }

    /// The row by which `finding` does not count.
    pub fn covering(&self, finding: &Finding) -> Option<Suppression> {
        let (_, row) = self.rows.iter().find(|(paths, row)| {
            row.until.is_none_or(|day| day.0 >= self.today)
                && row.ignore.iter().any(|rule| names_rule(rule.get_ref(), finding.rule))
                && paths.name(&finding.location.identity, false)
        })?;
        Some(Suppression {
            by: Suppressor::Settings,
            reason: row.reason.clone(),
            owner: row.owner.clone(),
            until: row.until.map(|day| day.0.to_string()),
        })
    }

    /// The rows whose last day has passed, which stand in the settings at `path`.
    pub fn expired(&self, path: &str) -> Vec<Decision> {
        let past = self.rows.iter().map(|(_, row)| row);
        past.filter(|row| row.until.is_some_and(|day| day.0 < self.today))
            .map(|row| Decision {
                location: Location::file(path, path),
                says: Says {
                    rules: texts(&row.ignore),
                    reason: row.reason.clone(),
                    owner: row.owner.clone(),
                    until: row.until.map(|day| day.0.to_string()),
                },
                standing: Standing::Expired,
                covers: None,
                unknown: Vec::new(),
                lacks_reason: false,
            })
            .collect()
    }
}
