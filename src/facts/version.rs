//! Releases of Hermes Agent, what is known of the one in question, and when a fact holds for it.
//!
//! Facts were read from a ladder of releases with gaps. Instead of guessing inside a gap, an answer there is
//! [`Holds::Depends`]; that costs callers a third case and saves them false claims.

use serde::Deserialize;

pub use crate::release::Release;

/// What is known of the release in question: it lies in `low..=high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionScope {
    /// Oldest release it can be.
    pub low: Release,
    /// Newest release it can be.
    pub high: Release,
}

impl VersionScope {
    /// Known for certain.
    #[must_use]
    pub const fn exact(release: Release) -> Self {
        Self { low: release, high: release }
    }
}

/// The releases a fact holds in. Absent bounds are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Range {
    /// First release read in which it holds.
    #[serde(default)]
    pub since: Option<Release>,
    /// First release read in which it no longer holds.
    #[serde(default)]
    pub until: Option<Release>,
}

impl Range {
    /// Holds in every release.
    pub const ALWAYS: Self = Self { since: None, until: None };

    /// Holds from `release` on.
    #[must_use]
    pub const fn since(release: Release) -> Self {
        Self { since: Some(release), until: None }
    }

    /// Holds before `release`.
    #[must_use]
    pub const fn before(release: Release) -> Self {
        Self { since: None, until: Some(release) }
    }

    /// True for a release of the range; `until` is the first one after it.
    #[must_use]
    pub fn contains(&self, release: Release) -> bool {
        self.since.is_none_or(|since| since <= release)
            && self.until.is_none_or(|until| release < until)
    }

    /// The releases in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { since: self.since.max(other.since), until }
    }

    /// The range as words: `from 0.21.4 on`, `before 0.22.2`, `from 0.20.0 on, before 0.21.3`; empty when open.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.since, self.until) {
            (None, None) => String::new(),
            (Some(since), None) => format!("from {since} on"),
            (None, Some(until)) => format!("before {until}"),
            (Some(since), Some(until)) => format!("from {since} on, before {until}"),
        }
    }
}

/// Whether a fact holds for the release in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// In every release it can be.
    Always,
    /// In none of them.
    Never,
    /// In some of them, or it lies in a gap of the ladder.
    Depends {
        /// The range as words, see [`Range::text`].
        text: String,
    },
}

/// One release that was read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// The release.
    pub version: Release,
    /// The `_config_version` it writes.
    pub config: u32,
    /// Release date, ISO 8601.
    #[serde(default)]
    pub date: Option<String>,
}

/// A release known by its notes only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// The release.
    pub version: Release,
    /// Release date, ISO 8601.
    #[serde(default)]
    pub date: Option<String>,
}

/// The releases, from `versions.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// Oldest release this program speaks about.
    pub oldest_supported: Release,
    /// Newest release known to exist.
    pub newest_known: Release,
    /// The releases whose code was read, oldest first.
    pub ladder: Vec<Rung>,
    /// Further releases.
    #[serde(default)]
    pub announced: Vec<Announced>,
}

