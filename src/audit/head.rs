//! The file in which a writer keeps its newest hash.

use std::path::Path;

use super::feed::cell_of;
use super::json::tape::Tape;
use super::keyring::{Checked, Keyring};
use super::logs::Log;
use super::plan::{side_file, side_value};
use super::preimage::{Builder, View};
use super::profile::{Container, Head};

/// What a head file says.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The name it was looked for under.
    pub name: String,
    /// Where it is; none if it is not there.
    pub path: Option<String>,
    /// Whether the writer's settings require it.
    pub required: bool,
    /// Why it can't be used.
    pub error: Option<String>,
    /// The last counter.
    pub seq: Option<i64>,
    /// The number of records.
    pub count: Option<u64>,
    /// The last hash.
    pub hash: Option<String>,
    /// What came of checking its MAC, where it has one.
    pub mac: Option<Checked>,
}

/// Reads the head file beside the logs in `folder`. `{log}` in its name is the newest log's own name.
#[must_use]
pub fn read(head: &Head, folder: &Path, logs: &[Log<'_>], keys: &Keyring) -> Found {
    let log = logs.last().and_then(|log| log.path.file_name()).unwrap_or_default();
    let mut found = Found::default();
    found.required = head.required.as_ref().is_some_and(|(names, at, value)| {
        side_value(folder, names, at).is_some_and(|found| found == value.as_bytes())
    });
    let content = if let Some(file) = &head.file {
        found.name = file.replace("{log}", &log.to_string_lossy());
        let Some((path, content)) = side_file(folder, &found.name) else { return found };
        found.path = Some(path.display().to_string());
        content
    } else if let (Some(cell), Some(log)) = (&head.cell, logs.last())
        && log.opened.container() == Container::Sqlite
    {
        found.name.clone_from(&cell.table);
        match cell_of(&log.path, cell) {
            Ok(content) => {
                found.path = Some(log.path.display().to_string());
                content
            }
            Err(_) => return found,
        }
    } else {
        found.name = "head".to_owned();
        return found;
    };
    let mut tape = Tape::default();
    if std::str::from_utf8(&content).is_err() || tape.read(&content).is_err() {
        found.error = Some("the head file is no JSON".to_owned());
        return found;
    }
    let view = View { tape: &tape, bytes: &content };
    let text = |at: Option<&super::json::pointer::Pointer>| {
        at.and_then(|at| view.text(at)).and_then(|text| String::from_utf8(text).ok())
    };
    found.seq = text(head.seq.as_ref()).and_then(|seq| seq.parse().ok());
    found.hash = text(head.hash.as_ref());
    found.count = text(head.count.as_ref()).and_then(|count| count.parse().ok());
    if (head.seq.is_some() && found.seq.is_none()) || (head.hash.is_some() && found.hash.is_none())
    {
        found.error = Some("the head file lacks the newest counter or hash".to_owned());
    }
    if let Some(mac) = &head.mac {
        let mut message = Vec::new();
        let built = Builder::default().build(&mac.over, view, None, &mut message);
        let stored = view.string(&mac.field).and_then(|text| mac.encoding.read("", &text));
        found.mac = Some(match (built, stored) {
            (Ok(_), Some(stored)) => keys.check(mac.kind, &mac.key, &message, &stored),
            _ => Checked::Bad,
        });
    }
    found
}
