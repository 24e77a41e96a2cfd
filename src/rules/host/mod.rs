//! `host/`: files, modes, owners, units and containers.

pub mod broad_mount;
pub mod docker_socket;
pub mod file_owner;
pub mod floating_image;
pub mod home_mode;
pub mod hook_script;
pub mod known_flaw;
pub mod linked_file;
pub mod managed_scope;
pub mod nix_store_secret;
pub mod open_port;
pub mod openclaw_left;
pub mod privileged_container;
pub mod published_port;
pub mod root_service;
pub mod secret_copy;
pub mod secret_file_mode;
pub mod sudo_access;
pub mod synced_folder;
pub mod unit_sandbox;

use crate::deployment::{Home, HomeFile, Mount, Service, Starter};
use crate::document::{Place, Standing};
use crate::facts::Holding;
use crate::finding::{Action, Location, Severity};
use crate::rules::Draft;

/// The file or folder as a whole.
pub(in crate::rules) fn location(file: &HomeFile) -> Location {
    Location::file(file.display.clone(), file.identity.clone())
}

/// Who owns what belongs to an account that this user namespace does not have, root of the host among them.
const NOBODY: u32 = 65534;

/// True for an owner besides root and the account `by`.
pub(in crate::rules) fn is_stranger(uid: u32, by: u32) -> bool {
    ![0, NOBODY, by].contains(&uid)
}

/// Takes `bits` away from `files`: what to add to a finding about their modes. It is safe where only strangers lose
/// something: a group of the owner's own name has no other member, as a rule, and whom another account runs Hermes as
/// is nothing that a mode tells.
pub(in crate::rules) fn chmod<'f>(
    draft: Draft,
    home: &Home<'_>,
    files: impl IntoIterator<Item = (&'f HomeFile, u32)>,
) -> Draft {
    let owner = home.files().iter().find(|file| file.below.is_empty()).map(|home| home.facts.uid);
    let runs_as_other = |file: &HomeFile| {
        let named = home.services().iter().filter(|service| service.is_hermes);
        named.filter_map(|service| service.user.as_ref()).any(|user| user.text != file.owner)
    };
    let (mut actions, mut commands, mut safe) = (Vec::new(), Vec::new(), true);
    for (file, bits) in files {
        let from = file.facts.mode & 0o777;
        let to = from & !bits;
        // What an access list gives stays given.
        if file.acl || from == to {
            return draft;
        }
        let private = from & 0o070 == to & 0o070 || file.group.as_ref() == Some(&file.owner);
        safe &= private && Some(file.facts.uid) == owner && !runs_as_other(file);
        let path = quoted(&file.display);
        commands.push(format!("`chmod {to:03o} {path}` (back: `chmod {from:03o} {path}`)"));
        actions.push(Action::Mode { path: file.display.clone(), from, to });
    }
    let more = commands.len().saturating_sub(COMMANDS);
    commands.truncate(COMMANDS);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    draft.actions(format!("{}{rest}", commands.join(", ")), safe, actions)
}

/// Most commands that the description of a fix names.
const COMMANDS: usize = 3;

/// True for a folder in which every account can put another file in the place of one.
pub(in crate::rules) const fn lets_replace(folder: &HomeFile) -> bool {
    folder.facts.mode & 0o1002 == 0o002
}

/// `path` as a word of a shell command.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%~=:,".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// At most a warning in a file that is to be filled in first. The file decides, not the home: a unit may
/// start several homes, and says the same thing for each of them.
fn in_template(place: &Place<'_>, severity: Severity) -> Severity {
    at_standing(place.document.standing, severity)
}

/// The same of what `service` says.
fn in_service(service: &Service<'_>, severity: Severity) -> Severity {
    at_standing(service.standing, severity)
}

fn at_standing(standing: Standing, severity: Severity) -> Severity {
    match standing {
        Standing::Template => severity.min(Severity::Warning),
        _ => severity,
    }
}

/// True for a file under a copy's name that is in use by itself (`.env.prod`).
fn is_in_use(home: &Home<'_>, file: &HomeFile) -> bool {
    home.inside().iter().chain(home.envs()).any(|document| {
        document.text.path().display == file.display && document.standing != Standing::Copy
    })
}

/// True for a home that holds more than settings: a folder with nothing but a config may be on its way to
/// one, and its modes mean little.
fn is_lived_in(home: &Home<'_>) -> bool {
    home.files().iter().any(|file| {
        let own = !file.below.is_empty() && !file.copy;
        own && matches!(file.holds, Some(Holding::Secret | Holding::Authority | Holding::Personal))
    })
}

/// The containers of compose files and Kubernetes workloads that run Hermes itself.
fn containers<'h, 'd>(home: &'h Home<'d>) -> impl Iterator<Item = &'h Service<'d>> {
    let tooling = home.knowledge.facts().tooling();
    home.services().iter().filter(move |service| {
        matches!(service.starter, Starter::Compose | Starter::Kubernetes)
            && service.is_hermes
            && !service.image.as_ref().is_some_and(|image| tooling.is_neighbour(&image.text))
    })
}

/// `terminal.docker_volumes`, or its variable, as mounts, and whether they are in force.
fn sandbox_mounts<'d>(home: &Home<'d>) -> (Vec<Mount<'d>>, bool) {
    let Some(list) = home.mirrored("terminal.docker_volumes") else {
        return (Vec::new(), false);
    };
    let in_force = home
        .mirrored("terminal.backend")
        .and_then(|found| found.backend())
        .is_some_and(|backend| backend == "docker");
    let mounts = list
        .entries
        .into_iter()
        .filter_map(|(text, place)| {
            let mut parts = text.split(':');
            let (source, target) = (parts.next()?.trim().to_owned(), parts.next()?.to_owned());
            let read_only =
                parts.next().is_some_and(|options| options.split(',').any(|o| o == "ro"));
            Some(Mount { source, target, read_only, place })
        })
        .collect();
    (mounts, in_force)
}

/// True when the raw text at `place` opens with a reference whose value the file does not give.
fn starts_open(place: &Place<'_>) -> bool {
    let Some(span) = place.span else { return false };
    let raw = String::from_utf8_lossy(span.of(place.document.text.bytes()));
    let raw = raw.trim_start_matches(['"', '\'']);
    match raw.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
        Some((name, _)) => !name.contains('-'),
        None => raw.starts_with('$'),
    }
}
