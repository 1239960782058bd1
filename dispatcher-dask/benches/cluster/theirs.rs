//! Dask's own client, with two workers in Python.

use crate::support::{Dask, Process, Scheduler};

/// A scheduler, and two workers; each measurement has a client of its own.
pub struct Theirs {
    _workers: [Process; 2],
    scheduler: Scheduler<'static>,
}

impl Theirs {
    pub fn start(dask: &'static Dask) -> Self {
        let scheduler = dask.scheduler();
        let workers = ["a", "b"].map(|name| scheduler.python_worker(name, &[]));
        Self { _workers: workers, scheduler }
    }

    /// The seconds that a function of `theirs.py` gives.
    pub fn measure(&self, function: &str) -> f64 {
        let script = format!("{}\nprint({function}(client))", include_str!("theirs.py"));
        self.scheduler.python(&script).parse().expect("the script prints seconds")
    }
}
