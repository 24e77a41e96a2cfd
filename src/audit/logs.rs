//! Which files are logs, of which format, and which of them are one chain.

use std::cmp::Ordering;
use std::io;
use std::path::{Path, PathBuf};

use super::feed::{Opened, open};
use super::json::tape::{Kind, Tape};
use super::plan::meets;
use super::preimage::View;
use super::profile::{Profile, Rotation};

/// Records looked at to recognise a format: a damaged first one does not hide the others.
const LOOK: usize = 16;

/// A log file, and how it is read.
#[derive(Debug)]
pub struct Log<'p> {
    /// Where it is.
    pub path: PathBuf,
    /// Its rules.
    pub profile: &'p Profile,
    /// Open, with the size it had then.
    pub opened: Opened,
    /// Its first records.
    pub first: Vec<Vec<u8>>,
}

/// Files that are one chain, or one set of chains, in order.
#[derive(Debug)]
pub struct Group<'p> {
    /// What they are called together: the file's name without its number.
    pub name: String,
    /// Their rules.
    pub profile: &'p Profile,
    /// The files, oldest first.
    pub logs: Vec<Log<'p>>,
}

/// Why a path is no log.
#[derive(Debug)]
pub enum NoLog {
    /// It can't be read.
    Unreadable(io::Error),
    /// No known profile fits its first records.
    Unknown,
    /// There is nothing in it.
    Empty,
}

/// Opens `path` as a log of `wanted`, or of the first of `known` that its records fit.
///
/// # Errors
/// What can't be read, and what fits no profile.
pub fn log<'p>(
    path: &Path,
    wanted: Option<&'p Profile>,
    known: &'p [(&'static str, Profile)],
) -> Result<Log<'p>, NoLog> {
    let opened = open(path).map_err(NoLog::Unreadable)?;
    let records =
        |profile: &Profile| opened.first_records(path, profile, LOOK).map_err(NoLog::Unreadable);
    if let Some(profile) = wanted {
        let first = records(profile)?;
        return Ok(Log { path: path.to_path_buf(), profile, opened, first });
    }
    let mut empty = true;
    for (_, profile) in known {
        // A database has other tables for other formats.
        let Ok(first) = records(profile) else { continue };
        empty &= first.is_empty();
        if first.iter().any(|record| fits(profile, record)) {
            return Ok(Log { path: path.to_path_buf(), profile, opened, first });
        }
    }
    Err(if empty && opened.size == 0 { NoLog::Empty } else { NoLog::Unknown })
}

/// Whether `record` is of the profile's format.
#[must_use]
pub fn fits(profile: &Profile, record: &[u8]) -> bool {
    let mut tape = Tape::default();
    let readable = std::str::from_utf8(record).is_ok() && tape.read(record).is_ok();
    readable
        && tape.root().is_some_and(|root| root.kind == Kind::Object)
        && !profile.detect.is_empty()
        && meets(&profile.detect, View { tape: &tape, bytes: record })
}

/// The logs in `folder`: what fits a profile; other files are passed over.
///
/// # Errors
/// When the folder can't be listed.
pub fn folder<'p>(
    folder: &Path,
    wanted: Option<&'p Profile>,
    known: &'p [(&'static str, Profile)],
) -> io::Result<Vec<Log<'p>>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    Ok(paths
        .iter()
        .filter_map(|path| log(path, wanted, known).ok())
        .filter(|log| {
            log.first
                .iter()
                .any(|record| fits(log.profile, record) || looks_like(log.profile, record))
        })
        .collect())
}

/// Whether a record has the fields of a profile that says nothing of how to recognise it.
fn looks_like(profile: &Profile, record: &[u8]) -> bool {
    let mut tape = Tape::default();
    profile.detect.is_empty()
        && std::str::from_utf8(record).is_ok()
        && tape.read(record).is_ok()
        && [&profile.fields.hash, &profile.fields.prev]
            .into_iter()
            .flatten()
            .all(|at| at.find(&tape, record).is_some())
}

