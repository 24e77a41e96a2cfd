//! Programs that run what an argument says (`python -c`, `bash -c`, `rg --pre`), told by taking the command apart.
//!
//! Hermes does this beside its patterns, because a pattern can't tell an option from a file name. The interpreters are
//! data; the shells and the readers with a program of their own (`sort`, `rg`, `ag`, `man`) are shared with the payloads.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use serde::Deserialize;

use super::lexer;
use super::payload::{self, is_reader, is_shell, reader_program, segments, shell_runs};
use super::text::{Text, base_name};
use super::words::{program_words, unspell};
use crate::policy::Release;

/// An interpreter that runs code out of an argument.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// Names of its program; `#` stands for a version number or nothing.
    programs: Vec<String>,
    /// Options that are followed by code.
    runs: Vec<String>,
    /// Words that do the same as the first argument.
    #[serde(default)]
    verbs: Vec<String>,
    /// Options that own the next word.
    owns: Vec<String>,
    /// True when options are read in any case, each a word of its own.
    #[serde(default)]
    ignore_case: bool,
    /// The first release that knows it.
    #[serde(default)]
    since: Option<Release>,
}

impl Interpreter {
    fn is_named(&self, program: &str) -> bool {
        let program = program.strip_suffix(".exe").unwrap_or(program);
        self.programs.iter().any(|name| match name.strip_suffix('#') {
            Some(stem) => program
                .strip_prefix(stem)
                .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.')),
            None => name == program,
        })
    }

    /// True when one of the arguments makes it run code.
    fn runs_code(&self, args: &[String]) -> bool {
        let mut owned = false;
        for arg in args {
            if std::mem::take(&mut owned) {
                continue;
            }
            if arg == "--" || !self.ignore_case && !arg.starts_with('-') {
                return self.verbs.iter().any(|verb| arg.eq_ignore_ascii_case(verb));
            }
            let (option, attached) = match arg.split_once('=') {
                Some((option, _)) => (option, true),
                None => (arg.as_str(), false),
            };
            let lower = option.to_lowercase();
            let option = if self.ignore_case { lower.as_str() } else { option };
            let runs = |option: &str| self.runs.iter().any(|other| other == option);
            if runs(option) {
                return true;
            }
            let holds_value = self
                .owns
                .iter()
                .any(|own| own.len() == 2 && option.len() > 2 && option.starts_with(own.as_str()));
            let bundle = !self.ignore_case && !option.starts_with("--") && option.len() > 2;
            if bundle && !holds_value && option.chars().skip(1).any(|c| runs(&format!("-{c}"))) {
                return true;
            }
            owned = !attached && self.owns.iter().any(|own| own == option);
        }
        false
    }
}

/// The class that Hermes takes the first such program for.
pub(in crate::policy) fn execution(
    normalised: &str,
    release: Release,
    interpreters: &[Interpreter],
) -> Option<&'static str> {
    for segment in segments(normalised, release) {
        let text = Text::new(&segment);
        for (start, end) in program_words(&text, release) {
            let program = unspell(&text.string(start, end));
            let program = base_name(&program).to_lowercase();
            let interpreter = interpreters.iter().find(|one| {
                one.since.is_none_or(|since| since <= release) && one.is_named(&program)
            });
            let Some(words) = lexer::split(&text.string(start, text.len()), true) else {
                if interpreter.is_some() || is_reader(&program) {
                    return Some("command parser limit or malformed executable payload");
                }
                continue;
            };
            let Some((_, args)) = words.split_first() else { continue };
            if let Some(interpreter) = interpreter {
                if interpreter.runs_code(args) {
                    return Some("script execution via -e/-c flag");
                }
                if args.iter().any(|arg| arg.starts_with("<<")) {
                    return Some("script execution via heredoc");
                }
            }
            if is_shell(&program, release) && shell_runs(args) {
                return Some("shell command via -c/-lc flag");
            }
            if is_reader(&program)
                && let Some(option) = reader_program(&program, args).map(|(option, _)| option)
            {
                return payload::class_of(&program, option);
            }
        }
    }
    None
}
