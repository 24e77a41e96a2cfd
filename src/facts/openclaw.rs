//! Settings of OpenClaw that turn up in Hermes files after a move, and where OpenClaw lies beside a home.

use serde::Deserialize;

use super::Platforms;
use super::inert::{Blocks, fits};

/// The file `openclaw.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenClaw {
    /// Folders of its installations, beside a Hermes home.
    pub folders: Vec<String>,
    keys: Vec<OpenClawKey>,
    of_platforms: Vec<OpenClawKey>,
    #[serde(skip)]
    blocks: Blocks,
}

/// A setting that OpenClaw reads and Hermes does not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenClawKey {
    /// Its path; of a platform's settings the last segment.
    pub key: String,
    /// The setting of Hermes with that effect.
    #[serde(default)]
    pub instead: Option<String>,
    /// True when an operator relies on it.
    #[serde(default)]
    protects: bool,
    /// Values under which it protects nothing.
    #[serde(default)]
    lax: Vec<String>,
    /// Platforms whose adapter reads it all the same.
    #[serde(default)]
    read_by: Vec<String>,
}

impl OpenClawKey {
    /// True when an operator relies on it with this value; `None` for a list or a block.
    #[must_use]
    pub fn protects(&self, value: Option<&str>) -> bool {
        let lax = |value: &str| self.lax.iter().any(|lax| lax.eq_ignore_ascii_case(value.trim()));
        self.protects && !value.is_some_and(lax)
    }
}

impl OpenClaw {
    /// The settings that stand at one place.
    #[cfg(test)]
    pub(super) fn keys(&self) -> &[OpenClawKey] {
        &self.keys
    }

    /// The setting at `path` of config.yaml.
    #[must_use]
    pub fn find(&self, path: &[&str], platforms: &Platforms) -> Option<&OpenClawKey> {
        let key = |index: usize| Some(&*self.keys.get(index)?.key);
        if let Some(index) = self.blocks.find(self.keys.len(), key, path) {
            return self.keys.get(index);
        }
        let (last, above) = path.split_last()?;
        let known = self.of_platforms.iter().find(|known| known.key == *last)?;
        let above = above.strip_prefix(&["gateway"]).unwrap_or(above);
        let above = above.strip_prefix(&["platforms"]).unwrap_or(above);
        let (platform, below) = above.split_first()?;
        let here = below.is_empty() || ["extra", "accounts.*"].iter().any(|at| fits(at, below));
        let platform = platforms.get(platform).filter(|_| here)?;
        (!known.read_by.contains(&platform.id)).then_some(known)
    }
}
