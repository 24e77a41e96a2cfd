//! A log whose oldest records were removed: with a record that owns up to it, and without.

use std::path::Path;

use assert_cmd::Command;
use data_encoding::HEXLOWER;
use hermes_lint::audit::key::Signer;
use hermes_lint::audit::merkle::Tree;
use hermes_lint::audit::note::Checkpoint;
use serde_json::{Value, json};

use super::writers::{Format, ORIGIN};

/// What the record that owns up holds of the tree.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Tree,
    WrongTree,
    Nothing,
}

fn tree(lines: &[String]) -> Tree {
    let mut tree = Tree::new();
    for line in lines {
        let hash = Format::V1.hash_of(line).unwrap();
        let hash = HEXLOWER.decode(hash.trim_start_matches("sha256:").as_bytes()).unwrap();
        tree.push(&hash.try_into().unwrap());
    }
    tree
}

/// Twelve records, of which the tenth says that the first five were removed.
fn log(kept: Kept) -> Vec<String> {
    let mut events: Vec<_> = (0..12).map(|number| Format::V1.event(number, 1)).collect();
    let lines = Format::V1.chain(&events);
    let mut roots: Vec<String> =
        tree(&lines[..5]).subtrees().iter().map(|root| HEXLOWER.encode(root)).collect();
    let mut about = json!({
        "files": ["audit-000001.jsonl"], "last_seq": 4, "last_hash": Format::V1.hash_of(&lines[4]).unwrap(),
    });
    if kept == Kept::WrongTree {
        roots.reverse();
    }
    if kept != Kept::Nothing {
        about["tree"] = json!(roots);
    }
    events[9]["what"] = json!({"kind": "log.prune"});
    events[9].insert("log".to_owned(), about);
    Format::V1.chain(&events)
}

fn write(folder: &Path, lines: &[String]) {
    std::fs::write(folder.join("log.jsonl"), lines.join("\n") + "\n").unwrap();
}

fn verify(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder)
        .args(["audit", "verify", "--format", "json", "--origin", ORIGIN, "log.jsonl"])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Code and severity of what is said of the log, but for what no hash covers.
fn said(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["logs"][0]["findings"].as_array().unwrap().iter();
    findings.map(|one| (one["rule"].as_str().unwrap(), one["severity"].as_str().unwrap())).collect()
}

const CUT: (&str, &str) = ("chain/head-truncated", "note");
const TAIL: (&str, &str) = ("chain/unanchored-tail", "note");

#[test]
fn what_was_removed_and_owned_up_to_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    for kept in [Kept::Tree, Kept::Nothing] {
        let lines = log(kept);
        // Before it is removed, the record says nothing.
        write(folder.path(), &lines);
        let (status, report) = verify(folder.path(), &[]);
        assert_eq!((status, said(&report)), (0, vec![]), "{report:#}");
        write(folder.path(), &lines[5..]);
        let (status, report) = verify(folder.path(), &["--strict"]);
        assert_eq!((status, said(&report)), (0, vec![CUT]), "{report:#}");
        let chain = &report["logs"][0];
        assert_eq!((chain["removed"].as_u64(), chain["records"].as_u64()), (Some(5), Some(7)));
        let root = HEXLOWER.encode(&tree(&lines).root());
        assert_eq!(chain["root"], if kept == Kept::Tree { root.as_str() } else { "" });
        assert!(chain["claims"].as_array().unwrap().iter().all(|claim| claim["proved"] == false));
    }
}

#[test]
fn what_was_removed_without_a_word_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let broken = |lines: &[String]| {
        write(folder.path(), lines);
        let (status, report) = verify(folder.path(), &[]);
        assert_eq!(status, 1);
        let said = said(&report);
        assert!(said.contains(&("chain/head-truncated", "error")), "{said:?}");
    };
    let lines = log(Kept::Tree);
    // One more than was owned up to, one less, and the record that owned up.
    broken(&lines[6..]);
    broken(&lines[4..]);
    broken(&[&lines[5..9], &lines[10..]].concat());
    // The record itself was changed.
    let mut changed = lines[5..].to_vec();
    changed[4] = changed[4].replace("audit-000001", "audit-000009");
    broken(&changed);
}

