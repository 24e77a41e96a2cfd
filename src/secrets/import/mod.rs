//! Reads the rule files of gitleaks and betterleaks, so that a team keeps its own rules when it changes tools.
//!
//! Their rules are not turned into this project's form: a pattern there brings its own names, operators and
//! quotes, may match anywhere, and one keyword anywhere in the file wakes it. So they run beside the built-in
//! detectors, by [`Imported::add`], and cost nothing when there are none. What cannot be kept is said in
//! [`Imported::notes`], never dropped in silence; what is unclear is decided for more findings, not fewer.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod allow;
mod exceptions;
mod expression;
mod fields;
mod gitleaks;
mod go;
mod run;
mod translate;

use std::fmt;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::spec::DetectorSpec;

pub use allow::{Allowlist, Hit, Target, Test, Where};
pub use gitleaks::read;

/// A rule file, in our own terms.
#[derive(Debug, Default)]
pub struct Imported {
    /// Rules that look into files.
    pub rules: Vec<Rule>,
    /// Rules that look at paths alone.
    pub files: Vec<FileRule>,
    /// Exceptions; those without rules are for the built-in detectors, too.
    pub allow: Vec<Allowlist>,
    /// The file builds on its own tool's rules: the built-in detectors stand in for them.
    pub defaults: bool,
    /// Rules of its own tool that the file switches off.
    pub disabled: Vec<String>,
    /// What is not as it was.
    pub notes: Vec<Note>,
    keywords: OnceLock<run::Keywords>,
}

/// A rule that looks into files.
#[derive(Debug)]
pub struct Rule {
    /// The id as the file has it; exceptions and companions use it.
    pub name: String,
    /// What to say about a finding. Its pattern is in Rust's dialect; it has no keywords, as the engine does not run it.
    pub spec: DetectorSpec,
    /// Words one of which must be in the file, in any case. None: the rule reads every file whole.
    pub keywords: Vec<String>,
    /// Where the pattern is tried.
    pub scope: Scope,
    /// The secret's entropy must be more than this, in bits a character.
    pub entropy: Option<Entropy>,
    /// The secret must not read as words or as a placeholder.
    pub judged: bool,
    /// The path must match this.
    pub path: Option<Regex>,
    /// Rules that must have a finding nearby.
    pub companions: Vec<Companion>,
    /// Never reported itself: it serves as a companion.
    pub silent: bool,
    regex: Regex,
    /// The file says which group is the secret.
    named: bool,
}

/// A limit of entropy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entropy {
    /// Bits a character.
    pub least: f32,
    /// Exactly as much is enough.
    pub inclusive: bool,
}

/// Where a pattern is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// So many bytes to both sides of each keyword: every match holds one, and no match is longer.
    Around(usize),
    /// Over the whole file, once a keyword is in it.
    File,
}

/// A rule that looks at paths alone.
#[derive(Debug)]
pub struct FileRule {
    /// The id as the file has it.
    pub name: String,
    /// What such a file is.
    pub what: String,
    /// Found in the path.
    pub path: Regex,
}

/// A rule without a finding of which nearby another rule has none either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The other rule's id, as the file has it.
    pub name: String,
    /// Most lines between the two; any number when absent.
    pub lines: Option<usize>,
    /// Most bytes between the two; any number when absent.
    pub bytes: Option<usize>,
}

/// What a note means for the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The rule does not run.
    Dropped,
    /// Findings may be missing.
    Fewer,
    /// There may be findings that the other tool leaves out.
    More,
    /// The same findings, more slowly.
    Slower,
    /// The same findings.
    Same,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dropped => "the rule does not run",
            Self::Fewer => "may find less",
            Self::More => "may find more",
            Self::Slower => "slower",
            Self::Same => "nothing changes in what is found",
        })
    }
}

/// Something in the file that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The rule's id as the file has it; absent for what concerns the whole file.
    pub rule: Option<String>,
    /// The field.
    pub field: String,
    /// What and why.
    pub what: String,
    /// What it means for the findings.
    pub effect: Effect,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`, ")?;
        }
        write!(f, "`{}`: {} ({})", self.field, self.what, self.effect)
    }
}

/// Why a file could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// What is wrong, on one line.
    pub problem: String,
    /// Where in the text, when known, in bytes.
    pub at: Option<std::ops::Range<usize>>,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for ImportError {}

impl Imported {
    /// The specs of the rules, in order, for an engine to know what to say.
    pub fn specs(&self) -> impl Iterator<Item = &DetectorSpec> {
        self.rules.iter().map(|rule| &rule.spec)
    }

    /// Gives a rule whose id is `taken` by a built-in detector another one.
    pub fn avoid(&mut self, taken: impl Fn(&str) -> bool) {
        let mut used = std::collections::HashSet::new();
        for rule in &mut self.rules {
            let first = rule.spec.id.clone();
            let mut number = 1;
            while taken(&rule.spec.id) || !used.insert(rule.spec.id.clone()) {
                number += 1;
                rule.spec.id = format!("{first}-{number}").into();
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
