//! The report as one page that can be mailed, archived and printed: no script, no other file, no network.
//!
//! The style sheet stands in the page, and its hash is all that the page's own policy allows: should a text
//! ever get past the escaping, it can neither run nor load anything. Everything is open when the page is,
//! since an older browser prints what is closed as closed.

mod escape;
mod fleet;

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use self::escape::{Block, Line, Name, Prose};
pub(super) use self::fleet::fleet;
use super::checklist::{self, SCORE, STATUSES};
use super::{Report, plural};
use crate::checklist::{Checklist, Evidence, Item, Status, Tally};
use crate::finding::{Coverage, Finding};

const STYLE: &str = include_str!("page.css");

/// Most files that are listed as skipped without being folded away.
const OPEN: usize = 20;

/// Writes the checklist alone.
pub(super) fn checklist(
    list: &Checklist,
    coverage: &Coverage,
    out: &mut dyn Write,
) -> io::Result<()> {
    page("Hermes Agent hardening checklist", Some(list), coverage, out, &mut |_| Ok(()))
}

/// Writes the checklist, when there is one, and every finding.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let title = "Hermes Agent deployment";
    page(title, report.checklist, report.coverage, out, &mut |out| findings(report, out))
}

fn page(
    title: &str,
    list: Option<&Checklist>,
    coverage: &Coverage,
    out: &mut dyn Write,
    more: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let on = list.map(|list| list.on.to_string());
    let day = on.as_ref().map(|on| format!(", {on}")).unwrap_or_default();
    head(title, &day, out)?;
    writeln!(out, "<header>\n<h1>{title}</h1>")?;
    write!(out, "<p>")?;
    if let Some(on) = on {
        write!(out, "<time datetime=\"{on}\">{on}</time> · ")?;
    }
    let version = env!("CARGO_PKG_VERSION");
    write!(out, "hermes-lint {version}")?;
    if !coverage.hermes.is_empty() {
        write!(out, " · for Hermes Agent {}", Line(&coverage.hermes))?;
    }
    writeln!(out, "</p>\n</header>\n<main>")?;
    if let Some(list) = list {
        overview(list, out)?;
        for (number, layer) in list.layers.iter().enumerate() {
            let (id, title) = (Name(&layer.id), Line(&layer.title));
            writeln!(
                out,
                "<section aria-labelledby=\"layer-{id}\">\n<h2 id=\"layer-{id}\">Layer {}: {title}</h2>",
                number + 1
            )?;
            writeln!(out, "<p class=\"faint\">{}</p>", Prose(&layer.what))?;
            list.items
                .iter()
                .filter(|one| one.layer == layer.id)
                .try_for_each(|one| item(one, out))?;
            writeln!(out, "</section>")?;
        }
    }
    more(out)?;
    writeln!(out, "</main>")?;
    footer(list.is_some(), coverage, out)?;
    writeln!(out, "</body>\n</html>")
}

/// Everything up to the body, with the policy that lets the style sheet in and nothing else.
fn head(title: &str, day: &str, out: &mut dyn Write) -> io::Result<()> {
    // A checkout may have other line ends, and browsers hash what they read, in which every line ends in `\n`.
    let style = STYLE.replace('\r', "");
    let hash = base64(&Sha256::digest(format!("\n{style}")));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n"
    )?;
    writeln!(out, "<title>{title}{day}</title>\n<style>\n{style}</style>\n</head>\n<body>")
}

