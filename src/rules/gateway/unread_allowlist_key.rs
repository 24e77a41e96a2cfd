//! `gateway/unread-allowlist-key`: an allowlist under a key of config.yaml that is not read.

use crate::deployment::Home;
use crate::facts::{Holds, Platform, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::is_switched_off;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// An allowlist stands under a key that the release in question does not read.
pub struct UnreadAllowlistKey;

/// Keys for all platforms at once that look like an allowlist and are none in any release.
const NEVER_READ: &[&str] = &["gateway.allow_from"];

impl HomeRule for UnreadAllowlistKey {
    const META: RuleMeta = RuleMeta {
        id: "gateway/unread-allowlist-key",
        summary: "an allowlist stands under a key that is not read",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284],
        since: "0.1.0",
        page: page!("gateway/unread-allowlist-key"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for path in NEVER_READ {
            let Some(setting) = home.setting(path).filter(|setting| !setting.is_empty()) else {
                continue;
            };
            findings.add(
                Self::META
                    .at(&setting.key_place())
                    .message(format!("`{path}` is read by no release: nobody is let in by it"))
                    .label("not read")
                    .help("name who may write on every platform, in .env: `GATEWAY_ALLOWED_USERS=<id>,<id>`"),
            );
        }
        for state in home.platforms() {
            let name = &state.spec.name;
            if is_switched_off(home, &state.spec.id) {
                continue;
            }
            for (door, range) in &state.unread {
                // An open one that some release reads is another rule's matter.
                if door.is_empty() || (door.is_open() && home.may_hold(range)) {
                    continue;
                }
                let text = range.text();
                let message = match home.holds(range) {
                    Holds::Never => {
                        format!(
                            "`{}` is read only {text}: nobody on {name} is let in by it",
                            door.name
                        )
                    }
                    _ => format!(
                        "`{}` is read only {text}: another release lets nobody on {name} in by it",
                        door.name
                    ),
                };
                let listed = state.has_allowlist();
                let mut draft = Self::META
                    .at(&door.place)
                    .message(message)
                    .label("may not be read")
                    .severity(if listed { Severity::Info } else { Severity::Warning });
                if listed {
                    draft = draft.note("another allowlist of the platform counts");
                }
                if let Some(variable) = variable_for(state.spec, &door.name) {
                    draft = draft.help(format!(
                        "set the variable that every release reads, in .env: `{variable}=<id>,<id>`"
                    ));
                }
                findings.add(draft);
            }
        }
    }
}

/// The variable that means the same as the key.
fn variable_for<'p>(spec: &'p Platform, key: &str) -> Option<&'p str> {
    let group = key.contains("group");
    let all = || spec.users.iter().chain(&spec.chats).map(String::as_str);
    all().find(|name| name.contains("GROUP") == group).or_else(|| all().next())
}
