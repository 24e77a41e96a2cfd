//! What the machine itself says for or against an item, where `hermes-lint host` looked at one.
//!
//! Each function adds to what the files of the deployment said. What this account may not look at makes an
//! item unknown, and only where nothing else decides it.

use super::evidence::{age, text};
use super::{Case, Evidence, Seen};
use crate::deployment::Survey;
use crate::facts::Duty;
use crate::host::file;

/// How old the newest record of an audit log, and its newest review, may be, in days.
pub(super) const REVIEW_DAYS: i32 = 7;
/// How long logs must be kept, in days.
const KEPT_DAYS: u32 = 30;
/// How old a file of credentials may be, in days.
const ROTATION_DAYS: i32 = 90;

/// Evidence at a place of the machine, named as it lies on this disk, like the places of findings.
fn at(survey: &Survey, path: &str, line: usize, what: impl Into<String>) -> Evidence {
    Evidence { line: Some(line), ..in_file(survey, path, what) }
}

fn in_file(survey: &Survey, path: &str, what: impl Into<String>) -> Evidence {
    let path = survey.machine.path(path).display().to_string();
    Evidence { text: what.into(), path: Some(path), line: None }
}

/// Says why it can't be told, unless something else says so already.
fn unknown(seen: &mut Seen, why: String) {
    seen.unknown.get_or_insert(why);
}

/// The account of the gateway, its groups and its rights.
pub(super) fn account(survey: &Survey, seen: &mut Seen) {
    for process in survey.processes.iter().flatten().filter(|process| process.gateway) {
        match process.uid {
            Some(0) => seen
                .against
                .push(text(format!("the gateway, process {}, runs as root", process.pid))),
            Some(uid) => {
                let name = survey.machine.owner_name(uid).unwrap_or_else(|| uid.to_string());
                seen.for_it
                    .push(text(format!("the gateway, process {}, runs as {name}", process.pid)));
            }
            None => {
                unknown(seen, format!("whom process {} runs as could not be read", process.pid))
            }
        }
    }
    let Some(accounts) = survey.machine.accounts() else { return };
    for (account, why) in survey.accounts().iter().filter(|(account, _)| account.uid != 0) {
        let groups = accounts.privileged_groups_of(account);
        for group in &groups {
            let line =
                format!("{} is in the group {group}, which leads to root ({why})", account.name);
            seen.against.push(in_file(survey, "/etc/group", line));
        }
        let units: Vec<_> = survey.units_of(account).collect();
        let confined = !units.is_empty() && units.iter().all(|unit| unit.no_new_privileges);
        let shell = if account.can_log_in() { "may log in" } else { "has no login shell" };
        let mut free = groups.is_empty();
        if confined {
            seen.for_it.push(text(format!(
                "{} {shell}, and NoNewPrivileges keeps sudo from working",
                account.name
            )));
            continue;
        }
        for grant in survey.sudoers.grants_of(account, accounts).filter(|grant| grant.everything) {
            free = false;
            let asked = if grant.no_password { "without a password" } else { "with a password" };
            seen.against.push(at(
                survey,
                &grant.path,
                grant.line,
                format!("{} may run everything as root, {asked} ({why})", account.name),
            ));
        }
        if let Some(denied) = survey.sudoers.denied.first() {
            unknown(
                seen,
                format!(
                    "whether {} may use sudo is in {denied}, which this account may not read: run it as root, or set NoNewPrivileges=yes in the unit",
                    account.name
                ),
            );
        } else if free {
            let line =
                format!("{} {shell}, and neither sudo nor a group leads it to root", account.name);
            seen.for_it.push(text(line));
        }
    }
}

/// Files of variables outside of the homes, and copies that lie about.
pub(super) fn secrets(survey: &Survey, seen: &mut Seen) {
    let outside = survey.units.iter().flat_map(|unit| &unit.env_files);
    for path in outside.filter(|path| !survey.homes.iter().any(|home| path.starts_with(&home.path)))
    {
        let real = survey.machine.path(path);
        let Ok(facts) = file::file(&real) else { continue };
        let mode = facts.mode & 0o777;
        let acl = file::posix_acl_widens(&real) == Some(true);
        // `root:hermes 0640` is how systemd files are kept from their own service.
        if mode & 0o037 != 0 || acl {
            let others = if acl { ", and an ACL lets others in" } else { "" };
            seen.against.push(in_file(
                survey,
                path,
                format!("the unit's variables are {mode:04o}{others}"),
            ));
        } else {
            seen.for_it.push(in_file(survey, path, format!("the unit's variables are {mode:04o}")));
        }
    }
    for (path, mode) in survey.copies.iter().filter(|(_, mode)| mode & 0o077 != 0) {
        let line = format!("a copy of a home, with its credentials, is {mode:04o}");
        seen.against.push(in_file(survey, path, line));
    }
}

