//! The documents of each Hermes home joined with one another and with host facts, effective values
//! resolved: "is Telegram on, who may talk to it, what is denied, by which line".
//!
//! A home is a folder (`~/.hermes`, a profile) or, in a repo that produces one, a config under another
//! name. What starts it (units, compose files, images) seldom lies inside it; it is attached to the home
//! it shares the longest path with. That guess is right for one deployment a folder, which is how people
//! lay repos out, and harmless otherwise: several homes then know the same unit. Below a folder of many deployments, what
//! lies in a folder without a home starts none of the others. What is in an archive is joined
//! with what is in the same archive, and with nothing else: it says nothing of the folder that it lies in.

mod approvals;
mod channel;
mod compose;
mod files;
mod home;
mod hooks;
mod job;
mod knowledge;
mod kubernetes;
mod links;
mod mcp;
mod pattern;
mod platform;
mod repository;
mod rotation;
mod service;
mod setting;
mod survey;
mod terminal;
mod tools;
mod trails;
mod variable;
mod webhook;
mod who;

pub use approvals::{Because, Choice, Gate, Settings, Stand, YOLO, word};
pub use channel::{Channel, ChannelKind, ReachableTool, Servers, Stretch, TierBy, ToolOrigin};
pub use compose::{Expanded, Mount, Port, Through, Word, expand};
pub use files::HomeFile;
pub use home::{Denylist, Home, ListSetting};
pub use hooks::HookScript;
pub use job::{Job, active_jobs, all_jobs};
pub use knowledge::Knowledge;
pub use kubernetes::Pod;
pub use links::{Link, Synced};
pub use mcp::McpServer;
pub use pattern::{Matched, PlatformBlock};
pub(crate) use platform::says_yes;
pub use platform::{Door, PlatformState, allowed};
pub use repository::{GitFacts, Repository};
pub use rotation::{Block as RotationBlock, covers};
pub use service::{Service, Starter, services};
pub use setting::{Setting, python_str};
pub use survey::{FoundHome, HostUnit, Survey, reviews};
pub use terminal::Mirrored;
pub use trails::{AuditCommand, ChainedLog, Source as AuditSource, Trails};
pub use variable::{Effective, Variable, VariableSource};
pub use webhook::{BLANKS_TAKEN, UNSIGNED, WebhookSecret};
pub use who::{Who, Whom};

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, EvidenceFile, Kind, Standing};
use crate::source::git::View;
use crate::source::{Origin, Skip, SourcePath};

/// Everything that was read, joined.
pub struct Deployment<'d> {
    /// Every document that is more than plain text, sorted by path.
    pub documents: &'d [Document],
    /// The homes, sorted by folder, those in archives last.
    pub homes: Vec<Home<'d>>,
    /// What was not read.
    pub skipped: &'d [Skip],
    /// The archives that were read.
    pub archives: &'d [SourcePath],
    /// What is known of Hermes, whatever was read.
    pub knowledge: &'d Knowledge,
    /// What git says of the files that hold secrets.
    pub git: GitFacts,
    /// What the machine says, when it was looked at.
    pub survey: Option<&'d Survey>,
    /// The administrator's files and their folder, where they lie on the machine that is meant.
    pub managed: Vec<HomeFile>,
    /// Chained audit logs, and what writes them.
    pub trails: Trails<'d>,
}

