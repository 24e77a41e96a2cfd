//! Several reports as one page: tables to look over, then each finding once with the hosts that have it.

use std::io::{self, Write};

use super::escape::{Line, Name, Prose};
use crate::fleet::{Fleet, Joined, Severities};
use crate::report::checklist::STATUSES;
use crate::report::fleet::{COLUMNS, places, sentence, sign};
use crate::report::plural;

/// Writes the page.
pub(in crate::report) fn fleet(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    super::head("Hermes Agent fleet", "", out)?;
    writeln!(out, "<header>\n<h1>Hermes Agent fleet</h1>")?;
    writeln!(out, "<p>hermes-lint {}</p>\n</header>\n<main>", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "<p class=\"sentence\">{}</p>", Line(&sentence(fleet)))?;
    hosts(fleet, out)?;
    if !fleet.items.is_empty() {
        items(fleet, out)?;
    }
    if !fleet.rules.is_empty() {
        rules(fleet, out)?;
    }
    if !fleet.findings.is_empty() {
        writeln!(out, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>")?;
        fleet.findings.iter().try_for_each(|joined| finding(fleet, joined, out))?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</main>")?;
    footer(fleet, out)?;
    writeln!(out, "</body>\n</html>")
}

/// Opens a section with a table.
fn table(id: &str, title: &str, heads: &[impl AsRef<str>], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<table>\n<thead>\n<tr>"
    )?;
    for head in heads {
        writeln!(out, "<th scope=\"col\">{}</th>", Line(head.as_ref()))?;
    }
    writeln!(out, "</tr>\n</thead>\n<tbody>")
}

fn hosts(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let heads = [
        "", "host", "score", "pass", "fail", "manual", "n/a", "unknown", "errors", "warnings",
        "infos", "skipped",
    ];
    table("hosts", "Hosts", &heads, out)?;
    for (number, host) in (1..).zip(&fleet.hosts) {
        let cell = |count: Option<usize>| match count {
            Some(count) => format!("<td>{count}</td>"),
            None => "<td>–</td>".to_owned(),
        };
        let tally = host.verdicts;
        let found = |of: fn(Severities) -> usize| cell(host.findings.map(of));
        write!(out, "<tr><td>{number}</td><th scope=\"row\">{}</th>", Name(&host.name))?;
        write!(out, "{}", cell(tally.and_then(|tally| tally.score())))?;
        for status in STATUSES {
            write!(out, "{}", cell(tally.map(|tally| tally.count(status))))?;
        }
        write!(out, "{}{}", found(|all| all.errors), found(|all| all.warnings))?;
        let skips = cell(host.findings.map(|_| host.skips()));
        writeln!(out, "{}{skips}</tr>", found(|all| all.infos))?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

fn items(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let matrix = fleet.hosts.len() <= COLUMNS;
    let mut heads = vec!["item".to_owned()];
    if matrix {
        heads.extend((1..=fleet.hosts.len()).map(|number| number.to_string()));
    } else {
        heads.extend(STATUSES.map(|status| status.as_str().to_owned()));
    }
    table("checklist", "Checklist", &heads, out)?;
    for row in &fleet.items {
        write!(
            out,
            "<tr><th scope=\"row\">{} <span class=\"faint\">{}</span></th>",
            Prose(&row.title),
            Name(&row.id)
        )?;
        if matrix {
            for host in 0..fleet.hosts.len() {
                let status = row.of(host);
                let class = status.map_or("", |status| status.as_str());
                // The sign is for the eye, the word for those who have it read to them.
                write!(
                    out,
                    "<td><span class=\"verdict {class}\" role=\"img\" aria-label=\"{class}\">{}</span></td>",
                    sign(status)
                )?;
            }
        } else {
            for status in STATUSES {
                write!(out, "<td>{}</td>", row.count(status))?;
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    if matrix {
        writeln!(
            out,
            "<p class=\"faint\">✔ pass, × fail, ☞ manual, – not applicable, ? unknown</p>"
        )?;
    }
    writeln!(out, "</section>")
}

/// How many findings of each rule: on all hosts, and on each while there is room.
fn rules(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let columns = if fleet.hosts.len() <= COLUMNS { fleet.hosts.len() } else { 0 };
    let mut heads = ["severity", "rule", "findings", "hosts"].map(str::to_owned).to_vec();
    heads.extend((1..=columns).map(|number| number.to_string()));
    table("rules", "Rules", &heads, out)?;
    for row in &fleet.rules {
        let (severity, rule) = (row.severity.as_str(), Name(&row.rule));
        write!(
            out,
            "<tr><td><span class=\"chip {severity}\">{severity}</span></td><th scope=\"row\"><code>{rule}</code></th>\
             <td>{}</td><td>{}</td>",
            row.total(),
            row.hosts.len()
        )?;
        for host in 0..columns {
            match row.of(host) {
                0 => write!(out, "<td></td>")?,
                count => write!(out, "<td>{count}</td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

fn finding(fleet: &Fleet, joined: &Joined, out: &mut dyn Write) -> io::Result<()> {
    let severity = joined.severity.as_str();
    let (hosts, total) = (joined.hosts(), fleet.hosts.len());
    writeln!(
        out,
        "<details open>\n<summary><span class=\"chip {severity}\">{severity}</span> <h3>{}</h3> \
         <span class=\"faint\">{hosts} of {total}</span></summary>\n<dl>\n<dt>hosts</dt>\n<dd><ul>",
        Prose(&joined.message)
    )?;
    let named = places(fleet, joined);
    for (name, place) in &named {
        writeln!(out, "<li>{} <code class=\"place\">{}</code></li>", Name(name), Name(place))?;
    }
    if let Some(more) = hosts.checked_sub(named.len()).filter(|more| *more > 0) {
        writeln!(out, "<li>and {}</li>", plural(more, "more host"))?;
    }
    writeln!(out, "</ul></dd>")?;
    if let Some(text) = &joined.help {
        writeln!(out, "<dt>what to write</dt>\n<dd>{}</dd>", super::help(text))?;
    }
    super::rule(&joined.rule, out)
}

/// What was read, host by host.
fn footer(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<footer>\n<h2>What was read</h2>\n<ul>")?;
    for host in fleet.hosts.iter().filter(|host| host.findings.is_some()) {
        write!(out, "<li>{}: {} files with {} bytes", Name(&host.name), host.files, host.bytes)?;
        for (reason, count) in &host.skipped {
            write!(out, ", {} skipped as {}", plural(*count, "file"), Name(reason))?;
        }
        writeln!(out, ", rules <code>{}</code></li>", Name(&host.rules))?;
    }
    writeln!(out, "</ul>\n</footer>")
}
