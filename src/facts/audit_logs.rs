//! Programs that write chained logs: where these lie, how they are protected, and what breaks them.

use serde::Deserialize;

use super::files::Mode;

/// The file `audit_logs.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLogs {
    /// Widest mode of a log and of what belongs to it.
    pub mode: Mode,
    /// Widest mode of a key.
    pub key_mode: Mode,
    /// How long records must be kept, in days.
    pub kept_days: u32,
    /// The programs.
    pub writers: Vec<AuditWriter>,
    /// Options of our own commands that take a value.
    pub takes: Vec<String>,
    /// Words that name a trail of somebody's own, lower case.
    pub own: Vec<String>,
}

/// A program that writes a chained log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditWriter {
    /// As people call it.
    pub name: String,
    /// Its logs, as patterns.
    pub logs: Vec<String>,
    /// Names in the folder of a log that belong to it, `{log}` for its own.
    #[serde(default)]
    pub beside: Vec<String>,
    /// Keys that make the log anew, as patterns.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The mode that it leaves its files at, where that is known.
    #[serde(default)]
    pub gives: Option<Mode>,
    /// True when it only appends.
    #[serde(default)]
    pub grows: bool,
    /// Where a record has its time.
    #[serde(default)]
    pub time: Option<String>,
    /// The file beside the log that has the time instead.
    #[serde(default)]
    pub head: Option<String>,
    /// Plugins that switch it on.
    #[serde(default)]
    pub plugins: Vec<String>,
    /// Its gateway hooks.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// Words of command lines that run it.
    #[serde(default)]
    pub commands: Vec<Vec<String>>,
    /// What says that a log lies elsewhere.
    #[serde(default)]
    pub moved: Vec<Moved>,
    /// How many records it keeps.
    #[serde(default)]
    pub cap: Option<u32>,
    /// What to do instead of rotating its log.
    pub rotation: String,
    /// What it runs from a registry.
    #[serde(default)]
    pub fetches: Option<Fetched>,
}

/// What holds the path of a log.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moved {
    /// A variable.
    Variable(String),
    /// A key of config.yaml.
    Setting(String),
}

/// A command that a program falls back to, and that fetches code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetched {
    /// The key of config.yaml that names the program.
    pub setting: String,
    /// Its name on the `PATH`.
    pub program: String,
    /// The command.
    pub runs: String,
    /// What that fetches.
    pub package: String,
    /// Where from.
    pub registry: String,
    /// The day on which nothing of that name was there.
    pub looked: String,
    /// Keys of which one must be set.
    pub needs: Vec<String>,
    /// Keys that stop it when true.
    pub off: Vec<String>,
}
