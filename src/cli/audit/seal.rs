//! `hermes-lint audit seal`: a plain log becomes a chain of records.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::super::error::Failure;
use super::super::{CLEAN, Outcome, args, output};
use super::redactor::Redactor;
use crate::audit::record::Map;
use crate::audit::seal::{Fsync, Keep, Options, Redact, Sources, What, run as seal};
use crate::data;

/// Options of `audit seal`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each line becomes one record of OUT/audit-000001.jsonl, without secrets and \
                        personal numbers. After a crash the next run goes on where the last ended.\n\
                        exit status: 0 all is sealed, 2 wrong usage, or a file can't be read or written"
)]
pub struct Args {
    /// The log: agent.log, gateway.log, dashboard-auth.log, any lines of text or JSON
    #[arg(value_name = "LOG")]
    source: PathBuf,

    /// Seal what there is, and end
    #[arg(long)]
    once: bool,

    /// Go on as the log grows and is rotated
    #[arg(long)]
    follow: bool,

    /// The folder of the sealed log; with --sidecar the default is the log's own
    #[arg(long, value_name = "DIR", required_unless_present = "sidecar")]
    out: Option<PathBuf>,

    /// What the log is called: its checkpoints are good for this name only; default: HOST/LOG
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,

    /// When records have to be on the disk
    #[arg(long, value_name = "WHEN", default_value = "interval",
          value_parser = args::words::<Fsync>(&["always", "interval", "never"]))]
    fsync: Fsync,

    /// After how long without news a record says so
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    heartbeat: u64,

    /// From how many bytes on a new file is begun
    #[arg(long, value_name = "N", default_value_t = 64 << 20, value_parser = clap::value_parser!(u64).range(4096..))]
    rotate_bytes: u64,

    /// Remove whole files of the sealed log when nothing was written to them for so many days, with a record that says
    /// so; only what a checkpoint of --checkpoint speaks for
    #[arg(long, value_name = "DAYS", requires = "checkpoint", conflicts_with = "sidecar",
          value_parser = clap::value_parser!(u64).range(1..=36_500))]
    keep: Option<u64>,

    /// The checkpoints of the sealed log, as `audit checkpoint` writes them
    #[arg(long, value_name = "FILE", requires = "keep")]
    checkpoint: Option<PathBuf>,

    /// Keep only digests, in LOG.seal: the log itself stays what is read
    #[arg(long)]
    sidecar: bool,

    /// Say nothing on stderr but errors
    #[arg(long, short)]
    quiet: bool,
}

impl std::str::FromStr for Fsync {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "always" => Ok(Self::Always),
            "interval" => Ok(Self::Interval),
            "never" => Ok(Self::Never),
            other => Err(format!("'{other}' is none of always, interval, never")),
        }
    }
}

/// Seals until the log ends, or until somebody says stop.
pub fn run(args: &Args) -> Outcome {
    let sources = Sources::from_json(data::file("audit/sources").unwrap_or_default())
        .map_err(|what| Failure::new(format!("the built-in facts can't be used: {what}")))?;
    let redactor = Redactor::new()?;
    let mut about = Map::new()
        .with("writer", concat!("hermes-lint-seal/", env!("CARGO_PKG_VERSION")))
        .with("ruleset", format!("sha256:{}", data::digest()));
    if !args.sidecar {
        about.set("redactor", redactor.name());
    }
    let stop = stopped()?;
    let options = Options {
        source: args.source.clone(),
        out: args.out.clone(),
        origin: args.origin.clone(),
        follow: args.follow,
        fsync: args.fsync,
        heartbeat: Duration::from_secs(args.heartbeat),
        rotate_bytes: args.rotate_bytes,
        about,
        keep: args.keep.zip(args.checkpoint.clone()).map(|(days, checkpoint)| Keep {
            age: Duration::from_secs(days * 24 * 3600),
            checkpoint,
        }),
        say: &output::note,
        what: if args.sidecar { What::Digests } else { What::Lines(&sources, &redactor) },
    };
    let summary = seal(&options, &|| stop.load(Ordering::Relaxed))
        .map_err(|error| Failure::new(error.message).help(error.help))?;
    if !args.quiet {
        let (records, bytes) = (summary.records, summary.bytes);
        output::note(&format!("sealed {bytes} bytes in {records} records"));
        if summary.removed > 0 {
            output::note(&format!("removed {} old files of the sealed log", summary.removed));
        }
        if summary.gaps > 0 {
            output::note(&format!(
                "in {} places something of the log is missing: see its records of kind log.gap",
                summary.gaps
            ));
        }
    }
    Ok(CLEAN)
}

/// Set by the signals that ask a service to end.
#[cfg(unix)]
fn stopped() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| Failure::new(format!("can't wait for signals: {error}")))?;
    }
    Ok(stop)
}

#[cfg(not(unix))]
fn stopped() -> Result<Arc<AtomicBool>, Failure> {
    Ok(Arc::new(AtomicBool::new(false)))
}
