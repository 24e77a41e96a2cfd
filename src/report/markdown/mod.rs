//! The report as GitHub-flavoured Markdown, for a pull request or a wiki: tables to look over, edits below.
//!
//! The items stand list by list, as they were published, with places first: a reviewer has the files open.

mod escape;
mod fleet;
mod review;

use std::io::{self, Write};

use self::escape::code;
pub(super) use self::escape::{block, prose};
pub(super) use self::fleet::fleet;
pub(super) use self::review::review;
use super::checklist::{self, SCORE};
use super::{Report, plural};
use crate::checklist::{Checklist, Item, Status};
use crate::finding::{Coverage, Finding};

/// Bytes of a report at most: GitHub takes no comment of more than 65,536 characters.
const MOST: usize = 64_000;
/// Skipped files that are named.
const SKIPS: usize = 50;

/// Writes the checklist alone.
pub(super) fn checklist(
    list: &Checklist,
    coverage: &Coverage,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# Hermes Agent hardening checklist\n")?;
    items(list, out)?;
    receipt(Some(list), coverage, out)
}

/// Writes the checklist, when there is one, and every finding.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    writeln!(head, "# Hermes Agent deployment")?;
    if let Some(list) = report.checklist {
        writeln!(head)?;
        items(list, &mut head)?;
    }
    receipt(report.checklist, report.coverage, &mut tail)?;
    out.write_all(&head)?;
    findings(report, MOST.saturating_sub(head.len() + tail.len()), out)?;
    out.write_all(&tail)
}

fn items(list: &Checklist, out: &mut dyn Write) -> io::Result<()> {
    let tally = list.tally();
    match tally.score() {
        Some(score) => write!(out, "**Score {score} of 100**: ")?,
        None => write!(out, "**No score**: ")?,
    }
    writeln!(out, "{}.", checklist::sentence(&tally))?;
    for (name, items) in checklist::lists(list) {
        writeln!(out, "\n## {} checklist\n", prose(&capital(name)))?;
        writeln!(out, "| Status | Item | Evidence |\n|---|---|---|")?;
        for item in items {
            let status = item.status.as_str().replace('-', "\u{2011}");
            let sign = sign(item.status);
            writeln!(
                out,
                "| {sign}\u{a0}{status} | {} | {} |",
                prose(&item.title),
                evidence(item)
            )?;
        }
        fixes(name, items, out)?;
    }
    Ok(())
}

const fn sign(status: Status) -> char {
    match status {
        Status::Pass => '✅',
        Status::Fail => '❌',
        Status::Manual => '✋',
        Status::NotApplicable => '➖',
        Status::Unknown => '❓',
    }
}

fn evidence(item: &Item) -> String {
    let seen: Vec<String> = item
        .evidence
        .iter()
        .map(|one| {
            let text = prose(&one.text);
            match (&one.path, one.line) {
                (Some(path), Some(line)) => format!("{} {text}", code(&format!("{path}:{line}"))),
                (Some(path), None) => format!("{} {text}", code(path)),
                (None, _) => text,
            }
        })
        .collect();
    if seen.is_empty() { "no file can show it".to_owned() } else { seen.join("<br>") }
}

/// What to write or look at, item by item.
fn fixes(name: &str, items: &[Item], out: &mut dyn Write) -> io::Result<()> {
    let mut titled = false;
    for item in items {
        let Some(help) = &item.help else { continue };
        if !titled {
            writeln!(out, "\n### To do for the {} checklist\n", prose(name))?;
            titled = true;
        }
        let (lead, lines) =
            help.split_once('\n').map_or((help.as_str(), None), |(a, b)| (a, Some(b)));
        let (sign, title) = (sign(item.status), prose(&item.title));
        writeln!(out, "- {sign} **{title}** ({}): {}", code(&item.id), prose(lead))?;
        if let Some(lines) = lines {
            write!(out, "\n{}", block(lines, "  "))?;
        }
    }
    Ok(())
}

