//! Answers policy questions over stdin, one JSON object a line: what the differential tests drive.
//!
//! `{"op": "deny", "release": "0.19.0", "command": "...", "lists": [["rm *"], ...]}` gives
//! `{"denied": [0, null, ...]}`, the index of the entry that stops the command, list by list.
//! `hardline` gives `{"hardline": true}`; `approve` takes `entries` and gives `{"approved": [true, ...]}`;
//! `class` gives `{"class": "recursive delete"}`, or null where Hermes asks about nothing;
//! `decide` takes a `policy` (`backend`, `session`, `mode`, `yolo`, `cron`, `deny`, `allow`) and gives
//! `{"verdict": "ask", "why": "..."}`;
//! `mode` takes a `value` and gives `{"mode": "manual", "unattended": "deny"}`.

use std::io::{self, BufRead, Write};

use hermes_lint::data;
use hermes_lint::policy::decide::{Allow, Backend, Deny, Session, Situation, Tables, Yolo, decide};
use hermes_lint::policy::{
    ApprovalTable, AskedCommands, CommandTable, DenyGlob, Mode, Release, Unattended, Value,
    Variants, allow, approvals_mode, hardline, unattended_mode,
};
use serde::Deserialize;
use serde_json::json;

/// The settings that a decision rests on, in the words of the config.
#[derive(Deserialize)]
struct Policy {
    backend: String,
    session: String,
    mode: String,
    yolo: bool,
    cron: String,
    deny: Vec<String>,
    allow: Vec<String>,
}

impl Policy {
    fn situation(&self, release: Release) -> Situation {
        let (backend, host) = self.backend.split_once(' ').unwrap_or((&self.backend, ""));
        Situation {
            backend: Backend::of(backend, !host.is_empty()),
            session: self.session.parse().unwrap_or(Session::Cli),
            mode: approvals_mode(Value::Str(&self.mode)),
            yolo: if self.yolo { Yolo::On } else { Yolo::Off },
            cron: unattended_mode(Value::Str(&self.cron)),
            deny: Deny::List(DenyGlob::list(&self.deny)),
            allow: Allow::List(self.allow.clone()),
            ..Situation::defaults(release)
        }
    }
}

/// The tables that come with the program.
struct Facts {
    asked: AskedCommands,
    approvals: ApprovalTable,
    commands: CommandTable,
}

impl Facts {
    fn load() -> io::Result<Self> {
        let file = |name: &str| data::file(name).unwrap_or_default();
        Ok(Self {
            asked: AskedCommands::from_json(file("hermes/asked_commands"))
                .map_err(io::Error::other)?,
            approvals: serde_json::from_str(file("hermes/approval_patterns"))?,
            commands: serde_json::from_str(file("commands"))?,
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
enum Question {
    Deny { release: Release, command: String, lists: Vec<Vec<String>> },
    Hardline { release: Release, command: String },
    Class { release: Release, command: String },
    Decide { release: Release, command: String, policy: Policy },
    Approve { release: Release, command: String, entries: Vec<String> },
    Mode { value: serde_json::Value },
}

fn answer(question: &Question, facts: &Facts) -> serde_json::Value {
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
        Question::Class { release, command } => {
            json!({ "class": facts.asked.class(command, *release) })
        }
        Question::Decide { release, command, policy } => {
            let tables = Tables {
                asked: &facts.asked,
                approvals: &facts.approvals,
                commands: &facts.commands,
            };
            let decision = decide(command, &policy.situation(*release), tables);
            json!({ "verdict": decision.verdict.as_str(), "why": format!("{:?}", decision.step) })
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
    let facts = Facts::load()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str(&line?) {
            Ok(question) => answer(&question, &facts),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{reply}")?;
    }
    out.flush()
}
