//! `docs/coverage.md` says what is true: it is made of data, each claim names rules that exist, and each example is
//! laid out and scanned to see that they speak.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;
mod data;
mod lax;
mod page;
mod seen;
mod tables;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use hermes_lint::rules::{RULES, find};

use data::{Answer, Section};

/// Renews the page.
const RENEW: &str = "UPDATE=1 cargo test --test coverage";

fn sections() -> Vec<Section> {
    let mut sections = data::load().sections;
    for section in &mut sections {
        if let Some(table) = &section.from {
            let made = tables::rows(table, &section.rows);
            section.rows.extend(made);
        }
    }
    sections
}

#[test]
fn the_page_is_what_the_data_says() {
    let sections = sections();
    let mut problems = problems(&sections);
    let page = page::render(&sections);
    assert!(page.len() < 250_000, "{} bytes are too much to read", page.len());
    assert!(!page.contains('\t'), "a tab in a table");
    let path = common::root().join("docs/coverage.md");
    if std::env::var_os("UPDATE").is_some() && problems.is_empty() {
        fs::write(&path, &page).expect("the page");
    }
    if fs::read_to_string(&path).unwrap_or_default() != page {
        writeln!(problems, "docs/coverage.md is stale; renew it: {RENEW}").expect("a string");
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// What is wrong with the rows.
fn problems(sections: &[Section]) -> String {
    let mut problems = String::new();
    let mut named = BTreeSet::new();
    for section in sections {
        let mut whats = BTreeSet::new();
        for row in &section.rows {
            let at = format!("{}: {}", section.id, row.what);
            let mut say = |what: &str| writeln!(problems, "{at}: {what}").expect("a string");
            if !whats.insert(&row.what) {
                say("there twice");
            }
            match row.answer() {
                None => say("one of rules, command, why_not and open"),
                Some(Answer::Rule) => {}
                Some(_) if section.must.as_deref() == Some("rule") => say("no rule"),
                Some(_) if row.lacks.is_some() => say("`lacks` without rules"),
                Some(_) => {}
            }
            let distinct: BTreeSet<&String> = row.rules.iter().collect();
            if distinct.len() != row.rules.len() {
                say("a rule twice");
            }
            for id in &row.rules {
                if find(id).is_none() {
                    say(&format!("{id} is no rule"));
                }
                named.insert(id.as_str());
            }
        }
    }
    for rule in RULES.iter().filter(|rule| !named.contains(rule.meta.id)) {
        writeln!(problems, "{}: no row names it", rule.meta.id).expect("a string");
    }
    problems
}

#[test]
fn every_example_shows_its_rules() {
    let mut problems = String::new();
    for section in data::load().sections {
        for row in &section.rows {
            let Some(example) = &row.example else {
                if section.must.is_some() {
                    writeln!(problems, "{}: no example", row.what).expect("a string");
                }
                continue;
            };
            let spoke = seen::one(example);
            for id in row.rules.iter().filter(|id| !spoke.contains(*id)) {
                writeln!(problems, "{}: {id} says nothing", row.what).expect("a string");
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}

/// The build lists what is compiled in one by one, and leaves the coverage out.
#[test]
fn the_other_tables_are_compiled_in() {
    for entry in fs::read_dir(common::root().join("rules")).expect("the rules").flatten() {
        let name = entry.file_name().into_string().expect("UTF-8");
        if let Some(name) = name.strip_suffix(".yaml") {
            assert_eq!(hermes_lint::data::file(name).is_some(), name != "coverage", "{name}");
        }
    }
}
