//! What a home's settings mean for the decision on a command, and where each of them stands.

use crate::deployment::{Home, Setting, VariableSource};
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts;
use crate::policy::decide::{
    Allow, Backend, Decision, Deny, Open, Session, Situation, Step, Then, Yolo, is_host_folder,
};
use crate::policy::{DenyGlob, Mode, Unattended, scalar_allow, scalar_deny, unattended_mode};
use crate::rules::config::approvals::{
    Entry, SHORT_BOOLEANS, entries, is_plain, mode, modelled, word,
};
use crate::rules::config::approvals_off;

/// What stands around a command, with the places that a report names.
pub struct Surroundings<'d> {
    /// What the decision rests on.
    pub situation: Situation,
    /// What else the reader should know.
    pub note: Option<&'static str>,
    /// Entries of the deny list.
    deny: Vec<Place<'d>>,
    /// Entries of the allow list.
    allow: Vec<Place<'d>>,
    mode: Option<Place<'d>>,
    yolo: Option<Place<'d>>,
    backend: Option<Place<'d>>,
    cron: Option<Place<'d>>,
    single_query: Option<Place<'d>>,
    unattended: Option<Place<'d>>,
    /// What a template still has to fill in, where it comes first.
    open: Option<Place<'d>>,
}

/// Why a decision is what it is.
pub struct Why {
    /// The step's name for machines.
    pub step: &'static str,
    /// The reason for people.
    pub text: String,
    /// Where the setting stands that decides; `None` for what is built in.
    pub place: Option<(String, Option<usize>)>,
    /// The text of that line, secrets masked.
    pub shown: Option<String>,
}

impl<'d> Surroundings<'d> {
    /// Reads them from `home`; from Hermes's defaults when there is none.
    pub fn of(
        home: Option<&Home<'d>>,
        release: facts::Release,
        session: Session,
        backend: Option<&str>,
    ) -> Self {
        let mut all = Self {
            situation: Situation { session, ..Situation::defaults(modelled(release)) },
            note: home.is_none().then_some("no Hermes home here: its defaults decide"),
            deny: Vec::new(),
            allow: Vec::new(),
            mode: None,
            yolo: None,
            backend: None,
            cron: None,
            single_query: None,
            unattended: None,
            open: None,
        };
        if let Some(home) = home {
            all.read_variables(home);
            // Later releases drop a config with a key that stands twice.
            let void = home.repeats_a_key() && Home::VOIDING.contains(release);
            if home.is_incomplete() || void {
                all.note = Some("the config can't be read as it is: Hermes's defaults decide");
            } else {
                all.read_config(home, release, backend);
            }
        }
        if let Some(name) = backend {
            all.situation.backend = Backend::of(name, false);
        }
        all
    }

    /// The variables and arguments. What a unit or container sets is taken to hold in every session: a shell opened
    /// in the container has the same variables.
    fn read_variables(&mut self, home: &Home<'d>) {
        self.situation.sudo_password =
            home.variable("SUDO_PASSWORD").is_some_and(|set| set.winner.is_set());
        if let Some(word) = approvals_off::arguments(home).next() {
            (self.situation.yolo, self.yolo) = (Yolo::On, Some(word.place.clone()));
        } else if let Some(set) = approvals_off::variable(home) {
            // Only the gateway makes variables of a config.
            let by_gateway = matches!(
                self.situation.session,
                Session::Chat | Session::Cron | Session::Unattended
            );
            self.situation.yolo = match set.source {
                VariableSource::RootScalar if by_gateway => Yolo::Perhaps,
                VariableSource::RootScalar => Yolo::Off,
                _ => Yolo::On,
            };
            self.yolo = Some(set.place.clone());
        }
    }

    fn read_config(&mut self, home: &Home<'d>, release: facts::Release, backend: Option<&str>) {
        let number = self.situation.release;
        if let Some(setting) = home.setting("terminal.backend").filter(|_| backend.is_none()) {
            if setting.is_hole() {
                self.leave_open(Open::Backend, &setting);
            }
            let name = setting.python_str().unwrap_or_default();
            self.situation.backend = Backend::of(&name, sees_host(home));
            self.backend = Some(setting.place());
        }
        if let Some(setting) = home.setting("approvals.deny") {
            if let Value::Str(text) = setting.value() {
                self.situation.deny = Deny::Scalar(scalar_deny(text));
                self.deny = vec![setting.place()];
            } else if let Some((texts, places)) = texts(&setting) {
                (self.situation.deny, self.deny) = (Deny::List(DenyGlob::list(texts)), places);
            }
            if is_open(&setting) {
                self.leave_open(Open::DenyList, &setting);
            }
        }
        if let Some(setting) = home.setting("command_allowlist") {
            if let Value::Str(text) = setting.value() {
                self.situation.allow = Allow::Scalar(scalar_allow(text, number));
                self.allow = vec![setting.place()];
            } else if let Some((texts, places)) = texts(&setting) {
                (self.situation.allow, self.allow) = (Allow::List(texts), places);
            }
            if is_open(&setting) {
                self.leave_open(Open::Later, &setting);
            }
        }
        if let Some(setting) = home.setting("approvals.mode") {
            if setting.is_hole() {
                self.leave_open(Open::Later, &setting);
            }
            let short = is_plain(&setting, &["n", "N"]) && SHORT_BOOLEANS.contains(release);
            self.situation.mode = if short { Mode::Off } else { mode(home, &setting) };
            self.mode = Some(setting.place());
        }
        (self.situation.cron, self.cron) = self.alone(home, "approvals.cron_mode");
        (self.situation.single_query, self.single_query) =
            self.alone(home, "approvals.single_query_mode");
        (self.situation.unattended, self.unattended) =
            self.alone(home, "approvals.unattended_mode");
    }

