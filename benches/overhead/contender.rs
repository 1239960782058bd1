//! What a contender has to bring: a pool, and for each shape a graph that can be built, run and dropped.

use crate::shapes::Shape;

/// A way of building and running graphs, as the harness sees it.
///
/// The pool is made once, outside every timing. The three timed phases are [`build`](Self::build),
/// [`run`](Self::run), and the drop of what `run` hands back.
pub(crate) trait Contender {
    /// The name in the table and in Criterion's reports.
    const NAME: &'static str;
    /// Whether `run` also frees the graph, so that there is no separate figure for the drop.
    const DROPS_IN_RUN: bool;

    /// The threads.
    type Pool;
    /// A graph that has not run.
    type Graph;
    /// What is left of the graph after a run; `()` where the run frees it.
    type Spent;

    /// Starts a pool that keeps `threads` threads busy.
    fn pool(threads: usize) -> Self::Pool;
    /// Builds a fresh graph.
    fn build(shape: Shape) -> Self::Graph;
    /// Runs it, and gives the value of its output.
    fn run(pool: &Self::Pool, graph: Self::Graph) -> (u64, Self::Spent);
}
