//! `hermes-lint completions SHELL`: what completes commands, options, formats and the ids of rules.

use super::{CLEAN, Outcome, output};

/// Options of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Writes the completions of `command` to stdout.
pub fn run(args: &Args, mut command: clap::Command) -> Outcome {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, &*name, &mut script);
    let script = String::from_utf8_lossy(&script);
    // For bash, the hyphen in the program's own name is written in one way where a command is told apart and in another
    // where its options stand, so that none would be found (clap-rs/clap#6421). Once that is mended, this replaces nothing.
    let mixed = name.replace('-', "__subcmd__");
    let script = script.replace(&mixed, &name.replace('-', "__"));
    output::stdout(|out| out.write_all(script.as_bytes()))?;
    Ok(CLEAN)
}