#[test]
fn heads_of_the_whole_log_still_speak_for_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let state = ["--state", "pins.json"];
    for kept in [Kept::Tree, Kept::Nothing] {
        let lines = log(kept);
        // A state of eight records, of which five are removed.
        let _ = std::fs::remove_file(folder.path().join("pins.json"));
        write(folder.path(), &lines[..8]);
        assert_eq!(verify(folder.path(), &state).0, 0);
        let early = std::fs::read(folder.path().join("pins.json")).unwrap();
        write(folder.path(), &lines[5..]);
        let (status, report) = verify(folder.path(), &state);
        assert_eq!((status, said(&report)), (0, vec![CUT, TAIL]), "{report:#}");
        assert_eq!(report["logs"][0]["anchored"]["size"], 8);
        assert_eq!(report["logs"][0]["claims"][0]["up_to"], 8);
        // It was renewed, and holds for all twelve.
        let (status, report) = verify(folder.path(), &state);
        assert_eq!((status, said(&report)), (0, vec![CUT]), "{report:#}");
        assert_eq!(report["logs"][0]["anchored"]["size"], 12);
        // A rewritten record after the cut.
        let mut events: Vec<_> = (0..8).map(|number| Format::V1.event(number, 1)).collect();
        events[6]["in"] = json!({"args": {"command": "something else"}});
        let mut rest: Vec<Value> = Vec::new();
        for line in &lines[8..] {
            rest.push(serde_json::from_str(line).unwrap());
        }
        for mut event in rest {
            for own in ["hash", "prev", "seq"] {
                event.as_object_mut().unwrap().remove(own);
            }
            events.push(event.as_object().unwrap().clone());
        }
        let anew = Format::V1.chain(&events);
        std::fs::write(folder.path().join("pins.json"), &early).unwrap();
        write(folder.path(), &anew[5..]);
        let (status, report) = verify(folder.path(), &state);
        assert_eq!(
            (status, said(&report)),
            (1, vec![CUT, ("chain/rewritten", "error")]),
            "{report:#}"
        );
        // All that the state knew is gone.
        let _ = std::fs::remove_file(folder.path().join("pins.json"));
        write(folder.path(), &lines[..3]);
        assert_eq!(verify(folder.path(), &state).0, 0);
        write(folder.path(), &lines[5..]);
        let (status, report) = verify(folder.path(), &state);
        let expected = vec![CUT, ("chain/head-truncated", "error")];
        assert_eq!((status, said(&report)), (1, expected), "{report:#}");
        // Its end was what was removed.
        let _ = std::fs::remove_file(folder.path().join("pins.json"));
        write(folder.path(), &lines[..5]);
        assert_eq!(verify(folder.path(), &state).0, 0);
        write(folder.path(), &lines[5..]);
        let (status, report) = verify(folder.path(), &state);
        assert_eq!((status, said(&report)), (0, vec![CUT, TAIL]), "{report:#}");
    }
}

#[test]
fn a_checkpoint_attests_the_tree_of_what_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::generate(ORIGIN).unwrap();
    let key = signer.verifier().to_string();
    for kept in [Kept::Tree, Kept::WrongTree, Kept::Nothing] {
        let lines = log(kept);
        let signed: String = [3, 8]
            .map(|size| {
                let root = tree(&lines[..size]).root();
                let checkpoint =
                    Checkpoint { origin: ORIGIN, size: size as u64, root, extensions: Vec::new() };
                signer.sign(&checkpoint.text()).unwrap() + "\n"
            })
            .concat();
        std::fs::write(folder.path().join("log.ckpt"), signed).unwrap();
        write(folder.path(), &lines[5..]);
        let (status, report) =
            verify(folder.path(), &["--checkpoint", "log.ckpt", "--public-key", &key]);
        let (expected, size) = match kept {
            Kept::Tree => (vec![CUT, TAIL], json!(8)),
            Kept::WrongTree => (vec![CUT, ("chain/rewritten", "error")], Value::Null),
            Kept::Nothing => (vec![CUT, TAIL], Value::Null),
        };
        assert_eq!((status == 0, said(&report)), (kept != Kept::WrongTree, expected), "{report:#}");
        assert_eq!(report["logs"][0]["anchored"]["size"], size);
        let required =
            ["--checkpoint", "log.ckpt", "--public-key", &key, "--require", "checkpoint"];
        assert_eq!(verify(folder.path(), &required).0, i32::from(kept != Kept::Tree));
    }
}

#[test]
fn the_record_that_fits_is_found_behind_many_that_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut events: Vec<_> = (0..170).map(|number| Format::V1.event(number, 1)).collect();
    let lines = Format::V1.chain(&events);
    for (number, event) in events.iter_mut().enumerate().skip(10) {
        // The last of 150 is the one that owns up to what is missing.
        let last = if number == 160 { 4 } else { 3 };
        if number <= 160 {
            event["what"] = json!({"kind": "log.prune"});
            let hash = Format::V1.hash_of(&lines[last]).unwrap();
            event.insert("log".to_owned(), json!({"last_seq": last, "last_hash": hash}));
        }
    }
    let lines = Format::V1.chain(&events);
    write(folder.path(), &lines[5..]);
    let (status, report) = verify(folder.path(), &["--strict"]);
    assert_eq!((status, said(&report)), (0, vec![CUT]), "{report:#}");
    write(folder.path(), &[&lines[5..160], &lines[161..]].concat());
    assert_eq!(verify(folder.path(), &[]).0, 1);
}
