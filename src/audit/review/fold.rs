//! The events of one log, in order, into the counts of the review and what is to be said of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::anomaly::{Rule, Spot};
use super::calls::Calls;
use super::clock::Clock;
use super::event::{About, Event, Outcome};
use super::names::Names;
use super::period::lasting;
use super::runs::Runs;
use super::{Request, Review, Reviewed, Seen, is_whole};
use crate::audit::chain::Chain;
use crate::audit::logs::Group;

/// Names of one kind that are kept for the next review.
const KEPT: usize = 10_000;

/// What names are names of, and what is said of a new one.
const NAMED: [(&str, Rule); 3] =
    [("tool", Rule::NewTool), ("actor", Rule::NewActor), ("agent", Rule::NewAgent)];

/// A name that was not seen before the reviewed time.
struct New {
    spot: Spot,
    event: Event,
    count: u64,
}

/// One log, as it is read.
pub(super) struct Fold<'f, 'r, 'n> {
    request: &'r Request<'r>,
    review: &'f mut Review,
    names: &'f mut Names<'n>,
    calls: Calls,
    clock: Clock,
    failures: Runs,
    denials: Runs,
    /// Names that stand in the log before the reviewed time.
    before: Seen,
    new: BTreeMap<(usize, String), New>,
    exposed: BTreeMap<(bool, String, String), (u64, Spot)>,
    events: u64,
    undated: u64,
    unreadable: u64,
    lines: u64,
    unsearched: u64,
    /// Events that don't say who acted, and what was done.
    nameless: [(u64, Option<Spot>); 2],
    digests: (u64, Option<Spot>),
    flags: (u64, Option<Spot>),
    day: (i64, Option<String>),
}

impl<'f, 'r, 'n> Fold<'f, 'r, 'n> {
    /// Nothing read yet.
    pub fn new(request: &'r Request<'r>, review: &'f mut Review, names: &'f mut Names<'n>) -> Self {
        let words = request.words;
        Self {
            request,
            review,
            names,
            calls: Calls::default(),
            clock: Clock::default(),
            failures: Runs::new(
                Rule::FailedAuthentication,
                words.failures,
                ["attempts to get in", "failed"],
            ),
            denials: Runs::new(Rule::Denials, words.denials, ["actions", "were denied"]),
            before: Seen::new(),
            new: BTreeMap::new(),
            exposed: BTreeMap::new(),
            events: 0,
            undated: 0,
            unreadable: 0,
            lines: 0,
            unsearched: 0,
            nameless: [(0, None), (0, None)],
            digests: (0, None),
            flags: (0, None),
            day: (i64::MIN, None),
        }
    }

    /// The next record: `None` when it could not be read. `line` is the first one of its batch.
    pub fn add(&mut self, event: Option<Event>, path: &Arc<str>, line: u64) {
        let Some(event) = event else {
            self.unreadable += 1;
            return;
        };
        let at = event.at();
        let inside = at.is_none_or(|at| self.request.period.holds(at));
        let spot = Spot { path: Arc::clone(path), line: line + u64::from(event.line), at };
        self.clock.add(&event, &spot, inside, self.request.words.burst);
        let said = &mut self.review.anomalies;
        if !event.counts() {
            if event.about == About::Loss && inside {
                let message = "the writer lost something of what it should have written".to_owned();
                said.say(Rule::LostEvents, Some(spot), 1, message);
            }
            return;
        }
        self.calls.add(&event, &spot, inside, self.names, said);
        if inside {
            self.inside(&event, &spot);
        } else if at.is_some_and(|at| at < self.request.period.from) {
            for (number, name) in named(&event) {
                let (what, _) = NAMED.get(number).copied().unwrap_or(("", Rule::NewTool));
                let names = self.before.entry(what.to_owned()).or_default();
                if names.len() < KEPT && !names.contains(name) {
                    names.insert(self.names.shown(name).to_owned());
                }
            }
        }
    }

