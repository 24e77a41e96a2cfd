//! Log files, how they are rotated, audit logs with their reviews, and copies of a home outside of it.

use jiff::civil::Date;
use serde_json::Value;

use super::Survey;
use super::tools::of_accounts;
use crate::deployment::rotation;
use crate::facts::MachineFacts;
use crate::host::file::{self, FileKind};
use crate::host::machine::{Look, Machine};

/// Bytes of the end of an audit log in which its newest record must be.
const TAIL: usize = 64 << 10;
/// Keys under which audit logs keep the time of a record.
const TIMES: &[&str] = &["timestamp", "ts", "time", "at", "date", "created_at"];
/// Keys under which they keep what links a record to the one before.
const LINKS: &[&str] = &["prev_hash", "prev", "previous_hash", "hash", "chain", "entry_hash"];

/// A log file of Hermes's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Its path.
    pub path: String,
    /// Whether it can only grow; `None` when that can't be seen.
    pub append_only: Option<bool>,
}

/// A rule of logrotate's about Hermes's logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The file that says so.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Days that logs are kept, as far as time decides.
    pub days: Option<u32>,
    /// True for `copytruncate`: the log is emptied in place.
    pub truncates: bool,
}

/// A structured audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLog {
    /// Its path.
    pub path: String,
    /// The day of its newest record; `None` when none is readable.
    pub newest: Option<Date>,
    /// True when records are linked to one another.
    pub chained: bool,
    /// Whether it can only grow; `None` when that can't be seen.
    pub append_only: Option<bool>,
}

/// The record of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its path.
    pub path: String,
    /// The newest day in it that is not after today.
    pub days: Vec<Date>,
}

pub(super) fn find(survey: &mut Survey, facts: &MachineFacts) {
    let machine = survey.machine.clone();
    let homes: Vec<String> = survey.homes.iter().map(|home| home.path.clone()).collect();
    for home in &homes {
        let (logs, _) = machine.expand(&format!("{home}/logs/*.log"));
        survey.logs.extend(
            logs.into_iter()
                .map(|path| LogFile { append_only: file::append_only(&machine.path(&path)), path }),
        );
    }
    let in_homes = |pattern: &String| -> Vec<String> {
        if pattern.contains("{home}") {
            homes
                .iter()
                .flat_map(|home| machine.expand(&pattern.replace("{home}", home)).0)
                .collect()
        } else {
            machine.expand(pattern).0
        }
    };
    let reviews = sorted(facts.audit.reviews.iter().flat_map(in_homes));
    for path in sorted(facts.audit.logs.iter().flat_map(in_homes)) {
        // The record of a review has a time as well.
        if reviews.contains(&path) {
            continue;
        }
        if machine.read(&path) == Look::Denied {
            survey.unread_audits.push(path);
        } else {
            survey.audits.extend(audit(&machine, path));
        }
    }
    let elsewhere = facts.audit.logs.iter().filter(|pattern| pattern.starts_with('/'));
    survey.unread_audits.extend(elsewhere.flat_map(|pattern| machine.expand(pattern).1));
    for path in reviews {
        let Look::Seen(text) = machine.read(&path) else { continue };
        survey.reviews.push(Review { path, days: days(&text) });
    }
    for path in sorted(facts.rotation.iter().flat_map(in_homes)) {
        let Look::Seen(text) = machine.read(&path) else { continue };
        let ours = |pattern: &String| {
            let pattern = pattern.to_ascii_lowercase();
            facts.about.iter().any(|word| pattern.contains(word.as_str()))
        };
        let blocks = rotation::blocks(&text);
        survey.rotations.extend(
            blocks.into_iter().filter(|block| block.patterns.iter().any(ours)).map(|block| {
                let (days, truncates) = (block.days, block.truncates);
                Rotation { path: path.clone(), line: block.line, days, truncates }
            }),
        );
    }
    let folders = facts.copies.folders.iter().flat_map(|folder| of_accounts(&machine, folder));
    let copies = folders.flat_map(|folder| {
        facts
            .copies
            .names
            .iter()
            .flat_map(|name| machine.expand(&format!("{folder}/{name}")).0)
            .collect::<Vec<_>>()
    });
    for path in sorted(copies) {
        let Ok(facts) = file::file(&machine.path(&path)) else { continue };
        let inside = homes.iter().any(|home| path.starts_with(home.as_str()));
        if !inside && matches!(facts.kind, FileKind::File | FileKind::Directory) {
            survey.copies.push((path, facts.mode & 0o777));
        }
    }
}

fn sorted(paths: impl Iterator<Item = String>) -> Vec<String> {
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The audit log at `path`; `None` when its newest record is no JSON object with a time.
fn audit(machine: &Machine, path: String) -> Option<AuditLog> {
    let real = machine.path(&path);
    let text = tail(&real)?;
    let last = text.lines().rev().find(|line| !line.trim().is_empty())?;
    let Ok(Value::Object(record)) = serde_json::from_str::<Value>(last) else { return None };
    let time = TIMES.iter().find_map(|key| record.get(*key))?;
    let newest = match time {
        Value::String(text) => text.get(..10).and_then(|day| day.parse().ok()),
        Value::Number(seconds) => seconds.as_f64().and_then(day_of),
        _ => None,
    };
    let chained = LINKS.iter().any(|key| record.contains_key(*key));
    Some(AuditLog { append_only: file::append_only(&real), path, newest, chained })
}

/// The day of a time since 1970, in seconds or milliseconds.
fn day_of(time: f64) -> Option<Date> {
    let seconds = if time > 1e11 { time / 1e3 } else { time };
    #[expect(clippy::cast_possible_truncation, reason = "a day is asked for")]
    let stamp = jiff::Timestamp::from_second(seconds as i64).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(stamp).date())
}

/// The last bytes of a file, from the first whole line on.
pub(in crate::deployment) fn tail(path: &std::path::Path) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};

    if file::file(path).ok()?.kind != FileKind::File {
        return None;
    }
    let mut open = std::fs::File::open(path).ok()?;
    let length = open.metadata().ok()?.len();
    open.seek(SeekFrom::Start(length.saturating_sub(TAIL as u64))).ok()?;
    let mut bytes = Vec::new();
    open.take(TAIL as u64).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The days of a text about reviews, those of records by their time alone: the logs they name have dates as well.
#[must_use]
pub fn days(text: &str) -> Vec<Date> {
    text.lines().flat_map(days_of).collect()
}

fn days_of(line: &str) -> Vec<Date> {
    if line.trim_start().starts_with('{')
        && let Ok(Value::Object(record)) = serde_json::from_str::<Value>(line)
        && let Some(Value::String(at)) = record.get("at")
    {
        return at.get(..10).and_then(|day| day.parse().ok()).into_iter().collect();
    }
    // Written as `2026-11-21`.
    let words = line.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    words.filter(|word| word.len() == 10).filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_stand_alone() {
        let found: Vec<String> = days("reviewed 2026-11-20 by ann; 12026-11-01, 2026-13-01T00")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["2026-11-20"]);
    }

    #[test]
    fn a_record_of_a_review_is_of_the_day_it_was_made() {
        let text = "{\"at\":\"2026-11-20T08:00:00Z\",\"logs\":[\"/a/2026-12-24.jsonl\"],\"events\":9}\nreviewed 2026-11-13\n";
        let found: Vec<String> = days(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["2026-11-20", "2026-11-13"]);
    }

    proptest! {
        #[test]
        fn any_review_is_read(text in "(\\{|\\}|\"at\":|\"2026-11-2[0-9]|,|T0|-| |\n){0,40}") {
            let _ = days(&text);
        }
    }
}
