//! `skill/scan-exclusion`: a skill hides its own code from Hermes's scanner.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::deployment::Deployment;
use crate::document::{Document, Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};
use crate::span::Span;

/// Files that take others out of the scan of an installed skill.
const IGNORE_FILES: &[&str] = &[".skillignore", ".clawhubignore"];
/// Endings of files that are run.
const CODE: &[&str] = &[
    "py", "sh", "bash", "zsh", "fish", "js", "mjs", "cjs", "ts", "tsx", "jsx", "rb", "pl", "php",
    "lua", "ps1", "bat", "cmd", "go", "rs", "java", "jl", "r", "exe",
];

/// A skill ships an ignore file that covers code.
pub struct ScanExclusion;

impl DeploymentRule for ScanExclusion {
    const META: RuleMeta = RuleMeta {
        id: "skill/scan-exclusion",
        summary: "a skill hides code from the scanner of Hermes",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["skills-reviewed"],
        cwe: &[693, 829],
        since: "0.1.0",
        page: page!("skill/scan-exclusion"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for document in deployment.documents {
            let path = document.text.path();
            if !IGNORE_FILES.contains(&path.file_name()) {
                continue;
            }
            let text = String::from_utf8_lossy(document.text.bytes()).into_owned();
            let Some(rules) = rules(&text) else { continue };
            let hidden: Vec<&str> = siblings(deployment, document)
                .filter(|below| is_code(below))
                .filter(|below| rules.matched_path_or_any_parents(below, false).is_ignore())
                .collect();
            let [first, rest @ ..] = hidden.as_slice() else { continue };
            let more =
                if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            findings.add(
                Self::META
                    .at(&Place::new(document, line_of(&text, first), "exclusion"))
                    .message(format!(
                        "the skill takes `{first}`{more} out of the scan at installation; the files are installed all the same"
                    ))
                    .label("not scanned")
                    .help("delete the line, and have the skill scanned again before it is used")
                    .anchor("exclusion"),
            );
        }
    }
}

/// Paths of the skill's other files, below the folder of `ignore_file`.
fn siblings<'d>(
    deployment: &Deployment<'d>,
    ignore_file: &'d Document,
) -> impl Iterator<Item = &'d str> {
    let (folder, archive) = (ignore_file.text.path().folder(), ignore_file.text.path().archive());
    let together = move |document: &&Document| document.text.path().archive() == archive;
    deployment.documents.iter().filter(together).filter_map(move |document| {
        let path = &document.text.path().display;
        let below =
            if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
        let own = matches!(document.kind, Kind::SkillFile | Kind::Skill(_))
            || document.structured().is_some();
        (own && !std::ptr::eq(document, ignore_file)).then_some(below)
    })
}

fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some(ending) => CODE.contains(&ending.to_ascii_lowercase().as_str()),
        // A script without an ending, as they lie in `bin` and `scripts`.
        None => path.contains("scripts/") || path.contains("bin/"),
    }
}

fn rules(text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        builder.add_line(None, line).ok()?;
    }
    builder.build().ok()
}

/// The first line that covers `path`.
fn line_of(text: &str, path: &str) -> Span {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        let covers = rules(trimmed)
            .is_some_and(|rules| rules.matched_path_or_any_parents(path, false).is_ignore());
        if covers {
            return Span::new(start, start + trimmed.len());
        }
        start += line.len();
    }
    Span::new(0, 0)
}
