//! `approvals.deny`: which entry of the list stops a command, in a given release.
//!
//! Hermes matches each glob against several texts made from the command (cleaned, `bash -c` payloads,
//! unspelled program names; from 0.21.3 on also each command of the line alone, under its base name).
//! The texts are made here the same way, once a command, so that many entries cost only glob matches.
//! Left out: blanking of `grep -P` patterns and folding of home folders, which can only make a harmless
//! command look denied. Work is bounded: a command over [`MAX_COMMAND`] characters is matched whole.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod execution;
mod lexer;
mod normalise;
mod payload;
mod text;
mod words;

use std::collections::HashSet;
use std::sync::LazyLock;

use normalise::{mask_quoted_newlines, normalise};
use regex::Regex;
use text::{Kind, Recognise, Text, base_name, is_space, strip};

use super::glob::{Glob, Pairs};
use crate::release::Release;

pub use execution::Interpreter;
pub(super) use execution::execution;

/// Longest command, in characters, whose parts are looked at.
pub const MAX_COMMAND: usize = 4_096;
/// Texts made from one command; further ones are dropped.
const MAX_VARIANTS: usize = 2_048;

/// One entry of `approvals.deny`, ready to match.
#[derive(Clone, Debug)]
pub struct DenyGlob {
    text: String,
    glob: Option<Glob>,
}

impl DenyGlob {
    /// Compiles an entry. White space around it does not count, case neither; a blank entry matches
    /// nothing.
    #[must_use]
    pub fn new(entry: &str) -> Self {
        let entry = strip(entry);
        let glob = (!entry.is_empty()).then(|| Glob::new(&entry.to_lowercase()));
        Self { text: entry.to_owned(), glob }
    }

    /// Compiles a whole list.
    pub fn list<I>(entries: I) -> Vec<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        entries.into_iter().map(|entry| Self::new(entry.as_ref())).collect()
    }

    /// The entry as written, without the white space around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Index of the entry that denies `command` in `release`; the first match in the order Hermes tries.
#[must_use]
pub fn denied_by(entries: &[DenyGlob], command: &str, release: Release) -> Option<usize> {
    Variants::of(command, release).denied_by(entries)
}

/// What a scalar where `approvals.deny` wants a list does (all releases up to 0.22.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarEffect {
    /// A `*` among its characters is an entry of its own: no command runs.
    BlocksEverything,
    /// Every character is an entry of its own, and none matches a real command.
    MatchesNothing,
}

/// The effect of a scalar string as `approvals.deny`: Hermes walks its characters.
#[must_use]
pub fn scalar_deny(text: &str) -> ScalarEffect {
    if text.contains('*') { ScalarEffect::BlocksEverything } else { ScalarEffect::MatchesNothing }
}

/// The texts Hermes matches deny globs against, for one command in one release.
#[derive(Clone, Debug)]
pub struct Variants {
    /// Each with the pairs of characters in it.
    texts: Vec<(Vec<char>, Pairs)>,
}

impl Variants {
    /// Makes the texts.
    #[must_use]
    pub fn of(command: &str, release: Release) -> Self {
        let mut collector = Collector::default();
        if command.chars().nth(MAX_COMMAND).is_some() {
            collector.add(normalise(command));
        } else {
            whole_command_texts(command, release, &mut collector);
            if release >= Release::SEGMENT_DENY {
                single_command_texts(command, release, &mut collector);
            }
        }
        let fold = |text: String| {
            let text: Vec<char> = strip(&text.to_lowercase()).chars().collect();
            let pairs = Pairs::of(&text);
            (text, pairs)
        };
        Self { texts: collector.texts.into_iter().map(fold).collect() }
    }

    /// Index of the first entry that matches, text by text.
    #[must_use]
    pub fn denied_by(&self, entries: &[DenyGlob]) -> Option<usize> {
        self.texts.iter().find_map(|(text, pairs)| {
            let matches = |glob: &Glob| pairs.may_match(glob) && glob.matches_chars(text);
            entries.iter().position(|entry| entry.glob.as_ref().is_some_and(matches))
        })
    }
}

