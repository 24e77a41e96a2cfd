//! `gateway/api-server-exposed`: the API server can be reached, or called, from elsewhere.

use std::net::IpAddr;

use crate::deployment::Home;
use crate::document::Place;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{self, Reached, loopback, open_door, platform_key, reached};
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
    let edits = loopback(home, &place, &port);
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
        .help(help)
        .edits("bind it to this machine", false, edits);
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
    // A template's placeholder is what a template is for.
    if key.is_empty() || home.is_template() {
        return;
    }
    let text = home.variable("API_SERVER_KEY").is_some()
        || platform_key(home, ID, "key").is_some_and(|setting| setting.str().is_some());
    let refused = if text { refused(home, &key) } else { Holds::Always };
    let class = classify(key.as_bytes(), &Context::default());
    let placeholder = matches!(class.kind, Kind::Placeholder | Kind::Redacted);
    let (message, label, severity, note) = match refused {
        Holds::Always => (
            "the API server refuses to start with this key: it is too short or a placeholder",
            "no usable key",
            Severity::Info,
            None,
        ),
        Holds::Never if !placeholder => return,
        Holds::Never => (
            "the API server takes this key, and everybody can guess it",
            "a placeholder",
            Severity::Warning,
            None,
        ),
        Holds::Depends { text } => (
            "everybody can guess this key, and not every release refuses it",
            "a placeholder",
            Severity::Warning,
            Some(format!("the API server refuses to start with it {text}")),
        ),
    };
    findings.add(
        ApiServerExposed::META
            .at(&place)
            .anchor(name)
            .message(message)
            .label(label)
            .severity(severity)
            .help("`API_SERVER_KEY=` in .env, with the output of `openssl rand -hex 32`")
            .notes(note),
    );
}

/// The shapes of placeholders are refused from here on.
const SHAPES: Range = Range::since(Release::new(0, 21, 4));

/// Whether the server does not start with `key`.
fn refused(home: &Home<'_>, key: &str) -> Holds {
    let folded = key.to_lowercase();
    if key.chars().count() < KEY_LENGTH || folded == "your_api_key_here" {
        return Holds::Always;
    }
    if is_placeholder_shape(&folded) { home.holds(&SHAPES) } else { Holds::Never }
}

/// The shapes that Hermes knows: `your_…_here`, and nothing but `x`.
fn is_placeholder_shape(folded: &str) -> bool {
    let all_x = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'x');
    (folded.starts_with("your_") && folded.ends_with("_here"))
        || ["sk-", "ghp_", "hf_"].iter().filter_map(|p| folded.strip_prefix(p)).any(all_x)
        || all_x(&folded.replace([' ', '-', '_'], ""))
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

#[cfg(test)]
mod tests {
    use super::is_placeholder_shape;

    #[test]
    fn shapes_of_placeholders() {
        for text in ["your_secret_key_here", "sk-xxxxxxxx", "xxxx-xxxx xxxx", "hf_x"] {
            assert!(is_placeholder_shape(text), "{text}");
        }
        for text in ["your-secret-key-here", "sk-", "changemechangeme", "xxxx1", ""] {
            assert!(!is_placeholder_shape(text), "{text}");
        }
    }
}
