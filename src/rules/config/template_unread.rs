//! `config/template-unread`: a config template that can't be judged before it is rendered.

use super::unparsable::{is_template, is_unrendered, place};
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A template of a config is not YAML until it is rendered.
pub struct TemplateUnread;

impl HomeRule for TemplateUnread {
    const META: RuleMeta = RuleMeta {
        id: "config/template-unread",
        summary: "a config template can't be read before it is rendered",
        severity: Severity::Info,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[],
        since: "0.1.0",
        page: page!("config/template-unread"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(config) = home.config().filter(|config| is_template(home, config)) else { return };
        let Some(error) = config.structured().and_then(|structured| structured.error.as_ref())
        else {
            return;
        };
        let draft = Self::META.at(&place(config, error)).anchor("template");
        findings.add(if is_unrendered(config) {
            draft
                .message("this template is not YAML before it is rendered: its settings were not checked, its text was")
                .label("not YAML here")
                .help("render it, and check the result: `hermes-lint check rendered/config.yaml`")
        } else {
            draft
                .message("this template can't be parsed: its settings were not checked, its text was")
                .label(error.message.clone())
                .help("correct this line before a config is made of it")
        });
    }
}
