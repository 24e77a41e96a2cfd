//! Toolsets, the tools in them and what a tool can do at worst.
//!
//! A tier is a judgement about the worst case, not about usual use; an unknown tool gets its tier from the words
//! of its name, which errs towards the higher one.

use super::version::{Range, Release};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a tool can do at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "u8")]
pub enum Tier {
    /// Reads only.
    Read,
    /// Writes inside the deployment.
    Internal,
    /// Reaches other people or systems.
    External,
    /// Can do anything, spends, deletes or acts in bulk.
    High,
}

impl TryFrom<u8> for Tier {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            0 => Ok(Self::Read),
            1 => Ok(Self::Internal),
            2 => Ok(Self::External),
            3 => Ok(Self::High),
            _ => Err(format!("no tier {number}")),
        }
    }
}

impl Tier {
    /// Its number, 0 to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Internal => 1,
            Self::External => 2,
            Self::High => 3,
        }
    }
}

/// The file `tools.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// Tools by name.
    pub tools: BTreeMap<String, Tool>,
    /// Toolsets by name.
    pub toolsets: BTreeMap<String, Toolset>,
    /// The toolsets that a bundle holds unless it says otherwise.
    pub bundle_base: Vec<String>,
    /// Bundles by name.
    pub bundles: BTreeMap<String, Bundle>,
    /// Old names of toolsets that still work.
    pub old_names: BTreeMap<String, String>,
    /// Tiers of MCP servers by a word of their name.
    pub servers: Vec<ServerTier>,
    /// Words in the name of a tool, highest tier first.
    pub raise: Vec<ServerTier>,
}

/// One tool.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What it can do at worst.
    pub tier: Tier,
    /// Why.
    pub why: String,
    /// What Hermes asks before it does something.
    #[serde(default)]
    pub gate: Asks,
    /// First release that has it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release without it.
    #[serde(default)]
    pub until: Option<Release>,
}

impl Tool {
    /// The releases that have it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

/// What Hermes asks before a tool does something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Nothing, whatever the settings say.
    #[default]
    Nothing,
    /// About commands of the classes that it takes for dangerous.
    Commands,
    /// About a script as a whole, where a chat can answer.
    Code,
    /// About clicks and keys.
    Desktop,
    /// Nothing, but a folder may confine it.
    Files,
    /// About each write to the memory, when that is switched on.
    Memory,
    /// About each write to a skill, when that is switched on.
    Skills,
    /// About the commands of the agents that it starts.
    Subagents,
}

/// One toolset.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolset {
    /// Its own tools, of any release.
    pub tools: Vec<String>,
    /// Toolsets that it includes.
    #[serde(default)]
    pub includes: Vec<String>,
    /// True when a bundle leaves it out until it is named.
    #[serde(default)]
    pub opt_in: bool,
    /// The variable that makes a bundle bring it all the same.
    #[serde(default)]
    pub unless: Option<String>,
    /// The platforms where it can be had; all when empty.
    #[serde(default)]
    pub only_on: Vec<String>,
    /// The platforms that have it whatever their list says.
    #[serde(default)]
    pub always_on: Vec<String>,
    /// True when disabling it takes nothing away.
    #[serde(default)]
    pub posture: bool,
    /// What is worth saying.
    #[serde(default)]
    pub note: Option<String>,
    /// First release that has it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release without it.
    #[serde(default)]
    pub until: Option<Release>,
}

impl Toolset {
    /// The releases that have it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

/// A toolset that a name in a list stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Included<'t> {
    /// Its name.
    pub name: &'t str,
    /// True when a bundle brings it, and nobody named it.
    pub bundled: bool,
}

/// A bundle of toolsets, named after where Hermes runs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Toolsets beyond the usual ones.
    #[serde(default)]
    pub extra: Vec<String>,
    /// Usual toolsets that it lacks.
    #[serde(default)]
    pub without: Vec<String>,
    /// The only toolsets it holds.
    #[serde(default)]
    pub only: Vec<String>,
    /// First release without it.
    #[serde(default)]
    pub until: Option<Release>,
}

/// A tier for names that hold one of some words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTier {
    /// The words, lower case.
    pub words: Vec<String>,
    /// The tier.
    pub tier: Tier,
    /// Why.
    #[serde(default)]
    pub why: String,
}

