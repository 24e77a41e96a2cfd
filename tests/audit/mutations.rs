//! Every kind of tampering, at random places of logs in eight formats: detected, or said not to be proved.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use hermes_lint::audit::anchor::State;
use hermes_lint::audit::chain::Chain;
use hermes_lint::audit::finding::Severity;
use hermes_lint::audit::keyring::Keyring;
use hermes_lint::audit::logs;
use hermes_lint::audit::profile;
use hermes_lint::audit::verdict::Verdict;
use hermes_lint::audit::verify::{Request, pin, verify};
use serde_json::Value;

use super::writers::{ALL, Format, NONCE, ORIGIN};

/// Cases in all.
const CASES: u64 = 10_000;

/// A small generator of numbers, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Verifies one file.
pub fn check(path: &Path, profile: &str, state: Option<&State>) -> Chain {
    let keys = Keyring::default();
    let profile = profile::named(profile).unwrap();
    let log = logs::log(path, Some(profile), &[]).unwrap();
    let request = Request {
        keys: &keys,
        origin: (profile.id == "hermes-lint/v1").then_some(ORIGIN),
        checkpoints: &[],
        troubles: &[],
        checkpoint_path: None,
        state,
        require: &[],
        strict: true,
        max_gap: None,
        threads: 1,
        now: 0,
        read: &AtomicU64::new(0),
    };
    verify(&logs::groups(vec![log])[0], &request).unwrap()
}

macro_rules! mutations {
    ($($name:ident)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Mutation { $($name,)* }

        const MUTATIONS: &[Mutation] = &[$(Mutation::$name,)*];
    };
}

mutations! {
    EditField
    FlipByte
    DeleteMiddle
    InsertForged
    SwapLines
    Duplicate
    CutTail
    CutHead
    Rewrite
    RewriteDelete
    Splice
    TornTail
    NoFinalNewline
    Crlf
    Bom
    BlankLine
    DuplicateKey
    InvalidUtf8
    KeysReordered
    FieldAdded
    HashUpperCased
    BackDated
    DeepNesting
    Nul
}

use Mutation::*;

/// What is due to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// It has to be found broken.
    Broken,
    /// Alone it can't be told; with the state of an earlier run it has to be found broken.
    NeedsState,
    /// The same records: intact.
    Same,
    /// What no hash covers was changed: intact, and the record's hashes stay.
    Uncovered,
}

fn joined(lines: &[String]) -> Vec<u8> {
    let mut out = String::new();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    out.into_bytes()
}

/// Puts `text` in after the brace that opens a line.
fn put_in(line: &str, text: &str) -> String {
    format!("{{{text}{}", &line[1..])
}

fn session(line: &str) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    Some(record.get("session_id")?.as_str()?.to_owned())
}

/// Whether line `at` is the last of its chain, so that without a hash of its own nothing covers it.
fn is_bare_end(format: Format, lines: &[String], at: usize) -> bool {
    format == Format::Aat && lines[at + 1..].iter().all(|line| session(line) != session(&lines[at]))
}

/// Reads as the verifier does not: for what two spellings have in common.
fn meaning(bytes: &[u8], format: Format) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.split('\n')
        .filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty())
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).ok()?;
            format.covered(&mut record);
            Some(record)
        })
        .collect()
}

