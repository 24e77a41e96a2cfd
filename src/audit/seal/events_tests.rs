use proptest::prelude::*;

use super::*;
use crate::audit::record::{Chain, intact};
use crate::audit::seal::Redacted;

/// Takes every `hunter2` out.
struct Stub;

impl Redact for Stub {
    fn redact(&self, text: &str) -> Redacted {
        Redacted {
            text: text.replace("hunter2", "[redacted]"),
            count: text.matches("hunter2").count() as u64,
            first: text.find("hunter2"),
        }
    }

    fn name(&self) -> &str {
        "stub"
    }
}

fn sources() -> Sources {
    let yaml = std::fs::read_to_string("rules/audit/sources.yaml").unwrap();
    let value: serde_json::Value = yaml_serde::from_str(&yaml).unwrap();
    Sources::from_json(&value.to_string()).unwrap()
}

fn make(name: &str, bytes: &[u8]) -> (serde_json::Value, Made) {
    let sources = sources();
    let maker = Maker::new(&sources, &Stub, name);
    let line = Line { off: 0, len: bytes.len() as u64 + 1, bytes, eol: true, digest: None };
    let made = maker.make(&line, false);
    let mut text = String::new();
    Json::from(made.record.clone()).write(&mut text);
    assert!(!text.contains("hunter2"), "{text}");
    (serde_json::from_str(&text).unwrap(), made)
}

fn record(name: &str, line: &str) -> serde_json::Value {
    make(name, line.as_bytes()).0
}

#[test]
fn lines_of_hermes_logs_are_understood() {
    // Name of the log, line, then kind, name, status, session, principal; "-" for what is not there.
    let cases = [
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO [s1] agent.tool_executor: tool read_file completed (0.12s, 8 chars)",
            "tool.result read_file ok s1 -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 WARNING agent.tool_executor: Tool terminal returned error (3.10s): boom",
            "tool.result terminal error - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO agent.tool_executor: tool terminal cancelled (0.50s)",
            "tool.result terminal cancelled - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 WARNING agent.tool_executor: sequential tool web_search timed out after 30.0s",
            "tool.result web_search timeout - -",
        ),
        (
            "errors.log",
            "2026-11-22 19:54:55,123 WARNING tools.approval: Hardline block: recursive delete of root (command: rm -rf /)",
            "approval hardline denied - -",
        ),
        (
            "errors.log",
            "2026-11-22 19:54:55,123 WARNING tools.approval: User deny rule 'rm *' blocked command: rm x",
            "approval deny-rule denied - -",
        ),
        (
            "gateway.log",
            "2026-11-22 19:54:55,123 INFO gateway.slash_commands: User approved 1 dangerous command(s) via /approve (once)",
            "approval user ok - -",
        ),
        (
            "gateway.log",
            "2026-11-22 19:54:55,123 INFO gateway.slash_commands: User denied 2 dangerous command(s) via /deny (with reason)",
            "approval user denied - -",
        ),
        (
            "gateway.log",
            "2026-11-22 19:54:55,123 WARNING gateway.run: Unauthorized user: 12345 (mallory) on telegram",
            "auth message denied - 12345",
        ),
        (
            "gateway.log",
            "2026-11-22 19:54:55,123 INFO gateway.run: inbound message: platform=telegram user=Al Ice chat=42 msg='hi' reply_to_id=None",
            "message.in - - - Al Ice",
        ),
        (
            "gateway.log",
            "2026-11-22 19:54:55,123 INFO gateway.run: response ready: platform=telegram chat=42 session=s7 time=1.2s api_calls=3 response=9 chars",
            "message.out - ok s7 -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO agent.credential_pool: credential pool: marking work key exhausted (status=429), rotating",
            "secret.access credential-pool error - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 WARNING agent.credential_pool: credential pool: marking a1b2 DEAD (status=401, reason=x) — y",
            "secret.access credential-pool error - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO agent.credential_pool: credential pool: rotated to spare key",
            "secret.access credential-pool ok - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO tools.async_delegation: Dispatched async delegation d1 (session_key=k): look",
            "delegate async - - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 ERROR run_agent: something broke",
            "error - error - -",
        ),
        (
            "agent.log",
            "2026-11-22 19:54:55,123 INFO run_agent: nothing in particular",
            "log.line - - - -",
        ),
        ("agent.log", "Traceback (most recent call last):", "log.line - - - -"),
        ("agent.log", "", "log.line - - - -"),
        ("tool_calls.log", "2026-11-22 19:54:55  terminal: \"ls -la\"", "tool.call terminal - - -"),
        (
            "audit.log",
            "2026-11-22T19:54:55Z BLOCKED evil-skill github:community dangerous 3 findings",
            "skill.write evil-skill denied - -",
        ),
        (
            "audit.log",
            "2026-11-22T19:54:55Z INSTALL good-skill github:trusted safe",
            "skill.write good-skill - - -",
        ),
        (
            "dashboard-auth.log",
            r#"{"ts":"2026-11-22T19:54:55+00:00","event":"login_success","user_id":"alice","ip":"127.0.0.1"}"#,
            "auth login_success ok - alice",
        ),
        (
            "dashboard-auth.log",
            r#"{"ts":"2026-11-22T19:54:55+00:00","event":"session_rejected","reason":"expired"}"#,
            "auth session_rejected denied - -",
        ),
        (
            "dashboard-auth.log",
            r#"{"ts":"2026-11-22T19:54:55+00:00","event":"new_thing"}"#,
            "auth new_thing - - -",
        ),
        (
            "events.jsonl",
            r#"{"tool":"terminal","session_id":"s1","user":7}"#,
            "log.line terminal - s1 7",
        ),
        ("other.txt", r#"{"tool":"terminal"}"#, "log.line - - - -"),
    ];
    for (name, line, wanted) in cases {
        let record = record(name, line);
        let get =
            |path: &str| record.pointer(path).and_then(|v| v.as_str()).unwrap_or("-").to_owned();
        let found = ["/what/kind", "/what/name", "/out/status", "/who/session", "/who/principal"];
        assert_eq!(found.map(get).join(" "), wanted, "{line}");
    }
}

