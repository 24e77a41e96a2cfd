//! What counts: the operator's choices applied to what the rules found.
//!
//! Findings are only ever hidden here, in one place, and every hidden one is counted.

mod baseline;
mod marks;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

pub use baseline::{Baseline, Broken, Remark, SALT};
pub use marks::{Marks, Raw, find as find_marks, foreign as foreign_mark};

use crate::finding::{
    Confidence, Finding, Mark, Severity, Standing, Suppressed, Suppression, Suppressor, ValueTag,
};

/// Which findings the operator wants to see.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Hide what is less sure than this.
    pub min_confidence: Confidence,
    /// Rule ids or families (`secret`, `secret/`); all when empty.
    pub select: Vec<String>,
    /// Rule ids or families to hide.
    pub ignore: Vec<String>,
    /// Severity by rule id or family; the id's own wins.
    pub severity: HashMap<String, Severity>,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            min_confidence: Confidence::Medium,
            select: Vec::new(),
            ignore: Vec::new(),
            severity: HashMap::new(),
        }
    }
}

/// True when `name` is the rule's id, its family, or its family with a `/`.
#[must_use]
pub fn names_rule(name: &str, rule: &str) -> bool {
    let family = rule.split('/').next().unwrap_or_default();
    name == rule || name.strip_suffix("/*").or(name.strip_suffix('/')).unwrap_or(name) == family
}

/// The result of [`triage`].
#[derive(Clone, Debug, Default)]
pub struct Triaged {
    /// What is shown, in report order, with fingerprints.
    pub findings: Vec<Finding>,
    /// How many were hidden by confidence, selection or a path setting.
    pub hidden: usize,
    /// What an operator decided about, in report order.
    pub suppressed: Vec<Suppressed>,
    /// Rule and digest of the entries of the baseline that nothing needed.
    pub unneeded: Vec<(String, String)>,
}

/// What an operator decided about single findings.
#[derive(Debug, Default)]
pub struct Decisions {
    /// Comments in the files.
    pub marks: Marks,
    /// The findings that are known.
    pub baseline: Option<Baseline>,
}

/// Sorts, fingerprints and filters. `hide` adds a test of the caller's (settings by path): a decision, when it knows
/// of one, counts as such.
#[must_use]
pub fn triage(
    mut findings: Vec<Finding>,
    choice: &Choice,
    decisions: &Decisions,
    hide: impl Fn(&Finding) -> Option<Suppression>,
) -> Triaged {
    findings.sort_by(|a, b| {
        let by_place = a.order().cmp(&b.order()).then(b.severity.cmp(&a.severity));
        // At one place, a history can have one value after the other.
        by_place.then_with(|| a.history.cmp(&b.history))
    });
    merge(&mut findings);
    fingerprint(&mut findings);
    let before = findings.len();
    findings.retain(|finding| choice.wants(finding));
    let hidden = before - findings.len();
    for finding in &mut findings {
        if let Some(severity) = choice.severity_of(finding.rule) {
            finding.severity = severity;
        }
    }
    let mut verdicts: Vec<Option<Suppression>> = findings
        .iter()
        .map(|finding| hide(finding).or_else(|| decisions.marks.covering(finding).map(by_mark)))
        .collect();
    let mut unneeded = Vec::new();
    if let Some(baseline) = &decisions.baseline {
        let open: Vec<usize> =
            (0..findings.len()).filter(|at| verdicts.get(*at) == Some(&None)).collect();
        let left: Vec<&Finding> = open.iter().filter_map(|at| findings.get(*at)).collect();
        let (known, rest) = baseline.known(&left);
        for (at, known) in open.into_iter().zip(known) {
            let holds = |one: &Suppression| {
                decisions.marks.standing(one.until.as_deref()) == Standing::Holds
            };
            if let Some(verdict) = verdicts.get_mut(at) {
                *verdict = known.filter(holds);
            }
        }
        unneeded = rest;
    }
    let (mut kept, mut suppressed) = (Vec::with_capacity(findings.len()), Vec::new());
    for (finding, verdict) in findings.into_iter().zip(verdicts) {
        match verdict {
            Some(suppression) => suppressed.push(Suppressed { finding, suppression }),
            None => kept.push(finding),
        }
    }
    Triaged { findings: kept, hidden, suppressed, unneeded }
}

