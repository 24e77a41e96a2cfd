//! `hermes-lint audit`: logs that show when somebody changed them.

mod checkpoint;
mod named;
mod redactor;
mod review;
mod seal;
mod trust;
mod verify;

use super::Outcome;

/// Options of `audit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say whether hash-chained logs are what was written, and what that proves
    #[command(
        after_help = "exit status: 0 intact, 1 broken, 2 wrong usage or unreadable input, 3 unverifiable (unknown \
                            format, key missing)"
    )]
    Verify(verify::Args),
    /// Say what happened in the logs of a week, and what of it somebody should look at
    Review(review::Args),
    /// Turn a plain log into a chain of records, each with the hash of the one before
    Seal(seal::Args),
    /// Sign how far a log goes, and make the key for it
    Checkpoint(checkpoint::Args),
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Outcome {
    match &args.what {
        What::Verify(args) => verify::run(args),
        What::Review(args) => review::run(args),
        What::Seal(args) => seal::run(args),
        What::Checkpoint(args) => checkpoint::run(args),
    }
}