/// What `duty` rests on, with what could not be read.
pub(super) fn duty(survey: &Survey, duty: Duty, seen: &mut Seen) {
    for trace in survey.traces(duty) {
        let does = match duty {
            Duty::Forwards => "forwards the Hermes logs",
            Duty::Updates => "updates Hermes",
            Duty::Alerts => "alerts on Hermes",
        };
        if trace.started == Some(false) {
            let why = format!(
                "{} {does} by {}, and nothing that was seen starts it",
                trace.name, trace.path
            );
            unknown(seen, why);
            continue;
        }
        let how = match trace.secure {
            Some(true) => ", encrypted",
            Some(false) => {
                let line = format!("{} {does} in clear", trace.name);
                seen.against.push(at(survey, &trace.path, trace.line, line));
                continue;
            }
            None if duty == Duty::Forwards => "; that it is encrypted does not show",
            None => "",
        };
        seen.for_it.push(at(
            survey,
            &trace.path,
            trace.line,
            format!("{} {does}{how}", trace.name),
        ));
    }
    if seen.for_it.is_empty()
        && let Some(path) = survey.unread(duty).next()
    {
        unknown(seen, format!("{path} could not be read"));
    } else if !seen.for_it.is_empty() {
        // One that works is enough, whatever else is set up.
        seen.unknown = None;
    }
}

/// Whether every home of the machine was seen.
pub(super) fn hidden_homes(survey: &Survey, seen: &mut Seen) {
    if let Some(first) = survey.hidden.first() {
        let more = match survey.hidden.len() {
            1 => String::new(),
            many => format!(" and {} other folders", many - 1),
        };
        unknown(seen, format!("{first}{more} could not be looked into: homes may lie there"));
    }
}

/// Whether anything is committed from this machine.
pub(super) fn checkouts(survey: &Survey, seen: &mut Seen) {
    let folders = survey.homes.iter().map(|home| home.path.as_str());
    let compose = survey.compose.iter().filter_map(|path| Some(path.rsplit_once('/')?.0));
    let tracked = folders.chain(compose).any(|folder| {
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        let mut above = ends.filter_map(|end| folder.get(..end));
        above.any(|folder| survey.machine.has(&format!("{folder}/.git")))
    });
    if !tracked && seen.for_it.is_empty() {
        seen.absence_fails = None;
        seen.not_applicable =
            Some("no home or compose file of this machine is in a git checkout".to_owned());
    }
}

/// An audit log that is written, and a review that is young enough.
pub(super) fn audits(survey: &Survey, case: &Case<'_, '_>, seen: &mut Seen) {
    if let Some(path) = survey.unread_audits.first() {
        unknown(seen, format!("{path} could not be read"));
    }
    let mut kept = Vec::new();
    let logs = &case.deployment.trails.logs;
    let others = survey.audits.iter().filter(|audit| logs.iter().all(|log| log.path != audit.path));
    let others = others.map(|audit| {
        let chained =
            if audit.chained { "its records are chained" } else { "its records are not chained" };
        (audit.path.clone(), audit.newest, chained.to_owned())
    });
    let chained = logs
        .iter()
        .map(|log| (log.path.clone(), log.newest, format!("chained by {}", log.writer.name)));
    for (path, newest, how) in chained.chain(others) {
        match newest {
            Some(day) if age(day, case.today) <= REVIEW_DAYS => {
                kept.push(in_file(survey, &path, format!("newest record of {day}; {how}")));
            }
            Some(day) => {
                let line = format!("the newest record of the audit log is of {day}");
                seen.against.push(in_file(survey, &path, line));
            }
            None if how.starts_with("chained") => {
                unknown(seen, format!("the day of the newest record of {path} could not be read"));
            }
            None => {}
        }
    }
    let reviews = survey.reviews.iter().filter_map(|review| {
        let past = review.days.iter().filter(|day| **day <= case.today);
        Some((*past.max()?, review))
    });
    match reviews.max_by_key(|(day, _)| *day) {
        Some((day, review)) if age(day, case.today) <= REVIEW_DAYS => {
            let reviewed = in_file(survey, &review.path, format!("reviewed on {day}"));
            seen.for_it.extend(kept.into_iter().flat_map(|log| [log, reviewed.clone()]));
        }
        Some((day, review)) => {
            let line = format!("the newest review is of {day}, more than {REVIEW_DAYS} days ago");
            seen.against.push(in_file(survey, &review.path, line));
        }
        None => {}
    }
    if survey.audits.is_empty()
        && case.deployment.trails.logs.is_empty()
        && !survey.homes.is_empty()
    {
        let set_up = case.deployment.trails.sources.iter().find_map(|source| source.writer);
        seen.absence_fails = Some(match set_up {
            Some(writer) => format!("{} is set up, and no log of it was found", writer.name),
            None => {
                "no structured audit log was found; Hermes's own logs are plain text".to_owned()
            }
        });
    }
}

