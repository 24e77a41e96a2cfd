//! What the operator chose, by flags and in the settings file: which findings count, and for which release.

use std::path::{Path, PathBuf};

use super::args;
use super::error::Failure;
use super::pipeline::Extras;
use super::scope::{Globs, common_folder, is_third_party};
use crate::data;
use crate::deployment::Knowledge;
use crate::finding::{Decision, Finding, Location, Says, Standing, Suppression, Suppressor};
use crate::policy::CommandTable;
use crate::rules::RULES;
use crate::settings::{FILE_NAME, PerPath as Row, Settings};
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

pub(super) fn choice(choose: Option<&args::Choose>, settings: &Settings) -> Choice {
    let mut choice = Choice {
        select: settings.select.clone(),
        ignore: settings.ignore.clone(),
        severity: settings.severity.iter().map(|(rule, word)| (rule.clone(), word.0)).collect(),
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

/// The settings file for `paths`, and the folder that its globs are relative to: the nearest one in or
/// above all of them, up to the project's root. One that lies in a skill or a plugin is a stranger's, and
/// the home of a running agent is the agent's to write: neither may switch a rule off.
pub(super) fn settings(
    paths: &[PathBuf],
    options: &args::Scan,
    project: &Path,
    extras: Extras<'_>,
) -> Result<(Settings, PathBuf, Option<String>), Failure> {
    let found = match &options.config {
        Some(path) => Some(path.clone()),
        None if extras.host.is_some() => None,
        None => common_folder(paths, project)
            .ancestors()
            .take_while(|folder| folder.starts_with(project))
            .filter(|folder| !is_third_party(folder, project))
            .map(|folder| folder.join(FILE_NAME))
            .find(|path| path.is_file()),
    };
    let Some(path) = found else {
        return Ok((Settings::default(), project.to_path_buf(), None));
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("can't read the settings in {name}: {error}")))?;
    let settings = Settings::parse(&text).map_err(|error| {
        let failure =
            Failure::new(format!("the settings in {name} are not valid: {}", error.message))
                .help("`hermes-lint` reads the keys that its README lists, and no others");
        match error.span {
            Some(span) => failure.at(&name, text, span, "here"),
            None => failure,
        }
    })?;
    validate(&settings).map_err(|(problem, help)| {
        Failure::new(format!("the settings in {name}: {problem}")).help(help)
    })?;
    let here = std::env::current_dir().unwrap_or_default();
    let shown = path.strip_prefix(here).unwrap_or(&path).display().to_string();
    let folder =
        std::path::absolute(&path).ok().and_then(|path| path.parent().map(Path::to_path_buf));
    Ok((settings, folder.unwrap_or_else(|| project.to_path_buf()), Some(shown)))
}

/// What is wrong with settings that parse, and what to do about it.
fn validate(settings: &Settings) -> Result<(), (String, &'static str)> {
    let rules = settings
        .ignore
        .iter()
        .chain(&settings.select)
        .chain(settings.severity.keys())
        .chain(settings.per_path.iter().flat_map(|row| &row.ignore));
    known_rules(rules)?;
    if let Some((tool, tier)) = settings.tiers.iter().find(|(_, tier)| **tier > 3) {
        return Err((
            format!("`{tool}` has tier {tier}"),
            "tiers are 0 (reads) to 3 (high impact)",
        ));
    }
    if let Some(item) = settings.attest.keys().find(|item| !crate::checklist::is_item(item)) {
        let help = "`hermes-lint checklist --format json` lists the ids";
        return Err((format!("there is no checklist item `{item}`"), help));
    }
    Ok(())
}

/// A name that is no rule and no family.
pub(super) fn known_rules<'n>(
    names: impl IntoIterator<Item = &'n String>,
) -> Result<(), (String, &'static str)> {
    let unknown = |name: &&String| !RULES.iter().any(|rule| names_rule(name, rule.meta.id));
    match names.into_iter().find(unknown) {
        Some(name) => {
            Err((format!("there is no rule `{name}`"), "`hermes-lint rules` lists them all"))
        }
        None => Ok(()),
    }
}

pub(super) fn knowledge(options: &args::Scan, settings: &Settings) -> Result<Knowledge, Failure> {
    let broken = |what: String| Failure::new(format!("the built-in facts can't be used: {what}"));
    let commands: CommandTable = serde_json::from_str(data::file("commands").unwrap_or("{}"))
        .map_err(|error| broken(error.to_string()))?;
    let version = options.hermes_version.as_ref().or(settings.hermes_version.as_ref());
    Knowledge::new(commands, version.map(String::as_str), &settings.tiers).map_err(|problem| {
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
        let row = |row: &Row| Ok((Globs::new(folder, project, &row.paths)?, row.clone()));
        let rows: Result<_, Failure> = settings.per_path.iter().map(row).collect();
        Ok(Self { rows: rows?, today })
    }

    /// The row by which `finding` does not count.
    pub fn covering(&self, finding: &Finding) -> Option<Suppression> {
        let (_, row) = self.rows.iter().find(|(paths, row)| {
            row.until.is_none_or(|day| day.0 >= self.today)
                && row.ignore.iter().any(|rule| names_rule(rule, finding.rule))
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
                    rules: row.ignore.clone(),
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
