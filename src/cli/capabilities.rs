//! `hermes-lint capabilities [PATH]`: which tools can be reached from where, by whom, and what stands before each.

use std::path::PathBuf;

use super::pipeline;
use super::{CLEAN, Outcome, args, output};
use crate::deployment::{Because, Channel, Deployment, Home, ReachableTool, ToolOrigin, Who, Whom};
use crate::document::Place;
use crate::report::Format;
use crate::report::capabilities::{self as table, Source};

/// Options of `capabilities`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "tiers: 0 reads only, 1 writes inside the deployment, 2 reaches other people or systems, 3 can do anything\n\
                  gates: deny    refused, because nobody is there to be asked\n       \
                         prompt  a person is asked; commands and scripts: about dangerous ones only, see the row\n       \
                         smart   a model decides, and a person where it does not\n       \
                         auto    Hermes would ask, and a setting says not to\n       \
                         none    Hermes never asks about this tool\n       \
                         unknown a template, or a file that was not read, decides\n\n\
                  exit status: 0 the table was written, whatever it says; 2 wrong usage or unreadable input"
)]
pub struct Args {
    /// Hermes homes, or repos with some
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    scan: args::Scan,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Output",
          value_parser = args::words::<Format>(&["human", "json"]))]
    format: Format,

    #[command(flatten)]
    output: args::Output,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    let homes =
        pipeline::with_deployment(&args.paths, &args.scan, args.output.quiet, |all, _| homes(all))?;
    let style = output::style(&args.output);
    output::to(&args.output, |out| table::write(&homes, args.format, style, out))?;
    Ok(CLEAN)
}

fn homes(deployment: &Deployment<'_>) -> Vec<table::Home> {
    deployment.homes.iter().map(home_table).collect()
}

fn home_table(home: &Home<'_>) -> table::Home {
    let releases = home.releases();
    let text = |release: Option<&crate::policy::Release>| {
        release.map(ToString::to_string).unwrap_or_default()
    };
    let mut notes = Vec::new();
    if home.is_config_unread() {
        notes.push("config.yaml was not read: what it says is unknown".to_owned());
    } else if releases.iter().any(|release| home.is_void_in(*release)) {
        notes.push(
            "Hermes can't read this config.yaml as it is: it runs on its defaults, and from 0.21.3 on \
             on the last copy that it could read"
                .to_owned(),
        );
    }
    if home.is_env_unread() {
        notes.push(".env was not read: what it says is unknown".to_owned());
    }
    if let Some(file) = home.unseen_env_file() {
        notes.push(format!("{file} is read as well and was not seen here"));
    }
    if home.is_template() {
        notes.push("this is a template: what is filled in later can change the table".to_owned());
    }
    let mut channels: Vec<table::Channel> =
        home.channels().iter().map(|channel| channel_table(home, channel)).collect();
    channels.sort_by(|a, b| (a.rank, &a.id, &a.name).cmp(&(b.rank, &b.id, &b.name)));
    let folder = if home.folder.is_empty() { ".".to_owned() } else { home.folder.clone() };
    let config = home.config().map(|config| config.text.path().display.clone());
    table::Home {
        folder,
        config,
        from: text(releases.first()),
        to: text(releases.last()),
        notes,
        channels,
    }
}

fn channel_table(home: &Home<'_>, channel: &Channel<'_>) -> table::Channel {
    let mut tools: Vec<table::Tool> =
        channel.tools.iter().map(|tool| tool_row(home, channel, tool)).collect();
    tools.sort_by(|a, b| (&a.name, &a.toolset).cmp(&(&b.name, &b.toolset)));
    let default = || Source { setting: "the default toolsets".to_owned(), ..Source::default() };
    table::Channel {
        kind: channel.kind.as_str(),
        rank: channel.kind as u8,
        id: channel.id.clone(),
        name: channel.name.clone(),
        runs_script: channel.job.is_some_and(|job| job.is_true("no_agent")),
        on: channel.on.as_ref().map(|place| source(&place.route, Some(place), false)),
        toolsets: channel.list.as_ref().map_or_else(default, reason),
        who: who_table(&channel.who),
        tools,
    }
}

fn tool_row(home: &Home<'_>, channel: &Channel<'_>, tool: &ReachableTool<'_>) -> table::Tool {
    let gates = home.stands(channel, tool).into_iter().map(|stretch| table::Gate {
        from: stretch.from.to_string(),
        to: stretch.to.to_string(),
        gate: stretch.stand.gate.as_str(),
        lax: stretch.stand.gate as u8,
        open: stretch.stand.gate.is_open(),
        what: stretch.stand.what,
        because: stretch.stand.because.as_ref().map(reason),
    });
    let (toolset, server) = match &tool.origin {
        ToolOrigin::Toolset(name) => (Some(name.clone()), None),
        ToolOrigin::Server(name, _) => (None, Some((*name).to_owned())),
        ToolOrigin::Unknown(_) => (None, None),
    };
    table::Tool {
        name: tool.name.clone(),
        toolset,
        server,
        tier: tool.tier.map(crate::facts::Tier::number),
        tier_by: tool.tier_by.as_str(),
        gates: gates.collect(),
    }
}

fn who_table(who: &Who<'_>) -> table::Who {
    table::Who {
        whom: who.whom.as_str(),
        people: who.people,
        chats: who.chats,
        bots: who.bots,
        admins: who.admins,
        address: who.address.clone(),
        // Ids are personal, and some of these settings are keys: the value is never shown, but for `*`.
        because: who
            .because
            .iter()
            .map(|because| {
                let mut source = source(&because.setting, because.place.as_ref(), false);
                if who.whom == Whom::Everyone && is_everyone(because) {
                    source.value = Some("*".to_owned());
                }
                source
            })
            .collect(),
    }
}

/// True for a list that holds `*`.
fn is_everyone(because: &Because<'_>) -> bool {
    because.place.as_ref().is_some_and(|place| {
        place.span.is_some_and(|span| span.of(place.document.text.bytes()).contains(&b'*'))
    })
}

fn reason(because: &Because<'_>) -> Source {
    source(&because.setting, because.place.as_ref(), true)
}

fn source(setting: &str, place: Option<&Place<'_>>, value: bool) -> Source {
    let location = place.map(Place::location);
    Source {
        setting: setting.to_owned(),
        path: location.as_ref().map(|at| at.path.to_string()),
        line: location.and_then(|at| at.region.map(|region| region.line)),
        value: place
            .filter(|_| value)
            .and_then(|place| Some(place.document.text.show(place.span?)))
            .filter(|shown| !shown.is_empty()),
    }
}
