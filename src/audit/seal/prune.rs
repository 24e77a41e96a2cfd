//! Removes the oldest files of a chain, once they are old enough and a checkpoint speaks for them.
//!
//! A record that owns up to it is on the disk before a file goes, one for each file: whenever this is interrupted, the
//! log begins where a record says that it was cut. The record keeps the Merkle subtrees of all that is gone, so that
//! later checkpoints of the whole log can still be compared. Nothing is removed that the checkpoint does not fit: that
//! would remove the evidence.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use memchr::memmem;
use serde_json::Value;

use super::files::{self, read_at};
use super::lines::Lines;
use super::out::Out;
use super::{Error, Keep};
use crate::audit::merkle::{Hash, Tree};
use crate::audit::note::{Checkpoint, entries};
use crate::audit::record::{Json, Map, intact};

/// Checkpoints are read whole, and are some 200 bytes each.
const LARGEST: u64 = 64 << 20;

/// A file that may go.
struct Old {
    path: PathBuf,
    last_seq: u64,
    last_hash: Hash,
    tree: Tree,
}

/// Removes what may go from the start of the chain in `out`; gives how many files that were.
///
/// # Errors
/// Why nothing can be removed, or no more than was.
pub fn prune(out: &mut Out, keep: &Keep) -> Result<u64, Error> {
    let numbers = out.place().numbers();
    let numbers = numbers.map_err(|error| Error::io("list", Path::new("the chain"), &error))?;
    let paths: Vec<PathBuf> = numbers.iter().map(|&number| out.place().file(number)).collect();
    let Some((_, older)) = paths.split_last() else { return Ok(0) };
    if !older.first().is_some_and(|path| is_old(path, keep.age)) {
        return Ok(0);
    }
    let Some((size, root)) = covered(&keep.checkpoint, out.origin())? else { return Ok(0) };
    let mut removed = 0;
    for old in old(&paths, older.len(), keep.age, size, &root)? {
        let name = old.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let roots = old.tree.subtrees().iter().map(|root| Json::from(HEXLOWER.encode(root)));
        let log = Map::new()
            .with("files", Json::List(vec![Json::from(name.unwrap_or_default())]))
            .with("last_seq", old.last_seq)
            .with("last_hash", format!("sha256:{}", HEXLOWER.encode(&old.last_hash)))
            .with("tree", Json::List(roots.collect()));
        // A file that could not be removed the last time is owned up to already.
        if base(&paths, old.last_seq + 1, &old.last_hash).is_none() {
            out.control("log.prune", log);
            out.settle()?;
        }
        std::fs::remove_file(&old.path).map_err(|error| Error {
            message: format!("can't remove {}: {error}", old.path.display()),
            help: "if it is append-only, `chattr -a` it; what stays is whole, and still verifies",
        })?;
        removed += 1;
    }
    Ok(removed)
}

/// Whether nothing was written to the file for so long.
fn is_old(path: &Path, age: Duration) -> bool {
    let written = path.symlink_metadata().and_then(|metadata| metadata.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|passed| passed >= age))
}

/// The newest checkpoint of the log: how many records it speaks for, and their root.
fn covered(path: &Path, origin: &str) -> Result<Option<(u64, Hash)>, Error> {
    use std::io::Read as _;

    // Without one, nothing may go.
    let Ok(file) = files::open(path) else { return Ok(None) };
    let mut content = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut content)
        .map_err(|error| Error::io("read", path, &error))?;
    Ok(entries(&content)
        .filter_map(|entry| {
            let note = entry.note.ok()?;
            let checkpoint = Checkpoint::parse(note.text).ok()?;
            (checkpoint.origin == origin).then_some((checkpoint.size, checkpoint.root))
        })
        .max_by_key(|(size, _)| *size))
}

