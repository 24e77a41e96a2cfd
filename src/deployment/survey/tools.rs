//! What forwards logs, brings releases or alerts on a machine, by the configuration of known programs.

use std::collections::BTreeSet;

use super::Survey;
use crate::facts::{Duty, MachineFacts, ToolFact};
use crate::host::machine::{Look, Machine};

/// One program that does something for a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What it does.
    pub duty: Duty,
    /// The program.
    pub name: String,
    /// The file that names Hermes.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is encrypted on the way: `None` when nothing says so either way.
    pub secure: Option<bool>,
    /// Whether it is started: `None` when it needs no starting.
    pub started: Option<bool>,
}

/// A configuration file without its comments, in lower case.
struct Config {
    path: String,
    lines: Vec<(usize, String)>,
}

impl Config {
    fn line(&self, words: &[String]) -> Option<usize> {
        let says =
            |line: &&(usize, String)| words.iter().any(|word| line.1.contains(word.as_str()));
        self.lines.iter().find(says).map(|(number, _)| *number)
    }
}

pub(super) fn find(survey: &mut Survey, facts: &MachineFacts) {
    let machine = survey.machine.clone();
    let mut about = facts.about.clone();
    about
        .extend(survey.homes.iter().map(|home| format!("{}/logs", home.path).to_ascii_lowercase()));
    let programs = programs(&machine);
    for tool in &facts.tools {
        let (configs, denied) = configs(&machine, tool);
        survey.unread.extend(denied.into_iter().map(|path| (tool.does, path)));
        let does: Vec<&Config> =
            configs.iter().filter(|config| config.line(&tool.words).is_some()).collect();
        if does.is_empty() {
            continue;
        }
        let speaks = |config: &&Config| tool.apart || config.line(&tool.words).is_some();
        let Some((config, line)) = configs
            .iter()
            .filter(speaks)
            .filter(|config| is_run(&machine, &config.path))
            .find_map(|config| Some((config, config.line(&about)?)))
        else {
            continue;
        };
        let any = |words: &[String]| does.iter().any(|config| config.line(words).is_some());
        let secure = if any(&tool.plain) { Some(false) } else { any(&tool.secure).then_some(true) };
        let needs = !tool.starts.is_empty() || !tool.runs.is_empty();
        let started = needs.then(|| {
            let linked = |unit: &String| {
                !machine.expand(&format!("/etc/systemd/system/*.wants/{unit}")).0.is_empty()
                    || !machine.expand(&format!("/etc/systemd/user/*.wants/{unit}")).0.is_empty()
            };
            tool.starts.iter().any(linked) || tool.runs.iter().any(|name| programs.contains(name))
        });
        survey.traces.push(Trace {
            duty: tool.does,
            name: tool.name.clone(),
            path: config.path.clone(),
            line,
            secure,
            started,
        });
    }
}

/// The configuration of `tool` that can be read, and what can't.
fn configs(machine: &Machine, tool: &ToolFact) -> (Vec<Config>, BTreeSet<String>) {
    let (mut configs, mut unread) = (Vec::new(), BTreeSet::new());
    for pattern in tool.files.iter().flat_map(|pattern| of_accounts(machine, pattern)) {
        let (found, denied) = machine.expand(&pattern);
        // A home folder that is shut hides no more than its owner's own timers.
        if !pattern.contains("/.config/") {
            unread.extend(denied);
        }
        for path in found {
            match machine.read(&path) {
                Look::Seen(text) => {
                    let lines = (1..).zip(text.lines()).filter(|(_, line)| {
                        let line = line.trim_start();
                        !tool.comments.iter().any(|mark| line.starts_with(mark.as_str()))
                    });
                    let lines = lines.map(|(number, line)| (number, line.to_ascii_lowercase()));
                    configs.push(Config { lines: lines.collect(), path });
                }
                Look::Denied => {
                    unread.insert(path);
                }
                Look::Absent => {}
            }
        }
    }
    (configs, unread)
}

/// `pattern` for every account, where it says `~`.
pub(super) fn of_accounts(machine: &Machine, pattern: &str) -> Vec<String> {
    let Some(below) = pattern.strip_prefix('~') else { return vec![pattern.to_owned()] };
    let accounts = machine.accounts().map(|accounts| accounts.all()).unwrap_or_default();
    let homes: BTreeSet<&str> = accounts
        .iter()
        .map(|account| account.home.trim_end_matches('/'))
        .filter(|home| home.len() > 1)
        .collect();
    homes.into_iter().map(|home| format!("{home}{below}")).collect()
}

/// False for a service that only a timer would run, and none does.
fn is_run(machine: &Machine, path: &str) -> bool {
    let Some(stem) = path.strip_suffix(".service") else { return true };
    let Some((folder, name)) = stem.rsplit_once('/') else { return false };
    let timer =
        |place: &str| !machine.expand(&format!("{place}/*.wants/{name}.timer")).0.is_empty();
    machine.has(&format!("{stem}.timer")) && (timer(folder) || timer("/etc/systemd/system"))
}

/// Names of what runs; none for an image.
fn programs(machine: &Machine) -> BTreeSet<String> {
    if machine.is_image() {
        return BTreeSet::new();
    }
    let Look::Seen(names) = machine.list("/proc") else { return BTreeSet::new() };
    names
        .iter()
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|name| machine.read(&format!("/proc/{name}/comm")).seen())
        .map(|name| name.trim().to_owned())
        .collect()
}
