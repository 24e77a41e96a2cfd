//! `config/instruction-files-unprotected`: the agent may rewrite its own instructions unasked.

use super::keys::in_force;
use crate::deployment::Home;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Instruction files may be rewritten without a prompt.
pub struct InstructionFilesUnprotected;

impl HomeRule for InstructionFilesUnprotected {
    const META: RuleMeta = RuleMeta {
        id: "config/instruction-files-unprotected",
        summary: "the agent may rewrite its own instructions unasked",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::since(Release::new(0, 20, 1)),
        checklist: &["write-gates"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("config/instruction-files-unprotected"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let setting = home
            .setting("security.protected_instruction_files")
            .filter(|setting| setting.bool() == Some(false));
        let Some(setting) = setting else { return };
        let note = match home.holds(&Self::META.hermes) {
            Holds::Never => return,
            Holds::Always => None,
            Holds::Depends { text } => {
                Some(format!("read {text}; before, nothing asks in any case"))
            }
        };
        findings.add(
            Self::META
                .at(&setting.place())
                .severity(in_force(home, Severity::Warning))
                .message(
                    "the agent may rewrite SOUL.md, AGENTS.md and the like without a prompt: what it once reads stays",
                )
                .label("no prompt for these")
                .help("security:\n  protected_instruction_files: true")
                .notes(note)
                .fix("ask before instructions change", true, &setting.place(), "true"),
        );
    }
}
