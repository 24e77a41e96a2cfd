//! The operational security checklist: one function an item, saying what was seen.

use super::evidence::{age, at, dates, mention, text};
use super::machine::REVIEW_DAYS;
use super::{Case, Seen, machine};
use crate::deployment::{ChannelKind, Gate, reviews};
use crate::document::{Document, EvidenceFile, Kind, Place};
use crate::facts::{Asks, Duty, Tier};

/// How old a credential may be, in days.
const ROTATION_DAYS: i32 = 90;
/// Settings that put a secrets manager in charge, with its name.
const MANAGERS: &[(&str, &str)] =
    &[("secrets.bitwarden.enabled", "Bitwarden"), ("secrets.onepassword.enabled", "1Password")];
/// What a reference to a secrets manager looks like in a text, with its name.
const REFERENCES: &[(&str, &str)] = &[
    ("op://", "1Password"),
    ("vault kv get", "Vault"),
    ("vault agent", "Vault"),
    ("vault-agent", "Vault"),
    ("infisical run", "Infisical"),
    ("doppler run", "Doppler"),
    ("bws run", "Bitwarden"),
    ("sops", "SOPS"),
    ("secretsmanager", "AWS Secrets Manager"),
    ("loadcredential", "systemd credentials"),
];

pub(super) fn no_secrets_in_vcs(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    for home in &case.deployment.homes {
        for (path, name) in MANAGERS {
            if let Some(setting) = home.setting(path).filter(|setting| setting.bool() == Some(true))
            {
                seen.for_it.push(at(&setting.place(), format!("{name} hands out the credentials")));
            }
        }
        if let Some(env) = home.envs().first().filter(|env| !env.text.masks().is_empty()) {
            seen.for_it.push(at(&Place::whole(env), "the credentials are in the home's .env"));
        }
    }
    for document in case.deployment.documents {
        let starts = matches!(
            document.kind,
            Kind::Unit(_) | Kind::Compose(_) | Kind::Config(_) | Kind::Env(_)
        );
        for (word, name) in REFERENCES.iter().filter(|_| starts) {
            if let Some(place) = mention(document, &[word]) {
                seen.for_it.push(at(&place, format!("{name} hands out credentials")));
                break;
            }
        }
    }
    if case.deployment.documents.is_empty() {
        seen.not_applicable = Some("nothing of a deployment was found here".to_owned());
    }
    seen
}

pub(super) fn least_privilege_connectors(_: &Case<'_, '_>) -> Seen {
    // What a token may do is known to whoever issued it, not to the files that name it.
    Seen::default()
}

pub(super) fn write_gates(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let (mut doors, mut open) = (0_usize, 0_usize);
    for home in &case.deployment.homes {
        for channel in home.channels() {
            let others = matches!(channel.kind, ChannelKind::Platform | ChannelKind::Inbound);
            doors += usize::from(others);
            for tool in channel.tools.iter().filter(|tool| tool.is_at_least(Tier::Internal)) {
                let stands = home.stands(channel, tool);
                let is_open = stands.iter().any(|stretch| stretch.stand.gate.is_open());
                open += usize::from(others && is_open && tool.is_at_least(Tier::External));
                let held = |gate| matches!(gate, Gate::Prompt | Gate::Deny);
                if !stands.iter().all(|stretch| held(stretch.stand.gate)) {
                    continue;
                }
                let Some(stand) = stands.last().map(|stretch| &stretch.stand) else { continue };
                let Some(because) = &stand.because else { continue };
                let text = match (tool.asks, stand.gate) {
                    (Asks::Commands, Gate::Prompt) => {
                        "a person approves each dangerous command".to_owned()
                    }
                    (Asks::Memory | Asks::Skills, _) => format!("{} is on", because.setting),
                    _ => continue,
                };
                if let Some(place) = &because.place {
                    let one = at(place, text);
                    if !seen.for_it.contains(&one) {
                        seen.for_it.push(one);
                    }
                }
            }
        }
    }
    if doors > 0 && open == 0 && !seen.for_it.is_empty() {
        seen.for_it.push(text(
            "no tool of tier 2 or 3 stands without a gate behind a door that others use",
        ));
    }
    no_home(case, &mut seen);
    seen
}

fn no_home(case: &Case<'_, '_>, seen: &mut Seen) {
    if case.deployment.homes.is_empty() {
        seen.not_applicable = Some("no Hermes home was found here".to_owned());
    }
}

pub(super) fn audit_logging(case: &Case<'_, '_>) -> Seen {
    // Hermes's own logs are plain text; who reviewed a log, and when, a person says or a record of it.
    let mut seen = Seen::default();
    no_home(case, &mut seen);
    if let Some(survey) = case.deployment.survey {
        machine::audits(survey, case, &mut seen);
    } else {
        reviewed(case, &mut seen);
    }
    seen
}

