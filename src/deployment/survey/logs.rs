//! Log files, how they are rotated, audit logs with their reviews, and copies of a home outside of it.

use jiff::civil::Date;
use serde_json::Value;

use super::Survey;
use super::tools::of_accounts;
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
    for path in sorted(facts.audit.logs.iter().flat_map(in_homes)) {
        if machine.read(&path) == Look::Denied {
            survey.unread_audits.push(path);
        } else {
            survey.audits.extend(audit(&machine, path));
        }
    }
    let elsewhere = facts.audit.logs.iter().filter(|pattern| pattern.starts_with('/'));
    survey.unread_audits.extend(elsewhere.flat_map(|pattern| machine.expand(pattern).1));
    for path in sorted(facts.audit.reviews.iter().flat_map(in_homes)) {
        let Look::Seen(text) = machine.read(&path) else { continue };
        survey.reviews.push(Review { path, days: days(&text) });
    }
    for path in sorted(facts.rotation.iter().flat_map(in_homes)) {
        let Look::Seen(text) = machine.read(&path) else { continue };
        survey.rotations.extend(rotations(&path, &text, &facts.about));
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
fn tail(path: &std::path::Path) -> Option<String> {
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

/// Days written as `2026-11-21`.
fn days(text: &str) -> Vec<Date> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    words.filter(|word| word.len() == 10).filter_map(|word| word.parse().ok()).collect()
}

/// The blocks of a logrotate file that are about Hermes's logs.
fn rotations(path: &str, text: &str, about: &[String]) -> Vec<Rotation> {
    let mut found = Vec::new();
    let (mut common, mut names) = (Keep::default(), Vec::new());
    let mut block: Option<(usize, bool, Keep)> = None;
    let mut script = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if script {
            script = line != "endscript";
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if ["postrotate", "prerotate", "firstaction", "lastaction", "preremove"].contains(&line) {
            script = true;
            continue;
        }
        if let Some((_, _, keep)) = &mut block {
            if line.starts_with('}') {
                if let Some((line, true, keep)) = block.take() {
                    found.push(Rotation {
                        path: path.to_owned(),
                        line,
                        days: keep.days(),
                        truncates: keep.truncates,
                    });
                }
            } else {
                keep.directive(line);
            }
            continue;
        }
        if line.starts_with(['/', '"', '\'', '~']) {
            names.push(line.to_ascii_lowercase());
        }
        if line.ends_with('{') {
            let ours =
                names.drain(..).any(|name| about.iter().any(|word| name.contains(word.as_str())));
            block = Some((number, ours, common.clone()));
        } else if !line.starts_with(['/', '"', '\'', '~']) {
            common.directive(line);
        }
    }
    found
}

/// What directives of logrotate's say about how long logs are kept.
#[derive(Clone, Debug, Default)]
struct Keep {
    every: Option<u32>,
    count: Option<u32>,
    max_age: Option<u32>,
    by_size: bool,
    truncates: bool,
}

impl Keep {
    fn directive(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let number = |word: Option<&str>| word.and_then(|word| word.parse().ok());
        match words.next() {
            Some("daily") => self.every = Some(1),
            Some("weekly") => self.every = Some(7),
            Some("monthly") => self.every = Some(30),
            Some("yearly") => self.every = Some(365),
            // Less than a day each: by the hour, or by size.
            Some("hourly") => self.every = Some(0),
            Some("size" | "maxsize") => self.by_size = true,
            Some("rotate") => self.count = number(words.next()),
            Some("maxage") => self.max_age = number(words.next()),
            Some("copytruncate") => self.truncates = true,
            Some("nocopytruncate") => self.truncates = false,
            _ => {}
        }
    }

    fn days(&self) -> Option<u32> {
        let rotated = match (self.every?, self.count?) {
            _ if self.by_size => return self.max_age.filter(|days| *days < 30),
            (0, count) => count / 24,
            (every, count) => every.saturating_mul(count),
        };
        Some(self.max_age.map_or(rotated, |age| age.min(rotated)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rotation_is_counted_in_days() {
        let about = ["hermes".to_owned()];
        let of = |text: &str| -> Vec<_> {
            rotations("x", text, &about).iter().map(|r| (r.line, r.days, r.truncates)).collect()
        };
        assert_eq!(
            of(
                "weekly\nrotate 4\n/var/log/other.log {\n daily\n}\n/home/h/.hermes/logs/*.log\n{\n  rotate 12\n  postrotate\n   rotate 1\n  endscript\n}\n"
            ),
            [(7, Some(84), false)]
        );
        assert_eq!(
            of("/var/log/hermes/*.log {\ndaily\nrotate 7\ncopytruncate\n}\n"),
            [(1, Some(7), true)]
        );
        assert_eq!(
            of("/var/log/hermes/a {\n daily\n rotate 90\n maxage 20\n}\n"),
            [(1, Some(20), false)]
        );
        assert_eq!(
            of("/var/log/hermes/a {\n daily\n rotate 90\n maxsize 10M\n}\n"),
            [(1, None, false)]
        );
        assert_eq!(of("/var/log/hermes/a {\n rotate 90\n"), []);
    }

    #[test]
    fn days_stand_alone() {
        let found: Vec<String> = days("reviewed 2026-11-20 by ann; 12026-11-01, 2026-13-01T00")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["2026-11-20"]);
    }

    proptest! {
        #[test]
        fn any_rotation_is_read(text in "(/hermes|\\{|\\}|daily|rotate [0-9]{1,12}|maxage 9|size| |\n){0,40}") {
            rotations("x", &text, &["hermes".to_owned()]);
            days(&text);
        }
    }
}
