//! The floor below every setting: commands Hermes refuses whatever the lists and modes say.
//!
//! A model over simple commands of the published list, not a copy of its patterns, so that a hole in a
//! denylist can be told from one the floor closes. It holds for local and ssh backends; in a container
//! the floor is off.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::collections::HashSet;

use super::native;
use super::shell::{SimpleCommand, simple_commands};
use crate::release::Release;

const SYSTEM_DIRECTORIES: [&str; 9] =
    ["home", "root", "etc", "usr", "var", "bin", "sbin", "boot", "lib"];
const DISKS: [&str; 6] = ["sd", "nvme", "hd", "mmcblk", "vd", "xvd"];
const CARRIERS: [&str; 8] = ["eval", "sh", "bash", "zsh", "ksh", "dash", "source", "."];
/// Payloads looked at in one command.
const MAX_PAYLOADS: usize = 64;

/// True when the floor refuses `command` in `release`.
#[must_use]
pub fn hardline(command: &str, release: Release) -> bool {
    if too_large(command) {
        return true;
    }
    let mut seen = HashSet::new();
    let mut pending = vec![command.replace("\\\n", "").replace("${IFS}", " ")];
    while let Some(line) = pending.pop() {
        if seen.len() >= MAX_PAYLOADS || !seen.insert(line.clone()) {
            continue;
        }
        if line_is_refused(&line.to_lowercase(), release) {
            return true;
        }
        pending.extend(native::payloads(&line, release));
    }
    false
}

/// Hermes refuses what it would take too long to read.
pub(super) fn too_large(command: &str) -> bool {
    if command.len() <= 4_096 {
        return false;
    }
    let length = command.chars().count();
    let separators = command.chars().filter(|c| ";&|\n".contains(*c)).count();
    length > 128_000 || (length > 4_096 && separators == 0) || separators >= 25_000
}

fn line_is_refused(line: &str, release: Release) -> bool {
    let commands = simple_commands(line);
    let anchored = release >= Release::ANCHORED_HARDLINE;
    let carries = |c: &SimpleCommand| c.words.iter().any(|w| CARRIERS.contains(&base(w)));
    // Early releases read quoted text as code; later ones only where a shell is given it.
    let code = if anchored && !commands.iter().any(carries) {
        without_quoted_text(line)
    } else {
        line.to_owned()
    };
    let squeezed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains(":(){:|:&};:")
        || writes_disk_by_redirection(&code)
        || (!anchored && names_floor_command_anywhere(line))
        || commands.iter().any(|command| command_is_refused(command, release))
}

/// From 0.20.6 on names count where a command starts, and wrappers only in one fixed order.
fn command_is_refused(command: &SimpleCommand, release: Release) -> bool {
    if command.assignments > 0 || (command.after_keyword && release < Release::SEGMENT_DENY) {
        return false;
    }
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let Some((program, args)) = unwrap(&words).split_first() else { return false };
    let first = args.first().copied().unwrap_or_default();
    match *program {
        "rm" => removes_root_or_home(args),
        "kill" => signals_everything(args),
        "init" | "telinit" => matches!(first, "0" | "6"),
        "systemctl" => {
            ["poweroff", "reboot", "halt", "kexec"].iter().any(|verb| names(first, verb))
        }
        _ => {
            ["mkfs", "shutdown", "reboot", "halt", "poweroff"].iter().any(|n| names(program, n))
                || (names(program, "dd") && args.iter().any(|arg| names_disk_after(arg, "of=")))
        }
    }
}

/// The command behind `sudo -flags`, `env A=1` and `exec nohup setsid time`, in this order.
fn unwrap<'w, 'a>(words: &'w [&'a str]) -> &'w [&'a str] {
    let mut rest = words;
    if let [first, tail @ ..] = rest
        && *first == "sudo"
    {
        rest = skip_while(tail, |word| word.starts_with('-'));
    }
    if let [first, tail @ ..] = rest
        && *first == "env"
    {
        rest = skip_while(tail, |word| word.contains('='));
    }
    skip_while(rest, |word| matches!(word, "exec" | "nohup" | "setsid" | "time"))
}

fn skip_while<'w, 'a>(words: &'w [&'a str], skip: impl Fn(&str) -> bool) -> &'w [&'a str] {
    let count = words.iter().take_while(|word| skip(word)).count();
    words.get(count..).unwrap_or_default()
}

