//! What became of audit logs: lines and claims for people, one object or SARIF for machines.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Paint};
use serde_json::json;

use super::{Style, shown_name};
use crate::audit::chain::Chain;
use crate::audit::finding::{Code, Finding, Severity};
use crate::audit::meaning::meaning;
use crate::audit::verdict::Verdict;

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

impl Format {
    /// The words of `--format`.
    pub const WORDS: &'static [&'static str] = &["human", "json", "sarif"];
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            "sarif" => Ok(Self::Sarif),
            _ => Err("unknown".to_owned()),
        }
    }
}

/// What a run of `audit verify` has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// The worst verdict.
    pub verdict: Verdict,
    /// The chains.
    pub chains: Vec<Chain>,
    /// What no profile fits.
    pub unknown: Vec<String>,
}

/// Writes the report.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(report: &Report, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human(report, style, out),
        Format::Json => writeln!(out, "{:#}", machine(report)),
        Format::Sarif => writeln!(out, "{:#}", sarif(report)),
    }
}

/// Islands shown; more are counted.
const ISLANDS: usize = 8;

fn human(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = |color: AnsiColor, text: &str| {
        let paint = if style.color {
            Paint::new().bold().fg_color(Some(color.into()))
        } else {
            Paint::new()
        };
        format!("{paint}{text}{paint:#}")
    };
    for path in &report.unknown {
        let what = paint(AnsiColor::Yellow, "unverifiable");
        writeln!(out, "{}: {what}: no shipped profile fits its records", shown_name(path))?;
        writeln!(out, "  help: name one with --profile, or write one: docs/audit-profiles.md")?;
    }
    for chain in &report.chains {
        for finding in &chain.findings {
            if style.quiet && finding.severity != Severity::Error {
                continue;
            }
            one(finding, &paint, out)?;
        }
        for (code, many) in &chain.more_findings {
            writeln!(out, "  and {many} more of {code}")?;
        }
        let islands = if chain.verdict == Verdict::Broken { &*chain.islands } else { &[] };
        for island in islands.iter().take(ISLANDS) {
            writeln!(
                out,
                "{}: lines {}–{} ({} records) are intact among themselves",
                shown_name(&island.path),
                island.first_line,
                island.last_line,
                island.records
            )?;
        }
        if islands.len() > ISLANDS {
            writeln!(out, "and {} more such runs of records", islands.len() - ISLANDS)?;
        }
        let verdict = match chain.verdict {
            Verdict::Intact => paint(AnsiColor::Green, "intact, as far as it can be told alone"),
            Verdict::Broken => paint(AnsiColor::Red, "broken"),
            Verdict::Unverifiable => paint(AnsiColor::Yellow, "unverifiable"),
        };
        let verdict = match (&chain.anchored, chain.verdict) {
            (Some(anchored), Verdict::Intact) => paint(
                AnsiColor::Green,
                &format!(
                    "intact, and vouched for up to record {} of {}",
                    anchored.size,
                    chain.removed + chain.records
                ),
            ),
            _ => verdict,
        };
        writeln!(
            out,
            "{}: {} records in {} file{} ({}): {verdict}",
            shown_name(chain.files.first().map_or(chain.name.as_str(), |file| file.path.as_str())),
            chain.records,
            chain.files.len(),
            if chain.files.len() == 1 { "" } else { "s" },
            shown_name(&chain.profile),
        )?;
        for claim in &chain.claims {
            let (word, color) = if claim.proved {
                ("proved", AnsiColor::Green)
            } else {
                ("not proved", AnsiColor::Yellow)
            };
            let mut line = format!("  {:13} {}", claim.claim, paint(color, word));
            if let Some(up_to) = claim.up_to {
                line.push_str(&format!(" up to record {up_to}"));
            }
            if let Some(by) = &claim.by {
                line.push_str(&format!(" by {}", shown_name(by)));
            }
            if let Some(at) = &claim.at {
                line.push_str(&format!(" at {}", shown_name(at)));
            }
            writeln!(out, "{line}: {}", shown_name(&claim.reason))?;
        }
    }
    Ok(())
}

fn one(
    finding: &Finding,
    paint: &dyn Fn(AnsiColor, &str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (word, color) = match finding.severity {
        Severity::Error => ("error", AnsiColor::Red),
        Severity::Warning => ("warning", AnsiColor::Yellow),
        Severity::Note => ("note", AnsiColor::Cyan),
    };
    let mut place = shown_name(&finding.path).into_owned();
    if let Some(line) = finding.line {
        place.push_str(&format!(":{line}"));
        if let Some(offset) = finding.offset {
            place.push_str(&format!(":{offset}"));
        }
    }
    let word = paint(color, word);
    writeln!(out, "{place}: {word}[{}]: {}", finding.rule.id(), shown_name(&finding.message))?;
    match (&finding.expected, &finding.found) {
        (Some(expected), Some(found)) => {
            writeln!(out, "  expected {}\n  found    {}", shown_name(expected), shown_name(found))?;
        }
        (Some(expected), None) => writeln!(out, "  expected {}", shown_name(expected))?,
        (None, Some(found)) => writeln!(out, "  found    {}", shown_name(found))?,
        (None, None) => {}
    }
    if let Some(cause) = &finding.cause {
        writeln!(out, "  likely cause: {}", shown_name(&cause.text))?;
    }
    Ok(())
}

fn machine(report: &Report) -> serde_json::Value {
    json!({
        "version": 1,
        "tool": { "name": "hermes-lint", "version": env!("CARGO_PKG_VERSION") },
        "verdict": report.verdict,
        "logs": report.chains,
        "unknown": report.unknown,
    })
}

fn sarif(report: &Report) -> serde_json::Value {
    let findings: Vec<&Finding> = report.chains.iter().flat_map(|chain| &chain.findings).collect();
    let mut codes: Vec<Code> = findings.iter().map(|finding| finding.rule).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<_> = codes
        .iter()
        .map(|code| {
            let text = meaning(code.id());
            json!({
                "id": code.id(),
                "shortDescription": { "text": text.map_or(code.id(), |text| text.means.as_str()) },
                "help": { "text": text.map_or("", |text| text.r#do.as_str()) },
            })
        })
        .collect();
    let results: Vec<_> = findings
        .iter()
        .map(|finding| {
            let mut region = serde_json::Map::new();
            if let Some(line) = finding.line {
                region.insert("startLine".to_owned(), line.into());
            }
            if let (Some(offset), Some(len)) = (finding.offset, finding.len) {
                region.insert("byteOffset".to_owned(), offset.into());
                region.insert("byteLength".to_owned(), len.into());
            }
            let mut place = json!({ "artifactLocation": { "uri": uri(&finding.path) } });
            if !region.is_empty()
                && let Some(place) = place.as_object_mut()
            {
                place.insert("region".to_owned(), region.into());
            }
            let mut text = finding.message.clone();
            if let Some(cause) = &finding.cause {
                text.push_str("; likely cause: ");
                text.push_str(&cause.text);
            }
            json!({
                "ruleId": finding.rule.id(),
                "ruleIndex": codes.iter().position(|code| *code == finding.rule),
                "level": finding.severity,
                "message": { "text": text },
                "locations": [{ "physicalLocation": place }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hermes-lint",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
            "properties": {
                "verdict": report.verdict,
                "claims": report.chains.iter().map(|chain| json!({
                    "log": chain.name,
                    "claims": chain.claims,
                })).collect::<Vec<_>>(),
                "unknown": report.unknown,
            },
        }],
    })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
