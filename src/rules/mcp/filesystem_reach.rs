//! `mcp/filesystem-reach`: a filesystem MCP server covers a whole machine, a home, or Hermes's own folder.

use crate::deployment::{Home, McpServer};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page, paths};

/// A filesystem MCP server covers a whole machine, a home, or Hermes's own folder.
pub struct FilesystemReach;

impl HomeRule for FilesystemReach {
    const META: RuleMeta = RuleMeta {
        id: "mcp/filesystem-reach",
        summary: "a filesystem MCP server reaches far beyond a project",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors", "paths-restricted"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("mcp/filesystem-reach"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for server in home.mcp_servers().iter().filter(|server| is_filesystem(server)) {
            let broad: Vec<_> = server
                .args
                .iter()
                .filter(|(arg, _)| arg.starts_with(['/', '~', '$']))
                .filter_map(|(arg, place)| Some((paths::rate(home, arg)?, arg, place)))
                .filter(|(broad, ..)| broad.severity == Severity::Error)
                .collect();
            let Some((_, _, first)) = broad.first() else { continue };
            let named: Vec<String> =
                broad.iter().map(|(broad, arg, _)| format!("`{arg}` {}", broad.why)).collect();
            let mut draft = Self::META
                .at(first)
                .message(format!(
                    "MCP server `{}` reads and writes past every guard of Hermes's own: {}",
                    server.name,
                    list(&named)
                ))
                .label("too broad")
                .severity(in_force(home, Severity::Error))
                .help("give it project folders only, such as `/srv/hermes/workspace`");
            for (.., place) in broad.iter().skip(1) {
                draft = draft.related(place, "too broad as well");
            }
            findings.add(draft);
        }
    }
}

fn is_filesystem(server: &McpServer<'_>) -> bool {
    let names = |text: &str| text.to_ascii_lowercase().contains("filesystem");
    names(&server.command) || server.args.iter().any(|(arg, _)| names(arg)) || names(server.name)
}