/// The decision that `mark` is.
#[must_use]
pub fn by_mark(mark: &Mark) -> Suppression {
    Suppression {
        by: Suppressor::Comment { location: mark.location.clone(), marker: mark.marker.clone() },
        reason: mark.says.reason.clone(),
        owner: mark.says.owner.clone(),
        until: mark.says.until.clone(),
    }
}

/// One cause, one finding: what several homes say of one line (they share a unit, say) is said once, as
/// severely and as surely as any of them does, with what each adds.
fn merge(findings: &mut Vec<Finding>) {
    findings.dedup_by(|later, kept| {
        let same = later.rule == kept.rule
            && later.location == kept.location
            && later.anchor == kept.anchor
            && later.message == kept.message
            && value(later) == value(kept);
        if same {
            kept.severity = kept.severity.max(later.severity);
            kept.confidence = kept.confidence.max(later.confidence);
            unite(&mut kept.notes, &mut later.notes);
            unite(&mut kept.related, &mut later.related);
        }
        same
    });
}

/// What the credential of a finding is told apart by.
fn value(finding: &Finding) -> Option<ValueTag> {
    finding.credential.as_ref().and_then(|credential| credential.tag)
}

/// Moves what `into` lacks over from `from`.
fn unite<T: PartialEq>(into: &mut Vec<T>, from: &mut Vec<T>) {
    for item in from.drain(..) {
        if !into.contains(&item) {
            into.push(item);
        }
    }
}

impl Choice {
    /// The operator's severity for `rule`; the gravest where a family is written in two ways.
    #[must_use]
    pub fn severity_of(&self, rule: &str) -> Option<Severity> {
        let families = || self.severity.iter().filter(|(name, _)| names_rule(name, rule));
        let exact = self.severity.get(rule).copied();
        exact.or_else(|| families().map(|(_, severity)| *severity).max())
    }

    fn wants(&self, finding: &Finding) -> bool {
        finding.confidence >= self.min_confidence
            && (self.select.is_empty()
                || self.select.iter().any(|name| names_rule(name, finding.rule)))
            && !self.ignore.iter().any(|name| names_rule(name, finding.rule))
    }
}

