//! `mcp/disabled-key`: a server is meant to be off and is on.

use crate::deployment::Home;
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A server is switched off with a key that nothing reads.
pub struct DisabledKey;

impl HomeRule for DisabledKey {
    const META: RuleMeta = RuleMeta {
        id: "mcp/disabled-key",
        summary: "an MCP server is switched off with a key that is not read",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[1188],
        since: "0.1.0",
        page: page!("mcp/disabled-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for server in home.mcp_servers() {
            let Some(disabled) = server.setting.child("disabled") else { continue };
            if disabled.bool() != Some(true) {
                continue;
            }
            let tree = disabled.tree();
            let span = tree.span(disabled.key).join(tree.span(disabled.node));
            let pair = Place::new(disabled.document, span, disabled.path.clone());
            let (key, value) = (tree.span(disabled.key), tree.span(disabled.node));
            let edits = disabled.document.changed(|sheet| {
                sheet.replace_scalar(value, "false")?;
                sheet.rename(key, "enabled")
            });
            findings.add(
                Self::META
                    .at(&pair)
                    .message(format!(
                        "`disabled: true` is not read: MCP server `{}` starts all the same",
                        server.name
                    ))
                    .label("not read")
                    .help("`enabled: false`")
                    .edits("use the key that is read", false, edits),
            );
        }
    }
}
