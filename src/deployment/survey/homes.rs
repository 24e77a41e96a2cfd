//! Where the Hermes homes of a machine are, and which units start them.

use super::Survey;
use crate::deployment::service::is_linter;
use crate::document::unit::{self, Unit};
use crate::facts::MachineFacts;
use crate::host::account::Account;
use crate::host::machine::{Look, Machine};

/// Folders of the system's units.
const SYSTEM: &[&str] =
    &["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system"];
/// Folders in which packages put units: only those named for Hermes are read there.
const PACKAGED: &[&str] =
    &["/usr/lib/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/user"];
/// Names of compose files.
const COMPOSE: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
/// What only a home has; one of them beside a config or `.env` makes a folder one.
const MARKS: &[&str] =
    &["state.db", "auth.json", "sessions", "skills", "logs", "SOUL.md", "gateway_state.json"];
/// Home folders that are nobody's.
const NO_HOME: &[&str] = &["", "/", "/bin", "/sbin", "/dev", "/nonexistent", "/usr/sbin", "/proc"];

/// What a home that was named was found by.
pub(super) const NAMED: &str = "named";

/// A home with what led to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundHome {
    /// Its folder.
    pub path: String,
    /// What names it.
    pub by: String,
}

/// A unit that starts Hermes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostUnit {
    /// Its file.
    pub path: String,
    /// Its name; for a drop-in, that of the unit it changes.
    pub name: String,
    /// True when something links to it to start it.
    pub enabled: bool,
    /// True when it starts the gateway, not a task beside it.
    pub gateway: bool,
    /// The account it runs as, by name or number; `None` for a dynamic one.
    pub user: Option<String>,
    /// The home it starts.
    pub home: Option<String>,
    /// Files it reads variables from.
    pub env_files: Vec<String>,
    /// True for `NoNewPrivileges=`: sudo does not work in it.
    pub no_new_privileges: bool,
}

pub(super) fn find(
    survey: &mut Survey,
    facts: &MachineFacts,
    named: Option<&str>,
    own: Option<&str>,
) {
    let machine = survey.machine.clone();
    let accounts: Vec<Account> =
        machine.accounts().map(|accounts| accounts.all().to_vec()).unwrap_or_default();
    let mut homes = Vec::new();
    let mut hidden = Vec::new();
    if let Some(own) = own.filter(|own| machine.folder(own) == Look::Seen(())) {
        homes.push(FoundHome { path: own.to_owned(), by: "the account that asks".to_owned() });
    }
    for account in &accounts {
        of_account(&machine, account, &mut homes, &mut hidden);
    }
    for unit in units(&machine, &accounts, &mut hidden) {
        if let Some(home) = &unit.home {
            add(&machine, home, &unit.path, &mut homes);
        }
        survey.units.push(unit);
    }
    for folder in facts.compose.iter().flat_map(|pattern| machine.expand(pattern).0) {
        of_folder(&machine, &folder, &mut homes, &mut survey.compose);
    }
    homes.sort();
    homes.dedup_by(|a, b| a.path == b.path);
    // A profile is scanned with the home it is in; one home may have two names.
    let mut seen: Vec<std::path::PathBuf> = Vec::new();
    homes.retain(|home| {
        let real = machine.path(&home.path);
        let real = real.canonicalize().unwrap_or(real);
        let new = !seen.iter().any(|other| real.starts_with(other));
        seen.push(real);
        new
    });
    let (shut, homes): (Vec<FoundHome>, Vec<FoundHome>) =
        homes.into_iter().partition(|home| machine.list(&home.path) == Look::Denied);
    survey.shut = shut.into_iter().map(|home| home.path).collect();
    let mut homes = homes;
    hidden.sort();
    hidden.dedup();
    if let Some(named) = named {
        homes = vec![FoundHome { path: named.to_owned(), by: NAMED.to_owned() }];
        hidden.clear();
        survey.shut.clear();
        survey.units.retain(|unit| unit.home.as_deref() == Some(named));
        survey.compose.clear();
    }
    survey.units.sort();
    survey.compose.sort();
    (survey.homes, survey.hidden) = (homes, hidden);
}

/// `~/.hermes`, and a home folder that is a Hermes home itself, as service accounts have it.
fn of_account(
    machine: &Machine,
    account: &Account,
    homes: &mut Vec<FoundHome>,
    hidden: &mut Vec<String>,
) {
    let folder = account.home.trim_end_matches('/');
    if NO_HOME.contains(&folder) || machine.folder(folder) == Look::Absent {
        return;
    }
    let inner = format!("{folder}/.hermes");
    match machine.folder(&inner) {
        Look::Seen(()) => add(machine, &inner, &format!("account {}", account.name), homes),
        Look::Denied => hidden.push(folder.to_owned()),
        Look::Absent => add(machine, folder, &format!("account {}", account.name), homes),
    }
}

