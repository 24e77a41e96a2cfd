//! `hermes-lint audit verify`: the caller's policy, the logs, and the report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use crate::audit::chain::Chain;
use crate::audit::logs;
use crate::audit::verdict::Verdict;
use crate::audit::verify::{Require, state_key, verify};
use crate::cli::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::report::audit::{self as report, Format};

use super::named::{find, unreadable, watched};
use super::trust::{Policy, Trust, duration};

/// Options of `audit verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Logs (JSON lines, a JSON array, SQLite; gzip and Zstandard too), or folders of them
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,

    #[command(flatten)]
    trust: Trust,

    /// What has to be there; its absence is an error
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = args::words::<Require>(&["signature", "checkpoint", "state"]))]
    require: Vec<Require>,

    /// Fail on a torn last line and on records spelled otherwise than they were written
    #[arg(long)]
    strict: bool,

    /// Report a silence longer than this (`15m`, `2h`)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_gap: Option<i64>,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human",
          value_parser = args::words::<Format>(Format::WORDS))]
    format: Format,

    #[command(flatten)]
    output: args::Output,
}

impl std::str::FromStr for Require {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "signature" => Ok(Self::Signature),
            "checkpoint" => Ok(Self::Checkpoint),
            "state" => Ok(Self::State),
            _ => Err("unknown".to_owned()),
        }
    }
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    let trusted = args.trust.read()?;
    let (logs, unknown) = find(&args.logs, trusted.own.as_ref())?;
    let now = jiff::Timestamp::now().as_microsecond();
    let read = AtomicU64::new(0);
    let policy = Policy { require: &args.require, strict: args.strict, max_gap: args.max_gap };
    let request = trusted.request(&policy, now, &read);
    let groups = logs::groups(logs);
    let mut chains: Vec<(String, Chain)> = Vec::new();
    for group in &groups {
        let chain = watched(&read, args.output.quiet, || verify(group, &request))
            .map_err(|(path, error)| unreadable(&path, &error))?;
        chains.push((state_key(group, chain.origin.as_deref()), chain));
    }
    let worst = chains.iter().map(|(_, chain)| chain.verdict).max().unwrap_or(Verdict::Intact);
    let verdict = if unknown.is_empty() { worst } else { worst.max(Verdict::Unverifiable) };
    if verdict == Verdict::Intact {
        let known = chains.iter().map(|(key, chain)| (key.as_str(), chain, BTreeMap::new()));
        trusted.renew(known, now, args.output.quiet)?;
    }
    let chains = chains.into_iter().map(|(_, chain)| chain).collect();
    let report = report::Report { verdict, chains, unknown };
    let style = output::style(&args.output);
    output::to(&args.output, |out| report::write(&report, args.format, style, out))?;
    Ok(match verdict {
        Verdict::Intact => CLEAN,
        Verdict::Broken => FOUND,
        Verdict::Unverifiable => INCOMPLETE,
    })
}
