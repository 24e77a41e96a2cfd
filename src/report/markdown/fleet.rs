//! Several reports as Markdown: the same tables as for people, cut where a comment on GitHub ends.

use std::io::{self, Write};

use super::MOST;
use super::escape::{code, prose};
use crate::fleet::{Fleet, Joined, Severities};
use crate::report::checklist::STATUSES;
use crate::report::fleet::{COLUMNS, NAMED, places, sentence, sign};
use crate::report::plural;

/// Room that is kept for what is said of rows that are left out.
const CLOSING: usize = 400;

/// A page that takes rows until it is full. The rows that still fit after one that did not would be a choice by
/// length, so there are none.
struct Page {
    text: String,
    left_out: usize,
}

impl Page {
    /// Something that belongs to no count: a heading, the head of a table.
    fn part(&mut self, part: &str) {
        if self.left_out == 0 {
            self.text += part;
        }
    }

    fn row(&mut self, row: &str) {
        if self.left_out > 0 || self.text.len() + row.len() + CLOSING > MOST {
            self.left_out += 1;
        } else {
            self.text += row;
        }
    }
}

/// Writes the report.
pub(in crate::report) fn fleet(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { text: "# Hermes Agent fleet\n".to_owned(), left_out: 0 };
    page.part(&format!("\n**{}**.\n", prose(&sentence(fleet))));
    hosts(fleet, &mut page);
    items(fleet, &mut page);
    rules(fleet, &mut page);
    if !fleet.findings.is_empty() {
        page.part(
            "\n## Findings\n\n| Severity | Hosts | Finding | What to write |\n|---|---|---|---|\n",
        );
    }
    fleet.findings.iter().for_each(|joined| page.row(&finding(fleet, joined)));
    if page.left_out > 0 {
        let rows = plural(page.left_out, "row");
        page.text += &format!(
            "\n{rows} left out, the less severe last: a comment on GitHub holds no more. \
             `--format json` and `--format html` have all of them.\n"
        );
    }
    out.write_all(page.text.as_bytes())?;
    writeln!(out, "\n---\n\nhermes-lint {}", env!("CARGO_PKG_VERSION"))
}

fn hosts(fleet: &Fleet, page: &mut Page) {
    page.part(
        "\n## Hosts\n\n| | Host | Score | Pass | Fail | Manual | N/a | Unknown | Errors | Warnings | Infos | Skipped |\n\
         |--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (number, host) in (1..).zip(&fleet.hosts) {
        let cell = |count: Option<usize>| count.map_or_else(|| "–".to_owned(), |it| it.to_string());
        let tally = host.verdicts;
        let found = |of: fn(Severities) -> usize| cell(host.findings.map(of));
        let mut cells = vec![cell(tally.and_then(|tally| tally.score()))];
        cells.extend(STATUSES.map(|status| cell(tally.map(|tally| tally.count(status)))));
        cells.extend([found(|all| all.errors), found(|all| all.warnings), found(|all| all.infos)]);
        cells.push(cell(host.findings.map(|_| host.skips())));
        page.row(&format!("| {number} | {} | {} |\n", code(&host.name), cells.join(" | ")));
    }
}

fn items(fleet: &Fleet, page: &mut Page) {
    if fleet.items.is_empty() {
        return;
    }
    let matrix = fleet.hosts.len() <= COLUMNS;
    let heads: Vec<String> = if matrix {
        (1..=fleet.hosts.len()).map(|number| number.to_string()).collect()
    } else {
        STATUSES.iter().map(|status| super::capital(status.as_str())).collect()
    };
    page.part(&format!("\n## Checklist\n\n| Item | {} |\n|---|", heads.join(" | ")));
    page.part(&format!("{}\n", ":-:|".repeat(heads.len())));
    for row in &fleet.items {
        let cells: Vec<String> = if matrix {
            (0..fleet.hosts.len()).map(|host| sign(row.of(host)).to_string()).collect()
        } else {
            STATUSES.iter().map(|status| row.count(*status).to_string()).collect()
        };
        let (title, id) = (prose(&row.title), code(&row.id));
        page.row(&format!("| {title} {id} | {} |\n", cells.join(" | ")));
    }
    if matrix {
        page.part("\n✔ pass, × fail, ☞ manual, – not applicable, ? unknown\n");
    }
}

/// How many findings of each rule: on all hosts, and on each while there is room.
fn rules(fleet: &Fleet, page: &mut Page) {
    if fleet.rules.is_empty() {
        return;
    }
    let columns = if fleet.hosts.len() <= COLUMNS { fleet.hosts.len() } else { 0 };
    let heads: String = (1..=columns).map(|number| format!(" {number} |")).collect();
    page.part(&format!("\n## Rules\n\n| Severity | Rule | Findings | Hosts |{heads}\n"));
    page.part(&format!("|---|---|--:|--:|{}\n", "--:|".repeat(columns)));
    for row in &fleet.rules {
        let cell = |host| match row.of(host) {
            0 => " |".to_owned(),
            count => format!(" {count} |"),
        };
        let (severity, rule) = (row.severity.as_str(), code(&row.rule));
        let (total, hosts) = (row.total(), row.hosts.len());
        let cells: String = (0..columns).map(cell).collect();
        page.row(&format!("| {severity} | {rule} | {total} | {hosts} |{cells}\n"));
    }
}

/// A finding as a line of the table.
fn finding(fleet: &Fleet, joined: &Joined) -> String {
    let place = |(name, place): (&str, String)| format!("{} {}", prose(name), code(&place));
    let mut hosts: Vec<String> = places(fleet, joined).into_iter().map(place).collect();
    if let Some(more) = joined.hosts().checked_sub(NAMED).filter(|more| *more > 0) {
        hosts.push(format!("and {}", plural(more, "more host")));
    }
    let (message, rule) = (prose(&joined.message), code(&joined.rule));
    format!(
        "| {} | {} | {message} {rule} | {} |\n",
        joined.severity.as_str(),
        hosts.join("<br>"),
        joined.help.as_deref().map(super::cell).unwrap_or_default()
    )
}
