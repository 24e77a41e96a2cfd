//! The entry in the configuration of a hook framework, pre-commit or prek.
//!
//! It goes in as text, so that comments and layout stay. What comes out is read again and has to be what was there, and
//! the entry: a layout that this does not know is left alone, not guessed at.

use std::path::Path;

use yaml_serde::Value;

use super::{Found, Step, look, with_lines};
use crate::document::tree::Value as Node;
use crate::document::yaml;

pub(super) const ENTRY: &str = include_str!("../../setup/pre-commit.yaml");
pub(super) const PREK: &str = include_str!("../../setup/prek.toml");

const WHAT: &str = "the hook for pre-commit and prek, in every clone that installs them";
const OTHER: &str = "the hook, in every clone that installs the framework";
/// Files that a framework reads, the first of which counts for prek.
const NAMES: [&str; 3] = ["prek.toml", ".pre-commit-config.yaml", ".pre-commit-config.yml"];
/// What other frameworks leave in a repository, the file that names their commands, and their names.
const OTHERS: [(&str, &str, &str); 6] = [
    ("lefthook.yml", "lefthook.yml", "lefthook"),
    (".lefthook.yml", ".lefthook.yml", "lefthook"),
    ("lefthook.yaml", "lefthook.yaml", "lefthook"),
    ("lefthook.toml", "lefthook.toml", "lefthook"),
    (".husky", ".husky/pre-commit", "husky"),
    (".overcommit.yml", ".overcommit.yml", "overcommit"),
];
/// What a hook of any kind runs.
pub(super) const COMMAND: &str = "hermes-lint check --hook";

/// The entry for the repository at `root`.
#[must_use]
pub fn entry(root: &Path) -> Step {
    for name in NAMES {
        let path = root.join(name);
        let is_toml = Path::new(name).extension().is_some_and(|ending| ending == "toml");
        let add = if is_toml { PREK } else { ENTRY };
        match look(&path) {
            Found::Nothing => {}
            Found::Else(why) => return Step::left(path, why, add),
            Found::Text(text) => {
                let now = if is_toml { in_toml(&text) } else { in_yaml(&text) };
                return match now {
                    Ok(Some(now)) => Step::write(path, Some(text), now, WHAT),
                    Ok(None) => Step::there(path, WHAT),
                    Err(why) => Step::left(path, why, add),
                };
            }
        }
    }
    if let Some((name, framework)) = other(root) {
        let path = root.join(name);
        return match look(&path) {
            Found::Text(text) if text.contains("hermes-lint") => Step::there(path, OTHER),
            _ => {
                let why = format!("{framework} runs the hooks here");
                Step::left(path, why, format!("`{COMMAND}`"))
            }
        };
    }
    Step::write(root.join(".pre-commit-config.yaml"), None, ENTRY.to_owned(), WHAT)
}

/// True when another framework puts the hooks of every clone in place: one beside them would never run, or twice.
#[must_use]
pub fn has_other(root: &Path) -> bool {
    NAMES.iter().all(|name| !root.join(name).exists()) && other(root).is_some()
}

/// The file with the commands of another framework, and its name.
fn other(root: &Path) -> Option<(&'static str, &'static str)> {
    let found = OTHERS.iter().find(|(mark, ..)| root.join(mark).exists())?;
    Some((found.1, found.2))
}

/// `text` with the entry; `None` when it has one.
fn in_yaml(text: &str) -> Result<Option<String>, &'static str> {
    const UNCLEAR: &str = "its layout is not one that an entry can be added to for certain";
    let read = |text: &str| {
        yaml_serde::from_str::<Value>(text).map_err(|_| "it is no YAML that can be read")
    };
    let before = read(text)?;
    if before.is_null() {
        return Ok(Some(with_lines(text, ENTRY)));
    }
    let repos = before.get("repos").and_then(Value::as_sequence);
    let ids =
        repos.into_iter().flatten().filter_map(|repo| repo.get("hooks")?.as_sequence()).flatten();
    if ids.filter_map(|hook| hook.get("id")?.as_str()).any(|id| id.starts_with("hermes-lint")) {
        return Ok(None);
    }
    let entry = read(ENTRY)?;
    let item = entry.get("repos").and_then(|repos| repos.get(0)).ok_or(UNCLEAR)?.clone();
    let mut wanted = before.clone();
    let now = match wanted.get_mut("repos") {
        None => {
            let map = wanted.as_mapping_mut().ok_or(UNCLEAR)?;
            map.insert("repos".into(), Value::Sequence(vec![item]));
            with_lines(text, ENTRY)
        }
        Some(repos) => {
            repos.as_sequence_mut().ok_or(UNCLEAR)?.push(item);
            behind_last(text).ok_or(UNCLEAR)?
        }
    };
    if read(&now)? == wanted { Ok(Some(now)) } else { Err(UNCLEAR) }
}

