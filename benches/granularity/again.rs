//! The library, with a graph that was prepared beforehand and is run again each time: as [`Fresh`] otherwise.

use dispatcher::Prepared;
use dispatcher::prelude::*;

use crate::contender::{Contender, Ran};
use crate::fresh::{self, Fresh};
use crate::workload::Workload;

/// The library, running a graph again.
pub(crate) struct Again;

impl Contender for Again {
    const NAME: &'static str = "ours, again";

    type Pool = ParallelExecutor;
    type Ready<'a> = Prepared<'static, u64>;

    fn pool(threads: usize) -> ParallelExecutor {
        Fresh::pool(threads)
    }

    fn ready(_: &ParallelExecutor, workload: &Workload) -> Prepared<'static, u64> {
        Node::prepare(fresh::build(workload)).expect("what `op!` makes can run again")
    }

    fn run(pool: &ParallelExecutor, graph: &mut Prepared<'static, u64>, times: usize) -> Vec<Ran> {
        (0..times).map(|_| Ran::timed(|| pool.run_prepared(graph).expect("no task fails"))).collect()
    }
}