/// Notes `path` when it is a home, or one by its name or its unit that may not be entered.
fn add(machine: &Machine, path: &str, by: &str, homes: &mut Vec<FoundHome>) {
    let path = path.trim_end_matches('/').to_owned();
    // Below a folder that is shut nothing is known to be there, unless a unit says so.
    let there = by.starts_with('/')
        || path.ends_with("/.hermes") && machine.folder(&path) == Look::Seen(());
    if is_home(machine, &path) || (there && machine.list(&path) == Look::Denied) {
        homes.push(FoundHome { path, by: by.to_owned() });
    }
}

/// True for a folder that Hermes lives in; `config.yaml` alone is everybody's name.
fn is_home(machine: &Machine, path: &str) -> bool {
    let has = |name: &&str| machine.has(&format!("{path}/{name}"));
    let set_up = ["config.yaml", ".env"].iter().any(&has);
    let lived_in = MARKS.iter().any(&has);
    machine.folder(path) == Look::Seen(())
        && if path.ends_with("/.hermes") { set_up || lived_in } else { set_up && lived_in }
}

/// A compose file in `folder` that names Hermes, and the folders it mounts as a home; a home of that name.
fn of_folder(
    machine: &Machine,
    folder: &str,
    homes: &mut Vec<FoundHome>,
    compose: &mut Vec<String>,
) {
    add(machine, folder, "its files", homes);
    add(machine, &format!("{folder}/.hermes"), "its name", homes);
    for name in COMPOSE {
        let path = format!("{folder}/{name}");
        let Look::Seen(text) = machine.read(&path) else { continue };
        if !text.to_ascii_lowercase().contains("hermes") {
            continue;
        }
        for line in text.lines() {
            let line = line.trim().trim_start_matches('-').trim().trim_matches(['"', '\'']);
            let Some((host, inside)) = line.split_once(':') else { continue };
            let inside = inside.split(':').next().unwrap_or_default();
            if inside != "/opt/data" && !inside.ends_with("/.hermes") {
                continue;
            }
            let host = match host.strip_prefix("./") {
                Some(below) => format!("{folder}/{below}"),
                None => host.to_owned(),
            };
            if host.starts_with('/') && machine.folder(&host) == Look::Seen(()) {
                homes.push(FoundHome { path: host, by: path.clone() });
            }
        }
        compose.push(path);
    }
}

/// The units that start Hermes, those of sessions among them.
fn units(machine: &Machine, accounts: &[Account], hidden: &mut Vec<String>) -> Vec<HostUnit> {
    let mut found = Vec::new();
    for folder in SYSTEM.iter().chain(PACKAGED) {
        // `/lib` is mostly a link to `/usr/lib`: each file once.
        if *folder == "/lib/systemd/system"
            && machine.path(folder).ends_with("usr/lib/systemd/system")
        {
            continue;
        }
        in_folder(machine, folder, PACKAGED.contains(folder), None, &mut found, hidden);
    }
    in_folder(machine, "/etc/systemd/user", false, None, &mut found, hidden);
    for account in accounts.iter().filter(|account| !NO_HOME.contains(&account.home.as_str())) {
        let folder = format!("{}/.config/systemd/user", account.home.trim_end_matches('/'));
        in_folder(machine, &folder, false, Some(account), &mut found, hidden);
    }
    // A drop-in decides with its unit: the account and the home are the last that says so.
    let mains: Vec<HostUnit> = found.clone();
    for unit in &mut found {
        let others = || mains.iter().filter(|other| other.name == unit.name);
        let last = |of: fn(&HostUnit) -> Option<String>| others().filter_map(of).next_back();
        let (user, home) = (last(|unit| unit.user.clone()), last(|unit| unit.home.clone()));
        unit.no_new_privileges |= others().any(|other| other.no_new_privileges);
        unit.gateway |= others().any(|other| other.gateway);
        unit.user = user;
        unit.home = home;
    }
    found
}

