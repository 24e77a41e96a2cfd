//! `hermes-lint audit checkpoint`: the key that signs how far a log goes.

use std::path::{Path, PathBuf};

use super::super::error::Failure;
use super::super::{CLEAN, Outcome, output};
use crate::audit::key::Signer;
use crate::host::account::Accounts;

/// Options of `audit checkpoint`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The verification key goes to stdout: keep it where logs are verified. The private key stays \
                        in FILE, which the agent's user must not be able to read."
)]
pub struct Args {
    /// Make a new key that signs as NAME; the origin of the log is a good one
    #[arg(long, value_name = "NAME", required = true)]
    generate: Option<String>,

    /// The file of the private key: made new, readable for this user only
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// The user the agent runs as, by name or number: refuse a key that one can read
    #[arg(long, value_name = "USER")]
    agent_user: Option<String>,
}

/// Makes the key.
pub fn run(args: &Args) -> Outcome {
    let agent = args.agent_user.as_deref().map(uid).transpose()?;
    let name = args.generate.as_deref().unwrap_or_default();
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