/// A trail that is set up, and the record of a review among the files.
fn reviewed(case: &Case<'_, '_>, seen: &mut Seen) {
    let mut sources = case.deployment.trails.sources.iter();
    let Some((source, writer)) = sources.find_map(|source| Some((source, source.writer?))) else {
        return;
    };
    let reviews = case.deployment.evidence(EvidenceFile::Reviews).filter_map(|document| {
        let text = String::from_utf8_lossy(document.text.bytes());
        let day = reviews(&text).into_iter().filter(|day| *day <= case.today).max()?;
        Some((day, document))
    });
    match reviews.max_by_key(|(day, _)| *day) {
        Some((day, document)) if age(day, case.today) <= REVIEW_DAYS => {
            seen.for_it.push(at(&source.place, format!("{} writes a chained log", writer.name)));
            seen.for_it.push(at(&Place::whole(document), format!("reviewed on {day}")));
        }
        Some((day, document)) => {
            let line = format!("the newest review is of {day}, more than {REVIEW_DAYS} days ago");
            seen.against.push(at(&Place::whole(document), line));
        }
        None => {}
    }
}

pub(super) fn sensitive_data_stripped(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let mut read = 0_usize;
    for home in &case.deployment.homes {
        match home.setting("security.redact_secrets") {
            Some(setting) if setting.bool() == Some(true) => {
                seen.for_it.push(at(&setting.place(), "secrets are redacted"));
            }
            Some(_) => {}
            None if home.has_config() => seen.for_it.push(text("secrets are redacted by default")),
            None => {}
        }
        read += home
            .inside()
            .iter()
            .filter(|document| {
                matches!(
                    document.kind,
                    Kind::Prompt | Kind::Skill(_) | Kind::SkillFile | Kind::Jobs(_)
                )
            })
            .count();
    }
    if read > 0 {
        seen.for_it
            .push(text(format!("{read} memory files, skills and prompts hold no credential")));
    }
    no_home(case, &mut seen);
    seen
}

pub(super) fn skills_reviewed(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    let skills =
        case.deployment.documents.iter().filter(|document| matches!(document.kind, Kind::Skill(_)));
    if skills.count() == 0 {
        seen.not_applicable = Some("no skill was found here".to_owned());
    }
    seen
}

pub(super) fn credential_rotation(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    for document in case.deployment.documents {
        match &document.kind {
            Kind::Evidence(EvidenceFile::Procedure) => procedure(document, case, &mut seen),
            Kind::Env(_) | Kind::Config(_) => noted(document, case, &mut seen),
            _ => {}
        }
    }
    if let Some(survey) = case.deployment.survey {
        machine::untouched(survey, case, &mut seen);
    }
    no_home(case, &mut seen);
    seen
}

/// A rotation document counts when the newest date in it that has come is young enough.
fn procedure(document: &Document, case: &Case<'_, '_>, seen: &mut Seen) {
    if mention(document, &["rotat"]).is_none() {
        return;
    }
    let past = dates(document.text.bytes()).into_iter().filter(|(date, _)| *date <= case.today);
    let Some((date, span)) = past.max_by_key(|(date, _)| *date) else { return };
    let place = Place::new(document, span, "");
    if age(date, case.today) <= ROTATION_DAYS {
        seen.for_it.push(at(&place, format!("a rotation schedule is kept; newest entry {date}")));
    } else {
        seen.against
            .push(at(&place, format!("the newest entry of the rotation schedule is {date}")));
    }
}

/// Bytes before a date in which the word that says what it is must stand.
const LOOK_BACK: usize = 200;

/// `# rotated: 2026-10-01` beside a key.
fn noted(document: &Document, case: &Case<'_, '_>, seen: &mut Seen) {
    let bytes = document.text.bytes();
    for (date, span) in dates(bytes) {
        let line = document.text.lines().line_of(span.start);
        let line = document.text.lines().line_span(bytes, line);
        let before = crate::span::Span::new(
            line.start.max(span.start.saturating_sub(LOOK_BACK)),
            span.start,
        )
        .of(bytes)
        .to_ascii_lowercase();
        if memchr::memmem::find(&before, b"rotated").is_none() || !before.contains(&b'#') {
            continue;
        }
        let place = Place::new(document, span, "");
        if age(date, case.today) > ROTATION_DAYS {
            seen.against.push(at(
                &place,
                format!("last rotated on {date}, more than {ROTATION_DAYS} days ago"),
            ));
        } else {
            seen.for_it.push(at(&place, format!("rotated on {date}")));
        }
    }
}

pub(super) fn logs_append_only(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    no_home(case, &mut seen);
    if let Some(survey) = case.deployment.survey.filter(|_| !case.deployment.homes.is_empty()) {
        machine::logs(survey, case, &mut seen);
    }
    seen
}

pub(super) fn anomaly_alerts(case: &Case<'_, '_>) -> Seen {
    let mut seen = Seen::default();
    for document in case.deployment.evidence(EvidenceFile::Alerts) {
        if let Some(place) = mention(document, &["hermes"]) {
            seen.for_it.push(at(&place, "alert rules name Hermes"));
        }
    }
    for command in &case.deployment.trails.commands {
        if command.verb == "review" {
            seen.for_it
                .push(at(&command.place, "a review of the audit log for anomalies is scheduled"));
        }
    }
    no_home(case, &mut seen);
    if let Some(survey) = case.deployment.survey {
        machine::duty(survey, Duty::Alerts, &mut seen);
    }
    seen
}
