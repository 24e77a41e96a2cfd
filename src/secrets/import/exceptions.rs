//! Turns allowlists and filter expressions into exceptions.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use toml::Table;

use super::allow::{Allowlist, Target, Test, set};
use super::expression::{self, Subject};
use super::fields::Fields;
use super::translate::compile;
use super::{Effect, Note, go};

/// Reads an allowlist. One of which a part can't be kept is kept only if it then allows less.
pub(super) fn allowlist(
    table: Table,
    rule: Option<&str>,
    notes: &mut Vec<Note>,
) -> Option<Allowlist> {
    let mut fields = Fields::new(table, rule, "allowlist.");
    let condition = fields.text("condition", notes);
    let all = match condition.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("OR" | "||") => false,
        Some("AND" | "&&") => true,
        Some(_) => {
            notes.push(fields.note(
                "condition",
                "is neither `AND` nor `OR`, so the allowlist is not applied",
                Effect::More,
            ));
            return None;
        }
    };
    let target = match fields.text("regexTarget", notes).as_deref() {
        None | Some("secret") => Target::Secret,
        Some("match") => Target::Match,
        Some("line") => Target::Line,
        Some(_) => {
            notes.push(fields.note(
                "regexTarget",
                "is neither `secret`, `match` nor `line`, so the allowlist is not applied",
                Effect::More,
            ));
            return None;
        }
    };
    let description = fields.text("description", notes).unwrap_or_default();
    let mut rules = fields.texts("targetRules", notes);
    rules.extend(rule.map(str::to_owned));
    let regexes = fields.texts("regexes", notes);
    let paths = fields.texts("paths", notes);
    let words = fields.texts("stopwords", notes);
    let commits = fields.texts("commits", notes);
    let mut tests = Vec::new();
    let mut broken = false;
    for (name, sources) in [("regexes", regexes), ("paths", paths)] {
        let (good, bad) = usable(&sources);
        broken |= !bad.is_empty();
        notes.extend(bad.into_iter().map(|error| fields.note(name, error, Effect::More)));
        if good.is_empty() {
            continue;
        }
        match set(&good) {
            Ok(set) if name == "paths" => tests.push(Test::Paths(set)),
            Ok(set) => tests.push(Test::Regexes(target, set)),
            Err(error) => {
                broken = true;
                notes.push(fields.note(name, error.to_string(), Effect::More));
            }
        }
    }
    let words: Vec<String> = words
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| word.to_ascii_lowercase())
        .collect();
    if !words.is_empty() {
        tests.push(Test::Words(Target::Secret, words));
    }
    if !commits.is_empty() {
        tests.push(Test::Commits(
            commits.iter().map(|commit| commit.to_ascii_lowercase()).collect(),
        ));
    }
    if tests.is_empty() || broken && all {
        if !broken || all {
            notes.push(fields.note(
                "",
                "has nothing that can be tested, so it is not applied",
                Effect::More,
            ));
        }
        fields.finish(&[], notes);
        return None;
    }
    fields.finish(&[], notes);
    Some(Allowlist { description, rules, all, tests })
}

/// The sources that compile, in Rust's dialect, and what is wrong with the others.
fn usable(sources: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for source in sources {
        let pattern = go::to_rust(source, 0);
        match compile(&pattern) {
            Ok(_) => good.push(pattern),
            Err(error) => bad.push(format!("`{source}` is not applied: {error}")),
        }
    }
    (good, bad)
}

/// Turns the tests of a filter into exceptions; hands back the ones that are none.
pub(super) fn exceptions(
    tests: Vec<expression::Test>,
    rule: Option<&str>,
    field: &str,
    notes: &mut Vec<Note>,
) -> (Vec<Allowlist>, Vec<expression::Test>) {
    let (mut allow, mut others) = (Vec::new(), Vec::new());
    for test in tests {
        let (parts, all) = match &test {
            expression::Test::All(parts) => (parts.as_slice(), true),
            single => (std::slice::from_ref(single), false),
        };
        let mut complete = true;
        let mut kept = Vec::new();
        for part in parts {
            match exception(part) {
                Some(Ok(test)) => kept.push(test),
                Some(Err(error)) => {
                    complete = false;
                    notes.push(Note {
                        rule: rule.map(str::to_owned),
                        field: field.to_owned(),
                        what: error,
                        effect: Effect::More,
                    });
                }
                None => {
                    complete = false;
                    others.push(test.clone());
                    break;
                }
            }
        }
        if complete && !kept.is_empty() {
            let rules = rule.map(str::to_owned).into_iter().collect();
            allow.push(Allowlist { description: String::new(), rules, all, tests: kept });
        }
    }
    (allow, others)
}

fn exception(test: &expression::Test) -> Option<Result<Test, String>> {
    let target = |subject: &Subject| match subject {
        Subject::Secret => Some(Target::Secret),
        Subject::Match => Some(Target::Match),
        Subject::Line => Some(Target::Line),
        Subject::Path => None,
    };
    match test {
        expression::Test::Matches(subject, sources) => {
            let (good, bad) = usable(sources);
            if let Some(error) = bad.into_iter().next() {
                return Some(Err(error));
            }
            Some(set(&good).map_err(|error| error.to_string()).map(|set| match target(subject) {
                Some(target) => Test::Regexes(target, set),
                None => Test::Paths(set),
            }))
        }
        expression::Test::Not(test) => {
            exception(test).map(|inner| inner.map(|test| Test::Not(Box::new(test))))
        }
        expression::Test::Contains(subject, words) => {
            let words = words.iter().map(|word| word.to_ascii_lowercase()).collect();
            target(subject).map(|target| Ok(Test::Words(target, words)))
        }
        _ => None,
    }
}

pub(super) fn describe(test: &expression::Test) -> String {
    match test {
        expression::Test::Other(text) => format!("`{text}`, richer than what is read here,"),
        expression::Test::Entropy(..) => "a limit of entropy".to_owned(),
        expression::Test::Words => "a test for words".to_owned(),
        expression::Test::All(_) => "a test that joins several".to_owned(),
        _ => "a test".to_owned(),
    }
}
