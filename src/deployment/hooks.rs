//! The scripts behind shell hooks: which a config names, which of them somebody agreed to, and what the disk says of
//! them.
//!
//! Hermes keeps an answer for an event and a command, and never asks again, whatever the script has become. Only
//! what runs unasked counts: a hook of the config whose event and command are in the list of answers. A script by
//! a relative name, or one that can't be looked at, is left out, and so is a container's, whose paths are its own.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files::{group, of_folder, owner, parents};
use super::{Home, HomeFile, Starter, Survey};
use crate::document::tree::{Tree, Value};
use crate::document::{Document, Kind, Place, StateFile, shell_words};
use crate::host::file::{self as disk, FileFacts};

/// Programs that run what their first plain argument names.
const INTERPRETERS: &[&str] = &["env", "bash", "sh", "dash", "zsh", "fish", "node", "ruby", "perl"];

/// The script of a hook that runs unasked.
#[derive(Clone, Debug)]
pub struct HookScript<'d> {
    /// The event.
    pub event: String,
    /// The command in the config.
    pub place: Place<'d>,
    /// True when it can refuse something and a failure does not.
    pub guards: bool,
    /// The script as the command has it.
    pub path: String,
    /// Its path below the home, when it lies in it.
    pub below: Option<String>,
    /// Mode, owner and kind; `None` when it is not there.
    pub facts: Option<FileFacts>,
    /// Name of its owner, or its number.
    pub owner: String,
    /// Name of its group, where it has one.
    pub group: Option<String>,
    /// The folders that it lies in, nearest first, those that are not there left out; of one in the home those below
    /// the home.
    pub above: Vec<HomeFile>,
    /// True when the folders keep everybody but their owner out.
    pub shut_in: bool,
}

/// The scripts of the hooks of `home` that run unasked; none where modes mean nothing.
pub(super) fn scripts<'d>(home: &Home<'d>, survey: Option<&Survey>) -> Vec<HookScript<'d>> {
    let contained = home.services().iter().any(|service| {
        service.is_hermes
            && matches!(service.starter, Starter::Compose | Starter::Kubernetes | Starter::Image)
    });
    let folder = home.files().iter().any(|file| file.below.is_empty());
    let (true, false, Some(config)) = (folder, contained, home.config()) else { return Vec::new() };
    let Some(root) = config.text.path().real.parent().and_then(|root| root.canonicalize().ok())
    else {
        return Vec::new();
    };
    let approved = approved(home, config);
    let Some(hooks) = home.setting("hooks").filter(|_| !approved.is_empty()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (event, list) in hooks.children() {
        let tree = list.tree();
        for &hook in tree.items(list.node) {
            let Some(id) = tree.get(hook, "command") else { continue };
            let Some(command) = tree.str(id) else { continue };
            if !approved.contains(&(event, command)) {
                continue;
            }
            let place =
                Place::new(list.place().document, tree.span(id), format!("hooks.{event}.command"));
            let Some(path) = script(command) else { continue };
            let Some(real) = absolute(&path, &root) else { continue };
            let closed = tree.get(hook, "fail_closed");
            let closed = closed.is_some_and(|id| *tree.value(id) != Value::Bool(false));
            found.extend(look(&real, &root, survey).map(|seen| HookScript {
                event: event.to_owned(),
                place,
                guards: event == "pre_tool_call" && !closed,
                path,
                below: seen.below,
                owner: seen.facts.map(|facts| owner(survey, facts.uid)).unwrap_or_default(),
                group: seen.facts.and_then(|facts| group(survey, facts.gid)),
                facts: seen.facts,
                above: seen.above,
                shut_in: seen.shut_in,
            }));
        }
    }
    found
}

/// Events and commands that somebody agreed to.
fn approved<'d>(home: &Home<'d>, config: &Document) -> HashSet<(&'d str, &'d str)> {
    let place = config.text.path().place();
    let lists = home.inside().iter().filter_map(|document| match &document.kind {
        Kind::State(StateFile::HookConsents, structured)
            if document.text.path().place() == place =>
        {
            Some(&structured.tree)
        }
        _ => None,
    });
    let of = |tree: &'d Tree| {
        let list = tree.at("approvals").map(|list| tree.items(list)).unwrap_or_default();
        list.iter().filter_map(|&item| {
            let text = |key: &str| tree.get(item, key).and_then(|id| tree.str(id));
            Some((text("event")?, text("command")?))
        })
    };
    lists.flat_map(of).collect()
}

