//! `config/paths-missing`: nothing says where the agent may write.

use crate::deployment::Home;
use crate::facts::{Gate, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{absence, missing, speaks_guide, unseen_env_file};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Nothing says where the agent may write.
pub struct PathsMissing;

const ROOT: &str = "HERMES_WRITE_SAFE_ROOT";
const GUIDE: &str = "security.filesystem_allowed_paths";

impl HomeRule for PathsMissing {
    const META: RuleMeta = RuleMeta {
        id: "config/paths-missing",
        summary: "nothing says where the agent may write",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["paths-restricted"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("config/paths-missing"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let guide = home.setting(GUIDE).is_some_and(|setting| !setting.is_empty());
        // In a container of its own the write tools see nothing worth a fence.
        if !home.has_config()
            || home.is_incomplete()
            || home.is_env_unread()
            || guide
            || is_fenced(home)
            || home.runs_isolated()
        {
            return;
        }
        let follows_guide = speaks_guide(home);
        let chat = home
            .platforms()
            .iter()
            .find(|state| state.on.is_some() && state.spec.gate == Gate::Users);
        let severity = match (follows_guide, chat) {
            (true, _) => Severity::Warning,
            (false, Some(_)) if home.runs_locally() => Severity::Warning,
            _ => Severity::Info,
        };
        let Some(place) = home.anchor(if follows_guide { GUIDE } else { ROOT }) else { return };
        let from = chat.map_or(String::new(), |state| {
            format!(", at the word of whoever is let in on {}", state.spec.name)
        });
        let mut severity = missing(home, severity);
        let mut notes = vec![
            "it holds for the file tools; a command in the terminal can write elsewhere".to_owned(),
        ];
        if let Some(file) = unseen_env_file(home) {
            severity = Severity::Info;
            notes.push(format!("`{file}` is read as well and was not seen"));
        }
        if follows_guide {
            notes.push(format!(
                "the guides' `{GUIDE}` is not read by Hermes; it only states the intent"
            ));
        }
        findings.add(
            Self::META
                .at(&place)
                .message(format!("write_file and patch may write anywhere this account can{from}"))
                .label("no allowed paths")
                .severity(severity)
                .confidence(absence(home))
                .notes(notes)
                .help(format!("in .env, folders joined by `:`: `{ROOT}=/srv/hermes/workspace`")),
        );
    }
}

/// True when the variable names a folder; nothing but separators is no list.
fn is_fenced(home: &Home<'_>) -> bool {
    home.variable(ROOT).is_some_and(|effective| {
        !effective.winner.known || effective.winner.value.split(':').any(|path| !path.is_empty())
    })
}
