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

/// How many times the example's default each operation does, and what that is called. Dask asks for tasks of a tenth of a second and
/// more; these take some milliseconds, and some tens.
const SIZES: [(u64, &str); 2] = [(1, NAME), (10, "the same, work x 10")];
/// How much each operation does by default.
const WORK: u64 = 1_000_000;

/// Measures and prints both.
pub fn print(dask: &'static Dask, rounds: usize) {
    let pairs = fixed_pairs(200);
    let clusters = [1, 2].map(|threads| Cluster::start(dask, threads));
    speed_up::print_header();
    for (times, name) in SIZES {
        let work = times * WORK;
        let expected = SerialExecutor::new().run(cluster(&pairs, work)).expect("it runs");
        let [one, two] = clusters.each_ref().map(|on| -> Contender<'_> {
            Box::new(|| {
                let start = Instant::now();
                let value = on.executor.run(cluster(&pairs, work)).expect("it runs");
                let taken = start.elapsed();
                assert_eq!(value.to_bits(), expected.to_bits());
                taken.as_secs_f64()
            })
        });
        speed_up::print(name, rounds, one, two);
    }
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
