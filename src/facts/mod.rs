//! The facts about Hermes Agent that rules rest on, as typed data: which keys and variables are read by which
//! release, which platforms exist, what files hold, what tools can do.
//!
//! Facts live in `rules/hermes/*.yaml` and reach this module as JSON. Each table is parsed on first use, so a
//! command pays only for what it asks; the price is that broken data shows late, hence [`Facts::verify`].

mod advisories;
mod audit_logs;
mod connectors;
mod credentials;
mod environment;
mod files;
mod glob;
mod inert;
mod inline_code;
mod keys;
mod machine;
mod openclaw;
mod platforms;
mod settings;
mod tooling;
mod tools;
mod version;
mod weight;

pub use advisories::{Advisories, Advisory};
pub use audit_logs::{AuditLogs, AuditWriter, Fetched, Moved};
pub(crate) use connectors::is_yes;
pub use connectors::{
    Connectors, Database, KnownServer, Limit, Open, Scope, Scopes, Widening, has_option,
};
pub use credentials::Credentials;
pub use environment::{Control, Environment, Lax, UnwantedNames};
pub use files::{Copy, FileFact, Files, Holding, Mode, SyncedFact};
pub use glob::glob_matches;
pub use inert::{Inert, InertKey, Misplaced, MisplacedKey};
pub use inline_code::{Inline, InlineCode, Interpreter, Marks, Wrapper};
pub use keys::{KeySpec, Keys, Kind, Lookup, Suggestion, SuggestionKind};
pub use machine::{Duty, MachineFacts, ToolFact};
pub use openclaw::{OpenClaw, OpenClawKey};
pub use platforms::{Bind, Everywhere, Gate, Platform, Platforms, Requirement, Sharp, YamlKey};
pub use settings::{Circumstance, LaxValue, Otherwise, SettingFact, Settings};
pub use tooling::{Reach, Tooling, Tunnel};
pub use tools::{Asks, Bundle, Included, ServerTier, Tier, Tool, Tools, Toolset};
pub use version::{Announced, Holds, Range, Release, Rung, VersionScope, Versions};
pub use weight::Weight;

use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::OnceLock;

/// A table that is missing or does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsError {
    /// Name of the file, without its extension.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rules/hermes/{}.yaml: {}", self.file, self.problem)
    }
}

impl std::error::Error for FactsError {}

/// The tables, each named as its file.
const TABLES: [&str; 16] = [
    "versions",
    "keys",
    "inert",
    "misplaced",
    "platforms",
    "environment",
    "settings",
    "credentials",
    "files",
    "tools",
    "tooling",
    "machine",
    "connectors",
    "openclaw",
    "advisories",
    "audit_logs",
];

/// All facts. Tables are parsed on first use; a table that does not parse answers as if it were empty, and
/// [`Facts::verify`] says what is wrong with it.
#[derive(Default)]
pub struct Facts<'a> {
    json: [&'a str; TABLES.len()],
    versions: OnceLock<Versions>,
    keys: OnceLock<Keys>,
    inert: OnceLock<Inert>,
    misplaced: OnceLock<Misplaced>,
    platforms: OnceLock<Platforms>,
    environment: OnceLock<Environment>,
    settings: OnceLock<Settings>,
    credentials: OnceLock<Credentials>,
    files: OnceLock<Files>,
    tools: OnceLock<Tools>,
    tooling: OnceLock<Tooling>,
    machine: OnceLock<MachineFacts>,
    connectors: OnceLock<Connectors>,
    openclaw: OnceLock<OpenClaw>,
    advisories: OnceLock<Advisories>,
    audit_logs: OnceLock<AuditLogs>,
}

