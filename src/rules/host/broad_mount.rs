//! `host/broad-mount`: the agent sees far more of the host's disk than its work.

use super::{containers, in_service, in_template, sandbox_mounts};
use crate::deployment::{Home, Mount, Starter};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Folders of a system, each as a whole.
const SYSTEM: &[&str] = &[
    "/",
    "/etc",
    "/root",
    "/home",
    "/Users",
    "/var",
    "/var/lib",
    "/var/lib/docker",
    "/var/run",
    "/run",
    "/usr",
    "/opt",
    "/boot",
    "/dev",
    "/proc",
    "/sys",
    "/lib",
    "/bin",
    "/sbin",
];
/// Files and folders with credentials, at the end of a path.
const CREDENTIALS: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".kube",
    ".docker",
    ".azure",
    ".config",
    ".config/gcloud",
    ".config/gh",
    ".netrc",
    ".git-credentials",
    ".password-store",
    ".npmrc",
    ".pgpass",
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/ssh",
];

/// Folders of a cluster's node with the keys that it, or the whole cluster, is run with.
const NODE: &[&str] = &["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd", "/var/lib/rancher"];

/// A folder of the host that holds far more than the agent's work is mounted.
pub struct BroadMount;

impl HomeRule for BroadMount {
    const META: RuleMeta = RuleMeta {
        id: "host/broad-mount",
        summary: "a broad folder of the host is mounted",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["paths-restricted", "non-root-user"],
        cwe: &[668, 732],
        since: "0.1.0",
        page: page!("host/broad-mount"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for service in containers(home) {
            for mount in &service.mounts {
                let Some(what) = rate(&host_path(mount)) else { continue };
                let seen = format!("the {} `{}` sees {what}", service.noun(), service.name);
                let found = draft(mount, &seen).severity(in_service(service, rated(mount)));
                findings.add(if service.starter == Starter::Kubernetes {
                    found.help("mount a persistentVolumeClaim, or the one folder that is worked on, and its volume nowhere else")
                } else {
                    found
                });
            }
        }
        let (mounts, in_force) = sandbox_mounts(home);
        for mount in &mounts {
            let source = host_path(mount);
            // The sandbox must not see the home: in it lie the keys and the rules.
            let own = source.trim_end_matches('/').ends_with("/.hermes");
            let what = if own { Some("the Hermes home") } else { rate(&source) };
            let Some(what) = what else { continue };
            let draft = draft(mount, &format!("the sandbox of the agent's commands sees {what}"));
            findings.add(if in_force {
                draft
            } else {
                draft
                    .severity(Severity::Info)
                    .note("not in force while `terminal.backend` is not docker")
            });
        }
    }
}

fn rated(mount: &Mount<'_>) -> Severity {
    if mount.read_only { Severity::Warning } else { Severity::Error }
}

fn draft(mount: &Mount<'_>, message: &str) -> crate::rules::Draft {
    let may = if mount.read_only { "to read" } else { "to read and write" };
    BroadMount::META
        .at(&mount.place)
        .severity(in_template(&mount.place, rated(mount)))
        .message(format!("{message}, {may}"))
        .label("too much of the host")
        .help("mount the one project folder that is worked on: `./workspace:/workspace`")
        .anchor(format!("{}:{}", mount.place.route, mount.target))
}

/// The source with the user's home folder as `~`; compose fills in `$HOME`, which no file knows.
fn host_path(mount: &Mount<'_>) -> String {
    let raw =
        mount.place.span.map(|span| span.of(mount.place.document.text.bytes())).unwrap_or_default();
    let raw = String::from_utf8_lossy(raw);
    let by_home = ["${HOME}", "$HOME"].iter().any(|home| {
        raw.trim_start_matches(['"', '\'']).starts_with(home)
            || raw.contains(&format!("source: {home}"))
    });
    let rest = mount.source.trim_start_matches("${HOME}").trim_start_matches("$HOME");
    if by_home { format!("~{rest}") } else { mount.source.clone() }
}

/// What a path of the host holds, when that is too much.
fn rate(source: &str) -> Option<&'static str> {
    let path = source.trim_end_matches('/');
    let path = if source.starts_with('/') && path.is_empty() { "/" } else { path };
    if CREDENTIALS.iter().any(|name| {
        path == *name || path.strip_suffix(name).is_some_and(|above| above.ends_with('/'))
    }) && (path.starts_with('/') || path.starts_with('~'))
    {
        return Some("credentials of the host's user");
    }
    if path == "/" {
        return Some("the host's whole disk");
    }
    if NODE.contains(&path) {
        return Some("the keys of the cluster's node");
    }
    if SYSTEM.contains(&path) {
        return Some("a whole system folder of the host");
    }
    let own = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"));
    if path == "~" || own.is_some_and(|name| !name.is_empty() && !name.contains('/')) {
        return Some("a whole home folder of the host, keys and shell files included");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn whole_folders_and_credentials_are_too_much() {
        for path in [
            "/",
            "/etc/",
            "/root",
            "/home/ann",
            "~",
            "~/",
            "~/.ssh",
            "/home/ann/.aws",
            "/Users/ann/.config/gh",
            "/var/lib/kubelet/",
        ] {
            assert!(rate(path).is_some(), "{path}");
        }
        for path in [
            "./data",
            "~/.hermes",
            "/root/.hermes",
            "/srv/hermes",
            "/etc/localtime",
            "data",
            "/home/ann/work",
            ".",
            "./.config",
            "~/.hermes/.config-old",
        ] {
            assert!(rate(path).is_none(), "{path}");
        }
    }
}
