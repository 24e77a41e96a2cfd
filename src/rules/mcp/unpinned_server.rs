//! `mcp/unpinned-server`: an MCP server is whatever its registry serves today.

use crate::deployment::{Home, McpServer};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::list;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An MCP server is fetched without a version.
pub struct UnpinnedServer;

/// From this many on, one finding names them all.
const MANY: usize = 6;

impl HomeRule for UnpinnedServer {
    const META: RuleMeta = RuleMeta {
        id: "mcp/unpinned-server",
        summary: "an MCP server is fetched without a version",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[494, 1357],
        since: "0.1.0",
        page: page!("mcp/unpinned-server"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let all = home.mcp_servers();
        let loose: Vec<(&McpServer<'_>, Loose<'_>)> =
            all.iter().filter_map(|server| Some((server, loose(server)?))).collect();
        if loose.len() >= MANY
            && let Some((server, _)) = loose.first()
        {
            let names: Vec<String> =
                loose.iter().map(|(server, _)| format!("`{}`", server.name)).collect();
            let place = server.setting.key_place();
            findings.add(
                Self::META
                    .at(&place)
                    .anchor("mcp_servers")
                    .message(format!(
                        "{} MCP servers are fetched without a version at each start: {}",
                        names.len(),
                        list(&names)
                    ))
                    .label("the first of them")
                    .help("pin each one: `package@1.2.3` for npx, `package==1.2.3` for uvx"),
            );
            return;
        }
        for (server, loose) in loose {
            findings.add(
                Self::META
                    .at(&loose.place)
                    .anchor(format!("mcp_servers.{}", server.name))
                    .message(format!(
                        "MCP server `{}` is whatever its registry serves at each start, with this \
                         deployment's rights",
                        server.name
                    ))
                    .label("no version")
                    .help(format!("pin the version that was reviewed: `{}`", loose.example)),
            );
        }
    }
}

/// A package without a version.
struct Loose<'d> {
    place: Place<'d>,
    example: &'static str,
}

fn loose<'d>(server: &McpServer<'d>) -> Option<Loose<'d>> {
    let mut args = server.args.iter();
    let kind = match server.command.as_str() {
        "npx" | "bunx" => Registry::Npm,
        "uvx" => Registry::Python,
        "pnpm" | "yarn" | "npm" => {
            let first = args.next()?;
            matches!(first.0.as_str(), "dlx" | "exec").then_some(Registry::Npm)?
        }
        "bun" => args.next().filter(|(word, _)| word == "x").map(|_| Registry::Npm)?,
        "pipx" => args.next().filter(|(word, _)| word == "run").map(|_| Registry::Python)?,
        "uv" => {
            args.next().filter(|(word, _)| word == "tool")?;
            args.next().filter(|(word, _)| word == "run").map(|_| Registry::Python)?
        }
        "docker" | "podman" => {
            args.next().filter(|(word, _)| word == "run").map(|_| Registry::Image)?
        }
        _ => return None,
    };
    let (package, place) = package(kind, args.as_slice())?;
    let local = package.starts_with(['.', '/', '~']) || package.contains("${");
    let pinned = match kind {
        Registry::Npm => npm_is_pinned(package),
        Registry::Python => python_is_pinned(package),
        Registry::Image => image_is_pinned(package),
    };
    let example = match kind {
        Registry::Npm => "package@1.2.3",
        Registry::Python => "package==1.2.3",
        Registry::Image => "image:1.2.3@sha256:...",
    };
    (!local && !pinned).then(|| Loose { place: place.clone(), example })
}

#[derive(Clone, Copy)]
enum Registry {
    Npm,
    Python,
    Image,
}

/// The word that names what is fetched.
fn package<'a, 'd>(
    kind: Registry,
    args: &'a [(String, Place<'d>)],
) -> Option<(&'a str, &'a Place<'d>)> {
    let names: &[&str] = match kind {
        Registry::Npm => &["-p", "--package"],
        Registry::Python => &["--from", "--spec"],
        Registry::Image => &[],
    };
    let takes_value: &[&str] = match kind {
        Registry::Npm => &["--registry", "-c", "--call"],
        Registry::Python => &["--python", "-p", "--with", "--index", "--index-url", "--directory"],
        Registry::Image => &[
            "-v",
            "--volume",
            "-e",
            "--env",
            "--env-file",
            "-p",
            "--publish",
            "--name",
            "--network",
            "--mount",
            "-u",
            "--user",
            "-w",
            "--workdir",
            "--entrypoint",
            "--memory",
            "--cpus",
            "--platform",
            "--label",
            "-l",
            "--add-host",
            "--cap-drop",
            "--cap-add",
            "--security-opt",
        ],
    };
    let mut at = args.iter();
    while let Some((word, place)) = at.next() {
        if names.contains(&word.as_str()) {
            return at.next().map(|(word, place)| (word.as_str(), place));
        }
        let named = names.iter().find_map(|name| word.strip_prefix(*name)?.strip_prefix('='));
        if let Some(named) = named {
            return Some((named, place));
        }
        if takes_value.contains(&word.as_str()) {
            at.next();
        } else if !word.starts_with('-') {
            return Some((word.as_str(), place));
        }
    }
    None
}

/// `@scope/name@1.2.3`: from the last `@`, a version in full.
fn npm_is_pinned(package: &str) -> bool {
    match package.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() => is_exact(version),
        _ => package.contains("#") && is_commit(package.rsplit('#').next().unwrap_or_default()),
    }
}

/// `name==1.2.3`, `name@1.2.3`, `git+https://…@<commit>`.
fn python_is_pinned(package: &str) -> bool {
    let version = package.rsplit_once("==").or_else(|| package.rsplit_once('@'));
    version.is_some_and(|(_, version)| is_exact(version) || is_commit(version))
}

/// A digest, or a tag that names a version.
fn image_is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    image.contains("@sha256:") || name.split_once(':').is_some_and(|(_, tag)| is_exact(tag))
}

fn is_exact(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    version.starts_with(|c: char| c.is_ascii_digit())
        && version.contains('.')
        && !version.contains(['*', 'x', '^', '~', '>', '<', ' '])
}

fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_tags() {
        assert!(npm_is_pinned("@modelcontextprotocol/server-github@2025.4.8"));
        assert!(npm_is_pinned("exa-mcp-server@1.2.3"));
        for loose in
            ["@modelcontextprotocol/server-github", "exa@latest", "exa@^1.2.0", "exa@1", "exa"]
        {
            assert!(!npm_is_pinned(loose), "{loose}");
        }
        assert!(python_is_pinned("mcp-server-git==2025.1.14") && python_is_pinned("x@1.2.3"));
        assert!(!python_is_pinned("mcp-server-git") && !python_is_pinned("git+https://h/x@main"));
        assert!(image_is_pinned("ghcr.io/a/b:1.2.3") && image_is_pinned("a@sha256:00"));
        assert!(!image_is_pinned("localhost:5000/a/b") && !image_is_pinned("mcp/x:latest"));
    }
}
