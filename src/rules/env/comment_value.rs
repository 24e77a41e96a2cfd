//! `env/comment-value`: a comment stands where a value is missing, and becomes the value.

use std::collections::HashMap;

use crate::deployment::Home;
use crate::document::dotenv::Entry;
use crate::document::{Kind, Place, Standing};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::config::keys::listed;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A comment becomes the value of a variable.
pub struct CommentValue;

impl HomeRule for CommentValue {
    const META: RuleMeta = RuleMeta {
        id: "env/comment-value",
        summary: "a comment becomes the value of a variable",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[1188],
        since: "0.1.0",
        page: page!("env/comment-value"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for document in home.envs().iter().copied() {
            let Kind::Env(env) = &document.kind else { continue };
            // The same name set properly further down is what counts.
            let last: HashMap<&str, &Entry> =
                env.entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
            let counts = |entry: &&Entry| {
                last.get(entry.key.as_str()).is_some_and(|last| std::ptr::eq(*last, *entry))
            };
            let found: Vec<&Entry> = env
                .entries
                .iter()
                .filter(is_comment)
                .filter(|entry| is_prose(document.text.bytes(), entry))
                .filter(counts)
                .collect();
            let Some(first) = found.first() else { continue };
            let comment =
                first.comment.map_or(first.key_span, |comment| first.key_span.join(comment));
            let names = listed(found.iter().map(|entry| entry.key.as_str()));
            // What is to be filled in loses the comment's place to a value.
            let template = document.standing == Standing::Template;
            let (has, its) = if found.len() == 1 { ("has", "its") } else { ("have", "their") };
            findings.add(
                Self::META
                    .at(&Place::new(document, comment, first.key.clone()))
                    .severity(if template { Severity::Info } else { Severity::Warning })
                    .anchor("comments")
                    .message(format!(
                        "{names} {has} a comment for {its} value: Hermes and `docker --env-file` take the text as the value"
                    ))
                    .label("taken as the value")
                    .help("move the comment to a line of its own above")
                    .note("python-dotenv reads it so up to 1.2.3; Hermes requires 1.2.2"),
            );
        }
    }
}

/// True for a comment of several words: `#Passw0rd` may be the value that is meant.
fn is_prose(bytes: &[u8], entry: &Entry) -> bool {
    let text = entry.comment.map(|comment| comment.of(bytes)).unwrap_or_default();
    text.trim_ascii().contains(&b' ')
}

/// True for `KEY=   # text`.
fn is_comment(entry: &&Entry) -> bool {
    entry.quote.is_none() && entry.comment.is_some() && entry.value.as_deref() == Some("")
}
