//! One record against its profile: what it says, whether it is what its hash was made of, and what is odd about it.
//!
//! Nothing here knows the records around it, so records are checked on every core at once; how they follow one another
//! is decided where they are [joined](super::join), in order. What can't be decided alone (a pre-image that holds the
//! hash of the record before) is left [deferred](State::Deferred) for there.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use hmac::{KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::finding::{Code, Severity};
use super::json::tape::{Broken, Fault, Kind, Tape, flags};
use super::keyring::{Checked, HmacSha256};
use super::merkle::Tree;
use super::plan::{HashLast, Plan, meets};
use super::preimage::{Builder, Missing, View};
use super::profile::{Algorithm, Line, Rotation, SealKind, Variant};

mod fields;
mod seal;

pub use fields::{slot, write};

use fields::{about_log, facts, is_hex_of, misses};
use seal::seal_of;

/// A text of a record: its bytes in the batch where it stands unescaped, its own where not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// The field is not there.
    Absent,
    /// It is `null`.
    Null,
    /// A range of the batch.
    At(u32, u32),
    /// Unescaped.
    Own(Box<[u8]>),
}

/// What came of checking a record's own hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is what its hash was made of.
    Good,
    /// It is not.
    HashMismatch,
    /// What an inner hash covers is not what it was made of; the record around it is.
    PayloadMismatch,
    /// It can be read in two ways, so its hash says nothing.
    Ambiguous,
    /// It can't be read.
    Unreadable,
    /// To be decided once the record before is known.
    Deferred,
    /// The key, or a file it needs, was not given.
    Unverifiable,
}

/// One record, as far as it can be known alone.
#[derive(Debug, Clone)]
pub struct Record {
    /// First byte in the batch.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Its line, from 0, in the batch.
    pub line: u32,
    /// What it says its hash is.
    pub hash: Slot,
    /// What it says the hash of the record before is.
    pub prev: Slot,
    /// Its counter.
    pub seq: Option<i64>,
    /// When it was written, in microseconds since 1970.
    pub ts: Option<i64>,
    /// The version of its format.
    pub version: Option<i64>,
    /// The hash it really has.
    pub digest: [u8; 32],
    /// What came of the check.
    pub state: State,
    /// Which chain it belongs to, where a file holds several.
    pub stream: Option<Box<[u8]>>,
    /// What it says of the file before.
    pub before: Option<Box<Before>>,
    /// What it says of a line that was not finished.
    pub recovers: Option<Box<Fragment>>,
    /// What it says was removed from the start of the log.
    pub prunes: Option<Box<Pruned>>,
    /// Who signed it, where its profile knows of signatures.
    pub sealed: Option<Sealed>,
}

/// Who signed a record; the last of them counts where there are several signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sealed {
    /// A trusted key.
    Trusted,
    /// There is a signature, and no key to check it with.
    Unchecked,
    /// A key that only the record itself names.
    SelfAsserted,
    /// Nobody, or not this record.
    No,
}

/// A line that was not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Its first byte in the file.
    pub offset: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256, in hex.
    pub sha256: String,
}

/// What was removed from the start of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The counter of the last record of it.
    pub seq: i64,
    /// That record's hash, as the log writes it.
    pub hash: Vec<u8>,
    /// The Merkle tree over all of it, where the record has one that fits.
    pub tree: Option<Tree>,
}

/// What a record says of the file before its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Before {
    /// Its name.
    pub name: String,
    /// Its last counter.
    pub seq: Option<i64>,
    /// Its last hash.
    pub hash: Option<Vec<u8>>,
    /// How many records it has.
    pub records: Option<u64>,
    /// How many bytes it has.
    pub bytes: Option<u64>,
    /// The SHA-256 of its bytes, in hex.
    pub sha256: Option<String>,
}

/// Something about one record.
#[derive(Debug, Clone)]
pub struct Local {
    /// Which record of the batch.
    pub record: u32,
    /// What.
    pub code: Code,
    /// What it weighs, where that differs from the code's own.
    pub severity: Option<Severity>,
    /// In words.
    pub message: String,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// The byte in the batch, where it is not the record's first.
    pub at: Option<u32>,
}

/// Checks records; one a thread.
pub struct Checker<'p> {
    plan: &'p Plan<'p>,
    tape: Tape,
    builder: Builder,
    preimage: Vec<u8>,
    text: Vec<u8>,
    /// A keyed hash, ready to be started anew.
    mac: Option<HmacSha256>,
}

impl std::fmt::Debug for Checker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checker")
    }
}

