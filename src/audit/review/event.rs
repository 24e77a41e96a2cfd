//! What one record says happened: who did what with which tool, and how it ended.
//!
//! Where a record has it, its profile says (`[map]`); what the words mean, the [vocabulary](super::vocabulary). What is
//! read is cut to a length: names of a hostile log are as long as it likes.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Request;
use super::exposed::{Exposed, exposed, unpacked};
use super::vocabulary::Vocabulary;
use crate::audit::json::pointer::{Pointer, inside, names};
use crate::audit::json::tape::{Kind, Node, Tape};
use crate::audit::json::text;
use crate::audit::preimage::View;
use crate::audit::profile::Profile;
use crate::audit::time;

/// Letters of a name that are kept.
const NAME: usize = 120;

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It worked.
    Ok,
    /// It failed.
    Error,
    /// It was not allowed.
    Denied,
    /// It took too long.
    Timeout,
    /// Somebody stopped it.
    Cancelled,
    /// In a way that has no word here.
    Other,
}

/// Where in an action a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is all there is of the action, or no action.
    Whole,
    /// What is about to be done.
    Intent,
    /// What became of it.
    Result,
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Something that happened.
    Event,
    /// Something that happened, as a line of text.
    Line,
    /// The log itself.
    Log,
    /// The log itself, and that the writer is still there.
    Beat,
    /// The log itself, and that something of it is lost.
    Loss,
}

/// What one record says.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its line, from 0, in its batch.
    pub line: u32,
    /// When it was written into the log, in microseconds since 1970.
    pub ts: Option<i64>,
    /// When it happened, where that is another time.
    pub happened: Option<i64>,
    /// What it is for.
    pub about: About,
    /// What happened, in the log's own word.
    pub kind: Option<Box<str>>,
    /// With which tool, or what it is called otherwise.
    pub name: Option<Box<str>>,
    /// Whether that is a tool.
    pub is_tool: bool,
    /// On whose behalf.
    pub actor: Option<Box<str>>,
    /// By which agent.
    pub agent: Option<Box<str>>,
    /// In which session.
    pub session: Option<Box<str>>,
    /// What pairs an intent with its result.
    pub call: Option<Box<str>>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Where in the action it stands.
    pub phase: Phase,
    /// Whether it is an attempt to get in.
    pub is_auth: bool,
    /// Whether it is a decision on what somebody else asked for.
    pub is_approval: bool,
    /// The groups it belongs to, a bit for each.
    pub groups: u32,
    /// Whether its kind is worth a look outside of the usual hours.
    pub for_hours: bool,
    /// What of it should not be there.
    pub exposed: Vec<Exposed>,
    /// Whether all of it was looked through for that.
    pub searched: bool,
    /// Where it holds a plain hash of what the tool was given.
    pub plain_digest: bool,
    /// Whether its flag for redaction says otherwise than what it holds.
    pub wrong_flag: bool,
}

impl Event {
    /// When it happened, as far as it is known.
    #[must_use]
    pub fn at(&self) -> Option<i64> {
        self.happened.or(self.ts)
    }

    /// Whether it is something that happened, and not about the log.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!(self.about, About::Event | About::Line)
    }
}

/// Reads records; one a thread.
pub struct Reader<'r> {
    profile: &'r Profile,
    roles: Roles<'r>,
    own: Vec<&'r Pointer>,
    request: &'r Request<'r>,
    tape: Tape,
    inner: Tape,
}

#[derive(Debug, Default)]
struct Roles<'p> {
    kind: Option<&'p Pointer>,
    tool: Option<&'p Pointer>,
    actor: Option<&'p Pointer>,
    agent: Option<&'p Pointer>,
    session: Option<&'p Pointer>,
    status: Option<&'p Pointer>,
    decision: Option<&'p Pointer>,
    call: Option<&'p Pointer>,
    phase: Option<&'p Pointer>,
    time: Option<&'p Pointer>,
    payload: Option<&'p Pointer>,
}

impl<'p> Roles<'p> {
    fn of(profile: &'p Profile) -> Self {
        let mut roles = Self::default();
        for (name, pointer) in &profile.map {
            let role = match name.as_str() {
                "kind" | "what" => &mut roles.kind,
                "tool" => &mut roles.tool,
                "actor" | "who" | "principal" => &mut roles.actor,
                "agent" => &mut roles.agent,
                "session" => &mut roles.session,
                "status" | "result" | "outcome" => &mut roles.status,
                "decision" => &mut roles.decision,
                "call" => &mut roles.call,
                "phase" => &mut roles.phase,
                "time" | "when" => &mut roles.time,
                "payload" => &mut roles.payload,
                _ => continue,
            };
            *role = Some(pointer);
        }
        roles
    }
}

