//! Applies edits: comment-preserving, atomic, with undo.
//!
//! Files are changed in memory first ([`Workspace`]), looked at by whoever wired this up, and written only then
//! ([`mod@write`]), each with one rename. What was done is noted before it is done ([`journal`]), without any credential:
//! a secret that was moved to a dotenv file is found there again when the move is undone.

pub mod diff;
pub mod journal;
pub mod workspace;
pub mod write;

pub use workspace::{Changed, Step, Workspace};