impl Tools {
    /// True for the name of a toolset, of a bundle or an old name that still works.
    #[must_use]
    pub fn is_toolset(&self, name: &str) -> bool {
        self.toolsets.contains_key(name)
            || self.bundles.contains_key(name)
            || self.old_names.contains_key(name)
    }

    /// The toolset that holds a tool, for those who wrote the tool's name where a toolset's belongs.
    #[must_use]
    pub fn toolset_of(&self, tool: &str) -> Option<&str> {
        let holds = |set: &Toolset| set.tools.iter().any(|name| name == tool);
        // The plainest: `terminal` rather than `debugging`.
        let sets = self.toolsets.iter().filter(|(_, set)| holds(set));
        sets.min_by_key(|(name, set)| (set.includes.len(), set.tools.len(), *name))
            .map(|(name, _)| name.as_str())
    }

    /// The tools of a toolset or a bundle, with all it includes; empty for an unknown name.
    #[must_use]
    pub fn tools_of(&self, name: &str) -> BTreeSet<&str> {
        let sets = self.sets_of(name).into_iter().filter_map(|set| self.toolsets.get(set.name));
        sets.flat_map(|set| set.tools.iter().map(String::as_str)).collect()
    }

    /// The toolsets that a name in a list stands for, with all they include; none for an unknown name.
    #[must_use]
    pub fn sets_of(&self, name: &str) -> Vec<Included<'_>> {
        if matches!(name, "all" | "*") {
            return self.toolsets.keys().map(|name| Included { name, bundled: false }).collect();
        }
        let mut found: Vec<Included<'_>> = Vec::new();
        let known = self.old_names.get(name).map_or(name, String::as_str);
        let mut open: Vec<Included<'_>> = Vec::new();
        if let Some(bundle) = self.bundles.get(known) {
            let base = self.bundle_base.iter().filter(|set| !bundle.without.contains(set));
            let all: Vec<&String> = match bundle.only.as_slice() {
                [] => base.chain(&bundle.extra).collect(),
                only => only.iter().collect(),
            };
            open.extend(all.into_iter().map(|name| Included { name, bundled: true }));
        } else if let Some((name, _)) = self.toolsets.get_key_value(known) {
            open.push(Included { name, bundled: false });
        }
        while let Some(next) = open.pop() {
            let Some(set) = self.toolsets.get(next.name) else { continue };
            if found.iter().all(|other| other.name != next.name) {
                found.push(next);
                let included = set.includes.iter();
                open.extend(included.map(|name| Included { name, bundled: next.bundled }));
            }
        }
        found
    }

    /// The tier of a tool: as listed, else by the words of its name; `None` when they say nothing.
    #[must_use]
    pub fn tier_of(&self, tool: &str) -> Option<Tier> {
        match self.tools.get(tool) {
            Some(listed) => Some(listed.tier),
            None => Self::by_words(&self.raise, tool).map(|found| found.tier),
        }
    }

    /// What an MCP server can do at worst, by its name or package.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&ServerTier> {
        Self::by_words(&self.servers, name)
    }

    /// The highest tier of which `name` holds a word.
    fn by_words<'t>(tiers: &'t [ServerTier], name: &str) -> Option<&'t ServerTier> {
        let words = words_of(name);
        // Words that hold a dash are looked for in the whole name.
        let whole = words.join("-");
        let hits = |tier: &&ServerTier| {
            tier.words.iter().any(|word| match word.contains('-') {
                true => whole.split(word.as_str()).count() > 1,
                false => words.iter().any(|other| other == word),
            })
        };
        // The first of the highest, so that the order of the data decides among equals.
        tiers.iter().filter(hits).fold(None, |best: Option<&ServerTier>, tier| match best {
            Some(best) if best.tier >= tier.tier => Some(best),
            _ => Some(tier),
        })
    }
}

/// The words of `sendMessage`, `send_message`, `@scope/send-message`, lower case.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last_was_lower = false;
    let mut fresh = true;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            fresh = true;
            last_was_lower = false;
            continue;
        }
        if fresh || (c.is_uppercase() && last_was_lower) {
            words.push(String::new());
            fresh = false;
        }
        last_was_lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}
