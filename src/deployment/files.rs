//! Mode and owner of what lies in a home, where they mean something.
//!
//! git can't hold 0600, so in a checkout every mode is git's, not the operator's: there nothing is said.
//! A checkout that is lived in (it has a database, logs or a pairing) is a home all the same. Of what is in an
//! archive the disk says nothing.

use std::path::{Path, PathBuf};

use super::links::{self, Link, Synced};
use super::{Knowledge, Seed, Survey};
use crate::document::Document;
use crate::facts::{Copy, FileFact, Files, Holding};
use crate::host::file::{self as disk, FileFacts, FileKind};
use crate::source::project_root;

/// How deep below a home its files are looked at.
const DEPTH: usize = 4;
/// Where the administrator's settings lie.
const MANAGED: &str = "/etc/hermes";
/// How many entries of one folder are looked at.
const ENTRIES: usize = 2_000;
/// What only a running Hermes leaves behind.
const LIVED_IN: &[&str] =
    &["state.db", "gateway.pid", "gateway_state.json", "processes.json", "sessions"];

/// A file or folder of a home, as the disk has it.
#[derive(Clone, Debug)]
pub struct HomeFile {
    /// Path below the home; empty for the home itself.
    pub below: String,
    /// Path as people see it.
    pub display: String,
    /// Path below the project root.
    pub identity: String,
    /// Mode, owner and kind.
    pub facts: FileFacts,
    /// Name of the owner, or its number.
    pub owner: String,
    /// Name of the group, where it has one.
    pub group: Option<String>,
    /// True when an ACL lets others in, whatever the mode says.
    pub acl: bool,
    /// What Hermes keeps there.
    pub holds: Option<Holding>,
    /// Widest mode that is right for it.
    pub widest: Option<u32>,
    /// Mode that Hermes itself leaves, where it is wider than that.
    pub gives: Option<u32>,
    /// Release that stopped leaving a wider mode, and that mode.
    pub was: Option<(String, u32)>,
    /// True for a copy or backup of something with secrets.
    pub copy: bool,
}

impl HomeFile {
    /// Permission bits beyond what is right; 0 when nothing is known of the file.
    #[must_use]
    pub fn excess(&self) -> u32 {
        self.widest.map_or(0, |widest| self.facts.mode & !widest & 0o777)
    }

    /// `0600 hermes  .env`, for the host report.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{:04o}  {:<12} {}", self.facts.mode & 0o7777, self.owner, self.display)
    }
}

/// What the disk says of a home; empty where modes mean nothing.
#[derive(Default)]
pub(super) struct OnDisk {
    /// Its files.
    pub files: Vec<HomeFile>,
    /// The folders that it lies in, nearest first.
    pub parents: Vec<HomeFile>,
    /// Installations of OpenClaw that lie beside it.
    pub beside: Vec<HomeFile>,
    /// What of it is a link, the home itself first.
    pub links: Vec<Link>,
    /// What keeps a copy of the folder that it lies in, or of what its links lead to.
    pub synced: Vec<Synced>,
}

/// What the disk says of a home.
pub(super) fn of_home(seed: &Seed<'_>, knowledge: &Knowledge, survey: Option<&Survey>) -> OnDisk {
    let nothing = OnDisk::default;
    let document =
        seed.config.or_else(|| seed.envs.first().copied()).or_else(|| seed.inside.first().copied());
    let Some(document) = document else { return nothing() };
    if seed.config.is_none() && seed.envs.is_empty() {
        return nothing();
    }
    let path = document.text.path();
    // `real` and `display` end alike: what precedes the folder is how the disk is reached.
    let root: PathBuf = match path.real.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_path_buf(),
        None => return nothing(),
    };
    if path.real.as_os_str() == "-" || path.archive().is_some() {
        return nothing();
    }
    let lived_in = LIVED_IN.iter().any(|name| root.join(name).exists());
    if survey.is_none() && !lived_in && project_root(&root).is_some() {
        return nothing();
    }
    let identity = path.identity.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let facts = knowledge.facts().files();
    let mut walk = Walk { facts, survey, found: Vec::new(), links: Vec::new() };
    // The link to a home is judged as one; what the home is open to, its folder says.
    let real = root.canonicalize().unwrap_or_else(|_| root.clone());
    walk.add(&real, "", &seed.folder, &identity);
    walk.folder(&root, "", &seed.folder, &identity, 0);
    walk.found.sort_by(|a, b| a.below.cmp(&b.below));
    walk.links.sort();
    let mut found = links::to_home(&root, &seed.folder, &identity, survey);
    found.extend(walk.links.iter().filter_map(|link| links::of_file(link, facts, survey)));
    OnDisk {
        files: walk.found,
        parents: parents(&root, survey),
        beside: beside(&root, knowledge, survey),
        synced: links::synced(&real, &found, facts, survey),
        links: found,
    }
}

/// The administrator's files and their folder, on the machine that was looked at or, when they were named, here.
pub(super) fn of_managed(
    documents: &[Document],
    knowledge: &Knowledge,
    survey: Option<&Survey>,
) -> Vec<HomeFile> {
    let named = || documents.iter().any(|document| document.text.path().real.starts_with(MANAGED));
    if survey.is_none() && !named() {
        return Vec::new();
    }
    let facts = knowledge.facts().files();
    let mut walk = Walk { facts, survey, found: Vec::new(), links: Vec::new() };
    for name in ["", "/config.yaml", "/.env"] {
        let name = format!("{MANAGED}{name}");
        let path = survey.map_or_else(|| PathBuf::from(&name), |of| of.machine.path(&name));
        let display = path.display().to_string();
        walk.add(&path, &name, &display, &name);
    }
    walk.found
}

