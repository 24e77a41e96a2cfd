//! The facts of `rules/`, as compiled into the binary.
//!
//! Facts are data, edited without Rust; this module only hands out their text. Who understands a file
//! (the secret engine its detectors, the command model its table) parses it on first use.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The JSON of `rules/<name>.yaml`.
#[must_use]
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|&(_, json)| json)
}

/// Name and JSON of every file below `rules/<folder>/`.
pub fn folder(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().filter(move |(name, _)| {
        name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    })
}

/// SHA-256 over all of it and this version, in hex: equal for equal rule sets only. Computed when the
/// program was built.
#[must_use]
pub const fn digest() -> &'static str {
    DIGEST
}
