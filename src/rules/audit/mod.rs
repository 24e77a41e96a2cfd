//! `audit/`: logs whose records are chained: whether there is one, and who could change it unseen.

pub mod append_only;
pub mod chain_missing;
pub mod key_beside_log;
pub mod log_mode;
pub mod retention;
pub mod truncating_rotation;
pub mod unpublished_command;

use super::host::location;
use crate::deployment::{ChainedLog, Deployment, HomeFile};
use crate::document::EvidenceFile;
use crate::facts::Duty;
use crate::finding::Location;

/// Where to say something of a log: at the file in a home, at the home for one elsewhere.
fn place_of(deployment: &Deployment<'_>, log: &ChainedLog<'_>) -> Location {
    match folder_of(deployment, log).filter(|_| !log.inside) {
        Some(folder) => location(folder),
        None => location(&log.file),
    }
}

/// The folder of the home whose account writes `log`.
fn folder_of<'h>(deployment: &'h Deployment<'_>, log: &ChainedLog<'_>) -> Option<&'h HomeFile> {
    deployment.homes.get(log.home)?.files().iter().find(|file| file.below.is_empty())
}

/// What people call a log in a sentence.
fn name_of<'l>(log: &'l ChainedLog<'_>) -> &'l str {
    if log.inside { &log.file.below } else { &log.path }
}

/// What keeps a copy, or the state, of the logs elsewhere; changing the one here shows then.
fn kept_elsewhere(deployment: &Deployment<'_>) -> Option<String> {
    let vouched = deployment
        .trails
        .commands
        .iter()
        .find(|command| command.verb == "checkpoint" || command.option("--state").is_some());
    if let Some(command) = vouched {
        return Some(format!("`hermes-lint audit {}` in {}", command.verb, command.place.cite()));
    }
    let survey = deployment.survey.into_iter();
    let mut traces = survey.flat_map(|survey| survey.traces(Duty::Forwards));
    if let Some(trace) = traces.find(|trace| trace.started != Some(false)) {
        return Some(format!("{} ({})", trace.name, trace.path));
    }
    let forwarder = deployment.evidence(EvidenceFile::Forwarder).next()?;
    Some(forwarder.text.path().display.clone())
}

/// True for a path that is `folder` or lies below it, as text.
fn is_in(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
