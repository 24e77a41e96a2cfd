//! Many of one kind in a short time, by whom: attempts to get in that failed, and actions that were denied.

use std::collections::{HashMap, VecDeque};

use super::anomaly::{Anomalies, Rule, Spot};
use super::vocabulary::Many;

/// Names that are followed at once.
const FOLLOWED: usize = 10_000;

/// One name's newest events, and the run they are in: its first one, and how many it has.
#[derive(Debug, Default)]
struct Run {
    newest: VecDeque<Spot>,
    last: Option<i64>,
    going: Option<(Spot, u64)>,
}

/// What is counted, for each name.
#[derive(Debug)]
pub struct Runs {
    many: Many,
    rule: Rule,
    what: [&'static str; 2],
    known: HashMap<String, Run>,
}

impl Runs {
    /// Counts what is called so, and says `rule` of too many that ended so.
    #[must_use]
    pub fn new(rule: Rule, many: Many, what: [&'static str; 2]) -> Self {
        Self { many, rule, what, known: HashMap::new() }
    }

    fn is_near(&self, spot: &Spot, at: i64) -> bool {
        spot.at.is_some_and(|before| at.saturating_sub(before) <= self.many.within)
    }

    /// One more, by `name`.
    pub fn add(&mut self, name: &str, spot: &Spot, said: &mut Anomalies) {
        let Some(at) = spot.at else { return };
        let mut run = match self.known.remove(name) {
            Some(run) => run,
            None if self.known.len() >= FOLLOWED => return,
            None => Run::default(),
        };
        if run.last.is_some_and(|last| at.saturating_sub(last) > self.many.within) {
            self.end(name, &mut run, said);
        }
        run.last = Some(at);
        run.newest.push_back(spot.clone());
        match &mut run.going {
            Some((_, count)) => *count += 1,
            None if run.newest.len() >= self.many.count => {
                let first = run.newest.front().filter(|first| self.is_near(first, at));
                run.going = first.map(|first| (first.clone(), run.newest.len() as u64));
            }
            None => {}
        }
        if run.newest.len() >= self.many.count {
            run.newest.pop_front();
        }
        self.known.insert(name.to_owned(), run);
    }

    /// How many there were shortly before `at`, which are then forgotten.
    pub fn take(&mut self, name: &str, at: i64, said: &mut Anomalies) -> u64 {
        let Some(mut run) = self.known.remove(name) else { return 0 };
        let mut near = run.newest.iter().filter(|spot| self.is_near(spot, at)).count() as u64;
        if near > 0 {
            near = near.max(run.going.as_ref().map_or(0, |(_, count)| *count));
        }
        self.end(name, &mut run, said);
        near
    }

    /// What is still going on when the log ends.
    pub fn finish(&mut self, said: &mut Anomalies) {
        let mut left: Vec<(String, Run)> = self.known.drain().collect();
        left.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, mut run) in left {
            self.end(&name, &mut run, said);
        }
    }

    fn end(&self, name: &str, run: &mut Run, said: &mut Anomalies) {
        run.newest.clear();
        let Some((first, count)) = run.going.take() else { return };
        let [noun, verb] = self.what;
        let by = if name.is_empty() { String::new() } else { format!(" by `{name}`") };
        let message = format!("{count} {noun}{by} {verb} shortly after one another");
        said.say(self.rule, Some(first), count, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn told(times: &[i64], count: usize) -> Vec<u64> {
        let many = Many { count, within: 10 * MINUTE };
        let mut runs = Runs::new(Rule::Denials, many, ["actions", "were denied"]);
        let mut said = Anomalies::default();
        for (line, minute) in times.iter().enumerate() {
            let spot = Spot { path: "x".into(), line: line as u64, at: Some(minute * MINUTE) };
            runs.add("ann", &spot, &mut said);
        }
        runs.finish(&mut said);
        said.list.iter().map(|anomaly| anomaly.count).collect()
    }

    #[test]
    fn a_run_is_told_once_with_all_that_belongs_to_it() {
        assert_eq!(told(&[0, 1, 2], 3), [3]);
        assert_eq!(told(&[0, 1], 3), [] as [u64; 0]);
        // Two within ten minutes of one another, never three.
        assert_eq!(told(&[0, 9, 18, 27], 3), [] as [u64; 0]);
        // It goes on as long as the next is near.
        assert_eq!(told(&[0, 1, 2, 11, 20, 40], 3), [5]);
        assert_eq!(told(&[0, 1, 2, 40, 41, 42, 43], 3), [3, 4]);
        assert_eq!(told(&[0, 20], 1), [1, 1]);
    }

    #[test]
    fn what_worked_after_failures_forgets_them() {
        let many = Many { count: 5, within: 10 * MINUTE };
        let mut runs = Runs::new(Rule::FailedAuthentication, many, ["attempts", "failed"]);
        let mut said = Anomalies::default();
        let spot = |minute: i64| Spot { path: "x".into(), line: 1, at: Some(minute * MINUTE) };
        for minute in 0..3 {
            runs.add("ann", &spot(minute), &mut said);
        }
        assert_eq!(runs.take("bob", 3 * MINUTE, &mut said), 0);
        assert_eq!(runs.take("ann", 3 * MINUTE, &mut said), 3);
        assert_eq!(runs.take("ann", 3 * MINUTE, &mut said), 0);
        for minute in 10..17 {
            runs.add("ann", &spot(minute), &mut said);
        }
        assert_eq!(runs.take("ann", 17 * MINUTE, &mut said), 7);
        assert_eq!(said.list.len(), 1);
        runs.add("ann", &spot(20), &mut said);
        assert_eq!(runs.take("ann", 40 * MINUTE, &mut said), 0);
    }
}