impl<'p> Checker<'p> {
    /// A checker for `plan`.
    #[must_use]
    pub fn new(plan: &'p Plan<'p>) -> Self {
        let mac = plan.secret.as_deref().and_then(|secret| HmacSha256::new_from_slice(secret).ok());
        Self {
            plan,
            tape: Tape::default(),
            builder: Builder::default(),
            preimage: Vec::new(),
            text: Vec::new(),
            mac,
        }
    }

    /// Checks the record at `start..end` of `buffer`. `utf8`: the buffer is known to be text.
    pub fn record(
        &mut self,
        buffer: &mut [u8],
        (start, end, line): (u32, u32, u32),
        utf8: bool,
        number: u32,
        locals: &mut Vec<Local>,
    ) -> Record {
        let mut record = Record {
            start,
            end,
            line,
            hash: Slot::Absent,
            prev: Slot::Absent,
            seq: None,
            ts: None,
            version: None,
            digest: [0; 32],
            state: State::Unreadable,
            stream: None,
            before: None,
            recovers: None,
            prunes: None,
            sealed: None,
        };
        let (from, to) = (start as usize, end as usize);
        let mut say = |code: Code, message: String, at: Option<u32>| {
            locals.push(Local {
                record: number,
                code,
                severity: None,
                message,
                expected: None,
                found: None,
                at,
            });
        };
        if !utf8 {
            let bytes = buffer.get(from..to).unwrap_or_default();
            if let Err(error) = std::str::from_utf8(bytes) {
                let at = start + u32::try_from(error.valid_up_to()).unwrap_or_default();
                say(
                    Code::InvalidUtf8,
                    "the record holds bytes that are no UTF-8".to_owned(),
                    Some(at),
                );
                return record;
            }
        }
        if let Some(hash_last) = &self.plan.hash_last
            && self.quick(hash_last, buffer, &mut record)
        {
            self.rest(buffer, (from, to), &mut record, number, locals);
            return record;
        }
        let bytes = buffer.get(from..to).unwrap_or_default();
        if let Err(broken) = self.tape.read(bytes) {
            let (code, message) = fault(broken);
            let at = u32::try_from(broken.at).unwrap_or_default();
            // The line is named by its first byte, as for all that is said of a record.
            say(code, format!("{message} (byte {at} of the line)"), None);
            return record;
        }
        let view = View { tape: &self.tape, bytes };
        facts(&self.plan.profile, view, start, &mut record);
        let root = self.tape.root().map_or(0, |node| node.flags);
        if self.tape.root().is_none_or(|node| node.kind != Kind::Object) {
            say(Code::Shape, "the record is no object".to_owned(), None);
            return record;
        }
        if root & flags::DUPLICATE != 0 {
            say(
                Code::DuplicateKey,
                "an object of this record has the same key twice: readers see different records"
                    .to_owned(),
                None,
            );
            record.state = State::Ambiguous;
            self.rest(buffer, (from, to), &mut record, number, locals);
            return record;
        }
        if let Some(message) = misses(&self.plan.profile, record.hash == Slot::Absent, &record) {
            say(Code::Shape, message, None);
        }
        let odd_numbers = flags::FLOAT | flags::UNSAFE_INT | flags::NOT_FINITE;
        if self.plan.profile.line == Line::HashLast && root & odd_numbers != 0 {
            say(
                Code::UnsafeNumber,
                "the record holds a number beyond ±(2^53−1), or one with a fraction".to_owned(),
                None,
            );
        }
        if record.hash == Slot::Absent && self.plan.profile.fields.hash.is_some() {
            record.state = State::Ambiguous;
        } else if self.plan.one_at_a_time() {
            record.state = State::Deferred;
        } else {
            let own = self.plan.variant.or_else(|| self.plan.variant_of(view));
            let variant = own.unwrap_or(usize::MAX);
            self.decide(buffer, &mut record, variant, None, number, locals);
            if let Some(hash_last) = &self.plan.hash_last
                && record.state == State::Good
                && !hash_last.is_line(buffer.get(from..to).unwrap_or_default(), &self.preimage)
            {
                let message = "the line is not spelled as it was written: its hash is that of the canonical form";
                locals.push(local(number, Code::NonCanonical, message));
            }
        }
        self.rest(buffer, (from, to), &mut record, number, locals);
        record
    }

    /// Decides a record that was left for later: `prev` is the hash of the one before, as text.
    pub fn later(
        &mut self,
        buffer: &[u8],
        record: &mut Record,
        variant: Option<usize>,
        prev: Option<&[u8]>,
        number: u32,
        locals: &mut Vec<Local>,
    ) {
        let bytes = buffer.get(record.start as usize..record.end as usize).unwrap_or_default();
        if self.tape.read(bytes).is_err() {
            record.state = State::Unreadable;
            return;
        }
        let variant = variant
            .or(self.plan.variant)
            .or_else(|| self.plan.variant_of(View { tape: &self.tape, bytes }));
        match variant {
            Some(variant) => self.decide(buffer, record, variant, prev, number, locals),
            None => record.state = State::Unverifiable,
        }
    }

