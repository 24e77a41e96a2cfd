//! The rule files of gitleaks 8 and of betterleaks, which grew out of it: TOML in, our own terms out.
//!
//! Read by hand rather than into a mirror of their structures, so that a field of a later version, a misspelt
//! one or one of the wrong kind becomes a note and not a failure. Facts: the configuration that each program
//! carries, and what each does with files written to tell the readings apart.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashSet;

use toml::Table;

use super::allow::Allowlist;
use super::exceptions::{allowlist, describe, exceptions};
use super::fields::Fields;
use super::{Companion, Effect, ImportError, Imported, Note, expression};

/// Most files that build on one another.
const EXTENDS: usize = 2;

/// Reads a `.gitleaks.toml` or a betterleaks configuration. `load` gives the text of a file that it builds on,
/// by the path that it names.
///
/// # Errors
/// When `text` is no TOML. Everything else that is wrong is a note.
pub fn read(
    text: &str,
    load: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Imported, ImportError> {
    let mut config = Config::parse(text)?;
    let mut next = config.extends.take();
    for _ in 0..EXTENDS {
        let Some(path) = next.take() else { break };
        let base =
            load(&path).and_then(|text| Config::parse(&text).map_err(|error| error.to_string()));
        match base {
            Ok(mut base) => {
                next = base.extends.take();
                config.add(base);
            }
            Err(error) => {
                config.note("extend.path", format!("can't read `{path}`: {error}"), Effect::Fewer)
            }
        }
    }
    if let Some(path) = next {
        config.note(
            "extend.path",
            format!("`{path}` is not read: too many files build on one another"),
            Effect::Fewer,
        );
    }
    Ok(config.translate())
}

#[derive(Default)]
struct Config {
    rules: Vec<RawRule>,
    allow: Vec<Allowlist>,
    extends: Option<String>,
    defaults: bool,
    disabled: Vec<String>,
    notes: Vec<Note>,
}

/// A rule as the file has it.
#[derive(Default)]
pub(super) struct RawRule {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) path: Option<String>,
    pub(super) group: Option<usize>,
    pub(super) entropy: Option<f64>,
    pub(super) keywords: Vec<String>,
    pub(super) confidence: Option<String>,
    pub(super) specificity: Option<f64>,
    pub(super) allow: Vec<Allowlist>,
    pub(super) companions: Vec<Companion>,
    pub(super) filters: Vec<expression::Test>,
    pub(super) silent: bool,
}

impl Config {
    fn parse(text: &str) -> Result<Self, ImportError> {
        let table: Table = toml::from_str(text).map_err(|error| ImportError {
            problem: error.message().to_owned(),
            at: error.span(),
        })?;
        let mut config = Self::default();
        let mut notes = Vec::new();
        let mut fields = Fields::new(table, None, "");
        if let Some(extend) = fields.table("extend", &mut notes) {
            config.extend(extend, &mut notes);
        }
        for name in ["allowlist", "allowlists"] {
            for table in fields.tables(name, &mut notes) {
                config.allow.extend(allowlist(table, None, &mut notes));
            }
        }
        for name in ["prefilter", "filter"] {
            let Some(source) = fields.text(name, &mut notes) else { continue };
            let (allow, others) = exceptions(expression::read(&source), None, name, &mut notes);
            config.allow.extend(allow);
            for test in others {
                notes.push(fields.note(
                    name,
                    format!("{} is not applied to all rules", describe(&test)),
                    Effect::More,
                ));
            }
        }
        for table in fields.tables("rules", &mut notes) {
            if let Some(rule) = RawRule::read(table, &mut notes) {
                if config.rules.iter().any(|known| known.id == rule.id) {
                    let note = "two rules have this id, the first is used";
                    notes.push(Note {
                        rule: Some(rule.id),
                        field: "id".to_owned(),
                        what: note.to_owned(),
                        effect: Effect::Fewer,
                    });
                } else {
                    config.rules.push(rule);
                }
            }
        }
        fields.finish(&["title", "description", "minversion", "version", "tags"], &mut notes);
        config.notes = notes;
        Ok(config)
    }

    fn extend(&mut self, table: Table, notes: &mut Vec<Note>) {
        let mut fields = Fields::new(table, None, "extend.");
        self.defaults = fields.flag("useDefault", notes);
        self.extends = fields.text("path", notes);
        self.disabled = fields.texts("disabledRules", notes);
        if let Some(url) = fields.text("url", notes) {
            let what = format!("`{url}` is not fetched: this program never opens the network");
            notes.push(fields.note("url", what, Effect::Fewer));
        }
        fields.finish(&[], notes);
    }

    fn note(&mut self, field: &str, what: String, effect: Effect) {
        self.notes.push(Note { rule: None, field: field.to_owned(), what, effect });
    }

    /// Adds the file that this one builds on. What this one says of a rule has precedence.
    fn add(&mut self, base: Self) {
        let disabled = std::mem::take(&mut self.disabled);
        let (off, unknown): (Vec<String>, Vec<String>) =
            disabled.into_iter().partition(|id| base.rules.iter().any(|rule| rule.id == *id));
        self.disabled = unknown;
        for mut rule in base.rules {
            if off.contains(&rule.id) {
                continue;
            }
            let Some(own) = self.rules.iter_mut().find(|own| own.id == rule.id) else {
                self.rules.push(rule);
                continue;
            };
            own.description = own.description.take().or(rule.description);
            own.regex = own.regex.take().or(rule.regex);
            own.path = own.path.take().or(rule.path);
            own.group = own.group.or(rule.group);
            own.entropy = own.entropy.or(rule.entropy);
            own.confidence = own.confidence.take().or(rule.confidence);
            own.specificity = own.specificity.or(rule.specificity);
            own.keywords.append(&mut rule.keywords);
            own.allow.append(&mut rule.allow);
            own.companions.append(&mut rule.companions);
            own.filters.append(&mut rule.filters);
            own.silent |= rule.silent;
        }
        self.allow.extend(base.allow);
        self.notes.extend(base.notes);
        self.defaults |= base.defaults;
        self.disabled.extend(base.disabled);
    }

