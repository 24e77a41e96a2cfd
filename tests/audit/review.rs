//! The weekly review: what it counts, what it calls an anomaly, and what it never shows.

use std::path::Path;

use assert_cmd::Command;
use hermes_lint::secrets::template;
use serde_json::{Value, json};

use super::writers::{Format, ORIGIN};

const UNTIL: &str = "2026-11-22T18:00:00Z";

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder)
        .env("TZ", "UTC")
        .args(["audit", "review", "--until", UNTIL])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn json_of(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let (status, out, errors) = run(folder, &[arguments, &["--format", "json"]].concat());
    (status, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{errors}")))
}

/// An event of our own format on November `day` at `clock`.
fn event(day: u32, clock: &str, kind: &str, name: &str, rest: &Value) -> Value {
    let mut event = json!({
        "v": 1, "ts": format!("2026-11-{day:02}T{clock}.000000Z"),
        "what": {"kind": kind, "name": name}, "who": {"agent": "hermes", "principal": "user:ann"},
    });
    for (key, value) in rest.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn write(folder: &Path, format: Format, events: &[Value]) {
    let members: Vec<_> = events.iter().map(|event| event.as_object().unwrap().clone()).collect();
    let lines = format.chain(&members);
    std::fs::write(folder.join("log.jsonl"), lines.join("\n") + "\n").unwrap();
}

/// A call on `day` and its result.
fn call(day: u32, clock: &str, tool: &str, id: &str) -> [Value; 2] {
    let reference = json!({"ref": {"call": id}});
    let result = json!({"ref": {"call": id}, "out": {"status": "ok"}});
    [
        event(day, clock, "tool.call", tool, &reference),
        event(day, clock, "tool.result", tool, &result),
    ]
}

/// Three weeks in which nothing is odd: two calls an hour from eight to five.
fn weeks() -> Vec<Value> {
    let mut events = Vec::new();
    for day in 2..=22 {
        for hour in 8..17 {
            for (minute, tool) in [(0, "read_file"), (30, "terminal")] {
                let id = format!("c{day}-{hour}-{minute}");
                events.extend(call(day, &format!("{hour:02}:{minute:02}:00"), tool, &id));
            }
        }
    }
    events
}

fn by_time(mut events: Vec<Value>) -> Vec<Value> {
    events.sort_by_key(|event| event["ts"].as_str().unwrap().to_owned());
    events
}

/// Rule and line of each anomaly, notes left out.
fn anomalies(report: &Value) -> Vec<(&str, u64)> {
    let list = report["anomalies"].as_array().unwrap().iter();
    list.filter(|anomaly| anomaly["severity"] != "note")
        .map(|anomaly| (anomaly["rule"].as_str().unwrap(), anomaly["line"].as_u64().unwrap_or(0)))
        .collect()
}

fn line_of(events: &[Value], wanted: &Value) -> u64 {
    events.iter().position(|event| event == wanted).unwrap() as u64 + 1
}

fn group<'r>(report: &'r Value, id: &str) -> &'r Value {
    let groups = report["key_events"].as_array().unwrap();
    groups.iter().find(|group| group["id"] == id).unwrap()
}

