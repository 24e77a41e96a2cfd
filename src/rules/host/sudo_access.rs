//! `host/sudo-access`: the agent can become root when it wants to.

use super::in_template;
use crate::deployment::{Home, Service, Starter};
use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::host::account::PRIVILEGED_GROUPS;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The agent's account is given a way to root.
pub struct SudoAccess;

impl HomeRule for SudoAccess {
    const META: RuleMeta = RuleMeta {
        id: "host/sudo-access",
        summary: "the agent can become root by itself",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["non-root-user"],
        cwe: &[250, 269],
        since: "0.1.0",
        page: page!("host/sudo-access"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if let Some(effective) = home.variable("SUDO_PASSWORD") {
            let variable = effective.winner;
            let severity = if variable.known { Severity::Error } else { Severity::Warning };
            let mut draft = Self::META
                .at(&variable.place)
                .severity(in_template(&variable.place, severity))
                .message("`SUDO_PASSWORD` is set: Hermes hands it to sudo unasked, so every command can be root's")
                .label("root without a prompt")
                .help("drop the line and change that password; give single commands to the account in /etc/sudoers.d instead");
            for loser in effective.shadowed.iter().take(3) {
                draft = draft.related(&loser.place, "set here, too, and loses");
            }
            findings.add(draft);
        }
        for service in home.services() {
            for (place, group) in memberships(service) {
                findings.add(
                    Self::META
                        .at(&place)
                        .severity(Severity::Warning)
                        .message(match group {
                            "NOPASSWD" => "the account may use sudo without a password: whatever runs as it is root".to_owned(),
                            "docker" => "the account joins the group docker: who may start containers can mount the whole disk".to_owned(),
                            _ => format!("the account joins the group {group}: whatever runs as it can become root"),
                        })
                        .label("a way to root")
                        .help("leave it out: the agent's account needs no group but its own"),
                );
            }
        }
    }
}

/// Groups and rights that a service gives the account, with their places.
fn memberships<'d>(service: &Service<'d>) -> Vec<(Place<'d>, &'static str)> {
    if !service.is_hermes {
        return Vec::new();
    }
    let document = service.document;
    let named = |text: &str| {
        text.split([',', ' ', ':']).find_map(|word| {
            PRIVILEGED_GROUPS.into_iter().find(|group| *group == word.trim_matches(['"', '\'']))
        })
    };
    match (&document.kind, service.starter) {
        (Kind::Dockerfile(dockerfile), _) => dockerfile
            .instructions
            .iter()
            .filter(|instruction| instruction.keyword == "RUN")
            .filter_map(|instruction| {
                let text = instruction.arguments.text();
                let group = text.split([';', '&', '|', '\n']).find_map(|command| {
                    if command.contains("NOPASSWD") {
                        return Some("NOPASSWD");
                    }
                    let mut words = command.split_whitespace();
                    let program = words.find(|word| {
                        matches!(*word, "usermod" | "adduser" | "useradd" | "gpasswd" | "addgroup")
                    })?;
                    let options: Vec<&str> = words.collect();
                    let adds = match program {
                        "usermod" | "useradd" => options.iter().any(|word| {
                            word.starts_with("--groups")
                                || (word.starts_with('-')
                                    && !word.starts_with("--")
                                    && word.contains('G'))
                        }),
                        // `adduser NAME GROUP`; with one name it only makes an account.
                        "adduser" | "addgroup" => {
                            options.iter().filter(|word| !word.starts_with('-')).count() == 2
                        }
                        _ => options.contains(&"-a") || options.contains(&"--add"),
                    };
                    adds.then(|| {
                        options.iter().find_map(|word| named(word.trim_start_matches("--groups=")))
                    })
                    .flatten()
                })?;
                Some((Place::new(document, instruction.span, "RUN"), group))
            })
            .collect(),
        (Kind::Unit(unit), Starter::SystemUnit | Starter::UserUnit) => {
            ["SupplementaryGroups", "Group"]
                .into_iter()
                .flat_map(|key| {
                    unit.values("Service", key).into_iter().map(move |directive| (key, directive))
                })
                .filter_map(|(key, directive)| {
                    let group = named(directive.value())?;
                    Some((
                        Place::new(document, directive.value_span, format!("Service.{key}")),
                        group,
                    ))
                })
                .collect()
        }
        (Kind::Compose(_), _) => service
            .privileges
            .iter()
            .filter(|(setting, _)| setting == "group_add")
            .filter_map(|(_, word)| Some((word.place.clone(), named(&word.text)?)))
            .collect(),
        _ => Vec::new(),
    }
}
