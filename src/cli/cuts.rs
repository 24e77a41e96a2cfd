//! Which errors are none any more when commands run in a container: the rules are asked again as if they did.

use std::collections::HashSet;

use super::pipeline::judged_as_whole;
use crate::deployment::Deployment;
use crate::finding::{Finding, Severity};
use crate::report::Cut;
use crate::rules::{Check, RULES};

/// Most homes that are tried one by one: each costs a run of the rules over all of them. Where there are more, the lines
/// of the errors have to do.
const HOMES: usize = 16;

/// The edits that close several of `errors` at once, which the rules found in `deployment`.
pub fn of(errors: &[&Finding], deployment: &mut Deployment<'_>) -> Vec<Cut> {
    let homes = deployment.homes.len();
    if homes > HOMES {
        return Vec::new();
    }
    let wholes: HashSet<&str> = RULES
        .iter()
        .filter(|rule| !matches!(rule.check, Check::File(_)))
        .map(|rule| rule.meta.id)
        .collect();
    let before: Vec<&&Finding> = errors.iter().filter(|one| wholes.contains(one.rule)).collect();
    (0..homes).filter_map(|at| {
        deployment.homes.iter_mut().enumerate().for_each(|(other, home)| {
            home.suppose_isolated(other == at);
        });
        let home = deployment.homes.get(at)?;
        let place = home.anchor("terminal.backend").filter(|_| home.has_config())?;
        let place = home.mirrored("terminal.backend").map_or(place, |found| found.place);
        let judged = judged_as_whole(deployment).into_vec();
        let errors: HashSet<_> = judged
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(key)
            .collect();
        let closes: Vec<String> = before
            .iter()
            .filter(|one| !errors.contains(&key(one)))
            .map(|one| one.fingerprint.clone())
            .collect();
        let edit = "run commands in a container: `terminal.backend: docker`, without a folder of the host";
        (closes.len() > 1).then(|| Cut { location: place.location(), edit: edit.to_owned(), closes })
    }).collect()
}

/// What tells a finding from others in two runs of the rules.
fn key(finding: &Finding) -> (&str, &str, Option<usize>, &str) {
    let line = finding.location.region.map(|at| at.line);
    (finding.rule, &finding.location.path, line, &finding.anchor)
}
