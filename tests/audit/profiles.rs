//! Shipped profiles recognise their logs, and the command line says what it found.

use std::path::Path;

use assert_cmd::Command;
use hermes_lint::audit::key::Signer;
use hermes_lint::audit::merkle::Tree;
use hermes_lint::audit::note::Checkpoint;
use hermes_lint::audit::record::{Chain, Map};
use serde_json::Value;

use super::writers::{ALL, Format, NONCE, ORIGIN};

fn run(folder: &Path, arguments: &[&str]) -> (i32, Value, String) {
    let output = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder)
        .args(["audit", "verify", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), report, String::from_utf8(output.stderr).unwrap())
}

fn write(folder: &Path, name: &str, lines: &[String]) {
    std::fs::write(folder.join(name), lines.join("\n") + "\n").unwrap();
}

fn codes(report: &Value) -> Vec<&str> {
    let mut codes: Vec<&str> = report["logs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|log| log["findings"].as_array().unwrap())
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The merkle root of the v1 log in `lines`.
fn root(lines: &[String]) -> [u8; 32] {
    let mut tree = Tree::new();
    for line in lines {
        let hash = Format::V1.hash_of(line).unwrap();
        let hash = data_encoding::HEXLOWER.decode(hash.trim_start_matches("sha256:").as_bytes());
        tree.push(&hash.unwrap().try_into().unwrap());
    }
    tree.root()
}

fn checkpoint(signer: &Signer, origin: &str, lines: &[String]) -> String {
    let checkpoint =
        Checkpoint { origin, size: lines.len() as u64, root: root(lines), extensions: Vec::new() };
    signer.sign(&checkpoint.text()).unwrap()
}

#[test]
fn a_log_is_recognised_by_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("{{\"chain_seed\":{{\"nonce\":\"{NONCE}\"}}}}");
    std::fs::write(folder.path().join("psy.json"), settings).unwrap();
    for &format in ALL {
        write(folder.path(), "log.jsonl", &format.log(6, 2));
        let (status, report, errors) = run(folder.path(), &["log.jsonl"]);
        assert_eq!(status, 0, "{format:?}: {report:#} {errors}");
        let profile = hermes_lint::audit::profile::named(format.profile()).unwrap();
        assert_eq!(report["logs"][0]["profile"], profile.id.as_str());
        assert_eq!(report["logs"][0]["records"], 6);
    }
    std::fs::write(folder.path().join("log.jsonl"), "{\"a\":1}\n").unwrap();
    let (status, report, _) = run(folder.path(), &["log.jsonl"]);
    assert_eq!((status, report["verdict"].as_str()), (3, Some("unverifiable")));
}

#[test]
fn a_log_is_recognised_by_a_first_record_that_is_longer_than_a_piece() {
    let folder = tempfile::tempdir().unwrap();
    let mut events: Vec<_> = (0..3).map(|number| Format::V1.event(number, 1)).collect();
    events[0]["in"] = serde_json::json!({"text": "x".repeat(400 << 10)});
    write(folder.path(), "log.jsonl", &Format::V1.chain(&events));
    let (status, report, _) = run(folder.path(), &["log.jsonl"]);
    assert_eq!((status, &report["logs"][0]["records"]), (0, &serde_json::json!(3)), "{report:#}");
}

#[test]
fn the_state_of_an_earlier_run_shows_what_the_chain_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let clean = Format::V1.log(8, 1);
    write(folder.path(), "audit-000001.jsonl", &clean[..5]);
    let arguments = ["audit-000001.jsonl", "--state", "pins.json", "--origin", ORIGIN];
    let (status, report, errors) = run(folder.path(), &arguments);
    assert_eq!(status, 0, "{report:#}");
    assert!(errors.contains("for the first time"), "{errors}");
    assert!(
        report["logs"][0]["claims"]
            .as_array()
            .unwrap()
            .iter()
            .all(|claim| claim["proved"] == false)
    );

    // It grew: what was there is proved now, and the state goes on.
    write(folder.path(), "audit-000001.jsonl", &clean);
    let (status, report, _) = run(folder.path(), &arguments);
    assert_eq!(status, 0, "{report:#}");
    let completeness = &report["logs"][0]["claims"][2];
    assert_eq!(
        (completeness["proved"].as_bool(), completeness["up_to"].as_u64()),
        (Some(true), Some(5))
    );
    assert_eq!(report["logs"][0]["anchored"]["tail_records"], 3);

    // The tail cut: broken, and the state stays.
    write(folder.path(), "audit-000001.jsonl", &clean[..7]);
    let before = std::fs::read(folder.path().join("pins.json")).unwrap();
    let (status, report, _) = run(folder.path(), &arguments);
    assert_eq!((status, codes(&report)), (1, vec!["chain/tail-truncated"]));
    assert_eq!(std::fs::read(folder.path().join("pins.json")).unwrap(), before);

    // Written anew, as long as before.
    write(folder.path(), "audit-000001.jsonl", &Format::V1.log(8, 2));
    let (status, report, _) = run(folder.path(), &arguments);
    assert_eq!((status, codes(&report)), (1, vec!["chain/rewritten"]));

    // Required, and deleted.
    std::fs::remove_file(folder.path().join("pins.json")).unwrap();
    let (status, report, _) =
        run(folder.path(), &[&arguments[..], &["--require", "state"]].concat());
    assert_eq!((status, codes(&report)), (1, vec!["chain/unanchored-tail"]));
}

