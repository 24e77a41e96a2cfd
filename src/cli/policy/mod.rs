//! `hermes-lint policy test -- COMMAND`: what Hermes would do with a command in a deployment, and the line that decides.

mod situation;

use std::path::PathBuf;

use super::error::Failure;
use super::pipeline;
use super::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::data;
use crate::deployment::{Deployment, Home, Knowledge};
use crate::policy::decide::{Decision, Session, Tables, Verdict, decide};
use crate::policy::{ApprovalTable, AskedCommands};
use crate::report::Format;
use crate::report::policy::{Answer, Span, write};
use situation::Surroundings;

/// Options of `policy`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say whether Hermes denies, asks about or runs a command, and which setting decides
    #[command(
        after_help = "exit status: 0 the verdict is --expect's, or none is expected; 1 it is another; \
                            2 wrong usage; 3 the settings alone don't tell"
    )]
    Test(Test),
}

#[derive(Debug, clap::Args)]
struct Test {
    /// The Hermes home, or a repo with one
    #[arg(long, value_name = "DIR", default_value = ".")]
    home: PathBuf,

    /// Who started the session
    #[arg(long, value_name = "WHO", default_value = "cli",
          value_parser = args::words::<Session>(Session::WORDS))]
    session: Session,

    /// Where commands run, instead of what the config says
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,

    /// Exit with 1 unless this is the verdict, in every release in question
    #[arg(long, value_name = "VERDICT",
          value_parser = args::words::<Verdict>(&["deny", "ask", "allow"]))]
    expect: Option<Verdict>,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human",
          value_parser = args::words::<Format>(&["human", "json"]))]
    format: Format,

    #[command(flatten)]
    scan: args::Scan,

    #[command(flatten)]
    output: args::Output,

    /// The command, after `--`
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    let What::Test(args) = &args.what;
    let paths = [args.home.clone()];
    let answers =
        pipeline::with_deployment(&paths, &args.scan, args.output.quiet, |all, known| {
            answers(args, all, known)
        })??;
    let style = output::style(&args.output);
    output::to(&args.output, |out| write(&answers, args.format, style, out))?;
    let verdicts = || answers.iter().flat_map(|answer| &answer.spans).map(|span| span.verdict);
    if verdicts().any(|verdict| verdict == Verdict::Unknown.as_str()) {
        return Ok(INCOMPLETE);
    }
    let met = args.expect.is_none_or(|wanted| verdicts().all(|verdict| verdict == wanted.as_str()));
    Ok(if met { CLEAN } else { FOUND })
}

/// The answer for each home; for Hermes's defaults where there is none.
fn answers(
    args: &Test,
    deployment: &Deployment<'_>,
    knowledge: &Knowledge,
) -> Result<Vec<Answer>, Failure> {
    let broken = |what: String| Failure::new(format!("the built-in facts can't be used: {what}"));
    let json = |name: &str| data::file(name).unwrap_or("{}");
    let asked = AskedCommands::from_json(json("hermes/asked_commands")).map_err(broken)?;
    let approvals: ApprovalTable = serde_json::from_str(json("hermes/approval_patterns"))
        .map_err(|error| broken(error.to_string()))?;
    let tables = Tables { asked: &asked, approvals: &approvals, commands: &knowledge.commands };
    let command = args.command.join(" ");
    let homes: Vec<Option<&Home<'_>>> = match deployment.homes.as_slice() {
        [] => vec![None],
        homes => homes.iter().map(Some).collect(),
    };
    Ok(homes.into_iter().map(|home| answer(args, &command, home, knowledge, tables)).collect())
}

fn answer(
    args: &Test,
    command: &str,
    home: Option<&Home<'_>>,
    knowledge: &Knowledge,
    tables: Tables<'_>,
) -> Answer {
    let scope = home.map_or_else(|| knowledge.scope(None), |home| home.scope);
    let ladder = knowledge.facts().versions().ladder.iter().map(|rung| rung.version);
    let mut spans: Vec<Span> = Vec::new();
    let mut last: Option<Decision> = None;
    for release in ladder.filter(|release| scope.low <= *release && *release <= scope.high) {
        let surroundings =
            Surroundings::of(home, release.modelled(), args.session, args.backend.as_deref());
        let decision = decide(command, &surroundings.situation, tables);
        let why = surroundings.why(&decision);
        match spans.last_mut().filter(|_| last.as_ref() == Some(&decision)) {
            Some(span) => span.to = release.to_string(),
            None => spans.push(Span {
                from: release.to_string(),
                to: release.to_string(),
                verdict: decision.verdict.as_str(),
                step: why.step,
                text: why.text,
                place: why.place,
                shown: why.shown,
                note: surroundings.note,
            }),
        }
        last = Some(decision);
    }
    let folder = home.map(|home| home.folder.clone());
    Answer {
        home: folder.map(|folder| if folder.is_empty() { ".".to_owned() } else { folder }),
        spans,
    }
}
