//! `host/linked-file`: a link of the home leads to where another account decides.

use super::{is_stranger, lets_replace, location, quoted};
use crate::deployment::{Home, HomeFile, Link};
use crate::facts::{Holding, Range};
use crate::finding::{Confidence, Location, Severity};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// The home, or a file that Hermes reads in it, is a link to what another account can change.
pub struct LinkedFile;

impl HomeRule for LinkedFile {
    const META: RuleMeta = RuleMeta {
        id: "host/linked-file",
        summary: "a link of the home leads to where another account decides",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["secrets-in-env-file"],
        cwe: &[59, 732],
        since: "0.1.0",
        page: page!("host/linked-file"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let owner = home.files().iter().find(|file| file.below.is_empty());
        for link in home.links() {
            // A link that root made to another account's home is how a service gets one.
            let by = match owner {
                _ if link.below.is_empty() => link.by,
                Some(folder) => folder.facts.uid,
                None => continue,
            };
            let Some((what, help)) = hazard(link, by) else { continue };
            let at = Location::file(link.display.clone(), link.identity.clone());
            let (name, what) = if link.below.is_empty() {
                ("the home".to_owned(), what)
            } else {
                (format!("`{}`", link.below), what)
            };
            findings.add(
                Self::META
                    .at_location(at)
                    .message(format!("{name} is a link to `{}`: {what}", link.target))
                    .help(help)
                    .anchor("link"),
            );
        }
    }
}

/// Why the target of `link` is not for the account `by` alone to change, and what to do.
fn hazard(link: &Link, by: u32) -> Option<(String, String)> {
    let target = quoted(&link.target);
    let stranger = |uid: u32| by != 0 && is_stranger(uid, by);
    // The folder of a home is judged as any other, wherever a link to it lies.
    let is_home = link.below.is_empty();
    if !is_home && link.facts.mode & 0o002 != 0 {
        let what = "every account can write that".to_owned();
        return Some((what, format!("`chmod o-w {target}`")));
    }
    if stranger(link.facts.uid) {
        let what = format!("it belongs to {}, who decides what Hermes reads there", link.owner);
        let help = format!("copy it to `{}`, or `chown` it to the home's owner", link.display);
        return Some((what, help));
    }
    if is_home {
        return None;
    }
    let open = |folder: &&HomeFile| lets_replace(folder) || stranger(folder.facts.uid);
    if let Some(folder) = link.above.iter().find(open) {
        let path = quoted(&folder.display);
        let (who, help) = if lets_replace(folder) {
            ("every account can".to_owned(), format!("`chmod o-w {path}`"))
        } else {
            let help =
                format!("move it to a folder of its own and set the link `{}` anew", link.display);
            (format!("{} can", folder.owner), help)
        };
        return Some((
            format!("{who} put another in its place, in `{}`", location(folder).path),
            help,
        ));
    }
    // `.env` at 0644 is as readable behind a link as it is in an open home.
    let entered = link.above.iter().all(|folder| folder.facts.mode & 0o001 != 0);
    if link.holds == Holding::Secret && link.facts.mode & 0o004 != 0 && entered {
        let what = format!("every account can read it (mode {:04o})", link.facts.mode & 0o777);
        return Some((what, format!("`chmod 600 {target}`")));
    }
    None
}
