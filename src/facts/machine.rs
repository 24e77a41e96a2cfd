//! What a machine says of a deployment: ports, programs that forward logs, bring releases or alert, and where
//! audit logs and copies lie.
//!
//! A program is known by words in its configuration. That is enough to see that something is set up, and
//! not that it works; the checklist says which file it rests on, so that a person can look.

use serde::Deserialize;

/// The file `machine.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFacts {
    /// Ports that Hermes listens on.
    pub ports: Vec<PortFact>,
    /// Folders in which compose files are looked for.
    pub compose: Vec<String>,
    /// Configuration of what stands before its ports.
    pub proxies: Vec<String>,
    /// Words that say a configuration is about Hermes.
    pub about: Vec<String>,
    /// Programs around a deployment.
    pub tools: Vec<ToolFact>,
    /// Audit logs and the records of their reviews.
    pub audit: AuditFacts,
    /// Tables of cron.
    pub schedules: Vec<String>,
    /// Files that say how logs are rotated.
    pub rotation: Vec<String>,
    /// Copies of a home outside of it.
    pub copies: CopyFacts,
}

/// A port with what listens on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortFact {
    /// Its number.
    pub port: u16,
    /// What listens there.
    pub name: String,
}

/// What a program does for a deployment.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Duty {
    /// Sends logs to another machine.
    Forwards,
    /// Brings new releases.
    Updates,
    /// Tells a person that something is unusual.
    Alerts,
}

/// A program, by its configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolFact {
    /// As people call it.
    pub name: String,
    /// What it does.
    pub does: Duty,
    /// Its configuration, as patterns.
    pub files: Vec<String>,
    /// Any of them shows that it does it.
    pub words: Vec<String>,
    /// True when that may stand in another file than what is about Hermes.
    #[serde(default)]
    pub apart: bool,
    /// Any of them: encrypted on the way.
    #[serde(default)]
    pub secure: Vec<String>,
    /// Any of them: in clear on the way.
    #[serde(default)]
    pub plain: Vec<String>,
    /// Units of which one must be enabled.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Names of its processes.
    #[serde(default)]
    pub runs: Vec<String>,
    /// How its comments begin.
    #[serde(default = "hash")]
    pub comments: Vec<String>,
}

fn hash() -> Vec<String> {
    vec!["#".to_owned()]
}

/// Where audit logs and reviews lie, as patterns.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFacts {
    /// One JSON object a line.
    pub logs: Vec<String>,
    /// Texts with dates.
    pub reviews: Vec<String>,
}

/// Copies of a home, by folder and name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyFacts {
    /// Folders in which they are looked for.
    pub folders: Vec<String>,
    /// Their names, as patterns.
    pub names: Vec<String>,
}
