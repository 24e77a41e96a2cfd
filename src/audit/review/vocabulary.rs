//! What the words of other formats mean, what belongs to which group of events, and how many are many:
//! `rules/audit/review.yaml`.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::event::{Event, Outcome};
use crate::audit::json::pointer::Pointer;

/// Groups that there may be: an event has a bit for each.
const GROUPS: usize = u32::BITS as usize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kinds: BTreeMap<String, Vec<String>>,
    control: Vec<String>,
    lost: Vec<String>,
    heartbeat: Vec<String>,
    plain: Vec<String>,
    not_tools: Vec<String>,
    outcomes: BTreeMap<Outcome, Vec<String>>,
    phases: Phases<Vec<String>>,
    payload: BTreeMap<String, Vec<String>>,
    groups: Vec<GroupSpec>,
    off_hours: Vec<String>,
    many: ManySpec,
    login_after: usize,
    burst: BurstSpec,
    unanswered: jiff::SignedDuration,
    beats: i64,
    no_results: Vec<String>,
    kept_days: i64,
    own: Vec<String>,
    digests: Vec<String>,
    redacted: RedactedSpec,
    // For `explain`.
    #[serde(rename = "anomalies")]
    _anomalies: BTreeMap<String, serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phases<T> {
    intent: T,
    result: T,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupSpec {
    id: String,
    title: String,
    #[serde(default)]
    new_tools: bool,
    events: Vec<ConditionSpec>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionSpec {
    #[serde(default)]
    kind: Vec<String>,
    #[serde(default)]
    tool: Vec<String>,
    #[serde(default)]
    a_tool: bool,
    #[serde(default)]
    outcome: Vec<Outcome>,
    #[serde(default)]
    at: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    without: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManySpec {
    failed_authentication: SomeSpec,
    denials: SomeSpec,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SomeSpec {
    count: usize,
    within: jiff::SignedDuration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BurstSpec {
    count: u64,
    within: jiff::SignedDuration,
    times: u64,
    known: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedactedSpec {
    flag: String,
    marks: Vec<String>,
}

/// So many within a time are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Many {
    /// How many.
    pub count: usize,
    /// In how many microseconds.
    pub within: i64,
}

/// More than is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// At least so many events.
    pub count: u64,
    /// In a slice of time of so many microseconds.
    pub within: i64,
    /// And so many times the median of the slices with any event.
    pub times: u64,
    /// Of which so many have to be known.
    pub known: usize,
}

/// A group of events that somebody should look at.
#[derive(Debug)]
pub struct Group {
    /// Its name for machines.
    pub id: String,
    /// And for people.
    pub title: String,
    /// Whether the first use of a tool belongs to it.
    pub new_tools: bool,
    /// Which events belong to it: those that any of these fits.
    pub conditions: Vec<Condition>,
}

/// What an event has to be.
#[derive(Debug)]
pub struct Condition {
    kind: Option<GlobSet>,
    tool: Option<GlobSet>,
    a_tool: bool,
    outcome: Vec<Outcome>,
    /// Members that have to say something.
    pub at: Vec<(Pointer, GlobSet)>,
    /// Members that must not be there.
    pub without: Vec<Pointer>,
}

impl Condition {
    /// Whether what was read of an event fits; its other members are looked at by who has the record.
    #[must_use]
    pub fn fits(&self, kinds: [&str; 2], event: &Event) -> bool {
        let name = event.name.as_deref();
        let kind = |set: &GlobSet| kinds.iter().any(|kind| !kind.is_empty() && set.is_match(kind));
        self.kind.as_ref().is_none_or(kind)
            && self.tool.as_ref().is_none_or(|set| name.is_some_and(|name| set.is_match(name)))
            && (!self.a_tool || event.is_tool)
            && (self.outcome.is_empty()
                || event.outcome.is_some_and(|outcome| self.outcome.contains(&outcome)))
    }
}

/// What a payload's members are called.
#[derive(Debug, Clone, Default)]
pub struct Members(pub BTreeMap<String, Vec<String>>);

/// The words, groups and numbers of a review.
#[derive(Debug)]
pub struct Vocabulary {
    kinds: Vec<(String, GlobSet)>,
    outcomes: Vec<(Outcome, GlobSet)>,
    intent: GlobSet,
    result: GlobSet,
    control: Vec<String>,
    lost: Vec<String>,
    heartbeat: Vec<String>,
    plain: Vec<String>,
    not_tools: Vec<String>,
    off_hours: GlobSet,
    no_results: Vec<String>,
    /// What a payload's members are called.
    pub payload: Members,
    /// The groups.
    pub groups: Vec<Group>,
    /// Attempts to get in that failed.
    pub failures: Many,
    /// Actions that were denied.
    pub denials: Many,
    /// A login that works after so many failed.
    pub login_after: usize,
    /// Events.
    pub burst: Burst,
    /// A call without a result is open for so many microseconds before it is said.
    pub unanswered: i64,
    /// A log that beats is silent after so many beats.
    pub beats: i64,
    /// How long records have to be kept, in microseconds.
    pub kept: i64,
    /// Members that look like a credential and are none.
    pub own: Vec<Pointer>,
    /// Members that hold a plain hash.
    pub digests: Vec<Pointer>,
    /// The member that says whether something was redacted, and what a redaction leaves.
    pub redacted: (Pointer, Vec<String>),
}

impl Vocabulary {
    /// Reads the data.
    ///
    /// # Errors
    /// Says what about it is wrong.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if file.groups.len() > GROUPS {
            return Err(format!("there are more than {GROUPS} groups"));
        }
        let many = |spec: &SomeSpec| Many { count: spec.count.max(1), within: span(spec.within) };
        Ok(Self {
            kinds: named(file.kinds)?,
            outcomes: named(file.outcomes)?,
            intent: globs(&file.phases.intent)?,
            result: globs(&file.phases.result)?,
            control: file.control,
            lost: file.lost,
            heartbeat: file.heartbeat,
            plain: file.plain,
            not_tools: file.not_tools,
            off_hours: globs(&file.off_hours)?,
            no_results: file.no_results,
            payload: Members(file.payload),
            groups: file.groups.into_iter().map(group).collect::<Result<_, _>>()?,
            failures: many(&file.many.failed_authentication),
            denials: many(&file.many.denials),
            login_after: file.login_after.max(1),
            burst: Burst {
                count: file.burst.count,
                within: span(file.burst.within).max(1),
                times: file.burst.times,
                known: file.burst.known,
            },
            unanswered: span(file.unanswered),
            beats: file.beats,
            kept: file.kept_days.saturating_mul(24 * 3600 * 1_000_000),
            own: file.own.iter().map(|at| pointer(at)).collect::<Result<_, _>>()?,
            digests: file.digests.iter().map(|at| pointer(at)).collect::<Result<_, _>>()?,
            redacted: (pointer(&file.redacted.flag)?, file.redacted.marks),
        })
    }

    /// What records of our own call a kind.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Option<&str> {
        if self.kinds.iter().any(|(own, _)| own == kind) {
            return None;
        }
        self.kinds.iter().find(|(_, set)| set.is_match(kind)).map(|(own, _)| own.as_str())
    }

    /// The end that a word stands for.
    #[must_use]
    pub fn outcome(&self, word: &str) -> Outcome {
        let known = self.outcomes.iter().find(|(_, set)| set.is_match(word));
        known.map_or(Outcome::Other, |(outcome, _)| *outcome)
    }

    /// Whether the word of a phase stands for the intent (`true`) or the result (`false`) of an action.
    #[must_use]
    pub fn is_intent(&self, phase: &str) -> Option<bool> {
        match (self.intent.is_match(phase), self.result.is_match(phase)) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Whether a kind is about the log and no event.
    #[must_use]
    pub fn is_control(&self, kind: &str) -> bool {
        self.control.iter().any(|control| control == kind)
    }

    /// Whether records of this kind say that something was lost.
    #[must_use]
    pub fn is_lost(&self, kind: &str) -> bool {
        self.lost.iter().any(|lost| lost == kind)
    }

    /// Whether records of this kind only say that the writer is there.
    #[must_use]
    pub fn is_heartbeat(&self, kind: &str) -> bool {
        self.heartbeat.iter().any(|beat| beat == kind)
    }

    /// Whether records of this kind are lines of text that nothing more is known of.
    #[must_use]
    pub fn is_plain(&self, kind: &str) -> bool {
        self.plain.iter().any(|plain| plain == kind)
    }

    /// Whether the name of an event of this kind is a tool's.
    #[must_use]
    pub fn names_tool(&self, kind: &str) -> bool {
        !self.not_tools.iter().any(|other| other == kind)
    }

    /// Whether every call of a tool has a result in the log.
    #[must_use]
    pub fn has_results(&self, tool: &str) -> bool {
        !self.no_results.iter().any(|other| other == tool)
    }

    /// Whether events of a kind are worth a look outside of the usual hours.
    #[must_use]
    pub fn is_for_hours(&self, kinds: [&str; 2]) -> bool {
        kinds.iter().any(|kind| !kind.is_empty() && self.off_hours.is_match(kind))
    }
}

fn span(duration: jiff::SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn named<T>(map: BTreeMap<T, Vec<String>>) -> Result<Vec<(T, GlobSet)>, String> {
    map.into_iter().map(|(name, words)| Ok((name, globs(&words)?))).collect()
}

fn group(spec: GroupSpec) -> Result<Group, String> {
    let conditions = spec.events.into_iter().map(condition).collect::<Result<_, _>>()?;
    Ok(Group { id: spec.id, title: spec.title, new_tools: spec.new_tools, conditions })
}

fn condition(spec: ConditionSpec) -> Result<Condition, String> {
    let some = |words: &[String]| (!words.is_empty()).then(|| globs(words)).transpose();
    Ok(Condition {
        kind: some(&spec.kind)?,
        tool: some(&spec.tool)?,
        a_tool: spec.a_tool,
        outcome: spec.outcome,
        at: spec
            .at
            .iter()
            .map(|(at, words)| Ok((pointer(at)?, globs(words)?)))
            .collect::<Result<_, String>>()?,
        without: spec.without.iter().map(|at| pointer(at)).collect::<Result<_, _>>()?,
    })
}

fn pointer(text: &str) -> Result<Pointer, String> {
    Pointer::parse(text).ok_or_else(|| format!("`{text}` is no JSON pointer"))
}

fn globs(words: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for word in words {
        // Marks of other patterns mean themselves.
        let word = word.replace('[', "[[]").replace('?', "[?]").replace('{', "[{]");
        let glob = GlobBuilder::new(&word).case_insensitive(true).build();
        set.add(glob.map_err(|error| error.to_string())?);
    }
    set.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_formats_are_known() {
        let words = Vocabulary::from_json(crate::data::file("audit/review").unwrap()).unwrap();
        for (word, kind) in [
            ("tool_call", Some("tool.call")),
            ("TOOL_INVOCATION", Some("tool.call")),
            ("application/vnd.hermes.tool-call+json", Some("tool.call")),
            ("tool_result", Some("tool.result")),
            ("approval_granted", Some("approval")),
            ("login_failed", Some("auth")),
            ("credential_rotated", Some("secret.access")),
            ("agent_message", Some("delegate")),
            ("tool.call", None),
            ("create", None),
            ("assigning", None),
        ] {
            assert_eq!(words.kind(word), kind, "{word}");
        }
        for (word, outcome) in [
            ("success", Outcome::Ok),
            ("ALLOW", Outcome::Ok),
            ("deny", Outcome::Denied),
            ("unauthorized", Outcome::Denied),
            ("handler_error", Outcome::Error),
            ("timed_out", Outcome::Timeout),
            ("maybe", Outcome::Other),
            ("unsuccessful", Outcome::Other),
        ] {
            assert_eq!(words.outcome(word), outcome, "{word}");
        }
        for (word, intent) in [
            ("intent", Some(true)),
            ("dispatch", Some(true)),
            ("result", Some(false)),
            ("after", Some(false)),
            ("single", None),
        ] {
            assert_eq!(words.is_intent(word), intent, "{word}");
        }
    }
}
