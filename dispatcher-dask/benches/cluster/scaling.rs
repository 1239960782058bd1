//! The example `dask_cluster` on a worker of one thread, and on one of two.

use std::time::Instant;

use dask_ops::{cluster, fixed_pairs};
use dispatcher::prelude::*;
use dispatcher_dask::{DaskExecutor, DaskOptions};

use crate::ours::Worker;
use crate::rounds::Contender;
use crate::speed_up;
use crate::support::{Dask, Scheduler};

/// What it is called in the table.
pub const NAME: &str = "dask_cluster, one worker";

/// How much each operation does; the example's default.
const WORK: u64 = 1_000_000;

/// Measures and prints both.
pub fn print(dask: &'static Dask, rounds: usize) {
    let pairs = fixed_pairs(200);
    let expected = SerialExecutor::new().run(cluster(&pairs, WORK)).expect("it runs");

    let clusters = [1, 2].map(|threads| Cluster::start(dask, threads));
    let [one, two] = clusters.each_ref().map(|on| -> Contender<'_> {
        Box::new(|| {
            let start = Instant::now();
            let value = on.executor.run(cluster(&pairs, WORK)).expect("it runs");
            let taken = start.elapsed();
            assert_eq!(value.to_bits(), expected.to_bits());
            taken.as_secs_f64()
        })
    });
    speed_up::print_header();
    speed_up::print(NAME, rounds, one, two);
}

/// A scheduler, a worker, and a client.
struct Cluster {
    executor: DaskExecutor,
    _worker: Worker,
    _scheduler: Scheduler<'static>,
}

impl Cluster {
    fn start(dask: &'static Dask, threads: usize) -> Self {
        let scheduler = dask.scheduler();
        let worker = Worker::start(scheduler.address(), "a", threads);
        let executor = DaskOptions::new(scheduler.address()).connect().expect("the scheduler answers");
        Self { executor, _worker: worker, _scheduler: scheduler }
    }
}
