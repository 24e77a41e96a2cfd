//! The records of a chain in order: whether each follows the one before.
//!
//! One thread, one pass, and memory for the last record of each stream alone. A second pass over a log that is found
//! broken keeps a few words of every record, from which [`blame`](super::blame) tells what happened.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::blame::Brief;
use super::check::{Checker, Fragment, Local, Pruned, Record, Sealed, Slot, State, slot, write};
use super::feed::Batch;
use super::finding::{Code, Finding, Related, Severity};
use super::merkle::{Hash, Tree};
use super::plan::{First, Plan};
use super::profile::{Line, Rotation};
use super::run::Piece;
use super::time;

mod outcome;
mod transport;

pub use outcome::{FileFacts, Joined, Placed, Wanted};

/// Findings kept of each code; more are counted.
const KEPT: usize = 100;
/// What a record of the canonical format may have at most, in bytes.
const LONGEST: u32 = 1 << 20;
/// A record's time may be this far ahead of this machine's, in microseconds.
const FUTURE: i64 = 5 * 60 * 1_000_000;

/// A line that can't be read.
#[derive(Debug)]
struct Unread {
    /// The finding on it.
    finding: usize,
    /// Whether no readable record came after it yet.
    pending: bool,
    fragment: Fragment,
}

/// Where a stream stands.
#[derive(Debug, Default)]
struct Stream {
    started: bool,
    variant: Option<usize>,
    /// The last record's hash as text.
    hash: Vec<u8>,
    has_hash: bool,
    /// Whether the last line could not be read, so that nothing is known to follow.
    blind: bool,
    seq: Option<i64>,
    ts: Option<i64>,
    version: Option<i64>,
    line: u64,
}

/// Joins pieces.
#[derive(Debug)]
pub struct Join<'p> {
    plan: &'p Plan<'p>,
    wanted: Wanted,
    out: Joined,
    /// The tree over the records, and over those that were removed where it is known.
    tree: Tree,
    /// Records that were removed and are not in the tree.
    unknown: u64,
    alone: Stream,
    streams: HashMap<Box<[u8]>, Stream>,
    counts: BTreeMap<Code, usize>,
    /// The first line of the next piece, from 1.
    line: u64,
    /// The number of the next record or unreadable line, from 0 in the chain.
    number: u64,
    /// Unreadable lines of the file that may turn out to be torn writes.
    unread: Vec<Unread>,
    text: Vec<u8>,
    /// Decides what needs the record before.
    checker: Option<Checker<'p>>,
}

impl<'p> Join<'p> {
    /// Nothing joined yet.
    #[must_use]
    pub fn new(plan: &'p Plan<'p>, wanted: Wanted) -> Self {
        let pruned = wanted.pruned.as_ref();
        let removed = pruned.map_or(0, |pruned| removed(plan, pruned));
        let tree = pruned.and_then(|pruned| pruned.tree.clone());
        let unknown = if tree.is_some() { 0 } else { removed };
        let mut out = Joined { removed, ..Joined::default() };
        if let Some(pruned) = pruned.filter(|_| wanted.is_size(removed)) {
            out.heads.insert(removed, pruned.hash.clone());
            out.roots.extend(tree.as_ref().map(|tree| (removed, tree.root())));
        }
        Self {
            plan,
            wanted,
            out,
            tree: tree.unwrap_or_default(),
            unknown,
            alone: Stream::default(),
            streams: HashMap::new(),
            counts: BTreeMap::new(),
            line: 1,
            number: 0,
            unread: Vec::new(),
            text: Vec::new(),
            checker: None,
        }
    }

    /// The next file of the chain.
    pub fn start_file(&mut self, path: &str) {
        self.line = 1;
        self.unread.clear();
        self.out.files.push(FileFacts { path: path.to_owned(), ..FileFacts::default() });
        if !matches!(self.plan.profile.rotation, Rotation::Continue(_)) {
            self.alone = Stream::default();
            self.streams.clear();
        }
    }

