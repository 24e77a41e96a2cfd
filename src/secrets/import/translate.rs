//! Turns one rule of a file into one that runs here.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashSet;

use regex::bytes::{Regex, RegexBuilder};

use super::allow::Allowlist;
use super::exceptions::describe;
use super::gitleaks::RawRule;
use super::{Effect, Entropy, FileRule, Imported, Note, Rule, Scope, expression, go};
use crate::secrets::pattern::{Pattern, Place, Proof};
use crate::secrets::spec::{Confidence, DetectorSpec, Severity};

/// Largest compiled pattern, in bytes.
const COMPILED: usize = 10 << 20;
/// Longest match that is looked for around a keyword; what may be longer is looked for in the whole file.
const AROUND: usize = 4096;

impl RawRule {
    /// Adds the rule to `imported`, and what is not as it was to `notes`.
    pub(super) fn translate(
        self,
        defaults: bool,
        ids: &mut HashSet<String>,
        imported: &mut Imported,
        allow: &[Allowlist],
        notes: &mut Vec<Note>,
    ) {
        let id = self.id.clone();
        let mut note = |field: &str, what: String, effect| {
            notes.push(Note { rule: Some(id.clone()), field: field.to_owned(), what, effect });
        };
        let path = self.path.as_ref().map(|path| compile(&go::to_rust(path, 0)));
        let path = match path.transpose() {
            Ok(path) => path,
            Err(error) => return note("path", error, Effect::Dropped),
        };
        let Some(source) = &self.regex else {
            match path {
                Some(path) => {
                    let what = self.description.unwrap_or_else(|| self.id.clone());
                    imported.files.push(FileRule { name: self.id, what, path });
                }
                None if defaults => {
                    let kept = allow.iter().any(|list| list.rules == [self.id.as_str()]);
                    let what = "changes a rule of the tool's own, which does not run here";
                    let what = if kept {
                        format!(
                            "{what}; its exceptions count for a built-in detector of the same id"
                        )
                    } else {
                        what.to_owned()
                    };
                    note("regex", what, if kept { Effect::More } else { Effect::Same });
                }
                None => note("regex", "a rule needs `regex` or `path`".to_owned(), Effect::Dropped),
            }
            return;
        };
        let group = self.group.unwrap_or(0);
        if group > go::groups(source) {
            return note("secretGroup", format!("there is no group {group}"), Effect::Dropped);
        }
        let pattern = go::to_rust(source, group);
        let (parsed, regex) =
            match Pattern::parse(&pattern).and_then(|p| Ok((p, compile(&pattern)?))) {
                Ok(both) => both,
                Err(error) => return note("regex", error, Effect::Dropped),
            };
        if parsed.shortest().is_none_or(|length| length == 0) {
            note("regex", "takes the empty text, which is never reported".to_owned(), Effect::Same);
        }
        let (keywords, scope) = wake(&self.keywords, &parsed, &mut note);
        let mut entropy =
            self.entropy.map(|least| Entropy { least: narrow(least), inclusive: false });
        let mut judged = false;
        let mut richer = Vec::new();
        for test in &self.filters {
            match test {
                expression::Test::Entropy(least, equal) => {
                    entropy = Some(Entropy { least: narrow(*least), inclusive: !equal });
                }
                expression::Test::Words => {
                    judged = true;
                    let what = "words in a secret are recognised by this program's own test, not by the tool's token ratio";
                    note("filter", what.to_owned(), Effect::More);
                }
                other => richer.push(describe(other)),
            }
        }
        if let Some(first) = richer.first() {
            let more = match richer.len() - 1 {
                0 => String::new(),
                others => format!(", nor are {others} more of its tests"),
            };
            note("filter", format!("{first} is not applied{more}"), Effect::More);
        }
        let spec = self.spec(&pattern, ids);
        imported.rules.push(Rule {
            name: self.id,
            spec,
            keywords,
            scope,
            entropy,
            judged,
            path,
            companions: self.companions,
            silent: self.silent,
            regex,
            named: group > 0,
        });
    }

    fn spec(&self, pattern: &str, ids: &mut HashSet<String>) -> DetectorSpec {
        let plain: String =
            self.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut id = plain.clone();
        let mut number = 1;
        while !ids.insert(id.clone()) {
            number += 1;
            id = format!("{plain}-{number}");
        }
        let confidence = match self.confidence.as_deref() {
            Some("low") => Confidence::Low,
            Some("high") => Confidence::High,
            _ => Confidence::Medium,
        };
        // Both tools let a rule give way to a more telling one: one by its name, the other by a number.
        let generic =
            self.id.contains("generic") || self.specificity.is_some_and(|number| number < 0.0);
        DetectorSpec {
            id: id.into(),
            provider: "own rules".into(),
            what: self.description.clone().unwrap_or_else(|| self.id.clone()).into(),
            source: "an imported rule file".into(),
            severity: Severity::Error,
            confidence,
            pattern: pattern.to_owned().into(),
            generic,
            hide_prefix: true,
            rotate: "revoke it where it was issued, and set a new one outside of the file".into(),
            ..DetectorSpec::BLANK
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "entropy has a few bits")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Compiles a pattern that is in Rust's dialect already.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).unicode(false).size_limit(COMPILED).build().map_err(|error| {
        match error {
            regex::Error::CompiledTooBig(_) => {
                format!("compiles to more than {} MiB", COMPILED >> 20)
            }
            other => other.to_string().lines().last().unwrap_or_default().trim().to_owned(),
        }
    })
}

/// The keywords that wake a rule, and where its pattern is tried then.
fn wake(
    keywords: &[String],
    pattern: &Pattern,
    note: &mut impl FnMut(&str, String, Effect),
) -> (Vec<String>, Scope) {
    let mut words: Vec<String> = keywords
        .iter()
        .map(|word| word.to_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    words.sort();
    words.dedup();
    if words.is_empty() {
        let found = pattern.literals().and_then(|literals| {
            literals
                .into_iter()
                .map(|word| String::from_utf8(word).ok())
                .collect::<Option<Vec<_>>>()
        });
        let Some(found) =
            found.filter(|found| pattern.proves(found, true, Place::Anywhere) == Proof::Holds)
        else {
            let what =
                "none, and no text stands in every match: the pattern reads every file whole";
            note("keywords", what.to_owned(), Effect::Slower);
            return (words, Scope::File);
        };
        words = found;
    }
    let around = pattern
        .longest()
        .filter(|&longest| longest <= AROUND)
        .filter(|_| pattern.proves(&words, true, Place::Anywhere) == Proof::Holds);
    (words, around.map_or(Scope::File, Scope::Around))
}
