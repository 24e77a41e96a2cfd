//! The two published hardening checklists: what decides each item, and with what verdict.
//!
//! An item fails by a finding of a rule that names it, passes by evidence that the report shows, and is
//! `manual` when no file can show it. Nothing passes because it could not be looked at. The texts are
//! data; what counts as evidence is code, one function an item.

mod evidence;
mod machine;
mod operational;
mod production;
mod tally;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::data;
use crate::deployment::Deployment;
use crate::finding::{Finding, Severity};
use crate::rules::RULES;
use crate::settings::{Attestation, Name, Settings};

pub use tally::Tally;

/// Most findings that an item quotes.
const QUOTED: usize = 5;

/// The verdict on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Decided by evidence that the report shows.
    Pass,
    /// Decided by evidence that the report shows.
    Fail,
    /// No file can show it; the help says what to look at.
    Manual,
    /// It does not arise here, and the evidence says why.
    NotApplicable,
    /// What would decide it could not be read: never a pass.
    Unknown,
}

impl Status {
    /// The word that machine formats use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Manual => "manual",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing seen that speaks for a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What was seen, as a lower-case sentence.
    pub text: String,
    /// File, as the user named it.
    pub path: Option<String>,
    /// Line, from 1.
    pub line: Option<usize>,
}

/// One item with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Stable id (`denylist-destructive`).
    pub id: String,
    /// The item, in the words of our own table.
    pub title: String,
    /// Which list it is of: `production` or `operational`.
    pub list: String,
    /// Id of the [`Layer`] it belongs to.
    pub layer: String,
    /// The verdict.
    pub status: Status,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Rules whose findings decide it.
    pub rules: Vec<String>,
    /// What to do, or what to look at; `None` for a pass.
    pub help: Option<String>,
}

/// One of the five layers of protection that the items belong to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Stable id (`credentials`).
    pub id: String,
    /// Its name, in a few words.
    pub title: String,
    /// What holds when all of its items pass.
    pub what: String,
}

/// Every item, in the published order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checklist {
    /// The day that ages were counted to.
    pub on: Date,
    /// The layers, in order.
    pub layers: Vec<Layer>,
    /// The items.
    pub items: Vec<Item>,
}

impl Checklist {
    /// The counts of all items, and the score.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally::of(&self.items)
    }
}

/// What the data says of an item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    id: String,
    list: String,
    layer: String,
    title: String,
    help: String,
    look: String,
    findings: String,
    #[serde(default)]
    attest: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    layers: Vec<Layer>,
    items: Vec<Spec>,
}

/// What an item's own function saw, apart from findings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Speaks for a pass.
    pub for_it: Vec<Evidence>,
    /// Speaks against it.
    pub against: Vec<Evidence>,
    /// Why it does not arise.
    pub not_applicable: Option<String>,
    /// Why it can't be told.
    pub unknown: Option<String>,
    /// No evidence either way is a failure here: the thing asked for is simply not there.
    pub absence_fails: Option<String>,
}

/// What items are decided from.
pub(crate) struct Case<'c, 'd> {
    /// Everything that was read.
    pub deployment: &'c Deployment<'d>,
    /// Everything that was found.
    pub findings: &'c [Finding],
    /// The day that ages are counted to.
    pub today: Date,
}

type Decide = fn(&Case<'_, '_>) -> Seen;

/// The function of each item.
const ITEMS: &[(&str, Decide)] = &[
    ("non-root-user", production::non_root_user),
    ("secrets-in-env-file", production::secrets_in_env_file),
    ("denylist-destructive", production::denylist_destructive),
    ("paths-restricted", production::paths_restricted),
    ("messaging-allowlists", production::messaging_allowlists),
    ("dangerous-command-policy", production::dangerous_command_policy),
    ("log-forwarding", production::log_forwarding),
    ("update-schedule", production::update_schedule),
    ("separate-keys", production::separate_keys),
    ("pre-commit-scanning", production::pre_commit_scanning),
    ("no-secrets-in-vcs", operational::no_secrets_in_vcs),
    ("least-privilege-connectors", operational::least_privilege_connectors),
    ("write-gates", operational::write_gates),
    ("audit-logging", operational::audit_logging),
    ("sensitive-data-stripped", operational::sensitive_data_stripped),
    ("skills-reviewed", operational::skills_reviewed),
    ("credential-rotation", operational::credential_rotation),
    ("logs-append-only", operational::logs_append_only),
    ("anomaly-alerts", operational::anomaly_alerts),
];

