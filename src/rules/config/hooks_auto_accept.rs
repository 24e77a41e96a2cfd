//! `config/hooks-auto-accept`: shell hooks run without anybody having agreed to them.

use super::approvals::switched_on;
use crate::deployment::{Home, Setting, VariableSource};
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts::{Holds, Range};
use crate::finding::{Confidence, Severity};
use crate::policy::Truth;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Shell hooks run without consent.
pub struct HooksAutoAccept;

impl HomeRule for HooksAutoAccept {
    const META: RuleMeta = RuleMeta {
        id: "config/hooks-auto-accept",
        summary: "shell hooks run without anybody having agreed to them",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[862],
        since: "0.1.0",
        page: page!("config/hooks-auto-accept"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let mut switches: Vec<(Place<'_>, Option<String>)> = Vec::new();
        if let Some(setting) = home.setting("hooks_auto_accept") {
            match switched_on(home, &setting, false) {
                Holds::Never => {}
                Holds::Always => switches.push((setting.place(), None)),
                Holds::Depends { text } => {
                    switches.push((setting.place(), Some(format!("an unquoted `y` is on {text}"))));
                }
            }
        }
        if let Some(effective) = home.variable("HERMES_ACCEPT_HOOKS") {
            let winner = effective.winner;
            if winner.known && Truth::Common.is_on(&winner.value) {
                let note = (winner.source == VariableSource::RootScalar)
                    .then(|| "the gateway makes a variable of it".to_owned());
                switches.push((winner.place.clone(), note));
            }
        }
        for service in home.services().iter().filter(|service| service.is_hermes) {
            let accepts = |text: &str| text.split_whitespace().any(|word| word == "--accept-hooks");
            switches.extend(service.argument(accepts).map(|word| (word.place.clone(), None)));
        }
        let mut switches = switches.into_iter();
        let Some((place, note)) = switches.next() else { return };
        let only_guards = only_guards(home);
        let mut draft = Self::META
            .at(&place)
            .severity(if only_guards { Severity::Info } else { Severity::Warning })
            .message("whatever hook gets into the config runs as a program, and nobody is asked first")
            .label("accepts every hook")
            .help("drop it, and agree to each hook once at the prompt; the answer is kept in `shell-hooks-allowlist.json`")
            .notes(note);
        if only_guards {
            draft = draft.note("by their names the hooks here only refuse commands");
        }
        for (other, _) in switches {
            draft = draft.related(&other, "accepts them too");
        }
        findings.add(draft);
    }
}

/// True when there are hooks and each is named for refusing something.
fn only_guards(home: &Home<'_>) -> bool {
    let Some(hooks) = home.setting("hooks") else { return false };
    let commands: Vec<&str> =
        hooks.children().iter().flat_map(|(_, event)| commands_of(event)).collect();
    !commands.is_empty() && commands.iter().all(|command| refuses(command))
}

fn commands_of<'d>(event: &Setting<'d>) -> Vec<&'d str> {
    let tree = event.tree();
    let mut all: Vec<&str> = Vec::new();
    let single = matches!(event.value(), Value::Map(_)).then_some(event.node);
    for hook in tree.items(event.node).iter().copied().chain(single) {
        all.push(tree.get(hook, "command").and_then(|id| tree.str(id)).unwrap_or_default());
    }
    all
}

/// True when a word of the command names a file for refusing: `deny-rm-rf.sh`, `/opt/guard.py`.
fn refuses(command: &str) -> bool {
    command.split_whitespace().any(|word| {
        let file = word.rsplit('/').next().unwrap_or(word).to_lowercase();
        file.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| ["deny", "block", "guard", "prevent", "refuse", "forbid"].contains(&part))
    })
}

#[cfg(test)]
mod tests {
    use super::refuses;

    #[test]
    fn names_for_refusing() {
        for command in ["~/.hermes/hooks/deny-destructive.py", "python3 /opt/block_rm.py --strict"]
        {
            assert!(refuses(command), "{command}");
        }
        for command in ["", "/opt/deny/log.sh", "hooks/blocker-off.sh", "guardian.sh"] {
            assert!(!refuses(command), "{command}");
        }
    }
}
