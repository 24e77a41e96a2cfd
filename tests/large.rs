//! Files too large to be read whole: every credential is found, once, at its place, in bounded pieces.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use hermes_lint::secrets::template;
use serde_json::Value;

/// How long the files are: several parts, and beyond what is parsed.
const LENGTH: usize = 30_000_000;
/// Tokens stand around multiples of this, which borders of parts are.
const STEP: usize = 256 << 10;
/// How many bytes of a token lie before such a place: none, one, half, all but one, all, and one to spare.
const BEFORE: [usize; 6] = [0, 1, 36, 72, 73, 74];

fn check(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("hermes-lint")
        .expect("the binary")
        .env_remove("HERMES_HOME")
        .env("NO_COLOR", "1")
        .timeout(Duration::from_secs(240))
        .current_dir(folder)
        .args(["check", "--format", "json"])
        .args(arguments)
        .output()
        .expect("a run");
    (
        output.status.code().expect("a status"),
        String::from_utf8(output.stdout).expect("UTF-8 output"),
    )
}

fn token(seed: u64) -> String {
    template::expand("sk-or-v1-{hex:64}", seed).expect("a template")
}

/// A token's line and column.
type Place = (u64, u64);

/// A text of `filler` with tokens around every [`STEP`], and their places.
fn planted(filler: &str) -> (String, Vec<Place>) {
    let mut text = String::with_capacity(LENGTH + STEP);
    let (mut places, mut place) = (Vec::new(), (1, 1));
    let mut push = |text: &mut String, piece: &str| {
        let at = place;
        for c in piece.chars() {
            place = if c == '\n' { (place.0 + 1, 1) } else { (place.0, place.1 + 1) };
        }
        text.push_str(piece);
        at
    };
    for number in 1..LENGTH / STEP {
        let start = number * STEP - BEFORE[number / 8 % BEFORE.len()] - 1;
        while text.len() + filler.len() <= start {
            push(&mut text, filler);
        }
        let blanks = " ".repeat(start - text.len());
        push(&mut text, &blanks);
        push(&mut text, "\"");
        places.push(push(&mut text, &token(number as u64)));
        push(&mut text, "\", ");
    }
    (text, places)
}

fn places(report: &Value, path: &str) -> Vec<Place> {
    let findings = report["findings"].as_array().expect("a list");
    findings
        .iter()
        .filter(|finding| finding["path"] == path)
        .map(|finding| {
            assert_eq!(finding["rule"], "secret/known-token");
            assert_eq!(finding["end_line"], finding["line"]);
            (finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap())
        })
        .collect()
}

#[test]
fn a_token_across_any_border_is_found_once_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, in_one) = planted(r#"{"n": "é€😀", "v": 12, "of": "any"}, "#);
    let (many, in_many) = planted("{\"n\": \"é€😀\", \"v\": 12,\n\"of\": \"any\"},\r\n");
    fs::write(folder.path().join("one.json"), &one).expect("a file");
    fs::write(folder.path().join("many.json"), &many).expect("a file");
    let (status, json) = check(folder.path(), &["--threads", "1"]);
    assert_eq!(status, 1);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(places(&report, "one.json"), in_one);
    assert_eq!(places(&report, "many.json"), in_many);
    let summary = &report["summary"];
    assert_eq!(summary["files"], 2);
    assert_eq!(summary["bytes"], one.len() + many.len());
    assert_eq!(summary["skipped"].as_array().expect("a list").len(), 0);
    for number in 1..LENGTH / STEP {
        assert!(!json.contains(&token(number as u64)[20..]), "token {number} is shown");
    }
    for threads in ["2", "7"] {
        assert!(check(folder.path(), &["--threads", threads]).1 == json, "{threads} threads");
    }
}

#[test]
fn what_hermes_reads_is_searched_but_not_parsed_beyond_the_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("approvals:\n  mode: off\nopenrouter_api_key: {}\n", token(1));
    fs::write(folder.path().join("config.yaml"), text).expect("a file");
    fs::write(folder.path().join("log.txt"), format!("key {}\n", token(2))).expect("a file");
    let (_, json) = check(folder.path(), &["--max-size", "64"]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(places(&report, "config.yaml"), [(3, 21)]);
    assert_eq!(places(&report, "log.txt"), [(1, 5)]);
    let skipped = report["summary"]["skipped"].as_array().expect("a list");
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0]["path"], "config.yaml");
    assert_eq!(skipped[0]["reason"], "too-large");
}

#[test]
fn a_large_file_that_the_settings_exclude_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("key {}\n", token(1)) + &"some text\n".repeat(500_000);
    fs::write(folder.path().join("big.txt"), text).expect("a file");
    fs::write(folder.path().join(".hermes-lint.toml"), "exclude = [\"big.txt\"]\n")
        .expect("a file");
    let (status, json) = check(folder.path(), &[]);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(status, 0, "{json}");
    assert_eq!(report["summary"]["skipped"][0]["reason"], "excluded");
}
