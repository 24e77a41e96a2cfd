//! Findings for people: source lines with marks, drawn by miette, then notes, help and where to read on.
//!
//! Lines for people are broken at spaces only and by us: the standard algorithm also breaks after hyphens
//! and slashes, which cuts commands and paths that are there to be copied. Icons carry the severity for
//! readers without colour, and so does the word beside the rule id.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Effects};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::snippet::Snippet;
use super::{Report, Style, checklist, edits, summary, text};
use crate::finding::{Confidence, Finding, Location, Severity};

/// Most findings of one rule in one file that are drawn without `-v`.
const DRAWN: usize = 100;

/// Least width that is drawn for; below it every line would be cropped to nothing.
const MIN_WIDTH: usize = 40;

/// Writes findings, the checklist, what was skipped (with `-v`), and a closing line.
pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter::new(style);
    for file in report.findings.chunk_by(|a, b| a.location.path == b.location.path) {
        painter.file(file, style, out)?;
    }
    if let Some(list) = report.checklist {
        checklist::human(list, style, out)?;
        writeln!(out)?;
    }
    if style.quiet {
        return Ok(());
    }
    if style.verbose > 0 {
        receipt(report, &painter, out)?;
    }
    edits::write(report.findings, report.cuts, style, out)?;
    let bold = painter.palette.strong;
    writeln!(out, "{bold}{}{bold:#}", summary(report, style))
}