/// The installations of OpenClaw that lie where the home lies.
fn beside(root: &Path, knowledge: &Knowledge, survey: Option<&Survey>) -> Vec<HomeFile> {
    let Some(above) = root.canonicalize().ok().and_then(|root| Some(root.parent()?.to_path_buf()))
    else {
        return Vec::new();
    };
    let folders = knowledge.facts().openclaw().folders.iter();
    let found = folders.filter_map(|name| of_folder(&above.join(name), survey));
    found.filter(|found| found.facts.kind == FileKind::Directory).collect()
}

/// The folders above `root`, nearest first.
pub(super) fn parents(root: &Path, survey: Option<&Survey>) -> Vec<HomeFile> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    let mut found: Vec<HomeFile> = Vec::new();
    let inside = |folder: &&Path| survey.is_none_or(|of| folder.starts_with(of.machine.root()));
    found.extend(
        root.ancestors().skip(1).take_while(inside).filter_map(|folder| of_folder(folder, survey)),
    );
    found
}

/// Mode and owner of a folder outside of the home.
pub(super) fn of_folder(folder: &Path, survey: Option<&Survey>) -> Option<HomeFile> {
    let facts = disk::file(folder).ok()?;
    let display = folder.display().to_string();
    Some(HomeFile {
        below: String::new(),
        identity: display.clone(),
        display,
        owner: owner(survey, facts.uid),
        group: group(survey, facts.gid),
        acl: false,
        facts,
        holds: None,
        widest: None,
        gives: None,
        was: None,
        copy: false,
    })
}

/// The name of an account on the machine that was looked at, or its number.
pub(super) fn owner(survey: Option<&Survey>, uid: u32) -> String {
    survey
        .map_or_else(|| disk::owner_name(uid), |survey| survey.machine.owner_name(uid))
        .unwrap_or_else(|| uid.to_string())
}

pub(super) fn group(survey: Option<&Survey>, gid: u32) -> Option<String> {
    survey.map_or_else(|| disk::group_name(gid), |survey| survey.machine.group_name(gid))
}

struct Walk<'f> {
    facts: &'f Files,
    survey: Option<&'f Survey>,
    found: Vec<HomeFile>,
    links: Vec<links::Name>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, below: &str, display: &str, identity: &str, depth: usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten().take(ENTRIES) {
            let name = entry.file_name().to_string_lossy().into_owned();
            // A profile is a home of its own and looked at as one.
            if name == ".git" || (below.is_empty() && name == "profiles") {
                continue;
            }
            let join =
                |base: &str| if base.is_empty() { name.clone() } else { format!("{base}/{name}") };
            let (below, display, identity) = (join(below), join(display), join(identity));
            let path = entry.path();
            self.add(&path, &below, &display, &identity);
            if depth + 1 < DEPTH && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.folder(&path, &below, &display, &identity, depth + 1);
            }
        }
    }

    fn add(&mut self, path: &Path, below: &str, display: &str, identity: &str) {
        let Ok(facts) = disk::file(path) else { return };
        let folder = facts.kind == FileKind::Directory;
        if facts.kind == FileKind::Symlink {
            let (below, display) = (below.to_owned(), display.to_owned());
            let identity = identity.to_owned();
            self.links.push(links::Name { below, path: path.to_path_buf(), display, identity });
            return;
        }
        let copy: Option<&Copy> = self.facts.copy(below).filter(|_| !below.is_empty());
        let known: Option<&FileFact> = self.facts.of(below);
        let widest = match (copy, known) {
            (Some(copy), _) => {
                if folder {
                    copy.dir_mode
                } else {
                    Some(copy.mode)
                }
            }
            (None, Some(known)) => {
                if folder {
                    known.dir_mode
                } else {
                    known.mode
                }
            }
            (None, None) => None,
        };
        if copy.is_none() && known.is_none() {
            return;
        }
        let gives = match (copy, known) {
            (Some(copy), _) => copy.gives.filter(|_| !folder),
            (None, Some(known)) if folder => known.gives_dir,
            (None, Some(known)) => known.gives,
            (None, None) => None,
        };
        let was = copy.map(|copy| &copy.was).or(known.map(|known| &known.was));
        let was = was
            .and_then(|was| was.iter().next_back())
            .filter(|_| !folder)
            .map(|(until, mode)| (until.clone(), mode.0));
        self.found.push(HomeFile {
            below: below.to_owned(),
            display: if display.is_empty() { ".".to_owned() } else { display.to_owned() },
            identity: identity.to_owned(),
            owner: owner(self.survey, facts.uid),
            group: group(self.survey, facts.gid),
            acl: disk::posix_acl_widens(path) == Some(true),
            facts,
            holds: known.map(|known| known.holds),
            widest: widest.map(|mode| mode.0),
            gives: gives.map(|mode| mode.0),
            was,
            copy: copy.is_some(),
        });
    }
}
