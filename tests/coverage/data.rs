//! `rules/coverage.yaml`, and the shape of a row of the page.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use crate::common::root;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    pub sections: Vec<Section>,
}

/// A table of the page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub intro: String,
    /// What its rows are made of, besides those that are written.
    #[serde(default)]
    pub from: Option<String>,
    /// `rule`: each row needs one.
    #[serde(default)]
    pub must: Option<String>,
    pub rows: Vec<Row>,
}

/// A row: what it is about, and one of the four answers.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub what: String,
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub command: Option<String>,
    #[serde(default)]
    pub why_not: Option<String>,
    #[serde(default)]
    pub open: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
    #[serde(default)]
    pub lacks: Option<String>,
    #[serde(default)]
    pub changed: Option<String>,
    #[serde(default)]
    pub example: Option<Example>,
}

/// Files on which the rules of a row speak.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub files: BTreeMap<String, String>,
    #[serde(default)]
    pub release: Option<String>,
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    #[serde(default)]
    pub git: bool,
    #[serde(default)]
    pub untracked: Vec<String>,
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    #[serde(default)]
    pub machine: bool,
}

/// Which of the answers a row gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Rule,
    Command,
    Reason,
    Open,
}

impl Row {
    /// A row with rules.
    pub fn ruled(what: String, rules: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { what, rules: rules.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The answer it gives; `None` when it gives none, or more than one.
    pub fn answer(&self) -> Option<Answer> {
        let given = [
            (!self.rules.is_empty(), Answer::Rule),
            (self.command.is_some(), Answer::Command),
            (self.why_not.is_some(), Answer::Reason),
            (self.open.is_some(), Answer::Open),
        ];
        let mut given = given.into_iter().filter_map(|(is, answer)| is.then_some(answer));
        let first = given.next()?;
        given.next().is_none().then_some(first)
    }
}

/// Reads the file.
pub fn load() -> Coverage {
    let text = fs::read_to_string(root().join("rules/coverage.yaml")).expect("the rows");
    yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("rules/coverage.yaml: {error}"))
}