/// The ids of all items.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ITEMS.iter().map(|(id, _)| *id)
}

/// Decides every item.
#[must_use]
pub fn evaluate(
    deployment: &Deployment<'_>,
    findings: &[Finding],
    settings: &Settings,
    today: Date,
) -> Checklist {
    let specs: File = data::file("checklist")
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or(File { layers: Vec::new(), items: Vec::new() });
    let case = Case { deployment, findings, today };
    let items = specs
        .items
        .into_iter()
        .filter_map(|spec| {
            let (_, decide) = ITEMS.iter().find(|(id, _)| *id == spec.id)?;
            Some(item(spec, decide(&case), &case, &settings.attest))
        })
        .collect();
    Checklist { on: today, layers: specs.layers, items }
}

fn item(
    spec: Spec,
    seen: Seen,
    case: &Case<'_, '_>,
    attested: &BTreeMap<Name, Attestation>,
) -> Item {
    let rules: Vec<String> = RULES
        .iter()
        .filter(|rule| rule.meta.checklist.contains(&spec.id.as_str()))
        .map(|rule| rule.meta.id.to_owned())
        .collect();
    let lowest: Severity = spec.findings.parse().unwrap_or(Severity::Warning);
    let mut against: Vec<Evidence> = case
        .findings
        .iter()
        .filter(|finding| {
            finding.severity >= lowest && rules.iter().any(|rule| rule == finding.rule)
        })
        .map(evidence::of_finding)
        .collect();
    against.extend(seen.against);
    let mut seen = Seen { against: Vec::new(), ..seen };
    drop_void(case, &mut seen, &mut against);
    if attested.get(spec.id.as_str()).is_none() {
        mark_unread(case, &mut seen);
        mark_shut(case, &mut seen);
    }
    let attestation = attested.get(spec.id.as_str());
    let look =
        format!("look at {}; then attest it in .hermes-lint.toml, [attest.{}]", spec.look, spec.id);
    let (status, evidence, help) = if !against.is_empty() {
        (Status::Fail, quoted(against), Some(spec.help))
    } else if let Some(why) = seen.unknown.filter(|_| attestation.is_none()) {
        (Status::Unknown, vec![evidence::text(why)], Some(look))
    } else if !seen.for_it.is_empty() {
        (Status::Pass, quoted(seen.for_it), None)
    } else if let Some(attestation) = attestation {
        attestation_verdict(attestation, spec.attest, case.today, spec.help)
    } else if let Some(why) = seen.not_applicable {
        (Status::NotApplicable, vec![evidence::text(why)], None)
    } else if let Some(why) = seen.absence_fails {
        (Status::Fail, vec![evidence::text(why)], Some(spec.help))
    } else {
        (Status::Manual, Vec::new(), Some(look))
    };
    let Spec { id, title, list, layer, .. } = spec;
    Item { id, title, list, layer, status, evidence, rules, help }
}

/// What a config says that its duplicate keys void speaks for nothing.
fn drop_void(case: &Case<'_, '_>, seen: &mut Seen, against: &mut Vec<Evidence>) {
    for home in case.deployment.homes.iter().filter(|home| home.is_void()) {
        let path = home.config().map(|config| config.text.path().display.clone());
        let before = seen.for_it.len();
        seen.for_it.retain(|evidence| evidence.path != path);
        if seen.for_it.len() < before {
            let text = "a key stands twice, for which Hermes drops the whole config".to_owned();
            against.push(Evidence { text, path, line: None });
        }
    }
}

