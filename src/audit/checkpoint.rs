//! Appends signed checkpoints to a file.
//!
//! A signer that has once said how a log goes may not say something else later: what would contradict the last
//! checkpoint in the file is not signed. That a longer log extends the shorter one only its records show; who calls
//! this has them.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::key::Signer;
use super::merkle::Hash;
use super::note::{Checkpoint, Entry, entries};

/// More than a file of checkpoints has in a century of hours.
const LARGEST: u64 = 512 << 20;

/// Appends to the file at `path` that the log `origin` has `size` records with this `root`, signed by `signer`, and has
/// it on the disk. Returns the note; `None` when the file ends in the same statement already.
///
/// # Errors
/// When the file can't be read or written, or the last checkpoint in it says something else.
pub fn append(
    path: &Path,
    origin: &str,
    size: u64,
    root: &Hash,
    signer: &Signer,
) -> io::Result<Option<String>> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
    if origin.is_empty() {
        return Err(wrong("a checkpoint needs an origin".to_owned()));
    }
    let checkpoint = Checkpoint { origin, size, root: *root, extensions: Vec::new() };
    let note = signer.sign(&checkpoint.text()).map_err(&wrong)?;
    let mut file = open(path)?;
    file.lock()?;
    let mut old = Vec::new();
    Read::by_ref(&mut file).take(LARGEST).read_to_end(&mut old)?;
    if old.len() as u64 == LARGEST {
        return Err(wrong("the file of checkpoints is too large: begin a new one".to_owned()));
    }
    let mut same = false;
    for Entry { note, .. } in entries(&old) {
        let Ok(note) = note else { continue };
        let Ok(last) = Checkpoint::parse(note.text) else { continue };
        if last.origin != origin {
            return Err(wrong(format!("the file holds checkpoints of {}", last.origin)));
        }
        if last.size > size {
            return Err(wrong(format!(
                "the log has {size} records, but a checkpoint of {} was signed: some are gone",
                last.size
            )));
        }
        if last.size == size && last.root != *root {
            return Err(wrong(format!(
                "a checkpoint of {size} records was signed with another root: the log was rewritten"
            )));
        }
        same |= last.size == size
            && note.signatures.iter().any(|signature| {
                (signature.name, signature.id) == (signer.verifier().name(), signer.verifier().id())
            });
    }
    if same {
        return Ok(None);
    }
    // One write: what is before it is ended if it was cut short, and a blank line divides the notes.
    let mut text = String::new();
    if !old.is_empty() {
        text.push_str(if old.ends_with(b"\n") { "\n" } else { "\n\n" });
    }
    text.push_str(&note);
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(Some(note))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;

        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o644).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::note::Ring;

    #[test]
    fn checkpoints_are_appended_and_never_contradict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ckpt");
        let signer = Signer::generate("audit.example/a").unwrap();
        let add = |size, root: u8| append(&path, "audit.example/a", size, &[root; 32], &signer);
        assert!(add(11, 1).unwrap().is_some());
        assert!(add(11, 1).unwrap().is_none());
        assert!(add(22, 2).unwrap().is_some());
        for (size, root) in [(11, 1), (21, 3), (22, 3)] {
            assert!(add(size, root).is_err(), "{size}");
        }
        assert!(append(&path, "audit.example/b", 30, &[1; 32], &signer).is_err());
        // An append that was cut short does not spoil the next.
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
        assert!(add(33, 3).unwrap().is_some());
        let file = std::fs::read(&path).unwrap();
        let mut ring = Ring::default();
        ring.add(signer.verifier().clone()).unwrap();
        let sizes: Vec<Option<u64>> = entries(&file)
            .map(|entry| {
                let note = entry.note.ok()?;
                note.verify(&ring).unwrap();
                Some(Checkpoint::parse(note.text).unwrap().size)
            })
            .collect();
        assert_eq!(sizes, [Some(11), None, Some(33)]);
        // Another key may say the same.
        let other = Signer::generate("witness").unwrap();
        assert!(append(&path, "audit.example/a", 33, &[3; 32], &other).unwrap().is_some());
    }
}
