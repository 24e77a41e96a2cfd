//! `repo/env-once-committed`: secrets that are in use stand in commits, although git does not track their file any more.

use std::collections::BTreeSet;

use super::{called, secrets_in_store};
use crate::deployment::Deployment;
use crate::document::{Document, Kind, Place};
use crate::facts::Range;
use crate::finding::{Commit, Confidence, History, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};
use crate::span::Span;

/// Names that one message lists.
const SHOWN: usize = 4;
/// Shorter values stand in a file by chance.
const SHORTEST: usize = 8;

/// A secret of a file that git had once is still in force.
pub struct EnvOnceCommitted;

impl DeploymentRule for EnvOnceCommitted {
    const META: RuleMeta = RuleMeta {
        id: "repo/env-once-committed",
        summary: "secrets in use stand in an earlier commit",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["no-secrets-in-vcs"],
        cwe: &[538, 540],
        since: "0.1.0",
        page: page!("repo/env-once-committed"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for document in deployment.documents {
            let path = document.text.path();
            let Some(count) = secrets_in_store(document) else { continue };
            let Some(past) = deployment.git.past(&path.display) else { continue };
            let mut commits: Vec<&Commit> = Vec::new();
            let mut names: Vec<String> = Vec::new();
            let (mut known, mut in_head) = (0, false);
            for (name, value) in secrets(document) {
                let finder = memchr::memmem::Finder::new(value);
                // The oldest version that has it came first.
                let Some(version) =
                    past.versions.iter().find(|old| finder.find(&old.bytes).is_some())
                else {
                    continue;
                };
                known += 1;
                in_head |= past
                    .versions
                    .iter()
                    .any(|old| old.in_head && finder.find(&old.bytes).is_some());
                names.extend(name.filter(|name| !names.contains(name)));
                if !commits.contains(&&version.commit) {
                    commits.push(&version.commit);
                }
            }
            if known == 0 {
                continue;
            }
            let of = match (known, count) {
                (1, 1) => "the secret".to_owned(),
                (_, count) if known == count => format!("all {count} secrets"),
                _ => format!("{known} of {count} secrets"),
            };
            let (was, is, it) =
                if known == 1 { ("was", "is", "it") } else { ("were", "are", "them") };
            let mut draft = Self::META
                .at(&Place::whole(document))
                .message(format!(
                    "{of} in {} {was} committed once and {is} still in use: every clone has {it}",
                    called(path)
                ))
                .help(
                    "replace these at their providers: what is in the history stays there for everybody who has cloned it, \
                     rewritten or not",
                )
                .anchor("once-committed");
            if !names.is_empty() {
                draft = draft.note(listed(&names));
            }
            draft =
                draft.notes(commits.iter().map(|commit| format!("first in {}", commit.short())));
            if !past.is_whole {
                draft = draft.note("older commits were not looked at".to_owned());
            }
            let brought = commits.into_iter().cloned().collect();
            findings.add(draft.history(History { brought, removed: Vec::new(), in_head }));
        }
    }
}

/// The secrets of a file, each value once, with the names that they stand under.
fn secrets(document: &Document) -> Vec<(Option<String>, &[u8])> {
    let mut seen = BTreeSet::new();
    let spans = document.text.secrets().iter();
    let values =
        spans.filter_map(|span| Some((*span, document.text.bytes().get(span.start..span.end)?)));
    values
        .filter(|(_, value)| value.len() >= SHORTEST && seen.insert(*value))
        .map(|(span, value)| (variable(document, span), value))
        .collect()
}

/// The variable whose value is at `span`.
fn variable(document: &Document, span: Span) -> Option<String> {
    let Kind::Env(env) = &document.kind else { return None };
    let entry = env.entries.iter().find(|entry| entry.value_span.contains(span))?;
    Some(entry.key.clone())
}

/// ``X`, `Y` and 3 more`.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        left => format!("{} and {left} more", shown.join(", ")),
    }
}
