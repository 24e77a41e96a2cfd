//! `gateway/webhook-exposed`: the webhook listens on every interface, or takes unsigned deliveries.

use crate::deployment::{Home, UNSIGNED};
use crate::document::Place;
use crate::document::yaml::edit::Fresh;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{
    self, Reached, in_force, loopback, missing, open_door, platform_key, reached,
};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The webhook listens on every interface, or takes unsigned deliveries.
pub struct WebhookExposed;

const ID: &str = "webhook";

impl HomeRule for WebhookExposed {
    const META: RuleMeta = RuleMeta {
        id: "gateway/webhook-exposed",
        summary: "the webhook listens on every interface or takes unsigned deliveries",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[668, 306],
        since: "0.1.0",
        page: page!("gateway/webhook-exposed"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let on = home
            .platforms()
            .iter()
            .find(|state| state.spec.id == ID)
            .and_then(|state| state.on.clone());
        let Some(on) = on else { return };
        let port = platform_key(home, ID, "port").and_then(|setting| setting.python_str());
        let port = home
            .variable("WEBHOOK_PORT")
            .map(|effective| effective.winner.value.trim().to_owned())
            .or(port)
            .unwrap_or_else(|| "8644".to_owned());
        let setting = platform_key(home, ID, "host").filter(|setting| !setting.is_empty());
        match setting {
            Some(setting) => {
                let host = setting.python_str();
                let open = host.is_some_and(|host| {
                    !setting.is_hole() && !host.contains('$') && !posture::is_loopback(&host)
                });
                if open {
                    let message = "the webhook listens beyond this machine, in clear";
                    let severity = in_force(home, Severity::Warning);
                    exposed(home, (&setting.place(), true), &port, message, severity, findings);
                }
            }
            None if home.has_config() && !home.is_incomplete() => {
                let message = "the webhook is on without a host, so it listens on every interface, \
                               in clear";
                let severity = missing(home, Severity::Warning);
                exposed(home, (&on, false), &port, message, severity, findings);
            }
            None => {}
        }
        for secret in home.webhook_secrets().into_iter().filter(|secret| secret.text == UNSIGNED) {
            findings.add(
                Self::META
                    .at(&secret.place)
                    .message(format!(
                        "{} takes unsigned deliveries: whoever reaches the port writes into the prompt",
                        secret.of
                    ))
                    .label("no signature asked")
                    .severity(open_door(home))
                    .note("Hermes accepts this on a loopback host only and refuses to start on another")
                    .help("set a random secret, such as the output of `openssl rand -hex 32`"),
            );
        }
    }
}

/// Reports a listener that is reached, at the port that a container publishes where one does.
fn exposed(
    home: &Home<'_>,
    (set_at, is_set): (&Place<'_>, bool),
    port: &str,
    message: &str,
    severity: Severity,
    findings: &mut Findings,
) {
    let draft = match reached(home, Some(set_at), port) {
        Reached::No => return,
        Reached::Directly => WebhookExposed::META.at(set_at).label("reachable from elsewhere").help(
            "`host: 127.0.0.1` under `platforms.webhook.extra`, and a reverse proxy with TLS in \
             front of it",
        ),
        Reached::Published(published) => WebhookExposed::META
            .at(&published)
            .label("published")
            .related(set_at, "switches it on within the container")
            .help(format!("`127.0.0.1:{port}:{port}`, and a reverse proxy with TLS in front of it")),
    };
    let edits = if is_set {
        loopback(home, set_at, port)
    } else {
        match reached(home, Some(set_at), port) {
            Reached::Directly => home.config().and_then(|config| {
                let path = ["platforms", "webhook", "extra", "host"];
                config.changed(|sheet| sheet.set(&path, &Fresh::Scalar("127.0.0.1".to_owned())))
            }),
            _ => loopback(home, set_at, port),
        }
    };
    findings.add(
        draft.anchor("platforms.webhook.extra.host").message(message).severity(severity).edits(
            "bind it to this machine",
            false,
            edits,
        ),
    );
}
