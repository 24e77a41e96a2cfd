//! The production hardening checklist: one function an item, saying what was seen.

use super::evidence::{at, mention, mentions, text};
use super::{Case, Seen, machine};
use crate::deployment::{Home, Service, Starter};
use crate::document::{EvidenceFile, Kind};
use crate::facts::{Duty, Holds, Range, Release};
use crate::finding::Severity;
use crate::rules::config::denylist_missing;
use crate::rules::gateway::no_allowlist;

/// Why an item about homes does not arise.
const NO_HOME: &str = "no Hermes home was found here";

/// Runs `look` on every home; says so when there is none.
fn each_home(case: &Case<'_, '_>, mut look: impl FnMut(&Home<'_>, &mut Seen)) -> Seen {
    let mut seen = Seen::default();
    if case.deployment.homes.is_empty() {
        seen.not_applicable = Some(NO_HOME.to_owned());
    }
    for home in &case.deployment.homes {
        look(home, &mut seen);
        if home.is_incomplete() && seen.unknown.is_none() {
            let name = home
                .config()
                .map_or(home.folder.clone(), |config| config.text.path().display.clone());
            seen.unknown =
                Some(format!("{name} could not be read, so nothing is known of what it says"));
        }
    }
    seen
}

/// The same home's services and those of the others, each once.
fn services<'c, 'd>(case: &Case<'c, 'd>) -> Vec<&'c Service<'d>> {
    let mut all: Vec<&Service<'_>> =
        case.deployment.homes.iter().flat_map(|home| home.services()).collect();
    all.sort_by(|a, b| (a.document.text.path(), &a.name).cmp(&(b.document.text.path(), &b.name)));
    all.dedup_by(|a, b| std::ptr::eq(a.document, b.document) && a.name == b.name);
    all
}

pub(super) fn non_root_user(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    if let Some(survey) = case.deployment.survey {
        machine::account(survey, &mut seen);
    }
    for service in services(case).into_iter().filter(|service| service.is_hermes) {
        let named = service.user.as_ref().filter(|user| {
            let user = user.text.split(':').next().unwrap_or_default().trim();
            !matches!(user, "" | "root" | "0")
        });
        if let Some(user) = named {
            seen.for_it.push(at(&user.place, format!("{} runs as {}", service.name, user.text)));
        } else if service.dynamic_user {
            seen.for_it
                .push(at(&service.place, format!("{} runs as a dynamic user", service.name)));
        } else if service.starter == Starter::Compose && service.drops_privileges() {
            let text = format!(
                "{}: the official image drops root for an account of its own",
                service.name
            );
            seen.for_it.push(at(&service.place, text));
        }
    }
    for home in &case.deployment.homes {
        if let Some(file) = home.files().iter().find(|file| file.below.is_empty()) {
            if file.facts.uid == 0 {
                seen.against.push(text(format!("{} belongs to root", file.display)));
            } else {
                seen.for_it.push(text(format!("{} belongs to {}", file.display, file.owner)));
            }
        }
    }
    seen
}

pub(super) fn secrets_in_env_file(case: &Case<'_, '_>) -> Seen {
    let mut seen = each_home(case, |home, seen| {
        let Some(config) = home.config() else { return };
        let env_secrets = home.envs().iter().any(|env| has_literal_secret(env));
        let env_file = home.files().iter().find(|file| file.below == ".env");
        match env_file {
            Some(file) => {
                let line = format!(
                    "{} is {:04o}, owned by {}",
                    file.display,
                    file.facts.mode & 0o777,
                    file.owner
                );
                seen.for_it.push(text(line));
            }
            None if env_secrets => {
                let name = home.envs().first().map_or("", |env| env.text.path().display.as_str());
                seen.unknown = Some(format!(
                    "{name} holds secrets, and a checkout does not show its mode: run `hermes-lint host` where it is deployed"
                ));
            }
            None => {}
        }
        let name = &config.text.path().display;
        seen.for_it.push(text(format!("no literal credential in {name}")));
    });
    if let Some(survey) = case.deployment.survey {
        machine::secrets(survey, &mut seen);
    }
    seen
}

fn has_literal_secret(document: &crate::document::Document) -> bool {
    !document.text.masks().is_empty()
}

pub(super) fn denylist_destructive(case: &Case<'_, '_>) -> Seen {
    each_home(case, |home, seen| {
        let denylist = home.denylist();
        let early = Range { since: None, until: Release::parse("0.21.3") };
        if home.runs_isolated() && denylist.native.is_some() && home.holds(&early) == Holds::Always
        {
            let line = "before 0.21.3 Hermes does not look at approvals.deny when commands run in a container";
            seen.against.push(text(format!("{line}: {}", name_of(home))));
        }
        if let Some(native) = &denylist.native {
            let line = format!("approvals.deny has {} entries", native.items().len());
            seen.for_it.push(at(&native.key_place(), line));
        } else {
            for list in denylist.guide.iter().filter(|list| !list.is_empty()) {
                let line = format!(
                    "{} has {} entries, in a vocabulary that Hermes does not read",
                    list.path,
                    list.items().len()
                );
                seen.for_it.push(at(&list.key_place(), line));
            }
        }
        if !denylist.is_set() && home.has_config() {
            let line = format!("no denylist in {}", name_of(home));
            // Where it is a finding of its own, that is the evidence.
            let said = denylist_missing::severity(home) > Severity::Info;
            if said || home.is_template() || home.runs_isolated() || home.is_incomplete() {
                seen.absence_fails = Some(line);
            } else {
                seen.against.push(text(line));
            }
        }
    })
}

fn name_of(home: &Home<'_>) -> String {
    home.config().map_or_else(|| home.folder.clone(), |config| config.text.path().display.clone())
}

pub(super) fn paths_restricted(case: &Case<'_, '_>) -> Seen {
    each_home(case, |home, seen| {
        if let Some(effective) = home.variable("HERMES_WRITE_SAFE_ROOT") {
            seen.for_it.push(at(
                &effective.winner.place,
                "HERMES_WRITE_SAFE_ROOT confines the file tools",
            ));
        } else if let Some(list) = home.list("security.filesystem_allowed_paths") {
            let line = "security.filesystem_allowed_paths is set, in a vocabulary that Hermes does not read";
            seen.for_it.push(at(&list.setting.key_place(), line));
        } else if home.has_config() {
            let line = format!("nothing confines where {} lets the agent write", name_of(home));
            seen.against.push(text(line));
        }
    })
}

pub(super) fn messaging_allowlists(case: &Case<'_, '_>) -> Seen {
    let mut on = 0;
    let mut seen = each_home(case, |home, seen| {
        for (name, place) in no_allowlist::pairs_strangers(home) {
            let line = format!("{name} is on without an allowlist: whoever is paired gets in");
            seen.against.push(at(place, line));
        }
        for state in home.platforms().iter().filter(|state| state.on.is_some()) {
            on += 1;
            if let Some(door) = state.doors.iter().find(|door| !door.is_empty()) {
                let line = format!("{} answers to {} only", state.spec.name, door.name);
                seen.for_it.push(at(&door.place, line));
            }
        }
    });
    if on == 0 && seen.not_applicable.is_none() {
        seen.not_applicable =
            Some("no messaging platform is switched on in what was read".to_owned());
    }
    seen
}

pub(super) fn dangerous_command_policy(case: &Case<'_, '_>) -> Seen {
    each_home(case, |home, seen| {
        if let Some(mode) = home.setting("approvals.mode") {
            let word = mode.python_str().unwrap_or_default();
            let line = match word.as_str() {
                "smart" => {
                    "approvals.mode is smart: a model approves what looks safe to it".to_owned()
                }
                word => format!("approvals.mode is {word}"),
            };
            seen.for_it.push(at(&mode.place(), line));
        } else if let Some(policy) = home.setting("security.dangerous_command_policy") {
            let line = "security.dangerous_command_policy is set, in a vocabulary that Hermes does not read";
            seen.for_it.push(at(&policy.place(), line));
        } else if home.has_config() && !home.is_template() {
            let line = format!(
                "{} does not set approvals.mode; what runs unasked is up to the release's default",
                name_of(home)
            );
            seen.against.push(text(line));
        }
    })
}

/// Words by which a forwarder's config names what it forwards.
const LOGS: &[&str] = &[".hermes/logs", "hermes/home/logs", "agent.log", "gateway.log", "hermes"];

pub(super) fn log_forwarding(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let deployment = case.deployment;
    for document in deployment.evidence(EvidenceFile::Forwarder) {
        let Some(place) = mention(document, LOGS) else { continue };
        match mention(document, &["http://"])
            .filter(|_| !mentions(document, &["http://localhost", "http://127."]))
        {
            Some(plain) => seen.against.push(at(&plain, "the logs travel over plain http")),
            None => seen.for_it.push(at(&place, "a forwarder reads the Hermes logs")),
        }
    }
    for document in
        deployment.documents.iter().filter(|document| matches!(document.kind, Kind::Unit(_)))
    {
        let ships =
            mentions(document, &["logger -t", "systemd-cat", "journal-upload", "logger --tag"]);
        if let Some(place) = mention(document, LOGS).filter(|_| ships) {
            seen.for_it.push(at(&place, "a unit hands the Hermes logs to syslog"));
        }
    }
    for home in &deployment.homes {
        if let Some(url) = home.setting("logging.webhook_url").filter(|url| !url.is_empty()) {
            if url.str().is_some_and(|text| text.starts_with("http://")) {
                seen.against.push(at(&url.place(), "logging.webhook_url is plain http"));
            } else {
                let line = "logging.webhook_url is set, in a vocabulary that Hermes does not read";
                seen.for_it.push(at(&url.place(), line));
            }
        }
    }
    no_home_or(case, &mut seen, "nothing here forwards ~/.hermes/logs");
    if let Some(survey) = deployment.survey {
        machine::duty(survey, Duty::Forwards, &mut seen);
    }
    seen
}

/// Without homes an item does not arise; with some, absence of evidence fails it.
fn no_home_or(case: &Case<'_, '_>, seen: &mut Seen, absence: &str) {
    if case.deployment.homes.is_empty() {
        seen.not_applicable = Some(NO_HOME.to_owned());
    } else {
        seen.absence_fails = Some(absence.to_owned());
    }
}

pub(super) fn update_schedule(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let deployment = case.deployment;
    for document in deployment.evidence(EvidenceFile::Updates) {
        let place = crate::document::Place::whole(document);
        seen.for_it.push(at(&place, "a bot proposes new versions"));
    }
    let timers: Vec<&str> = deployment
        .documents
        .iter()
        .filter(|document| matches!(document.kind, Kind::Unit(_)))
        .map(|document| document.text.path().file_name())
        .filter(|name| name.ends_with(".timer"))
        .collect();
    for document in deployment.documents {
        let name = document.text.path().file_name();
        match &document.kind {
            // On a machine it is known whether the timer is on.
            Kind::Unit(_) if name.ends_with(".service") && deployment.survey.is_none() => {
                let timed = timers.contains(&name.replace(".service", ".timer").as_str());
                let updates = mentions(document, &["update", "upgrade", "pip install -u"]);
                if let Some(place) = mention(document, &["hermes"]).filter(|_| timed && updates) {
                    seen.for_it.push(at(&place, "a timer updates Hermes"));
                }
            }
            Kind::Compose(_) => {
                if let Some(place) = mention(
                    document,
                    &["containrrr/watchtower", "nickfedor/watchtower", "crazymax/diun"],
                ) {
                    seen.for_it.push(at(&place, "the image is watched for updates"));
                }
            }
            Kind::Evidence(EvidenceFile::Crontab) => {
                if let Some(place) = mention(document, &["hermes update", "hermes-agent"]) {
                    seen.for_it.push(at(&place, "cron updates Hermes"));
                }
            }
            _ => {}
        }
    }
    no_home_or(case, &mut seen, "no timer, cron entry or update bot was found");
    if let Some(survey) = deployment.survey {
        machine::duty(survey, Duty::Updates, &mut seen);
    }
    seen
}

pub(super) fn separate_keys(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let environments: Vec<&Home<'_>> = case
        .deployment
        .homes
        .iter()
        .filter(|home| {
            home.config().is_some() || home.envs().iter().any(|env| has_literal_secret(env))
        })
        .collect();
    if environments.len() < 2 {
        seen.not_applicable = Some("fewer than two environments were found here".to_owned());
        if let Some(survey) = case.deployment.survey {
            machine::hidden_homes(survey, &mut seen);
        }
        return seen;
    }
    let names: Vec<String> = environments.iter().map(|home| name_of(home)).collect();
    let line = format!("{} environments share no secret value: {}", names.len(), names.join(", "));
    seen.for_it.push(text(line));
    seen
}

pub(super) fn pre_commit_scanning(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let scanners = case.deployment.knowledge.facts().tooling();
    let words: Vec<&str> = scanners.scanners.iter().map(String::as_str).collect();
    for document in case.deployment.evidence(EvidenceFile::Checks) {
        if let Some(place) = mention(document, &words) {
            seen.for_it.push(at(&place, "a credential scanner runs here"));
        }
    }
    if case.deployment.documents.is_empty() {
        seen.not_applicable = Some("nothing of a deployment was found here".to_owned());
    } else {
        seen.absence_fails = Some("no hook or CI step runs a known credential scanner".to_owned());
    }
    if let Some(survey) = case.deployment.survey {
        machine::checkouts(survey, &mut seen);
    }
    seen
}
