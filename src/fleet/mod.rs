//! The reports of many hosts and repositories as one: who has which finding, and who passes which item.
//!
//! Reports are joined, not trusted: counts are taken from the findings and items that are there, never from the
//! totals beside them. A finding is the same on two hosts when its rule and its fingerprint are, which is why a
//! fingerprint is made of a path below the home and not of the machine's own. What is kept grows with the number of
//! different findings and with the places they are at, and with nothing else that a report says.

mod read;

use std::collections::{BTreeMap, HashMap};

pub use self::read::{Broken, Document};
use crate::checklist::{Item, Status, Tally};
use crate::finding::{Confidence, FailOn, Severity};

/// Several reports, joined.
#[derive(Debug, Default)]
pub struct Fleet {
    /// The hosts, in the order they were added; everything else refers to them by place.
    pub hosts: Vec<Host>,
    /// The checklist's items, in the published order.
    pub items: Vec<ItemRow>,
    /// The rules that found something, the gravest and most frequent first once [sorted](Self::sort).
    pub rules: Vec<RuleRow>,
    /// The findings, each once, in the same order.
    pub findings: Vec<Joined>,
    /// Places in `items`, by list and id.
    item_places: HashMap<(String, String), usize>,
    /// Places in `rules`.
    rule_places: HashMap<String, usize>,
    /// Places in `findings`, by rule and fingerprint.
    finding_places: HashMap<(String, String), usize>,
}

/// One report: a host, or a repository.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// What it is called.
    pub name: String,
    /// Its findings by severity; `None` for a checklist alone.
    pub findings: Option<Severities>,
    /// Findings held back.
    pub hidden: u64,
    /// Findings that its operator decided about.
    pub suppressed: usize,
    /// Its verdicts, when a checklist is in the report.
    pub verdicts: Option<Tally>,
    /// Files read; zero for a checklist alone, like the two that follow.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Files not read, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// The releases of Hermes Agent that its verdicts hold for.
    pub hermes: String,
    /// Digest of the rule set it was judged with.
    pub rules: String,
}

impl Host {
    /// Number of files that were not read.
    #[must_use]
    pub fn skips(&self) -> usize {
        self.skipped.values().sum()
    }
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Severities {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// What is worth knowing.
    pub infos: usize,
}

impl Severities {
    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Info => self.infos += 1,
        }
    }
}

/// An item of the checklists, with the verdict of each host.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Its id.
    pub id: String,
    /// The item in words.
    pub title: String,
    /// The list it is of.
    pub list: String,
    /// Verdicts by place of the host, ascending; a host without the item is not among them.
    pub verdicts: Vec<(usize, Status)>,
}

impl ItemRow {
    /// The verdict of the host at `host`.
    #[must_use]
    pub fn of(&self, host: usize) -> Option<Status> {
        let at = self.verdicts.binary_search_by_key(&host, |(host, _)| *host).ok()?;
        self.verdicts.get(at).map(|(_, status)| *status)
    }

    /// How many hosts have `status`.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.verdicts.iter().filter(|(_, it)| *it == status).count()
    }
}

/// A rule, with the number of its findings on each host.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its id.
    pub rule: String,
    /// The gravest of its findings.
    pub severity: Severity,
    /// Numbers by place of the host, ascending; none is zero.
    pub hosts: Vec<(usize, usize)>,
}

impl RuleRow {
    /// Number of its findings on the host at `host`.
    #[must_use]
    pub fn of(&self, host: usize) -> usize {
        let at = self.hosts.binary_search_by_key(&host, |(host, _)| *host).ok();
        at.and_then(|at| self.hosts.get(at)).map_or(0, |(_, count)| *count)
    }

    /// Number of its findings on all hosts.
    #[must_use]
    pub fn total(&self) -> usize {
        self.hosts.iter().map(|(_, count)| count).sum()
    }
}

/// A finding, once for all hosts that have it.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Id of its rule.
    pub rule: String,
    /// The gravest that a host makes of it.
    pub severity: Severity,
    /// The surest that a host is of it.
    pub confidence: Confidence,
    /// Its identity.
    pub fingerprint: String,
    /// What is wrong, as the first host says it.
    pub message: String,
    /// The exact edit, as the first host says it.
    pub help: Option<String>,
    /// Where it is, host by host.
    pub places: Vec<Place>,
}

impl Joined {
    /// How many hosts have it.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.places.chunk_by(|a, b| a.host == b.host).count()
    }
}

/// A finding's place on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Place of the host in [`Fleet::hosts`].
    pub host: usize,
    /// The file, as that report names it.
    pub path: String,
    /// The line, from 1; `None` for the file as a whole.
    pub line: Option<u64>,
}

impl Fleet {
    /// Joins the report of `name`.
    pub fn add(&mut self, name: &str, document: Document) {
        let place = self.hosts.len();
        let Document { findings, suppressed, hidden, items, files, bytes, skipped, hermes, rules } =
            document;
        let counts = findings.is_some().then(Severities::default);
        let verdicts = items.as_ref().map(Tally::of);
        let mut host = Host {
            name: name.to_owned(),
            findings: counts,
            hidden,
            suppressed,
            verdicts,
            files,
            bytes,
            skipped,
            hermes,
            rules,
        };
        for finding in findings.into_iter().flatten() {
            if let Some(counts) = &mut host.findings {
                counts.add(finding.severity);
            }
            self.finding(place, finding);
        }
        for item in items.into_iter().flatten() {
            self.item(place, item);
        }
        self.hosts.push(host);
    }

