//! What Hermes does with one command: refuse it, ask, or run it, and which step of its order decides.
//!
//! The order is Hermes's own: an isolated container skips what follows, the floor, sudo's password, the deny list, a mode
//! that asks nobody, the allow list, nobody there to ask, the classes it asks about. What hangs on more than the settings
//! (a model that decides, a scanner that is installed or not) is said to be unknown instead of guessed.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::str::FromStr;

use super::allow::{Rating, ScalarAllow, approves, rate};
use super::asked::AskedCommands;
use super::hardline::hardline;
use super::native::{DenyGlob, ScalarEffect, Variants, starts_sudo_with_stdin};
use super::table::{ApprovalTable, CommandTable};
use super::words::{Mode, Unattended};
use crate::release::Release;

/// Where commands run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// On the machine itself, or on another one over ssh.
    Host,
    /// In a container in which Hermes sees no folder of the host.
    Isolated,
}

impl Backend {
    /// Hermes checks nothing in a container, unless it sees a folder of the host there.
    #[must_use]
    pub fn of(name: &str, sees_host: bool) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "docker" if !sees_host => Self::Isolated,
            "singularity" | "modal" | "daytona" => Self::Isolated,
            _ => Self::Host,
        }
    }
}

/// Who started the session, and so who can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// A person at a terminal.
    Cli,
    /// A person on a messaging platform.
    Chat,
    /// A scheduled job.
    Cron,
    /// `hermes chat -q`.
    SingleQuery,
    /// A webhook, or a caller of the API.
    Unattended,
    /// A script that uses Hermes as a library.
    Script,
}

impl Session {
    /// The words for it, in the order of the type.
    pub const WORDS: &[&str] = &["cli", "chat", "cron", "single-query", "unattended", "script"];
}

impl FromStr for Session {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "cli" => Self::Cli,
            "chat" => Self::Chat,
            "cron" => Self::Cron,
            "single-query" => Self::SingleQuery,
            "unattended" => Self::Unattended,
            "script" => Self::Script,
            _ => return Err(format!("`{word}` is none of {}", Self::WORDS.join(", "))),
        })
    }
}

/// Whether a switch is on that asks nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yolo {
    /// It is off.
    Off,
    /// It is on.
    On,
    /// The gateway makes a variable of a line of the config, before or after it is read.
    Perhaps,
}

/// A list, or what stands where one should.
#[derive(Clone, Debug)]
pub enum Deny {
    /// The entries.
    List(Vec<DenyGlob>),
    /// A single text.
    Scalar(ScalarEffect),
}

/// A list, or what stands where one should.
#[derive(Clone, Debug)]
pub enum Allow {
    /// The entries.
    List(Vec<String>),
    /// A single text.
    Scalar(ScalarAllow),
}

/// What a template still has to fill in, in the order in which Hermes comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// Where commands run: nothing can be said.
    Backend,
    /// The deny list: only the floor is certain.
    DenyList,
    /// What comes after the deny list.
    Later,
    /// Everything is known.
    Nothing,
}

/// What stands around the command.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The release.
    pub release: Release,
    /// Where commands run.
    pub backend: Backend,
    /// Who can be asked.
    pub session: Session,
    /// `approvals.mode`.
    pub mode: Mode,
    /// `--yolo` or its variable.
    pub yolo: Yolo,
    /// The first of these that a template still has to fill in.
    pub open: Open,
    /// `approvals.cron_mode`.
    pub cron: Unattended,
    /// `approvals.single_query_mode`.
    pub single_query: Unattended,
    /// `approvals.unattended_mode`.
    pub unattended: Unattended,
    /// `approvals.deny`.
    pub deny: Deny,
    /// `command_allowlist`.
    pub allow: Allow,
    /// True when Hermes knows sudo's password.
    pub sudo_password: bool,
}

impl Situation {
    /// Hermes's defaults, for a person at a terminal.
    #[must_use]
    pub const fn defaults(release: Release) -> Self {
        Self {
            release,
            backend: Backend::Host,
            session: Session::Cli,
            mode: Mode::Smart,
            yolo: Yolo::Off,
            open: Open::Nothing,
            cron: Unattended::Deny,
            single_query: Unattended::Deny,
            unattended: Unattended::Deny,
            deny: Deny::List(Vec::new()),
            allow: Allow::List(Vec::new()),
            sudo_password: false,
        }
    }
}

