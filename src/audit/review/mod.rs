//! The weekly review of logs: what happened in a time, and what of it somebody should look at.
//!
//! A log is read twice: [verified](crate::audit::verify) first, then read for what its records say, on every
//! core, and counted in order. Names are all that is kept of an event, and no more of them than a person would read:
//! memory does not grow with the log. What a word of some format means is data (`rules/audit/review.yaml`).

mod anomaly;
mod calls;
mod clock;
mod event;
mod exposed;
mod fold;
mod names;
mod period;
mod runs;
mod tally;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::Serialize;

pub use anomaly::{Anomalies, Anomaly, Rule, Spot, Weight};
pub use event::Outcome;
pub use exposed::{Found, Inspect};
pub use period::{Hours, Moment, Period, lasting, moment};
pub use tally::{Count, GroupReport, Listed, Table, Tables};
pub use vocabulary::Vocabulary;

use super::chain::Chain;
use super::feed::Batch;
use super::finding::{Code, Severity};
use super::logs::Group;
use super::verdict::Verdict;
use event::{Event, Reader};
use fold::Fold;
use names::Names;

/// What the caller asks for.
pub struct Request<'a> {
    /// Words, groups and numbers.
    pub words: &'a Vocabulary,
    /// What should not stand in a log.
    pub inspect: &'a dyn Inspect,
    /// The time.
    pub period: Period,
    /// The clocks of the place.
    pub moment: &'a Moment,
    /// The hours in which people work, where the caller names them.
    pub hours: Option<&'a Hours>,
    /// A silence longer than this, in microseconds, is worth a word.
    pub max_gap: Option<i64>,
    /// Names seen before, by what they are names of; empty without an earlier review.
    pub known: &'a Seen,
    /// Counts the bytes that were read, for who waits.
    pub read: &'a AtomicU64,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("period", &self.period).finish_non_exhaustive()
    }
}

/// Names, by what they are names of: `tool`, `actor`, `agent`.
pub type Seen = BTreeMap<String, BTreeSet<String>>;

/// One of the logs.
#[derive(Debug, Clone, Serialize)]
pub struct Reviewed {
    /// What it is called.
    pub name: String,
    /// Its files.
    pub files: Vec<String>,
    /// Its format.
    pub profile: String,
    /// Whether it is what was written.
    pub verdict: Verdict,
    /// Up to which record somebody else vouches for that, and who.
    pub vouched: Option<(u64, String)>,
    /// Records in all.
    pub records: u64,
    /// Events of the reviewed time.
    pub events: u64,
    /// Of these, how many do not say when they happened.
    pub undated: u64,
    /// Records that can't be read.
    pub unreadable: u64,
    /// When its first and its last record were written, in microseconds since 1970.
    #[serde(serialize_with = "anomaly::rfc3339")]
    pub oldest: Option<i64>,
    /// See `oldest`.
    #[serde(serialize_with = "anomaly::rfc3339")]
    pub newest: Option<i64>,
    /// The longest silence of the reviewed time, in microseconds.
    pub longest_silence: Option<i64>,
    /// The most events in a slice of the reviewed time, and how long slices are, in microseconds.
    pub fullest: Option<(u64, i64)>,
    /// What can't be told from it, and why.
    pub untold: Vec<String>,
    /// Names that stand in it.
    #[serde(skip)]
    pub seen: Seen,
}

/// What a review found.
#[derive(Debug)]
pub struct Review {
    /// The time.
    pub period: Period,
    /// The logs.
    pub logs: Vec<Reviewed>,
    /// Events of that time in all of them.
    pub events: u64,
    /// How often what happened.
    pub tables: Tables,
    /// The groups of key events.
    pub groups: Vec<GroupReport>,
    /// What somebody should look at.
    pub anomalies: Anomalies,
}

impl Review {
    /// How many things somebody should look at; notes are none.
    #[must_use]
    pub fn anomalies(&self) -> u64 {
        let told = self.anomalies.list.iter().filter(|one| one.severity > Weight::Note).count();
        let more = self.anomalies.more.iter().filter(|(rule, _)| rule.weight() > Weight::Note);
        told as u64 + more.map(|(_, count)| count).sum::<u64>()
    }
}

/// Reviews `groups`, each with what came of verifying it.
///
/// # Errors
/// What reading them met, and which file.
pub fn review(
    groups: &[(&Group<'_>, &Chain)],
    request: &Request<'_>,
) -> Result<Review, (PathBuf, std::io::Error)> {
    let mut review = Review {
        period: request.period,
        logs: Vec::new(),
        events: 0,
        tables: Tables::default(),
        groups: tally::groups(request.words),
        anomalies: Anomalies::default(),
    };
    let mut names = Names::new(request.inspect);
    for (group, chain) in groups {
        broken(chain, &mut review.anomalies);
        let mut fold = Fold::new(request, &mut review, &mut names);
        for log in &group.logs {
            let path: Arc<str> = log.path.display().to_string().into();
            let failed = |error| (log.path.clone(), error);
            let mut feed = log.opened.feed(&log.path, group.profile).map_err(failed)?;
            let mut line = 1;
            let many = rayon::current_num_threads().max(1) * 2;
            loop {
                let mut tickets = Vec::new();
                while tickets.len() < many
                    && let Some(ticket) = feed.take().map_err(failed)?
                {
                    tickets.push(ticket);
                }
                if tickets.is_empty() {
                    break;
                }
                let read = |ticket: super::feed::Ticket| {
                    let mut batch = Batch::default();
                    ticket.read(&mut batch)?;
                    request.read.fetch_add(batch.buffer.len() as u64, Ordering::Relaxed);
                    let mut reader = Reader::new(group.profile, request);
                    let events: Vec<Option<Event>> = batch
                        .records
                        .iter()
                        .map(|&(start, end, line)| {
                            let record = batch.buffer.get(start as usize..end as usize)?;
                            reader.read(record, line)
                        })
                        .collect();
                    Ok((events, batch.lines))
                };
                let pieces: Vec<(Vec<Option<Event>>, u32)> = tickets
                    .into_par_iter()
                    .map(read)
                    .collect::<std::io::Result<_>>()
                    .map_err(failed)?;
                for (events, lines) in pieces {
                    for event in events {
                        fold.add(event, &path, line);
                    }
                    line += u64::from(lines);
                }
            }
        }
        let reviewed = fold.finish(group, chain);
        review.logs.push(reviewed);
    }
    review.anomalies.sort();
    Ok(review)
}

/// A chain that is not what was written.
fn broken(chain: &Chain, said: &mut Anomalies) {
    if chain.verdict != Verdict::Broken {
        return;
    }
    let mut errors = chain.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let first = errors.next();
    let spot = first.map(|finding| Spot {
        path: finding.path.as_str().into(),
        line: finding.line.unwrap_or(1),
        at: None,
    });
    let count = 1 + errors.count() as u64;
    let what = first.map_or("", |finding| finding.message.as_str());
    let code = first.map_or("", |finding| finding.rule.id());
    said.say(Rule::ChainBroken, spot, count, format!("the log is broken: {what} ({code})"));
}

/// Whether the log is there from its first record on.
fn is_whole(group: &Group<'_>, chain: &Chain) -> bool {
    let cut = chain.findings.iter().any(|finding| finding.rule == Code::HeadTruncated);
    let begins = match (group.profile.seq_start, chain.first_seq) {
        (Some(start), Some(first)) => first == start,
        _ => true,
    };
    begins && !cut
}