/// The program or script that `command` runs; `None` for code on the command line, and for a name that is looked for.
fn script(command: &str) -> Option<String> {
    for (number, word) in shell_words::split(command).into_iter().enumerate() {
        let word = word.text;
        let name = word.rsplit('/').next().unwrap_or_default();
        if matches!(word.as_str(), "-c" | "-e" | "-m") {
            return None;
        }
        let passes = INTERPRETERS.contains(&name) || name.starts_with("python");
        if !passes && !word.starts_with('-') {
            // Hermes fills in a `~` at the beginning of the command, and no other.
            let known = word.starts_with('/') || (number == 0 && word.starts_with("~/"));
            return known.then_some(word);
        }
    }
    None
}

/// `path` from the root of the machine; only a home of the usual name shows whose `~` is.
fn absolute(path: &str, root: &Path) -> Option<PathBuf> {
    if path.starts_with('/') {
        return Some(PathBuf::from(path));
    }
    let rest = path.strip_prefix("~/")?;
    let own = root.ancestors().find(|folder| folder.ends_with(".hermes"))?.parent()?;
    Some(own.join(rest))
}

/// What the disk says of a script.
struct Seen {
    below: Option<String>,
    facts: Option<FileFacts>,
    above: Vec<HomeFile>,
    shut_in: bool,
}

/// What the disk says of `script`; `None` when it does not.
fn look(script: &Path, root: &Path, survey: Option<&Survey>) -> Option<Seen> {
    if script.components().any(|part| part == std::path::Component::ParentDir) {
        return None;
    }
    // What was made from the home's folder is a path of this disk already.
    let real = match survey {
        Some(survey) if !script.starts_with(root) => {
            survey.machine.path(&script.display().to_string())
        }
        _ => script.to_path_buf(),
    };
    let real = real.canonicalize().unwrap_or(real);
    let facts = match disk::file(&real) {
        Ok(facts) => Some(facts),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => return None,
    };
    let inside = real.strip_prefix(root).ok().map(|below| below.display().to_string());
    // A copy of a home lies on a machine that has nothing else of it.
    if facts.is_none() && inside.is_none() && survey.is_none() {
        return None;
    }
    let mut above = if facts.is_some() {
        parents(&real, survey)
    } else {
        let folder = real.ancestors().skip(1).find(|folder| folder.is_dir())?;
        let folder = folder.canonicalize().ok()?;
        of_folder(&folder, survey).into_iter().chain(parents(&folder, survey)).collect()
    };
    let shut_in = above.iter().any(|folder| folder.facts.mode & 0o001 == 0);
    if inside.is_some() {
        // The home and what it lies in have rules of their own.
        above.retain(|folder| {
            let path = Path::new(&folder.display);
            path != root && path.starts_with(root)
        });
    }
    Some(Seen { below: inside, facts, above, shut_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_runs() {
        for (command, runs) in [
            ("/opt/hooks/audit.sh --all /tmp/x.py", Some("/opt/hooks/audit.sh")),
            ("python3 -u /opt/hooks/audit.py", Some("/opt/hooks/audit.py")),
            ("/usr/bin/env bash '/opt/a b.sh'", Some("/opt/a b.sh")),
            ("~/a.sh ~/b.sh", Some("~/a.sh")),
            ("python3 ~/a.py", None),
            ("audit --all", None),
            ("sh -c 'echo x'", None),
            ("python3 -m audit", None),
            ("", None),
        ] {
            assert_eq!(script(command).as_deref(), runs, "{command}");
        }
    }

    #[test]
    fn a_home_of_the_usual_name_shows_whose_it_is() {
        let of = |path: &str, root: &str| {
            absolute(path, Path::new(root)).map(|path| path.display().to_string())
        };
        let profile = "/home/ann/.hermes/profiles/work";
        assert_eq!(of("~/hooks/a.sh", profile).as_deref(), Some("/home/ann/hooks/a.sh"));
        assert_eq!(of("/opt/a.sh", "/srv/agent").as_deref(), Some("/opt/a.sh"));
        assert_eq!(of("~/hooks/a.sh", "/srv/agent"), None);
    }
}