/// Who can change the logs, and how long they are kept.
pub(super) fn logs(survey: &Survey, case: &Case<'_, '_>, seen: &mut Seen) {
    let mut kept = None;
    for rotation in &survey.rotations {
        if rotation.truncates {
            seen.against.push(at(
                survey,
                &rotation.path,
                rotation.line,
                "the logs are emptied in place (copytruncate)",
            ));
        }
        match rotation.days {
            Some(days) if days < KEPT_DAYS => {
                let line = format!("the logs are kept {days} days only");
                seen.against.push(at(survey, &rotation.path, rotation.line, line));
            }
            Some(days) => {
                kept = Some(at(
                    survey,
                    &rotation.path,
                    rotation.line,
                    format!("the logs are kept {days} days"),
                ));
            }
            None => {}
        }
    }
    let trails = &case.deployment.trails;
    let chained = trails.logs.iter().map(|log| (&log.path, log.append_only));
    let audits = survey.audits.iter().map(|audit| (&audit.path, audit.append_only));
    let audits = audits.filter(|(path, _)| trails.logs.iter().all(|log| log.path != **path));
    let audits = audits.chain(chained);
    let own = survey.logs.iter().map(|log| (&log.path, log.append_only));
    let all_grow = |files: &[(&String, Option<bool>)]| {
        !files.is_empty() && files.iter().all(|(_, grows)| *grows == Some(true))
    };
    let (audits, own): (Vec<_>, Vec<_>) = (audits.collect(), own.collect());
    let grows = [&audits, &own].into_iter().find(|files| all_grow(files));
    let away = survey.traces(Duty::Forwards).find(|trace| trace.started != Some(false));
    let mut safe = Vec::new();
    if let Some((path, _)) = grows.and_then(|files| files.first()) {
        safe.push(in_file(survey, path, "can be appended to only"));
    }
    if let Some(trace) = away {
        safe.push(at(
            survey,
            &trace.path,
            trace.line,
            format!("{} keeps a copy on another machine", trace.name),
        ));
    }
    let mut signed = trails.commands.iter().filter(|command| command.verb == "checkpoint");
    if let Some(command) = signed.next() {
        let line = "checkpoints of the chained log are signed: what is changed before one shows";
        safe.push(super::evidence::at(&command.place, line));
    }
    match (safe.is_empty(), kept) {
        (false, Some(kept)) => {
            seen.for_it.append(&mut safe);
            seen.for_it.push(kept);
        }
        (false, None) => unknown(
            seen,
            "the logs can't be rewritten unseen; how long they are kept does not show here"
                .to_owned(),
        ),
        (true, _) if survey.logs.is_empty() => {
            unknown(seen, "no log of Hermes's was found, or none that may be seen".to_owned());
        }
        (true, _) => {
            let unseen = own.iter().chain(&audits).find(|(_, grows)| grows.is_none());
            if let Some((path, _)) = unseen {
                unknown(seen, format!("whether {path} can be rewritten could not be read"));
            } else if let Some(path) = survey.unread(Duty::Forwards).next() {
                unknown(seen, format!("{path} could not be read"));
            } else if let Some((path, _)) = own.first() {
                seen.against.push(in_file(
                    survey,
                    path,
                    "the account that writes it can rewrite it, and no copy leaves the machine",
                ));
            }
        }
    }
}

/// Files of credentials that nobody touched for so long that nothing in them can be younger.
pub(super) fn untouched(survey: &Survey, case: &Case<'_, '_>, seen: &mut Seen) {
    for home in &case.deployment.homes {
        for env in home.envs().iter().filter(|env| !env.text.masks().is_empty()) {
            let path = env.text.path();
            let changed = survey.machine.changed(&path.real);
            if let Some(day) = changed.filter(|day| age(*day, case.today) > ROTATION_DAYS) {
                let line = format!(
                    "last changed on {day}: no key in it was rotated in {ROTATION_DAYS} days"
                );
                let path = Some(path.display.clone());
                seen.against.push(Evidence { text: line, path, line: None });
            }
        }
    }
}
