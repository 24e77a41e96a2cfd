//! `cron/script-outside`: a job names a script that is not where Hermes runs scripts from.

use crate::deployment::all_jobs;
use crate::document::{Kind, Place};
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::secret::File;
use crate::rules::{FileRule, Findings, RuleMeta, page};

/// The script of a job lies outside the home's `scripts` folder.
pub struct ScriptOutside;

impl FileRule for ScriptOutside {
    const META: RuleMeta = RuleMeta {
        id: "cron/script-outside",
        summary: "the script of a job lies outside the scripts folder",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["skills-reviewed"],
        cwe: &[22, 426],
        since: "0.1.0",
        page: page!("cron/script-outside"),
    };

    fn check(file: &File<'_>, findings: &mut Findings) {
        let Kind::Jobs(structured) = &file.document.kind else { return };
        let tree = &structured.tree;
        for (number, job) in all_jobs(tree).iter().enumerate() {
            let Some(id) = tree.get(*job, "script") else { continue };
            let Some(script) = tree.str(id) else { continue };
            let Some(where_to) = outside(script.trim(), own_folder(file).as_deref()) else {
                continue;
            };
            findings.add(
                Self::META
                    .at(&Place::new(file.document, tree.span(id), format!("jobs[{number}].script")))
                    .message(format!(
                        "the script {where_to}: Hermes refuses it, and whoever can write that place decides what an older or changed Hermes runs unattended"
                    ))
                    .label("not in scripts/")
                    .help("put the script into the `scripts` folder of the home and write its name alone: `\"script\": \"report.sh\"`"),
            );
        }
    }
}

/// The home's scripts folder on this disk, as `cron/jobs.json` in it tells.
fn own_folder(file: &File<'_>) -> Option<String> {
    let path = file.document.text.path();
    if path.archive().is_some() {
        return None;
    }
    let path = std::path::absolute(&path.real).ok()?;
    let home = path.parent()?.parent()?;
    Some(format!("{}/", home.join("scripts").display()))
}

/// Where a script is, as the end of a sentence, when that is not the scripts folder.
fn outside(script: &str, own: Option<&str>) -> Option<&'static str> {
    if script.is_empty() || script.contains("{{") {
        return None;
    }
    if script.split(['/', '\\']).any(|part| part == "..") {
        return Some("leads out of the scripts folder by `..`");
    }
    let drive = script.as_bytes().get(1) == Some(&b':');
    if !script.starts_with(['/', '~', '$']) && !drive {
        return None;
    }
    let inside = own.is_some_and(|own| script.starts_with(own))
        || script.starts_with("$HERMES_HOME/scripts/")
        || script.starts_with("${HERMES_HOME}/scripts/")
        || script.contains("/.hermes/scripts/")
        || script.split_once("/.hermes/profiles/").is_some_and(|(_, rest)| {
            rest.split_once('/').is_some_and(|(_, rest)| rest.starts_with("scripts/"))
        });
    (!inside).then_some("lies outside the home's scripts folder")
}

#[cfg(test)]
mod tests {
    use super::outside;

    #[test]
    fn only_what_leaves_the_scripts_folder_is_outside() {
        for script in [
            "/usr/local/bin/x.sh",
            "../x.sh",
            "a/../../x.sh",
            "~/x.sh",
            "/home/a/.hermes/x.sh",
            "C:\\x.ps1",
        ] {
            assert!(outside(script, Some("/srv/hermes/scripts/")).is_some(), "{script}");
        }
        for script in [
            "x.sh",
            "daily/x.py",
            "~/.hermes/scripts/x.sh",
            "/srv/hermes/scripts/x.sh",
            "/home/a/.hermes/profiles/dev/scripts/x.sh",
            "x..sh",
            "",
        ] {
            assert!(outside(script, Some("/srv/hermes/scripts/")).is_none(), "{script}");
        }
    }
}
