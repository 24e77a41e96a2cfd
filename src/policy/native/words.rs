//! Where commands start in a line, which words name programs, and how such a word is unspelled.
//!
//! Hermes changed all three, mostly at 0.21.3; each function takes the release and keeps both readings side by
//! side, since a finding has to hold for the release the deployment runs.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::lexer;
use super::text::{Kind, Recognise, Scan, Text, base_name, is_space};
use crate::policy::Release;

/// Command starts looked at in one line; further ones are left out.
const MAX_STARTS: usize = 256;
/// A word longer than this (characters) is no program name and stays as written.
const MAX_WORD: usize = 256;

const WRAPPERS: [&str; 8] =
    ["sudo", "env", "exec", "nohup", "setsid", "time", "command", "builtin"];
const LATER_WRAPPERS: [&str; 7] =
    ["nice", "timeout", "stdbuf", "ionice", "chrt", "taskset", "chroot"];
const SUDO_VALUES: [&str; 10] =
    ["-c", "--close-from", "-g", "--group", "-h", "--host", "-p", "--prompt", "-u", "--user"];
const TRANSITIONS: [&str; 8] = ["if", "then", "else", "elif", "do", "while", "until", "!"];

/// Offsets of command starts, in the order Hermes visits them.
pub(super) fn command_starts(text: &Text, release: Release) -> Vec<usize> {
    let modern = release >= Release::SEGMENT_DENY;
    let nested = release >= Release::NESTED_STARTS;
    let mut found = if nested { nested_starts(text, release) } else { flat_starts(text) };
    let mut seen = HashSet::new();
    let mut starts = Vec::new();
    let mut next = 0;
    while let Some(&candidate) = found.get(next) {
        next += 1;
        let start = text.skip_space(candidate);
        if start >= text.len() || seen.contains(&start) || (modern && text.is_comment(start)) {
            continue;
        }
        seen.insert(start);
        starts.push(start);
        if starts.len() >= MAX_STARTS {
            break;
        }
        if modern {
            // `then rm -rf x`: what follows the keyword starts a command too.
            let (word_start, end) = text.word(start, release);
            if TRANSITIONS.contains(&text.string(word_start, end).as_str()) {
                found.push(end);
            }
        }
    }
    starts
}

fn flat_starts(text: &Text) -> Vec<usize> {
    let mut starts = vec![0];
    let mut skip = None;
    for step in text.scan(0, text.len(), Recognise::default()) {
        if step.kind != Kind::Char || skip == Some(step.start) {
            continue;
        }
        let at = step.start;
        match (step.quote, text.get(at)) {
            (Some('"') | None, Some('$')) if text.get(at + 1) == Some('(') => starts.push(at + 2),
            (None, Some('(' | '{' | ';' | '\n')) => starts.push(at + 1),
            (None, Some(operator @ ('&' | '|'))) => {
                let doubled = text.get(at + 1) == Some(operator);
                skip = doubled.then_some(at + 1);
                starts.push(at + 1 + usize::from(doubled));
            }
            _ => {}
        }
    }
    starts
}

fn nested_starts(text: &Text, release: Release) -> Vec<usize> {
    let recognise = Recognise {
        unquoted_substitutions: true,
        quoted_substitutions: true,
        comments: release >= Release::SEGMENT_DENY,
        stop_at_unclosed: true,
        ..Recognise::default()
    };
    struct Body<'t> {
        scan: Scan<'t>,
        end: usize,
        skip: Option<usize>,
    }
    let mut starts = vec![0];
    let mut bodies =
        vec![Body { scan: text.scan(0, text.len(), recognise), end: text.len(), skip: None }];
    while let Some(body) = bodies.last_mut() {
        let Some(step) = body.scan.next() else {
            bodies.pop();
            continue;
        };
        let at = step.start;
        if step.kind == Kind::Substitution {
            let inner = at + if text.get(at) == Some('`') { 1 } else { 2 };
            let end = step.end.map_or(body.end, |end| end - 1);
            starts.push(inner);
            bodies.push(Body { scan: text.scan(inner, end, recognise), end, skip: None });
            continue;
        }
        if step.kind != Kind::Char || step.quote.is_some() || body.skip == Some(at) {
            continue;
        }
        match text.get(at) {
            Some('(' | ';' | '\n') => starts.push(at + 1),
            Some('{') => {
                // Once the quoting is kept, the brace of `${x}` or `-{a,b}` no longer opens a group.
                let before = at.checked_sub(1).and_then(|b| text.get(b));
                if release < Release::FAITHFUL_QUOTES
                    || before.is_none_or(|c| is_space(c) || "(;&|)".contains(c))
                {
                    starts.push(at + 1);
                }
            }
            Some(operator @ ('&' | '|')) => {
                let doubled = at + 1 < body.end && text.get(at + 1) == Some(operator);
                if doubled {
                    body.skip = Some(at + 1);
                }
                starts.push(at + 1 + usize::from(doubled));
            }
            _ => {}
        }
    }
    starts
}

