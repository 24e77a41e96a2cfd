//! The fewest lines to edit so that no error is left: what a reader does first.
//!
//! An error is closed at its own line, or where the way it takes is cut (a container between commands and the machine).
//! Which errors a cut closes is found by running the rules again as if it were made, not guessed. The choice is greedy:
//! it can be a line longer than the best one where cuts overlap, and it takes no time.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::{Style, plural, text};
use crate::finding::{Finding, Location, Severity};

/// One edit that closes several errors at once, away from their own lines.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Where to edit.
    pub location: Location,
    /// What to write there.
    pub edit: String,
    /// Fingerprints of the errors that are none any more.
    pub closes: Vec<String>,
}

/// A line to edit.
#[derive(Debug, PartialEq, Eq)]
struct Edit<'r> {
    path: &'r str,
    line: Option<usize>,
    what: &'r str,
    /// Findings of any severity that go with it.
    findings: usize,
    /// True when they become less than errors instead of vanishing.
    eases: bool,
}

/// Most edits that are listed one by one.
const LISTED: usize = 12;

/// Writes the edits, unless there are fewer than two errors: one error says itself what to do.
pub(super) fn write(
    findings: &[Finding],
    cuts: &[Cut],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors < 2 {
        return Ok(());
    }
    let edits = fewest(findings, cuts);
    let strong = super::human::Palette::new(style).strong;
    let (edits_text, leave) =
        (plural(edits.len(), "edit"), if edits.len() == 1 { "leaves" } else { "leave" });
    writeln!(out, "{strong}{edits_text} {leave} none of the {errors} errors:{strong:#}")?;
    let path = super::human::Palette::new(style).path;
    for edit in edits.iter().take(LISTED) {
        let line = edit.line.map(|line| format!(":{line}")).unwrap_or_default();
        let effect = match (edit.findings, edit.eases) {
            (count, true) => format!("lowers {}", plural(count, "error")),
            (count, false) => format!("closes {}", plural(count, "finding")),
        };
        writeln!(out, "  {path}{}{line}{path:#}  {effect}", text::name(edit.path))?;
        let what = edit.what.lines().next().unwrap_or_default().trim_end_matches(':');
        write!(out, "{}", text::hanging("      ", &text::line(what), style.width))?;
    }
    if let Some(more) = edits.len().checked_sub(LISTED).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more, each at the line of its error")?;
    }
    writeln!(out)
}

/// The edits, those that close most first.
fn fewest<'r>(findings: &'r [Finding], cuts: &'r [Cut]) -> Vec<Edit<'r>> {
    let mut here: BTreeMap<Spot<'_>, (usize, Option<&'r str>)> = BTreeMap::new();
    for finding in findings {
        let (count, what) = here.entry(spot(finding)).or_default();
        *count += 1;
        if finding.severity == Severity::Error && what.is_none() {
            *what = finding.help.as_deref();
        }
    }
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let mut open: Vec<&Finding> = findings.iter().filter(is_error).collect();
    let mut cuts: Vec<(&Cut, HashSet<&str>)> =
        cuts.iter().map(|cut| (cut, cut.closes.iter().map(String::as_str).collect())).collect();
    let mut edits = Vec::new();
    while !open.is_empty() {
        let mut lines: BTreeMap<Spot<'_>, usize> = BTreeMap::new();
        for finding in &open {
            *lines.entry(spot(finding)).or_default() += 1;
        }
        let most = lines.values().copied().max().unwrap_or_default();
        let covered = |closes: &HashSet<&str>| {
            open.iter().filter(|one| closes.contains(&*one.fingerprint)).count()
        };
        let best = (0..cuts.len()).rev().max_by_key(|&at| cuts.get(at).map(|cut| covered(&cut.1)));
        if let Some((at, count)) =
            best.and_then(|at| Some((at, covered(&cuts.get(at)?.1)))).filter(|(_, n)| *n > most)
        {
            let (cut, closes) = cuts.remove(at);
            edits.push(Edit {
                path: &cut.location.path,
                line: cut.location.region.map(|at| at.line),
                what: &cut.edit,
                findings: count,
                eases: true,
            });
            open.retain(|one| !closes.contains(&*one.fingerprint));
            continue;
        }
        // Lines have no error in common: all that close as many go at once.
        lines.retain(|_, count| *count == most);
        edits.extend(lines.keys().map(|at| {
            let (findings, what) = here.get(at).copied().unwrap_or_default();
            let what = what.unwrap_or("see the finding");
            Edit { path: at.0, line: at.1, what, findings, eases: false }
        }));
        open.retain(|one| !lines.contains_key(&spot(one)));
    }
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.findings));
    edits
}

