//! Who may become root by `sudo`, by the text of `/etc/sudoers` and what it includes.
//!
//! Only grants of every command are told from grants of single ones; what a single command lets its caller
//! do is not judged. Hosts are not compared: a grant for another host of the same file is rare, and is
//! better said than missed. A file that may not be read is noted, since it could say anything.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::BTreeMap;

use super::account::{Account, Accounts};
use super::machine::{Look, Machine};

/// Files that are read, those that include each other among them.
const MAX_FILES: usize = 200;
/// How deep aliases may name one another.
const MAX_DEPTH: usize = 8;

/// One line that lets somebody run something as root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Names, `%groups`, `#numbers` or aliases.
    pub who: Vec<String>,
    /// True for every command, not single ones.
    pub everything: bool,
    /// True when no password is asked for.
    pub no_password: bool,
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// What the machine's files say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sudoers {
    /// In the order of the files.
    pub grants: Vec<Grant>,
    /// Lists of accounts by name.
    aliases: BTreeMap<String, Vec<String>>,
    /// Files and folders that could not be read.
    pub denied: Vec<String>,
    files: usize,
}

impl Sudoers {
    /// Reads `/etc/sudoers` of `machine`, with what it includes. Without that file there is no sudo.
    #[must_use]
    pub fn of(machine: &Machine) -> Self {
        let mut sudoers = Self::default();
        sudoers.include(machine, "/etc/sudoers");
        sudoers
    }

