//! Several reports as JSON, as `docs/schemas/fleet.schema.json` describes it.
//!
//! Hosts are named wherever they are meant: a reader needs no second look into a table, and names are unique.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::checklist::Status;
use crate::fleet::{Fleet, Host, ItemRow, Joined, Place, RuleRow, Severities};
use crate::report::json::VerdictsJson;
use crate::report::pretty::document;

/// Version of the document; it grows when a key is removed or changes its meaning.
const VERSION: u32 = 1;

/// Writes the document.
pub(super) fn write(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let Severities { errors, warnings, infos } = fleet.severities();
    let summary = SummaryJson { hosts: fleet.hosts.len(), errors, warnings, infos };
    document(
        &FleetJson {
            version: VERSION,
            hosts: List(fleet, &fleet.hosts, |_, host| HostJson::new(host)),
            items: List(fleet, &fleet.items, ItemJson::new),
            rules: List(fleet, &fleet.rules, RuleJson::new),
            findings: List(fleet, &fleet.findings, FindingJson::new),
            summary,
        },
        out,
    )
}

/// Rows that are turned into their JSON shape one at a time, with the fleet at hand for names.
struct List<'f, T, U>(&'f Fleet, &'f [T], fn(&'f Fleet, &'f T) -> U);

impl<T, U: serde::Serialize> serde::Serialize for List<'_, T, U> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.iter().map(|row| self.2(self.0, row)))
    }
}

fn name(fleet: &Fleet, host: usize) -> &str {
    fleet.hosts.get(host).map_or("", |host| &host.name)
}

#[derive(serde::Serialize)]
struct FleetJson<'f> {
    version: u32,
    hosts: List<'f, Host, HostJson<'f>>,
    items: List<'f, ItemRow, ItemJson<'f>>,
    rules: List<'f, RuleRow, RuleJson<'f>>,
    findings: List<'f, Joined, FindingJson<'f>>,
    summary: SummaryJson,
}

#[derive(serde::Serialize)]
struct SummaryJson {
    hosts: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

#[derive(serde::Serialize)]
struct HostJson<'f> {
    name: &'f str,
    findings: Option<CountsJson>,
    checklist: Option<VerdictsJson>,
    files: u64,
    bytes: u64,
    skipped: &'f BTreeMap<String, usize>,
    hermes: &'f str,
    rules: &'f str,
}

#[derive(serde::Serialize)]
struct CountsJson {
    errors: usize,
    warnings: usize,
    infos: usize,
    hidden: u64,
    suppressed: usize,
}

impl<'f> HostJson<'f> {
    fn new(host: &'f Host) -> Self {
        let (hidden, suppressed) = (host.hidden, host.suppressed);
        Self {
            name: &host.name,
            findings: host.findings.map(|Severities { errors, warnings, infos }| CountsJson {
                errors,
                warnings,
                infos,
                hidden,
                suppressed,
            }),
            checklist: host.verdicts.map(VerdictsJson::new),
            files: host.files,
            bytes: host.bytes,
            skipped: &host.skipped,
            hermes: &host.hermes,
            rules: &host.rules,
        }
    }
}

#[derive(serde::Serialize)]
struct ItemJson<'f> {
    id: &'f str,
    title: &'f str,
    list: &'f str,
    hosts: Vec<VerdictJson<'f>>,
}

#[derive(serde::Serialize)]
struct VerdictJson<'f> {
    host: &'f str,
    status: &'static str,
}

impl<'f> ItemJson<'f> {
    fn new(fleet: &'f Fleet, row: &'f ItemRow) -> Self {
        let verdict = |(host, status): &(usize, Status)| VerdictJson {
            host: name(fleet, *host),
            status: status.as_str(),
        };
        let hosts = row.verdicts.iter().map(verdict).collect();
        Self { id: &row.id, title: &row.title, list: &row.list, hosts }
    }
}

#[derive(serde::Serialize)]
struct RuleJson<'f> {
    rule: &'f str,
    severity: &'static str,
    findings: usize,
    hosts: Vec<CountJson<'f>>,
}

#[derive(serde::Serialize)]
struct CountJson<'f> {
    host: &'f str,
    findings: usize,
}

impl<'f> RuleJson<'f> {
    fn new(fleet: &'f Fleet, row: &'f RuleRow) -> Self {
        let count = |(host, findings): &(usize, usize)| CountJson {
            host: name(fleet, *host),
            findings: *findings,
        };
        Self {
            rule: &row.rule,
            severity: row.severity.as_str(),
            findings: row.total(),
            hosts: row.hosts.iter().map(count).collect(),
        }
    }
}

#[derive(serde::Serialize)]
struct FindingJson<'f> {
    rule: &'f str,
    severity: &'static str,
    confidence: &'static str,
    fingerprint: &'f str,
    message: &'f str,
    help: Option<&'f str>,
    places: Vec<PlaceJson<'f>>,
}

#[derive(serde::Serialize)]
struct PlaceJson<'f> {
    host: &'f str,
    path: &'f str,
    line: Option<u64>,
}

impl<'f> FindingJson<'f> {
    fn new(fleet: &'f Fleet, joined: &'f Joined) -> Self {
        let place = |Place { host, path, line }: &'f Place| PlaceJson {
            host: name(fleet, *host),
            path,
            line: *line,
        };
        Self {
            rule: &joined.rule,
            severity: joined.severity.as_str(),
            confidence: joined.confidence.as_str(),
            fingerprint: &joined.fingerprint,
            message: &joined.message,
            help: joined.help.as_deref(),
            places: joined.places.iter().map(place).collect(),
        }
    }
}