/// What happens to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is refused.
    Deny,
    /// A person is asked.
    Ask,
    /// It runs.
    Allow,
    /// The settings alone don't tell.
    Unknown,
}

impl FromStr for Verdict {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Deny, Self::Ask, Self::Allow, Self::Unknown];
        let found = all.into_iter().find(|verdict| verdict.as_str() == word);
        found.ok_or_else(|| format!("`{word}` is no verdict"))
    }
}

impl Verdict {
    /// The word that reports use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Allow => "allow",
            Self::Unknown => "unknown",
        }
    }
}

/// The step of Hermes's order that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A template still has to fill in a setting.
    Open,
    /// An isolated container: nothing is checked.
    Isolated,
    /// The floor below every setting.
    Floor,
    /// `sudo -S` without a password that Hermes knows.
    SudoPassword,
    /// An entry of the deny list, by its place.
    DenyList(usize),
    /// The deny list is one text, whose `*` denies everything.
    DenyScalar,
    /// `--yolo`.
    Yolo,
    /// `approvals.mode: off`.
    ModeOff,
    /// An entry of the allow list, by its place.
    AllowList(usize),
    /// The allow list is one text, whose `*` allows everything.
    AllowScalar,
    /// Nobody is there, and nothing asks in such a session.
    NobodyAsks,
    /// A class of dangerous commands.
    Class {
        /// As Hermes words it.
        class: String,
        /// What is done about it.
        then: Then,
    },
    /// None of the classes.
    Harmless,
}

/// What is done about a class of dangerous commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// A person is asked.
    Asked,
    /// A model decides, and a person where it does not.
    Judged,
    /// Refused, because nobody is there.
    Refused,
    /// Approved with nobody there, because the mode for such sessions says so.
    Approved,
    /// An entry of the allow list approves the class for good, by its place.
    Standing(usize),
    /// A prompt that nobody can answer: it is refused when the time is up.
    Unanswered,
}

/// The verdict, and the step it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub verdict: Verdict,
    /// Why.
    pub step: Step,
}

/// The tables that a decision needs.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'t> {
    /// What Hermes asks about.
    pub asked: &'t AskedCommands,
    /// The keys of classes in an allow list.
    pub approvals: &'t ApprovalTable,
    /// Spellings of destructive commands.
    pub commands: &'t CommandTable,
}

/// What Hermes does with `command`.
#[must_use]
pub fn decide(command: &str, situation: &Situation, tables: Tables<'_>) -> Decision {
    let release = situation.release;
    let decision = |verdict, step| Decision { verdict, step };
    let open = decision(Verdict::Unknown, Step::Open);
    if situation.open == Open::Backend {
        return open;
    }
    if situation.backend == Backend::Isolated {
        // Early releases skip the deny list, too.
        if release < Release::SEGMENT_DENY {
            return decision(Verdict::Allow, Step::Isolated);
        }
        return match denied(command, situation) {
            Some(step) => decision(Verdict::Deny, step),
            None if situation.open == Open::DenyList => open,
            None => decision(Verdict::Allow, Step::Isolated),
        };
    }
    if hardline(command, release) {
        return decision(Verdict::Deny, Step::Floor);
    }
    if !situation.sudo_password && starts_sudo_with_stdin(command) {
        return decision(Verdict::Deny, Step::SudoPassword);
    }
    if let Some(step) = denied(command, situation) {
        return decision(Verdict::Deny, step);
    }
    if situation.open == Open::DenyList {
        return open;
    }
    if let Some(step) = switched_off(situation) {
        return decision(Verdict::Allow, step);
    }
    if let Some(step) = allowed(command, situation) {
        return decision(Verdict::Allow, step);
    }
    if asks_nobody(situation) {
        return decision(Verdict::Allow, Step::NobodyAsks);
    }
    let Some(class) = tables.asked.class(command, release) else {
        return decision(Verdict::Allow, Step::Harmless);
    };
    if situation.open == Open::Later {
        return open;
    }
    let (verdict, then) = answered(situation, standing(class, situation, tables));
    if situation.yolo == Yolo::Perhaps && verdict != Verdict::Allow {
        return decision(Verdict::Unknown, Step::Yolo);
    }
    decision(verdict, Step::Class { class: class.to_owned(), then })
}

