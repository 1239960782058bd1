//! What a contender has to bring: a pool, and a way to run a workload again and again.

use crate::workload::Workload;

/// A way of running workloads, as the harness sees it.
///
/// The pool and what [`ready`](Self::ready) gives are made outside every timing. Only [`run`](Self::run) is timed: a contender
/// that makes its graph anew each time makes it there; one that can run a graph again makes it in `ready`.
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
    /// Runs the workload once, and gives its value.
    fn run(pool: &Self::Pool, ready: &mut Self::Ready<'_>) -> u64;
}