/// A config or dotenv file that was found and not read could say anything.
fn mark_unread(case: &Case<'_, '_>, seen: &mut Seen) {
    let unread = case.deployment.skipped.iter().find(|skip| {
        let name = skip.path.file_name();
        name == "config.yaml" || name == ".env"
    });
    if let Some(skip) = unread.filter(|_| seen.unknown.is_none()) {
        seen.unknown =
            Some(format!("{} was not read: {}", skip.path.display, skip.reason.detail()));
    }
}

/// A home that was found and may not be entered could say anything as well.
fn mark_shut(case: &Case<'_, '_>, seen: &mut Seen) {
    let shut = case.deployment.survey.and_then(|survey| survey.shut.first());
    if let Some(home) = shut.filter(|_| seen.unknown.is_none()) {
        seen.unknown = Some(format!("{home} is a home, and this account may not enter it"));
    }
}

/// The first few, and how many more there are.
fn quoted(mut all: Vec<Evidence>) -> Vec<Evidence> {
    all.dedup();
    let more = all.len().saturating_sub(QUOTED);
    all.truncate(QUOTED);
    if more > 0 {
        all.push(evidence::text(format!("and {more} more")));
    }
    all
}

fn attestation_verdict(
    attestation: &Attestation,
    limit: Option<u32>,
    today: Date,
    help: String,
) -> (Status, Vec<Evidence>, Option<String>) {
    if attestation.by.trim().is_empty() || attestation.evidence.trim().is_empty() {
        let text = "the attestation does not say who looked, or at what".to_owned();
        return (Status::Fail, vec![evidence::text(text)], Some(help));
    }
    let until = attestation.valid_until(limit);
    let said =
        format!("attested by {} on {}: {}", attestation.by, attestation.on.0, attestation.evidence);
    if attestation.on.0 > today {
        let text = format!("{said}; that day has not come yet");
        return (Status::Fail, vec![evidence::text(text)], Some(help));
    }
    if until < today {
        let text = format!("{said}; lapsed on {until}");
        return (Status::Fail, vec![evidence::text(text)], Some(help));
    }
    (Status::Pass, vec![evidence::text(format!("{said}; counts until {until}"))], None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_code_name_the_same_items() {
        let file: File = serde_json::from_str(data::file("checklist").unwrap()).unwrap();
        let data: Vec<&str> = file.items.iter().map(|spec| spec.id.as_str()).collect();
        let code: Vec<&str> = ITEMS.iter().map(|(id, _)| *id).collect();
        assert_eq!(data, code);
        assert_eq!(data.len(), 19);
        for spec in &file.items {
            assert!(spec.findings.parse::<Severity>().is_ok(), "{}", spec.id);
            assert!(["production", "operational"].contains(&spec.list.as_str()));
            let layers = file.layers.iter().filter(|layer| layer.id == spec.layer);
            assert_eq!(layers.count(), 1, "{}", spec.id);
        }
        assert_eq!(file.layers.len(), 5);
        for layer in &file.layers {
            assert!(file.items.iter().any(|spec| spec.layer == layer.id), "{}", layer.id);
        }
    }

    #[test]
    fn every_item_a_rule_names_exists() {
        for rule in RULES {
            for item in rule.meta.checklist {
                assert!(ITEMS.iter().any(|(id, _)| id == item), "{}: {item}", rule.meta.id);
            }
        }
    }

    #[test]
    fn attestations_lapse() {
        let attestation: Attestation =
            toml::from_str("by = \"ops\"\non = \"2026-10-01\"\nevidence = \"x\"\n").unwrap();
        let on = |day: &str| {
            attestation_verdict(&attestation, None, day.parse().unwrap(), String::new()).0
        };
        assert_eq!(on("2026-12-30"), Status::Pass);
        assert_eq!(on("2026-12-31"), Status::Fail);
        assert_eq!(on("2026-09-30"), Status::Fail);
        let short = attestation_verdict(
            &attestation,
            Some(30),
            "2026-11-01".parse().unwrap(),
            String::new(),
        );
        assert_eq!(short.0, Status::Fail);
    }
}
