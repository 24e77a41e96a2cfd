//! `${NAME}` references of a `.env` file, replaced as python-dotenv does on loading.
//!
//! What python-dotenv would build without bound is bounded here; the result says when that happened.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::collections::HashMap;

use super::Dotenv;

/// Bytes that [`Dotenv::interpolate`] puts in for variables before it gives up: nested references
/// double with each line, so a short file could otherwise ask for any amount of memory.
pub const EXPANSION_LIMIT: usize = 16 << 20;

/// The values of a file with its references replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Name and value in the order of first mention; `None` for `KEY` alone.
    pub pairs: Vec<(String, Option<String>)>,
    /// False when [`EXPANSION_LIMIT`] was reached; references after that stand as written.
    pub complete: bool,
}

impl Values {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_deref())
    }
}

impl Dotenv {
    /// Replaces `${NAME}` and `${NAME:-default}` by what `environment` and the lines above say.
    /// `overrides` is the argument `override` of `load_dotenv`: with it the file beats the environment.
    /// Hermes sets it for the home's own `.env` and for the managed one, and for a project's only when
    /// the home has none. `dotenv_values` sets it always.
    pub fn interpolate(
        &self,
        environment: impl Fn(&str) -> Option<String>,
        overrides: bool,
    ) -> Values {
        let mut pairs: Vec<(String, Option<String>)> = Vec::with_capacity(self.entries.len());
        let mut known: HashMap<&str, usize> = HashMap::with_capacity(self.entries.len());
        let mut budget = EXPANSION_LIMIT;
        for entry in &self.entries {
            let value = entry.value.as_deref().map(|value| {
                expand(value, &mut budget, |name, default| {
                    let in_file = || {
                        let (_, value) = pairs.get(*known.get(name)?)?;
                        Some(Cow::Borrowed(value.as_deref().unwrap_or_default()))
                    };
                    let outside = || environment(name).map(Cow::Owned);
                    let found = if overrides {
                        in_file().or_else(outside)
                    } else {
                        outside().or_else(in_file)
                    };
                    found.unwrap_or(Cow::Borrowed(default))
                })
            });
            match known.get(entry.key.as_str()).and_then(|&at| pairs.get_mut(at)) {
                Some(pair) => pair.1 = value,
                None => {
                    known.insert(&entry.key, pairs.len());
                    pairs.push((entry.key.clone(), value));
                }
            }
        }
        Values { pairs, complete: budget > 0 }
    }
}

/// `value` with its references replaced by `resolve(name, default)`, which costs `budget`.
fn expand<'a>(
    value: &'a str,
    budget: &mut usize,
    resolve: impl Fn(&'a str, &'a str) -> Cow<'a, str>,
) -> String {
    let mut out = String::with_capacity(value.len());
    let mut copied = 0;
    // The next `:` or `}` is the same for every `${` before it: looked up once, so that a long run of
    // unclosed references is read once.
    let mut stop = 0;
    for (at, _) in value.match_indices("${") {
        if at < copied || *budget == 0 {
            continue;
        }
        let name_start = at + 2;
        if stop < name_start {
            let rest = value.get(name_start..).unwrap_or_default();
            match rest.find([':', '}']) {
                Some(len) => stop = name_start + len,
                None => break,
            }
        }
        let name = value.get(name_start..stop).unwrap_or_default();
        let after = value.get(stop..).unwrap_or_default();
        let (default, end) = if after.starts_with('}') {
            ("", stop + 1)
        } else if let Some(default) = after.strip_prefix(":-") {
            let Some(len) = default.find('}') else { break };
            (default.get(..len).unwrap_or_default(), stop + 2 + len + 1)
        } else {
            continue;
        };
        let text = resolve(name, default);
        if text.len() >= *budget {
            *budget = 0;
            continue;
        }
        *budget -= text.len();
        out.push_str(value.get(copied..at).unwrap_or_default());
        out.push_str(&text);
        copied = end;
    }
    out.push_str(value.get(copied..).unwrap_or_default());
    out
}
