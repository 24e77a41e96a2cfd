//! `host/home-mode`: other accounts can look into the home, or put another in its place.

use super::{chmod, is_lived_in, location, quoted};
use crate::deployment::Home;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The home folder, or one that it lies in, is open to other accounts.
pub struct HomeMode;

impl HomeRule for HomeMode {
    const META: RuleMeta = RuleMeta {
        id: "host/home-mode",
        summary: "the home folder is open to other accounts",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[276, 732],
        since: "0.1.0",
        page: page!("host/home-mode"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        if !is_lived_in(home) {
            return;
        }
        if let Some(folder) = home.files().iter().find(|file| file.below.is_empty()) {
            let mode = folder.facts.mode & 0o777;
            let group_only = mode & 0o007 == 0;
            let passable_only = mode & 0o066 == 0;
            if mode & 0o077 != 0 || folder.acl {
                let severity =
                    if mode & 0o022 == 0 && (group_only || passable_only) && mode & 0o077 != 0 {
                        Severity::Warning
                    } else {
                        Severity::Error
                    };
                let path = quoted(&folder.display);
                let (message, help) = match mode & 0o077 {
                    0 => (
                        "an access list lets other accounts into the home folder".to_owned(),
                        format!("`setfacl -b {path} && chmod 700 {path}`"),
                    ),
                    bits => (
                        format!(
                            "the home folder can be {} by {} (mode {mode:04o}): what Hermes keeps at 0644, logs and databases among it, is open with it",
                            what(bits),
                            if bits & 0o007 == 0 { "its group" } else { "every account" },
                        ),
                        format!("`chmod 700 {path}`"),
                    ),
                };
                // A mode that is set on purpose is set anew at every start.
                let wanted = home.variable("HERMES_HOME_MODE").map(|set| set.winner);
                let wanted = wanted.filter(|set| {
                    let digits = set.value.trim().trim_start_matches("0o");
                    u32::from_str_radix(digits, 8).is_ok_and(|wanted| wanted & mode & 0o077 != 0)
                });
                let help = match &wanted {
                    Some(_) => format!("remove `HERMES_HOME_MODE`, then {help}"),
                    None => help,
                };
                let mut draft = Self::META
                    .at_location(location(folder))
                    .severity(severity)
                    .message(message)
                    .help(help)
                    .anchor("mode");
                match wanted {
                    Some(set) => {
                        draft =
                            draft.related(&set.place, "Hermes sets this mode whenever it starts");
                    }
                    None => draft = chmod(draft, home, [(folder, 0o077)]),
                }
                findings.add(draft);
            }
        }
        for parent in home.parents() {
            let (open, sticky) = (parent.facts.mode & 0o002 != 0, parent.facts.mode & 0o1000 != 0);
            if open && !sticky {
                let draft = Self::META
                        .at_location(location(parent))
                        .message(format!(
                            "every account can write this folder above the home (mode {:04o}): the home can be moved away and replaced",
                            parent.facts.mode & 0o7777
                        ))
                        .help(format!("`chmod o-w {}`", quoted(&parent.display)))
                        .anchor("mode");
                findings.add(draft);
            }
        }
    }
}

fn what(bits: u32) -> &'static str {
    match (bits & 0o044 != 0, bits & 0o022 != 0) {
        (true, true) => "listed and written",
        (false, true) => "written",
        (true, false) => "listed",
        (false, false) => "entered",
    }
}
