//! `config/tool-allowlist-missing`: a platform gets every tool because nothing says which.

use crate::deployment::{Home, PlatformState};
use crate::facts::{Gate, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{absence, list, missing, speaks_guide};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A platform gets every tool because nothing says which.
pub struct ToolAllowlistMissing;

/// Tools that stand for all the others.
const ANYTHING: &[&str] = &["terminal", "execute_code", "computer_use"];

impl HomeRule for ToolAllowlistMissing {
    const META: RuleMeta = RuleMeta {
        id: "config/tool-allowlist-missing",
        summary: "a platform gets every tool because nothing says which",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates", "least-privilege-connectors"],
        cwe: &[1188, 250],
        since: "0.1.0",
        page: page!("config/tool-allowlist-missing"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let guide = home.setting("security.tool_allowlist").is_some_and(|list| !list.is_empty());
        if !home.has_config() || home.is_incomplete() || guide {
            return;
        }
        let without: Vec<&PlatformState<'_>> = home
            .platforms()
            .iter()
            .filter(|state| state.on.is_some())
            .filter(|state| home.setting(&format!("platform_toolsets.{}", state.spec.id)).is_none())
            .filter(|state| {
                let mut channels = home.channels().iter().filter(|channel| channel.is_door());
                channels.find(|channel| channel.id == state.spec.id).is_some_and(|channel| {
                    channel.tools.iter().any(|tool| ANYTHING.contains(&tool.name.as_str()))
                })
            })
            .collect();
        if let Some(first) = without.first() {
            let names: Vec<String> = without.iter().map(|state| state.spec.name.clone()).collect();
            let ids: Vec<&str> = without.iter().map(|state| state.spec.id.as_str()).collect();
            let Some(place) = home.anchor(&format!("platform_toolsets.{}", first.spec.id)) else {
                return;
            };
            // Who holds the API server's key is the operator, as far as a file can tell.
            let strangers = without.iter().any(|state| state.spec.gate == Gate::Users);
            let severity = if strangers { Severity::Warning } else { Severity::Info };
            let lines: Vec<String> =
                ids.iter().map(|id| format!("  {id}: [web, memory, clarify]")).collect();
            let mut draft = Self::META
                .at(&place)
                .anchor("platform_toolsets")
                .message(format!(
                    "{} {} the default tools, the terminal among them: whoever is let in there runs \
                     commands",
                    list(&names),
                    if names.len() == 1 { "gets" } else { "get" }
                ))
                .label("no list of tools")
                .severity(missing(home, severity))
                .confidence(absence(home))
                .help(format!("platform_toolsets:\n{}", lines.join("\n")));
            for state in without.iter().take(5) {
                if let Some(on) = &state.on {
                    draft = draft.related(on, format!("switches {} on", state.spec.name));
                }
            }
            findings.add(draft);
        } else if speaks_guide(home)
            && home.setting("platform_toolsets").is_none()
            && home.setting("agent.disabled_toolsets").is_none()
            && let Some(place) = home.anchor("security.tool_allowlist")
        {
            findings.add(
                Self::META
                    .at(&place)
                    .message("the file restricts commands and paths, but not which tools there are")
                    .label("no list of tools")
                    .severity(missing(home, Severity::Warning))
                    .confidence(absence(home))
                    .note("the guides' `security.tool_allowlist` is not read by Hermes; it only states the intent")
                    .help("platform_toolsets:\n  cli: [terminal, file, web, memory, clarify]"),
            );
        }
    }
}
