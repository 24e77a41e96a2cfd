//! `config/ungated-tools`: tools that reach others, or do anything, can be used without anybody being asked.

use crate::deployment::{Channel, ChannelKind, Home, ReachableTool, VariableSource, YOLO};
use crate::document::Place;
use crate::facts::{Range, Tier};
use crate::finding::{Confidence, Severity};
use crate::policy::decide::Session;
use crate::rules::posture::{in_force, list};
use crate::rules::{Findings, HomeRule, RuleMeta, page};

/// Tools of tier 2 or 3 can be used without anybody being asked.
pub struct UngatedTools;

/// More ways in than this share one finding.
const MANY: usize = 5;
/// How many tools a finding names.
const NAMED: usize = 4;

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
        let mut ways: Vec<(Gate<'_>, &Channel<'_>, Vec<ReachableTool<'_>>)> = Vec::new();
        for channel in home.channels().iter().filter(|channel| channel.is_door()) {
            let Some(gate) = open_gate(home, channel.session) else { continue };
            let tools: Vec<_> = channel.at_least(Tier::External).into_iter().cloned().collect();
            if !tools.is_empty() {
                ways.push((gate, channel, tools));
            }
        }
        if ways.len() > MANY {
            // One switch for all of them: which tools, from how many doors, is what matters.
            let doors: Vec<String> = ways.iter().map(|(_, door, _)| door.name.clone()).collect();
            let tools = joined(ways.iter().flat_map(|(.., tools)| tools.clone()));
            if let Some((gate, door, _)) = ways.first() {
                report(home, gate, &list(&doors), door.kind, tools, &[], findings);
            }
        } else {
            for (gate, door, tools) in ways {
                report(home, &gate, &door.name, door.kind, tools, &[], findings);
            }
        }
        let jobs: Vec<_> = home
            .channels()
            .iter()
            .filter(|channel| channel.kind == ChannelKind::Cron)
            .filter_map(|channel| Some((channel, channel.job.filter(|j| !j.is_true("no_agent"))?)))
            .collect();
        if let Some(gate) = open_gate(home, Session::Cron).filter(|_| !jobs.is_empty()) {
            let reached = jobs.iter().flat_map(|(channel, _)| channel.at_least(Tier::External));
            let tools = joined(reached.cloned());
            let heads: Vec<Place<'_>> = jobs.iter().map(|(_, job)| job.head("jobs")).collect();
            let from = match heads.len() {
                1 => "a cron job".to_owned(),
                several => format!("{several} cron jobs"),
            };
            report(home, &gate, &from, ChannelKind::Cron, tools, &heads, findings);
        }
    }
}

/// Each tool once.
fn joined<'d>(tools: impl Iterator<Item = ReachableTool<'d>>) -> Vec<ReachableTool<'d>> {
    let mut tools: Vec<ReachableTool<'d>> = tools.collect();
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    tools.dedup_by(|a, b| a.name == b.name);
    tools
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

/// What switches the question off in a session.
fn open_gate<'d>(home: &Home<'d>, session: Session) -> Option<Gate<'d>> {
    if let Some((because, always)) = home.switched_off(session)
        && let Some(place) = because.place
    {
        let name = because.setting;
        let root_scalar = || {
            let yolo = home.variable(YOLO).filter(|_| name == YOLO);
            yolo.is_some_and(|yolo| yolo.winner.source == VariableSource::RootScalar)
        };
        let (help, note) = match name.as_str() {
            "approvals.cron_mode" => ("`cron_mode: deny`", None),
            "approvals.unattended_mode" => {
                ("`unattended_mode: deny`", (!always).then_some("read from 0.21.0 on"))
            }
            "approvals.mode" => ("`mode: manual` under `approvals:`", None),
            "--yolo" => ("start Hermes without `--yolo`", None),
            _ if root_scalar() => (
                "remove `HERMES_YOLO_MODE`",
                Some(
                    "whether the gateway makes a variable of it in time depends on the order of start-up",
                ),
            ),
            _ => ("remove `HERMES_YOLO_MODE`", None),
        };
        return Some(Gate { place, name, help, note: note.map(str::to_owned), meant: false });
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

fn report(
    home: &Home<'_>,
    gate: &Gate<'_>,
    from: &str,
    kind: ChannelKind,
    mut tools: Vec<ReachableTool<'_>>,
    jobs: &[Place<'_>],
    findings: &mut Findings,
) {
    tools.sort_by(|a, b| b.tier.cmp(&a.tier).then_with(|| rank(&a.name).cmp(&rank(&b.name))));
    let Some(worst) = tools.first().and_then(|tool| tool.tier) else { return };
    let named: Vec<String> = tools
        .iter()
        .filter(|t| t.tier == Some(worst))
        .take(NAMED)
        .map(|t| format!("`{}`", t.name))
        .collect();
    let rest = tools.len() - named.len();
    let severity = match worst {
        // At the command line somebody sits and watches.
        Tier::High if home.runs_locally() && kind != ChannelKind::CommandLine => Severity::Error,
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
