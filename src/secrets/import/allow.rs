//! Exceptions: what another tool's configuration says is no finding.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use regex::bytes::{RegexSet, RegexSetBuilder};

/// Largest compiled set, in bytes.
const COMPILED: usize = 8 << 20;

/// The part of a finding that an exception looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The secret alone.
    Secret,
    /// All that the pattern matched.
    Match,
    /// The lines that the match stands on.
    Line,
}

/// A finding, as exceptions see it.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'h> {
    /// The rule's id, as its own configuration has it.
    pub rule: &'h str,
    /// The secret.
    pub secret: &'h [u8],
    /// All that the pattern matched.
    pub matched: &'h [u8],
    /// The lines that the match stands on.
    pub line: &'h [u8],
    /// Where it was found.
    pub place: Where<'h>,
}

/// The file and the commit that bytes come from, as far as known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Where<'h> {
    /// Path below the scanned folder, with `/`.
    pub path: Option<&'h str>,
    /// Full hash of the commit, in lower case.
    pub commit: Option<&'h str>,
}

/// One test of an exception.
#[derive(Clone, Debug)]
pub enum Test {
    /// A regular expression is found in the target.
    Regexes(Target, RegexSet),
    /// A text, in lower case here, is in the target in any case.
    Words(Target, Vec<String>),
    /// A regular expression is found in the path.
    Paths(RegexSet),
    /// The commit is one of these.
    Commits(Vec<String>),
    /// The opposite.
    Not(Box<Test>),
}

/// An exception.
#[derive(Clone, Debug)]
pub struct Allowlist {
    /// Why it was made, in its author's words.
    pub description: String,
    /// Ids of the rules that it is for; all when empty.
    pub rules: Vec<String>,
    /// All tests must hold, not one of them.
    pub all: bool,
    /// At least one.
    pub tests: Vec<Test>,
}

impl Allowlist {
    /// True when `hit` shall not be reported.
    #[must_use]
    pub fn allows(&self, hit: &Hit<'_>) -> bool {
        if !self.rules.is_empty() && !self.rules.iter().any(|rule| rule == hit.rule) {
            return false;
        }
        let mut tests = self.tests.iter().map(|test| test.holds(hit));
        if self.all {
            !self.tests.is_empty() && tests.all(|held| held)
        } else {
            tests.any(|held| held)
        }
    }
}

impl Test {
    fn holds(&self, hit: &Hit<'_>) -> bool {
        let target = |target: &Target| match target {
            Target::Secret => hit.secret,
            Target::Match => hit.matched,
            Target::Line => hit.line,
        };
        match self {
            Self::Regexes(what, set) => set.is_match(target(what)),
            Self::Words(what, words) => {
                let text = target(what).to_ascii_lowercase();
                words.iter().any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some())
            }
            Self::Not(test) => !test.holds(hit),
            Self::Paths(set) => hit.place.path.is_some_and(|path| set.is_match(path.as_bytes())),
            Self::Commits(commits) => {
                hit.place.commit.is_some_and(|commit| commits.iter().any(|known| known == commit))
            }
        }
    }
}

/// Compiles patterns that are in Rust's dialect already.
pub(super) fn set(patterns: &[String]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).unicode(false).size_limit(COMPILED).build()
}
