//! Finds credentials in bytes: detectors with a vendor's shape, and values under secret names.
//!
//! Knows nothing of files or findings. [`Engine`] runs the detectors; [`assignments`] finds literals
//! under names such as `api_key`; [`classify()`] tells a literal from what merely looks like one.

pub mod assignment;
mod builtin;
mod check;
pub mod classify;
pub mod context;
mod detector;
mod digest;
mod edges;
mod effort;
mod encoding;
pub mod engine;
mod hosts;
pub mod import;
pub mod lint;
pub mod name_kind;
pub mod names;
pub mod nature;
pub mod pattern;
mod place;
mod placeholder;
mod prefilter;
pub mod redact;
mod scan;
mod settle;
mod sieve;
pub mod spec;
mod substrings;
mod sums;
mod syntax;
pub mod template;
pub mod views;
mod wording;

#[cfg(test)]
mod data_tests;

pub use assignment::{Assignment, assignments, name_of};
pub use builtin::DETECTORS;
pub use check::Note;
pub use classify::{Class, Context, Kind, classify};
pub use effort::{Effort, MOST_FOUND};
pub use encoding::entropy;
pub use engine::{Candidate, Engine, Half, Origin};
pub use names::{is_secret_name, is_secret_name_in_credential_block};
pub use nature::{Language, Nature};
pub use placeholder::few_words as is_wording;
pub use redact::redact;
pub use spec::{Check, Confidence, DetectorSpec, Severity, SpecError, SpecFile};
pub use syntax::Separator;
