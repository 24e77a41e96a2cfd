//! `config/inline-shell`: reading a skill runs the commands in it.

use super::keys::in_force;
use crate::deployment::Home;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Commands in skill text run when the skill is read.
pub struct InlineShell;

/// From here on, skills that came from a community hub are left out.
const HUB_SKILLS_EXEMPT: Range = Range::since(Release::new(0, 22, 2));

impl HomeRule for InlineShell {
    const META: RuleMeta = RuleMeta {
        id: "config/inline-shell",
        summary: "commands in the text of a skill run when it is read",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["skills-reviewed"],
        cwe: &[78, 829],
        since: "0.1.0",
        page: page!("config/inline-shell"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let setting =
            home.setting("skills.inline_shell").filter(|setting| setting.bool() == Some(true));
        let Some(setting) = setting else { return };
        let note = match home.holds(&HUB_SKILLS_EXEMPT) {
            Holds::Never => None,
            Holds::Always => {
                Some("skills from a community hub are left out; all others are not".to_owned())
            }
            Holds::Depends { text } => {
                Some(format!("{text} skills from a community hub are left out; all others are not"))
            }
        };
        findings.add(
            Self::META
                .at(&setting.place())
                .severity(in_force(home, Severity::Error))
                .message("`skills.inline_shell` runs each !`command` in a skill when the skill is read, without a prompt")
                .label("runs what skills say")
                .help("skills:\n  inline_shell: false")
                .notes(note)
                .fix("do not run commands in skills", true, &setting.place(), "false"),
        );
    }
}
