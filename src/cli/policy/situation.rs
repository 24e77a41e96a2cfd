//! What a home's settings mean for the decision on a command, and where each of them stands.

use crate::deployment::{Home, Setting};
use crate::document::Place;
use crate::document::tree::Value;
use crate::policy::decide::{
    Allow, Backend, Decision, Deny, Session, Situation, Step, Then, is_host_folder,
};
use crate::policy::{
    self, DenyGlob, Mode, Release, Truth, Unattended, approvals_mode, scalar_allow, scalar_deny,
    unattended_mode,
};

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
        release: Release,
        session: Session,
        backend: Option<&str>,
    ) -> Self {
        let mut all = Self {
            situation: Situation {
                release,
                backend: Backend::Host,
                session,
                mode: Mode::Smart,
                yolo: false,
                cron: Unattended::Deny,
                single_query: Unattended::Deny,
                unattended: Unattended::Deny,
                deny: Deny::List(Vec::new()),
                allow: Allow::List(Vec::new()),
                sudo_password: false,
            },
            note: home.is_none().then_some("no Hermes home here: its defaults decide"),
            deny: Vec::new(),
            allow: Vec::new(),
            mode: None,
            yolo: None,
            backend: None,
            cron: None,
            single_query: None,
            unattended: None,
        };
        if let Some(home) = home {
            all.read(home, release);
        }
        if let Some(name) = backend {
            all.situation.backend = of_name(name, false);
            all.backend = None;
        }
        all
    }

    fn read(&mut self, home: &Home<'d>, release: Release) {
        self.situation.sudo_password =
            home.variable("SUDO_PASSWORD").is_some_and(|set| set.winner.is_set());
        if let Some(set) = home.variable("HERMES_YOLO_MODE")
            && set.winner.known
            && Truth::Common.is_on(&set.winner.value)
        {
            self.situation.yolo = true;
            self.yolo = Some(set.winner.place.clone());
        }
        let services = home.services().iter().filter(|service| service.is_hermes);
        let mut switches = services.filter_map(|service| {
            service.argument(|text| text.split_whitespace().any(|word| word == "--yolo"))
        });
        if let Some(word) = switches.next() {
            self.situation.yolo = true;
            self.yolo = Some(word.place.clone());
        }
        // Later releases drop a config with a key that stands twice.
        let void = release >= Release(0, 22, 2)
            && home.structured().is_some_and(|structured| !structured.tree.duplicates.is_empty());
        if home.is_incomplete() || void {
            self.note = Some("the config can't be read as it is: Hermes's defaults decide");
            return;
        }
        if let Some(setting) = home.setting("approvals.mode") {
            self.situation.mode = approvals_mode(word(&setting));
            self.mode = Some(setting.place());
        }
        let unattended = |path: &str| {
            let setting = home.setting(path)?;
            Some((unattended_mode(word(&setting)), setting.place()))
        };
        if let Some((mode, place)) = unattended("approvals.cron_mode") {
            (self.situation.cron, self.cron) = (mode, Some(place));
        }
        if let Some((mode, place)) = unattended("approvals.single_query_mode") {
            (self.situation.single_query, self.single_query) = (mode, Some(place));
        }
        if let Some((mode, place)) = unattended("approvals.unattended_mode") {
            (self.situation.unattended, self.unattended) = (mode, Some(place));
        }
        if let Some(setting) = home.setting("terminal.backend") {
            self.situation.backend = if setting.is_hole() {
                Backend::Unknown
            } else {
                of_name(&setting.python_str().unwrap_or_default(), sees_host(home))
            };
            self.backend = Some(setting.place());
        }
        if let Some(setting) = home.setting("approvals.deny") {
            match setting.value() {
                Value::Str(text) => {
                    self.situation.deny = Deny::Scalar(scalar_deny(text));
                    self.deny = vec![setting.place()];
                }
                _ => {
                    let (texts, places) = texts(&setting);
                    self.situation.deny = Deny::List(DenyGlob::list(texts));
                    self.deny = places;
                }
            }
        }
        if let Some(setting) = home.setting("command_allowlist") {
            match setting.value() {
                Value::Str(text) => {
                    self.situation.allow = Allow::Scalar(scalar_allow(text, release));
                    self.allow = vec![setting.place()];
                }
                _ => {
                    let (texts, places) = texts(&setting);
                    self.situation.allow = Allow::List(texts);
                    self.allow = places;
                }
            }
        }
    }

    /// Why `decision` is what it is.
    pub fn why(&self, decision: &Decision) -> Why {
        let none: Option<&Place<'d>> = None;
        let (step, text, place) = match &decision.step {
            Step::UnknownBackend => (
                "backend",
                "a template still has to name the backend".to_owned(),
                self.backend.as_ref(),
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

/// A value as the model reads it.
fn word<'d>(setting: &Setting<'d>) -> policy::Value<'d> {
    match setting.value() {
        Value::Bool(value) => policy::Value::Bool(*value),
        Value::Str(text) => policy::Value::Str(text),
        Value::Null => policy::Value::Null,
        _ => policy::Value::Other,
    }
}

/// The entries of a list that are text, with their places.
fn texts<'d>(setting: &Setting<'d>) -> (Vec<String>, Vec<Place<'d>>) {
    let tree = setting.tree();
    let entries = tree.items(setting.node).iter().enumerate().filter_map(|(number, &item)| {
        let place =
            Place::new(setting.document, tree.span(item), format!("{}[{number}]", setting.path));
        Some((tree.str(item)?.to_owned(), place))
    });
    entries.unzip()
}

/// Hermes checks nothing in a container, unless it sees a folder of the host there.
fn of_name(name: &str, sees_host: bool) -> Backend {
    match name.trim().to_ascii_lowercase().as_str() {
        "docker" if !sees_host => Backend::Isolated,
        "singularity" | "modal" | "daytona" => Backend::Isolated,
        _ => Backend::Host,
    }
}

/// What Hermes takes for a folder of the host among the volumes.
fn sees_host(home: &Home<'_>) -> bool {
    let mounts_cwd = home
        .setting("terminal.docker_mount_cwd_to_workspace")
        .is_some_and(|setting| setting.bool() == Some(true));
    let volumes = home.setting("terminal.docker_volumes").map(|setting| texts(&setting).0);
    mounts_cwd || volumes.is_some_and(|all| all.iter().any(|volume| is_host_folder(volume)))
}
