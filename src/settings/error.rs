//! What is wrong with a settings file, and which key was probably meant.
//!
//! The reader of TOML names the keys that a table can have; the schema knows where else a key stands.

use serde_json::Value;

use super::SCHEMA;
use crate::near::nearest;

/// A settings file that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that is clear.
    pub help: Option<String>,
    /// Where, in bytes.
    pub span: Option<std::ops::Range<usize>>,
}

impl SettingsError {
    pub(super) fn of(error: &toml::de::Error) -> Self {
        let message = error.message();
        let help = unknown(message).map(|(key, known)| instead(key, &known));
        let message = match unknown(message) {
            Some((key, _)) => format!("there is no key `{key}` here"),
            None => message.to_owned(),
        };
        Self { message, help, span: error.span() }
    }
}

/// The key that serde did not expect, and those that it did.
fn unknown(message: &str) -> Option<(&str, Vec<&str>)> {
    let (key, known) = message.strip_prefix("unknown field `")?.split_once('`')?;
    Some((key, known.split('`').skip(1).step_by(2).collect()))
}

fn instead(key: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(key, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    match place(key) {
        Some(place) => format!("`{key}` stands {place}"),
        None => format!("the keys are {}", known.join(", ")),
    }
}

/// Where the schema has `key`.
fn place(key: &str) -> Option<String> {
    let schema: Value = serde_json::from_str(SCHEMA).ok()?;
    let tables = schema.get("properties")?.as_object()?;
    if tables.contains_key(key) {
        return Some("at the top, above the first `[table]`".to_owned());
    }
    tables.iter().find_map(|(name, table)| {
        let below = |table: Option<&Value>| table?.get("properties")?.get(key).map(drop);
        let header = if below(Some(table)).is_some() {
            format!("[{name}]")
        } else if below(table.get("items")).is_some() {
            format!("[[{name}]]")
        } else {
            below(table.get("additionalProperties"))?;
            format!("[{name}.NAME]")
        };
        Some(format!("in `{header}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn error(text: &str) -> SettingsError {
        Settings::parse(text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_the_one_that_was_meant() {
        let slip = error("fail-on = \"error\"\nignroe = []\n");
        assert_eq!(slip.span, Some(18..24));
        assert_eq!(slip.message, "there is no key `ignroe` here");
        assert_eq!(slip.help.as_deref(), Some("did you mean `ignore`?"));
        assert_eq!(
            error("hermes_version = \"1\"").help.as_deref(),
            Some("did you mean `hermes-version`?")
        );
        let nested = error("[suppressions]\nother-scaners = true\n");
        assert_eq!(nested.help.as_deref(), Some("did you mean `other-scanners`?"));
    }

    #[test]
    fn a_key_of_another_table_is_told_where_it_belongs() {
        let help = |text: &str| error(text).help.unwrap_or_default();
        assert_eq!(help("require-reason = true"), "`require-reason` stands in `[suppressions]`");
        assert_eq!(help("owner = \"ops\""), "`owner` stands in `[[per-path]]`");
        assert_eq!(help("valid_days = 3"), "`valid_days` stands in `[attest.NAME]`");
        let top = help("[suppressions]\nexclude = []\n");
        assert_eq!(top, "`exclude` stands at the top, above the first `[table]`");
        let none = help("threads = 3\n");
        assert!(none.starts_with("the keys are hermes-version, fail-on, "), "{none}");
    }

    #[test]
    fn what_is_no_unknown_key_keeps_its_own_words() {
        let word = error("min-confidence = \"sure\"");
        assert_eq!((word.span, word.help), (Some(17..23), None));
        assert_eq!(word.message, "`sure` is not one of low, medium, high");
        assert_eq!(error("[tiers]\nx = 4\n").span, Some(12..13));
        assert!(error("x = ").span.is_some());
    }
}
