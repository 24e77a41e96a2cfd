//! Commands inside a command's arguments that Hermes looks at: `bash -c '...'`, `rg --pre ...`,
//! `env -S '...'`.
//!
//! Only what Hermes extracts is extracted; `python -c` and `perl -e` hold no payload here either.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::lexer;
use super::text::{Kind, Recognise, Text, base_name};
use super::words::{program_words, unspell, wrapper_values};
use crate::policy::Release;

/// Payloads in one line, in the order Hermes finds them.
pub(super) fn payloads(line: &str, release: Release) -> Vec<String> {
    let mut found = Vec::new();
    for segment in segments(line, release) {
        let text = Text::new(&segment);
        for (start, end) in program_words(&text, release) {
            let program = unspell(&text.string(start, end));
            let program = base_name(&program).to_lowercase();
            let shell = is_shell(&program, release);
            if !shell && !is_reader(&program) {
                continue;
            }
            let Some(words) = lexer::split(&text.string(start, text.len()), true) else {
                continue;
            };
            let Some((_, args)) = words.split_first() else { continue };
            let payload = if shell {
                shell_payload(args)
            } else {
                reader_program(&program, args).map(|(_, payload)| payload)
            };
            found.extend(payload.filter(|payload| !payload.is_empty()));
        }
    }
    found
}

/// True for a shell that Hermes looks into.
pub(super) fn is_shell(program: &str, release: Release) -> bool {
    matches!(program, "bash" | "sh" | "zsh" | "ksh")
        || (program == "dash" && release >= Release::FAITHFUL_QUOTES)
}

/// True for a tool that reads and can be told to run a program.
pub(super) fn is_reader(program: &str) -> bool {
    matches!(program, "sort" | "rg" | "ag" | "man")
}

/// The class of a reader that is told to run a program with `option`.
pub(super) fn class_of(tool: &str, option: &str) -> Option<&'static str> {
    Some(match (tool, option) {
        ("sort", _) => "arbitrary program execution via sort --compress-program",
        ("rg", "--pre") => "arbitrary program execution via rg --pre",
        ("rg", _) => "arbitrary program execution via rg --hostname-bin",
        ("ag", _) => "arbitrary program execution via ag --pager",
        ("man", "--pager") => "arbitrary program execution via man --pager",
        ("man", "--html") => "arbitrary program execution via man --html",
        ("man", "-P") => "arbitrary program execution via man -P",
        ("man", _) => "arbitrary program execution via man -H",
        _ => return None,
    })
}

/// The line cut at its unquoted separators.
pub(super) fn segments(line: &str, release: Release) -> Vec<String> {
    let text = Text::new(line);
    let comments = release >= Release::SEGMENT_DENY;
    let mut segments = Vec::new();
    let mut start = 0;
    for step in text.scan(0, text.len(), Recognise { comments, ..Recognise::default() }) {
        let separator = step.kind == Kind::Char
            && step.quote.is_none()
            && matches!(text.get(step.start), Some(';' | '&' | '|' | '\n'));
        if separator || step.kind == Kind::Comment {
            if start < step.start {
                segments.push(text.string(start, step.start));
            }
            start = step.end.unwrap_or(text.len());
        }
    }
    if start < text.len() {
        segments.push(text.string(start, text.len()));
    }
    segments
}

/// The command string of a shell's `-c`.
fn shell_payload(args: &[String]) -> Option<String> {
    args.get(shell_command(args)?).cloned()
}

/// True when a shell is given `-c`, with a command string or without.
pub(super) fn shell_runs(args: &[String]) -> bool {
    shell_command(args).is_some()
}

/// The place of the command string after a shell's `-c`, past the options that own a word themselves.
fn shell_command(args: &[String]) -> Option<usize> {
    const LETTERS: &str = "ilrsDcabefhkmnptuvxBCEHPTOo";
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if arg == "--" || !arg.starts_with(['-', '+']) {
            return None;
        }
        if matches!(arg.as_str(), "-O" | "+O" | "-o" | "+o" | "--init-file" | "--rcfile") {
            at += 2;
            continue;
        }
        let letters: Vec<char> = arg.chars().skip(1).collect();
        if arg.starts_with("--") || !letters.iter().all(|&c| LETTERS.contains(c)) {
            at += 1;
            continue;
        }
        at += 1 + usize::from(letters.iter().any(|c| matches!(c, 'O' | 'o')));
        if letters.contains(&'c') {
            return Some(at);
        }
    }
    None
}

/// The program a read-only tool is told to run.
pub(super) fn reader_program<'a>(tool: &str, args: &'a [String]) -> Option<(&'a str, String)> {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if arg == "--" {
            return None;
        }
        let (option, attached) = match arg.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (arg.as_str(), None),
        };
        let short = ["-P", "-H"].into_iter().find_map(|short| {
            let payload = arg.strip_prefix(short).filter(|rest| tool == "man" && !rest.is_empty());
            payload.map(|payload| (short, payload))
        });
        if short.is_some() || runs_program(tool, option) {
            let payload = short
                .map(|(_, payload)| payload)
                .or(attached)
                .or_else(|| args.get(at + 1).map(String::as_str));
            if let Some(payload) = payload.filter(|p| !p.is_empty()) {
                return Some((short.map_or(option, |(short, _)| short), payload.to_owned()));
            }
            at += 1;
        } else if attached.is_none() && owns_next(tool, option) {
            at += 2;
        } else if arg.starts_with('-') && !arg.starts_with("--") && arg.len() > 1 {
            let owner = arg.chars().skip(1).position(|c| owns_rest(tool).contains(c));
            let last = arg.chars().count() - 2;
            at += if owner == Some(last) { 2 } else { 1 };
        } else {
            at += 1;
        }
    }
    None
}

