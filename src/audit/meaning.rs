//! What each code means and what to do about it: `rules/audit/codes.yaml`, and for reviews `rules/audit/review.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What a code means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// What was found.
    pub means: String,
    /// What to do about it.
    pub r#do: String,
}

/// The meaning of the code `id`, of a verification or a review.
#[must_use]
pub fn meaning(id: &str) -> Option<&'static Meaning> {
    all().get(id).or_else(|| reviews().get(id))
}

/// What a review can say, by its name.
pub fn reviews() -> &'static BTreeMap<String, Meaning> {
    #[derive(Deserialize)]
    struct File {
        anomalies: BTreeMap<String, Meaning>,
    }
    static ALL: LazyLock<BTreeMap<String, Meaning>> = LazyLock::new(|| {
        crate::data::file("audit/review")
            .and_then(|text| serde_json::from_str::<File>(text).ok())
            .map(|file| file.anomalies)
            .unwrap_or_default()
    });
    &ALL
}

/// Every code of a verification, by its name.
pub fn all() -> &'static BTreeMap<String, Meaning> {
    static ALL: LazyLock<BTreeMap<String, Meaning>> = LazyLock::new(|| {
        // A test reads the file; the program goes without what it can't read.
        crate::data::file("audit/codes")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::finding::Code;

    #[test]
    fn every_code_has_a_meaning_and_no_other() {
        let mut known: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
        known.sort_unstable();
        let described: Vec<&str> = all().keys().map(String::as_str).collect();
        assert_eq!(described, known);
    }
}
