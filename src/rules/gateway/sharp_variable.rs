//! `gateway/sharp-variable`: a variable takes a safeguard of a platform away.

use crate::deployment::{Home, PlatformState};
use crate::facts::{Platform, Range, Sharp};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{by_release, in_force, is_switched_off};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A variable takes a safeguard of a platform away.
pub struct SharpVariable;

/// Variables that rules of their own report.
const ELSEWHERE: &[&str] = &[
    "GATEWAY_ALLOW_ALL_USERS",
    "API_SERVER_HOST",
    "API_SERVER_CORS_ORIGINS",
    "WEBHOOK_SECRET",
    // Worth a word when it is absent, not when it is set.
    "A2A_PUSH_SECRET",
];

/// Variables after which an allowlist no longer says who writes.
const FORGEABLE: &[&str] = &["EMAIL_TRUST_FROM_HEADER", "SMS_INSECURE_NO_SIGNATURE"];

impl HomeRule for SharpVariable {
    const META: RuleMeta = RuleMeta {
        id: "gateway/sharp-variable",
        summary: "a variable takes a safeguard of a platform away",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["messaging-allowlists"],
        cwe: &[290, 319],
        since: "0.1.0",
        page: page!("gateway/sharp-variable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let facts = home.knowledge.facts().platforms();
        for sharp in &facts.everywhere.sharp {
            report(home, None, sharp, findings);
        }
        for platform in facts.platforms.iter().filter(|p| !is_switched_off(home, &p.id)) {
            for sharp in &platform.sharp {
                report(home, Some(platform), sharp, findings);
            }
        }
    }
}

fn report(home: &Home<'_>, platform: Option<&Platform>, sharp: &Sharp, findings: &mut Findings) {
    if ELSEWHERE.contains(&sharp.name.as_str())
        || sharp.needs.as_ref().is_some_and(|name| home.variable(name).is_some())
    {
        return;
    }
    let on: Option<&PlatformState<'_>> = home
        .platforms()
        .iter()
        .find(|state| platform.is_some_and(|p| p.id == state.spec.id) && state.on.is_some());
    let is_default = |value: &str| {
        sharp.default.as_ref().is_some_and(|default| default.eq_ignore_ascii_case(value.trim()))
    };
    let range = Range { since: sharp.since, until: None };
    let Some(effective) = home.variable(&sharp.name) else {
        unset(home, on, sharp, &range, findings);
        return;
    };
    let variable = effective.winner;
    if !variable.known || !sharp.is_lax(&variable.value) {
        return;
    }
    let forgeable = FORGEABLE.contains(&sharp.name.as_str());
    let severity = if is_default(&variable.value) || sharp.lax.is_empty() {
        // Its presence alone says little while the platform is off.
        if on.is_none() && platform.is_some() {
            return;
        }
        Severity::Info
    } else if forgeable && on.is_some() && !home.runs_isolated() {
        in_force(home, Severity::Error)
    } else {
        Severity::Warning
    };
    let Some((severity, text)) = by_release(home, &range, severity) else { return };
    let mut draft = SharpVariable::META
        .at(&variable.place)
        .anchor(sharp.name.clone())
        .message(format!("`{}`: {}", sharp.name, sharp.means))
        .label(if sharp.lax.is_empty() { "worth knowing" } else { "safeguard off" })
        .severity(severity)
        .notes(text.map(|text| format!("read {text}")))
        .help(help(sharp));
    for loser in effective.shadowed {
        draft = draft.related(&loser.place, "is set here too, and loses");
    }
    findings.add(draft);
}

/// A default that is lax is worth a word where the platform is on.
fn unset(
    home: &Home<'_>,
    on: Option<&PlatformState<'_>>,
    sharp: &Sharp,
    range: &Range,
    findings: &mut Findings,
) {
    let lax = sharp.default.as_ref().is_some_and(|default| sharp.is_lax(default));
    let Some(place) = on.and_then(|state| state.on.as_ref()).filter(|_| lax) else { return };
    let Some((severity, text)) = by_release(home, range, Severity::Info) else { return };
    findings.add(
        SharpVariable::META
            .at(place)
            .anchor(sharp.name.clone())
            .message(format!("`{}` is not set: {}", sharp.name, sharp.means))
            .label("default applies")
            .severity(severity)
            .notes(text.map(|text| format!("read {text}")))
            .help(help(sharp)),
    );
}

fn help(sharp: &Sharp) -> String {
    let name = &sharp.name;
    let is_yes = |word: &String| word.eq_ignore_ascii_case("true");
    let is_no = |word: &String| word.eq_ignore_ascii_case("false");
    match &sharp.needs {
        Some(needs) => format!("set `{needs}` too, or remove `{name}`"),
        None if sharp.lax.iter().any(is_yes) => format!("`{name}=false`"),
        None if sharp.lax.iter().any(is_no) => format!("`{name}=true`"),
        None if sharp.lax.iter().any(|word| word.starts_with("http")) => {
            format!("give `{name}` an https:// address")
        }
        None if sharp.lax.is_empty() => format!("check that `{name}` is meant"),
        None => format!("remove `{name}`"),
    }
}
