//! A way into a home, and the tools it leads to.

use super::approvals::{Because, Stand};
use super::job::Job;
use super::setting::Setting;
use super::who::Who;
use crate::document::Place;
use crate::facts::{Asks, Tier};
use crate::policy::Release;
use crate::policy::decide::Session;

/// What decided the tier of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TierBy {
    /// The table of known tools and servers.
    Table,
    /// Words of its name.
    Words,
    /// `[tiers]` of `.hermes-lint.toml`.
    Operator,
    /// Nothing.
    Nothing,
}

impl TierBy {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Words => "words",
            Self::Operator => "settings",
            Self::Nothing => "nothing",
        }
    }
}

/// What a tool belongs to.
#[derive(Clone, Debug)]
pub enum ToolOrigin<'d> {
    /// A toolset of Hermes.
    Toolset(String),
    /// An MCP server.
    Server(&'d str, Setting<'d>),
    /// A list that a template fills in, or a plugin.
    Unknown(Because<'d>),
}

/// A tool that can be reached.
#[derive(Clone, Debug)]
pub struct ReachableTool<'d> {
    /// Its name, or that of an MCP server whose tools are not listed.
    pub name: String,
    /// What it can do at worst; `None` where nothing says so.
    pub tier: Option<Tier>,
    /// What decided the tier.
    pub tier_by: TierBy,
    /// What it belongs to.
    pub origin: ToolOrigin<'d>,
    /// What Hermes asks before it does something.
    pub asks: Asks,
}

impl ReachableTool<'_> {
    /// True when it can do what `tier` says, or worse.
    #[must_use]
    pub fn is_at_least(&self, tier: Tier) -> bool {
        self.tier.is_some_and(|own| own >= tier)
    }
}

/// What kind of way in it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// A messaging platform.
    Platform,
    /// A listener that programs call.
    Inbound,
    /// The dashboard.
    Dashboard,
    /// A scheduled job.
    Cron,
    /// A person at a terminal.
    CommandLine,
    /// `hermes chat -q`.
    SingleQuery,
}

impl ChannelKind {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Inbound => "inbound",
            Self::Dashboard => "dashboard",
            Self::Cron => "cron",
            Self::CommandLine => "command-line",
            Self::SingleQuery => "single-query",
        }
    }
}

/// Which MCP servers a channel gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// None of them.
    None,
    /// Those that its list names.
    Named,
    /// All that are on, because its list names none.
    All,
}

/// A way in, and what it leads to.
#[derive(Clone, Debug)]
pub struct Channel<'d> {
    /// What kind of way in it is.
    pub kind: ChannelKind,
    /// `telegram`, `cli`, the id of a job.
    pub id: String,
    /// `Telegram`, `cron job nightly`, `the command line`.
    pub name: String,
    /// What switches it on, where something does.
    pub on: Option<Place<'d>>,
    /// Who started its sessions.
    pub session: Session,
    /// The setting that names its toolsets; `None` where the default does.
    pub list: Option<Because<'d>>,
    /// Which MCP servers it gets.
    pub servers: Servers,
    /// The job, for a scheduled one.
    pub job: Option<Job<'d>>,
    /// Who may use it.
    pub who: Who<'d>,
    /// What can be reached, by name.
    pub tools: Vec<ReachableTool<'d>>,
}

impl<'d> Channel<'d> {
    /// True for a door that people or programs come in by, and for the command line.
    #[must_use]
    pub const fn is_door(&self) -> bool {
        matches!(self.kind, ChannelKind::Platform | ChannelKind::Inbound | ChannelKind::CommandLine)
    }

    /// The tools of `tier` or above, worst first.
    #[must_use]
    pub fn at_least(&self, tier: Tier) -> Vec<&ReachableTool<'d>> {
        let mut tools: Vec<_> = self.tools.iter().filter(|tool| tool.is_at_least(tier)).collect();
        tools.sort_by(|a, b| b.tier.cmp(&a.tier).then_with(|| a.name.cmp(&b.name)));
        tools
    }
}

/// A gate in some releases.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch<'d> {
    /// The first of them.
    pub from: Release,
    /// The last of them.
    pub to: Release,
    /// The gate.
    pub stand: Stand<'d>,
}