    /// The variant that counts for a stream which starts with `record`.
    pub fn variant_of(&mut self, buffer: &[u8], record: &Record) -> Option<usize> {
        let bytes = buffer.get(record.start as usize..record.end as usize)?;
        self.tape.read(bytes).ok()?;
        self.plan.variant_of(View { tape: &self.tape, bytes })
    }

    /// A line as its writer left it: what was hashed stands in the buffer but for one brace. `false`: not such a line.
    fn quick(&mut self, hash_last: &HashLast, buffer: &mut [u8], record: &mut Record) -> bool {
        let (from, to) = (record.start as usize, record.end as usize);
        let Some(cut) = to.checked_sub(hash_last.length).filter(|&cut| cut > from) else {
            return false;
        };
        let digits = cut + hash_last.opening.len();
        if !buffer.get(cut..).is_some_and(|rest| rest.starts_with(&hash_last.opening))
            || buffer.get(to - 2..to) != Some(b"\"}")
        {
            return false;
        }
        // The comma becomes the brace that was there when the record was hashed, and a comma again.
        let Some(comma) = buffer.get_mut(cut) else { return false };
        *comma = b'}';
        let preimage = buffer.get(from..=cut).unwrap_or_default();
        let mask = flags::SPACED
            | flags::UNSORTED
            | flags::FLOAT
            | flags::UNSAFE_INT
            | flags::ODD_ESCAPE
            | flags::LONE_SURROGATE
            | flags::NOT_FINITE
            | flags::DUPLICATE;
        let canonical = self.tape.read(preimage).is_ok()
            && self.tape.root().is_some_and(|root| {
                root.kind == Kind::Object && root.flags & mask == 0 && root.next > 1
            });
        let mut done = false;
        if canonical {
            let view = View { tape: &self.tape, bytes: preimage };
            let profile = &self.plan.profile;
            facts(profile, view, record.start, record);
            // A second hash inside would be a repeated key.
            if record.hash == Slot::Absent && misses(profile, false, record).is_none() {
                record.digest = Sha256::digest(preimage).into();
                done = true;
            }
        }
        if let Some(comma) = buffer.get_mut(cut) {
            *comma = b',';
        }
        if done {
            let prefix = self.plan.profile.hash.written.prefix.len();
            let first = digits - prefix;
            let (first, last) = (u32::try_from(first), u32::try_from(to - 2));
            record.hash = Slot::At(first.unwrap_or_default(), last.unwrap_or_default());
            record.state = if is_hex_of(buffer.get(digits..to - 2), &record.digest) {
                State::Good
            } else {
                State::HashMismatch
            };
        }
        done
    }

