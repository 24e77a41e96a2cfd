//! Makes a record of a line: redacts it, and reads from it what kind of event it is and who did it.
//!
//! How the lines of which log look is data (`rules/audit/sources.yaml`). A line that nothing there fits is kept as
//! text: what matters is that none is left out.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::borrow::Cow;
use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use regex::Regex;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Redact;
use super::lines::Line;
use crate::audit::record::{Json, MAX_DEPTH, MAX_RECORD, Map, written_len};

/// What of a record is left for what else it says.
const RESERVE: usize = 8 << 10;
/// How deep an object may be that becomes a part of a record.
const DEEPEST: usize = MAX_DEPTH - 4;
/// The kind of a line that nothing more is known of.
const PLAIN: &str = "log.line";
/// What stands for a line of a private key.
const BLOCK: &str = "[redacted: private key]";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Vec<SourceSpec>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceSpec {
    id: String,
    files: Vec<String>,
    #[serde(default = "hermes")]
    agent: String,
    line: Option<String>,
    json: Option<Keys>,
    #[serde(default)]
    events: Vec<EventSpec>,
}

fn hermes() -> String {
    "hermes".to_owned()
}

/// Which members of a JSON line say what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default)]
    time: Vec<String>,
    #[serde(default)]
    name: Vec<String>,
    #[serde(default)]
    session: Vec<String>,
    #[serde(default)]
    principal: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventSpec {
    text: Option<String>,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    is: BTreeMap<String, Vec<String>>,
    kind: String,
    name: Option<String>,
    status: Option<String>,
    decision: Option<String>,
}

#[derive(Debug)]
struct Source {
    files: Vec<String>,
    agent: String,
    line: Option<Regex>,
    json: Option<Keys>,
    events: Vec<(Option<Regex>, EventSpec)>,
}

/// The logs whose lines are known.
#[derive(Debug)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Reads the data.
    ///
    /// # Errors
    /// Says what about it is wrong.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let regex = |id: &str, text: &Option<String>| {
            let regex = text.as_deref().map(Regex::new).transpose();
            regex.map_err(|error| format!("{id}: {error}"))
        };
        let sources = file.sources.into_iter().map(|spec| {
            let line = regex(&spec.id, &spec.line)?;
            let events =
                spec.events.into_iter().map(|event| Ok((regex(&spec.id, &event.text)?, event)));
            let events = events.collect::<Result<_, String>>()?;
            Ok(Source { files: spec.files, agent: spec.agent, line, json: spec.json, events })
        });
        Ok(Self(sources.collect::<Result<_, String>>()?))
    }

    /// Those that a log of this name may have; the ones for any name come last.
    fn of<'s>(&'s self, name: &str) -> Vec<&'s Source> {
        let fits = |pattern: &str| match pattern.strip_prefix('*') {
            Some(ending) => name.ends_with(ending),
            None => name == pattern,
        };
        self.0.iter().filter(|source| source.files.iter().any(|pattern| fits(pattern))).collect()
    }
}

/// What a line says.
#[derive(Debug, Default)]
struct Event {
    kind: Option<String>,
    name: Option<String>,
    agent: Option<String>,
    session: Option<String>,
    principal: Option<String>,
    status: Option<String>,
    decision: Option<String>,
    time: Option<String>,
    input: Map,
}

/// What became of a line.
#[derive(Debug)]
pub struct Made {
    /// The record, without what the chain adds and without its source.
    pub record: Map,
    /// When the line says it was written, in its own words.
    pub time: Option<String>,
    /// Where in the line's bytes the first thing is that was redacted.
    pub secret: Option<usize>,
    /// The line ends inside a private key.
    pub block: bool,
    /// Not all of it is valid UTF-8.
    pub replaced: bool,
}

/// Makes records of the lines of one source.
pub struct Maker<'m> {
    sources: Vec<&'m Source>,
    redact: &'m dyn Redact,
}

impl<'m> Maker<'m> {
    /// For the lines of the log called `name`.
    pub fn new(sources: &'m Sources, redact: &'m dyn Redact, name: &str) -> Self {
        Self { sources: sources.of(name), redact }
    }

