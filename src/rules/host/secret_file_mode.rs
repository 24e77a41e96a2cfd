//! `host/secret-file-mode`: other accounts can read or write what only Hermes should.

use std::collections::BTreeMap;

use super::{chmod, is_in_use, is_lived_in, location, quoted};
use crate::deployment::{Home, HomeFile};
use crate::facts::{Holding, Range};
use crate::finding::{Confidence, Severity};
use crate::host::file::FileKind;
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// How many files of one folder are named one by one.
const SINGLE: usize = 3;

/// A file with secrets, authority, code or conversations is open to other accounts.
pub struct SecretFileMode;

impl HomeRule for SecretFileMode {
    const META: RuleMeta = RuleMeta {
        id: "host/secret-file-mode",
        summary: "a file of the home is open to other accounts",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file", "sensitive-data-stripped"],
        cwe: &[276, 732],
        since: "0.1.0",
        page: page!("host/secret-file-mode"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let files = home.files();
        let lived_in = is_lived_in(home);
        let mut loose: BTreeMap<(&str, Severity), Vec<&HomeFile>> = BTreeMap::new();
        for file in files {
            if file.below.is_empty() || (file.copy && !is_in_use(home, file)) {
                continue;
            }
            let severity =
                rate(file, files).filter(|severity| lived_in || *severity == Severity::Error);
            if let Some(severity) = severity {
                let top = file.below.split_once('/').map_or("", |(top, _)| top);
                // Files at the top differ in what they hold: each is named.
                let key = if top.is_empty() { file.below.as_str() } else { top };
                loose.entry((key, severity)).or_default().push(file);
            }
        }
        for ((top, severity), group) in loose {
            let folder = files.iter().find(|file| file.below == top);
            match (folder, group.as_slice()) {
                (Some(folder), [first, ..]) if group.len() > SINGLE => {
                    let bits = group.iter().fold(0, |bits, file| bits | excess(file));
                    let right = if bits & 0o044 == 0 { "go-w" } else { "go-rwx" };
                    let draft = Self::META
                            .at_location(location(folder))
                            .severity(severity)
                            .message(format!(
                                "the modes of {} files below `{top}/` let {} {} them, `{}` among them{}",
                                group.len(), whom(bits), verb(bits), first.below, if group.iter().all(|file| is_shut_in(file, files)) { "; closed folders above are all that keeps them out" } else { "" }))
                            .help(format!("`chmod -R {right} {}`", quoted(&folder.display)))
                            .anchor(format!("{top}/**"));
                    let files = group.iter().map(|file| (*file, file.excess() | excess(file)));
                    findings.add(chmod(draft, home, files));
                }
                _ => group.iter().for_each(|file| {
                    findings.add(chmod(
                        single(file, severity, files),
                        home,
                        [(*file, file.excess() | excess(file))],
                    ));
                }),
            }
        }
    }
}

fn single(file: &HomeFile, severity: Severity, files: &[HomeFile]) -> crate::rules::Draft {
    let bits = excess(file);
    let what = match file.holds {
        Some(Holding::Authority) => "it decides who may command the agent",
        Some(Holding::Code) => "what it says is run or obeyed",
        Some(Holding::Policy) => "it holds the administrator's settings",
        Some(Holding::Personal) => "it holds conversations or memory",
        Some(Holding::Maybe) => "it may hold credentials",
        Some(Holding::Secret) | None => "it is made to hold credentials",
    };
    let mode = file.facts.mode & 0o777;
    let path = quoted(&file.display);
    let right = mode & !(if bits == 0 { 0 } else { file.excess() | bits });
    let (message, help) = if bits == 0 {
        (
            format!(
                "an access list lets more accounts into `{}` than its mode {mode:04o} says; {what}",
                file.below
            ),
            format!("`setfacl -b {path} && chmod {right:o} {path}`"),
        )
    } else {
        let keeps = if is_shut_in(file, files) {
            "; a closed folder above is all that keeps them out"
        } else {
            ""
        };
        (
            format!(
                "the mode {mode:04o} lets {} {} `{}`: {what}{keeps}",
                whom(bits),
                verb(bits),
                file.below
            ),
            format!("`chmod {right:o} {path}`"),
        )
    };
    let draft = SecretFileMode::META
        .at_location(location(file))
        .severity(severity)
        .message(message)
        .help(help)
        .anchor("mode");
    match &file.was {
        Some((release, left)) if mode & !left == 0 => draft.note(format!(
            "Hermes before {release} leaves it at {left:04o}, later releases at 0600"
        )),
        _ => draft,
    }
}

/// Bits that let others read or write; who may only pass through a folder sees nothing of it.
fn excess(file: &HomeFile) -> u32 {
    file.excess() & 0o066
}

fn verb(bits: u32) -> &'static str {
    match (bits & 0o044 != 0, bits & 0o022 != 0) {
        (true, true) => "read and write",
        (false, true) => "write",
        _ => "read",
    }
}

fn whom(bits: u32) -> &'static str {
    if bits & 0o006 == 0 { "its group" } else { "every account" }
}

/// How bad the mode of `file` is, given what lies around it; `None` when it is right.
fn rate(file: &HomeFile, files: &[HomeFile]) -> Option<Severity> {
    if !matches!(file.facts.kind, FileKind::File | FileKind::Directory) {
        return None;
    }
    let bits = excess(file);
    if bits == 0 && !(file.acl && matches!(file.holds, Some(Holding::Secret | Holding::Authority)))
    {
        return None;
    }
    let behind_home = is_shut("", files);
    let behind_folder = is_shut_in_folder(file, files);
    let mode = file.facts.mode & 0o777;
    // Hermes itself leaves it so, and relies on the folder: the operator has nothing to mend.
    if behind_home && file.gives.is_some_and(|given| mode & !given == 0) {
        return None;
    }
    let others = bits & 0o006 != 0;
    let written = bits & 0o022 != 0;
    let severity = match file.holds {
        Some(Holding::Personal | Holding::Maybe) if behind_folder => return None,
        Some(Holding::Personal | Holding::Maybe) if written && others => Severity::Error,
        Some(Holding::Personal | Holding::Maybe) => Severity::Warning,
        Some(Holding::Code) if !written => Severity::Warning,
        _ if file.facts.kind == FileKind::Directory && !written => Severity::Warning,
        // A group of the owner's own name has no other member, as a rule.
        _ if bits != 0 && !others && (!written || private_group(file)) => Severity::Warning,
        _ if behind_folder => Severity::Warning,
        _ if behind_home && file.was.as_ref().is_some_and(|(_, left)| mode & !left == 0) => {
            Severity::Warning
        }
        _ => Severity::Error,
    };
    Some(severity)
}

/// True for a folder of the home that only its owner can enter.
fn is_shut(below: &str, files: &[HomeFile]) -> bool {
    files
        .iter()
        .any(|folder| folder.below == below && folder.facts.mode & 0o077 == 0 && !folder.acl)
}

fn is_shut_in_folder(file: &HomeFile, files: &[HomeFile]) -> bool {
    let mut above = file.below.match_indices('/').filter_map(|(at, _)| file.below.get(..at));
    above.any(|folder| is_shut(folder, files))
}

/// True when a folder above, the home itself or one in it, keeps others out for now.
fn is_shut_in(file: &HomeFile, files: &[HomeFile]) -> bool {
    is_shut("", files) || is_shut_in_folder(file, files)
}

fn private_group(file: &HomeFile) -> bool {
    file.group.as_ref() == Some(&file.owner)
}
