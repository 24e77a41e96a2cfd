//! Releases of Hermes Agent, and those in which something changed that code decides on.
//!
//! An own type instead of a semver crate: Hermes has no pre-release order that matters here, and a fork's suffix
//! (`.post1`) changes nothing. What changed in a table is a bound in `rules/hermes/`, not a name here.

use std::fmt;

use serde::Deserialize;

/// A release `major.minor.patch`; a suffix such as `.post1` or `-rc1` is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number; 0 when not given.
    pub patch: u32,
}

impl Release {
    /// The oldest release whose decisions are modelled.
    pub const OLDEST: Self = Self::new(0, 19, 0);
    /// From here on hardline command names count only where a command can start (measured: 0.20.5
    /// matches them anywhere, 0.20.6 does not).
    pub const ANCHORED_HARDLINE: Self = Self::new(0, 20, 6);
    /// From here on `approvals.deny` sees each command of a line by itself and by its base name, and
    /// a scalar `command_allowlist` is no longer split into characters.
    pub const SEGMENT_DENY: Self = Self::new(0, 21, 3);
    /// From here on an allowlist with an entry that is no text is left out whole.
    pub const STRICT_ALLOWLIST: Self = Self::new(0, 21, 3);
    /// From here on the variants also keep the author's quoting, `dash` counts as a shell wherever the
    /// others do, and options keep their case (measured: 0.21.3 does none of it, 0.21.4 all).
    pub const FAITHFUL_QUOTES: Self = Self::new(0, 21, 4);
    /// From here on commands inside backticks count, and a newline inside quotes does not (seen in
    /// 0.20.4; what 0.20.0 to 0.20.3 do was not tried).
    pub const NESTED_STARTS: Self = Self::new(0, 20, 4);
    /// From here on `hermes chat -q` has a mode of its own for dangerous commands.
    pub const SINGLE_QUERY_MODE: Self = Self::new(0, 20, 1);
    /// From here on webhooks and callers of the API have one.
    pub const UNATTENDED_MODE: Self = Self::new(0, 21, 0);
    /// From here on a class that an entry of the allow list approves for good is approved with nobody there, too.
    pub const STANDING_UNATTENDED: Self = Self::new(0, 21, 4);
    /// From here on an allowlist entry matches a command whose shell operators are all quoted.
    pub const QUOTE_AWARE_ALLOW: Self = Self::new(0, 20, 4);
    /// The newest release whose decisions were compared with the model.
    pub const NEWEST: Self = Self::new(0, 22, 2);
    /// From here on a config in which a key stands twice is dropped whole.
    pub const DUPLICATES_VOID: Self = Self::new(0, 22, 2);
    /// From here on an unquoted `y` or `n` is read as a boolean.
    pub const SHORT_BOOLEANS: Self = Self::new(0, 22, 2);

    /// The release `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The nearest release whose decisions are modelled.
    #[must_use]
    pub fn modelled(self) -> Self {
        self.clamp(Self::OLDEST, Self::NEWEST)
    }

    /// Reads `0.21.4`, `v0.21.4`, `0.21`, `0.22.2.post1`, `0.22.0rc1`. `None` for anything else; a calendar tag
    /// such as `v2026.9.24` parses as its numbers, see
    /// [`Versions::parse`](crate::facts::Versions::parse).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut parts = text.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = leading_number(parts.next()?)?;
        let patch = match parts.next() {
            None => 0,
            // `0.21.post1`: a suffix where the patch would stand.
            Some(part) => leading_number(part)
                .or_else(|| part.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(0))?,
        };
        Some(Self { major, minor, patch })
    }
}

/// The number at the start of `2rc1` or `2-beta`; `None` without one or when it does not fit.
fn leading_number(part: &str) -> Option<u32> {
    let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
    let (digits, rest) = part.split_at(end);
    let suffix_fits = rest.is_empty()
        || rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '+' | '_'));
    if suffix_fits { digits.parse().ok() } else { None }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("not a release: {text}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_with_their_suffixes() {
        assert_eq!(Release::parse("v0.21.4"), Some(Release::new(0, 21, 4)));
        assert_eq!(Release::parse(" 0.22.2.post1\n"), Some(Release::new(0, 22, 2)));
        assert_eq!(Release::parse("0.20.1.2"), Some(Release::new(0, 20, 1)));
        assert_eq!(Release::parse("0.23.0-rc1"), Some(Release::new(0, 23, 0)));
        assert_eq!(Release::parse("0.23rc1"), Some(Release::new(0, 23, 0)));
        assert_eq!(Release::parse("0.21"), Some(Release::new(0, 21, 0)));
        assert_eq!(Release::parse("0.21.post2"), Some(Release::new(0, 21, 0)));
        for wrong in ["", "latest", "0", "0.", "0.x", "0.21.", "0.99999999999.1", "v", "0.21.$"] {
            assert_eq!(Release::parse(wrong), None, "{wrong}");
        }
        assert!(Release::parse("0.9.12") < Release::parse("0.20.0"));
        assert_eq!(Release::new(0, 21, 3).to_string(), "0.21.3");
    }

    #[test]
    fn what_is_not_modelled_counts_as_its_neighbour() {
        assert_eq!(Release::new(0, 16, 0).modelled(), Release::OLDEST);
        assert_eq!(Release::new(0, 21, 0).modelled(), Release::new(0, 21, 0));
        assert_eq!(Release::new(1, 0, 0).modelled(), Release::NEWEST);
    }
}