/// What Hermes does with a command of a dangerous class that neither its floor nor an entry of a list names: what the
/// settings alone say. [`decide`] for any such command, without compiling the classes.
#[must_use]
pub fn decide_dangerous(situation: &Situation) -> Decision {
    let decision = |verdict, step| Decision { verdict, step };
    if situation.open < Open::Nothing {
        return decision(Verdict::Unknown, Step::Open);
    }
    if situation.backend == Backend::Isolated {
        return decision(Verdict::Allow, Step::Isolated);
    }
    if let Some(step) = switched_off(situation) {
        return decision(Verdict::Allow, step);
    }
    if asks_nobody(situation) {
        return decision(Verdict::Allow, Step::NobodyAsks);
    }
    let (verdict, then) = answered(situation, None);
    if situation.yolo == Yolo::Perhaps && verdict != Verdict::Allow {
        return decision(Verdict::Unknown, Step::Yolo);
    }
    decision(verdict, Step::Class { class: "a dangerous class".to_owned(), then })
}

/// The switch that lets everything through that the floor and the deny list leave.
fn switched_off(situation: &Situation) -> Option<Step> {
    match (situation.yolo, situation.mode) {
        (Yolo::On, _) => Some(Step::Yolo),
        (_, Mode::Off) => Some(Step::ModeOff),
        _ => None,
    }
}

/// A script has nobody who could be asked, and nothing that says what to do then.
fn asks_nobody(situation: &Situation) -> bool {
    situation.session == Session::Script
}

fn denied(command: &str, situation: &Situation) -> Option<Step> {
    match &situation.deny {
        Deny::Scalar(ScalarEffect::BlocksEverything) => Some(Step::DenyScalar),
        Deny::Scalar(ScalarEffect::MatchesNothing) => None,
        Deny::List(entries) => {
            let variants = Variants::of(command, situation.release);
            variants.denied_by(entries).map(Step::DenyList)
        }
    }
}

fn allowed(command: &str, situation: &Situation) -> Option<Step> {
    match &situation.allow {
        Allow::Scalar(ScalarAllow::ApprovesEverything) => {
            approves("*", command, situation.release).then_some(Step::AllowScalar)
        }
        Allow::Scalar(_) => None,
        Allow::List(entries) => {
            let mut entries = entries.iter();
            entries
                .position(|entry| approves(entry, command, situation.release))
                .map(Step::AllowList)
        }
    }
}

/// The entry of the allow list that approves a class for good.
fn standing(class: &str, situation: &Situation, tables: Tables<'_>) -> Option<usize> {
    let stands =
        |entry: &String| match rate(entry, situation.release, tables.approvals, tables.commands) {
            Rating::StandingApproval(pattern) => pattern.description == class,
            Rating::ClassWord(word) => word.approves.iter().any(|approved| approved == class),
            _ => false,
        };
    match &situation.allow {
        Allow::List(entries) => entries.iter().position(stands),
        Allow::Scalar(_) => None,
    }
}

/// What is done about a command of a class that the allow list approves at `standing`.
fn answered(situation: &Situation, standing: Option<usize>) -> (Verdict, Then) {
    let release = situation.release;
    let standing = standing.map(|place| (Verdict::Allow, Then::Standing(place)));
    let alone = match situation.session {
        Session::Cron => Some(situation.cron),
        Session::SingleQuery if release >= Release::SINGLE_QUERY_MODE => {
            Some(situation.single_query)
        }
        Session::Unattended if release >= Release::UNATTENDED_MODE => Some(situation.unattended),
        _ => None,
    };
    match alone {
        Some(Unattended::Approve) => return (Verdict::Allow, Then::Approved),
        Some(Unattended::Deny) => {
            return standing
                .filter(|_| release >= Release::STANDING_UNATTENDED)
                .unwrap_or((Verdict::Deny, Then::Refused));
        }
        None => {}
    }
    if let Some(standing) = standing {
        return standing;
    }
    match (situation.session, situation.mode) {
        (_, Mode::Smart) => (Verdict::Unknown, Then::Judged),
        (Session::SingleQuery | Session::Unattended, _) => (Verdict::Deny, Then::Unanswered),
        _ => (Verdict::Ask, Then::Asked),
    }
}