/// The score with what it is made of, and each layer.
fn overview(list: &Checklist, out: &mut dyn Write) -> io::Result<()> {
    let tally = list.tally();
    writeln!(out, "<div class=\"overview\">")?;
    match tally.score() {
        Some(score) => writeln!(
            out,
            "<p class=\"score\"><span class=\"faint\">score</span><br><strong>{score}</strong> of 100</p>"
        )?,
        None => writeln!(out, "<p class=\"score\">no score: nothing arises here</p>")?,
    }
    writeln!(out, "<div>\n<p class=\"sentence\">{}</p>", checklist::sentence(&tally))?;
    bar(&tally, out)?;
    writeln!(out, "<ul class=\"legend\">")?;
    for status in STATUSES {
        writeln!(out, "<li>{} {}</li>", chip(status), tally.count(status))?;
    }
    writeln!(out, "</ul>\n</div>\n</div>\n<nav aria-label=\"layers\">\n<ol class=\"layers\">")?;
    for (number, layer) in list.layers.iter().enumerate() {
        let tally = Tally::of(list.items.iter().filter(|one| one.layer == layer.id));
        let (id, title) = (Name(&layer.id), Line(&layer.title));
        writeln!(out, "<li><a href=\"#layer-{id}\">Layer {}: {title}</a>", number + 1)?;
        bar(&tally, out)?;
        writeln!(out, "<p>{}</p></li>", checklist::sentence(&tally))?;
    }
    writeln!(out, "</ol>\n</nav>")
}

/// A picture of the counts, for the eye alone: the same counts stand beside it as text.
fn bar(tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    let total = tally.total().max(1);
    write!(
        out,
        "<svg class=\"bar\" viewBox=\"0 0 {total} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    )?;
    let mut at = 0;
    for status in STATUSES {
        let (count, class) = (tally.count(status), status.as_str());
        if count > 0 {
            write!(
                out,
                "<rect class=\"{class}\" x=\"{at}\" y=\"0\" width=\"{count}\" height=\"1\"/>"
            )?;
        }
        at += count;
    }
    writeln!(out, "</svg>")
}

/// The verdict as a sign and a word.
fn chip(status: Status) -> String {
    let sign = match status {
        Status::Pass => '✓',
        Status::Fail => '✗',
        Status::Manual => '☞',
        Status::NotApplicable => '–',
        Status::Unknown => '?',
    };
    let word = status.as_str();
    format!("<span class=\"chip {word}\"><span aria-hidden=\"true\">{sign}</span> {word}</span>")
}

fn item(item: &Item, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<details open>\n<summary>{} <h3>{}</h3> <span class=\"faint\">{}</span></summary>\n<dl>",
        chip(item.status),
        Prose(&item.title),
        Line(&item.list)
    )?;
    let seen = if item.status == Status::NotApplicable { "why not" } else { "seen" };
    writeln!(out, "<dt>{seen}</dt>\n<dd><ul>")?;
    for evidence in &item.evidence {
        writeln!(out, "<li>{}{}</li>", Prose(&evidence.text), place(evidence))?;
    }
    if item.evidence.is_empty() {
        writeln!(out, "<li>nothing that decides it: no file can show it</li>")?;
    }
    writeln!(out, "</ul></dd>")?;
    if let Some(text) = &item.help {
        let label = if item.status == Status::Fail { "what to write" } else { "what to do" };
        writeln!(out, "<dt>{label}</dt>\n<dd>{}</dd>", help(text))?;
    }
    if !item.rules.is_empty() {
        writeln!(out, "<dt>rules behind it</dt>\n<dd><ul class=\"rules\">")?;
        for rule in &item.rules {
            writeln!(
                out,
                "<li><code><span class=\"faint\">hermes-lint explain</span> {}</code></li>",
                Name(rule)
            )?;
        }
        writeln!(out, "</ul></dd>")?;
    }
    writeln!(out, "</dl>\n</details>")
}

/// ` at <code>path:line</code>`, as far as known.
fn place(evidence: &Evidence) -> String {
    let Some(path) = &evidence.path else { return String::new() };
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!(" <code class=\"place\">{}{line}</code>", Name(path))
}

/// Prose, and below it the lines to copy.
fn help(text: &str) -> String {
    match text.split_once('\n') {
        Some((lead, lines)) => format!("{}<pre>{}</pre>", Prose(lead), Block(lines)),
        None => Prose(text).to_string(),
    }
}

