//! The doors of a home: which messaging platforms are on, by which line, and who may come in.

use super::home::Home;
use super::setting::Setting;
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts::{Holds, Platform, Range, Release};

/// A list that lets people in.
#[derive(Clone, Debug)]
pub struct Door<'d> {
    /// Name of the variable, or path of the key.
    pub name: String,
    /// Where it is set.
    pub place: Place<'d>,
    /// Its entries; ids and addresses, not secret but personal.
    pub entries: Vec<String>,
    /// False when the value is not known (`${X}`, a template).
    pub known: bool,
}

impl Door<'_> {
    /// True when everybody may come in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.entries.iter().any(|entry| entry == "*")
    }

    /// True when it lets nobody in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known && self.entries.is_empty()
    }
}

/// A platform that the home mentions.
#[derive(Clone, Debug)]
pub struct PlatformState<'d> {
    /// What is known of it.
    pub spec: &'d Platform,
    /// What switches it on; `None` when it is off.
    pub on: Option<Place<'d>>,
    /// Allowlists that count.
    pub doors: Vec<Door<'d>>,
    /// Allowlists under a key that some release in question does not read, with the releases that do.
    pub unread: Vec<(Door<'d>, Range)>,
}

impl PlatformState<'_> {
    /// True when a list that counts lets somebody in.
    #[must_use]
    pub fn has_allowlist(&self) -> bool {
        self.doors.iter().any(|door| !door.is_empty())
    }
}

impl<'d> Home<'d> {
    /// A key of a platform's block in config.yaml, wherever every release reads that block.
    #[must_use]
    pub fn platform_key(&self, id: &str, key: &str) -> Option<Setting<'d>> {
        ["", "platforms.", "gateway.platforms."].iter().find_map(|prefix| {
            self.setting(&format!("{prefix}{id}.{key}"))
                .or_else(|| self.setting(&format!("{prefix}{id}.extra.{key}")))
        })
    }
}

/// The state of each platform that `home` mentions.
pub(super) fn states<'d>(home: &Home<'d>) -> Vec<PlatformState<'d>> {
    let facts = home.knowledge.facts().platforms();
    facts.platforms.iter().filter_map(|spec| state(home, spec)).collect()
}

fn state<'d>(home: &Home<'d>, spec: &'d Platform) -> Option<PlatformState<'d>> {
    let blocks = blocks(home, spec);
    let mut state = PlatformState { spec, on: None, doors: Vec::new(), unread: Vec::new() };
    for name in spec.users.iter().chain(&spec.chats) {
        if let Some(door) = variable_door(home, name) {
            state.doors.push(door);
        }
    }
    let by_variable = !state.doors.iter().all(Door::is_empty);
    for (block, block_range) in &blocks {
        for key in &spec.yaml_users {
            let setting = block.child(&key.key).or_else(|| block.child("extra")?.child(&key.key));
            let Some(setting) = setting else { continue };
            let door = yaml_door(home, &setting);
            match home.holds(&key.range().and(*block_range)) {
                // Hermes looks at the file's list only when no variable is set.
                Holds::Always if !by_variable => state.doors.push(door),
                Holds::Always => {}
                Holds::Never | Holds::Depends { .. } => {
                    state.unread.push((door, key.range().and(*block_range)));
                }
            }
        }
    }
    state.on = switch(home, spec, &blocks);
    (state.on.is_some() || !state.doors.is_empty() || !state.unread.is_empty()).then_some(state)
}

/// The blocks of config.yaml about a platform, with the releases that read them there.
fn blocks<'d>(home: &Home<'d>, spec: &Platform) -> Vec<(Setting<'d>, Range)> {
    let id = &spec.id;
    let nested = Range::since(Release::new(0, 21, 3));
    let places = [
        (id.clone(), Range::ALWAYS),
        (format!("platforms.{id}"), Range::ALWAYS),
        (format!("gateway.platforms.{id}"), Range::ALWAYS),
        (format!("gateway.{id}"), nested),
    ];
    let mut blocks: Vec<(Setting<'d>, Range)> = places
        .into_iter()
        .filter_map(|(path, range)| Some((home.setting(&path)?, range)))
        .collect();
    // The two files are merged key by key.
    let legacy = home.legacy_setting(&format!("platforms.{id}"));
    let known = |block: &Setting<'_>| {
        blocks.iter().any(|(other, _)| std::ptr::eq(other.document, block.document))
    };
    let legacy = legacy.filter(|block| !known(block));
    blocks.extend(legacy.map(|block| (block, Range::ALWAYS)));
    blocks
}

