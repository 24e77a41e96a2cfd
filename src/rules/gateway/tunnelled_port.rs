//! `gateway/tunnelled-port`: a tunnel or proxy leads to a port behind which nobody is asked who they are.

use crate::deployment::{Home, Service, Starter, UNSIGNED};
use crate::document::forward::{self, Forward};
use crate::document::{Kind, Place, Standing};
use crate::facts::{Range, Reach};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{self, in_force, is_loopback};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A tunnel or proxy leads to a port behind which nobody is asked who they are.
pub struct TunnelledPort;

const DASHBOARD: u16 = 9119;
const API_SERVER: u16 = 8642;
const WEBHOOK: u16 = 8644;
/// What sets up the dashboard's login; on loopback newer releases ask for it only under a public name.
const LOGINS: &[&str] = &[
    "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD_HASH",
    "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD",
    "HERMES_DASHBOARD_OAUTH_CLIENT_ID",
    "HERMES_DASHBOARD_OIDC_ISSUER",
    "HERMES_DASHBOARD_PUBLIC_URL",
];

impl HomeRule for TunnelledPort {
    const META: RuleMeta = RuleMeta {
        id: "gateway/tunnelled-port",
        summary: "a tunnel or proxy leads to a port behind which nobody is asked who they are",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[306, 668],
        since: "0.1.0",
        page: page!("gateway/tunnelled-port"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let tooling = home.knowledge.facts().tooling();
        for document in home.around() {
            let Kind::Proxy(forwards) = &document.kind else { continue };
            // Other programs have these numbers, too.
            let ours = has_dashboard(home)
                || document.text.path().display.to_ascii_lowercase().contains("hermes")
                || mentions_hermes(document.text.bytes());
            for forward in forwards.iter().filter(|forward| ours || forward.port != DASHBOARD) {
                let place = Place::new(document, forward.span, format!("port {}", forward.port));
                judge(home, forward, &place, findings);
            }
        }
        for service in home.services() {
            let mut words: Vec<&str> =
                service.command.iter().map(|word| word.text.as_str()).collect();
            // The image's own entry point is the program.
            if let Some(image) =
                service.image.as_ref().filter(|_| service.starter == Starter::Compose)
            {
                words.insert(0, &image.text);
            }
            let Some(forward) = forward::of_command(&words, tooling) else { continue };
            let port = forward.port.to_string();
            let at = service.command.iter().rev().find(|word| word.text.contains(&port));
            let mut place = at.map_or_else(|| service.place.clone(), |word| word.place.clone());
            place.route = format!("{} port {port}", service.name);
            let forward = Forward { local: forward.local && shares_host(service), ..forward };
            judge(home, &forward, &place, findings);
        }
    }
}

/// True where `localhost` is the machine that Hermes is on.
fn shares_host(service: &Service<'_>) -> bool {
    service.starter != Starter::Compose
        || service
            .privileges
            .iter()
            .any(|(name, word)| name == "network_mode" && word.text == "host")
}

fn judge(home: &Home<'_>, forward: &Forward, place: &Place<'_>, findings: &mut Findings) {
    if forward.login {
        return;
    }
    let by = &forward.by;
    let who = match forward.reach {
        Reach::Everybody => "everybody who learns its address",
        Reach::Tailnet => "every machine of the tailnet",
        Reach::Proxy => "whoever reaches the proxy",
    };
    let (severity, message, help) = match forward.port {
        DASHBOARD if forward.local && !asks_itself(home) => {
            let help = if forward.reach == Reach::Proxy {
                "ask for a login in the proxy (`auth_basic`, `basic_auth`, `forward_auth`), or start the dashboard with \
                 `--host` on an address of the machine and `dashboard.basic_auth`: on loopback it asks nobody"
            } else {
                "drop it and use an SSH tunnel (`ssh -L 9119:localhost:9119`), or put a login before it"
            };
            if forward.own_name {
                let severity = match forward.reach {
                    Reach::Tailnet => Severity::Warning,
                    // With a login set up, it may well be started on an address that asks for it.
                    _ if has_login(home) => Severity::Warning,
                    _ => Severity::Error,
                };
                (
                    severity,
                    format!(
                        "{by} leads {who} to the dashboard, which asks nobody for a login on loopback: it edits settings, installs plugins and so runs code"
                    ),
                    help,
                )
            } else {
                (
                    Severity::Info,
                    format!(
                        "{by} leads {who} to the dashboard on loopback; that it refuses requests under another name is all that keeps them out"
                    ),
                    help,
                )
            }
        }
        WEBHOOK if forward.local && is_unsigned(home) => (
            Severity::Error,
            format!(
                "{by} leads {who} to the webhook, which takes unsigned deliveries: they write into the prompt"
            ),
            "set a random secret instead of `INSECURE_NO_AUTH`, such as the output of `openssl rand -hex 32`",
        ),
        API_SERVER if forward.reach == Reach::Everybody && posture::is_on(home, "api_server") => (
            Severity::Info,
            format!(
                "{by} leads {who} to the API server: its key is all that keeps them from running the agent"
            ),
            "put a login before it, or use it within a network of your own",
        ),
        _ => return,
    };
    let severity = match place.document.standing {
        Standing::Template => severity.min(Severity::Warning),
        _ => in_force(home, severity),
    };
    findings.add(
        TunnelledPort::META
            .at(place)
            .severity(severity)
            .message(message)
            .label("leads to Hermes")
            .help(help)
            .anchor(format!("{by} {}", place.route)),
    );
}

fn has_dashboard(home: &Home<'_>) -> bool {
    home.services()
        .iter()
        .any(|service| service.is_hermes && service.argument(|word| word == "dashboard").is_some())
}

/// True when the dashboard is started on an address on which it asks for a login.
fn asks_itself(home: &Home<'_>) -> bool {
    home.services().iter().any(|service| {
        let words = || service.command.iter().map(|word| word.text.as_str());
        let dashboard = service.is_hermes && words().any(|word| word == "dashboard");
        let after = words().skip_while(|word| *word != "--host").nth(1);
        let host = words().find_map(|word| word.strip_prefix("--host=")).or(after);
        dashboard && host.is_some_and(|host| !is_loopback(host))
    })
}

fn has_login(home: &Home<'_>) -> bool {
    ["dashboard.basic_auth", "dashboard.oauth", "dashboard.public_url"]
        .iter()
        .any(|path| home.setting(path).is_some_and(|setting| !setting.is_empty()))
        || LOGINS.iter().any(|name| home.variable(name).is_some())
}

fn is_unsigned(home: &Home<'_>) -> bool {
    posture::is_on(home, "webhook")
        && home.webhook_secrets().iter().any(|secret| secret.text == UNSIGNED)
}

fn mentions_hermes(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"hermes").is_some()
}
