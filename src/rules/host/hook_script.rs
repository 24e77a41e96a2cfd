//! `host/hook-script`: a hook runs unasked what another account decides, or what is not there.

use super::{is_stranger, lets_replace, location, quoted};
use crate::deployment::{Home, HomeFile, HookScript};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The script of a hook that was agreed to is missing, or others can change it.
pub struct ApprovedHook;

impl HomeRule for ApprovedHook {
    const META: RuleMeta = RuleMeta {
        id: "host/hook-script",
        summary: "the script of an approved hook is missing, or others can change it",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[732, 426],
        since: "0.1.0",
        page: page!("host/hook-script"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let Some(folder) = home.files().iter().find(|file| file.below.is_empty()) else { return };
        for script in home.hook_scripts() {
            // Modes of what Hermes keeps its code in are judged with the rest of the home.
            let judged = script.below.as_ref().is_some_and(|below| {
                home.files().iter().any(|file| file.below == *below && file.widest.is_some())
            });
            let Some((severity, what, help)) = hazard(script, folder.facts.uid, judged) else {
                continue;
            };
            findings.add(
                Self::META
                    .at(&script.place)
                    .severity(severity)
                    .message(format!(
                        "the approved hook on `{}` runs `{}` without asking: {what}",
                        script.event, script.path
                    ))
                    .label("runs unasked")
                    .help(help)
                    .anchor(format!("hook {} {}", script.event, script.path)),
            );
        }
    }
}

/// Why a script is not for the account `by` alone to change, how bad that is, and what to do.
fn hazard(script: &HookScript<'_>, by: u32, judged: bool) -> Option<(Severity, String, String)> {
    let path = quoted(&script.path);
    let stranger = |uid: u32| is_stranger(uid, by);
    // A closed folder is one layer, and the mode was to be another.
    let open = if script.shut_in { Severity::Warning } else { Severity::Error };
    let restore =
        "put the script back, or drop the hook, and take its consent away with `hermes hooks revoke`"
            .to_owned();
    let Some(facts) = script.facts else {
        let nearest = script.above.first();
        if let Some(folder) = nearest.filter(|folder| folder.facts.mode & 0o002 != 0) {
            let what = format!(
                "it is not there, and every account can make it, in `{}`",
                location(folder).path
            );
            return Some((open, what, restore));
        }
        if let Some(folder) = nearest.filter(|folder| stranger(folder.facts.uid)) {
            let what = format!(
                "it is not there, and {} can make it, in `{}`",
                folder.owner,
                location(folder).path
            );
            return Some((Severity::Error, what, restore));
        }
        let guard = script.guards;
        let severity = if guard { Severity::Warning } else { Severity::Info };
        let what = if guard {
            "it is not there, so it refuses nothing, and whatever is put there is run"
        } else {
            "it is not there, and whatever is put there is run"
        };
        return Some((severity, what.to_owned(), restore));
    };
    if !judged && facts.mode & 0o002 != 0 {
        return Some((
            open,
            "every account can write it".to_owned(),
            format!("`chmod o-w {path}`"),
        ));
    }
    if stranger(facts.uid) {
        let what = format!("it belongs to {}, who can rewrite it", script.owner);
        return Some((
            Severity::Error,
            what,
            "copy it to a folder of the home's owner, or `chown` it".to_owned(),
        ));
    }
    let replaced = |folder: &&HomeFile| lets_replace(folder) || stranger(folder.facts.uid);
    if let Some(folder) = script.above.iter().find(replaced) {
        let at = quoted(&folder.display);
        let (severity, who, help) = if lets_replace(folder) {
            (open, "every account", format!("`chmod o-w {at}`"))
        } else {
            (
                Severity::Error,
                folder.owner.as_str(),
                "move it to a folder of the home's owner".to_owned(),
            )
        };
        let what = format!("{who} can put another in its place, in `{}`", location(folder).path);
        return Some((severity, what, help));
    }
    // A group of the owner's own name has no other member, as a rule.
    let shared = facts.mode & 0o020 != 0
        && facts.gid != 0
        && script.group.as_ref().is_some_and(|group| *group != script.owner);
    (shared && !judged).then(|| {
        let group = script.group.as_deref().unwrap_or_default();
        (
            Severity::Warning,
            format!("the group {group} can write it"),
            format!("`chmod g-w {path}`"),
        )
    })
}
