//! The keys of config.yaml that Hermes reads, as a trie of paths, and the nearest known key to an unknown one.
//!
//! The trie knows less than Hermes on purpose: whatever is not certain is [`Lookup::Free`], because a false
//! "unknown key" costs a user more than a missed one. Blocks of platforms share one list of keys (`fallback`)
//! instead of being copied to the four places where they may stand.

use super::version::{Range, Release};
use serde::Deserialize;
use std::collections::HashMap;

/// What is known of one key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    /// Kinds of value that are meant for it; empty when not decided.
    #[serde(default, rename = "t", deserialize_with = "one_or_many")]
    pub kinds: Vec<Kind>,
    /// The allowed words, when the set is closed.
    #[serde(default, rename = "of")]
    pub words: Vec<String>,
    /// The default in the newest release that has one; `Some(Null)` is a null default.
    #[serde(default, rename = "d", deserialize_with = "present")]
    pub default: Option<serde_json::Value>,
    /// Earlier defaults: the value before the release.
    #[serde(default)]
    pub was: HashMap<String, serde_json::Value>,
    /// First release that reads it.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release that no longer does.
    #[serde(default)]
    pub until: Option<Release>,
}

impl KeySpec {
    /// The releases that read this key, its parents left aside.
    #[must_use]
    pub const fn range(&self) -> Range {
        Range { since: self.since, until: self.until }
    }

    /// The default in `release`: of the earlier defaults that were still in force, the oldest, else the newest one.
    #[must_use]
    pub fn default_in(&self, release: Release) -> Option<&serde_json::Value> {
        let earlier =
            self.was.iter().filter_map(|(until, value)| Some((Release::parse(until)?, value)));
        let in_force =
            earlier.filter(|(until, _)| release < *until).min_by_key(|(until, _)| *until);
        in_force.map(|(_, value)| value).or(self.default.as_ref())
    }
}

/// Kinds of YAML values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A boolean, YAML 1.1 words included.
    Bool,
    /// An integer or a float.
    Num,
    /// A string.
    Str,
    /// A sequence.
    List,
    /// A mapping.
    Map,
}

/// What the trie says of a path.
#[derive(Clone, Debug)]
pub enum Lookup<'k> {
    /// Listed. `range` is the intersection along the path.
    Known {
        /// What is known of the key itself; `None` for a section that is known through its keys only.
        spec: Option<&'k KeySpec>,
        /// The releases that read it here.
        range: Range,
    },
    /// Below something free-form, or in a section that is not known for certain.
    Free,
    /// Not listed where the list is complete.
    Unknown {
        /// Length of the known part of the path; `path[known]` is the unknown key. 0: an unknown root key, of which a
        /// scalar becomes a variable of the gateway.
        known: usize,
        /// True where an unknown *mapping* may belong to a plugin; judge only scalars and lists there.
        mapping_may_be_plugins: bool,
    },
}

/// The nearest known key to an unknown one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The whole path to write instead, dotted.
    pub path: String,
    /// Why it is suggested.
    pub kind: SuggestionKind,
}

/// Why a key is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestionKind {
    /// A sibling differs by a letter or two.
    Spelling,
    /// The same key is known at one other place.
    Place,
}

/// The file `keys.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    platforms: Vec<String>,
    platform: HashMap<String, KeySpec>,
    mapping_ok: Vec<String>,
    keys: HashMap<String, KeySpec>,
}

#[derive(Default)]
struct Node {
    children: HashMap<Box<str>, Child>,
    /// `*`: any name.
    any: Option<u32>,
    /// `[]`: any item.
    item: Option<u32>,
    /// `**`: nothing below is unknown.
    open: bool,
    mapping_may_be_plugins: bool,
    /// Where to look on for a child that is missing here.
    fallback: Option<u32>,
    spec: Option<KeySpec>,
    /// Restricts this node where it has no keys of its own, and what it shares with others.
    place: Range,
}

/// A node below another.
#[derive(Clone, Copy)]
struct Child {
    node: u32,
    /// The letters of its name.
    letters: Letters,
}

impl Child {
    fn new(name: &str, node: u32) -> Self {
        Self { node, letters: Letters::of(name) }
    }
}

