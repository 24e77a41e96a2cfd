//! What a review of audit logs found: a page for people, one object for machines. The Markdown writer has its own module,
//! with the escapes that it needs.

use std::io::{self, Write};

use serde_json::json;

use super::human::Palette;
use super::{Format, Style, plural, shown_name};
use crate::audit::meaning::meaning;
use crate::audit::review::{
    Anomaly, Count, GroupReport, Listed, Moment, Review, Reviewed, Spot, Table, Tables, Weight,
    lasting,
};
use crate::audit::time;
use crate::audit::verdict::Verdict;

/// What a run of `audit review` has to say.
#[derive(Debug)]
pub struct Report {
    /// The worst verdict on the logs themselves.
    pub verdict: Verdict,
    /// What happened in them.
    pub review: Review,
    /// What no profile fits.
    pub unknown: Vec<String>,
    /// The clocks that times are shown by.
    pub moment: Moment,
}

/// Rows of a table that are shown; `-v` shows all.
const ROWS: usize = 10;
/// Events of a group that are shown; `-v` shows all that are kept.
const EVENTS: usize = 3;

/// Writes the report.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => writeln!(out, "{:#}", machine(report)),
        Format::Markdown => super::markdown::review(report, out),
        // What a review has no form of its own for is shown as for people.
        _ => human(report, style, out),
    }
}

/// `2 anomalies, 1 note`, or that there are none.
pub(super) fn sentence(report: &Report) -> String {
    let count = usize::try_from(report.review.anomalies()).unwrap_or(usize::MAX);
    let notes = report.review.anomalies.list.iter().filter(|one| one.severity == Weight::Note);
    let mut said = match count {
        0 if report.review.logs.is_empty() => "nothing was reviewed".to_owned(),
        0 => "no anomalies".to_owned(),
        1 => "1 anomaly".to_owned(),
        _ => format!("{count} anomalies"),
    };
    let notes = notes.count();
    if notes > 0 {
        said.push_str(&format!(", {}", plural(notes, "note")));
    }
    said
}

/// `812 events from 2026-11-15 19:00 to 2026-11-22 19:00 (Europe/Berlin)`.
pub(super) fn subject(report: &Report) -> String {
    let Report { review, moment, .. } = report;
    let events = plural(usize::try_from(review.events).unwrap_or(usize::MAX), "event");
    let (from, to) = (moment.minute(review.period.from), moment.minute(review.period.to));
    format!("{events} from {from} to {to} ({})", moment.name())
}

/// What is said of one log, without its name.
pub(super) fn log_line(log: &Reviewed) -> String {
    let files = plural(log.files.len(), "file");
    let records = plural(usize::try_from(log.records).unwrap_or(usize::MAX), "record");
    let verdict = match (log.verdict, &log.vouched) {
        (Verdict::Intact, Some((size, by))) => {
            format!("intact, and vouched for up to record {size} by {by}")
        }
        (Verdict::Intact, None) => "intact, as far as it can be told alone".to_owned(),
        (Verdict::Broken, _) => "broken".to_owned(),
        (Verdict::Unverifiable, _) => "unverifiable".to_owned(),
    };
    let unreadable = match log.unreadable {
        0 => String::new(),
        count => format!(", {count} of them can't be read"),
    };
    let profile = &log.profile;
    let events = log.events;
    format!(
        "{records} in {files} ({profile}){unreadable}, {events} events in the time reviewed: {verdict}"
    )
}

/// The name of a log: its first file.
pub(super) fn log_name(log: &Reviewed) -> &str {
    log.files.first().map_or(log.name.as_str(), String::as_str)
}