fn runs_program(tool: &str, option: &str) -> bool {
    match tool {
        "sort" => option == "--compress-program",
        "rg" => matches!(option, "--pre" | "--hostname-bin"),
        "ag" => option == "--pager",
        _ => matches!(option, "--pager" | "--html" | "-P" | "-H"),
    }
}

/// Long options of a tool that own the next word.
fn owns_next(tool: &str, option: &str) -> bool {
    let Some(name) = option.strip_prefix("--") else { return false };
    let names: &[&str] = match tool {
        "rg" => &[
            "after-context",
            "before-context",
            "color",
            "colors",
            "context",
            "context-separator",
            "dfa-size-limit",
            "encoding",
            "engine",
            "field-context-separator",
            "field-match-separator",
            "file",
            "generate",
            "glob",
            "hyperlink-format",
            "iglob",
            "ignore-file",
            "max-columns",
            "max-count",
            "max-depth",
            "max-filesize",
            "path-separator",
            "pre-glob",
            "regex-size-limit",
            "regexp",
            "replace",
            "sort",
            "sortr",
            "threads",
            "type",
            "type-add",
            "type-clear",
            "type-not",
        ],
        "sort" => &[
            "batch-size",
            "buffer-size",
            "field-separator",
            "files0-from",
            "key",
            "output",
            "parallel",
            "random-source",
            "sort",
            "temporary-directory",
        ],
        "man" => &[
            "config-file",
            "encoding",
            "extension",
            "locale",
            "manpath",
            "preprocessor",
            "prompt",
            "recode",
            "sections",
            "systems",
        ],
        _ => &[
            "ackmate-dir-filter",
            "color-line-number",
            "color-match",
            "color-path",
            "depth",
            "filename-pattern",
            "file-search-regex",
            "ignore",
            "ignore-dir",
            "max-count",
            "path-to-ignore",
            "width",
            "workers",
        ],
    };
    names.contains(&name)
}

/// Short options of a tool that own the rest of their word, or the next one.
fn owns_rest(tool: &str) -> &'static str {
    match tool {
        "rg" => "efEmjgdtTABCMr",
        "sort" => "koStT",
        "man" => "CRLmMSserEPp",
        _ => "gGmpW",
    }
}

/// The command line `env -S` makes of its string and the words after it; `words` starts with `env`.
pub(super) fn env_split_payload(words: &[String]) -> Option<String> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if word == "--" || !word.starts_with('-') {
            return None;
        }
        let (option, attached) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word.as_str(), None),
        };
        let string = if option == "--split-string" {
            Some(attached)
        } else {
            word.strip_prefix("-S").map(|rest| Some(rest).filter(|rest| !rest.is_empty()))
        };
        if let Some(attached) = string {
            let string = match attached {
                Some(attached) => attached,
                None => {
                    at += 1;
                    words.get(at).map_or("", String::as_str)
                }
            };
            let mut line = split_env_string(string)?;
            line.extend(words.get(at + 1..).unwrap_or_default().iter().cloned());
            return Some(lexer::join(&line)).filter(|line| !line.is_empty());
        }
        let owns_next = attached.is_none() && wrapper_values("env").contains(&option);
        at += 1 + usize::from(owns_next);
    }
    None
}

/// Words of an `env -S` string; `None` where it is malformed or needs the environment.
fn split_env_string(string: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = string.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let &escaped = chars.peek()?;
                if quote == Some('\'') && !matches!(escaped, '\'' | '\\') {
                    word.get_or_insert_default().push('\\');
                    continue;
                }
                chars.next();
                let plain = match escaped {
                    'c' if quote.is_some() => return None,
                    'c' => break,
                    '_' if quote.is_none() => {
                        words.extend(word.take());
                        continue;
                    }
                    '_' => ' ',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    '#' | '$' | '"' | '\'' | '\\' => escaped,
                    _ => return None,
                };
                word.get_or_insert_default().push(plain);
            }
            '\'' | '"' if quote.is_none_or(|open| open == c) => {
                quote = if quote.is_none() { Some(c) } else { None };
                word.get_or_insert_default();
            }
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' if quote.is_none() => {
                words.extend(word.take());
            }
            '#' if quote.is_none() && word.is_none() => break,
            '$' if quote != Some('\'') => return None,
            other => word.get_or_insert_default().push(other),
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_shell_payloads() {
        let of = |line| payloads(line, Release::NEWEST);
        assert_eq!(of("cd x && sudo bash -lc 'rm -rf y'"), ["rm -rf y"]);
        assert_eq!(of("sh -o errexit -c 'a'; bash -Oc extglob b"), ["a", "b"]);
        assert_eq!(of("python -c 'import os'"), [""; 0]);
        assert_eq!(of("rg -g x --pre ./run y"), ["./run"]);
        assert_eq!(of("man -P'sh x' y"), ["sh x"]);
        assert_eq!(of("dash -c ls"), ["ls"]);
        assert_eq!(payloads("dash -c ls", Release::OLDEST), [""; 0]);
    }

    #[test]
    fn splits_env_strings() {
        let of = |words: &[&str]| {
            env_split_payload(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["env", "-u", "X", "-S", "rm -rf", "x y"]).unwrap(), "rm -rf 'x y'");
        assert_eq!(of(&["env", "-Srm\\_-rf"]).unwrap(), "rm -rf");
        assert_eq!(of(&["env", "-S", "rm $X"]), None);
        assert_eq!(of(&["env", "rm"]), None);
    }
}
