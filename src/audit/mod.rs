//! Hash-chained audit logs: verified, written, reviewed.
//!
//! Nothing here knows the linter's pipeline, and nothing there knows this: what a log's event may not hold (a secret,
//! a person's data) is asked through a trait the command line fills in.

pub mod key;
pub mod merkle;
pub mod note;
pub mod record;