#[test]
fn a_quiet_week_has_no_anomalies() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Format::V1, &weeks());
    let (status, out, errors) = run(folder.path(), &["log.jsonl", "--hours", "08-18"]);
    assert_eq!((status, errors.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!(out);
    // For a timer: it has nothing to say.
    let (_, out, errors) = run(folder.path(), &["log.jsonl", "-q"]);
    assert_eq!((out.as_str(), errors.as_str()), ("", ""));
    let (_, report) = json_of(folder.path(), &["log.jsonl"]);
    // From the 15th at 18:00 to the 22nd at 18:00 lie seven days of 18 calls with their results.
    assert_eq!(report["events"], 7 * 18 * 2);
    assert_eq!(
        report["tables"]["tools"]["terminal"],
        json!({"events": 126, "ok": 63, "failed": 0, "denied": 0})
    );
    assert_eq!(report["logs"][0]["records"], 21 * 36);
}

#[test]
fn what_somebody_should_look_at_is_found_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let ann = |kind: &str, day, clock: &str, name: &str, rest: &Value| {
        event(day, clock, kind, name, rest)
    };
    let denied = json!({"out": {"status": "denied"}, "policy": {"decision": "deny"}});
    let mut odd = Vec::new();
    // Five attempts within ten minutes, and one that works.
    for minute in 0..5 {
        odd.push(ann("auth", 16, &format!("03:0{minute}:00"), "login_failure", &denied));
    }
    let login = ann("auth", 16, "03:05:00", "login_success", &json!({"out": {"status": "ok"}}));
    // A tool that nobody used before, and somebody who is new.
    let [browser, browsed] = call(17, "09:10:00", "browser_navigate", "b1");
    let mut bob = ann("message.in", 17, "10:10:00", "", &json!({}));
    bob["who"]["principal"] = "user:bob".into();
    // Ten denials within ten minutes.
    let denials: Vec<Value> = (0..10)
        .map(|second| ann("approval", 18, &format!("09:10:{second:02}"), "hardline", &denied))
        .collect();
    // A call that was denied, and done.
    let [asked, mut done] = call(19, "09:10:00", "terminal", "d1");
    done["ts"] = "2026-11-19T09:10:02.000000Z".into();
    let mut no = ann("approval", 19, "09:10:01", "user", &denied);
    no["ref"] = json!({"call": "d1"});
    // A call without a result, a result without a call, and an id used twice.
    let [open, _] = call(20, "09:10:00", "memory_search", "e1");
    let [_, stray] = call(20, "09:11:00", "terminal", "e2");
    let [first, _] = call(20, "09:12:00", "read_file", "e3");
    let [again, answered] = call(20, "09:13:00", "read_file", "e3");
    // 150 events in a minute.
    let burst: Vec<Value> = (0..150)
        .map(|number| {
            let clock = format!("12:10:{:02}", number / 3);
            ann("message.out", 21, &clock, "", &json!({"in": {"n": number}}))
        })
        .collect();
    // What the writer lost.
    let lost = ann("log.gap", 21, "13:10:00", "", &json!({"log": {"reason": "late"}}));
    let mut events = weeks();
    events.extend(odd.clone());
    events.extend([&login, &browser, &browsed, &bob, &asked, &no, &done].map(Clone::clone));
    events.extend([&open, &stray, &first, &again, &answered, &lost].map(Clone::clone));
    events.extend(denials.clone());
    events.extend(burst.clone());
    let events = by_time(events);
    write(folder.path(), Format::V1, &events);
    let (status, report) = json_of(folder.path(), &["log.jsonl", "--hours", "mon-fri 08-18"]);
    assert_eq!(status, 1);
    let at = |event: &Value| line_of(&events, event);
    let expected = [
        ("review/denied-then-done", at(&done)),
        ("review/login-after-failures", at(&login)),
        ("review/failed-authentication", at(&odd[0])),
        ("review/denials", at(&denials[0])),
        ("review/new-tool", at(&browser)),
        ("review/new-tool", at(&open)),
        ("review/new-actor", at(&bob)),
        ("review/burst", at(&burst[0])),
        ("review/lost-events", at(&lost)),
        ("review/off-hours", at(&odd[0])),
        ("review/unanswered-call", at(&open)),
        ("review/result-without-call", at(&stray)),
        ("review/call-id-reused", at(&again)),
    ];
    assert_eq!(anomalies(&report), expected, "{:#}", report["anomalies"]);
    assert_eq!(group(&report, "failed-authentication")["events"], 5);
    assert_eq!(group(&report, "approvals")["events"], 11);
    // The two tools that were not used before.
    assert_eq!(group(&report, "tool-access")["events"], 2);
    let latest = group(&report, "failed-authentication")["latest"].as_array().unwrap();
    assert_eq!(latest.last().unwrap()["line"], at(&odd[4]));
    // The same, from a time after it.
    let (_, report) = json_of(folder.path(), &["log.jsonl", "--since", "1d"]);
    assert_eq!(anomalies(&report), []);
}

