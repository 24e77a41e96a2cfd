//! `config/tool-allowlist-everything`: a list of tools that leaves nothing out.

use crate::deployment::{Home, Setting};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A list of tools leaves nothing out that matters.
pub struct ToolAllowlistEverything;

const GUIDE: &str = "security.tool_allowlist";

/// Words of the guides' list that stand for running anything.
const SHELLS: &[&str] = &[
    "bash",
    "sh",
    "shell",
    "terminal",
    "exec",
    "execute",
    "execute_code",
    "code_execution",
    "python",
    "run_command",
];

impl HomeRule for ToolAllowlistEverything {
    const META: RuleMeta = RuleMeta {
        id: "config/tool-allowlist-everything",
        summary: "a list of tools leaves nothing out that matters",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates", "least-privilege-connectors"],
        cwe: &[250],
        since: "0.1.0",
        page: page!("config/tool-allowlist-everything"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if let Some(lists) = home.setting("platform_toolsets") {
            for (id, list) in lists.children() {
                // At its own machine the operator has a shell anyway.
                if id != "cli" && !list.is_hole() {
                    native(home, id, &list, findings);
                }
            }
        }
        if let Some(setting) = home.setting(GUIDE).filter(|setting| !setting.is_hole()) {
            guide(&setting, findings);
        }
    }
}

fn native(home: &Home<'_>, id: &str, list: &Setting<'_>, findings: &mut Findings) {
    let facts = home.knowledge.facts();
    let platform = facts.platforms().get(id);
    let who = platform.map_or(id, |platform| platform.name.as_str());
    let mut items = list.items();
    if let Some(text) = list.str() {
        items.push((text.to_owned(), list.place()));
    }
    let tools = facts.tools();
    let all = items.iter().find(|(name, _)| {
        matches!(name.as_str(), "all" | "*")
            || (tools.bundles.contains_key(name) && tools.tools_of(name).contains("terminal"))
    });
    if let Some((name, place)) = all {
        // What the setup of Hermes writes itself, and what holds without it.
        let own = *name == format!("hermes-{}", id.replace('_', "-"));
        let severity = if own { Severity::Info } else { Severity::Warning };
        findings.add(
            ToolAllowlistEverything::META
                .at(place)
                .anchor(format!("platform_toolsets.{id}"))
                .message(format!(
                    "`{name}` gives {who} every tool: the terminal, code, files, schedules and sub-agents"
                ))
                .label("every tool")
                .severity(severity)
                .help(format!("name what {who} needs: `{id}: [web, memory, clarify]`"))
                .notes(own.then(|| "the platform has this bundle without the line, too".to_owned())),
        );
        return;
    }
    let place =
        |wanted: &str| items.iter().find(|(name, _)| name == wanted).map(|(_, place)| place);
    if platform.is_some()
        && let (Some(terminal), Some(code)) = (place("terminal"), place("code_execution"))
    {
        findings.add(
            ToolAllowlistEverything::META
                .at(terminal)
                .anchor(format!("platform_toolsets.{id}"))
                .message(format!(
                    "whoever is let in on {who} runs commands and code: the rest of the list restricts \
                     nothing"
                ))
                .label("runs any command")
                .related(code, "runs any Python")
                .help(format!("`{id}: [web, memory, clarify]`, and the terminal on the command line only")),
        );
    }
}

fn guide(setting: &Setting<'_>, findings: &mut Findings) {
    let mut items = setting.items();
    if let Some(text) = setting.str() {
        items.push((text.to_owned(), setting.place()));
    }
    let found = items.iter().find_map(|(name, place)| {
        let name = name.trim().to_ascii_lowercase();
        let everything = matches!(name.as_str(), "*" | "all");
        (everything || SHELLS.contains(&name.as_str())).then_some((name, everything, place))
    });
    let Some((name, everything, place)) = found else { return };
    findings.add(
        ToolAllowlistEverything::META
            .at(place)
            .anchor(GUIDE)
            .message(if everything {
                format!("`{name}` allows every tool")
            } else {
                format!("`{name}` runs any command, so the other entries restrict nothing")
            })
            .label("every tool")
            .note("Hermes does not read this key; `platform_toolsets.<platform>` has its effect")
            .help("platform_toolsets:\n  telegram: [web, memory, clarify]"),
    );
}
