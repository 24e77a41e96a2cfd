//! `config/allowlist-runs-anything`: an allowed program runs whatever its arguments say.

use super::approvals::{Entry, approval_table, by_backend, ends, entries, names};
use crate::deployment::{Home, ListSetting};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::allow::{Rating, pairs, rate, rate_guide};
use crate::policy::table::Runner;
use crate::policy::{CommandTable, MAX_ENTRIES};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An allowed program runs whatever its arguments say.
pub struct AllowlistRunsAnything;

impl HomeRule for AllowlistRunsAnything {
    const META: RuleMeta = RuleMeta {
        id: "config/allowlist-runs-anything",
        summary: "an allowed program runs whatever its arguments say",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[183],
        since: "0.1.0",
        page: page!("config/allowlist-runs-anything"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if let Some(list) = home.list("command_allowlist") {
            native(home, &list, findings);
        }
        if let Some(list) = home.list("security.command_allowlist") {
            guide(home, &list, findings);
        }
    }
}

fn native(home: &Home<'_>, list: &ListSetting<'_>, findings: &mut Findings) {
    let Some((all, _)) = entries(&list.setting) else { return };
    let Some(approvals) = approval_table() else { return };
    let commands = &home.knowledge.commands;
    let high = ends(home).1;
    let found: Vec<(&Entry<'_>, &Runner)> = all
        .iter()
        .take(MAX_ENTRIES)
        .filter_map(|entry| {
            let runner = match rate(entry.text, high, approvals, commands) {
                Rating::RunsAnything(runner) => runner,
                // A glob that names a class too is another rule's finding.
                Rating::Glob { classes } if classes.is_empty() => {
                    runs_through(entry.text, commands)?
                }
                _ => return None,
            };
            Some((entry, runner))
        })
        .collect();
    let Some((first, _)) = found.first() else { return };
    let shown: Vec<String> = found.iter().map(|(entry, _)| entry.shown()).collect();
    let place =
        if found.len() == 1 { first.place(&list.setting) } else { list.setting.key_place() };
    findings.add(
        AllowlistRunsAnything::META
            .at(&place)
            .anchor(list.setting.path.clone())
            .severity(by_backend(home, Severity::Error))
            .message(format!(
                "{} {} for any command, and none is asked about",
                names(&shown, 4),
                if shown.len() == 1 { "stands" } else { "stand" }
            ))
            .label("runs anything")
            .help("write the exact commands instead, without a glob: `- git status`")
            .notes(
                found
                    .iter()
                    .take(8)
                    .map(|(entry, runner)| format!("`{}`: {}", entry.shown(), runner.why)),
            ),
    );
}

/// Commands of a project's own tests: what runs is in the project, and so is who wrote it.
const TESTS: [&str; 2] = ["npm test", "pytest"];

fn guide(home: &Home<'_>, list: &ListSetting<'_>, findings: &mut Findings) {
    let Some((all, _)) = entries(&list.setting) else { return };
    let commands = &home.knowledge.commands;
    let alone: Vec<(&Entry<'_>, &str)> = all
        .iter()
        .take(MAX_ENTRIES)
        .filter_map(|entry| {
            if !entry.text.is_empty() && entry.text.trim_matches(['*', ' ']).is_empty() {
                return Some((entry, "lets every command pass"));
            }
            let runner =
                rate_guide(entry.text, commands).or_else(|| runs_through(entry.text, commands));
            Some((entry, runner?.why.as_str()))
        })
        .collect();
    let tools = home.list("security.tool_allowlist");
    let tool_entries = tools
        .as_ref()
        .and_then(|tools| entries(&tools.setting))
        .map_or_else(Vec::new, |(all, _)| all);
    let texts: Vec<&str> = all.iter().chain(&tool_entries).map(|entry| entry.text).collect();
    // A second half that the commands list names is reported alone already.
    let together: Vec<(String, String, &str)> = pairs_each(&texts, all.len(), commands)
        .into_iter()
        .filter_map(|(one, other, why)| {
            let tool = tool_entries.get(other.checked_sub(all.len())?)?;
            Some((all.get(one)?.shown(), tool.shown(), why))
        })
        .collect();
    if alone.is_empty() && together.is_empty() {
        return;
    }
    let only_tests =
        together.is_empty() && alone.iter().all(|(entry, _)| TESTS.contains(&entry.text.trim()));
    let shown: Vec<String> = alone.iter().map(|(entry, _)| entry.shown()).collect();
    let fed: Vec<&str> = together.iter().map(|(one, ..)| one.as_str()).collect();
    let message = match together.first() {
        _ if only_tests => {
            format!(
                "{} runs what the project says, and the agent may write there",
                names(&shown, 4)
            )
        }
        None => format!("{} can run any command, so the list holds nothing back", names(&shown, 4)),
        Some((_, tool, _)) => format!(
            "{} can run any command with `{tool}` among the tools{}, so the list holds nothing back",
            names(&fed, 4),
            if alone.is_empty() {
                String::new()
            } else {
                format!(", {} without it", names(&shown, 4))
            }
        ),
    };
    let place = match alone.first() {
        Some((entry, _)) if alone.len() == 1 && together.is_empty() => entry.place(&list.setting),
        _ => list.setting.key_place(),
    };
    let help = if only_tests {
        "keep it if tests run in a container of their own: `terminal.backend: docker`"
    } else {
        "leave these out of the list, and take the tool away that runs them: \
         `agent.disabled_toolsets: [terminal, code_execution]` is what Hermes reads"
    };
    let mut draft = AllowlistRunsAnything::META
        .at(&place)
        .anchor(list.setting.path.clone())
        .severity(if only_tests { Severity::Info } else { Severity::Warning })
        .message(message)
        .label("runs anything")
        .help(help)
        .notes(alone.iter().take(8).map(|(entry, why)| format!("`{}`: {why}", entry.shown())))
        .notes(
            together
                .iter()
                .take(8)
                .map(|(one, tool, why)| format!("`{one}` beside `{tool}`: {why}")),
        )
        .note("no release reads `security.command_allowlist`");
    if let (Some(tools), false) = (&tools, together.is_empty()) {
        draft = draft.related(&tools.setting.key_place(), "the other half");
    }
    findings.add(draft);
}

/// Each pair of the table that the entries hold, as indexes: one of `first` before `split`, one of
/// `second` from there on.
fn pairs_each<'t>(
    texts: &[&str],
    split: usize,
    commands: &'t CommandTable,
) -> Vec<(usize, usize, &'t str)> {
    let (one, others) = texts.split_at(split.min(texts.len()));
    let mut all = Vec::new();
    for (index, text) in one.iter().enumerate() {
        for (number, other) in others.iter().enumerate() {
            let found = pairs(&[*text, *other], commands);
            if let Some((pair, ..)) =
                found.iter().find(|(_, first, second)| (*first, *second) == (0, 1))
            {
                all.push((index, split + number, pair.why.as_str()));
            }
        }
    }
    all
}

/// A program with only options or a word for "run" behind it: `python -c *`, `uv run *`.
fn runs_through<'t>(entry: &str, commands: &'t CommandTable) -> Option<&'t Runner> {
    let fixed = entry.split(['*', '?', '[']).next().unwrap_or_default();
    let words: Vec<&str> = fixed.split_whitespace().collect();
    let runner = commands.runner(&words)?;
    let known = runner.entry.split_whitespace().count();
    let more = words.get(known..)?;
    let hands_on = |word: &&str| {
        word.starts_with('-')
            || matches!(*word, "run" | "exec" | "eval" | "x" | "dlx" | "start" | "script")
    };
    (!more.is_empty() && more.iter().all(hands_on)).then_some(runner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands() -> CommandTable {
        serde_json::from_str(crate::data::file("commands").unwrap_or_default()).unwrap()
    }

    #[test]
    fn options_do_not_narrow() {
        let commands = commands();
        for entry in ["python -c *", "bash -lc*", "uv run *", "docker exec *", "python3 -c"] {
            assert!(runs_through(entry, &commands).is_some(), "{entry}");
        }
        for entry in [
            "git status*",
            "python3 scripts/report.py *",
            "ls *",
            "docker ps *",
            "git log --oneline *",
        ] {
            assert!(runs_through(entry, &commands).is_none(), "{entry}");
        }
    }

    #[test]
    fn pairs_need_one_of_each() {
        let commands = commands();
        let all = pairs_each(&["git status", "curl", "cat", "read", "bash"], 3, &commands);
        let found: Vec<(usize, usize)> = all.iter().map(|&(one, other, _)| (one, other)).collect();
        assert_eq!(found, [(1, 4), (2, 4)]);
        assert!(pairs_each(&["curl", "read"], 1, &commands).is_empty());
    }
}
