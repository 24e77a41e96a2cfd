//! What a home's settings mean for the decision on a command, and where each of them stands.

use crate::deployment::{Home, Setting};
use crate::document::tree::{NodeId, Value};
use crate::document::{Place, yaml};
use crate::policy::decide::{
    Allow, Backend, Decision, Deny, Open, Session, Situation, Step, Then, Yolo,
};
use crate::policy::{DenyGlob, Mode, Release, ScalarAllow, Unattended, scalar_allow, scalar_deny};
use crate::rules::config::approvals::entries;

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
    alone: Option<Place<'d>>,
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
        release: Release,
        session: Session,
        backend: Option<&str>,
    ) -> Self {
        let mut all = Self {
            situation: Situation { session, ..Situation::defaults(release) },
            note: home.is_none().then_some("no Hermes home here: its defaults decide"),
            deny: Vec::new(),
            allow: Vec::new(),
            mode: None,
            yolo: None,
            backend: None,
            alone: None,
            open: None,
        };
        if let Some(home) = home {
            all.read_settings(home, release, backend);
            all.read_deny(home, release);
            all.read_allow(home, release);
        }
        if let Some(name) = backend {
            all.situation.backend = Backend::of(name, false);
        }
        all
    }

    fn read_settings(&mut self, home: &Home<'d>, release: Release, backend: Option<&str>) {
        let settings = home.approval_settings(self.situation.session, release);
        if settings.elsewhere {
            self.note = Some(
                "the config can't be read as it is: Hermes runs on its last good copy, or on its defaults",
            );
        } else if home.is_void_in(release) {
            self.note = Some("the config can't be read as it is: Hermes's defaults decide");
        }
        let situation = &mut self.situation;
        situation.sudo_password =
            home.variable("SUDO_PASSWORD").is_some_and(|set| set.winner.is_set());
        situation.yolo = match settings.yolo.known() {
            Some(true) => Yolo::On,
            Some(false) => Yolo::Off,
            None => Yolo::Perhaps,
        };
        let alone = settings.alone.known().unwrap_or(Unattended::Deny);
        (situation.cron, situation.single_query, situation.unattended) = (alone, alone, alone);
        situation.mode = settings.mode.known().unwrap_or(Mode::Manual);
        situation.backend = settings.backend.known().unwrap_or(Backend::Host);
        if settings.backend.known().is_none() && backend.is_none() {
            self.leave_open(Open::Backend, settings.backend.place.as_ref());
        }
        if settings.elsewhere {
            self.leave_open(Open::DenyList, None);
        }
        for (known, place) in [
            (settings.mode.known().is_some(), &settings.mode.place),
            (settings.alone.known().is_some(), &settings.alone.place),
        ] {
            if !known {
                self.leave_open(Open::Later, place.as_ref());
            }
        }
        (self.mode, self.yolo) = (settings.mode.place, settings.yolo.place);
        (self.alone, self.backend) = (settings.alone.place, settings.backend.place);
    }

    fn read_deny(&mut self, home: &Home<'d>, release: Release) {
        let Some(setting) = home.in_force("approvals.deny", release) else { return };
        self.deny = vec![setting.place()];
        match setting.value() {
            Value::Str(text) => match home.expanded(text) {
                Some(text) => self.situation.deny = Deny::Scalar(scalar_deny(&text)),
                None => self.leave_open(Open::DenyList, Some(&setting.place())),
            },
            Value::Map(_) | Value::Set(_) => {
                let (keys, places) = keys(&setting);
                (self.situation.deny, self.deny) = (Deny::List(DenyGlob::list(keys)), places);
            }
            _ => match texts(home, &setting) {
                Some((texts, places, _)) => {
                    (self.situation.deny, self.deny) = (Deny::List(DenyGlob::list(texts)), places);
                }
                None => self.leave_open(Open::DenyList, Some(&setting.place())),
            },
        }
    }

    fn read_allow(&mut self, home: &Home<'d>, release: Release) {
        let Some(setting) = home.in_force("command_allowlist", release) else { return };
        self.allow = vec![setting.place()];
        if let Value::Str(text) = setting.value() {
            let Some(text) = home.expanded(text) else {
                self.leave_open(Open::Later, Some(&setting.place()));
                return;
            };
            self.situation.allow = match scalar_allow(&text, release) {
                ScalarAllow::ReadAsList => {
                    let (entries, places) =
                        listed(&text).into_iter().map(|it| (it, setting.place())).unzip();
                    self.allow = places;
                    Allow::List(entries)
                }
                other => Allow::Scalar(other),
            };
            return;
        }
        if matches!(setting.value(), Value::Map(_) | Value::Set(_)) {
            if release < Release::STRICT_ALLOWLIST {
                let (keys, places) = keys(&setting);
                (self.situation.allow, self.allow) = (Allow::List(keys), places);
            }
            return;
        }
        match texts(home, &setting) {
            // One entry that is no text, and the whole list is left out.
            Some((_, _, others)) if others > 0 && release >= Release::STRICT_ALLOWLIST => {}
            Some((texts, places, _)) => {
                (self.situation.allow, self.allow) = (Allow::List(texts), places);
            }
            None => self.leave_open(Open::Later, Some(&setting.place())),
        }
    }

    fn leave_open(&mut self, open: Open, place: Option<&Place<'d>>) {
        if open < self.situation.open {
            self.situation.open = open;
            self.open = place.cloned();
        }
    }

    /// Why `decision` is what it is.
    pub fn why(&self, decision: &Decision) -> Why {
        let none: Option<&Place<'d>> = None;
        let (step, text, place) = match &decision.step {
            Step::Open => match &self.open {
                Some(place) => (
                    "template",
                    "a template, or a variable that is not known here, fills in what decides".to_owned(),
                    Some(place),
                ),
                None => ("config", "what Hermes runs on instead of it is not here".to_owned(), none),
            },
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
        match then {
            Then::Asked => ("a person is asked about this class", self.mode.as_ref()),
            Then::Judged => (
                "a model decides about this class, and a person where it does not",
                self.mode.as_ref(),
            ),
            Then::Refused => ("nobody is there to be asked about this class", self.alone.as_ref()),
            Then::Approved => ("approved with nobody there, class", self.alone.as_ref()),
            Then::Standing(at) => {
                ("an entry of `command_allowlist` approves the whole class", self.allow.get(at))
            }
            Then::Unanswered => {
                ("a prompt that nobody can answer, refused when the time is up, class", None)
            }
        }
    }
}

