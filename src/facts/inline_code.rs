//! Code that stands in a command line (`bash -c`, `python -c`, `npx -c`), found through the programs that only start
//! another one.
//!
//! The options of each program are data and incomplete by nature: an option that is not listed is taken to have no
//! value, so that at worst a file's name is taken for the end of the options and nothing is found.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Connectors;

/// How many programs that start another one are looked through.
const DEPTH: usize = 8;

/// A program that runs code out of its own arguments.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Interpreter {
    /// Its names, without a version.
    pub names: Vec<String>,
    /// Options that are followed by code.
    pub inline: Vec<String>,
    /// Whether single letters may be joined.
    pub cluster: bool,
    /// Whether the case of an option counts for nothing.
    pub any_case: bool,
    /// Options that take the next word.
    pub values: Vec<String>,
    /// Options after which no inline code follows.
    pub stop: Vec<String>,
    /// Subcommands that come before the options.
    pub skip: Vec<String>,
    /// Options that make it read the account's own start files.
    pub login: Vec<String>,
}

/// A program that only starts another one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wrapper {
    /// Subcommands, one of which must come first.
    pub sub: Vec<String>,
    /// Options that take the next word.
    pub values: Vec<String>,
    /// Words of its own before the program.
    pub operands: usize,
    /// Whether `NAME=value` may come first.
    pub assignments: bool,
    /// Options whose value is a whole command line.
    pub splits: Vec<String>,
    /// Whether the program comes after `--`.
    pub dashes: bool,
}

/// What inline code does, by the words in it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineCode {
    /// Programs whose inline code Hermes looks at before it starts a server.
    pub filter: Vec<String>,
    /// What it then refuses, besides what persists.
    pub refused: Marks,
    /// Fetches or sends over the network.
    pub fetches: Marks,
    /// Writes to what is run later or lets somebody in.
    pub persists: Marks,
    /// Runs text.
    pub runs: Marks,
    /// Turns text into other text.
    pub decodes: Marks,
    /// Reads credentials.
    pub secrets: Marks,
}

/// Signs of one deed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Marks {
    /// Words that stand alone, lower case.
    pub words: Vec<String>,
    /// Texts that may stand anywhere, lower case.
    pub texts: Vec<String>,
}

impl Marks {
    /// Whether `code`, which is lower case, holds one of them.
    #[must_use]
    pub fn are_in(&self, code: &str) -> bool {
        self.texts.iter().any(|text| code.contains(text.as_str()))
            || self.words.iter().any(|word| stands_alone(code, word))
    }
}

fn stands_alone(code: &str, word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '-';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + word.len()..).unwrap_or_default();
        !before.ends_with(inner) && !after.starts_with(inner)
    })
}

/// Inline code in a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The interpreter, as written, without its folder.
    pub program: String,
    /// The option or subcommand that the code follows.
    pub option: String,
    /// The number of the argument that holds the option, or the line that holds it.
    pub at: usize,
    /// The code.
    pub code: String,
    /// Whether another program stands before the interpreter.
    pub wrapped: bool,
    /// Whether the interpreter reads the account's own start files.
    pub login: bool,
}

struct Word<'w> {
    text: &'w str,
    /// Number of the argument that it is, or is a part of.
    at: usize,
}

impl Connectors {
    /// The inline code that `command` with `args` runs, if any.
    #[must_use]
    pub fn inline_code(&self, command: &str, args: &[&str]) -> Option<Inline> {
        let mut program = command.to_owned();
        let mut words: Vec<Word<'_>> =
            args.iter().enumerate().map(|(at, text)| Word { text, at }).collect();
        for depth in 0..DEPTH {
            let name = base(&program);
            if let Some(found) = self.interpreter(&name).and_then(|one| one.find(&words)) {
                return Some(Inline { program: name, wrapped: depth > 0, ..found });
            }
            let wrapper = find_wrapper(&self.wrappers, &name)?;
            let (inner, rest) = wrapper.inner(words)?;
            (program, words) = (inner, rest);
        }
        None
    }

    fn interpreter(&self, name: &str) -> Option<&Interpreter> {
        let lower = name.to_ascii_lowercase();
        let plain = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
        let is = |one: &String| *one == lower || (*one == plain && one.len() > 1);
        self.interpreters.iter().find(|interpreter| interpreter.names.iter().any(is))
    }

    /// True when Hermes looks at the inline code and refuses to start the server for it.
    #[must_use]
    pub fn is_refused(&self, found: &Inline, args: &str) -> bool {
        let seen =
            !found.wrapped && self.inline.filter.contains(&found.program.to_ascii_lowercase());
        seen && (self.inline.refused.are_in(args) || self.inline.persists.are_in(args))
    }
}

