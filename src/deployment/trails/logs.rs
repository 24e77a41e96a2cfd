//! The chained logs on a disk: what the disk says of them, of what belongs to them, and of their keys.
//!
//! Below a home everything is looked at where modes mean something; elsewhere only on the machine that was looked at,
//! since a copy of a home lies on a machine that has nothing else of it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::civil::Date;
use serde_json::Value;

use super::AuditCommand;
use crate::deployment::files::{of_folder, parents};
use crate::deployment::survey::logs::tail;
use crate::deployment::{Home, HomeFile, Survey};
use crate::facts::{AuditWriter, Moved, glob_matches};
use crate::host::file::{self as disk, FileKind};

/// How many entries of one folder are looked at.
const ENTRIES: usize = 2_000;
/// How many files of one log are looked at.
const FILES: usize = 1_000;

/// A chained log: the files of one program in one folder.
#[derive(Clone, Debug)]
pub struct ChainedLog<'d> {
    /// What writes it.
    pub writer: &'d AuditWriter,
    /// The home whose account writes it, by its number among the homes.
    pub home: usize,
    /// True when it lies below that home.
    pub inside: bool,
    /// The file that was written last.
    pub file: HomeFile,
    /// Path of that file as the machine calls it.
    pub path: String,
    /// Its other files.
    pub older: Vec<HomeFile>,
    /// What belongs to them.
    pub beside: Vec<HomeFile>,
    /// The keys that make it anew.
    pub keys: Vec<HomeFile>,
    /// The folders that it lies in, nearest first.
    pub above: Vec<HomeFile>,
    /// Whether the file can only grow; `None` when that can't be seen.
    pub append_only: Option<bool>,
    /// Links on the way from the home to it.
    pub links: Vec<HomeFile>,
    /// The day of its newest record; `None` when none is readable.
    pub newest: Option<Date>,
}

impl ChainedLog<'_> {
    /// True when a folder above keeps everybody but its owner and group out.
    #[must_use]
    pub fn is_shut_in(&self) -> bool {
        self.above.iter().any(|folder| folder.facts.mode & 0o001 == 0)
    }
}

/// A file by its names.
struct Name {
    real: PathBuf,
    /// As the machine calls it.
    path: String,
    /// Below the home, for what lies there.
    below: Option<String>,
}

/// Where one home and its account keep things.
struct Root<'h, 'd> {
    home: &'h Home<'d>,
    real: PathBuf,
    folder: &'h HomeFile,
    survey: Option<&'h Survey>,
}

/// The logs of every home.
pub(super) fn find<'d>(
    homes: &[Home<'d>],
    commands: &[AuditCommand<'d>],
    writers: &'d [AuditWriter],
    survey: Option<&Survey>,
) -> Vec<ChainedLog<'d>> {
    let mut found: Vec<ChainedLog<'d>> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for (number, home) in homes.iter().enumerate() {
        let Some(root) = Root::of(home, survey) else { continue };
        for writer in writers {
            let mut names: Vec<Name> =
                writer.logs.iter().flat_map(|pattern| root.expand(pattern)).collect();
            names.extend(writer.moved.iter().filter_map(|moved| root.moved(moved)));
            if writer.commands.iter().flatten().any(|word| word == "seal") {
                let folders = commands.iter().filter(|command| command.verb == "seal");
                let folders = folders.filter_map(AuditCommand::folder);
                // `%i` is the name of a unit's instance.
                let patterns =
                    folders.map(|folder| format!("{}/audit-0*.jsonl", folder.replace("%i", "*")));
                names.extend(patterns.flat_map(|pattern| root.expand(&pattern)));
            }
            names.truncate(FILES);
            names.retain(|name| {
                let new = !seen.contains(&name.real);
                seen.push(name.real.clone());
                new && std::fs::metadata(&name.real).is_ok_and(|of| of.is_file())
            });
            while let Some(first) = names.first() {
                let folder = first.real.parent().map(Path::to_path_buf);
                let (group, rest): (Vec<Name>, Vec<Name>) =
                    names.into_iter().partition(|name| name.real.parent() == folder.as_deref());
                names = rest;
                found.extend(root.log(number, writer, group));
            }
        }
    }
    found
}

