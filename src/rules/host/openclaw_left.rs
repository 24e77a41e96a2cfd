//! `host/openclaw-left`: an installation of OpenClaw lies beside the home.

use super::{location, quoted};
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// OpenClaw lies beside the home.
pub struct OpenClawLeft;

impl HomeRule for OpenClawLeft {
    const META: RuleMeta = RuleMeta {
        id: "host/openclaw-left",
        summary: "an installation of OpenClaw lies beside the home",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[530],
        since: "0.1.0",
        page: page!("host/openclaw-left"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for folder in home.openclaw_beside() {
            findings.add(
                Self::META
                    .at_location(location(folder))
                    .message(
                        "OpenClaw lies beside this home: the bot tokens, keys and pairings it was given are \
                         still there, and still valid",
                    )
                    .help(format!(
                        "stop it, `hermes claw cleanup --source {}`, and replace the keys that Hermes does not share",
                        quoted(&folder.display)
                    ))
                    .anchor("openclaw"),
            );
        }
    }
}