/// What the clocks say of one log.
pub(super) fn clock_line(log: &Reviewed) -> Option<String> {
    let silence = log.longest_silence.map(|gap| format!("longest silence {}", lasting(gap)));
    let fullest = log
        .fullest
        .map(|(count, within)| format!("most events within {} {count}", lasting(within)));
    let said: Vec<String> = [silence, fullest].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// The tables, by what they count.
pub(super) fn tables(tables: &Tables) -> [(&'static str, &Table); 4] {
    [
        ("kinds", &tables.kinds),
        ("actors", &tables.actors),
        ("agents", &tables.agents),
        ("tools", &tables.tools),
    ]
}

/// The rows of a table, the most frequent first.
pub(super) fn rows(table: &Table) -> Vec<(&str, Count)> {
    let mut rows: Vec<(&str, Count)> =
        table.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(count.events));
    rows
}

/// `mallory 2, bob 1 and 3 more`.
pub(super) fn top(table: &Table, many: usize, name: impl Fn(&str) -> String) -> String {
    let rows = rows(table);
    let mut said: Vec<String> = rows
        .iter()
        .take(many)
        .map(|(of, count)| format!("{} {}", name(of), count.events))
        .collect();
    if rows.len() > many {
        said.push(format!("{} more", rows.len() - many));
    }
    said.join(", ")
}

/// What an event is, as far as it says: its kind, its name and how it ended.
pub(super) fn what(listed: &Listed) -> [Option<&str>; 4] {
    let outcome = listed.outcome.map(outcome_word);
    let who = listed.actor.as_deref().or(listed.agent.as_deref());
    [listed.kind.as_deref(), listed.name.as_deref(), who, outcome]
}

/// The word for an outcome.
pub(super) const fn outcome_word(outcome: crate::audit::review::Outcome) -> &'static str {
    use crate::audit::review::Outcome;
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Error => "error",
        Outcome::Denied => "denied",
        Outcome::Timeout => "timeout",
        Outcome::Cancelled => "cancelled",
        Outcome::Other => "other",
    }
}

