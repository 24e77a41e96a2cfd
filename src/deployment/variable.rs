//! Environment variables of a deployment, from every place that can set one.
//!
//! Hermes loads `/etc/hermes/.env` over everything and `~/.hermes/.env` over what it was started with;
//! units, compose files and images set what it is started with; scalars at the root of config.yaml fill
//! in what is still unset. The first of these wins, the rest is shadowed.

use std::collections::HashMap;

use crate::document::Place;

/// Where a variable is set, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VariableSource {
    /// `/etc/hermes/.env`
    Managed,
    /// The home's `.env`.
    Dotenv,
    /// A systemd unit, a compose service, a Dockerfile, or the words of a start command.
    Service,
    /// A scalar at the root of config.yaml, which the gateway turns into a variable.
    RootScalar,
    /// A dotenv file that is to be filled in, when there is no other.
    Template,
}

/// One assignment.
#[derive(Clone, Debug)]
pub struct Variable<'d> {
    /// Its name.
    pub name: String,
    /// Its value after the reader's own expansion; empty when set to nothing. May be secret.
    pub value: String,
    /// False when the value refers to something outside the file, so that it is not known.
    pub known: bool,
    /// Where it is set.
    pub source: VariableSource,
    /// The value's place.
    pub place: Place<'d>,
}

impl Variable<'_> {
    /// True when set to something, as Hermes asks `if os.environ.get(NAME)`.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.known || !self.value.trim().is_empty()
    }

    /// True for `1`, `true`, `yes` in any case, what Hermes's allow-all switches take; `on` is none.
    #[must_use]
    pub fn is_true(&self) -> bool {
        opens(self.value.trim())
    }
}

/// True for the words with which Hermes's allow-all switches are on.
pub(super) fn opens(word: &str) -> bool {
    ["1", "true", "yes"].iter().any(|yes| word.eq_ignore_ascii_case(yes))
}

/// The assignment that wins, and what it shadows.
#[derive(Clone, Debug)]
pub struct Effective<'h, 'd> {
    /// The winner.
    pub winner: &'h Variable<'d>,
    /// Assignments of the same name that lose.
    pub shadowed: Vec<&'h Variable<'d>>,
}

/// Every assignment that can reach a process, and how to ask for one by its name.
#[derive(Debug, Default)]
pub(super) struct Variables<'d> {
    all: Vec<Variable<'d>>,
    /// Places in `all`, best first. Rules ask for hundreds of names.
    by_name: HashMap<String, Vec<usize>>,
}

impl<'d> Variables<'d> {
    /// Takes the assignments of each source in the order of its lines.
    pub fn new(all: Vec<Variable<'d>>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        // Of two lines of one file the later one wins, so it must come first; the sort is stable.
        let mut order: Vec<(VariableSource, usize)> =
            all.iter().enumerate().map(|(at, variable)| (variable.source, at)).rev().collect();
        order.sort_by_key(|(source, _)| *source);
        for (_, at) in order {
            if let Some(variable) = all.get(at) {
                by_name.entry(variable.name.clone()).or_default().push(at);
            }
        }
        Self { all, by_name }
    }

    pub fn all(&self) -> &[Variable<'d>] {
        &self.all
    }

    /// The winner for `name`.
    pub fn effective(&self, name: &str) -> Option<Effective<'_, 'd>> {
        let mut named = self.by_name.get(name)?.iter().filter_map(|&at| self.all.get(at));
        Some(Effective { winner: named.next()?, shadowed: named.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Kind, Standing, text::Text};
    use crate::source::{Origin, Source, SourcePath};

    #[test]
    fn sources_have_a_precedence_and_later_lines_win() {
        let path = SourcePath::stdin();
        let source = Source { path: &path, bytes: b"", origin: Origin::Named, part: None };
        let document = Document {
            text: Text::of(&source),
            origin: Origin::Named,
            kind: Kind::Text,
            standing: Standing::Live,
            manifests: None,
        };
        let set = |name: &str, value: &str, source| Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            known: true,
            source,
            place: Place::whole(&document),
        };
        let variables = Variables::new(vec![
            set("A", "unit", VariableSource::Service),
            set("A", "first", VariableSource::Dotenv),
            set("A", "second", VariableSource::Dotenv),
            set("B", "only", VariableSource::RootScalar),
        ]);
        let values = |name: &str| {
            let found = variables.effective(name)?;
            let all = std::iter::once(found.winner).chain(found.shadowed);
            Some(all.map(|variable| variable.value.clone()).collect::<Vec<_>>())
        };
        assert_eq!(values("A").unwrap(), ["second", "first", "unit"]);
        assert_eq!(values("B").unwrap(), ["only"]);
        assert_eq!(values("C"), None);
        assert_eq!(variables.all().len(), 4);
    }
}
