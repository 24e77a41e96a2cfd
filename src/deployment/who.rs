//! Who may use a channel, in the order in which Hermes asks.
//!
//! Ids are personal: they are counted here, and never leave.

use std::collections::BTreeSet;

use super::approvals::Because;
use super::home::Home;
use super::platform::{Door, PlatformState, says_yes};
use super::setting::Setting;
use super::variable::Variable;
use crate::document::Place;
use crate::facts::{self, Holds};

/// Who may use a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// Anybody who finds it.
    Everyone,
    /// Those on a list.
    Listed,
    /// Nobody is listed: those who were paired by hand.
    Paired,
    /// Who holds a shared secret or key.
    KeyHolder,
    /// Who logs in.
    Login,
    /// Who has an account on this machine.
    Local,
    /// Whoever delivers has decided.
    Upstream,
    /// Nobody: it runs by itself.
    Schedule,
    /// Who sits at a terminal.
    Operator,
    /// The files don't tell.
    Unknown,
}

impl Whom {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Listed => "listed",
            Self::Paired => "paired",
            Self::KeyHolder => "key-holder",
            Self::Login => "login",
            Self::Local => "local-account",
            Self::Upstream => "upstream",
            Self::Schedule => "schedule",
            Self::Operator => "operator",
            Self::Unknown => "unknown",
        }
    }
}

/// Who may use a channel, and by which settings.
#[derive(Clone, Debug)]
pub struct Who<'d> {
    /// Who.
    pub whom: Whom,
    /// How many people are listed.
    pub people: Option<usize>,
    /// How many chats, groups or roles are let in as a whole.
    pub chats: Option<usize>,
    /// True when bots are let past the list.
    pub bots: bool,
    /// How many of the people are administrators; `None` where everybody may use every command.
    pub admins: Option<usize>,
    /// Where it listens, for a channel that does.
    pub address: Option<String>,
    /// The settings responsible.
    pub because: Vec<Because<'d>>,
}

impl<'d> Who<'d> {
    pub(super) const fn plain(whom: Whom) -> Self {
        Self {
            whom,
            people: None,
            chats: None,
            bots: false,
            admins: None,
            address: None,
            because: Vec::new(),
        }
    }

    fn by(whom: Whom, because: Vec<Because<'d>>) -> Self {
        Self { because, ..Self::plain(whom) }
    }
}