/// Writes the findings, errors first where there is no room for all of them.
fn findings(report: &Report<'_>, room: usize, out: &mut dyn Write) -> io::Result<()> {
    let style = super::Style { verbose: 1, ..super::Style::default() };
    let summary = format!("\n## Findings\n\n{}.\n", prose(&super::summary(report, style)));
    out.write_all(summary.as_bytes())?;
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| Severity | Place | Finding | What to write |\n|---|---|---|---|")?;
    let rows: Vec<String> = report.findings.iter().map(row).collect();
    // What is left out is said, in a line that needs room itself.
    let mut left = room.saturating_sub(summary.len() + 400);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| report.findings.get(at).map(|found| std::cmp::Reverse(found.severity)));
    let mut shown = vec![false; rows.len()];
    for at in order {
        let length = rows.get(at).map_or(0, String::len);
        if length > left {
            break;
        }
        left -= length;
        if let Some(shown) = shown.get_mut(at) {
            *shown = true;
        }
    }
    for (row, _) in rows.iter().zip(&shown).filter(|(_, shown)| **shown) {
        out.write_all(row.as_bytes())?;
    }
    let out_of_room = shown.iter().filter(|shown| !**shown).count();
    if out_of_room > 0 {
        let many = plural(out_of_room, "finding");
        writeln!(
            out,
            "\n{many} left out, the less severe first: a comment on GitHub holds no more. \
             `--format json` and `--format html` have all of them."
        )?;
    }
    Ok(())
}

/// A finding as a line of the table.
fn row(finding: &Finding) -> String {
    let Finding { severity, location, message, rule, .. } = finding;
    let line = location.region.map(|at| format!(":{}", at.line)).unwrap_or_default();
    let place = code(&format!("{}{line}", location.path));
    let (message, rule) = (prose(message), code(rule));
    let help = finding.help.as_deref().map(cell).unwrap_or_default();
    format!("| {} | {place} | {message} {rule} | {help} |\n", severity.as_str())
}

/// Help as a cell: a table has no room for a block, so each line is code of its own.
fn cell(help: &str) -> String {
    let (lead, lines) = help.split_once('\n').map_or((help, None), |(a, b)| (a, Some(b)));
    let lines = lines.into_iter().flat_map(str::lines).map(|line| format!("<br>{}", code(line)));
    std::iter::once(prose(lead)).chain(lines).collect()
}

/// What the score means, and what was read.
fn receipt(list: Option<&Checklist>, coverage: &Coverage, out: &mut dyn Write) -> io::Result<()> {
    let Coverage { files, bytes, skipped, homes, hermes, rules } = coverage;
    writeln!(out, "\n---\n")?;
    if list.is_some() {
        writeln!(out, "{SCORE}\n")?;
    }
    let (read, skips) = (plural(*files, "file"), plural(skipped.len(), "file"));
    write!(out, "{read} with {bytes} bytes read, {skips} skipped")?;
    if !homes.is_empty() {
        let homes: Vec<String> = homes.iter().map(|home| code(home)).collect();
        write!(out, "; Hermes homes: {}", homes.join(", "))?;
    }
    write!(out, ". hermes-lint {}", env!("CARGO_PKG_VERSION"))?;
    if let Some(list) = list {
        write!(out, ", {}", list.on)?;
    }
    if !hermes.is_empty() {
        write!(out, ", for Hermes Agent {}", prose(hermes))?;
    }
    writeln!(out, ", rules {}.", code(rules))?;
    if !skipped.is_empty() {
        writeln!(out, "\n<details>\n<summary>Skipped files</summary>\n")?;
        for skip in skipped.iter().take(SKIPS) {
            write!(out, "- {} {}", code(&skip.path), prose(skip.reason))?;
            if !skip.detail.is_empty() {
                write!(out, ": {}", prose(&skip.detail))?;
            }
            writeln!(out)?;
        }
        if let Some(more) = skipped.len().checked_sub(SKIPS).filter(|more| *more > 0) {
            writeln!(out, "- {} more", plural(more, "file"))?;
        }
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}
