//! What others say of a chain, compared with it: its head file, checkpoints, the state of an earlier run, and what of
//! these the caller requires.

use data_encoding::HEXLOWER;

use super::{Require, Verified, state_key};
use crate::audit::anchor::{Anchor, By, Trouble};
use crate::audit::chain::Anchored;
use crate::audit::finding::{Cause, CauseKind, Code, Severity};
use crate::audit::head;
use crate::audit::keyring::Checked;
use crate::audit::merkle::Tree;

impl Verified<'_> {
    /// What the head file says.
    pub(super) fn head(&mut self, head: &head::Found) {
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
        let total = self.joined.removed + self.joined.records;
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
                size: total.saturating_sub(behind),
                key: format!(
                    "the head file, under the key `{name}` (whoever has it can make another)"
                ),
                time: None,
                tail_records: behind,
            });
        }
    }

    pub(super) fn troubles(&mut self) {
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
    pub(super) fn anchors(&mut self, anchors: &[(Option<u64>, Anchor)]) {
        let removed = self.joined.removed;
        let total = removed + self.joined.records;
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
            if anchor.size < removed {
                if from_state {
                    let message = format!(
                        "all {} records that {what} knew were removed: nothing shows that these follow them",
                        anchor.size
                    );
                    self.say(Code::HeadTruncated, Severity::Error, message, path);
                }
                // Checkpoints of what was removed since are no surprise.
                continue;
            }
            let root = match anchor.size {
                0 => Some(Tree::new().root()),
                size => self.joined.roots.get(&size).copied(),
            };
            if root.is_none() && self.joined.root.is_none() && !from_state {
                let message = format!(
                    "{what} of {} records can't be compared: what was removed left no tree",
                    anchor.size
                );
                self.say(Code::UnanchoredTail, Severity::Note, message, path);
                continue;
            }
            // Without the tree of what was removed, the hash of the last record speaks for all before it.
            let fits = match (root, anchor.root) {
                (Some(root), Some(known)) => root == known,
                _ => {
                    let stands = self.joined.heads.get(&anchor.size).map(Vec::as_slice);
                    stands.is_some() && stands == anchor.head.as_deref().map(str::as_bytes)
                }
            };
            if !fits {
                let message = format!(
                    "the first {} records are not those that {what} vouches for",
                    anchor.size
                );
                self.say(Code::Rewritten, Severity::Error, message, path);
                let found = root.map(|root| HEXLOWER.encode(&root));
                if let Some(finding) = self.last_finding() {
                    finding.expected = anchor.root.map(|root| HEXLOWER.encode(&root));
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

    pub(super) fn required(&mut self) {
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
                                && self.joined.roots.get(&anchor.size).copied() == anchor.root
                                && anchor.root.is_some()
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
}
