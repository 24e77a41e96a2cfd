//! Finds credentials in bytes: detectors with a vendor's shape, and values under secret names.
//!
//! Knows nothing of files or findings. [`Engine`] runs the detectors; [`assignments`] finds literals
//! under names such as `api_key`; [`classify()`] tells a literal from what merely looks like one.

pub mod assignment;
mod check;
pub mod classify;
mod encoding;
pub mod engine;
mod hosts;
mod literals;
pub mod names;
mod placeholder;
mod prefilter;
pub mod redact;
mod runs;
pub mod spec;
mod syntax;
pub mod template;

#[cfg(test)]
mod data_tests;

pub use assignment::{Assignment, assignments};
pub use classify::{Class, Context, Kind, classify};
pub use encoding::entropy;
pub use engine::{Candidate, Engine};
pub use names::{is_secret_name, is_secret_name_in_credential_block};
pub use redact::redact;
pub use spec::{Check, Confidence, DetectorSpec, Severity, SpecError, SpecFile};
pub use syntax::Separator;
