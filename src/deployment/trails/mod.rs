//! Audit trails whose records are chained: what writes them here, what the disk has of them, what rotates them.
//!
//! Programs are known by the names of `rules/hermes/audit_logs.yaml`. A trail of somebody's own, which no name of ours
//! fits, is known by a word in the name of a plugin or hook: enough not to say that there is none.

mod commands;
mod logs;

pub use commands::AuditCommand;
pub use logs::ChainedLog;

use super::rotation::{self, Block};
use super::{Home, Knowledge, Survey};
use crate::document::{Document, EvidenceFile, Kind, Place};
use crate::facts::{AuditLogs, AuditWriter};
use crate::span::Span;

/// Everything about chained logs.
#[derive(Clone, Debug, Default)]
pub struct Trails<'d> {
    /// What is set up to write one.
    pub sources: Vec<Source<'d>>,
    /// The logs that are there.
    pub logs: Vec<ChainedLog<'d>>,
    /// Every run of `hermes-lint audit`.
    pub commands: Vec<AuditCommand<'d>>,
    /// What logrotate does with logs.
    pub rotations: Vec<(Place<'d>, Block)>,
}

/// Something that is set up to write a chained log.
#[derive(Clone, Debug)]
pub struct Source<'d> {
    /// The program; `None` for a trail of somebody's own.
    pub writer: Option<&'d AuditWriter>,
    /// The line that says so.
    pub place: Place<'d>,
    /// The home that it belongs to, by its number; `None` for a program beside them.
    pub home: Option<usize>,
}

impl<'d> Trails<'d> {
    pub(super) fn of(
        documents: &'d [Document],
        homes: &[Home<'d>],
        knowledge: &'d Knowledge,
        survey: Option<&Survey>,
    ) -> Self {
        let facts = knowledge.facts().audit_logs();
        let lines = commands::lines(documents, homes);
        let commands: Vec<AuditCommand<'d>> =
            lines.iter().filter_map(|line| commands::audit(line, facts)).collect();
        let mut sources = Vec::new();
        for (number, home) in homes.iter().enumerate() {
            plugins(home, number, facts, &mut sources);
            gateway_hooks(home, number, facts, &mut sources);
        }
        for line in &lines {
            let runs = |writer: &&AuditWriter| {
                writer.commands.iter().any(|words| commands::stands(&line.words, words).is_some())
            };
            let place = line.place.clone();
            if let Some(writer) = facts.writers.iter().find(runs) {
                sources.push(Source { writer: Some(writer), place, home: None });
            } else if line.place.route.starts_with("hooks.")
                && line.words.iter().any(|word| is_own(word, facts))
            {
                sources.push(Source { writer: None, place, home: None });
            }
        }
        let logs = logs::find(homes, &commands, &facts.writers, survey);
        Self { sources, logs, commands, rotations: rotations(documents) }
    }

    /// Paths of logs that are there or will be: those on the disk, and where what is set up writes; of what is in the
    /// same archive as `beside`, or in none. One without a leading `/` lies in a home whose place is not known.
    #[must_use]
    pub fn paths(&self, homes: &[Home<'d>], beside: &Place<'_>) -> Vec<(&'d AuditWriter, String)> {
        let archive = beside.document.text.path().archive();
        let mut paths: Vec<(&AuditWriter, String)> = Vec::new();
        for log in self.logs.iter().filter(|_| archive.is_none()) {
            paths.push((log.writer, log.path.clone()));
        }
        for source in &self.sources {
            if source.place.document.text.path().archive() != archive {
                continue;
            }
            let Some(writer) = source.writer else { continue };
            let folders = self.commands.iter().filter(|command| {
                command.verb == "seal"
                    && command.place.span == source.place.span
                    && std::ptr::eq(command.place.document, source.place.document)
            });
            for folder in folders.filter_map(AuditCommand::folder) {
                paths
                    .push((writer, format!("{}/audit-000001.jsonl", folder.trim_end_matches('/'))));
            }
            let Some(home) = source.home.and_then(|number| homes.get(number)) else { continue };
            let set = home.variable("HERMES_HOME").map(|effective| effective.winner);
            let set = set.filter(|variable| variable.known && variable.value.starts_with('/'));
            let folder = set.map_or("~", |variable| variable.value.trim_end_matches('/'));
            for log in &writer.logs {
                if log.starts_with('/') {
                    continue;
                }
                paths.push((writer, log.replace("{home}", folder).replace('*', "0")));
            }
        }
        paths
    }
}

fn is_own(word: &str, facts: &AuditLogs) -> bool {
    let word = word.to_ascii_lowercase();
    facts.own.iter().any(|own| word.contains(own.as_str()))
}

/// The plugins of `home` that write one.
fn plugins<'d>(
    home: &Home<'d>,
    number: usize,
    facts: &'d AuditLogs,
    sources: &mut Vec<Source<'d>>,
) {
    let Some(enabled) = home.list("plugins.enabled") else { return };
    let disabled = home.list("plugins.disabled").map(|list| list.entries).unwrap_or_default();
    for (name, place) in enabled.entries {
        if disabled.iter().any(|(off, _)| *off == name) {
            continue;
        }
        let off = home.setting(&format!("plugins.{name}.enabled"));
        if off.and_then(|setting| setting.bool()) == Some(false) {
            continue;
        }
        let writer = facts.writers.iter().find(|writer| writer.plugins.contains(&name));
        if writer.is_some() || is_own(&name, facts) {
            sources.push(Source { writer, place, home: Some(number) });
        }
    }
}

/// Folders of gateway hooks of `home`, which are loaded without being named anywhere.
fn gateway_hooks<'d>(
    home: &Home<'d>,
    number: usize,
    facts: &'d AuditLogs,
    sources: &mut Vec<Source<'d>>,
) {
    // What was read from a pipe or an archive lies beside nothing on this disk.
    let config = home.config().filter(|config| {
        let path = config.text.path();
        path.archive().is_none() && path.real.as_os_str() != "-"
    });
    let Some((config, folder)) = config.and_then(|of| Some((of, of.text.path().real.parent()?)))
    else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(folder.join("hooks")) else { return };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("HOOK.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in names {
        let writer = facts.writers.iter().find(|writer| writer.hooks.contains(&name));
        if writer.is_some() || is_own(&name, facts) {
            sources.push(Source { writer, place: Place::whole(config), home: Some(number) });
        }
    }
}

/// The blocks of every file of logrotate's.
fn rotations(documents: &[Document]) -> Vec<(Place<'_>, Block)> {
    let mut found = Vec::new();
    for document in documents {
        if !matches!(document.kind, Kind::Evidence(EvidenceFile::Rotation)) {
            continue;
        }
        let bytes = document.text.bytes();
        let text = String::from_utf8_lossy(bytes);
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1));
        for block in rotation::blocks(&text) {
            let Some(&start) = starts.get(block.line - 1) else { continue };
            let end = starts.get(block.line).map_or(bytes.len(), |next| next - 1);
            let span = Span::new(start, end.max(start));
            found.push((Place::new(document, span, "rotation"), block));
        }
    }
    found
}
