//! `env/inert-variable`: a variable that is relied on and that no code reads.

use crate::deployment::{Home, VariableSource};
use crate::document::Document;
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::config::inert_key::{help, twin};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A variable is set that no code reads.
pub struct InertVariable;

impl HomeRule for InertVariable {
    const META: RuleMeta = RuleMeta {
        id: "env/inert-variable",
        summary: "a variable that is relied on is read by no code",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[1188, 655],
        since: "0.1.0",
        page: page!("env/inert-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for fact in &home.knowledge.facts().inert().inert {
            let Some(name) = &fact.env else { continue };
            let Some(set) = home.variable(name) else { continue };
            let variable = set.winner;
            // A root scalar of the config is that rule's, and a name that the files refer to has a use.
            if variable.source == VariableSource::RootScalar || is_referred_to(home, name) {
                continue;
            }
            // On its unsafe side it is judged for that, with the releases that read it.
            let control = home.knowledge.facts().environment().control(name);
            if control.is_some_and(|control| {
                control.is_lax(&variable.value) && home.may_hold(&control.range())
            }) {
                continue;
            }
            let effect = &fact.effect;
            let (message, depends) = match (home.holds(&fact.range()), fact.since) {
                (Holds::Never, _) => continue,
                (Holds::Depends { .. }, Some(since)) => {
                    (format!("{name} is not read from {since} on: it will then not {effect}"), true)
                }
                (_, Some(since)) => (
                    format!(
                        "Hermes reads {name} no more (last before {since}): it does not {effect}"
                    ),
                    false,
                ),
                _ => (format!("no release of Hermes reads {name}: it does not {effect}"), false),
            };
            let twin = twin(home, fact).filter(|twin| *twin != "WEBHOOK_ENABLED");
            let info = depends || twin.is_some();
            let mut draft = Self::META
                .at(&variable.place)
                .severity(if info { Severity::Info } else { Severity::Warning })
                .message(message)
                .label("nothing reads this")
                .help(if twin.is_some() { format!("remove {name}") } else { help(fact) })
                .notes(fact.note.clone());
            if let Some(twin) = twin {
                draft = draft.note(format!("{twin} is set as well, and that one counts"));
            }
            findings.add(draft);
        }
    }
}

/// True when a file of the deployment takes the value from there: a variable of the operator's own.
fn is_referred_to(home: &Home<'_>, name: &str) -> bool {
    let reference = format!("{{{name}");
    let refers = |document: &Document| {
        memchr::memmem::find(document.text.bytes(), reference.as_bytes()).is_some()
    };
    home.config().is_some_and(refers)
        || home
            .around()
            .iter()
            .chain(home.envs())
            .chain(home.inside())
            .any(|document| refers(document))
}
