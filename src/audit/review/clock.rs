//! When things happened: silences, bursts, and events outside of the usual hours.

use std::collections::HashMap;
use std::sync::Arc;

use super::anomaly::{Anomalies, Rule, Spot};
use super::event::{About, Event};
use super::period::{Hours, Moment, lasting};
use super::vocabulary::{Burst, Vocabulary};

/// Slices of time that are counted; a log whose clock jumps about has more.
const SLICES: usize = 1 << 20;
/// Beats whose distance is looked at.
const BEATS: usize = 1000;
/// Silences that are kept, the longest.
const SILENCES: usize = 100;

/// A slice of time.
#[derive(Debug)]
struct Slice {
    count: u64,
    file: Arc<str>,
    line: u64,
    at: i64,
    inside: bool,
}

/// The times of one log.
#[derive(Debug, Default)]
pub struct Clock {
    /// When the last record was written.
    last: Option<i64>,
    /// When the last event happened, and the longest time between two of the reviewed time.
    happened: Option<i64>,
    longest: Option<i64>,
    /// Distances of beats from what was written before them.
    beats: Vec<i64>,
    /// The longest silences of the reviewed time, and what ended them.
    silences: Vec<(i64, Spot)>,
    slices: HashMap<i64, Slice>,
    /// Events outside of the hours, by what they are, and the first of them.
    off: HashMap<String, u64>,
    off_first: Option<Spot>,
    /// The first and the last time a record was written.
    pub written: Option<(i64, i64)>,
}

impl Clock {
    /// The next record, written at `event.ts`; `inside`: of the time that is reviewed.
    pub fn add(&mut self, event: &Event, spot: &Spot, inside: bool, burst: Burst) {
        if let Some(ts) = event.ts {
            if let Some(last) = self.last {
                let gap = ts.saturating_sub(last);
                if event.about == About::Beat && self.beats.len() < BEATS {
                    self.beats.push(gap);
                }
                if inside && gap > 0 {
                    self.silence(gap, Spot { at: Some(ts), ..spot.clone() });
                }
            }
            self.last = Some(ts);
            let (first, last) = self.written.unwrap_or((ts, ts));
            self.written = Some((first.min(ts), last.max(ts)));
        }
        let Some(at) = event.at().filter(|_| event.counts()) else { return };
        let is_line = event.about == About::Line;
        if let Some(before) = self.happened.filter(|_| inside) {
            self.longest = self.longest.max(Some(at.saturating_sub(before)));
        }
        self.happened = self.happened.max(Some(at));
        // What nothing is known of is no event of anybody's: logs are chatty.
        if is_line {
            return;
        }
        let number = at.div_euclid(burst.within);
        if self.slices.len() >= SLICES && !self.slices.contains_key(&number) {
            return;
        }
        let slice = self.slices.entry(number).or_insert_with(|| Slice {
            count: 0,
            file: Arc::clone(&spot.path),
            line: spot.line,
            at,
            inside,
        });
        slice.count += 1;
    }

    /// An event that is worth a look when it comes outside of the hours.
    pub fn hours(
        &mut self,
        event: &Event,
        what: &str,
        spot: &Spot,
        hours: &Hours,
        moment: &Moment,
    ) {
        let Some(at) = event.at() else { return };
        if hours.holds(moment, at) {
            return;
        }
        *self.off.entry(what.to_owned()).or_default() += 1;
        if self.off_first.is_none() {
            self.off_first = Some(spot.clone());
        }
    }

    fn silence(&mut self, gap: i64, spot: Spot) {
        let at = self.silences.partition_point(|(known, _)| *known >= gap);
        if at < SILENCES {
            self.silences.insert(at, (gap, spot));
            self.silences.truncate(SILENCES);
        }
    }

    /// The longest time without an event in the reviewed time, in microseconds.
    #[must_use]
    pub fn longest(&self) -> Option<i64> {
        self.longest.filter(|gap| *gap > 0)
    }

    /// The fullest slice of the reviewed time: when it begins, and its events.
    #[must_use]
    pub fn fullest(&self, burst: Burst) -> Option<(i64, u64)> {
        let inside = self.slices.iter().filter(|(_, slice)| slice.inside);
        inside
            .max_by_key(|(number, slice)| (slice.count, std::cmp::Reverse(**number)))
            .map(|(number, slice)| (number.saturating_mul(burst.within), slice.count))
    }

    /// Says what is unusual. `max_gap`: the caller's own limit of silences.
    pub fn finish(
        &mut self,
        words: &Vocabulary,
        max_gap: Option<i64>,
        hours: Option<&Hours>,
        said: &mut Anomalies,
    ) {
        self.beats.sort_unstable();
        let beat = self.beats.get(self.beats.len() / 2).copied().filter(|beat| *beat > 0);
        let limit = max_gap.or_else(|| beat.map(|beat| beat.saturating_mul(words.beats)));
        for (gap, spot) in &self.silences {
            let Some(limit) = limit.filter(|limit| gap > limit) else { break };
            let why = match (max_gap, beat) {
                (None, Some(beat)) => {
                    format!("the writer says something every {}", lasting(beat))
                }
                _ => format!("the limit is {}", lasting(limit)),
            };
            let message = format!("nothing was written for {}, and {why}", lasting(*gap));
            said.say(Rule::Silence, Some(spot.clone()), 1, message);
        }
        self.bursts(words.burst, said);
        if let (Some(first), Some(hours)) = (self.off_first.take(), hours) {
            let mut kinds: Vec<(String, u64)> = self.off.drain().collect();
            kinds.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            let count = kinds.iter().map(|(_, count)| count).sum();
            let listed: Vec<String> =
                kinds.iter().take(5).map(|(what, count)| format!("{what} {count}")).collect();
            let noun = if count == 1 { "event" } else { "events" };
            let message = format!("{count} {noun} outside of {hours}: {}", listed.join(", "));
            said.say(Rule::OffHours, Some(first), count, message);
        }
    }

    fn bursts(&mut self, burst: Burst, said: &mut Anomalies) {
        let mut counts: Vec<u64> = self.slices.values().map(|slice| slice.count).collect();
        counts.sort_unstable();
        if counts.len() < burst.known {
            return;
        }
        let Some(&usual) = counts.get(counts.len() / 2) else { return };
        // Where a slice in fifty is as full, somebody works like that.
        let busy = counts.get(counts.len() * 49 / 50).copied().unwrap_or(usual);
        let least = burst.count.max(usual.saturating_mul(burst.times)).max(busy.saturating_mul(2));
        let mut full: Vec<(&i64, &Slice)> =
            self.slices.iter().filter(|(_, slice)| slice.inside && slice.count >= least).collect();
        full.sort_by_key(|(number, _)| **number);
        // Slices that follow one another are one burst.
        let mut bursts: Vec<(Spot, u64, i64, i64)> = Vec::new();
        for (&number, slice) in full {
            match bursts.last_mut() {
                Some((_, count, _, last)) if number == *last + 1 => {
                    *count += slice.count;
                    *last = number;
                }
                _ => {
                    let path = Arc::clone(&slice.file);
                    let spot = Spot { path, line: slice.line, at: Some(slice.at) };
                    bursts.push((spot, slice.count, number, number));
                }
            }
        }
        for (spot, count, first, last) in bursts {
            let span = (last - first + 1).saturating_mul(burst.within);
            let message = format!(
                "{count} events within {}, where {usual} in {} are usual",
                lasting(span),
                lasting(burst.within)
            );
            said.say(Rule::Burst, Some(spot), count, message);
        }
    }
}