impl<'d> Home<'d> {
    /// Who may use a platform.
    pub(super) fn who(&self, state: &PlatformState<'d>) -> Who<'d> {
        match (state.spec.gate, state.spec.id.as_str()) {
            (_, "api_server") => self.api_callers(),
            (_, "webhook") => self.webhook_callers(),
            (facts::Gate::Secret, _) => Who::plain(Whom::KeyHolder),
            (facts::Gate::Upstream | facts::Gate::None, _) => Who::plain(Whom::Upstream),
            (facts::Gate::Users, _) => self.users(state),
        }
    }

    fn users(&self, state: &PlatformState<'d>) -> Who<'d> {
        let mut who = self.listed(state);
        if let Some(name) = &state.spec.allow_bots {
            let key = || {
                let mut keys = state.bots.iter();
                let (setting, _) = keys.find(|(_, range)| self.may_hold(range))?;
                Some((setting.str()?.to_owned(), setting.path.clone(), setting.place()))
            };
            let set = match self.variable(name).map(|effective| effective.winner) {
                Some(set) => Some((set.value.clone(), set.name.clone(), set.place.clone())),
                None => key(),
            };
            let lets_in = |text: &str| {
                matches!(text.trim().to_ascii_lowercase().as_str(), "all" | "mentions")
            };
            if let Some((_, name, place)) = set.filter(|(text, ..)| lets_in(text)) {
                who.bots = true;
                who.because.push(Because::new(name, Some(place)));
            }
        }
        let admins = self.platform_key(&state.spec.id, "allow_admin_from");
        who.admins = admins.map(|list| list.items().len().max(usize::from(list.str().is_some())));
        who
    }

    /// The key that opens a platform to everybody in some release in question, and when.
    #[must_use]
    pub fn opened<'s>(&self, state: &'s PlatformState<'d>) -> Option<(&'s Setting<'d>, Holds)> {
        let name = state.spec.allow_all.as_ref();
        if name.is_some_and(|name| self.variable(name).is_some_and(|found| found.winner.is_set())) {
            return None;
        }
        let mut keys = state.opened.iter().map(|(setting, range)| (setting, self.holds(range)));
        keys.find(|(_, holds)| *holds != Holds::Never)
    }

    fn listed(&self, state: &PlatformState<'d>) -> Who<'d> {
        let facts = self.knowledge.facts().platforms();
        let spec = state.spec;
        if self.is_env_unread() {
            return Who::by(Whom::Unknown, vec![Because::new(".env, which was not read", None)]);
        }
        let switch = spec.allow_all.as_ref().and_then(|name| self.variable(name));
        if let Some(variable) = switch.map(|effective| effective.winner) {
            if !variable.known {
                return Who::by(Whom::Unknown, vec![of(variable)]);
            }
            if variable.is_true() {
                return Who::by(Whom::Everyone, vec![of(variable)]);
            }
        }
        if let Some((setting, holds)) = self.opened(state) {
            let because = vec![Because::new(setting.path.clone(), Some(setting.place()))];
            let always = holds == Holds::Always;
            return Who::by(if always { Whom::Everyone } else { Whom::Unknown }, because);
        }
        let is_chat = |door: &Door<'_>| {
            spec.chats.contains(&door.name)
                || ["_chats", "_roles"].iter().any(|ending| door.name.ends_with(ending))
        };
        let mut people: BTreeSet<String> = BTreeSet::new();
        let mut chats: BTreeSet<&String> = BTreeSet::new();
        let mut because: Vec<Because<'d>> = Vec::new();
        for door in state.doors.iter().filter(|door| !door.is_empty()) {
            let reason = Because::new(door.name.clone(), Some(door.place.clone()));
            if !door.known {
                return Who::by(Whom::Unknown, vec![reason]);
            }
            if door.is_open() && !is_chat(door) {
                return Who::by(Whom::Everyone, vec![reason]);
            }
            if is_chat(door) {
                chats.extend(&door.entries);
            } else {
                people.extend(door.entries.iter().cloned());
            }
            because.push(reason);
        }
        let everywhere = &facts.everywhere;
        for name in &everywhere.users {
            let Some(variable) = self.variable(name).map(|effective| effective.winner) else {
                continue;
            };
            let entries =
                variable.value.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            let entries: Vec<String> = entries.map(str::to_owned).collect();
            if !variable.known {
                return Who::by(Whom::Unknown, vec![of(variable)]);
            }
            if entries.iter().any(|entry| entry == "*") {
                return Who::by(Whom::Everyone, vec![of(variable)]);
            }
            people.extend(entries);
            because.push(of(variable));
        }
        let chats = (!chats.is_empty()).then_some(chats.len());
        if !people.is_empty() {
            let people = Some(people.len());
            return Who { people, chats, ..Who::by(Whom::Listed, because) };
        }
        // A list of the adapter's own counts by its own policy, whose default each adapter chooses.
        let own = spec.policy_users.iter().filter_map(|name| Some(self.variable(name)?.winner));
        let own: Vec<Because<'d>> = own.map(of).collect();
        if !own.is_empty() {
            return Who { chats, ..Who::by(Whom::Unknown, own) };
        }
        if let Some(who) = self.everybody() {
            return who;
        }
        if let Some((_, because)) = state.unread.iter().find_map(|(door, range)| {
            let read = !matches!(self.holds(range), Holds::Never) && !door.is_empty();
            read.then(|| (door, Because::new(door.name.clone(), Some(door.place.clone()))))
        }) {
            return Who { chats, ..Who::by(Whom::Unknown, vec![because]) };
        }
        Who { chats, ..Who::by(Whom::Paired, because) }
    }

    /// The switch for every platform, which counts where nobody is listed.
    fn everybody(&self) -> Option<Who<'d>> {
        let everywhere = &self.knowledge.facts().platforms().everywhere;
        if let Some(variable) = self.variable(&everywhere.allow_all).map(|found| found.winner) {
            return match (variable.known, variable.is_true()) {
                (false, _) => Some(Who::by(Whom::Unknown, vec![of(variable)])),
                (true, true) => Some(Who::by(Whom::Everyone, vec![of(variable)])),
                (true, false) => None,
            };
        }
        everywhere.yaml_allow_all.iter().find_map(|key| {
            let setting = self.setting(&key.key)?;
            let because = vec![Because::new(setting.path.clone(), Some(setting.place()))];
            if setting.is_hole() && self.may_hold(&key.range()) {
                return Some(Who::by(Whom::Unknown, because));
            }
            match self.holds(&key.range().and(says_yes(&setting)?)) {
                Holds::Never => None,
                Holds::Always => Some(Who::by(Whom::Everyone, because)),
                Holds::Depends { .. } => Some(Who::by(Whom::Unknown, because)),
            }
        })
    }

