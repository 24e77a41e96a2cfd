//! `mcp/plain-http`: an MCP server is reached over the network without encryption.

use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, is_loopback};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An MCP server is reached over the network without encryption.
pub struct PlainHttp;

/// Parts of a header's name that say it carries a credential.
const CREDENTIAL: &[&str] = &["auth", "token", "key", "secret", "cookie", "password"];

impl HomeRule for PlainHttp {
    const META: RuleMeta = RuleMeta {
        id: "mcp/plain-http",
        summary: "an MCP server is reached over the network without encryption",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[319],
        since: "0.1.0",
        page: page!("mcp/plain-http"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for server in home.mcp_servers() {
            let Some(url) = server.setting.child("url").filter(|url| !url.is_hole()) else {
                continue;
            };
            let Some(rest) = url.str().and_then(|text| text.trim().strip_prefix("http://")) else {
                continue;
            };
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let (user, host) = match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            };
            if is_near(host) {
                continue;
            }
            let header = server.setting.child("headers").is_some_and(|headers| {
                headers.children().iter().any(|(name, _)| {
                    let name = name.to_ascii_lowercase();
                    CREDENTIAL.iter().any(|part| name.contains(part))
                })
            });
            let credential = header || user.is_some();
            let (what, severity) = if credential {
                ("its credential, the questions and the answers", Severity::Error)
            } else {
                ("the questions and the answers", Severity::Warning)
            };
            findings.add(
                Self::META
                    .at(&url.place())
                    .message(format!(
                        "MCP server `{}` is reached in clear: whoever sits on the way reads and changes {what}",
                        server.name
                    ))
                    .label("not encrypted")
                    .severity(in_force(home, severity))
                    .help("use the server's https:// address, or a tunnel that ends on this machine"),
            );
        }
    }
}

/// True for this machine, and for names that only a container network or a template resolves.
fn is_near(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    is_loopback(name)
        || name == "0.0.0.0"
        || name.contains('$')
        || name.ends_with(".internal")
        || name.ends_with(".localhost")
        // A name without a dot is a neighbour in the same container network.
        || (!name.contains('.') && !name.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn near_and_far() {
        for host in [
            "localhost:3000",
            "127.0.0.1",
            "[::1]:80",
            "mcp:8080",
            "host.docker.internal:1",
            "${H}",
        ] {
            assert!(is_near(host), "{host}");
        }
        for host in ["crm.example.com", "192.168.1.5:80", "10.0.0.2", "[2001:db8::1]:80"] {
            assert!(!is_near(host), "{host}");
        }
    }
}
