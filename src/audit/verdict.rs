//! What a verified log proves, and what not: the verdict and the five claims.

use serde::Serialize;

use super::finding::{Finding, Severity};

/// What came of it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing speaks against it; what that proves is in the claims.
    Intact,
    /// Something needed to tell is missing: a key, a profile.
    Unverifiable,
    /// It is not what was written.
    Broken,
}

/// One of five questions to a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// `edits`, `order`, `completeness`, `authorship`, `time`.
    pub claim: &'static str,
    /// Whether it is proved, for the records up to `up_to`.
    pub proved: bool,
    /// The number of records, from the first, it is proved for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// Who proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why, or why not.
    pub reason: String,
}

/// What the claims rest on.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// How many records there are.
    pub records: u64,
    /// Whether an error was found.
    pub broken: bool,
    /// Whether something could not be checked.
    pub unverifiable: bool,
    /// The largest head that somebody vouches for and that stands here: records, who, when.
    pub anchored: Option<(u64, String, Option<String>)>,
    /// Whether every record is signed by a trusted key.
    pub all_sealed: bool,
    /// Whether these signatures cover what links the records.
    pub seals_cover_link: bool,
    /// Whether they are MACs, which whoever checks could have made.
    pub seals_are_macs: bool,
    /// Whether the chain is keyed, and the key was given.
    pub keyed: bool,
}

/// Answers the five questions.
#[must_use]
pub fn claims(grounds: &Grounds) -> Vec<Claim> {
    let anchored = grounds.anchored.clone();
    let total = grounds.records;
    let nothing = |claim, reason: &str| Claim {
        claim,
        proved: false,
        up_to: None,
        by: None,
        at: None,
        reason: reason.to_owned(),
    };
    if grounds.broken || grounds.unverifiable {
        let why = if grounds.broken {
            "the log is broken; see the findings"
        } else {
            "something needed to tell is missing; see the findings"
        };
        return ["edits", "order", "completeness", "authorship", "time"]
            .map(|claim| nothing(claim, why))
            .into();
    }
    let rest = |up_to: u64| match total - up_to {
        0 => String::new(),
        1 => "; the last record agrees with itself only".to_owned(),
        more => format!("; the last {more} records agree with themselves only"),
    };
    let by_anchor = |claim, what: &str| {
        let (size, by, at) = anchored.clone().unwrap_or_default();
        Claim {
            claim,
            proved: true,
            up_to: Some(size),
            by: Some(by),
            at,
            reason: format!("{what}{}", rest(size)),
        }
    };
    let has_anchor = anchored.as_ref().is_some_and(|(size, _, _)| *size > 0);
    let seal = |claim, what: &str| Claim {
        claim,
        proved: true,
        up_to: Some(total),
        by: Some("the key of its signatures".to_owned()),
        at: None,
        reason: what.to_owned(),
    };
    let alone = "the chain agrees with itself; whoever can write the log can rewrite all of it, and nobody outside \
                 vouches for its head";
    let edits = if grounds.all_sealed && total > 0 {
        seal("edits", "every record is signed by a trusted key")
    } else if has_anchor {
        by_anchor("edits", "the records have the root that was vouched for")
    } else if grounds.keyed && total > 0 {
        seal("edits", "the chain is keyed; who has not the key can't rewrite it")
    } else {
        nothing("edits", alone)
    };
    let order = if grounds.all_sealed && grounds.seals_cover_link && total > 0 {
        seal("order", "the signatures cover what links the records")
    } else if has_anchor {
        by_anchor("order", "as for edits")
    } else if grounds.keyed && total > 0 {
        seal("order", "the chain is keyed; who has not the key can't rewrite it")
    } else if grounds.all_sealed {
        nothing("order", "the signatures do not cover what links the records")
    } else {
        nothing("order", "as for edits")
    };
    let completeness = if has_anchor {
        by_anchor("completeness", "no record up to there is missing")
    } else {
        nothing(
            "completeness",
            "a log whose last records were cut off looks the same: no checkpoint, no state of an earlier run",
        )
    };
    let authorship = if grounds.all_sealed && !grounds.seals_are_macs && total > 0 {
        seal("authorship", "every record is signed by a trusted key")
    } else if grounds.all_sealed {
        nothing("authorship", "whoever can check a MAC can make one")
    } else {
        nothing("authorship", "the records name their writer, and no trusted key signs them")
    };
    let time = match &anchored {
        Some((size, by, Some(at))) if *size > 0 => nothing(
            "time",
            &format!(
                "the times are the writer's own; the first {size} records were there at {at} ({by})"
            ),
        ),
        _ => nothing("time", "the times are the writer's own; no outside clock"),
    };
    vec![edits, order, completeness, authorship, time]
}

/// The verdict on findings.
#[must_use]
pub fn verdict(findings: &[Finding], unverifiable: bool) -> Verdict {
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        Verdict::Broken
    } else if unverifiable {
        Verdict::Unverifiable
    } else {
        Verdict::Intact
    }
}