/// What `-v` adds: the homes, the releases, and every file that was not read.
fn receipt(report: &Report<'_>, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    let coverage = report.coverage;
    for home in &coverage.homes {
        writeln!(out, "hermes home: {}", text::name(home))?;
    }
    if !coverage.hermes.is_empty() {
        writeln!(out, "hermes releases: {}", text::line(&coverage.hermes))?;
    }
    if !coverage.skipped.is_empty() {
        writeln!(out, "skipped:")?;
        for skipped in &coverage.skipped {
            let Palette { path, .. } = painter.palette;
            write!(out, "  {path}{}{path:#}: {}", text::name(&skipped.path), skipped.reason)?;
            if !skipped.detail.is_empty() {
                write!(out, " ({})", text::line(&skipped.detail))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Colours of what miette does not draw; all empty without colour.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Palette {
    /// `help:` and its like.
    pub(super) word: anstyle::Style,
    /// Paths.
    pub(super) path: anstyle::Style,
    /// Headings and totals.
    pub(super) strong: anstyle::Style,
    /// What is good.
    pub(super) good: anstyle::Style,
    /// What is bad.
    pub(super) bad: anstyle::Style,
    /// What is open.
    pub(super) open: anstyle::Style,
    /// What is beside the point.
    pub(super) faint: anstyle::Style,
}

impl Palette {
    /// The sixteen terminal colours, which the reader's theme keeps legible.
    pub(super) fn new(style: Style) -> Self {
        if !style.color {
            return Self::default();
        }
        Self {
            word: AnsiColor::Cyan.on_default(),
            path: AnsiColor::Cyan.on_default().effects(Effects::BOLD | Effects::UNDERLINE),
            strong: anstyle::Style::new().bold(),
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default(),
            open: AnsiColor::Yellow.on_default(),
            faint: anstyle::Style::new().dimmed(),
        }
    }
}

/// Draws findings.
struct Painter {
    main: GraphicalReportHandler,
    related: GraphicalReportHandler,
    palette: Palette,
    width: usize,
}

impl Painter {
    fn new(style: Style) -> Self {
        let theme =
            if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = |theme| {
            GraphicalReportHandler::new_themed(theme).with_wrap_lines(false).with_links(false)
        };
        let mut related = theme.clone();
        related.characters.advice = "note:".to_owned();
        Self {
            main: handler(theme),
            related: handler(related),
            palette: Palette::new(style),
            width: style.width.max(MIN_WIDTH),
        }
    }

    /// The findings of one file. Nobody reads a thousand of one kind: beyond the first [`DRAWN`] of a rule they are
    /// counted, unless `-v` asks for each.
    fn file(&self, findings: &[Finding], style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in findings {
            let number = drawn.entry(finding.rule).or_insert(0);
            *number += 1;
            if *number > DRAWN && style.verbose == 0 {
                continue;
            }
            out.write_all(self.finding(finding).map_err(io::Error::other)?.as_bytes())?;
            writeln!(out)?;
        }
        let Palette { path, word, .. } = self.palette;
        for (rule, number) in drawn {
            let more = number.saturating_sub(DRAWN);
            if more > 0 && style.verbose == 0 {
                let name = findings.first().map_or("", |finding| &finding.location.path);
                let (more, name) = (super::plural(more, "more finding"), text::name(name));
                writeln!(
                    out,
                    "{word}note:{word:#} {more} of {rule} in {path}{name}{path:#} (-v shows each)"
                )?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    /// One finding, ended by a line break.
    fn finding(&self, finding: &Finding) -> Result<String, fmt::Error> {
        let mut out = String::new();
        let mut code = format!("{}[{}]", finding.severity, text::name(finding.rule));
        if finding.confidence == Confidence::Low {
            code += " (low confidence)";
        }
        let severity = match finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        };
        let shown =
            Shown::new(Some(code), severity, &finding.message, self.width.saturating_sub(4)).at(
                &finding.location,
                &finding.label,
                self.width,
            );
        self.main.render_report(&mut out, &shown)?;
        self.place(&mut out, &finding.location, shown.snippet.is_some());

        for related in &finding.related {
            let shown = Shown::new(
                None,
                miette::Severity::Advice,
                &related.note,
                self.width.saturating_sub("  note: ".len()),
            )
            .at(&related.location, "", self.width);
            self.related.render_report(&mut out, &shown)?;
            self.place(&mut out, &related.location, shown.snippet.is_some());
        }
        for note in &finding.notes {
            self.words(&mut out, "note", note);
        }
        let reasons = unsaid(finding);
        if !reasons.is_empty() {
            let reasons = reasons.join("; ");
            self.words(&mut out, "note", &format!("{} confidence: {reasons}", finding.confidence));
        }
        if let Some(help) = &finding.help {
            self.words(&mut out, "help", help);
        }
        if let Some(fix) = &finding.fix {
            let how =
                if fix.safe { "changes nothing else" } else { "it can change more than this" };
            self.words(&mut out, "fix", &format!("{} ({how})", text::line(&fix.description)));
        }
        // A command to copy stays on one line.
        let (word, rule) = (self.palette.word, text::name(finding.rule));
        out.push_str(&format!("  {word}docs:{word:#} hermes-lint explain {rule}\n"));
        Ok(out)
    }

    /// The place of a finding whose lines can't be drawn: the path, and the line and column if known.
    fn place(&self, out: &mut String, location: &Location, drawn: bool) {
        if drawn {
            return;
        }
        let path = self.palette.path;
        let at = location.region.map(|at| format!(":{}:{}", at.line, at.column));
        out.push_str(&format!(
            "   ──[{path}{}{}{path:#}]\n",
            text::name(&location.path),
            at.unwrap_or_default()
        ));
    }

    /// A line such as `  help: ...`.
    fn words(&self, out: &mut String, word: &str, what: &str) {
        let lead = format!("  {word}: ");
        let lines = text::hanging(&lead, &text::block(what), self.width);
        // Colour comes after layout, because its codes have no width.
        let style = self.palette.word;
        let rest = lines.strip_prefix(&lead).unwrap_or(&lines);
        out.push_str(&format!("  {style}{word}:{style:#} {rest}"));
    }
}

/// The reasons for the confidence that message, label and notes leave unsaid.
fn unsaid(finding: &Finding) -> Vec<&str> {
    let is_said = |reason: &str| {
        finding.label == reason
            || finding.notes.iter().any(|note| note.starts_with(reason))
            || reason
                .split('`')
                .nth(1)
                .is_some_and(|name| finding.message.contains(&format!("`{name}`")))
    };
    let reasons = finding.credential.iter().flat_map(|credential| &credential.reasons);
    reasons.map(|reason| &**reason).filter(|reason| !is_said(reason)).collect()
}

/// What miette draws of one place.
#[derive(Debug)]
struct Shown {
    code: Option<String>,
    severity: miette::Severity,
    message: String,
    snippet: Option<Snippet>,
}

impl Shown {
    fn new(code: Option<String>, severity: miette::Severity, message: &str, width: usize) -> Self {
        let message = text::wrap(&text::line(message), width);
        Self { code, severity, message, snippet: None }
    }

    fn at(mut self, location: &Location, label: &str, width: usize) -> Self {
        self.snippet = Snippet::new(location, label, width);
        self
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.snippet.as_ref()?.label();
        Some(Box::new(std::iter::once(label)))
    }
}