fn mutate(
    format: Format,
    mutation: Mutation,
    clean: &[String],
    random: &mut Random,
) -> (Vec<u8>, Due) {
    let count = clean.len();
    let mut lines = clean.to_vec();
    // Neither the first nor the last, so that there is something on both sides.
    let at = 1 + random.below(count - 2);
    let events = || -> Vec<_> { (0..count as u64).map(|number| format.event(number, 5)).collect() };
    let covered = |due: Due| if is_bare_end(format, clean, at) { Due::NeedsState } else { due };
    match mutation {
        EditField => {
            let to = ["denied", "x", "2"][random.below(3)];
            let mut record: Value = serde_json::from_str(&lines[at]).unwrap();
            let name = match format {
                Format::V1 => "what",
                Format::Halo => "session_id",
                Format::Waxseal => "payload_b64",
                Format::AgtFile => "outcome",
                Format::Cloakllm => "prompt_hash",
                Format::Psy => "operation_id",
                Format::Aat => "trust_level",
                Format::Agentlens => "tool_use_id",
            };
            record[name] = to.into();
            lines[at] = match format {
                Format::Agentlens => super::writers::python(&record, true, true, false),
                _ => record.to_string(),
            };
            (joined(&lines), covered(Due::Broken))
        }
        FlipByte => {
            let mut bytes = joined(&lines);
            let place = random.below(bytes.len());
            let old = bytes[place];
            bytes[place] ^= 1 << random.below(8);
            assert_ne!(bytes[place], old);
            let due = if meaning(&bytes, format) == meaning(&joined(clean), format) {
                Due::Uncovered
            } else {
                let line = bytes[..place].iter().filter(|&&byte| byte == b'\n').count();
                let bare = is_bare_end(format, clean, line.min(count - 1));
                // The last line feed: the last record is then torn or unended.
                if bare { Due::NeedsState } else { Due::Broken }
            };
            (bytes, due)
        }
        DeleteMiddle => {
            let bare = is_bare_end(format, clean, at);
            lines.remove(at);
            (joined(&lines), if bare { Due::NeedsState } else { Due::Broken })
        }
        InsertForged => {
            let mut forged: Value = serde_json::from_str(&lines[at]).unwrap();
            let name = if format == Format::Waxseal { "payload_b64" } else { "forged" };
            forged[name] = "Zm9yZ2Vk".into();
            lines.insert(at + 1, forged.to_string());
            // A copy without a hash of its own, at the end of its chain, changes what its predecessor was.
            (joined(&lines), Due::Broken)
        }
        SwapLines => {
            let same = format == Format::Aat && session(&lines[at]) != session(&lines[at - 1]);
            lines.swap(at, at - 1);
            // Between chains of one file there is no order.
            (joined(&lines), if same { Due::NeedsState } else { Due::Broken })
        }
        Duplicate => {
            let copy = lines[at].clone();
            lines.insert(at + 1, copy);
            (joined(&lines), Due::Broken)
        }
        CutTail => {
            lines.truncate(count - 1 - random.below(count - 2));
            (joined(&lines), Due::NeedsState)
        }
        CutHead => {
            let cut = 1 + random.below(2);
            let rest: Vec<String> = lines.split_off(cut);
            let bare = format == Format::Aat
                && lines
                    .iter()
                    .all(|line| rest.iter().all(|other| session(other) != session(line)));
            (joined(&rest), if bare { Due::NeedsState } else { Due::Broken })
        }
        Rewrite => {
            let mut events = events();
            events[at] = format.event(at as u64, 99);
            (joined(&format.chain(&events)), Due::NeedsState)
        }
        RewriteDelete => {
            let mut events = events();
            events.remove(at);
            (joined(&format.chain(&events)), Due::NeedsState)
        }
        BackDated => {
            let mut events = events();
            for name in ["ts", "timestamp"] {
                if let Some(ts) = events[at].get_mut(name) {
                    *ts = "2020-01-01T00:00:00.000000Z".into();
                }
            }
            (joined(&format.chain(&events)), Due::NeedsState)
        }
        Splice => {
            let other = format.log(count as u64, 17);
            lines.truncate(at);
            lines.extend_from_slice(&other[at..]);
            let bare = format == Format::Aat
                && ["a", "b"].iter().all(|name| {
                    let of = |lines: &[String]| {
                        lines.iter().any(|line| session(line).as_deref() == Some(*name))
                    };
                    !(of(&clean[..at]) && of(&other[at..]))
                });
            let starts = format == Format::Aat;
            let due = if bare || starts { Due::NeedsState } else { Due::Broken };
            (joined(&lines), due)
        }
        TornTail => {
            let mut bytes = joined(&lines);
            let last = lines[count - 1].len();
            bytes.truncate(bytes.len() - 2 - random.below(last - 2));
            (bytes, Due::Broken)
        }
        NoFinalNewline => {
            let mut bytes = joined(&lines);
            bytes.pop();
            (bytes, Due::Same)
        }
        Crlf => {
            let bytes = joined(&lines);
            let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
            (text.into_bytes(), Due::Same)
        }
        Bom => ([b"\xef\xbb\xbf".to_vec(), joined(&lines)].concat(), Due::Same),
        BlankLine => {
            lines.insert(at, String::new());
            (joined(&lines), Due::Same)
        }
        DuplicateKey => {
            let key = serde_json::from_str::<Value>(&lines[at]).unwrap();
            let keys: Vec<&String> = key.as_object().unwrap().keys().collect();
            let key = keys[random.below(keys.len())];
            lines[at] = put_in(&lines[at], &format!("\"{key}\": \"SHADOW\", "));
            (joined(&lines), Due::Broken)
        }
        InvalidUtf8 => {
            let mut bytes = joined(&lines[..at]);
            let mut line = lines[at].clone().into_bytes();
            let place = random.below(line.len());
            line.insert(place, 0xff);
            bytes.extend(line);
            bytes.push(b'\n');
            bytes.extend(joined(&lines[at + 1..]));
            (bytes, Due::Broken)
        }
        KeysReordered => {
            let record: Value = serde_json::from_str(&lines[at]).unwrap();
            let mut members: Vec<String> = record
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| format!("{} : {value}", Value::from(key.as_str())))
                .collect();
            members.reverse();
            lines[at] = format!("{{{}}}", members.join(" , "));
            // Some hash the members as they stand, and ours has to be spelled as it was written when it is strict.
            let due = match format {
                Format::Agentlens | Format::V1 => Due::Broken,
                _ => Due::Same,
            };
            (joined(&lines), due)
        }
        FieldAdded => {
            lines[at] = put_in(&lines[at], "\"zz_added\": 1, ");
            let due = match format {
                Format::Waxseal | Format::AgtFile => Due::Uncovered,
                _ => covered(Due::Broken),
            };
            (joined(&lines), due)
        }
        HashUpperCased => {
            let Some(hash) = format.hash_of(&lines[at]) else { return (joined(&lines), Due::Same) };
            let upper = hash.to_uppercase().replace("SHA256", "sha256");
            lines[at] = lines[at].replace(&hash, &upper);
            (joined(&lines), Due::Broken)
        }
        DeepNesting => {
            let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
            lines[at] = put_in(&lines[at], &format!("\"deep\": {deep}, "));
            (joined(&lines), Due::Broken)
        }
        Nul => {
            lines[at].push('\0');
            (joined(&lines), Due::Broken)
        }
    }
}

