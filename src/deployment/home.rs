//! One Hermes home: its documents, and the questions rules ask about it.

use std::collections::HashMap;

use super::channel::Channel;
use super::files::{self, HomeFile};
use super::hooks::{self, HookScript};
use super::kubernetes;
use super::links::{Link, Synced};
use super::mcp::{self, McpServer};
use super::platform::{self, PlatformState};
use super::service::{self, Service};
use super::setting::{Setting, python_str};
use super::variable::{Effective, Variable, VariableSource, Variables};
use super::{Knowledge, Seed, Survey};
use crate::document::tree::Value;
use crate::document::{Document, EvidenceFile, Kind, Place, Standing, StateFile, Structured};
use crate::facts::{Holds, Range, Release, VersionScope};
use crate::source::Skip;

/// A Hermes home, or what stands for one in a repo.
pub struct Home<'d> {
    /// Its folder as people see it; empty for the working directory.
    pub folder: String,
    /// The releases it can be of.
    pub scope: VersionScope,
    /// What is known of Hermes.
    pub knowledge: &'d Knowledge,
    config: Option<&'d Document>,
    managed: Vec<&'d Document>,
    legacy: Option<&'d Document>,
    envs: Vec<&'d Document>,
    inside: Vec<&'d Document>,
    around: Vec<&'d Document>,
    services: Vec<Service<'d>>,
    variables: Variables<'d>,
    platforms: Vec<PlatformState<'d>>,
    files: Vec<HomeFile>,
    parents: Vec<HomeFile>,
    beside: Vec<HomeFile>,
    links: Vec<Link>,
    synced: Vec<Synced>,
    hook_scripts: Vec<HookScript<'d>>,
    incomplete: bool,
    env_unread: bool,
    supposed_isolated: bool,
    servers: Vec<McpServer<'d>>,
    channels: Vec<Channel<'d>>,
}

/// A list in one of the two vocabularies.
#[derive(Clone, Debug)]
pub struct ListSetting<'d> {
    /// The setting.
    pub setting: Setting<'d>,
    /// Its entries as text, with their places; empty for a scalar.
    pub entries: Vec<(String, Place<'d>)>,
}

/// What is denied outright, in either vocabulary.
#[derive(Clone, Debug, Default)]
pub struct Denylist<'d> {
    /// `approvals.deny`, which Hermes reads.
    pub native: Option<Setting<'d>>,
    /// `security.command_denylist` and `security.dangerous_patterns`, which guides use.
    pub guide: Vec<Setting<'d>>,
}

impl Denylist<'_> {
    /// True when either vocabulary denies anything.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.native.as_ref().is_some_and(|list| !list.is_empty())
            || self.guide.iter().any(|list| !list.is_empty())
    }
}

impl<'d> Home<'d> {
    pub(super) fn build(
        seed: Seed<'d>,
        knowledge: &'d Knowledge,
        skipped: &'d [Skip],
        survey: Option<&Survey>,
    ) -> Self {
        let config_version = seed
            .config
            .and_then(|config| Setting::find(config, "_config_version"))
            .and_then(|setting| match setting.value() {
                Value::Int(number) => u32::try_from(*number).ok(),
                _ => None,
            });
        // A config inside a Kubernetes object stands in one file with what mounts it.
        let starters = || seed.around.iter().chain(&seed.config).chain(&seed.inside).copied();
        let mut services: Vec<Service<'d>> = starters().flat_map(service::services).collect();
        let entrances: Vec<_> = starters().flat_map(kubernetes::entrances).collect();
        kubernetes::publish(&mut services, &entrances);
        let unread = |name: &str| {
            skipped.iter().any(|skip| {
                skip.path.file_name() == name
                    && skip.path.archive() == seed.archive
                    && skip.path.place() == seed.place
            })
        };
        let (incomplete, env_unread) = (unread("config.yaml"), unread(".env"));
        let disk = files::of_home(&seed, knowledge, survey);
        let mut home = Self {
            files: disk.files,
            parents: disk.parents,
            beside: disk.beside,
            links: disk.links,
            synced: disk.synced,
            hook_scripts: Vec::new(),
            folder: seed.folder,
            scope: knowledge.scope(config_version),
            knowledge,
            config: seed.config,
            managed: seed.managed,
            legacy: seed.inside.iter().copied().find(|document| {
                matches!(document.kind, Kind::State(StateFile::Gateway, _))
                    && document.text.path().place() == seed.place
            }),
            envs: if seed.envs.is_empty() { seed.env_templates } else { seed.envs },
            inside: seed.inside,
            around: seed.around,
            services,
            variables: Variables::default(),
            platforms: Vec::new(),
            incomplete,
            env_unread,
            supposed_isolated: false,
            servers: Vec::new(),
            channels: Vec::new(),
        };
        home.variables = Variables::new(home.collect_variables());
        home.platforms = platform::states(&home);
        home.servers = mcp::servers(home.setting("mcp_servers"));
        home.channels = home.all_channels();
        home.hook_scripts = hooks::scripts(&home, survey);
        home
    }

