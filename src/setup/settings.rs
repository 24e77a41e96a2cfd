//! The settings file: every key with its default, commented out, and the baseline's name where there is one.

use std::path::Path;

use super::{BASELINE, Found, Step, look};
use crate::settings::{FILE_NAME, TEMPLATE};

const WHAT: &str = "settings: every key, with its default";

/// The settings of the repository at `root`; new ones name the baseline that comes with them.
#[must_use]
pub fn settings(root: &Path, baseline: bool) -> Step {
    let path = root.join(FILE_NAME);
    match look(&path) {
        Found::Nothing if baseline => {
            let line = format!("baseline = \"{BASELINE}\"");
            let now = TEMPLATE.replace(&format!("#{line}"), &line);
            Step::write(path, None, now, WHAT)
        }
        Found::Nothing => Step::write(path, None, TEMPLATE.to_owned(), WHAT),
        // Whoever has settings has decided about a baseline, too.
        Found::Text(_) => Step::there(path, "settings"),
        Found::Else(why) => Step::left(path, why, "a settings file that can be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Act;
    use super::*;
    use crate::settings::Settings;

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
    fn a_file_that_is_there_stays() {
        for (text, baseline) in [("fail-on = \"info\"\n", true), ("broken", true), ("", false)] {
            assert_eq!(step(Some(text), baseline), Act::There { what: "settings" }, "{text}");
        }
    }
}