#[cfg(unix)]
#[test]
fn a_state_that_anybody_may_write_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "log.jsonl", &Format::V1.log(3, 1));
    let arguments = ["log.jsonl", "--state", "pins.json"];
    assert_eq!(run(folder.path(), &arguments).0, 0);
    let pins = folder.path().join("pins.json");
    assert_eq!(std::fs::metadata(&pins).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&pins, std::fs::Permissions::from_mode(0o666)).unwrap();
    let (status, _, errors) = run(folder.path(), &arguments);
    assert_eq!(status, 2);
    assert!(errors.contains("others than its owner"), "{errors}");
}

#[test]
fn a_checkpoint_is_worth_what_its_key_is() {
    let folder = tempfile::tempdir().unwrap();
    let clean = Format::V1.log(8, 1);
    write(folder.path(), "log.jsonl", &clean);
    let trusted = Signer::generate(ORIGIN).unwrap();
    let other = Signer::generate(ORIGIN).unwrap();
    std::fs::write(folder.path().join("key.pub"), format!("{}\n", trusted.verifier())).unwrap();
    let both = format!(
        "{}\n{}",
        checkpoint(&trusted, ORIGIN, &clean[..4]),
        checkpoint(&trusted, ORIGIN, &clean)
    );
    let with = |notes: &str, more: &[&str]| {
        std::fs::write(folder.path().join("audit.ckpt"), notes).unwrap();
        let arguments = ["log.jsonl", "--checkpoint", "audit.ckpt"];
        run(folder.path(), &[&arguments[..], more].concat())
    };
    let key = ["--public-key", "key.pub", "--require", "checkpoint"];
    let (status, report, errors) = with(&both, &key);
    assert_eq!(status, 0, "{report:#}{errors}");
    assert_eq!(report["logs"][0]["anchored"]["size"], 8);
    assert_eq!(report["logs"][0]["origin"], ORIGIN);
    assert_eq!(report["logs"][0]["claims"][2]["by"], ORIGIN);

    // Signed by nobody that is trusted: no proof, and where one is required it is missing.
    let forged = checkpoint(&other, ORIGIN, &clean);
    let (status, report, _) = with(&forged, &["--public-key", "key.pub"]);
    assert_eq!(status, 0);
    assert_eq!(report["logs"][0]["claims"][2]["proved"], false);
    assert_eq!(with(&forged, &key).0, 1);
    assert_eq!(with("", &key).0, 1);

    // Of another log, of a longer one, of another past.
    for (notes, code) in [
        (checkpoint(&trusted, "test.example/other", &clean), "chain/wrong-log"),
        (checkpoint(&trusted, ORIGIN, &Format::V1.log(9, 1)), "chain/tail-truncated"),
        (checkpoint(&trusted, ORIGIN, &Format::V1.log(8, 2)), "chain/rewritten"),
        (both.replacen("\n8\n", "\n7\n", 1), "crypto/bad-signature"),
    ] {
        let arguments = [&key[..2], &["--origin", ORIGIN]].concat();
        let (status, report, _) = with(&notes, &arguments);
        assert_eq!((status, codes(&report)), (1, vec![code]), "{notes}");
    }
}

#[test]
fn signatures_that_are_required_and_gone_are_no_note() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "log.jsonl", &Format::AgtFile.log(5, 1));
    std::fs::write(folder.path().join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let (status, report, _) = run(folder.path(), &["log.jsonl", "--key-file", "key"]);
    assert_eq!((status, codes(&report)), (0, vec![]));
    let arguments = ["log.jsonl", "--key-file", "key", "--require", "signature"];
    let (status, report, _) = run(folder.path(), &arguments);
    assert_eq!((status, codes(&report)), (1, vec!["crypto/downgrade"]));
}

