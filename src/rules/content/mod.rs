//! `content/`: what goes into prompts.

pub mod sensitive_data;
pub mod suppression_in_content;

use crate::content::personal::{self, Personal};
use crate::document::{Document, Kind};

/// What in `document` is about a person; only looked for in what the model reads.
#[must_use]
pub fn inspect(document: &Document) -> Vec<Personal> {
    match document.kind {
        Kind::Prompt | Kind::Skill(_) | Kind::SkillFile | Kind::Jobs(_) => {
            personal::find(document.text.bytes())
        }
        _ => Vec::new(),
    }
}
