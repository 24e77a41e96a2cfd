//! How Hermes decides on a command, by release, as pure functions.
//!
//! The module knows nothing of files, YAML or findings: it takes lists, commands and a [`Release`] and
//! says what is denied, what is allowed for good, and what gets through. Where Hermes's reading is
//! defined it is followed to the letter, approximations included; where none exists (the deny lists of
//! hardening guides, which no program reads) one plain reading is chosen and stated.

pub mod allow;
pub mod asked;
pub mod coverage;
pub mod decide;
pub mod form;
pub mod glob;
pub mod guide;
pub mod hardline;
pub mod native;
pub mod shell;
pub mod table;
pub mod words;

#[cfg(test)]
mod data_tests;

pub use crate::release::Release;
pub use allow::{Rating, ScalarAllow, Special, rate, scalar_allow};
pub use asked::AskedCommands;
pub use coverage::{ClassHoles, DenyVocabulary, Hole, MAX_ENTRIES, holes};
pub use guide::{GuideEntry, GuideLine};
pub use hardline::hardline;
pub use native::{DenyGlob, ScalarEffect, Variants, denied_by, scalar_deny};
pub use table::{ApprovalTable, CommandClass, CommandTable, Spelling};
pub use words::{Mode, Truth, Unattended, Value, approvals_mode, unattended_mode};