impl<'d> Deployment<'d> {
    /// Joins `documents`, which are sorted by path, those of one archive with each other. `survey` is of the
    /// machine that the homes run on: modes are meant as they are there. `stored` is the state of a repository that was
    /// read: what is in it is tracked.
    #[must_use]
    pub fn join(
        documents: &'d [Document],
        knowledge: &'d Knowledge,
        skipped: &'d [Skip],
        archives: &'d [SourcePath],
        survey: Option<&'d Survey>,
        stored: Option<&View>,
    ) -> Self {
        let mut groups: BTreeMap<Option<&str>, Vec<&'d Document>> = BTreeMap::new();
        for document in documents {
            groups.entry(document.text.path().archive()).or_default().push(document);
        }
        let mut homes = Vec::new();
        for (archive, documents) in groups {
            let mut seeds = seeds(&documents, knowledge);
            assign(&documents, &mut seeds, survey);
            // What is read for context only may belong to other homes as well: those were not asked about.
            seeds.retain(|_, seed| seed.is_asked_about());
            homes.extend(
                seeds
                    .into_values()
                    .map(|seed| Home::build(Seed { archive, ..seed }, knowledge, skipped, survey)),
            );
        }
        let git = GitFacts::gather(documents, &homes, skipped, archives, knowledge, stored);
        let managed = files::of_managed(documents, knowledge, survey);
        let trails = Trails::of(documents, &homes, knowledge, survey);
        Self { documents, homes, skipped, archives, knowledge, git, survey, managed, trails }
    }

    /// Documents that say something about the project's hygiene.
    pub fn evidence(&self, wanted: EvidenceFile) -> impl Iterator<Item = &'d Document> {
        self.documents
            .iter()
            .filter(move |document| matches!(document.kind, Kind::Evidence(kind) if kind == wanted))
    }

    /// Path, mode and owner of each file of the homes, a line each; empty where modes mean nothing.
    #[must_use]
    pub fn owners(&self) -> Vec<String> {
        self.homes.iter().flat_map(|home| home.files().iter().map(HomeFile::line)).collect()
    }
}

/// A home in the making.
#[derive(Debug, Default)]
pub(crate) struct Seed<'d> {
    /// The folder as people see it; empty for the working directory.
    pub folder: String,
    /// The folder, absolute: what documents are joined by, since one folder can be named in many ways.
    pub place: String,
    /// The archive that all of it is in, if any.
    pub archive: Option<&'d str>,
    /// The config in force, or standing for it.
    pub config: Option<&'d Document>,
    /// Dotenv files in force, `.env` first.
    pub envs: Vec<&'d Document>,
    /// Dotenv files to be filled in.
    pub env_templates: Vec<&'d Document>,
    /// Everything else in the folder and below.
    pub inside: Vec<&'d Document>,
    /// What starts it, and what says something about it.
    pub around: Vec<&'d Document>,
    /// The administrator's config and variables, which win over the home's.
    pub managed: Vec<&'d Document>,
}

impl Seed<'_> {
    /// True when a document of it was named, or lies below a folder that was.
    fn is_asked_about(&self) -> bool {
        let lists = [&self.envs, &self.env_templates, &self.inside, &self.around, &self.managed];
        self.config
            .iter()
            .chain(lists.into_iter().flatten())
            .any(|document| document.origin != Origin::Context)
    }
}

