//! `config/redaction-off`: secrets are not taken out of logs, chats and what the model sees.

use super::keys::in_force;
use crate::deployment::{Home, Setting, Variable, VariableSource};
use crate::document::tree::Value;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Redaction of secrets is off.
pub struct RedactionOff;

/// From here on the bare words `y` and `n` are booleans.
const BARE_WORDS: Range = Range::since(Release::new(0, 22, 2));

const KEY: &str = "security.redact_secrets";
const VARIABLE: &str = "HERMES_REDACT_SECRETS";

impl HomeRule for RedactionOff {
    const META: RuleMeta = RuleMeta {
        id: "config/redaction-off",
        summary: "secrets are not taken out of logs, chats and prompts",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["sensitive-data-stripped"],
        cwe: &[532, 200],
        since: "0.1.0",
        page: page!("config/redaction-off"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let setting = home.setting(KEY).filter(|setting| !setting.is_hole() && !is_unset(setting));
        // Set to nothing it is none of the words that count as on; a template leaves the value to others.
        let variable = home
            .assignment(VARIABLE)
            .map(|found| found.winner)
            .filter(|found| found.known && (found.is_set() || !home.is_template()))
            .filter(|found| found.source != VariableSource::RootScalar || setting.is_none());
        let key_off = setting.as_ref().filter(|setting| {
            // Read as true from that release on.
            let on =
                setting.short_boolean() == Some(true) && home.holds(&BARE_WORDS) == Holds::Always;
            is_off(setting.value()) && !on
        });
        let variable_off = variable.filter(|variable| !is_on(&variable.value));
        if let Some(setting) = key_off {
            by_key(home, setting, variable, variable_off.is_some(), findings);
        } else if let Some(off) = variable_off {
            let what = match setting {
                None if off.source == VariableSource::RootScalar => {
                    "HERMES_REDACT_SECRETS turns redaction off in the gateway, which makes a variable of it"
                }
                Some(_) => {
                    "HERMES_REDACT_SECRETS turns redaction off in every command but the gateway"
                }
                None => {
                    "HERMES_REDACT_SECRETS turns redaction off: secrets reach logs, chats and the model"
                }
            };
            let mut draft = Self::META
                .at(&off.place)
                .severity(in_force(home, Severity::Error))
                .message(what)
                .label("turns redaction off")
                .help("write `HERMES_REDACT_SECRETS=true`, or remove the line: on is the default")
                .notes(odd_word(&off.value));
            if let Some(setting) = setting {
                draft = draft.related(&setting.place(), "wins in the gateway only");
            }
            findings.add(draft);
        }
    }
}

fn by_key(
    home: &Home<'_>,
    setting: &Setting<'_>,
    variable: Option<&Variable<'_>>,
    variable_off: bool,
    findings: &mut Findings,
) {
    let word = setting.str().unwrap_or_default();
    let (severity, note) = match (setting.short_boolean() == Some(true), home.holds(&BARE_WORDS)) {
        (true, Holds::Depends { .. }) => (
            Severity::Warning,
            Some("`y` is a word before 0.22.2, which turns it off, and true from it on".to_owned()),
        ),
        (true, _) => (Severity::Error, Some("`y` is a word here, which turns it off".to_owned())),
        (false, _) => (Severity::Error, odd_word(word)),
    };
    let where_on = variable.is_some() && !variable_off;
    let what = if where_on {
        "`security.redact_secrets` turns redaction off in the gateway, whatever the variable says"
    } else {
        "`security.redact_secrets` turns redaction off: secrets reach logs, chats and the model"
    };
    let mut draft = RedactionOff::META
        .at(&setting.place())
        .severity(in_force(home, severity))
        .message(what)
        .label("turns redaction off")
        .help("security:\n  redact_secrets: true")
        .notes(note)
        .fix("turn redaction on", true, &setting.place(), "true");
    if let Some(variable) = variable {
        let said = if variable_off { "says so, too" } else { "wins in the other commands only" };
        draft = draft.related(&variable.place, said);
    }
    findings.add(draft);
}

/// Null leaves the default, which is on.
fn is_unset(setting: &Setting<'_>) -> bool {
    matches!(setting.value(), Value::Null) || setting.str().is_some_and(|text| text.contains("${"))
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::Int(number) => *number != 1,
        Value::Str(text) => !is_on(text),
        _ => true,
    }
}

/// The only words that count as on.
fn is_on(text: &str) -> bool {
    ["1", "true", "yes", "on"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A word that somebody meant as on.
fn odd_word(word: &str) -> Option<String> {
    let means_on = ["enabled", "enable", "y", "active", "t", "default"];
    means_on
        .iter()
        .any(|other| word.trim().eq_ignore_ascii_case(other))
        .then(|| "only 1, true, yes and on count as on; every other word turns it off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_words_are_on() {
        for on in ["1", "true", "True", "YES", "on"] {
            assert!(is_on(on), "{on}");
        }
        for off in ["enabled", "y", "false", "0", "", " true"] {
            assert!(!is_on(off), "{off}");
        }
        assert!(!is_off(&Value::Int(1)) && is_off(&Value::Int(2)));
    }
}