/// The texts of an event, as they were found.
#[derive(Default)]
struct Texts {
    kind: Option<Box<str>>,
    tool: Option<Box<str>>,
    actor: Option<Box<str>>,
    agent: Option<Box<str>>,
    session: Option<Box<str>>,
    status: Option<Box<str>>,
    decision: Option<Box<str>>,
    call: Option<Box<str>>,
    phase: Option<Box<str>>,
}

impl<'r> Reader<'r> {
    /// A reader of records of `profile`.
    #[must_use]
    pub fn new(profile: &'r Profile, request: &'r Request<'r>) -> Self {
        let fields = &profile.fields;
        // The chain's own hashes and signatures are no secrets.
        let own = [fields.hash.as_ref(), fields.prev.as_ref()]
            .into_iter()
            .flatten()
            .chain(profile.digests.iter().map(|digest| &digest.field))
            .chain(profile.seals.iter().map(|seal| &seal.field))
            .chain(&request.words.digests)
            .chain(&request.words.own)
            .collect();
        Self {
            roles: Roles::of(profile),
            profile,
            own,
            request,
            tape: Tape::default(),
            inner: Tape::default(),
        }
    }

    /// What `record`, on `line` of its batch, says; `None` when it can't be read.
    pub fn read(&mut self, record: &[u8], line: u32) -> Option<Event> {
        let words = self.request.words;
        std::str::from_utf8(record).ok()?;
        self.tape.read(record).ok()?;
        if self.tape.root().is_none_or(|root| root.kind != Kind::Object) {
            return None;
        }
        let view = View { tape: &self.tape, bytes: record };
        let text = |role: Option<&Pointer>| role.and_then(|at| shown(view, at));
        let roles = &self.roles;
        let mut texts = Texts {
            kind: text(roles.kind),
            tool: text(roles.tool),
            actor: text(roles.actor),
            agent: text(roles.agent),
            session: text(roles.session),
            status: text(roles.status),
            decision: text(roles.decision),
            call: text(roles.call),
            phase: text(roles.phase),
        };
        let time = |at: Option<&Pointer>| at.and_then(|at| view.text(at));
        let ts = time(self.profile.fields.ts.as_ref()).and_then(|text| time::micros(&text));
        let happened = time(roles.time).and_then(|text| moment(&text, self.request.moment.zone()));
        if let Some(packed) = roles.payload.and_then(|at| unpacked(view, at)) {
            self.payload(&packed, &mut texts);
        }
        let view = View { tape: &self.tape, bytes: record };
        let kind = texts.kind.as_deref().unwrap_or_default();
        let meaning = words.kind(kind).unwrap_or_default();
        let mut event = settled(texts, meaning, words);
        let kind = event.kind.clone().unwrap_or_default();
        let kinds = [&*kind, meaning];
        event.line = line;
        event.ts = ts;
        event.happened = happened;
        event.groups = self.groups(view, kinds, &event);
        event.for_hours = event.groups != 0 || words.is_for_hours(kinds);
        // Only what is reviewed is looked at closely: that costs more than all the rest.
        if event.at().is_none_or(|at| self.request.period.holds(at)) {
            (event.exposed, event.searched) = exposed(view, &self.own, self.request.inspect);
            let digest = |at: &Pointer| {
                view.string(at).is_some_and(|text| {
                    let hex = text.strip_prefix(b"sha256:").unwrap_or(&text);
                    hex.len() == 64 && hex.iter().all(u8::is_ascii_hexdigit)
                })
            };
            event.plain_digest = words.digests.iter().any(digest);
            let (flag, marks) = &words.redacted;
            event.wrong_flag = view.is(flag, b"false")
                && marks.iter().any(|mark| memchr::memmem::find(record, mark.as_bytes()).is_some());
        }
        Some(event)
    }

