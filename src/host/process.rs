//! Running Hermes processes, by `/proc`.
//!
//! A process is judged by what it executes, not by words among its arguments, so that an editor with a
//! Hermes file open is not one; what the kernel hides from this user is counted, not guessed.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io::{self, Read};
use std::path::Path;

/// Programs that Hermes installs.
const PROGRAMS: [&str; 4] = ["hermes", "hermes-gateway", "hermes-agent", "hermes-acp"];

/// Modules that Python runs for them.
const MODULES: [&str; 4] = ["hermes_cli.main", "gateway.run", "run_agent", "acp_adapter.entry"];

/// Scripts of a checkout, by the end of their path.
const SCRIPTS: [&str; 3] = ["hermes_cli/main.py", "gateway/run.py", "acp_adapter/entry.py"];

/// Bytes of a command line that are read; arguments beyond that decide nothing here.
const MAX_COMMAND_LINE: u64 = 1 << 20;

/// A running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The user it acts as; `None` when that can't be read.
    pub uid: Option<u32>,
    /// Its arguments with the program's name. May hold secrets.
    pub argv: Vec<String>,
    /// True when it is a gateway and not one of the commands that manage it.
    pub gateway: bool,
}

/// The Hermes processes that could be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processes {
    /// By number.
    pub hermes: Vec<Process>,
    /// Processes of which nothing could be read.
    pub unreadable: usize,
}

/// The Hermes processes of this machine; `None` where there is no `/proc` to read (it may also hide the
/// processes of others: `hidepid`).
#[must_use]
pub fn running() -> Option<Processes> {
    if cfg!(target_os = "linux") { read(Path::new("/proc")).ok() } else { None }
}

/// The Hermes processes in `proc`, a folder of the form of `/proc`.
///
/// # Errors
/// When the folder can't be listed.
pub fn read(proc: &Path) -> io::Result<Processes> {
    let mut found = Processes::default();
    for entry in std::fs::read_dir(proc)? {
        let Ok(entry) = entry else {
            found.unreadable += 1;
            continue;
        };
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let folder = entry.path();
        match read_start(&folder.join("cmdline")) {
            Ok(bytes) => {
                let argv = arguments(&bytes);
                if let Some(gateway) = hermes_process(&argv) {
                    let uid =
                        read_start(&folder.join("status")).ok().and_then(|s| effective_uid(&s));
                    found.hermes.push(Process { pid, uid, argv, gateway });
                }
            }
            Err(error) if has_ended(&error) => {}
            Err(_) => found.unreadable += 1,
        }
    }
    found.hermes.sort_by_key(|process| process.pid);
    Ok(found)
}