fn in_folder(
    machine: &Machine,
    folder: &str,
    named_only: bool,
    account: Option<&Account>,
    found: &mut Vec<HostUnit>,
    hidden: &mut Vec<String>,
) {
    let names = match machine.list(folder) {
        Look::Seen(names) => names,
        Look::Denied => {
            if account.is_none() {
                hidden.push(folder.to_owned());
            }
            return;
        }
        Look::Absent => return,
    };
    for name in &names {
        let named = name.to_ascii_lowercase().contains("hermes");
        if !named && named_only {
            continue;
        }
        let path = format!("{folder}/{name}");
        if name.ends_with(".service") {
            if std::fs::symlink_metadata(machine.path(folder).join(name))
                .is_ok_and(|of| of.is_symlink())
            {
                continue;
            }
            let Look::Seen(text) = machine.read(&path) else { continue };
            if named || text.to_ascii_lowercase().contains("hermes") {
                let unit = unit::parse(text.as_bytes());
                found.extend(describe(machine, &path, name, &unit, account));
            }
        } else if named && name.ends_with(".service.d") {
            let Look::Seen(parts) = machine.list(&path) else { continue };
            for part in parts.iter().filter(|part| part.ends_with(".conf")) {
                let path = format!("{path}/{part}");
                let Look::Seen(text) = machine.read(&path) else { continue };
                let unit = unit::parse(text.as_bytes());
                let name = name.trim_end_matches(".d");
                found.extend(describe(machine, &path, name, &unit, account));
            }
        }
    }
}

/// What a unit says; `None` when it starts something else.
fn describe(
    machine: &Machine,
    path: &str,
    name: &str,
    unit: &Unit,
    account: Option<&Account>,
) -> Option<HostUnit> {
    let words: Vec<String> = unit
        .exec_lines()
        .into_iter()
        .filter(|line| line.directive.key.starts_with("ExecStart"))
        .flat_map(|line| line.argv.into_iter().map(|word| word.text))
        .collect();
    let drop_in = path.ends_with(".conf");
    if !drop_in && !words.iter().any(|word| word.to_ascii_lowercase().contains("hermes")) {
        return None;
    }
    let last =
        |key: &str| unit.last("Service", key).map(|directive| directive.value().trim().to_owned());
    let truth = |key: &str| {
        last(key).is_some_and(|word| matches!(word.as_str(), "yes" | "true" | "1" | "on"))
    };
    let accounts = machine.accounts();
    let session = account.is_some() || path.contains("/systemd/user/");
    let user = match (last("User"), account) {
        (Some(user), None) => Some(user).filter(|user| !user.is_empty()),
        (_, Some(account)) => Some(account.name.clone()),
        (None, None) if drop_in || session || truth("DynamicUser") => None,
        (None, None) => Some("root".to_owned()),
    };
    let of_user = user.as_deref().and_then(|user| {
        let accounts = accounts?;
        accounts.by_name(user).or_else(|| accounts.by_uid(user.parse().ok()?))
    });
    let user_home = of_user.map(|account| account.home.trim_end_matches('/').to_owned());
    let expand = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        text.replace("%h", user_home.as_deref().unwrap_or("%h"))
    };
    let env_files: Vec<String> = unit
        .values("Service", "EnvironmentFile")
        .into_iter()
        .map(|directive| expand(directive.value().trim().trim_start_matches('-')))
        .filter(|path| path.starts_with('/') && !path.contains(['*', '%']))
        .collect();
    let from_files = || {
        env_files.iter().find_map(|path| {
            let text = machine.read(path).seen()?;
            let value = text.lines().find_map(|line| line.trim().strip_prefix("HERMES_HOME="))?;
            Some(value.trim().to_owned())
        })
    };
    let told = unit
        .environment()
        .iter()
        .rev()
        .find(|assignment| assignment.name == "HERMES_HOME")
        .map(|assignment| assignment.value.clone())
        .or_else(from_files)
        .map(|home| expand(&home));
    let working = || {
        let folder = expand(&last("WorkingDirectory")?);
        let folder = folder.trim_start_matches('-').trim_end_matches('/').to_owned();
        [folder.clone(), format!("{folder}/.hermes")]
            .into_iter()
            .find(|path| is_home(machine, path))
    };
    let own = || user_home.as_ref().map(|home| format!("{home}/.hermes"));
    let home = told.map(|home| home.trim_end_matches('/').to_owned()).or_else(|| {
        if drop_in { None } else { own().filter(|path| machine.has(path)).or_else(working) }
    });
    let wanted = name.trim_end_matches(".service");
    let places = if session {
        vec![format!("{}/*.wants/{name}", path.rsplit_once('/').map_or("", |(folder, _)| folder))]
    } else {
        vec![
            format!("/etc/systemd/system/*.wants/{name}"),
            format!("/etc/systemd/system/*.wants/{wanted}.timer"),
        ]
    };
    Some(HostUnit {
        path: path.to_owned(),
        name: name.to_owned(),
        enabled: places.iter().any(|place| !machine.expand(place).0.is_empty()),
        gateway: !words.first().is_some_and(|program| is_linter(program))
            && words.iter().any(|word| word.contains("gateway")),
        user,
        home,
        env_files,
        no_new_privileges: truth("NoNewPrivileges"),
    })
}