/// Those of the first `many` files that are old and whose records the checkpoint speaks for.
fn old(
    paths: &[PathBuf],
    many: usize,
    age: Duration,
    size: u64,
    root: &Hash,
) -> Result<Vec<Old>, Error> {
    let refuse = |what: String| {
        Error::new(
            format!("nothing is removed: {what}"),
            "`hermes-lint audit verify` says what is wrong; keep all files as they are",
        )
    };
    let mut tree: Option<Tree> = None;
    let mut prev: Option<Hash> = None;
    let mut found = Vec::new();
    let mut fits = false;
    let mut covered = true;
    for (number, path) in paths.iter().enumerate() {
        let mut wrong = None;
        each(path, |line, hash| {
            if wrong.is_some() || fits || !covered {
                return;
            }
            let Ok(record) = serde_json::from_slice::<Facts>(line) else { return };
            let known = match &tree {
                Some(tree) => {
                    tree.len() == record.seq
                        && prev.as_ref().is_none_or(|prev| *prev == record.prev)
                }
                // The first record there is: what was before it has been removed.
                None => match base(paths, record.seq, &record.prev) {
                    Some(base) => {
                        tree = Some(base);
                        true
                    }
                    None => false,
                },
            };
            if !known {
                wrong = Some(format!("{} is not intact at record {}", path.display(), record.seq));
                return;
            }
            if let Some(tree) = &mut tree {
                if tree.len() >= size {
                    // What it speaks for has been removed already.
                    covered = false;
                    return;
                }
                tree.push(&hash);
                if tree.len() == size {
                    fits = tree.root() == *root;
                    if !fits {
                        wrong = Some("the newest checkpoint does not fit the log".to_owned());
                    }
                }
            }
            prev = Some(hash);
        })?;
        if let Some(what) = wrong {
            return Err(refuse(what));
        }
        if !covered {
            return Ok(Vec::new());
        }
        // The file in which the checkpoint ends has records that it does not speak for, or is the last that counts.
        let whole =
            !fits || tree.as_ref().is_some_and(|tree| tree.len() == size && ends(path, size));
        if let (Some(tree), Some(last)) = (&tree, prev)
            && whole
            && number < many
            && found.len() == number
            && is_old(path, age)
            && let Some(last_seq) = tree.len().checked_sub(1)
        {
            found.push(Old { path: path.clone(), last_seq, last_hash: last, tree: tree.clone() });
        }
        if fits {
            return Ok(found);
        }
    }
    Err(refuse("the newest checkpoint speaks for more records than there are".to_owned()))
}

/// The members of a record that make the chain.
#[derive(serde::Deserialize)]
struct Facts {
    seq: u64,
    #[serde(deserialize_with = "hash")]
    prev: Hash,
}

fn hash<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    text.strip_prefix("sha256:")
        .and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| serde::de::Error::custom("no hash"))
}

/// Whether the last record of the file is the last of `size`.
fn ends(path: &Path, size: u64) -> bool {
    let mut last = None;
    let read = each(path, |line, _| {
        last = serde_json::from_slice::<Facts>(line).ok().map(|record| record.seq);
    });
    read.is_ok() && last.and_then(|last| last.checked_add(1)) == Some(size)
}

/// The tree over what is before the record `seq`, which follows `prev`: of nothing, or of what was removed.
fn base(paths: &[PathBuf], seq: u64, prev: &Hash) -> Option<Tree> {
    if seq == 0 {
        return Some(Tree::new());
    }
    let mut found = None;
    for path in paths {
        let read = each(path, |line, _| {
            if memmem::find(line, b"log.prune").is_none() {
                return;
            }
            let Ok(record) = serde_json::from_slice::<Value>(line) else { return };
            let at = |pointer: &str| record.pointer(pointer);
            let text = format!("sha256:{}", HEXLOWER.encode(prev));
            if at("/what/kind").and_then(Value::as_str) != Some("log.prune")
                || at("/log/last_seq").and_then(Value::as_u64) != Some(seq - 1)
                || at("/log/last_hash").and_then(Value::as_str) != Some(&text)
            {
                return;
            }
            let roots = at("/log/tree")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|root| HEXLOWER.decode(root.as_str()?.as_bytes()).ok()?.try_into().ok());
            found = roots.collect::<Option<Vec<Hash>>>().and_then(|roots| Tree::resume(seq, roots));
        });
        if read.is_err() || found.is_some() {
            break;
        }
    }
    found
}

/// Calls `see` with each whole record of a file, and its hash.
fn each(path: &Path, mut see: impl FnMut(&[u8], Hash)) -> Result<(), Error> {
    let cannot = |error: std::io::Error| Error::io("read", path, &error);
    let file = files::open(path).map_err(cannot)?;
    let mut lines = Lines::default();
    loop {
        let got = lines.fill(|into, at| read_at(&file, into, at)).map_err(cannot)?;
        while let Some(line) = if got == 0 { lines.rest() } else { lines.next() } {
            if let Some(hash) = intact(line.bytes).filter(|_| line.digest.is_none()) {
                see(line.bytes, hash);
            }
        }
        if got == 0 {
            return Ok(());
        }
    }
}