/// Gives every finding its fingerprint: a digest of rule, identity path, anchor, and its number among
/// equals. No byte of a scanned value goes in beyond the anchor, which is masked.
fn fingerprint(findings: &mut [Finding]) {
    let mut seen: HashMap<(&str, &str, &str), usize> = HashMap::with_capacity(findings.len());
    let mut fingerprints = Vec::with_capacity(findings.len());
    for finding in &*findings {
        let parts = (finding.rule, &*finding.location.identity, &*finding.anchor);
        let count = seen.entry(parts).or_insert(0);
        let mut digest = Sha256::new();
        for part in [parts.0, parts.1, parts.2, &count.to_string()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        *count += 1;
        let halves = digest.finalize().into_iter().take(16).flat_map(|b| [b >> 4, b & 15]);
        let digits = halves.filter_map(|half| char::from_digit(u32::from(half), 16));
        fingerprints.push(digits.collect());
    }
    for (finding, fingerprint) in findings.iter_mut().zip(fingerprints) {
        finding.fingerprint = fingerprint;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;

    fn finding(rule: &'static str, path: &str, anchor: &str, confidence: Confidence) -> Finding {
        Finding {
            rule,
            severity: Severity::Warning,
            confidence,
            location: Location::file(path, path),
            label: "".into(),
            message: "m".to_owned(),
            help: None,
            notes: Vec::new(),
            related: Vec::new(),
            fix: None,
            credential: None,
            history: None,
            anchor: anchor.to_owned(),
            fingerprint: String::new(),
        }
    }

    #[test]
    fn families_and_ids_select() {
        assert!(names_rule("secret", "secret/known-token"));
        assert!(names_rule("secret/", "secret/known-token"));
        assert!(names_rule("secret/*", "secret/known-token"));
        assert!(names_rule("secret/known-token", "secret/known-token"));
        assert!(!names_rule("sec", "secret/known-token"));
        assert!(!names_rule("secret/known", "secret/known-token"));
    }

    #[test]
    fn equal_findings_get_different_fingerprints_in_a_stable_order() {
        let mut second = finding("a/b", "x", "k", Confidence::High);
        second.message = "n".to_owned();
        let all = vec![second.clone(), finding("a/b", "x", "k", Confidence::High)];
        let one = triage(all.clone(), &Choice::default(), &Decisions::default(), |_| None);
        let other = triage(
            all.into_iter().rev().collect(),
            &Choice::default(),
            &Decisions::default(),
            |_| None,
        );
        assert_eq!(one.findings, other.findings);
        assert_ne!(one.findings[0].fingerprint, one.findings[1].fingerprint);
        assert_eq!(one.findings[0].fingerprint.len(), 32);
    }

    #[test]
    fn what_two_homes_say_of_one_line_is_said_once() {
        let mild = finding("a/b", "x", "k", Confidence::High);
        let grave = Finding { severity: Severity::Error, ..mild.clone() };
        let triaged =
            triage(vec![mild, grave], &Choice::default(), &Decisions::default(), |_| None);
        assert_eq!(triaged.findings.len(), 1);
        assert_eq!(triaged.findings[0].severity, Severity::Error);
    }

    #[test]
    fn what_is_said_once_keeps_what_each_adds() {
        let mut one = finding("a/b", "x", "k", Confidence::Low);
        one.notes = vec!["both".to_owned(), "one".to_owned()];
        let mut other = finding("a/b", "x", "k", Confidence::High);
        other.notes = vec!["both".to_owned(), "other".to_owned()];
        other.related =
            vec![crate::finding::Related { location: Location::file("y", "y"), note: "n".into() }];
        let triaged = triage(vec![one, other], &Choice::default(), &Decisions::default(), |_| None);
        assert_eq!(triaged.findings.len(), 1);
        assert_eq!(triaged.findings[0].confidence, Confidence::High);
        assert_eq!(triaged.findings[0].notes, ["both", "one", "other"]);
        assert_eq!(triaged.findings[0].related.len(), 1);
    }

    #[test]
    fn a_familys_severity_counts_where_the_rule_has_none_of_its_own() {
        let choice = Choice {
            severity: HashMap::from([
                ("a".to_owned(), Severity::Error),
                ("a/b".to_owned(), Severity::Info),
            ]),
            ..Choice::default()
        };
        let of = |rule| {
            let all = vec![finding(rule, "x", "k", Confidence::High)];
            triage(all, &choice, &Decisions::default(), |_| None).findings[0].severity
        };
        assert_eq!(
            (of("a/b"), of("a/c"), of("c/d")),
            (Severity::Info, Severity::Error, Severity::Warning)
        );
    }

    #[test]
    fn what_is_hidden_is_counted() {
        let all = vec![
            finding("a/b", "x", "k", Confidence::Low),
            finding("c/d", "x", "k", Confidence::High),
            finding("c/e", "x", "k", Confidence::High),
        ];
        let choice = Choice { ignore: vec!["c/e".to_owned()], ..Choice::default() };
        let triaged = triage(all, &choice, &Decisions::default(), |_| None);
        assert_eq!((triaged.findings.len(), triaged.hidden), (1, 2));
    }
}
