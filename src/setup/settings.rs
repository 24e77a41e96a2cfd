//! The settings file: every key with its default, commented out, and the baseline's name where there is one.

use std::path::Path;

use super::{BASELINE, Found, Step, line_end, look};
use crate::settings::{FILE_NAME, Settings, TEMPLATE};

const WHAT: &str = "settings: every key, with its default";

/// The settings of the repository at `root`; with `baseline`, they name one.
#[must_use]
pub fn settings(root: &Path, baseline: bool) -> Step {
    let path = root.join(FILE_NAME);
    let line = format!("baseline = \"{BASELINE}\"");
    match look(&path) {
        Found::Nothing if baseline => {
            let now = TEMPLATE.replace(&format!("#{line}"), &line);
            Step::write(path, None, now, WHAT)
        }
        Found::Nothing => Step::write(path, None, TEMPLATE.to_owned(), WHAT),
        Found::Text(text) => match Settings::parse(&text) {
            Ok(known) if baseline && known.baseline.is_none() => {
                let now = first(&text, &line);
                let named = |text: &str| Settings::parse(text).is_ok_and(|all| all.baseline.is_some());
                if named(&now) {
                    Step::write(path, Some(text), now, "settings: with the baseline")
                } else {
                    Step::left(path, "it can't be told where a key would stand", line)
                }
            }
            _ => Step::there(path, "settings"),
        },
        Found::Else(why) => Step::left(path, why, "a settings file that can be read"),
    }
}

/// `text` with `line` as its first one, below what speaks to editors. Above all tables, a key is the file's.
fn first(text: &str, line: &str) -> String {
    let end = line_end(text);
    let directive = text.split_inclusive('\n').take_while(|line| line.starts_with("#:"));
    let (above, below) = text.split_at(directive.map(str::len).sum());
    format!("{above}{line}{end}{below}")
}

#[cfg(test)]
mod tests {
    use super::super::Act;
    use super::*;

    fn step(text: Option<&str>, baseline: bool) -> Act {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = text {
            std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
        }
        settings(folder.path(), baseline).act
    }

    fn written(act: Act) -> String {
        let Act::Write { now, .. } = act else { panic!("{act:?}") };
        now
    }

    #[test]
    fn a_new_file_names_the_baseline_when_there_is_one() {
        assert_eq!(written(step(None, false)), TEMPLATE);
        let settings = Settings::parse(&written(step(None, true))).unwrap();
        assert_eq!(settings.baseline.as_deref(), Some(BASELINE));
    }

    #[test]
    fn a_file_that_is_there_gets_a_baseline_and_nothing_else() {
        let old = "#:schema x\r\nfail-on = \"info\"\r\n[tiers]\r\nx = 1\r\n";
        assert_eq!(
            written(step(Some(old), true)),
            "#:schema x\r\nbaseline = \".hermes-lint-baseline\"\r\nfail-on = \"info\"\r\n[tiers]\r\nx = 1\r\n"
        );
        for (text, baseline) in [(old, false), ("baseline = \"x\"\n", true), ("broken", true)] {
            assert_eq!(step(Some(text), baseline), Act::There { what: "settings" }, "{text}");
        }
    }
}
