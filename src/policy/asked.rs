//! Which class of dangerous commands Hermes takes a command for, so that it asks before it runs it.
//!
//! The classes are data (`rules/hermes/asked_commands.yaml`); the texts they are looked for in are those that deny lists
//! are matched against, made the way Hermes makes them. What Hermes tells by taking a command apart instead of by its looks
//! (`python -c`, `bash -c`, `rg --pre`) is told here the same way. The first class in Hermes's order is the answer.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::form::{FormError, compile};
use super::hardline::too_large;
use super::native::{self, Interpreter};
use crate::release::Release;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    interpreters: Vec<Interpreter>,
    parts: BTreeMap<String, String>,
    forms: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    asks: String,
    form: String,
    #[serde(default)]
    also: Option<String>,
    #[serde(default)]
    unless: Option<String>,
    #[serde(default)]
    without: Option<String>,
    #[serde(default = "yes")]
    quoted: bool,
    #[serde(default)]
    since: Option<Release>,
    #[serde(default)]
    until: Option<Release>,
}

const fn yes() -> bool {
    true
}

/// One form of a dangerous command, ready to look for.
#[derive(Debug)]
struct Form {
    asks: String,
    regex: Regex,
    also: Option<Regex>,
    unless: Option<Regex>,
    without: Option<String>,
    quoted: bool,
    since: Option<Release>,
    until: Option<Release>,
}

impl Form {
    fn new(row: Row, parts: &BTreeMap<String, String>) -> Result<Self, FormError> {
        let optional = |form: Option<String>| form.map(|form| compile(&form, parts)).transpose();
        Ok(Self {
            regex: compile(&row.form, parts)?,
            also: optional(row.also)?,
            unless: optional(row.unless)?,
            asks: row.asks,
            without: row.without,
            quoted: row.quoted,
            since: row.since,
            until: row.until,
        })
    }

    fn is_known_in(&self, release: Release) -> bool {
        self.since.is_none_or(|since| since <= release)
            && self.until.is_none_or(|until| release < until)
    }

    fn matches(&self, text: &str) -> bool {
        if self.also.as_ref().is_some_and(|also| !also.is_match(text)) {
            return false;
        }
        if self.unless.is_none() && self.without.is_none() {
            return self.regex.is_match(text);
        }
        let mut from = 0;
        while let Some(found) = self.regex.find_at(text, from) {
            let line = text.get(found.end()..).unwrap_or_default();
            let line = line.split('\n').next().unwrap_or_default();
            let followed = self.unless.as_ref().is_some_and(|unless| unless.is_match(line));
            let holds = |word: &String| found.as_str().split_whitespace().any(|one| one == word);
            if !followed && !self.without.as_ref().is_some_and(holds) {
                return true;
            }
            // From the next character on: a later beginning may do.
            let step = text.get(found.start()..).and_then(|rest| rest.chars().next());
            let Some(step) = step else { break };
            from = found.start() + step.len_utf8();
        }
        false
    }
}

/// What Hermes asks about.
#[derive(Debug)]
pub struct AskedCommands {
    forms: Vec<Form>,
    interpreters: Vec<Interpreter>,
}