fn switch<'d>(
    home: &Home<'d>,
    spec: &Platform,
    blocks: &[(Setting<'d>, Range)],
) -> Option<Place<'d>> {
    let enabled = |value: bool| {
        blocks.iter().find_map(|(block, range)| {
            let setting = block.child("enabled")?;
            (home.may_hold(range) && setting.switch() == Some(value)).then(|| setting.place())
        })
    };
    if enabled(false).is_some() && off_counts(home, spec) {
        return None;
    }
    if let Some(place) = enabled(true) {
        return Some(place);
    }
    for set in &spec.enabled_by {
        let mut first = None;
        let all = set.iter().all(|required| {
            let Some(effective) = home.variable(&required.name) else { return false };
            let variable = effective.winner;
            if is_placeholder(&variable.value)
                || (variable.known && !required.is_met_by(&variable.value))
            {
                return false;
            }
            first.get_or_insert_with(|| variable.place.clone());
            true
        });
        if all && first.is_some() {
            return first;
        }
    }
    blocks.iter().find_map(|(block, range)| {
        let token = block.child("token").filter(|token| !token.is_empty())?;
        (home.may_hold(range)).then(|| token.place())
    })
}

/// True when an explicit `enabled: false` beats the variables, at least in some release in question.
pub(super) fn off_counts(home: &Home<'_>, spec: &Platform) -> bool {
    home.may_hold(&Range { since: spec.off_since, until: None })
}

/// What Hermes and its set-up take for "no key yet".
fn is_placeholder(value: &str) -> bool {
    use crate::secrets::{Context, Kind, classify};
    let class = classify(value.as_bytes(), &Context::default());
    matches!(class.kind, Kind::Empty | Kind::Placeholder | Kind::Redacted)
}

fn variable_door<'d>(home: &Home<'d>, name: &str) -> Option<Door<'d>> {
    let winner = home.variable(name)?.winner;
    Some(Door {
        name: name.to_owned(),
        place: winner.place.clone(),
        entries: allowed(home, &winner.value),
        known: winner.known,
    })
}

fn yaml_door<'d>(home: &Home<'d>, setting: &Setting<'d>) -> Door<'d> {
    let entries = match setting.value() {
        Value::Seq(_) => {
            setting.items().into_iter().map(|(text, _)| text.trim().to_owned()).collect()
        }
        Value::Null => Vec::new(),
        _ => allowed(home, &setting.python_str().unwrap_or_default()),
    };
    Door { name: setting.path.clone(), place: setting.place(), entries, known: !setting.is_hole() }
}

/// A JSON list written as text is one from here on; before, its brackets and quotes are part of the entries.
const JSON_LISTS: Range = Range::since(Release::new(0, 21, 3));

/// The entries of an allowlist that is one text.
#[must_use]
pub fn allowed(home: &Home<'_>, text: &str) -> Vec<String> {
    entries(text, home.may_hold(&JSON_LISTS))
}

fn entries(text: &str, json: bool) -> Vec<String> {
    let whole = text.trim();
    let parsed = (json && whole.starts_with('['))
        .then(|| serde_json::from_str::<Vec<serde_json::Value>>(whole).ok())
        .flatten();
    let parts: Vec<String> = match parsed {
        Some(values) => values
            .into_iter()
            .map(|value| match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            })
            .collect(),
        None => whole.split(',').map(str::to_owned).collect(),
    };
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_as_hermes_splits_them() {
        assert_eq!(entries("1, 2 ,,3", true), ["1", "2", "3"]);
        assert_eq!(entries("[\"1\",\"*\", 7]", true), ["1", "*", "7"]);
        assert!(entries("  ", true).is_empty());
    }

    #[test]
    fn a_json_list_is_text_to_older_releases() {
        assert_eq!(entries("[\"1\",\"*\"]", false), ["[\"1\"", "\"*\"]"]);
        assert_eq!(entries("['1']", true), ["['1']"]);
    }
}