/// The entries of a list that are text, references filled in, with their places, and how many are no text; `None` where
/// a template or a variable that is not known fills one in.
fn texts<'d>(
    home: &Home<'d>,
    setting: &Setting<'d>,
) -> Option<(Vec<String>, Vec<Place<'d>>, usize)> {
    let (all, others) = entries(setting)?;
    let pairs: Option<Vec<(String, Place<'d>)>> = all
        .into_iter()
        .map(|entry| Some((home.expanded(entry.text)?, entry.place(setting))))
        .collect();
    let (texts, places) = pairs?.into_iter().unzip();
    Some((texts, places, others))
}

/// The keys of a mapping or the members of a set, which stand in for the entries of a list.
fn keys<'d>(setting: &Setting<'d>) -> (Vec<String>, Vec<Place<'d>>) {
    let tree = setting.tree();
    let nodes: Vec<NodeId> = match setting.value() {
        Value::Set(members) => members.clone(),
        _ => tree.entries(setting.node).iter().map(|entry| entry.key).collect(),
    };
    let texts = nodes.into_iter().filter_map(|node| {
        let place = Place::new(setting.document, tree.span(node), setting.path.clone());
        Some((tree.str(node)?.to_owned(), place))
    });
    texts.unzip()
}

/// The entries of a list that is written as one text; none where one of them is no text.
fn listed(text: &str) -> Vec<String> {
    let Ok(tree) = yaml::parse(text.as_bytes()) else { return Vec::new() };
    let Some(root) = tree.root else { return Vec::new() };
    let texts: Option<Vec<String>> =
        tree.items(root).iter().map(|&item| tree.str(item).map(str::to_owned)).collect();
    texts.unwrap_or_default()
}
