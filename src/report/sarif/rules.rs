//! What SARIF says of rules: those that a result points to, with the page that explains each.
//!
//! Only those: the pages of all rules are more than a hundred kilobytes, in every upload, and the hash of the rule
//! set in the run's properties already says what was looked for. CWE numbers are tags, which is where readers look
//! for them; a taxonomy of its own would say the same again.

use std::collections::BTreeMap;

use super::level;
use crate::finding::{Confidence, Finding, Severity};
use crate::rules::{self, RuleMeta};

/// Most tags of a rule that GitHub shows; it takes no file with more than twenty.
const TAGS: usize = 10;
/// Most characters of a description that GitHub shows.
const DESCRIPTION: usize = 1_000;

/// The rules of some results, in the order of their ids.
pub(super) struct Used<'a>(BTreeMap<&'a str, usize>);

impl<'a> Used<'a> {
    /// The rules that `findings` are of.
    pub(super) fn of(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut used: BTreeMap<&str, usize> = findings.map(|finding| (finding.rule, 0)).collect();
        used.values_mut().zip(0..).for_each(|(place, number)| *place = number);
        Self(used)
    }

    /// The place of `rule` among them.
    pub(super) fn index(&self, rule: &str) -> usize {
        self.0.get(rule).copied().unwrap_or_default()
    }

    /// What SARIF says of each.
    pub(super) fn descriptors(&self) -> Vec<Descriptor<'a>> {
        self.0.keys().map(|id| Descriptor::new(id)).collect()
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    id: &'a str,
    name: String,
    #[serde(flatten)]
    known: Option<Known>,
}

/// What a rule of this version says of itself.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(serde::Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

impl Text {
    fn plain(text: String) -> Self {
        Self { text, markdown: None }
    }
}

#[derive(serde::Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(serde::Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    docs: String,
    checklist: &'static [&'static str],
    since: &'static str,
}

impl<'a> Descriptor<'a> {
    fn new(id: &'a str) -> Self {
        let known = rules::find(id).map(|rule| Known::new(&rule.meta));
        Self { id, name: pascal(id), known }
    }
}

impl Known {
    fn new(meta: &RuleMeta) -> Self {
        let family = meta.id.split('/').next().unwrap_or_default();
        let tags = ["security", "hermes-agent", family].map(str::to_owned).into_iter();
        let cwe = meta.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}"));
        Self {
            short_description: Text::plain(meta.summary.to_owned()),
            full_description: Text::plain(first_paragraph(meta.page)),
            help: Text { text: plain(meta.page), markdown: Some(meta.page) },
            default_configuration: Configuration { level: level(meta.severity) },
            properties: Properties {
                tags: tags.chain(cwe).take(TAGS).collect(),
                precision: match meta.confidence {
                    Confidence::High => "high",
                    Confidence::Medium => "medium",
                    Confidence::Low => "low",
                },
                // The middle of what GitHub calls high, medium and low. Nothing is critical: what is found is
                // posture, and no score of a flaw exists for it.
                security_severity: match meta.severity {
                    Severity::Error => "8.0",
                    Severity::Warning => "5.5",
                    Severity::Info => "2.0",
                },
                docs: format!("rules/docs/{}.md", meta.id),
                checklist: meta.checklist,
                since: meta.since,
            },
        }
    }
}

/// `ConfigApprovalsOff` of `config/approvals-off`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
    };
    id.split(|c: char| !c.is_ascii_alphanumeric()).map(capital).collect::<Vec<String>>().concat()
}

/// The first paragraph below the title, on one line.
fn first_paragraph(page: &str) -> String {
    let lines = page.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
    let words: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    words.join(" ").replace('`', "").chars().take(DESCRIPTION).collect()
}

/// The page without its marks, for readers that show no Markdown.
fn plain(page: &str) -> String {
    let lines = page.lines().filter(|line| !line.trim_start().starts_with("```"));
    let lines: Vec<&str> = lines.map(|line| line.trim_start_matches('#').trim_end()).collect();
    lines.join("\n").replace('`', "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    #[test]
    fn every_rule_is_within_what_github_takes() {
        for rule in RULES {
            let known = Known::new(&rule.meta);
            let id = rule.meta.id;
            assert!(known.properties.tags.len() <= TAGS, "{id}");
            assert_eq!(known.properties.tags.len(), 3 + rule.meta.cwe.len(), "{id}: a tag is lost");
            let short = known.short_description.text.chars().count();
            let full = known.full_description.text.chars().count();
            assert!(
                (1..=DESCRIPTION).contains(&short) && (1..=DESCRIPTION).contains(&full),
                "{id}"
            );
            assert!(known.help.text.len() > full && !known.help.text.contains("```"), "{id}");
        }
    }

    #[test]
    fn names_and_texts_come_from_the_id_and_the_page() {
        assert_eq!(pascal("config/approvals-off"), "ConfigApprovalsOff");
        let page = "# a/b\n\nFirst `one`\ngoes on.\n\n## Why\n\n```yaml\nx: 1\n```\n";
        assert_eq!(first_paragraph(page), "First one goes on.");
        assert_eq!(plain(page), "a/b\n\nFirst one\ngoes on.\n\n Why\n\nx: 1");
    }
}
