//! hermes-lint reads a Hermes Agent deployment, or the repo that produces one, and says with file, line
//! and fix what makes it unsafe.
//!
//! Data takes one road: [`source`] (bytes) to [`document`] (meaning) to [`rules`] (findings) to
//! [`triage`] (what counts) to [`report`]. [`deployment`] joins documents and [`host`] facts beside it.
//! Each stage knows only the stages before it.

pub mod audit;
pub mod checklist;
pub mod cli;
pub mod content;
pub mod data;
pub mod deployment;
pub mod document;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod fleet;
pub mod host;
pub mod near;
pub mod policy;
pub mod release;
pub mod report;
pub mod rules;
pub mod secrets;
pub mod settings;
pub mod setup;
pub mod source;
pub mod span;
pub mod triage;
