//! What a machine says of the deployments on it: where their homes are, what starts them and as whom, and
//! what the machine does for their logs, updates and alerts.
//!
//! Everything is read once, bounded, before the walk. What this account may not look at is kept by name, so
//! that nothing passes, or fails, because it could not be seen.

mod homes;
pub(super) mod logs;
mod tools;

use std::path::PathBuf;

pub use homes::{FoundHome, HostUnit};
pub use logs::{AuditLog, LogFile, Review, Rotation, days as reviews};
pub use tools::Trace;

use crate::facts::{Duty, MachineFacts};
use crate::host::account::Account;
use crate::host::listener::Listener;
use crate::host::machine::Machine;
use crate::host::process::Process;
use crate::host::sudoers::Sudoers;

/// Folders of programs on every machine.
const PROGRAMS: &[&str] = &["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"];
/// Those of one account.
const OWN_PROGRAMS: &[&str] = &[".local/bin", "bin", ".npm-global/bin", ".bun/bin", ".volta/bin"];

/// What was found on a machine. Paths are the machine's own, without the folder an image is mounted at.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The machine.
    pub machine: Machine,
    /// Hermes homes, sorted.
    pub homes: Vec<FoundHome>,
    /// Units that start Hermes, sorted.
    pub units: Vec<HostUnit>,
    /// Compose files that name Hermes.
    pub compose: Vec<String>,
    /// Configuration of proxies and tunnels that speaks of one of its ports.
    pub proxies: Vec<String>,
    /// Tables of cron and rules of logrotate that speak of it.
    pub schedules: Vec<String>,
    /// Homes that are there and that this account may not enter.
    pub shut: Vec<String>,
    /// Folders in which a home could be and that could not be looked into.
    pub hidden: Vec<String>,
    /// Running Hermes processes; `None` when they can't be seen.
    pub processes: Option<Vec<Process>>,
    /// Sockets on Hermes's ports with what listens there; `None` when they can't be seen.
    pub listeners: Option<Vec<(Listener, String)>>,
    /// Who may become root.
    pub sudoers: Sudoers,
    /// What forwards, updates and alerts.
    pub traces: Vec<Trace>,
    /// Configuration that could not be read, by what it would have shown.
    pub unread: Vec<(Duty, String)>,
    /// How logs are rotated.
    pub rotations: Vec<Rotation>,
    /// Hermes's own log files.
    pub logs: Vec<LogFile>,
    /// Structured audit logs.
    pub audits: Vec<AuditLog>,
    /// Records of their reviews.
    pub reviews: Vec<Review>,
    /// Audit logs, and folders of some, that could not be read.
    pub unread_audits: Vec<String>,
    /// Copies of a home outside of it: path and mode.
    pub copies: Vec<(String, u32)>,
}

impl Survey {
    /// Looks at `machine`; at the home that was `named` alone, if there is one. `own` is the home of whoever
    /// asks, which counts on a running machine.
    #[must_use]
    pub fn of(
        machine: Machine,
        facts: &MachineFacts,
        named: Option<&str>,
        own: Option<&str>,
    ) -> Self {
        let mut survey = Self { machine, ..Self::default() };
        let own = own.filter(|_| !survey.machine.is_image());
        homes::find(&mut survey, facts, named, own);
        survey.processes = survey.machine.processes().map(|processes| processes.hermes);
        survey.listeners = survey.machine.listeners().map(|all| {
            let named = |listener: &Listener| {
                let port = facts.ports.iter().find(|port| port.port == listener.port)?;
                Some((*listener, port.name.clone()))
            };
            let mut listeners: Vec<_> = all.iter().filter_map(named).collect();
            listeners.sort_by_key(|(listener, _)| (listener.port, listener.address));
            listeners
        });
        survey.proxies = proxies(&survey.machine, facts);
        let schedules = facts.schedules.iter().chain(&facts.rotation);
        survey.schedules = naming(&survey.machine, schedules, &facts.about);
        survey.sudoers = Sudoers::of(&survey.machine);
        tools::find(&mut survey, facts);
        logs::find(&mut survey, facts);
        survey
    }

    /// True when files have the owners that they have on the machine: nobody but root can lay out an image so.
    #[must_use]
    pub fn knows_owners(&self) -> bool {
        !self.machine.is_image()
            || crate::host::file::file(&self.machine.path("/etc")).is_ok_and(|etc| etc.uid == 0)
    }

    /// The accounts that run Hermes, each once with what says so: those of units and processes, else the owners
    /// of the homes.
    #[must_use]
    pub fn accounts(&self) -> Vec<(&Account, String)> {
        let Some(accounts) = self.machine.accounts() else { return Vec::new() };
        let by_uid = |uid: u32| accounts.by_uid(uid);
        let units = self.units.iter().filter(|unit| unit.gateway).filter_map(|unit| {
            let user = unit.user.as_deref()?;
            let account = accounts.by_name(user).or_else(|| by_uid(user.parse().ok()?))?;
            Some((account, unit.path.clone()))
        });
        let gateways = self.processes.iter().flatten().filter(|process| process.gateway);
        let processes = gateways.filter_map(|process| {
            Some((by_uid(process.uid?)?, format!("process {}", process.pid)))
        });
        let mut found: Vec<(&Account, String)> = units.chain(processes).collect();
        if found.is_empty() {
            // Nothing that runs Hermes was seen: whoever owns a home runs it.
            found.extend(self.homes.iter().filter_map(|home| {
                let facts = crate::host::file::file(&self.machine.path(&home.path)).ok()?;
                Some((by_uid(facts.uid)?, format!("owns {}", home.path)))
            }));
        }
        let mut seen = Vec::new();
        found.retain(|(account, _)| {
            let new = !seen.contains(&account.uid);
            seen.push(account.uid);
            new
        });
        found
    }

