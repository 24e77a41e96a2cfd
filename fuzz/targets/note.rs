//! Signed notes, checkpoints, keys and records of any bytes: no panic, what is read is what was written, and nothing
//! verifies that the key has not signed.
#![no_main]

use hermes_lint::audit::note::{Checkpoint, MAX_SIGNATURES, Note, Ring, Verifier, entries};
use hermes_lint::audit::record::{Json, intact};
use libfuzzer_sys::fuzz_target;

/// The public half of a key whose private half is nowhere in the corpus.
const KEY: &str = "audit.example.com/hermes-01+32f3e501+AeVDLlr35NzF8SDsRBJYpMtfsQFhKVDeeBhhHDpkCORG";

fuzz_target!(|data: &[u8]| {
    let mut ring = Ring::default();
    ring.add(Verifier::parse(KEY).unwrap()).unwrap();
    if let Ok(note) = Note::parse(data) {
        assert!(note.text.ends_with('\n') && data.starts_with(note.text.as_bytes()));
        assert!((1..=MAX_SIGNATURES).contains(&note.signatures.len()));
        assert!(note.verify(&ring).is_err());
        if let Ok(checkpoint) = Checkpoint::parse(note.text) {
            assert_eq!(checkpoint.text(), note.text);
        }
    }
    let mut end = 0;
    for entry in entries(data) {
        assert!(entry.offset >= end && !entry.bytes.is_empty());
        assert_eq!(data.get(entry.offset..entry.offset + entry.bytes.len()), Some(entry.bytes));
        end = entry.offset + entry.bytes.len();
    }
    let _ = intact(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = Verifier::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        let mut once = String::new();
        json.write(&mut once);
        let mut twice = String::new();
        serde_json::from_str::<Json>(&once).unwrap().write(&mut twice);
        assert_eq!(once, twice);
    }
});
