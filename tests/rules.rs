//! One name, four places: every rule has a page, a bad and a good fixture, and a snapshot; and nothing that
//! is no rule has any.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hermes_lint::finding::Finding;
use hermes_lint::rules::RULES;

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(path)
        .map(|entries| {
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
        })
        .unwrap_or_default();
    all.sort();
    all
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_str().expect("UTF-8").to_owned()
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for rule in RULES {
        let id = rule.meta.id;
        assert!(seen.insert(id), "{id} is there twice");
        let (family, rest) = id.split_once('/').expect("family/name");
        let word = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        assert!(word(family) && word(rest), "{id}");
        assert!(!rule.meta.summary.ends_with('.'), "{id}: the summary is a phrase");
        assert!(
            rule.meta.summary.chars().next().is_some_and(|c| !c.is_uppercase()),
            "{id}: lower case"
        );
    }
}

#[test]
fn every_rule_has_a_page_worth_reading() {
    for rule in RULES {
        let page = rule.meta.page;
        let id = rule.meta.id;
        assert!(page.starts_with(&format!("# {id}\n")), "{id}: the page starts with its id");
        for part in ["## Why", "## Bad", "## Good"] {
            assert!(page.contains(part), "{id}: the page has no {part}");
        }
        assert!(page.len() > 400, "{id}: the page says too little");
    }
}

#[test]
fn every_page_and_fixture_has_a_rule() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.meta.id).collect();
    for family in folders(&common::root().join("fixtures/rules")) {
        for rule in folders(&family) {
            let id = format!("{}/{}", name(&family), name(&rule));
            assert!(ids.contains(id.as_str()), "fixtures/rules/{id} has no rule");
        }
    }
    for family in folders(&common::root().join("rules/docs")) {
        for page in fs::read_dir(&family).expect("pages").flatten() {
            let stem = page.path().file_stem().expect("a stem").to_str().expect("UTF-8").to_owned();
            let id = format!("{}/{stem}", name(&family));
            assert!(ids.contains(id.as_str()), "rules/docs/{id}.md has no rule");
        }
    }
}

#[test]
fn bad_fixtures_are_found_and_good_ones_are_not() {
    let mut problems = String::new();
    for rule in RULES {
        let id = rule.meta.id;
        let fixtures = folders(&common::root().join("fixtures/rules").join(id));
        for kind in ["bad", "good"] {
            if !fixtures.iter().any(|fixture| name(fixture).starts_with(kind)) {
                writeln!(problems, "{id} has no {kind} fixture").expect("a string");
            }
        }
        for fixture in fixtures {
            let laid = common::lay(&fixture);
            if !laid.possible {
                continue;
            }
            let scanned = common::scan(&laid, false);
            let own: Vec<&Finding> =
                scanned.triaged.findings.iter().filter(|finding| finding.rule == id).collect();
            let bad = name(&fixture).starts_with("bad");
            if bad == own.is_empty() {
                writeln!(problems, "{id}: {} gives {} findings", name(&fixture), own.len())
                    .expect("a string");
            }
            if bad {
                let shown = show(&own, laid.folder.path());
                let snapshot = format!("{}__{}", id.replace('/', "__"), name(&fixture));
                insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                    insta::assert_snapshot!(snapshot, shown);
                });
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// The findings as a person would note them down, paths below the fixture.
fn show(findings: &[&Finding], folder: &Path) -> String {
    let mut out = String::new();
    let prefix = format!("{}/", folder.display());
    let below = |text: &str| text.replace(&prefix, "");
    for finding in findings {
        let place = match finding.location.region {
            Some(at) => format!("{}:{}:{}", finding.location.path, at.line, at.column),
            None => finding.location.path.to_string(),
        };
        writeln!(out, "{}: {} ({})", below(&place), finding.severity, finding.confidence)
            .expect("a string");
        writeln!(out, "  {}", below(&finding.message)).expect("a string");
        if let Some(excerpt) = &finding.location.excerpt {
            let marked = &excerpt.text[excerpt.marked.0..excerpt.marked.1];
            writeln!(out, "  at: {} [{}]", marked.replace('\n', "⏎"), finding.label)
                .expect("a string");
        }
        for related in &finding.related {
            let line = related.location.region.map_or(0, |at| at.line);
            writeln!(
                out,
                "  see: {}:{line}: {}",
                below(&related.location.path),
                below(&related.note)
            )
            .expect("a string");
        }
        if let Some(credential) = &finding.credential {
            writeln!(out, "  why: {}: {}", credential.detector, credential.reasons.join("; "))
                .expect("a string");
        }
        for note in &finding.notes {
            writeln!(out, "  note: {}", below(note)).expect("a string");
        }
        if let Some(help) = &finding.help {
            writeln!(out, "  help: {}", below(help).replace('\n', "\n        ")).expect("a string");
        }
    }
    out
}

/// What Hermes writes of itself is no choice of the user's: each release's defaults, all written out.
#[test]
fn defaults_written_out_are_no_lax_settings() {
    use hermes_lint::facts::{Facts, Holds, KeySpec, VersionScope};
    use serde_json::{Map, Value};

    let facts = Facts::load(hermes_lint::data::folder("hermes")).expect("facts");
    let table: Value =
        serde_json::from_str(hermes_lint::data::file("hermes/keys").expect("keys")).expect("JSON");
    let keys = table["keys"].as_object().expect("keys");
    for rung in &facts.versions().ladder {
        let mut config = Map::new();
        for (path, spec) in keys.iter().filter(|(path, _)| !path.contains(['*', '['])) {
            let spec: KeySpec = serde_json::from_value(spec.clone()).expect("a key");
            let scope = VersionScope::exact(rung.version);
            let Some(default) = spec.default_in(rung.version) else { continue };
            if facts.versions().holds(&spec.range(), &scope) != Holds::Always {
                continue;
            }
            let mut segments: Vec<&str> = path.split('.').collect();
            let last = segments.pop().expect("a key");
            let mut map = &mut config;
            for segment in segments {
                let below = map.entry(segment).or_insert_with(|| Value::Object(Map::new()));
                if !below.is_object() {
                    *below = Value::Object(Map::new());
                }
                map = below.as_object_mut().expect("a mapping");
            }
            map.entry(last).or_insert_with(|| default.clone());
        }
        // Platforms on, so that what hangs on them counts.
        for id in ["telegram", "discord", "slack", "webhook", "api_server"] {
            let block = config.entry(id).or_insert_with(|| Value::Object(Map::new()));
            block["enabled"] = Value::Bool(true);
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = serde_json::to_string_pretty(&config).expect("JSON, which is YAML");
        fs::write(folder.path().join("config.yaml"), text).expect("a config");
        let setup = common::Setup {
            hermes_version: Some(rung.version.to_string()),
            ..common::Setup::default()
        };
        let laid = common::Laid { folder, setup, possible: true, secrets: Vec::new() };
        let scanned = common::scan(&laid, false);
        let own: Vec<&str> = scanned
            .triaged
            .findings
            .iter()
            .filter(|finding| finding.rule == "config/lax-setting")
            .map(|finding| finding.message.as_str())
            .collect();
        assert!(own.is_empty(), "{}: {own:#?}", rung.version);
    }
}
