//! How broad a path is that an agent may write to or send from, by the classes of `rules/hermes/paths.yaml`.
//!
//! Paths are compared as text after `.` and `..` are resolved: no file is looked at, so a link that leads
//! elsewhere is not seen.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::data;
use crate::deployment::Home;
use crate::facts::glob_matches;
use crate::finding::Severity;

/// The file `paths.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    classes: Vec<Class>,
}

/// Paths that are too broad for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    /// The paths, `*` for one folder name, `/**` for everything below too.
    paths: Vec<String>,
    level: Level,
    /// What the path is: `holds every account's files`.
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
}

/// Why a path is too broad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broad {
    /// How bad it is.
    pub severity: Severity,
    /// What the path is, to follow the path itself in a sentence.
    pub why: String,
}

impl Broad {
    fn warning(why: &str) -> Self {
        Self { severity: Severity::Warning, why: why.to_owned() }
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        data::file("hermes/paths")
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    })
}

/// Why `path` is too broad in `home`; `None` for a project folder.
pub(crate) fn rate(home: &Home<'_>, path: &str) -> Option<Broad> {
    let folder = home.variable("HERMES_HOME").map(|effective| effective.winner);
    let folder = folder.filter(|variable| variable.known).map(|variable| variable.value.as_str());
    rate_in(path, folder)
}

fn rate_in(path: &str, hermes_home: Option<&str>) -> Option<Broad> {
    let plain = path.trim();
    if plain.is_empty() || plain.contains("{{") {
        return None;
    }
    // `%h` is systemd's and `$HOME` the shell's word for `~`.
    let mut text = plain.to_owned();
    for home in ["${HOME}", "$HOME", "%h"] {
        if let Some(rest) = text.strip_prefix(home) {
            text = format!("~{rest}");
        }
    }
    if text.contains('$') {
        return Some(Broad::warning("depends on a variable, so nobody can tell what it covers"));
    }
    let base = without_stars(&text);
    let resolved = resolve(base);
    let class = table()
        .classes
        .iter()
        .find(|class| class.paths.iter().any(|pattern| glob_matches(pattern, &resolved)));
    if let Some(class) = class.filter(|class| class.level == Level::Error) {
        return Some(Broad { severity: Severity::Error, why: class.why.clone() });
    }
    if let Some(home) = hermes_home.map(|home| resolve(home.trim()))
        && (home == resolved || home.starts_with(&format!("{resolved}/")))
        && resolved.starts_with(['/', '~'])
    {
        let why = "holds the Hermes home with its secrets and its own rules".to_owned();
        return Some(Broad { severity: Severity::Error, why });
    }
    if let Some(class) = class {
        return Some(Broad { severity: Severity::Warning, why: class.why.clone() });
    }
    if text.split('/').any(|part| part == "..") {
        return Some(Broad::warning("leads upwards with `..`"));
    }
    if !resolved.starts_with(['/', '~']) && !is_windows(&resolved) {
        return Some(Broad::warning(
            "is relative, so it covers whatever folder Hermes was started in",
        ));
    }
    if base.contains(['*', '?']) {
        return Some(Broad::warning("is a pattern, and its reader may take it as a plain name"));
    }
    None
}

fn is_windows(path: &str) -> bool {
    path.as_bytes().get(1) == Some(&b':')
}

/// The folder that a pattern such as `/srv/*` or `/srv/**/*` covers.
fn without_stars(path: &str) -> &str {
    let mut base = path;
    while let Some(shorter) = base.strip_suffix("/*").or_else(|| base.strip_suffix("/**")) {
        base = shorter;
    }
    if base.is_empty() && path.starts_with('/') { "/" } else { base }
}

/// The path without `.`, `..`, doubled and trailing slashes.
fn resolve(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "~" && *last != "..") => {
                parts.pop();
            }
            // `~/..` is the folder of all homes.
            ".." if parts.last() == Some(&"~") => parts = vec!["", "home"],
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(path: &str) -> Option<Severity> {
        rate_in(path, Some("/srv/hermes/home")).map(|broad| broad.severity)
    }

    #[test]
    fn project_folders_are_fine() {
        for path in [
            "/home/hermes/workspace",
            "/srv/hermes/workspace/",
            "~/.hermes/workspace",
            "~/projects/site",
            "/opt/data/workspace",
            "/tmp/hermes-work",
            "/srv/hermes/home/workspace",
            "/srv/shop/*",
            "$HOME/work",
            "%h/work",
            "",
            "{{ workspace }}",
        ] {
            assert_eq!(level(path), None, "{path}");
        }
    }

    #[test]
    fn broad_ones_are_not() {
        for path in [
            "/",
            "//",
            "/*",
            "/**/*",
            "~",
            "~/",
            "$HOME",
            "${HOME}/",
            "/home",
            "/home/mo",
            "/home/mo/../..",
            "~/..",
            "/etc",
            "/etc/nginx",
            "/root",
            "~/.ssh",
            "/home/mo/.aws",
            "~/.hermes",
            "/root/.hermes/",
            "/srv/hermes/home",
            "/srv/hermes",
            "/var/run/docker.sock",
            "/Users/mo",
        ] {
            assert_eq!(level(path), Some(Severity::Error), "{path}");
        }
        for path in
            ["/var", "/tmp/*", "projects", ".", "../x", "/srv/a/../b", "$WORK/x", "/srv/*/x"]
        {
            assert_eq!(level(path), Some(Severity::Warning), "{path}");
        }
    }
}