impl Versions {
    /// As [`Release::parse`]; a calendar tag (`v2026.9.24`, `2026.7.20`) is looked up by its date, `None` when no
    /// release of that day is known.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Release> {
        let release = Release::parse(text)?;
        if release.major < 2000 {
            return Some(release);
        }
        let day = format!("{:04}-{:02}-{:02}", release.major, release.minor, release.patch);
        let rungs = self.ladder.iter().map(|rung| (rung.version, rung.date.as_deref()));
        let others = self.announced.iter().map(|other| (other.version, other.date.as_deref()));
        rungs
            .chain(others)
            .find(|(_, date)| *date == Some(day.as_str()))
            .map(|(version, _)| version)
    }

    /// Nothing is known: from the oldest supported to the newest known.
    #[must_use]
    pub const fn unknown(&self) -> VersionScope {
        VersionScope { low: self.oldest_supported, high: self.newest_known }
    }

    /// The release or a later one.
    #[must_use]
    pub fn at_least(&self, release: Release) -> VersionScope {
        VersionScope { low: release, high: self.newest_known.max(release) }
    }

    /// What `_config_version: number` shows: a file of that schema was written by the first release of the ladder
    /// with it or by a later one; an older number than the ladder's first says nothing but "supported".
    #[must_use]
    pub fn from_config_version(&self, number: u32) -> VersionScope {
        let rungs = self.ladder.iter();
        match rungs.filter(|rung| rung.config <= number).max_by_key(|rung| rung.config) {
            None => self.unknown(),
            Some(newest) => {
                // Rungs may share a number; within a gap the schema is older than its next rung.
                let first = self.ladder.iter().find(|rung| rung.config == newest.config);
                self.at_least(first.map_or(newest.version, |rung| rung.version))
            }
        }
    }

    /// The release of the ladder just before `release`.
    #[must_use]
    pub fn before(&self, release: Release) -> Option<Release> {
        self.ladder.iter().map(|rung| rung.version).take_while(|&version| version < release).last()
    }

    /// Whether a fact of `range` holds for a release in `scope`. Releases older than the ladder count as its
    /// first, newer ones as its last.
    #[must_use]
    pub fn holds(&self, range: &Range, scope: &VersionScope) -> Holds {
        let fully_since = range.since.is_none_or(|since| scope.low >= since);
        // Up to the release before `until`, it certainly still held.
        let fully_until = range
            .until
            .is_none_or(|until| self.before(until).is_some_and(|last| scope.high <= last));
        let not_yet = range.since.is_some_and(|since| {
            self.before(since).is_none_or(|last| scope.high <= last) && scope.high < since
        });
        let no_more = range.until.is_some_and(|until| scope.low >= until);
        if not_yet || no_more {
            Holds::Never
        } else if fully_since && fully_until {
            Holds::Always
        } else {
            Holds::Depends { text: range.text() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder() -> Versions {
        let rung = |text: &str, config| Rung {
            version: Release::parse(text).unwrap(),
            config,
            date: (text == "0.21.5").then(|| "2026-09-24".to_owned()),
        };
        Versions {
            oldest_supported: Release::new(0, 16, 0),
            newest_known: Release::new(0, 23, 3),
            ladder: vec![
                rung("0.19.0", 33),
                rung("0.20.0", 33),
                rung("0.20.1", 37),
                rung("0.21.3", 44),
                rung("0.21.4", 45),
                rung("0.21.5", 46),
                rung("0.22.2", 50),
            ],
            announced: Vec::new(),
        }
    }

    fn release(text: &str) -> Release {
        Release::parse(text).unwrap()
    }

    #[test]
    fn calendar_tags_are_looked_up() {
        assert_eq!(ladder().parse("v2026.9.24"), Some(Release::new(0, 21, 5)));
        assert_eq!(ladder().parse("2026.1.1"), None);
        assert_eq!(ladder().parse("0.19.0"), Some(Release::new(0, 19, 0)));
    }

    #[test]
    fn a_gap_depends_on_the_patch_release() {
        let versions = ladder();
        let since = Range { since: Some(release("0.21.3")), until: None };
        let at = |text: &str| versions.holds(&since, &VersionScope::exact(release(text)));
        assert_eq!(at("0.20.1"), Holds::Never, "the rung before it");
        assert_eq!(at("0.21.2"), Holds::Depends { text: "from 0.21.3 on".into() });
        assert_eq!(at("0.21.3"), Holds::Always);
        assert_eq!(at("0.23.3"), Holds::Always, "beyond the ladder");
        assert_eq!(at("0.16.0"), Holds::Never, "before the ladder");

        let until = Range { since: None, until: Some(release("0.22.2")) };
        let at = |text: &str| versions.holds(&until, &VersionScope::exact(release(text)));
        assert_eq!(at("0.21.5"), Holds::Always);
        assert_eq!(at("0.22.0"), Holds::Depends { text: "before 0.22.2".into() });
        assert_eq!(at("0.22.2"), Holds::Never);
        assert_eq!(at("0.17.1"), Holds::Always);
    }

    #[test]
    fn a_scope_that_spans_the_bound_depends() {
        let versions = ladder();
        let range = Range { since: Some(release("0.20.0")), until: Some(release("0.21.4")) };
        let text = "from 0.20.0 on, before 0.21.4".to_owned();
        assert_eq!(
            versions.holds(&range, &versions.unknown()),
            Holds::Depends { text: text.clone() }
        );
        let narrow = VersionScope { low: release("0.20.0"), high: release("0.21.3") };
        assert_eq!(versions.holds(&range, &narrow), Holds::Always);
        assert_eq!(versions.holds(&range, &versions.at_least(release("0.21.4"))), Holds::Never);
        assert_eq!(
            versions.holds(&range, &versions.at_least(release("0.21.3"))),
            Holds::Depends { text }
        );
        assert_eq!(versions.holds(&Range::ALWAYS, &versions.unknown()), Holds::Always);
    }

    #[test]
    fn the_config_version_is_a_lower_bound() {
        let versions = ladder();
        assert_eq!(versions.from_config_version(33).low, release("0.19.0"), "shared by two rungs");
        assert_eq!(versions.from_config_version(42).low, release("0.20.1"), "inside a gap");
        assert_eq!(versions.from_config_version(99).low, release("0.22.2"));
        assert_eq!(versions.from_config_version(12), versions.unknown());
        assert_eq!(versions.at_least(release("0.24.0")).high, release("0.24.0"));
    }

    #[test]
    fn ranges_intersect() {
        let a = Range { since: Some(release("0.20.0")), until: None };
        let b = Range { since: Some(release("0.21.3")), until: Some(release("0.22.2")) };
        assert_eq!(a.and(b), b);
        assert_eq!(a.and(Range::ALWAYS), a);
    }
}
