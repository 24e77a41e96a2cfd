//! The `hermes-lint` binary: see [`hermes_lint::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    hermes_lint::cli::run(std::env::args_os())
}
