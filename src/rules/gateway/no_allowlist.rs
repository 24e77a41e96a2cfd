//! `gateway/no-allowlist`: a platform is on and nobody is named who may use it.

use crate::deployment::{Home, PlatformState};
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{absence, platform_key, unseen_env_file};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

use super::unread_allowlist_variable::misread;
use super::{everybody_may_come, is_true};

/// A platform is on and nobody is named who may use it.
pub struct NoAllowlist;

impl HomeRule for NoAllowlist {
    const META: RuleMeta = RuleMeta {
        id: "gateway/no-allowlist",
        summary: "a messaging platform is on without an allowlist",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[284],
        since: "0.1.0",
        page: page!("gateway/no-allowlist"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for (state, on, variable) in bare(home) {
            let name = &state.spec.name;
            let ignores = ignores_strangers(home, &state.spec.id);
            let what = if ignores {
                "strangers get no answer, and nobody but those paired by hand gets in"
            } else {
                "strangers do not get in, but each gets a pairing code that one mistaken \
                 approval turns into access"
            };
            let mut draft = Self::META
                .at(on)
                .message(format!("{name} is on without an allowlist: {what}"))
                .label(format!("switches {name} on"))
                .confidence(absence(home))
                .help(format!("name who may write, in .env: `{variable}=<id>,<id>`"));
            if let Some(file) = unseen_env_file(home) {
                draft = draft.note(format!("`{file}` is read as well and was not seen"));
            }
            if !ignores {
                draft = draft
                    .note("`unauthorized_dm_behavior: ignore` keeps pairing codes from strangers");
            }
            findings.add(draft);
        }
    }
}

/// The platforms that are on with nobody named, each with what switches it on and the variable for the names.
fn bare<'h, 'd>(home: &'h Home<'d>) -> Vec<(&'h PlatformState<'d>, &'h Place<'d>, &'h str)> {
    let everywhere = &home.knowledge.facts().platforms().everywhere;
    let for_all = everywhere.users.iter().any(|name| home.variable(name).is_some());
    if home.is_incomplete() || home.is_env_unread() || for_all || everybody_may_come(home) {
        return Vec::new();
    }
    home.platforms()
        .iter()
        .filter(|state| state.spec.has_user_allowlist() && !is_listed(home, state))
        .filter_map(|state| Some((state, state.on.as_ref()?, state.spec.users.first()?.as_str())))
        .collect()
}

/// What hands pairing codes to strangers, with the name of each platform: as far as the files of `home` can tell.
pub(crate) fn pairs_strangers<'h, 'd>(home: &'h Home<'d>) -> Vec<(&'h str, &'h Place<'d>)> {
    if home.is_template() || unseen_env_file(home).is_some() {
        return Vec::new();
    }
    bare(home)
        .into_iter()
        .filter(|(state, ..)| !ignores_strangers(home, &state.spec.id))
        .map(|(state, on, _)| (state.spec.name.as_str(), on))
        .collect()
}

/// True when somebody is named, or another rule says why the names do not count.
fn is_listed(home: &Home<'_>, state: &PlatformState<'_>) -> bool {
    let spec = state.spec;
    state.has_allowlist()
        || state.unread.iter().any(|(door, _)| !door.is_empty())
        || spec.allow_all.as_ref().is_some_and(|name| is_true(home, name))
        || home.opened(state).is_some()
        || spec.policy_users.iter().any(|name| home.variable(name).is_some())
        || home.variables().iter().any(|variable| {
            variable.is_set()
                && misread(home, &variable.name)
                    .is_some_and(|(_, platform)| platform.is_none_or(|id| id == spec.id))
        })
}

/// Whether direct messages of strangers go unanswered on this platform.
fn ignores_strangers(home: &Home<'_>, id: &str) -> bool {
    let own = platform_key(home, id, "unauthorized_dm_behavior");
    let set = own
        .or_else(|| home.setting("unauthorized_dm_behavior"))
        .or_else(|| home.setting("gateway.unauthorized_dm_behavior"));
    match set.and_then(|setting| setting.str().map(str::to_owned)) {
        Some(word) => matches!(word.trim().to_ascii_lowercase().as_str(), "ignore" | "decline"),
        None => id == "email",
    }
}
