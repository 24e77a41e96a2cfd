//! `config/lax-setting`: a setting of config.yaml stands on the unsafe side.

use std::collections::HashSet;

use super::keys::{equals, in_force};
use super::lax_value::{is_on, unsafe_places};
use crate::deployment::{Home, Matched, PlatformBlock, Setting};
use crate::document::tree::Value;
use crate::facts::{Circumstance, Holds, Lookup, Otherwise, Range, SettingFact};
use crate::finding::{Confidence, Severity};
use crate::rules::posture::{is_on as platform_is_on, is_switched_off};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// A setting stands on the unsafe side.
pub struct LaxSetting;

/// What is shown of further entries of a list.
const SHOWN: usize = 5;

impl HomeRule for LaxSetting {
    const META: RuleMeta = RuleMeta {
        id: "config/lax-setting",
        summary: "a setting stands on the unsafe side",
        severity: Severity::Warning,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &[],
        cwe: &[1188],
        since: "0.1.0",
        page: page!("config/lax-setting"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let view = View { home, blocks: home.platform_blocks() };
        // The first row that fits a value speaks for it.
        let mut said = HashSet::new();
        for fact in &home.knowledge.facts().settings().settings {
            for (found, platform) in view.matching(&fact.key) {
                let id = (found.setting.document.text.path().display.clone(), found.setting.node.0);
                if said.contains(&id) {
                    continue;
                }
                if view.report(fact, &found, platform, findings) {
                    said.insert(id);
                }
            }
        }
    }
}

/// A home with what every row asks of it.
struct View<'h, 'd> {
    home: &'h Home<'d>,
    blocks: Vec<PlatformBlock<'d>>,
}

impl<'d> View<'_, 'd> {
    /// The settings that a key of the facts speaks of, each with its platform.
    fn matching(&self, key: &str) -> Vec<(Matched<'d>, Option<&'d str>)> {
        let Some((wanted, rest)) = key.strip_prefix('<').and_then(|key| key.split_once(">."))
        else {
            return self.home.matching(key).into_iter().map(|found| (found, None)).collect();
        };
        let mut all: Vec<(Matched<'d>, Option<&'d str>)> = Vec::new();
        let mut known: Vec<(&str, String, usize)> = Vec::new();
        for block in &self.blocks {
            let id = block.spec.id.as_str();
            let is_meant = wanted == "platform" || wanted.split('|').any(|name| name == id);
            if !is_meant || is_switched_off(self.home, id) {
                continue;
            }
            for below in ["", "extra."] {
                for found in self.home.matching(&format!("{}.{below}{rest}", block.path)) {
                    // What stands nearer to the root, and not in `extra`, wins.
                    let cut = block.path.len() + 1 + below.len();
                    let name = found.setting.path.get(cut..).unwrap_or_default().to_owned();
                    let first = known.iter().find(|(other, same, _)| *other == id && *same == name);
                    match first.and_then(|(.., at)| all.get_mut(*at)) {
                        Some((winner, _)) => winner.setting.shadowed.push(found.setting.place()),
                        None => {
                            known.push((id, name, all.len()));
                            all.push((found, Some(id)));
                        }
                    }
                }
            }
        }
        all
    }

    /// Says what is wrong with a setting; false when nothing is.
    fn report(
        &self,
        fact: &SettingFact,
        found: &Matched<'d>,
        platform: Option<&str>,
        findings: &mut Findings,
    ) -> bool {
        let home = self.home;
        let setting = &found.setting;
        let places = unsafe_places(home, setting, &fact.lax);
        let Some((place, others)) = places.split_first() else { return false };
        let Some(range) = self.not_by_default(fact, found) else { return false };
        let is_set = |name: &String| home.variable(name).is_some();
        if fact.variable.as_ref().is_some_and(is_set)
            || fact.unless.iter().any(|key| self.any_on(key, setting))
        {
            return false;
        }
        let (limit, note) = match home.holds(&range) {
            Holds::Never => return false,
            Holds::Always => (Severity::Error, None),
            Holds::Depends { text } => (Severity::Warning, Some(format!("read {text}"))),
        };
        let counts = fact.when.iter().all(|word| is_so(home, *word, platform))
            && fact.needs.iter().all(|key| self.any_on(key, setting));
        let severity = match (counts, fact.otherwise) {
            (true, _) => in_force(home, fact.severity.into()).min(limit),
            (false, Otherwise::Info) => Severity::Info,
            (false, Otherwise::None) => return false,
        };
        let idle = (!counts).then(|| "has no effect as the rest stands".to_owned());
        let mut draft = LaxSetting::META
            .at(place)
            .severity(severity)
            .message(format!("`{}`: {}", setting.path, fact.means))
            .label("on the unsafe side")
            .help(help(fact, setting))
            .notes(idle.into_iter().chain(note));
        if let Some(write) = &fact.write
            && !matches!(setting.value(), Value::Seq(_) | Value::Map(_) | Value::Null)
        {
            draft = draft.fix("write the safe value", false, place, write.as_str());
        }
        for other in others.iter().take(SHOWN) {
            draft = draft.related(other, "this one, too");
        }
        for loser in &setting.shadowed {
            draft = draft.related(loser, "set here, too, and loses");
        }
        findings.add(draft);
        true
    }

    /// The releases that read the value so; `None` when some release in question has it by default.
    fn not_by_default(&self, fact: &SettingFact, found: &Matched<'d>) -> Option<Range> {
        let home = self.home;
        let segments: Vec<&str> = found.segments.iter().map(String::as_str).collect();
        let Lookup::Known { spec, range } = home.knowledge.facts().keys().lookup(&segments) else {
            return Some(fact.range());
        };
        let value = found.setting.value();
        let is_default = |release| {
            spec.and_then(|spec| spec.default_in(release)).is_some_and(|other| equals(value, other))
        };
        (!is_default(home.scope.low) && !is_default(home.scope.high))
            .then(|| range.and(fact.range()))
    }

    /// Whether a key that another one hangs on is on; `.name` is a sibling of `setting`.
    fn any_on(&self, key: &str, setting: &Setting<'d>) -> bool {
        let path = match key.strip_prefix('.') {
            Some(name) => match setting.path.rsplit_once('.') {
                Some((above, _)) => format!("{above}.{name}"),
                None => name.to_owned(),
            },
            None => key.to_owned(),
        };
        self.matching(&path).iter().any(|(found, _)| is_on(&found.setting))
    }
}

/// Whether what a row asks of the rest of the deployment holds, for a key of `platform` or of none.
pub(in crate::rules) fn is_so(home: &Home<'_>, word: Circumstance, platform: Option<&str>) -> bool {
    match (word, platform) {
        (Circumstance::Served, Some(id)) => platform_is_on(home, id),
        (Circumstance::Served, None) => home.platforms().iter().any(|state| state.on.is_some()),
        (Circumstance::Local, _) => home.runs_locally(),
        (other, _) => home
            .mirrored("terminal.backend")
            .and_then(|found| found.backend())
            .zip(other.backend())
            .is_some_and(|(backend, wanted)| backend == wanted),
    }
}

fn help(fact: &SettingFact, setting: &Setting<'_>) -> String {
    let (above, leaf) = setting.path.rsplit_once('.').unwrap_or(("", &setting.path));
    match (&fact.write, &fact.help) {
        (Some(write), _) if above.is_empty() => format!("write `{leaf}: {write}`"),
        (Some(write), _) => format!("write `{leaf}: {write}` under `{above}:`"),
        (None, Some(help)) => help.clone(),
        (None, None) => format!("remove `{leaf}`"),
    }
}
