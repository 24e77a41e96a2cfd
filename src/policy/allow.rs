//! What an entry of `command_allowlist` approves: a class for good, a word, a special, a glob or one
//! command.
//!
//! The list reads like a restriction and is the opposite: each entry skips the prompt for what it
//! matches. The rating says how much that is; whether it is too much is the caller's judgement.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::sync::LazyLock;

use regex::Regex;

use super::glob::{Glob, is_glob};
use super::native::Variants;
use super::table::program_name;
use super::table::{
    ApprovalPattern, ApprovalTable, ClassWord, CommandClass, CommandTable, Pair, Runner, Spelling,
};
use crate::release::Release;

/// How much one entry approves.
#[derive(Clone, Debug)]
pub enum Rating<'t> {
    /// Every command of a class Hermes would ask about: the entry is the description of the class.
    StandingApproval(&'t ApprovalPattern),
    /// Every command of one or more classes: the entry is a word older releases wrote for them.
    ClassWord(&'t ClassWord),
    /// The entry names a class only later releases have: nothing now, the class after an upgrade.
    FutureClass(&'t ApprovalPattern),
    /// A regular expression as the earliest releases wrote it for a class; still looked up as a key.
    LegacyKey,
    /// An approval that is no command.
    Special(Special<'t>),
    /// A glob that matches every simple command.
    Everything,
    /// A glob over a program that runs whatever its arguments say.
    RunsAnything(&'t Runner),
    /// A glob over commands, and the destructive classes it lets through.
    Glob {
        /// Identifiers of the classes of which at least one spelling matches.
        classes: Vec<&'t str>,
    },
    /// One command, letter by letter, and the destructive class it belongs to.
    Exact {
        /// Identifier of the class, if any.
        class: Option<&'t str>,
    },
    /// No command can match: blank, or holding a shell operator, which the list never matches.
    Nothing,
}

/// Approvals that are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special<'e> {
    /// Every script given to the code tool.
    ExecuteCode,
    /// What one rule of a plugin asks about.
    PluginRule(&'e str),
    /// What one rule of the command scanner asks about.
    Tirith(&'e str),
}

/// What a scalar where `command_allowlist` wants a list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarAllow {
    /// Its characters are the entries, one of them `*`: every simple command is approved.
    ApprovesEverything,
    /// Its characters are the entries, and none matches a real command.
    MatchesNothing,
    /// It is ignored, with a line in the log.
    Ignored,
    /// It may be read as a YAML list; if it is one, that list counts.
    ReadAsList,
}

/// The effect of a scalar string as `command_allowlist`.
#[must_use]
pub fn scalar_allow(text: &str, release: Release) -> ScalarAllow {
    if release >= Release::SEGMENT_DENY {
        let start = text.trim_start();
        let listed = start.starts_with('[') || start.starts_with("- ");
        if listed { ScalarAllow::ReadAsList } else { ScalarAllow::Ignored }
    } else if text.contains('*') {
        ScalarAllow::ApprovesEverything
    } else {
        ScalarAllow::MatchesNothing
    }
}

/// Rates one entry as Hermes reads it in `release`.
#[must_use]
pub fn rate<'t>(
    entry: &'t str,
    release: Release,
    approvals: &'t ApprovalTable,
    commands: &'t CommandTable,
) -> Rating<'t> {
    // Keys are compared as written, before any white space is dropped.
    let described = approvals.patterns.iter().find(|p| p.description == entry);
    if let Some(pattern) = described {
        return if pattern.known_in(release) {
            Rating::StandingApproval(pattern)
        } else {
            Rating::FutureClass(pattern)
        };
    }
    if let Some(word) = approvals.words.iter().find(|w| w.word == entry && w.known_in(release)) {
        return Rating::ClassWord(word);
    }
    if entry == "execute_code" {
        return Rating::Special(Special::ExecuteCode);
    }
    if let Some(rule) = entry.strip_prefix("plugin_rule:") {
        return Rating::Special(Special::PluginRule(rule));
    }
    if let Some(rule) = entry.strip_prefix("tirith:") {
        return Rating::Special(Special::Tirith(rule));
    }
    if entry.contains(r"\s") {
        return Rating::LegacyKey;
    }
    let entry = entry.trim();
    if entry.is_empty() {
        Rating::Nothing
    } else if is_glob(entry) {
        rate_glob(entry, release, commands)
    } else if is_compound(entry, release) {
        Rating::Nothing
    } else {
        Rating::Exact { class: class_of(entry, commands) }
    }
}

fn rate_glob<'t>(entry: &str, release: Release, commands: &'t CommandTable) -> Rating<'t> {
    if entry.chars().all(|c| c == '*' || c == '?' || c == ' ') && entry.contains('*') {
        return Rating::Everything;
    }
    let fixed = entry.split(['*', '?', '[']).next().unwrap_or_default();
    let words: Vec<&str> = fixed.split_whitespace().collect();
    // `git *` allows all of git; `git status*` is narrowed by the word before the glob.
    let runner = commands
        .runner(&words)
        .filter(|runner| runner.entry.split_whitespace().count() == words.len());
    if let Some(runner) = runner {
        return Rating::RunsAnything(runner);
    }
    let glob = Glob::new(entry);
    // What stands between the stars is looked for first: most entries share no word with the table.
    let plain = entry.split('[').next().unwrap_or_default().split(['*', '?']);
    let longest = memchr::memmem::Finder::new(plain.max_by_key(|part| part.len()).unwrap_or(""));
    let approved = |spelling: &Spelling| {
        let command = &spelling.command;
        command.starts_with(fixed)
            && longest.find(command.as_bytes()).is_some()
            && glob.matches(command)
            && !is_compound(command, release)
    };
    // What an operator may want unasked is no class to warn about.
    let classes = commands.classes.iter().filter(|class| !class.optional);
    let classes = classes.filter(|class| class.spellings.iter().any(approved));
    Rating::Glob { classes: classes.map(|class| class.id.as_str()).collect() }
}

