//! What a pass over a chain is asked for, and what it brings back: plain data.

use std::collections::BTreeMap;

use crate::audit::blame::Brief;
use crate::audit::check::{Before, Pruned};
use crate::audit::finding::{Code, Finding};
use crate::audit::merkle::Hash;

/// What the caller wants of a pass.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Numbers of records at which the root is wanted, ascending.
    pub sizes: Vec<u64>,
    /// A counter whose record's hash is wanted.
    pub seq: Option<i64>,
    /// A number of records, the last of which has a hash that is wanted.
    pub count: Option<u64>,
    /// What was removed from the start, when a record of the log owned up to it.
    pub pruned: Option<Pruned>,
    /// Whether to keep what tells causes.
    pub briefs: bool,
    /// This machine's time, in microseconds since 1970.
    pub now: i64,
    /// A silence longer than this, in microseconds, is worth a word.
    pub max_gap: Option<i64>,
}

impl Wanted {
    /// Whether the root of the first `size` records is wanted: asked of every record, of which a few thousand are.
    pub(super) fn is_size(&self, size: u64) -> bool {
        self.sizes.binary_search(&size).is_ok()
    }
}

/// What a file of the chain is.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// As it was named.
    pub path: String,
    /// How many records it has.
    pub records: u64,
    /// Its (uncompressed) bytes.
    pub bytes: u64,
    /// Bytes that belong to no readable record.
    pub stray_bytes: bool,
    /// Its first counter.
    pub first_seq: Option<i64>,
    /// Its last counter.
    pub last_seq: Option<i64>,
    /// Its last hash, as the log writes it.
    pub head: Option<String>,
    /// What it says of the file before it.
    pub before: Option<Before>,
    /// Whether its last line is torn.
    pub torn: bool,
}

/// A finding, and the number of the record it is about.
#[derive(Debug)]
pub struct Placed {
    /// The finding.
    pub finding: Finding,
    /// The record, from 0 in the chain.
    pub record: Option<u64>,
}

/// What is known of a chain after a pass.
#[derive(Debug, Default)]
pub struct Joined {
    /// Its files.
    pub files: Vec<FileFacts>,
    /// What is wrong.
    pub findings: Vec<Placed>,
    /// How many findings were not kept, by code.
    pub dropped: BTreeMap<Code, u64>,
    /// The number of records.
    pub records: u64,
    /// How many were removed before them.
    pub removed: u64,
    /// The Merkle root over the hashes of both; `None` where those of the removed are not known.
    pub root: Option<Hash>,
    /// The roots at the wanted sizes.
    pub roots: BTreeMap<u64, Hash>,
    /// The last hash at the wanted sizes, as the log writes it.
    pub heads: BTreeMap<u64, Vec<u8>>,
    /// What the first record has for its predecessor.
    pub first_prev: Option<Vec<u8>>,
    /// What a record says was removed, when the log begins right after it.
    pub owned_up: Option<Pruned>,
    /// The hash of the record with the wanted counter.
    pub at_seq: Option<Vec<u8>>,
    /// The hash of the last of the wanted number of records.
    pub at_count: Option<Vec<u8>>,
    /// The first counter.
    pub first_seq: Option<i64>,
    /// The last counter.
    pub last_seq: Option<i64>,
    /// The last hash, as the log writes it.
    pub head: Vec<u8>,
    /// The time of the first record.
    pub first_ts: Option<i64>,
    /// The time of the last record.
    pub last_ts: Option<i64>,
    /// Words on every record, if they were wanted.
    pub briefs: Vec<Brief>,
    /// Records that are signed by a trusted key.
    pub sealed: u64,
    /// Records whose signature nobody here can check.
    pub unchecked: u64,
    /// Records signed with a key that only they name.
    pub self_asserted: u64,
    /// Records that have no signature, or a false one.
    pub unsealed: u64,
    /// Records that could not be verified for want of a key or a file.
    pub unverifiable: u64,
    /// How many streams there are.
    pub streams: u64,
}
