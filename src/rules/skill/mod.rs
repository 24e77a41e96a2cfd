//! `skill/`: skills.

pub mod frontmatter_broken;
pub mod hidden_command;
pub mod locked_archive;
pub mod scan_exclusion;
