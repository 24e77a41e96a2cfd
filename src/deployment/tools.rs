//! Which tools can be reached from where, and at which tier.

use std::collections::BTreeSet;

use super::home::Home;
use super::setting::Setting;
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts::Tier;

/// A tool that can be reached.
#[derive(Clone, Debug)]
pub struct ReachableTool {
    /// Its name, or that of an MCP server whose tools are not listed.
    pub name: String,
    /// What it can do at worst.
    pub tier: Tier,
}

/// A way in, and what it leads to.
#[derive(Clone, Debug)]
pub struct Reach<'d> {
    /// `telegram`, `cron job nightly`, `the command line`.
    pub from: String,
    /// The setting that decides; `None` where the default does.
    pub place: Option<Place<'d>>,
    /// What can be reached.
    pub tools: Vec<ReachableTool>,
}

impl Reach<'_> {
    /// The tools of `tier` or above, worst first.
    #[must_use]
    pub fn at_least(&self, tier: u8) -> Vec<&ReachableTool> {
        let mut tools: Vec<_> =
            self.tools.iter().filter(|tool| tool.tier.number() >= tier).collect();
        tools.sort_by(|a, b| {
            b.tier.number().cmp(&a.tier.number()).then_with(|| a.name.cmp(&b.name))
        });
        tools
    }
}

impl<'d> Home<'d> {
    /// The answer to [`Home::reaches`].
    pub(super) fn all_reaches(&self) -> Vec<Reach<'d>> {
        let servers = self.mcp_tools();
        let mut all: Vec<Reach<'d>> = self
            .platforms()
            .iter()
            .filter(|state| state.on.is_some())
            .map(|state| self.reach(&state.spec.id, &state.spec.name, &servers))
            .collect();
        all.push(self.reach("cli", "the command line", &servers));
        all
    }

    fn reach(&self, platform: &str, name: &str, servers: &[ReachableTool]) -> Reach<'d> {
        let facts = self.knowledge.facts().tools();
        let setting = self
            .setting(&format!("platform_toolsets.{platform}"))
            .filter(|setting| matches!(setting.value(), Value::Seq(_)) && !setting.is_hole());
        let mut names: Vec<String> = match &setting {
            Some(setting) => setting.items().into_iter().map(|(name, _)| name).collect(),
            None => vec![format!("hermes-{platform}")],
        };
        if setting.is_none() && !facts.is_toolset(&format!("hermes-{platform}")) {
            names = vec!["hermes-cli".to_owned()];
        }
        let mut tools: BTreeSet<String> =
            names.iter().flat_map(|name| facts.tools_of(name)).map(str::to_owned).collect();
        // A platform's bundle in that list takes nothing away.
        let is_bundle = |name: &String| facts.bundles.contains_key(name);
        for disabled in self.disabled_toolsets().into_iter().filter(|name| !is_bundle(name)) {
            let gone = facts.tools_of(&disabled);
            tools.retain(|tool| !gone.contains(tool.as_str()));
        }
        let mut tools: Vec<ReachableTool> = tools
            .into_iter()
            .filter_map(|name| {
                let tier = self.tier(&name).or_else(|| facts.tier_of(&name))?;
                Some(ReachableTool { name, tier })
            })
            .collect();
        let only_named = names.iter().any(|name| name == "no_mcp");
        if !only_named {
            tools.extend(servers.iter().cloned());
        }
        Reach { from: name.to_owned(), place: setting.map(|setting| setting.place()), tools }
    }

    /// Names of `agent.disabled_toolsets`.
    #[must_use]
    pub fn disabled_toolsets(&self) -> Vec<String> {
        self.list("agent.disabled_toolsets")
            .map(|list| list.entries.into_iter().map(|(name, _)| name).collect())
            .unwrap_or_default()
    }

    /// The tier that the operator set for `name`.
    fn tier(&self, name: &str) -> Option<Tier> {
        self.knowledge.tiers.get(name).and_then(|&number| Tier::try_from(number).ok())
    }

    /// MCP servers that are on: one entry a listed tool, or one for the server as a whole.
    #[must_use]
    pub fn mcp_tools(&self) -> Vec<ReachableTool> {
        let facts = self.knowledge.facts().tools();
        let mut all = Vec::new();
        for server in self.mcp_servers() {
            let name = server.name;
            let include: Vec<String> = server
                .setting
                .child("tools")
                .and_then(|tools| tools.child("include"))
                .map(|include: Setting<'_>| {
                    include.items().into_iter().map(|(name, _)| name).collect()
                })
                .unwrap_or_default();
            let server_tier =
                self.tier(name).or_else(|| facts.server(name).map(|known| known.tier));
            if include.is_empty() {
                all.extend(
                    server_tier
                        .map(|tier| ReachableTool { name: format!("MCP server {name}"), tier }),
                );
            }
            all.extend(include.into_iter().filter_map(|tool| {
                let tier = self.tier(&tool).or_else(|| facts.tier_of(&tool)).or(server_tier)?;
                Some(ReachableTool { name: format!("{name}.{tool}"), tier })
            }));
        }
        all
    }
}
