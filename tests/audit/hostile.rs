//! Honest logs that look odd, and dishonest ones that try to confuse: never "tampered" for the first, never a crash.

use std::path::Path;

use hermes_lint::audit::finding::{Code, Severity};
use hermes_lint::audit::verdict::Verdict;

use super::mutations::check;
use super::writers::{Format, sha};

/// A line of the file sink of Microsoft's toolkit, with `data` spelled as Python's `json.dumps` spells it.
fn agt(data: &str, prev: &str, number: u64) -> (String, String) {
    let fields = format!(
        "\"action\": \"run\", \"agent_did\": \"did:x\", %\"data\": {data}, \"entry_id\": \"e{number}\", \
         \"event_type\": \"tool\", \"matched_rule\": null, \"outcome\": \"ok\", \"policy_decision\": \"allow\", \
         \"previous_hash\": \"{prev}\", \"resource\": null, \"session_id\": \"s\", \"target_did\": null, \
         \"timestamp\": \"2026-11-21T19:40:00+00:00\", \"trace_id\": null"
    );
    let hash = sha(format!("{{{}}}", fields.replace('%', "")));
    (format!("{{{}}}", fields.replace('%', &format!("\"content_hash\": \"{hash}\", "))), hash)
}

fn agt_log(data: &[&str]) -> String {
    let mut prev = String::new();
    let mut out = String::new();
    for (number, data) in (0..).zip(data) {
        let (line, hash) = agt(data, &prev, number);
        out.push_str(&line);
        out.push('\n');
        prev = hash;
    }
    out
}

fn errors(path: &Path, profile: &str) -> (Verdict, Vec<Code>) {
    let chain = check(path, profile, None);
    let errors = chain
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.rule)
        .collect();
    (chain.verdict, errors)
}

#[test]
fn what_python_writes_is_what_python_hashed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let log = agt_log(&[
        r#"{"f": 1e-07, "g": 1e+21, "h": 0.3333333333333333, "n": 1000000000000000000000000000000, "z": -0.0}"#,
        r#"{"inf": Infinity, "minus": -Infinity, "nan": NaN}"#,
        r#"{"lone": "\ud800", "other": "x\udcffy", "pair": "\ud83d\ude00"}"#,
        r#"{"delete": "\u007f", "separators": "\u2028\u2029\u0085", "tab": "\t\u0001"}"#,
        r#"{"": "", "empty": {}, "list": []}"#,
    ]);
    for text in
        [log.clone(), log.replace('\n', "\r\n"), format!("\u{feff}{log}"), format!("\n{log}\n")]
    {
        std::fs::write(&path, text).unwrap();
        assert_eq!(errors(&path, "ms-agt-file"), (Verdict::Intact, vec![]));
    }
    // The same bytes with one changed.
    std::fs::write(&path, log.replace("1e-07", "1e-06")).unwrap();
    assert_eq!(errors(&path, "ms-agt-file"), (Verdict::Broken, vec![Code::Hash]));
    std::fs::write(&path, log.replace("udcff", "udcfe")).unwrap();
    assert_eq!(errors(&path, "ms-agt-file"), (Verdict::Broken, vec![Code::Hash]));
}

/// RFC 8785 has integers go through a double, and no spelling for what is not finite.
#[test]
fn numbers_of_jcs_logs_go_through_a_double() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let zeros = "0".repeat(64);
    let log = |written: &str, hashed: &str| {
        let record = |hash: &str, number: &str| {
            format!(
                "{{\"integrity\":{{\"canon\":\"rfc8785\",{hash}\"prev_hash\":\"{zeros}\"}},\"n\":{number},\
                 \"record_id\":\"r\",\"ts\":\"2026-11-21T19:40:00Z\"}}"
            )
        };
        let hash = sha(record("", hashed));
        record(&format!("\"hash\":\"{hash}\","), written) + "\n"
    };
    for (written, hashed) in [
        ("1000000000000000000000000000000", "1e+30"),
        ("9007199254740993", "9007199254740992"),
        ("1e-7", "1e-7"),
        ("0.0000001", "1e-7"),
        ("-0.0", "0"),
        ("\"\\ud800\"", "\"\\ud800\""),
        ("\"\\u2028\"", "\"\u{2028}\""),
        ("\"\u{2028}\\/\"", "\"\u{2028}/\""),
    ] {
        std::fs::write(&path, log(written, hashed)).unwrap();
        assert_eq!(errors(&path, "halo-record"), (Verdict::Intact, vec![]), "{written}");
    }
    std::fs::write(&path, log("NaN", "NaN")).unwrap();
    let chain = check(&path, "halo-record", None);
    assert_eq!(chain.verdict, Verdict::Intact);
    assert!(chain.findings.iter().any(|finding| finding.rule == Code::UnsafeNumber));
}

#[test]
fn a_long_record_is_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let long = format!("{{\"text\": \"{}\"}}", "y".repeat(30_000_000));
    let log = agt_log(&[r#"{"n": 1}"#, &long, r#"{"n": 2}"#]);
    std::fs::write(&path, &log).unwrap();
    assert_eq!(errors(&path, "ms-agt-file"), (Verdict::Intact, vec![]));
    std::fs::write(&path, log.replacen("yyy", "yzy", 1)).unwrap();
    assert_eq!(errors(&path, "ms-agt-file"), (Verdict::Broken, vec![Code::Hash]));
}

#[test]
fn an_empty_log_is_no_tampered_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    for text in ["", "\n", "\u{feff}", "[]"] {
        std::fs::write(&path, text).unwrap();
        let chain = check(&path, "ms-agt-file", None);
        assert_eq!((chain.verdict, chain.records), (Verdict::Intact, 0), "{text:?}");
        assert!(chain.claims.iter().all(|claim| !claim.proved));
    }
}

/// Whatever the bytes, each profile has an answer.
#[test]
fn no_bytes_crash_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let deep = "[".repeat(100_000);
    let many = format!("[{}1]", "1,".repeat(200_000));
    let clean = Format::Waxseal.log(3, 1).join("\n");
    for bytes in [
        &b"\0\0\0\0"[..],
        b"\xff\xfe{\0}\0",
        b"{",
        b"[",
        b"[[[[",
        b"{}}",
        b"null\ntrue\n1\n\"x\"\n",
        b"{\"hash\":{},\"prev\":[],\"seq\":\"x\",\"ts\":{}}\n",
        b"{\"entry_hash\":null,\"header\":null,\"payload_b64\":1}\n{\"header\":{\"seq\":-1}}\n",
        b"{\"integrity\":{\"hash\":\"\",\"prev_hash\":\"\"}}\n",
        b"SQLite format 3\0garbage",
        b"\x1f\x8bgarbage",
        b"\x28\xb5\x2f\xfdgarbage",
        deep.as_bytes(),
        many.as_bytes(),
        &clean.as_bytes()[..clean.len() / 2],
    ] {
        std::fs::write(&path, bytes).unwrap();
        for (name, profile) in hermes_lint::audit::profile::shipped() {
            let Ok(log) = hermes_lint::audit::logs::log(&path, Some(profile), &[]) else {
                continue;
            };
            if log.opened.is_packed() || bytes.starts_with(b"SQLite") {
                continue;
            }
            drop(log);
            check(&path, name, None);
        }
    }
}
