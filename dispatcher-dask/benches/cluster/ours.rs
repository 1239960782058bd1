//! Our client, with two workers that are this very program.

use std::process::{Child, Command};
use std::time::Instant;

use dispatcher::prelude::*;
use dispatcher_dask::worker::{WorkerOptions, serve};
use dispatcher_dask::{DaskExecutor, DaskOptions};

use crate::graphs::{self, Meeting};
use crate::pulse::Pulse;
use crate::support::{Dask, Scheduler};

const SCHEDULER: &str = "CLUSTER_BENCH_SCHEDULER";
const NAME: &str = "CLUSTER_BENCH_NAME";
const THREADS: &str = "CLUSTER_BENCH_THREADS";

/// If this process was started to be a worker, it is one until it is killed.
pub fn is_worker() -> bool {
    let given = |name| std::env::var(name).ok();
    let (Some(scheduler), Some(name), Some(threads)) = (given(SCHEDULER), given(NAME), given(THREADS)) else {
        return false;
    };
    let threads = threads.parse().expect("it was a number");
    if let Err(error) = serve(WorkerOptions::new(scheduler).name(name).threads(threads)) {
        eprintln!("a worker has ended: {error}");
    }
    true
}

/// A worker process. It ends when this is dropped.
pub struct Worker(Child);

impl Worker {
    pub fn start(scheduler: &str, name: &str, threads: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.env(SCHEDULER, scheduler).env(NAME, name).env(THREADS, threads.to_string());
        Self(command.spawn().expect("this program can be started"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A scheduler, two workers, and clients.
pub struct Ours {
    fused: DaskExecutor,
    unfused: DaskExecutor,
    _workers: [Worker; 2],
    scheduler: Scheduler<'static>,
}

impl Ours {
    pub fn start(dask: &'static Dask) -> Self {
        let scheduler = dask.scheduler();
        let address = scheduler.address();
        let workers = ["a", "b"].map(|name| Worker::start(address, name, 1));
        let connect = |fuse| DaskOptions::new(address).fuse(fuse).connect().expect("the scheduler answers");
        let (fused, unfused) = (connect(true), connect(false));
        Self { fused, unfused, _workers: workers, scheduler }
    }

    pub fn independent(&self, n: u64) -> f64 {
        let start = Instant::now();
        let all = self.fused.run(graphs::independent(n)).expect("it runs");
        let took = start.elapsed();
        assert!(all.into_iter().eq((0..n).map(|i| 2 * i)));
        took.as_secs_f64()
    }

    pub fn sum(&self, n: u64) -> f64 {
        timed(n * (n - 1), || self.fused.run(graphs::sum(n)).expect("it runs"))
    }

    pub fn tree(&self, leaves: u64) -> f64 {
        timed(leaves * (leaves - 1), || self.fused.run(graphs::tree(leaves)).expect("it runs"))
    }

    pub fn chain(&self, n: u64, fuse: bool) -> f64 {
        let executor = if fuse { &self.fused } else { &self.unfused };
        timed(n * (n - 1) / 2 + 1, || executor.run(graphs::chain(n)).expect("it runs"))
    }

    /// The longest pause of the scheduler's loop while so many operations run.
    pub fn pause(&self, n: u64) -> f64 {
        let pulse = Pulse::of(self.scheduler.address());
        self.independent(n);
        pulse.longest().as_secs_f64()
    }

    /// How long it takes that two values of this size meet, one of which comes from another worker; less what it takes with small
    /// ones.
    pub fn moved(&self, size: usize, graph: fn(usize) -> Node<'static, Meeting>) -> f64 {
        self.meeting(size, graph) - self.meeting(16, graph)
    }

    fn meeting(&self, size: usize, graph: fn(usize) -> Node<'static, Meeting>) -> f64 {
        loop {
            let Meeting { made: [a, b], met } = self.fused.run(graph(size)).expect("it runs");
            // Otherwise the scheduler has put both on one worker, and nothing has moved.
            if a.process != b.process {
                return met.time - a.time.max(b.time);
            }
        }
    }
}

fn timed(expected: u64, run: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    let value = run();
    let took = start.elapsed();
    assert_eq!(value, expected);
    took.as_secs_f64()
}
