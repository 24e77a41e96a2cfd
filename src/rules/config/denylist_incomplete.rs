//! `config/denylist-incomplete`: destructive commands that the denylist does not stop, as they are
//! usually typed.
//!
//! Only usual spellings count: every list ends somewhere, and an exotic spelling says nothing about it.

use std::sync::Arc;

use super::approvals::{Entry, ends, entries, more, yaml_items};
use super::deny_globs::Wanted;
use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::coverage::ClassHoles;
use crate::policy::{
    CommandClass, CommandTable, DenyGlob, DenyVocabulary, MAX_ENTRIES, Release, holes,
};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Destructive commands get through the denylist.
pub struct DenylistIncomplete;

/// Spellings named for one class.
const SHOWN: usize = 3;
/// Globs that one help text lists.
const LISTED: usize = 24;

impl HomeRule for DenylistIncomplete {
    const META: RuleMeta = RuleMeta {
        id: "config/denylist-incomplete",
        summary: "destructive commands get through the denylist",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["denylist-destructive"],
        cwe: &[184],
        since: "0.1.0",
        page: page!("config/denylist-incomplete"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let denylist = home.denylist();
        let filled = |setting: &Setting<'_>| !setting.is_empty();
        match denylist.native.filter(filled) {
            Some(list) => judge(home, &[list], DenyVocabulary::Native, findings),
            None => {
                let lists: Vec<Setting<'_>> = denylist.guide.into_iter().filter(filled).collect();
                judge(home, &lists, DenyVocabulary::Guide, findings);
            }
        }
    }
}

fn judge(
    home: &Home<'_>,
    lists: &[Setting<'_>],
    vocabulary: DenyVocabulary,
    findings: &mut Findings,
) {
    let mut all: Vec<Entry<'_>> = Vec::new();
    for list in lists {
        // A list of another type has its own rule, a templated one is not known.
        let Value::Seq(_) = list.value() else { return };
        let Some((texts, _)) = entries(list) else { return };
        all.extend(texts.into_iter().filter(|entry| !entry.text.trim().is_empty()));
    }
    let Some(first) = lists.first().filter(|_| !all.is_empty()) else { return };
    let texts: Vec<&str> = all.iter().map(|entry| entry.text).collect();
    let (low, high) = ends(home);
    let commands = &home.knowledge.commands;
    let now = holes(vocabulary, &texts, commands, high);
    let before = if vocabulary == DenyVocabulary::Native && segment_wise(low) != segment_wise(high)
    {
        holes(vocabulary, &texts, commands, low)
    } else {
        Vec::new()
    };
    let floor = has_floor(home);
    let open: Vec<Open<'_>> = now
        .iter()
        .enumerate()
        .map(|(number, class)| Open::of(class, before.get(number), floor))
        .filter(|open| !open.through.is_empty())
        .collect();
    let (further, needed): (Vec<Open<'_>>, Vec<Open<'_>>) =
        open.into_iter().partition(|open| open.class.optional);
    let all_classes =
        |optional| now.iter().filter(|holes| holes.class.optional == optional).count();
    // What is also everyday work is told of only where the rest is complete.
    let (open, total, what) = if needed.is_empty() {
        (further, all_classes(true), "further classes")
    } else {
        (needed, all_classes(false), "classes of destructive commands")
    };
    let Some(optional) = open.first().map(|open| open.class.optional) else { return };
    let titles: Vec<&str> = open.iter().take(4).map(|open| open.class.title.as_str()).collect();
    let only_early = open.iter().all(|open| open.through.iter().all(|one| !one.at_high));
    let refused = open.iter().all(|open| open.through.iter().all(|one| one.refused));
    let severity = match () {
        () if optional || refused || home.runs_isolated() => Severity::Info,
        () => Severity::Warning,
    };
    let when =
        if only_early { format!("before {}, ", Release::SEGMENT_DENY) } else { String::new() };
    let mut draft = DenylistIncomplete::META
        .at(&first.key_place())
        .severity(severity)
        .message(format!(
            "{when}{} of {total} {what} get through: {}",
            open.len(),
            more(&titles, open.len())
        ))
        .label("incomplete")
        .notes(open.iter().map(Open::note))
        .help(help(&open, vocabulary, commands, (low, high)));
    if all.len() > MAX_ENTRIES {
        draft = draft
            .confidence(Confidence::Low)
            .note(format!("only the first {MAX_ENTRIES} of {} entries were judged", all.len()));
    }
    if vocabulary == DenyVocabulary::Guide {
        draft = draft.note(format!(
            "no release reads `{}`; its entries are taken as the first words of a command",
            first.path
        ));
    } else if segment_wise(low) != segment_wise(high) {
        draft = draft.note(format!(
            "before {} an entry has to match the whole line, later each command of it",
            Release::SEGMENT_DENY
        ));
    }
    let (document, known) = match vocabulary {
        DenyVocabulary::Native => (Some(first.document), texts.as_slice()),
        // What a guide's list denies nothing denies: all of it is written anew.
        DenyVocabulary::Guide => (home.config(), &[][..]),
    };
    let globs = complete(home, known);
    // Which everyday work is to be refused, too, a person decides.
    let edits = document.filter(|_| !optional).and_then(|document| {
        document.changed(|sheet| sheet.append(&["approvals", "deny"], &globs))
    });
    draft = draft.edits(
        if vocabulary == DenyVocabulary::Native {
            "deny what still gets through"
        } else {
            "write the list where Hermes reads it"
        },
        false,
        edits,
    );
    for other in lists.iter().skip(1) {
        draft = draft.related(&other.key_place(), "read together with it");
    }
    findings.add(draft);
}

fn segment_wise(release: Release) -> bool {
    release >= Release::SEGMENT_DENY
}

/// True where Hermes refuses the worst commands by itself.
fn has_floor(home: &Home<'_>) -> bool {
    let ssh = || {
        home.mirrored("terminal.backend")
            .and_then(|found| found.backend())
            .is_some_and(|backend| backend == "ssh")
    };
    home.runs_locally() || ssh()
}

/// A spelling that gets through.
struct Through<'t> {
    command: &'t str,
    /// Hermes refuses it whatever the list says.
    refused: bool,
    /// The newest release in question lets it through.
    at_high: bool,
    /// The oldest one does, which matches whole lines where the newest does not.
    at_low: bool,
}

/// A class with usual spellings that get through.
struct Open<'t> {
    class: &'t CommandClass,
    through: Vec<Through<'t>>,
    /// Usual spellings that the list stops, to compare with.
    stopped: Vec<&'t str>,
}