/// Command strings a line hands to a shell (`bash -c`) or to a tool that runs programs.
pub(super) fn payloads(line: &str, release: Release) -> Vec<String> {
    if line.chars().nth(MAX_COMMAND).is_some() {
        return Vec::new();
    }
    payload::payloads(&mask_quoted_newlines(line), release)
}

/// The command as Hermes takes it apart.
pub(super) fn cleaned(command: &str) -> String {
    normalise(command)
}

/// True when `sudo` is told to read its password from the input, which Hermes takes for guessing.
pub(super) fn starts_sudo_with_stdin(command: &str) -> bool {
    static SUDO: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|[;&|`\n]|\$\()\s*sudo\s+-s\b").ok());
    let clean = normalise(command).to_lowercase();
    SUDO.as_ref().is_some_and(|sudo| sudo.is_match(&clean))
}

/// The texts that `release` looks for dangerous commands in.
pub(super) fn detection_texts(command: &str, release: Release) -> Vec<String> {
    let mut collector = Collector::default();
    if command.chars().nth(MAX_COMMAND).is_some() {
        return vec![normalise(command)];
    }
    whole_command_texts(command, release, &mut collector);
    collector.texts
}

/// In lower case; from 0.21.4 on options keep theirs.
pub(super) fn lower(text: &str, release: Release) -> String {
    if release < Release::FAITHFUL_QUOTES {
        return text.to_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        if piece.starts_with('-') {
            out.push_str(piece);
        } else {
            out.push_str(&piece.to_lowercase());
        }
    }
    out
}

/// Quoted text as blanks; what a shell runs inside of double quotes stays.
pub(super) fn without_quoted(command: &str) -> String {
    let text = Text::new(command);
    let recognise = Recognise { quoted_substitutions: true, ..Recognise::default() };
    let mut out = String::with_capacity(command.len());
    for step in text.scan(0, text.len(), recognise) {
        let end = step.end.unwrap_or(text.len());
        let quoted = step.quote.is_some() && matches!(step.kind, Kind::Char | Kind::Escape);
        if quoted {
            out.extend(std::iter::repeat_n(' ', end.saturating_sub(step.start)));
        } else {
            out.extend(text.slice(step.start, end));
        }
    }
    out
}

/// Texts in the order found, each once.
#[derive(Default)]
struct Collector {
    seen: HashSet<String>,
    texts: Vec<String>,
}

impl Collector {
    /// True when `text` is new.
    fn add(&mut self, text: String) -> bool {
        if text.is_empty() || self.texts.len() >= MAX_VARIANTS || !self.seen.insert(text.clone()) {
            return false;
        }
        self.texts.push(text);
        true
    }
}

fn whole_command_texts(command: &str, release: Release, collector: &mut Collector) {
    let nested = release >= Release::NESTED_STARTS;
    let masked = if nested { mask_quoted_newlines(command) } else { command.to_owned() };
    let normalised = normalise(&masked);
    // The whole command counts even when nothing is left of it: `*` denies it.
    collector.texts.push(normalised.clone());
    collector.seen.insert(normalised.clone());
    if nested && holds_windows_path(command) {
        collector.add(normalise(&mask_quoted_newlines(&command.replace('\\', "/"))));
    }
    let mut pending = vec![normalised.clone()];
    while let Some(line) = pending.pop() {
        for payload in payload::payloads(&line, release) {
            if collector.add(payload.clone()) {
                collector.add(words::mark_starts(&Text::new(&payload), "\n", release));
                pending.push(payload);
            }
        }
    }
    let text = Text::new(&normalised);
    collector.add(words::mark_starts(&text, "\n", release));
    if release >= Release::FAITHFUL_QUOTES {
        collector.add(normalise(&words::mark_starts(&Text::new(&masked), " \n", release)));
    }
    unspelled_texts(&text, release, collector);
}

/// The line with its program words unspelled: one text a word, from 0.21.4 on one text for all of them
/// (and one more for each level of words inside words).
fn unspelled_texts(text: &Text, release: Release, collector: &mut Collector) {
    let mut edits: Vec<(usize, usize, String)> = words::program_words(text, release)
        .into_iter()
        .filter_map(|(start, end)| {
            let raw = text.string(start, end);
            let plain = words::unspell(&raw);
            (!plain.is_empty() && plain != raw).then_some((start, end, plain))
        })
        .collect();
    if release < Release::FAITHFUL_QUOTES {
        for edit in &edits {
            collector.add(splice(text, std::slice::from_ref(edit)));
        }
        return;
    }
    edits.sort_by_key(|&(start, end, _)| (start, end));
    while !edits.is_empty() {
        let mut from = 0;
        let (now, later): (Vec<_>, Vec<_>) = edits.into_iter().partition(|&(start, end, _)| {
            let fits = start >= from;
            if fits {
                from = end;
            }
            fits
        });
        collector.add(splice(text, &now));
        edits = later;
    }
}

fn splice(text: &Text, edits: &[(usize, usize, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end, plain) in edits {
        out.extend(text.slice(from, *start));
        out.push_str(plain);
        from = *end;
    }
    out.extend(text.slice(from, text.len()));
    out
}

/// A drive letter with a backslash, or the start of a network path.
fn holds_windows_path(command: &str) -> bool {
    let drive = |at: usize| {
        at.checked_sub(1)
            .and_then(|before| command.as_bytes().get(before))
            .is_some_and(u8::is_ascii_alphabetic)
    };
    command.contains(r"\\\") || command.match_indices(r":\").any(|(at, _)| drive(at))
}

fn single_command_texts(command: &str, release: Release, collector: &mut Collector) {
    let mut seen = HashSet::new();
    let mut pending = vec![command.to_owned()];
    while let Some(line) = pending.pop() {
        if collector.texts.len() >= MAX_VARIANTS || !seen.insert(line.clone()) {
            continue;
        }
        let text = Text::new(&line);
        for (start, end) in words::program_words(&text, release) {
            let (segment_start, segment_end) = single_command(&text, start);
            let program = words::unspell(&text.string(start, end));
            let tail = text.string((segment_start + end - start).min(segment_end), segment_end);
            let tail = squeeze(&tail);
            let base = base_name(&program);
            for name in [program.as_str(), base] {
                let candidate = format!("{name}{tail}");
                let clean = normalise(&candidate);
                collector.add(candidate);
                collector.add(clean);
            }
            if base == "env" {
                let words = lexer::split(&text.string(segment_start, segment_end), true);
                pending.extend(words.and_then(|words| payload::env_split_payload(&words)));
            }
        }
        pending.extend(payload::payloads(&line, release));
    }
}

/// From `start` to the end of that one command, white space at both ends left out.
fn single_command(text: &Text, start: usize) -> (usize, usize) {
    let recognise = Recognise {
        unquoted_substitutions: true,
        quoted_substitutions: true,
        braces: true,
        comments: true,
        ..Recognise::default()
    };
    let mut end = text.len();
    for step in text.scan(start, text.len(), recognise) {
        let stop = step.kind == Kind::Char
            && step.quote.is_none()
            && text.get(step.start).is_some_and(|c| ";&|\n)`".contains(c));
        if stop || step.kind == Kind::Comment {
            end = step.start;
            break;
        }
    }
    while end > start && text.get(end - 1).is_some_and(is_space) {
        end -= 1;
    }
    (start, end)
}

/// White space between words, not inside quotes, as one blank.
fn squeeze(tail: &str) -> String {
    let text = Text::new(tail);
    let mut out = String::with_capacity(tail.len());
    let mut blank = false;
    for step in text.scan(0, text.len(), Recognise::default()) {
        let space = step.kind == Kind::Char
            && step.quote.is_none()
            && text.get(step.start).is_some_and(is_space);
        if space && blank {
            continue;
        }
        blank = space;
        if space {
            out.push(' ');
        } else {
            out.extend(text.slice(step.start, step.end.unwrap_or(step.start)));
        }
    }
    out
}

#[cfg(test)]
mod tests;
