//! Which recommended deny globs stop given commands: the shortest list that a help text can show.

use std::sync::Arc;

use crate::policy::table::Judged;
use crate::policy::{CommandClass, CommandTable, DenyGlob, Release};

/// Commands that must be stopped, as each release they are open in sees them.
pub(super) struct Wanted(Vec<Arc<Judged>>);

impl Wanted {
    /// Takes each command of the table in the release it is open in.
    pub fn new<'c>(
        table: &CommandTable,
        commands: impl IntoIterator<Item = (&'c str, Release)>,
    ) -> Self {
        Self(
            commands.into_iter().map(|(command, release)| table.judged(command, release)).collect(),
        )
    }

    /// Drops what `glob` stops.
    pub fn stop(&mut self, glob: &DenyGlob) {
        let glob = std::slice::from_ref(glob);
        self.0.retain(|one| one.variants.denied_by(glob).is_none());
    }

    /// The recommended glob of `class` that stops most of what is left; `None` when none stops any.
    pub fn best<'t>(
        &self,
        class: &'t CommandClass,
        low: Release,
        high: Release,
    ) -> Option<&'t DenyGlob> {
        let stopped = |glob: &DenyGlob| {
            let glob = std::slice::from_ref(glob);
            self.0.iter().filter(|one| one.variants.denied_by(glob).is_some()).count()
        };
        class
            .native_deny((low >= Release::SEGMENT_DENY).then_some(high))
            .zip(class.deny_globs())
            .map(|(_, glob)| (stopped(glob), glob))
            .filter(|(count, _)| *count > 0)
            // Of equals the first: the table lists plain globs before narrow ones.
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map(|(_, glob)| glob)
    }
}
