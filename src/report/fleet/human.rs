//! Several reports for people: tables that fit a terminal, then each finding once with the hosts that have it.

use std::io::{self, Write};

use super::{COLUMNS, NAMED, places, sentence, sign};
use crate::checklist::Status;
use crate::finding::Severity;
use crate::fleet::{Fleet, Joined, Severities};
use crate::report::checklist::STATUSES;
use crate::report::human::Palette;
use crate::report::{Style, text};

/// Findings that are shown; `-v` shows all.
const SHOWN: usize = 100;

/// Writes the hosts, the items, the rules and the findings.
pub(super) fn write(fleet: &Fleet, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(style);
    let strong = palette.strong;
    hosts(fleet, palette, out)?;
    if !fleet.items.is_empty() {
        items(fleet, palette, out)?;
    }
    if !fleet.rules.is_empty() {
        rules(fleet, palette, out)?;
    }
    let most = if style.verbose > 0 { usize::MAX } else { SHOWN };
    for joined in fleet.findings.iter().take(most) {
        finding(fleet, joined, style, palette, out)?;
    }
    let more = fleet.findings.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "\nand {} (-v shows each)", super::plural(more, "more finding"))?;
    }
    if !style.quiet {
        writeln!(out, "\n{strong}{}{strong:#}", sentence(fleet))?;
    }
    Ok(())
}

fn color(severity: Severity, palette: Palette) -> anstyle::Style {
    match severity {
        Severity::Error => palette.bad,
        Severity::Warning => palette.open,
        Severity::Info => palette.word,
    }
}

/// `text`, filled up with blanks to `width` columns.
fn padded(text: &str, width: usize) -> String {
    let wide: usize = text.chars().map(text::cells).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(wide)))
}

fn hosts(fleet: &Fleet, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let strong = palette.strong;
    let names: Vec<_> = fleet.hosts.iter().map(|host| text::name(&host.name)).collect();
    let widths = names.iter().map(|name| name.chars().map(text::cells).sum());
    let width = widths.max().unwrap_or(0).max(4);
    writeln!(
        out,
        "{strong}    {}  score  pass  fail  manual  n/a  unknown  errors  warnings  infos  skipped{strong:#}",
        padded("host", width)
    )?;
    for (number, (host, name)) in (1..).zip(fleet.hosts.iter().zip(&names)) {
        let name = padded(name, width);
        let count = |status| host.verdicts.map(|tally| tally.count(status));
        // A dash where the report says nothing of it: a zero would be good news.
        let or_dash =
            |count: Option<usize>| count.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let [pass, fail, manual, none, unknown] = STATUSES.map(|status| or_dash(count(status)));
        let score = or_dash(host.verdicts.and_then(|tally| tally.score()));
        let found = |of: fn(Severities) -> usize| or_dash(host.findings.map(of));
        let (errors, warnings) = (found(|all| all.errors), found(|all| all.warnings));
        let (infos, skips) = (found(|all| all.infos), or_dash(host.findings.map(|_| host.skips())));
        writeln!(
            out,
            "{number:>3} {name}  {score:>5}  {pass:>4}  {fail:>4}  {manual:>6}  {none:>3}  {unknown:>7}  \
             {errors:>6}  {warnings:>8}  {infos:>5}  {skips:>7}"
        )?;
    }
    Ok(())
}

/// The verdicts: a column a host while there is room, with the numbers of the table above as heads.
fn items(fleet: &Fleet, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let strong = palette.strong;
    let matrix = fleet.hosts.len() <= COLUMNS;
    write!(out, "\n{strong}")?;
    if matrix {
        (1..=fleet.hosts.len()).try_for_each(|number| write!(out, "{number:>3}"))?;
    } else {
        write!(out, "  pass  fail  manual  n/a  unknown")?;
    }
    writeln!(out, "  item{strong:#}")?;
    for row in &fleet.items {
        if matrix {
            for host in 0..fleet.hosts.len() {
                let status = row.of(host);
                let color = match status {
                    Some(Status::Pass) => palette.good,
                    Some(Status::Fail) => palette.bad,
                    Some(Status::Unknown) => palette.open,
                    _ => palette.faint,
                };
                write!(out, "  {color}{}{color:#}", sign(status))?;
            }
        } else {
            let [pass, fail, manual, none, unknown] = STATUSES.map(|status| row.count(status));
            write!(out, "{pass:>6}{fail:>6}{manual:>8}{none:>5}{unknown:>9}")?;
        }
        let faint = palette.faint;
        let (title, id) = (text::line(&row.title), text::name(&row.id));
        writeln!(out, "  {title} {faint}[{id}]{faint:#}")?;
    }
    if matrix {
        let faint = palette.faint;
        writeln!(out, "{faint}  ✔ pass  × fail  ☞ manual  – not applicable  ? unknown{faint:#}")?;
    }
    Ok(())
}

/// How many findings of each rule: on all hosts, and on each while there is room.
fn rules(fleet: &Fleet, palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let strong = palette.strong;
    let columns = if fleet.hosts.len() <= COLUMNS { fleet.hosts.len() } else { 0 };
    write!(out, "\n{strong}{:>9} {:>6}", "findings", "hosts")?;
    (1..=columns).try_for_each(|number| write!(out, " {number:>4}"))?;
    writeln!(out, "  rule{strong:#}")?;
    for row in &fleet.rules {
        let color = color(row.severity, palette);
        let (rule, severity) = (text::name(&row.rule), row.severity);
        write!(out, "{:>9} {:>6}", row.total(), row.hosts.len())?;
        for host in 0..columns {
            match row.of(host) {
                0 => write!(out, "     ")?,
                count => write!(out, " {count:>4}")?,
            }
        }
        writeln!(out, "  {color}{severity}[{rule}]{color:#}")?;
    }
    Ok(())
}

/// A finding, the hosts that have it, and what to write.
fn finding(
    fleet: &Fleet,
    joined: &Joined,
    style: Style,
    palette: Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let color = color(joined.severity, palette);
    let (severity, rule) = (joined.severity, text::name(&joined.rule));
    let (hosts, total) = (joined.hosts(), fleet.hosts.len());
    writeln!(out, "\n{color}{severity}[{rule}]{color:#} on {hosts} of {total}")?;
    let width = style.width.max(40);
    out.write_all(text::hanging("  ", &text::line(&joined.message), width).as_bytes())?;
    let path = palette.path;
    for (name, place) in places(fleet, joined) {
        writeln!(out, "    {} {path}{}{path:#}", text::name(name), text::name(&place))?;
    }
    let more = hosts.saturating_sub(NAMED);
    if more > 0 {
        writeln!(out, "    and {}", super::plural(more, "more host"))?;
    }
    if let Some(help) = &joined.help {
        out.write_all(text::hanging("  help: ", &text::block(help), width).as_bytes())?;
    }
    Ok(())
}
