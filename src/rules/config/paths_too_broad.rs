//! `config/paths-too-broad`: the paths the agent may write to, or send from, are no fence.

use crate::deployment::Home;
use crate::document::Place;
use crate::facts::Range;
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{in_force, list};
use crate::rules::{Draft, Findings, HomeRule, RuleMeta, page, paths};

/// The paths the agent may write to, or send from, are no fence.
pub struct PathsTooBroad;

/// From this many on, one finding names them all.
const MANY: usize = 6;

/// Keys with a list of paths, and what it lets happen.
const KEYS: &[(&str, &str)] = &[
    ("security.filesystem_allowed_paths", "the agent may use"),
    ("gateway.media_delivery_allow_dirs", "files can be sent to a chat from"),
];

impl HomeRule for PathsTooBroad {
    const META: RuleMeta = RuleMeta {
        id: "config/paths-too-broad",
        summary: "an allowed path covers far more than a project",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["paths-restricted"],
        cwe: &[732],
        since: "0.1.0",
        page: page!("config/paths-too-broad"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        for (key, what) in KEYS {
            let Some(setting) = home.setting(key) else { continue };
            let mut entries = setting.items();
            if let Some(text) = setting.str() {
                entries.push((text.to_owned(), setting.place()));
            }
            let broad: Vec<_> = entries
                .iter()
                .filter(|(_, place)| !in_hole(&setting, place))
                .filter_map(|(entry, place)| Some((paths::rate(home, entry)?, place)))
                .collect();
            if broad.len() >= MANY {
                let worst = broad.iter().map(|(broad, _)| broad.severity).max();
                let shown: Vec<String> = broad.iter().map(|(_, place)| shown(place)).collect();
                findings.add(
                    draft(home, &setting.key_place(), worst.unwrap_or(Severity::Error), key)
                        .message(format!(
                            "{} entries of `{key}` are no fence: {what} {}",
                            broad.len(),
                            list(&shown)
                        )),
                );
                continue;
            }
            for (broad, place) in &broad {
                findings.add(draft(home, place, broad.severity, key).message(format!(
                    "{what} {}, which {}",
                    shown(place),
                    broad.why
                )));
            }
        }
        for name in ["HERMES_WRITE_SAFE_ROOT", "HERMES_MEDIA_ALLOW_DIRS"] {
            variable(home, name, findings);
        }
    }
}

fn variable(home: &Home<'_>, name: &str, findings: &mut Findings) {
    let Some(effective) = home.variable(name) else { return };
    let variable = effective.winner;
    if !variable.known {
        return;
    }
    let masked =
        variable.place.span.is_some_and(|span| variable.place.document.text.is_masked(span));
    let broad: Vec<_> = variable
        .value
        .split(':')
        .filter_map(|path| Some((paths::rate(home, path)?, path.trim())))
        .collect();
    let Some(worst) = broad.iter().map(|(broad, _)| broad.severity).max() else { return };
    let named: Vec<String> = broad
        .iter()
        .map(|(broad, path)| match masked {
            true => format!("one {}", broad.why),
            false => format!("`{path}` {}", broad.why),
        })
        .collect();
    let mut draft = draft(home, &variable.place, worst, name)
        .anchor(name)
        .message(format!("`{name}` is no fence: {}", list(&named)));
    for loser in effective.shadowed {
        draft = draft.related(&loser.place, "is set here too, and loses");
    }
    findings.add(draft);
}

fn draft(home: &Home<'_>, place: &Place<'_>, severity: Severity, name: &str) -> Draft {
    let help = if name == "HERMES_WRITE_SAFE_ROOT" || name.starts_with("security.") {
        "name the project folders, absolute: `HERMES_WRITE_SAFE_ROOT=/srv/hermes/workspace` in .env"
    } else {
        "name the folders that are made for sending, such as `/srv/hermes/outbox`"
    };
    let draft = PathsTooBroad::META
        .at(place)
        .label("too broad")
        .severity(in_force(home, severity))
        .help(help);
    if name.starts_with("security.") {
        draft.note(format!("`{name}` is the guides' word; Hermes reads `HERMES_WRITE_SAFE_ROOT`"))
    } else {
        draft
    }
}

fn in_hole(setting: &crate::deployment::Setting<'_>, place: &Place<'_>) -> bool {
    let holes = &setting.structured.holes;
    place.span.is_some_and(|span| holes.iter().any(|hole| hole.overlaps(span)))
}

/// The entry as written, without its quotes, secrets masked.
fn shown(place: &Place<'_>) -> String {
    let text = place.span.map_or_else(String::new, |span| place.document.text.show(span));
    format!("`{}`", text.trim_matches(['"', '\'']))
}
