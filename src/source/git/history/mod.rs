//! All that was ever committed: which blobs there are, and which commits brought and removed what was found in them.
//!
//! Each blob is looked at once, however many commits have it. Who brought it is only asked for blobs in which
//! something was found, by comparing what trees hold: nothing is diffed. The price is that every tree is read twice
//! when something was found; the gain, that memory is bounded by the number of objects and not by that of changes.

mod commits;
mod files;
mod origins;
mod past;

pub use commits::{Commits, Reach};
pub use files::Files;
pub use origins::{Origins, origins};
pub use past::{Past, Version, past};
