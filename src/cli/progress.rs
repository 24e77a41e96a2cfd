//! A line on the terminal while a run takes long.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How long a run is silent before it shows progress.
const PATIENCE: Duration = Duration::from_millis(700);

/// Shows on a terminal that a long run is alive.
#[derive(Default)]
pub(super) struct Progress {
    /// Files read so far.
    pub files: AtomicUsize,
    done: AtomicBool,
}

impl Progress {
    /// Runs `work`; after [`PATIENCE`], shows how many files were read.
    pub fn watch<T>(&self, quiet: bool, work: impl FnOnce() -> T) -> T {
        let message = || format!("{} files read", self.files.load(Ordering::Relaxed));
        self.watch_with(quiet, &message, work)
    }

    /// Runs `work`; after [`PATIENCE`], shows what `message` says.
    pub fn watch_with<T>(
        &self,
        quiet: bool,
        message: &(dyn Fn() -> String + Sync),
        work: impl FnOnce() -> T,
    ) -> T {
        use std::io::IsTerminal;
        if quiet || !std::io::stderr().is_terminal() {
            return work();
        }
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                std::thread::park_timeout(PATIENCE);
                if self.done.load(Ordering::Acquire) {
                    return;
                }
                let bar = indicatif::ProgressBar::new_spinner();
                while !self.done.load(Ordering::Acquire) {
                    bar.set_message(message());
                    bar.tick();
                    std::thread::park_timeout(Duration::from_millis(100));
                }
                bar.finish_and_clear();
            });
            let result = work();
            self.done.store(true, Ordering::Release);
            watcher.thread().unpark();
            result
        })
    }
}
