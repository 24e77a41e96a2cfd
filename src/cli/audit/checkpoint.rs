//! `hermes-lint audit checkpoint`: the key that signs how far a log goes.

use std::path::PathBuf;

use super::super::error::Failure;
use super::super::{CLEAN, Outcome, output};
use crate::audit::key::Signer;

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
}

/// Makes the key.
pub fn run(args: &Args) -> Outcome {
    let name = args.generate.as_deref().unwrap_or_default();
    let signer = Signer::generate(name).map_err(|error| {
        Failure::new(error).help("name it after the log: `--generate audit.example.com/hermes-01`")
    })?;
    signer.create(&args.key).map_err(|error| {
        Failure::new(format!("can't make the key file {}: {error}", args.key.display()))
            .help("name a file that does not exist, in a folder of your own")
    })?;
    output::stdout(|out| writeln!(out, "{}", signer.verifier()))?;
    Ok(CLEAN)
}
