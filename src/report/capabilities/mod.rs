//! What can be reached from where: a block a channel for people, one object for machines.
//!
//! Every cell names the setting that it rests on. Paths below a home are shown from the home on, since every row has
//! one; machines get them whole.

use std::io::{self, Write};

mod human;
mod json;

use super::{Format, Style};

/// A setting that a cell rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Path of the key, name of the variable, or what else decides.
    pub setting: String,
    /// The file; `None` for a default.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What stands there, secrets masked; `None` for what is personal.
    pub value: Option<String>,
}

/// A gate in some releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gate {
    /// The first of them.
    pub from: String,
    /// The last of them.
    pub to: String,
    /// `deny`, `prompt`, `smart`, `auto`, `none` or `unknown`.
    pub gate: &'static str,
    /// How lax it is; the greater, the laxer.
    pub lax: u8,
    /// True where nobody and nothing decides.
    pub open: bool,
    /// What it covers, or why there is none.
    pub what: &'static str,
    /// The setting responsible; `None` where no setting changes it.
    pub because: Option<Source>,
}

/// A tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its toolset.
    pub toolset: Option<String>,
    /// Its MCP server.
    pub server: Option<String>,
    /// 0 to 3; `None` where nothing says so.
    pub tier: Option<u8>,
    /// What decided the tier.
    pub tier_by: &'static str,
    /// What stands before it, oldest release first.
    pub gates: Vec<Gate>,
}

impl Tool {
    /// The laxest gate of all releases in question.
    fn worst(&self) -> Option<&Gate> {
        self.gates.iter().max_by_key(|gate| gate.lax)
    }

    fn group(&self) -> &str {
        self.toolset.as_deref().or(self.server.as_deref()).unwrap_or("?")
    }
}

/// Who may use a channel.
#[derive(Clone, Debug)]
pub struct Who {
    /// The kind of people.
    pub whom: &'static str,
    /// How many are listed.
    pub people: Option<usize>,
    /// How many chats are let in as a whole.
    pub chats: Option<usize>,
    /// True when bots are let past the list.
    pub bots: bool,
    /// How many of them are administrators.
    pub admins: Option<usize>,
    /// Where it listens.
    pub address: Option<String>,
    /// The settings responsible.
    pub because: Vec<Source>,
}

/// A way in.
#[derive(Clone, Debug)]
pub struct Channel {
    /// The kind of way in.
    pub kind: &'static str,
    /// The order among kinds.
    pub rank: u8,
    /// `telegram`, `cli`, the id of a job.
    pub id: String,
    /// `Telegram`, `cron job nightly`.
    pub name: String,
    /// True for a job that runs a script and no agent.
    pub runs_script: bool,
    /// What switches it on.
    pub on: Option<Source>,
    /// What names its toolsets.
    pub toolsets: Source,
    /// Who may use it.
    pub who: Who,
    /// What can be reached, by name.
    pub tools: Vec<Tool>,
}

/// A home.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its folder.
    pub folder: String,
    /// Its config, where there is one.
    pub config: Option<String>,
    /// The first release that it can be of.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What else is to know.
    pub notes: Vec<String>,
    /// The ways in, sorted.
    pub channels: Vec<Channel>,
}

/// How many tools of tier 2 and 3 a channel has without a gate, with a model for one, and with an unknown one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    open: usize,
    smart: usize,
    unknown: usize,
}

impl Channel {
    fn count(&self) -> Count {
        let mut count = Count::default();
        for tool in &self.tools {
            let gate = tool.worst();
            match (tool.tier, gate.map(|gate| gate.gate)) {
                (None, _) | (Some(2..), None | Some("unknown")) => count.unknown += 1,
                (Some(2..), Some("smart")) => count.smart += 1,
                (Some(2..), _) if gate.is_some_and(|gate| gate.open) => count.open += 1,
                _ => {}
            }
        }
        count
    }
}

/// Writes the tables.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(homes: &[Home], format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Json {
        return writeln!(out, "{:#}", json::json_of(homes));
    }
    if homes.is_empty() {
        return writeln!(out, "no Hermes home was found here");
    }
    for (number, home) in homes.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        human::human(home, style, out)?;
    }
    Ok(())
}
