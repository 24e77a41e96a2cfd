//! The detectors of `rules/secrets`, compiled into the binary as a static table.
//!
//! Start-up then neither parses nor copies them; the price is a build script that writes Rust. A row that does
//! not fit the type fails the build.

use std::borrow::Cow;

use super::spec::{Check, Confidence, DetectorSpec, Severity};

/// Every built-in detector, in the order of their files' names.
pub static DETECTORS: &[DetectorSpec] = &include!(concat!(env!("OUT_DIR"), "/detectors.rs"));
