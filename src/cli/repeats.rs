//! Says of a secret that stands in several places where the others are.
//!
//! Every place has to be edited, so each keeps a finding of its own; one of them is the main one, which the
//! others name first. Only what is shown counts: a place that the operator hid stays hidden.

use std::collections::HashMap;

use crate::finding::{Finding, Location, Related, ValueTag};

/// How many other places a finding lists.
const MOST: usize = 8;

/// With more places than this, only the main finding lists so many; the others name the main one.
const MANY: usize = 64;

/// Relates the findings of one value to each other. `findings` are in report order.
pub(super) fn relate(findings: &mut [Finding]) {
    let mut groups: HashMap<ValueTag, Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some(tag) = finding.credential.as_ref().and_then(|credential| credential.tag) {
            groups.entry(tag).or_default().push(index);
        }
    }
    // Groups share no finding, so that their order does not show.
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        put_main_first(&mut group, findings);
        let others = group.len() - 1;
        // Nobody lists more than these: one of them may be the finding's own.
        let places: Vec<(usize, Location)> = group
            .iter()
            .take(MOST + 1)
            .filter_map(|&index| Some((index, bare(&findings.get(index)?.location))))
            .collect();
        let main = group.first().copied();
        for &index in &group {
            let Some(finding) = findings.get_mut(index) else { continue };
            let most = if others > MANY && main != Some(index) { 1 } else { MOST };
            let listed = places.iter().filter(|(other, _)| *other != index).take(most);
            for (number, (other, location)) in listed.enumerate() {
                let mut note = if Some(*other) == main {
                    "the same value: the main finding of it".to_owned()
                } else {
                    "the same value".to_owned()
                };
                if number + 1 == most && others > most {
                    note += &format!(", and {} more", others - most);
                }
                finding.related.push(Related { location: location.clone(), note });
            }
        }
    }
}

/// Moves the first of the gravest and surest to the front.
fn put_main_first(group: &mut [usize], findings: &[Finding]) {
    let weight = |index: usize| findings.get(index).map(|one| (one.severity, one.confidence));
    let best = group.iter().map(|&index| weight(index)).max().flatten();
    if let Some(at) = group.iter().position(|&index| weight(index) == best)
        && let Some(head) = group.get_mut(..=at)
    {
        head.rotate_right(1);
    }
}

/// The place without its lines: they say nothing that the finding's own do not.
fn bare(location: &Location) -> Location {
    Location { excerpt: None, ..location.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Credential, Region, Severity};
    use crate::rules::RULES;

    fn finding(line: usize, severity: Severity, value: &str) -> Finding {
        let region = Region { line, column: 1, end_line: line, end_column: 2 };
        let location = Location { region: Some(region), ..Location::file("a", "a") };
        let credential = Credential {
            provider: None,
            detector: "context".into(),
            redacted: "… (8 characters)".to_owned(),
            reasons: Vec::new(),
            tag: Some(ValueTag::of(value.as_bytes())),
            guessable: false,
        };
        let mut findings = crate::rules::Findings::default();
        findings.add(
            RULES[0]
                .meta
                .at_location(location)
                .severity(severity)
                .confidence(Confidence::High)
                .credential(credential),
        );
        findings.into_vec().remove(0)
    }

    fn related(finding: &Finding) -> Vec<(usize, &str)> {
        let line = |one: &Related| one.location.region.map_or(0, |at| at.line);
        finding.related.iter().map(|one| (line(one), one.note.as_str())).collect()
    }

    #[test]
    fn the_gravest_is_the_main_one_and_named_first() {
        let mut all = [
            finding(1, Severity::Warning, "x"),
            finding(2, Severity::Error, "other"),
            finding(3, Severity::Error, "x"),
            finding(4, Severity::Error, "x"),
        ];
        relate(&mut all);
        let main = "the same value: the main finding of it";
        assert_eq!(related(&all[0]), [(3, main), (4, "the same value")]);
        assert_eq!(related(&all[1]), []);
        assert_eq!(related(&all[2]), [(1, "the same value"), (4, "the same value")]);
        assert_eq!(related(&all[3]), [(3, main), (1, "the same value")]);
    }

    #[test]
    fn of_very_many_places_the_main_one_lists_a_few() {
        let mut all: Vec<_> = (1..=MANY + 2).map(|n| finding(n, Severity::Error, "x")).collect();
        relate(&mut all);
        assert_eq!(related(&all[0]).len(), MOST);
        let main = format!("the same value: the main finding of it, and {MANY} more");
        assert_eq!(related(&all[5]), [(1, main.as_str())]);
    }

    #[test]
    fn many_places_are_counted() {
        let of = |places: usize| {
            let mut all: Vec<_> = (1..=places).map(|n| finding(n, Severity::Error, "x")).collect();
            relate(&mut all);
            all
        };
        for (places, last) in [(9, "the same value"), (10, "the same value, and 1 more")] {
            for finding in of(places) {
                let related = related(&finding);
                assert_eq!(related.len(), MOST);
                let own = finding.location.region.unwrap().line;
                assert!(related.iter().all(|(line, _)| *line != own));
                assert_eq!(related.last().unwrap().1, last);
            }
        }
    }
}
