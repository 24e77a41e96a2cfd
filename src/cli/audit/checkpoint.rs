//! `hermes-lint audit checkpoint`: a signed statement how far a log goes, and the key for it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use data_encoding::HEXLOWER;

use super::named::{find, profile_of, unreadable, watched};
use crate::audit::anchor::checkpoints;
use crate::audit::checkpoint::append;
use crate::audit::key::Signer;
use crate::audit::keyring::Keyring;
use crate::audit::logs;
use crate::audit::merkle::Hash;
use crate::audit::note::Ring;
use crate::audit::verdict::Verdict;
use crate::audit::verify::{Request, verify};
use crate::cli::error::Failure;
use crate::cli::{CLEAN, FOUND, INCOMPLETE, Outcome, args, output};
use crate::host::account::Accounts;
use crate::report::audit::{self as report, Format, Report};

/// Options of `audit checkpoint`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The verification key goes to stdout: keep it where logs are verified. The private key stays \
                        in FILE, which the agent's user must not be able to read."
)]
pub struct Args {
    /// The log, its files or their folder: one chain
    #[arg(value_name = "LOG", required_unless_present = "generate")]
    logs: Vec<PathBuf>,

    /// Make a new key that signs as NAME; the origin of the log is a good one
    #[arg(long, value_name = "NAME", conflicts_with_all = ["logs", "out", "origin", "profile"])]
    generate: Option<String>,

    /// The file the checkpoint is appended to; default: `audit.ckpt` beside the log
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The log's name; default: the key's
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,

    /// How the log makes its chain: a shipped profile, or a TOML file; default: by the first record
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// The file of the private key, readable for this user only
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    #[command(flatten)]
    output: args::Output,

    /// The user the agent runs as, by name or number: refuse a key that one can read
    #[arg(long, value_name = "USER")]
    agent_user: Option<String>,
}

/// Makes the key, or signs.
pub fn run(args: &Args) -> Outcome {
    let agent = args.agent_user.as_deref().map(uid).transpose()?;
    match &args.generate {
        Some(name) => generate(args, name, agent),
        None => sign(args, agent),
    }
}

/// Signs the head of a log that is intact and goes on from the last checkpoint.
fn sign(args: &Args, agent: Option<u32>) -> Outcome {
    let signer = open(&args.key, agent)?;
    let own = args.profile.as_deref().map(profile_of).transpose()?;
    let (logs, unknown) = find(&args.logs, own.as_ref())?;
    let groups = logs::groups(logs);
    let [group] = groups.as_slice() else {
        return Err(match unknown.first() {
            Some(path) => Failure::new(format!("no profile fits the records of {path}"))
                .help("name one with --profile"),
            None => Failure::new(format!(
                "{} chains were named, and a checkpoint is of one",
                groups.len()
            ))
            .help("name the files of one log, or their folder"),
        });
    };
    let folder = group.logs.first().and_then(|log| log.path.parent()).unwrap_or(Path::new(""));
    let out = args.out.clone().unwrap_or_else(|| folder.join("audit.ckpt"));
    let mut ring = Ring::default();
    ring.add(signer.verifier().clone()).map_err(Failure::new)?;
    let (anchors, troubles) = match checkpoints(&out, &ring) {
        Ok(known) => known,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Default::default(),
        Err(error) => return Err(unreadable(&out, &error)),
    };
    let shown = out.display().to_string();
    let origin = args.origin.as_deref().unwrap_or_else(|| signer.verifier().name());
    let request = Request {
        keys: &Keyring::default(),
        origin: Some(origin),
        checkpoints: &anchors,
        troubles: &troubles,
        checkpoint_path: Some(&shown),
        state: None,
        require: &[],
        strict: false,
        max_gap: None,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        now: jiff::Timestamp::now().as_microsecond(),
        read: &AtomicU64::new(0),
    };
    let chain = watched(request.read, args.output.quiet, || verify(group, &request))
        .map_err(|(path, error)| unreadable(&path, &error))?;
    if chain.verdict != Verdict::Intact {
        let verdict = chain.verdict;
        let report = Report { verdict, chains: vec![chain], unknown: Vec::new() };
        let style = output::style(&args.output);
        output::to(&args.output, |out| report::write(&report, Format::Human, style, out))?;
        if !args.output.quiet {
            output::note("nothing was signed");
        }
        return Ok(if verdict == Verdict::Broken { FOUND } else { INCOMPLETE });
    }
    let root = HEXLOWER.decode(chain.root.as_bytes()).ok();
    let Some(root) = root.and_then(|root| Hash::try_from(root).ok()) else {
        return Err(Failure::new(
            "the root of the log can't be told: what was removed from its start left no tree",
        )
        .help("sign a copy that has all of its records"));
    };
    let size = chain.removed + chain.records;
    let note = append(&out, origin, size, &root, &signer)
        .map_err(|error| Failure::new(format!("can't append to {}: {error}", out.display())))?;
    output::to(&args.output, |out| match note {
        Some(note) => out.write_all(note.as_bytes()),
        None => writeln!(out, "{shown} says so already: {size} records"),
    })?;
    Ok(CLEAN)
}

/// Makes the key.
fn generate(args: &Args, name: &str, agent: Option<u32>) -> Outcome {
    let signer = Signer::generate(name).map_err(|error| {
        Failure::new(error).help("name it after the log: `--generate audit.example.com/hermes-01`")
    })?;
    signer.create(&args.key).map_err(|error| {
        Failure::new(format!("can't make the key file {}: {error}", args.key.display()))
            .help("name a file that does not exist, in a folder of your own")
    })?;
    if let Err(failure) = open(&args.key, agent) {
        // Nobody has the other half yet.
        let _ = std::fs::remove_file(&args.key);
        return Err(failure);
    }
    output::stdout(|out| writeln!(out, "{}", signer.verifier()))?;
    Ok(CLEAN)
}

/// The key in the file at `path`, if nobody but its owner can read it, the user number `agent` least of all.
pub fn open(path: &Path, agent: Option<u32>) -> Result<Signer, Failure> {
    Signer::open(path, agent).map_err(|why| {
        Failure::new(why)
            .help("a signature says something as long as who writes the log can't make it")
    })
}

/// The number of the user called `name`.
pub fn uid(name: &str) -> Result<u32, Failure> {
    let account = || Some(Accounts::of_this_machine()?.by_name(name)?.uid);
    name.parse().ok().or_else(account).ok_or_else(|| {
        Failure::new(format!("there is no user {name} in /etc/passwd"))
            .help("give the number that `id -u` says")
    })
}