#[test]
fn what_the_state_knows_is_not_new() {
    let folder = tempfile::tempdir().unwrap();
    let state = ["log.jsonl", "--origin", ORIGIN, "--state", "state.json"];
    let mut events: Vec<Value> = call(20, "09:00:00", "read_file", "a").to_vec();
    write(folder.path(), Format::V1, &events);
    // Nothing is known yet, so nothing is new; from then on it is.
    let (status, report) = json_of(folder.path(), &state);
    assert_eq!((status, anomalies(&report).len()), (0, 0));
    let untold = report["logs"][0]["untold"].as_array().unwrap();
    assert!(untold.iter().any(|text| text.as_str().unwrap().contains("--state")), "{untold:?}");
    events.extend(call(21, "09:00:00", "terminal", "b"));
    write(folder.path(), Format::V1, &events);
    let (status, report) = json_of(folder.path(), &state);
    assert_eq!((status, anomalies(&report)), (1, vec![("review/new-tool", 3)]));
    // Told once.
    let (status, report) = json_of(folder.path(), &state);
    assert_eq!((status, anomalies(&report).len()), (0, 0));
    // A verification keeps what the review knew.
    let verified = Command::cargo_bin("hermes-lint")
        .unwrap()
        .current_dir(folder.path())
        .args(["audit", "verify", "-q"])
        .args(state)
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(0));
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("state.json")).unwrap())
            .unwrap();
    assert_eq!(kept["logs"][ORIGIN]["seen"]["tool"], json!(["read_file", "terminal"]));
    // A log that was written anew is broken, whatever happened in it, and the state stays.
    events.remove(0);
    write(folder.path(), Format::V1, &events);
    let (status, report) = json_of(folder.path(), &state);
    assert_eq!((status, report["verdict"].as_str()), (1, Some("broken")));
    assert!(anomalies(&report).iter().any(|(rule, _)| *rule == "review/chain-broken"));
    let after: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("state.json")).unwrap())
            .unwrap();
    assert_eq!(after, kept);
}

#[test]
fn secrets_are_named_by_place_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = template::expand("sk-ant-api03-{alnum:93}AA", 7).unwrap();
    let packed =
        data_encoding::BASE64.encode(format!("{{\"env\":{{\"TOKEN\":\"{key}\"}}}}").as_bytes());
    let text = json!({"args": {"command": format!("curl -H 'x-api-key: {key}'\n")}}).to_string();
    let card = "4539 1488 0343 6467";
    let events = [
        event(
            20,
            "09:00:00",
            "tool.call",
            "terminal",
            &json!({"in": {"args": {"command": format!("export K={key}")}}}),
        ),
        event(20, "09:00:01", "tool.call", "terminal", &json!({"in": {"preview": text}})),
        event(20, "09:00:02", "tool.call", "terminal", &json!({"in": {"payload": packed}})),
        event(
            20,
            "09:00:03",
            "tool.call",
            "terminal",
            &json!({"in": {"args": {"text": format!("card {card}")}}}),
        ),
        // As a name, as a kind and as a key.
        event(20, "09:00:04", "tool.call", &key, &json!({"in": {&*key: 1}})),
        event(
            20,
            "09:00:05",
            &format!("kind {key}"),
            "x",
            &json!({"who": {"agent": &key, "principal": &key, "session": &key}}),
        ),
        // What a redaction leaves is none.
        event(
            20,
            "09:00:06",
            "tool.call",
            "terminal",
            &json!({"in": {"args": {"api_key": "[redacted: credential]"}}}),
        ),
    ];
    write(folder.path(), Format::V1, &events);
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(status, 1);
    let told: Vec<(&str, &str, u64)> = report["anomalies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["severity"] != "note")
        .map(|one| {
            let message = one["message"].as_str().unwrap();
            let place = message.rsplit_once(" at ").unwrap().1;
            (one["rule"].as_str().unwrap(), place, one["line"].as_u64().unwrap())
        })
        .collect();
    let masked = "/in/[redacted: anthropic-api-key]";
    for expected in [
        ("review/secret", "/in/args/command", 1),
        ("review/secret", "/in/preview > /args/command", 2),
        ("review/secret", "/in/payload > /env/TOKEN", 3),
        ("review/personal-data", "/in/args/text", 4),
        ("review/secret", "/what/name", 5),
        ("review/secret", masked, 5),
        ("review/secret", "/what/kind", 6),
        ("review/secret", "/who/agent", 6),
    ] {
        assert!(told.contains(&expected), "{expected:?} of {told:?}");
    }
    assert!(told.iter().all(|(_, _, line)| *line != 7), "{told:?}");
    for format in ["human", "json", "markdown"] {
        let (_, out, errors) =
            run(folder.path(), &["log.jsonl", "-v", "--format", format, "--state", "state.json"]);
        let state = std::fs::read_to_string(folder.path().join("state.json")).unwrap();
        for text in [&out, &errors, &state] {
            assert!(!text.contains(&key[..20]), "{format}: {text}");
            assert!(!text.contains(card));
        }
    }
}