    fn translate(self) -> Imported {
        let Self { rules, mut allow, defaults, disabled, mut notes, .. } = self;
        let mut imported = Imported::default();
        let mut ids = HashSet::new();
        let file = |field: &str, what: String, effect| Note {
            rule: None,
            field: field.to_owned(),
            what,
            effect,
        };
        if defaults {
            let what = "the built-in detectors take the place of the tool's own rules".to_owned();
            notes.push(file("extend.useDefault", what, Effect::Same));
        }
        for id in &disabled {
            let what = format!(
                "`{id}` is a rule of the tool's own: only a built-in detector of the same id is switched off"
            );
            notes.push(file("extend.disabledRules", what, Effect::More));
        }
        for mut rule in rules {
            allow.append(&mut rule.allow);
            rule.translate(defaults, &mut ids, &mut imported, &allow, &mut notes);
        }
        // A companion that does not run is never found, and neither would be the rule.
        let names: HashSet<String> = imported.rules.iter().map(|rule| rule.name.clone()).collect();
        for rule in &mut imported.rules {
            rule.companions.retain(|wanted| {
                let known = names.contains(&wanted.name);
                if !known {
                    notes.push(Note {
                        rule: Some(rule.name.clone()),
                        field: "required".to_owned(),
                        what: format!("`{}` is not there, so it is not asked for", wanted.name),
                        effect: Effect::More,
                    });
                }
                known
            });
        }
        imported.allow = allow;
        imported.defaults = defaults;
        imported.disabled = disabled;
        imported.notes = notes;
        imported
    }
}

impl RawRule {
    fn read(table: Table, notes: &mut Vec<Note>) -> Option<Self> {
        let id = match Fields::new(table.clone(), None, "rules.").text("id", notes) {
            Some(id) => id,
            None => {
                let fields = Fields::new(table, None, "rules.");
                notes.push(fields.note("id", "a rule without an id", Effect::Dropped));
                return None;
            }
        };
        let mut fields = Fields::new(table, Some(&id), "");
        fields.text("id", notes);
        let mut rule = Self {
            description: fields.text("description", notes),
            regex: fields.text("regex", notes),
            path: fields.text("path", notes),
            group: fields
                .count("secretGroup", notes)
                .or(fields.count("valueGroup", notes))
                .filter(|&group| group > 0),
            entropy: fields.number("entropy", notes).filter(|&bits| bits > 0.0),
            keywords: fields.texts("keywords", notes),
            confidence: fields.text("confidence", notes),
            specificity: fields.number("specificity", notes),
            silent: fields.flag("skipReport", notes),
            ..Self::default()
        };
        for name in ["allowlist", "allowlists"] {
            for table in fields.tables(name, notes) {
                rule.allow.extend(allowlist(table, Some(&id), notes));
            }
        }
        for name in ["required", "components"] {
            for table in fields.tables(name, notes) {
                rule.companions.extend(companion(table, &id, notes));
            }
        }
        for name in ["prefilter", "filter"] {
            let Some(source) = fields.text(name, notes) else { continue };
            let (allow, others) = exceptions(expression::read(&source), Some(&id), name, notes);
            rule.allow.extend(allow);
            rule.filters.extend(others);
        }
        for name in ["validate", "analyze", "revoke"] {
            if fields.text(name, notes).is_some() {
                let what = "asks the vendor over the network, which this program never does";
                notes.push(fields.note(name, what, Effect::Same));
            }
        }
        fields.finish(&["tags", "report", "reportgroup"], notes);
        rule.id = id;
        Some(rule)
    }
}

fn companion(table: Table, rule: &str, notes: &mut Vec<Note>) -> Option<Companion> {
    let mut fields = Fields::new(table, Some(rule), "required.");
    let name = fields.text("id", notes);
    let mut lines = fields.count("withinLines", notes);
    let mut bytes = fields.count("withinColumns", notes);
    if bytes.is_some() {
        notes.push(fields.note(
            "withinColumns",
            "is taken as bytes between the two",
            Effect::Fewer,
        ));
    }
    for part in fields.text("within", notes).iter().flat_map(|text| text.split(',')) {
        let part = part.trim();
        let number = |unit: char| part.strip_suffix(unit).and_then(|number| number.parse().ok());
        if let Some(number) = number('L') {
            lines = Some(number);
        } else if let Some(number) = number('C') {
            bytes = Some(number);
        } else {
            notes.push(fields.note(
                "within",
                format!("`{part}` is not understood, so it does not limit"),
                Effect::More,
            ));
        }
    }
    let optional = fields.flag("optional", notes);
    let nameless = name.is_none();
    if nameless {
        notes.push(fields.note("id", "is missing", Effect::More));
    }
    fields.finish(&[], notes);
    name.filter(|_| !optional).map(|name| Companion { name, lines, bytes })
}
