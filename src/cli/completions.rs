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
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::stdout(|out| out.write_all(&script))?;
    Ok(CLEAN)
}
