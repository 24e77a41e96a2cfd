//! `audit/unpublished-command`: a plugin runs a package that nobody has published.

use crate::deployment::{Deployment, Home, Setting};
use crate::facts::{Fetched, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// The plugin falls back to fetching its program from a registry, by a name that is free.
pub struct UnpublishedCommand;

impl DeploymentRule for UnpublishedCommand {
    const META: RuleMeta = RuleMeta {
        id: "audit/unpublished-command",
        summary: "a plugin runs a package that nobody has published",
        severity: Severity::Warning,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &["audit-logging"],
        cwe: &[427, 494],
        since: "0.1.0",
        page: page!("audit/unpublished-command"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for home in &deployment.homes {
            for (name, place) in
                home.list("plugins.enabled").map(|list| list.entries).iter().flatten()
            {
                let Some(fetched) = fallback(home, name) else { continue };
                let (program, package) = (&fetched.program, &fetched.package);
                if deployment.survey.is_some_and(|survey| survey.has_program(program)) {
                    continue;
                }
                findings.add(
                    Self::META
                        .at(place)
                        .message(format!(
                            "where no `{program}` is on the PATH, the plugin runs `{}`, and {} had no {package} on {}: whoever publishes one runs code here",
                            fetched.runs, fetched.registry, fetched.looked
                        ))
                        .label("may fetch a free name")
                        .help(format!(
                            "`{}: /absolute/path/to/{program}`, built from source that was read; or take `{name}` out of plugins.enabled",
                            fetched.setting
                        ))
                        .anchor(format!("plugins.enabled.{name}")),
                );
            }
        }
    }
}

/// What the plugin `name` fetches where its program is missing; `None` when it is off, or told which program to run.
fn fallback<'h>(home: &'h Home<'_>, name: &str) -> Option<&'h Fetched> {
    let mut writers = home.knowledge.facts().audit_logs().writers.iter();
    let writer = writers.find(|writer| writer.plugins.iter().any(|plugin| plugin == name))?;
    let fetched = writer.fetches.as_ref()?;
    let disabled = home.list("plugins.disabled").map(|list| list.entries).unwrap_or_default();
    let off = disabled.iter().any(|(off, _)| off == name)
        || is_off(home.setting(&format!("plugins.{name}")).as_ref());
    (!off && falls_back(home, fetched)).then_some(fetched)
}

fn is_off(block: Option<&Setting<'_>>) -> bool {
    let enabled = block.and_then(|block| block.child("enabled"));
    enabled.and_then(|setting| setting.bool()) == Some(false)
}

/// True when the plugin starts, does something, and is not told which program to run.
fn falls_back(home: &Home<'_>, fetched: &Fetched) -> bool {
    let is_true = |path: &String| home.setting(path).and_then(|it| it.bool()) == Some(true);
    let is_set = |path: &String| {
        home.setting(path)
            .is_some_and(|setting| !setting.is_empty() && setting.bool() != Some(false))
    };
    let named = home.setting(&fetched.setting).is_some_and(|setting| !setting.is_empty());
    !named && fetched.needs.iter().any(is_set) && !fetched.off.iter().any(is_true)
}
