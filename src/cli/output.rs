//! Where a report goes: stdout, a file, and whether it is coloured.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use miette::GraphicalReportHandler;

use super::args;
use super::error::Failure;
use crate::report::{Format, Style};

/// Width of a report that goes to no terminal, in columns.
const DEFAULT_WIDTH: usize = 100;

/// Where one format goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    /// The format.
    pub format: Format,
    /// The file; stdout without one.
    pub file: Option<PathBuf>,
}

/// Where each of `targets` goes.
///
/// # Errors
///
/// When two would go to stdout or to the same file, or `--output` is given and all name files of their own.
pub fn sinks(targets: &[args::Target], options: &args::Output) -> Result<Vec<Sink>, Failure> {
    let sinks: Vec<Sink> = targets
        .iter()
        .map(|target| Sink {
            format: target.format,
            file: target.file.as_ref().or(options.output.as_ref()).cloned(),
        })
        .collect();
    let mut bare = targets.iter().filter(|target| target.file.is_none());
    let first = bare.next();
    if let (Some(first), Some(second)) = (first, bare.next()) {
        let place = if options.output.is_some() { "the file of --output" } else { "stdout" };
        let (first, second) = (first.format, second.format);
        return Err(Failure::new(format!("`{first}` and `{second}` would both go to {place}"))
            .help(format!("give one of them a file: `--format {first} --format {second}=FILE`")));
    }
    if first.is_none() && options.output.is_some() {
        return Err(Failure::new("every format names its own file, and --output one more")
            .help("leave --output out, or give one `--format` without a file"));
    }
    let mut files: Vec<PathBuf> = sinks.iter().filter_map(|sink| sink.file.clone()).collect();
    // What can't be made absolute is told apart as it was written.
    files.iter_mut().for_each(|file| *file = std::path::absolute(&*file).unwrap_or_default());
    files.sort();
    if let Some(twice) = files.windows(2).find(|pair| pair.first() == pair.last()) {
        let twice = twice.first().map_or_else(String::new, |path| path.display().to_string());
        return Err(Failure::new(format!("two formats would go to {twice}"))
            .help("give each `--format` a file of its own"));
    }
    Ok(sinks)
}

/// Hands the writer, format and style of each of `sinks` to `write`. One that can't be written stops no other.
///
/// # Errors
///
/// When some could not be written; the message names each.
pub fn each(
    sinks: &[Sink],
    options: &args::Output,
    write: impl Fn(Format, Style, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut failures = Vec::new();
    // Files first: who reads stdout may close it, or take it as the sign that all is done.
    let (files, stdout): (Vec<&Sink>, Vec<&Sink>) =
        sinks.iter().partition(|sink| sink.file.is_some());
    for sink in files.into_iter().chain(stdout) {
        let file = sink.file.as_deref();
        let style = style_for(options, file);
        failures.extend(to_file(file, |out| write(sink.format, style, out)).err());
    }
    Failure::joined(failures).map_or(Ok(()), Err)
}

/// The style that `options` ask for.
pub fn style(options: &args::Output) -> Style {
    style_for(options, options.output.as_deref())
}

fn style_for(options: &args::Output, file: Option<&Path>) -> Style {
    let terminal = file.is_none() && io::stdout().is_terminal();
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
    to_file(options.output.as_deref(), write)
}

/// Hands the writer of a file, or of stdout, to `write`.
fn to_file(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return stdout(write);
    };
    let cannot = |error: io::Error| {
        Failure::new(format!("can't write the report to {}: {error}", path.display()))
            .help("name a file in a folder that exists and that you may write")
    };
    // A pipe or a device (`/dev/fd/63`) holds no old report and is there to be written to, not to be replaced.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        return match File::options().write(true).open(path).and_then(|mut file| write(&mut file)) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot(error)),
            _ => Ok(()),
        };
    }
    replace(path, write).map_err(cannot)
}

/// Hands the writer of a file to `write`, beside the target and then renamed: a failed run leaves the old one whole.
///
/// # Errors
///
/// When it can't be written.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let result = File::create(&temporary).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
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
