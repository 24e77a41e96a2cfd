//! How far a deployment has come: the counts of verdicts, and a score that nothing but a pass raises.
//!
//! The score is the share of items that pass among the items that arise. What needs a person and what could
//! not be read stays among them, unlike in a share of what was decided: there, hiding a file would be a way to
//! a better score. The price is that a deployment without attestations never gets a hundred.

use super::{Item, Status};

/// The counts of some items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items that pass by evidence.
    pub pass: usize,
    /// Items that fail by evidence.
    pub fail: usize,
    /// Items that no file can show.
    pub manual: usize,
    /// Items that do not arise, with and without a reason.
    pub not_applicable: usize,
    /// Items that could not be read.
    pub unknown: usize,
    /// Items that do not arise and show no reason.
    unexplained: usize,
}

impl Tally {
    /// Counts `items`.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>) -> Self {
        let mut tally = Self::default();
        for item in items {
            match item.status {
                Status::Pass => tally.pass += 1,
                Status::Fail => tally.fail += 1,
                Status::Manual => tally.manual += 1,
                Status::Unknown => tally.unknown += 1,
                Status::NotApplicable => {
                    tally.not_applicable += 1;
                    let explained = item.evidence.iter().any(|seen| !seen.text.trim().is_empty());
                    tally.unexplained += usize::from(!explained);
                }
            }
        }
        tally
    }

    /// Number of items with `status`.
    #[must_use]
    pub const fn count(&self, status: Status) -> usize {
        match status {
            Status::Pass => self.pass,
            Status::Fail => self.fail,
            Status::Manual => self.manual,
            Status::NotApplicable => self.not_applicable,
            Status::Unknown => self.unknown,
        }
    }

    /// Number of items.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.pass + self.fail + self.manual + self.not_applicable + self.unknown
    }

    /// Number of items that evidence decided.
    #[must_use]
    pub const fn decided(&self) -> usize {
        self.pass + self.fail
    }

    /// Number of items that arise: all but those that do not and say why.
    #[must_use]
    pub const fn applicable(&self) -> usize {
        self.pass + self.fail + self.manual + self.unknown + self.unexplained
    }

    /// Items that pass among those that arise, in per cent and rounded down, so that only all of them make a
    /// hundred; `None` when none arises.
    #[must_use]
    pub const fn score(&self) -> Option<usize> {
        (self.pass * 100).checked_div(self.applicable())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::evidence;
    use super::*;

    const STATUSES: [Status; 5] =
        [Status::Pass, Status::Fail, Status::Manual, Status::NotApplicable, Status::Unknown];

    fn item(status: Status, reason: Option<&str>) -> Item {
        Item {
            id: "x".to_owned(),
            title: "x".to_owned(),
            list: "production".to_owned(),
            layer: "credentials".to_owned(),
            status,
            evidence: reason.map(evidence::text).into_iter().collect(),
            rules: Vec::new(),
            help: None,
        }
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        let reason = prop_oneof![Just(None), Just(Some("  ")), Just(Some("no platform is on"))];
        let one = (0..STATUSES.len(), reason).prop_map(|(at, reason)| item(STATUSES[at], reason));
        proptest::collection::vec(one, 1..20)
    }

    /// No score at all is the least of all.
    fn score(items: &[Item]) -> Option<usize> {
        Tally::of(items).score()
    }

    proptest! {
        #[test]
        fn a_fail_that_is_waved_away_gives_no_more_than_a_pass(mut items in items(), at: prop::sample::Index) {
            let at = at.index(items.len());
            items[at] = item(Status::Pass, Some("seen"));
            let passed = score(&items);
            for reason in [None, Some(" "), Some("does not arise")] {
                items[at] = item(Status::NotApplicable, reason);
                prop_assert!(score(&items) <= passed);
            }
        }

        #[test]
        fn a_fail_waved_away_without_a_reason_stays_what_it_is(mut items in items(), at: prop::sample::Index) {
            let at = at.index(items.len());
            items[at] = item(Status::Fail, Some("seen"));
            let failed = score(&items);
            for reason in [None, Some(" ")] {
                items[at] = item(Status::NotApplicable, reason);
                prop_assert_eq!(score(&items), failed);
            }
        }

        #[test]
        fn what_was_not_read_or_looked_at_never_raises_the_score(items in items(), at: prop::sample::Index) {
            let before = score(&items).unwrap_or(0);
            for status in [Status::Unknown, Status::Manual, Status::Fail] {
                let mut changed = items.clone();
                changed[at.index(items.len())] = item(status, None);
                prop_assert!(score(&changed).unwrap_or(0) <= before);
                let mut more = items.clone();
                more.push(item(status, Some("no right to read it")));
                prop_assert!(score(&more).unwrap_or(0) <= before);
            }
        }

        #[test]
        fn a_hundred_means_that_all_pass_and_counts_add_up(items in items()) {
            let tally = Tally::of(&items);
            let passes = items.iter().all(|item| {
                let explained = item.evidence.iter().any(|seen| seen.text.starts_with("no "));
                item.status == Status::Pass || item.status == Status::NotApplicable && explained
            });
            prop_assert_eq!(tally.score() == Some(100), passes && tally.pass > 0);
            prop_assert_eq!(tally.total(), items.len());
            prop_assert_eq!(STATUSES.map(|status| tally.count(status)).iter().sum::<usize>(), items.len());
        }
    }

    #[test]
    fn the_score_is_rounded_down() {
        let mut items = vec![item(Status::Pass, None); 198];
        items.push(item(Status::Fail, None));
        assert_eq!(score(&items), Some(99));
        assert_eq!(score(&[item(Status::NotApplicable, Some("no platform is on"))]), None);
        assert_eq!(score(&[]), None);
    }
}
