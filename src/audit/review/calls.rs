//! Calls and their results: what has no result, what has no call, and what was denied and done all the same.

use std::collections::{BTreeMap, HashMap};

use super::anomaly::{Anomalies, Rule, Spot};
use super::event::{Event, Outcome, Phase};
use super::names::Names;
use super::vocabulary::Vocabulary;

/// Calls that are kept in mind at once; beyond, nothing is said of pairs.
const OPEN: usize = 1 << 18;

/// Session and id of a call.
type Key = (Box<str>, Box<str>);

/// A call that has no result yet.
#[derive(Debug)]
struct Open {
    tool: String,
    spot: Spot,
    inside: bool,
    /// What was denied needs no result.
    expects: bool,
}

/// What is known of the calls of one log.
#[derive(Debug, Default)]
pub struct Calls {
    open: HashMap<Key, Open>,
    denied: HashMap<Key, Spot>,
    /// Results that name a call which has none or is not there, by tool.
    stray: BTreeMap<String, (u64, Spot)>,
    /// Records of what is about to be done.
    pub intents: u64,
    /// Records of what became of it.
    pub results: u64,
    /// Of both, those with an id to pair them by.
    pub paired: u64,
    /// True when there were too many at once.
    pub gave_up: bool,
}

impl Calls {
    /// The next event; `inside`: of the time that is reviewed.
    pub fn add(
        &mut self,
        event: &Event,
        spot: &Spot,
        inside: bool,
        names: &mut Names<'_>,
        said: &mut Anomalies,
    ) {
        self.intents += u64::from(event.phase == Phase::Intent);
        self.results += u64::from(event.phase == Phase::Result);
        let Some(call) = &event.call else { return };
        self.paired += u64::from(event.phase != Phase::Whole);
        let key: Key = (event.session.clone().unwrap_or_default(), call.clone());
        let tool = names.shown(event.name.as_deref().unwrap_or("a tool")).to_owned();
        match event.outcome {
            Some(Outcome::Denied) => {
                if let Some(open) = self.open.get_mut(&key) {
                    open.expects = false;
                }
                if self.denied.len() < OPEN {
                    self.denied.insert(key.clone(), spot.clone());
                }
            }
            // Somebody thought better of it.
            Some(Outcome::Ok) if event.is_approval => {
                self.denied.remove(&key);
            }
            Some(Outcome::Ok) if event.phase == Phase::Result => {
                if let Some(denied) = self.denied.remove(&key).filter(|_| inside) {
                    let line = denied.line;
                    let message =
                        format!("`{tool}` was denied on line {line} and worked all the same");
                    said.say(Rule::DeniedThenDone, Some(spot.clone()), 1, message);
                }
            }
            _ => {}
        }
        match event.phase {
            Phase::Intent => self.intent(key, tool, spot, inside, event, said),
            Phase::Result => {
                if self.open.remove(&key).is_none() && inside {
                    self.stray.entry(tool).or_insert_with(|| (0, spot.clone())).0 += 1;
                }
            }
            Phase::Whole => {}
        }
    }

    fn intent(
        &mut self,
        key: Key,
        tool: String,
        spot: &Spot,
        inside: bool,
        event: &Event,
        said: &mut Anomalies,
    ) {
        if self.open.len() >= OPEN {
            self.gave_up = true;
            return;
        }
        let expects = event.outcome != Some(Outcome::Denied);
        let open = Open { tool: tool.clone(), spot: spot.clone(), inside, expects };
        if let Some(before) = self.open.insert(key, open)
            && inside
            && before.expects
        {
            let message = format!(
                "a call of `{tool}` has the id of the one on line {}, which has no result yet",
                before.spot.line
            );
            said.say(Rule::CallIdReused, Some(spot.clone()), 1, message);
        }
    }

    /// What is left when the log ends at `end`. `whole`: the log is there from its first record.
    pub fn finish(
        &mut self,
        words: &Vocabulary,
        whole: bool,
        end: Option<i64>,
        said: &mut Anomalies,
    ) {
        if !self.can_tell() {
            return;
        }
        let mut unanswered: BTreeMap<&str, (u64, &Spot)> = BTreeMap::new();
        for open in self.open.values().filter(|open| open.inside && open.expects) {
            let late = match (open.spot.at, end) {
                (Some(at), Some(end)) => end.saturating_sub(at) >= words.unanswered,
                _ => true,
            };
            if late && words.has_results(&open.tool) {
                let (count, first) = unanswered.entry(&open.tool).or_insert((0, &open.spot));
                *count += 1;
                *first = (*first).min(&open.spot);
            }
        }
        for (tool, (count, spot)) in unanswered {
            let message = match count {
                1 => format!("a call of `{tool}` has no result"),
                _ => format!("{count} calls of `{tool}` have no result"),
            };
            said.say(Rule::UnansweredCall, Some(spot.clone()), count, message);
        }
        if !whole {
            // Where the beginning is missing, so may be the calls.
            return;
        }
        for (tool, (count, spot)) in std::mem::take(&mut self.stray) {
            let message = match count {
                1 => format!("a result of `{tool}` has no call, or is its second one"),
                _ => format!("{count} results of `{tool}` have no call, or are its second ones"),
            };
            said.say(Rule::ResultWithoutCall, Some(spot), count, message);
        }
    }

    /// Whether the log has what is needed to pair calls and results.
    #[must_use]
    pub const fn can_tell(&self) -> bool {
        !self.gave_up && self.intents > 0 && self.results > 0 && self.paired > 0
    }
}