impl<'t> Open<'t> {
    fn of(now: &ClassHoles<'t>, before: Option<&ClassHoles<'t>>, floor: bool) -> Self {
        let find = |holes: &ClassHoles<'t>, command: &str| {
            holes.usual().find(|hole| hole.spelling.command == command).map(|hole| hole.hardline)
        };
        let mut open = Self { class: now.class, through: Vec::new(), stopped: Vec::new() };
        for spelling in now.class.spellings.iter().filter(|spelling| spelling.usual) {
            let command = spelling.command.as_str();
            let at_high = find(now, command);
            let at_low = before.and_then(|before| find(before, command));
            match (at_high, at_low) {
                (None, None) => open.stopped.push(command),
                (high, low) => open.through.push(Through {
                    command,
                    refused: floor && high.unwrap_or(true) && low.unwrap_or(true),
                    at_high: high.is_some(),
                    at_low: low.is_some(),
                }),
            }
        }
        open
    }

    /// `recursive delete: `rm -fr build`, … and 9 more`.
    fn note(&self) -> String {
        let all_refused = self.through.iter().all(|one| one.refused);
        let shown: Vec<String> = self
            .telling()
            .iter()
            .map(|one| {
                let refused =
                    if one.refused && !all_refused { " (refused by Hermes anyway)" } else { "" };
                format!("`{}`{refused}", one.command)
            })
            .collect();
        let stopped = if self.stopped.is_empty() { ", nothing of it stopped" } else { "" };
        let refused = if all_refused { ", all refused by Hermes anyway" } else { "" };
        format!("{}{stopped}{refused}: {}", self.class.title, more(&shown, self.through.len()))
    }

    /// The spellings that tell most: first two that say the same as one the list stops, then other
    /// programs, then whatever comes first.
    fn telling(&self) -> Vec<&Through<'t>> {
        let stopped: Vec<String> = self.stopped.iter().map(|command| sense(command)).collect();
        let program = |one: &Through<'_>| one.command.split(' ').next().map(str::to_owned);
        let mut picked: Vec<&Through<'t>> = self
            .through
            .iter()
            .filter(|one| stopped.contains(&sense(one.command)))
            .take(2)
            .collect();
        for others in [true, false] {
            for one in &self.through {
                let known = picked.iter().any(|other| std::ptr::eq(*other, one))
                    || (others && picked.iter().any(|other| program(other) == program(one)));
                if !known && picked.len() < SHOWN {
                    picked.push(one);
                }
            }
        }
        picked
    }
}

