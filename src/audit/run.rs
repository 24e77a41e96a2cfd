//! Pieces of a log checked on every core, and handed on in order.
//!
//! Threads take the next piece, read and check it, and put what they found where the joining thread waits for it. No
//! thread runs ahead of the joining one by more than a few pieces, which bounds memory whatever the file's size.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::check::{Checker, Local, Record, State, slot};
use super::feed::{Batch, Feed};
use super::plan::Plan;

/// A piece, checked.
#[derive(Debug, Default)]
pub struct Piece {
    /// Its bytes.
    pub batch: Batch,
    /// Its records.
    pub records: Vec<Record>,
    /// What is odd about single ones.
    pub locals: Vec<Local>,
}

/// Pieces that may wait for the joining thread, for each thread.
const AHEAD: u64 = 3;

/// Checks all that `feed` gives with `threads` threads, and calls `join` with one piece after the other.
///
/// # Errors
/// What reading the file met.
pub fn run(
    feed: Feed,
    plan: &Plan<'_>,
    threads: usize,
    join: &mut dyn FnMut(&mut Piece),
) -> io::Result<()> {
    if threads <= 1 {
        return alone(feed, plan, join);
    }
    let shared = Shared {
        queue: Mutex::new(Queue {
            feed: Some(feed),
            next: 0,
            joined: 0,
            done: None,
            error: None,
            spare: Vec::new(),
        }),
        ready: Mutex::new(BTreeMap::new()),
        moved: Condvar::new(),
        room: Condvar::new(),
    };
    let window = AHEAD * threads as u64;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| shared.work(plan, window));
        }
        shared.collect(join)
    })
}

fn alone(mut feed: Feed, plan: &Plan<'_>, join: &mut dyn FnMut(&mut Piece)) -> io::Result<()> {
    let mut checker = Checker::new(plan);
    let mut piece = Piece::default();
    while let Some(ticket) = feed.take()? {
        ticket.read(&mut piece.batch)?;
        check(&mut checker, plan, &mut piece);
        join(&mut piece);
    }
    Ok(())
}

/// Checks the records of a piece.
fn check(checker: &mut Checker<'_>, plan: &Plan<'_>, piece: &mut Piece) {
    let Piece { batch, records, locals } = piece;
    records.clear();
    locals.clear();
    // What comes before the first record belongs to the piece before, and may begin within a letter.
    let start = batch.records.first().map_or(0, |(start, ..)| *start as usize);
    let utf8 = std::str::from_utf8(batch.buffer.get(start..).unwrap_or_default()).is_ok();
    let implicit = plan.profile.prev_is_implicit() && !plan.one_at_a_time();
    for (number, &at) in (0_u32..).zip(&batch.records) {
        let mut record = checker.record(&mut batch.buffer, at, utf8, number, locals);
        if implicit
            && record.state == State::Deferred
            && let Some(before) = records.last()
            && let Some(prev) = slot(&batch.buffer, &before.hash)
        {
            checker.later(&batch.buffer, &mut record, None, Some(prev), number, locals);
        }
        records.push(record);
    }
}

struct Shared {
    queue: Mutex<Queue>,
    ready: Mutex<BTreeMap<u64, Piece>>,
    /// A piece became ready, or there are no more.
    moved: Condvar,
    /// The joining thread has taken one.
    room: Condvar,
}

struct Queue {
    feed: Option<Feed>,
    next: u64,
    joined: u64,
    /// How many pieces there are in all, once that is known.
    done: Option<u64>,
    error: Option<io::Error>,
    spare: Vec<Piece>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn work(&self, plan: &Plan<'_>, window: u64) {
        let mut checker = Checker::new(plan);
        loop {
            let (number, ticket, mut piece) = {
                let mut queue = lock(&self.queue);
                while queue.next >= queue.joined + window && queue.done.is_none() {
                    queue = self.room.wait(queue).unwrap_or_else(PoisonError::into_inner);
                }
                if queue.done.is_some() {
                    return;
                }
                let taken = match &mut queue.feed {
                    Some(feed) => feed.take(),
                    None => return,
                };
                match taken {
                    Ok(Some(ticket)) => {
                        let number = queue.next;
                        queue.next += 1;
                        (number, ticket, queue.spare.pop().unwrap_or_default())
                    }
                    Ok(None) => return self.end(queue, None),
                    Err(error) => return self.end(queue, Some(error)),
                }
            };
            if let Err(error) = ticket.read(&mut piece.batch) {
                let mut queue = lock(&self.queue);
                // What was taken later is of no use behind a hole.
                queue.next = queue.next.min(number);
                return self.end(queue, Some(error));
            }
            check(&mut checker, plan, &mut piece);
            lock(&self.ready).insert(number, piece);
            self.moved.notify_one();
        }
    }

    fn end(&self, mut queue: MutexGuard<'_, Queue>, error: Option<io::Error>) {
        let end = queue.next;
        queue.done = Some(queue.done.map_or(end, |done| done.min(end)));
        if queue.error.is_none() {
            queue.error = error;
        }
        queue.feed = None;
        drop(queue);
        // Taken under the lock the joining thread waits with, so that it can't miss the call.
        drop(lock(&self.ready));
        self.room.notify_all();
        self.moved.notify_one();
    }

    fn collect(&self, join: &mut dyn FnMut(&mut Piece)) -> io::Result<()> {
        let mut next = 0;
        loop {
            let mut piece = {
                let mut ready = lock(&self.ready);
                loop {
                    if let Some(piece) = ready.remove(&next) {
                        break piece;
                    }
                    drop(ready);
                    {
                        let mut queue = lock(&self.queue);
                        if queue.done.is_some_and(|done| next >= done) {
                            return queue.error.take().map_or(Ok(()), Err);
                        }
                    }
                    ready = lock(&self.ready);
                    if !ready.contains_key(&next) {
                        // A short wait, for `done` is kept under the other lock.
                        let timeout = std::time::Duration::from_millis(5);
                        ready = self
                            .moved
                            .wait_timeout(ready, timeout)
                            .unwrap_or_else(PoisonError::into_inner)
                            .0;
                    }
                }
            };
            join(&mut piece);
            next += 1;
            let mut queue = lock(&self.queue);
            queue.joined = next;
            queue.spare.push(piece);
            drop(queue);
            self.room.notify_one();
        }
    }
}
