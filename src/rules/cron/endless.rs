//! `cron/endless`: a job runs every few minutes, for ever, with tools that reach out.

use crate::document::tree::Value;
use crate::facts::{Range, Tier};
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

use crate::deployment::{Job, active_jobs};

/// A job runs every few minutes, for ever, with tools that reach out.
pub struct Endless;

/// Fewer minutes than these between two runs are few.
const FEW: i128 = 5;

impl FileRule for Endless {
    const META: RuleMeta = RuleMeta {
        id: "cron/endless",
        summary: "a job runs every few minutes for ever",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates"],
        cwe: &[770, 799],
        since: "0.1.0",
        page: page!("cron/endless"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        for job in active_jobs(file.document) {
            let Some(minutes) = minutes(&job).filter(|minutes| *minutes < FEW) else { continue };
            let repeat = job.get("repeat").and_then(|repeat| match job.tree.value(repeat) {
                Value::Map(_) => job.tree.get(repeat, "times"),
                _ => Some(repeat),
            });
            let ends = repeat.is_some_and(|times| *job.tree.value(times) != Value::Null);
            if ends || job.is_true("no_agent") {
                continue;
            }
            let Some(what) = reach(&job, file) else { continue };
            let Some(id) = job.get("schedule") else { continue };
            let often = if minutes == 1 {
                "every minute".to_owned()
            } else {
                format!("every {minutes} minutes")
            };
            findings.add(
                Self::META
                    .at(&job.place(id, "schedule"))
                    .message(format!(
                        "job `{}` runs {often} without end, {what}: a bad answer is acted on {} times a day before anybody looks",
                        job.name(),
                        1440 / minutes.max(1)
                    ))
                    .label("never ends")
                    .help("let a script watch (`\"no_agent\": true`), make it hourly, or end it: `\"repeat\": {\"times\": 24}`"),
            );
        }
    }
}

/// Minutes between two runs, where the schedule says that they are the same all day.
fn minutes(job: &Job<'_>) -> Option<i128> {
    let id = job.get("schedule")?;
    let text = match job.tree.value(id) {
        Value::Str(text) => text.to_string(),
        Value::Map(_) => match job.tree.str(job.tree.get(id, "kind")?)? {
            "interval" => match job.tree.value(job.tree.get(id, "minutes")?) {
                Value::Int(minutes) => return Some((*minutes).max(1)),
                Value::Float(minutes) => return Some(if *minutes < 5.0 { 1 } else { FEW }),
                _ => return None,
            },
            "cron" => job.tree.str(job.tree.get(id, "expr")?)?.to_owned(),
            _ => return None,
        },
        _ => return None,
    };
    by_text(text.trim())
}

fn by_text(text: &str) -> Option<i128> {
    if let Some(every) = text.to_ascii_lowercase().strip_prefix("every ") {
        let every = every.trim();
        let digits = every.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = every.get(digits.len()..)?.trim();
        let number: i128 = digits.parse().ok()?;
        return ["m", "min", "mins", "minute", "minutes"].contains(&unit).then(|| number.max(1));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, rest @ ..] = fields.as_slice() else { return None };
    if rest.len() != 4 || rest.iter().any(|field| *field != "*") {
        return None;
    }
    match *minute {
        "*" => Some(1),
        step => step.strip_prefix("*/")?.parse().ok().filter(|step: &i128| *step > 0),
    }
}

/// What the job can do that others feel, as a clause; `None` where it only reads.
fn reach(job: &Job<'_>, file: &File<'_>) -> Option<String> {
    let facts = file.knowledge.facts().tools();
    let Some(names) = job.toolsets() else {
        return Some("with whatever its platform gives it".to_owned());
    };
    let worst = names.iter().filter_map(|name| {
        let tools = facts.tools_of(name);
        let tier = tools.iter().filter_map(|tool| facts.tier_of(tool)).max();
        let tier = tier.or_else(|| facts.server(name).map(|server| server.tier))?;
        (tier >= Tier::External).then_some((tier, *name))
    });
    let (_, name) = worst.max_by_key(|(tier, _)| *tier)?;
    Some(format!("with the toolset `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::by_text;

    #[test]
    fn schedules_are_read() {
        for (text, minutes) in [
            ("* * * * *", Some(1)),
            ("*/2 * * * *", Some(2)),
            ("*/15 * * * *", Some(15)),
            ("every 3m", Some(3)),
            ("every 60m", Some(60)),
            ("every 2 minutes", Some(2)),
            ("every 2h", None),
            ("* 3 * * *", None),
            ("0 6 * * *", None),
            ("*/0 * * * *", None),
            ("in 5m", None),
            ("", None),
        ] {
            assert_eq!(by_text(text), minutes, "{text}");
        }
    }
}
