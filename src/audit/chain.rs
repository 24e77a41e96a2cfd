//! What is reported of a verified chain: plain data, as machines get it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blame::Island;
use super::finding::Finding;
use super::verdict::{Claim, Verdict};

/// One chain, verified.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// Its files' common name.
    pub name: String,
    /// The profile it was verified by.
    pub profile: String,
    /// The name it was verified under.
    pub origin: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// How many records it has.
    pub records: u64,
    /// How many were removed before them, as one of them says.
    pub removed: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Chains of their own in the same files.
    pub streams: u64,
    /// Its first counter.
    pub first_seq: Option<i64>,
    /// Its last counter.
    pub last_seq: Option<i64>,
    /// When it starts.
    pub first_time: Option<String>,
    /// When it ends.
    pub last_time: Option<String>,
    /// Its last hash, as the log writes it.
    pub head: Option<String>,
    /// The RFC 6962 root over the hashes of all its records, the removed ones included, in hex; empty when these are not
    /// known.
    pub root: String,
    /// Who vouches for how much of it.
    pub anchored: Option<Anchored>,
    /// The files.
    pub files: Vec<FileReport>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Findings that were counted and not kept, by code.
    pub more_findings: BTreeMap<&'static str, u64>,
    /// Where it is broken: runs of records that are intact among themselves.
    pub islands: Vec<Island>,
    /// Fields of its records that no hash covers.
    pub unprotected_fields: Vec<String>,
    /// What is proved, and what not.
    pub claims: Vec<Claim>,
}

/// Who vouches for how much.
#[derive(Debug, Clone, Serialize)]
pub struct Anchored {
    /// `checkpoint`, `state` or `head`.
    pub by: &'static str,
    /// How many records.
    pub size: u64,
    /// The key, or the state's time.
    pub key: String,
    /// When.
    pub time: Option<String>,
    /// How many records came after.
    pub tail_records: u64,
}

/// One file of a chain.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// As it was named.
    pub path: String,
    /// Its records.
    pub records: u64,
    /// Its (uncompressed) bytes.
    pub bytes: u64,
    /// Its first counter.
    pub first_seq: Option<i64>,
    /// Its last counter.
    pub last_seq: Option<i64>,
    /// Its last hash.
    pub head: Option<String>,
}