/// True when the first operand is the root, a system directory or the home folder.
fn removes_root_or_home(args: &[&str]) -> bool {
    let Some(path) = skip_while(args, |word| word.starts_with('-')).first() else { return false };
    if let Some(home) = ["~", "$home", "${home}"].iter().find_map(|h| path.strip_prefix(h)) {
        return matches!(home, "" | "/" | "/*");
    }
    let Some(below) = path.strip_prefix('/') else { return false };
    let directory = below.strip_suffix("/*").unwrap_or(below);
    if SYSTEM_DIRECTORIES.contains(&directory) {
        return true;
    }
    below.trim_end_matches('*').split('/').all(|part| matches!(part, "" | "." | ".."))
}

fn signals_everything(args: &[&str]) -> bool {
    args.iter().take_while(|word| word.starts_with('-')).any(|word| names(word, "-1"))
}

/// True when `word` is `name`, or goes on with a character that ends a word (`mkfs.ext4`).
fn names(word: &str, name: &str) -> bool {
    word.strip_prefix(name)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn names_disk_after(word: &str, lead: &str) -> bool {
    word.match_indices(lead).any(|(at, _)| {
        word.get(at + lead.len()..)
            .and_then(|rest| rest.strip_prefix("/dev/"))
            .is_some_and(|device| DISKS.iter().any(|disk| device.starts_with(disk)))
    })
}

fn writes_disk_by_redirection(line: &str) -> bool {
    line.match_indices('>').any(|(at, _)| {
        line.get(at + 1..)
            .and_then(|rest| rest.trim_start().strip_prefix("/dev/"))
            .is_some_and(|device| DISKS.iter().any(|disk| device.starts_with(disk)))
    })
}

/// Before 0.20.6 `mkfs`, `dd` and `kill` count anywhere in the text.
fn names_floor_command_anywhere(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let last_part = |word: &str| -> String {
        let end = word.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        word.get(end..).unwrap_or_default().to_owned()
    };
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "mkfs")
        || words.iter().enumerate().any(|(at, word)| {
            let rest = words.get(at + 1..).unwrap_or_default();
            match last_part(word).as_str() {
                "kill" => signals_everything(rest),
                "dd" => rest.iter().any(|arg| names_disk_after(arg, "of=")),
                _ => false,
            }
        })
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The line with the text inside quotes left out; a substitution in double quotes stays.
fn without_quoted_text(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => {
                let escaped = chars.next();
                if quote.is_none() {
                    out.extend(escaped);
                }
            }
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_holds() {
        for command in [
            "rm -rf /",
            "rm -rf /*",
            "rm -rf \"/\"",
            "rm -rf //./..",
            "sudo rm -rf --no-preserve-root /",
            "rm -rf /etc/*",
            "rm -rf ~",
            "rm -rf ${HOME}/",
            "cd x && rm -rf /usr",
            "bash -c 'rm -rf /'",
            "mkfs.ext4 /dev/sda1",
            "dd if=x of=/dev/nvme0n1",
            "cat x > /dev/sda",
            ":(){ :|:& };:",
            "kill -9 -1",
            "sudo reboot",
            "(shutdown now)",
            "init 6",
            "systemctl poweroff",
            "x=$(reboot)",
        ] {
            assert!(hardline(command, Release::OLDEST), "{command}");
            assert!(hardline(command, Release::NEWEST), "{command}");
        }
        for command in [
            "rm -rf build",
            "rm -rf /tmp/x",
            "rm -rf /.ssh",
            "echo reboot",
            "rm x /",
            "/sbin/reboot",
            "sudo -u root reboot",
            "dd if=/dev/sda of=x",
            "ls > /dev/null",
            "kill -15 4242",
            "systemctl status nginx",
        ] {
            assert!(!hardline(command, Release::OLDEST), "{command}");
            assert!(!hardline(command, Release::NEWEST), "{command}");
        }
    }

    #[test]
    fn early_releases_read_names_anywhere() {
        for command in ["man mkfs", "echo 'kill -9 -1'", "/bin/dd of=/dev/sda"] {
            assert!(hardline(command, Release::new(0, 20, 4)), "{command}");
            assert!(!hardline(command, Release::new(0, 21, 0)), "{command}");
        }
    }

    #[test]
    fn large_input_is_refused() {
        assert!(hardline(&"a".repeat(4_097), Release::NEWEST));
        assert!(!hardline(&"a".repeat(4_096), Release::NEWEST));
        assert!(!hardline(&"a;".repeat(4_096), Release::NEWEST));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(line in "\\PC{0,80}|([$(){}`'\"\\\\;&|> rm/])*") {
            let _ = hardline(&line, Release::OLDEST) | hardline(&line, Release::NEWEST);
        }
    }
}
