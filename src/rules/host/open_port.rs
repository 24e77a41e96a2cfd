//! `host/open-port`: a port of Hermes can be reached from other machines, whatever the settings say.

use super::location;
use crate::deployment::{Deployment, Home, Survey};
use crate::facts::{Range, Release};
use crate::finding::{Confidence, Severity};
use crate::host::listener::Listener;
use crate::rules::gateway::{
    api_server_exposed::ApiServerExposed, dashboard_exposed::DashboardExposed,
    sharp_variable::SharpVariable, webhook_exposed::WebhookExposed,
};
use crate::rules::host::published_port::PublishedPort;
use crate::rules::{DeploymentRule, Findings, HomeRule, RuleMeta, page};

/// A socket of an account that runs Hermes waits on one of Hermes's ports for other machines.
pub struct OpenPort;

/// Last release line whose dashboard asks nobody who they are when it is told so.
const LAST_OPEN: Release = Release::new(0, 16, u32::MAX);

impl DeploymentRule for OpenPort {
    const META: RuleMeta = RuleMeta {
        id: "host/open-port",
        summary: "a port of Hermes is open to other machines",
        severity: Severity::Warning,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[668],
        since: "0.1.0",
        page: page!("host/open-port"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let Some(survey) = deployment.survey else { return };
        let accounts = survey.accounts();
        let mut seen = Vec::new();
        for (listener, what) in survey.listeners.iter().flatten() {
            // The number alone may be another program's; with the account of the agent it hardly is.
            let own = accounts.iter().any(|(account, _)| account.uid == listener.uid);
            if !listener.is_open() || !own || seen.contains(&listener.port) {
                continue;
            }
            seen.push(listener.port);
            let Some(home) = home_of(deployment, survey, listener.uid) else { continue };
            if says_so(home, listener.port) {
                continue;
            }
            add(home, listener, what, findings);
        }
    }
}

fn add(home: &Home<'_>, listener: &Listener, what: &str, findings: &mut Findings) {
    let Some(folder) = home.files().iter().find(|file| file.below.is_empty()) else { return };
    let (port, address) = (listener.port, listener.address);
    let (severity, follows) = match port {
        9119 if home.scope.high <= LAST_OPEN => {
            (Severity::Error, "this release may serve it without a login, and it runs code")
        }
        9119 => (Severity::Warning, "its login is all that keeps the network from running code"),
        8642 => (Severity::Warning, "its key is all that keeps the network from running the agent"),
        8644 => (Severity::Warning, "a signature is all that a delivery needs"),
        // The service on the other side has to reach these.
        8645 | 8646 | 3978 => (Severity::Info, "its callbacks come with a signature"),
        _ => (Severity::Warning, "whoever reaches it may talk to the agent"),
    };
    let address =
        if address.is_unspecified() { "every address".to_owned() } else { address.to_string() };
    findings.add(
        OpenPort::META
            .at_location(location(folder))
            .severity(severity)
            .message(format!(
                "port {port}, the {what} unless set otherwise, is open on {address}, though no setting that was read asks for it: {follows}"
            ))
            .help(format!(
                "look what opens it (`ss -ltnp 'sport = :{port}'`), bind it to 127.0.0.1, and put a proxy with a login before it where others need it"
            ))
            .anchor(format!("port {port}")),
    );
}

/// The home of the account that listens; the only one where there is one.
fn home_of<'h, 'd>(
    deployment: &'h Deployment<'d>,
    survey: &Survey,
    uid: u32,
) -> Option<&'h Home<'d>> {
    let owns = |home: &&Home<'_>| {
        home.files().iter().any(|file| file.below.is_empty() && file.facts.uid == uid)
    };
    // An image that was not laid out by root has lost its owners.
    let only = || deployment.homes.first().filter(|_| survey.homes.len() == 1);
    deployment.homes.iter().find(owns).or_else(only)
}

/// True when the settings ask for it: the rule that reads them speaks of it, with the line to change.
fn says_so(home: &Home<'_>, port: u16) -> bool {
    let mut said = Findings::default();
    match port {
        9119 => DashboardExposed::check(home, &mut said),
        8642 => ApiServerExposed::check(home, &mut said),
        8644 => WebhookExposed::check(home, &mut said),
        9900 => SharpVariable::check(home, &mut said),
        _ => {}
    }
    PublishedPort::check(home, &mut said);
    said.as_slice().iter().any(|finding| finding.severity > Severity::Info)
}
