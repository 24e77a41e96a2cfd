//! Counts what one outermost archive costs, and ends it when that is too much.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use super::scan::Halt;
use super::{Limits, Stop};

/// What an archive may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    size: Cell<u64>,
    produced: Cell<u64>,
    entries: Cell<u64>,
    stop: RefCell<Option<Stop>>,
}

impl Budget {
    /// For an archive of `size` bytes.
    pub fn new(limits: &Limits, size: u64) -> Self {
        Self {
            limits: *limits,
            size: Cell::new(size),
            produced: Cell::new(0),
            entries: Cell::new(0),
            stop: RefCell::new(None),
        }
    }

    /// Why the archive was left, if it was.
    pub fn stopped(&self) -> Option<Stop> {
        self.stop.borrow().clone()
    }

    /// One entry more.
    pub fn entry(&self) -> Result<(), Halt> {
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() <= self.limits.entries {
            return Ok(());
        }
        self.stop(Stop::Entries { limit: self.limits.entries });
        Err(Halt)
    }

    /// Ends the archive. The error is for whoever reads it.
    pub fn stop(&self, why: Stop) -> io::Error {
        self.stop.borrow_mut().get_or_insert(why);
        io::Error::other("the archive's budget is spent")
    }

    /// Decompressed bytes more.
    fn produce(&self, count: usize) -> io::Result<()> {
        let all = self.produced.get().saturating_add(count as u64);
        self.produced.set(all);
        let stop = if all > self.limits.total {
            Stop::Total { limit: self.limits.total }
        } else if all > self.limits.ratio_from && all / self.limits.ratio.max(1) > self.size.get() {
            Stop::Ratio { limit: self.limits.ratio }
        } else {
            return Ok(());
        };
        Err(self.stop(stop))
    }
}

/// What an archive's bytes come to, counted.
pub(super) struct Metered<'b, R> {
    pub inner: R,
    pub budget: &'b Budget,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.budget.produce(count)?;
        Ok(count)
    }
}

/// The bytes of an archive whose size only its end tells.
pub(super) struct Counted<'b, R> {
    pub inner: R,
    pub budget: &'b Budget,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.budget.size.set(self.budget.size.get().saturating_add(count as u64));
        Ok(count)
    }
}