    /// An event of the reviewed time.
    fn inside(&mut self, event: &Event, spot: &Spot) {
        self.events += 1;
        self.undated += u64::from(spot.at.is_none());
        self.lines += u64::from(event.about == About::Line);
        self.unsearched += u64::from(!event.searched);
        self.runs(event, spot);
        for (number, name) in named(event) {
            let name = self.names.shown(name).to_owned();
            let new = || New { spot: spot.clone(), event: event.clone(), count: 0 };
            self.new.entry((number, name)).or_insert_with(new).count += 1;
        }
        if let Some(at) = spot.at {
            // Days change rarely, and reckoning them is dear.
            let hour = at.div_euclid(900_000_000);
            if self.day.0 != hour {
                self.day = (hour, self.request.moment.day(at));
            }
        }
        let day = self.day.1.as_deref().filter(|_| spot.at.is_some());
        self.review.tables.add(event, day, self.names);
        for (number, group) in self.review.groups.iter_mut().enumerate() {
            if event.groups & 1 << number != 0 {
                group.add(event, spot, self.names);
            }
        }
        if let Some(hours) = self.request.hours.filter(|_| event.for_hours) {
            let what = event.kind.as_deref().or(event.name.as_deref()).unwrap_or("event");
            let what = self.names.shown(what).to_owned();
            self.clock.hours(event, &what, spot, hours, self.request.moment);
        }
        for one in &event.exposed {
            let key = (one.personal, one.what.clone(), one.pointer.clone());
            if self.exposed.len() < KEPT || self.exposed.contains_key(&key) {
                self.exposed.entry(key).or_insert_with(|| (0, spot.clone())).0 += 1;
            }
        }
        let mark = |(count, first): &mut (u64, Option<Spot>), is: bool| {
            if is {
                *count += 1;
                first.get_or_insert_with(|| spot.clone());
            }
        };
        let [who, what] = &mut self.nameless;
        mark(who, event.actor.is_none() && event.agent.is_none());
        mark(what, event.kind.is_none() && event.name.is_none());
        mark(&mut self.digests, event.plain_digest);
        mark(&mut self.flags, event.wrong_flag);
    }

    /// Many of one kind in a short time.
    fn runs(&mut self, event: &Event, spot: &Spot) {
        let who = event.actor.as_deref().or(event.agent.as_deref()).unwrap_or_default();
        let who = self.names.shown(who).to_owned();
        let said = &mut self.review.anomalies;
        match event.outcome {
            Some(Outcome::Denied | Outcome::Error) if event.is_auth => {
                self.failures.add(&who, spot, said);
            }
            Some(Outcome::Ok) if event.is_auth => {
                let Some(at) = spot.at else { return };
                let failed = self.failures.take(&who, at, said);
                if failed >= self.request.words.login_after as u64 {
                    let whom = if who.is_empty() { "somebody" } else { &*format!("`{who}`") };
                    let message = format!("{whom} got in after {failed} attempts that failed");
                    said.say(Rule::LoginAfterFailures, Some(spot.clone()), failed, message);
                }
            }
            Some(Outcome::Denied) => self.denials.add(&who, spot, said),
            _ => {}
        }
    }

    /// What is to be said of the log.
    pub fn finish(mut self, group: &Group<'_>, chain: &Chain) -> Reviewed {
        let words = self.request.words;
        let whole = is_whole(group, chain);
        let written = self.clock.written;
        let mut untold = Vec::new();
        let seen = self.names_seen(&mut untold);
        let said = &mut self.review.anomalies;
        self.failures.finish(said);
        self.denials.finish(said);
        self.calls.finish(words, whole, written.map(|(_, last)| last), said);
        if !self.calls.can_tell() && self.events > 0 {
            untold.push(
                match &self.calls {
                    calls if calls.gave_up => {
                        "whether every call has a result: too many are open at once"
                    }
                    calls if calls.intents > 0 && calls.results > 0 => {
                        "whether every call has a result: calls have no ids to pair them by"
                    }
                    _ => "whether every call has a result: the log has one record an action",
                }
                .to_owned(),
            );
        }
        let longest_silence = self.clock.longest();
        let fullest = self.clock.fullest(words.burst).map(|(_, count)| (count, words.burst.within));
        self.clock.finish(words, self.request.max_gap, self.request.hours, said);
        for ((personal, what, pointer), (count, spot)) in std::mem::take(&mut self.exposed) {
            let rule = if personal { Rule::PersonalData } else { Rule::Secret };
            let often = if count == 1 { String::new() } else { format!(", in {count} records") };
            said.say(rule, Some(spot), count, format!("{what} at {pointer}{often}"));
        }
        if let Some((oldest, _)) = written
            && !whole
            && self.request.period.to.saturating_sub(oldest) < words.kept
        {
            let age = lasting(self.request.period.to.saturating_sub(oldest));
            let message = format!(
                "the oldest record is {age} old, and the log began before it: it has to go back {}",
                lasting(words.kept)
            );
            let path = group.logs.first().map(|log| log.path.display().to_string());
            let spot = Spot { path: path.unwrap_or_default().into(), line: 1, at: Some(oldest) };
            said.say(Rule::Retention, Some(spot), 1, message);
        }
        let events = self.events;
        let [who, what] = std::mem::take(&mut self.nameless);
        let lines = self.lines;
        for (rule, (count, spot), message) in [
            (Rule::Undescribed, who, "do not say who acted"),
            (Rule::Undescribed, what, "do not say what was done"),
            (Rule::PlainDigest, self.digests, "hold a plain hash of what the tool was given"),
            (
                Rule::RedactionFlag,
                self.flags,
                "say that nothing was redacted, and hold what a redaction leaves",
            ),
        ] {
            if count > 0 {
                said.say(rule, spot, count, format!("{count} of {events} events {message}"));
            }
        }
        if lines > 0 {
            let message = format!(
                "{lines} of {events} events are lines of text, and nothing more is known of them"
            );
            said.say(Rule::PlainLines, None, lines, message);
        }
        if self.undated > 0 {
            untold.push(format!(
                "when {} of {events} events happened: they are counted as if it had been now",
                self.undated
            ));
        }
        if self.unsearched > 0 {
            let count = self.unsearched;
            untold.push(format!(
                "whether all of {count} events is free of secrets: there is too much in them"
            ));
        }
        self.review.events += events;
        Reviewed {
            name: group.name.clone(),
            files: group.logs.iter().map(|log| log.path.display().to_string()).collect(),
            profile: chain.profile.clone(),
            verdict: chain.verdict,
            vouched: chain.anchored.as_ref().map(|anchored| (anchored.size, anchored.key.clone())),
            records: chain.records,
            events,
            undated: self.undated,
            unreadable: self.unreadable,
            oldest: written.map(|(first, _)| first),
            newest: written.map(|(_, last)| last),
            longest_silence,
            fullest,
            untold,
            seen,
        }
    }

