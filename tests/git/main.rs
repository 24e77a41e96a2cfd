//! What git stores, read from the index and from commits.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "../common/mod.rs"]
mod common;
mod history;
mod packs;
mod past;
mod range;
mod repo;
mod staged;

use hermes_lint::secrets::template;

/// A key of a vendor, made up; another one for each seed.
pub fn key(seed: u64) -> String {
    template::expand("sk-ant-api03-{alnum:93}AA", seed).unwrap()
}

/// A line that holds it.
pub fn line(key: &str) -> String {
    format!("client = Anthropic(\"{key}\")\n")
}
