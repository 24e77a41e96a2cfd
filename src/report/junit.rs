//! The report as JUnit's XML: what Jenkins, GitLab, Azure and most other CI systems show as tests.
//!
//! A suite is a file, and a case one finding in it: lists of failed tests then read by place, as a compiler's output
//! does, and the rule is the type of the failure. JUnit knows no severities, so errors and warnings fail, and what is
//! only worth knowing passes with a word. A first suite passes whenever the run came to its end, since some systems
//! take a report without a test for a broken one; it carries the receipt, and each file that was not read is a
//! skipped test in it. What an operator decided about is a skipped test, too, with the reason.
//!
//! The crates for this format build the whole report in memory, on an XML library that is larger than this module.
//! Nothing here has a time or a host: they would differ from run to run.

use std::fmt::{self, Display, Formatter, Write as _};
use std::io::{self, Write};

use super::{Report, checklist, text};
use crate::checklist::{Checklist, Item, Status};
use crate::finding::{Coverage, Finding, Severity, Suppressed, Suppression};

/// Text of an element or of a quoted attribute. XML 1.0 forbids most control characters, even as references: each
/// is shown as an escape that tells which it was.
struct Xml<'t>(&'t str);

impl Display for Xml<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if let Some(entity) = text::entity(c) {
                f.write_str(entity)?;
                continue;
            }
            match c {
                // As they are, an attribute would turn them into blanks.
                '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(c))?,
                '\u{fffe}' | '\u{ffff}' => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                // Allowed from U+0080 on, and obeyed by terminals.
                _ if text::is_unsafe(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A test and what came of it.
struct Case<'a> {
    name: String,
    class: &'a str,
    /// Place of it, where it has one.
    file: Option<(&'a str, Option<usize>)>,
    outcome: Outcome<'a>,
}

enum Outcome<'a> {
    Passed { said: Option<String> },
    Failed { kind: &'a str, message: &'a str, text: String },
    Skipped { message: String },
}

/// Writes the findings, and the checklist when there is one.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings.iter().filter(|finding| fails(finding)).count();
    let failed = report.checklist.map_or(0, |list| list.tally().fail);
    let items = report.checklist.map_or(0, |list| list.items.len());
    let (skips, decided) = (report.coverage.skipped.len(), report.suppressed.len());
    open(report.findings.len() + items + decided + skips + 1, failures + failed, out)?;
    receipt(report.coverage, out)?;
    for file in report.findings.chunk_by(|a, b| a.location.path == b.location.path) {
        let cases: Vec<Case<'_>> = file.iter().map(found).collect();
        suite(file.first().map_or("", |first| &first.location.path), &cases, out)?;
    }
    if decided > 0 {
        let cases: Vec<Case<'_>> = report.suppressed.iter().map(suppressed).collect();
        suite("suppressed", &cases, out)?;
    }
    if let Some(list) = report.checklist {
        lists(list, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// Writes the checklist alone.
pub(super) fn checklist(
    list: &Checklist,
    coverage: &Coverage,
    out: &mut dyn Write,
) -> io::Result<()> {
    open(list.items.len() + coverage.skipped.len() + 1, list.tally().fail, out)?;
    receipt(coverage, out)?;
    lists(list, out)?;
    writeln!(out, "</testsuites>")
}

fn fails(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning
}

fn open(tests: usize, failures: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"hermes-lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    )
}

/// The suite that says what was read and what was not.
fn receipt(coverage: &Coverage, out: &mut dyn Write) -> io::Result<()> {
    let Coverage { files, bytes, skipped, homes: _, hermes, rules } = coverage;
    let read = Case {
        name: "files were read".to_owned(),
        class: "hermes-lint",
        file: None,
        outcome: Outcome::Passed { said: None },
    };
    let skips = skipped.iter().map(|skip| Case {
        name: format!("read {}", skip.path),
        class: "hermes-lint",
        file: Some((&skip.path, None)),
        outcome: Outcome::Skipped {
            message: if skip.detail.is_empty() {
                skip.reason.to_owned()
            } else {
                format!("{}: {}", skip.reason, skip.detail)
            },
        },
    });
    let cases: Vec<Case<'_>> = std::iter::once(read).chain(skips).collect();
    begin("hermes-lint", &cases, out)?;
    writeln!(out, "    <properties>")?;
    let (files, bytes, skips) = (files.to_string(), bytes.to_string(), skipped.len().to_string());
    for (name, value) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("files", &files),
        ("bytes", &bytes),
        ("skipped", &skips),
        ("hermes", hermes),
        ("rules", rules),
    ] {
        writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", Xml(value))?;
    }
    writeln!(out, "    </properties>")?;
    end(&cases, out)
}

fn suite(name: &str, cases: &[Case<'_>], out: &mut dyn Write) -> io::Result<()> {
    begin(name, cases, out)?;
    end(cases, out)
}

fn begin(name: &str, cases: &[Case<'_>], out: &mut dyn Write) -> io::Result<()> {
    let count = |wanted: fn(&Outcome<'_>) -> bool| {
        cases.iter().filter(|case| wanted(&case.outcome)).count()
    };
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">",
        Xml(name),
        cases.len(),
        count(|outcome| matches!(outcome, Outcome::Failed { .. })),
        count(|outcome| matches!(outcome, Outcome::Skipped { .. }))
    )
}

fn end(cases: &[Case<'_>], out: &mut dyn Write) -> io::Result<()> {
    cases.iter().try_for_each(|case| case.write(out))?;
    writeln!(out, "  </testsuite>")
}

impl Case<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(
            out,
            "    <testcase name=\"{}\" classname=\"{}\"",
            Xml(&self.name),
            Xml(self.class)
        )?;
        if let Some((file, line)) = self.file {
            write!(out, " file=\"{}\"", Xml(file))?;
            if let Some(line) = line {
                write!(out, " line=\"{line}\"")?;
            }
        }
        match &self.outcome {
            Outcome::Passed { said: None } => return writeln!(out, "/>"),
            Outcome::Passed { said: Some(said) } => {
                writeln!(out, ">\n      <system-out>{}</system-out>", Xml(said))?;
            }
            Outcome::Failed { kind, message, text } => writeln!(
                out,
                ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>",
                Xml(kind),
                Xml(message),
                Xml(text)
            )?,
            Outcome::Skipped { message } => {
                writeln!(out, ">\n      <skipped message=\"{}\"/>", Xml(message))?;
            }
        }
        writeln!(out, "    </testcase>")
    }
}

fn found(finding: &Finding) -> Case<'_> {
    let outcome = if fails(finding) {
        Outcome::Failed { kind: finding.rule, message: &finding.message, text: story(finding) }
    } else {
        Outcome::Passed { said: Some(story(finding)) }
    };
    case(finding, outcome)
}

fn case<'a>(finding: &'a Finding, outcome: Outcome<'a>) -> Case<'a> {
    let location = &finding.location;
    let at = location.region.map(|at| format!(" at {}:{}", at.line, at.column)).unwrap_or_default();
    Case {
        name: format!("{}{at}", finding.rule),
        class: &location.path,
        file: Some((&location.path, location.region.map(|at| at.line))),
        outcome,
    }
}

/// Everything about a finding, as lines.
fn story(finding: &Finding) -> String {
    let at = |location: &crate::finding::Location| {
        let line = location.region.map(|at| format!(":{}:{}", at.line, at.column));
        format!("{}{}", location.path, line.unwrap_or_default())
    };
    let Finding { severity, rule, message, .. } = finding;
    let mut lines = vec![format!("{}: {severity}[{rule}] {message}", at(&finding.location))];
    let related = finding.related.iter();
    lines.extend(related.map(|other| format!("{}: {}", at(&other.location), other.note)));
    lines.extend(finding.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.push(format!("docs: hermes-lint explain {rule}"));
    lines.join("\n")
}

fn suppressed(suppressed: &Suppressed) -> Case<'_> {
    let Suppressed { finding, suppression } = suppressed;
    let Suppression { by, reason, owner, until } = suppression;
    let mut message = format!("suppressed by {}", by.as_str());
    for (word, value) in [("reason", reason), ("owner", owner), ("until", until)] {
        if let Some(value) = value {
            message += &format!("; {word}: {value}");
        }
    }
    case(finding, Outcome::Skipped { message })
}

/// A suite for each list.
fn lists(list: &Checklist, out: &mut dyn Write) -> io::Result<()> {
    for (name, items) in checklist::lists(list) {
        let name = format!("{name} checklist");
        let cases: Vec<Case<'_>> = items.iter().map(|item| verdict(item, &name)).collect();
        suite(&name, &cases, out)?;
    }
    Ok(())
}

fn verdict<'a>(item: &'a Item, class: &'a str) -> Case<'a> {
    let seen: Vec<String> = item
        .evidence
        .iter()
        .map(|one| format!("{}{}", one.text, checklist::place(one)))
        .chain(item.help.iter().filter(|_| item.status != Status::Pass).cloned())
        .collect();
    let seen = seen.join("\n");
    Case {
        name: item.id.clone(),
        class,
        file: None,
        outcome: match item.status {
            Status::Pass => Outcome::Passed { said: Some(seen) },
            Status::Fail => Outcome::Failed { kind: "checklist", message: &item.title, text: seen },
            // Neither passed nor failed: a person or more rights are needed, or it does not arise.
            status if seen.is_empty() => Outcome::Skipped { message: status.as_str().to_owned() },
            status => Outcome::Skipped { message: format!("{}: {seen}", status.as_str()) },
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_stays_text_for_a_reader_of_xml(bad in "([<>&\"'\\]\t\n\r\0\u{1b}\u{85}\u{fffe}\u{ffff}]|]]>|<!--|&amp;|\\PC){0,16}") {
            let document = format!("<a b=\"{}\">{}</a>", Xml(&bad), Xml(&bad));
            let read = roxmltree::Document::parse(&document).unwrap();
            let expected: String = bad.chars().map(|c| match c {
                '\t' | '\n' | '\r' => c.to_string(),
                _ if c == '\u{fffe}' || c == '\u{ffff}' || text::is_unsafe(c) => {
                    format!("\\u{{{:x}}}", u32::from(c))
                }
                _ => c.to_string(),
            }).collect();
            prop_assert_eq!(read.root_element().attribute("b").unwrap(), &expected);
            prop_assert_eq!(read.root_element().text().unwrap_or_default(), &expected);
        }
    }
}
