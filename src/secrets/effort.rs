//! How often the bytes of a text are looked at again, and where that is given up.
//!
//! A pass over the bytes costs the same for any text; what follows a hit (a pattern's window, the value behind a
//! name) does not, and a text that is nothing but hits would be read over and over. So each stretch of two
//! kilobytes has a budget of thirty-two times its length. Real text stays far below; where it ran out is counted, so that
//! the report can say so. The counter costs a few additions a hit and nothing elsewhere.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The length of a stretch, in bytes.
const STRETCH: usize = 2048;
/// How many bytes are looked at again in one.
const MOST: usize = 32 * STRETCH;
/// What a hit costs besides the bytes that it leads to: a name is taken apart, a pattern's search set up.
pub(super) const HIT: usize = 32;
/// How far a pattern that begins at a keyword reads before it fails, as a guess.
pub(super) const FAILED: usize = 96;

/// What a scan cost, and what it left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Bytes shown to patterns and to the readers of names and values, those of decoded texts included.
    pub looked: usize,
    /// Stretches that hold more hits than were followed.
    pub dense: usize,
    /// Where the first of them is, in bytes.
    pub first: Option<usize>,
}

impl Effort {
    /// Adds what another pass cost; `place` tells where in this text an offset of that one's lies.
    pub(super) fn add(&mut self, other: Self, place: impl FnOnce(usize) -> usize) {
        self.looked += other.looked;
        self.dense += other.dense;
        let first = other.first.map(place);
        self.first = self.first.into_iter().chain(first).min();
    }
}

/// What may still be spent around the place of the last hit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    from: usize,
    spent: usize,
    total: Effort,
}

impl Budget {
    /// True when a hit at `at` can be followed. Hits come nearly in order.
    pub const fn is_open(&mut self, at: usize) -> bool {
        if at.abs_diff(self.from) > STRETCH {
            self.from = at;
            self.spent = 0;
        }
        if self.spent < MOST {
            return true;
        }
        // Said once a stretch.
        if self.spent < usize::MAX {
            self.spent = usize::MAX;
            self.total.dense += 1;
            if self.total.first.is_none() {
                self.total.first = Some(at);
            }
        }
        false
    }

    /// Notes that a hit was followed over `bytes`.
    pub const fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
        self.total.looked = self.total.looked.saturating_add(bytes);
    }

    /// What was spent in all.
    pub const fn total(self) -> Effort {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_that_is_spent_is_counted_once_and_the_next_is_open() {
        let mut budget = Budget::default();
        for at in 10..20 {
            assert_eq!(budget.is_open(at), at < 18);
            budget.spend(MOST / 8);
        }
        assert!(budget.is_open(5000));
        assert_eq!(budget.total(), Effort { looked: 10 * MOST / 8, dense: 1, first: Some(18) });
        let mut all = Effort { first: Some(40), ..Effort::default() };
        all.add(budget.total(), |at| at + 1);
        assert_eq!((all.dense, all.first), (1, Some(19)));
    }
}
