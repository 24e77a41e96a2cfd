//! `hermes-lint audit verify`: the caller's policy, the logs, and the report.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use crate::audit::anchor::{State, StateError, checkpoints};
use crate::audit::chain::Chain;
use crate::audit::keyring::Keyring;
use crate::audit::logs;
use crate::audit::note::{Ring, Verifier};
use crate::audit::verdict::Verdict;
use crate::audit::verify::{Request, Require, pin, state_key, verify};
use crate::cli::error::Failure;
use crate::cli::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::report::audit::{self as report, Format};

use super::named::{find, profile_of, unreadable, watched};

/// Options of `audit verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Logs (JSON lines, a JSON array, SQLite; gzip and Zstandard too), or folders of them
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,

    /// How the log makes its chain: a shipped profile, or a TOML file; default: by the first record
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// What the last verified run knew: compared with, and renewed after a clean run
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Signed checkpoints (C2SP) of the log
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// A public key to trust: a verification key (`name+id+key`), or a file with one, PEM, JWK, hex or base64
    #[arg(long, value_name = "KEY|FILE")]
    public_key: Vec<String>,

    /// A file with the secret of a keyed chain, of MACs, or of a head file; `NAME=FILE` for one of several
    #[arg(long, value_name = "FILE")]
    key_file: Vec<String>,

    /// The log's name: its first record has to be bound to it
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,

    /// What has to be there; its absence is an error
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = args::words::<Require>(&["signature", "checkpoint", "state"]))]
    require: Vec<Require>,

    /// Fail on a torn last line and on records spelled otherwise than they were written
    #[arg(long)]
    strict: bool,

    /// Report a silence longer than this (`15m`, `2h`)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_gap: Option<i64>,

    /// Worker threads; default: one a core
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

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

/// A span of time in microseconds.
fn duration(text: &str) -> Result<i64, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time such as 15m, 2h or 90s".to_owned())?;
    i64::try_from(span.as_micros()).map_err(|_| "too long".to_owned())
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    let own = args.profile.as_deref().map(profile_of).transpose()?;
    let (keys, ring) = keys(args)?;
    let (anchors, troubles) = match &args.checkpoint {
        Some(path) => checkpoints(path, &ring).map_err(|error| unreadable(path, &error))?,
        None => Default::default(),
    };
    let mut state = args.state.as_deref().map(read_state).transpose()?.flatten();
    let (logs, unknown) = find(&args.logs, own.as_ref())?;
    let now = jiff::Timestamp::now().as_microsecond();
    let threads = match args.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    };
    let checkpoint_path = args.checkpoint.as_ref().map(|path| path.display().to_string());
    let request = Request {
        keys: &keys,
        origin: args.origin.as_deref(),
        checkpoints: &anchors,
        troubles: &troubles,
        checkpoint_path: checkpoint_path.as_deref(),
        state: state.as_ref(),
        require: &args.require,
        strict: args.strict,
        max_gap: args.max_gap,
        threads,
        now,
        read: &AtomicU64::new(0),
    };
    let groups = logs::groups(logs);
    let mut chains: Vec<(String, Chain)> = Vec::new();
    for group in &groups {
        let chain = watched(&request, args.output.quiet, || verify(group, &request))
            .map_err(|(path, error)| unreadable(&path, &error))?;
        chains.push((state_key(group, chain.origin.as_deref()), chain));
    }
    let worst = chains.iter().map(|(_, chain)| chain.verdict).max().unwrap_or(Verdict::Intact);
    let verdict = if unknown.is_empty() { worst } else { worst.max(Verdict::Unverifiable) };
    let chains = renew(args, chains, &mut state, verdict, now)?;
    let report = report::Report { verdict, chains, unknown };
    let style = output::style(&args.output);
    output::to(&args.output, |out| report::write(&report, args.format, style, out))?;
    Ok(match verdict {
        Verdict::Intact => CLEAN,
        Verdict::Broken => FOUND,
        Verdict::Unverifiable => INCOMPLETE,
    })
}

/// Keeps what this run knows, if it was clean.
fn renew(
    args: &Args,
    chains: Vec<(String, Chain)>,
    state: &mut Option<State>,
    verdict: Verdict,
    now: i64,
) -> Result<Vec<Chain>, Failure> {
    if let Some(path) = &args.state
        && verdict == Verdict::Intact
    {
        let mut new = state.take().unwrap_or_default();
        new.version = 1;
        for (key, chain) in &chains {
            let mut pin = pin(chain, now);
            match new.logs.get_mut(key) {
                Some(known) => {
                    pin.seen = std::mem::take(&mut known.seen);
                    *known = pin;
                }
                None => {
                    if !args.output.quiet {
                        output::note(&format!(
                            "`{key}` is verified here for the first time: from now on it has to extend its {} records",
                            chain.records
                        ));
                    }
                    new.logs.insert(key.clone(), pin);
                }
            }
        }
        new.write(path).map_err(|error| {
            Failure::new(format!("can't write the state to {}: {error}", path.display()))
                .help("give --state a path in a folder that you may write")
        })?;
    }
    Ok(chains.into_iter().map(|(_, chain)| chain).collect())
}

/// The keys of the caller: for records, and for checkpoints.
fn keys(args: &Args) -> Result<(Keyring, Ring), Failure> {
    let mut keys = Keyring::default();
    let mut ring = Ring::default();
    for given in &args.key_file {
        let (name, path) = named(given);
        let content = std::fs::read(path).map_err(|error| unreadable(Path::new(path), &error))?;
        if content.trim_ascii().is_empty() {
            return Err(Failure::new(format!("the key file {path} is empty")));
        }
        keys.add_secret(name, &content);
    }
    for given in &args.public_key {
        let (name, text) = match Verifier::parse(given) {
            Ok(_) => (None, given.clone()),
            Err(_) => {
                let (name, path) = named(given);
                match std::fs::read_to_string(path) {
                    Ok(text) => (name, text),
                    // A key itself, and no file.
                    Err(_) if Keyring::default().add_public(None, path) => (name, path.to_owned()),
                    Err(error) => return Err(unreadable(Path::new(path), &error)),
                }
            }
        };
        let mut any = false;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Ok(verifier) = Verifier::parse(line) {
                any = true;
                ring.add(verifier).map_err(|error| Failure::new(error.to_owned()))?;
                keys.add_public(name.clone(), line);
            }
        }
        if !any && !keys.add_public(name, &text) {
            return Err(Failure::new("the public key is in no form that is known").help(
                "give `name+id+key` as `audit checkpoint --generate` prints it, PEM, JWK, or 32 bytes in hex or base64",
            ));
        }
    }
    Ok((keys, ring))
}

/// `NAME=FILE`, or a file alone.
fn named(given: &str) -> (Option<String>, &str) {
    match given.split_once('=') {
        Some((name, path)) if !Path::new(given).exists() && !name.contains(['/', '\\']) => {
            (Some(name.to_owned()), path)
        }
        _ => (None, given),
    }
}

fn read_state(path: &Path) -> Result<Option<State>, Failure> {
    State::read(path).map_err(|error| match error {
        StateError::Io(error) => unreadable(path, &error),
        StateError::Malformed(what) => Failure::new(format!(
            "{} is no state of an earlier run: {what}",
            path.display()
        ))
        .help("if it is lost for good, name a new file and compare the next run with a checkpoint"),
        StateError::Open => {
            Failure::new(format!("others than its owner may write {}", path.display()))
                .help("it says what is trusted: chmod 600 it, and keep it out of the agent's reach")
        }
    })
}
