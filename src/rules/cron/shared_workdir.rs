//! `cron/shared-workdir`: a job takes instructions from a folder that others can write.
//!
//! Who may write a folder outside the home is not looked up; its path tells for the folders that are shared by design.

use std::path::Path;

use crate::deployment::Home;
use crate::facts::{Range, SyncedFact};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::in_force;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A job runs in a folder that is shared by design.
pub struct SharedWorkdir;

/// Folders of the system in which everybody can make files.
const OPEN: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/private/tmp"];

impl HomeRule for SharedWorkdir {
    const META: RuleMeta = RuleMeta {
        id: "cron/shared-workdir",
        summary: "a job takes instructions from a folder that others can write",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[379, 829],
        since: "0.1.0",
        page: page!("cron/shared-workdir"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for job in home.jobs() {
            // A script alone reads no instruction files.
            let Some(folder) = job.str("workdir").filter(|_| !job.is_true("no_agent")) else {
                continue;
            };
            let synced = &home.knowledge.facts().files().synced;
            let shared = shared(folder, synced);
            let Some((id, shared)) = job.get("workdir").zip(shared) else { continue };
            let (severity, who) = match shared {
                Shared::Open => (Severity::Warning, "every account of the machine can write"),
                Shared::Below => (
                    Severity::Warning,
                    "any account of the machine can make and fill once it is gone, as after a restart",
                ),
                Shared::Synchronised => (Severity::Info, "is synchronised with other machines"),
            };
            findings.add(
                Self::META
                    .at(&job.place(id, "workdir"))
                    .severity(in_force(home, severity))
                    .message(format!(
                        "job `{}` obeys AGENTS.md and the like in a folder that {who}, with nobody \
                         there to see it",
                        job.name()
                    ))
                    .label("not yours alone")
                    .help("give the job a folder of its own that you alone can write, or `\"workdir\": null`"),
            );
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shared {
    Open,
    /// In such a folder, and no more protected than its name.
    Below,
    Synchronised,
}

fn shared(folder: &str, synced: &[SyncedFact]) -> Option<Shared> {
    let folder = folder.trim_end_matches('/');
    let climbs = folder.split('/').any(|part| part == "..");
    let rest = OPEN.iter().find_map(|root| folder.strip_prefix(root)).filter(|_| !climbs);
    match rest {
        Some("") => return Some(Shared::Open),
        Some(rest) if rest.starts_with('/') => return Some(Shared::Below),
        _ => {}
    }
    let mut above = Path::new(folder).ancestors();
    above.any(|one| synced.iter().any(|row| row.names(one))).then_some(Shared::Synchronised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_by_their_path() {
        let fact = |name: &str| SyncedFact {
            name: name.to_owned(),
            folders: vec![name.to_owned()],
            marks: Vec::new(),
        };
        let synced = [fact("Dropbox"), fact("OneDrive")];
        let shared = |folder: &str| super::shared(folder, &synced);
        for folder in ["/tmp", "/tmp/", "/dev/shm"] {
            assert_eq!(shared(folder), Some(Shared::Open), "{folder}");
        }
        for folder in ["/tmp/work", "/var/tmp/a/b", "/dev/shm/x"] {
            assert_eq!(shared(folder), Some(Shared::Below), "{folder}");
        }
        for folder in ["/home/mo/Dropbox/site", "/Users/mo/OneDrive"] {
            assert_eq!(shared(folder), Some(Shared::Synchronised), "{folder}");
        }
        for folder in
            ["/srv/site", "/tmpfs/x", "/home/mo/tmp", "/home/mo/dropbox-client", "/tmp/../srv"]
        {
            assert_eq!(shared(folder), None, "{folder}");
        }
    }
}
