//! `env/loader-variable`: a dotenv file decides what code other programs load.

use crate::deployment::{Home, VariableSource};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A name stands in a dotenv file that decides what code runs.
pub struct LoaderVariable;

impl HomeRule for LoaderVariable {
    const META: RuleMeta = RuleMeta {
        id: "env/loader-variable",
        summary: "a dotenv file decides what code other programs load",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[426, 427],
        since: "0.1.0",
        page: page!("env/loader-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let environment = home.knowledge.facts().environment();
        for variable in home.variables() {
            let in_file = matches!(
                variable.source,
                VariableSource::Dotenv | VariableSource::Managed | VariableSource::Template
            );
            // Hermes's own switches have rules that look at every place.
            if !in_file || !variable.is_set() || environment.control(&variable.name).is_some() {
                continue;
            }
            let Some(group) = environment.unwanted_in_dotenv(&variable.name) else { continue };
            if is_harmless(&variable.name, &variable.value) {
                continue;
            }
            findings.add(
                Self::META
                    .at(&variable.place)
                    .message(format!(
                        "{} {}: Hermes would refuse to write it into .env, but takes it from there",
                        variable.name, group.why
                    ))
                    .label("decides what runs")
                    .help(format!(
                        "remove {}; what Hermes needs of it belongs in the unit or the image",
                        variable.name
                    )),
            );
        }
    }
}

/// Names that other programs use for harmless things, and values that load less rather than more.
fn is_harmless(name: &str, value: &str) -> bool {
    match name {
        // `ENV=production` names a stage; a shell reads the variable as a path.
        "ENV" => !value.contains('/'),
        "PYTHONNOUSERSITE" => true,
        "PYTHONBREAKPOINT" => value == "0",
        _ => false,
    }
}
