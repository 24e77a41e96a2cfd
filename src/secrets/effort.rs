//! How often the bytes of a text are looked at again, and where that is given up.
//!
//! A pass over the bytes costs the same for any text; what follows a hit (a pattern's window, the value behind a
//! name) does not, and a text that is nothing but hits would be read over and over. So each stretch of two
//! kilobytes has a budget of sixteen times its length, and a text holds only so many credentials before the rest of
//! it is passed over. Real text stays far below both. What was not read is told, so that the report can say so and
//! masks it: a secret that nobody has found must not be shown beside one that was. The counter costs a few additions a
//! hit and nothing elsewhere.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// The length of a stretch, in bytes.
const STRETCH: usize = 2048;
/// How many bytes are looked at again in one.
const MOST: usize = 16 * STRETCH;
/// How often the bytes of a whole text are looked at again; no real one of a megabyte needs as much as one time.
const MOST_IN_ALL: usize = 4;
/// A text of less is allowed as much as one of this length, in bytes.
const LEAST: usize = 1 << 20;
/// How many credentials of one kind (known by their shape, or by their place) are told in one text; a text has at most
/// a few megabytes. More is no source, no configuration and no log, but a list of credentials, which is of one piece.
pub const MOST_FOUND: usize = 4096;
/// What a hit costs besides the bytes that it leads to: a name is taken apart, a pattern's search set up.
pub(super) const HIT: usize = 32;
/// How far a pattern that begins at a keyword reads before it fails, as a guess.
pub(super) const FAILED: usize = 96;

/// What a scan cost, and what it left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Bytes shown to patterns and to the readers of names and values, those of decoded texts included.
    pub looked: usize,
    /// Where there is more than was followed, in order. Elsewhere every hit was.
    pub unread: Vec<Span>,
    /// The text holds more credentials than are told.
    pub full: bool,
}

impl Effort {
    /// Adds what another pass cost; `place` tells where in this text a span of that one's lies.
    pub(super) fn add(&mut self, other: Self, place: impl Fn(Span) -> Span) {
        self.looked += other.looked;
        self.full |= other.full;
        if !other.unread.is_empty() {
            self.unread.extend(other.unread.into_iter().map(place));
            self.unread.sort_unstable();
        }
    }

    /// Notes that `rest` is passed over because too much was found before.
    pub(super) fn give_up(&mut self, rest: Span) {
        self.add(Self { looked: 0, unread: vec![rest], full: true }, |span| span);
    }
}

/// What may still be spent around the place of the last hit.
#[derive(Debug)]
pub(super) struct Budget {
    length: usize,
    from: usize,
    spent: usize,
    looked: usize,
    unread: Vec<Span>,
    /// Where everything was spent.
    closed: Option<usize>,
}

impl Budget {
    /// For a text of `length` bytes.
    pub const fn new(length: usize) -> Self {
        Self { length, from: 0, spent: 0, looked: 0, unread: Vec::new(), closed: None }
    }

    /// True when a hit at `at` can be followed. Hits come nearly in order.
    pub fn is_open(&mut self, at: usize) -> bool {
        if at.abs_diff(self.from) > STRETCH {
            self.from = at;
            self.spent = 0;
        }
        if self.looked / MOST_IN_ALL >= self.length.max(LEAST) {
            match &mut self.closed {
                Some(first) => *first = at.min(*first),
                None => self.closed = Some(at),
            }
            return false;
        }
        if self.spent < MOST {
            return true;
        }
        match self.unread.last_mut().filter(|_| self.spent == usize::MAX) {
            Some(last) => last.start = last.start.min(at),
            // Said once a stretch.
            None => {
                self.spent = usize::MAX;
                self.unread.push(Span::new(at, self.from + STRETCH));
            }
        }
        false
    }

    /// Notes that a hit was followed over `bytes`.
    pub const fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
        self.looked = self.looked.saturating_add(bytes);
    }

    /// What was spent in all.
    pub fn total(mut self) -> Effort {
        self.unread.extend(self.closed.map(|first| Span::new(first, self.length)));
        Effort { looked: self.looked, unread: self.unread, full: self.closed.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dense_stretch_is_told_once_and_the_next_begins_anew() {
        let mut budget = Budget::new(9000);
        for at in 10..20 {
            assert_eq!(budget.is_open(at), at < 18);
            budget.spend(MOST / 8);
        }
        assert!(!budget.is_open(5), "hits come nearly in order");
        assert!(budget.is_open(5000));
        let total = budget.total();
        assert_eq!((total.looked, &*total.unread), (10 * MOST / 8, &[Span::new(5, STRETCH)][..]));
        let mut all = Effort { unread: vec![Span::new(7, 9)], ..Effort::default() };
        all.add(total, |span| span.shifted(1));
        assert_eq!(all.unread, [Span::new(6, STRETCH + 1), Span::new(7, 9)]);
        all.give_up(Span::new(8, 20));
        assert!(all.full && all.unread.last() == Some(&Span::new(8, 20)));
    }

    #[test]
    fn a_text_is_given_up_where_all_is_spent() {
        let mut budget = Budget::new(3 * LEAST);
        let hits = (0..).step_by(2 * STRETCH).take_while(|&at| {
            let open = budget.is_open(at);
            budget.spend(MOST);
            open
        });
        assert_eq!(hits.count(), 3 * LEAST * MOST_IN_ALL / MOST);
        assert!(!budget.is_open(7));
        let total = budget.total();
        assert_eq!((total.unread, total.full), (vec![Span::new(7, 3 * LEAST)], true));
    }
}
