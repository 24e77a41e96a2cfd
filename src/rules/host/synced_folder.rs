//! `host/synced-folder`: the home lies in a folder that a program copies to other machines.

use super::location;
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Location, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The home, or a file of credentials that it links to, lies in a synchronised folder.
pub struct SyncedFolder;

impl HomeRule for SyncedFolder {
    const META: RuleMeta = RuleMeta {
        id: "host/synced-folder",
        summary: "the home lies in a folder that is copied to other machines",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[538, 552],
        since: "0.1.0",
        page: page!("host/synced-folder"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for synced in home.synced() {
            let draft = if synced.display.is_empty() {
                let Some(folder) = home.files().iter().find(|file| file.below.is_empty()) else {
                    continue;
                };
                Self::META
                    .at_location(location(folder))
                    .message(format!(
                        "the home lies in `{}`, which {} synchronises: keys, conversations and what decides about \
                         commands are on each device that it reaches",
                        synced.folder, synced.by
                    ))
                    .help("move the home to a folder that is not synchronised, such as `~/.hermes`, and give new keys to what was in it")
            } else {
                Self::META
                    .at_location(Location::file(synced.display.clone(), synced.identity.clone()))
                    .message(format!(
                        "this link leads into `{}`, which {} synchronises: its credentials are on each device that it reaches",
                        synced.folder, synced.by
                    ))
                    .help("put the file itself here, and give new keys to what was in it")
            };
            findings.add(draft.anchor("synced"));
        }
    }
}
