//! `host/unit-sandbox`: a unit runs the agent's commands with all of the machine in reach.

use crate::deployment::{Home, Service, Starter};
use crate::document::Kind;
use crate::document::unit::Unit;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A gateway whose commands run on the machine is started by a unit that takes nothing away from them.
pub struct UnitSandbox;

/// Options of which one says that somebody thought of it.
const CHOSEN: &[&str] = &[
    "NoNewPrivileges",
    "ProtectSystem",
    "ProtectHome",
    "DynamicUser",
    "RootDirectory",
    "RootImage",
    "SystemCallFilter",
    "CapabilityBoundingSet",
];

impl HomeRule for UnitSandbox {
    const META: RuleMeta = RuleMeta {
        id: "host/unit-sandbox",
        summary: "the gateway's unit takes nothing away from the agent's commands",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[250],
        since: "0.1.0",
        page: page!("host/unit-sandbox"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if !home.runs_locally() || !home.has_config() {
            return;
        }
        let options = &home.knowledge.facts().tooling().sandbox;
        for service in home.services().iter().filter(|service| is_gateway(service)) {
            let own = |other: &&Service<'_>| {
                let folder = format!("/{}.d/", service.name);
                std::ptr::eq(other.document, service.document)
                    || other.document.text.path().display.contains(&folder)
            };
            let mut units = home.services().iter().filter(own).filter_map(unit);
            if units.any(|unit| CHOSEN.iter().any(|name| unit.last("Service", name).is_some())) {
                continue;
            }
            findings.add(
                Self::META
                    .at(&service.place)
                    .message("the agent's commands run in this unit, and it takes nothing away from them: set-user-ID programs, the system's files and its `/tmp` are in their reach")
                    .label("no sandbox")
                    .help(format!(
                        "`systemctl edit {}`, and write:\n[Service]\n{}",
                        service.name,
                        options.join("\n")
                    ))
                    .note("sudo stops working in the unit; an install below /usr can't update itself from within")
                    .anchor("sandbox"),
            );
        }
    }
}

fn unit<'s>(service: &'s Service<'_>) -> Option<&'s Unit> {
    match &service.document.kind {
        Kind::Unit(unit) => Some(unit),
        _ => None,
    }
}

/// A unit of the system that runs the gateway itself, as an account of its own: root is another rule's.
fn is_gateway(service: &Service<'_>) -> bool {
    let engine = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        matches!(name, "docker" | "podman" | "docker-compose")
    };
    let user = service.user.as_ref().map(|user| user.text.trim());
    service.starter == Starter::SystemUnit
        && service.is_hermes
        && user.is_some_and(|user| !matches!(user, "" | "root" | "0"))
        && service.argument(|word| word == "gateway").is_some()
        && service.argument(engine).is_none()
}
