//! Where the links of a home lead, and which folders that something synchronises it lies in.
//!
//! Only what the disk says counts: who owns the target and who may put another in its place. Links on the way
//! are followed and not judged themselves.

use std::path::{Path, PathBuf};

use super::files::{group, owner, parents};
use super::{HomeFile, Survey};
use crate::facts::{Files, Holding};
use crate::host::file::{self as disk, FileFacts, FileKind};

/// A link by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// Path below the home.
    pub below: String,
    /// Path on this disk.
    pub path: PathBuf,
    /// Path as people see it.
    pub display: String,
    /// Path below the project root.
    pub identity: String,
}

/// A home, or something that Hermes reads in it, that is a link.
#[derive(Clone, Debug)]
pub struct Link {
    /// Path below the home; empty for the home itself.
    pub below: String,
    /// Path as people see it.
    pub display: String,
    /// Path below the project root.
    pub identity: String,
    /// The account that made the link.
    pub by: u32,
    /// Where it leads, as the machine calls it.
    pub target: String,
    /// Mode, owner and kind of the target.
    pub facts: FileFacts,
    /// Name of the target's owner, or its number.
    pub owner: String,
    /// Name of the target's group, where it has one.
    pub group: Option<String>,
    /// What Hermes keeps there.
    pub holds: Holding,
    /// The folders that the target lies in, nearest first.
    pub above: Vec<HomeFile>,
    real: PathBuf,
}

/// A folder of which something keeps copies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// What does.
    pub by: String,
    /// The folder, as the machine calls it.
    pub folder: String,
    /// Path of what lies in it, as people see it; empty for the home itself.
    pub display: String,
    /// The same, below the project root.
    pub identity: String,
}

/// The home at `root` by the names under which it is a link.
pub(super) fn to_home(
    root: &Path,
    display: &str,
    identity: &str,
    survey: Option<&Survey>,
) -> Vec<Link> {
    // An image's links were followed when its files were read: they are looked for by the homes' own names.
    let image = survey.filter(|survey| survey.machine.is_image());
    let names: Vec<PathBuf> = image.map_or_else(
        || vec![root.to_path_buf()],
        |survey| {
            let homes = survey.homes.iter().filter(|home| survey.machine.path(&home.path) == root);
            let below = |path: &str| survey.machine.root().join(path.trim_start_matches('/'));
            homes.map(|home| below(&home.path)).collect()
        },
    );
    let links = names.into_iter().filter_map(|path| {
        let name = Name {
            below: String::new(),
            display: if display.is_empty() { ".".to_owned() } else { display.to_owned() },
            identity: identity.to_owned(),
            path,
        };
        of(&name, Holding::Secret, survey)
    });
    links.collect()
}

/// What Hermes reads in a home by the name of a link; `None` for what is nothing of Hermes's.
pub(super) fn of_file(name: &Name, facts: &Files, survey: Option<&Survey>) -> Option<Link> {
    of(name, facts.of(&name.below)?.holds, survey)
}

fn of(name: &Name, holds: Holding, survey: Option<&Survey>) -> Option<Link> {
    let link = disk::file(&name.path).ok().filter(|facts| facts.kind == FileKind::Symlink)?;
    let real = match survey.filter(|survey| survey.machine.is_image()) {
        Some(survey) => survey.machine.path(&survey.machine.name(&name.path)),
        None => name.path.canonicalize().ok()?,
    };
    let facts = disk::file(&real).ok()?;
    matches!(facts.kind, FileKind::File | FileKind::Directory).then(|| Link {
        below: name.below.clone(),
        display: name.display.clone(),
        identity: name.identity.clone(),
        by: link.uid,
        target: survey.map_or_else(|| real.display().to_string(), |of| of.machine.name(&real)),
        owner: owner(survey, facts.uid),
        group: group(survey, facts.gid),
        facts,
        holds,
        above: parents(&real, survey),
        real,
    })
}

/// What synchronises the home at `root`, or a file of credentials that a link of it leads to.
pub(super) fn synced(
    root: &Path,
    links: &[Link],
    facts: &Files,
    survey: Option<&Survey>,
) -> Vec<Synced> {
    if let Some((by, folder)) = keeper(root, facts, survey) {
        return vec![Synced { by, folder, display: String::new(), identity: String::new() }];
    }
    let secret =
        links.iter().filter(|link| !link.below.is_empty() && link.holds == Holding::Secret);
    let found = secret.filter_map(|link| {
        let (by, folder) = keeper(&link.real, facts, survey)?;
        let (display, identity) = (link.display.clone(), link.identity.clone());
        Some(Synced { by, folder, display, identity })
    });
    found.collect()
}

/// The program that synchronises the folder that `path` is or lies in, and that folder.
fn keeper(path: &Path, facts: &Files, survey: Option<&Survey>) -> Option<(String, String)> {
    let name = |path: &Path| {
        survey.map_or_else(|| path.display().to_string(), |survey| survey.machine.name(path))
    };
    let whole = name(path);
    for folder in path.ancestors().filter(|folder| folder.parent().is_some()) {
        let known = facts.synced.iter().find(|row| {
            row.names(folder) || row.marks.iter().any(|mark| folder.join(mark).exists())
        });
        if let Some(row) = known {
            let folder = name(folder);
            // Nothing above the disk that was looked at says anything of it.
            return whole.starts_with(&folder).then(|| (row.name.clone(), folder));
        }
    }
    None
}