    /// The record of `line`; `block` when it begins inside a private key.
    pub fn make(&self, line: &Line<'_>, block: bool) -> Made {
        // A character that the cut has gone through is none that was wrong.
        let kept = match std::str::from_utf8(line.bytes) {
            Err(error) if line.digest.is_some() && error.error_len().is_none() => {
                line.bytes.get(..error.valid_up_to()).unwrap_or(line.bytes)
            }
            _ => line.bytes,
        };
        let text = String::from_utf8_lossy(kept);
        let replaced = matches!(text, Cow::Owned(_));
        let (text, mut count, mut secret, block) = guard(text, block);
        let redacted = self.redact.redact(&text);
        count += redacted.count;
        secret = [secret, redacted.first].into_iter().flatten().min();
        if replaced {
            // The places are those of the text; before the first byte that was replaced they are the same.
            let valid =
                std::str::from_utf8(line.bytes).map_or_else(|error| error.valid_up_to(), str::len);
            secret = secret.map(|at| at.min(valid));
        }
        let text = redacted.text;
        let whole = line.digest.is_none() && fits(&text);
        let mut event = Event::default();
        let read = whole
            && self.sources.iter().any(|source| {
                match source.read(&text, self.redact, &mut count) {
                    Some(found) => {
                        event = found;
                        true
                    }
                    None => false,
                }
            });
        if !read {
            event.input.set("text", cut(&text));
        }
        if !whole {
            let digest = line.digest.unwrap_or_else(|| Sha256::digest(line.bytes).into());
            event.input.set("bytes", line.len - u64::from(line.eol));
            event.input.set("cut", true);
            event.input.set("digest", format!("sha256:{}", HEXLOWER.encode(&digest)));
        }
        let mut made =
            Made { record: Map::new(), time: event.time.take(), secret, block, replaced };
        made.record = record(event, count, self.redact.name());
        made
    }
}

fn record(event: Event, count: u64, by: &str) -> Map {
    let mut what = Map::new().with("kind", event.kind.as_deref().unwrap_or(PLAIN));
    let mut who = Map::new().with("agent", event.agent.as_deref().unwrap_or("hermes"));
    if let Some(name) = event.name {
        what.set("name", name);
    }
    if let Some(session) = event.session {
        who.set("session", session);
    }
    if let Some(principal) = event.principal {
        who.set("principal", principal);
    }
    let mut record = Map::new().with("in", event.input);
    if let Some(status) = event.status {
        record.set("out", Map::new().with("status", status));
    }
    if let Some(decision) = event.decision {
        record.set("policy", Map::new().with("decision", decision));
    }
    record.set("red", Map::new().with("by", by).with("n", count));
    record.with("what", what).with("who", who)
}

impl Source {
    /// What `text` says, if it is a line as this source writes them.
    fn read(&self, text: &str, redact: &dyn Redact, count: &mut u64) -> Option<Event> {
        let mut event = match &self.json {
            Some(keys) => self.object(text, keys, redact, count)?,
            None => self.text(text)?,
        };
        event.agent = Some(self.agent.clone());
        Some(event)
    }

    fn text(&self, text: &str) -> Option<Event> {
        let line = self.line.as_ref()?;
        let mut event = Event::default();
        let mut logged = None;
        let captures = line.captures(text.trim_end_matches('\r'))?;
        for name in line.capture_names().flatten() {
            let Some(found) = captures.name(name) else { continue };
            if name == "text" {
                logged = Some(found.as_str());
            }
            event.learn(name, found.as_str());
        }
        let logged = logged.unwrap_or(text);
        let level = captures.name("level").map_or("", |level| level.as_str());
        for (pattern, spec) in &self.events {
            if !spec.levels.is_empty() && !spec.levels.iter().any(|known| known == level) {
                continue;
            }
            let Some(pattern) = pattern else {
                event.settle(spec);
                break;
            };
            let Some(captures) = pattern.captures(logged) else { continue };
            event.settle(spec);
            for name in pattern.capture_names().flatten() {
                if let Some(found) = captures.name(name) {
                    event.learn(name, found.as_str());
                }
            }
            break;
        }
        Some(event)
    }

