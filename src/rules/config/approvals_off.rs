//! `config/approvals-off`: nobody is asked before a dangerous command runs.
//!
//! One unit or container often starts several homes; what it switches off is said once for all of them.

use super::approvals::{by_backend, mode};
use crate::deployment::{Deployment, Home, Setting, Variable, VariableSource};
use crate::document::Place;
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::policy::Truth;
use crate::policy::words::Mode;
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// Prompts are off, by mode, variable or argument.
pub struct ApprovalsOff;

/// One switch that turns prompts off.
struct Switch<'d> {
    place: Place<'d>,
    label: &'static str,
    help: &'static str,
    severity: Severity,
    confidence: Confidence,
    note: Option<String>,
    /// Set by `approvals.mode`, where the edit is plain.
    is_mode: bool,
}

const VARIABLE: &str = "HERMES_YOLO_MODE";
const DROP_VARIABLE: &str = "delete `HERMES_YOLO_MODE`; what runs unasked often can be an exact entry of \
                             `command_allowlist`";

impl DeploymentRule for ApprovalsOff {
    const META: RuleMeta = RuleMeta {
        id: "config/approvals-off",
        summary: "dangerous commands run without a prompt",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["dangerous-command-policy"],
        cwe: &[862],
        since: "0.1.0",
        page: page!("config/approvals-off"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        let mut all: Vec<Verdict<'_>> = Vec::new();
        for verdict in deployment.homes.iter().filter_map(Verdict::of) {
            match all.iter_mut().find(|other| same(&other.first.place, &verdict.first.place)) {
                Some(other) => other.join(verdict),
                None => all.push(verdict),
            }
        }
        for verdict in all {
            verdict.report(findings);
        }
    }
}

/// True when something turns prompts off, or may.
pub(super) fn nobody_is_asked(home: &Home<'_>) -> bool {
    Verdict::of(home).is_some()
}

/// What turns prompts off in one home, the surest switch first.
struct Verdict<'d> {
    first: Switch<'d>,
    severity: Severity,
    others: Vec<(Place<'d>, &'static str)>,
    isolated: bool,
}

impl<'d> Verdict<'d> {
    fn of(home: &Home<'d>) -> Option<Self> {
        let mode = home.setting("approvals.mode");
        let by_mode = mode.as_ref().and_then(|setting| of_mode(home, setting));
        let asks = mode.filter(|setting| by_mode.is_none() && !setting.is_hole());
        let mut switches: Vec<Switch<'d>> =
            by_mode.into_iter().chain(of_variable(home)).chain(of_arguments(home)).collect();
        // Any one of them is enough, so what certainly holds comes first.
        switches.sort_by_key(|switch| std::cmp::Reverse((switch.severity, switch.confidence)));
        let mut switches = switches.into_iter();
        let first = switches.next()?;
        let mut others: Vec<(Place<'d>, &'static str)> =
            switches.map(|switch| (switch.place, "turns prompts off too")).collect();
        others.extend(asks.map(|setting| (setting.place(), "says otherwise, and loses")));
        let severity = by_backend(home, first.severity);
        Some(Self { first, severity, others, isolated: home.runs_isolated() })
    }

    fn join(&mut self, other: Self) {
        self.severity = self.severity.max(other.severity);
        self.isolated &= other.isolated;
        for (place, note) in other.others {
            if !self.others.iter().any(|(known, _)| same(known, &place)) {
                self.others.push((place, note));
            }
        }
    }

    fn report(self, findings: &mut Findings) {
        let sure = self.first.confidence == Confidence::High;
        let mut draft = ApprovalsOff::META
            .at(&self.first.place)
            .severity(self.severity)
            .confidence(self.first.confidence)
            .message(if sure {
                "dangerous commands run without a prompt: only `approvals.deny` and Hermes's own floor are left"
            } else {
                "this may turn the prompts for dangerous commands off"
            })
            .label(self.first.label)
            .help(self.first.help)
            .notes(self.first.note);
        if self.isolated {
            draft =
                draft.note("a container backend without a folder of the host asks nobody anyway");
        }
        if self.first.is_mode {
            draft = draft.fix("ask a person each time", false, &self.first.place, "manual");
        }
        for (place, note) in &self.others {
            draft = draft.related(place, *note);
        }
        findings.add(draft);
    }
}

fn same(one: &Place<'_>, other: &Place<'_>) -> bool {
    std::ptr::eq(one.document, other.document) && one.span == other.span
}

fn of_mode<'d>(home: &Home<'d>, setting: &Setting<'d>) -> Option<Switch<'d>> {
    if setting.is_hole() {
        return None;
    }
    let mut switch = Switch {
        place: setting.place(),
        label: "asks nobody",
        help: "write `mode: manual` under `approvals:`",
        severity: Severity::Error,
        confidence: Confidence::High,
        note: None,
        is_mode: true,
    };
    if mode(home, setting) == Mode::Off {
        return Some(switch);
    }
    if setting.short_boolean() != Some(false) {
        return None;
    }
    match home.holds(&Range::since(Release::SHORT_BOOLEANS)) {
        Holds::Never => return None,
        Holds::Always => {}
        Holds::Depends { text } => {
            switch.severity = Severity::Warning;
            switch.note =
                Some(format!("an unquoted `n` is off {text}, and manual in older releases"));
        }
    }
    Some(switch)
}

/// The variable that turns prompts off.
pub(crate) fn variable<'h, 'd>(home: &'h Home<'d>) -> Option<&'h Variable<'d>> {
    let winner = home.variable(VARIABLE)?.winner;
    (winner.known && Truth::Common.is_on(&winner.value)).then_some(winner)
}

fn of_variable<'d>(home: &Home<'d>) -> Option<Switch<'d>> {
    let winner = variable(home)?;
    let (severity, confidence, note) = match winner.source {
        VariableSource::RootScalar => (
            Severity::Warning,
            Confidence::Medium,
            Some(
                "the gateway makes a variable of it; whether that comes before the switch is read depends \
                 on the order of start-up"
                    .to_owned(),
            ),
        ),
        VariableSource::Template => (Severity::Warning, Confidence::High, None),
        _ => (Severity::Error, Confidence::High, None),
    };
    Some(Switch {
        place: winner.place.clone(),
        label: "asks nobody",
        help: DROP_VARIABLE,
        severity,
        confidence,
        note,
        is_mode: false,
    })
}

fn of_arguments<'d>(home: &Home<'d>) -> impl Iterator<Item = Switch<'d>> {
    home.yolo_arguments().map(|found| Switch {
        place: found.place.clone(),
        label: "asks nobody",
        help: "start Hermes without `--yolo` (and without `HERMES_YOLO_MODE=1` in front of it)",
        severity: Severity::Error,
        confidence: Confidence::High,
        note: None,
        is_mode: false,
    })
}