    /// The next piece of the file.
    pub fn piece(&mut self, piece: &mut Piece) {
        let Piece { batch, records, locals } = piece;
        self.transport(batch, records, locals);
        let mut locals = std::mem::take(locals);
        let mut later = Vec::new();
        let mut next = 0;
        for (number, record) in records.iter_mut().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if record.state == State::Deferred {
                self.decide(batch, record, number, &mut later);
            }
            // What is said of single records comes first, so that the finding on a torn line is there to be amended.
            let mut last = None;
            while let Some(local) = locals.get_mut(next).filter(|local| local.record == number) {
                last = Some(self.local(batch, record, local));
                next += 1;
            }
            for local in &mut later {
                last = Some(self.local(batch, record, local));
            }
            later.clear();
            self.step(batch, record, last);
        }
        if let Some(file) = self.out.files.last_mut() {
            file.bytes = batch.base + batch.buffer.len() as u64;
        }
        self.line += u64::from(batch.lines);
    }

    /// What became of the chain.
    #[must_use]
    pub fn finish(mut self) -> Joined {
        self.out.root = (self.unknown == 0).then(|| self.tree.root());
        self.out.records = self.tree.len() + self.unknown - self.out.removed;
        self.out.streams = self.streams.len() as u64 + u64::from(self.alone.started);
        self.out
    }

    /// A finding that is about no record.
    pub fn say(&mut self, code: Code, severity: Severity, message: String) {
        let path = self.path();
        self.add(Finding::about(code, severity, path, message), None);
    }

    /// The file that is being joined.
    fn path(&self) -> String {
        self.out.files.last().map(|file| file.path.clone()).unwrap_or_default()
    }

    fn stray(&mut self) {
        if let Some(file) = self.out.files.last_mut() {
            file.stray_bytes = true;
        }
    }

    /// The stream a record belongs to.
    fn stream(&mut self, record: &Record) -> &mut Stream {
        match &record.stream {
            None => &mut self.alone,
            Some(name) => {
                if !self.streams.contains_key(name) {
                    self.streams.insert(name.clone(), Stream::default());
                }
                // Present: it was just put there.
                match self.streams.get_mut(name) {
                    Some(stream) => stream,
                    None => &mut self.alone,
                }
            }
        }
    }

    /// A record that needs the one before it.
    fn decide(&mut self, batch: &Batch, record: &mut Record, number: u32, locals: &mut Vec<Local>) {
        let mut checker = self.checker.take().unwrap_or_else(|| Checker::new(self.plan));
        let genesis = match &self.plan.genesis {
            Some(First::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let implicit = self.plan.profile.prev_is_implicit();
        let stream = self.stream(record);
        if !stream.started {
            stream.variant = checker.variant_of(&batch.buffer, record);
        }
        let prev =
            if stream.started { stream.has_hash.then(|| stream.hash.clone()) } else { genesis };
        if stream.blind && implicit {
            // What it follows can't be read; that is said already.
            record.state = State::Ambiguous;
            self.checker = Some(checker);
            return;
        }
        let variant = stream.variant;
        checker.later(&batch.buffer, record, variant, prev.as_deref(), number, locals);
        self.checker = Some(checker);
        if record.state == State::Deferred {
            record.state = State::Unverifiable;
        }
    }

    fn local(&mut self, batch: &Batch, record: &Record, local: &mut Local) -> Option<usize> {
        let mut finding = self.finding(
            batch,
            record,
            local.code,
            std::mem::take(&mut local.message),
            local.expected.take(),
            local.found.take(),
        );
        if let Some(severity) = local.severity {
            finding.severity = severity;
        }
        if let Some(at) = local.at.filter(|_| !batch.rows) {
            finding.offset = Some(batch.base + u64::from(at));
        }
        let number = self.number;
        self.add(finding, Some(number))
    }

    fn finding(
        &self,
        batch: &Batch,
        record: &Record,
        code: Code,
        message: String,
        expected: Option<String>,
        found: Option<String>,
    ) -> Finding {
        Finding {
            line: Some(self.line + u64::from(record.line)),
            offset: (!batch.rows).then(|| batch.base + u64::from(record.start)),
            len: Some(u64::from(record.end - record.start)),
            seq: record.seq,
            expected,
            found,
            ..Finding::about(code, code.severity(), self.path(), message)
        }
    }

    /// Keeps a finding, unless there are many of its kind; gives where.
    fn add(&mut self, finding: Finding, record: Option<u64>) -> Option<usize> {
        let count = self.counts.entry(finding.rule).or_default();
        *count += 1;
        if *count > KEPT {
            *self.out.dropped.entry(finding.rule).or_default() += 1;
            return None;
        }
        self.out.findings.push(Placed { finding, record });
        Some(self.out.findings.len() - 1)
    }

    /// One record after the other.
    fn step(&mut self, batch: &Batch, record: &Record, last_finding: Option<Option<usize>>) {
        let buffer = &batch.buffer;
        let line = self.line + u64::from(record.line);
        if record.state == State::Unreadable {
            // Without a name, it may have been of any of them.
            self.alone.blind = true;
            self.streams.values_mut().for_each(|stream| stream.blind = true);
            if let Some(finding) = last_finding.flatten() {
                let bytes = buffer.get(record.start as usize..record.end as usize);
                let bytes = bytes.unwrap_or_default();
                let fragment = Fragment {
                    offset: batch.base + u64::from(record.start),
                    bytes: bytes.len() as u64,
                    sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)),
                };
                self.unread.push(Unread { finding, pending: true, fragment });
            }
            self.stray();
            self.brief(batch, record, line, false);
            self.number += 1;
            return;
        }
        self.own_hash(batch, record);
        if self.plan.profile.line == Line::HashLast && record.end - record.start > LONGEST {
            let message = format!("the record has more than {LONGEST} bytes");
            let finding = self.finding(batch, record, Code::LineTooLong, message, None, None);
            self.add(finding, Some(self.number));
        }
        let follows = self.link(batch, record);
        self.unread.iter_mut().for_each(|unread| unread.pending = false);
        self.counter(batch, record);
        self.clock(batch, record);
        self.version(batch, record);
        match record.sealed {
            Some(Sealed::Trusted) => self.out.sealed += 1,
            Some(Sealed::SelfAsserted) => self.out.self_asserted += 1,
            Some(Sealed::Unchecked) => self.out.unchecked += 1,
            Some(Sealed::No) => self.out.unsealed += 1,
            None => {}
        }
        if record.state == State::Unverifiable {
            self.out.unverifiable += 1;
        }
        if let Some(fragment) = record.recovers.as_deref().filter(|_| record.state == State::Good) {
            self.recovered(fragment);
        }
        if let Some(pruned) = record.prunes.as_deref().filter(|_| record.state == State::Good) {
            self.owned_up(pruned);
        }
        self.remember(batch, record, line);
        self.brief(batch, record, line, follows);
        self.leaf(record, buffer);
        self.number += 1;
    }

    fn own_hash(&mut self, batch: &Batch, record: &Record) {
        let mismatch = match record.state {
            State::HashMismatch => "the record is not what its hash was made of",
            State::PayloadMismatch => "the payload is not what its hash was made of",
            _ => return,
        };
        let mut expected = Vec::new();
        write(&self.plan.profile.hash.written, &record.digest, &mut expected);
        let found = slot(&batch.buffer, &record.hash).map(lossy);
        let expected = (record.state == State::HashMismatch).then(|| lossy(&expected));
        let finding = self.finding(batch, record, Code::Hash, mismatch.to_owned(), expected, found);
        let number = self.number;
        self.add(finding, Some(number));
    }

    /// Whether the record follows the one before in its stream.
    fn link(&mut self, batch: &Batch, record: &Record) -> bool {
        let plan = self.plan;
        let Some(at) = &plan.profile.fields.prev else { return true };
        let prev = slot(&batch.buffer, &record.prev);
        let stream = self.stream(record);
        if !stream.started {
            return self.first(batch, record);
        }
        let expected = stream.has_hash.then_some(stream.hash.as_slice());
        if prev == expected {
            if stream.blind {
                self.torn(record);
            }
            return true;
        }
        if stream.blind {
            // What it follows can't be read; that is said already.
            return true;
        }
        let line = stream.line;
        let expected = expected.map(lossy);
        let message =
            format!("the record does not follow the one on line {line} ({})", at.as_str());
        let is_genesis = match &plan.genesis {
            Some(First::Text(text)) => prev == Some(text.as_slice()),
            Some(First::Null) => record.prev == Slot::Null,
            None => false,
        };
        let found = prev.map(lossy);
        let mut finding = self.finding(batch, record, Code::Link, message, expected, found);
        finding.related.push(Related { line, text: "the record before".to_owned() });
        let number = self.number;
        self.add(finding, Some(number));
        if is_genesis {
            let message = "a chain starts here, in the middle of another".to_owned();
            let finding = self.finding(batch, record, Code::Restarted, message, None, None);
            self.add(finding, Some(number));
        }
        false
    }

    /// The first record of a stream.
    fn first(&mut self, batch: &Batch, record: &Record) -> bool {
        let plan = self.plan;
        let prev = slot(&batch.buffer, &record.prev);
        let start = plan.profile.seq_start;
        let late = matches!((record.seq, start), (Some(seq), Some(start)) if seq > start);
        let (good, expected) = match &plan.genesis {
            Some(First::Text(text)) => (prev == Some(text.as_slice()), Some(lossy(text))),
            Some(First::Null) => {
                (matches!(record.prev, Slot::Null | Slot::Absent), Some("null".to_owned()))
            }
            None => (!late, None),
        };
        if good {
            return true;
        }
        let pruned = self.wanted.pruned.as_ref();
        if pruned.is_some_and(|pruned| prev == Some(&pruned.hash)) && late {
            let many = count(i64::try_from(self.out.removed).unwrap_or(i64::MAX), "record");
            let message =
                format!("{many} before the first one were removed, and a later record says so");
            let mut finding = self.finding(batch, record, Code::HeadTruncated, message, None, None);
            finding.severity = Severity::Note;
            self.add(finding, Some(self.number));
            return true;
        }
        let number = self.number;
        let found = prev.map(lossy);
        if !late && plan.profile.seq_start.is_some() && record.seq == start {
            // The right counter on another chain's start.
            let message = "the log starts from another genesis than the one expected".to_owned();
            let finding = self.finding(batch, record, Code::WrongLog, message, expected, found);
            self.add(finding, Some(number));
            return false;
        }
        let message = "the first record is not the start of a chain".to_owned();
        let finding = self.finding(batch, record, Code::Link, message, expected, found);
        self.add(finding, Some(number));
        let missing = match (record.seq, start) {
            (Some(seq), Some(start)) if seq > start => {
                format!("{} records before the first one are missing", seq - start)
            }
            _ => "records before the first one are missing".to_owned(),
        };
        let finding = self.finding(batch, record, Code::HeadTruncated, missing, None, None);
        self.add(finding, Some(number));
        false
    }

    /// The chain goes on over unreadable lines: writes that were cut off, and a writer that went on.
    fn torn(&mut self, record: &Record) {
        let line = self.line + u64::from(record.line);
        for unread in self.unread.iter().filter(|unread| unread.pending) {
            let Some(placed) = self.out.findings.get_mut(unread.finding) else { continue };
            placed.finding.rule = Code::TornMiddle;
            placed.finding.severity = Code::TornMiddle.severity();
            "the line is not whole, and the chain goes on over it"
                .clone_into(&mut placed.finding.message);
            let text = "follows the record before the unreadable line".to_owned();
            placed.finding.related.push(Related { line, text });
        }
    }

    /// A record owns up to an unfinished line: it is as the writer left it.
    fn recovered(&mut self, fragment: &Fragment) {
        for unread in self.unread.iter().filter(|unread| unread.fragment == *fragment) {
            if let Some(placed) = self.out.findings.get_mut(unread.finding)
                && placed.finding.rule == Code::TornMiddle
            {
                placed.finding.severity = Severity::Warning;
                placed
                    .finding
                    .message
                    .push_str("; the writer recorded that it could not finish it");
            }
        }
    }

    /// A record owns up to what was removed: whether that is what is missing here.
    fn owned_up(&mut self, pruned: &Pruned) {
        let start = self.plan.profile.seq_start;
        let before = self.out.first_seq.filter(|first| start.is_some_and(|start| *first > start));
        if before.and_then(|first| first.checked_sub(1)) == Some(pruned.seq)
            && self.out.first_prev.as_ref() == Some(&pruned.hash)
        {
            self.out.owned_up = Some(pruned.clone());
        }
    }

    fn counter(&mut self, batch: &Batch, record: &Record) {
        let Some(seq) = record.seq else { return };
        let stream = self.stream(record);
        let Some(last) = stream.seq else { return };
        let (code, message) = match seq.checked_sub(last) {
            Some(1) => return,
            Some(0) => (Code::SeqDuplicate, "the counter stands still".to_owned()),
            Some(step) if step > 1 => {
                (Code::SeqGap, format!("the counter jumps over {}", count(step - 1, "record")))
            }
            _ => (Code::SeqRegress, "the counter goes back".to_owned()),
        };
        let expected = Some((last.saturating_add(1)).to_string());
        let finding = self.finding(batch, record, code, message, expected, Some(seq.to_string()));
        let number = self.number;
        self.add(finding, Some(number));
    }

    fn clock(&mut self, batch: &Batch, record: &Record) {
        let Some(ts) = record.ts else { return };
        let (now, max_gap) = (self.wanted.now, self.wanted.max_gap);
        let stream = self.stream(record);
        let before = stream.ts;
        let mut said = Vec::new();
        if let Some(before) = before {
            if ts < before {
                let text = format!(
                    "the clock goes back, from {} to {}",
                    time::show(before),
                    time::show(ts)
                );
                said.push((Code::TimeRegress, text));
            } else if let Some(max) = max_gap
                && ts - before > max
            {
                let text = format!("nothing from {} to {}", time::show(before), time::show(ts));
                said.push((Code::TimeGap, text));
            }
        }
        if now > 0 && ts > now.saturating_add(FUTURE) {
            said.push((Code::TimeFuture, format!("{} is still to come", time::show(ts))));
        }
        let number = self.number;
        for (code, message) in said {
            let finding = self.finding(batch, record, code, message, None, None);
            self.add(finding, Some(number));
        }
    }

    fn version(&mut self, batch: &Batch, record: &Record) {
        let Some(version) = record.version else { return };
        let stream = self.stream(record);
        let Some(before) = stream.version.filter(|&before| version < before) else { return };
        let message = format!("the format's version falls from {before} to {version}");
        let finding = self.finding(
            batch,
            record,
            Code::Downgrade,
            message,
            Some(before.to_string()),
            Some(version.to_string()),
        );
        let number = self.number;
        self.add(finding, Some(number));
    }

    /// What the next record of the stream is compared with, and what is said of the file.
    fn remember(&mut self, batch: &Batch, record: &Record, line: u64) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let blind = record.state == State::Ambiguous && self.plan.profile.fields.hash.is_none();
        let mut has_hash = true;
        if self.plan.profile.fields.hash.is_some() {
            match slot(&batch.buffer, &record.hash) {
                Some(hash) => text.extend_from_slice(hash),
                None => has_hash = false,
            }
        } else {
            write(&self.plan.profile.hash.written, &record.digest, &mut text);
        }
        let stream = self.stream(record);
        stream.started = true;
        // Without a hash of its own, what can be read in two ways leaves the next record nothing to follow.
        stream.blind = blind;
        stream.line = line;
        stream.has_hash = has_hash;
        stream.hash.clear();
        stream.hash.extend_from_slice(&text);
        stream.seq = record.seq.or(stream.seq);
        stream.ts = record.ts.or(stream.ts);
        stream.version = record.version.or(stream.version);
        if self.tree.len() + self.unknown == self.out.removed {
            self.out.first_prev = slot(&batch.buffer, &record.prev).map(<[u8]>::to_vec);
        }
        self.out.first_seq = self.out.first_seq.or(record.seq);
        self.out.last_seq = record.seq.or(self.out.last_seq);
        self.out.first_ts = self.out.first_ts.or(record.ts);
        self.out.last_ts = record.ts.or(self.out.last_ts);
        self.out.head.clear();
        self.out.head.extend_from_slice(&text);
        if record.seq.is_some() && record.seq == self.wanted.seq {
            self.out.at_seq = Some(text.clone());
        }
        let size = self.tree.len() + self.unknown + 1;
        if self.wanted.is_size(size) {
            self.out.heads.insert(size, text.clone());
        }
        if self.wanted.count == Some(size) {
            self.out.at_count = Some(text.clone());
        }
        if let Some(file) = self.out.files.last_mut() {
            if file.records == 0 {
                file.first_seq = record.seq;
                file.before = record.before.as_deref().cloned();
            }
            file.records += 1;
            file.last_seq = record.seq.or(file.last_seq);
            if let Some(head) = &mut file.head {
                head.clear();
                head.push_str(std::str::from_utf8(&text).unwrap_or_default());
            } else {
                file.head = Some(lossy(&text));
            }
        }
        self.text = text;
    }

    fn leaf(&mut self, record: &Record, buffer: &[u8]) {
        // What stands in the log is what its head speaks for; the computed hash where it keeps none.
        let stored = match record.state {
            State::Good => None,
            _ => slot(buffer, &record.hash)
                .and_then(|text| {
                    let written = &self.plan.profile.hash.written;
                    written.encoding.read(&written.prefix, text)
                })
                .and_then(|bytes| Hash::try_from(bytes).ok()),
        };
        self.tree.push(&stored.unwrap_or(record.digest));
        if self.unknown == 0 && self.wanted.is_size(self.tree.len()) {
            self.out.roots.insert(self.tree.len(), self.tree.root());
        }
    }

    fn brief(&mut self, batch: &Batch, record: &Record, line: u64, follows: bool) {
        if !self.wanted.briefs {
            return;
        }
        let file = u32::try_from(self.out.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let hash = slot(&batch.buffer, &record.hash);
        let prev = slot(&batch.buffer, &record.prev);
        let mut computed = Vec::new();
        if record.state != State::Unreadable {
            write(&self.plan.profile.hash.written, &record.digest, &mut computed);
        }
        let own =
            if self.plan.profile.fields.hash.is_some() { hash } else { Some(computed.as_slice()) };
        self.out.briefs.push(Brief {
            file,
            line,
            hash: Brief::key(own),
            prev: Brief::key(prev),
            computed: Brief::key(Some(&computed)),
            seq: record.seq,
            state: record.state,
            follows,
        });
    }
}

/// How many records `pruned` is about.
fn removed(plan: &Plan<'_>, pruned: &Pruned) -> u64 {
    let start = plan.profile.seq_start.unwrap_or_default();
    u64::try_from(pruned.seq.saturating_sub(start).saturating_add(1)).unwrap_or_default()
}

/// A hash of the log, for people. A field that holds something else is described, not shown: it could be anything.
fn lossy(text: &[u8]) -> String {
    let bare = text
        .iter()
        .rposition(|&byte| byte == b':')
        .map_or(text, |colon| text.get(colon + 1..).unwrap_or_default());
    let prefix = text.len() - bare.len() <= 16;
    let hex = bare.len() <= 128 && bare.iter().all(u8::is_ascii_hexdigit);
    let base64 = matches!(bare.len(), 43 | 44)
        && bare.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte));
    if prefix && (hex || base64) {
        String::from_utf8_lossy(text).into_owned()
    } else {
        format!("{} bytes that are no hash", text.len())
    }
}

fn count(many: i64, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}
