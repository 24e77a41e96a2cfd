//! Messaging platforms and other doors: what switches them on, who may use them, what widens them.
//!
//! The tables describe variables and keys only. Which of them win in a deployment is decided elsewhere, because
//! it needs every file of it.

use super::version::{Range, Release};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The file `platforms.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platforms {
    /// What holds for all platforms at once.
    pub everywhere: Everywhere,
    /// Every platform.
    pub platforms: Vec<Platform>,
}

/// Variables that bind every platform.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Everywhere {
    /// Allowlists that are united with each platform's own.
    pub users: Vec<String>,
    /// Opens every platform to everybody.
    pub allow_all: String,
    /// Whole paths in config.yaml that set [`Self::allow_all`].
    pub yaml_allow_all: Vec<YamlKey>,
    /// Variables that hold secrets.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Other variables of the gateway.
    #[serde(default)]
    pub plain: Vec<String>,
    /// Variables that weaken it.
    #[serde(default)]
    pub sharp: Vec<Sharp>,
    /// Names that nothing reads.
    #[serde(default)]
    pub misread: Vec<String>,
}

/// One platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Its name in config.yaml.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Any of these sets of variables, all set, switches it on.
    pub enabled_by: Vec<Vec<Requirement>>,
    /// First release that has it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release without it.
    #[serde(default)]
    pub until: Option<Release>,
    /// User allowlist variables.
    #[serde(default)]
    pub users: Vec<String>,
    /// Allowlist variables of the adapter's own policy, which count when that policy is `allowlist` and no user
    /// allowlist variable is set.
    #[serde(default)]
    pub policy_users: Vec<String>,
    /// Variables that authorise a chat, a group or a role on their own.
    #[serde(default)]
    pub chats: Vec<String>,
    /// Variables that only narrow where it answers; the writer must be allowed still.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Opens it to everybody.
    #[serde(default)]
    pub allow_all: Option<String>,
    /// Lets bots past the human allowlist.
    #[serde(default)]
    pub allow_bots: Option<String>,
    /// Keys of its block that do what `allow_all` does.
    #[serde(default)]
    pub yaml_allow_all: Vec<YamlKey>,
    /// Keys of its block that do what `allow_bots` does.
    #[serde(default)]
    pub yaml_bots: Vec<YamlKey>,
    /// Keys of its block that authorise users.
    #[serde(default)]
    pub yaml_users: Vec<YamlKey>,
    /// Variables with an access policy.
    #[serde(default)]
    pub group_policy: Vec<String>,
    /// What decides who may use it.
    pub gate: Gate,
    /// Where it listens.
    #[serde(default)]
    pub bind: Option<Bind>,
    /// Variables that hold secrets.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Other variables.
    #[serde(default)]
    pub plain: Vec<String>,
    /// Variables that weaken it.
    #[serde(default)]
    pub sharp: Vec<Sharp>,
    /// Names seen in real files that nothing reads.
    #[serde(default)]
    pub misread: Vec<String>,
    /// First release in which `enabled: false` beats its variables, where that was not always so.
    #[serde(default)]
    pub off_since: Option<Release>,
    /// First release that reads a variable, for those newer than the platform.
    #[serde(default)]
    pub since_of: BTreeMap<String, Release>,
}

/// What decides who may use a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// A user allowlist.
    Users,
    /// A shared secret.
    Secret,
    /// Whoever delivers has decided.
    Upstream,
    /// Whoever holds the connection is trusted.
    None,
}

/// A variable that must be set; spelled `NAME` or, when it must be truthy (1, true, yes, on), `NAME?`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Requirement {
    /// The variable.
    pub name: String,
    /// True when being non-empty is not enough.
    pub truthy: bool,
}

impl From<String> for Requirement {
    fn from(mut name: String) -> Self {
        let truthy = name.ends_with('?');
        if truthy {
            name.pop();
        }
        Self { name, truthy }
    }
}

impl Requirement {
    /// Whether `value` meets it.
    #[must_use]
    pub fn is_met_by(&self, value: &str) -> bool {
        let value = value.trim();
        if self.truthy { is_truthy(value) } else { !value.is_empty() }
    }
}

/// The words that Hermes takes for yes in most variables.
#[must_use]
pub(super) fn is_truthy(value: &str) -> bool {
    ["1", "true", "yes", "on"].iter().any(|word| value.trim().eq_ignore_ascii_case(word))
}

/// A key of config.yaml and the releases that read it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YamlKey {
    /// The key, relative to the block it is listed for.
    pub key: String,
    /// First release that reads it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that no longer does.
    #[serde(default)]
    pub until: Option<Release>,
    /// First release that reads it in `extra`, where that is a later one.
    #[serde(default)]
    pub extra_since: Option<Release>,
}

impl YamlKey {
    /// The releases that read it in the `extra` of the block.
    #[must_use]
    pub fn extra_range(&self) -> Range {
        Range { since: self.extra_since.max(self.since), until: self.until }
    }

    /// The releases that read it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }
}

/// Where a platform listens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// Host by default; `*` means every interface, IPv4 and IPv6.
    pub host: String,
    /// Port by default.
    #[serde(default)]
    pub port: Option<u16>,
    /// Variable that sets the host.
    #[serde(default)]
    pub host_var: Option<String>,
    /// Variable that sets the port.
    #[serde(default)]
    pub port_var: Option<String>,
}

impl Bind {
    /// True when it listens beyond this machine unless told otherwise.
    #[must_use]
    pub fn is_public(&self) -> bool {
        !matches!(self.host.as_str(), "127.0.0.1" | "::1" | "localhost")
    }
}

/// A variable that weakens a platform.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharp {
    /// The variable.
    pub name: String,
    /// The values that do, in any case, `*` standing for any text; empty: its mere presence is worth saying.
    #[serde(default)]
    pub lax: Vec<String>,
    /// Its value when unset.
    #[serde(default)]
    pub default: Option<String>,
    /// Another variable that must then be set.
    #[serde(default)]
    pub needs: Option<String>,
    /// What happens.
    pub means: String,
    /// First release that reads it.
    #[serde(default)]
    pub since: Option<Release>,
}

impl Sharp {
    /// Whether `value` is one of the lax ones; any non-empty value when none are listed.
    #[must_use]
    pub fn is_lax(&self, value: &str) -> bool {
        let value = value.trim();
        if self.lax.is_empty() {
            return !value.is_empty();
        }
        self.lax.iter().any(|word| match word.strip_suffix('*') {
            Some(prefix) if !prefix.is_empty() => {
                value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            }
            _ => value.eq_ignore_ascii_case(word),
        })
    }
}

impl Platform {
    /// The releases that have it.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }

    /// The releases that read its variable `name`.
    #[must_use]
    pub fn range_of(&self, name: &str) -> Range {
        Range { since: self.since_of.get(name).copied(), until: None }.and(self.range())
    }

    /// True when a user allowlist is what protects it.
    #[must_use]
    pub fn has_user_allowlist(&self) -> bool {
        self.gate == Gate::Users
    }

    /// The first set of variables that is complete, as `value_of` gives their values.
    pub fn switched_on_by<'v>(
        &self,
        value_of: impl Fn(&str) -> Option<&'v str>,
    ) -> Option<&[Requirement]> {
        let met = |requirement: &Requirement| {
            value_of(&requirement.name).is_some_and(|value| requirement.is_met_by(value))
        };
        self.enabled_by.iter().find(|set| !set.is_empty() && set.iter().all(met)).map(Vec::as_slice)
    }
}

impl Platforms {
    /// The platform of that name in config.yaml.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Platform> {
        self.platforms.iter().find(|platform| platform.id == id)
    }

    /// The platform whose files use `name` although nothing reads it; `None` as platform for the names that
    /// belong to no platform. The outer `None`: not a known mistake.
    #[must_use]
    pub fn misread(&self, name: &str) -> Option<Option<&Platform>> {
        let has = |names: &[String]| names.iter().any(|other| other == name);
        if has(&self.everywhere.misread) {
            return Some(None);
        }
        self.platforms.iter().find(|platform| has(&platform.misread)).map(Some)
    }
}
