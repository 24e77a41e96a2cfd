//! A verification: logs in, what is wrong with them and what they prove out.
//!
//! Policy comes from the caller alone: which profile, which keys, which name, what is required. A clean log is read
//! once; a broken one a second time, to tell what happened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use serde::Serialize;

use super::anchor::{Anchor, By, Pin, State, Trouble};
use super::blame::{Island, explain};
use super::finding::{Cause, CauseKind, Code, Finding, Severity};
use super::head;
use super::join::{Join, Joined, Placed, Wanted};
use super::json::tape::Tape;
use super::keyring::{Checked, Keyring};
use super::logs::{Group, counted};
use super::plan::Plan;
use super::preimage::View;
use super::profile::{Algorithm, Profile, Rotation, SealKind};
use super::rotation;
use super::run::{Piece, run};
use super::time;
use super::uncovered::uncovered;
use super::verdict::{Claim, Grounds, Verdict, claims, verdict};

/// What the caller asks for.
#[derive(Debug)]
pub struct Request<'a> {
    /// The keys it trusts.
    pub keys: &'a Keyring,
    /// The log's name.
    pub origin: Option<&'a str>,
    /// Heads that others vouch for, by the line they stand on, and the file.
    pub checkpoints: &'a [(u64, Anchor)],
    /// What is wrong with others of that file.
    pub troubles: &'a [(u64, Trouble)],
    /// The checkpoint file, as it was named.
    pub checkpoint_path: Option<&'a str>,
    /// What the last verified run knew.
    pub state: Option<&'a State>,
    /// What has to be there.
    pub require: &'a [Require],
    /// Whether what is merely odd about the transport fails.
    pub strict: bool,
    /// A silence longer than this, in microseconds, is worth a word.
    pub max_gap: Option<i64>,
    /// How many threads.
    pub threads: usize,
    /// This machine's time, in microseconds since 1970.
    pub now: i64,
    /// Counts the bytes that were read, for who waits.
    pub read: &'a AtomicU64,
}

/// What has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Require {
    /// Every record signed by a trusted key.
    Signature,
    /// A checkpoint by a trusted key that fits.
    Checkpoint,
    /// The state of an earlier run that fits.
    State,
}

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
    /// The RFC 6962 root over its records' hashes, in hex.
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

/// Verifies one group of files.
///
/// # Errors
/// What reading them met, and which file.
pub fn verify(
    group: &Group<'_>,
    request: &Request<'_>,
) -> Result<Chain, (PathBuf, std::io::Error)> {
    let folder = group.logs.first().and_then(|log| log.path.parent()).unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    // A trusted key's checkpoint names the log as well as the caller would.
    let signed_origin = request
        .checkpoints
        .iter()
        .find(|(_, anchor)| matches!(anchor.by, By::Keys(_)))
        .map(|(_, anchor)| anchor.origin.as_str());
    let origin = request.origin.or(signed_origin);
    let mut plan = Plan::new(group.profile, folder, origin, request.keys);
    settle(&mut plan, group);
    let mut anchors: Vec<(Option<u64>, Anchor)> =
        request.checkpoints.iter().map(|(line, anchor)| (Some(*line), anchor.clone())).collect();
    let key = state_key(group, origin);
    let pinned = request.state.and_then(|state| state.logs.get(&key)).and_then(Pin::anchor);
    anchors.extend(pinned.map(|anchor| (None, anchor)));
    let head =
        plan.profile.head.as_ref().map(|head| head::read(head, folder, &group.logs, request.keys));
    let mut wanted = Wanted {
        sizes: anchors.iter().map(|(_, anchor)| anchor.size).collect(),
        seq: head.as_ref().and_then(|head| head.seq),
        count: head.as_ref().and_then(|head| head.count),
        briefs: false,
        now: request.now,
        max_gap: request.max_gap,
    };
    wanted.sizes.sort_unstable();
    wanted.sizes.dedup();
    let mut joined = pass(&plan, group, &wanted, request)?;
    let mut islands = Vec::new();
    if joined
        .findings
        .iter()
        .any(|placed| placed.record.is_some() && placed.finding.severity > Severity::Note)
    {
        wanted.briefs = true;
        joined = pass(&plan, group, &wanted, request)?;
        islands = explain(&mut joined, &plan.profile);
    }
    let mut verified = Verified {
        plan: &plan,
        group,
        request,
        origin,
        joined,
        unverifiable: false,
        anchored: None,
        all_sealed: false,
    };
    verified.files();
    if let Some(head) = &head {
        verified.head(head);
    }
    verified.troubles();
    verified.anchors(&anchors);
    verified.unknowns();
    verified.signatures();
    verified.required();
    Ok(verified.report(islands))
}

