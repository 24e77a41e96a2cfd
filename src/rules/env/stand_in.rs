//! Variables that stand for a key of config.yaml, judged as the key is, and those that no key stands behind.
//!
//! Some win over their key, the others decide where config.yaml says nothing. A row about the variable itself comes
//! first: it knows how Hermes reads it.

use std::collections::HashSet;

use super::control_variable::ControlVariable;
use crate::deployment::{Home, Mirrored, Variable, VariableSource};
use crate::document::tree::Value;
use crate::facts::{Holds, Lookup, Otherwise, Range, SettingFact};
use crate::finding::Severity;
use crate::rules::config::keys::{equals, in_force};
use crate::rules::config::lax_setting::is_so;
use crate::rules::config::lax_value::is_unsafe_text;
use crate::rules::posture::by_release;
use crate::rules::{Findings, HomeRule};

/// Reports the variables of a home that stand on the unsafe side.
pub(super) fn report(home: &Home<'_>, findings: &mut Findings) {
    let facts = home.knowledge.facts();
    for fact in &facts.environment().values {
        let Some(set) = home.variable(&fact.name) else { continue };
        let variable = set.winner;
        if variable.known && is_unsafe_text(home, &fact.lax, &variable.value) {
            let severity = fact.severity.into();
            add(home, variable, &fact.means, &fact.help, (severity, &fact.range()), findings);
        }
    }
    let mut said = HashSet::new();
    for fact in &facts.settings().settings {
        let Some(variable) = standing_for(home, fact) else { continue };
        if said.contains(&variable.name) {
            continue;
        }
        let Some((severity, range)) = judge(home, fact, variable) else { continue };
        said.insert(variable.name.clone());
        let help = help(fact, &variable.name);
        add(home, variable, &fact.means, &help, (severity, &range), findings);
    }
    displaced_backend(home, findings);
}

fn add(
    home: &Home<'_>,
    variable: &Variable<'_>,
    means: &str,
    help: &str,
    (severity, range): (Severity, &Range),
    findings: &mut Findings,
) {
    let Some((severity, when)) = by_release(home, range, severity) else { return };
    findings.add(
        ControlVariable::META
            .at(&variable.place)
            .severity(in_force(home, severity))
            .message(format!("{}: {means}", variable.name))
            .label("on the unsafe side")
            .help(help.to_owned())
            .notes(when.map(|when| format!("read {when}"))),
    );
}

/// The variable that decides in place of the key of a row.
fn standing_for<'h, 'd>(home: &'h Home<'d>, fact: &SettingFact) -> Option<&'h Variable<'d>> {
    let environment = home.knowledge.facts().environment();
    let name = match &fact.variable {
        Some(name) => name,
        None => {
            let mirror = environment.mirrors.iter().find(|(_, key)| **key == fact.key);
            let (name, key) = mirror?;
            if home.setting(key).is_some() {
                return None;
            }
            name
        }
    };
    let variable = home.variable(name).map(|set| set.winner).filter(|variable| variable.known)?;
    let reaches = match variable.source {
        VariableSource::Template => home.is_template(),
        VariableSource::RootScalar => !name.starts_with("TERMINAL_"),
        _ => true,
    };
    (reaches && !has_own_row(home, name)).then_some(variable)
}

/// True when the variable has a row that says which of its values are unsafe.
fn has_own_row(home: &Home<'_>, name: &str) -> bool {
    let facts = home.knowledge.facts();
    let platforms = facts.platforms();
    let sharp = platforms.everywhere.sharp.iter();
    let mut sharp = sharp.chain(platforms.platforms.iter().flat_map(|platform| &platform.sharp));
    facts.environment().control(name).is_some_and(|control| control.lax.is_some())
        || sharp.any(|row| row.name == name && !row.lax.is_empty())
}

/// How much the value matters, and in which releases.
fn judge(
    home: &Home<'_>,
    fact: &SettingFact,
    variable: &Variable<'_>,
) -> Option<(Severity, Range)> {
    let read = Mirrored::of_variable(variable);
    let is_unsafe = |text: &String| is_unsafe_text(home, &fact.lax, text);
    let lax = match &read.text {
        Some(text) => is_unsafe(text),
        None => read.entries.iter().any(|(text, _)| is_unsafe(text)),
    };
    let other = |key: &String| home.mirrored(key).is_some_and(|found| !found.empty);
    if !lax || fact.unless.iter().any(other) {
        return None;
    }
    let path: Vec<&str> = fact.key.split('.').collect();
    let mut range = fact.range();
    if let Lookup::Known { spec, range: of_key } = home.knowledge.facts().keys().lookup(&path) {
        range = of_key.and(range);
        let value = Value::Str(variable.value.trim().into());
        let is_default = |release| {
            let default = spec.and_then(|spec| spec.default_in(release));
            default.is_some_and(|default| equals(&value, default))
        };
        if is_default(home.scope.low) || is_default(home.scope.high) {
            return None;
        }
    }
    let counts =
        fact.when.iter().all(|word| is_so(home, *word, None)) && fact.needs.iter().all(other);
    match (counts, fact.otherwise) {
        (true, _) => Some((fact.severity.into(), range)),
        (false, Otherwise::Info) => Some((Severity::Info, range)),
        (false, Otherwise::None) => None,
    }
}

fn help(fact: &SettingFact, name: &str) -> String {
    match (&fact.write, &fact.help) {
        (Some(write), _) => format!("`{name}={write}`"),
        (None, Some(help)) => help.clone(),
        (None, None) => format!("remove {name}"),
    }
}

/// `TERMINAL_ENV` in .env against `terminal.backend`: what is said at the start holds to the first message only.
fn displaced_backend(home: &Home<'_>, findings: &mut Findings) {
    let Some((setting, variable, holds)) = home.displaced("terminal.backend") else { return };
    let backend = setting.python_str().unwrap_or_default().trim().to_ascii_lowercase();
    let away = ["docker", "singularity", "modal", "daytona", "ssh"].contains(&backend.as_str());
    if setting.is_hole() || !away || !variable.value.trim().eq_ignore_ascii_case("local") {
        return;
    }
    let (severity, when) = match holds {
        Holds::Never => return,
        Holds::Always => (Severity::Error, None),
        Holds::Depends { text } => (Severity::Warning, Some(format!("so {text}"))),
    };
    findings.add(
        ControlVariable::META
            .at(&variable.place)
            .severity(in_force(home, severity))
            .message(format!(
                "{}: takes the place of `terminal.backend: {backend}` when the gateway reads .env \
                 again, which it does at each message: commands then run on the machine itself",
                variable.name
            ))
            .label("takes its place")
            .help(format!("remove {}: `terminal.backend` says it", variable.name))
            .notes(when)
            .related(&setting.place(), "the backend that is meant"),
    );
}
