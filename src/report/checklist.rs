//! The checklist for people: a table of verdicts, each with what was seen.
//!
//! Evidence stands below every verdict, the passes included: a tick without its reason is what this
//! checklist replaces.

use std::io::{self, Write};

use super::human::Palette;
use super::{Style, text};
use crate::checklist::{Checklist, Evidence, Item, Status, Tally};

/// Every verdict, in the order totals are given.
pub(super) const STATUSES: [Status; 5] =
    [Status::Pass, Status::Fail, Status::Manual, Status::NotApplicable, Status::Unknown];

/// Column of the titles: a mark and the longest status word stand before it.
const TITLE_INDENT: usize = 20;

/// What the score is, for the formats that show it.
pub(super) const SCORE: &str = "The score is the share of items that pass among those that arise here, in per cent and \
     rounded down. An item passes or fails by evidence that is shown. An item that needs a person, or that could not be \
     read, has not passed: it stays among those that arise, and no hundred is reached without it. An item leaves the \
     count only when it does not arise here and the reason stands beside it.";

/// `9 of 14 decided items pass; 3 need a person; 1 could not be read; 2 do not arise here`.
pub(super) fn sentence(tally: &Tally) -> String {
    let mut said = match tally.decided() {
        0 => "no item is decided".to_owned(),
        1 => format!("{} of 1 decided item passes", tally.pass),
        decided => format!("{} of {decided} decided items pass", tally.pass),
    };
    for (count, one, many) in [
        (tally.manual, "needs a person", "need a person"),
        (tally.unknown, "could not be read", "could not be read"),
        (tally.not_applicable, "does not arise here", "do not arise here"),
    ] {
        if count > 0 {
            said += &format!("; {count} {}", if count == 1 { one } else { many });
        }
    }
    said
}

/// The items of each list, in the order in which they come.
pub(super) fn lists(list: &Checklist) -> impl Iterator<Item = (&str, &[Item])> {
    list.items.chunk_by(|a, b| a.list == b.list).filter_map(|items| {
        let first = items.first()?;
        Some((first.list.as_str(), items))
    })
}

/// Writes a table for each list, in the order in which they come, and the totals.
pub(super) fn human(list: &Checklist, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(style);
    let strong = palette.strong;
    let mut current = None;
    for item in &list.items {
        if current != Some(item.list.as_str()) {
            if current.is_some() {
                writeln!(out)?;
            }
            writeln!(out, "{strong}{} checklist{strong:#}", text::line(&item.list))?;
            current = Some(item.list.as_str());
        }
        human_item(item, style, palette, out)?;
    }
    if !style.quiet {
        writeln!(out, "\n{strong}{}{strong:#}", totals(list))?;
    }
    Ok(())
}

fn human_item(item: &Item, style: Style, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let (mark, color) = match item.status {
        Status::Pass => ('✔', palette.good),
        Status::Fail => ('×', palette.bad),
        Status::Manual => ('☞', palette.word),
        Status::NotApplicable => ('–', palette.faint),
        Status::Unknown => ('?', palette.open),
    };
    let (faint, word) = (palette.faint, palette.word);
    let (title, id) = (text::line(&item.title), text::name(&item.id));
    let status = item.status.as_str();
    writeln!(out, "  {color}{mark} {status:<14}{color:#}  {title} {faint}[{id}]{faint:#}")?;

    let indent = " ".repeat(TITLE_INDENT);
    let width = style.width.max(TITLE_INDENT + 40);
    for evidence in &item.evidence {
        let seen = format!("{}{}", text::line(&evidence.text), place(evidence));
        out.write_all(text::hanging(&indent, &seen, width).as_bytes())?;
    }
    if let Some(help) = &item.help {
        // The lead is laid out without colour, whose codes have no width.
        let lead = format!("{indent}help: ");
        let lines = text::hanging(&lead, &text::block(help), width);
        let rest = lines.strip_prefix(&lead).unwrap_or(&lines);
        write!(out, "{indent}{word}help:{word:#} {rest}")?;
    }
    if style.verbose > 0 && !item.rules.is_empty() {
        let rules = format!("rules: {}", text::line(&item.rules.join(", ")));
        out.write_all(text::hanging(&indent, &rules, width).as_bytes())?;
    }
    Ok(())
}

/// Writes one line an item: `checklist: status[id] title (what was seen; ...)`.
pub(super) fn concise(list: &Checklist, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for item in &list.items {
        let (id, title) = (text::name(&item.id), text::line(&item.title));
        write!(out, "checklist: {}[{id}] {title}", item.status.as_str())?;
        for (i, evidence) in item.evidence.iter().enumerate() {
            let separator = if i == 0 { ": " } else { "; " };
            write!(out, "{separator}{}{}", text::line(&evidence.text), place(evidence))?;
        }
        writeln!(out)?;
    }
    if !style.quiet {
        writeln!(out, "checklist: {}", totals(list))?;
    }
    Ok(())
}

/// ` (path:line)`, as far as known.
pub(super) fn place(evidence: &Evidence) -> String {
    match (&evidence.path, evidence.line) {
        (Some(path), Some(line)) => format!(" ({}:{line})", text::name(path)),
        (Some(path), None) => format!(" ({})", text::name(path)),
        (None, _) => String::new(),
    }
}

/// `2 pass, 1 fail, 0 manual, 0 not-applicable, 0 unknown`.
fn totals(list: &Checklist) -> String {
    let tally = list.tally();
    STATUSES.map(|status| format!("{} {}", tally.count(status), status.as_str())).join(", ")
}