    fn finding(&mut self, host: usize, finding: read::Found) {
        let read::Found { rule, severity, confidence, fingerprint, message, help, path, line } =
            finding;
        let next = self.rules.len();
        let row = *self.rule_places.entry(rule.clone()).or_insert(next);
        if row == next {
            self.rules.push(RuleRow { rule: rule.clone(), severity, hosts: Vec::new() });
        }
        if let Some(row) = self.rules.get_mut(row) {
            row.severity = row.severity.max(severity);
            match row.hosts.last_mut() {
                Some((last, count)) if *last == host => *count += 1,
                _ => row.hosts.push((host, 1)),
            }
        }
        let next = self.findings.len();
        let key = (rule, fingerprint);
        let at = *self.finding_places.entry(key.clone()).or_insert(next);
        if at == next {
            let (rule, fingerprint) = key;
            let places = Vec::new();
            self.findings.push(Joined {
                rule,
                severity,
                confidence,
                fingerprint,
                message,
                help,
                places,
            });
        }
        if let Some(joined) = self.findings.get_mut(at) {
            joined.severity = joined.severity.max(severity);
            joined.confidence = joined.confidence.max(confidence);
            joined.places.push(Place { host, path, line });
        }
    }

    fn item(&mut self, host: usize, item: Item) {
        let next = self.items.len();
        let key = (item.list, item.id);
        let at = *self.item_places.entry(key.clone()).or_insert(next);
        if at == next {
            let (list, id) = key;
            self.items.push(ItemRow { id, title: item.title, list, verdicts: Vec::new() });
        }
        if let Some(row) = self.items.get_mut(at)
            && row.verdicts.last().is_none_or(|(last, _)| *last != host)
        {
            row.verdicts.push((host, item.status));
        }
    }

    /// Puts the gravest first, then what most hosts have. Call it once all reports are in.
    pub fn sort(&mut self) {
        self.rules.sort_by(|a, b| {
            let rank = |row: &RuleRow| (row.severity, row.hosts.len(), row.total());
            rank(b).cmp(&rank(a)).then_with(|| a.rule.cmp(&b.rule))
        });
        self.findings.sort_by(|a, b| {
            let rank = |joined: &Joined| (joined.severity, joined.hosts());
            rank(b)
                .cmp(&rank(a))
                .then_with(|| a.rule.cmp(&b.rule))
                .then_with(|| a.fingerprint.cmp(&b.fingerprint))
        });
        (self.item_places, self.rule_places, self.finding_places) = Default::default();
    }

    /// The findings by severity, each counted once.
    #[must_use]
    pub fn severities(&self) -> Severities {
        let mut counts = Severities::default();
        self.findings.iter().for_each(|joined| counts.add(joined.severity));
        counts
    }

    /// True when a finding is at or above `fail_on`, or when a report that is a checklist alone has an item that
    /// fails: that is what the command that wrote it fails on.
    #[must_use]
    pub fn fails(&self, fail_on: FailOn) -> bool {
        let alone = |host: &Host| {
            host.findings.is_none() && host.verdicts.is_some_and(|tally| tally.fail > 0)
        };
        self.findings.iter().any(|joined| fail_on.fails(joined.severity))
            || (fail_on != FailOn::Never && self.hosts.iter().any(alone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes()).unwrap()
    }

    fn report(findings: &[(&str, &str, &str)]) -> Document {
        let findings: Vec<String> = findings
            .iter()
            .map(|(rule, severity, fingerprint)| {
                format!(
                    r#"{{"rule":"{rule}","severity":"{severity}","confidence":"high","path":"c.yaml","line":3,
                        "message":"m","help":null,"fingerprint":"{fingerprint}"}}"#
                )
            })
            .collect();
        document(&format!(r#"{{"version":1,"findings":[{}]}}"#, findings.join(",")))
    }

    fn checklist(status: &str) -> Document {
        document(&format!(
            r#"{{"version":1,"items":[{{"id":"a","title":"A","list":"production","status":"{status}",
                "evidence":[{{"text":"seen"}}]}}]}}"#
        ))
    }

    #[test]
    fn equal_fingerprints_are_one_finding() {
        let mut fleet = Fleet::default();
        fleet.add("one", report(&[("a/b", "warning", "1"), ("a/b", "warning", "2")]));
        fleet.add("two", report(&[("a/b", "error", "2"), ("c/d", "info", "2")]));
        fleet.add("three", report(&[]));
        fleet.sort();
        let told: Vec<_> = fleet
            .findings
            .iter()
            .map(|it| (it.rule.as_str(), it.fingerprint.as_str(), it.severity, it.hosts()))
            .collect();
        assert_eq!(
            told,
            [
                ("a/b", "2", Severity::Error, 2),
                ("a/b", "1", Severity::Warning, 1),
                ("c/d", "2", Severity::Info, 1),
            ]
        );
        assert_eq!(fleet.severities(), Severities { errors: 1, warnings: 1, infos: 1 });
        let first = &fleet.rules[0];
        assert_eq!((first.of(0), first.of(1), first.of(2), first.total()), (2, 1, 0, 3));
        assert_eq!(fleet.hosts[0].findings.unwrap().warnings, 2, "each host keeps its own view");
        assert!(fleet.fails(FailOn::Error) && !fleet.fails(FailOn::Never));
    }

    #[test]
    fn items_are_joined_and_a_checklist_alone_can_fail() {
        let mut fleet = Fleet::default();
        fleet.add("one", checklist("pass"));
        fleet.add("two", report(&[]));
        assert!(!fleet.fails(FailOn::Info));
        fleet.add("three", checklist("fail"));
        fleet.sort();
        let row = &fleet.items[0];
        assert_eq!(
            (row.of(0), row.of(1), row.of(2)),
            (Some(Status::Pass), None, Some(Status::Fail))
        );
        assert_eq!((row.count(Status::Fail), fleet.items.len()), (1, 1));
        assert!(fleet.fails(FailOn::Error) && !fleet.fails(FailOn::Never));
    }
}
