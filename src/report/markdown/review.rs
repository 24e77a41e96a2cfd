//! A review of audit logs as Markdown: what somebody should look at first, then the counts, as tables.

use std::io::{self, Write};

use super::escape::{code, prose};
use crate::audit::meaning::meaning;
use crate::audit::review::{Count, Weight};
use crate::report::review::{
    Report, clock_line, log_line, log_name, place, rows, sentence, subject, tables, top, what,
};

/// Anomalies, and rows of a table, that are shown.
const ANOMALIES: usize = 100;
const ROWS: usize = 20;

/// Writes the report.
pub(in crate::report) fn review(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let review = &report.review;
    writeln!(out, "# Review of audit logs\n")?;
    if review.logs.is_empty() {
        writeln!(out, "**{}**.\n", prose(&sentence(report)))?;
    } else {
        writeln!(out, "**{}** in {}.\n", prose(&sentence(report)), prose(&subject(report)))?;
    }
    for log in &review.logs {
        write!(out, "* {}: {}", code(log_name(log)), prose(&log_line(log)))?;
        match clock_line(log) {
            Some(line) => writeln!(out, "; {}", prose(&line))?,
            None => writeln!(out)?,
        }
    }
    for path in &report.unknown {
        writeln!(out, "* {}: no shipped profile fits its records", code(path))?;
    }
    if !review.anomalies.list.is_empty() {
        writeln!(
            out,
            "\n## What needs a look\n\n| | When | Where | What | Do |\n|---|---|---|---|---|"
        )?;
    }
    for anomaly in review.anomalies.list.iter().take(ANOMALIES) {
        let sign = match anomaly.severity {
            Weight::Error => '❌',
            Weight::Warning => '⚠',
            Weight::Note => 'ℹ',
        };
        let (place, time) = match &anomaly.spot {
            Some(spot) => place(spot, &report.moment),
            None => (String::new(), None),
        };
        let id = anomaly.rule.id();
        let todo = meaning(id).map_or("", |meaning| meaning.r#do.as_str());
        writeln!(
            out,
            "| {sign} | {} | {} | {} {} | {} |",
            prose(&time.unwrap_or_default()),
            code(&place),
            prose(&anomaly.message),
            code(id),
            prose(todo)
        )?;
    }
    let told = review.anomalies.list.len();
    let more = review.anomalies.more.values().sum::<u64>()
        + u64::try_from(told.saturating_sub(ANOMALIES)).unwrap_or_default();
    if more > 0 {
        writeln!(out, "\nAnd {more} more.")?;
    }
    if review.logs.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Key events\n\n| | Events | Ok | Failed | Denied | By | What | Newest |\n|---|--:|--:|--:|--:|---|---|---|"
    )?;
    for group in &review.groups {
        let Count { events, ok, failed, denied } = group.count;
        let newest = group.latest.back().map_or_else(String::new, |listed| {
            let (place, time) = place(&listed.spot, &report.moment);
            let what: Vec<&str> = what(listed).into_iter().flatten().collect();
            format!(
                "{} {} {}",
                prose(&time.unwrap_or_default()),
                code(&what.join(" ")),
                code(&place)
            )
        });
        writeln!(
            out,
            "| {} | {events} | {ok} | {failed} | {denied} | {} | {} | {newest} |",
            prose(&group.title),
            top(&group.actors, 3, code),
            top(&group.names, 3, code)
        )?;
    }
    for (title, table) in tables(&review.tables) {
        if table.is_empty() {
            continue;
        }
        let title = super::capital(title);
        writeln!(
            out,
            "\n## {title}\n\n| | Events | Ok | Failed | Denied |\n|---|--:|--:|--:|--:|"
        )?;
        let rows = rows(table);
        for (name, count) in rows.iter().take(ROWS) {
            let Count { events, ok, failed, denied } = count;
            writeln!(out, "| {} | {events} | {ok} | {failed} | {denied} |", code(name))?;
        }
        if rows.len() > ROWS {
            writeln!(out, "\nAnd {} more.", rows.len() - ROWS)?;
        }
    }
    let untold: Vec<(&str, &String)> = review
        .logs
        .iter()
        .flat_map(|log| log.untold.iter().map(move |untold| (log_name(log), untold)))
        .collect();
    if !untold.is_empty() {
        writeln!(out, "\n## What can't be told\n")?;
    }
    for (log, untold) in untold {
        writeln!(out, "* {}: {}", code(log), prose(untold))?;
    }
    Ok(())
}