    /// The grants that `account` has.
    pub fn grants_of<'g>(
        &'g self,
        account: &'g Account,
        accounts: &'g Accounts,
    ) -> impl Iterator<Item = &'g Grant> {
        let groups = accounts.groups_of(account);
        self.grants
            .iter()
            .filter(move |grant| grant.who.iter().any(|who| self.is(who, account, &groups, 0)))
    }

    fn is(&self, who: &str, account: &Account, groups: &[&str], depth: usize) -> bool {
        let numbered = |text: &str, number: u32| text.parse() == Ok(number);
        if who == "ALL" || who == account.name {
            return true;
        }
        if let Some(group) = who.strip_prefix("%#") {
            return numbered(group, account.gid);
        }
        if let Some(group) = who.strip_prefix('%') {
            return groups.contains(&group);
        }
        if let Some(number) = who.strip_prefix('#') {
            return numbered(number, account.uid);
        }
        depth < MAX_DEPTH
            && self.aliases.get(who).is_some_and(|names| {
                names.iter().any(|name| self.is(name, account, groups, depth + 1))
            })
    }

    fn include(&mut self, machine: &Machine, path: &str) {
        self.files += 1;
        if self.files > MAX_FILES {
            return;
        }
        match machine.read(path) {
            Look::Seen(text) => self.read(machine, path, &text),
            Look::Denied => self.denied.push(path.to_owned()),
            Look::Absent => {}
        }
    }

    fn read(&mut self, machine: &Machine, path: &str, text: &str) {
        for (number, line) in joined(text) {
            let include = |word: &str| {
                ["@", "#"].iter().find_map(|mark| {
                    let rest = line.strip_prefix(mark)?.strip_prefix(word)?;
                    rest.starts_with([' ', '\t']).then(|| rest.trim().trim_matches('"').to_owned())
                })
            };
            let whole = |name: String| {
                if name.starts_with('/') { name } else { format!("/etc/{name}") }
            };
            if let Some(folder) = include("includedir") {
                self.include_folder(machine, &whole(folder));
            } else if let Some(file) = include("include") {
                self.include(machine, &whole(file));
            } else {
                self.line(path, number, &line);
            }
        }
    }

    fn include_folder(&mut self, machine: &Machine, folder: &str) {
        match machine.list(folder) {
            Look::Seen(names) => {
                for name in names {
                    // sudo itself leaves these out.
                    if !name.contains('.') && !name.ends_with('~') {
                        self.include(machine, &format!("{folder}/{name}"));
                    }
                }
            }
            Look::Denied => self.denied.push(folder.to_owned()),
            Look::Absent => {}
        }
    }

    fn line(&mut self, path: &str, number: usize, line: &str) {
        let line = uncommented(line);
        let line = line.trim();
        if line.is_empty() || line.starts_with("Defaults") {
            return;
        }
        if let Some(aliases) = line.strip_prefix("User_Alias") {
            for alias in aliases.split(':') {
                let Some((name, names)) = alias.split_once('=') else { continue };
                self.aliases.insert(name.trim().to_owned(), list(names));
            }
            return;
        }
        if ["Host_Alias", "Cmnd_Alias", "Cmd_Alias", "Runas_Alias"]
            .iter()
            .any(|word| line.starts_with(word))
        {
            return;
        }
        let Some((left, right)) = line.split_once('=') else { return };
        // Accounts, then hosts: the last word before `=` is the hosts'.
        let Some((who, _)) = left.trim().rsplit_once([' ', '\t']) else { return };
        let (runas, commands) = match right.trim().strip_prefix('(') {
            Some(rest) => match rest.split_once(')') {
                Some((runas, commands)) => (Some(runas), commands),
                None => return,
            },
            None => (None, right.trim()),
        };
        let as_root = runas.is_none_or(|runas| {
            let users = runas.split(':').next().unwrap_or_default();
            users.trim().is_empty()
                || list(users).iter().any(|user| matches!(user.as_str(), "ALL" | "root" | "#0"))
        });
        if !as_root {
            return;
        }
        let everything = commands.split(',').any(|command| {
            let command = command.rsplit_once(':').map_or(command, |(_, command)| command);
            command.trim() == "ALL"
        });
        self.grants.push(Grant {
            who: list(who),
            everything,
            no_password: commands.contains("NOPASSWD"),
            path: path.to_owned(),
            line: number,
        });
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// `line` up to a comment; `#1000` is an account.
fn uncommented(line: &str) -> &str {
    let mut marks = line.match_indices('#').filter(|(at, _)| {
        let next = line.get(at + 1..).and_then(|rest| rest.chars().next());
        let before = line.get(..*at).and_then(|before| before.chars().next_back());
        !(next.is_some_and(|next| next.is_ascii_digit()) || before == Some('\\'))
    });
    marks.next().and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// The lines of `text`, joined where one ends in a backslash, each with the number it begins at.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(text.lines()) {
        let (part, goes_on) = match line.trim_end().strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(part);
            }
            _ => lines.push((number, part.trim_start().to_owned())),
        }
        open = goes_on;
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accounts() -> Accounts {
        Accounts::read(
            "hermes:x:990:990::/:/bin/false\nann:x:1000:1000::/:/bin/sh\n",
            "hermes:x:990:\nsudo:x:27:ann\n",
        )
    }

    fn granted(text: &str, name: &str) -> Vec<(usize, bool, bool)> {
        let mut sudoers = Sudoers::default();
        sudoers.read(&Machine::at(std::path::Path::new("/nonexistent")), "/etc/sudoers", text);
        let accounts = accounts();
        let account = accounts.by_name(name).unwrap();
        sudoers
            .grants_of(account, &accounts)
            .map(|grant| (grant.line, grant.everything, grant.no_password))
            .collect()
    }

    #[test]
    fn grants_are_read() {
        let text = "Defaults env_reset\n# hermes ALL=(ALL) ALL\nUser_Alias AGENTS = hermes, bob\nroot ALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\nAGENTS ALL = (ALL) NOPASSWD: /usr/bin/systemctl restart hermes, \\\n  /bin/true\nhermes ALL=(www-data) ALL\n#990 ALL=NOPASSWD:ALL # why\n";
        assert_eq!(granted(text, "hermes"), [(6, false, true), (9, true, true)]);
        assert_eq!(granted(text, "ann"), [(5, true, false)]);
        assert_eq!(
            granted("A, hermes ALL=(root) ALL\nALL ALL=(:adm) ALL\n", "hermes"),
            [(1, true, false), (2, true, false)]
        );
        assert_eq!(granted("User_Alias A = B : B = A\nA ALL=ALL\n", "hermes"), []);
    }

    #[cfg(unix)]
    #[test]
    fn includes_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let etc = folder.path().join("etc");
        std::fs::create_dir_all(etc.join("sudoers.d")).unwrap();
        std::fs::write(etc.join("sudoers"), "@includedir /etc/sudoers.d\n#include /etc/sudoers\n")
            .unwrap();
        std::fs::write(etc.join("sudoers.d/hermes"), "hermes ALL=(ALL) NOPASSWD: ALL\n").unwrap();
        std::fs::write(etc.join("sudoers.d/old.bak"), "ann ALL=ALL\n").unwrap();
        let sudoers = Sudoers::of(&Machine::at(folder.path()));
        assert!(sudoers.grants.iter().all(|grant| grant.who == ["hermes"]));
        assert_eq!(sudoers.grants[0].path, "/etc/sudoers.d/hermes");
        assert!(sudoers.denied.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-zA-Z#%@=,:()\\\\ \n]{0,200}") {
            granted(&text, "hermes");
        }
    }
}
