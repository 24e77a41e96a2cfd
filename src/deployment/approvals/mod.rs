//! What stands between a tool and its effect: which question Hermes asks in which session, and by which setting.
//!
//! The order of Hermes's decision is `policy::decide`'s; here it is asked about any command of a dangerous class,
//! with the settings of a home. What a template leaves open is tried in every way: where the answers differ, the gate is
//! unknown, and where they don't, it does not matter.

mod settings;

pub use settings::{Choice, Settings, YOLO, word};
use settings::{is_open, is_truthy};

use super::home::Home;
use super::setting::Setting;
use crate::document::Place;
use crate::facts::Asks;
use crate::policy::Release;
use crate::policy::decide::{Backend, Session, Situation, Step, Then, Yolo, decide_dangerous};

/// What the gate of commands covers.
const COMMANDS: &str = "dangerous commands";
/// What the gate of agents covers that an agent starts.
const AGENTS: &str = "dangerous commands of its agents";
/// From here on driving the desktop goes through the same gate as commands.
const SHARED_DESKTOP_GATE: Release = Release::new(0, 22, 2);
/// The last release read in which only the command line asks about the desktop.
const OWN_DESKTOP_GATE: Release = Release::new(0, 19, 0);
/// From here on an MCP server can be called untrusted.
const MCP_TRUST: Release = Release::new(0, 22, 2);
/// From here on the last good copy stands in for a config that can't be read, where there is one.
const GOOD_COPY: Release = Release::new(0, 21, 3);

/// What stands before a tool; the laxer, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// Refused: nobody is there to be asked.
    Deny,
    /// A person is asked.
    Prompt,
    /// A model decides, and a person where it does not.
    Smart,
    /// The files don't tell.
    Unknown,
    /// Hermes would ask, and a setting says not to.
    Auto,
    /// Hermes never asks.
    None,
}

impl Gate {
    /// The word that reports use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Prompt => "prompt",
            Self::Smart => "smart",
            Self::Unknown => "unknown",
            Self::Auto => "auto",
            Self::None => "none",
        }
    }

    /// True where nobody and nothing decides before the tool does its work.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Auto | Self::None)
    }
}

/// A setting that is responsible for something.
#[derive(Clone, Debug)]
pub struct Because<'d> {
    /// Path of the key, name of the variable, or what else decides.
    pub setting: String,
    /// Where it stands; `None` for a default.
    pub place: Option<Place<'d>>,
}

impl<'d> Because<'d> {
    /// A setting that stands somewhere, or its default.
    #[must_use]
    pub fn new(setting: impl Into<String>, place: Option<Place<'d>>) -> Self {
        Self { setting: setting.into(), place }
    }
}

impl PartialEq for Because<'_> {
    fn eq(&self, other: &Self) -> bool {
        let at = |because: &Self| {
            because.place.as_ref().map(|place| (std::ptr::from_ref(place.document), place.span))
        };
        self.setting == other.setting && at(self) == at(other)
    }
}

/// A gate, what it covers and what is responsible for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand<'d> {
    /// The gate.
    pub gate: Gate,
    /// What it covers, or why there is none, in a few words.
    pub what: &'static str,
    /// The setting; `None` where no setting changes it.
    pub because: Option<Because<'d>>,
}

impl<'d> Home<'d> {
    /// The releases that it can be of, as the policy engine counts them; the nearest one that is modelled when it
    /// can be of none of them.
    #[must_use]
    pub fn releases(&self) -> Vec<Release> {
        let (low, high) = (self.scope.low, self.scope.high);
        let ladder = self.knowledge.facts().versions().ladder.iter();
        let mut all: Vec<Release> = ladder
            .map(|rung| rung.version)
            .filter(|release| low <= *release && *release <= high)
            .collect();
        if all.is_empty() {
            all.push(low.modelled());
        }
        all
    }

