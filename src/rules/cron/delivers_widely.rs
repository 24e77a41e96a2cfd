//! `cron/delivers-widely`: what a job finds goes to more people than asked for it.

use std::collections::BTreeSet;

use crate::document::tree::{NodeId, Value};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::list;
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

use crate::deployment::{Job, active_jobs};

/// What a job finds goes to everybody at once, to a group, or to several platforms.
pub struct DeliversWidely;

/// How many platforms are named.
const NAMED: usize = 6;

impl FileRule for DeliversWidely {
    const META: RuleMeta = RuleMeta {
        id: "cron/delivers-widely",
        summary: "what a job finds goes to many people",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates"],
        cwe: &[200, 668],
        since: "0.1.0",
        page: page!("cron/delivers-widely"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        for job in active_jobs(file.document) {
            let Some(id) = job.get("deliver") else { continue };
            let targets = targets(&job, id);
            let everybody = targets.iter().any(|target| target.eq_ignore_ascii_case("all"));
            let groups: BTreeSet<String> =
                targets.iter().filter_map(|target| group(&job, target)).collect();
            let platforms: BTreeSet<&str> = targets
                .iter()
                .map(|target| target.split(':').next().unwrap_or_default())
                .filter(|name| !["local", "origin", "all", "log", ""].contains(name))
                .collect();
            let (severity, message) = if everybody {
                (
                    Severity::Warning,
                    "to the home channel of every platform that is on, those added later among them".to_owned(),
                )
            } else if !groups.is_empty() {
                (
                    Severity::Info,
                    format!(
                        "to {}, whoever is in it now or joins later",
                        list(&groups.into_iter().collect::<Vec<_>>())
                    ),
                )
            } else if platforms.len() > 1 {
                let names: Vec<String> =
                    platforms.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
                (
                    Severity::Info,
                    format!("to {} platforms at once: {}", platforms.len(), list(&names)),
                )
            } else {
                continue;
            };
            findings.add(
                Self::META
                    .at(&job.place(id, "deliver"))
                    .severity(severity)
                    .message(format!("job `{}` sends what it finds, unread, {message}", job.name()))
                    .label("goes to many")
                    .help("name the one chat that needs it, such as `\"deliver\": \"telegram:123456789\"`, or `\"local\"` to keep it in the home"),
            );
        }
    }
}

/// The parts of `deliver`: a text with commas, or a list.
fn targets<'d>(job: &Job<'d>, id: NodeId) -> Vec<&'d str> {
    let texts: Vec<&str> = match job.tree.value(id) {
        Value::Str(text) => vec![text],
        Value::Seq(items) => items.iter().filter_map(|&item| job.tree.str(item)).collect(),
        _ => Vec::new(),
    };
    let parts = texts.into_iter().flat_map(|text| text.split(','));
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// What kind of group a target is, when its form tells.
fn group(job: &Job<'_>, target: &str) -> Option<String> {
    let (platform, chat) = match target.split_once(':') {
        Some((platform, chat)) => (platform.to_owned(), chat.to_owned()),
        None if target == "origin" => {
            let origin = job.get("origin")?;
            let text = |key: &str| {
                let id = job.tree.get(origin, key)?;
                crate::deployment::python_str(job.tree.value(id))
            };
            (text("platform")?, text("chat_id")?)
        }
        None => return None,
    };
    let platform = platform.to_ascii_lowercase();
    let is_group = match platform.as_str() {
        "telegram" => chat.starts_with('-'),
        "whatsapp" => chat.contains("@g.us"),
        "signal" => chat.starts_with("group"),
        "slack" => chat.starts_with(['C', '#']),
        "matrix" => chat.starts_with(['!', '#']),
        "discord" => chat.starts_with('#'),
        _ => false,
    };
    // A person's number or name is none of our business here; a group's says nothing either.
    is_group.then(|| format!("a group on {platform}"))
}
