//! Environment variables of a deployment, from every place that can set one.
//!
//! Hermes loads `/etc/hermes/.env` over everything and `~/.hermes/.env` over what it was started with;
//! units, compose files and images set what it is started with; scalars at the root of config.yaml fill
//! in what is still unset. The first of these wins, the rest is shadowed.

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
        matches!(self.value.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes")
    }
}

/// The assignment that wins, and what it shadows.
#[derive(Clone, Debug)]
pub struct Effective<'h, 'd> {
    /// The winner.
    pub winner: &'h Variable<'d>,
    /// Assignments of the same name that lose.
    pub shadowed: Vec<&'h Variable<'d>>,
}

/// The winner among `all` for `name`.
#[must_use]
pub fn effective<'h, 'd>(all: &'h [Variable<'d>], name: &str) -> Option<Effective<'h, 'd>> {
    let mut named: Vec<&Variable<'_>> =
        all.iter().filter(|variable| variable.name == name).collect();
    // A stable sort: of two lines of one file the later one wins, so it must come first.
    named.reverse();
    named.sort_by_key(|variable| variable.source);
    let mut named = named.into_iter();
    Some(Effective { winner: named.next()?, shadowed: named.collect() })
}
