//! One file a rule: what a rule is, how it says what it found, and the table of all of them.
//!
//! A rule sees one document or one home through the engines, and adds findings. It can't read a file,
//! print or exit. Its id, file, documentation page and fixtures share one name.

mod build;
pub(crate) mod paths;
pub(crate) mod posture;
mod registry;

pub use build::{Draft, Findings};
pub use registry::{RULES, find};

use crate::deployment::{Deployment, Home};
use crate::facts::Range;
use crate::finding::{Confidence, Decision, Severity};

pub mod audit;
pub mod config;
pub mod content;
pub mod cron;
pub mod env;
pub mod gateway;
pub mod host;
pub mod mcp;
pub mod repo;
pub mod secret;
pub mod skill;

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct RuleMeta {
    /// `family/name`, the anchor of everything else.
    pub id: &'static str,
    /// What it finds, as a lower-case phrase.
    pub summary: &'static str,
    /// Severity unless the rule knows better in a case.
    pub severity: Severity,
    /// Confidence unless the rule knows better in a case.
    pub confidence: Confidence,
    /// Releases of Hermes Agent that it can be true for.
    pub hermes: Range,
    /// Checklist items that it decides or helps to.
    pub checklist: &'static [&'static str],
    /// Numbers of the CWE entries that it is an instance of.
    pub cwe: &'static [u16],
    /// Version of hermes-lint that brought it.
    pub since: &'static str,
    /// The documentation page.
    pub page: &'static str,
}

/// The documentation page of a rule, compiled in: a rule without one does not build.
macro_rules! page {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/docs/", $id, ".md"))
    };
}
pub(crate) use page;

/// A rule about one file, run as soon as the file is read.
pub trait FileRule {
    /// What is known of it.
    const META: RuleMeta;
    /// Looks at one file.
    fn check(file: &crate::rules::secret::File<'_>, findings: &mut Findings);
}

/// A rule about one Hermes home, run once all files are read.
pub trait HomeRule {
    /// What is known of it.
    const META: RuleMeta;
    /// Looks at one home.
    fn check(home: &Home<'_>, findings: &mut Findings);
}

/// A rule about everything that was scanned.
pub trait DeploymentRule {
    /// What is known of it.
    const META: RuleMeta;
    /// Looks at the whole deployment.
    fn check(deployment: &Deployment<'_>, findings: &mut Findings);
}

/// A rule about what an operator decided about findings, run once all of those are known.
pub trait DecisionRule {
    /// What is known of it.
    const META: RuleMeta;
    /// Looks at one decision.
    fn check(decision: &Decision, findings: &mut Findings);
}

/// How a rule is run.
#[derive(Clone, Copy)]
pub enum Check {
    /// On each decision.
    Decision(fn(&Decision, &mut Findings)),
    /// On each file.
    File(fn(&crate::rules::secret::File<'_>, &mut Findings)),
    /// On each home.
    Home(fn(&Home<'_>, &mut Findings)),
    /// Once.
    Deployment(fn(&Deployment<'_>, &mut Findings)),
}

/// A row of the rule table.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What is known of it.
    pub meta: RuleMeta,
    /// How it is run.
    pub check: Check,
}

impl Rule {
    /// The row of a file rule.
    #[must_use]
    pub const fn file<R: FileRule>() -> Self {
        Self { meta: R::META, check: Check::File(R::check) }
    }

    /// The row of a home rule.
    #[must_use]
    pub const fn home<R: HomeRule>() -> Self {
        Self { meta: R::META, check: Check::Home(R::check) }
    }

    /// The row of a rule about decisions.
    #[must_use]
    pub const fn decision<R: DecisionRule>() -> Self {
        Self { meta: R::META, check: Check::Decision(R::check) }
    }

    /// The row of a deployment rule.
    #[must_use]
    pub const fn deployment<R: DeploymentRule>() -> Self {
        Self { meta: R::META, check: Check::Deployment(R::check) }
    }
}
