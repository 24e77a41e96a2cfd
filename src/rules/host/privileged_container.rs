//! `host/privileged-container`: a container of Hermes is given back what a container takes away.

use super::{containers, in_service};
use crate::deployment::{Home, Starter, Word};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Capabilities with which a process leaves its container.
const CAPABILITIES: &[&str] =
    &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"];
/// Devices that are memory or disks.
const DEVICES: &[&str] = &[
    "/dev/mem",
    "/dev/kmem",
    "/dev/sd",
    "/dev/nvme",
    "/dev/vd",
    "/dev/xvd",
    "/dev/dm-",
    "/dev/mapper",
    "/dev/disk",
];

/// A container of Hermes is not confined.
pub struct PrivilegedContainer;

impl HomeRule for PrivilegedContainer {
    const META: RuleMeta = RuleMeta {
        id: "host/privileged-container",
        summary: "a container of Hermes is not confined",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["non-root-user"],
        cwe: &[250],
        since: "0.1.0",
        page: page!("host/privileged-container"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for service in containers(home) {
            let mut lax: Vec<(Severity, String, &Word<'_>)> = service
                .privileges
                .iter()
                .filter_map(|(setting, word)| {
                    rate(setting, word).map(|(severity, text)| (severity, text, word))
                })
                .collect();
            lax.sort_by_key(|(severity, ..)| std::cmp::Reverse(*severity));
            let [(severity, text, word), rest @ ..] = lax.as_slice() else { continue };
            let mut draft = Self::META
                .at(&word.place)
                .severity(in_service(service, *severity))
                .message(format!("the {} `{}` has {text}", service.noun(), service.name))
                .label("not confined")
                .help(help(service.starter, &word.place.route));
            for (_, text, word) in rest.iter().take(5) {
                draft = draft.related(&word.place, format!("it also has {text}"));
            }
            findings.add(draft);
        }
    }
}

fn help(starter: Starter, route: &str) -> &'static str {
    match route.rsplit('.').next().unwrap_or_default() {
        "hostNetwork" => "drop `hostNetwork: true`, and let a Service lead to single ports",
        "add" => "drop the entry and write `capabilities: {drop: [ALL]}`",
        "type" => "write `type: RuntimeDefault`",
        "allowPrivilegeEscalation" => "write `allowPrivilegeEscalation: false`",
        "privileged" if starter == Starter::Kubernetes => {
            "drop `privileged: true`; add the one capability that is needed under `capabilities.add`"
        }
        "network_mode" => "drop `network_mode: host`, and publish single ports on 127.0.0.1",
        "cap_add" => "drop the entry and write `cap_drop: [ALL]`",
        "security_opt" => "drop the entry and write `security_opt: [\"no-new-privileges:true\"]`",
        "privileged" => "drop `privileged: true`; name the one device or capability that is needed",
        _ => "drop the line",
    }
}

/// How bad a setting is, and what it gives, as the end of a sentence.
fn rate(setting: &str, word: &Word<'_>) -> Option<(Severity, String)> {
    let text = word.text.trim();
    let lower = text.to_ascii_lowercase();
    let found = match setting {
        "privileged" if matches!(lower.as_str(), "true" | "yes" | "on") => {
            (Severity::Error, "`privileged: true`: every device and capability of the host".to_owned())
        }
        "network_mode" if lower == "host" => {
            (Severity::Warning, "`network_mode: host`: each port it opens is one of the host's, and so are the host's loopback services".to_owned())
        }
        "pid" if lower == "host" => {
            (Severity::Error, "`pid: host`: it sees the host's processes, and reads their variables as root".to_owned())
        }
        "ipc" if lower == "host" => {
            (Severity::Warning, "`ipc: host`: it shares the host's memory segments".to_owned())
        }
        "userns_mode" if lower == "host" => {
            (Severity::Warning, "`userns_mode: host`: its root is the host's root".to_owned())
        }
        "cap_add" => {
            let name = text.to_ascii_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            let name = CAPABILITIES.iter().find(|known| **known == name)?;
            (Severity::Error, format!("the capability {name}: a process with it can leave the container"))
        }
        "hostNetwork" if lower == "true" => {
            (Severity::Warning, "`hostNetwork: true`: each port it opens is one of the node's, and so are the node's loopback services".to_owned())
        }
        "hostPID" if lower == "true" => {
            (Severity::Error, "`hostPID: true`: it sees the node's processes, and reads their variables as root".to_owned())
        }
        "hostIPC" if lower == "true" => {
            (Severity::Warning, "`hostIPC: true`: it shares the node's memory segments".to_owned())
        }
        // Both are what a cluster does by itself when nothing is said.
        "allowPrivilegeEscalation" if lower == "true" => {
            (Severity::Info, "`allowPrivilegeEscalation: true`: sudo and other setuid programs lead to root in it".to_owned())
        }
        "seccompProfile" if lower == "unconfined" => {
            (Severity::Info, "no seccomp profile: every system call reaches the node's kernel".to_owned())
        }
        "appArmorProfile" if lower == "unconfined" => {
            (Severity::Error, "apparmor switched off".to_owned())
        }
        "security_opt" if lower.ends_with("unconfined") => {
            let layer = lower.split([':', '=']).next().unwrap_or_default();
            let layer = ["seccomp", "apparmor", "systempaths"].into_iter().find(|known| *known == layer)?;
            (Severity::Error, format!("{layer} switched off"))
        }
        "security_opt" if matches!(lower.as_str(), "label:disable" | "label=disable") => {
            (Severity::Warning, "SELinux switched off".to_owned())
        }
        "devices" => {
            let device = text.split(':').next().unwrap_or_default();
            let whole = device.trim_end_matches('/') == "/dev";
            if !whole && !DEVICES.iter().any(|known| device.starts_with(known)) {
                return None;
            }
            (Severity::Error, "a device of the host's memory or disks".to_owned())
        }
        _ => return None,
    };
    Some(found)
}
