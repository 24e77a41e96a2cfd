//! Variables that widen or narrow what the agent may do.
//!
//! A variable says when it is lax in its own words, because Hermes reads almost each of them differently.

use super::platforms::is_truthy;
use super::settings::LaxValue;
use super::version::{Range, Release};
use super::weight::Weight;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The file `environment.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The control variables.
    pub controls: Vec<Control>,
    /// Variables that no key stands behind, judged as a key of config.yaml would be.
    pub values: Vec<VariableFact>,
    /// Names that should not stand in a dotenv file.
    pub unwanted_in_dotenv: Vec<UnwantedNames>,
    /// Variables that mirror a key of config.yaml, which wins.
    pub mirrors: BTreeMap<String, String>,
}

/// One control variable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Class of what it does, such as `yolo`.
    pub effect: String,
    /// The values on the unsafe side; absent for defences and for variables that nothing reads.
    #[serde(default)]
    pub lax: Option<Lax>,
    /// What happens then, or what it protects from.
    pub means: String,
    /// True for a defence.
    #[serde(default)]
    pub hardens: bool,
    /// First release that reads it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that no longer does.
    #[serde(default)]
    pub until: Option<Release>,
}

/// A variable, and the values of it that are on the unsafe side in the words of `settings.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableFact {
    /// Its name.
    pub name: String,
    /// The values on the unsafe side.
    pub lax: LaxValue,
    /// How much it matters.
    pub severity: Weight,
    /// What happens then.
    pub means: String,
    /// What to do.
    pub help: String,
    /// First release that reads it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that no longer does.
    #[serde(default)]
    pub until: Option<Release>,
}

impl VariableFact {
    /// The releases that read it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

/// Which values of a variable are on the unsafe side.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "LaxForm")]
pub enum Lax {
    /// Any non-empty value.
    Set,
    /// 1, true, yes, on, in any case.
    Truthy,
    /// One of these words, in any case.
    OneOf(Vec<String>),
    /// Any value but these words, in any case.
    NoneOf(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LaxForm {
    Word(LaxWord),
    OneOf(Vec<String>),
    Not { not: Vec<String> },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LaxWord {
    Set,
    Truthy,
}

impl From<LaxForm> for Lax {
    fn from(form: LaxForm) -> Self {
        match form {
            LaxForm::Word(LaxWord::Set) => Self::Set,
            LaxForm::Word(LaxWord::Truthy) => Self::Truthy,
            LaxForm::OneOf(words) => Self::OneOf(words),
            LaxForm::Not { not } => Self::NoneOf(not),
        }
    }
}

impl Lax {
    /// Whether `value` is on the unsafe side. An empty value never is: Hermes treats it as unset.
    #[must_use]
    pub fn includes(&self, value: &str) -> bool {
        let value = value.trim();
        let is_one_of =
            |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
        match self {
            _ if value.is_empty() => false,
            Self::Set => true,
            Self::Truthy => is_truthy(value),
            Self::OneOf(words) => is_one_of(words),
            Self::NoneOf(words) => !is_one_of(words),
        }
    }
}

/// Names that decide what code runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnwantedNames {
    /// The names.
    pub names: Vec<String>,
    /// What they do.
    pub why: String,
    /// First release that refuses to write them.
    #[serde(default)]
    pub since: Option<Release>,
}

impl Control {
    /// The releases that read it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }

    /// Whether `value` is on the unsafe side.
    #[must_use]
    pub fn is_lax(&self, value: &str) -> bool {
        self.lax.as_ref().is_some_and(|lax| lax.includes(value))
    }
}

impl Environment {
    /// The control variable of that name.
    #[must_use]
    pub fn control(&self, name: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.name == name)
    }

    /// Why `name` should not stand in a dotenv file.
    #[must_use]
    pub fn unwanted_in_dotenv(&self, name: &str) -> Option<&UnwantedNames> {
        self.unwanted_in_dotenv.iter().find(|group| group.names.iter().any(|other| other == name))
    }
}