    /// What stands before a tool that asks like this.
    #[must_use]
    pub fn gate(&self, asks: Asks, session: Session, release: Release) -> Stand<'d> {
        match asks {
            Asks::Nothing => never("Hermes never asks about it"),
            Asks::Files => {
                let root = self.variable("HERMES_WRITE_SAFE_ROOT");
                let because = root.map(|root| {
                    Because::new("HERMES_WRITE_SAFE_ROOT", Some(root.winner.place.clone()))
                });
                let what = if because.is_some() { "only within its folders" } else { "any folder" };
                Stand { gate: Gate::None, what, because }
            }
            Asks::Commands => {
                let stand = self.commands(COMMANDS, session, release);
                // It says how little is covered where a question makes one think of all commands.
                let what = match stand.gate {
                    Gate::Prompt | Gate::Smart => "dangerous commands only",
                    _ => stand.what,
                };
                Stand { what, ..stand }
            }
            Asks::Code => self.code(session, release),
            Asks::Desktop => self.desktop(session, release),
            Asks::Memory => {
                let what = match session {
                    Session::Cli => "each write",
                    _ => "each write waits for a review",
                };
                self.held("memory.write_approval", what, release)
            }
            Asks::Skills => {
                self.held("skills.write_approval", "each write waits for a review", release)
            }
            Asks::Subagents => self.subagents(session, release),
        }
    }

    /// What stands before the tools of an MCP server.
    #[must_use]
    pub fn server_gate(
        &self,
        server: &Setting<'d>,
        session: Session,
        release: Release,
    ) -> Stand<'d> {
        let trust = server.child("trust").filter(|trust| !trust.is_empty());
        let Some(trust) = trust.filter(|_| release >= MCP_TRUST) else {
            return never("Hermes never asks about it");
        };
        let because = Some(Because::new("trust", Some(trust.place())));
        if is_open(&trust) {
            return Stand { gate: Gate::Unknown, what: "a template fills it in", because };
        }
        let full = trust.str().is_some_and(|text| text.trim().eq_ignore_ascii_case("full"));
        match session {
            _ if full => Stand { gate: Gate::None, what: "the server is trusted", because },
            Session::Cli | Session::Chat => {
                Stand { gate: Gate::Prompt, what: "each call that may write", because }
            }
            _ => Stand { gate: Gate::Deny, what: "each call that may write", because },
        }
    }

    /// The line that lets dangerous commands of a session through without a question, whatever the backend.
    #[must_use]
    pub fn switched_off(&self, session: Session) -> Option<(Because<'d>, bool)> {
        let releases = self.releases();
        let mut found: Option<(Because<'d>, usize)> = None;
        for release in &releases {
            let mut settings = self.approval_settings(session, *release);
            settings.backend = Choice::default(Backend::Host);
            let stand = self.decided("", session, *release, &settings);
            let likely = stand.gate == Gate::Auto
                || (stand.gate == Gate::Unknown
                    && stand.because.as_ref().is_some_and(|because| because.setting == YOLO));
            if let Some(because) = stand.because.filter(|_| likely) {
                found = Some((because, found.map_or(1, |(_, count)| count + 1)));
            }
        }
        found.map(|(because, count)| (because, count == releases.len()))
    }

    fn commands(&self, what: &'static str, session: Session, release: Release) -> Stand<'d> {
        self.decided(what, session, release, &self.approval_settings(session, release))
    }

    /// What is decided on a dangerous command under `settings`.
    fn decided(
        &self,
        what: &'static str,
        session: Session,
        release: Release,
        settings: &Settings<'d>,
    ) -> Stand<'d> {
        let mut answers: Vec<(Gate, Step)> = Vec::new();
        for mode in &settings.mode.values {
            for yolo in &settings.yolo.values {
                for alone in &settings.alone.values {
                    for backend in &settings.backend.values {
                        let situation = Situation {
                            backend: *backend,
                            session,
                            mode: *mode,
                            yolo: if *yolo { Yolo::On } else { Yolo::Off },
                            cron: *alone,
                            single_query: *alone,
                            unattended: *alone,
                            ..Situation::defaults(release)
                        };
                        let answer = answer(&situation);
                        if answers.iter().all(|(gate, _)| *gate != answer.0) {
                            answers.push(answer);
                        }
                    }
                }
            }
        }
        let because = |step: &Step| settings.because(step, session);
        match answers.as_slice() {
            [(gate, step)] => {
                let what = match (gate, step) {
                    (_, Step::Isolated) => "an isolated backend: nothing is checked",
                    (Gate::Auto, Step::NobodyAsks) => "nobody is asked in a script",
                    (_, Step::Class { then: Then::Unanswered, .. }) => {
                        "asks where nobody answers, then refuses"
                    }
                    _ => what,
                };
                Stand { gate: *gate, what, because: because(step) }
            }
            _ => Stand {
                gate: Gate::Unknown,
                what: "what decides is not known",
                because: settings.open(session),
            },
        }
    }

    fn code(&self, session: Session, release: Release) -> Stand<'d> {
        let unwatched = session == Session::SingleQuery && release < Release::SINGLE_QUERY_MODE;
        if session == Session::Cli || unwatched {
            return never("asked in chats only");
        }
        let stand = self.commands("each script as a whole", session, release);
        // An entry that people write by answering "always".
        let entry = self
            .list("command_allowlist")
            .filter(|_| !self.is_void_in(release))
            .and_then(|list| list.entries.into_iter().find(|(entry, _)| entry == "execute_code"));
        match entry {
            Some((_, place))
                if session == Session::Chat && matches!(stand.gate, Gate::Prompt | Gate::Smart) =>
            {
                Stand {
                    gate: Gate::Auto,
                    what: "every script is approved for good",
                    because: Some(Because::new("command_allowlist", Some(place))),
                }
            }
            _ => stand,
        }
    }

    fn desktop(&self, session: Session, release: Release) -> Stand<'d> {
        if release >= SHARED_DESKTOP_GATE {
            let mut settings = self.approval_settings(session, release);
            settings.backend = Choice::default(Backend::Host);
            return self.decided("clicks and keys", session, release, &settings);
        }
        if release > OWN_DESKTOP_GATE {
            return Stand {
                gate: Gate::Unknown,
                what: "not known for this release",
                because: None,
            };
        }
        match session {
            Session::Cli => Stand { gate: Gate::Prompt, what: "clicks and keys", because: None },
            _ => never("asked on the command line only"),
        }
    }

    fn held(&self, path: &str, what: &'static str, release: Release) -> Stand<'d> {
        if self.runs_elsewhere(release) {
            let because = Some(Because::new("config.yaml, which can't be read as it is", None));
            return Stand { gate: Gate::Unknown, what: "what decides is not known", because };
        }
        let setting = self.in_force(path, release);
        let because = Some(Because::new(path, setting.as_ref().map(Setting::place)));
        let on = match &setting {
            Some(setting) if is_open(setting) => {
                return Stand { gate: Gate::Unknown, what: "a template fills it in", because };
            }
            Some(setting) => is_truthy(setting, release),
            None => false,
        };
        if on {
            Stand { gate: Gate::Prompt, what, because }
        } else {
            Stand { gate: Gate::None, what: "writes are not held", because }
        }
    }

    /// Agents that an agent starts have nobody at a terminal to ask.
    fn subagents(&self, session: Session, release: Release) -> Stand<'d> {
        let stand = self.commands(AGENTS, session, release);
        if session != Session::Cli || stand.gate != Gate::Prompt {
            return stand;
        }
        let path = "delegation.subagent_auto_approve";
        let setting = self.in_force(path, release);
        let because = Some(Because::new(path, setting.as_ref().map(Setting::place)));
        let gate = match &setting {
            Some(setting) if is_open(setting) => Gate::Unknown,
            Some(setting) if is_truthy(setting, release) => Gate::Auto,
            _ => Gate::Deny,
        };
        Stand { gate, what: AGENTS, because }
    }

    /// A setting, unless the release drops the config that it stands in.
    #[must_use]
    pub fn in_force(&self, path: &str, release: Release) -> Option<Setting<'d>> {
        self.setting(path).filter(|_| !self.is_void_in(release))
    }

    /// True where the release does not run on what the config says.
    #[must_use]
    pub fn is_void_in(&self, release: Release) -> bool {
        self.is_incomplete() || (release >= Release::DUPLICATES_VOID && self.repeats_a_key())
    }

    /// True where what the release runs on instead of the config is not here to be seen.
    #[must_use]
    pub fn runs_elsewhere(&self, release: Release) -> bool {
        self.is_config_unread() || (release >= GOOD_COPY && self.is_void_in(release))
    }
}

