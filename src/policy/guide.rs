//! Deny lists of the hardening guides (`security.command_denylist`, `security.dangerous_patterns`).
//!
//! No program reads these lists, so no program says how an entry matches. The reading taken here is the
//! plainest one that keeps an author's intent: an entry is the first words of a simple command, a glob
//! where it holds `*`, a redirection where it starts with one. It does not look through `sudo` or a path,
//! because a list that relies on that relies on nothing written down.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::glob::Glob;
use super::shell::{SimpleCommand, simple_commands};

/// One entry of a guide's deny list, ready to match.
#[derive(Clone, Debug)]
pub struct GuideEntry {
    text: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Nothing,
    /// The first words of a simple command.
    Words(Vec<String>),
    /// A glob over a simple command, or over the line.
    Glob(Glob),
    /// A redirection operator and a glob over its target.
    Redirection(String, Glob),
    /// Text with shell operators of its own (a fork bomb), compared without white space.
    Line(String),
}

impl GuideEntry {
    /// Compiles an entry; a blank one matches nothing.
    #[must_use]
    pub fn new(entry: &str) -> Self {
        let entry = entry.trim();
        let form = if entry.is_empty() {
            Form::Nothing
        } else if let Some((operator, target)) = redirection(entry) {
            Form::Redirection(operator, prefix_glob(target))
        } else if entry.contains('*') {
            Form::Glob(Glob::new(entry))
        } else {
            match simple_commands(entry).as_slice() {
                [only] if only.redirections.is_empty() && !entry.contains(['|', ';', '&', '(']) => {
                    Form::Words(only.words.clone())
                }
                _ => Form::Line(without_space(entry)),
            }
        };
        Self { text: entry.to_owned(), form }
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

/// A line taken apart once, for many entries.
#[derive(Clone, Debug)]
pub struct GuideLine {
    line: String,
    squeezed: String,
    commands: Vec<(SimpleCommand, String)>,
}

impl GuideLine {
    /// Takes a line apart.
    #[must_use]
    pub fn new(line: &str) -> Self {
        let commands = simple_commands(line).into_iter().map(|command| {
            let text = command.text();
            (command, text)
        });
        Self {
            line: line.trim().to_owned(),
            squeezed: without_space(line),
            commands: commands.collect(),
        }
    }

    /// Index of the first entry that denies the line.
    #[must_use]
    pub fn denied_by(&self, entries: &[GuideEntry]) -> Option<usize> {
        entries.iter().position(|entry| self.matches(&entry.form))
    }

    fn matches(&self, form: &Form) -> bool {
        match form {
            Form::Nothing => false,
            Form::Words(words) => self.commands.iter().any(|(c, _)| starts_with(&c.words, words)),
            Form::Glob(glob) => {
                glob.matches(&self.line) || self.commands.iter().any(|(_, text)| glob.matches(text))
            }
            Form::Redirection(operator, target) => self.commands.iter().any(|(command, _)| {
                command.redirections.iter().any(|(o, t)| o == operator && target.matches(t))
            }),
            Form::Line(text) => self.squeezed.contains(text.as_str()),
        }
    }
}

/// Index of the entry that denies `command`, read as the module says.
#[must_use]
pub fn denied_by(entries: &[GuideEntry], command: &str) -> Option<usize> {
    GuideLine::new(command).denied_by(entries)
}

/// True when the first words are those of the entry. The last one may go on where the entry ends in
/// `=` or `:` (`dd if=` denies `dd if=x`).
fn starts_with(words: &[String], entry: &[String]) -> bool {
    let Some((last, first)) = entry.split_last() else { return false };
    words.starts_with(first)
        && words.get(first.len()).is_some_and(|word| {
            word == last || (last.ends_with(['=', ':']) && word.starts_with(last.as_str()))
        })
}

fn redirection(entry: &str) -> Option<(String, &str)> {
    let target = entry.trim_start_matches(['<', '>']);
    let operator = entry.strip_suffix(target)?;
    let target = target.trim_start();
    (!operator.is_empty() && !target.is_empty() && !target.starts_with('('))
        .then(|| (operator.to_owned(), target))
}

/// A target as a glob; one that ends in a slash stands for everything below it.
fn prefix_glob(target: &str) -> Glob {
    if target.ends_with('/') { Glob::new(&format!("{target}*")) } else { Glob::new(target) }
}

fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_word_prefixes() {
        for (entry, command, denied) in [
            ("rm -rf", "rm -rf /x", true),
            ("rm -rf", "cd y && rm  -rf x", true),
            ("rm -rf", "rm -fr /x", false),
            ("rm -rf", "rm -rfv /x", false),
            ("rm -rf", "sudo rm -rf /x", false),
            ("rm -rf", "/bin/rm -rf /x", false),
            ("rm -rf", "echo rm -rf", false),
            ("rm -rf", "rm '-rf' x", true),
            ("rm", "rm", true),
            ("rm", "rmdir x", false),
            ("rm -rf /", "rm -rf /x", false),
            ("rm *", "rm x", true),
            ("rm *", "rm", false),
            ("dd if=", "dd if=/dev/zero of=x", true),
            ("dd", "dd of=/dev/sda", true),
            ("mkfs", "mkfs.ext4 /dev/sda", false),
            ("mkfs*", "mkfs.ext4 /dev/sda", true),
            ("> /dev/sda", "cat x >/dev/sda", true),
            ("> /dev/sda", "cat x >> /dev/sda", false),
            ("> /dev/sd*", "cat x > /dev/sdb1", true),
            ("> /dev/", "cat x > /dev/sdb", true),
            (":(){ :|:& };:", ":() { : | : & }; :", true),
            ("curl * | sh", "curl -s https://x | sh", true),
            ("sudo", "echo \"$(sudo ls)\"", true),
            ("", "ls", false),
        ] {
            let entries = [GuideEntry::new(entry)];
            assert_eq!(denied_by(&entries, command).is_some(), denied, "{entry:?} on {command:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_entry_and_line_are_read(entry in "\\PC{0,30}|[<>*|& a(]{0,9}", line in "\\PC{0,60}") {
            let _ = denied_by(&[GuideEntry::new(&entry)], &line);
        }
    }
}
