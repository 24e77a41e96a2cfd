//! `config/ungated-tools`: tools that reach others, or do anything, can be used without anybody being asked.

use std::collections::BTreeSet;

use crate::deployment::{Home, ReachableTool, Setting};
use crate::document::tree::Value;
use crate::document::{Kind, Place};
use crate::facts::{Holds, Range, Release, Tier};
use crate::finding::{Confidence, Severity};
use crate::policy::words;
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Tools of tier 2 or 3 can be used without anybody being asked.
pub struct UngatedTools;

/// More ways in than this share one finding.
const MANY: usize = 5;
/// How many tools a finding names.
const NAMED: usize = 4;
/// Releases with a mode for callers that nobody watches.
const UNATTENDED: Range = Range { since: Some(Release::new(0, 21, 0)), until: None };

impl HomeRule for UngatedTools {
    const META: RuleMeta = RuleMeta {
        id: "config/ungated-tools",
        summary: "tools of tier 2 or 3 can be used without anybody being asked",
        severity: Severity::Error,
        confidence: Confidence::High,
        hermes: Range::ALWAYS,
        checklist: &["write-gates"],
        cwe: &[862],
        since: "0.1.0",
        page: page!("config/ungated-tools"),
    };

    fn check(home: &Home<'_>, findings: &mut Findings) {
        let general = switched_off(home);
        let unattended = approves(home, "approvals.unattended_mode")
            .filter(|_| home.holds(&UNATTENDED) != Holds::Never);
        let cron = approves(home, "approvals.cron_mode");
        let mut ways: Vec<(&Gate<'_>, String, Vec<ReachableTool>)> = Vec::new();
        for reach in home.reaches() {
            let unwatched = home.platforms().iter().any(|state| {
                state.spec.name == reach.from
                    && matches!(
                        state.spec.id.as_str(),
                        "webhook" | "msgraph_webhook" | "api_server"
                    )
            });
            let gate = general.as_ref().or(unattended.as_ref().filter(|_| unwatched));
            if let Some(gate) = gate {
                let tools: Vec<_> = reach.at_least(2).into_iter().cloned().collect();
                if !tools.is_empty() {
                    ways.push((gate, reach.from.clone(), tools));
                }
            }
        }
        if ways.len() > MANY {
            // One switch for all of them: which tools, from how many doors, is what matters.
            let doors: Vec<String> = ways.iter().map(|(_, from, _)| from.clone()).collect();
            let mut tools: Vec<ReachableTool> = ways.iter().flat_map(|(.., t)| t.clone()).collect();
            tools.sort_by(|a, b| a.name.cmp(&b.name));
            tools.dedup_by(|a, b| a.name == b.name);
            if let Some((gate, ..)) = ways.first() {
                report(home, gate, &list(&doors), tools, &[], findings);
            }
        } else {
            for (gate, from, tools) in ways {
                report(home, gate, &from, tools, &[], findings);
            }
        }
        if let Some(gate) = cron.or(general) {
            let (jobs, tools) = jobs(home);
            if let [only] = jobs.as_slice() {
                report(home, &gate, "a cron job", tools, std::slice::from_ref(only), findings);
            } else if !jobs.is_empty() {
                let from = format!("{} cron jobs", jobs.len());
                report(home, &gate, &from, tools, &jobs, findings);
            }
        }
    }
}

/// What switches the question off.
struct Gate<'d> {
    place: Place<'d>,
    /// `approvals.mode`
    name: String,
    /// The edit that switches it on again.
    help: &'static str,
    note: Option<String>,
    /// True for a key that only states the intent.
    meant: bool,
}

/// What switches every question off.
fn switched_off<'d>(home: &Home<'d>) -> Option<Gate<'d>> {
    if let Some(effective) = home.variable("HERMES_YOLO_MODE") {
        let variable = effective.winner;
        let yes = ["1", "true", "yes", "on"];
        if variable.known && yes.iter().any(|y| variable.value.trim().eq_ignore_ascii_case(y)) {
            return Some(Gate {
                place: variable.place.clone(),
                name: variable.name.clone(),
                help: "remove `HERMES_YOLO_MODE`",
                note: None,
                meant: false,
            });
        }
    }
    if let Some(mode) = home.setting("approvals.mode").filter(|mode| !mode.is_hole()) {
        // `yolo` and other unknown words are manual to Hermes.
        if words::approvals_mode(word(&mode)) == words::Mode::Off {
            let place = mode.place();
            let help = "`mode: manual` under `approvals:`";
            return Some(Gate { place, name: mode.path, help, note: None, meant: false });
        }
    }
    let policy = home.setting("security.dangerous_command_policy")?;
    let always = policy.str().is_some_and(|text| text.trim().eq_ignore_ascii_case("always_allow"));
    always.then(|| Gate {
        place: policy.place(),
        name: policy.path.clone(),
        help: "`mode: manual` under `approvals:`, and remove this key",
        note: Some("Hermes does not read this key; it only states the intent".to_owned()),
        meant: true,
    })
}

