//! `host/published-port`: a port of Hermes is open to every network the host is on.

use super::{containers, in_template, starts_open};
use crate::deployment::{Home, Port};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A container of Hermes publishes a port on every address.
pub struct PublishedPort;

impl HomeRule for PublishedPort {
    const META: RuleMeta = RuleMeta {
        id: "host/published-port",
        summary: "a port of Hermes is published on every address",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[668, 1327],
        since: "0.1.0",
        page: page!("host/published-port"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for service in containers(home) {
            let open: Vec<&Port<'_>> = service
                .ports
                .iter()
                .filter(|port| {
                    port.is_public() && !(port.address.is_some() && starts_open(&port.place))
                })
                .collect();
            let [first, rest @ ..] = open.as_slice() else { continue };
            let door = match first.target.as_str() {
                "9119" => "the dashboard",
                "8642" => "the API server",
                "8644" => "the webhook listener",
                _ => "the container",
            };
            let mut draft = Self::META
                .at(&first.place)
                .severity(in_template(&first.place, Severity::Warning))
                .message(format!(
                    "port {} of {door} is published on every address of the host; the engine's own firewall rules let it pass ufw",
                    first.target
                ))
                .label("every address")
                .help(format!(
                    "write `\"127.0.0.1:{0}:{0}\"` and put a proxy with a login before it, or leave `ports:` out for a proxy on the same network",
                    first.target
                ))
                .anchor(format!("services.{}.ports", service.name));
            for port in rest.iter().take(5) {
                draft = draft.related(&port.place, format!("port {}, too", port.target));
            }
            findings.add(draft);
        }
    }
}
