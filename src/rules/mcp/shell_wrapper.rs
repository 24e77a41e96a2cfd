//! `mcp/shell-wrapper`: an MCP server is code that stands in the config.

use crate::deployment::{Home, McpServer};
use crate::facts::{Connectors, Inline, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An MCP server is started through a shell or an interpreter with inline code.
pub struct ShellWrapper;

/// Programs that a shell is most often put before, and that need none.
const STARTERS: &[&str] =
    &["npx", "uvx", "uv", "node", "python", "python3", "bunx", "npm", "docker"];

impl HomeRule for ShellWrapper {
    const META: RuleMeta = RuleMeta {
        id: "mcp/shell-wrapper",
        summary: "an MCP server is code that stands in the config",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[78, 94],
        since: "0.1.0",
        page: page!("mcp/shell-wrapper"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let data = home.knowledge.facts().connectors();
        for server in home.mcp_servers() {
            let words = server.arg_words();
            let Some(found) = data.inline_code(&server.command, &words) else { continue };
            let deeds = Deeds::of(data, &found);
            let refused = data.is_refused(&found, &words.join(" ").to_lowercase());
            let place = server.args.get(found.at).map(|(_, place)| place.clone());
            let place = place.unwrap_or_else(|| server.command_place());
            let mut draft = Self::META
                .at(&place)
                .anchor(format!("mcp_servers.{}", server.name))
                .severity(in_force(home, deeds.severity()))
                .message(format!(
                    "MCP server `{}` is code in the config, run by `{} {}`: {}",
                    server.name,
                    found.program,
                    found.option,
                    deeds.message()
                ))
                .label("inline code")
                .help(help(server, &found));
            if refused {
                draft = draft.note(
                    "releases of Hermes that look at such entries refuse to start this one; \
                     whoever wrote it can write another",
                );
            } else if deeds.harms() {
                draft = draft.note(
                    "Hermes looks only at code given to a shell as `command`, so this one starts",
                );
            }
            findings.add(draft);
        }
    }
}

/// What the code does, as far as its words tell.
struct Deeds {
    persists: bool,
    fetches: bool,
    runs: bool,
    decodes: bool,
    secrets: bool,
    encoded: bool,
    login: bool,
}

impl Deeds {
    fn of(data: &Connectors, found: &Inline) -> Self {
        let code = found.code.to_lowercase();
        let marks = &data.inline;
        Self {
            persists: marks.persists.are_in(&code),
            fetches: marks.fetches.are_in(&code),
            runs: marks.runs.are_in(&code),
            decodes: marks.decodes.are_in(&code),
            secrets: marks.secrets.are_in(&code),
            encoded: found.option.to_ascii_lowercase().starts_with("-e")
                && found.program.to_ascii_lowercase().starts_with('p')
                && ["powershell", "pwsh"].contains(&found.program.to_ascii_lowercase().as_str()),
            login: found.login,
        }
    }

    fn harms(&self) -> bool {
        self.severity() == Severity::Error
    }

    fn severity(&self) -> Severity {
        if self.persists || self.encoded || (self.runs && (self.fetches || self.decodes)) {
            Severity::Error
        } else if self.fetches || self.decodes || self.secrets {
            Severity::Warning
        } else {
            Severity::Info
        }
    }

    fn message(&self) -> String {
        let mut parts = Vec::new();
        let mut say = |is: bool, what: &str| {
            if is {
                parts.push(what.to_owned());
            }
        };
        say(self.encoded, "it hides what it is");
        say(self.persists, "it touches files that let somebody in or run later");
        say(self.fetches && self.runs, "it runs what it fetches");
        say(self.fetches && !self.runs, "it talks to the network by itself");
        say(self.decodes, "it decodes text that nobody reads");
        say(self.secrets, "it reads credentials past its `env` block");
        say(self.login, "the account's start files run first");
        if parts.is_empty() {
            return "no version can be pinned and no review sees it".to_owned();
        }
        list(&parts)
    }
}

/// The edit: the program itself where it can be told, else a file.
fn help(server: &McpServer<'_>, found: &Inline) -> String {
    let code = found.code.trim();
    let (folder, rest) = match code.strip_prefix("cd ").and_then(|rest| rest.split_once("&&")) {
        Some((_, rest)) => (true, rest.trim()),
        None => (false, code),
    };
    let rest = rest.strip_prefix("exec ").unwrap_or(rest);
    let plain = !rest.contains(['|', '&', ';', '<', '>', '`', '(', '\n', '=']);
    let program = rest.split_whitespace().next().unwrap_or_default();
    match STARTERS.iter().find(|starter| **starter == program && plain) {
        Some(program) if folder => format!(
            "start it directly: `command: {program}`, its words as `args`, the folder as `cwd`"
        ),
        Some(program) => {
            format!("start it directly: `command: {program}` and its words as `args`")
        }
        None => format!(
            "put the code into a file that the agent cannot write and start that: \
             `command: /usr/local/bin/{}-mcp`",
            plain_name(server.name)
        ),
    }
}

/// A server's name as a part of a file's.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().take(32).map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "own".to_owned() } else { name.to_owned() }
}
