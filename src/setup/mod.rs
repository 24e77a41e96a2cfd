//! What a repository or a host needs so that hermes-lint runs there by itself: files to write, worked out from what is there.
//!
//! Nothing is written here and nobody is asked anything: whoever carries a step out knows what each file held and what it
//! is to hold. What is there already stays as it is; a file that others wrote gets an entry and keeps every other byte, and
//! where that is not certain the step says what to add by hand. The files themselves are data, in `setup/` at the top.

mod forge;
mod framework;
mod git_hook;
mod settings;
mod systemd;

use std::io;
use std::path::{Path, PathBuf};

pub use self::forge::continuous;
pub use self::framework::{entry, has_other};
pub use self::git_hook::git_hook;
pub use self::settings::settings;
pub use self::systemd::units;

/// The file with the findings that are known, beside the settings.
pub const BASELINE: &str = ".hermes-lint-baseline";

/// Largest file that gets an entry, in bytes.
const MOST: u64 = 1 << 20;

/// One file of the set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub path: PathBuf,
    /// What to do with it.
    pub act: Act,
}

/// What to do with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is written.
    Write {
        /// What it holds; `None` for one that is made.
        before: Option<String>,
        /// What it is to hold.
        now: String,
        /// The permission bits of one that is made.
        mode: u32,
        /// What it is good for, in a few words.
        what: &'static str,
    },
    /// Nothing: it does what it should, or somebody decided otherwise.
    There {
        /// What it is good for, in a few words.
        what: &'static str,
    },
    /// A person has to.
    Left {
        /// Why it is left as it is.
        why: String,
        /// What to add, and where.
        add: String,
    },
}

/// The mode of a file that anyone may read.
const READABLE: u32 = 0o644;
/// The mode of a program.
const PROGRAM: u32 = 0o755;

impl Step {
    /// A file that is made, or changed from `before`.
    fn write(path: PathBuf, before: Option<String>, now: String, what: &'static str) -> Self {
        Self { path, act: Act::Write { before, now, mode: READABLE, what } }
    }

    fn there(path: PathBuf, what: &'static str) -> Self {
        Self { path, act: Act::There { what } }
    }

    fn left(path: PathBuf, why: impl Into<String>, add: impl Into<String>) -> Self {
        Self { path, act: Act::Left { why: why.into(), add: add.into() } }
    }
}

/// What lies at a place where a file is wanted.
enum Found {
    Nothing,
    Text(String),
    /// What can't be read, or is no text; with the reason.
    Else(String),
}

fn look(path: &Path) -> Found {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match path.symlink_metadata() {
            Err(_) => Found::Nothing,
            Ok(_) => Found::Else("it is a link that leads nowhere".to_owned()),
        },
        Err(error) => Found::Else(error.to_string()),
        Ok(meta) if !meta.is_file() => Found::Else("it is no file".to_owned()),
        Ok(meta) if meta.len() > MOST => Found::Else("it is larger than 1 MiB".to_owned()),
        Ok(_) => match std::fs::read_to_string(path) {
            Ok(text) => Found::Text(text),
            Err(error) => Found::Else(error.to_string()),
        },
    }
}

/// The line end that `text` is written with.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// `text`, whose last line is ended, with `lines` after it.
fn with_lines(text: &str, lines: &str) -> String {
    let end = line_end(text);
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(end);
    }
    lines.lines().for_each(|line| {
        out.push_str(line);
        out.push_str(end);
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a release sets up is of that release.
    #[test]
    fn every_file_names_this_release() {
        let release = concat!("v", env!("CARGO_PKG_VERSION"));
        for text in
            [framework::ENTRY, framework::PREK, forge::GITHUB, forge::GITLAB, forge::FORGEJO]
        {
            let named: Vec<&str> = text
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .filter(|word| word.starts_with("v0.") || word.starts_with("v1."))
                .collect();
            assert!(!named.is_empty() && named.iter().all(|word| *word == release), "{named:?}");
        }
    }

    #[test]
    fn lines_are_ended_as_the_file_ends_them() {
        assert_eq!(with_lines("a\r\nb", "c\nd\n"), "a\r\nb\r\nc\r\nd\r\n");
        assert_eq!(with_lines("", "c\n"), "c\n");
    }
}
