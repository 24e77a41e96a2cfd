//! `config/denylist-missing`: no command is denied outright in this deployment.

use super::approvals::{ends, of_missing, yaml_items};
use super::denylist_incomplete::complete;
use super::{approvals_off, unattended_approve};
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::absence;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// No command is denied outright.
pub struct DenylistMissing;

impl HomeRule for DenylistMissing {
    const META: RuleMeta = RuleMeta {
        id: "config/denylist-missing",
        summary: "no command is denied outright",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["denylist-destructive"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("config/denylist-missing"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let denylist = home.denylist();
        if !home.has_config() || home.is_incomplete() || denylist.is_set() {
            return;
        }
        let empty = denylist.native.or_else(|| denylist.guide.into_iter().next());
        let label = if empty.is_some() { "nothing in it" } else { "no `deny` list" };
        let place = match &empty {
            Some(list) => Some(list.place()),
            None => home.anchor("approvals.deny"),
        };
        let Some(place) = place else { return };
        let document = empty.as_ref().map(|list| list.document).or(home.config());
        let edits = document.and_then(|document| {
            let globs = complete(home, &[]);
            document.changed(|sheet| sheet.append(&["approvals", "deny"], &globs))
        });
        findings.add(
            Self::META
                .at(&place)
                .anchor("approvals.deny")
                .severity(severity(home))
                .confidence(absence(home))
                .message(
                    "no command is denied outright: one wrong yes, or a mode that asks nobody, runs a \
                     recursive delete or a piped download",
                )
                .label(label)
                .help(format!(
                    "write, and let `config/denylist-incomplete` name what is still open:\napprovals:\n  deny:\n{}",
                    yaml_items(&short_list(home), "    ")
                ))
                .note("a deny entry holds with prompts off too, and no yes overrules it")
                .edits("deny destructive commands", false, edits),
        );
    }
}

/// An empty list is what Hermes starts with: a layer is missing once others can have commands run, or nobody is asked.
pub(crate) fn severity(home: &Home<'_>) -> Severity {
    let served = home.platforms().iter().any(|state| state.on.is_some());
    let unasked = approvals_off::nobody_is_asked(home) || unattended_approve::nobody_is_there(home);
    of_missing(home, if served || unasked { Severity::Warning } else { Severity::Info })
}

/// The first recommended glob of each class, which the table lists for stopping most; and its twin for
/// releases that see a line only as a whole.
fn short_list<'h>(home: &'h Home<'_>) -> Vec<&'h str> {
    let (low, _) = ends(home);
    let classes = &home.knowledge.commands.classes;
    let needed = classes.iter().filter(|class| !class.optional);
    needed.flat_map(|class| class.first_deny(low)).collect()
}
