//! How much a row of facts matters, in the words of the reports.

use serde::Deserialize;

/// How much a row matters where it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Worth knowing.
    Info,
    /// A layer is missing.
    Warning,
    /// An attacker or an accident can use it now.
    Error,
}