#[test]
fn the_data_uses_the_words_of_the_record() {
    let kinds = [
        "tool.call",
        "tool.result",
        "approval",
        "message.in",
        "message.out",
        "memory.write",
        "skill.write",
        "config.change",
        "secret.access",
        "delegate",
        "auth",
        "error",
    ];
    let states = ["ok", "error", "denied", "timeout", "cancelled", "unknown"];
    for source in &sources().0 {
        for (_, event) in &source.events {
            assert!(kinds.contains(&event.kind.as_str()), "{}", event.kind);
            assert!(event.status.as_deref().is_none_or(|status| states.contains(&status)));
        }
        assert!(source.line.is_some() != source.json.is_some());
    }
}

#[test]
fn a_line_of_text_keeps_all_it_said() {
    let (record, made) = make(
        "agent.log",
        b"2026-11-22 19:54:55,123 INFO [s1] agent.tool_executor: tool x completed (0.12s, 8 chars)\r",
    );
    assert_eq!(made.time.as_deref(), Some("2026-11-22 19:54:55,123"));
    assert_eq!(
        record["in"],
        serde_json::json!({"level": "INFO", "logger": "agent.tool_executor", "seconds": "0.12",
                           "chars": "8", "text": "tool x completed (0.12s, 8 chars)"})
    );
    assert_eq!(record["red"], serde_json::json!({"by": "stub", "n": 0}));
}

