//! `gateway/dashboard-exposed`: the dashboard is started without login on a public address.

use crate::deployment::{Home, Service};
use crate::document::Place;
use crate::facts::{Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, is_loopback};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page};

/// The dashboard is started without login on a public address.
pub struct DashboardExposed;

const VARIABLE: &str = "HERMES_DASHBOARD_INSECURE";

/// Last release line in which `--insecure` does what it says.
const LAST_OPEN: Release = Release::new(0, 16, u32::MAX);
/// First release that was read and in which it does nothing.
const CLOSED: Release = Release::new(0, 19, 0);

impl HomeRule for DashboardExposed {
    const META: RuleMeta = RuleMeta {
        id: "gateway/dashboard-exposed",
        summary: "the dashboard is started without login on a public address",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[306],
        since: "0.1.0",
        page: page!("gateway/dashboard-exposed"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for service in home.services().iter().filter(|service| service.is_hermes) {
            if service.argument(|word| word == "dashboard").is_some()
                && is_public(service)
                && let Some(word) = service.argument(|word| word == "--insecure")
            {
                let place = part(&word.place, &word.text);
                let draft = rate(home, &place)
                    .anchor(format!("{} --insecure", service.name))
                    .help("remove `--insecure`, and `--host` where a local browser will do");
                findings.add(draft);
            }
        }
        if let Some(effective) = home.variable(VARIABLE) {
            let variable = effective.winner;
            if variable.known && (variable.is_true() || variable.value.trim() == "on") {
                let mut draft = rate(home, &variable.place)
                    .anchor(VARIABLE)
                    .help(format!("remove `{VARIABLE}`"));
                for loser in effective.shadowed {
                    draft = draft.related(&loser.place, "is set here too, and loses");
                }
                findings.add(draft);
            }
        }
    }
}

/// The word itself, where the place of a command is the whole line.
fn part<'d>(place: &Place<'d>, word: &str) -> Place<'d> {
    let Some(span) = place.span else { return place.clone() };
    let bytes = span.of(place.document.text.bytes());
    let found = std::str::from_utf8(bytes).ok().and_then(|text| text.find(word));
    found.map_or_else(
        || place.clone(),
        |at| {
            let start = span.start + at;
            let span = crate::span::Span::new(start, start + word.len());
            Place::new(place.document, span, place.route.clone())
        },
    )
}

/// True when the command line binds more than this machine.
fn is_public(service: &Service<'_>) -> bool {
    let mut words = service.command.iter().map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        let host = match word.strip_prefix("--host") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(host) = host {
            return !is_loopback(host);
        }
    }
    false
}

fn rate(home: &Home<'_>, place: &Place<'_>) -> Draft {
    let open = "the dashboard is open to whoever reaches it: it edits settings, installs plugins and \
                so runs code";
    let (severity, message) = if home.scope.high <= LAST_OPEN {
        (in_force(home, Severity::Error), open)
    } else if home.scope.low < CLOSED {
        (Severity::Warning, open)
    } else {
        (
            Severity::Info,
            "asking for a dashboard without login has no effect any more, but an older release \
             started like this is open",
        )
    };
    DashboardExposed::META
        .at(place)
        .message(message)
        .label("no login wanted")
        .severity(severity)
        .note("effective up to 0.16; later releases ask for a login on every address but loopback")
}
