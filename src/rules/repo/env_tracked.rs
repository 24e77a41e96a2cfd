//! `repo/env-tracked`: a file that holds secrets by its purpose is in the repository.

use super::{called, counted, secrets_in_store};
use crate::deployment::Deployment;
use crate::document::Place;
use crate::facts::{Holding, Range};
use crate::finding::{Confidence, Location, Severity};
use crate::rules::{DeploymentRule, Findings, RuleMeta, page};

/// A live secret store is tracked by git.
pub struct EnvTracked;

impl DeploymentRule for EnvTracked {
    const META: RuleMeta = RuleMeta {
        id: "repo/env-tracked",
        summary: "a file with secrets is tracked by git",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["no-secrets-in-vcs", "secrets-in-env-file"],
        cwe: &[538, 540],
        since: "0.1.0",
        page: page!("repo/env-tracked"),
    };

    fn check(deployment: &Deployment<'_>, findings: &mut Findings) {
        for document in deployment.documents {
            let path = document.text.path();
            let Some(count) = secrets_in_store(document) else { continue };
            if !deployment.git.tracks(&path.display) {
                continue;
            }
            findings.add(
                Self::META
                    .at(&Place::whole(document))
                    .message(format!(
                        "{} with {} is tracked by git: every clone and the whole history have it",
                        called(path),
                        counted(count)
                    ))
                    .help(format!(
                        "`git rm --cached {0}`, add it to .gitignore, and replace the keys: removing the file does not take them out of the history",
                        path.on_disk().display
                    ))
                    .anchor("tracked"),
            );
        }
        let mut folders = Vec::new();
        for path in deployment.git.stores.iter().filter(|path| deployment.git.tracks(&path.display))
        {
            let (folder, what) = if path.display.contains("vault/") {
                ("vault", "what opens it lies beside it")
            } else {
                ("browser-profile", "it holds the cookies and logins of a real browser")
            };
            let above = path.display.rsplit_once(&format!("{folder}/"));
            let above = above.map_or("", |(above, _)| above);
            let whole = format!("{above}{folder}");
            if folders.contains(&whole) {
                continue;
            }
            findings.add(
                Self::META
                    .at_location(Location::file(path.display.clone(), path.identity.clone()))
                    .message(format!("`{whole}/` is tracked by git: {what}"))
                    .help(format!(
                        "`git rm -r --cached {whole}`, add it to .gitignore, and change the logins that it holds"
                    ))
                    .anchor("tracked"),
            );
            folders.push(whole);
        }
        // Databases and archives are no text, and no documents: their names say what they hold.
        let files = deployment.knowledge.facts().files();
        for path in deployment.skipped.iter().map(|skip| &skip.path).chain(deployment.archives) {
            let name = path.file_name();
            let secret = files.of(name).is_some_and(|row| row.holds == Holding::Secret)
                || files.copy(&path.identity).is_some();
            if secret && deployment.git.tracks(&path.display) {
                let place = Location::file(path.display.clone(), path.identity.clone());
                findings.add(
                    Self::META
                        .at_location(place)
                        .message(format!(
                            "`{}` is tracked by git: it keeps sessions or credentials of the home",
                            called(path)
                        ))
                        .help(format!(
                            "`git rm --cached {0}`, add it to .gitignore, and replace the keys that it holds",
                            path.on_disk().display
                        ))
                        .anchor("tracked"),
                );
            }
        }
    }
}