    /// What a session does in which nobody is there.
    fn alone(&mut self, home: &Home<'d>, path: &str) -> (Unattended, Option<Place<'d>>) {
        let Some(setting) = home.setting(path) else { return (Unattended::Deny, None) };
        if setting.is_hole() {
            self.leave_open(Open::Later, &setting);
        }
        (unattended_mode(word(&setting)), Some(setting.place()))
    }

    fn leave_open(&mut self, open: Open, setting: &Setting<'d>) {
        if open < self.situation.open {
            self.situation.open = open;
            self.open = Some(setting.place());
        }
    }

    /// Why `decision` is what it is.
    pub fn why(&self, decision: &Decision) -> Why {
        let none: Option<&Place<'d>> = None;
        let (step, text, place) = match &decision.step {
            Step::Open => (
                "template",
                "a template still has to fill in a setting that decides".to_owned(),
                self.open.as_ref(),
            ),
            Step::Isolated => (
                "container",
                "the backend is a container in which Hermes checks nothing more".to_owned(),
                self.backend.as_ref(),
            ),
            Step::Floor => {
                ("floor", "Hermes refuses it whatever the settings say".to_owned(), none)
            }
            Step::SudoPassword => (
                "floor",
                "`sudo -S` reads a password that Hermes does not know: refused whatever the settings say"
                    .to_owned(),
                none,
            ),
            Step::DenyList(at) => {
                ("deny", "an entry of `approvals.deny`".to_owned(), self.deny.get(*at))
            }
            Step::DenyScalar => (
                "deny",
                "`approvals.deny` is one text, and its `*` denies every command".to_owned(),
                self.deny.first(),
            ),
            Step::Yolo if self.situation.yolo == Yolo::Perhaps => (
                "yolo",
                "prompts are off if the gateway makes a variable of this line before it looks".to_owned(),
                self.yolo.as_ref(),
            ),
            Step::Yolo => ("yolo", "prompts are off".to_owned(), self.yolo.as_ref()),
            Step::ModeOff => ("mode", "prompts are off".to_owned(), self.mode.as_ref()),
            Step::AllowList(at) => {
                ("allowlist", "an entry of `command_allowlist`".to_owned(), self.allow.get(*at))
            }
            Step::AllowScalar => (
                "allowlist",
                "`command_allowlist` is one text, and its `*` allows every simple command".to_owned(),
                self.allow.first(),
            ),
            Step::NobodyAsks => {
                ("session", "in a script nobody is asked, and nothing refused".to_owned(), none)
            }
            Step::Harmless => ("classes", "it is of no class that Hermes asks about".to_owned(), none),
            Step::Class { class, then } => {
                let (how, place) = self.of_class(*then);
                ("classes", format!("{how}: `{class}`"), place)
            }
        };
        let location = place.map(Place::location);
        Why {
            step,
            text,
            place: location.map(|at| (at.path.to_string(), at.region.map(|region| region.line))),
            shown: place
                .and_then(|place| Some(place.document.text.show(place.span?)))
                .filter(|shown| !shown.is_empty()),
        }
    }

    fn of_class(&self, then: Then) -> (&'static str, Option<&Place<'d>>) {
        let session = || match self.situation.session {
            Session::Cron => self.cron.as_ref(),
            Session::SingleQuery => self.single_query.as_ref(),
            _ => self.unattended.as_ref(),
        };
        match then {
            Then::Asked => ("a person is asked about this class", self.mode.as_ref()),
            Then::Judged => (
                "a model decides about this class, and a person where it does not",
                self.mode.as_ref(),
            ),
            Then::Refused => ("nobody is there to be asked about this class", session()),
            Then::Approved => ("approved with nobody there, class", session()),
            Then::Standing(at) => {
                ("an entry of `command_allowlist` approves the whole class", self.allow.get(at))
            }
            Then::Unanswered => {
                ("a prompt that nobody can answer, refused when the time is up, class", None)
            }
        }
    }
}

/// The entries of a list that are text, with their places; `None` where a template fills one in.
fn texts<'d>(setting: &Setting<'d>) -> Option<(Vec<String>, Vec<Place<'d>>)> {
    let (all, _) = entries(setting)?;
    let pair = |entry: Entry<'d>| (entry.text.to_owned(), entry.place(setting));
    Some(all.into_iter().map(pair).unzip())
}

/// True when a template fills in the setting, or an entry of it.
fn is_open(setting: &Setting<'_>) -> bool {
    setting.is_hole() || entries(setting).is_none()
}

/// What Hermes takes for a folder of the host among the volumes.
fn sees_host(home: &Home<'_>) -> bool {
    let mounts_cwd = home
        .setting("terminal.docker_mount_cwd_to_workspace")
        .is_some_and(|setting| setting.bool() == Some(true));
    let volumes = home.setting("terminal.docker_volumes").and_then(|setting| texts(&setting));
    mounts_cwd || volumes.is_some_and(|(all, _)| all.iter().any(|volume| is_host_folder(volume)))
}