    /// Says which names are new; gives all that stand in the log.
    fn names_seen(&mut self, untold: &mut Vec<String>) -> Seen {
        let mut seen = std::mem::take(&mut self.before);
        let is_known = |what: &str, name: &str| {
            let holds = |names: &Seen| names.get(what).is_some_and(|names| names.contains(name));
            holds(&seen) || holds(self.request.known)
        };
        let nothing = seen.is_empty() && self.request.known.is_empty();
        if nothing && !self.new.is_empty() {
            untold.push(
                "which tools and actors are new: nothing is known of the time before; with `--state` the next review \
                 can tell"
                    .to_owned(),
            );
        }
        let mut told = Vec::new();
        for ((number, name), new) in &self.new {
            let Some(&(what, rule)) = NAMED.get(*number) else { continue };
            if nothing || is_known(what, name) {
                continue;
            }
            let often = if new.count == 1 {
                String::new()
            } else {
                format!(", {} times in all", new.count)
            };
            let message = match rule {
                Rule::NewTool => format!("`{name}` is used for the first time{often}"),
                Rule::NewActor => format!("`{name}` acts for the first time{often}"),
                _ => format!("`{name}` writes for the first time{often}"),
            };
            told.push((rule, new.spot.clone(), new.count, message));
            if rule == Rule::NewTool {
                let groups = self.request.words.groups.iter().zip(&mut self.review.groups);
                for (number, (group, report)) in groups.enumerate() {
                    // One that is there already is not counted twice.
                    if group.new_tools && new.event.groups & 1 << number == 0 {
                        report.add(&new.event, &new.spot, self.names);
                    }
                }
            }
        }
        for (rule, spot, count, message) in told {
            self.review.anomalies.say(rule, Some(spot), count, message);
        }
        for (number, name) in self.new.keys() {
            let Some(&(what, _)) = NAMED.get(*number) else { continue };
            let names = seen.entry(what.to_owned()).or_default();
            if names.len() < KEPT {
                names.insert(name.clone());
            }
        }
        seen
    }
}

/// The names of an event, by the number of what they are names of.
fn named(event: &Event) -> impl Iterator<Item = (usize, &str)> {
    let tool = event.name.as_deref().filter(|_| event.is_tool);
    // Who was kept out did not act: any stranger can knock.
    let kept_out = event.is_auth && event.outcome.is_some_and(|outcome| outcome != Outcome::Ok);
    let actor = event.actor.as_deref().filter(|_| !kept_out);
    [tool, actor, event.agent.as_deref()]
        .into_iter()
        .enumerate()
        .filter_map(|(number, name)| Some((number, name?)))
}