#[test]
fn silences_count_where_the_log_beats_or_a_limit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = call(20, "08:00:00", "read_file", "a").to_vec();
    for minute in (5..60).step_by(5) {
        events.push(event(20, &format!("08:{minute:02}:00"), "log.heartbeat", "", &json!({})));
    }
    // Three beats and a bit.
    events.push(event(20, "09:11:00", "log.heartbeat", "", &json!({})));
    events.push(event(20, "09:26:00", "log.heartbeat", "", &json!({})));
    write(folder.path(), Format::V1, &events);
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!((status, anomalies(&report)), (1, vec![("review/silence", 14)]), "{report:#}");
    let (_, report) = json_of(folder.path(), &["log.jsonl", "--max-gap", "10m"]);
    assert_eq!(anomalies(&report), [("review/silence", 14), ("review/silence", 15)]);
    let (status, report) = json_of(folder.path(), &["log.jsonl", "--max-gap", "2h"]);
    assert_eq!((status, anomalies(&report).len()), (0, 0));
    // Nobody promised that somebody works at night.
    write(folder.path(), Format::V1, &weeks());
    let (status, _) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(status, 0);
}

#[test]
fn a_log_that_begins_too_late_is_not_kept_long_enough() {
    let folder = tempfile::tempdir().unwrap();
    let events = weeks();
    write(folder.path(), Format::V1, &events);
    let text = std::fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
    let rest: Vec<&str> = text.lines().skip(36).collect();
    std::fs::write(folder.path().join("log.jsonl"), rest.join("\n") + "\n").unwrap();
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(status, 1);
    let rules: Vec<&str> = anomalies(&report).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["review/chain-broken", "review/retention"], "{report:#}");
}

#[test]
fn other_formats_say_the_same_in_their_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let agt = |number: u32, action: &str, outcome: &str, decision: &str| {
        let mut event = Value::Object(Format::AgtFile.event(u64::from(number), 1));
        event["event_type"] = "tool_invocation".into();
        event["action"] = action.into();
        event["outcome"] = outcome.into();
        event["policy_decision"] = decision.into();
        event
    };
    let events = [
        agt(0, "read_file", "success", "allow"),
        agt(1, "terminal", "success", "deny"),
        agt(2, "delegate_task", "error", "allow"),
    ];
    write(folder.path(), Format::AgtFile, &events);
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(status, 0);
    assert_eq!(report["tables"]["outcomes"], json!({"ok": 1, "error": 1, "denied": 1}));
    assert_eq!(group(&report, "tool-access")["names"]["terminal"]["denied"], 1);
    assert_eq!(group(&report, "cross-agent")["latest"][0]["line"], 3);

    // waxseal keeps the event in base64, psy in a text.
    let wax = |phase: &str, status: Value, id: &str| json!({"tool_name": "terminal", "phase": phase, "status": status, "tool_call_id": id, "session_id": "s", "ts": "2026-11-21T19:40:00.000000Z"});
    write(
        folder.path(),
        Format::Waxseal,
        &[
            wax("dispatch", Value::Null, "a"),
            wax("result", "denied".into(), "a"),
            wax("result", "ok".into(), "b"),
        ],
    );
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(
        (status, anomalies(&report)),
        (1, vec![("review/result-without-call", 3)]),
        "{report:#}"
    );
    assert_eq!(
        report["tables"]["tools"]["terminal"],
        json!({"events": 3, "ok": 1, "failed": 0, "denied": 1})
    );

    let mut psy = Value::Object(Format::Psy.event(0, 1));
    psy["operation"] = "create".into();
    psy["actor_id"] = "ann".into();
    psy["payload_preview"] =
        json!({"tool": "memory", "args": {"content": "[REDACTED]"}}).to_string().into();
    write(folder.path(), Format::Psy, &[psy]);
    std::fs::write(
        folder.path().join(".psy.json"),
        json!({"chain_seed": {"nonce": super::writers::NONCE}}).to_string(),
    )
    .unwrap();
    let (status, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(report["tables"]["tools"]["memory"]["events"], 1);
    let notes: Vec<&str> = report["anomalies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect();
    assert_eq!(notes, ["review/redaction-flag"]);
}

#[test]
fn that_it_was_done_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Format::V1, &weeks());
    for _ in 0..2 {
        let (status, _, errors) =
            run(folder.path(), &["log.jsonl", "--record", "audit-review.jsonl"]);
        assert_eq!((status, errors.as_str()), (0, ""));
    }
    let text = std::fs::read_to_string(folder.path().join("audit-review.jsonl")).unwrap();
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["events"], 252);
    assert_eq!((&records[0]["verdict"], &records[0]["anomalies"]), (&json!("intact"), &json!(0)));
    assert_eq!(records[0]["logs"], json!(["log.jsonl"]));
    assert_eq!(records[0]["since"], "2026-11-15T18:00:00Z");
    // The checklist reads the day it was done on.
    let days = hermes_lint::deployment::reviews(&text);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    assert!(days.iter().all(|day| (today - *day).get_days() <= 1), "{days:?}");
    // A log that nobody could read was not reviewed.
    std::fs::write(folder.path().join("other.log"), "plain text\n").unwrap();
    let (status, out, _) = run(folder.path(), &["other.log", "--record", "nothing.jsonl"]);
    assert_eq!(status, 3);
    assert!(out.contains("audit seal") && !out.contains("no anomalies"), "{out}");
    let (_, out, _) = run(folder.path(), &["other.log", "--format", "markdown"]);
    assert!(out.contains("nothing was reviewed") && !out.contains("Key events"), "{out}");
    assert!(!folder.path().join("nothing.jsonl").exists());
}

