//! `host/docker-socket`: the container engine's socket is within the agent's reach.

use super::{containers, in_service, in_template, sandbox_mounts};
use crate::deployment::{Home, Mount};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Names of the sockets that start containers.
const SOCKETS: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];

/// The agent, or the sandbox of its commands, sees the container engine's socket.
pub struct DockerSocket;

impl HomeRule for DockerSocket {
    const META: RuleMeta = RuleMeta {
        id: "host/docker-socket",
        summary: "the container engine's socket is within the agent's reach",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["non-root-user"],
        cwe: &[250, 269],
        since: "0.1.0",
        page: page!("host/docker-socket"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let note = |mount: &Mount<'_>| {
            mount.read_only.then(|| {
                "read-only changes nothing: the engine still takes every request that comes through it".to_owned()
            })
        };
        for service in containers(home) {
            for mount in service.mounts.iter().filter(|mount| is_socket(mount)) {
                findings.add(
                    Self::META
                        .at(&mount.place)
                        .severity(in_service(service, Severity::Error))
                        .message(format!(
                            "the {} `{}` sees the container engine's socket: it can start a container with the host's disk, as root",
                            service.noun(),
                            service.name
                        ))
                        .label("root on the host")
                        .help("drop the mount; give the agent a rootless engine of its own, or a socket proxy that allows single calls")
                        .notes(note(mount))
                        .anchor(format!("{}.socket", mount.place.route)),
                );
            }
        }
        let (mounts, in_force) = sandbox_mounts(home);
        for mount in mounts.iter().filter(|mount| is_socket(mount)) {
            let draft = Self::META
                .at(&mount.place)
                .severity(in_template(&mount.place, Severity::Error))
                .message("the sandbox of the agent's commands sees the container engine's socket: any command can leave it, as root of the host")
                .label("the way out")
                .help("drop the entry from `terminal.docker_volumes`")
                .notes(note(mount));
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

fn is_socket(mount: &Mount<'_>) -> bool {
    SOCKETS.iter().any(|name| mount.source.ends_with(name) || mount.target.ends_with(name))
}