#[test]
fn what_is_secret_is_taken_out_before_anything_else() {
    let (record, made) = make("agent.log", b"my password is hunter2, twice hunter2");
    assert_eq!(record["in"]["text"], "my password is [redacted], twice [redacted]");
    assert_eq!(record["red"]["n"], 2);
    assert_eq!(made.secret, Some(15));
    // Escaped in the line, and seen in the string.
    let (record, _) = make("a.jsonl", br#"{"text":"hunter\u0032","list":[{"x":"hunter2"}]}"#);
    assert_eq!(record["in"]["args"]["text"], "[redacted]");
    assert_eq!(record["red"]["n"], 2);
    // The place is one of the bytes, even after some that are none of a text.
    let (_, made) = make("agent.log", b"\xff\xffhunter2");
    assert!(made.replaced);
    assert_eq!(made.secret, Some(0));
}

#[test]
fn the_lines_of_a_private_key_are_not_kept() {
    let sources = sources();
    let maker = Maker::new(&sources, &Stub, "agent.log");
    let (begin, end) =
        (["-----BEGIN", "RSA PRIVATE", "KEY-----"].join(" "), "-----END RSA PRIVATE KEY-----");
    let lines = [
        (format!("key: {begin}"), "key: [redacted: private key]", true),
        ("Proc-Type: 4,ENCRYPTED".to_owned(), "[redacted: private key]", true),
        (String::new(), "[redacted: private key]", true),
        ("  MIIEpAIBAAKCAQEA+/9=".to_owned(), "[redacted: private key]", true),
        (format!("{end} done"), "[redacted: private key] done", false),
        ("MIIEpAIBAAKCAQEA".to_owned(), "MIIEpAIBAAKCAQEA", false),
        (begin, "[redacted: private key]", true),
        ("2026-11-22 19:54:55,123 INFO a: ended early".to_owned(), "ended early", false),
    ];
    let mut block = false;
    for (line, wanted, after) in lines {
        let line = line.as_bytes();
        let line =
            Line { off: 0, len: line.len() as u64 + 1, bytes: line, eol: true, digest: None };
        let made = maker.make(&line, block);
        block = made.block;
        let text = match made.record.get("in") {
            Some(Json::Map(map)) => map.get("text").cloned(),
            _ => None,
        };
        assert_eq!((text, block), (Some(Json::from(wanted)), after));
    }
}

#[test]
fn objects_that_readers_disagree_on_are_kept_as_text() {
    for line in [
        r#"{"status":"denied","status":"ok"}"#,
        r#"{"a":1e999}"#,
        r#"{"a":1} trailing"#,
        "{not json",
        "[1,2]",
        &format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100)),
    ] {
        assert_eq!(record("a.jsonl", line)["in"], serde_json::json!({"text": line}), "{line}");
    }
    // Half of a pair, as Python writes bytes that are no text.
    let read = record(
        "a.jsonl",
        r#"{"a":"x\udcffy","b":"\ud83d\ude00","c":"\\udcff","d":"\ud83d","\ud800":1}"#,
    );
    let wanted = serde_json::json!({"a": "x\u{fffd}y", "b": "\u{1f600}", "c": "\\udcff", "d": "\u{fffd}", "\u{fffd}": 1});
    assert_eq!(read["in"]["args"], wanted);
    let numbers = record("a.jsonl", r#"{"f":30.5,"i":12345678901234567890,"n":-0.0,"ok":42}"#);
    assert_eq!(
        numbers["in"]["args"],
        serde_json::json!({"f": "30.5", "i": "12345678901234567890", "n": "-0.0", "ok": 42})
    );
}

#[test]
fn a_cut_through_a_character_is_no_wrong_byte() {
    let sources = sources();
    let maker = Maker::new(&sources, &Stub, "agent.log");
    for (digest, replaced) in [(Some([0; 32]), false), (None, true)] {
        let line =
            Line { off: 0, len: 9, bytes: "aé".as_bytes().get(..2).unwrap(), eol: true, digest };
        assert_eq!(maker.make(&line, false).replaced, replaced);
    }
}

#[test]
fn a_record_is_never_longer_than_a_mebibyte() {
    let sources = sources();
    for (name, bytes) in [
        ("agent.log", vec![b'a'; 3 << 20]),
        ("agent.log", vec![1; 400_000]),
        ("agent.log", vec![0xff; 900_000]),
        ("agent.log", vec![b'"'; (1 << 20) - 1]),
        ("a.jsonl", [&br#"{"a":""#[..], &vec![b'x'; (1 << 20) - 20], br#""}"#].concat()),
    ] {
        let maker = Maker::new(&sources, &Stub, name);
        let kept = &bytes[..bytes.len().min(crate::audit::seal::lines::KEPT)];
        let digest = (kept.len() < bytes.len()).then(|| Sha256::digest(&bytes).into());
        let line = Line { off: 0, len: bytes.len() as u64 + 1, bytes: kept, eol: true, digest };
        let made = maker.make(&line, false);
        let Some(Json::Map(input)) = made.record.get("in") else { panic!() };
        assert_eq!(input.get("bytes"), Some(&Json::from(bytes.len() as u64)), "{name}");
        assert_eq!(
            input.get("digest"),
            Some(&Json::from(format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&bytes)))))
        );
        let line = Chain::genesis("a").seal(made.record, "2026-11-21T19:40:00.000000Z");
        assert!(line.len() <= MAX_RECORD && line.len() > MAX_RECORD / 2, "{}", line.len());
    }
}

proptest! {
    #[test]
    fn any_line_becomes_a_record(bytes in any::<Vec<u8>>(), json in "[{}\\[\\]\":,a1\\\\ud8f ]{0,40}") {
        let sources = sources();
        for bytes in [&bytes[..], json.as_bytes()] {
            for name in ["agent.log", "dashboard-auth.log"] {
                let maker = Maker::new(&sources, &Stub, name);
                let line = Line { off: 0, len: bytes.len() as u64, bytes, eol: false, digest: None };
                for block in [false, true] {
                    let made = maker.make(&line, block);
                    let line = Chain::genesis("a").seal(made.record, "t");
                    prop_assert!(intact(line.trim_end_matches('\n').as_bytes()).is_some());
                }
            }
        }
    }
}
