//! Which variables and keys hold secrets, by name.
//!
//! Listed names carry a provider; other names are judged by how they end, which finds a user's own
//! `STRIPE_API_KEY` and may take a harmless name for a secret. Callers treat the two differently.

use super::glob::glob_matches;
use serde::Deserialize;
use std::collections::HashMap;

/// The file `credentials.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Variables that hold a secret, with the provider where one is known.
    pub secrets: HashMap<String, Option<String>>,
    /// Of these, those that some release hands on to commands when it is told to.
    pub handed_on: Vec<String>,
    /// Endings of the names of other secrets.
    pub suffixes: Vec<String>,
    /// Endings that speak against it.
    pub not_suffixes: Vec<String>,
    /// Names with a free part, `*`.
    pub patterns: Vec<String>,
    /// Variables that hold the path of a file with a secret.
    pub paths: Vec<String>,
    /// Keys of config.yaml that Hermes masks, lower case.
    pub masked_keys: Vec<String>,
    /// Values that Hermes takes for no key at all, lower case.
    pub placeholders: Vec<String>,
}

/// Shorter values are no keys to Hermes.
const SHORTEST_KEY: usize = 4;

impl Credentials {
    /// True when a variable of this name is listed as a secret.
    #[must_use]
    pub fn is_listed(&self, name: &str) -> bool {
        self.secrets.contains_key(name)
            || self.patterns.iter().any(|pattern| glob_matches(pattern, name))
    }

    /// True when the name is listed or ends like a secret's.
    #[must_use]
    pub fn is_secret_name(&self, name: &str) -> bool {
        let ends = |endings: &[String]| {
            endings
                .iter()
                .any(|ending| name.len() > ending.len() && name.ends_with(ending.as_str()))
        };
        self.is_listed(name) || ends(&self.suffixes) && !ends(&self.not_suffixes)
    }

    /// True for a secret that no release hands on to commands, whatever its settings name.
    #[must_use]
    pub fn is_held_back(&self, name: &str) -> bool {
        self.is_listed(name) && !self.handed_on.iter().any(|other| other == name)
    }

    /// The provider of a listed variable.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&str> {
        self.secrets.get(name)?.as_deref()
    }

    /// True for a key of config.yaml whose value Hermes masks.
    #[must_use]
    pub fn is_masked_key(&self, key: &str) -> bool {
        self.masked_keys.iter().any(|masked| masked.eq_ignore_ascii_case(key))
    }

    /// True for a value that Hermes takes for no key at all.
    #[must_use]
    pub fn is_placeholder(&self, value: &str) -> bool {
        let value = value.trim();
        value.chars().count() < SHORTEST_KEY
            || self.placeholders.iter().any(|word| word.eq_ignore_ascii_case(value))
    }
}
