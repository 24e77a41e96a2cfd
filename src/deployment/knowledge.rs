//! What is known of Hermes itself, and of the release in question, whatever was read.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use crate::data;
use crate::facts::{Facts, FactsError, Holds, Range, VersionScope};
use crate::policy::CommandTable;

/// Facts, the command table, and the operator's own additions.
pub struct Knowledge {
    facts: Facts<'static>,
    /// Destructive commands by class.
    pub commands: CommandTable,
    /// The release that the operator named.
    named: Option<VersionScope>,
    /// Tiers that the operator set, by tool or MCP server.
    pub tiers: BTreeMap<String, u8>,
    /// The answer to [`Knowledge::is_hermes_variable`].
    names: OnceLock<HashSet<String>>,
}

impl Knowledge {
    /// Loads the facts; `version` is what the operator said runs here.
    ///
    /// # Errors
    ///
    /// When `version` is no release.
    pub fn new(
        commands: CommandTable,
        version: Option<&str>,
        tiers: &BTreeMap<String, u8>,
    ) -> Result<Self, String> {
        let facts =
            Facts::load(data::folder("hermes")).map_err(|error: FactsError| error.to_string())?;
        let named = match version {
            None => None,
            Some(text) => Some(VersionScope::exact(
                facts
                    .versions()
                    .parse(text)
                    .ok_or_else(|| format!("`{text}` is not a release of Hermes Agent"))?,
            )),
        };
        Ok(Self { facts, commands, named, tiers: tiers.clone(), names: OnceLock::new() })
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts<'static> {
        &self.facts
    }

    /// The releases that a home with this `_config_version` can be of.
    #[must_use]
    pub fn scope(&self, config_version: Option<u32>) -> VersionScope {
        if let Some(named) = self.named {
            return named;
        }
        let versions = self.facts.versions();
        config_version
            .map_or_else(|| versions.unknown(), |number| versions.from_config_version(number))
    }

    /// Whether a fact with `range` holds in `scope`.
    #[must_use]
    pub fn holds(&self, range: &Range, scope: &VersionScope) -> Holds {
        self.facts.versions().holds(range, scope)
    }

    /// The releases in question when no home says more, as text.
    #[must_use]
    pub fn scope_text(&self) -> String {
        let scope = self.scope(None);
        if scope.low == scope.high {
            scope.low.to_string()
        } else {
            format!("{} to {}", scope.low, scope.high)
        }
    }

    /// True for a variable that only Hermes reads, or that it reads as a platform's.
    #[must_use]
    pub fn is_hermes_variable(&self, name: &str) -> bool {
        name.starts_with("HERMES_") || self.names.get_or_init(|| self.names()).contains(name)
    }

    fn names(&self) -> HashSet<String> {
        let controls = self.facts.environment().controls.iter().map(|control| &control.name);
        let platforms = self.facts.platforms().platforms.iter().flat_map(|platform| {
            let requirements = platform.enabled_by.iter().flatten();
            platform
                .users
                .iter()
                .chain(&platform.chats)
                .chain(&platform.allow_all)
                .chain(&platform.misread)
                .chain(requirements.map(|requirement| &requirement.name))
        });
        controls.chain(platforms).cloned().collect()
    }
}