    /// The config, parsed or not.
    #[must_use]
    pub fn config(&self) -> Option<&'d Document> {
        self.config
    }

    /// The config's tree, when there is one.
    #[must_use]
    pub fn structured(&self) -> Option<&'d Structured> {
        self.config.and_then(Document::structured).filter(|structured| structured.error.is_none())
    }

    /// True when the home has a `.env` that was not read: then no variable is "missing".
    #[must_use]
    pub fn is_env_unread(&self) -> bool {
        self.env_unread
    }

    /// True when the home has a config that was not read: whatever it says is not known.
    #[must_use]
    pub fn is_config_unread(&self) -> bool {
        self.incomplete
    }

    /// The service's file of variables that was not among what was read: it may hold what seems missing.
    #[must_use]
    pub fn unseen_env_file(&self) -> Option<String> {
        let seen = |name: &str| self.envs().iter().any(|env| env.text.path().file_name() == name);
        self.services().iter().filter(|service| service.is_hermes).find_map(|service| {
            let unseen = service.env_files.iter().find(|file| {
                let name = file.text.rsplit('/').next().unwrap_or_default();
                !seen(name)
            })?;
            Some(unseen.text.clone())
        })
    }

    /// True when the config could not be read: then nothing is "missing" from it.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
            || self
                .config
                .and_then(Document::structured)
                .is_some_and(|structured| structured.error.is_some())
    }

    /// True when a key stands twice and every release in question drops the whole config for that: what it
    /// says is not in force.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.repeats_a_key() && self.holds(&Range::since(Release::DUPLICATES_VOID)) == Holds::Always
    }

    /// True when a key of the config stands twice, as far as one can tell: a template writes one of two.
    #[must_use]
    pub fn repeats_a_key(&self) -> bool {
        self.structured().is_some_and(|structured| {
            !structured.tree.duplicates.is_empty() && structured.holes.is_empty()
        })
    }

    /// True when the home has a config to say something about: a `.env` alone has no denylist to miss.
    #[must_use]
    pub fn has_config(&self) -> bool {
        self.structured().is_some()
    }

    /// True for a template or a copy that only may come into force.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.config.is_some_and(|config| {
            config.standing != Standing::Live && config.standing != Standing::Named
        }) || (self.config.is_none()
            && self.envs.iter().all(|env| env.standing == Standing::Template)
            && !self.envs.is_empty())
    }

    /// Dotenv files in force; the ones to be filled in when there are no others.
    #[must_use]
    pub fn envs(&self) -> &[&'d Document] {
        &self.envs
    }

    /// Every other document in the folder and below.
    #[must_use]
    pub fn inside(&self) -> &[&'d Document] {
        &self.inside
    }

    /// Units, compose files, images and evidence nearest to this home.
    #[must_use]
    pub fn around(&self) -> &[&'d Document] {
        &self.around
    }

    /// Evidence of one kind nearest to this home.
    pub fn evidence(&self, wanted: EvidenceFile) -> impl Iterator<Item = &'d Document> {
        self.around
            .iter()
            .copied()
            .filter(move |document| matches!(document.kind, Kind::Evidence(kind) if kind == wanted))
    }

    /// What starts it.
    #[must_use]
    pub fn services(&self) -> &[Service<'d>] {
        &self.services
    }

    /// Mode and owner of its files; empty where modes mean nothing (a git checkout, no POSIX disk).
    #[must_use]
    pub fn files(&self) -> &[HomeFile] {
        &self.files
    }

    /// The folders that the home lies in, nearest first; empty where modes mean nothing.
    #[must_use]
    pub fn parents(&self) -> &[HomeFile] {
        &self.parents
    }

    /// What of it is a link, the home itself first; empty where modes mean nothing.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The scripts of its shell hooks that run without asking, as far as they can be looked at.
    #[must_use]
    pub fn hook_scripts(&self) -> &[HookScript<'d>] {
        &self.hook_scripts
    }

    /// What synchronises it, or a file of credentials that it links to, with other machines.
    #[must_use]
    pub fn synced(&self) -> &[Synced] {
        &self.synced
    }

    /// The folders of OpenClaw that lie beside it.
    #[must_use]
    pub fn openclaw_beside(&self) -> &[HomeFile] {
        &self.beside
    }

    /// Whether a fact with `range` holds here.
    #[must_use]
    pub fn holds(&self, range: &Range) -> Holds {
        self.knowledge.holds(range, &self.scope)
    }

    /// True when a fact with `range` can hold here.
    #[must_use]
    pub fn may_hold(&self, range: &Range) -> bool {
        self.holds(range) != Holds::Never
    }

    /// The administrator's files, which win over the home's own.
    #[must_use]
    pub fn managed(&self) -> &[&'d Document] {
        &self.managed
    }

    /// The administrator's configs and the home's own, those that win first.
    pub(super) fn config_documents(&self) -> impl Iterator<Item = &'d Document> {
        self.managed.iter().copied().chain(self.config)
    }

    /// The value in `gateway.json`, which stands in for what config.yaml leaves out.
    pub(super) fn legacy_setting(&self, path: &str) -> Option<Setting<'d>> {
        let block = path.split('.').next().unwrap_or_default();
        let document = self.legacy.filter(|_| LEGACY.contains(&block))?;
        Setting::find(document, path)
    }

    /// The effective value of a config key: the administrator's before the home's own, and both before what an early
    /// release left in `gateway.json`.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<Setting<'d>> {
        let found = self.config_documents().filter_map(|document| Setting::find(document, path));
        let mut found = found.chain(self.legacy_setting(path));
        let mut winner = found.next()?;
        winner.shadowed = found.map(|loser| loser.place()).collect();
        Some(winner)
    }

    /// A list under a config key.
    #[must_use]
    pub fn list(&self, path: &str) -> Option<ListSetting<'d>> {
        let setting = self.setting(path)?;
        Some(ListSetting { entries: setting.items(), setting })
    }

    /// What is denied outright.
    #[must_use]
    pub fn denylist(&self) -> Denylist<'d> {
        let guide =
            ["security.command_denylist", "command_denylist", "security.dangerous_patterns"];
        Denylist {
            native: self.setting("approvals.deny"),
            guide: guide.iter().filter_map(|path| self.setting(path)).collect(),
        }
    }

    /// Every variable assignment that can reach Hermes here.
    #[must_use]
    pub fn variables(&self) -> &[Variable<'d>] {
        self.variables.all()
    }

    /// The assignment of `name` that wins, when it is set to anything.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Effective<'_, 'd>> {
        self.variables.effective(name).filter(|effective| effective.winner.is_set())
    }

    /// As [`Home::variable`], set to nothing too: to some readers that is a value like others.
    #[must_use]
    pub fn assignment(&self, name: &str) -> Option<Effective<'_, 'd>> {
        self.variables.effective(name)
    }

    /// `text` with its references to variables replaced as the common loader does; `None` when one of them is not
    /// known here.
    #[must_use]
    pub fn expanded(&self, text: &str) -> Option<String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else { break };
            done.push_str(before);
            let scoped = name.strip_prefix("env:").filter(|_| self.holds(&SCOPED) == Holds::Always);
            let variable = self.assignment(scoped.unwrap_or(name))?.winner;
            done.push_str(variable.known.then_some(variable.value.as_str())?);
            rest = tail;
        }
        done.push_str(rest);
        Some(done)
    }

    /// Every platform that is mentioned, and its state.
    #[must_use]
    pub fn platforms(&self) -> &[PlatformState<'d>] {
        &self.platforms
    }

    /// True when `enabled: false` in config.yaml switches the platform off, whatever the variables say.
    #[must_use]
    pub fn obeys_off(&self, id: &str) -> bool {
        let platforms = &self.knowledge.facts().platforms().platforms;
        platforms
            .iter()
            .find(|spec| spec.id == id)
            .is_none_or(|spec| platform::off_counts(self, spec))
    }

    /// The MCP servers that are on.
    #[must_use]
    pub fn mcp_servers(&self) -> &[McpServer<'d>] {
        &self.servers
    }

    /// Every way in, and what it leads to: the platforms that are on, the dashboard, the jobs, the command line.
    #[must_use]
    pub fn channels(&self) -> &[Channel<'d>] {
        &self.channels
    }

    /// Where to say that `path` is missing: its nearest parent that is there, else the config, else the
    /// first dotenv file.
    #[must_use]
    pub fn anchor(&self, path: &str) -> Option<Place<'d>> {
        let mut parent = path;
        while let Some((above, _)) = parent.rsplit_once('.') {
            if let Some(setting) = self.setting(above) {
                return Some(Place { route: path.to_owned(), ..setting.key_place() });
            }
            parent = above;
        }
        let document = self.config.or_else(|| self.envs.first().copied())?;
        Some(Place { route: path.to_owned(), ..Place::whole(document) })
    }

    /// True when commands run on the machine itself: the default, and what makes every lax setting worse.
    #[must_use]
    pub fn runs_locally(&self) -> bool {
        let is_local = |backend: &Option<String>| backend.as_deref() == Some("local");
        !self.supposed_isolated && self.backends().iter().all(is_local)
    }

    /// Takes commands to run in a container that sees no folder of the host, whatever the settings say: to see what
    /// that would change.
    pub fn suppose_isolated(&mut self, isolated: bool) {
        self.supposed_isolated = isolated;
    }

    /// True when commands run in a container that sees no folder of the host.
    #[must_use]
    pub fn runs_isolated(&self) -> bool {
        if self.supposed_isolated {
            return true;
        }
        let is_container = |backend: &Option<String>| {
            let names = ["docker", "singularity", "modal", "daytona"];
            backend.as_deref().is_some_and(|backend| names.contains(&backend))
        };
        let filled = |path: &str| self.mirrored(path).is_some_and(|found| !found.empty);
        self.backends().iter().all(is_container)
            && !filled("terminal.docker_volumes")
            && !filled("terminal.docker_extra_args")
            && !self.mirrored("terminal.docker_mount_cwd_to_workspace").is_some_and(|it| it.on)
    }

    fn collect_variables(&self) -> Vec<Variable<'d>> {
        let mut all = Vec::new();
        for document in self.managed.iter().copied() {
            dotenv(document, VariableSource::Managed, &mut all);
        }
        for document in self.envs.iter().copied() {
            let source = match document.standing {
                Standing::Template => VariableSource::Template,
                _ => VariableSource::Dotenv,
            };
            dotenv(document, source, &mut all);
        }
        for service in self.services.iter().filter(|service| service.is_hermes) {
            all.extend(service.variables.iter().cloned());
        }
        if let Some((document, structured)) = self.config.zip(self.structured()) {
            root_scalars(document, structured, &mut all);
        }
        all
    }
}