fn find_wrapper<'c>(wrappers: &'c BTreeMap<String, Wrapper>, name: &str) -> Option<&'c Wrapper> {
    wrappers.get(name.to_ascii_lowercase().as_str())
}

/// A program's name without its folder and `.exe`.
fn base(program: &str) -> String {
    let name = program.trim().rsplit(['/', '\\']).next().unwrap_or_default();
    let short = name.len().saturating_sub(4);
    match name.get(short..) {
        Some(ending) if ending.eq_ignore_ascii_case(".exe") => name.get(..short).unwrap_or(name),
        _ => name,
    }
    .to_owned()
}

impl Interpreter {
    fn find(&self, words: &[Word<'_>]) -> Option<Inline> {
        let same = |one: &String, word: &str| match self.any_case {
            true => one.eq_ignore_ascii_case(word),
            false => one == word,
        };
        let mut login = false;
        let mut at = words.iter().enumerate();
        while let Some((number, word)) = at.next() {
            let text = word.text;
            let (name, given) = match text.split_once('=') {
                Some((name, given)) if name.starts_with("--") => (name, Some(given)),
                _ => (text, None),
            };
            let letters = self.letters(text);
            login |= self.login.iter().any(|one| same(one, text))
                || letters
                    .is_some_and(|letters| letters.contains(['l', 'i']) && !self.login.is_empty());
            let inline = self.inline.iter().find(|one| {
                same(one, name)
                    || letters.is_some_and(|letters| {
                        one.strip_prefix('-')
                            .is_some_and(|one| one.len() == 1 && letters.contains(one))
                    })
            });
            if let Some(option) = inline {
                let rest = words.iter().skip(number + 1).map(|word| word.text);
                // A shell takes further options before the code.
                let code = match given {
                    Some(given) => given.to_owned(),
                    None => rest
                        .skip_while(|word| self.cluster && word.starts_with('-'))
                        .collect::<Vec<_>>()
                        .join(" "),
                };
                if code.is_empty() {
                    return None;
                }
                let option = if letters.is_some() { text } else { option };
                let (option, at) = (option.to_owned(), word.at);
                return Some(Inline {
                    program: String::new(),
                    option,
                    at,
                    code,
                    wrapped: false,
                    login,
                });
            }
            // `-cimport os`: the code in the same word.
            let joined = self.inline.iter().find_map(|one| {
                text.strip_prefix(one.as_str())
                    .filter(|_| self.cluster && one.len() == 2 && text.contains(' '))
            });
            if let Some(code) = joined {
                let (option, code) =
                    (text.get(..2).unwrap_or_default().to_owned(), code.to_owned());
                return Some(Inline {
                    program: String::new(),
                    option,
                    at: word.at,
                    code,
                    wrapped: false,
                    login,
                });
            }
            if self.stop.iter().any(|one| same(one, text)) {
                return None;
            }
            let takes = |one: &String| {
                same(one, text)
                    || letters.is_some_and(|letters| {
                        one.strip_prefix('-')
                            .is_some_and(|one| one.len() == 1 && letters.ends_with(one))
                    })
            };
            if self.values.iter().any(takes) {
                at.next();
            } else if !(text.starts_with(['-', '+'])
                || (self.any_case && text.starts_with('/'))
                || self.skip.iter().any(|one| one == text))
            {
                return None;
            }
        }
        None
    }

    /// The letters of `-lc`.
    fn letters<'w>(&self, word: &'w str) -> Option<&'w str> {
        let letters = word.strip_prefix('-').filter(|letters| self.cluster && letters.len() > 1)?;
        letters.bytes().all(|byte| byte.is_ascii_alphabetic()).then_some(letters)
    }
}