/// Homes by folder, and by file for configs under other names.
fn seeds<'d>(documents: &[&'d Document], knowledge: &Knowledge) -> BTreeMap<String, Seed<'d>> {
    let mut seeds: BTreeMap<String, Seed<'d>> = BTreeMap::new();
    let mut named = Vec::new();
    for &document in documents {
        let path = document.text.path();
        if is_managed(document) {
            continue;
        }
        let place = path.place();
        let folder = place.as_str();
        let seed = |seeds: &mut BTreeMap<String, Seed<'d>>, key: &str| {
            let seed = seeds.entry(key.to_owned()).or_default();
            folder.clone_into(&mut seed.place);
            // A document that was named says how people see the folder.
            if seed.folder.is_empty() || document.origin != Origin::Context {
                path.folder().clone_into(&mut seed.folder);
            }
        };
        match (&document.kind, document.standing) {
            (Kind::Config(_), Standing::Live) => {
                seed(&mut seeds, folder);
                if let Some(seed) = seeds.get_mut(folder) {
                    seed.config = Some(document);
                }
            }
            (Kind::Config(_), Standing::Named | Standing::Template) => named.push(document),
            (Kind::Env(env), Standing::Live | Standing::Template) => {
                let speaks_hermes =
                    || env.entries.iter().any(|entry| knowledge.is_hermes_variable(&entry.key));
                if in_home_folder(folder) || speaks_hermes() {
                    seed(&mut seeds, folder);
                }
            }
            (Kind::State(..) | Kind::Jobs(_), Standing::Live) => {
                let folder = folder.strip_suffix("/cron").unwrap_or(folder);
                if in_home_folder(folder) {
                    let shown = path.folder();
                    let seed = seeds.entry(folder.to_owned()).or_default();
                    folder.clone_into(&mut seed.place);
                    shown.strip_suffix("/cron").unwrap_or(shown).clone_into(&mut seed.folder);
                }
            }
            _ => {}
        }
    }
    for document in named {
        let path = document.text.path();
        let place = path.place();
        let folder = place.as_str();
        // A template beside the real file says what the real one may become, not what is in force.
        let beside = seeds.get(folder).is_some_and(|seed| seed.config.is_some());
        if beside && document.standing == Standing::Template {
            continue;
        }
        match seeds.get_mut(folder) {
            Some(seed) if seed.config.is_none() => seed.config = Some(document),
            _ => {
                let seed = seeds.entry(format!("{folder}/{}", path.file_name())).or_default();
                folder.clone_into(&mut seed.place);
                path.folder().clone_into(&mut seed.folder);
                seed.config = Some(document);
            }
        }
    }
    // No home there: what starts one still says how it is started.
    let homes: Vec<String> = seeds.values().map(|seed| seed.place.clone()).collect();
    for document in documents {
        let path = document.text.path();
        if matches!(
            document.kind,
            Kind::Unit(_) | Kind::Compose(_) | Kind::Dockerfile(_) | Kind::Manifest
        ) && (homes.is_empty() || is_of_a_collection(&path.place(), &homes))
            && service::services(document).iter().any(|service| service.is_hermes)
        {
            let seed = seeds.entry(path.place()).or_default();
            seed.place = path.place();
            path.folder().clone_into(&mut seed.folder);
        }
    }
    seeds
}

/// Homes in this many folders beside one another are deployments of their own.
const COLLECTION: usize = 4;

/// True for a folder without a home beside many that have one: what it holds has nothing to do with them.
fn is_of_a_collection(folder: &str, homes: &[String]) -> bool {
    let nearest = homes.iter().map(|home| shared_depth(folder, home)).max().unwrap_or(0);
    if folder.split('/').count() <= nearest {
        return false;
    }
    let beside: BTreeSet<&str> = homes
        .iter()
        .filter(|home| shared_depth(folder, home) == nearest)
        .filter_map(|home| home.split('/').nth(nearest))
        .collect();
    beside.len() >= COLLECTION
}

/// The administrator's scope: `/etc/hermes`, or a folder of that name that is deployed there.
fn is_managed(document: &Document) -> bool {
    let path = &document.text.path().display;
    matches!(document.kind, Kind::Config(_) | Kind::Env(_))
        && (path.starts_with("/etc/hermes/")
            || path.contains("/etc/hermes/")
            || path.starts_with("etc/hermes/"))
}

fn in_home_folder(folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or_default();
    matches!(last, ".hermes" | "dot_hermes" | "hermes-home")
        || folder.rsplit('/').nth(1) == Some("profiles")
}

