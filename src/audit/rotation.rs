//! How the files of a chain follow one another.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::check::Before;
use super::finding::{Code, Severity};
use super::join::FileFacts;
use super::logs::Group;
use super::profile::{Profile, Rotation};

/// A code, its weight, words, and the file it is about.
pub type Said = (Code, Severity, String, String);

/// What is wrong between the files of `group`. `pruned`: what was before the first one was removed, and that is said.
#[must_use]
pub fn check(profile: &Profile, group: &Group<'_>, files: &[FileFacts], pruned: bool) -> Vec<Said> {
    match &profile.rotation {
        Rotation::None => Vec::new(),
        Rotation::Reset => files
            .iter()
            .skip(1)
            .map(|file| {
                let message =
                    "the chain starts anew in this file, and nothing links it to the one before"
                        .to_owned();
                (Code::RotationUnlinked, Severity::Warning, message, file.path.clone())
            })
            .collect(),
        Rotation::Binding(_) => bindings(group, files),
        Rotation::Continue(_) => closings(group, files, pruned),
    }
}

/// Every file but one names the one before it.
fn bindings(group: &Group<'_>, files: &[FileFacts]) -> Vec<Said> {
    let mut said = Vec::new();
    let starts: Vec<&FileFacts> = files.iter().filter(|file| file.before.is_none()).collect();
    for file in starts.iter().skip(1) {
        let message =
            "the file names no other before it, and neither does another one here".to_owned();
        said.push((Code::RotationUnlinked, Severity::Warning, message, file.path.clone()));
    }
    for file in files {
        let Some(before) = &file.before else { continue };
        let named = files.iter().find(|other| is_named(&other.path, &before.name));
        let Some(named) = named else {
            let beside =
                group.logs.first().and_then(|log| log.path.parent()).is_some_and(|folder| {
                    std::fs::read_dir(folder).is_ok_and(|entries| {
                        entries.filter_map(Result::ok).any(|entry| {
                            is_named(&entry.path().display().to_string(), &before.name)
                        })
                    })
                });
            let name = before.name.escape_debug();
            said.push(if beside {
                let message = format!(
                    "follows `{name}`, which is here and was not given: verify them together"
                );
                (Code::RotationUnlinked, Severity::Warning, message, file.path.clone())
            } else {
                let message = format!("follows `{name}`, which is not there");
                (Code::RotationMissing, Severity::Error, message, file.path.clone())
            });
            continue;
        };
        said.extend(mismatch(file, before, named));
    }
    said
}

fn mismatch(file: &FileFacts, before: &Before, named: &FileFacts) -> Option<Said> {
    let hash = before.hash.as_deref().map(String::from_utf8_lossy);
    let other_hash = hash.is_some_and(|hash| named.head.as_deref() != Some(&*hash));
    let other_seq = before.seq.is_some() && before.seq != named.last_seq;
    (other_hash || other_seq).then(|| {
        let message = match (before.seq, named.last_seq) {
            (Some(said), Some(last)) if said != last => format!(
                "`{}` ended at record {said} when this file was started, and ends at {last} now",
                before.name.escape_debug()
            ),
            _ => format!(
                "`{}` had another last hash when this file was started",
                before.name.escape_debug()
            ),
        };
        (Code::RotationMismatch, Severity::Error, message, file.path.clone())
    })
}

/// A name as a binding gives it: perhaps with folders, perhaps without the ending.
fn is_named(path: &str, name: &str) -> bool {
    let last = |text: &str| text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let (file, name) = (last(path), last(name));
    !name.is_empty()
        && (file == name
            || file.strip_prefix(&name).is_some_and(|rest| {
                matches!(rest, ".jsonl" | ".json" | ".log" | ".jsonl.gz" | ".jsonl.zst")
            }))
}

/// What a file's first record says of the one before.
fn closings(group: &Group<'_>, files: &[FileFacts], pruned: bool) -> Vec<Said> {
    let mut said = Vec::new();
    for (number, file) in files.iter().enumerate().skip(usize::from(pruned)) {
        let Some(before) = &file.before else { continue };
        let mut wrong = |code, message: String| {
            said.push((code, Severity::Error, message, file.path.clone()));
        };
        let name = before.name.escape_debug();
        let previous = number.checked_sub(1).and_then(|before| files.get(before));
        let Some(previous) = previous.filter(|previous| is_named(&previous.path, &before.name))
        else {
            wrong(Code::RotationMissing, format!("follows `{name}`, which is not there"));
            continue;
        };
        if before.records.is_some_and(|records| records != previous.records) {
            let message = format!(
                "`{name}` had {} records when this file was started, and has {} now",
                before.records.unwrap_or_default(),
                previous.records
            );
            wrong(Code::RotationMismatch, message);
        } else if before.bytes.is_some_and(|bytes| bytes != previous.bytes) {
            let message = format!(
                "`{name}` had {} bytes when this file was started, and has {} now",
                before.bytes.unwrap_or_default(),
                previous.bytes
            );
            wrong(Code::RotationMismatch, message);
        } else if previous.stray_bytes
            && let Some(expected) = &before.sha256
            && let Some(log) = group.logs.get(number - 1)
        {
            // Where records cover every byte, the chain has said as much already.
            let mut hash = Sha256::new();
            if log.opened.all_bytes(|bytes| hash.update(bytes)).is_ok()
                && data_encoding::HEXLOWER.encode(&hash.finalize()) != *expected
            {
                let name = Path::new(&before.name).display();
                wrong(
                    Code::RotationMismatch,
                    format!(
                        "the bytes of `{name}` are not those it had when this file was started"
                    ),
                );
            }
        }
    }
    said
}