    /// Recomputes the record's hash, and the hashes inside it. The tape is that of the record.
    fn decide(
        &mut self,
        buffer: &[u8],
        record: &mut Record,
        variant: usize,
        prev: Option<&[u8]>,
        number: u32,
        locals: &mut Vec<Local>,
    ) {
        let bytes = buffer.get(record.start as usize..record.end as usize).unwrap_or_default();
        let view = View { tape: &self.tape, bytes };
        let profile = &self.plan.profile;
        let Some(Variant { preimage: parts, .. }) = profile.hash.variants.get(variant) else {
            record.state = State::Unverifiable;
            return;
        };
        self.preimage.clear();
        let own = (profile.fields.prev.is_some()).then(|| slot(buffer, &record.prev)).flatten();
        let said = match self.builder.build(parts, view, own.or(prev), &mut self.preimage) {
            Ok(said) => said,
            Err(Missing::Prev) => {
                record.state = State::Deferred;
                return;
            }
            Err(Missing::Outside) => {
                record.state = State::Unverifiable;
                return;
            }
            Err(Missing::Field) => {
                record.state = State::HashMismatch;
                locals.push(local(
                    number,
                    Code::Shape,
                    "a field that is hashed is missing, or of another kind",
                ));
                return;
            }
        };
        if !said {
            locals.push(local(
                number,
                Code::UnsafeNumber,
                "the record holds a number its format has no spelling for (NaN, infinity)",
            ));
        }
        match &profile.hash.written.algorithm {
            Algorithm::Sha256 => record.digest = Sha256::digest(&self.preimage).into(),
            Algorithm::HmacSha256(_) => {
                let named = self.plan.named_secret(view);
                let named = named.and_then(|secret| HmacSha256::new_from_slice(secret).ok());
                let Some(mut mac) = named.or_else(|| self.mac.clone()) else {
                    record.state = State::Unverifiable;
                    return;
                };
                mac.update(&self.preimage);
                record.digest = mac.finalize().into_bytes().into();
            }
        }
        record.state = State::Good;
        if profile.fields.hash.is_some() {
            let stored = slot(buffer, &record.hash);
            self.text.clear();
            write(&profile.hash.written, &record.digest, &mut self.text);
            if stored != Some(self.text.as_slice()) {
                record.state = State::HashMismatch;
            }
        }
        for digest in &profile.digests {
            let stored = view.string(&digest.field);
            self.preimage.clear();
            let built = self.builder.build(&digest.preimage, view, prev, &mut self.preimage);
            let good = match (&digest.written.algorithm, built) {
                (Algorithm::Sha256, Ok(_)) => {
                    self.text.clear();
                    write(&digest.written, &Sha256::digest(&self.preimage), &mut self.text);
                    stored.as_deref() == Some(self.text.as_slice())
                }
                (Algorithm::HmacSha256(name), Ok(_)) => {
                    let stored = stored.as_deref().and_then(|text| {
                        digest.written.encoding.read(&digest.written.prefix, text)
                    });
                    let kind = SealKind::HmacSha256;
                    stored.is_some_and(|stored| {
                        self.plan.keys.check(kind, name, &self.preimage, &stored) != Checked::Bad
                    })
                }
                (_, Err(_)) => stored.is_none(),
            };
            if !good && record.state == State::Good {
                record.state = State::PayloadMismatch;
            }
        }
    }

    /// Signatures, and what the record says of the file before.
    fn rest(
        &mut self,
        buffer: &[u8],
        (from, to): (usize, usize),
        record: &mut Record,
        number: u32,
        locals: &mut Vec<Local>,
    ) {
        let profile = &self.plan.profile;
        let rotates =
            matches!(profile.rotation, Rotation::Binding(_) | Rotation::Continue(Some(_)));
        let plain = profile.seals.is_empty() && profile.stream_key.is_empty();
        if plain && !rotates && profile.recover.is_none() && profile.prune.is_none() {
            return;
        }
        let bytes = buffer.get(from..to).unwrap_or_default();
        // The quick road leaves the tape of the pre-image: the same members at the same places, but for the hash.
        let view = View { tape: &self.tape, bytes };
        if !profile.stream_key.is_empty() {
            let mut name = Vec::new();
            for key in &profile.stream_key {
                let text = view.text(key).unwrap_or_default();
                name.extend_from_slice(&(text.len() as u64).to_be_bytes());
                name.extend_from_slice(&text);
            }
            record.stream = Some(name.into());
        }
        if self.plan.special.as_ref().is_none_or(|special| special.may_be(view)) {
            about_log(profile, view, record);
        }
        if record.state == State::Ambiguous {
            return;
        }
        for (number_of_seal, seal) in profile.seals.iter().enumerate() {
            let before = profile.seals.get(..number_of_seal).unwrap_or_default();
            let taken =
                before.iter().any(|other| other.field == seal.field && meets(&other.when, view));
            if taken || !meets(&seal.when, view) {
                continue;
            }
            self.preimage.clear();
            let (sealed, finding) = seal_of(
                seal,
                self.plan,
                &mut self.builder,
                view,
                slot(buffer, &record.prev),
                &mut self.preimage,
            );
            // A record is as well sealed as its worst seal.
            record.sealed = record.sealed.max(Some(sealed));
            if let Some((code, severity, message)) = finding {
                locals.push(Local { severity, ..local(number, code, &message) });
            }
        }
    }
}

fn local(record: u32, code: Code, message: &str) -> Local {
    Local {
        record,
        code,
        severity: None,
        message: message.to_owned(),
        expected: None,
        found: None,
        at: None,
    }
}

/// What a fault is called.
fn fault(Broken { fault, .. }: Broken) -> (Code, String) {
    match fault {
        Fault::Syntax(expected) => (Code::Syntax, format!("no JSON: expected {expected}")),
        Fault::TrailingBytes => (Code::TrailingBytes, "bytes after the record".to_owned()),
        Fault::Nul => (Code::Nul, "a NUL byte".to_owned()),
        Fault::TooDeep => {
            (Code::TooDeep, format!("nested more than {} deep", super::json::tape::MAX_DEPTH))
        }
        Fault::TooMany => (
            Code::TooDeep,
            format!("more than {} values in one record", super::json::tape::MAX_NODES),
        ),
    }
}