impl Wrapper {
    /// The program that it starts, and the words after that.
    fn inner<'w>(&self, words: Vec<Word<'w>>) -> Option<(String, Vec<Word<'w>>)> {
        let mut words = words.into_iter();
        if !self.sub.is_empty() {
            let first = words.next()?;
            self.sub.iter().find(|sub| *sub == first.text)?;
        }
        let mut operands = self.operands;
        let mut dashes = self.dashes;
        while let Some(word) = words.next() {
            let text = word.text;
            if text == "--" {
                dashes = false;
                continue;
            }
            if self.splits.iter().any(|one| one == text) {
                let line = words.next()?;
                let mut parts = line.text.split_whitespace().map(|text| Word { text, at: line.at });
                let program = parts.next()?.text.to_owned();
                return Some((program, parts.chain(words).collect()));
            }
            if self.values.iter().any(|one| one == text) {
                words.next();
            } else if dashes || text.starts_with('-') || (self.assignments && text.contains('=')) {
            } else if operands > 0 {
                operands -= 1;
            } else {
                return Some((text.to_owned(), words.collect()));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_facts;
    use super::*;

    fn find(line: &[&str]) -> Option<Inline> {
        let mut found = None;
        with_facts(|facts| found = facts.connectors().inline_code(line[0], &line[1..]));
        found
    }

    #[test]
    fn inline_code_is_found_through_its_wrappers() {
        for (line, program, option) in [
            (&["bash", "-c", "x"][..], "bash", "-c"),
            (&["/bin/bash", "-lc", "x"], "bash", "-lc"),
            (&["bash", "-euo", "pipefail", "-c", "x"], "bash", "-c"),
            (&["sh", "-l", "-c", "x"], "sh", "-c"),
            (&["env", "A=b", "-u", "C", "bash", "-c", "x"], "bash", "-c"),
            (&["env", "-S", "bash -c x"], "bash", "-c"),
            (&["timeout", "-k", "5", "60", "python3.12", "-c", "x"], "python3.12", "-c"),
            (&["python3", "-Ic", "x"], "python3", "-Ic"),
            (&["python3", "-cimport os"], "python3", "-c"),
            (&["node", "--eval=x"], "node", "--eval"),
            (&["deno", "eval", "x"], "deno", "eval"),
            (&["PowerShell.exe", "-NoProfile", "-Command", "x"], "PowerShell", "-command"),
            (&["cmd.exe", "/s", "/C", "x"], "cmd", "/c"),
            (&["npx", "-p", "pkg", "-c", "x"], "npx", "-c"),
            (&["npm", "exec", "-c", "x"], "npm", "-c"),
            (&["npx", "tsx", "-e", "x"], "tsx", "-e"),
            (&["uv", "run", "--with", "mcp", "python", "-c", "x"], "python", "-c"),
            (&["op", "run", "--env-file", ".env", "--", "sh", "-c", "x"], "sh", "-c"),
            (&["perl", "-e", "x"], "perl", "-e"),
        ] {
            let found = find(line).unwrap_or_else(|| panic!("{line:?}"));
            assert_eq!(
                (found.program.as_str(), found.option.as_str()),
                (program, option),
                "{line:?}"
            );
        }
    }

    #[test]
    fn files_and_modules_are_no_inline_code() {
        for line in [
            &["bash", "server.sh", "-c", "x"][..],
            &["bash", "-l", "server.sh"],
            &["python", "-m", "server", "-c", "x.yaml"],
            &["python3", "server.py", "-c", "x"],
            &["python3", "-W", "ignore", "server.py"],
            &["node", "dist/index.js", "-e", "x"],
            &["node", "-r", "dotenv/config", "index.js"],
            &["deno", "run", "-A", "eval.ts"],
            &["npx", "-y", "pkg", "-c", "conf.json"],
            &["uvx", "pkg", "-c", "x"],
            &["docker", "run", "-c", "2", "image"],
            &["bash", "-c"],
            &["env", "A=b"],
            &["ssh", "-c", "cipher", "host"],
            &[""],
        ] {
            assert_eq!(find(line), None, "{line:?}");
        }
    }

    #[test]
    fn login_shells_are_told() {
        assert!(find(&["bash", "-lc", "x"]).unwrap().login);
        assert!(find(&["zsh", "-i", "-c", "x"]).unwrap().login);
        assert!(!find(&["bash", "-ec", "x"]).unwrap().login);
        assert!(!find(&["python3", "-ic", "x"]).unwrap().login);
    }

    #[test]
    fn what_hermes_refuses_is_known() {
        with_facts(|facts| {
            let data = facts.connectors();
            let refused = |command: &str, args: &[&str]| {
                let found = data.inline_code(command, args).unwrap();
                data.is_refused(&found, &args.join(" ").to_lowercase())
            };
            assert!(refused("bash", &["-c", "curl x | sh"]));
            assert!(refused("/bin/sh", &["-c", "echo k >> ~/.ssh/authorized_keys"]));
            assert!(!refused("env", &["bash", "-c", "curl x | sh"]));
            assert!(!refused("python3", &["-c", "urllib"]));
            assert!(!refused("bash", &["-c", "cd x && npm start"]));
        });
    }

    #[test]
    fn words_stand_alone() {
        let marks = Marks { words: vec!["curl".into()], texts: vec!["atob(".into()] };
        assert!(marks.are_in("x; curl http://y") && marks.are_in("eval(atob('x'))"));
        assert!(!marks.are_in("pycurl.get") && !marks.are_in("curl-config"));
    }
}
