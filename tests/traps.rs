//! Lines that look bad and are fine, lines that look fine and are bad: neither may fool us.
//!
//! A folder of `fixtures/traps/fine` gives nothing above info. One of `fixtures/traps/bad` gives what its `expect.toml`
//! says, and no error besides. Both say there what each file has to be taken for: a trap that nobody read proves nothing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hermes_lint::document::{Kind, recognise};
use hermes_lint::facts::Facts;
use hermes_lint::finding::{Finding, Severity};
use hermes_lint::source::{Origin, Source, SourcePath};

/// What has to come out of a folder: derived by a person, not by the program.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expect {
    /// What each file is taken for.
    reads: BTreeMap<String, String>,
    /// What is found.
    finding: Vec<Expected>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: String,
    file: String,
    /// 0 for the file as a whole.
    line: usize,
    severity: String,
}

#[test]
fn what_looks_bad_and_is_fine_gives_nothing_above_info() {
    let mut problems = String::new();
    for folder in traps("fine") {
        let (expect, findings) = examine(&folder, &mut problems);
        let loud = findings.iter().filter(|finding| finding.severity > Severity::Info);
        for finding in loud {
            writeln!(problems, "{}: {}", name(&folder), shown(finding)).unwrap();
        }
        missing(&folder, &expect, &findings, &mut problems);
    }
    assert!(problems.is_empty(), "\n{problems}");
}

#[test]
fn what_looks_fine_and_is_bad_is_found() {
    let mut problems = String::new();
    for folder in traps("bad") {
        let (expect, findings) = examine(&folder, &mut problems);
        if expect.finding.is_empty() {
            writeln!(problems, "{}: nothing is expected", name(&folder)).unwrap();
        }
        missing(&folder, &expect, &findings, &mut problems);
        for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
            if !expect.finding.iter().any(|expected| is_meant(expected, finding)) {
                writeln!(problems, "{}: not expected: {}", name(&folder), shown(finding)).unwrap();
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

fn traps(kind: &str) -> Vec<PathBuf> {
    let folder = common::root().join("fixtures/traps").join(kind);
    let mut all: Vec<PathBuf> =
        fs::read_dir(folder).expect("traps").map(|entry| entry.unwrap().path()).collect();
    all.sort();
    assert!(all.len() >= 30, "{kind}: {} traps", all.len());
    all
}

fn name(folder: &Path) -> String {
    format!("{}", folder.strip_prefix(common::root().join("fixtures/traps")).unwrap().display())
}

/// Lays a trap out, checks what its files are taken for, and scans it.
fn examine(folder: &Path, problems: &mut String) -> (Expect, Vec<Finding>) {
    let laid = common::lay(folder);
    let root = laid.folder.path();
    let path = root.join("expect.toml");
    let text = fs::read_to_string(&path).expect("an expect.toml");
    fs::remove_file(&path).unwrap();
    let expect: Expect =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", name(folder)));
    assert!(!expect.reads.is_empty(), "{}: says nothing of what its files are", name(folder));
    for (file, kind) in &expect.reads {
        let seen = taken_for(root, file);
        if seen != *kind {
            writeln!(problems, "{}: {file} is taken for {seen}", name(folder)).unwrap();
        }
    }
    let mut findings = common::scan(&laid, false).triaged.findings;
    let below = format!("{}/", root.display());
    for finding in &mut findings {
        finding.location.path = finding.location.path.replace(&below, "").into();
    }
    (expect, findings)
}

fn taken_for(root: &Path, file: &str) -> &'static str {
    let bytes = fs::read(root.join(file)).expect(file);
    let path = SourcePath::new(root.join(file), root);
    let source = Source { path: &path, bytes: &bytes, origin: Origin::Named, part: None };
    let facts = Facts::load(hermes_lint::data::folder("hermes")).expect("facts");
    match recognise(&source, &facts).map(|document| document.kind) {
        Some(Kind::Config(_)) => "config",
        Some(Kind::Env(_)) => "env",
        Some(Kind::Skill(_)) => "skill",
        Some(Kind::SkillFile) => "skill file",
        Some(Kind::Jobs(_)) => "jobs",
        Some(Kind::State(..)) => "state",
        Some(Kind::Unit(_)) => "unit",
        Some(Kind::Compose(_)) => "compose",
        Some(Kind::Dockerfile(_)) => "dockerfile",
        Some(Kind::Prompt) => "prompt",
        Some(Kind::Evidence(_)) => "evidence",
        Some(Kind::Nix(_)) => "nix",
        Some(Kind::Data(_)) => "data",
        Some(Kind::Proxy(_)) => "proxy",
        Some(Kind::Manifest) => "manifest",
        Some(Kind::Text) | None => "text",
    }
}

fn missing(folder: &Path, expect: &Expect, findings: &[Finding], problems: &mut String) {
    for expected in &expect.finding {
        if !findings.iter().any(|finding| is_meant(expected, finding)) {
            writeln!(problems, "{}: not found: {expected:?}", name(folder)).unwrap();
            for finding in findings.iter().filter(|finding| finding.rule == expected.rule) {
                writeln!(problems, "  but: {}", shown(finding)).unwrap();
            }
        }
    }
}

fn is_meant(expected: &Expected, finding: &Finding) -> bool {
    expected.rule == finding.rule
        && finding.location.path.to_string() == expected.file
        && finding.location.region.map_or(0, |at| at.line) == expected.line
        && finding.severity.to_string() == expected.severity
}

fn shown(finding: &Finding) -> String {
    let line = finding.location.region.map_or(0, |at| at.line);
    format!(
        "{} {}:{line} {}: {}",
        finding.rule, finding.location.path, finding.severity, finding.message
    )
}