impl<'a> Facts<'a> {
    /// Takes the tables as `(file name, JSON)`. The name may carry a folder and an extension
    /// (`rules/hermes/keys.yaml`). Nothing is parsed yet.
    ///
    /// # Errors
    ///
    /// When a table is missing. Files of other names are left alone.
    pub fn load(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FactsError> {
        let mut facts = Self::default();
        for (name, json) in files {
            let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
            let name = name.split('.').next().unwrap_or(name);
            let slot = TABLES.iter().zip(&mut facts.json).find(|(table, _)| **table == name);
            if let Some((_, slot)) = slot {
                *slot = json;
            }
        }
        match TABLES.iter().zip(&facts.json).find(|(_, json)| json.is_empty()) {
            Some((table, _)) => {
                Err(FactsError { file: (*table).to_owned(), problem: "is missing".to_owned() })
            }
            None => Ok(facts),
        }
    }

    /// Parses every table. To be called on data that was not compiled in.
    ///
    /// # Errors
    ///
    /// The first table that does not parse, and why.
    pub fn verify(&self) -> Result<(), FactsError> {
        self.parse::<Versions>("versions")?;
        Keys::from_json(self.raw("keys")).map_err(|error| broken("keys", &error))?;
        self.parse::<Inert>("inert")?;
        self.parse::<Misplaced>("misplaced")?;
        self.parse::<Platforms>("platforms")?;
        self.parse::<Environment>("environment")?;
        self.parse::<Settings>("settings")?;
        self.parse::<Credentials>("credentials")?;
        self.parse::<Files>("files")?;
        self.parse::<Tools>("tools")?;
        self.parse::<Tooling>("tooling")?;
        self.parse::<MachineFacts>("machine")?;
        self.parse::<Connectors>("connectors")?;
        self.parse::<OpenClaw>("openclaw")?;
        self.parse::<Advisories>("advisories")?;
        self.parse::<AuditLogs>("audit_logs")?;
        Ok(())
    }

    fn raw(&self, table: &str) -> &'a str {
        TABLES.iter().zip(&self.json).find(|(name, _)| **name == table).map_or("", |(_, json)| json)
    }

    fn parse<T: DeserializeOwned>(&self, table: &str) -> Result<T, FactsError> {
        serde_json::from_str(self.raw(table)).map_err(|error| broken(table, &error))
    }

    /// The releases and what a version scope makes of a range.
    pub fn versions(&self) -> &Versions {
        self.versions.get_or_init(|| self.parse("versions").unwrap_or_default())
    }

    /// The known keys of config.yaml.
    pub fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| Keys::from_json(self.raw("keys")).unwrap_or_default())
    }

    /// Keys and variables that people rely on and nothing reads.
    pub fn inert(&self) -> &Inert {
        self.inert.get_or_init(|| self.parse("inert").unwrap_or_default())
    }

    /// Known settings at places where nothing reads them.
    pub fn misplaced(&self) -> &Misplaced {
        self.misplaced.get_or_init(|| self.parse("misplaced").unwrap_or_default())
    }

    /// Messaging platforms and other doors.
    pub fn platforms(&self) -> &Platforms {
        self.platforms.get_or_init(|| self.parse("platforms").unwrap_or_default())
    }

    /// Variables that widen or narrow what the agent may do.
    pub fn environment(&self) -> &Environment {
        self.environment.get_or_init(|| self.parse("environment").unwrap_or_default())
    }

    /// Settings of OpenClaw that Hermes does not read.
    pub fn openclaw(&self) -> &OpenClaw {
        self.openclaw.get_or_init(|| self.parse("openclaw").unwrap_or_default())
    }

    /// Settings that stand on the unsafe side.
    pub fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| self.parse("settings").unwrap_or_default())
    }

    /// Variables and keys that hold secrets.
    pub fn credentials(&self) -> &Credentials {
        self.credentials.get_or_init(|| self.parse("credentials").unwrap_or_default())
    }

    /// Files of a home: what they hold and how private they must be.
    pub fn files(&self) -> &Files {
        self.files.get_or_init(|| self.parse("files").unwrap_or_default())
    }

    /// Toolsets, tools and their tiers.
    pub fn tools(&self) -> &Tools {
        self.tools.get_or_init(|| self.parse("tools").unwrap_or_default())
    }

    /// Tools around a deployment.
    pub fn tooling(&self) -> &Tooling {
        self.tooling.get_or_init(|| self.parse("tooling").unwrap_or_default())
    }

    /// What a machine says of a deployment.
    #[must_use]
    pub fn machine(&self) -> &MachineFacts {
        self.machine.get_or_init(|| self.parse("machine").unwrap_or_default())
    }

    /// Published flaws of Hermes itself.
    pub fn advisories(&self) -> &Advisories {
        self.advisories.get_or_init(|| self.parse("advisories").unwrap_or_default())
    }

    /// Programs that write chained logs.
    pub fn audit_logs(&self) -> &AuditLogs {
        self.audit_logs.get_or_init(|| self.parse("audit_logs").unwrap_or_default())
    }

    /// What connectors may do.
    pub fn connectors(&self) -> &Connectors {
        self.connectors.get_or_init(|| self.parse("connectors").unwrap_or_default())
    }
}

fn broken(table: &str, error: &serde_json::Error) -> FactsError {
    FactsError { file: table.to_owned(), problem: error.to_string() }
}

#[cfg(test)]
mod tests;