/// What was found apart from the checklist's own view.
fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = super::summary(report, super::Style { verbose: 1, ..super::Style::default() });
    writeln!(
        out,
        "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n<p class=\"faint\">{}</p>",
        Line(&summary)
    )?;
    report.findings.iter().try_for_each(|one| finding(one, out))?;
    writeln!(out, "</section>")
}

fn finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let severity = finding.severity.as_str();
    let line = finding.location.region.map(|at| format!(":{}:{}", at.line, at.column));
    writeln!(
        out,
        "<details open>\n<summary><span class=\"chip {severity}\">{severity}</span> <h3>{}</h3></summary>\n<dl>\n\
         <dt>place</dt>\n<dd><code class=\"place\">{}{}</code></dd>",
        Prose(&finding.message),
        Name(&finding.location.path),
        line.unwrap_or_default()
    )?;
    for related in &finding.related {
        let line = related.location.region.map(|at| format!(":{}", at.line)).unwrap_or_default();
        let (path, note) = (Name(&related.location.path), Prose(&related.note));
        writeln!(
            out,
            "<dt>see also</dt>\n<dd><code class=\"place\">{path}{line}</code> {note}</dd>"
        )?;
    }
    for note in &finding.notes {
        writeln!(out, "<dt>note</dt>\n<dd>{}</dd>", Prose(note))?;
    }
    if let Some(text) = &finding.help {
        writeln!(out, "<dt>what to write</dt>\n<dd>{}</dd>", help(text))?;
    }
    rule(finding.rule, out)
}

/// Where to read on, and the end of a finding.
fn rule(id: &str, out: &mut dyn Write) -> io::Result<()> {
    let rule = Name(id);
    writeln!(
        out,
        "<dt>rule</dt>\n<dd class=\"rules\"><code><span class=\"faint\">hermes-lint explain</span> {rule}</code></dd>\n</dl>\n</details>"
    )
}

/// What the score means, and the receipt.
fn footer(scored: bool, coverage: &Coverage, out: &mut dyn Write) -> io::Result<()> {
    let Coverage { files, bytes, skipped, homes, hermes: _, rules } = coverage;
    writeln!(out, "<footer>")?;
    if scored {
        writeln!(out, "<h2>What the score means</h2>\n<p>{SCORE}</p>")?;
    }
    writeln!(out, "<h2>What was read</h2>")?;
    let skips = skipped.len();
    writeln!(
        out,
        "<p>{} with {bytes} bytes read, {} skipped.</p>",
        plural(*files, "file"),
        plural(skips, "file")
    )?;
    if !homes.is_empty() {
        write!(out, "<p>Hermes homes:")?;
        for home in homes {
            write!(out, " <code>{}</code>", Name(home))?;
        }
        writeln!(out, "</p>")?;
    }
    if !rules.is_empty() {
        writeln!(out, "<p>Digest of the rule set: <code>{}</code></p>", Name(rules))?;
    }
    if skips > 0 {
        let open = if skips <= OPEN { " open" } else { "" };
        writeln!(out, "<details{open}>\n<summary>Skipped files</summary>\n<ul>")?;
        for skip in skipped {
            let (path, reason) = (Name(&skip.path), Line(skip.reason));
            write!(out, "<li><code class=\"place\">{path}</code> {reason}")?;
            if !skip.detail.is_empty() {
                write!(out, ": {}", Line(&skip.detail))?;
            }
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ul>\n</details>")?;
    }
    writeln!(out, "</footer>")
}

/// As policies of pages write a hash.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS.get(bits >> (18 - 6 * place) & 63);
            out.push(match letter {
                Some(letter) if place <= chunk.len() => char::from(*letter),
                _ => '=',
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    /// The policy forbids styles in attributes, and would forbid what a style sheet loads.
    #[test]
    fn the_style_sheet_stands_alone() {
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
    }
}