/// The line with `marker` before each command start but the first.
pub(super) fn mark_starts(text: &Text, marker: &str, release: Release) -> String {
    let mut starts = command_starts(text, release);
    starts.sort_unstable();
    let mut out = String::with_capacity(text.len() + starts.len());
    let mut from = 0;
    for start in starts.into_iter().filter(|&start| start > 0) {
        out.extend(text.slice(from, start));
        out.push_str(marker);
        from = start;
    }
    out.extend(text.slice(from, text.len()));
    out
}

/// Spans of the words that may name a program.
pub(super) fn program_words(text: &Text, release: Release) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    for start in command_starts(text, release) {
        if release < Release::SEGMENT_DENY {
            early_program_words(text, start, &mut words);
        } else {
            later_program_words(text, start, release, &mut words);
        }
    }
    words
}

fn early_program_words(text: &Text, start: usize, words: &mut Vec<(usize, usize)>) {
    let (mut at, mut options, mut skip_value) = (start, false, false);
    for _ in 0..12 {
        let (word_start, end) = text.word(at, Release::OLDEST);
        if word_start == end {
            return;
        }
        at = end;
        let word = unspell(&text.string(word_start, end)).to_lowercase();
        if skip_value {
            skip_value = false;
            continue;
        }
        if options && word.starts_with('-') {
            skip_value = !word.contains('=') && SUDO_VALUES.contains(&word.as_str());
            continue;
        }
        words.push((word_start, end));
        if WRAPPERS.contains(&word.as_str()) {
            options = word == "sudo" || word == "env";
        } else if is_assignment(&word) {
            options = false;
        } else {
            return;
        }
    }
}

fn later_program_words(
    text: &Text,
    start: usize,
    release: Release,
    words: &mut Vec<(usize, usize)>,
) {
    let mut at = start;
    let mut wrapper: Option<String> = None;
    let (mut options, mut skip_value, mut operands) = (true, false, 0_usize);
    while at < text.len() {
        if let Some(after) = redirection_end(text, text.skip_space(at)) {
            at = text.word(after, release).1;
            continue;
        }
        let (word_start, end) = text.word(at, release);
        if word_start == end {
            return;
        }
        at = end;
        let raw = text.string(word_start, end);
        let word = unspell(&raw);
        if skip_value {
            skip_value = false;
            continue;
        }
        if let Some(name) = wrapper.as_deref().filter(|_| options && word.starts_with('-')) {
            if word == "--" {
                options = false;
                continue;
            }
            let option = word.split('=').next().unwrap_or(&word);
            let splits = name == "env" && (option == "--split-string" || word.starts_with("-S"));
            if splits || is_query(name, option) {
                return;
            }
            skip_value = !word.contains('=') && wrapper_values(name).contains(&option);
            continue;
        }
        if operands > 0 {
            operands -= 1;
            continue;
        }
        if is_assignment(&raw) {
            continue;
        }
        words.push((word_start, end));
        let name = base_name(&word).to_lowercase();
        if !WRAPPERS.contains(&name.as_str()) && !LATER_WRAPPERS.contains(&name.as_str()) {
            return;
        }
        operands = usize::from(["chroot", "chrt", "taskset", "timeout"].contains(&name.as_str()));
        options = true;
        wrapper = Some(name);
    }
}

/// Options of a wrapper that own the next word.
pub(super) fn wrapper_values(wrapper: &str) -> &'static [&'static str] {
    match wrapper {
        "chroot" => &["--groups", "--userspec"],
        "sudo" => &SUDO_VALUES,
        "env" => &["-a", "--argv0", "-C", "--chdir", "-S", "--split-string", "-u", "--unset"],
        "exec" => &["-a"],
        "nice" => &["-n", "--adjustment"],
        "time" => &["-f", "--format", "-o", "--output"],
        "timeout" => &["-k", "--kill-after", "-s", "--signal"],
        "stdbuf" => &["-e", "--error", "-i", "--input", "-o", "--output"],
        "ionice" => &["-c", "--class", "-n", "--classdata"],
        _ => &[],
    }
}

/// True for an option with which the wrapper runs nothing (`command -v rm`).
fn is_query(wrapper: &str, option: &str) -> bool {
    match wrapper {
        "command" => !option.starts_with("--") && option.contains(['v', 'V']),
        "chrt" | "taskset" => matches!(option, "-p" | "--pid"),
        "ionice" => matches!(option, "-p" | "--pid" | "--pgid" | "--uid"),
        _ => false,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !value.contains('\n')
    })
}

