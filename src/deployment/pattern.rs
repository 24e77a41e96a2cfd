//! Settings by a pattern of their path: free names, items of lists, and the blocks of platforms.
//!
//! Each level keeps a node once, so an alias that is written a thousand times is looked at once; the price is that
//! only its first place is found.

use std::collections::{HashMap, HashSet};

use super::home::Home;
use super::setting::Setting;
use crate::facts::{Platform, Range, Release};

/// A setting that a pattern found.
#[derive(Clone, Debug)]
pub struct Matched<'d> {
    /// The setting that wins.
    pub setting: Setting<'d>,
    /// Its path as the table of keys knows it: an item of a list is `[]`.
    pub segments: Vec<String>,
    /// The lists that lead to it.
    lists: Vec<String>,
}

/// A block of config.yaml about a platform.
#[derive(Clone, Debug)]
pub struct PlatformBlock<'d> {
    /// What is known of the platform.
    pub spec: &'d Platform,
    /// Dotted path of the block.
    pub path: String,
    /// The releases that read it there.
    pub range: Range,
}

/// One step of a pattern.
#[derive(Clone, Copy)]
enum Step<'p> {
    Name(&'p str),
    AnyName,
    EachItem,
}

fn steps(pattern: &str) -> Vec<Step<'_>> {
    let mut all = Vec::new();
    for segment in pattern.split('.') {
        let name = segment.trim_end_matches("[]");
        all.push(if name == "*" { Step::AnyName } else { Step::Name(name) });
        all.extend((0..(segment.len() - name.len()) / 2).map(|_| Step::EachItem));
    }
    all
}

impl<'d> Home<'d> {
    /// The settings whose path fits `pattern`: `*` is any name, `name[]` each item of a list. The administrator's
    /// value wins over the home's own, and his list over the whole list.
    #[must_use]
    pub fn matching(&self, pattern: &str) -> Vec<Matched<'d>> {
        let steps = steps(pattern);
        let mut all: Vec<Matched<'d>> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut lists: HashSet<String> = HashSet::new();
        for document in self.config_documents() {
            let Some(found) = Setting::root(document).map(|root| below(root, &steps)) else {
                continue;
            };
            let passed: Vec<String> = found.iter().flat_map(|one| one.lists.clone()).collect();
            for one in found {
                if one.lists.iter().any(|list| lists.contains(list)) {
                    continue;
                }
                match known.get(&one.setting.path).and_then(|&at| all.get_mut(at)) {
                    Some(winner) => winner.setting.shadowed.push(one.setting.place()),
                    None => {
                        known.insert(one.setting.path.clone(), all.len());
                        all.push(one);
                    }
                }
            }
            lists.extend(passed);
        }
        all
    }

    /// The blocks about platforms that config.yaml has, in the order in which they win.
    #[must_use]
    pub fn platform_blocks(&self) -> Vec<PlatformBlock<'d>> {
        let later = Range::since(Release::new(0, 21, 3));
        let mut all = Vec::new();
        let platforms = &self.knowledge.facts().platforms().platforms;
        for (above, range) in [
            ("", Range::ALWAYS),
            ("platforms.", Range::ALWAYS),
            ("gateway.platforms.", Range::ALWAYS),
            ("gateway.", later),
        ] {
            if !above.is_empty() && self.setting(above.trim_end_matches('.')).is_none() {
                continue;
            }
            for spec in platforms {
                let path = format!("{above}{}", spec.id);
                if self.setting(&path).is_some() && self.may_hold(&range) {
                    all.push(PlatformBlock { spec, path, range });
                }
            }
        }
        all
    }
}

/// What `steps` lead to from the root of a document.
fn below<'d>(root: Setting<'d>, steps: &[Step<'_>]) -> Vec<Matched<'d>> {
    let mut level = vec![Matched { setting: root, segments: Vec::new(), lists: Vec::new() }];
    for step in steps {
        let mut seen = HashSet::new();
        let mut next = Vec::new();
        for at in &level {
            let children = match step {
                Step::Name(name) => {
                    at.setting.child(name).map(|child| (*name, child)).into_iter().collect()
                }
                Step::AnyName => at.setting.children(),
                Step::EachItem => {
                    at.setting.item_settings().into_iter().map(|item| ("[]", item)).collect()
                }
            };
            for (name, setting) in children {
                if !seen.insert(setting.node.0) {
                    continue;
                }
                let mut segments = at.segments.clone();
                segments.push(name.to_owned());
                let mut lists = at.lists.clone();
                if matches!(step, Step::EachItem) {
                    lists.push(at.setting.path.clone());
                }
                next.push(Matched { setting, segments, lists });
            }
        }
        level = next;
    }
    level
}
