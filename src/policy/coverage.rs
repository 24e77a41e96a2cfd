//! What gets through a deny list: for each destructive class, the spellings the list does not stop.
//!
//! Every spelling is tried; whether a hole in an exotic one matters is the caller's judgement.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::guide::{GuideEntry, GuideLine};
use super::native::DenyGlob;
use super::table::{CommandClass, CommandTable, Spelling};
use crate::release::Release;

/// Entries of a list, of commands denied or allowed, that are judged. Each costs a match for every spelling, and a
/// list worth keeping has some dozens; of a longer one the first this many count.
pub const MAX_ENTRIES: usize = 5_000;

/// Whose rules a deny list follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenyVocabulary {
    /// `approvals.deny`, matched as Hermes matches it.
    Native,
    /// `security.command_denylist` and the like, matched as [`guide`](super::guide) says.
    Guide,
}

/// One class, and what a list leaves open in it.
#[derive(Clone, Debug)]
pub struct ClassHoles<'t> {
    /// The class.
    pub class: &'t CommandClass,
    /// Spellings the list stops.
    pub denied: usize,
    /// Spellings that get through, in the table's order (usual ones first).
    pub through: Vec<Hole<'t>>,
}

/// A spelling no entry stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole<'t> {
    /// The spelling.
    pub spelling: &'t Spelling,
    /// True when Hermes refuses the command anyway (local and ssh backends).
    pub hardline: bool,
}

impl<'t> ClassHoles<'t> {
    /// Usual spellings that get through; none means the class is covered.
    pub fn usual(&self) -> impl Iterator<Item = &Hole<'t>> {
        self.through.iter().filter(|hole| hole.spelling.usual)
    }
}

/// Tries every spelling of every class against a list, against its first [`MAX_ENTRIES`] entries if it has
/// more.
#[must_use]
pub fn holes<'t, S: AsRef<str>>(
    vocabulary: DenyVocabulary,
    entries: &[S],
    commands: &'t CommandTable,
    release: Release,
) -> Vec<ClassHoles<'t>> {
    let entries = entries.get(..MAX_ENTRIES).unwrap_or(entries);
    let native = DenyGlob::list(entries);
    let guide = GuideEntry::list(entries);
    let denied = |command: &str| match vocabulary {
        DenyVocabulary::Native => {
            commands.judged(command, release).variants.denied_by(&native).is_some()
        }
        DenyVocabulary::Guide => GuideLine::new(command).denied_by(&guide).is_some(),
    };
    let of_class = |class: &'t CommandClass| {
        let through: Vec<Hole<'t>> = class
            .spellings
            .iter()
            .filter(|spelling| !denied(&spelling.command))
            .map(|spelling| Hole {
                spelling,
                hardline: commands.judged(&spelling.command, release).hardline(),
            })
            .collect();
        ClassHoles { class, denied: class.spellings.len() - through.len(), through }
    };
    commands.classes.iter().map(of_class).collect()
}