/// Index just past a redirection operator at `at`.
fn redirection_end(text: &Text, at: usize) -> Option<usize> {
    let mut operator = at;
    while text.get(operator).is_some_and(|c| c.is_ascii_digit()) {
        operator += 1;
    }
    let two = [">>", "<<", "<>", ">&", "<&", ">|"].iter().any(|o| text.starts_with(operator, o));
    match text.get(operator) {
        Some('<' | '>') => Some(operator + 1 + usize::from(two)),
        _ => None,
    }
}

/// A word as the shell would run it, as far as that needs no shell: quotes and escapes off, literal
/// `$(echo rm)`, `${x:-rm}` and `${x/a/rm}` replaced.
pub(super) fn unspell(word: &str) -> String {
    if word.chars().nth(MAX_WORD).is_some() {
        return word.to_owned();
    }
    let mut word = word.to_owned();
    for _ in 0..2 {
        let next = drop_quotes(&replace_parameters(&replace_literal_substitutions(&word)));
        if next == word {
            break;
        }
        word = next;
    }
    word
}

fn drop_quotes(word: &str) -> String {
    let text = Text::new(word);
    text.scan(0, text.len(), Recognise::default())
        .filter_map(|step| match step.kind {
            Kind::Quote => None,
            Kind::Escape => text.get(step.start + 1),
            _ => text.get(step.start),
        })
        .collect()
}

fn replace_parameters(word: &str) -> String {
    static REPLACEMENT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{[^}/\s]+/[^}/]*/([^}]*)\}").ok());
    static DEFAULT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{[^}:\s]+:-([^}]*)\}").ok());
    if !word.contains("${") {
        return word.to_owned();
    }
    let literal = |captures: &Captures<'_>| captures.get(1).map_or("", |m| m.as_str()).to_owned();
    let mut word = word.to_owned();
    for pattern in [&*REPLACEMENT, &*DEFAULT].into_iter().flatten() {
        word = pattern.replace_all(&word, literal).into_owned();
    }
    word
}

fn replace_literal_substitutions(word: &str) -> String {
    if !word.contains(['$', '`']) {
        return word.to_owned();
    }
    let text = Text::new(word);
    let mut out = String::with_capacity(word.len());
    let mut at = 0;
    while let Some(c) = text.get(at) {
        let opener = if text.starts_with(at, "$(") { 2 } else { usize::from(c == '`') };
        let end = match opener {
            2 => text.dollar_end(at),
            1 => text.backtick_end(at),
            _ => None,
        };
        let output = end.and_then(|end| literal_output(&text.string(at + opener, end - 1)));
        match (output, end) {
            (Some(output), Some(end)) => {
                out.push_str(&output);
                at = end;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

/// What a bare `echo word` or `printf word` prints.
fn literal_output(script: &str) -> Option<String> {
    let words = lexer::split(script, false)?;
    let (command, mut args) = words.split_first()?;
    let simple = |word: &String| {
        let ok = !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "_./:@%+=,-".contains(c));
        ok.then(|| word.clone())
    };
    match command.to_lowercase().as_str() {
        "echo" => {
            while let Some((flag, rest)) = args.split_first() {
                let is_flag = flag.len() > 1
                    && flag.strip_prefix('-').is_some_and(|f| f.chars().all(|c| "nEe".contains(c)));
                if !is_flag {
                    break;
                }
                args = rest;
            }
            match args {
                [word] => simple(word),
                _ => None,
            }
        }
        "printf" => match args {
            [word] => simple(word),
            [format, word] if format == "%s" => simple(word),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(line: &str, release: Release) -> Vec<String> {
        let text = Text::new(line);
        program_words(&text, release).into_iter().map(|(s, e)| text.string(s, e)).collect()
    }

    #[test]
    fn names_programs_by_release() {
        let line = "FOO=1 sudo -u bob rm x; (ls) && echo \"$(id; who)\"";
        assert_eq!(
            programs(line, Release::OLDEST),
            ["FOO=1", "sudo", "rm", "(ls)", "ls)", "echo", "id"]
        );
        assert_eq!(programs(line, Release::NEWEST), ["sudo", "rm", "ls", "echo", "id", "who"]);
        let line = "if true; then timeout -k 3 5 nice -n 9 rm -rf x; fi # rm y";
        // Bodies of `if` and `then` come after the starts that separators make.
        assert_eq!(
            programs(line, Release::NEWEST),
            ["if", "then", "fi", "true", "timeout", "nice", "rm"]
        );
    }

    #[test]
    fn unspells_words() {
        for (word, plain) in [
            ("r''m", "rm"),
            (r"\rm", "rm"),
            ("$(echo rm)", "rm"),
            ("`printf %s rm`", "rm"),
            ("${x:-rm}", "rm"),
            ("${x/y/rm}", "rm"),
            ("$(date)", "$(date)"),
            ("$(echo $(echo rm))", "rm"),
        ] {
            assert_eq!(unspell(word), plain, "{word}");
        }
    }
}
