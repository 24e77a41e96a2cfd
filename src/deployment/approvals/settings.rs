//! The settings that gates rest on, each with the place where it stands, in one release and one kind of session.

use super::{Because, Home};
use crate::deployment::compose::Word;
use crate::deployment::setting::Setting;
use crate::deployment::variable::VariableSource;
use crate::document::tree::Value;
use crate::document::{Kind, Place};
use crate::policy::decide::{Backend, Session, Step, Then, is_host_folder};
use crate::policy::{self, Mode, Release, Truth, Unattended, approvals_mode, unattended_mode};

/// The variable that switches every question off.
pub const YOLO: &str = "HERMES_YOLO_MODE";
/// The key that says where commands run.
const BACKEND: &str = "terminal.backend";

/// A choice that is known, or left open by the files.
pub struct Choice<'d, T: 'static> {
    /// What it can be.
    pub values: Vec<T>,
    /// Where it stands; `None` for a default.
    pub place: Option<Place<'d>>,
}

impl<T: Copy> Choice<'_, T> {
    /// The value, where the files tell which.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self.values.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }
}

impl<T> Choice<'_, T> {
    pub(super) fn default(value: T) -> Self {
        Self { values: vec![value], place: None }
    }
}

/// The settings that gates rest on, in one release and session.
pub struct Settings<'d> {
    /// `approvals.mode`.
    pub mode: Choice<'d, Mode>,
    /// The switch that asks nobody.
    pub yolo: Choice<'d, bool>,
    /// The variable or argument that sets the switch.
    pub yolo_name: String,
    /// What happens in a session of this kind when nobody is there.
    pub alone: Choice<'d, Unattended>,
    /// Where commands run.
    pub backend: Choice<'d, Backend>,
    /// The key or variable that says so.
    pub backend_name: String,
    /// The config is not what the release runs on, and what it runs on is not here.
    pub elsewhere: bool,
}

