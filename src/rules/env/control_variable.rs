//! `env/control-variable`: a variable that switches a safeguard off or widens what Hermes trusts.

use crate::deployment::{Home, Variable, VariableSource};
use crate::facts::{Control, Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::config::keys::in_force;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A variable is on the unsafe side.
pub struct ControlVariable;

/// How much each class of effect matters. A class that is missing here has a rule of its own: yolo,
/// accept-hooks, redact, allow-all, safe-root, sudo-password, root-gateway, private-urls, spoofable,
/// plain-password, relay.
const SEVERITIES: &[(&str, Severity)] = &[
    ("approval-context", Severity::Warning),
    ("bind", Severity::Warning),
    ("binary", Severity::Info),
    ("dashboard-files", Severity::Warning),
    ("dump", Severity::Warning),
    ("guidance", Severity::Info),
    ("ignore-config", Severity::Error),
    ("ignore-rules", Severity::Warning),
    ("managed-scope", Severity::Warning),
    ("media", Severity::Warning),
    ("media-dirs", Severity::Info),
    ("modes", Severity::Warning),
    ("project-plugins", Severity::Error),
    ("prompt", Severity::Info),
    ("scanner", Severity::Warning),
    ("stale-writes", Severity::Info),
    ("tls", Severity::Warning),
    ("tls-roots", Severity::Info),
    ("trusted-roots", Severity::Warning),
];

impl HomeRule for ControlVariable {
    const META: RuleMeta = RuleMeta {
        id: "env/control-variable",
        summary: "a variable switches a safeguard off",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[15, 1188],
        since: "0.1.0",
        page: page!("env/control-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for control in &home.knowledge.facts().environment().controls {
            let row = SEVERITIES.iter().find(|(effect, _)| *effect == control.effect);
            let Some(&(_, usual)) = row else { continue };
            let Some(set) = home.variable(&control.name) else { continue };
            let variable = set.winner;
            if !variable.known || !control.is_lax(&variable.value) {
                continue;
            }
            let (limit, note) = match home.holds(&control.range()) {
                Holds::Never => continue,
                Holds::Always => (Severity::Error, None),
                Holds::Depends { text } => (Severity::Warning, Some(format!("read {text}"))),
            };
            let severity = in_force(home, here(control, variable, usual).min(limit));
            let mut draft = Self::META
                .at(&variable.place)
                .severity(severity)
                .message(format!("{}: {}", control.name, control.means))
                .label("on the unsafe side")
                .help(format!("remove {} unless this is wanted", control.name))
                .notes(note);
            for loser in set.shadowed {
                draft = draft.related(&loser.place, "set here, too, and loses");
            }
            findings.add(draft);
        }
        super::stand_in::report(home, findings);
    }
}

/// How much it matters in this deployment.
fn here(control: &Control, variable: &Variable<'_>, usual: Severity) -> Severity {
    // In a container the volume's owner decides who reads the files; images set this themselves.
    if control.effect == "modes" && variable.source == VariableSource::Service {
        return Severity::Info;
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    #[test]
    fn each_effect_has_a_severity_or_another_rule() {
        const ELSEWHERE: &[&str] = &[
            "yolo",
            "accept-hooks",
            "redact",
            "allow-all",
            "safe-root",
            "sudo-password",
            "root-gateway",
            "private-urls",
            "spoofable",
            "plain-password",
            "relay",
        ];
        let facts = Facts::load(crate::data::folder("hermes")).unwrap();
        for control in &facts.environment().controls {
            if control.lax.is_some() {
                let own = SEVERITIES.iter().any(|(effect, _)| *effect == control.effect);
                let other = ELSEWHERE.contains(&control.effect.as_str());
                assert!(own != other, "{}: {}", control.name, control.effect);
            }
        }
        for (effect, _) in SEVERITIES {
            let used = facts.environment().controls.iter().any(|control| control.effect == *effect);
            assert!(used, "{effect} is the effect of no variable");
        }
    }
}
