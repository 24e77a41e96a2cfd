//! What decides where commands run: `terminal:` of config.yaml, and the variables that mirror its keys.
//!
//! Hermes's tools read the variables alone; what starts them writes the keys of config.yaml over them. So a key wins,
//! and where config.yaml says nothing of it the variable decides. Two programs are different. The classic command line
//! writes its defaults, too, as soon as there is a section `terminal:`. And a gateway of an early release reads .env
//! again at each message, and no key after it.

use super::home::Home;
use super::setting::Setting;
use super::variable::{Variable, VariableSource};
use crate::document::tree::Value;
use crate::document::{Kind, Place};
use crate::facts::{Holds, Range};
use crate::policy::Release;
use crate::policy::decide::Session;

/// Until here the gateway takes what .env says of the terminal over config.yaml, from its first message on.
const STALE: Release = Release::new(0, 20, 0);

/// A key of `terminal:`, or the variable that stands in for it.
#[derive(Clone, Debug)]
pub struct Mirrored<'d> {
    /// The key's path, or the variable's name.
    pub name: String,
    /// Where the value stands.
    pub place: Place<'d>,
    /// A scalar as text; `None` for lists, and for what is not known here.
    pub text: Option<String>,
    /// Text of each entry of a list.
    pub entries: Vec<(String, Place<'d>)>,
    /// True when something outside the file fills a part of it in.
    pub open: bool,
    /// True when nothing is in it.
    pub empty: bool,
    /// True for a switch that is on.
    pub on: bool,
}

impl<'d> Mirrored<'d> {
    fn of_setting(setting: &Setting<'d>) -> Self {
        let refers = |it: &Setting<'d>| it.is_hole() || it.str().is_some_and(|s| s.contains("${"));
        let items = setting.item_settings();
        Self {
            name: setting.path.clone(),
            place: setting.place(),
            text: setting.python_str().filter(|_| !matches!(setting.value(), Value::Null)),
            entries: if items.iter().any(Setting::is_hole) { Vec::new() } else { setting.items() },
            open: refers(setting) || items.iter().any(refers),
            empty: setting.is_empty(),
            on: setting.bool() == Some(true),
        }
    }

    /// What a variable says; lists are JSON in one.
    #[must_use]
    pub fn of_variable(variable: &Variable<'d>) -> Self {
        let text = variable.value.trim();
        let parsed: Option<serde_json::Value> =
            variable.known.then(|| serde_json::from_str(text).ok()).flatten();
        let list = match &parsed {
            Some(serde_json::Value::Array(items)) => items.as_slice(),
            _ => &[],
        };
        let texts = list.iter().filter_map(serde_json::Value::as_str);
        let compound =
            matches!(parsed, Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)));
        Self {
            name: variable.name.clone(),
            place: variable.place.clone(),
            text: (variable.known && !compound).then(|| text.to_owned()),
            entries: texts.map(|text| (text.to_owned(), variable.place.clone())).collect(),
            open: !variable.known,
            empty: match &parsed {
                Some(serde_json::Value::Array(items)) => items.is_empty(),
                Some(serde_json::Value::Object(fields)) => fields.is_empty(),
                _ => text.is_empty(),
            },
            on: variable.is_true(),
        }
    }

    /// The backend that it names, in lower case; `None` where it is not known.
    #[must_use]
    pub fn backend(&self) -> Option<String> {
        self.text.as_ref().filter(|_| !self.open).map(|text| text.trim().to_ascii_lowercase())
    }
}

impl<'d> Home<'d> {
    /// The variable that mirrors a key.
    fn mirror(&self, path: &str) -> Option<&Variable<'d>> {
        let mirrors = &self.knowledge.facts().environment().mirrors;
        let name = mirrors.iter().find_map(|(name, key)| (key == path).then_some(name))?;
        // What an example of a .env says holds for nobody, unless all of the home is one.
        let winner = self.variable(name)?.winner;
        (winner.source != VariableSource::Template || self.is_template()).then_some(winner)
    }

    /// What decides a key of `terminal:`: config.yaml, and where it says nothing the variable.
    #[must_use]
    pub fn mirrored(&self, path: &str) -> Option<Mirrored<'d>> {
        match self.setting(path) {
            Some(setting) => Some(Mirrored::of_setting(&setting)),
            None => {
                // Such a scalar reaches the gateway of early releases only.
                let variable = self.mirror(path)?;
                let reaches = variable.source != VariableSource::RootScalar;
                reaches.then(|| Mirrored::of_variable(variable))
            }
        }
    }

    /// What decides it for a session of one release.
    pub(super) fn mirrored_for(
        &self,
        path: &str,
        session: Session,
        release: Release,
    ) -> Option<Mirrored<'d>> {
        let gateway = matches!(session, Session::Chat | Session::Cron | Session::Unattended);
        let classic = matches!(session, Session::Cli | Session::SingleQuery);
        let has_section = self.in_force("terminal", release).is_some();
        let variable = self.mirror(path).filter(|variable| match variable.source {
            _ if classic && has_section => false,
            VariableSource::RootScalar => gateway && release < STALE,
            VariableSource::Service => {
                gateway || !matches!(variable.place.document.kind, Kind::Unit(_))
            }
            _ => true,
        });
        let again =
            variable.filter(|variable| gateway && release < STALE && is_read_again(variable));
        let setting = self.in_force(path, release);
        match (setting, again) {
            (_, Some(variable)) => Some(Mirrored::of_variable(variable)),
            (Some(setting), None) => Some(Mirrored::of_setting(&setting)),
            (None, None) => Some(Mirrored::of_variable(variable?)),
        }
    }

    /// The variable that takes the key's place in a gateway after its first message, which happens in early releases
    /// only; `None` where both say the same.
    #[must_use]
    pub fn displaced(&self, path: &str) -> Option<(Setting<'d>, &Variable<'d>, Holds)> {
        let setting = self.setting(path)?;
        let variable = self.mirror(path).filter(|it| it.known && is_read_again(it))?;
        let holds = self.holds(&Range::before(STALE));
        let ours = setting.python_str().map(|text| text.trim().to_ascii_lowercase());
        let same = ours.is_some_and(|ours| ours == variable.value.trim().to_ascii_lowercase());
        (holds != Holds::Never && !same).then_some((setting, variable, holds))
    }

    /// The backends that commands can run in, in lower case; `None` for one that is not known.
    pub(super) fn backends(&self) -> Vec<Option<String>> {
        let mut all = match self.mirrored("terminal.backend") {
            // Nothing in the key's place is the default.
            Some(found) if found.text.is_none() && !found.open => vec![Some("local".to_owned())],
            Some(found) => vec![found.text.map(|text| text.trim().to_ascii_lowercase())],
            None => vec![Some("local".to_owned())],
        };
        if let Some((_, variable, _)) = self.displaced("terminal.backend") {
            all.push(Some(variable.value.trim().to_ascii_lowercase()));
        }
        all
    }
}

fn is_read_again(variable: &Variable<'_>) -> bool {
    matches!(variable.source, VariableSource::Managed | VariableSource::Dotenv)
}
