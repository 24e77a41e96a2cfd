//! What a review has to say that somebody should look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// The kinds of it; what each means stands in `rules/audit/review.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is described by its id in the data")]
pub enum Rule {
    ChainBroken,
    Secret,
    DeniedThenDone,
    LoginAfterFailures,
    FailedAuthentication,
    Denials,
    PersonalData,
    NewTool,
    NewActor,
    NewAgent,
    Burst,
    Silence,
    LostEvents,
    OffHours,
    UnansweredCall,
    ResultWithoutCall,
    CallIdReused,
    Retention,
    PlainLines,
    Undescribed,
    PlainDigest,
    RedactionFlag,
}

/// How much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Something about the log itself: no anomaly.
    Note,
    /// Somebody should look.
    Warning,
    /// Somebody should act.
    Error,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::ChainBroken,
        Self::Secret,
        Self::DeniedThenDone,
        Self::LoginAfterFailures,
        Self::FailedAuthentication,
        Self::Denials,
        Self::PersonalData,
        Self::NewTool,
        Self::NewActor,
        Self::NewAgent,
        Self::Burst,
        Self::Silence,
        Self::LostEvents,
        Self::OffHours,
        Self::UnansweredCall,
        Self::ResultWithoutCall,
        Self::CallIdReused,
        Self::Retention,
        Self::PlainLines,
        Self::Undescribed,
        Self::PlainDigest,
        Self::RedactionFlag,
    ];

    /// What it is called.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ChainBroken => "review/chain-broken",
            Self::Secret => "review/secret",
            Self::DeniedThenDone => "review/denied-then-done",
            Self::LoginAfterFailures => "review/login-after-failures",
            Self::FailedAuthentication => "review/failed-authentication",
            Self::Denials => "review/denials",
            Self::PersonalData => "review/personal-data",
            Self::NewTool => "review/new-tool",
            Self::NewActor => "review/new-actor",
            Self::NewAgent => "review/new-agent",
            Self::Burst => "review/burst",
            Self::Silence => "review/silence",
            Self::LostEvents => "review/lost-events",
            Self::OffHours => "review/off-hours",
            Self::UnansweredCall => "review/unanswered-call",
            Self::ResultWithoutCall => "review/result-without-call",
            Self::CallIdReused => "review/call-id-reused",
            Self::Retention => "review/retention",
            Self::PlainLines => "review/plain-lines",
            Self::Undescribed => "review/undescribed",
            Self::PlainDigest => "review/plain-digest",
            Self::RedactionFlag => "review/redaction-flag",
        }
    }

    /// How much it weighs.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::ChainBroken | Self::Secret | Self::DeniedThenDone => Weight::Error,
            Self::PlainLines | Self::Undescribed | Self::PlainDigest | Self::RedactionFlag => {
                Weight::Note
            }
            _ => Weight::Warning,
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Where in a log something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Spot {
    /// The file.
    #[serde(serialize_with = "plain")]
    pub path: Arc<str>,
    /// The line, from 1; the row, in a database.
    pub line: u64,
    /// When it happened, in microseconds since 1970.
    #[serde(serialize_with = "rfc3339")]
    pub at: Option<i64>,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anomaly {
    /// What kind of thing.
    pub rule: Rule,
    /// How much it weighs.
    pub severity: Weight,
    /// In words.
    pub message: String,
    /// How many events it is about.
    pub count: u64,
    /// Where the first of them stands.
    #[serde(flatten)]
    pub spot: Option<Spot>,
}

fn plain<S: Serializer>(path: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(path)
}

/// A time for machines.
pub(super) fn rfc3339<S: Serializer>(at: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_str(&crate::audit::time::show(*at)),
        None => serializer.serialize_none(),
    }
}

/// Of one kind so many are told one by one; the others are counted.
const EACH: usize = 20;

/// What was found, and how often more.
#[derive(Debug, Default)]
pub struct Anomalies {
    /// One by one.
    pub list: Vec<Anomaly>,
    /// More of a kind.
    pub more: BTreeMap<Rule, u64>,
    counts: BTreeMap<Rule, usize>,
}

impl Anomalies {
    /// Says one thing.
    pub fn say(&mut self, rule: Rule, spot: Option<Spot>, count: u64, message: String) {
        let told = self.counts.entry(rule).or_default();
        *told += 1;
        if *told > EACH {
            *self.more.entry(rule).or_default() += 1;
            return;
        }
        self.list.push(Anomaly { rule, severity: rule.weight(), message, count, spot });
    }

    /// Puts what weighs most first; then by kind, and in the order of time.
    pub fn sort(&mut self) {
        self.list.sort_by(|one, other| {
            let key = |anomaly: &Anomaly| {
                (
                    std::cmp::Reverse(anomaly.severity),
                    anomaly.rule,
                    anomaly.spot.as_ref().and_then(|spot| spot.at),
                )
            };
            key(one).cmp(&key(other))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::meaning;

    #[test]
    fn every_kind_has_a_meaning_and_no_other() {
        let mut known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        known.sort_unstable();
        let described: Vec<&str> = meaning::reviews().keys().map(String::as_str).collect();
        assert_eq!(described, known);
    }
}