impl<'d> Home<'d> {
    /// The settings that gates rest on.
    #[must_use]
    pub fn approval_settings(&self, session: Session, release: Release) -> Settings<'d> {
        let alone = match session {
            Session::Cron => Some("approvals.cron_mode"),
            Session::SingleQuery => Some("approvals.single_query_mode"),
            Session::Unattended => Some("approvals.unattended_mode"),
            _ => None,
        };
        let (yolo, yolo_name) = self.yolo(session);
        if self.runs_elsewhere(release) {
            return Settings {
                mode: Choice { values: vec![Mode::Manual, Mode::Smart, Mode::Off], place: None },
                yolo,
                yolo_name,
                alone: Choice { values: vec![Unattended::Deny, Unattended::Approve], place: None },
                backend: Choice { values: vec![Backend::Host, Backend::Isolated], place: None },
                backend_name: BACKEND.to_owned(),
                elsewhere: true,
            };
        }
        let (backend, backend_name) = self.backend(session, release);
        Settings {
            elsewhere: false,
            mode: self.mode(release),
            yolo,
            yolo_name,
            alone: self.choice(
                alone.and_then(|path| self.in_force(path, release)),
                Unattended::Deny,
                &[Unattended::Deny, Unattended::Approve],
                release,
                unattended_mode,
            ),
            backend,
            backend_name,
        }
    }

    fn mode(&self, release: Release) -> Choice<'d, Mode> {
        let section = self.in_force("approvals", release);
        match section.filter(|it| !matches!(it.value(), Value::Map(_) | Value::Null)) {
            // A section that holds no settings is not at its defaults.
            Some(section) => Choice { values: vec![Mode::Manual], place: Some(section.place()) },
            None => self.choice(
                self.in_force("approvals.mode", release),
                Mode::Smart,
                &[Mode::Manual, Mode::Smart, Mode::Off],
                release,
                approvals_mode,
            ),
        }
    }

    fn choice<T: Copy>(
        &self,
        setting: Option<Setting<'d>>,
        default: T,
        all: &[T],
        release: Release,
        read: impl Fn(policy::Value<'_>) -> T,
    ) -> Choice<'d, T> {
        let Some(setting) = setting else { return Choice::default(default) };
        let filled = setting.str().filter(|_| !setting.is_hole() && has_reference(&setting));
        let filled = filled.and_then(|text| self.expanded(text));
        let value = match (&filled, short_boolean(&setting, release)) {
            (Some(text), _) => policy::Value::Str(text),
            (None, Some(short)) => policy::Value::Bool(short),
            (None, None) => word(&setting),
        };
        let open = filled.is_none() && is_open(&setting);
        let values = if open { all.to_vec() } else { vec![read(value)] };
        Choice { values, place: Some(setting.place()) }
    }

    /// Where commands run, and the name of what says so.
    fn backend(&self, session: Session, release: Release) -> (Choice<'d, Backend>, String) {
        let Some(found) = self.mirrored_for(BACKEND, session, release) else {
            return (Choice::default(Backend::Host), BACKEND.to_owned());
        };
        let host_or_not = || vec![Backend::Host, Backend::Isolated];
        let values = match (&found.text, self.sees_host(session, release)) {
            _ if found.open => host_or_not(),
            (name, Some(sees)) => vec![Backend::of(name.as_deref().unwrap_or_default(), sees)],
            (name, None) => {
                let name = name.as_deref().unwrap_or_default();
                let (open, closed) = (Backend::of(name, true), Backend::of(name, false));
                // A backend that no volume changes is known all the same.
                if open == closed { vec![open] } else { host_or_not() }
            }
        };
        (Choice { values, place: Some(found.place) }, found.name)
    }

    /// What Hermes takes for a folder of the host among the volumes; `None` where a template decides.
    fn sees_host(&self, session: Session, release: Release) -> Option<bool> {
        let ask = |path: &str| self.mirrored_for(path, session, release);
        let mounts = ask("terminal.docker_mount_cwd_to_workspace");
        if mounts.as_ref().is_some_and(|mounts| mounts.on) {
            return Some(true);
        }
        let volumes = ask("terminal.docker_volumes");
        let sees = volumes.as_ref().is_some_and(|volumes| {
            volumes.entries.iter().any(|(volume, _)| is_host_folder(volume))
        });
        let open = [mounts, volumes].into_iter().flatten().any(|found| found.open);
        match (sees, open) {
            (true, _) => Some(true),
            (false, false) => Some(false),
            (false, true) => None,
        }
    }

    /// The arguments of services that switch every question off, one a service.
    pub fn yolo_arguments(&self) -> impl Iterator<Item = &Word<'d>> {
        let services = self.services().iter().filter(|service| service.is_hermes);
        services
            .filter_map(|service| service.argument(|text| text.split_whitespace().any(is_switch)))
    }

    /// Whether prompts are off for the process that runs the session, and what says so.
    fn yolo(&self, session: Session) -> (Choice<'d, bool>, String) {
        // The gateway runs these; a unit and the config's root say nothing of who sits at a terminal. A shell that is
        // opened in a container has the container's variables.
        let gateway = matches!(session, Session::Chat | Session::Cron | Session::Unattended);
        let both = || vec![false, true];
        if let Some(effective) = self.variable(YOLO) {
            let variable = effective.winner;
            let place = Some(variable.place.clone());
            let on = Truth::Common.is_on(&variable.value);
            let by_unit = variable.source == VariableSource::Service
                && matches!(variable.place.document.kind, Kind::Unit(_));
            let values = match variable.source {
                _ if by_unit && !gateway => None,
                VariableSource::RootScalar if !gateway => None,
                _ if !variable.known => Some(both()),
                // Whether the gateway makes a variable of it before it is read hangs on the order of start-up.
                VariableSource::RootScalar if on => Some(both()),
                _ => Some(vec![on]),
            };
            if let Some(values) = values.filter(|values| values.as_slice() != [false]) {
                return (Choice { values, place }, YOLO.to_owned());
            }
        }
        if let Some(word) = self.yolo_arguments().next().filter(|_| gateway) {
            let choice = Choice { values: vec![true], place: Some(word.place.clone()) };
            return (choice, "--yolo".to_owned());
        }
        if self.is_env_unread() {
            return (Choice { values: both(), place: None }, ".env, which was not read".to_owned());
        }
        (Choice::default(false), YOLO.to_owned())
    }
}