    /// What a packed payload says that the record around it does not.
    fn payload(&mut self, packed: &[u8], texts: &mut Texts) {
        if std::str::from_utf8(packed).is_err() || self.inner.read(packed).is_err() {
            return;
        }
        let tape = &self.inner;
        for (role, members) in &self.request.words.payload.0 {
            let slot = match role.as_str() {
                // The kind of the packet says less than the kind of what is in it.
                "kind" => &mut texts.kind,
                "tool" => &mut texts.tool,
                "actor" => &mut texts.actor,
                "agent" => &mut texts.agent,
                "session" => &mut texts.session,
                "status" => &mut texts.status,
                "decision" => &mut texts.decision,
                "call" => &mut texts.call,
                "phase" => &mut texts.phase,
                _ => continue,
            };
            if slot.is_some() && role != "kind" {
                continue;
            }
            let found = members.iter().find_map(|name| {
                let of = |(key, _, value): (&Node, u32, &Node)| {
                    names(packed, key, name.as_bytes()).then_some(*value)
                };
                tape.members(0).find_map(of)
            });
            if let Some(text) = found.and_then(|node| scalar(packed, &node)) {
                *slot = Some(text);
            }
        }
    }

    fn groups(&self, view: View<'_>, kinds: [&str; 2], event: &Event) -> u32 {
        if !event.counts() {
            return 0;
        }
        let mut bits = 0;
        for (number, group) in self.request.words.groups.iter().enumerate() {
            let fits = group.conditions.iter().any(|condition| {
                condition.fits(kinds, event)
                    && condition.without.iter().all(|at| at.find(view.tape, view.bytes).is_none())
                    && condition.at.iter().all(|(at, words)| {
                        shown(view, at).is_some_and(|text| words.is_match(&*text))
                    })
            });
            bits |= u32::from(fits) << number;
        }
        bits
    }
}

/// The event that the texts describe; `meaning` is what records of our own call its kind, where that is another word.
fn settled(texts: Texts, meaning: &str, words: &Vocabulary) -> Event {
    let kind = texts.kind.as_deref().unwrap_or_default();
    let meaning = if meaning.is_empty() { kind } else { meaning };
    let about = match kind {
        kind if words.is_lost(kind) => About::Loss,
        kind if words.is_heartbeat(kind) => About::Beat,
        kind if words.is_control(kind) => About::Log,
        kind if words.is_plain(kind) => About::Line,
        _ => About::Event,
    };
    let status = texts.status.as_deref().map(|word| words.outcome(word));
    let decision = texts.decision.as_deref().map(|word| words.outcome(word));
    let outcome = match (status, decision) {
        (_, Some(Outcome::Denied)) => Some(Outcome::Denied),
        (Some(Outcome::Other), Some(decision)) => Some(decision),
        (status, decision) => status.or(decision),
    };
    let phase = match texts.phase.as_deref().and_then(|phase| words.is_intent(phase)) {
        Some(true) => Phase::Intent,
        Some(false) => Phase::Result,
        // A call that says how it ended is the whole of it.
        None if meaning == "tool.call" && outcome.is_none() => Phase::Intent,
        None if meaning == "tool.result" => Phase::Result,
        None => Phase::Whole,
    };
    let is_auth = meaning == "auth";
    let is_approval = meaning == "approval";
    let names_tool = about == About::Event && words.names_tool(meaning);
    Event {
        line: 0,
        ts: None,
        happened: None,
        about,
        is_tool: names_tool && texts.tool.is_some(),
        name: texts.tool,
        actor: texts.actor,
        agent: texts.agent,
        session: texts.session,
        call: texts.call,
        kind: texts.kind,
        outcome,
        phase,
        is_auth,
        is_approval,
        groups: 0,
        for_hours: false,
        exposed: Vec::new(),
        searched: true,
        plain_digest: false,
        wrong_flag: false,
    }
}

/// The text at `at`, to be shown: nothing when it is empty, `null` or no scalar.
fn shown(view: View<'_>, at: &Pointer) -> Option<Box<str>> {
    let (_, node) = at.find(view.tape, view.bytes)?;
    scalar(view.bytes, node)
}

fn scalar(bytes: &[u8], node: &Node) -> Option<Box<str>> {
    let text: Cow<'_, [u8]> = match node.kind {
        Kind::String => text::decode(inside(bytes, node)).into(),
        Kind::Number | Kind::True | Kind::False => {
            bytes.get(node.start as usize..node.end as usize)?.into()
        }
        _ => return None,
    };
    let text = String::from_utf8_lossy(&text);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let end = text.char_indices().nth(NAME).map_or(text.len(), |(at, _)| at);
    let mut kept = text.get(..end)?.to_owned();
    if end < text.len() {
        kept.push('…');
    }
    Some(kept.into_boxed_str())
}

/// When a source says that something happened; without an offset it is the time of its place.
fn moment(text: &[u8], zone: &TimeZone) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.replace(',', ".");
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_microsecond());
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        return Some(civil.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond());
    }
    time::micros(text.as_bytes())
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}