/// Gives every document to the home it lies in, or to those it is nearest to.
fn assign<'d>(
    documents: &[&'d Document],
    seeds: &mut BTreeMap<String, Seed<'d>>,
    survey: Option<&Survey>,
) {
    let folders: Vec<(String, String)> =
        seeds.iter().map(|(key, seed)| (key.clone(), seed.place.clone())).collect();
    for &document in documents {
        let place_of = document.text.path().place();
        let folder = place_of.as_str();
        if is_managed(document) {
            seeds.values_mut().for_each(|seed| seed.managed.push(document));
            continue;
        }
        let holder = folders
            .iter()
            .filter(|(_, home)| is_below(folder, home))
            .max_by_key(|(key, home)| (home.len(), key == home));
        let starts = matches!(
            document.kind,
            Kind::Unit(_)
                | Kind::Compose(_)
                | Kind::Dockerfile(_)
                | Kind::Evidence(_)
                | Kind::Proxy(_)
                | Kind::Manifest
        );
        if let (false, Some((key, home))) = (starts, holder) {
            if let Some(seed) = seeds.get_mut(key) {
                place(seed, document, folder == home);
            }
            // A config of another name shares its folder's variables.
            if matches!(document.kind, Kind::Env(_)) {
                for (other, _) in
                    folders.iter().filter(|(other, home)| other != key && home == folder)
                {
                    if let Some(seed) = seeds.get_mut(other) {
                        place(seed, document, true);
                    }
                }
            }
            continue;
        }
        if !starts && !matches!(document.kind, Kind::Env(_)) {
            continue;
        }
        // What the machine knows to start one home says nothing of the others.
        let started = survey.and_then(|survey| survey.home_of(&document.text.path().real));
        if let Some(home) = started.map(|home| home.display().to_string())
            && folders.iter().any(|(_, folder)| *folder == home)
        {
            for (key, _) in folders.iter().filter(|(_, folder)| *folder == home) {
                if let Some(seed) = seeds.get_mut(key) {
                    seed.around.push(document);
                }
            }
            continue;
        }
        let nearest = folders.iter().map(|(_, home)| shared_depth(folder, home)).max().unwrap_or(0);
        for (key, _) in folders.iter().filter(|(_, home)| shared_depth(folder, home) == nearest) {
            if let Some(seed) = seeds.get_mut(key) {
                seed.around.push(document);
            }
        }
    }
}

fn place<'d>(seed: &mut Seed<'d>, document: &'d Document, at_top: bool) {
    match (&document.kind, document.standing) {
        (Kind::Env(_), Standing::Live) if at_top => {
            // `.env` is what Hermes loads; another `*.env` is for whoever names it.
            if document.text.path().file_name().starts_with(".env") {
                seed.envs.insert(0, document);
            } else {
                seed.envs.push(document);
            }
        }
        (Kind::Env(_), Standing::Template) if at_top => seed.env_templates.push(document),
        _ if seed.config.is_some_and(|config| std::ptr::eq(config, document)) => {}
        _ => seed.inside.push(document),
    }
}

/// True when `folder` is `home` or lies below it.
fn is_below(folder: &str, home: &str) -> bool {
    home.is_empty()
        || folder.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Number of leading path components that two folders share.
fn shared_depth(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_nest_by_component() {
        assert!(is_below("a/b/c", "a/b") && is_below("a/b", "a/b") && is_below("x", ""));
        assert!(!is_below("a/bc", "a/b") && !is_below("a", "a/b"));
        assert_eq!(shared_depth("a/b/deploy", "a/b/home"), 2);
        assert_eq!(shared_depth("a", "b"), 0);
    }

    #[test]
    fn a_folder_beside_many_deployments_is_one_of_its_own() {
        let homes = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let many = homes(&["x/a/home", "x/b", "x/c/.hermes", "x/d/hermes"]);
        assert!(is_of_a_collection("x/e", &many) && is_of_a_collection("x/e/deploy", &many));
        assert!(!is_of_a_collection("x", &many) && !is_of_a_collection("x/a/deploy", &many));
        let profiles = homes(&["x/profiles/a", "x/profiles/b", "x/profiles/c", "x/profiles/d"]);
        assert!(!is_of_a_collection("x/deploy", &profiles));
        assert!(!is_of_a_collection("x/deploy", &many[..3]));
    }
}