#[test]
fn tampering_is_detected_or_said_not_to_be_proved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let settings = format!("{{\"chain_seed\":{{\"nonce\":\"{NONCE}\"}}}}");
    std::fs::write(folder.path().join("psy.json"), settings).unwrap();
    let mut random = Random(0x5eed);
    let mut done = 0;
    let mut wrong = Vec::new();
    let states: Vec<(Vec<String>, State)> = ALL
        .iter()
        .map(|&format| {
            let clean = format.log(14, 5);
            std::fs::write(&path, joined(&clean)).unwrap();
            let chain = check(&path, format.profile(), None);
            assert_eq!(chain.verdict, Verdict::Intact, "{format:?}: {:#?}", chain.findings);
            assert!(chain.findings.iter().all(|finding| finding.severity != Severity::Error));
            let mut state = State { version: 1, ..State::default() };
            let name = match format {
                Format::V1 => ORIGIN.to_owned(),
                _ => format!("{} {}", chain.profile, chain.name),
            };
            state.logs.insert(name, pin(&chain, 0));
            (clean, state)
        })
        .collect();
    while done < CASES {
        for (&format, (clean, state)) in ALL.iter().zip(&states) {
            for &mutation in MUTATIONS {
                let (bytes, due) = mutate(format, mutation, clean, &mut random);
                std::fs::write(&path, &bytes).unwrap();
                let alone = check(&path, format.profile(), None);
                let pinned = check(&path, format.profile(), Some(state));
                let proved = alone.claims.iter().any(|claim| claim.proved);
                let good = match due {
                    Due::Broken => {
                        alone.verdict == Verdict::Broken && pinned.verdict == Verdict::Broken
                    }
                    Due::NeedsState => pinned.verdict == Verdict::Broken,
                    Due::Same => {
                        alone.verdict == Verdict::Intact && pinned.verdict == Verdict::Intact
                    }
                    Due::Uncovered => alone.verdict == Verdict::Intact,
                };
                // Alone, nothing is ever proved: nobody outside vouches for these logs.
                if !good || proved {
                    // The lines that are not as they were.
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let other: Vec<&str> = text
                        .lines()
                        .filter(|line| !clean.iter().any(|known| known == line))
                        .collect();
                    wrong.push(format!(
                        "{format:?} {mutation:?}: due {due:?}, alone {:?}, with state {:?}: {other:?}",
                        alone.verdict, pinned.verdict
                    ));
                }
                done += 1;
            }
        }
        assert!(wrong.len() < 10, "{} of {done}: {}", wrong.len(), wrong.join("\n"));
    }
    assert!(wrong.is_empty(), "{} of {done}: {}", wrong.len(), wrong.join("\n"));
}
