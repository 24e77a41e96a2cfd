//! `config/denylist-anchored`: a deny entry stops a command only where the line begins with it.
//!
//! Each entry is tried with the command it was written for. Destructive commands are left to
//! `config/denylist-incomplete`, which knows their spellings.

use super::approvals::{Entry, ends, entries};
use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::policy::{self, DenyGlob, MAX_ENTRIES, denied_by};
use crate::rules::posture::list;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A deny entry stops a command only where the line begins with it.
pub struct DenylistAnchored;

/// Releases that match a line as a whole only.
const WHOLE_LINES: Range = Range::before(Release::new(0, 21, 3));
/// More entries than these are not tried.
const MOST: usize = 200;
/// Further entries that are pointed at.
const SHOWN: usize = 5;

impl HomeRule for DenylistAnchored {
    const META: RuleMeta = RuleMeta {
        id: "config/denylist-anchored",
        summary: "a deny entry stops a command only at the start of a line",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: WHOLE_LINES,
        checklist: &[],
        cwe: &[184],
        since: "0.1.0",
        page: page!("config/denylist-anchored"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let (severity, when) = match home.holds(&WHOLE_LINES) {
            Holds::Never => return,
            Holds::Always => (Severity::Warning, ""),
            Holds::Depends { .. } => (Severity::Info, "before 0.21.3, "),
        };
        let Some(setting) = home.denylist().native else { return };
        let Some((all, _)) = entries(&setting).filter(|_| is_list(&setting)) else { return };
        if all.len() > MAX_ENTRIES {
            return;
        }
        let globs: Vec<DenyGlob> = all.iter().map(|entry| DenyGlob::new(entry.text)).collect();
        let (release, _) = ends(home);
        let passed: Vec<(&Entry<'_>, String)> = all
            .iter()
            .take(MOST)
            .filter_map(|entry| {
                let command = meant(entry.text)?;
                let passed = around(&globs, &command, release)?;
                (!is_destructive(home, entry.text, release)).then_some((entry, passed))
            })
            .collect();
        let Some(((first, command), others)) = passed.split_first() else { return };
        let edits: Vec<String> =
            passed.iter().take(SHOWN).map(|(entry, _)| format!("`'*{}'`", entry.shown())).collect();
        let severity = if home.runs_isolated() { Severity::Info } else { severity };
        let mut draft = Self::META
            .at(&first.place(&setting))
            .severity(severity)
            .message(format!("{when}`{}` does not stop `{command}`", first.shown()))
            .label("at the start of a line only")
            .help(format!("begin the entry with `*`: {}", list(&edits)))
            .note("from 0.21.3 on Hermes looks at each command of a line by itself");
        for (entry, _) in others.iter().take(SHOWN) {
            draft = draft.related(&entry.place(&setting), "the same");
        }
        findings.add(draft);
    }
}

fn is_list(setting: &Setting<'_>) -> bool {
    matches!(setting.value(), Value::Seq(_))
}

/// True for an entry that stops some spelling of a destructive command.
fn is_destructive(home: &Home<'_>, entry: &str, release: policy::Release) -> bool {
    let glob = [DenyGlob::new(entry)];
    let table = &home.knowledge.commands;
    table
        .classes
        .iter()
        .flat_map(|class| &class.spellings)
        .any(|one| table.judged(&one.command, release).variants.denied_by(&glob).is_some())
}

/// The command that an entry was written for; `None` when it begins with anything, or is no plain glob.
fn meant(entry: &str) -> Option<String> {
    let entry = entry.trim();
    if entry.starts_with(['*', '?']) || entry.contains(['[', '|', ';', '&', '>', '<', '\n', '$']) {
        return None;
    }
    let command = entry.trim_end_matches('*').replace(['*', '?'], "x");
    let command = command.trim().to_owned();
    let plain = command.starts_with(|c: char| c.is_ascii_alphabetic());
    // `cd x && …` and a folder before the name are tried, so the name has to be free of both.
    let name = command.split_whitespace().next()?;
    (plain && !name.contains('/') && name != "cd").then_some(command)
}

/// An everyday spelling of `command` that gets past the list that stops the command itself.
fn around(globs: &[DenyGlob], command: &str, release: policy::Release) -> Option<String> {
    let command = if denied_by(globs, command, release).is_some() {
        command.to_owned()
    } else {
        // `git push *` wants something after the blank.
        let longer = format!("{command} x");
        denied_by(globs, &longer, release)?;
        longer
    };
    [format!("cd repo && {command}"), format!("/usr/bin/{command}")]
        .into_iter()
        .find(|spelling| denied_by(globs, spelling, release).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(entries: &[&str], command: &str) -> Option<String> {
        let globs: Vec<DenyGlob> = entries.iter().map(|entry| DenyGlob::new(entry)).collect();
        around(&globs, command, policy::Release::OLDEST)
    }

    #[test]
    fn the_command_is_what_the_entry_spells() {
        for (entry, command) in [
            ("git push*", Some("git push")),
            ("git push *", Some("git push")),
            ("terraform * destroy*", Some("terraform x destroy")),
            ("*git push*", None),
            ("curl * | sh", None),
            ("/usr/bin/git push*", None),
            ("[g]it*", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(meant(entry).as_deref(), command, "{entry}");
        }
    }

    #[test]
    fn what_the_whole_list_stops_counts() {
        assert_eq!(passes(&["git push*"], "git push").as_deref(), Some("cd repo && git push"));
        let half = ["git push*", "*&& git push*"];
        assert_eq!(passes(&half, "git push").as_deref(), Some("/usr/bin/git push"));
        assert_eq!(passes(&["git push*", "*git push*"], "git push"), None);
    }
}
