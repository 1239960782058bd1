//! How long threads have waited for a processor that others had.
//!
//! The concurrency probe is over in two milliseconds. A thread that has slept before gets a processor for that long even where
//! others want it, so the probe doesn't see programs that compete for longer. Linux knows.

use std::fs;

/// A round counts only if its threads waited for less than this part of its time.
pub(crate) const LIMIT: f64 = 0.03;

/// Since when to look, and at whom.
pub(crate) struct Since {
    process: u32,
    waited: f64,
}

/// Looks at the threads of a process from now on.
pub(crate) fn since_now(process: u32) -> Since {
    Since { process, waited: waited(process) }
}

impl Since {
    /// How long its threads have waited since then, taken together, in ns. 0 where the system doesn't tell.
    pub(crate) fn nanos(&self) -> f64 {
        (waited(self.process) - self.waited).max(0.0)
    }
}

/// How long the threads of a process have waited so far, in ns.
fn waited(process: u32) -> f64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return 0.0 };
    let waited = |thread: fs::DirEntry| {
        let figures = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        figures.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    threads.flatten().filter_map(waited).sum()
}
