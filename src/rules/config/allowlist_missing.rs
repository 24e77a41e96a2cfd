//! `config/allowlist-missing`: a guide's security block without its list of safe commands.

use super::approvals::guide_keys;
use crate::deployment::Home;
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A guide's security block has no `command_allowlist`.
pub struct AllowlistMissing;

impl HomeRule for AllowlistMissing {
    const META: RuleMeta = RuleMeta {
        id: "config/allowlist-missing",
        summary: "a guide's security block has no `command_allowlist`",
        severity: Severity::Info,
        confidence: Confidence::Medium,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("config/allowlist-missing"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if home.is_incomplete() || home.setting("command_allowlist").is_some() {
            return;
        }
        let Some(security) = home.setting("security") else { return };
        let used = guide_keys(&security);
        // A list of the root is Hermes's own, and an absent one there is its safest value.
        if used.is_empty() || used.contains(&"command_allowlist") {
            return;
        }
        let place =
            Place { route: "security.command_allowlist".to_owned(), ..security.key_place() };
        findings.add(
            Self::META
                .at(&place)
                .message(format!(
                    "`security` follows a guide (`{}`) without the `command_allowlist` that belongs to it",
                    used.first().copied().unwrap_or_default()
                ))
                .label("no list of safe commands")
                .help(
                    "add nothing for Hermes: its own `command_allowlist` skips prompts and restricts nothing. \
                     To narrow what the agent can use, write `platform_toolsets.<platform>` and \
                     `agent.disabled_toolsets`",
                )
                .note("no release reads `security.command_allowlist`"),
        );
    }
}
