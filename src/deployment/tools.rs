//! Which tools can be reached from where, by whom, and at which tier.
//!
//! The one model of it: rules, the checklist and `hermes-lint capabilities` ask it, and none of them reads a list of
//! toolsets itself. Tools that plugins bring are known to the plugins alone; the model says so instead of leaving
//! them out.

use std::collections::BTreeMap;

use super::approvals::{Because, Gate, Stand};
use super::channel::{Channel, ChannelKind, ReachableTool, Servers, Stretch, TierBy, ToolOrigin};
use super::home::Home;
use super::job::Job;
use super::mcp::McpServer;
use super::setting::Setting;
use super::who::{Who, Whom};
use crate::document::tree::Value;
use crate::facts::{Asks, Tier};
use crate::policy::Release;
use crate::policy::decide::Session;

/// A list of toolsets, and how it is read.
struct Wanted<'d> {
    names: Vec<String>,
    /// The platform whose rules hold; none for the list of a job, which is taken as it is.
    platform: Option<&'d str>,
    /// True for a list that somebody wrote.
    explicit: bool,
    /// A part of it that a template fills in.
    open: Option<Because<'d>>,
    /// What is never given here.
    never: Vec<&'static str>,
}

impl<'d> Home<'d> {
    /// The answer to [`Home::channels`].
    pub(super) fn all_channels(&self) -> Vec<Channel<'d>> {
        let mut all: Vec<Channel<'d>> = Vec::new();
        for state in self.platforms().iter().filter(|state| state.on.is_some()) {
            let id = state.spec.id.as_str();
            let inbound = matches!(id, "webhook" | "msgraph_webhook" | "api_server");
            let mut channel = self.of_platform(id, &state.spec.name);
            channel.on.clone_from(&state.on);
            channel.who = self.who(state);
            if inbound {
                channel.kind = ChannelKind::Inbound;
                channel.session = Session::Unattended;
            }
            all.push(channel);
        }
        all.extend(self.dashboard());
        all.extend(self.jobs().into_iter().map(|job| self.of_job(job)));
        let line = Channel {
            kind: ChannelKind::CommandLine,
            session: Session::Cli,
            who: Who::plain(Whom::Operator),
            ..self.of_platform("cli", "the command line")
        };
        let query = Channel {
            kind: ChannelKind::SingleQuery,
            id: "single-query".to_owned(),
            name: "hermes chat -q".to_owned(),
            session: Session::SingleQuery,
            ..line.clone()
        };
        all.extend([line, query]);
        all
    }

    /// What stands before a tool, by release; neighbours that agree are one.
    #[must_use]
    pub fn stands(&self, channel: &Channel<'d>, tool: &ReachableTool<'d>) -> Vec<Stretch<'d>> {
        let mut all: Vec<Stretch<'d>> = Vec::new();
        for release in self.releases() {
            let stand = match &tool.origin {
                ToolOrigin::Toolset(_) => self.gate(tool.asks, channel.session, release),
                ToolOrigin::Server(_, server) => self.server_gate(server, channel.session, release),
                ToolOrigin::Unknown(because) => Stand {
                    gate: Gate::Unknown,
                    what: "its tools are not known",
                    because: Some(because.clone()),
                },
            };
            match all.last_mut().filter(|last| last.stand == stand) {
                Some(last) => last.to = release,
                None => all.push(Stretch { from: release, to: release, stand }),
            }
        }
        all
    }

    fn of_platform(&self, platform: &'d str, name: &str) -> Channel<'d> {
        let (wanted, list) = self.wanted(platform);
        let (tools, servers) = self.reached(&wanted);
        Channel {
            kind: ChannelKind::Platform,
            id: platform.to_owned(),
            name: name.to_owned(),
            on: None,
            session: Session::Chat,
            list,
            servers,
            job: None,
            who: Who::plain(Whom::Unknown),
            tools,
        }
    }

    /// The toolsets of a platform: its list, or the default where there is none.
    fn wanted(&self, platform: &'d str) -> (Wanted<'d>, Option<Because<'d>>) {
        let facts = self.knowledge.facts().tools();
        let setting = self
            .setting(&format!("platform_toolsets.{platform}"))
            .filter(|setting| matches!(setting.value(), Value::Seq(_)) || setting.is_hole());
        let list = setting
            .as_ref()
            .map(|setting| Because::new(setting.path.clone(), Some(setting.place())));
        let bundle = format!("hermes-{}", platform.replace('_', "-"));
        let default =
            if facts.bundles.contains_key(&bundle) { bundle } else { "hermes-cli".to_owned() };
        let names = match &setting {
            Some(setting) => setting.items().into_iter().map(|(name, _)| name).collect(),
            None => vec![default],
        };
        let is_open = |setting: &Setting<'_>| {
            setting.is_hole() || setting.item_settings().iter().any(Setting::is_hole)
        };
        let open = list.clone().filter(|_| setting.as_ref().is_some_and(is_open));
        let explicit = setting.is_some();
        (Wanted { names, platform: Some(platform), explicit, open, never: Vec::new() }, list)
    }

    fn of_job(&self, job: Job<'d>) -> Channel<'d> {
        let place = |key: &str| match job.get(key) {
            Some(id) => job.place(id, key),
            None => job.head(key),
        };
        let own = job.toolsets().filter(|own| {
            // An empty list is the platform's before 0.21, and no tool at all from then on.
            !own.is_empty() || self.releases().iter().all(|release| *release >= EMPTY_IS_NONE)
        });
        let (mut wanted, list) = match own {
            Some(own) => (
                Wanted {
                    names: own.into_iter().map(str::to_owned).collect(),
                    platform: None,
                    explicit: true,
                    open: None,
                    never: Vec::new(),
                },
                Some(Because::new("enabled_toolsets", Some(place("enabled_toolsets")))),
            ),
            None => self.wanted("cron"),
        };
        wanted.never.extend(["messaging", "clarify"]);
        let schedules = self.setting("cron.allow_agent_scheduling");
        if schedules.and_then(|setting| setting.bool()) != Some(true) {
            wanted.never.push("cronjob");
        }
        let (tools, servers) = match job.is_true("no_agent") {
            true => (Vec::new(), Servers::None),
            false => self.reached(&wanted),
        };
        Channel {
            kind: ChannelKind::Cron,
            id: job.str("id").unwrap_or_else(|| job.name()).to_owned(),
            name: format!("cron job {}", job.name()),
            on: Some(job.head("enabled")),
            session: Session::Cron,
            list,
            servers,
            job: Some(job),
            who: Who::plain(Whom::Schedule),
            tools,
        }
    }

    /// The dashboard, where something starts one: its chat is a session of the command line, and it edits the rest.
    fn dashboard(&self) -> Option<Channel<'d>> {
        let services = || self.services().iter().filter(|service| service.is_hermes);
        let by_command = services().find_map(|service| {
            let word = service.argument(|word| word == "dashboard")?;
            let mut words = service.command.iter().map(|word| word.text.as_str());
            let mut host = None;
            while let Some(word) = words.next() {
                match word.strip_prefix("--host") {
                    Some("") => host = words.next(),
                    Some(rest) => host = rest.strip_prefix('='),
                    None => {}
                }
            }
            Some((word.place.clone(), host.map(str::to_owned)))
        });
        let by_variable = || {
            let variable = self.variable("HERMES_DASHBOARD")?.winner;
            let on = crate::policy::Truth::Common.is_on(&variable.value);
            let host = self.variable("HERMES_DASHBOARD_HOST").map(|host| host.winner.value.clone());
            on.then(|| (variable.place.clone(), host))
        };
        let (place, host) = by_command.or_else(by_variable)?;
        let mut channel = Channel {
            kind: ChannelKind::Dashboard,
            id: "dashboard".to_owned(),
            session: Session::Cli,
            who: self.dashboard_users(&place, host.as_deref()),
            on: Some(place),
            ..self.of_platform("cli", "the dashboard")
        };
        channel.tools.push(ReachableTool {
            name: "settings, keys, plugins".to_owned(),
            tier: Some(Tier::High),
            tier_by: TierBy::Table,
            origin: ToolOrigin::Toolset("dashboard".to_owned()),
            asks: Asks::Nothing,
        });
        Some(channel)
    }

    /// The tools of a list, and which servers come with them.
    fn reached(&self, wanted: &Wanted<'d>) -> (Vec<ReachableTool<'d>>, Servers) {
        let facts = self.knowledge.facts().tools();
        let disabled = self.disabled_toolsets();
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        let plainness = |name: &str| {
            let set = facts.toolsets.get(name);
            set.map(|set| (set.posture, !set.includes.is_empty(), set.tools.len()))
        };
        let mut add = |name: &'d str| {
            let Some(set) = facts.toolsets.get(name) else { return };
            for tool in &set.tools {
                let known = facts.tools.get(tool);
                if known.is_some_and(|known| !self.may_hold(&known.range())) {
                    continue;
                }
                let holder = found.entry(tool).or_insert(name);
                if (plainness(name), name) < (plainness(holder), *holder) {
                    *holder = name;
                }
            }
        };
        for included in wanted.names.iter().flat_map(|name| facts.sets_of(name)) {
            let Some((name, set)) = facts.toolsets.get_key_value(included.name) else { continue };
            let native = |platform: &str| set.only_on.iter().any(|only| only == platform);
            let brought = match wanted.platform {
                None => true,
                Some(platform) if included.bundled && set.opt_in => {
                    (wanted.explicit && native(platform))
                        || set.unless.as_ref().is_some_and(|name| self.variable(name).is_some())
                }
                Some(platform) => set.only_on.is_empty() || native(platform),
            };
            if brought && self.may_hold(&set.range()) {
                add(name);
            }
        }
        if let Some(platform) = wanted.platform {
            let always = facts.toolsets.iter();
            let always = always.filter(|(_, set)| set.always_on.iter().any(|on| on == platform));
            always.for_each(|(name, _)| add(name));
        }
        let never = wanted.never.iter().copied();
        for name in disabled.iter().map(String::as_str).chain(never) {
            // A platform's bundle and a posture take nothing away.
            let idle = facts.bundles.contains_key(name)
                || facts.toolsets.get(name).is_some_and(|set| set.posture);
            if !idle {
                let gone = facts.tools_of(name);
                found.retain(|tool, _| !gone.contains(tool));
            }
        }
        let mut tools: Vec<ReachableTool<'d>> = found
            .into_iter()
            .map(|(name, set)| {
                let (tier, tier_by) = self.tier_of(name);
                let asks = facts.tools.get(name).map(|known| known.gate).unwrap_or_default();
                let origin = ToolOrigin::Toolset(set.to_owned());
                ReachableTool { name: name.to_owned(), tier, tier_by, origin, asks }
            })
            .collect();
        let named: Vec<&McpServer<'d>> =
            self.mcp_servers().iter().filter(|server| is_in(&wanted.names, server.name)).collect();
        let (servers, which) = if is_in(&wanted.names, "no_mcp")
            || (wanted.platform.is_none() && wanted.names.is_empty())
        {
            (Vec::new(), Servers::None)
        } else if named.is_empty() {
            (self.mcp_servers().iter().collect(), Servers::All)
        } else {
            (named, Servers::Named)
        };
        for server in servers.into_iter().filter(|server| !is_in(&disabled, server.name)) {
            tools.extend(self.tools_of_server(server));
        }
        let unknown = |name: String, because: Because<'d>| ReachableTool {
            name,
            tier: None,
            tier_by: TierBy::Nothing,
            origin: ToolOrigin::Unknown(because),
            asks: Asks::Nothing,
        };
        if let Some(because) = &wanted.open {
            tools.push(unknown("what a template fills in".to_owned(), because.clone()));
        }
        if let Some(plugins) = self.list("plugins.enabled").filter(|list| !list.entries.is_empty())
        {
            let because = Because::new("plugins.enabled", Some(plugins.setting.place()));
            for (plugin, _) in plugins.entries {
                tools.push(unknown(format!("plugin {plugin}"), because.clone()));
            }
        }
        (tools, which)
    }

    /// Names of `agent.disabled_toolsets`.
    #[must_use]
    pub fn disabled_toolsets(&self) -> Vec<String> {
        self.list("agent.disabled_toolsets")
            .map(|list| list.entries.into_iter().map(|(name, _)| name).collect())
            .unwrap_or_default()
    }

    /// The tier that the operator set for `name`.
    fn own_tier(&self, name: &str) -> Option<Tier> {
        self.knowledge.tiers.get(name).and_then(|&number| Tier::try_from(number).ok())
    }

    fn tier_of(&self, tool: &str) -> (Option<Tier>, TierBy) {
        let facts = self.knowledge.facts().tools();
        if let Some(tier) = self.own_tier(tool) {
            return (Some(tier), TierBy::Operator);
        }
        match facts.tier_of(tool) {
            None => (None, TierBy::Nothing),
            tier if facts.tools.contains_key(tool) => (tier, TierBy::Table),
            tier => (tier, TierBy::Words),
        }
    }

    /// One entry a listed tool of an MCP server, or one for the server as a whole.
    #[must_use]
    pub fn tools_of_server(&self, server: &McpServer<'d>) -> Vec<ReachableTool<'d>> {
        let facts = self.knowledge.facts().tools();
        let include = server.setting.child("tools").and_then(|tools| tools.child("include"));
        let include: Vec<String> = match &include {
            Some(include) => match include.str() {
                Some(only) => vec![only.to_owned()],
                None => include.items().into_iter().map(|(name, _)| name).collect(),
            },
            None => Vec::new(),
        };
        let by_package = || server.package().and_then(|package| facts.server(package));
        let known = facts.server(server.name).or_else(by_package).map(|known| known.tier);
        let (tier, tier_by) = match (self.own_tier(server.name), known) {
            (Some(own), _) => (Some(own), TierBy::Operator),
            (None, Some(known)) => (Some(known), TierBy::Table),
            (None, None) => (None, TierBy::Nothing),
        };
        let tool = |name: String, tier, tier_by| ReachableTool {
            name,
            tier,
            tier_by,
            origin: ToolOrigin::Server(server.name, server.setting.clone()),
            asks: Asks::Nothing,
        };
        if include.is_empty() {
            return vec![tool(format!("MCP server {}", server.name), tier, tier_by)];
        }
        let one = |name: String| {
            let own = self.own_tier(&name).map(|own| (Some(own), TierBy::Operator));
            let words = || facts.tier_of(&name).map(|found| (Some(found), TierBy::Words));
            let (tier, tier_by) = own.or_else(words).unwrap_or((tier, tier_by));
            tool(format!("{}.{name}", server.name), tier, tier_by)
        };
        include.into_iter().map(one).collect()
    }
}

/// From here on an empty list of a job gives no tool at all.
const EMPTY_IS_NONE: Release = Release::new(0, 21, 0);

fn is_in(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| name == wanted)
}