    fn object(
        &self,
        text: &str,
        keys: &Keys,
        redact: &dyn Redact,
        count: &mut u64,
    ) -> Option<Event> {
        let text = text.trim();
        if !text.starts_with('{') {
            return None;
        }
        let mut args: Json = serde_json::from_str(&whole_pairs(text)).ok()?;
        if args.depth() > DEEPEST {
            return None;
        }
        // What is escaped in the line is not in its strings.
        redact_all(&mut args, redact, count);
        let mut written = String::new();
        args.write(&mut written);
        let Json::Map(args) = args else { return None };
        if written.len() > MAX_RECORD - RESERVE {
            return None;
        }
        let mut event = Event::default();
        let first = |keys: &[String]| {
            keys.iter().find_map(|key| match args.get(key)? {
                Json::Text(text) if !text.is_empty() => Some(text.clone()),
                Json::Int(number) => Some(number.to_string()),
                _ => None,
            })
        };
        event.time = first(&keys.time);
        event.name = first(&keys.name);
        event.session = first(&keys.session);
        event.principal = first(&keys.principal);
        let fits = |spec: &EventSpec| {
            spec.is.iter().all(|(key, words)| {
                matches!(args.get(key), Some(Json::Text(found)) if words.contains(found))
            })
        };
        if let Some((_, spec)) = self.events.iter().find(|(_, spec)| fits(spec)) {
            event.settle(spec);
        }
        event.input.set("args", args);
        Some(event)
    }
}

impl Event {
    fn settle(&mut self, spec: &EventSpec) {
        self.kind = Some(spec.kind.clone());
        self.name = spec.name.clone().or_else(|| self.name.take());
        self.status.clone_from(&spec.status);
        self.decision.clone_from(&spec.decision);
    }

    /// Puts what the group `name` of a pattern found where it belongs.
    fn learn(&mut self, name: &str, found: &str) {
        if found.is_empty() && name != "text" {
            return;
        }
        let slot = match name {
            "time" => &mut self.time,
            "name" => &mut self.name,
            "session" => &mut self.session,
            "principal" => &mut self.principal,
            "status" => &mut self.status,
            "decision" => &mut self.decision,
            other => return self.input.set(other, found),
        };
        *slot = Some(found.to_owned());
    }
}

fn redact_all(json: &mut Json, redact: &dyn Redact, count: &mut u64) {
    match json {
        Json::Text(text) => {
            let redacted = redact.redact(text);
            *count += redacted.count;
            if redacted.count > 0 {
                *text = redacted.text;
            }
        }
        Json::List(list) => list.iter_mut().for_each(|item| redact_all(item, redact, count)),
        Json::Map(map) => map.iter_mut().for_each(|(_, value)| redact_all(value, redact, count)),
        Json::Null | Json::Bool(_) | Json::Int(_) => {}
    }
}

/// `text` without what belongs to a private key that goes over several lines: what is left, how much was taken, where
/// the first of it was, and whether the line ends inside the key.
fn guard(text: Cow<'_, str>, block: bool) -> (Cow<'_, str>, u64, Option<usize>, bool) {
    let private =
        |rest: &str| rest.split("-----").next().is_some_and(|label| label.ends_with("PRIVATE KEY"));
    if block {
        if let Some(end) = text.find("-----END ") {
            let after = text.get(end + 5..).and_then(|rest| rest.split_once("-----"));
            let after = after.map_or("", |(_, after)| after);
            return (format!("{BLOCK}{after}").into(), 1, Some(0), false);
        }
        let header = ["Proc-Type:", "DEK-Info:"].iter().any(|head| text.trim().starts_with(head));
        if header || text.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)) {
            return (BLOCK.into(), 1, Some(0), true);
        }
    }
    let Some(at) = text.rfind("-----BEGIN ") else { return (text, 0, None, false) };
    let Some(rest) = text.get(at + 11..).filter(|rest| private(rest)) else {
        return (text, 0, None, false);
    };
    if rest.contains("-----END ") {
        return (text, 0, None, false);
    }
    (format!("{}{BLOCK}", text.get(..at).unwrap_or_default()).into(), 1, Some(at), true)
}

/// True for a text that a record can hold whole.
fn fits(text: &str) -> bool {
    text.len() <= (MAX_RECORD - RESERVE) / 6
        || text.chars().map(written_len).sum::<usize>() <= MAX_RECORD - RESERVE
}

/// As much of `text` as a record can hold.
fn cut(text: &str) -> &str {
    if fits(text) {
        return text;
    }
    let mut left = MAX_RECORD - RESERVE;
    let end = text.char_indices().find(|&(_, c)| match left.checked_sub(written_len(c)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A JSON text in which a half of a surrogate pair is the replacement character, as it can't be anything else.
fn whole_pairs(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(found) = rest.find('\\') else {
            out.push_str(rest);
            break;
        };
        out.push_str(rest.get(..found).unwrap_or_default());
        at += found;
        let len = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // The backslash and what it escapes.
            _ => {
                1 + text
                    .get(at + 1..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(0, char::len_utf8)
            }
        };
        out.push_str(text.get(at..at + len).unwrap_or_default());
        at += len;
    }
    Cow::Owned(out)
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