/// The known keys.
pub struct Keys {
    nodes: Vec<Node>,
    /// Last segment → the paths that end in it; only closed, literal paths.
    places: HashMap<Box<str>, Vec<String>>,
    count: usize,
}

impl Default for Keys {
    /// A trie that calls nothing unknown.
    fn default() -> Self {
        let root = Node { open: true, ..Node::default() };
        Self { nodes: vec![root], places: HashMap::new(), count: 0 }
    }
}

/// From this release on, `gateway.<platform>` is merged into `platforms.<platform>`; its lists count later.
const GATEWAY_BLOCKS_SINCE: Release = Release::new(0, 20, 0);

impl Keys {
    pub(super) fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(json)?;
        let mut keys = Self { nodes: vec![Node::default()], places: HashMap::new(), count: 0 };
        keys.nodes[0].mapping_may_be_plugins = true;
        let mut entries: Vec<_> = file.keys.into_iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (path, spec) in entries {
            keys.add(&path, spec);
        }
        keys.link_free_names();
        keys.add_platforms(&file.platforms, file.platform);
        for section in &file.mapping_ok {
            let node = keys.child(0, section);
            keys.nodes[node as usize].mapping_may_be_plugins = true;
        }
        Ok(keys)
    }

    fn new_node(&mut self) -> u32 {
        self.nodes.push(Node::default());
        // The data has some thousand nodes.
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    /// The literal child `name` of `parent`, made when missing.
    fn child(&mut self, parent: u32, name: &str) -> u32 {
        if let Some(&Child { node: found, .. }) = self.nodes[parent as usize].children.get(name) {
            return found;
        }
        let made = self.new_node();
        self.nodes[parent as usize].children.insert(name.into(), Child::new(name, made));
        made
    }

    fn step(&mut self, parent: u32, segment: &str) -> u32 {
        let slot = match segment {
            "*" => self.nodes[parent as usize].any,
            "[]" => self.nodes[parent as usize].item,
            name => return self.child(parent, name),
        };
        if let Some(found) = slot {
            return found;
        }
        let made = self.new_node();
        let node = &mut self.nodes[parent as usize];
        if segment == "*" {
            node.any = Some(made)
        } else {
            node.item = Some(made)
        }
        made
    }

    fn add(&mut self, path: &str, spec: KeySpec) {
        self.count += 1;
        let (path, open) = match path.strip_suffix(".**") {
            Some(section) => (section, true),
            None => (path, false),
        };
        let mut node = 0;
        for segment in path.split('.') {
            let (name, items) = match segment.find("[]") {
                Some(at) => segment.split_at(at),
                None => (segment, ""),
            };
            node = self.step(node, name);
            for _ in 0..items.len() / 2 {
                node = self.step(node, "[]");
            }
        }
        let here = &mut self.nodes[node as usize];
        here.open |= open;
        here.spec = Some(spec);
        if !path.contains(['*', '[']) && path.contains('.') {
            let leaf = path.rsplit('.').next().unwrap_or(path);
            self.places.entry(leaf.into()).or_default().push(path.to_owned());
        }
    }

    /// What is listed for a free name holds for the names listed beside it.
    fn link_free_names(&mut self) {
        for at in 0..self.nodes.len() {
            let Some(any) = self.nodes[at].any else { continue };
            let named: Vec<u32> =
                self.nodes[at].children.values().map(|child| child.node).collect();
            for child in named {
                self.nodes[child as usize].fallback = Some(any);
            }
        }
    }

    /// Nothing at or below `node` is unknown: adapters read more than is listed.
    fn open_below(&mut self, node: u32) {
        let mut todo = vec![node];
        let mut seen = vec![false; self.nodes.len()];
        while let Some(node) = todo.pop() {
            // Foreign data may name a platform `platforms`, which then holds itself.
            if std::mem::replace(&mut seen[node as usize], true) {
                continue;
            }
            let node = &mut self.nodes[node as usize];
            node.open = true;
            todo.extend(
                node.children.values().map(|child| child.node).chain(node.any).chain(node.item),
            );
        }
    }

    /// Puts the block of each platform at its four places.
    fn add_platforms(&mut self, ids: &[String], block: HashMap<String, KeySpec>) {
        let shared = self.new_node();
        self.nodes[shared as usize].open = true;
        for (name, spec) in block {
            self.count += 1;
            let node = self.child(shared, &name);
            self.nodes[node as usize].open = true;
            self.nodes[node as usize].spec = Some(spec);
        }
        let platforms = self.child(0, "platforms");
        let gateway = self.child(0, "gateway");
        let gateway_platforms = self.child(gateway, "platforms");
        for id in ids {
            let own = self.child(0, id);
            self.open_below(own);
            self.nodes[own as usize].fallback = Some(shared);
            self.nodes[platforms as usize].children.insert(id.as_str().into(), Child::new(id, own));
            self.nodes[gateway_platforms as usize]
                .children
                .insert(id.as_str().into(), Child::new(id, own));
            // The same keys, read from a later release on.
            let later = self.child(gateway, id);
            let node = &mut self.nodes[later as usize];
            node.fallback = Some(own);
            node.open = true;
            node.place = Range { since: Some(GATEWAY_BLOCKS_SINCE), until: None };
        }
        // Platforms of plugins have names of their own.
        self.nodes[platforms as usize].any = Some(shared);
        self.nodes[gateway_platforms as usize].any = Some(shared);
    }

    /// Number of keys listed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// True when nothing is listed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A node and what stands in for it: the platform and what all platforms share, the free name beside it.
    fn with_fallbacks<'k>(&'k self, node: &'k Node) -> impl Iterator<Item = &'k Node> {
        std::iter::successors(Some(node), |node| self.nodes.get(node.fallback? as usize))
    }

    fn next(&self, node: &Node, segment: &str) -> Option<u32> {
        if segment == "[]" {
            return self.with_fallbacks(node).find_map(|node| node.item);
        }
        let literal =
            self.with_fallbacks(node).find_map(|node| Some(node.children.get(segment)?.node));
        literal.or_else(|| self.with_fallbacks(node).find_map(|node| node.any))
    }

    /// True where nothing is unknown: marked so, or a value that has no keys of its own (its kind is another
    /// question).
    fn is_open(&self, node: &Node) -> bool {
        let has_keys = |node: &Node| !node.children.is_empty() || node.any.is_some();
        self.with_fallbacks(node).any(|node| node.open) || !self.with_fallbacks(node).any(has_keys)
    }

    /// What is known of a path; an item of a list is the segment `[]`.
    #[must_use]
    pub fn lookup(&self, path: &[&str]) -> Lookup<'_> {
        let Some(mut node) = self.nodes.first() else { return Lookup::Free };
        let mut range = Range::ALWAYS;
        for (known, segment) in path.iter().enumerate() {
            let Some(next) = self.next(node, segment).and_then(|at| self.nodes.get(at as usize))
            else {
                // The kind of a value that has no keys of its own is another question.
                return if self.is_open(node) || *segment == "[]" {
                    Lookup::Free
                } else {
                    Lookup::Unknown { known, mapping_may_be_plugins: node.mapping_may_be_plugins }
                };
            };
            // What a block has of its own is none of what it shares.
            if !node.children.contains_key(*segment) {
                range = range.and(node.place);
            }
            node = next;
            if let Some(spec) = &node.spec {
                range = range.and(spec.range());
            }
        }
        if node.children.is_empty() {
            range = range.and(node.place);
        }
        Lookup::Known { spec: node.spec.as_ref(), range }
    }

    /// The key that was probably meant. Works on [`Lookup::Free`] paths too, for the spelling alone: a listed
    /// sibling that differs by a letter is a strong hint. Names that are the user's own get none.
    #[must_use]
    pub fn suggest(&self, path: &[&str]) -> Option<Suggestion> {
        let mut node = self.nodes.first()?;
        for (at, segment) in path.iter().enumerate() {
            if let Some(next) = self.next(node, segment) {
                node = self.nodes.get(next as usize)?;
                continue;
            }
            let parent = path.get(..at)?;
            let rest = path.get(at + 1..)?;
            if let Some(sibling) = self.nearest_sibling(node, segment) {
                let whole = parent.iter().copied().chain([sibling]).chain(rest.iter().copied());
                return Some(Suggestion { path: join(whole), kind: SuggestionKind::Spelling });
            }
            // Where the list is not complete, the key may well be read here.
            return if self.is_open(node) { None } else { self.other_place(parent, segment) };
        }
        None
    }

    fn nearest_sibling<'k>(&'k self, node: &'k Node, name: &str) -> Option<&'k str> {
        let mut best: Option<(usize, &str)> = None;
        let letters = Letters::of(name);
        for (sibling, child) in self.with_fallbacks(node).flat_map(|node| &node.children) {
            let allowed = allowed_distance(name, sibling);
            if letters.apart(child.letters) > allowed {
                continue;
            }
            if let Some(distance) = edit_distance(name, sibling, allowed) {
                // Ties go to the first in alphabetical order: the map has none.
                if best.is_none_or(|found| (distance, &**sibling) < found) {
                    best = Some((distance, sibling));
                }
            }
        }
        best.map(|(_, sibling)| sibling)
    }

    /// The one other place where this key is known. Two would be a guess, and so are words that mean something
    /// everywhere.
    fn other_place(&self, parent: &[&str], leaf: &str) -> Option<Suggestion> {
        if COMMON.binary_search(&leaf).is_ok() {
            return None;
        }
        let [place] = self.places.get(leaf)?.as_slice() else { return None };
        let here = join(parent.iter().copied().chain([leaf]));
        (*place != here).then(|| Suggestion { path: place.clone(), kind: SuggestionKind::Place })
    }
}