/// The first class whose recommended globs stop the command.
fn class_of<'t>(command: &str, commands: &'t CommandTable) -> Option<&'t str> {
    let variants = Variants::of(command, Release::NEWEST);
    let mut classes = commands.classes.iter();
    let stops = |class: &CommandClass| variants.denied_by(class.deny_globs()).is_some();
    let found = classes.find(|class| !class.optional && stops(class));
    found.map(|class| class.id.as_str())
}

/// True when an entry that is a command or a glob approves `command` in `release`.
#[must_use]
pub fn approves(entry: &str, command: &str, release: Release) -> bool {
    let (entry, command) = (entry.trim(), command.trim());
    !entry.is_empty()
        && !command.is_empty()
        && !is_compound(command, release)
        && (entry == command || (is_glob(entry) && Glob::new(entry).matches(command)))
}

/// True for a command the list never matches, because it holds more than one.
#[must_use]
pub fn is_compound(command: &str, release: Release) -> bool {
    if release < Release::QUOTE_AWARE_ALLOW {
        return command.contains(['\n', ';', '&', '|', '<', '>', '`']) || command.contains("$(");
    }
    let mut quote: Option<char> = None;
    let mut hidden = false;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => hidden |= chars.next().is_some_and(is_control),
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '`' | '$') => return true,
            (Some(_), c) => hidden |= is_control(c),
            (None, '\'' | '"') => quote = Some(c),
            (None, '$') if chars.peek() == Some(&'(') => return true,
            (None, '$' | '(' | ')') => {}
            (None, c) if is_control(c) => return true,
            _ => {}
        }
    }
    quote.is_some() || (hidden && hands_text_on(command))
}

fn is_control(c: char) -> bool {
    "\n\r;&|<>`$()".contains(c)
}

/// An option that makes quoted text code again: `-c`, `-e`, `--eval`.
fn hands_text_on(command: &str) -> bool {
    static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:\A|[ \t])-(?:[^\s-]*[ce]|-command|-eval)(?:[= \t]|\z)").ok()
    });
    OPTION.as_ref().is_none_or(|option| option.is_match(command))
}

/// The runner an entry of a guide's allow list lets in: the entry is the first words of a command.
#[must_use]
pub fn rate_guide<'t>(entry: &str, commands: &'t CommandTable) -> Option<&'t Runner> {
    let words: Vec<&str> = entry.trim_end_matches(['*', ' ']).split_whitespace().collect();
    let (first, rest) = words.split_first()?;
    let program = program_name(first);
    commands
        .runs_anything
        .iter()
        .filter(|runner| {
            let mut runner = runner.entry.split_whitespace();
            runner.next() == Some(program) && rest.iter().all(|word| runner.next() == Some(word))
        })
        .min_by_key(|runner| runner.entry.len())
}

/// Pairs of entries that run anything together, as the pair and the two indexes. Entries that are
/// programs of the same pair are named once, by the first of each kind.
#[must_use]
pub fn pairs<'t, S: AsRef<str>>(
    entries: &[S],
    commands: &'t CommandTable,
) -> Vec<(&'t Pair, usize, usize)> {
    let find = |programs: &[String]| {
        entries.iter().position(|entry| {
            let entry = entry.as_ref().trim_end_matches(['*', ' ']).trim_start();
            programs.iter().any(|program| program == program_name(entry))
        })
    };
    commands
        .pairs
        .iter()
        .filter_map(|pair| Some((pair, find(&pair.first)?, find(&pair.second)?)))
        .collect()
}
