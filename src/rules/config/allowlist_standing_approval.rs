//! `config/allowlist-standing-approval`: whole classes of dangerous commands are approved for good.

use std::collections::BTreeMap;

use super::approvals::{Entry, approval_table, by_backend, ends, entries, more, names};
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::allow::{Rating, Special, rate};
use crate::policy::{ApprovalTable, CommandTable, MAX_ENTRIES, Release};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Entries of `command_allowlist` that approve more than one harmless command.
pub struct AllowlistStandingApproval;

impl HomeRule for AllowlistStandingApproval {
    const META: RuleMeta = RuleMeta {
        id: "config/allowlist-standing-approval",
        summary: "whole classes of dangerous commands are approved for good",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[183, 862],
        since: "0.1.0",
        page: page!("config/allowlist-standing-approval"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(setting) = home.setting("command_allowlist") else { return };
        let Some((list, _)) = entries(&setting) else { return };
        let Some(approvals) = approval_table() else { return };
        let (low, high) = ends(home);
        let reader = Reader { approvals, commands: &home.knowledge.commands, low, high };
        let mut groups: BTreeMap<String, (Severity, Vec<String>)> = BTreeMap::new();
        let mut bare = Vec::new();
        for entry in list.iter().take(MAX_ENTRIES) {
            match reader.effect(entry) {
                Some((severity, what)) => {
                    let group = groups.entry(what).or_insert((severity, Vec::new()));
                    group.0 = group.0.max(severity);
                    group.1.push(entry.shown());
                }
                None if reader.is_bare_runner(entry) => bare.push(entry.shown()),
                None => {}
            }
        }
        let mut groups: Vec<(Severity, String, Vec<String>)> =
            groups.into_iter().map(|(what, (severity, of))| (severity, what, of)).collect();
        groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let place = setting.key_place();
        let only_bare = (!bare.is_empty()).then(|| {
            let verb = if bare.len() == 1 { "approves" } else { "approve" };
            format!(
                "{} {verb} the bare command only, and no command with arguments",
                names(&bare, 4)
            )
        });
        let Some((worst, ..)) = groups.first() else {
            if let Some(message) = only_bare {
                findings.add(
                    Self::META
                        .at(&place)
                        .severity(Severity::Info)
                        .message(message)
                        .label("no restriction")
                        .help("drop them: the list skips prompts, and restricts nothing"),
                );
            }
            return;
        };
        let titles: Vec<&str> = groups.iter().map(|(_, what, _)| what.as_str()).take(3).collect();
        findings.add(
            Self::META
                .at(&place)
                .severity(by_backend(home, *worst))
                .message(format!(
                    "never asked about again: {}",
                    more(&titles, groups.len())
                ))
                .label("standing approvals")
                .help(
                    "drop these entries and restart Hermes; keep exact commands only (`- git status`), or write \
                     `command_allowlist: []`",
                )
                .notes(groups.iter().map(|(_, what, of)| format!("{what}: {}", names(of, 6))))
                .notes(only_bare),
        );
    }
}

struct Reader<'t> {
    approvals: &'t ApprovalTable,
    commands: &'t CommandTable,
    low: Release,
    high: Release,
}

impl Reader<'_> {
    /// How bad what an entry approves is, and what that is; `None` for nothing of note here.
    fn effect(&self, entry: &Entry<'_>) -> Option<(Severity, String)> {
        let now = self.effect_in(entry, self.high);
        if self.low == self.high {
            return now;
        }
        let before = self.effect_in(entry, self.low);
        match (now, before) {
            (Some((severity, what)), None) => {
                Some((severity.min(Severity::Warning), format!("{what} (newer releases)")))
            }
            (None, Some((severity, what))) => Some((severity, format!("{what} (older releases)"))),
            (Some((severity, _)), Some((before, what))) if before > severity => {
                Some((before, format!("{what} (older releases)")))
            }
            (now, _) => now,
        }
    }

    fn effect_in(&self, entry: &Entry<'_>, release: Release) -> Option<(Severity, String)> {
        Some(match rate(entry.text, release, self.approvals, self.commands) {
            Rating::StandingApproval(pattern) => self.classes([pattern.class.as_str()]),
            Rating::ClassWord(word) => {
                let patterns = self.approvals.patterns.iter();
                let approved =
                    patterns.filter(|pattern| word.approves.contains(&pattern.description));
                self.classes(approved.map(|pattern| pattern.class.as_str()))
            }
            Rating::Special(Special::ExecuteCode) => {
                (Severity::Error, "every script given to `execute_code`".to_owned())
            }
            Rating::Special(Special::PluginRule(_)) => {
                (Severity::Warning, "what a plugin's rule asks about".to_owned())
            }
            Rating::Special(Special::Tirith(_)) => {
                (Severity::Warning, "what the command scanner asks about".to_owned())
            }
            Rating::LegacyKey => {
                (Severity::Warning, "a class, by the key of an early release".to_owned())
            }
            Rating::Everything => {
                (Severity::Error, "every command without a shell operator".to_owned())
            }
            Rating::Glob { classes } if !classes.is_empty() => self.classes(classes),
            Rating::Exact { class: Some(class) } => {
                (Severity::Warning, format!("one {} command", self.title(class)))
            }
            Rating::FutureClass(_)
            | Rating::RunsAnything(_)
            | Rating::Glob { .. }
            | Rating::Exact { class: None }
            | Rating::Nothing => return None,
        })
    }

    fn classes<'c>(&self, classes: impl IntoIterator<Item = &'c str>) -> (Severity, String) {
        let mut all: Vec<&str> = classes.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let severity = if all.iter().any(|class| is_destructive(class)) {
            Severity::Error
        } else {
            Severity::Warning
        };
        let titles: Vec<&str> = all.iter().map(|class| self.title(class)).collect();
        (severity, more(&titles, titles.len()))
    }

    fn title<'c>(&'c self, class: &'c str) -> &'c str {
        if let Some(class) = self.commands.class(class) {
            return &class.title;
        }
        match class {
            "obfuscation" => "decoded or hidden code",
            "database" => "SQL that drops data",
            "system-file" => "writing system files",
            "configuration-file" => "writing configuration, keys and start-up files",
            "service-control" => "stopping services",
            "code-execution" => "any script or shell text",
            "version-control" => "discarding or rewriting git history",
            "system-state" => "removing backups and boot settings",
            "secret-access" => "reading or sending credentials",
            "container-control" => "commands to another container daemon",
            "package-removal" => "removing packages",
            other => other,
        }
    }

    /// A program's name alone: `python`, `gh`.
    fn is_bare_runner(&self, entry: &Entry<'_>) -> bool {
        let text = entry.text.trim();
        !text.contains(|c: char| c.is_whitespace() || "*?[".contains(c))
            && self.commands.runner(&[text]).is_some()
    }
}

/// Classes that lose data, or hand the machine over, in one command.
fn is_destructive(class: &str) -> bool {
    !matches!(
        class,
        "kill-all"
            | "service-control"
            | "version-control"
            | "container-control"
            | "package-removal"
    )
}
