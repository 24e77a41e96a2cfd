//! Which texts mean yes, off or approve to Hermes, switch by switch.
//!
//! Hermes has no one rule for this: `on` is true for one variable and false for the next. The sets are
//! kept apart here exactly as they are read.

/// A configuration value as far as a mode or switch cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    /// A YAML boolean (`off` and `yes` unquoted are booleans).
    Bool(bool),
    /// A string.
    Str(&'v str),
    /// Null, or the key is missing.
    Null,
    /// Anything else (number, list, map).
    Other,
}

/// `approvals.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A person is asked.
    Manual,
    /// An auxiliary model may approve.
    Smart,
    /// Nobody is asked.
    Off,
}

/// `approvals.cron_mode`, `single_query_mode` and `unattended_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattended {
    /// Flagged commands are refused.
    Deny,
    /// Flagged commands run with nobody present.
    Approve,
}

/// The mode a value that is present stands for: unquoted `off` is off, anything unknown is manual. A
/// missing key is the caller's matter, since its default changed between releases.
#[must_use]
pub fn approvals_mode(value: Value<'_>) -> Mode {
    match value {
        Value::Bool(false) => Mode::Off,
        Value::Str(text) => match text.trim().to_lowercase().as_str() {
            "off" => Mode::Off,
            "smart" => Mode::Smart,
            _ => Mode::Manual,
        },
        Value::Bool(true) | Value::Null | Value::Other => Mode::Manual,
    }
}

/// True for a mode text Hermes knows; an unknown one is manual, with a line in the log.
#[must_use]
pub fn is_mode_word(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "manual" | "smart" | "off")
}

/// What a cron, single-query or unattended mode stands for. Quoted `off` approves; unquoted it is the
/// boolean false, whose text is none of the words, and denies.
#[must_use]
pub fn unattended_mode(value: Value<'_>) -> Unattended {
    match value {
        Value::Str(text) => match text.trim().to_lowercase().as_str() {
            "approve" | "off" | "allow" | "yes" => Unattended::Approve,
            _ => Unattended::Deny,
        },
        Value::Bool(_) | Value::Null | Value::Other => Unattended::Deny,
    }
}

/// How a switch reads its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// `1 true yes on`, white space around them dropped.
    Common,
    /// `1 true yes on`, white space counts. Anything else is off.
    Redaction,
    /// `1 true yes`: `on` is not true.
    NoOn,
    /// `1 true yes`, white space counts.
    NoOnExact,
    /// `1` alone.
    One,
}

impl Truth {
    /// The reading of a variable Hermes knows, `None` for any other name.
    #[must_use]
    pub fn of_variable(name: &str) -> Option<Self> {
        Some(match name {
            "HERMES_YOLO_MODE"
            | "HERMES_ACCEPT_HOOKS"
            | "HERMES_ALLOW_ROOT_GATEWAY"
            | "HERMES_ENABLE_PROJECT_PLUGINS"
            | "HERMES_SAFE_MODE"
            | "HERMES_DUMP_REQUESTS" => Self::Common,
            "HERMES_REDACT_SECRETS" => Self::Redaction,
            "HERMES_ALLOW_PRIVATE_URLS" => Self::NoOn,
            "TIRITH_ENABLED" | "TIRITH_FAIL_OPEN" => Self::NoOnExact,
            "HERMES_IGNORE_USER_CONFIG" | "HERMES_DISABLE_LAZY_INSTALLS" => Self::One,
            _ if name.ends_with("_ALLOW_ALL_USERS") => Self::NoOn,
            _ => return None,
        })
    }

    /// True when `text` switches it on.
    #[must_use]
    pub fn is_on(self, text: &str) -> bool {
        let folded = text.to_lowercase();
        let word = match self {
            Self::Common | Self::NoOn => folded.trim(),
            Self::Redaction | Self::NoOnExact | Self::One => folded.as_str(),
        };
        match word {
            "1" => true,
            "true" | "yes" => self != Self::One,
            "on" => matches!(self, Self::Common | Self::Redaction),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        assert_eq!(approvals_mode(Value::Bool(false)), Mode::Off);
        assert_eq!(approvals_mode(Value::Bool(true)), Mode::Manual);
        assert_eq!(approvals_mode(Value::Str(" OFF ")), Mode::Off);
        assert_eq!(approvals_mode(Value::Str("Smart")), Mode::Smart);
        assert_eq!(approvals_mode(Value::Str("auto")), Mode::Manual);
        assert_eq!(approvals_mode(Value::Other), Mode::Manual);
        assert!(is_mode_word("Manual") && !is_mode_word("auto") && !is_mode_word(""));
        assert_eq!(unattended_mode(Value::Str("off")), Unattended::Approve);
        assert_eq!(unattended_mode(Value::Bool(false)), Unattended::Deny);
        assert_eq!(unattended_mode(Value::Str("true")), Unattended::Deny);
    }

    #[test]
    fn switches() {
        for (name, text, on) in [
            ("HERMES_YOLO_MODE", " On ", true),
            ("HERMES_YOLO_MODE", "y", false),
            ("GATEWAY_ALLOW_ALL_USERS", "on", false),
            ("TELEGRAM_ALLOW_ALL_USERS", "TRUE", true),
            ("HERMES_REDACT_SECRETS", "enabled", false),
            ("HERMES_REDACT_SECRETS", "on ", false),
            ("HERMES_IGNORE_USER_CONFIG", "true", false),
            ("HERMES_IGNORE_USER_CONFIG", "1", true),
            ("TIRITH_FAIL_OPEN", "on", false),
        ] {
            assert_eq!(Truth::of_variable(name).map(|t| t.is_on(text)), Some(on), "{name}={text}");
        }
        assert_eq!(Truth::of_variable("PATH"), None);
    }
}
