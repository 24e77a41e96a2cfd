//! `host/published-port`: a port of Hermes is open to every network the host is on.

use super::{containers, in_service, starts_open};
use crate::deployment::{Home, Port, Service, Starter, Through};
use crate::document::Kind;
use crate::document::tree::Value;
use crate::facts::Range;
use crate::finding::{Confidence, Edit, Severity};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};
use crate::span::Span;

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
                    port.is_public()
                        && !(port.address.is_some() && starts_open(&port.place))
                        && (service.starter != Starter::Kubernetes || door(port).is_some())
                })
                .collect();
            let mut ways: Vec<&Through> = Vec::new();
            for port in &open {
                if !ways.contains(&&port.through) {
                    ways.push(&port.through);
                }
            }
            for way in ways {
                let ports: Vec<&Port<'_>> =
                    open.iter().copied().filter(|port| port.through == *way).collect();
                if let Some(draft) = published(service, &ports) {
                    findings.add(draft);
                }
            }
        }
    }
}

/// What to say of ports that are published the same way.
fn published(service: &Service<'_>, ports: &[&Port<'_>]) -> Option<Draft> {
    let [first, rest @ ..] = ports else { return None };
    let by = match &first.through {
        Through::Host => String::new(),
        Through::NodePort(name) | Through::LoadBalancer(name) => format!(" by {name}"),
    };
    let mut draft = PublishedPort::META
        .at(&first.place)
        .severity(in_service(service, Severity::Warning))
        .message(format!(
            "port {} of {} is {}",
            first.target,
            door(first).unwrap_or("the container"),
            opened(service, first)
        ))
        .label("every address")
        .help(help(service, first))
        .anchor(format!("services.{}.ports{by}", service.name))
        .edits("bind it to this machine", false, to_loopback(ports));
    for port in rest.iter().take(5) {
        draft = draft.related(&port.place, format!("port {}, too", port.target));
    }
    Some(draft)
}

/// The edits that publish ports to the machine itself only; nothing where one is written another way than
/// `host:container`.
pub(in crate::rules) fn to_loopback(ports: &[&Port<'_>]) -> Option<Vec<Edit>> {
    let first = ports.first()?.place.document;
    let Kind::Compose(structured) = &first.kind else { return None };
    let tree = &structured.tree;
    let mut all: Vec<(Span, String)> = Vec::new();
    for port in ports.iter().filter(|port| std::ptr::eq(port.place.document, first)) {
        let span = port.place.span?;
        let node = tree.nodes.iter().find(|node| node.span == span)?;
        let text = match &node.value {
            Value::Str(text) => text.to_string(),
            Value::Int(number) => number.to_string(),
            _ => return None,
        };
        let text = ["0.0.0.0:", "[::]:", ":::"]
            .iter()
            .find_map(|every| text.strip_prefix(every))
            .unwrap_or(&text);
        // `${PORT:-9119}` is one word, whatever it holds.
        let mut rest = String::new();
        for (number, part) in text.split("${").enumerate() {
            rest.push_str(if number == 0 { part } else { part.split_once('}')?.1 });
        }
        if rest.contains(['$', '[', '\\', '"']) || rest.matches(':').count() > 1 {
            return None;
        }
        // A port alone is published on any free port of the host.
        let colon = if rest.contains(':') { "" } else { ":" };
        all.push((span, format!("\"127.0.0.1:{colon}{text}\"")));
    }
    all.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    all.dedup();
    first.changed(|sheet| all.iter().try_for_each(|(span, text)| sheet.replace_scalar(*span, text)))
}

/// What of Hermes listens on a port.
fn door(port: &Port<'_>) -> Option<&'static str> {
    match port.target.as_str() {
        "9119" => Some("the dashboard"),
        "8642" => Some("the API server"),
        "8644" => Some("the webhook listener"),
        _ => None,
    }
}

/// Where a port is open, as the end of a sentence.
fn opened(service: &Service<'_>, port: &Port<'_>) -> String {
    match &port.through {
        Through::NodePort(name) => format!("open on every node of the cluster, by the Service `{name}`"),
        Through::LoadBalancer(name) => {
            format!("open to whoever reaches the load balancer of the Service `{name}`")
        }
        Through::Host if service.starter == Starter::Kubernetes => {
            "published on every address of its node, whatever the cluster's services say".to_owned()
        }
        Through::Host => {
            "published on every address of the host; the engine's own firewall rules let it pass ufw".to_owned()
        }
    }
}

fn help(service: &Service<'_>, port: &Port<'_>) -> String {
    match &port.through {
        Through::NodePort(_) => {
            "write `type: ClusterIP`, and let an ingress with a login lead to it".to_owned()
        }
        Through::LoadBalancer(_) => {
            "write `type: ClusterIP` and let an ingress with a login lead to it, or name who may in `loadBalancerSourceRanges`"
                .to_owned()
        }
        Through::Host if service.starter == Starter::Kubernetes => {
            "drop `hostPort`, and let a Service of `type: ClusterIP` lead to the port".to_owned()
        }
        Through::Host => format!(
            "write `\"127.0.0.1:{0}:{0}\"` and put a proxy with a login before it, or leave `ports:` out for a proxy on the same network",
            port.target
        ),
    }
}
