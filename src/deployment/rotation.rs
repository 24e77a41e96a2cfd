//! What files of logrotate's say: which logs, for how long, and how a log is put aside.
//!
//! Only what stands in the file counts; the defaults of `/etc/logrotate.conf` are not looked up for a file beside it.

/// One block: names of logs, and what is done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line on which it opens, from 1.
    pub line: usize,
    /// Its logs, as globs.
    pub patterns: Vec<String>,
    /// Days that they are kept, as far as time decides.
    pub days: Option<u32>,
    /// True for `copytruncate`: the log is emptied in place.
    pub truncates: bool,
    /// True for `copy`: the log stays as it is.
    pub copies: bool,
}

/// Scripts in a block, whose lines are no directives.
const SCRIPTS: &[&str] = &["postrotate", "prerotate", "firstaction", "lastaction", "preremove"];

/// The blocks of a file.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let (mut common, mut names) = (Keep::default(), Vec::new());
    let mut block: Option<(usize, Vec<String>, Keep)> = None;
    let mut script = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if script {
            script = line != "endscript";
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if SCRIPTS.contains(&line) {
            script = true;
            continue;
        }
        if let Some((_, _, keep)) = &mut block {
            if line.starts_with('}') {
                found.extend(block.take().map(|(line, patterns, keep)| Block {
                    line,
                    patterns,
                    days: keep.days(),
                    truncates: keep.truncates,
                    copies: keep.copies && !keep.truncates,
                }));
            } else {
                keep.directive(line);
            }
            continue;
        }
        let is_name = line.starts_with(['/', '"', '\'', '~']);
        if is_name {
            let words = line.trim_end_matches('{').split_whitespace();
            names.extend(words.map(|word| word.trim_matches(['"', '\'']).to_owned()));
        }
        if line.ends_with('{') {
            block = Some((number, std::mem::take(&mut names), common.clone()));
        } else if !is_name {
            common.directive(line);
        }
    }
    found
}

/// What directives of logrotate's say about how long logs are kept.
#[derive(Clone, Debug, Default)]
struct Keep {
    every: Option<u32>,
    count: Option<u32>,
    max_age: Option<u32>,
    by_size: bool,
    truncates: bool,
    copies: bool,
}

impl Keep {
    fn directive(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let number = |word: Option<&str>| word.and_then(|word| word.parse().ok());
        match words.next() {
            Some("daily") => self.every = Some(1),
            Some("weekly") => self.every = Some(7),
            Some("monthly") => self.every = Some(30),
            Some("yearly") => self.every = Some(365),
            // Less than a day each: by the hour, or by size.
            Some("hourly") => self.every = Some(0),
            Some("size" | "maxsize") => self.by_size = true,
            Some("rotate") => self.count = number(words.next()),
            Some("maxage") => self.max_age = number(words.next()),
            Some("copytruncate") => self.truncates = true,
            Some("nocopytruncate") => self.truncates = false,
            Some("copy") => self.copies = true,
            Some("nocopy") => self.copies = false,
            _ => {}
        }
    }

    fn days(&self) -> Option<u32> {
        let rotated = match (self.every?, self.count?) {
            _ if self.by_size => return self.max_age.filter(|days| *days < 30),
            (0, count) => count / 24,
            (every, count) => every.saturating_mul(count),
        };
        Some(self.max_age.map_or(rotated, |age| age.min(rotated)))
    }
}

/// True when the log at `log` is one of those that `pattern` names. Of a log whose place is not known (no leading `/`)
/// its last two names must fit: the folder and the file.
#[must_use]
pub fn covers(pattern: &str, log: &str) -> bool {
    let (pattern, known) = (pattern.trim_end_matches('/'), log.starts_with('/'));
    let mut names = pattern.rsplit('/');
    let mut wanted = log.rsplit('/');
    let mut equal = 0;
    loop {
        match (names.next(), wanted.next()) {
            // A folder of any name says nothing of a place that is not known.
            (Some("*" | "**"), Some(_)) if !known && equal == 1 => return false,
            (Some(name), Some(want)) if crate::facts::glob_matches(name, want) => equal += 1,
            (None, None) => return true,
            _ => return !known && equal >= 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rotation_is_counted_in_days() {
        let of = |text: &str| -> Vec<_> {
            blocks(text)
                .iter()
                .filter(|b| b.patterns.iter().any(|name| name.contains("hermes")))
                .map(|b| (b.line, b.days, b.truncates))
                .collect()
        };
        assert_eq!(
            of(
                "weekly\nrotate 4\n/var/log/other.log {\n daily\n}\n/home/h/.hermes/logs/*.log\n{\n  rotate 12\n  postrotate\n   rotate 1\n  endscript\n}\n"
            ),
            [(7, Some(84), false)]
        );
        assert_eq!(
            of("/var/log/hermes/*.log {\ndaily\nrotate 7\ncopytruncate\n}\n"),
            [(1, Some(7), true)]
        );
        assert_eq!(
            of("/var/log/hermes/a {\n daily\n rotate 90\n maxage 20\n}\n"),
            [(1, Some(20), false)]
        );
        assert_eq!(
            of("/var/log/hermes/a {\n daily\n rotate 90\n maxsize 10M\n}\n"),
            [(1, None, false)]
        );
        assert_eq!(of("/var/log/hermes/a {\n rotate 90\n"), []);
    }

    #[test]
    fn names_of_logs() {
        let found = blocks("/a/*.log \"/b/c d\" {\n copy\n}\n'/x'\n/y {\n}\n");
        let names: Vec<_> = found.iter().map(|b| (b.patterns.clone(), b.copies)).collect();
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names, [(list(&["/a/*.log", "/b/c", "d"]), true), (list(&["/x", "/y"]), false)]);
    }

    #[test]
    fn which_logs_a_name_means() {
        assert!(covers("/srv/h/audit/*.jsonl", "/srv/h/audit/trail.jsonl"));
        assert!(!covers("/srv/h/audit/*.jsonl", "/srv/other/audit/trail.jsonl"));
        assert!(!covers("/srv/h/logs/*.log", "/srv/h/audit/trail.jsonl"));
        assert!(covers("/home/*/.hermes/audit/*", "~/audit/trail.jsonl"));
        assert!(!covers("/var/log/*.jsonl", "~/audit/trail.jsonl"));
        assert!(!covers("*.jsonl", "~/audit/trail.jsonl"));
        assert!(!covers("/var/log/hermes-sealed/*/*.jsonl", "~/audit/trail.jsonl"));
        assert!(covers(
            "/var/log/hermes-sealed/*/*.jsonl",
            "/var/log/hermes-sealed/%i/audit-000001.jsonl"
        ));
    }

    proptest! {
        #[test]
        fn any_rotation_is_read(text in "(/hermes|\\{|\\}|daily|rotate [0-9]{1,12}|maxage 9|size| |\n){0,40}") {
            for block in blocks(&text) {
                for name in &block.patterns {
                    let _ = covers(name, &text);
                }
            }
        }
    }
}