fn approves<'d>(home: &Home<'d>, path: &str) -> Option<Gate<'d>> {
    let setting = home.setting(path).filter(|setting| !setting.is_hole())?;
    let approve = words::unattended_mode(word(&setting)) == words::Unattended::Approve;
    approve.then(|| Gate {
        place: setting.place(),
        name: setting.path.clone(),
        help: if path.ends_with("cron_mode") {
            "`cron_mode: deny`"
        } else {
            "`unattended_mode: deny`"
        },
        note: path
            .ends_with("unattended_mode")
            .then(|| home.holds(&UNATTENDED))
            .filter(|holds| *holds != Holds::Always)
            .map(|_| "read from 0.21.0 on".to_owned()),
        meant: false,
    })
}

fn word<'s>(setting: &Setting<'s>) -> words::Value<'s> {
    match setting.value() {
        Value::Bool(value) => words::Value::Bool(*value),
        Value::Str(text) => words::Value::Str(text),
        Value::Null => words::Value::Null,
        _ => words::Value::Other,
    }
}

fn report(
    home: &Home<'_>,
    gate: &Gate<'_>,
    from: &str,
    mut tools: Vec<ReachableTool>,
    jobs: &[Place<'_>],
    findings: &mut Findings,
) {
    let facts = home.knowledge.facts().tools();
    tools.retain(|tool| {
        facts
            .tools
            .get(&tool.name)
            .is_none_or(|known| home.may_hold(&Range { since: known.since, until: known.until }))
    });
    tools.sort_by(|a, b| b.tier.cmp(&a.tier).then_with(|| rank(&a.name).cmp(&rank(&b.name))));
    let Some(worst) = tools.first().map(|tool| tool.tier) else { return };
    let named: Vec<String> = tools
        .iter()
        .filter(|t| t.tier == worst)
        .take(NAMED)
        .map(|t| format!("`{}`", t.name))
        .collect();
    let rest = tools.len() - named.len();
    let severity = match worst {
        // At the command line somebody sits and watches.
        Tier::High if home.runs_locally() && from != "the command line" => Severity::Error,
        _ => Severity::Warning,
    };
    let severity = if gate.note.is_some() { severity.min(Severity::Warning) } else { severity };
    let mut draft = UngatedTools::META
        .at(&gate.place)
        .anchor(format!("{} {}", gate.name, from.split(',').next().unwrap_or(from)))
        .message(format!(
            "{from} {} {} (tier {}){} without anybody being asked",
            if gate.meant { "is meant to use" } else { "can use" },
            list(&named),
            worst.number(),
            if rest == 0 { String::new() } else { format!(" and {rest} more of tier 2 or 3") },
        ))
        .label("nobody is asked")
        .severity(in_force(home, severity))
        .notes(gate.note.clone())
        .help(gate.help);
    for job in jobs.iter().take(5) {
        draft = draft.related(job, "runs like this");
    }
    findings.add(draft);
}

/// The tools that people know first.
fn rank(name: &str) -> (usize, &str) {
    const FIRST: &[&str] = &["terminal", "execute_code", "write_file", "send_message"];
    (FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len()), name)
}

/// The cron jobs that start an agent, and what they reach together.
fn jobs<'d>(home: &Home<'d>) -> (Vec<Place<'d>>, Vec<ReachableTool>) {
    let facts = home.knowledge.facts().tools();
    let mut places = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for document in home.inside() {
        let Kind::Jobs(structured) = &document.kind else { continue };
        let tree = &structured.tree;
        let Some(all) = tree.at("jobs").or(tree.root) else { continue };
        for &job in tree.items(all) {
            let is = |key: &str, wanted: bool| {
                tree.get(job, key).is_some_and(|id| *tree.value(id) == Value::Bool(wanted))
            };
            if is("no_agent", true) || is("enabled", false) {
                continue;
            }
            let own: Vec<String> = tree
                .get(job, "enabled_toolsets")
                .map(|id| {
                    tree.items(id).iter().filter_map(|&i| Some(tree.str(i)?.to_owned())).collect()
                })
                .unwrap_or_default();
            if own.is_empty() {
                let list = home.list("platform_toolsets.cron");
                match list.map(|list| list.entries) {
                    Some(entries) if !entries.is_empty() => {
                        names.extend(entries.into_iter().map(|(name, _)| name));
                    }
                    _ => drop(names.insert("hermes-cron".to_owned())),
                }
            } else {
                names.extend(own);
            }
            let entry = tree.entry(job, "name").or_else(|| tree.entry(job, "id"));
            let span = entry.map_or_else(|| tree.span(job), |entry| tree.span(entry.value));
            places.push(Place::new(document, span, "jobs"));
        }
    }
    let mut tools: BTreeSet<&str> = names.iter().flat_map(|name| facts.tools_of(name)).collect();
    // A platform's bundle in that list takes nothing away.
    let is_bundle = |name: &String| facts.bundles.contains_key(name);
    for disabled in home.disabled_toolsets().into_iter().filter(|name| !is_bundle(name)) {
        let gone = facts.tools_of(&disabled);
        tools.retain(|tool| !gone.contains(tool));
    }
    let own = |name: &str| home.knowledge.tiers.get(name).and_then(|&n| Tier::try_from(n).ok());
    let tools = tools
        .into_iter()
        .filter_map(|name| Some((name, own(name).or_else(|| facts.tier_of(name))?)))
        .filter(|(_, tier)| tier.number() >= 2)
        .map(|(name, tier)| ReachableTool { name: name.to_owned(), tier })
        .collect();
    (places, tools)
}