/// What a chain is called in a state file.
#[must_use]
pub fn state_key(group: &Group<'_>, origin: Option<&str>) -> String {
    match origin {
        Some(origin) => origin.to_owned(),
        None => format!("{} {}", group.profile.id, group.name),
    }
}

/// The pin of a verified chain.
#[must_use]
pub fn pin(chain: &Chain, now: i64) -> Pin {
    Pin {
        origin: chain.origin.clone(),
        size: chain.records,
        root: chain.root.clone(),
        head: chain.head.clone().unwrap_or_default(),
        bytes: chain.bytes,
        ts: time::show(now),
        seen: BTreeMap::new(),
    }
}

/// Chooses what the first record decides: the variant, where it is one for all, and which reading of a key was meant.
fn settle(plan: &mut Plan<'_>, group: &Group<'_>) {
    let mut tape = Tape::default();
    let firsts = group.logs.iter().filter_map(|log| log.first.first());
    if plan.variant.is_none() && !plan.profile.hash.each && plan.profile.stream_key.is_empty() {
        let continues = matches!(plan.profile.rotation, Rotation::Continue(_));
        let mut chosen: Vec<Option<usize>> = firsts
            .clone()
            .take(if continues { 1 } else { usize::MAX })
            .map(|record| {
                tape.read(record).ok()?;
                plan.variant_of(View { tape: &tape, bytes: record })
            })
            .collect();
        chosen.dedup();
        if let [Some(variant)] = chosen.as_slice() {
            plan.variant = Some(*variant);
        }
    }
    let Algorithm::HmacSha256(name) = &plan.profile.hash.written.algorithm else { return };
    let Some(first) = group.logs.first().and_then(|log| log.first.first()) else { return };
    let readings: Vec<Vec<u8>> = plan.keys.readings(name).map(<[u8]>::to_vec).collect();
    for reading in readings {
        plan.secret = Some(reading);
        let mut buffer = first.clone();
        let end = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut checker = super::check::Checker::new(plan);
        let mut locals = Vec::new();
        let utf8 = std::str::from_utf8(&buffer).is_ok();
        let mut record = checker.record(&mut buffer, (0, end, 0), utf8, 0, &mut locals);
        if record.state == super::check::State::Deferred {
            let genesis = match &plan.genesis {
                Some(super::plan::First::Text(text)) => Some(text.as_slice()),
                _ => None,
            };
            checker.later(&buffer, &mut record, None, genesis, 0, &mut locals);
        }
        if record.state == super::check::State::Good {
            return;
        }
    }
    plan.secret = plan.keys.readings(name).next().map(<[u8]>::to_vec);
}

/// Reads all files of the group once.
fn pass(
    plan: &Plan<'_>,
    group: &Group<'_>,
    wanted: &Wanted,
    request: &Request<'_>,
) -> Result<Joined, (PathBuf, std::io::Error)> {
    let mut join = Join::new(plan, wanted.clone());
    for log in &group.logs {
        join.start_file(&log.path.display().to_string());
        let failed = |error| (log.path.clone(), error);
        let feed = log.opened.feed(&log.path, &plan.profile).map_err(failed)?;
        let mut joined = |piece: &mut Piece| {
            request.read.fetch_add(piece.batch.buffer.len() as u64, Ordering::Relaxed);
            join.piece(piece);
        };
        run(feed, plan, request.threads, &mut joined).map_err(failed)?;
        if log.opened.has_shrunk() {
            join.say(
                Code::TailTruncated,
                Severity::Error,
                "the file became shorter while it was read".to_owned(),
            );
        }
    }
    Ok(join.finish())
}

struct Verified<'a> {
    plan: &'a Plan<'a>,
    group: &'a Group<'a>,
    request: &'a Request<'a>,
    origin: Option<&'a str>,
    joined: Joined,
    unverifiable: bool,
    anchored: Option<Anchored>,
    all_sealed: bool,
}

