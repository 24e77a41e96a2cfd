//! `cron/all-tools`: jobs get MCP servers that nobody gave them.

use crate::deployment::{ChannelKind, Home, Job, Servers};
use crate::facts::{Range, Tier};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::list;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

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
        let high = high_servers(home);
        if high.is_empty() {
            return;
        }
        let jobs: Vec<Job<'_>> = home
            .channels()
            .iter()
            .filter(|channel| channel.kind == ChannelKind::Cron)
            .filter(|channel| channel.servers == Servers::All)
            .filter_map(|channel| channel.job)
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

/// The servers that are on and can do anything, as far as their names and tools tell.
fn high_servers<'d>(home: &Home<'d>) -> Vec<&'d str> {
    let servers = home.mcp_servers().iter();
    let high = servers.filter(|server| {
        home.tools_of_server(server).iter().any(|tool| tool.is_at_least(Tier::High))
    });
    let mut names: Vec<&str> = high.map(|server| server.name).collect();
    names.sort_unstable();
    names
}
