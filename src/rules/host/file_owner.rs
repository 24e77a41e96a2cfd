//! `host/file-owner`: files of a home belong to different accounts.

use super::{location, quoted};
use crate::deployment::{Home, HomeFile};
use crate::facts::{Holding, Range};
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// How many files are named one by one.
const SINGLE: usize = 5;

/// Files of a home belong to another account than the home itself.
pub struct FileOwner;

impl HomeRule for FileOwner {
    const META: RuleMeta = RuleMeta {
        id: "host/file-owner",
        summary: "files of the home belong to another account",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["non-root-user", "secrets-in-env-file"],
        cwe: &[282, 708],
        since: "0.1.0",
        page: page!("host/file-owner"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let strangers = strangers(home.files());
        let Some(folder) = home.files().iter().find(|file| file.below.is_empty()) else { return };
        let [first, ..] = strangers.as_slice() else { return };
        if strangers.len() > SINGLE {
            let severity =
                strangers.iter().map(|(_, severity)| *severity).max().unwrap_or(Severity::Warning);
            findings.add(
                Self::META
                    .at_location(location(folder))
                    .severity(severity)
                    .message(format!(
                        "{} files of the home do not belong to its owner {}, `{}` (owner {}) among them",
                        strangers.len(),
                        folder.owner,
                        first.0.below,
                        first.0.owner,
                    ))
                    .help(format!("`chown -R {} {}`", folder.owner, quoted(&folder.display)))
                    .anchor("owner"),
            );
            return;
        }
        for (file, severity) in strangers {
            let follows = match severity {
                Severity::Error => "that account can read and replace it",
                _ if file.facts.uid == 0 => "Hermes may be unable to read or rewrite it",
                _ => "that account can change it",
            };
            findings.add(
                Self::META
                    .at_location(location(file))
                    .severity(severity)
                    .message(format!(
                        "`{}` belongs to {}, the home to {}: {follows}",
                        file.below, file.owner, folder.owner
                    ))
                    .help(format!("`chown {} {}`", folder.owner, quoted(&file.display)))
                    .anchor("owner"),
            );
        }
    }
}

/// Files of another owner than the home, and how bad each is.
fn strangers(files: &[HomeFile]) -> Vec<(&HomeFile, Severity)> {
    let Some(folder) = files.iter().find(|file| file.below.is_empty()) else { return Vec::new() };
    files
        .iter()
        .filter(|file| file.facts.uid != folder.facts.uid)
        .map(|file| {
            let precious = file.copy
                || matches!(file.holds, Some(Holding::Secret | Holding::Authority | Holding::Code));
            let severity =
                if precious && file.facts.uid != 0 { Severity::Error } else { Severity::Warning };
            (file, severity)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::file::{FileFacts, FileKind};

    fn file(below: &str, uid: u32, holds: Holding) -> HomeFile {
        HomeFile {
            below: below.to_owned(),
            display: below.to_owned(),
            identity: below.to_owned(),
            facts: FileFacts { mode: 0o600, uid, gid: uid, kind: FileKind::File, links: 1 },
            owner: uid.to_string(),
            group: None,
            acl: false,
            holds: Some(holds),
            widest: Some(0o600),
            gives: None,
            was: None,
            copy: false,
        }
    }

    #[test]
    fn root_is_a_nuisance_and_a_neighbour_a_danger() {
        let files = [
            file("", 1000, Holding::Secret),
            file(".env", 1001, Holding::Secret),
            file("auth.json", 0, Holding::Secret),
            file("config.yaml", 1000, Holding::Maybe),
            file("logs/agent.log", 1001, Holding::Maybe),
        ];
        let found: Vec<_> = strangers(&files)
            .into_iter()
            .map(|(file, severity)| (file.below.as_str(), severity))
            .collect();
        assert_eq!(
            found,
            [
                (".env", Severity::Error),
                ("auth.json", Severity::Warning),
                ("logs/agent.log", Severity::Warning)
            ]
        );
        assert!(strangers(&files[1..]).is_empty(), "without the folder nobody is a stranger");
    }
}
