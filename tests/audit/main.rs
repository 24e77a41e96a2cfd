//! Audit logs end to end: logs written here by other means than the verifier's, and what becomes of them when somebody
//! lays hands on them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod mutations;
mod profiles;
mod prune;
mod review;
mod writers;