impl Verified<'_> {
    fn say(&mut self, code: Code, severity: Severity, message: String, path: Option<String>) {
        let path = path
            .or_else(|| self.joined.files.last().map(|file| file.path.clone()))
            .unwrap_or_default();
        self.joined.findings.push(Placed {
            record: None,
            finding: Finding {
                rule: code,
                severity,
                path,
                line: None,
                offset: None,
                len: None,
                seq: None,
                message,
                expected: None,
                found: None,
                cause: None,
                related: Vec::new(),
            },
        });
    }

    fn last_finding(&mut self) -> Option<&mut Finding> {
        self.joined.findings.last_mut().map(|placed| &mut placed.finding)
    }

    /// How the files follow one another, and a torn tail that is still being written.
    fn files(&mut self) {
        let profile: &Profile = &self.plan.profile;
        for (code, severity, message, path) in
            rotation::check(profile, self.group, &self.joined.files)
        {
            self.say(code, severity, message, Some(path));
        }
        if matches!(profile.rotation, Rotation::Continue(_)) {
            let mut gaps = Vec::new();
            for pair in self.group.logs.windows(2) {
                let [one, other] = pair else { continue };
                if let (Some(first), Some(second)) = (counted(&one.path), counted(&other.path))
                    && second > first + 1
                {
                    gaps.push((second - first - 1, other.path.display().to_string()));
                }
            }
            for (missing, path) in gaps {
                let message = format!(
                    "{missing} file(s) before this one are missing, by the numbers in the names"
                );
                self.say(Code::RotationMissing, Severity::Error, message, Some(path));
            }
        }
        for log in &self.group.logs {
            let path = log.path.display().to_string();
            let grows = log.opened.has_grown();
            for placed in &mut self.joined.findings {
                let finding = &mut placed.finding;
                if finding.rule != Code::TornTail || finding.path != path {
                    continue;
                }
                if grows {
                    finding.severity = Severity::Note;
                    "the last line is being written".clone_into(&mut finding.message);
                } else if self.request.strict {
                    finding.severity = Severity::Error;
                }
            }
        }
        if self.request.strict {
            for placed in &mut self.joined.findings {
                if placed.finding.rule == Code::NonCanonical {
                    placed.finding.severity = Severity::Error;
                }
            }
        }
    }

    /// What the head file says.
    fn head(&mut self, head: &head::Found) {
        let Some(path) = head.path.clone() else {
            let name = &head.name;
            if head.required {
                let message = format!("no `{name}` beside the log, and its settings require one");
                self.say(Code::TailTruncated, Severity::Error, message, None);
            } else {
                let message =
                    format!("no `{name}` beside the log: where it ends is only its own word");
                self.say(Code::UnanchoredTail, Severity::Warning, message, None);
            }
            return;
        };
        if let Some(error) = &head.error {
            self.say(Code::TailTruncated, Severity::Error, error.clone(), Some(path));
            return;
        }
        match head.mac {
            Some(Checked::Bad) => {
                let message = "the MAC of the head file does not fit it and the key".to_owned();
                self.say(Code::BadSignature, Severity::Error, message, Some(path.clone()));
            }
            Some(Checked::NoKey) => {
                let message = "the head file has a MAC, and no key for it was given (`--key-file`)"
                    .to_owned();
                self.say(Code::UnknownKey, Severity::Note, message, Some(path.clone()));
            }
            _ => {}
        }
        let last = self.joined.last_seq;
        let total = self.joined.records;
        let stands = match (head.seq, last) {
            _ if head.count.is_some_and(|count| count > total) => {
                let count = head.count.unwrap_or_default();
                let message = format!("the head file counts {count} records, the log has {total}");
                self.say(Code::TailTruncated, Severity::Error, message, Some(path.clone()));
                let cause = Cause {
                    kind: CauseKind::TailTruncated,
                    records: Some(count - total),
                    text: format!("{} records cut off at the end", count - total),
                };
                if let Some(finding) = self.last_finding() {
                    finding.expected = Some(count.to_string());
                    finding.found = Some(total.to_string());
                    finding.cause = Some(cause);
                }
                return;
            }
            _ if head.count.is_some() => self.joined.at_count.as_deref(),
            (Some(seq), Some(last)) if seq > last => {
                let message = format!("the head file ends at record {seq}, the log at {last}");
                self.say(Code::TailTruncated, Severity::Error, message, Some(path.clone()));
                let cause = Cause {
                    kind: CauseKind::TailTruncated,
                    records: u64::try_from(seq - last).ok(),
                    text: format!("{} records cut off at the end", seq - last),
                };
                if let Some(finding) = self.last_finding() {
                    finding.expected = Some(seq.to_string());
                    finding.found = Some(last.to_string());
                    finding.cause = Some(cause);
                }
                return;
            }
            (Some(_), _) => self.joined.at_seq.as_deref(),
            (None, _) => Some(self.joined.head.as_slice()),
        };
        let Some(hash) = &head.hash else { return };
        if stands != Some(hash.as_bytes()) {
            let message = "the record the head file names has another hash in the log".to_owned();
            let found = stands.map(|found| String::from_utf8_lossy(found).into_owned());
            self.say(Code::Rewritten, Severity::Error, message, Some(path));
            let expected = hash.clone();
            if let Some(finding) = self.last_finding() {
                finding.expected = Some(expected);
                finding.found = found;
                finding.cause = Some(Cause {
                    kind: CauseKind::Rewritten,
                    records: None,
                    text: "records were rewritten and chained anew".to_owned(),
                });
            }
            return;
        }
        let behind = match (head.seq, last) {
            (Some(seq), Some(last)) => u64::try_from(last - seq).unwrap_or_default(),
            _ => total - head.count.unwrap_or(total),
        };
        if behind > 0 {
            let message = format!("{behind} records came after the head file's");
            self.say(Code::UnanchoredTail, Severity::Note, message, Some(path));
        }
        if head.mac == Some(Checked::Good) {
            let name = self.plan.profile.head.as_ref().and_then(|head| head.mac.as_ref());
            let name = name.map(|mac| mac.key.clone()).unwrap_or_default();
            self.anchored = Some(Anchored {
                by: "head",
                size: self.joined.records.saturating_sub(behind),
                key: format!(
                    "the head file, under the key `{name}` (whoever has it can make another)"
                ),
                time: None,
                tail_records: behind,
            });
        }
    }

    fn troubles(&mut self) {
        let path = self.request.checkpoint_path.map(str::to_owned);
        for (line, trouble) in self.request.troubles {
            let (code, severity, message) = match trouble {
                Trouble::BadSignature(name) => (
                    Code::BadSignature,
                    Severity::Error,
                    format!(
                        "the signature of the trusted key `{name}` does not fit this checkpoint"
                    ),
                ),
                Trouble::Malformed(what) => {
                    (Code::Syntax, Severity::Warning, format!("no checkpoint: {what}"))
                }
            };
            self.say(code, severity, message, path.clone());
            let line = *line;
            if let Some(finding) = self.last_finding() {
                finding.line = Some(line);
            }
        }
    }

    /// Compares the chain with every head that somebody vouches for.
    fn anchors(&mut self, anchors: &[(Option<u64>, Anchor)]) {
        let total = self.joined.records;
        for (line, anchor) in anchors {
            let from_state = matches!(anchor.by, By::State(_));
            let path =
                if from_state { None } else { self.request.checkpoint_path.map(str::to_owned) };
            let what = if from_state { "the last verified run" } else { "a checkpoint" };
            if let Some(origin) =
                self.origin.filter(|origin| !from_state && *origin != anchor.origin)
            {
                let message =
                    format!("{what} is of another log: `{}`", anchor.origin.escape_debug());
                let expected = origin.to_owned();
                self.say(Code::WrongLog, Severity::Error, message, path);
                if let Some(finding) = self.last_finding() {
                    finding.line = *line;
                    finding.expected = Some(expected);
                    finding.found = Some(anchor.origin.escape_debug().to_string());
                }
                continue;
            }
            if anchor.size > total {
                let message =
                    format!("{what} vouches for {} records, and the log has {total}", anchor.size);
                self.say(Code::TailTruncated, Severity::Error, message, path);
                let missing = anchor.size - total;
                if let Some(finding) = self.last_finding() {
                    finding.expected = Some(anchor.size.to_string());
                    finding.found = Some(total.to_string());
                    finding.cause = Some(Cause {
                        kind: CauseKind::TailTruncated,
                        records: Some(missing),
                        text: format!("{missing} records cut off at the end"),
                    });
                }
                continue;
            }
            let root = if anchor.size == 0 {
                Some(super::merkle::Tree::new().root())
            } else {
                self.joined.roots.get(&anchor.size).copied()
            };
            if root != Some(anchor.root) {
                let message = format!(
                    "the first {} records are not those that {what} vouches for",
                    anchor.size
                );
                self.say(Code::Rewritten, Severity::Error, message, path);
                let found = root.map(|root| HEXLOWER.encode(&root));
                if let Some(finding) = self.last_finding() {
                    finding.expected = Some(HEXLOWER.encode(&anchor.root));
                    finding.found = found;
                    finding.cause = Some(Cause {
                        kind: CauseKind::Rewritten,
                        records: None,
                        text: "records were rewritten, removed or added, and the rest chained anew"
                            .to_owned(),
                    });
                }
                continue;
            }
            let anchored = |by, key: String, time| Anchored {
                by,
                size: anchor.size,
                key,
                time,
                tail_records: total - anchor.size,
            };
            let new = match &anchor.by {
                By::Keys(names) => anchored("checkpoint", names.join(", "), None),
                By::State(at) => {
                    anchored("state", "the state of an earlier run".to_owned(), Some(at.clone()))
                }
                By::Nobody => {
                    let message =
                        "no trusted key has signed this checkpoint (`--public-key`)".to_owned();
                    self.say(Code::UnknownKey, Severity::Note, message, path);
                    if let Some(finding) = self.last_finding() {
                        finding.line = *line;
                    }
                    continue;
                }
            };
            if self.anchored.as_ref().is_none_or(|known| known.size <= new.size) {
                self.anchored = Some(new);
            }
        }
        if let Some(anchored) = &self.anchored
            && anchored.tail_records > 0
        {
            let message = format!(
                "{} records came after the last head somebody vouches for",
                anchored.tail_records
            );
            self.say(Code::UnanchoredTail, Severity::Note, message, None);
        }
    }

    /// What could not be checked for want of something.
    fn unknowns(&mut self) {
        if let Some(why) = self.plan.genesis_unknown.clone() {
            let message = format!("whether the log starts where it should can't be told: {why}");
            let counted = self.plan.profile.seq_start.is_some();
            self.say(Code::WrongLog, Severity::Note, message, None);
            // A counter that starts where it should says as much of a cut; of another log it says nothing.
            self.unverifiable |= !counted;
        }
        if self.joined.unverifiable > 0 {
            let why = match self.plan.profile.chain_key() {
                Some(name) if self.plan.secret.is_none() => {
                    format!("the chain is keyed, and the key `{name}` was not given (`--key-file`)")
                }
                _ => "what the records are hashed with is missing, or their variant is not known"
                    .to_owned(),
            };
            let message = format!("{} records can't be verified: {why}", self.joined.unverifiable);
            self.say(Code::UnknownKey, Severity::Warning, message, None);
            self.unverifiable = true;
        }
    }

    fn signatures(&mut self) {
        let profile = &self.plan.profile;
        if profile.seals.is_empty() {
            return;
        }
        let total = self.joined.records;
        let Joined { sealed, unsealed, unchecked, self_asserted, .. } = self.joined;
        self.all_sealed = total > 0 && sealed == total;
        let required = self.request.require.contains(&Require::Signature);
        if unchecked > 0 {
            let key = profile.seals.first().map(|seal| (seal.kind, seal.key.clone()));
            let (flag, kind) = match key {
                Some((SealKind::HmacSha256, _)) => ("--key-file", "MACs"),
                _ => ("--public-key", "signatures"),
            };
            let message =
                format!("the {kind} of {unchecked} records were not checked: no key (`{flag}`)");
            let severity = if required { Severity::Warning } else { Severity::Note };
            self.say(Code::UnknownKey, severity, message, None);
            self.unverifiable |= required;
        }
        if self_asserted > 0 {
            let message = format!(
                "{self_asserted} records are signed with keys that only they name; trust one with `--public-key`"
            );
            self.say(Code::SelfAssertedKey, Severity::Warning, message, None);
            self.unverifiable |= required;
        }
        if required && unsealed > 0 && !self.has(Code::Downgrade) {
            let message =
                format!("{unsealed} of {total} records have no signature of a trusted key");
            self.say(Code::Downgrade, Severity::Error, message, None);
        }
    }

    fn has(&self, code: Code) -> bool {
        self.joined.findings.iter().any(|placed| placed.finding.rule == code)
    }

    fn required(&mut self) {
        for require in self.request.require {
            let (met, what) = match require {
                Require::Signature if self.plan.profile.seals.is_empty() => {
                    (false, "signatures, and the format has none")
                }
                Require::Signature => (true, ""),
                Require::Checkpoint => (
                    self.anchored.as_ref().is_some_and(|anchored| anchored.by == "checkpoint")
                        || self.request.checkpoints.iter().any(|(_, anchor)| {
                            matches!(anchor.by, By::Keys(_))
                                && self.joined.roots.get(&anchor.size) == Some(&anchor.root)
                        }),
                    "a checkpoint by a trusted key",
                ),
                Require::State => {
                    let key = state_key(self.group, self.origin);
                    (
                        self.request.state.is_some_and(|state| state.logs.contains_key(&key)),
                        "the state of an earlier run",
                    )
                }
            };
            if !met {
                let message = format!("required, and not there: {what}");
                let code = match require {
                    Require::Signature => Code::Downgrade,
                    _ => Code::UnanchoredTail,
                };
                self.say(code, Severity::Error, message, None);
            }
        }
    }

    fn report(mut self, islands: Vec<Island>) -> Chain {
        let plan = self.plan;
        let unprotected_fields = uncovered(plan, self.group);
        if !unprotected_fields.is_empty() {
            let message = format!("no hash covers {}", unprotected_fields.join(", "));
            self.say(Code::UncoveredFields, Severity::Note, message, None);
        }
        let mut placed = std::mem::take(&mut self.joined.findings);
        let order: BTreeMap<&str, usize> = self
            .joined
            .files
            .iter()
            .enumerate()
            .map(|(number, file)| (file.path.as_str(), number))
            .collect();
        placed.sort_by_key(|placed| {
            let finding = &placed.finding;
            (
                order.get(finding.path.as_str()).copied().unwrap_or(usize::MAX),
                finding.line.unwrap_or(u64::MAX),
                finding.rule,
            )
        });
        let findings: Vec<Finding> = placed.into_iter().map(|placed| placed.finding).collect();
        let verdict = verdict(&findings, self.unverifiable);
        let seals_cover_link = plan
            .profile
            .seals
            .iter()
            .all(|seal| super::uncovered::covers_link(&plan.profile, &seal.over));
        let macs = plan.profile.seals.iter().all(|seal| seal.kind == SealKind::HmacSha256);
        let anchored = self
            .anchored
            .as_ref()
            .map(|anchored| (anchored.size, anchored.key.clone(), anchored.time.clone()));
        let claims = claims(&Grounds {
            records: self.joined.records,
            broken: verdict == Verdict::Broken,
            unverifiable: verdict == Verdict::Unverifiable,
            anchored,
            all_sealed: self.all_sealed,
            seals_cover_link,
            seals_are_macs: macs,
            keyed: plan.profile.chain_key().is_some() && plan.secret.is_some(),
        });
        let joined = self.joined;
        Chain {
            name: self.group.name.clone(),
            profile: plan.profile.id.clone(),
            origin: self.origin.map(str::to_owned),
            verdict,
            records: joined.records,
            bytes: joined.files.iter().map(|file| file.bytes).sum(),
            streams: joined.streams,
            first_seq: joined.first_seq,
            last_seq: joined.last_seq,
            first_time: joined.first_ts.map(time::show),
            last_time: joined.last_ts.map(time::show),
            head: (joined.records > 0).then(|| String::from_utf8_lossy(&joined.head).into_owned()),
            root: HEXLOWER.encode(&joined.root),
            anchored: self.anchored,
            files: joined
                .files
                .into_iter()
                .map(|file| FileReport {
                    path: file.path,
                    records: file.records,
                    bytes: file.bytes,
                    first_seq: file.first_seq,
                    last_seq: file.last_seq,
                    head: file.head,
                })
                .collect(),
            findings,
            more_findings: joined
                .dropped
                .into_iter()
                .map(|(code, many)| (code.id(), many))
                .collect(),
            islands,
            unprotected_fields,
            claims,
        }
    }
}