    fn api_callers(&self) -> Who<'d> {
        let (address, host) =
            self.address("api_server", "API_SERVER_HOST", ("API_SERVER_PORT", "8642"), "127.0.0.1");
        let key = match self.variable("API_SERVER_KEY").map(|effective| effective.winner) {
            Some(variable) => Some(of(variable)),
            None => self
                .platform_key("api_server", "key")
                .map(|setting| Because::new(setting.path.clone(), Some(setting.place()))),
        };
        let because = key.into_iter().chain(host).collect();
        Who { address, ..Who::by(Whom::KeyHolder, because) }
    }

    fn webhook_callers(&self) -> Who<'d> {
        let (address, host) =
            self.address("webhook", "", ("WEBHOOK_PORT", "8644"), "every interface");
        let secrets = self.webhook_secrets();
        let unsigned = secrets.iter().find(|secret| self.is_no_secret(secret));
        let (whom, place) = match (unsigned, secrets.first()) {
            (Some(secret), _) => (Whom::Everyone, Some(secret.place.clone())),
            (None, first) => (Whom::KeyHolder, first.map(|secret| secret.place.clone())),
        };
        let because = place.map(|place| Because::new(place.route.clone(), Some(place)));
        Who { address, ..Who::by(whom, because.into_iter().chain(host).collect()) }
    }

    /// Where a listener of a platform listens, and the setting that says so.
    fn address(
        &self,
        id: &str,
        variable: &str,
        (port_variable, port): (&str, &str),
        default: &str,
    ) -> (Option<String>, Option<Because<'d>>) {
        let of_key = |key: &str| {
            let setting = self.platform_key(id, key).filter(|setting| !setting.is_empty())?;
            let known = !setting.is_hole();
            let text = setting.python_str().filter(|text| known && !text.contains('$'));
            Some((text, setting.path.clone(), setting.place()))
        };
        let of_variable = |name: &str| {
            let variable = self.variable(name)?.winner;
            let text = variable.known.then(|| variable.value.trim().to_owned());
            Some((text, variable.name.clone(), variable.place.clone()))
        };
        let host = of_variable(variable).or_else(|| of_key("host"));
        let port = match of_variable(port_variable).or_else(|| of_key("port")) {
            Some((text, ..)) => text.unwrap_or_else(|| "?".to_owned()),
            None => port.to_owned(),
        };
        match host {
            Some((Some(host), name, place)) => {
                (Some(format!("{host}:{port}")), Some(Because::new(name, Some(place))))
            }
            Some((None, name, place)) => {
                (Some("an unknown address".to_owned()), Some(Because::new(name, Some(place))))
            }
            None if default.contains(' ') => (Some(format!("{default}, port {port}")), None),
            None => (Some(format!("{default}:{port}")), None),
        }
    }

    /// Who may use the dashboard that `place` starts, listening on `host`.
    pub(super) fn dashboard_users(&self, place: &Place<'d>, host: Option<&str>) -> Who<'d> {
        let local = host.is_none_or(|host| {
            let host = host.trim().trim_matches(['[', ']']);
            host.starts_with("127.") || host == "::1" || host.eq_ignore_ascii_case("localhost")
        });
        let whom = if local { Whom::Local } else { Whom::Login };
        let address = Some(host.unwrap_or("127.0.0.1").to_owned());
        Who { address, ..Who::by(whom, vec![Because::new("dashboard", Some(place.clone()))]) }
    }
}

fn of<'d>(variable: &Variable<'d>) -> Because<'d> {
    Because::new(variable.name.clone(), Some(variable.place.clone()))
}
