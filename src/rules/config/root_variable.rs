//! `config/root-variable`: a scalar at the root of the config that the gateway turns into a variable.

use super::keys::walk;
use super::unknown_key::is_environment_name;
use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};
use crate::secrets::is_secret_name;

/// A root scalar has the name of a variable.
pub struct RootVariable;

impl HomeRule for RootVariable {
    const META: RuleMeta = RuleMeta {
        id: "config/root-variable",
        summary: "a scalar at the root of the config becomes a variable of the gateway",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[15],
        since: "0.1.0",
        page: page!("config/root-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        walk(home, |key| {
            let name = key.name();
            let text = matches!(
                key.value(),
                Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
            );
            if is_environment_name(key) && text && !key.is_empty() && !is_other_rules(home, name) {
                findings.add(
                    Self::META
                        .at(&key.place())
                        .message(format!(
                            "`{name}` is no setting: the gateway turns it into a variable, other commands leave it out"
                        ))
                        .label("becomes a variable")
                        .help(format!("move it to ~/.hermes/.env: {name}=...")),
                );
            }
            false
        });
    }
}

/// Names whose rules look at every place that sets them, this one included.
fn is_other_rules(home: &Home<'_>, name: &str) -> bool {
    let facts = home.knowledge.facts();
    let control = facts.environment().control(name).is_some_and(|control| {
        home.variable(name).is_some_and(|set| control.is_lax(&set.winner.value))
    });
    control
        || is_secret_name(name)
        || facts.credentials().is_listed(name)
        || facts.platforms().everywhere.allow_all == name
        || facts.platforms().platforms.iter().any(|spec| spec.allow_all.as_deref() == Some(name))
}