fn human(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let palette = Palette::new(style);
    let (strong, faint, word) = (palette.strong, palette.faint, palette.word);
    let Report { review, moment, .. } = report;
    if !style.quiet && !review.logs.is_empty() {
        writeln!(out, "{strong}{}{strong:#}", shown_name(&subject(report)))?;
        for log in &review.logs {
            writeln!(out, "{}: {}", shown_name(log_name(log)), shown_name(&log_line(log)))?;
            if let Some(line) = clock_line(log) {
                writeln!(out, "  {faint}{line}{faint:#}")?;
            }
        }
    }
    for path in &report.unknown {
        writeln!(out, "{}: no shipped profile fits its records", shown_name(path))?;
        writeln!(
            out,
            "  {word}help:{word:#} name one with --profile (docs/audit-profiles.md); make a chain of a plain log with \
             `hermes-lint audit seal --once LOG --out DIR`, and review that"
        )?;
    }
    if !style.quiet && !review.anomalies.list.is_empty() {
        writeln!(out)?;
    }
    for anomaly in &review.anomalies.list {
        if !(style.quiet && anomaly.severity == Weight::Note) {
            one(anomaly, moment, palette, out)?;
        }
    }
    for (rule, count) in &review.anomalies.more {
        writeln!(out, "and {count} more of {}", rule.id())?;
    }
    if style.quiet || review.logs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{strong}key events{strong:#}")?;
    for group in &review.groups {
        group_of(group, report, style, palette, out)?;
    }
    for (title, table) in tables(&review.tables) {
        if table.is_empty() {
            continue;
        }
        let header =
            format!("{:40} {:>8} {:>8} {:>8} {:>8}", title, "events", "ok", "failed", "denied");
        writeln!(out, "\n{strong}{header}{strong:#}")?;
        let rows = rows(table);
        let many = if style.verbose > 0 { usize::MAX } else { ROWS };
        for (name, count) in rows.iter().take(many) {
            let name = shown_name(name);
            let Count { events, ok, failed, denied } = count;
            writeln!(out, "  {name:38} {events:>8} {ok:>8} {failed:>8} {denied:>8}")?;
        }
        if rows.len() > many {
            writeln!(out, "  {faint}and {} more (-v lists them){faint:#}", rows.len() - many)?;
        }
    }
    if !review.tables.outcomes.is_empty() {
        let each = review.tables.outcomes.iter();
        let each: Vec<String> =
            each.map(|(outcome, count)| format!("{} {count}", outcome_word(*outcome))).collect();
        writeln!(out, "\n{strong}outcomes{strong:#}  {}", each.join(", "))?;
    }
    if review.tables.days.len() > 1 {
        let days: Vec<String> =
            review.tables.days.iter().map(|(day, count)| format!("{day} {count}")).collect();
        writeln!(out, "{strong}days{strong:#}      {}", days.join(", "))?;
    }
    for log in &review.logs {
        for untold in &log.untold {
            writeln!(
                out,
                "{faint}{}: can't be told: {untold}{faint:#}",
                shown_name(log_name(log))
            )?;
        }
    }
    let color = if review.anomalies() > 0 { palette.bad } else { palette.good };
    writeln!(out, "\n{color}{}{color:#}", sentence(report))
}

/// Where something stands, and when it happened.
pub(super) fn place(spot: &Spot, moment: &Moment) -> (String, Option<String>) {
    (format!("{}:{}", spot.path, spot.line), spot.at.map(|at| moment.minute(at)))
}

fn one(
    anomaly: &Anomaly,
    moment: &Moment,
    palette: Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (word, color) = match anomaly.severity {
        Weight::Error => ("error", palette.bad),
        Weight::Warning => ("warning", palette.open),
        Weight::Note => ("note", palette.word),
    };
    if let Some(spot) = &anomaly.spot {
        let (place, time) = place(spot, moment);
        write!(out, "{}: ", shown_name(&place))?;
        if let Some(time) = time {
            write!(out, "{time}: ")?;
        }
    }
    let id = anomaly.rule.id();
    writeln!(out, "{color}{word}{color:#}[{id}]: {}", shown_name(&anomaly.message))?;
    if let Some(meaning) = meaning(id).filter(|_| anomaly.severity > Weight::Note) {
        let help = palette.word;
        writeln!(out, "  {help}help:{help:#} {}", meaning.r#do)?;
    }
    Ok(())
}

fn group_of(
    group: &GroupReport,
    report: &Report,
    style: Style,
    palette: Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Count { events, ok, failed, denied } = group.count;
    write!(out, "  {:30} {events:>8}", group.title)?;
    if events == 0 {
        return writeln!(out);
    }
    let mut parts = Vec::new();
    for (count, word) in [(ok, "ok"), (failed, "failed"), (denied, "denied")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let shown = |name: &str| shown_name(name).into_owned();
    for table in [&group.actors, &group.names] {
        if !table.is_empty() {
            parts.push(format!("({})", top(table, 3, shown)));
        }
    }
    writeln!(out, "  {}", parts.join(" "))?;
    let many = if style.verbose > 0 { usize::MAX } else { EVENTS };
    let faint = palette.faint;
    for listed in group.latest.iter().rev().take(many) {
        let (place, time) = place(&listed.spot, &report.moment);
        let what: Vec<&str> = what(listed).into_iter().flatten().collect();
        let time = time.unwrap_or_else(|| "no time".to_owned());
        let line = format!("{time:16}  {}  {}", what.join(" "), place);
        writeln!(out, "      {faint}{}{faint:#}", shown_name(&line))?;
    }
    Ok(())
}

fn machine(report: &Report) -> serde_json::Value {
    let review = &report.review;
    json!({
        "version": 1,
        "tool": { "name": "hermes-lint", "version": env!("CARGO_PKG_VERSION") },
        "period": {
            "since": time::show(review.period.from),
            "until": time::show(review.period.to),
            "time_zone": report.moment.name(),
        },
        "verdict": report.verdict,
        "logs": review.logs,
        "events": review.events,
        "anomalies": review.anomalies.list,
        "more_anomalies": review.anomalies.more,
        "key_events": review.groups,
        "tables": review.tables,
        "unknown": report.unknown,
        "summary": { "anomalies": review.anomalies() },
    })
}