/// True when Hermes takes a docker volume (`host:container`) for a folder of the host: by its first characters only.
#[must_use]
pub fn is_host_folder(volume: &str) -> bool {
    let volume = volume.trim();
    let drive = || {
        let mut chars = volume.chars().skip(1);
        chars.next() == Some(':') && matches!(chars.next(), Some('/' | '\\'))
    };
    volume.starts_with(['/', '~'])
        || volume.starts_with("./")
        || volume.starts_with("../")
        || drive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    struct Facts {
        asked: AskedCommands,
        approvals: ApprovalTable,
        commands: CommandTable,
    }

    impl Facts {
        fn new() -> Self {
            let file = |name: &str| data::file(name).unwrap();
            Self {
                asked: AskedCommands::from_json(file("hermes/asked_commands")).unwrap(),
                approvals: serde_json::from_str(file("hermes/approval_patterns")).unwrap(),
                commands: serde_json::from_str(file("commands")).unwrap(),
            }
        }

        fn decide(&self, command: &str, situation: &Situation) -> (Verdict, Step) {
            let tables =
                Tables { asked: &self.asked, approvals: &self.approvals, commands: &self.commands };
            let decision = decide(command, situation, tables);
            (decision.verdict, decision.step)
        }
    }

    fn plain(release: Release) -> Situation {
        Situation { mode: Mode::Manual, ..Situation::defaults(release) }
    }

    fn class(class: &str, then: Then) -> Step {
        Step::Class { class: class.to_owned(), then }
    }

    #[test]
    fn the_steps_come_in_order() {
        let facts = Facts::new();
        let mut all = plain(Release::NEWEST);
        let ask = (Verdict::Ask, class("recursive delete", Then::Asked));
        assert_eq!(facts.decide("rm -rf x", &all), ask);
        assert_eq!(facts.decide("ls", &all), (Verdict::Allow, Step::Harmless));
        assert_eq!(facts.decide("rm -rf /", &all), (Verdict::Deny, Step::Floor));
        assert_eq!(facts.decide("sudo -S ls", &all), (Verdict::Deny, Step::SudoPassword));
        all.sudo_password = true;
        assert_eq!(facts.decide("sudo -S ls", &all).0, Verdict::Ask);
        all.allow = Allow::List(vec!["ls *".to_owned(), "rm -rf *".to_owned()]);
        assert_eq!(facts.decide("rm -rf x", &all), (Verdict::Allow, Step::AllowList(1)));
        all.mode = Mode::Off;
        assert_eq!(facts.decide("rm -rf x", &all), (Verdict::Allow, Step::ModeOff));
        all.deny = Deny::List(DenyGlob::list(["mkfs *", "rm *"]));
        assert_eq!(facts.decide("rm -rf x", &all), (Verdict::Deny, Step::DenyList(1)));
        assert_eq!(facts.decide("rm -rf /", &all), (Verdict::Deny, Step::Floor));
        all.backend = Backend::Isolated;
        assert_eq!(facts.decide("rm -rf /", &all), (Verdict::Deny, Step::DenyList(1)));
        all.release = Release::new(0, 21, 0);
        assert_eq!(facts.decide("rm -rf /", &all), (Verdict::Allow, Step::Isolated));
    }

    #[test]
    fn nobody_there_is_another_matter_in_each_session() {
        let facts = Facts::new();
        let verdict = |session, release, change: fn(&mut Situation)| {
            let mut all = Situation { session, ..plain(release) };
            change(&mut all);
            facts.decide("rm -rf x", &all)
        };
        let then = |then| class("recursive delete", then);
        let (old, new) = (Release::OLDEST, Release::NEWEST);
        let as_it_is = |_: &mut Situation| {};
        assert_eq!(verdict(Session::Cron, old, as_it_is), (Verdict::Deny, then(Then::Refused)));
        assert_eq!(
            verdict(Session::Cron, old, |all| all.cron = Unattended::Approve),
            (Verdict::Allow, then(Then::Approved))
        );
        assert_eq!(
            verdict(Session::SingleQuery, old, as_it_is),
            (Verdict::Deny, then(Then::Unanswered))
        );
        assert_eq!(
            verdict(Session::Unattended, new, |all| all.unattended = Unattended::Approve),
            (Verdict::Allow, then(Then::Approved))
        );
        assert_eq!(verdict(Session::Script, new, as_it_is), (Verdict::Allow, Step::NobodyAsks));
        assert_eq!(
            verdict(Session::Chat, new, |all| all.mode = Mode::Smart),
            (Verdict::Unknown, then(Then::Judged))
        );
        assert_eq!(
            verdict(Session::Chat, new, |all| {
                all.allow = Allow::List(vec!["recursive delete".to_owned()]);
            }),
            (Verdict::Allow, then(Then::Standing(0)))
        );
    }

    #[test]
    fn what_is_not_known_is_said_to_be() {
        let facts = Facts::new();
        let decide =
            |open, command| facts.decide(command, &Situation { open, ..plain(Release::NEWEST) });
        let unknown = (Verdict::Unknown, Step::Open);
        assert_eq!(decide(Open::Backend, "rm -rf /"), unknown);
        assert_eq!(decide(Open::DenyList, "rm -rf /"), (Verdict::Deny, Step::Floor));
        assert_eq!(decide(Open::DenyList, "ls"), unknown);
        assert_eq!(decide(Open::Later, "ls"), (Verdict::Allow, Step::Harmless));
        assert_eq!(decide(Open::Later, "rm -rf x"), unknown);
        let perhaps = Situation { yolo: Yolo::Perhaps, ..plain(Release::NEWEST) };
        assert_eq!(facts.decide("rm -rf x", &perhaps), (Verdict::Unknown, Step::Yolo));
        assert_eq!(facts.decide("ls", &perhaps), (Verdict::Allow, Step::Harmless));
        assert_eq!(facts.decide("rm -rf /", &perhaps), (Verdict::Deny, Step::Floor));
    }

    #[test]
    fn words_are_read_as_they_are_listed() {
        for word in Session::WORDS {
            assert!(word.parse::<Session>().is_ok(), "{word}");
        }
        assert!("nobody".parse::<Session>().is_err());
        assert_eq!("deny".parse(), Ok(Verdict::Deny));
        assert!("never".parse::<Verdict>().is_err());
    }

    #[test]
    fn the_settings_alone_say_the_same_of_a_dangerous_command() {
        let facts = Facts::new();
        let mut compared = 0;
        let releases = [Release::OLDEST, Release::SINGLE_QUERY_MODE, Release::NEWEST];
        let words = Session::WORDS.iter().map(|word| word.parse::<Session>().unwrap());
        for (session, release) in words.flat_map(|session| releases.map(|at| (session, at))) {
            for mode in [Mode::Manual, Mode::Smart, Mode::Off] {
                for yolo in [Yolo::Off, Yolo::On, Yolo::Perhaps] {
                    for alone in [Unattended::Deny, Unattended::Approve] {
                        for backend in [Backend::Host, Backend::Isolated] {
                            let situation = Situation {
                                session,
                                mode,
                                yolo,
                                backend,
                                cron: alone,
                                single_query: alone,
                                unattended: alone,
                                ..Situation::defaults(release)
                            };
                            let mut alone = decide_dangerous(&situation);
                            if let Step::Class { class, .. } = &mut alone.step {
                                *class = "recursive delete".to_owned();
                            }
                            let whole = facts.decide("rm -rf x", &situation);
                            assert_eq!((alone.verdict, alone.step), whole, "{situation:?}");
                            compared += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(compared, 6 * 3 * 3 * 3 * 2 * 2);
    }

    #[test]
    fn folders_of_the_host_are_told_by_their_first_characters() {
        for volume in ["/srv:/x", "~/x:/x", " ./a:/b", "../a:/b", r"c:\a:/b"] {
            assert!(is_host_folder(volume), "{volume}");
        }
        for volume in ["$HOME:/x", "data:/x", "", ".", "a:b"] {
            assert!(!is_host_folder(volume), "{volume}");
        }
    }
}