impl<'h, 'd> Root<'h, 'd> {
    fn of(home: &'h Home<'d>, survey: Option<&'h Survey>) -> Option<Self> {
        let folder = home.files().iter().find(|file| file.below.is_empty())?;
        let document = home.config().or_else(|| home.envs().first().copied())?;
        let real = match document.text.path().real.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            parent => parent?.to_path_buf(),
        };
        let real = real.canonicalize().ok()?;
        Some(Self { home, real, folder, survey })
    }

    /// The home folder of the account that the home belongs to.
    fn account(&self) -> Option<PathBuf> {
        if self.real.ends_with(".hermes") {
            return self.real.parent().map(Path::to_path_buf);
        }
        let machine = &self.survey?.machine;
        let account = machine.accounts()?.by_uid(self.folder.facts.uid)?;
        Some(machine.path(&account.home))
    }

    fn path_of(&self, real: &Path) -> String {
        match self.survey {
            Some(survey) => survey.machine.name(real),
            None => real.display().to_string(),
        }
    }

    fn name(&self, real: PathBuf) -> Name {
        let below = real.strip_prefix(&self.real).ok().map(|below| below.display().to_string());
        Name { path: self.path_of(&real), real, below }
    }

    /// The files that fit `pattern`.
    fn expand(&self, pattern: &str) -> Vec<Name> {
        if let Some(below) = pattern.strip_prefix("{home}/") {
            return below_of(&self.real, below).into_iter().map(|real| self.name(real)).collect();
        }
        if let Some(below) = pattern.strip_prefix("~/") {
            let account = self.account();
            let all = account.map(|account| below_of(&account, below)).unwrap_or_default();
            return all.into_iter().map(|real| self.name(real)).collect();
        }
        let Some(survey) = self.survey.filter(|_| pattern.starts_with('/')) else {
            return Vec::new();
        };
        let (paths, _) = survey.machine.expand(pattern);
        paths.iter().map(|path| self.name(survey.machine.path(path))).collect()
    }

    /// The file that a variable or a setting names.
    fn moved(&self, moved: &Moved) -> Option<Name> {
        let path = match moved {
            Moved::Variable(name) => {
                let variable = self.home.variable(name)?.winner;
                variable.known.then(|| variable.value.clone())?
            }
            Moved::Setting(path) => self.home.setting(path)?.str()?.to_owned(),
        };
        self.expand(&path).pop()
    }

    fn file(&self, name: &Name) -> Option<HomeFile> {
        let real = name.real.canonicalize().ok()?;
        let mut file = of_folder(&real, self.survey)?;
        if let Some(below) = &name.below {
            let join = |base: &str| {
                if base.is_empty() || base == "." {
                    below.clone()
                } else {
                    format!("{base}/{below}")
                }
            };
            file.display = join(&self.folder.display);
            file.identity = join(&self.folder.identity);
            file.below.clone_from(below);
        } else {
            file.display.clone_from(&name.path);
        }
        file.acl = disk::posix_acl_widens(&real) == Some(true);
        Some(file)
    }

    /// The log of which `names` are the files, all in one folder.
    fn log(
        &self,
        home: usize,
        writer: &'d AuditWriter,
        names: Vec<Name>,
    ) -> Option<ChainedLog<'d>> {
        let changed = |name: &Name| {
            let time = std::fs::metadata(&name.real).and_then(|of| of.modified());
            time.unwrap_or(SystemTime::UNIX_EPOCH)
        };
        let mut names = names;
        names.sort_by(|a, b| changed(a).cmp(&changed(b)).then_with(|| a.real.cmp(&b.real)));
        let newest = names.pop()?;
        let beside = |name: &Name| -> Vec<HomeFile> {
            let (Some(folder), Some(log)) = (name.real.parent(), name.real.file_name()) else {
                return Vec::new();
            };
            let log = log.to_string_lossy();
            let all = writer.beside.iter().map(|name| folder.join(name.replace("{log}", &log)));
            all.filter_map(|real| self.file(&self.name(real))).collect()
        };
        let mut belonging: Vec<HomeFile> = names.iter().flat_map(&beside).collect();
        belonging.extend(beside(&newest));
        belonging.sort_by(|a, b| a.display.cmp(&b.display));
        belonging.dedup_by(|a, b| a.display == b.display);
        let keys = writer.keys.iter().flat_map(|pattern| self.expand(pattern));
        let real = newest.real.canonicalize().ok()?;
        Some(ChainedLog {
            writer,
            home,
            inside: newest.below.is_some(),
            file: self.file(&newest)?,
            path: newest.path.clone(),
            older: names.iter().filter_map(|name| self.file(name)).collect(),
            beside: belonging,
            keys: keys.filter_map(|name| self.file(&name)).collect(),
            above: parents(&real, self.survey),
            append_only: disk::append_only(&real),
            links: self.links(&newest),
            newest: newest_record(&newest.real, writer),
        })
    }

    /// The links between the home and `name`, itself included.
    fn links(&self, name: &Name) -> Vec<HomeFile> {
        let Some(below) = &name.below else { return Vec::new() };
        let mut real = self.real.clone();
        let mut found = Vec::new();
        for part in Path::new(below) {
            real.push(part);
            let Some(mut file) = of_folder(&real, self.survey) else { break };
            if file.facts.kind == FileKind::Symlink {
                file.below = real
                    .strip_prefix(&self.real)
                    .map_or_else(|_| below.clone(), |below| below.display().to_string());
                found.push(file);
            }
        }
        found
    }
}

/// What lies below `root` and fits `pattern`, sorted.
fn below_of(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_path_buf()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for folder in found {
            if !part.contains('*') {
                next.push(folder.join(part));
                continue;
            }
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let names = entries.take(ENTRIES).flatten().map(|entry| entry.file_name());
            next.extend(
                names
                    .filter(|name| glob_matches(part, &name.to_string_lossy()))
                    .map(|name| folder.join(name)),
            );
        }
        next.sort();
        found = next;
    }
    found.retain(|path| std::fs::symlink_metadata(path).is_ok());
    found
}

/// The day of the newest record of the log at `path`.
fn newest_record(path: &Path, writer: &AuditWriter) -> Option<Date> {
    let pointer = writer.time.as_ref()?;
    let place = match &writer.head {
        Some(name) => path.with_file_name(name),
        None => path.to_path_buf(),
    };
    let text = tail(&place)?;
    // The file beside a log is one object over several lines.
    let record = match writer.head {
        Some(_) => text.as_str(),
        None => text.lines().rev().find(|line| !line.trim().is_empty())?,
    };
    let record: Value = serde_json::from_str(record).ok()?;
    record.pointer(pointer)?.as_str()?.get(..10)?.parse().ok()
}
