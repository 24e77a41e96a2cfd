//! The doors of a home: which messaging platforms are on, by which line, and who may come in.

use super::home::Home;
use super::setting::Setting;
use super::variable::opens;
use crate::document::Place;
use crate::document::tree::Value;
use crate::facts::{Holds, Platform, Range, Release, YamlKey};

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
    /// Keys that let everybody in, with the releases in which they do. A variable that is set wins over them.
    pub opened: Vec<(Setting<'d>, Range)>,
    /// Keys that say which bots are let in, with the releases that read them. The variable wins over them, too.
    pub bots: Vec<(Setting<'d>, Range)>,
}

impl PlatformState<'_> {
    /// True when a list that counts lets somebody in.
    #[must_use]
    pub fn has_allowlist(&self) -> bool {
        self.doors.iter().any(|door| !door.is_empty())
    }
}

/// A block of config.yaml about a platform.
struct Block<'d> {
    setting: Setting<'d>,
    /// True for `gateway.<platform>`, of which each release reads less than of the other places.
    direct: bool,
}

impl<'d> Block<'d> {
    /// A key of it, or of its `extra`.
    fn key(&self, name: &str) -> Option<Setting<'d>> {
        self.setting.child(name).or_else(|| self.setting.child("extra")?.child(name))
    }

    /// The releases that read whether it is on from here.
    const fn switch_range(&self) -> Range {
        if self.direct { Range::since(DIRECT_BLOCKS) } else { Range::ALWAYS }
    }

    /// The releases that read who is let in from here.
    const fn list_range(&self) -> Range {
        if self.direct { Range::since(DIRECT_LISTS) } else { Range::ALWAYS }
    }
}

/// From here on `gateway.<platform>` is merged into the platform's block.
const DIRECT_BLOCKS: Release = Release::new(0, 20, 0);
/// From here on the lists in it count, too.
const DIRECT_LISTS: Release = Release::new(0, 21, 3);

/// The releases in which a switch of config.yaml that stands for an allow-all variable says yes.
#[must_use]
pub(crate) fn says_yes(setting: &Setting<'_>) -> Option<Range> {
    if setting.short_boolean() == Some(true) {
        return Some(Range::since(Release::SHORT_BOOLEANS));
    }
    let text = setting.python_str().filter(|_| !setting.is_hole())?;
    opens(&text).then_some(Range::ALWAYS)
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
    let (opened, bots) = (switches(&blocks, spec), bot_keys(&blocks, spec));
    let mut state =
        PlatformState { spec, on: None, doors: Vec::new(), unread: Vec::new(), opened, bots };
    for name in spec.users.iter().chain(&spec.chats) {
        if let Some(door) = variable_door(home, name) {
            state.doors.push(door);
        }
    }
    let by_variable = !state.doors.iter().all(Door::is_empty);
    for block in &blocks {
        for key in &spec.yaml_users {
            let Some(setting) = block.key(&key.key) else { continue };
            let door = yaml_door(home, &setting);
            let range = key.range().and(block.list_range());
            match home.holds(&range) {
                // Hermes looks at the file's list only when no variable is set.
                Holds::Always if !by_variable => state.doors.push(door),
                Holds::Always => {}
                Holds::Never | Holds::Depends { .. } => {
                    state.unread.push((door, range));
                }
            }
        }
    }
    state.on = switch(home, spec, &blocks);
    let mentioned = state.on.is_some()
        || !state.doors.is_empty()
        || !state.unread.is_empty()
        || !state.opened.is_empty()
        || !state.bots.is_empty();
    mentioned.then_some(state)
}

/// The keys that let everybody in; of `gateway.<platform>` no release reads them.
fn switches<'d>(blocks: &[Block<'d>], spec: &Platform) -> Vec<(Setting<'d>, Range)> {
    keys(blocks, &spec.yaml_allow_all)
        .filter(|(_, block, _)| !block.direct)
        .filter_map(|(setting, _, range)| {
            // An adapter strips the text, which the switch for all platforms does not.
            let padded = setting.str().is_some_and(|text| opens(text.trim()));
            let yes = says_yes(&setting).or(padded.then_some(Range::ALWAYS))?;
            Some((setting, range.and(yes)))
        })
        .collect()
}

/// The keys that say which bots are let in.
fn bot_keys<'d>(blocks: &[Block<'d>], spec: &Platform) -> Vec<(Setting<'d>, Range)> {
    keys(blocks, &spec.yaml_bots)
        .filter(|(setting, ..)| !setting.is_hole())
        .map(|(setting, _, range)| (setting, range))
        .collect()
}

/// Where each key stands, with the releases that read it there.
fn keys<'b, 'd>(
    blocks: &'b [Block<'d>],
    keys: &'b [YamlKey],
) -> impl Iterator<Item = (Setting<'d>, &'b Block<'d>, Range)> {
    keys.iter().flat_map(move |key| {
        blocks.iter().filter_map(move |block| {
            let own = block.setting.child(&key.key).map(|setting| (setting, key.range()));
            let extra =
                || Some((block.setting.child("extra")?.child(&key.key)?, key.extra_range()));
            let (setting, range) = own.or_else(extra)?;
            Some((setting, block, range.and(block.list_range())))
        })
    })
}

/// The blocks of config.yaml about a platform.
fn blocks<'d>(home: &Home<'d>, spec: &Platform) -> Vec<Block<'d>> {
    let id = &spec.id;
    let places = [
        (id.clone(), false),
        (format!("platforms.{id}"), false),
        (format!("gateway.platforms.{id}"), false),
        (format!("gateway.{id}"), true),
    ];
    let mut blocks: Vec<Block<'d>> = places
        .into_iter()
        .filter_map(|(path, direct)| Some(Block { setting: home.setting(&path)?, direct }))
        .collect();
    // The two files are merged key by key.
    let legacy = home.legacy_setting(&format!("platforms.{id}"));
    let known = |block: &Setting<'_>| {
        blocks.iter().any(|other| std::ptr::eq(other.setting.document, block.document))
    };
    let legacy = legacy.filter(|block| !known(block));
    blocks.extend(legacy.map(|setting| Block { setting, direct: false }));
    blocks
}

fn switch<'d>(home: &Home<'d>, spec: &Platform, blocks: &[Block<'d>]) -> Option<Place<'d>> {
    let enabled = |value: bool| {
        blocks.iter().find_map(|block| {
            let setting = block.setting.child("enabled")?;
            (home.may_hold(&block.switch_range()) && setting.switch() == Some(value))
                .then(|| setting.place())
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
    blocks.iter().find_map(|block| {
        let token = block.setting.child("token").filter(|token| !token.is_empty())?;
        home.may_hold(&block.switch_range()).then(|| token.place())
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
