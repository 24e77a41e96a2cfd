//! `config/unknown-toolset`: a name in a list of toolsets does nothing, or less than it seems to.

use crate::deployment::{Home, Setting};
use crate::document::Place;
use crate::facts::{Range, Tools};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A name in a list of toolsets does nothing, or less than it seems to.
pub struct UnknownToolset;

const DISABLED: &str = "agent.disabled_toolsets";

impl HomeRule for UnknownToolset {
    const META: RuleMeta = RuleMeta {
        id: "config/unknown-toolset",
        summary: "a name in a list of toolsets does nothing, or less than it seems to",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates"],
        cwe: &[1287],
        since: "0.1.0",
        page: page!("config/unknown-toolset"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let mut lists: Vec<(Setting<'_>, bool)> = home
            .setting("platform_toolsets")
            .map(|lists| lists.children().into_iter().map(|(_, list)| (list, false)).collect())
            .unwrap_or_default();
        lists.extend(home.setting(DISABLED).map(|setting| (setting, true)));
        for (setting, takes_away) in &lists {
            for (name, place) in setting.items() {
                entry(home, &name, &place, *takes_away, findings);
            }
        }
        if let Some((setting, _)) = lists.iter().find(|(_, takes_away)| *takes_away) {
            other_doors(home, setting, findings);
        }
    }
}

fn entry(
    home: &Home<'_>,
    name: &str,
    place: &Place<'_>,
    takes_away: bool,
    findings: &mut Findings,
) {
    let tools = home.knowledge.facts().tools();
    if takes_away && tools.bundles.contains_key(name) {
        findings.add(
            UnknownToolset::META
                .at(place)
                .message(format!(
                    "`{name}` is a platform's bundle: disabling it leaves every core tool on"
                ))
                .label("takes nothing away")
                .help("name the toolsets: `[terminal, code_execution, file, cronjob, delegation]`"),
        );
        return;
    }
    if is_known(home, tools, name) {
        return;
    }
    let effect = if takes_away { "nothing is switched off by it" } else { "it gives nothing" };
    if let Some(toolset) = tools.toolset_of(name) {
        findings.add(
            UnknownToolset::META
                .at(place)
                .message(format!("`{name}` is a tool, no toolset: {effect}"))
                .label("no toolset")
                .help(format!("`{toolset}`"))
                .fix("name the toolset", false, place, toolset),
        );
        return;
    }
    let names = || tools.toolsets.keys().chain(tools.bundles.keys());
    let near = names()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(slips, known)| *slips <= 2 && *slips * 3 <= known.len())
        .min();
    if let Some((_, known)) = near {
        findings.add(
            UnknownToolset::META
                .at(place)
                .message(format!("`{name}` is no toolset that Hermes knows: {effect}"))
                .label("no toolset")
                .confidence(Confidence::Medium)
                .help(format!("`{known}`, if that is meant"))
                .fix("use the name that is known", false, place, known),
        );
    }
}

/// Toolsets, words with a meaning of their own, MCP servers and what plugins brought.
fn is_known(home: &Home<'_>, tools: &Tools, name: &str) -> bool {
    if tools.is_toolset(name)
        || matches!(name, "all" | "*" | "no_mcp")
        || name.starts_with("mcp-")
        || name.contains(['$', '{'])
    {
        return true;
    }
    if home.setting("mcp_servers").and_then(|servers| servers.child(name)).is_some() {
        return true;
    }
    let plugins = home.setting("known_plugin_toolsets");
    plugins.is_some_and(|plugins| {
        plugins.items().iter().any(|(known, _)| known == name)
            || plugins
                .children()
                .iter()
                .any(|(_, list)| list.items().iter().any(|(known, _)| known == name))
    })
}

/// The terminal is gone, but code still starts processes.
fn other_doors(home: &Home<'_>, setting: &Setting<'_>, findings: &mut Findings) {
    let disabled = home.disabled_toolsets();
    let has = |name: &str| disabled.iter().any(|entry| entry == name);
    // `execute_code` there is the same wish misspelt, and reported as such.
    if !has("terminal") || has("code_execution") || has("execute_code") {
        return;
    }
    let open: Vec<String> = home
        .channels()
        .iter()
        .filter(|channel| channel.is_door())
        .filter(|channel| channel.tools.iter().any(|tool| tool.name == "execute_code"))
        .map(|channel| channel.name.clone())
        .collect();
    if open.is_empty() {
        return;
    }
    findings.add(
        UnknownToolset::META
            .at(&setting.key_place())
            .message(format!(
                "the terminal is off, but `code_execution` still runs any Python, and so any command, \
                 from {}",
                list(&open)
            ))
            .label("another door is open")
            // At the command line somebody has a shell anyway.
            .severity(if open.iter().any(|from| from != "the command line") {
                in_force(home, Severity::Warning)
            } else {
                Severity::Info
            })
            .note("`cronjob` and `delegation` start agents with tools of their own")
            .help("add `code_execution` to the list"),
    );
}
