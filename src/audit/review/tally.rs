//! How often what happened: by kind, actor, agent, tool and outcome, and in each group of key events.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::anomaly::Spot;
use super::event::{Event, Outcome};
use super::names::Names;
use super::vocabulary::Vocabulary;

/// Of each group so many events are listed, the newest.
const LATEST: usize = 10;

/// How often, and how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Events.
    pub events: u64,
    /// Those that worked.
    pub ok: u64,
    /// Those that failed, took too long or were stopped.
    pub failed: u64,
    /// Those that were not allowed.
    pub denied: u64,
}

impl Count {
    fn add(&mut self, outcome: Option<Outcome>) {
        self.events += 1;
        match outcome {
            Some(Outcome::Ok) => self.ok += 1,
            Some(Outcome::Denied) => self.denied += 1,
            Some(Outcome::Error | Outcome::Timeout | Outcome::Cancelled) => self.failed += 1,
            Some(Outcome::Other) | None => {}
        }
    }
}

/// Counts by name.
pub type Table = BTreeMap<String, Count>;

/// The counts of a review.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tables {
    /// By kind of event.
    pub kinds: Table,
    /// By who it was done for.
    pub actors: Table,
    /// By agent.
    pub agents: Table,
    /// By tool.
    pub tools: Table,
    /// By outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// By day, as the zone of the review counts days.
    pub days: BTreeMap<String, u64>,
}

/// One event of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Where it stands.
    #[serde(flatten)]
    pub spot: Spot,
    /// Its kind.
    pub kind: Option<String>,
    /// Its tool, or its name.
    pub name: Option<String>,
    /// Who it was done for.
    pub actor: Option<String>,
    /// By which agent.
    pub agent: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// What came of one of the groups that somebody should look at.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GroupReport {
    /// Its name for machines.
    pub id: String,
    /// And for people.
    pub title: String,
    /// How often.
    #[serde(flatten)]
    pub count: Count,
    /// By who.
    pub actors: Table,
    /// By what: the tool, the name or else the kind.
    pub names: Table,
    /// The newest of its events, the newest last.
    pub latest: VecDeque<Listed>,
}

impl Tables {
    /// Counts an event, of the day that `day` names.
    pub fn add(&mut self, event: &Event, day: Option<&str>, names: &mut Names<'_>) {
        for (table, name) in [
            (&mut self.kinds, &event.kind),
            (&mut self.actors, &event.actor),
            (&mut self.agents, &event.agent),
        ] {
            if let Some(name) = name {
                count(table, names.shown(name), event.outcome);
            }
        }
        if let Some(tool) = event.name.as_deref().filter(|_| event.is_tool) {
            count(&mut self.tools, names.shown(tool), event.outcome);
        }
        if let Some(outcome) = event.outcome {
            *self.outcomes.entry(outcome).or_default() += 1;
        }
        if let Some(day) = day {
            match self.days.get_mut(day) {
                Some(count) => *count += 1,
                None => {
                    self.days.insert(day.to_owned(), 1);
                }
            }
        }
    }
}

fn count(table: &mut Table, name: &str, outcome: Option<Outcome>) {
    match table.get_mut(name) {
        Some(count) => count.add(outcome),
        None => table.entry(name.to_owned()).or_default().add(outcome),
    }
}

/// A report for each group, empty.
#[must_use]
pub fn groups(words: &Vocabulary) -> Vec<GroupReport> {
    let empty = |group: &super::vocabulary::Group| GroupReport {
        id: group.id.clone(),
        title: group.title.clone(),
        ..GroupReport::default()
    };
    words.groups.iter().map(empty).collect()
}

impl GroupReport {
    /// Counts an event of the group.
    pub fn add(&mut self, event: &Event, spot: &Spot, names: &mut Names<'_>) {
        self.count.add(event.outcome);
        let mut own =
            |name: &Option<Box<str>>| name.as_deref().map(|name| names.shown(name).to_owned());
        let listed = Listed {
            spot: spot.clone(),
            kind: own(&event.kind),
            name: own(&event.name),
            actor: own(&event.actor),
            agent: own(&event.agent),
            outcome: event.outcome,
        };
        if let Some(actor) = listed.actor.as_ref().or(listed.agent.as_ref()) {
            count(&mut self.actors, actor, event.outcome);
        }
        if let Some(name) = listed.name.as_ref().or(listed.kind.as_ref()) {
            count(&mut self.names, name, event.outcome);
        }
        // By time, where it is known: several logs are read one after the other.
        let at = self.latest.partition_point(|known| known.spot.at <= listed.spot.at);
        self.latest.insert(at, listed);
        if self.latest.len() > LATEST {
            self.latest.pop_front();
        }
    }
}
