//! What the command line names: logs, folders of them, and profiles.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::audit::logs::{self, Log, NoLog};
use crate::audit::profile::{self, Profile};
use crate::cli::error::Failure;
use crate::cli::progress::Progress;

/// The logs that were named, and which of them no profile fits.
pub fn find<'p>(
    paths: &[PathBuf],
    own: Option<&'p Profile>,
) -> Result<(Vec<Log<'p>>, Vec<String>), Failure> {
    let known = profile::shipped();
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for path in paths {
        if path.is_dir() {
            let logs = logs::folder(path, own, known).map_err(|error| unreadable(path, &error))?;
            if logs.is_empty() {
                unknown.push(path.display().to_string());
            }
            found.extend(logs);
            continue;
        }
        match logs::log(path, own, known) {
            Ok(log) => found.push(log),
            Err(NoLog::Unreadable(error)) => return Err(unreadable(path, &error)),
            Err(NoLog::Unknown | NoLog::Empty) => unknown.push(path.display().to_string()),
        }
    }
    Ok((found, unknown))
}

/// Runs `work`, and says on a terminal how far it is when it takes long.
pub fn watched<T>(read: &AtomicU64, quiet: bool, work: impl FnOnce() -> T) -> T {
    let message = || {
        let megabytes = read.load(Ordering::Relaxed) >> 20;
        format!("{megabytes} MiB checked")
    };
    Progress::default().watch_with(quiet, &message, work)
}

/// A shipped profile by name, or one from a file.
pub fn profile_of(name: &str) -> Result<Profile, Failure> {
    if let Some(profile) = profile::named(name) {
        return Ok(profile.clone());
    }
    let path = Path::new(name);
    let text = std::fs::read_to_string(path).map_err(|error| {
        let names: Vec<&str> = profile::shipped().iter().map(|(name, _)| *name).collect();
        Failure::new(format!("can't read the profile {}: {error}", path.display()))
            .help(format!("name a TOML file, or one of {}", names.join(", ")))
    })?;
    profile::read(&text).map_err(|error| {
        let failure = Failure::new(format!("{}: {}", path.display(), error.message));
        match error.span {
            Some(span) if span.end <= text.len() => failure.at(name, text.clone(), span, "here"),
            _ => failure,
        }
        .help("the language of profiles is described in docs/audit-profiles.md")
    })
}

/// A file that can't be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("can't read {}: {error}", path.display()))
}
