//! The machine that is looked at: this one, or an image of one that is mounted at a folder.
//!
//! Every fact of a system path goes through here, so that nothing of this machine is said of another's disk.
//! Links of an image are followed below its root only. What is there and may not be read is told apart from
//! what is not there: the one is unknown, the other is an answer.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use super::account::Accounts;
use super::listener::{self, Listener};
use super::process::{self, Processes};

/// Bytes of one file that are read.
const MAX_FILE: u64 = 1 << 20;
/// Entries of one folder that are looked at.
const MAX_ENTRIES: usize = 4_000;
/// Links that are followed on the way to one file.
const MAX_LINKS: usize = 40;

/// A machine, running or as an image.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
    accounts: Option<Accounts>,
}

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// It is there.
    Seen(T),
    /// It is not there.
    Absent,
    /// It may be there, and this account may not look.
    Denied,
}

impl<T> Look<T> {
    /// What was seen, if anything.
    pub fn seen(self) -> Option<T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Absent | Self::Denied => None,
        }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::this()
    }
}

impl Machine {
    /// The machine that this program runs on.
    #[must_use]
    pub fn this() -> Self {
        Self { root: PathBuf::from("/"), accounts: Accounts::of_this_machine() }
    }

    /// The machine whose disk is mounted at `root`.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let mut machine = Self { root, accounts: None };
        if let Look::Seen(passwd) = machine.read("/etc/passwd") {
            let group = machine.read("/etc/group").seen().unwrap_or_default();
            machine.accounts = Some(Accounts::read(&passwd, &group));
        }
        machine
    }

    /// True for an image: nothing runs on it.
    #[must_use]
    pub fn is_image(&self) -> bool {
        self.root != Path::new("/")
    }

    /// The folder that stands for `/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The accounts; `None` where there is no `/etc/passwd` to read.
    #[must_use]
    pub fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_ref()
    }

    /// The name of `uid`.
    #[must_use]
    pub fn owner_name(&self, uid: u32) -> Option<String> {
        Some(self.accounts()?.by_uid(uid)?.name.clone())
    }

    /// The name of `gid`.
    #[must_use]
    pub fn group_name(&self, gid: u32) -> Option<String> {
        self.accounts()?.group_name(gid).map(str::to_owned)
    }

    /// Where `path`, absolute on the machine, lies on this disk; links of an image end below its root.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        if !self.is_image() {
            return PathBuf::from(path);
        }
        let mut todo: VecDeque<OsString> = components(Path::new(path)).collect();
        let mut at = self.root.clone();
        let mut links = 0;
        while let Some(part) = todo.pop_front() {
            if part == ".." {
                if at != self.root {
                    at.pop();
                }
                continue;
            }
            let next = at.join(&part);
            match std::fs::read_link(&next) {
                Ok(target) if links < MAX_LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        at.clone_from(&self.root);
                    }
                    components(&target).rev().for_each(|part| todo.push_front(part));
                }
                _ => at = next,
            }
        }
        at
    }

    /// `path`, a path on this disk, as the machine calls it.
    #[must_use]
    pub fn name(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        Path::new("/").join(below).display().to_string()
    }

    /// The text of the file that the machine calls `path`.
    #[must_use]
    pub fn read(&self, path: &str) -> Look<String> {
        let path = self.path(path);
        match std::fs::metadata(&path) {
            Ok(metadata) if !metadata.is_file() => return Look::Absent,
            Ok(_) => {}
            Err(error) => return refused(error.kind()),
        }
        let mut bytes = Vec::new();
        let read =
            std::fs::File::open(&path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
        match read {
            Ok(_) => Look::Seen(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => refused(error.kind()),
        }
    }

    /// The names in the folder that the machine calls `path`, sorted.
    #[must_use]
    pub fn list(&self, path: &str) -> Look<Vec<String>> {
        match std::fs::read_dir(self.path(path)) {
            Ok(entries) => {
                let names = entries.take(MAX_ENTRIES).flatten();
                let mut names: Vec<String> =
                    names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
                names.sort();
                Look::Seen(names)
            }
            Err(error) => refused(error.kind()),
        }
    }

    /// The day on which the file at `path` on this disk was last changed.
    #[must_use]
    pub fn changed(&self, path: &Path) -> Option<jiff::civil::Date> {
        let time = std::fs::metadata(path).ok()?.modified().ok()?;
        let time = jiff::Timestamp::try_from(time).ok()?;
        Some(jiff::tz::Offset::UTC.to_datetime(time).date())
    }

    /// Whether the machine has a folder of that name.
    #[must_use]
    pub fn folder(&self, path: &str) -> Look<()> {
        match std::fs::metadata(self.path(path)) {
            Ok(metadata) if metadata.is_dir() => Look::Seen(()),
            Ok(_) => Look::Absent,
            Err(error) => refused(error.kind()),
        }
    }

    /// True when the machine has anything of that name, a link that leads nowhere included.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let Some((folder, name)) = path.rsplit_once('/') else { return false };
        std::fs::symlink_metadata(self.path(folder).join(name)).is_ok()
    }

    /// The paths on the machine that fit `pattern`, where `*` stands for any part of one name, and the folders
    /// that could not be looked into.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> (Vec<String>, Vec<String>) {
        let (mut found, mut denied) = (vec![String::new()], Vec::new());
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for folder in found {
                if !part.contains('*') {
                    next.push(format!("{folder}/{part}"));
                    continue;
                }
                let listed = self.list(if folder.is_empty() { "/" } else { &folder });
                match listed {
                    Look::Seen(names) => next.extend(
                        names
                            .into_iter()
                            .filter(|name| fits(part, name))
                            .map(|name| format!("{folder}/{name}")),
                    ),
                    Look::Denied => denied.push(folder),
                    Look::Absent => {}
                }
            }
            next.truncate(MAX_ENTRIES);
            found = next;
        }
        found.retain(|path| self.has(path));
        (found, denied)
    }

    /// The Hermes processes; `None` for an image, and where there is no `/proc`.
    #[must_use]
    pub fn processes(&self) -> Option<Processes> {
        if self.is_image() { None } else { process::running() }
    }

    /// What listens on TCP ports; `None` where there is no `/proc/net` to read.
    #[must_use]
    pub fn listeners(&self) -> Option<Vec<Listener>> {
        let tables: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .into_iter()
            .filter_map(|table| self.read_whole(table))
            .collect();
        (!tables.is_empty())
            .then(|| tables.iter().flat_map(|table| listener::read(table)).collect())
    }

    /// Files of `/proc` have no size and are of no kind that matters.
    fn read_whole(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(self.path(path)).ok()?;
        file.take(16 << 20).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for any part.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

fn refused<T>(kind: ErrorKind) -> Look<T> {
    match kind {
        ErrorKind::PermissionDenied => Look::Denied,
        _ => Look::Absent,
    }
}

/// The names that a path goes through, `..` among them.
fn components(path: &Path) -> std::vec::IntoIter<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        })
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_at_the_root() {
        let machine = Machine::this();
        assert!(!machine.is_image());
        assert_eq!(machine.path("/etc/passwd"), Path::new("/etc/passwd"));
        assert_eq!(machine.name(Path::new("/etc/passwd")), "/etc/passwd");
        assert_eq!(machine.read("/no/such/file"), Look::Absent);
    }

    #[cfg(unix)]
    #[test]
    fn an_image_keeps_its_links_inside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("etc/cron.d")).unwrap();
        std::fs::create_dir_all(root.join("srv")).unwrap();
        std::fs::write(root.join("etc/passwd"), "hermes:x:990:990::/srv:/bin/false\n").unwrap();
        std::fs::write(root.join("etc/cron.d/one"), "1").unwrap();
        std::fs::write(root.join("etc/cron.d/two"), "2").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.join("srv/absolute")).unwrap();
        std::os::unix::fs::symlink("../../../../etc", root.join("srv/up")).unwrap();
        std::os::unix::fs::symlink("loop", root.join("srv/loop")).unwrap();

        let machine = Machine::at(root);
        assert!(machine.is_image() && machine.processes().is_none());
        assert_eq!(machine.owner_name(990).as_deref(), Some("hermes"));
        assert_eq!(machine.read("/srv/absolute"), machine.read("/etc/passwd"));
        assert_eq!(machine.read("/srv/up/cron.d/one"), Look::Seen("1".to_owned()));
        assert_eq!(machine.read("/srv/loop"), Look::Absent);
        assert!(machine.has("/srv/loop") && !machine.has("/srv/none"));
        assert_eq!(machine.read("/etc"), Look::Absent);
        let (found, denied) = machine.expand("/etc/cron.*/*o*");
        assert_eq!(
            (found, denied.len()),
            (vec!["/etc/cron.d/one".into(), "/etc/cron.d/two".into()], 0)
        );
        assert_eq!(machine.name(&machine.path("/srv/up/passwd")), "/etc/passwd");
    }
}
