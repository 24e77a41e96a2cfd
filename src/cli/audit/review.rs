//! `hermes-lint audit review`: what happened in the logs of a week, and what of it somebody should look at.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::named::{find, unreadable, watched};
use super::redactor::Redactor;
use super::trust::{Policy, Trust, Trusted, duration};
use crate::audit::chain::Chain;
use crate::audit::logs::{self, Group};
use crate::audit::review::{
    Hours, Moment, Period, Request, Review, Seen, Vocabulary, moment, review,
};
use crate::audit::verdict::Verdict;
use crate::audit::verify::{state_key, verify};
use crate::cli::error::Failure;
use crate::cli::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::data;
use crate::report::Format;
use crate::report::review as report;

/// Options of `audit review`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "With --state, what the state holds is known, and tools, actors and agents that are not are told.\n\
                  exit status: 0 nothing to look at, 1 anomalies, or a broken log, 2 wrong usage or unreadable \
                  input, 3 unverifiable (unknown format, key missing)"
)]
pub struct Args {
    /// Logs (JSON lines, a JSON array, SQLite; gzip and Zstandard too), or folders of them
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,

    /// What to review: from so long ago (`7d`, `36h`), from a day (`2026-11-15`), or from a time
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: String,

    /// And up to a time; default: now
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// When people work: what somebody should see outside of that is an anomaly (`08-18`, `mon-fri 08:30-18`)
    #[arg(long, value_name = "HOURS")]
    hours: Option<Hours>,

    /// Whose clocks (`Europe/Berlin`); default: this machine's
    #[arg(long, value_name = "NAME")]
    time_zone: Option<String>,

    /// Report a silence longer than this (`15m`, `2h`); default: a few beats of a log that beats
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_gap: Option<i64>,

    /// Append to this file that the review was done; the checklist looks for `audit-review.jsonl`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    #[command(flatten)]
    trust: Trust,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human",
          value_parser = args::words::<Format>(&["human", "json", "markdown"]))]
    format: Format,

    #[command(flatten)]
    output: args::Output,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    let now = Timestamp::now();
    let clocks = clocks(args)?;
    let period = period(args, now, &clocks)?;
    let words = Vocabulary::from_json(data::file("audit/review").unwrap_or_default())
        .map_err(|what| Failure::new(format!("the built-in facts can't be used: {what}")))?;
    let trusted = args.trust.read()?;
    let (logs, unknown) = find(&args.logs, trusted.own.as_ref())?;
    let read = AtomicU64::new(0);
    let now = now.as_microsecond();
    let verification = trusted.request(&Policy::default(), now, &read);
    let inspect = Redactor::new()?;
    let known = known(&trusted);
    let request = Request {
        words: &words,
        inspect: &inspect,
        period,
        moment: &clocks,
        hours: args.hours.as_ref(),
        max_gap: args.max_gap,
        known: &known,
        read: &read,
    };
    let groups = logs::groups(logs);
    let (chains, review) = watched(&read, args.output.quiet, || {
        let chains: Result<Vec<Chain>, _> =
            groups.iter().map(|group| verify(group, &verification)).collect();
        let chains = chains?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(trusted.threads).build();
        let pairs: Vec<(&Group<'_>, &Chain)> = groups.iter().zip(&chains).collect();
        let reviewed = match pool {
            Ok(pool) => pool.install(|| review(&pairs, &request)),
            // Without threads of its own it is done with those there are.
            Err(_) => review(&pairs, &request),
        };
        reviewed.map(|review| (chains, review))
    })
    .map_err(|(path, error)| unreadable(&path, &error))?;
    let verdict = chains.iter().map(|chain| chain.verdict).max().unwrap_or(Verdict::Intact);
    let verdict = if unknown.is_empty() { verdict } else { verdict.max(Verdict::Unverifiable) };
    if verdict == Verdict::Intact {
        let keys: Vec<String> = groups
            .iter()
            .zip(&chains)
            .map(|(group, chain)| state_key(group, chain.origin.as_deref()))
            .collect();
        let seen = keys.iter().zip(&chains).zip(&review.logs);
        let seen = seen.map(|((key, chain), log)| (key.as_str(), chain, log.seen.clone()));
        trusted.renew(seen, now, args.output.quiet)?;
    }
    // What could not be read was not reviewed.
    if let Some(path) = args.record.as_ref().filter(|_| !review.logs.is_empty()) {
        record(path, &review, verdict, now)?;
    }
    let anomalies = review.anomalies();
    let report = report::Report { verdict, review, unknown, moment: clocks };
    let style = output::style(&args.output);
    output::to(&args.output, |out| report::write(&report, args.format, style, out))?;
    Ok(match verdict {
        _ if anomalies > 0 => FOUND,
        Verdict::Intact => CLEAN,
        Verdict::Broken => FOUND,
        Verdict::Unverifiable => INCOMPLETE,
    })
}

fn clocks(args: &Args) -> Result<Moment, Failure> {
    let zone = match &args.time_zone {
        None => TimeZone::system(),
        Some(name) => TimeZone::get(name).map_err(|_| {
            Failure::new(format!("there is no time zone `{name}` on this machine"))
                .help("write one as `Europe/Berlin` or `UTC`")
        })?,
    };
    Ok(Moment::new(zone))
}

fn period(args: &Args, now: Timestamp, clocks: &Moment) -> Result<Period, Failure> {
    let at = |option: &str, text: &str, now: Timestamp| {
        let now = now.to_zoned(clocks.zone().clone());
        moment(text, &now).map_err(|what| Failure::new(format!("`{option} {text}`: {what}")))
    };
    let to = match &args.until {
        Some(text) => at("--until", text, now)?,
        None => now.as_microsecond(),
    };
    // A week before the end of the reviewed time, not before now.
    let end = Timestamp::from_microsecond(to).unwrap_or(now);
    let from = at("--since", &args.since, end)?;
    if from > to {
        return Err(Failure::new("the time to review ends before it begins")
            .help("give --since an earlier time than --until"));
    }
    Ok(Period { from, to })
}

/// The names that the last reviews saw.
fn known(trusted: &Trusted) -> Seen {
    let mut known = Seen::new();
    for pin in trusted.state.iter().flat_map(|state| state.logs.values()) {
        for (what, names) in &pin.seen {
            let all: &mut BTreeSet<String> = known.entry(what.clone()).or_default();
            all.extend(names.iter().cloned());
        }
    }
    known
}

/// Appends what was done, in one piece.
fn record(path: &Path, review: &Review, verdict: Verdict, now: i64) -> Result<(), Failure> {
    let time = crate::audit::time::show;
    let logs: Vec<&str> =
        review.logs.iter().flat_map(|log| &log.files).map(String::as_str).collect();
    let line = json!({
        "at": time(now),
        "since": time(review.period.from),
        "until": time(review.period.to),
        "logs": logs,
        "events": review.events,
        "verdict": verdict,
        "anomalies": review.anomalies(),
        "tool": concat!("hermes-lint/", env!("CARGO_PKG_VERSION")),
    });
    let written = OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| {
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        Failure::new(format!("can't write that the review was done to {}: {error}", path.display()))
            .help("give --record a path in a folder that you may write")
    })
}