/// What the gateway still reads of `gateway.json`.
const LEGACY: &[&str] = &[
    "platforms",
    "quick_commands",
    "group_sessions_per_user",
    "thread_sessions_per_user",
    "multiplex_profiles",
    "profile_routes",
    "max_concurrent_sessions",
    "unauthorized_dm_behavior",
];

/// The common loader knows `${env:NAME}` from here on.
const SCOPED: Range = Range::since(Release::new(0, 20, 0));

/// The assignments of a dotenv file.
fn dotenv<'d>(document: &'d Document, source: VariableSource, all: &mut Vec<Variable<'d>>) {
    let Kind::Env(env) = &document.kind else { return };
    // Hermes loads the file over what is set, and references see what stands in it; what the process was
    // started with is not known here.
    let values = env.interpolate(|_| None, true);
    let expanded: HashMap<&str, &str> = values
        .pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()))
        .collect();
    for entry in &env.entries {
        // A name without `=` sets nothing.
        let Some(raw) = entry.value.as_deref() else { continue };
        let open = references(raw)
            .any(|(name, default)| default.is_none() && !expanded.contains_key(name));
        let refers = raw.contains("${") && !open;
        let value = if refers { expanded.get(entry.key.as_str()).copied() } else { None };
        let value = value.unwrap_or(raw).to_owned();
        let span = if entry.value_span.is_empty() { entry.key_span } else { entry.value_span };
        all.push(Variable {
            name: entry.key.clone(),
            known: !(open || value.contains("{{") || value.starts_with("op://")),
            value,
            source,
            place: Place::new(document, span, entry.key.clone()),
        });
    }
}

/// Names, and defaults after `:-`, of the references in a dotenv value.
fn references(value: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    value.split("${").skip(1).filter_map(|rest| {
        let inner = rest.split('}').next()?;
        Some(inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default))))
    })
}

/// Scalars at the root of config.yaml: the gateway makes variables of them.
fn root_scalars<'d>(
    document: &'d Document,
    structured: &'d Structured,
    all: &mut Vec<Variable<'d>>,
) {
    let tree = &structured.tree;
    let Some(root) = tree.root else { return };
    for entry in tree.entries(root) {
        let Some(name) = tree.str(entry.key) else { continue };
        // Only names that a variable could have: `model: x` becomes one too, but nothing reads it.
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        {
            continue;
        }
        let Some(value) = python_str(tree.value(entry.value)) else { continue };
        if matches!(tree.value(entry.value), Value::Null) {
            continue;
        }
        all.push(Variable {
            name: name.to_owned(),
            known: !value.contains("${") && !structured.is_hole(entry.value),
            value,
            source: VariableSource::RootScalar,
            place: Place::new(document, tree.span(entry.value), name),
        });
    }
}