#[test]
fn files_of_one_chain_are_read_in_order_and_gaps_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let clean = Format::Cloakllm.log(9, 1);
    for (day, lines) in [(20, &clean[..3]), (21, &clean[3..6]), (22, &clean[6..])] {
        write(folder.path(), &format!("audit_2026-11-{day}.jsonl"), lines);
    }
    let (status, report, _) = run(folder.path(), &["."]);
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(report["logs"][0]["files"].as_array().unwrap().len(), 3);
    std::fs::remove_file(folder.path().join("audit_2026-11-21.jsonl")).unwrap();
    let (status, report, _) = run(folder.path(), &["."]);
    assert_eq!((status, codes(&report)), (1, vec!["chain/link", "chain/seq-gap"]));
    let finding = &report["logs"][0]["findings"][0];
    assert_eq!(finding["cause"]["kind"], "deleted");
    assert_eq!(finding["cause"]["records"], 3);
}

/// What `audit seal` leaves after a kill: the stump, and a record that owns up to it.
#[test]
fn a_torn_write_that_the_writer_owned_up_to_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let log = |sha256: &str, stump: &str| {
        let mut chain = Chain::genesis(ORIGIN);
        let ts = "2026-11-21T19:40:00.000000Z";
        let event = |kind: &str| {
            Map::new()
                .with("what", Map::new().with("kind", kind))
                .with("who", Map::new().with("agent", "hermes"))
        };
        let first = chain.seal(event("log.open"), ts);
        let about = Map::new()
            .with("offset", first.len() as u64)
            .with("bytes", stump.len() as u64)
            .with("sha256", sha256);
        let recover = chain.seal(event("log.recover").with("log", about), ts);
        let last = chain.seal(event("log.close"), ts);
        std::fs::write(folder.path().join("log.jsonl"), format!("{first}{stump}\n{recover}{last}"))
            .unwrap();
        run(folder.path(), &["log.jsonl", "--origin", ORIGIN])
    };
    let stump = "{\"in\":{\"text\":\"the end is";
    let (status, report, _) = log(&super::writers::sha(stump), stump);
    assert_eq!((status, codes(&report)), (0, vec!["file/torn-middle"]), "{report:#}");
    assert_eq!(report["logs"][0]["records"], 3);
    // A line that was put in the place of a record is no torn write, for all that a later stump is one.
    let text = std::fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let swapped = [lines[0], "{\"replaced\":", lines[3], stump].join("\n") + "\n";
    std::fs::write(folder.path().join("log.jsonl"), swapped).unwrap();
    let (status, report, _) = run(folder.path(), &["log.jsonl", "--origin", ORIGIN]);
    assert_eq!((status, codes(&report)), (1, vec!["chain/seq-gap", "json/syntax"]), "{report:#}");
    // The stump is not what the writer said it was.
    let (status, report, _) = log(&super::writers::sha("another"), stump);
    assert_eq!((status, codes(&report)), (1, vec!["file/torn-middle"]));
}

#[test]
fn a_profile_with_a_slip_is_shown_where() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "log.jsonl", &Format::V1.log(3, 1));
    std::fs::write(
        folder.path().join("mine.toml"),
        "id = \"x\"\n[fields]\nprev = \"/prev\"\n[hsah]\n",
    )
    .unwrap();
    let (status, _, errors) = run(folder.path(), &["log.jsonl", "--profile", "mine.toml"]);
    assert_eq!(status, 2);
    assert!(errors.contains("mine.toml") && errors.contains("hsah"), "{errors}");
    let (status, _, errors) = run(folder.path(), &["log.jsonl", "--profile", "nowhere.toml"]);
    assert_eq!(status, 2);
    assert!(errors.contains("hermes-lint-v1"), "{errors}");
}

#[test]
fn sarif_has_rules_and_regions() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Format::V1.log(4, 1);
    lines.remove(1);
    write(folder.path(), "log.jsonl", &lines);
    let output = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder.path())
        .args(["audit", "verify", "--format", "sarif", "log.jsonl"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let link = results.iter().find(|result| result["ruleId"] == "chain/link").unwrap();
    let region = &link["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 2);
    assert_eq!(region["byteOffset"].as_u64(), Some(lines[0].len() as u64 + 1));
}

#[test]
fn people_are_told_what_is_not_proved() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "log.jsonl", &Format::V1.log(4, 1));
    let output = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder.path())
        .args(["audit", "verify", "log.jsonl"])
        .output()
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