impl<'d> Settings<'d> {
    /// The setting that a step rests on.
    pub(super) fn because(&self, step: &Step, session: Session) -> Option<Because<'d>> {
        let mode = || Because::new("approvals.mode", self.mode.place.clone());
        Some(match step {
            Step::Isolated => Because::new(self.backend_name.clone(), self.backend.place.clone()),
            Step::Yolo => Because::new(self.yolo_name.clone(), self.yolo.place.clone()),
            Step::ModeOff => mode(),
            Step::Class { then: Then::Approved | Then::Refused, .. } => {
                Because::new(alone_name(session), self.alone.place.clone())
            }
            Step::Class { .. } => mode(),
            _ => return None,
        })
    }

    /// The setting that leaves the answer open, the most general first.
    pub(super) fn open(&self, session: Session) -> Option<Because<'d>> {
        if self.elsewhere {
            return Some(Because::new("config.yaml, which can't be read as it is", None));
        }
        if self.yolo.values.len() > 1 {
            return Some(Because::new(self.yolo_name.clone(), self.yolo.place.clone()));
        }
        if self.backend.values.len() > 1 {
            return Some(Because::new(self.backend_name.clone(), self.backend.place.clone()));
        }
        if self.mode.values.len() > 1 {
            return Some(Because::new("approvals.mode", self.mode.place.clone()));
        }
        (self.alone.values.len() > 1)
            .then(|| Because::new(alone_name(session), self.alone.place.clone()))
    }
}

const fn alone_name(session: Session) -> &'static str {
    match session {
        Session::Cron => "approvals.cron_mode",
        Session::SingleQuery => "approvals.single_query_mode",
        _ => "approvals.unattended_mode",
    }
}

/// `--yolo`, or the variable set on the command line, in quotes or not.
fn is_switch(text: &str) -> bool {
    let text = text.trim_matches(['\'', '"', ';']);
    let assigned = text.strip_prefix(YOLO).and_then(|rest| rest.strip_prefix('='));
    text == "--yolo"
        || assigned.is_some_and(|value| Truth::Common.is_on(value.trim_matches(['\'', '"'])))
}

/// A value as the policy engine reads it.
#[must_use]
pub fn word<'s>(setting: &Setting<'s>) -> policy::Value<'s> {
    match setting.value() {
        Value::Bool(value) => policy::Value::Bool(*value),
        Value::Str(text) => policy::Value::Str(text),
        Value::Null => policy::Value::Null,
        _ => policy::Value::Other,
    }
}

/// True where something outside the file fills the value in.
pub(super) fn is_open(setting: &Setting<'_>) -> bool {
    setting.is_hole() || has_reference(setting)
}

fn has_reference(setting: &Setting<'_>) -> bool {
    setting.str().is_some_and(|text| text.contains("${"))
}

pub(super) fn is_truthy(setting: &Setting<'_>, release: Release) -> bool {
    match setting.value() {
        Value::Bool(on) => *on,
        Value::Int(number) => *number != 0,
        Value::Str(text) => {
            Truth::Common.is_on(text) || short_boolean(setting, release) == Some(true)
        }
        _ => false,
    }
}

/// The boolean that the release reads in an unquoted `y` or `n`.
fn short_boolean(setting: &Setting<'_>, release: Release) -> Option<bool> {
    setting.short_boolean().filter(|_| release >= Release::SHORT_BOOLEANS)
}

#[cfg(test)]
mod tests {
    use super::is_switch;

    #[test]
    fn switches_on_a_command_line() {
        for text in
            ["--yolo", "'--yolo'", "HERMES_YOLO_MODE=1", "HERMES_YOLO_MODE=\"true\"", "--yolo;"]
        {
            assert!(is_switch(text), "{text}");
        }
        for text in ["--yolo-mode", "yolo", "HERMES_YOLO_MODE=0", "HERMES_YOLO_MODE", "-y"] {
            assert!(!is_switch(text), "{text}");
        }
    }
}