/// `text` with the entry's item behind the last one of `repos`, a list with one item a block of lines.
fn behind_last(text: &str) -> Option<String> {
    let tree = yaml::parse(text.as_bytes()).ok()?;
    let repos = tree.get(tree.root?, "repos")?;
    let Node::Seq(items) = tree.value(repos) else { return None };
    let start = tree.span(*items.first()?).start;
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(line..start)?.strip_suffix("- ")?;
    if indent.bytes().any(|byte| byte != b' ') {
        return None;
    }
    let last = text.get(..tree.span(*items.last()?).end)?.trim_end().len();
    let end = text.get(last..)?.find('\n').map_or(text.len(), |at| last + at + 1);
    let (above, below) = text.split_at(end);
    let item: String = ENTRY
        .lines()
        .skip_while(|line| !line.starts_with("  - "))
        .map(|line| format!("{indent}{}\n", line.get(2..).unwrap_or_default()))
        .collect();
    Some(with_lines(above, &item) + below)
}

/// `text` with the entry; `None` when it has one.
fn in_toml(text: &str) -> Result<Option<String>, &'static str> {
    const UNCLEAR: &str =
        "its list of repositories is not one that an entry can be added to for certain";
    let read =
        |text: &str| text.parse::<toml::Table>().map_err(|_| "it is no TOML that can be read");
    let mut wanted = read(text)?;
    let rows =
        |table: &toml::Table, key: &str| table.get(key).and_then(|rows| rows.as_array().cloned());
    let repos = rows(&wanted, "repos").unwrap_or_default();
    let hooks = repos.iter().filter_map(|repo| rows(repo.as_table()?, "hooks")).flatten();
    let mut ids = hooks.filter_map(|hook| hook.get("id")?.as_str().map(str::to_owned));
    if ids.any(|id| id.starts_with("hermes-lint")) {
        return Ok(None);
    }
    let all = repos.into_iter().chain(rows(&read(PREK)?, "repos").into_iter().flatten()).collect();
    wanted.insert("repos".to_owned(), toml::Value::Array(all));
    let gap = if text.is_empty() { "" } else { "\n" };
    let now = with_lines(text, &format!("{gap}{PREK}"));
    if read(&now).map_err(|_| UNCLEAR)? == wanted { Ok(Some(now)) } else { Err(UNCLEAR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "- repo: https://github.com/hermes-lint/hermes-lint\n  rev: v0.1.0\n  hooks:\n    - id: hermes-lint\n";

    fn indented(by: &str) -> String {
        ITEM.lines().map(|line| format!("{by}{line}\n")).collect()
    }

    #[test]
    fn an_entry_goes_behind_the_last_one_as_that_is_written() {
        let other = "repo: https://example.org/x\n";
        for (before, at, after) in [
            (
                format!("# ours\nrepos:\n  - {other}    hooks: [{{id: x}}]  # last\n"),
                "  ",
                "\ndefault_stages: [pre-commit]\n",
            ),
            (format!("repos:\n- {other}  hooks:\n  - id: x\n"), "", "# the end\nfail_fast: true\n"),
            (
                format!(
                    "repos:\n    - {other}      hooks:\n        - id: x\n          args: |\n            y\n"
                ),
                "    ",
                "",
            ),
        ] {
            let text = format!("{before}{after}");
            assert_eq!(
                in_yaml(&text),
                Ok(Some(format!("{before}{}{after}", indented(at)))),
                "{text}"
            );
        }
        // A file without a last line end gets one, and the others are kept as they are.
        let text = format!("repos:\r\n- {}  hooks: [{{id: x}}]", other.replace('\n', "\r\n"));
        assert_eq!(in_yaml(&text), Ok(Some(format!("{text}\r\n{}", ITEM.replace('\n', "\r\n")))));
    }

    #[test]
    fn a_file_without_repos_gets_them_and_one_with_the_hook_stays() {
        assert_eq!(in_yaml("fail_fast: true\n"), Ok(Some(format!("fail_fast: true\n{ENTRY}"))));
        assert_eq!(in_yaml("# nothing yet\n"), Ok(Some(format!("# nothing yet\n{ENTRY}"))));
        assert_eq!(in_yaml(ENTRY), Ok(None));
        assert_eq!(in_yaml("repos: [{repo: local, hooks: [{id: hermes-lint-system}]}]"), Ok(None));
        assert_eq!(in_toml(PREK), Ok(None));
        assert_eq!(in_toml("fail_fast = true"), Ok(Some(format!("fail_fast = true\n\n{PREK}"))));
    }

    #[test]
    fn what_is_not_certain_is_left_alone() {
        for text in [
            "repos: []\n",
            "repos: [{repo: local, hooks: []}]\n",
            "repos:\n  -   repo: local\n      hooks: []\n",
            "repos:\n  -\n    repo: local\n    hooks: []\n",
            "- a\n",
            "a: [\n",
            "{a: 1}\n",
            "repos: x\n",
        ] {
            let done = in_yaml(text);
            assert!(done.is_err(), "{text}: {done:?}");
        }
        for text in ["repos = []\n", "x = ", "repos = 1\n"] {
            let done = in_toml(text);
            assert!(done.is_err(), "{text}: {done:?}");
        }
    }
}
