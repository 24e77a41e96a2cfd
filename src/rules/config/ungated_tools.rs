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
        let mut all: Vec<Opened<'_>> = Vec::new();
        for channel in home.channels().iter().filter(|channel| channel.is_door()) {
            let tools = channel.at_least(Tier::External).into_iter();
            add(
                &mut all,
                home,
                channel,
                channel.name.clone(),
                tools.cloned().collect(),
                Vec::new(),
            );
        }
        let jobs: Vec<_> = home
            .channels()
            .iter()
            .filter(|channel| channel.kind == ChannelKind::Cron)
            .filter_map(|channel| Some((channel, channel.job.filter(|j| !j.is_true("no_agent"))?)))
            .collect();
        if let Some((channel, _)) = jobs.first() {
            let reached = jobs.iter().flat_map(|(channel, _)| channel.at_least(Tier::External));
            let heads: Vec<Place<'_>> = jobs.iter().map(|(_, job)| job.head("jobs")).collect();
            let from = match heads.len() {
                1 => "a cron job".to_owned(),
                several => format!("{several} cron jobs"),
            };
            add(&mut all, home, channel, from, joined(reached.cloned()), heads);
        }
        all.iter().for_each(|opened| opened.report(home, findings));
    }
}

/// Adds a way in to those that one line opens to the same tools: one cause, one finding.
fn add<'d>(
    all: &mut Vec<Opened<'d>>,
    home: &Home<'d>,
    channel: &Channel<'d>,
    from: String,
    mut tools: Vec<ReachableTool<'d>>,
    jobs: Vec<Place<'d>>,
) {
    tools.sort_by(|a, b| b.tier.cmp(&a.tier).then_with(|| rank(&a.name).cmp(&rank(&b.name))));
    let Some(worst) = tools.first().and_then(|tool| tool.tier) else { return };
    let Some(gate) = open_gate(home, channel.session) else { return };
    let named: Vec<String> = tools
        .iter()
        .filter(|tool| tool.tier == Some(worst))
        .take(NAMED)
        .map(|tool| format!("`{}`", tool.name))
        .collect();
    let rest = tools.len() - named.len();
    // At the command line somebody sits and watches.
    let watched = channel.kind == ChannelKind::CommandLine;
    let same = all.iter_mut().find(|one| one.named == named && one.gate.is(&gate));
    match same {
        Some(one) => {
            one.from.push(from);
            one.rest = (one.rest.0.min(rest), one.rest.1.max(rest));
            one.watched &= watched;
            one.jobs.extend(jobs);
        }
        None => all.push(Opened {
            gate,
            from: vec![from],
            named,
            worst,
            rest: (rest, rest),
            watched,
            jobs,
        }),
    }
}

/// The ways in that a line opens to the same tools.
struct Opened<'d> {
    gate: Gate<'d>,
    from: Vec<String>,
    /// The tools that are named, of tier `worst`.
    named: Vec<String>,
    worst: Tier,
    /// How many more there are, at least and at most.
    rest: (usize, usize),
    /// True where nobody comes in but at the command line.
    watched: bool,
    jobs: Vec<Place<'d>>,
}

impl Opened<'_> {
    fn report(&self, home: &Home<'_>, findings: &mut Findings) {
        let (gate, from) = (&self.gate, list(&self.from));
        let severity = match self.worst {
            Tier::High if home.runs_locally() && !self.watched => Severity::Error,
            _ => Severity::Warning,
        };
        let severity = if gate.note.is_some() { severity.min(Severity::Warning) } else { severity };
        let more = match self.rest {
            (_, 0) => String::new(),
            (least, most) if least == most => format!(" and {most} more of tier 2 or 3"),
            (_, most) => format!(" and up to {most} more of tier 2 or 3"),
        };
        let mut draft = UngatedTools::META
            .at(&gate.place)
            .anchor(format!("{} {}", gate.name, self.from.first().map_or("", String::as_str)))
            .message(format!(
                "{from} {} {} (tier {}){more} without anybody being asked",
                match (gate.meant, self.from.len()) {
                    (false, _) => "can use",
                    (true, 1) => "is meant to use",
                    (true, _) => "are meant to use",
                },
                list(&self.named),
                self.worst.number(),
            ))
            .label("nobody is asked")
            .severity(in_force(home, severity))
            .notes(gate.note.clone())
            .help(gate.help);
        for job in self.jobs.iter().take(5) {
            draft = draft.related(job, "runs like this");
        }
        findings.add(draft);
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

impl Gate<'_> {
    /// True for the same line.
    fn is(&self, other: &Self) -> bool {
        self.name == other.name
            && self.place.span == other.place.span
            && std::ptr::eq(self.place.document, other.place.document)
    }
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

/// The tools that people know first.
fn rank(name: &str) -> (usize, &str) {
    const FIRST: &[&str] = &["terminal", "execute_code", "write_file", "send_message"];
    (FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len()), name)
}