    /// The account of an agent, other than root, that owns the file at `path` and can read it.
    #[must_use]
    pub fn agent_owning(&self, path: &str) -> Option<&str> {
        let facts = crate::host::file::file(&self.machine.path(path)).ok()?;
        let known = self.knows_owners() && facts.uid != 0 && facts.mode & 0o400 != 0;
        let mut agents = self.accounts().into_iter().map(|(account, _)| account);
        let agent = agents.find(|account| known && account.uid == facts.uid)?;
        Some(&agent.name)
    }

    /// True when a program of this name lies where an agent would find it.
    #[must_use]
    pub fn has_program(&self, name: &str) -> bool {
        let shared = PROGRAMS.iter().map(|folder| format!("{folder}/{name}"));
        let own = self.accounts().into_iter().flat_map(|(account, _)| {
            let home = account.home.trim_end_matches('/').to_owned();
            OWN_PROGRAMS.iter().map(move |folder| format!("{home}/{folder}/{name}"))
        });
        let beside = self.homes.iter().map(|home| format!("{}/bin/{name}", home.path));
        shared.chain(own).chain(beside).any(|path| self.machine.has(&path))
    }

    /// The units that start the gateway as `account`.
    pub fn units_of<'s>(&'s self, account: &'s Account) -> impl Iterator<Item = &'s HostUnit> {
        self.units.iter().filter(move |unit| {
            unit.gateway
                && unit
                    .user
                    .as_deref()
                    .is_some_and(|user| user == account.name || user.parse() == Ok(account.uid))
        })
    }

    /// What does `duty` here.
    pub fn traces(&self, duty: Duty) -> impl Iterator<Item = &Trace> {
        self.traces.iter().filter(move |trace| trace.duty == duty)
    }

    /// What could have shown that something does `duty`, and could not be read.
    pub fn unread(&self, duty: Duty) -> impl Iterator<Item = &str> {
        self.unread.iter().filter(move |(of, _)| *of == duty).map(|(_, path)| path.as_str())
    }

    /// The files to read: homes, units, compose files and the administrator's settings, as they lie on this disk.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            self.homes.iter().map(|home| self.machine.path(&home.path)).collect();
        let mut others: Vec<PathBuf> = self
            .units
            .iter()
            .flat_map(|unit| std::iter::once(&unit.path).chain(&unit.env_files))
            .chain(&self.compose)
            .chain(&self.proxies)
            .chain(&self.schedules)
            .map(|path| self.machine.path(path))
            .filter(|path| path.is_file() && std::fs::File::open(path).is_ok())
            .collect();
        let (managed, _) = self.machine.expand("/etc/hermes/*");
        let managed = managed.iter().map(|path| self.machine.path(path));
        others.extend(managed.filter(|path| path.is_file()));
        others.retain(|path| !paths.iter().any(|home| path.starts_with(home)));
        others.sort();
        others.dedup();
        paths.append(&mut others);
        paths
    }

    /// What was found, a line each, for people. Command lines are left out, since they may hold secrets.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let name = |uid: u32| self.machine.owner_name(uid).unwrap_or_else(|| uid.to_string());
        for home in self.homes.iter().filter(|home| home.by != homes::NAMED) {
            lines.push(format!("home {}, by {}", home.path, home.by));
        }
        for folder in self.shut.iter().chain(&self.hidden) {
            lines.push(format!("not looked into: {folder}"));
        }
        for process in self.processes.iter().flatten() {
            let what = if process.gateway { "gateway" } else { "hermes" };
            let owner = process.uid.map_or_else(|| "an unknown account".to_owned(), name);
            lines.push(format!("{what} process {} runs as {owner}", process.pid));
        }
        for (listener, what) in self.listeners.iter().flatten() {
            let reach =
                if listener.is_open() { "open to other machines" } else { "this machine only" };
            lines.push(format!(
                "port {} ({what} unless set otherwise) of {}: {}, {reach}",
                listener.port,
                name(listener.uid),
                listener.address
            ));
        }
        lines
    }

    /// The folder of the home that the file at `path` on this disk is known to start.
    #[must_use]
    pub fn home_of(&self, path: &std::path::Path) -> Option<PathBuf> {
        let name = self.machine.name(path);
        let unit =
            self.units.iter().find(|unit| unit.path == name || unit.env_files.contains(&name))?;
        unit.home.as_deref().map(|home| self.machine.path(home))
    }
}

/// The configuration that names a port of Hermes's; that of other services is none of ours.
fn proxies(machine: &Machine, facts: &MachineFacts) -> Vec<String> {
    let ports: Vec<String> = facts.ports.iter().map(|port| format!(":{}", port.port)).collect();
    naming(machine, facts.proxies.iter(), &ports)
}

/// The files of `patterns` that hold one of `words`, in any case.
fn naming<'p>(
    machine: &Machine,
    patterns: impl Iterator<Item = &'p String>,
    words: &[String],
) -> Vec<String> {
    let mut found: Vec<String> = patterns.flat_map(|pattern| machine.expand(pattern).0).collect();
    found.retain(|path| {
        let text = machine.read(path).seen().unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| text.contains(word.as_str()))
    });
    found.sort();
    found.dedup();
    found
}
