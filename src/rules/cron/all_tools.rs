//! `cron/all-tools`: jobs get MCP servers that nobody gave them.

use std::collections::BTreeSet;

use crate::deployment::Home;
use crate::document::tree::Value;
use crate::facts::{Range, Tier};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::list;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

use super::{Job, of_home};

/// Jobs get every MCP server that is on, because they do not say which they need.
pub struct AllTools;

/// How many jobs and servers are named.
const NAMED: usize = 4;

impl HomeRule for AllTools {
    const META: RuleMeta = RuleMeta {
        id: "cron/all-tools",
        summary: "jobs get every MCP server that is on",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors", "write-gates"],
        cwe: &[250, 269],
        since: "0.1.0",
        page: page!("cron/all-tools"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let on = names_on(home);
        let high = high_servers(home, &on);
        if high.is_empty() {
            return;
        }
        let platform = platform_is_narrow(home, &on);
        let jobs: Vec<Job<'_>> = of_home(home)
            .into_iter()
            .filter(|job| !job.is_true("no_agent"))
            .filter(|job| match job.toolsets() {
                None => !platform,
                // An empty list is no tool at all from 0.21 on, and the platform's before.
                Some(names) => !names.is_empty() && gets_all(&names, &on),
            })
            .collect();
        let Some(first) = jobs.first() else { return };
        let left_open = first.toolsets().is_none();
        let why = if left_open {
            "`enabled_toolsets` is not set"
        } else {
            "a list of toolsets that names no server gets all of them"
        };
        let names = cut(jobs.iter().map(|job| format!("`{}`", job.name())).collect());
        let servers = cut(high.iter().map(|name| format!("`{name}`")).collect());
        let (subject, verb) = if jobs.len() == 1 { ("job", "gets") } else { ("jobs", "get") };
        let place = match first.get("enabled_toolsets") {
            Some(id) => first.place(id, "enabled_toolsets"),
            None => first.head("enabled_toolsets"),
        };
        findings.add(
            Self::META
                .at(&place)
                .anchor("jobs.enabled_toolsets")
                .message(format!(
                    "{subject} {names} {verb} MCP servers that can do anything ({servers}) with nobody watching: {why}"
                ))
                .label("every server")
                .help("name what each job needs, and `no_mcp` where it needs no server: `\"enabled_toolsets\": [\"web\", \"no_mcp\"]`"),
        );
    }
}

fn cut(mut names: Vec<String>) -> String {
    let rest = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    list(&names)
}

/// Hermes adds every server unless the list says `no_mcp` or names one.
fn gets_all(names: &[&str], on: &BTreeSet<&str>) -> bool {
    !names.iter().any(|name| *name == "no_mcp" || on.contains(name))
}

fn platform_is_narrow(home: &Home<'_>, on: &BTreeSet<&str>) -> bool {
    let Some(setting) = home.setting("platform_toolsets.cron") else { return false };
    if !matches!(setting.value(), Value::Seq(_)) {
        return false;
    }
    let items = setting.items();
    let names: Vec<&str> = items.iter().map(|(name, _)| name.as_str()).collect();
    !gets_all(&names, on)
}

/// The servers that are on.
fn names_on<'d>(home: &Home<'d>) -> BTreeSet<&'d str> {
    let Some(all) = home.setting("mcp_servers") else { return BTreeSet::new() };
    let is_on = |enabled: Option<bool>| enabled != Some(false);
    let children = all.children().into_iter();
    children
        .filter(|(_, server)| is_on(server.child("enabled").and_then(|enabled| enabled.bool())))
        .map(|(name, _)| name)
        .collect()
}

/// Those of them that can do anything, as far as their names and tools tell.
fn high_servers<'d>(home: &Home<'d>, on: &BTreeSet<&'d str>) -> Vec<&'d str> {
    let high: BTreeSet<String> = home
        .mcp_tools()
        .into_iter()
        .filter(|tool| tool.tier == Tier::High)
        .filter_map(|tool| match tool.name.strip_prefix("MCP server ") {
            Some(whole) => Some(whole.to_owned()),
            None => tool.name.rsplit_once('.').map(|(server, _)| server.to_owned()),
        })
        .collect();
    on.iter().copied().filter(|name| high.contains(*name)).collect()
}
