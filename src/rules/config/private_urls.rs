//! `config/private-urls`: the agent may fetch from the local network.

use super::keys::in_force;
use crate::deployment::{Home, Setting};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Private addresses may be fetched.
pub struct PrivateUrls;

const KEYS: [&str; 2] = ["security.allow_private_urls", "browser.allow_private_urls"];
const VARIABLE: &str = "HERMES_ALLOW_PRIVATE_URLS";

impl HomeRule for PrivateUrls {
    const META: RuleMeta = RuleMeta {
        id: "config/private-urls",
        summary: "the agent may fetch from the local network",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[918],
        since: "0.1.0",
        page: page!("config/private-urls"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let variable =
            home.variable(VARIABLE).map(|found| found.winner).filter(|found| found.known);
        let mut places = Vec::new();
        match variable.map(|variable| variable.value.trim().to_ascii_lowercase()).as_deref() {
            // Said outright, no leaves the config unread.
            Some("false" | "0" | "no") => return,
            Some("true" | "1" | "yes") => places.extend(variable.map(|found| found.place.clone())),
            _ => {}
        }
        let on = KEYS.iter().filter_map(|key| home.setting(key)).filter(is_truthy);
        places.extend(on.map(|setting| setting.place()));
        let Some((first, others)) = places.split_first() else { return };
        let name = &first.route;
        let help = if name == VARIABLE {
            "remove the line, or write `HERMES_ALLOW_PRIVATE_URLS=false`".to_owned()
        } else {
            format!("write `{name}: false`, and name single hosts in the tool that needs them")
        };
        let mut draft = Self::META
            .at(first)
            .severity(in_force(home, Severity::Warning))
            .message(format!(
                "`{name}` lets web and browser tools reach loopback and the local network: a page can send them there"
            ))
            .label("opens the local network")
            .help(help);
        for other in others {
            draft = draft.related(other, "says so, too");
        }
        findings.add(draft);
    }
}

fn is_truthy(setting: &Setting<'_>) -> bool {
    !setting.is_hole()
        && setting.python_str().is_some_and(|text| {
            ["true", "1", "yes", "on"].contains(&text.trim().to_ascii_lowercase().as_str())
        })
}
