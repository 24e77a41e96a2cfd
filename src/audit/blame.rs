//! What happened to a broken log, told from a few words on every record.
//!
//! Only records around a break are asked, but where a hash stands elsewhere in the log is only known from all of them:
//! 64 bits of each hash, sorted. A false match of two hashes would take 2^32 records.

use super::check::State;
use super::finding::{Cause, CauseKind, Code, Finding, Severity};
use super::join::Joined;
use super::profile::Profile;

/// A few words on a record.
#[derive(Debug, Clone, Copy)]
pub struct Brief {
    /// Which file of the chain.
    pub file: u32,
    /// Its line, from 1.
    pub line: u64,
    /// What it says its hash is.
    pub hash: u64,
    /// What it says the hash of the record before is.
    pub prev: u64,
    /// The hash it really has.
    pub computed: u64,
    /// Its counter.
    pub seq: Option<i64>,
    /// What came of its own check.
    pub state: State,
    /// Whether it follows the record before.
    pub follows: bool,
}

impl Brief {
    /// 64 bits that stand for a hash; 0 for none.
    #[must_use]
    pub fn key(text: Option<&[u8]>) -> u64 {
        // Hexadecimal digits at the end differ between any two hashes; FNV over them all is as good and needs no care.
        text.filter(|text| !text.is_empty()).map_or(0, |text| {
            text.iter().fold(0xcbf2_9ce4_8422_2325, |key: u64, &byte| {
                (key ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        })
    }
}

/// A run of records that are intact among themselves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Island {
    /// The file, as it was named.
    pub path: String,
    /// Its first line.
    pub first_line: u64,
    /// Its last line.
    pub last_line: u64,
    /// How many records it has.
    pub records: u64,
}

/// Names the likely causes of what was found, adds what only the whole shows, and gives the islands.
pub fn explain(joined: &mut Joined, profile: &Profile) -> Vec<Island> {
    let implicit = profile.prev_is_implicit();
    let no_own_hash = profile.fields.hash.is_none();
    let briefs = std::mem::take(&mut joined.briefs);
    let mut by_hash: Vec<(u64, u32)> = (0_u32..)
        .zip(&briefs)
        .filter(|(_, brief)| brief.hash != 0)
        .map(|(number, brief)| (brief.hash, number))
        .collect();
    by_hash.sort_unstable();
    let scene = Scene { briefs: &briefs, by_hash: &by_hash, implicit, no_own_hash };
    let mut more: Vec<(Finding, u64)> = Vec::new();
    let genesis_breaks: Vec<u64> = joined
        .findings
        .iter()
        .filter(|placed| placed.finding.rule == Code::Restarted)
        .filter_map(|placed| placed.record)
        .collect();
    for placed in &mut joined.findings {
        let Some(record) = placed.record else { continue };
        let at = usize::try_from(record).unwrap_or(usize::MAX);
        let Some(brief) = briefs.get(at) else { continue };
        let finding = &mut placed.finding;
        finding.cause = match finding.rule {
            Code::Hash => Some(scene.hash(at, brief)),
            Code::Link if genesis_breaks.contains(&record) => Some(restarted()),
            Code::Link | Code::SeqGap | Code::SeqDuplicate | Code::SeqRegress => {
                Some(scene.link(at, brief))
            }
            Code::Restarted => Some(restarted()),
            Code::HeadTruncated => Some(head_cut(brief)),
            Code::TornTail => {
                Some(cause(CauseKind::TornLastLine, None, "a write that was not finished"))
            }
            Code::TornMiddle => Some(cause(
                CauseKind::UnreadableLine,
                None,
                "a write that was cut off, and a writer that went on",
            )),
            Code::InvalidUtf8 => Some(cause(
                CauseKind::InvalidUtf8,
                None,
                "bytes of this line were changed, or were never text",
            )),
            Code::DuplicateKey => Some(cause(
                CauseKind::DuplicateKey,
                None,
                "a second value was put beside the one that was hashed",
            )),
            Code::BadSignature if no_own_hash => {
                Some(cause(CauseKind::Edited, None, "edited in place after it was signed"))
            }
            Code::Syntax | Code::Nul | Code::TrailingBytes | Code::TooDeep => {
                Some(cause(CauseKind::UnreadableLine, None, "the line was damaged or replaced"))
            }
            _ => None,
        };
        if matches!(finding.rule, Code::Link | Code::Hash)
            && let Some(cause) = &finding.cause
        {
            let code = match cause.kind {
                CauseKind::Duplicated | CauseKind::InsertedCopy => Some(Code::DuplicateRecord),
                CauseKind::Fork => Some(Code::Fork),
                _ => None,
            };
            let known = |code: Code| {
                more.iter().any(|(finding, number)| finding.rule == code && *number == record)
            };
            if let Some(code) = code
                && !known(code)
            {
                let message = match code {
                    Code::Fork => "two intact records follow the same one".to_owned(),
                    _ => "a record with this hash was there before".to_owned(),
                };
                let finding = Finding {
                    rule: code,
                    severity: Severity::Error,
                    message,
                    expected: None,
                    found: None,
                    ..finding.clone()
                };
                more.push((finding, record));
            }
        }
    }
    if let Some((finding, record)) = scene.reordered(joined) {
        more.push((finding, record));
    }
    for (finding, record) in more {
        joined.findings.push(super::join::Placed { finding, record: Some(record) });
    }
    scene.islands(joined)
}

fn cause(kind: CauseKind, records: Option<u64>, text: &str) -> Cause {
    Cause { kind, records, text: text.to_owned() }
}

fn restarted() -> Cause {
    cause(
        CauseKind::Restarted,
        None,
        "the writer lost its place and started anew, or another log was appended",
    )
}

fn head_cut(brief: &Brief) -> Cause {
    let text = match brief.seq {
        Some(seq) => format!("the start of the log was cut off, up to the record before {seq}"),
        None => "the start of the log was cut off".to_owned(),
    };
    Cause { kind: CauseKind::HeadTruncated, records: None, text }
}

struct Scene<'a> {
    briefs: &'a [Brief],
    /// Hashes and the numbers of the records that have them, sorted.
    by_hash: &'a [(u64, u32)],
    implicit: bool,
    no_own_hash: bool,
}

impl Scene<'_> {
    /// The numbers of the records with this hash, ascending.
    fn numbers(&self, hash: u64) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let first = self.by_hash.partition_point(|&(known, _)| known < hash);
        let last = self.by_hash.partition_point(|&(known, _)| known <= hash);
        let found = self.by_hash.get(first..last).unwrap_or_default();
        found.iter().map(|&(_, number)| number as usize)
    }

    /// Whether a record with this hash stands before `at`.
    fn seen(&self, hash: u64, at: usize) -> bool {
        self.numbers(hash).any(|number| number < at)
    }

    /// A record that is not what its hash was made of.
    fn hash(&self, at: usize, brief: &Brief) -> Cause {
        if self.seen(brief.hash, at) {
            return cause(
                CauseKind::Duplicated,
                None,
                "inserted here with the hash copied from an earlier record",
            );
        }
        if brief.state == State::PayloadMismatch {
            return cause(
                CauseKind::PayloadEdited,
                None,
                "the payload was edited, not what surrounds it",
            );
        }
        let next = self.briefs.get(at + 1);
        if next.is_some_and(|next| next.prev == brief.computed && next.prev != brief.hash) {
            return cause(
                CauseKind::HashFieldAltered,
                None,
                "only the stored hash was altered: the next record follows what the record really hashes to",
            );
        }
        if self.implicit {
            return cause(
                CauseKind::Edited,
                None,
                "edited in place, or the record before it was removed, moved or replaced",
            );
        }
        let text = if next.is_some_and(|next| next.prev == brief.hash) {
            "edited in place: the next record still follows the hash it had"
        } else {
            "edited in place"
        };
        cause(CauseKind::Edited, None, text)
    }

    /// A record that does not follow the one before.
    fn link(&self, at: usize, brief: &Brief) -> Cause {
        if self.seen(brief.hash, at) {
            return cause(CauseKind::Duplicated, None, "a copy of an earlier record");
        }
        let Some(before) = at.checked_sub(1).and_then(|at| self.briefs.get(at)) else {
            return head_cut(brief);
        };
        if let Some(later) = self.numbers(brief.prev).find(|&number| number > at) {
            let line = self.line(later);
            let text = format!("moved up: it follows the record now on line {line}");
            return Cause { kind: CauseKind::MovedEarlier, records: None, text };
        }
        if let Some(place) = self.numbers(brief.prev).rfind(|&number| number < at) {
            let line = self.line(place);
            let sibling = self.briefs.get(place + 1);
            let intact = |brief: &Brief| brief.state == State::Good;
            let shares = sibling.is_some_and(|sibling| {
                sibling.prev == brief.prev && intact(sibling) && sibling.follows
            });
            if shares && intact(brief) {
                let text = format!("two writers went on from the record on line {line}");
                return Cause { kind: CauseKind::Fork, records: None, text };
            }
            let many = (at - place - 1) as u64;
            let text =
                format!("what stands between line {line} and this one was put in: {many} records");
            return Cause { kind: CauseKind::InsertedBefore, records: Some(many), text };
        }
        match (brief.seq, self.last_seq(at)) {
            (Some(seq), Some(last)) if seq > last + 1 => {
                let many = u64::try_from(seq - last - 1).unwrap_or_default();
                let which = if many == 1 {
                    format!("1 record deleted before this line (seq {})", last + 1)
                } else {
                    format!(
                        "{many} records deleted before this line (seq {} to {})",
                        last + 1,
                        seq - 1
                    )
                };
                Cause { kind: CauseKind::Deleted, records: Some(many), text: which }
            }
            (Some(seq), Some(last)) if seq == last + 1 => cause(
                CauseKind::PredecessorRewritten,
                None,
                "the record before was rewritten with another hash",
            ),
            _ if before.state == State::Unreadable => cause(
                CauseKind::UnreadableLine,
                None,
                "the record it follows is the line that can't be read",
            ),
            _ if self.no_own_hash => cause(
                CauseKind::DeletedOrRewritten,
                None,
                "the record before was edited, or records before this one were deleted",
            ),
            _ => cause(
                CauseKind::DeletedOrRewritten,
                None,
                "records before this one were deleted, or the one before was rewritten with another hash",
            ),
        }
    }

    fn last_seq(&self, at: usize) -> Option<i64> {
        self.briefs.get(..at)?.iter().rev().find_map(|brief| brief.seq)
    }

    fn line(&self, number: usize) -> u64 {
        self.briefs.get(number).map_or(0, |brief| brief.line)
    }

    /// Whether sorting the records by their links restores the chain.
    fn reordered(&self, joined: &Joined) -> Option<(Finding, u64)> {
        let first = joined.findings.iter().find(|placed| {
            placed.finding.rule == Code::Link
                && placed
                    .finding
                    .cause
                    .as_ref()
                    .is_some_and(|cause| cause.kind == CauseKind::MovedEarlier)
        })?;
        if self.briefs.iter().any(|brief| brief.state != State::Good || brief.hash == 0) {
            return None;
        }
        // A permutation of one chain: no hash twice, no predecessor twice, and all but one predecessor present.
        let mut prevs: Vec<u64> = self.briefs.iter().map(|brief| brief.prev).collect();
        prevs.sort_unstable();
        let unique = prevs.windows(2).all(|pair| pair.first() != pair.last())
            && self.by_hash.windows(2).all(|pair| match pair {
                [(one, _), (other, _)] => one != other,
                _ => true,
            });
        let absent = prevs.iter().filter(|&&prev| self.numbers(prev).next().is_none()).count();
        if !unique || absent != 1 {
            return None;
        }
        let broken = || self.briefs.iter().enumerate().filter(|(_, brief)| !brief.follows);
        let (low, _) = broken().next()?;
        let (high, _) = broken().next_back()?;
        let low_line = self.line(low);
        let high_line = self.line(high.saturating_sub(1));
        let finding = Finding {
            rule: Code::Reordered,
            severity: Severity::Error,
            message: format!(
                "all records are there and intact, in another order: lines {low_line} to {high_line}"
            ),
            expected: None,
            found: None,
            related: Vec::new(),
            ..first.finding.clone()
        };
        Some((finding, first.record?))
    }

    /// Runs of records that follow one another and are what their hashes were made of.
    fn islands(&self, joined: &Joined) -> Vec<Island> {
        let mut islands: Vec<Island> = Vec::new();
        let mut open: Option<(u32, u64, u64, u64)> = None;
        let path = |file: u32| {
            joined.files.get(file as usize).map(|file| file.path.clone()).unwrap_or_default()
        };
        let mut close = |open: &mut Option<(u32, u64, u64, u64)>| {
            if let Some((file, first_line, last_line, records)) = open.take() {
                islands.push(Island { path: path(file), first_line, last_line, records });
            }
        };
        for brief in self.briefs {
            if brief.state != State::Good {
                close(&mut open);
                continue;
            }
            match &mut open {
                Some((file, _, last, records)) if brief.follows && *file == brief.file => {
                    *last = brief.line;
                    *records += 1;
                }
                _ => {
                    close(&mut open);
                    open = Some((brief.file, brief.line, brief.line, 1));
                }
            }
        }
        close(&mut open);
        islands
    }
}
