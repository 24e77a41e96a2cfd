//! `mcp/sampling-unlimited`: an MCP server may use the model more than Hermes lets it by default.

use crate::deployment::{Home, Setting};
use crate::document::tree::Value;
use crate::facts::{Lookup, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The limits of what an MCP server may ask of the model were raised, on any model.
pub struct SamplingUnlimited;

/// The limits, and what one more of each is.
const LIMITS: &[(&str, &str)] = &[
    ("max_rpm", "calls a minute"),
    ("max_tokens_cap", "tokens a call"),
    ("max_tool_rounds", "rounds of tools a call"),
];

impl HomeRule for SamplingUnlimited {
    const META: RuleMeta = RuleMeta {
        id: "mcp/sampling-unlimited",
        summary: "an MCP server may use the model more than by default",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["least-privilege-connectors"],
        cwe: &[770],
        since: "0.1.0",
        page: page!("mcp/sampling-unlimited"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for server in home.mcp_servers() {
            let Some(sampling) = server.setting.child("sampling") else { continue };
            let off = sampling.child("enabled").and_then(|enabled| enabled.bool()) == Some(false);
            let picked = sampling.child("allowed_models").is_some_and(|list| !list.is_empty());
            if off || picked {
                continue;
            }
            let raised: Vec<(Setting<'_>, String)> = LIMITS
                .iter()
                .filter_map(|(key, unit)| {
                    let limit = sampling.child(key)?;
                    let (now, usual) = (number(limit.value())?, usual(home, key)?);
                    (now > usual).then(|| (limit, format!("{now} {unit} instead of {usual}")))
                })
                .collect();
            let Some((first, _)) = raised.first() else { continue };
            let said: Vec<String> = raised.iter().map(|(_, said)| said.clone()).collect();
            let remote = server.setting.child("url").is_some();
            let severity = if remote { Severity::Warning } else { Severity::Info };
            let place = first.place();
            findings.add(
                Self::META
                    .at(&place)
                    .anchor(sampling.path.clone())
                    .severity(in_force(home, severity))
                    .message(format!(
                        "MCP server `{}` writes prompts of its own to any model on this deployment's account: {}",
                        server.name,
                        list(&said)
                    ))
                    .label("limit raised")
                    .help("`enabled: false` under `sampling`; where the server needs it, the default limits and `allowed_models: [the-one-it-needs]`"),
            );
        }
    }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The default of a limit, as the table of keys has it.
fn usual(home: &Home<'_>, key: &str) -> Option<i128> {
    let keys = home.knowledge.facts().keys();
    let path = ["mcp_servers", "any", "sampling", key];
    let Lookup::Known { spec: Some(spec), .. } = keys.lookup(&path) else { return None };
    spec.default_in(home.scope.high)?.as_i64().map(i128::from)
}