/// Words too common to tell where a key belongs; sorted.
const COMMON: [&str; 24] = [
    "account",
    "api_key",
    "backend",
    "base_url",
    "command",
    "description",
    "enabled",
    "env",
    "format",
    "host",
    "language",
    "level",
    "limit",
    "mode",
    "model",
    "name",
    "path",
    "port",
    "provider",
    "secret",
    "timeout",
    "type",
    "url",
    "voice",
];

fn join<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for segment in segments {
        if !text.is_empty() && segment != "[]" {
            text.push('.');
        }
        text.push_str(segment);
    }
    text
}

/// Two letters may differ in a long word, one in a short one, none in a very short one.
fn allowed_distance(a: &str, b: &str) -> usize {
    match a.len().min(b.len()) {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// The letters that a word is made of, whatever their case, number and order.
#[derive(Clone, Copy)]
struct Letters(u32);

impl Letters {
    fn of(word: &str) -> Self {
        // A letter may share its bit with a digit: then two words seem nearer than they are.
        let bit = |byte: u8| 1 << (byte.to_ascii_lowercase() & 31);
        Self(word.bytes().fold(0, |all, byte| all | bit(byte)))
    }

    /// What the distance is at least: an edit brings or takes one letter.
    const fn apart(self, other: Self) -> usize {
        let (more, less) = ((self.0 & !other.0).count_ones(), (other.0 & !self.0).count_ones());
        (if more > less { more } else { less }) as usize
    }
}

/// Longest word that is compared; keys are short, and the work is its square.
const LONGEST: usize = 64;

/// The Damerau-Levenshtein distance (adjacent letters swapped count one) when it is between 1 and `limit`.
fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if limit == 0 || a.len().abs_diff(b.len()) > limit || a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    let mut before = [0; LONGEST + 1];
    let mut last: [usize; LONGEST + 1] = std::array::from_fn(|at| at);
    for (i, &x) in a.iter().enumerate() {
        let mut row = [0; LONGEST + 1];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = last[j] + usize::from(!x.eq_ignore_ascii_case(&y));
            let mut best = substituted.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before = std::mem::replace(&mut last, row);
    }
    // Equal but for the case is a distance too: keys are compared exactly.
    let distance = last.get(b.len()).copied().filter(|&distance| distance <= limit)?;
    Some(distance.max(usize::from(a != b))).filter(|&distance| distance > 0)
}

/// A word or a list of words.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Kind>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(Kind),
        Many(Vec<Kind>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(kind) => vec![kind],
        OneOrMany::Many(kinds) => kinds,
    })
}

/// Keeps a null that is written apart from a field that is not.
fn present<'de, D>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    serde_json::Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
