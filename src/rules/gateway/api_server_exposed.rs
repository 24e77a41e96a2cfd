//! `gateway/api-server-exposed`: the API server can be reached, or called, from elsewhere.

use std::net::IpAddr;

use crate::deployment::Home;
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{self, Reached, open_door, platform_key, reached};
use crate::rules::{Findings, HomeRule, RuleMeta, page};
use crate::secrets::{Context, Kind, classify};

/// The API server can be reached, or called, from elsewhere.
pub struct ApiServerExposed;

const ID: &str = "api_server";
const PORT: &str = "8642";
/// Hermes starts the server with no shorter key.
const KEY_LENGTH: usize = 16;

impl HomeRule for ApiServerExposed {
    const META: RuleMeta = RuleMeta {
        id: "gateway/api-server-exposed",
        summary: "the API server can be reached or called from elsewhere",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[668, 942],
        since: "0.1.0",
        page: page!("gateway/api-server-exposed"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if !posture::is_on(home, ID) {
            return;
        }
        host(home, findings);
        origins(home, findings);
        key(home, findings);
    }
}

fn host(home: &Home<'_>, findings: &mut Findings) {
    let Some((host, place, name)) = value(home, "API_SERVER_HOST", "host") else { return };
    if host.is_empty() || posture::is_loopback(&host) {
        return;
    }
    let port = value(home, "API_SERVER_PORT", "port").map_or(PORT.to_owned(), |(port, ..)| port);
    // In a container the published port is what to change: the host has to be open there.
    let mut local = is_private(&host);
    let (at, related, help) = match reached(home, Some(&place), &port) {
        Reached::No => return,
        Reached::Directly => {
            let setting =
                if name.contains('.') { "host: 127.0.0.1" } else { "API_SERVER_HOST=127.0.0.1" };
            (
                place,
                None,
                format!("`{setting}`, and a reverse proxy with TLS where others must reach it"),
            )
        }
        Reached::Published(published) => {
            let help = format!(
                "`127.0.0.1:{port}:{port}`, and a reverse proxy with TLS where others must reach it"
            );
            local = bound_to_private(home, &published);
            (published, Some(place), help)
        }
    };
    let mut draft = ApiServerExposed::META
        .at(&at)
        .anchor(name)
        .message(
            "the API server listens beyond this machine: its key is all that keeps the network \
             from running the agent",
        )
        .label("reachable from elsewhere")
        .severity(if local { open_door(home).min(Severity::Warning) } else { open_door(home) })
        .help(help);
    if let Some(host) = related {
        draft = draft.related(&host, "opens it within the container");
    }
    findings.add(draft);
}

/// True for an address of the local network alone: its own machines are fewer than everybody.
fn is_private(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(v4)) => v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_unique_local() || v6.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// The same of the address that a container's port is published on.
fn bound_to_private(home: &Home<'_>, published: &Place<'_>) -> bool {
    home.services().iter().flat_map(|service| &service.ports).any(|port| {
        std::ptr::eq(port.place.document, published.document)
            && port.place.span == published.span
            && port.address.as_deref().is_some_and(is_private)
    })
}

fn origins(home: &Home<'_>, findings: &mut Findings) {
    let variable = home.variable("API_SERVER_CORS_ORIGINS").map(|effective| effective.winner);
    let found = if let Some(variable) = variable {
        (variable.known && variable.value.split(',').any(|origin| origin.trim() == "*"))
            .then(|| (variable.place.clone(), variable.name.clone()))
    } else {
        platform_key(home, ID, "cors_origins")
            .filter(|setting| {
                setting.str().is_some_and(|text| text.split(',').any(|o| o.trim() == "*"))
                    || setting.items().iter().any(|(origin, _)| origin == "*")
            })
            .map(|setting| (setting.place(), setting.path))
    };
    let Some((place, name)) = found else { return };
    findings.add(
        ApiServerExposed::META
            .at(&place)
            .anchor(name)
            .message("any web page open in a browser may call the API server")
            .label("every origin")
            .severity(open_door(home))
            .help("name the origins that need it, such as `https://chat.example.com`, or remove the setting"),
    );
}

fn key(home: &Home<'_>, findings: &mut Findings) {
    let Some((key, place, name)) = value(home, "API_SERVER_KEY", "key") else { return };
    let class = classify(key.as_bytes(), &Context::default());
    let placeholder = matches!(class.kind, Kind::Placeholder | Kind::Redacted);
    // A template's placeholder is what a template is for.
    if key.is_empty() || home.is_template() || (key.len() >= KEY_LENGTH && !placeholder) {
        return;
    }
    findings.add(
        ApiServerExposed::META
            .at(&place)
            .anchor(name)
            .message(
                "the API server refuses to start with this key: it is too short or a placeholder",
            )
            .label("no usable key")
            .severity(Severity::Info)
            .help("`API_SERVER_KEY=` in .env, with the output of `openssl rand -hex 32`"),
    );
}

/// Value, place and name of a setting that a variable or the platform's block gives.
fn value<'d>(home: &Home<'d>, name: &str, key: &str) -> Option<(String, Place<'d>, String)> {
    if let Some(effective) = home.variable(name) {
        let variable = effective.winner;
        return variable.known.then(|| {
            (variable.value.trim().to_owned(), variable.place.clone(), variable.name.clone())
        });
    }
    let setting = platform_key(home, ID, key).filter(|setting| !setting.is_hole())?;
    let text = setting.python_str().filter(|text| !text.contains("${") && text != "None")?;
    Some((text.trim().to_owned(), setting.place(), setting.path))
}