#[test]
fn wrong_words_are_told_apart_from_findings() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Format::V1, &call(20, "09:00:00", "read_file", "a"));
    for (arguments, word) in [
        (&["--since", "week"][..], "--since"),
        (&["--since", "2026-12-24"], "ends before it begins"),
        (&["--hours", "9to5"], "08-18"),
        (&["--time-zone", "Nowhere/City"], "Nowhere/City"),
        (&["--record", "no/such/folder/file"], "--record"),
        (&["--format", "sarif"], "markdown"),
    ] {
        let (status, _, errors) = run(folder.path(), &[&["log.jsonl"], arguments].concat());
        assert_eq!(status, 2, "{arguments:?}");
        assert!(errors.contains(word), "{errors}");
    }
    let (status, ..) = run(folder.path(), &["nowhere.jsonl"]);
    assert_eq!(status, 2);
}

#[test]
fn a_page_for_a_wiki_obeys_nothing_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = weeks();
    let name = "a|b `c` <img src=x> @everyone\u{202e}";
    events.extend(call(22, "17:10:00", name, "z"));
    write(folder.path(), Format::V1, &events);
    let (status, out, _) = run(folder.path(), &["log.jsonl", "--format", "markdown"]);
    assert_eq!(status, 1);
    assert!(!out.contains("<img") && !out.contains('\u{202e}'));
    insta::assert_snapshot!(out);
}

#[test]
fn a_sealed_line_counts_by_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let line = |time: &str| {
        event(
            22,
            "17:00:00",
            "tool.result",
            "terminal",
            &json!({"src": {"time": time, "file": "agent.log"}}),
        )
    };
    // Sealed today: one of the week, one before it, one of the week in Tokyo only, and one that says no time.
    let times =
        ["2026-11-20 09:00:00,123", "2026-11-12 09:00:00,123", "2026-11-23 01:00:00", "soon"];
    write(folder.path(), Format::V1, &times.map(line));
    let (_, report) = json_of(folder.path(), &["log.jsonl"]);
    assert_eq!(report["events"], 2);
    assert_eq!(report["tables"]["days"], json!({"2026-11-20": 1, "2026-11-22": 1}));
    if !Path::new("/usr/share/zoneinfo/Asia/Tokyo").exists() {
        // A machine without time zones.
        return;
    }
    let (_, report) = json_of(folder.path(), &["log.jsonl", "--time-zone", "Asia/Tokyo"]);
    assert_eq!(report["events"], 3);
    assert_eq!(report["tables"]["days"], json!({"2026-11-20": 1, "2026-11-23": 2}));
}