/// Puts files together that are one chain, by folder, format and name without number.
#[must_use]
pub fn groups(logs: Vec<Log<'_>>) -> Vec<Group<'_>> {
    let mut groups: Vec<(PathBuf, Group<'_>)> = Vec::new();
    for log in logs {
        let folder = log.path.parent().unwrap_or(Path::new("")).to_path_buf();
        let name = without_number(&log.path);
        let together = !matches!(log.profile.rotation, Rotation::None);
        let known = groups.iter_mut().find(|(at, group)| {
            together
                && *at == folder
                && group.name == name
                && std::ptr::eq(group.profile, log.profile)
        });
        match known {
            Some((_, group)) => {
                // The same file named twice is one file.
                if group.logs.iter().all(|known| known.path != log.path) {
                    group.logs.push(log);
                }
            }
            None => groups.push((folder, Group { name, profile: log.profile, logs: vec![log] })),
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_iter().map(|(_, group)| group).collect();
    for group in &mut groups {
        group.logs.sort_by(|one, other| by_number(&one.path, &other.path));
    }
    groups
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let packed = [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending));
    packed.map(str::to_owned).unwrap_or(name)
}

/// `audit-000002.jsonl.gz` as `audit.jsonl`, `2026-11-21.jsonl` as `jsonl`.
fn without_number(path: &Path) -> String {
    let name = file_name(path);
    let mut out = String::with_capacity(name.len());
    let mut rest = name.as_str();
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, tail) = rest.split_at(at);
        let end = tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len());
        out.push_str(before.trim_end_matches(['.', '-', '_']));
        rest = tail.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out.trim_start_matches(['.', '-', '_']).to_owned()
}

/// By the numbers in the names; the name without a number is the file being written, and the last.
fn by_number(one: &Path, other: &Path) -> Ordering {
    let numbers = |path: &Path| numbers(path);
    match (numbers(one), numbers(other)) {
        (one, other) if one.is_empty() != other.is_empty() => one.is_empty().cmp(&other.is_empty()),
        (left, right) => left.cmp(&right).then_with(|| one.cmp(other)),
    }
}

/// The numbers in a file's name.
fn numbers(path: &Path) -> Vec<u64> {
    file_name(path)
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().unwrap_or(u64::MAX))
        .collect()
}

/// The one small number in a file's name by which files are counted; a date or a time is none.
#[must_use]
pub fn counted(path: &Path) -> Option<u64> {
    match numbers(path).as_slice() {
        [number] if *number < 10_000_000 => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_their_numbers() {
        for (name, expected) in [
            ("audit-000001.jsonl", "audit.jsonl"),
            ("trail.00002.jsonl", "trail.jsonl"),
            ("trail.jsonl", "trail.jsonl"),
            ("2026-11-21.jsonl", "jsonl"),
            ("audit_2026-11-21.jsonl", "audit.jsonl"),
            ("events.jsonl.gz", "events.jsonl"),
            ("rot.20261121193955.jsonl", "rot.jsonl"),
        ] {
            let found = without_number(Path::new(name));
            assert_eq!(found.trim_start_matches('.'), expected, "{name}");
        }
    }

    #[test]
    fn files_are_ordered_by_number_and_the_live_one_is_last() {
        let mut names: Vec<PathBuf> =
            ["t.jsonl", "t.10.jsonl", "t.9.jsonl"].iter().map(PathBuf::from).collect();
        names.sort_by(|one, other| by_number(one, other));
        assert_eq!(names, ["t.9.jsonl", "t.10.jsonl", "t.jsonl"].map(PathBuf::from));
        assert_eq!(counted(Path::new("audit-000002.jsonl")), Some(2));
        assert_eq!(counted(Path::new("2026-11-21.jsonl")), None);
        assert_eq!(counted(Path::new("rot.20261121193955.jsonl")), None);
    }
}