/// A command with its short flags in order: equal for `rm -rf x` and `rm -f -r x`.
fn sense(command: &str) -> String {
    let mut flags: Vec<char> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for word in command.split(' ') {
        match word.strip_prefix('-') {
            Some(letters) if !letters.starts_with('-') => flags.extend(letters.chars()),
            _ => words.push(word),
        }
    }
    flags.sort_unstable();
    flags.dedup();
    format!("{} -{}", words.join(" "), String::from_iter(flags))
}

/// The recommended globs that stop what gets through, fewest first found.
fn help(
    open: &[Open<'_>],
    vocabulary: DenyVocabulary,
    commands: &CommandTable,
    ends: (Release, Release),
) -> String {
    let (globs, more) = cover(open, vocabulary, commands, ends);
    let start = match vocabulary {
        DenyVocabulary::Native => "add to `approvals.deny`:\n",
        DenyVocabulary::Guide => {
            "write the list where Hermes reads it, with these in it:\napprovals:\n  deny:\n"
        }
    };
    let rest = if more { "\nmore follow once these are in" } else { "" };
    format!("{start}{}{rest}", yaml_items(&globs, "    "))
}

/// Every glob that is needed beside `known`, entries of `approvals.deny`, to stop the usual spellings of all classes but
/// those that are everyday work as well.
pub(super) fn complete(home: &Home<'_>, known: &[&str]) -> Arc<[String]> {
    let (ends, commands) = (ends(home), &home.knowledge.commands);
    commands.completed(known, ends, || completed(known, commands, ends))
}

fn completed(
    known: &[&str],
    commands: &CommandTable,
    (low, high): (Release, Release),
) -> Vec<String> {
    let known = DenyGlob::list(known);
    let mut globs: Vec<&DenyGlob> = Vec::new();
    for class in commands.classes.iter().filter(|class| !class.optional) {
        let usual = class.spellings.iter().filter(|spelling| spelling.usual);
        let usual =
            usual.flat_map(|one| [(one.command.as_str(), high), (one.command.as_str(), low)]);
        let mut left = Wanted::new(commands, usual);
        known.iter().chain(globs.iter().copied()).for_each(|glob| left.stop(glob));
        while let Some(glob) = left.best(class, low, high) {
            left.stop(glob);
            globs.push(glob);
        }
    }
    globs.into_iter().map(|glob| glob.text().to_owned()).collect()
}

/// The globs to list, and whether more are needed.
fn cover<'t>(
    open: &[Open<'t>],
    vocabulary: DenyVocabulary,
    commands: &CommandTable,
    (low, high): (Release, Release),
) -> (Vec<&'t str>, bool) {
    let mut globs: Vec<&DenyGlob> = Vec::new();
    let texts = |globs: Vec<&'t DenyGlob>| globs.into_iter().map(DenyGlob::text).collect();
    for class in open {
        let open_now = class.through.iter().flat_map(|one| {
            let now = one.at_high.then_some((one.command, high));
            now.into_iter().chain(one.at_low.then_some((one.command, low)))
        });
        // A guide's list stops nothing in Hermes: what it covers has to be covered anew.
        let anew = class.through.iter().map(|one| one.command).chain(class.stopped.iter().copied());
        let anew = anew.flat_map(|command| [(command, high), (command, low)]);
        let mut left = match vocabulary {
            DenyVocabulary::Native => Wanted::new(commands, open_now),
            DenyVocabulary::Guide => Wanted::new(commands, anew),
        };
        globs.iter().for_each(|glob| left.stop(glob));
        while let Some(glob) = left.best(class.class, low, high) {
            if globs.len() == LISTED {
                return (texts(globs), true);
            }
            left.stop(glob);
            globs.push(glob);
        }
    }
    (texts(globs), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_any_order_say_the_same() {
        assert_eq!(sense("rm -rf build"), sense("rm -f -r build"));
        assert_ne!(sense("rm -rf build"), sense("rm -r build"));
        assert_ne!(sense("rm --force x"), sense("rm -f x"));
    }
}