/// A line, or a file as a whole.
type Spot<'r> = (&'r str, Option<usize>);

fn spot(finding: &Finding) -> Spot<'_> {
    (&finding.location.path, finding.location.region.map(|at| at.line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Region};

    fn at(path: &str, line: usize) -> Location {
        let region = Region { line, column: 1, end_line: line, end_column: 2 };
        Location { region: Some(region), ..Location::file(path, path) }
    }

    fn finding(severity: Severity, path: &str, line: usize, fingerprint: &str) -> Finding {
        Finding {
            rule: "config/approvals-off",
            severity,
            confidence: Confidence::High,
            location: at(path, line),
            label: "".into(),
            message: String::new(),
            help: Some(format!("edit {fingerprint}:\nmore").into()),
            notes: Vec::new(),
            related: Vec::new(),
            fix: None,
            credential: None,
            history: None,
            anchor: String::new(),
            fingerprint: fingerprint.to_owned(),
        }
    }

    fn told(findings: &[Finding], cuts: &[Cut]) -> Vec<String> {
        let edits = fewest(findings, cuts);
        let line = |edit: &Edit<'_>| {
            format!("{}:{} {}", edit.path, edit.line.unwrap_or_default(), edit.findings)
        };
        edits.iter().map(line).collect()
    }

    #[test]
    fn one_line_closes_all_that_stands_in_it() {
        let all = [
            finding(Severity::Error, ".env", 3, "a"),
            finding(Severity::Error, ".env", 7, "b"),
            finding(Severity::Error, ".env", 7, "c"),
            finding(Severity::Info, ".env", 7, "d"),
            finding(Severity::Warning, ".env", 9, "e"),
        ];
        assert_eq!(told(&all, &[]), [".env:7 3", ".env:3 1"]);
    }

    #[test]
    fn a_cut_is_taken_where_it_closes_more_than_any_line() {
        let errors: Vec<Finding> = ["a", "b", "c", "d"]
            .iter()
            .zip(1..)
            .map(|(id, line)| finding(Severity::Error, "config.yaml", line, id))
            .collect();
        let cut = |closes: &[&str]| Cut {
            location: at("config.yaml", 40),
            edit: "x".to_owned(),
            closes: closes.iter().map(|&id| id.to_owned()).collect(),
        };
        assert_eq!(
            told(&errors, &[cut(&["a", "b", "d"])]),
            ["config.yaml:40 3", "config.yaml:3 1"]
        );
        assert_eq!(told(&errors, &[cut(&["a"]), cut(&["zz"])]).len(), 4, "no better than its line");
        let both = [cut(&["a", "b"]), cut(&["b", "c", "d"])];
        assert_eq!(told(&errors, &both), ["config.yaml:40 3", "config.yaml:1 1"]);
    }

    #[test]
    fn one_error_needs_no_list() {
        let mut out = Vec::new();
        write(&[finding(Severity::Error, "a", 1, "a")], &[], Style::default(), &mut out).unwrap();
        assert!(out.is_empty());
        let two = [finding(Severity::Error, "a", 1, "a"), finding(Severity::Error, "b", 2, "b")];
        write(&two, &[], Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "2 edits leave none of the 2 errors:\n  a:1  closes 1 finding\n      edit a\n  \
             b:2  closes 1 finding\n      edit b\n\n"
        );
    }

    #[test]
    fn thousands_of_errors_cost_little() {
        let many: Vec<Finding> = (1..20_000)
            .map(|line| finding(Severity::Error, "a", line, &line.to_string()))
            .collect();
        assert_eq!(fewest(&many, &[]).len(), many.len());
    }
}
