//! Hash-chained audit logs: verified, written, reviewed.
//!
//! Nothing here knows the linter's pipeline, and nothing there knows this: what a log's event may not hold (a secret,
//! a person's data) is asked through a trait the command line fills in.
//!
//! Verifying goes one way: [`feed`] (records of a file) to [`check`] (each alone, on every core) to [`join`] (each
//! after the one before) to [`blame`] (what happened, if it is broken) to [`verdict`] (what is proved). [`profile`]
//! says how a format makes its chain.

pub mod anchor;
pub mod blame;
pub mod chain;
pub mod check;
pub mod checkpoint;
pub mod feed;
pub mod finding;
pub mod head;
pub mod join;
pub mod json;
pub mod key;
pub mod keyring;
pub mod logs;
pub mod meaning;
pub mod merkle;
pub mod note;
pub mod plan;
pub mod preimage;
pub mod profile;
pub mod record;
pub mod review;
pub mod rotation;
pub mod run;
pub mod seal;
pub mod time;
pub mod uncovered;
pub mod verdict;
pub mod verify;
