//! The command line: clap types, one file a subcommand, the wiring of the stages and the exit status.

pub mod args;
mod audit;
mod capabilities;
mod check;
mod checklist;
mod choices;
mod completions;
mod cuts;
mod detectors;
mod error;
mod explain;
pub(crate) mod fixing;
mod git;
mod history;
mod host;
mod init;
mod known;
mod manual;
mod merge;
mod output;
pub mod pipeline;
mod policy;
mod progress;
mod repeats;
mod rules;
mod rules_test;
mod scope;
mod settings;
mod undo;
mod worker;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use error::Failure;

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
const FOUND: u8 = 1;
/// Wrong usage, or an input that could not be read at all.
const USAGE: u8 = 2;
/// Something was skipped and `--require-complete` was given.
const INCOMPLETE: u8 = 3;

/// Says what is unsafe in a Hermes Agent deployment, where, and what to write instead.
#[derive(Debug, Parser)]
#[command(name = "hermes-lint", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "exit status: 0 nothing to report, 1 findings, 2 wrong usage or unreadable input, \
                        3 incomplete (with --require-complete)"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check repos, skills and configs
    Check(check::Args),
    /// Set a repository or a host up: settings, hooks, CI, baseline, or a daily run
    Init(init::Args),
    /// Check this machine's deployment, with file modes, owners and the checklist
    Host(host::Args),
    /// Decide the two published hardening checklists
    Checklist(checklist::Args),
    /// Join the reports of many hosts or repos (JSON) into one
    Merge(merge::Args),
    /// Say which tools can be reached from where, by whom, and what stands before each
    Capabilities(capabilities::Args),
    /// Say what Hermes would do with a command
    Policy(policy::Args),
    /// Seal logs so that a change shows, and verify those that are chained
    Audit(audit::Args),
    /// Take back what the last --fix changed
    Undo(undo::Args),
    /// Explain a rule: why it matters, what can happen, how to fix it
    Explain(explain::Args),
    /// List every rule, or test detectors of your own
    Rules(rules::Args),
    /// Write the completions for a shell
    Completions(completions::Args),
    /// Write the man pages
    Man(manual::Args),
}

/// Runs the program on `arguments` (the first one is its own name).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let status = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Host(args) => host::run(&args),
        Command::Checklist(args) => checklist::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Capabilities(args) => capabilities::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Undo(args) => undo::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => manual::run(&args, Cli::command()),
    };
    match status {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::fail(&failure);
            ExitCode::from(USAGE)
        }
    }
}

/// Help and version go to stdout with status 0, everything else to stderr with status 2.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is the reader's choice, not an error of this program.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::from(CLEAN) }
}

type Outcome = Result<u8, Failure>;
