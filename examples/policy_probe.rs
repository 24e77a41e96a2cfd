//! Answers policy questions over stdin, one JSON object a line: what the differential tests drive.
//!
//! `{"op": "deny", "release": "0.19.0", "command": "...", "lists": [["rm *"], ...]}` gives
//! `{"denied": [0, null, ...]}`, the index of the entry that stops the command, list by list.
//! `hardline` gives `{"hardline": true}`; `approve` takes `entries` and gives `{"approved": [true, ...]}`;
//! `mode` takes a `value` and gives `{"mode": "manual", "unattended": "deny"}`.

use std::io::{self, BufRead, Write};

use hermes_lint::policy::{
    DenyGlob, Mode, Release, Unattended, Value, Variants, allow, approvals_mode, hardline,
    unattended_mode,
};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
enum Question {
    Deny { release: Release, command: String, lists: Vec<Vec<String>> },
    Hardline { release: Release, command: String },
    Approve { release: Release, command: String, entries: Vec<String> },
    Mode { value: serde_json::Value },
}

fn answer(question: &Question) -> serde_json::Value {
    match question {
        Question::Deny { release, command, lists } => {
            let variants = Variants::of(command, *release);
            let denied: Vec<_> =
                lists.iter().map(|list| variants.denied_by(&DenyGlob::list(list))).collect();
            json!({ "denied": denied })
        }
        Question::Hardline { release, command } => {
            json!({ "hardline": hardline(command, *release) })
        }
        Question::Approve { release, command, entries } => {
            let approved: Vec<_> =
                entries.iter().map(|entry| allow::approves(entry, command, *release)).collect();
            json!({ "approved": approved })
        }
        Question::Mode { value } => {
            let value = match value {
                serde_json::Value::Bool(on) => Value::Bool(*on),
                serde_json::Value::String(text) => Value::Str(text),
                serde_json::Value::Null => Value::Null,
                _ => Value::Other,
            };
            let mode = match approvals_mode(value) {
                Mode::Manual => "manual",
                Mode::Smart => "smart",
                Mode::Off => "off",
            };
            let unattended = match unattended_mode(value) {
                Unattended::Deny => "deny",
                Unattended::Approve => "approve",
            };
            json!({ "mode": mode, "unattended": unattended })
        }
    }
}

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str(&line?) {
            Ok(question) => answer(&question),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{reply}")?;
    }
    out.flush()
}