impl AskedCommands {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is no such table, or a form can't be compiled.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let forms = file.forms.into_iter().map(|row| {
            let asks = row.asks.clone();
            Form::new(row, &file.parts).map_err(|error| format!("{asks}: {error}"))
        });
        Ok(Self { forms: forms.collect::<Result<_, _>>()?, interpreters: file.interpreters })
    }

    /// The class that `release` takes `command` for; `None` when it asks about nothing.
    #[must_use]
    pub fn class(&self, command: &str, release: Release) -> Option<&str> {
        if too_large(command) {
            return Some("command parser limit exceeded");
        }
        let known: Vec<&Form> =
            self.forms.iter().filter(|form| form.is_known_in(release)).collect();
        for text in native::detection_texts(command, release) {
            let lower = native::lower(&text, release);
            let mut bare = None;
            for form in &known {
                let text = if form.quoted {
                    &lower
                } else {
                    bare.get_or_insert_with(|| {
                        native::lower(&native::without_quoted(&text), release)
                    })
                };
                if form.matches(text) {
                    return Some(&form.asks);
                }
            }
        }
        native::execution(&native::cleaned(command), release, &self.interpreters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEWEST: Release = Release::NEWEST;

    fn table() -> &'static AskedCommands {
        static TABLE: std::sync::LazyLock<AskedCommands> = std::sync::LazyLock::new(|| {
            AskedCommands::from_json(crate::data::file("hermes/asked_commands").unwrap()).unwrap()
        });
        &TABLE
    }

    #[test]
    fn classes_come_in_hermes_order_and_with_their_release() {
        let table = table();
        let class = |command: &str, release| table.class(command, release).map(str::to_owned);
        assert_eq!(class("rm -rf x", NEWEST).as_deref(), Some("recursive delete"));
        assert_eq!(class("rm -rf /x", NEWEST).as_deref(), Some("delete in root path"));
        assert_eq!(class("rm x -r", Release::OLDEST), None);
        assert_eq!(
            class("rm x -r", NEWEST).as_deref(),
            Some("recursive delete (flags after operands)")
        );
        assert_eq!(class("rm -- x -r", NEWEST), None, "an operand, not an option");
        assert_eq!(
            class("echo mkfs", Release::new(0, 20, 5)).as_deref(),
            Some("format filesystem")
        );
        assert_eq!(class("echo mkfs", Release::new(0, 20, 6)), None);
        assert_eq!(class("ls -r", NEWEST), None);
    }

    #[test]
    fn what_follows_and_what_is_quoted_can_matter() {
        let table = table();
        let asks = |command: &str| table.class(command, NEWEST).is_some();
        assert!(asks("DELETE FROM x"));
        assert!(!asks("DELETE FROM x WHERE y"));
        assert!(asks("DELETE FROM x WHERE y; DELETE FROM z"), "the second one has none");
        assert!(asks("find . -del*"));
        assert!(!asks("find . -name 'log -del*'"));
        assert!(asks("git branch -D x") && !asks("git branch -d x"));
    }

    #[test]
    fn programs_that_run_an_argument_are_told_from_files() {
        let table = table();
        let class = |command: &str| table.class(command, NEWEST);
        assert_eq!(class("python3.12 -c 1"), Some("script execution via -e/-c flag"));
        assert_eq!(class("python x.py -c 1"), None);
        assert_eq!(class("python -W ignore -c 1"), Some("script execution via -e/-c flag"));
        assert_eq!(class("bash --norc -lc ls"), Some("shell command via -c/-lc flag"));
        assert_eq!(class("bash -x script -c"), None);
        assert_eq!(
            class("man -Pcat ls"),
            Some("arbitrary program execution via man -P"),
            "glued to its option"
        );
        assert_eq!(class("deno run eval"), None);
        assert_eq!(class("deno -q eval 1"), Some("script execution via -e/-c flag"));
        assert_eq!(
            class("python 'open"),
            Some("command parser limit or malformed executable payload")
        );
    }

    #[test]
    fn each_class_is_a_key_of_the_allow_list() {
        let keys: crate::policy::ApprovalTable =
            serde_json::from_str(crate::data::file("hermes/approval_patterns").unwrap()).unwrap();
        for form in &table().forms {
            let key = keys.patterns.iter().find(|key| key.description == form.asks);
            let key = key.unwrap_or_else(|| panic!("{} is no key", form.asks));
            for release in [Release::OLDEST, Release::new(0, 20, 1), Release::new(0, 21, 3), NEWEST]
            {
                assert!(!form.is_known_in(release) || key.known_in(release), "{}", form.asks);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_command_is_too_odd(command in "[ -~\\n\u{200d}é]{0,60}") {
            let table = table();
            for release in [Release::OLDEST, NEWEST] {
                let _ = table.class(&command, release);
            }
        }
    }
}
