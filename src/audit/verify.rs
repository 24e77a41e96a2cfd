//! A verification: logs in, what is wrong with them and what they prove out.
//!
//! Policy comes from the caller alone: which profile, which keys, which name, what is required. A clean log is read
//! once; one whose start was removed a second time, with the tree of that; a broken one once more, to tell what happened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;

use super::anchor::{Anchor, By, Pin, State, Trouble};
use super::blame::{Island, explain};
use super::chain::{Anchored, Chain, FileReport};
use super::finding::{Code, Finding, Severity};
use super::head;
use super::join::{Join, Joined, Placed, Wanted};
use super::json::tape::Tape;
use super::keyring::Keyring;
use super::logs::{Group, counted};
use super::plan::Plan;
use super::preimage::View;
use super::profile::{Algorithm, Profile, Rotation, SealKind};
use super::rotation;
use super::run::{Piece, run};
use super::time;
use super::uncovered::uncovered;
use super::verdict::{Grounds, Verdict, claims, verdict};

mod outside;

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
        pruned: None,
        briefs: false,
        now: request.now,
        max_gap: request.max_gap,
    };
    wanted.sizes.sort_unstable();
    wanted.sizes.dedup();
    let mut joined = pass(&plan, group, &wanted, request)?;
    wanted.pruned = joined.owned_up.take();
    if wanted.pruned.is_some() {
        // The roots of the whole log can be told now, and the first record has one it follows.
        joined = pass(&plan, group, &wanted, request)?;
    }
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
        size: chain.removed + chain.records,
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
        let finding = Finding::about(code, severity, path, message);
        self.joined.findings.push(Placed { record: None, finding });
    }

    fn last_finding(&mut self) -> Option<&mut Finding> {
        self.joined.findings.last_mut().map(|placed| &mut placed.finding)
    }

    /// How the files follow one another, and a torn tail that is still being written.
    fn files(&mut self) {
        let profile: &Profile = &self.plan.profile;
        let pruned = self.joined.removed > 0;
        for (code, severity, message, path) in
            rotation::check(profile, self.group, &self.joined.files, pruned)
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
            records: self.joined.removed + self.joined.records,
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
            removed: joined.removed,
            bytes: joined.files.iter().map(|file| file.bytes).sum(),
            streams: joined.streams,
            first_seq: joined.first_seq,
            last_seq: joined.last_seq,
            first_time: joined.first_ts.map(time::show),
            last_time: joined.last_ts.map(time::show),
            head: (joined.records > 0).then(|| String::from_utf8_lossy(&joined.head).into_owned()),
            root: joined.root.map(|root| HEXLOWER.encode(&root)).unwrap_or_default(),
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
