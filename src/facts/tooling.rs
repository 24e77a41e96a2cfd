//! Tools around a deployment: credential scanners and the like, by the words that name them.

use serde::Deserialize;

/// The file `tooling.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tooling {
    /// Credential scanners, lower case.
    pub scanners: Vec<String>,
}
