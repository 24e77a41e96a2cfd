//! `config/command-guards-skipped`: a container that reaches the host, where Hermes checks no command.
//!
//! Hermes drops every check of commands in a docker backend unless it sees a folder of the host among
//! `docker_volumes`. It does not look at `docker_extra_args`, nor behind a `$VARIABLE`.

use super::approvals::more;
use crate::deployment::{Home, Mirrored};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::policy::decide::is_host_folder;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Commands are not checked in a container that reaches the host.
pub struct CommandGuardsSkipped;

impl HomeRule for CommandGuardsSkipped {
    const META: RuleMeta = RuleMeta {
        id: "config/command-guards-skipped",
        summary: "commands run unchecked in a container that reaches the host",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[693],
        since: "0.1.0",
        page: page!("config/command-guards-skipped"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let docker = home
            .mirrored("terminal.backend")
            .and_then(|found| found.backend())
            .is_some_and(|backend| backend == "docker");
        let mounts_cwd =
            home.mirrored("terminal.docker_mount_cwd_to_workspace").is_some_and(|found| found.on);
        let volumes = texts(home.mirrored("terminal.docker_volumes"));
        if !docker || mounts_cwd || volumes.iter().any(|(text, _)| is_host_folder(text)) {
            return;
        }
        let args = texts(home.mirrored("terminal.docker_extra_args"));
        let mut grants = grants(&args);
        grants.extend(volumes.iter().filter(|(text, _)| hides_behind_variable(text)).map(
            |(_, place)| Grant {
                severity: Severity::Warning,
                what: "a volume that starts with a variable".to_owned(),
                place: place.clone(),
            },
        ));
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.severity));
        let Some(first) = grants.first() else { return };
        let mut what: Vec<&str> = grants.iter().map(|grant| grant.what.as_str()).collect();
        what.dedup();
        let total = what.len();
        what.truncate(4);
        let severity =
            if home.is_template() { first.severity.min(Severity::Warning) } else { first.severity };
        let mut draft = Self::META
            .at(&first.place)
            .severity(severity)
            .message(format!(
                "the container reaches the host through {}, and Hermes checks no command in it",
                more(&what, total)
            ))
            .label("reaches the host")
            .help(
                "drop it; a folder the agent needs goes into `terminal.docker_volumes` by its path \
                 (`/srv/project:/workspace`), which also keeps prompts and denylist in force",
            )
            .note("prompts and Hermes's own floor are skipped here; `approvals.deny` too before 0.21.3");
        for other in grants.iter().skip(1).take(5) {
            draft = draft.related(&other.place, "reaches the host too");
        }
        findings.add(draft);
    }
}

/// One way out of the container.
struct Grant<'d> {
    severity: Severity,
    /// The option, in words that hold no value of the user's.
    what: String,
    place: Place<'d>,
}

fn texts(found: Option<Mirrored<'_>>) -> Vec<(String, Place<'_>)> {
    found.map(|found| found.entries).unwrap_or_default()
}

/// `$HOME:/x`; `${HOME}:/x` is filled in before Hermes looks.
fn hides_behind_variable(volume: &str) -> bool {
    volume.trim().strip_prefix('$').is_some_and(|rest| !rest.starts_with('{'))
}

/// Options that give a part of the host away.
fn grants<'d>(args: &[(String, Place<'d>)]) -> Vec<Grant<'d>> {
    let mut all = Vec::new();
    let mut rest = args.iter();
    while let Some((text, place)) = rest.next() {
        let text = text.trim();
        let (option, mut value) = match text.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (text, None),
        };
        let (option, glued) = match option.strip_prefix("-v") {
            Some(rest) if !rest.is_empty() => ("-v", Some(text.trim_start_matches("-v"))),
            _ => (option, None),
        };
        value = glued.or(value);
        let takes_value = matches!(
            option,
            "-v" | "--volume"
                | "--mount"
                | "--network"
                | "--net"
                | "--pid"
                | "--ipc"
                | "--userns"
                | "--uts"
                | "--cap-add"
                | "--device"
        );
        if takes_value && value.is_none() {
            value = rest.next().map(|(next, _)| next.trim());
        }
        if let Some(severity) = weight(option, value.unwrap_or_default()) {
            let shown = match option {
                "--network" | "--net" | "--pid" | "--ipc" | "--userns" | "--uts" => {
                    format!("`{option}=host`")
                }
                _ => format!("`{option}`"),
            };
            all.push(Grant { severity, what: shown, place: place.clone() });
        }
    }
    all
}

/// Capabilities that a container has anyway, or that end in it.
const HARMLESS: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn weight(option: &str, value: &str) -> Option<Severity> {
    match option {
        "--privileged" if value != "false" => Some(Severity::Error),
        "--network" | "--net" | "--pid" | "--ipc" | "--userns" | "--uts" if value == "host" => {
            Some(if option == "--uts" { Severity::Warning } else { Severity::Error })
        }
        "--cap-add" => {
            let name = value.to_ascii_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            (!name.is_empty() && !HARMLESS.contains(&name)).then_some(Severity::Error)
        }
        "--device" => Some(Severity::Warning),
        "-v" | "--volume" => {
            let source = value.split(':').next().unwrap_or_default();
            (is_host_folder(value) || value.starts_with('$')).then(|| of_source(source))
        }
        "--mount" => {
            let source = value.split(',').find_map(|field| {
                field.strip_prefix("source=").or_else(|| field.strip_prefix("src="))
            })?;
            (is_host_folder(source) || source.starts_with('$')).then(|| of_source(source))
        }
        _ => None,
    }
}

/// A project folder is a part of the host; its root, a home or the engine's socket is the host.
fn of_source(source: &str) -> Severity {
    let source = source.trim_end_matches('/');
    let whole = source.is_empty()
        || source.ends_with("docker.sock")
        || matches!(source, "~" | "$HOME" | "${HOME}")
        || ["/etc", "/root", "/home", "/var", "/usr", "/proc", "/sys", "/dev", "/boot", "/run"]
            .contains(&source)
        || (source.starts_with("/home/") && source.matches('/').count() == 2)
        || source.contains("/.ssh")
        || source.contains("/.hermes");
    if whole { Severity::Error } else { Severity::Warning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_weigh_what_they_give() {
        for (option, value, weight_of) in [
            ("--privileged", "", Some(Severity::Error)),
            ("--privileged", "false", None),
            ("--network", "host", Some(Severity::Error)),
            ("--network", "none", None),
            ("--cap-add", "SYS_ADMIN", Some(Severity::Error)),
            ("--cap-add", "cap_net_bind_service", None),
            ("-v", "/:/host", Some(Severity::Error)),
            ("-v", "/var/run/docker.sock:/var/run/docker.sock:ro", Some(Severity::Error)),
            ("-v", "/srv/app:/workspace", Some(Severity::Warning)),
            ("-v", "cache:/cache", None),
            ("--mount", "type=bind,source=/home/mo,target=/x", Some(Severity::Error)),
            ("--mount", "type=volume,source=cache,target=/x", None),
            ("--memory", "2g", None),
        ] {
            assert_eq!(weight(option, value), weight_of, "{option} {value}");
        }
    }

    #[test]
    fn hermes_sees_paths_only() {
        assert!(is_host_folder(" ~/x:/y") && is_host_folder("C:\\x:/y"));
        assert!(!is_host_folder("$HOME:/y") && !is_host_folder("data:/y"));
        assert!(hides_behind_variable("$HOME:/y") && !hides_behind_variable("${HOME}:/y"));
    }
}