/// A process that ended since it was listed leaves no file, or one that says "no such process".
fn has_ended(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_COMMAND_LINE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn arguments(cmdline: &[u8]) -> Vec<String> {
    let text = cmdline.strip_suffix(&[0]).unwrap_or(cmdline);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|&b| b == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The second number of `Uid:` in `/proc/PID/status`.
fn effective_uid(status: &[u8]) -> Option<u32> {
    let status = String::from_utf8_lossy(status);
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Whether `argv` runs Hermes, and if so, a gateway.
fn hermes_process(argv: &[String]) -> Option<bool> {
    let (program, rest) = argv.split_first()?;
    let mut rest = rest.iter();
    let mut entry = program.as_str();
    if is_python(entry) {
        // Python's own options end at a module or a script.
        loop {
            let option = rest.next()?;
            match option.as_str() {
                "-m" => {
                    let module = rest.next()?;
                    let known = MODULES.contains(&module.as_str());
                    return known.then(|| module == "gateway.run" || is_gateway(rest.as_slice()));
                }
                "-c" => return None,
                "-W" | "-X" => drop(rest.next()),
                option if option.starts_with('-') => {}
                script => {
                    entry = script;
                    break;
                }
            }
        }
    }
    let name = base_name(entry);
    let known = PROGRAMS.contains(&name) || SCRIPTS.iter().any(|script| ends_with(entry, script));
    let always = name == "hermes-gateway" || ends_with(entry, "gateway/run.py");
    known.then(|| always || is_gateway(rest.as_slice()))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_python(program: &str) -> bool {
    base_name(program)
        .strip_prefix("python")
        .is_some_and(|version| version.bytes().all(|b| b == b'.' || b.is_ascii_digit()))
}

/// True when `path` ends with the whole components of `end`.
fn ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// True for the arguments of `hermes gateway [run]`. `restart` counts, since without a service manager
/// it becomes the gateway itself; other subcommands manage one. Profile selectors may stand anywhere, and
/// a profile may be called `gateway`.
fn is_gateway(arguments: &[String]) -> bool {
    let mut words = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-p" | "--profile" => drop(arguments.next()),
            option if option.starts_with('-') => {}
            word => words.push(word),
        }
    }
    let subcommand = words.iter().position(|&word| word == "gateway").map(|at| words.get(at + 1));
    subcommand.is_some_and(|word| word.is_none_or(|word| matches!(*word, "run" | "restart")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judged(line: &str) -> Option<bool> {
        hermes_process(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn command_lines() {
        for (line, expected) in [
            ("/home/h/venv/bin/python3.12 /home/h/.local/bin/hermes gateway run", Some(true)),
            ("hermes gateway", Some(true)),
            ("hermes -p work gateway --verbose run", Some(true)),
            ("hermes gateway restart", Some(true)),
            ("hermes gateway status", Some(false)),
            ("hermes --profile gateway chat", Some(false)),
            ("hermes chat", Some(false)),
            ("python -u -W ignore -m hermes_cli.main gateway run", Some(true)),
            ("python -m gateway.run", Some(true)),
            ("python /opt/hermes/gateway/run.py", Some(true)),
            ("/usr/bin/hermes-gateway", Some(true)),
            ("python /opt/my_gateway/run.py", None),
            ("python -m tui_gateway", None),
            ("python -c hermes gateway", None),
            ("python", None),
            ("vim /home/hermes/gateway", None),
            ("su hermes gateway", None),
            ("hermes-lint host", None),
            ("", None),
        ] {
            assert_eq!(judged(line), expected, "{line}");
        }
    }

    #[test]
    fn a_folder_like_proc() {
        let proc = tempfile::tempdir().unwrap();
        let add = |pid: &str, cmdline: &[u8], status: Option<&str>| {
            let folder = proc.path().join(pid);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("cmdline"), cmdline).unwrap();
            if let Some(status) = status {
                std::fs::write(folder.join("status"), status).unwrap();
            }
        };
        add(
            "20",
            b"python3\0/usr/bin/hermes\0gateway\0run\0",
            Some("Name:\thermes\nUid:\t1\t0\t1\t1\n"),
        );
        add("3", b"hermes\0chat\0\0", None);
        add("4", b"", Some("Uid:\t0\t0\t0\t0\n"));
        add("self", b"hermes\0gateway\0", None);
        // Gone since the listing, and one whose command line can't be read, whoever asks.
        std::fs::create_dir(proc.path().join("5")).unwrap();
        std::fs::create_dir_all(proc.path().join("6/cmdline")).unwrap();

        let found = read(proc.path()).unwrap();
        let seen: Vec<_> = found.hermes.iter().map(|p| (p.pid, p.uid, p.gateway)).collect();
        assert_eq!(seen, [(3, None, false), (20, Some(0), true)]);
        assert_eq!(found.hermes[0].argv, ["hermes", "chat", ""]);
        assert_eq!(found.unreadable, 1);
        assert!(read(&proc.path().join("missing")).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_is_readable() {
        assert!(running().is_some());
        let own = read_start(Path::new("/proc/self/status")).unwrap();
        assert_eq!(effective_uid(&own), crate::host::current_uid());
        let argv = arguments(&read_start(Path::new("/proc/self/cmdline")).unwrap());
        assert_eq!(argv, std::env::args().collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn any_command_line_is_judged(words in proptest::collection::vec("(python|-m|-p|hermes|gateway|/|-){0,3}", 0..6)) {
            let judged = hermes_process(&words);
            let names = words.concat();
            prop_assert!(judged.is_none() || names.contains("hermes"));
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let argv = arguments(&bytes);
            prop_assert!(argv.len() <= bytes.len());
            effective_uid(&bytes);
        }
    }
}
