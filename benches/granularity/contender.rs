//! What a contender has to bring: a pool, and a way to run a workload again and again.

use std::process;
use std::time::Instant;

use crate::workload::Workload;

/// A way of running workloads, as the harness sees it.
///
/// The pool and what [`ready`](Self::ready) gives are made outside every timing. Only what [`run`](Self::run) does is timed, by
/// itself: a contender that makes its graph anew each time makes it there; one that can run a graph again makes it in `ready`.
pub(crate) trait Contender {
    /// The name in the tables.
    const NAME: &'static str;

    /// The threads.
    type Pool;
    /// What is made once for all runs of a workload.
    type Ready<'a>;

    /// Starts a pool that keeps `threads` threads busy.
    fn pool(threads: usize) -> Self::Pool;
    /// Makes what can be made beforehand.
    fn ready<'a>(pool: &Self::Pool, workload: &'a Workload) -> Self::Ready<'a>;
    /// Runs the workload so many times, one after the other, and hands over what each took.
    fn run(pool: &Self::Pool, ready: &mut Self::Ready<'_>, times: usize) -> Vec<Ran>;
    /// The process that it runs in.
    fn process(_pool: &Self::Pool) -> u32 {
        process::id()
    }
}

/// One run.
pub(crate) struct Ran {
    /// What the workload came to.
    pub(crate) value: u64,
    /// How long it took.
    pub(crate) nanos: f64,
}

impl Ran {
    /// Runs something that gives the workload's value.
    pub(crate) fn timed(run: impl FnOnce() -> u64) -> Self {
        let start = Instant::now();
        let value = run();
        let nanos = start.elapsed().as_nanos() as f64;
        Self { value, nanos }
    }
}
