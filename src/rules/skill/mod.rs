//! `skill/`: skills.

pub mod frontmatter_broken;
pub mod scan_exclusion;
