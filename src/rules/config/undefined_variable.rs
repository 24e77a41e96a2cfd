//! `config/undefined-variable`: a reference to a variable that nothing here sets.

use std::collections::BTreeMap;

use super::keys::walk;
use super::references::{Form, Reader, is_expanded, of_key, reader};
use crate::deployment::Home;
use crate::document::{Place, Standing};
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A variable that the config refers to is set nowhere.
pub struct UndefinedVariable;

/// Set by the system or a login, not by a deployment.
const SYSTEM: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "PWD",
    "SHELL",
    "LANG",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "HOSTNAME",
    "DISPLAY",
    "EDITOR",
    "HERMES_HOME",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
];

impl HomeRule for UndefinedVariable {
    const META: RuleMeta = RuleMeta {
        id: "config/undefined-variable",
        summary: "a variable that the config refers to is set nowhere",
        severity: Severity::Info,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[1188],
        since: "0.1.0",
        page: page!("config/undefined-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let live = |document: &&crate::document::Document| document.standing == Standing::Live;
        if !home.config().as_ref().is_some_and(live)
            || !home.envs().iter().any(live)
            || home.is_incomplete()
            || has_other_sources(home)
        {
            return;
        }
        let facts = home.knowledge.facts();
        let mut missing: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
        walk(home, |key| {
            if facts.inert().key(&key.path).is_some() {
                return false;
            }
            let reader = reader(home, &key.path);
            for (reference, place) in of_key(key) {
                let braced = matches!(reference.form, Form::Braced | Form::Scoped);
                if braced
                    && reader != Reader::Own
                    && is_expanded(home, reader, reference.form) == Holds::Always
                    && !SYSTEM.contains(&reference.name)
                    && !reference.name.starts_with("XDG_")
                    && !home.variables().iter().any(|variable| variable.name == reference.name)
                {
                    missing.entry(reference.name).or_default().push(place);
                }
            }
            true
        });
        for (name, places) in missing {
            let Some((first, others)) = places.split_first() else { continue };
            let mut draft = UndefinedVariable::META
                .at(first)
                .anchor(name)
                .message(format!(
                    "{name} is set nowhere here: the text `${{{name}}}` itself becomes the value"
                ))
                .label("set nowhere")
                .help(format!("set it in ~/.hermes/.env: {name}=..."))
                .note("a variable that only the shell or the service manager sets is not seen");
            for other in others.iter().take(5) {
                draft = draft.related(other, "refers to it, too");
            }
            findings.add(draft);
        }
    }
}

/// True when variables come from somewhere that is not read: a secret manager, a file named by a unit.
fn has_other_sources(home: &Home<'_>) -> bool {
    let managers = home.setting("secrets").is_some_and(|secrets| {
        secrets.children().iter().any(|(_, manager)| {
            manager.child("enabled").and_then(|enabled| enabled.bool()) == Some(true)
        })
    });
    let files = home.services().iter().filter(|service| service.is_hermes).any(|service| {
        service.env_files.iter().any(|file| !file.text.trim_end_matches('/').ends_with("/.env"))
    });
    managers || files
}
