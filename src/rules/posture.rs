//! What several rules ask of a home before they say how bad something is: can anything be hurt here, does
//! the file speak the guides' vocabulary, does a container stand between a port and the world.
//!
//! Severity follows effect in the deployment at hand, so it is computed here once instead of in each rule.

use crate::deployment::{Home, Port, Service, Setting, Starter};
use crate::document::{Kind, Place};
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Edit, Severity};
use crate::rules::host::published_port::to_loopback;

/// Keys of the hardening guides; one of them in a file says which vocabulary its author follows.
const GUIDE_KEYS: &[&str] = &[
    "security.command_allowlist",
    "security.command_denylist",
    "security.tool_allowlist",
    "security.filesystem_allowed_paths",
    "security.dangerous_command_policy",
    "security.dangerous_patterns",
    "credential_pools",
];

/// True when the config uses keys of the hardening guides.
pub(crate) fn speaks_guide(home: &Home<'_>) -> bool {
    GUIDE_KEYS.iter().any(|key| home.setting(key).is_some())
}

/// Severity of letting a stranger command the agent: an error where commands reach more than a container.
pub(crate) fn open_door(home: &Home<'_>) -> Severity {
    let severity = if home.runs_isolated() { Severity::Warning } else { Severity::Error };
    in_force(home, severity)
}

/// `severity`, but no error in a file that only may come into force.
pub(crate) fn in_force(home: &Home<'_>, severity: Severity) -> Severity {
    if home.is_template() { severity.min(Severity::Warning) } else { severity }
}

/// `severity` of something that is missing: worth a word in a template, no more.
pub(crate) fn missing(home: &Home<'_>, severity: Severity) -> Severity {
    if home.is_template() { Severity::Info } else { severity }
}

/// How sure it is that something missing is missing: a template or a chart's values are a part of what
/// will be in force, so there it is a guess.
pub(crate) fn absence(home: &Home<'_>) -> Confidence {
    if home.is_template() { Confidence::Low } else { Confidence::High }
}

/// What to do with a fact that holds in `range`: severity and note; `None` when it can't hold here.
pub(crate) fn by_release(
    home: &Home<'_>,
    range: &Range,
    severity: Severity,
) -> Option<(Severity, Option<String>)> {
    match home.holds(range) {
        Holds::Always => Some((severity, None)),
        Holds::Never => None,
        Holds::Depends { text } => Some((severity.min(Severity::Warning), Some(text))),
    }
}

/// A key of a platform's block in config.yaml, wherever every release reads that block.
pub(crate) fn platform_key<'d>(home: &Home<'d>, id: &str, key: &str) -> Option<Setting<'d>> {
    home.platform_key(id, key)
}

/// True when config.yaml switches the platform off, which beats its variables.
pub(crate) fn is_switched_off(home: &Home<'_>, id: &str) -> bool {
    platform_key(home, id, "enabled").and_then(|setting| setting.switch()) == Some(false)
        && home.obeys_off(id)
}

/// True when the platform is switched on.
pub(crate) fn is_on(home: &Home<'_>, id: &str) -> bool {
    home.platforms().iter().any(|state| state.spec.id == id && state.on.is_some())
}

/// True for a host that only this machine can reach.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    host.starts_with("127.") || host == "::1" || host.eq_ignore_ascii_case("localhost")
}

/// Whether a port that a listener opens on every interface can be reached from elsewhere.
pub(crate) enum Reached<'d> {
    /// It listens on the machine itself, or on the host's network.
    Directly,
    /// A container publishes it.
    Published(Place<'d>),
    /// It stays within a container.
    No,
}

/// Who reaches a listener on `port` whose host is set at `at` (`None`: by default).
pub(crate) fn reached<'d>(home: &Home<'d>, at: Option<&Place<'d>>, port: &str) -> Reached<'d> {
    // Every pod of a cluster reaches every other: being in one keeps nobody out.
    let hermes = || {
        home.services()
            .iter()
            .filter(|service| service.is_hermes && service.starter != Starter::Kubernetes)
    };
    let is_container =
        |service: &Service<'_>| matches!(service.starter, Starter::Compose | Starter::Image);
    let written_for_container = at
        .is_some_and(|place| matches!(place.document.kind, Kind::Compose(_) | Kind::Dockerfile(_)));
    if !written_for_container && (hermes().next().is_none() || hermes().any(|s| !is_container(s))) {
        return Reached::Directly;
    }
    let host_network = |service: &Service<'_>| {
        service.privileges.iter().any(|(name, word)| name == "network_mode" && word.text == "host")
    };
    if hermes().any(|service| is_container(service) && host_network(service)) {
        return Reached::Directly;
    }
    let published = |candidate: &&Port<'_>| candidate.target == port && !candidate.is_loopback();
    hermes()
        .flat_map(|service| &service.ports)
        .find(published)
        .map_or(Reached::No, |port| Reached::Published(port.place.clone()))
}

/// The edits that keep a listener on `port`, whose host is set at `at`, to the machine itself: there, or where a
/// container publishes the port.
pub(crate) fn loopback(home: &Home<'_>, at: &Place<'_>, port: &str) -> Option<Vec<Edit>> {
    match reached(home, Some(at), port) {
        Reached::No => None,
        Reached::Directly => at.document.replaced(at.span?, "127.0.0.1"),
        Reached::Published(_) => {
            let services = home.services().iter().filter(|service| service.is_hermes);
            let ports = services.flat_map(|service| &service.ports);
            let open: Vec<&Port<'_>> =
                ports.filter(|open| open.target == port && !open.is_loopback()).collect();
            to_loopback(&open)
        }
    }
}

/// The service's file of variables that was not among what was read: it may hold what seems missing.
pub(crate) fn unseen_env_file(home: &Home<'_>) -> Option<String> {
    home.unseen_env_file()
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
