//! Hermes releases as the policy needs them: three numbers with an order.
//!
//! A own type instead of a semver crate: Hermes has no pre-release order that matters here, and a
//! fork's suffix (`.post1`) changes nothing of how a command is decided.

use std::fmt;
use std::str::FromStr;

/// A Hermes release: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16, pub u16, pub u16);

impl Release {
    /// The oldest release whose decisions are modelled.
    pub const OLDEST: Self = Self(0, 19, 0);
    /// From here on hardline command names count only where a command can start (measured: 0.20.5
    /// matches them anywhere, 0.20.6 does not).
    pub const ANCHORED_HARDLINE: Self = Self(0, 20, 6);
    /// From here on `approvals.deny` sees each command of a line by itself and by its base name, and
    /// a scalar `command_allowlist` is no longer split into characters.
    pub const SEGMENT_DENY: Self = Self(0, 21, 3);
    /// From here on an allowlist with an entry that is no text is left out whole.
    pub const STRICT_ALLOWLIST: Self = Self(0, 21, 3);
    /// From here on the variants also keep the author's quoting, `dash` counts as a shell wherever the
    /// others do, and options keep their case (measured: 0.21.3 does none of it, 0.21.4 all).
    pub const FAITHFUL_QUOTES: Self = Self(0, 21, 4);
    /// From here on commands inside backticks count, and a newline inside quotes does not (seen in
    /// 0.20.4; what 0.20.0 to 0.20.3 do was not tried).
    pub const NESTED_STARTS: Self = Self(0, 20, 4);
    /// From here on `hermes chat -q` has a mode of its own for dangerous commands.
    pub const SINGLE_QUERY_MODE: Self = Self(0, 20, 1);
    /// From here on webhooks and callers of the API have one.
    pub const UNATTENDED_MODE: Self = Self(0, 21, 0);
    /// From here on a class that an entry of the allow list approves for good is approved with nobody there, too.
    pub const STANDING_UNATTENDED: Self = Self(0, 21, 4);
    /// From here on an allowlist entry matches a command whose shell operators are all quoted.
    pub const QUOTE_AWARE_ALLOW: Self = Self(0, 20, 4);
    /// The newest release whose decisions were compared with the model.
    pub const NEWEST: Self = Self(0, 22, 2);
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A text that is no release number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARelease;

impl fmt::Display for NotARelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a release number such as 0.21.3")
    }
}

impl std::error::Error for NotARelease {}

impl FromStr for Release {
    type Err = NotARelease;

    /// Reads `0.21.3`, `v0.21.3`, `0.21` (patch 0) and `0.22.2.post1` (suffix dropped).
    fn from_str(text: &str) -> Result<Self, NotARelease> {
        let text = text.trim();
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let mut number = |required: bool| match parts.next() {
            None if !required => Ok(0),
            None => Err(NotARelease),
            Some(part) => {
                let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                part.get(..end).and_then(|d| d.parse::<u16>().ok()).ok_or(NotARelease)
            }
        };
        Ok(Self(number(true)?, number(true)?, number(false)?))
    }
}

impl<'de> serde::Deserialize<'de> for Release {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_orders() {
        assert_eq!("v0.21.3".parse(), Ok(Release(0, 21, 3)));
        assert_eq!("0.22.2.post1".parse(), Ok(Release(0, 22, 2)));
        assert_eq!("0.20".parse(), Ok(Release(0, 20, 0)));
        assert_eq!("0.21.3-rc1".parse(), Ok(Release(0, 21, 3)));
        assert_eq!("latest".parse::<Release>(), Err(NotARelease));
        assert_eq!("7".parse::<Release>(), Err(NotARelease));
        assert!(Release(0, 9, 9) < Release(0, 19, 0));
        assert_eq!(Release(0, 21, 3).to_string(), "0.21.3");
    }
}
