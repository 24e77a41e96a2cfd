//! Where a report goes: stdout, a file, and whether it is coloured.

use std::fs::File;
use std::io::{self, IsTerminal, Write};

use miette::GraphicalReportHandler;

use super::args;
use super::error::Failure;
use crate::report::Style;

/// Width of a report that goes to no terminal, in columns.
const DEFAULT_WIDTH: usize = 100;

/// The style that `options` ask for.
pub fn style(options: &args::Output) -> Style {
    let terminal = options.output.is_none() && io::stdout().is_terminal();
    let color = match options.color {
        args::Color::Always => true,
        args::Color::Never => false,
        args::Color::Auto => {
            terminal
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Style {
        color,
        width: if terminal { columns.unwrap_or(DEFAULT_WIDTH) } else { DEFAULT_WIDTH },
        verbose: options.verbose,
        quiet: options.quiet,
    }
}

/// Hands the writer that `options` ask for to `write`.
///
/// # Errors
///
/// When the file can't be written. A reader that closed the pipe is no error: it has seen enough.
pub fn to(
    options: &args::Output,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = &options.output else {
        return stdout(write);
    };
    let cannot = |error: io::Error| {
        Failure::new(format!("can't write the report to {}: {error}", path.display()))
            .help("give --output a path in a folder that exists and that you may write")
    };
    // Beside the target and then renamed: a failed run leaves the old report whole.
    let mut temporary = path.clone().into_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let result = File::create(&temporary).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result.map_err(cannot)
}

/// Hands stdout to `write`.
///
/// # Errors
///
/// When stdout can't be written for another reason than a closed pipe.
pub fn stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    match write(&mut io::stdout().lock()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::new(format!("can't write to stdout: {error}"))),
    }
}

/// Says something on stderr that is no part of the report.
pub fn note(text: &str) {
    // Nothing is left to tell it to when stderr is closed.
    let _ = writeln!(io::stderr().lock(), "note: {}", crate::report::shown_name(text));
}

/// Says on stderr what was done; it may take several lines.
pub fn say(text: &str) {
    for line in text.lines() {
        // Nothing is left to tell it to when stderr is closed.
        let _ = writeln!(io::stderr().lock(), "{}", crate::report::shown_name(line));
    }
}

/// Says on stderr why nothing could be reported.
pub fn fail(failure: &Failure) {
    let handler = if io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        GraphicalReportHandler::new()
    } else {
        GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
    };
    let mut text = String::new();
    if handler.render_report(&mut text, failure).is_err() {
        text = format!("error: {failure}\n");
    }
    // Nothing is left to tell it to when stderr is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
