//! `mcp/risky-argument`: an MCP server is given more than it needs.

use crate::deployment::{Home, McpServer};
use crate::document::Place;
use crate::facts::{KnownServer, Limit, Range, Widening, has_option, is_yes};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::in_force;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An option or a variable widens what an MCP server may do, or none narrows it.
pub struct RiskyArgument;

/// Folders of the machine that no container of a server needs.
const MOUNTS: &[(&str, &str)] = &[
    ("/var/run/docker.sock", "the Docker socket, which is root on the machine"),
    ("/run/docker.sock", "the Docker socket, which is root on the machine"),
    ("/", "the whole machine"),
    ("/etc", "the machine's settings and accounts"),
    ("/root", "the home of root"),
];

impl HomeRule for RiskyArgument {
    const META: RuleMeta = RuleMeta {
        id: "mcp/risky-argument",
        summary: "an MCP server is given more than it needs",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[250, 269],
        since: "0.1.0",
        page: page!("mcp/risky-argument"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let data = home.knowledge.facts().connectors();
        for server in home.mcp_servers() {
            let words = server.words();
            let known = data.server(words.iter().copied());
            let own = known.map(|known| known.widening.as_slice()).unwrap_or_default();
            let mut widened = false;
            for row in own.iter().chain(&data.widening) {
                for (place, shown) in hits(server, row) {
                    widened = true;
                    findings.add(
                        Self::META
                            .at(&place)
                            .anchor(format!("mcp_servers.{}.{shown}", server.name))
                            .severity(in_force(home, row.severity.into()))
                            .message(format!(
                                "MCP server `{}` runs with `{shown}`, which {}",
                                server.name, row.can
                            ))
                            .label("more than it needs")
                            .help(row.instead.clone()),
                    );
                }
            }
            mounts(home, server, findings);
            if let Some(known) = known.filter(|_| !widened) {
                open(server, known, findings);
            }
        }
    }
}

/// Where `row` stands in the server's block, and its name there.
fn hits<'d>(server: &McpServer<'d>, row: &Widening) -> Vec<(Place<'d>, String)> {
    if !row.programs.is_empty() && !row.programs.contains(&server.command) {
        return Vec::new();
    }
    let words = server.arg_words();
    let mut found = Vec::new();
    if let Some(at) = row.in_args(&words)
        && let Some((arg, place)) = server.args.get(at)
    {
        // The value is shown only where the data names it: any other may be secret.
        let name = arg.split('=').next().unwrap_or_default();
        let value = row.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
        found.push((place.clone(), format!("{name}{value}")));
    }
    for (name, value, setting) in server.pairs("env") {
        if row.is_variable(name, &value) {
            found.push((setting.place(), name.to_owned()));
        }
    }
    // `docker run -e NAME=value`.
    for (arg, place) in &server.args {
        if let Some((name, value)) = arg.split_once('=')
            && row.is_variable(name, value)
        {
            found.push((place.clone(), name.to_owned()));
        }
    }
    found
}

/// Folders of the machine that a server in a container gets.
fn mounts(home: &Home<'_>, server: &McpServer<'_>, findings: &mut Findings) {
    if !["docker", "podman"].contains(&server.command.as_str()) {
        return;
    }
    for (number, (arg, place)) in server.args.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|at| server.args.get(at));
        let volume = match before.map(|(word, _)| word.as_str()) {
            Some("-v" | "--volume") => arg.as_str(),
            _ => arg.strip_prefix("--volume=").unwrap_or_default(),
        };
        let source = volume.split(':').next().unwrap_or_default();
        let source = if source.len() > 1 { source.trim_end_matches('/') } else { source };
        let Some((_, what)) = MOUNTS.iter().find(|(path, _)| *path == source) else { continue };
        let only_read = volume.ends_with(":ro") && !source.ends_with(".sock");
        let grade = if only_read { Severity::Warning } else { Severity::Error };
        findings.add(
            RiskyArgument::META
                .at(place)
                .severity(in_force(home, grade))
                .message(format!("MCP server `{}` is handed {what}", server.name))
                .label("more than it needs")
                .help("mount the one folder that it works on: `/srv/hermes/workspace:/work:ro`"),
        );
    }
}

/// A server that offers a narrower mode and does not run in it.
fn open(server: &McpServer<'_>, known: &KnownServer, findings: &mut Findings) {
    let Some(open) = &known.open else { return };
    if server.picks_tools() || known.limits.iter().any(|limit| is_limited(server, limit)) {
        return;
    }
    findings.add(
        RiskyArgument::META
            .at(&server.setting.key_place())
            .anchor(format!("mcp_servers.{}", server.name))
            .severity(Severity::Info)
            .message(format!(
                "MCP server `{}`, {}, starts with all its tools: it {}",
                server.name, known.name, open.can
            ))
            .label("writes by default")
            .help(format!(
                "where reading will do: {}; or name its tools in `tools.include`",
                open.instead
            )),
    );
}

fn is_limited(server: &McpServer<'_>, limit: &Limit) -> bool {
    let words = server.arg_words();
    let on = |value: &str| is_yes(value) || value.contains("${") || !is_switch(value);
    limit.arg.as_deref().is_some_and(|arg| has_option(&words, arg))
        || limit.env.as_deref().is_some_and(|env| {
            server.pairs("env").iter().any(|(name, value, _)| *name == env && on(value))
                || words
                    .iter()
                    .any(|word| word.split_once('=').is_some_and(|(n, v)| n == env && on(v)))
        })
        || limit.header.as_deref().is_some_and(|header| {
            let headers = server.pairs("headers");
            headers.iter().any(|(name, value, _)| name.eq_ignore_ascii_case(header) && on(value))
        })
        || limit.url.as_deref().is_some_and(|part| {
            let url = server.setting.child("url").and_then(|url| url.str());
            url.is_some_and(|url| url.contains(part))
        })
}

/// True for a value that switches something on or off; any other is a list of names.
fn is_switch(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    ["", "0", "1", "true", "false", "yes", "no", "on", "off", "none"].contains(&value.as_str())
}