/// What happens to a dangerous command.
fn answer(situation: &Situation) -> (Gate, Step) {
    let step = decide_dangerous(situation).step;
    let gate = match &step {
        Step::Isolated | Step::Yolo | Step::ModeOff | Step::NobodyAsks => Gate::Auto,
        Step::Class { then, .. } => match then {
            Then::Asked => Gate::Prompt,
            Then::Judged => Gate::Smart,
            Then::Refused | Then::Unanswered => Gate::Deny,
            Then::Approved | Then::Standing(_) => Gate::Auto,
        },
        _ => Gate::Unknown,
    };
    (gate, step)
}

const fn never(what: &'static str) -> Stand<'static> {
    Stand { gate: Gate::None, what, because: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Mode;

    #[test]
    fn gates_are_ordered_by_how_lax_they_are() {
        let all = [Gate::Deny, Gate::Prompt, Gate::Smart, Gate::Unknown, Gate::Auto, Gate::None];
        assert!(all.is_sorted());
        assert!(all.iter().filter(|gate| gate.is_open()).eq([Gate::Auto, Gate::None].iter()));
    }

    #[test]
    fn gates_are_what_is_decided() {
        for release in [Release::OLDEST, Release::SINGLE_QUERY_MODE, Release::NEWEST] {
            let gate = |mode, session| {
                let defaults = Situation::defaults(release);
                answer(&Situation { mode, session, ..defaults }).0
            };
            assert_eq!(gate(Mode::Manual, Session::Cli), Gate::Prompt, "{release}");
            assert_eq!(gate(Mode::Smart, Session::Chat), Gate::Smart, "{release}");
            assert_eq!(gate(Mode::Off, Session::Chat), Gate::Auto, "{release}");
            assert_eq!(gate(Mode::Manual, Session::Cron), Gate::Deny, "{release}");
            assert_eq!(gate(Mode::Manual, Session::Script), Gate::Auto, "{release}");
        }
    }
}
