//! Small writers of eight formats. They share no code with the verifier: canonical JSON comes from another crate, or
//! is put together here.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A format: its profile's name, and how its records are chained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    V1,
    Halo,
    Waxseal,
    AgtFile,
    Cloakllm,
    Psy,
    Aat,
    Agentlens,
}

pub const ALL: &[Format] = &[
    Format::V1,
    Format::Halo,
    Format::Waxseal,
    Format::AgtFile,
    Format::Cloakllm,
    Format::Psy,
    Format::Aat,
    Format::Agentlens,
];

pub const ORIGIN: &str = "test.example/log";
pub const NONCE: &str = "00112233";

pub fn sha(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes.as_ref()))
}

fn jcs(value: &Value) -> String {
    serde_json_canonicalizer::to_string(value).unwrap()
}

/// `json.dumps` of Python, with sorted keys or not, for values without fractions.
pub fn python(value: &Value, spaced: bool, ascii: bool, sorted: bool) -> String {
    let (comma, colon) = if spaced { (", ", ": ") } else { (",", ":") };
    let string = |text: &str| {
        let mut out = String::from("\"");
        for letter in text.chars() {
            match letter {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                letter if (letter as u32) < 0x20 => {
                    out.push_str(&format!("\\u{:04x}", letter as u32))
                }
                letter if ascii && letter as u32 > 0x7e => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                letter => out.push(letter),
            }
        }
        out + "\""
    };
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| python(item, spaced, ascii, sorted)).collect();
            format!("[{}]", items.join(comma))
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            if sorted {
                members.sort_by(|(one, _), (other, _)| one.chars().cmp(other.chars()));
            }
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, value)| {
                    format!("{}{colon}{}", string(key), python(value, spaced, ascii, sorted))
                })
                .collect();
            format!("{{{}}}", members.join(comma))
        }
        other => other.to_string(),
    }
}

