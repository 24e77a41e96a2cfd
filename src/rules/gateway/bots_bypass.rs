//! `gateway/bots-bypass`: bots are let past the list of people.

use crate::deployment::{Home, Setting};
use crate::facts::{Holds, Platform, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::is_switched_off;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Bots are let past the list of people.
pub struct BotsBypass;

impl HomeRule for BotsBypass {
    const META: RuleMeta = RuleMeta {
        id: "gateway/bots-bypass",
        summary: "bots are let past the list of people",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284],
        since: "0.1.0",
        page: page!("gateway/bots-bypass"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for platform in &home.knowledge.facts().platforms().platforms {
            let Some(name) = &platform.allow_bots else { continue };
            if is_switched_off(home, &platform.id) {
                continue;
            }
            let who = &platform.name;
            if let Some(effective) = home.variable(name) {
                let variable = effective.winner;
                let Some(which) = bots(&variable.value).filter(|_| variable.known) else {
                    continue;
                };
                let mut draft = Self::META
                    .at(&variable.place)
                    .anchor(name.clone())
                    .message(message(name, which, who))
                    .label("bots pass the allowlist")
                    .help(format!("`{name}=none`"));
                for loser in effective.shadowed {
                    draft = draft.related(&loser.place, "is set here too, and loses");
                }
                findings.add(draft);
            } else if let Some((setting, range)) = key(home, platform)
                && let Some(which) = setting.str().and_then(bots)
            {
                let when = match home.holds(range) {
                    Holds::Never => continue,
                    Holds::Always => String::new(),
                    Holds::Depends { text } => format!(" {text}"),
                };
                let severity = if when.is_empty() { Self::META.severity } else { Severity::Info };
                findings.add(
                    Self::META
                        .at(&setting.place())
                        .severity(severity)
                        .message(message(&setting.path, which, who) + &when)
                        .label("bots pass the allowlist")
                        .help("`allow_bots: none`"),
                );
            }
        }
    }
}

/// The key of its block that says so, with the releases that read it.
fn key<'h, 'd>(home: &'h Home<'d>, platform: &Platform) -> Option<&'h (Setting<'d>, Range)> {
    let state = home.platforms().iter().find(|state| state.spec.id == platform.id)?;
    state.bots.iter().find(|(_, range)| home.may_hold(range))
}

/// Which bots a value lets in.
fn bots(value: &str) -> Option<&'static str> {
    match value.trim().to_ascii_lowercase().as_str() {
        "all" => Some("every bot"),
        "mentions" => Some("every bot that mentions it"),
        _ => None,
    }
}

fn message(name: &str, which: &str, platform: &str) -> String {
    format!("`{name}` lets {which} on {platform} command the agent, whoever is on the allowlist")
}
