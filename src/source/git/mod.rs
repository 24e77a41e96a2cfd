//! Reading from git: what is staged, what a branch adds, and all of a repository's history.
//!
//! Through gix, from the object database and the index alone: no process is started, nothing of the repository's
//! configuration is executed, and replacement refs are not followed, so that what is stored is what is read. Blobs
//! are shown to the same visitor as files are.

mod added;
mod blobs;
mod changes;
mod checkout;
mod facts;
pub mod history;
mod packs;
mod repo;
mod view;

pub use added::Added;
pub use blobs::{Blob, visit};
pub use changes::{Change, Changes};
pub use checkout::Checkout;
pub use facts::{Git, Tracking};
pub use packs::{Packs, Place};
pub use repo::{Error, Range, Repo, Shared};
pub use view::View;

pub use gix::ObjectId;

use std::path::PathBuf;

/// The path that a repository stores as these bytes. On Windows, what is no UTF-8 is replaced.
#[must_use]
pub fn path(bytes: &[u8]) -> PathBuf {
    gix::path::from_byte_slice(bytes).map_or_else(
        |_| PathBuf::from(String::from_utf8_lossy(bytes).into_owned()),
        std::path::Path::to_path_buf,
    )
}