impl Format {
    pub fn profile(self) -> &'static str {
        match self {
            Self::V1 => "hermes-lint-v1",
            Self::Halo => "halo-record",
            Self::Waxseal => "waxseal",
            Self::AgtFile => "ms-agt-file",
            Self::Cloakllm => "cloakllm",
            Self::Psy => "psy-core",
            Self::Aat => "ietf-agent-audit-trail",
            Self::Agentlens => "agentlens",
        }
    }

    /// Record `number` before it is chained.
    pub fn event(self, number: u64, salt: u64) -> Map<String, Value> {
        let texts =
            ["ls -la", "café ☕\u{2028}", "rm -rf /", "grin 😀 \u{7f}", "a\tb\"c\\", "e\u{301}"];
        let text = texts[usize::try_from((number + salt) % 6).unwrap()];
        let ts = format!("2026-11-21T19:{:02}:{:02}.000000Z", 10 + number / 60, number % 60);
        let value = match self {
            Self::V1 => json!({
                "in": {"args": {"command": text, "n": number + salt}},
                "ts": ts, "v": 1,
                "what": {"kind": "tool.call", "name": "terminal"},
                "who": {"agent": "hermes", "session": "s"},
            }),
            Self::Halo => json!({
                "record_id": format!("r{number}-{salt}"), "ts": ts, "action": {"tool": text, "\u{fb33}": 1, "😀": 2},
                "session_id": "s", "integrity": {"alg": "sha-256", "canon": "rfc8785"},
            }),
            Self::Waxseal => json!({"tool": text, "n": number + salt, "ts": ts}),
            Self::AgtFile => json!({
                "entry_id": format!("e{number}-{salt}"), "timestamp": ts, "event_type": "tool", "agent_did": "did:x",
                "action": "run", "resource": null, "target_did": null, "data": {"args": text}, "outcome": "ok",
                "policy_decision": "allow", "matched_rule": null, "trace_id": null, "session_id": "s",
                "sandbox_id": "sbx",
            }),
            Self::Cloakllm => json!({
                "timestamp": ts, "event_type": "request", "prompt_hash": sha(text), "sanitized_hash": sha("x"),
                "metadata": {"tool": text, "n": number + salt},
            }),
            Self::Psy => json!({
                "schema_version": "1.0.0", "operation_id": format!("o{number}-{salt}"), "audit_phase": "intent",
                "timestamp": ts, "payload_preview": text, "payload_redacted": false,
            }),
            Self::Aat => json!({
                "record_id": format!("r{number}-{salt}"), "parent_record_id": null, "timestamp": ts,
                "session_id": if (number + salt).is_multiple_of(3) { "b" } else { "a" }, "action_detail": {"args": text},
                "record_phase": "after", "trust_level": "L2",
            }),
            Self::Agentlens => json!({
                "event_type": "tool_use", "tool_use_id": format!("t{number}-{salt}"), "tool_input": {"text": text},
                "timestamp": ts, "provenance": {},
            }),
        };
        let Value::Object(members) = value else { unreachable!() };
        members
    }

    /// The lines of a chain of `events`.
    pub fn chain(self, events: &[Map<String, Value>]) -> Vec<String> {
        let zeros = "0".repeat(64);
        let mut prev = match self {
            Self::V1 => format!("sha256:{}", sha(format!("hermes-lint audit v1\n{ORIGIN}\n"))),
            Self::AgtFile => String::new(),
            Self::Psy => sha(format!("{NONCE}psy-genesis-v1")),
            Self::Agentlens => sha("agentlens_genesis_v0.4.0"),
            _ => zeros,
        };
        let mut by_session: Map<String, Value> = Map::new();
        let mut lines = Vec::new();
        for (number, event) in events.iter().enumerate() {
            let mut record = event.clone();
            let line = match self {
                Self::V1 => {
                    record.insert("prev".to_owned(), prev.into());
                    record.insert("seq".to_owned(), number.into());
                    let body = jcs(&Value::Object(record));
                    prev = format!("sha256:{}", sha(&body));
                    format!("{},\"hash\":\"{prev}\"}}", &body[..body.len() - 1])
                }
                Self::Halo => {
                    record["integrity"]["prev_hash"] = prev.into();
                    prev = sha(jcs(&Value::Object(record.clone())));
                    record["integrity"]["hash"] = prev.clone().into();
                    Value::Object(record).to_string()
                }
                Self::Waxseal => {
                    let payload = Value::Object(record.clone()).to_string();
                    let fields = [
                        number.to_string(),
                        record["ts"].as_str().unwrap().to_owned(),
                        "v".to_owned(),
                        "application/json".to_owned(),
                        sha(&payload),
                        prev.clone(),
                    ];
                    let mut framed = b"waxseal-lp64\n\0\0\0\0\0\0\0\x06".to_vec();
                    for field in &fields {
                        framed.extend((field.len() as u64 + 1).to_be_bytes());
                        framed.push(1);
                        framed.extend(field.as_bytes());
                    }
                    let [_, ts, version, kind, payload_hash, before] = fields;
                    prev = sha(framed);
                    json!({
                        "entry_hash": prev,
                        "header": {
                            "hash_version": version, "payload_hash": payload_hash, "payload_type": kind,
                            "prev_hash": before, "seq": number, "ts": ts,
                        },
                        "payload_b64": data_encoding::BASE64.encode(payload.as_bytes()),
                    })
                    .to_string()
                }
                Self::AgtFile => {
                    record.insert("previous_hash".to_owned(), prev.into());
                    let mut hashed = record.clone();
                    hashed.remove("sandbox_id");
                    prev = sha(python(&Value::Object(hashed), true, true, true));
                    record.insert("content_hash".to_owned(), prev.clone().into());
                    python(&Value::Object(record), true, true, true)
                }
                Self::Cloakllm => {
                    record.insert("prev_hash".to_owned(), prev.into());
                    record.insert("seq".to_owned(), number.into());
                    prev = sha(python(&Value::Object(record.clone()), false, false, true));
                    record.insert("entry_hash".to_owned(), prev.clone().into());
                    python(&Value::Object(record), false, true, true)
                }
                Self::Psy => {
                    record.insert("prev_hash".to_owned(), prev.into());
                    record.insert("seq".to_owned(), (number + 1).into());
                    // Of the texts here, one is not in NFC.
                    let body = jcs(&Value::Object(record.clone())).replace("e\u{301}", "é");
                    prev = sha(body);
                    record.insert("event_hash".to_owned(), prev.clone().into());
                    Value::Object(record).to_string()
                }
                Self::Aat => {
                    let session = record["session_id"].as_str().unwrap().to_owned();
                    let before = by_session.get(&session).cloned().unwrap_or(Value::Null);
                    record.insert("prev_hash".to_owned(), before);
                    let body = jcs(&Value::Object(record.clone()));
                    by_session.insert(session, sha(body).into());
                    Value::Object(record).to_string()
                }
                Self::Agentlens => {
                    let body = python(&Value::Object(record.clone()), true, false, false);
                    prev = sha(format!("{prev}{body}"));
                    record.insert("entry_hash".to_owned(), prev.clone().into());
                    python(&Value::Object(record), true, true, false)
                }
            };
            lines.push(line);
        }
        lines
    }

    /// A clean log of `count` records.
    pub fn log(self, count: u64, salt: u64) -> Vec<String> {
        let events: Vec<_> = (0..count).map(|number| self.event(number, salt)).collect();
        self.chain(&events)
    }

    /// Where the record's own hash stands, if it keeps one.
    pub fn hash_of(self, line: &str) -> Option<String> {
        let record: Value = serde_json::from_str(line).unwrap();
        let hash = match self {
            Self::V1 => &record["hash"],
            Self::Halo => &record["integrity"]["hash"],
            Self::Waxseal | Self::Cloakllm | Self::Agentlens => &record["entry_hash"],
            Self::AgtFile => &record["content_hash"],
            Self::Psy => &record["event_hash"],
            Self::Aat => return None,
        };
        hash.as_str().map(str::to_owned)
    }

    /// Leaves of a record what its hash covers, and what makes the chain.
    pub fn covered(self, record: &mut Value) {
        let Some(members) = record.as_object_mut() else { return };
        match self {
            Self::AgtFile => {
                let known = [
                    "entry_id",
                    "timestamp",
                    "event_type",
                    "agent_did",
                    "action",
                    "resource",
                    "target_did",
                    "data",
                    "outcome",
                    "policy_decision",
                    "matched_rule",
                    "trace_id",
                    "session_id",
                    "previous_hash",
                    "content_hash",
                ];
                members.retain(|name, _| known.contains(&name.as_str()));
            }
            Self::Waxseal => {
                members.retain(|name, _| {
                    ["entry_hash", "header", "payload_b64"].contains(&name.as_str())
                });
                let known =
                    ["hash_version", "payload_hash", "payload_type", "prev_hash", "seq", "ts"];
                if let Some(header) = members.get_mut("header").and_then(Value::as_object_mut) {
                    header.retain(|name, _| known.contains(&name.as_str()));
                }
            }
            _ => {}
        }
    }
}
