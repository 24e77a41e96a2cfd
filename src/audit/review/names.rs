//! Names of a log as they may be shown: masked, once for each.

use std::borrow::Cow;
use std::collections::HashMap;

use super::exposed::Inspect;

/// Names that are told apart; what comes later is counted together.
const MOST: usize = 10_000;
/// What stands for those.
const OTHERS: &str = "(others)";

/// The names that were met.
pub struct Names<'i> {
    inspect: &'i dyn Inspect,
    known: HashMap<Box<str>, Option<Box<str>>>,
}

impl<'i> Names<'i> {
    /// None yet.
    #[must_use]
    pub fn new(inspect: &'i dyn Inspect) -> Self {
        Self { inspect, known: HashMap::new() }
    }

    /// `name` without what may not be shown of it.
    pub fn shown<'n>(&'n mut self, name: &'n str) -> &'n str {
        if !self.known.contains_key(name) {
            if self.known.len() >= MOST {
                return OTHERS;
            }
            let masked = match self.inspect.mask(name) {
                Cow::Owned(masked) if masked != name => Some(masked.into_boxed_str()),
                _ => None,
            };
            self.known.insert(name.into(), masked);
        }
        match self.known.get(name) {
            Some(Some(masked)) => masked,
            _ => name,
        }
    }
}

impl std::fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}
