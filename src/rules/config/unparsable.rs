//! `config/unparsable`: a file of Hermes that its parser rejects.

use crate::deployment::Home;
use crate::document::{Document, Kind, ParseError, Place, Standing, StateFile, template};
use crate::facts::{Holds, Range, Release};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A file of Hermes can't be parsed.
pub struct Unparsable;

/// From here on a good copy of the config is taken first, and unattended runs refuse to start.
const BACKUPS: Range = Range::since(Release::new(0, 21, 3));

impl HomeRule for Unparsable {
    const META: RuleMeta = RuleMeta {
        id: "config/unparsable",
        summary: "a file can't be parsed, so nothing written in it is in force",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["denylist-destructive", "dangerous-command-policy"],
        cwe: &[636, 1188],
        since: "0.1.0",
        page: page!("config/unparsable"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if let Some(config) = home.config()
            && let Some(error) = broken(config)
            && !is_template(home, config)
        {
            let draft = Self::META
                .at(&place(config, error))
                .anchor("config")
                .message(
                    "the config can't be parsed: Hermes runs on its defaults, and nothing written here is in force",
                )
                .label(error.message.clone())
                .help("correct this line, then check again: `hermes config check`")
                .notes(releases(home));
            findings.add(match &error.context {
                Some((what, span)) => draft.related(&Place::new(config, *span, ""), what.clone()),
                None => draft,
            });
        }
        for document in home.inside().iter().filter(|document| document.standing == Standing::Live)
        {
            let what = match &document.kind {
                Kind::Jobs(_) => "the jobs can't be parsed: no scheduled job runs",
                Kind::State(StateFile::Gateway, _) => {
                    "gateway.json can't be parsed: the gateway leaves it out"
                }
                _ => continue,
            };
            let Some(error) = broken(document) else { continue };
            findings.add(
                Self::META
                    .at(&place(document, error))
                    .severity(Severity::Warning)
                    .anchor("file")
                    .message(what)
                    .label(error.message.clone())
                    .help("correct this line; it must be JSON"),
            );
        }
    }
}

fn broken(document: &Document) -> Option<&ParseError> {
    document.structured()?.error.as_ref()
}

/// True for a config that is no deployment's yet: nothing runs on what is in force instead of it.
pub(super) fn is_template(home: &Home<'_>, config: &Document) -> bool {
    home.is_template() || is_unrendered(config)
}

/// True for text that only becomes YAML when a template engine has run over it.
pub(super) fn is_unrendered(document: &Document) -> bool {
    template::blank(document.text.bytes()).is_some()
}

/// Where the parser gave up; the byte before the end of the file, where it ran into that.
pub(super) fn place<'d>(document: &'d Document, error: &ParseError) -> Place<'d> {
    Place::new(document, error.span, "")
}

fn releases(home: &Home<'_>) -> Option<String> {
    let later = "the newest good copy below backups/config is taken where there is one; `hermes chat -q` and cron \
                 refuse to run, `hermes gateway run` starts all the same";
    match home.holds(&BACKUPS) {
        Holds::Never => None,
        Holds::Always => Some(later.to_owned()),
        Holds::Depends { text } => Some(format!("{text} {later}")),
    }
}
