//! What recursion costs, against `rayon::join`: `cargo bench -p benches --bench recursion`.
//!
//! Three functions that call themselves twice, a parallel sum, Fibonacci's numbers and quicksort, are written as plain recursion
//! under `#[dispatch]` ([`ours`]) and with `rayon::join` ([`join`]), with the same code in between and below ([`leaves`]). Both
//! run on two threads: first without a cut-off, down to single elements, so that the figure is what a call costs; then with
//! the same cut-off, as a program would have it.
//!
//! They take turns. `join` and `ours` are medians in ns a call (of the function itself, all that it takes included), `ratio` is
//! the median of the two's ratio within a round. The aims are 10 without a cut-off, and 1.05 with one. `probe` is the slowdown of
//! a kernel that runs on two threads at once; rounds in which it was 1.3 or more, or in which threads waited for a processor,
//! were repeated, and `!` marks figures for which too few good ones were found.
//!
//! `RECURSION=quick` in the environment makes it small; so does running it as a test (`cargo test --benches`).

#[path = "shared/asked.rs"]
mod asked;
#[path = "recursion/join.rs"]
mod join;
#[path = "recursion/leaves.rs"]
mod leaves;
#[path = "recursion/ours.rs"]
mod ours;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "shared/rounds.rs"]
mod rounds;
#[path = "shared/waited.rs"]
mod waited;

use std::time::Instant;

use dispatcher::prelude::*;
use rayon::ThreadPool;

use crate::rounds::{Contender, interleave};

const THREADS: usize = 2;

fn main() {
    if asked::list() {
        return;
    }
    let quick = asked::quick("RECURSION");
    let bench = Bench {
        rounds: if quick { 3 } else { 21 },
        executor: ParallelExecutor::with_threads(THREADS),
        pool: rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("two threads can be started"),
    };
    println!(
        "{:<10} {:>9} {:>8} {:>8}  {:>9} {:>9} {:>7}  probe",
        "function", "of", "cut-off", "calls", "join ns", "ours ns", "ratio"
    );
    let sums: &[(usize, usize)] =
        if quick { &[(1 << 10, 1), (1 << 16, 1 << 12)] } else { &[(1 << 17, 1), (1 << 23, 1 << 14)] };
    for &(length, cut) in sums {
        bench.sum(length, cut);
    }
    let fibs: &[(u64, u64)] = if quick { &[(15, 2), (24, 18)] } else { &[(25, 2), (36, 22)] };
    for &(n, cut) in fibs {
        bench.fib(n, cut);
    }
    let sorts: &[(usize, usize)] =
        if quick { &[(1 << 10, 1), (1 << 14, 1 << 10)] } else { &[(1 << 17, 1), (1 << 20, 1 << 12)] };
    for &(length, cut) in sorts {
        bench.quicksort(length, cut);
    }
}

struct Bench {
    rounds: usize,
    executor: ParallelExecutor,
    pool: ThreadPool,
}

impl Bench {
    fn sum(&self, length: usize, cut: usize) {
        let xs: Vec<u64> = (0..length as u64).collect();
        let expected = leaves::sum_alone(&xs);
        let timed = |sum: &dyn Fn() -> u64| {
            let start = Instant::now();
            let sum = sum();
            let taken = start.elapsed();
            assert_eq!(sum, expected);
            taken.as_secs_f64()
        };
        let join = Box::new(|| timed(&|| self.pool.install(|| join::sum(&xs, cut))));
        let ours = Box::new(|| timed(&|| self.executor.run(ours::sum(&xs, cut)).expect("nothing fails")));
        self.compare("sum", length, cut, calls_of_sum(length, cut), join, ours);
    }

    fn fib(&self, n: u64, cut: u64) {
        let expected = leaves::fib_alone(n);
        let timed = |fib: &dyn Fn() -> u64| {
            let start = Instant::now();
            let fib = fib();
            let taken = start.elapsed();
            assert_eq!(fib, expected);
            taken.as_secs_f64()
        };
        let join = Box::new(|| timed(&|| self.pool.install(|| join::fib(n, cut))));
        let ours = Box::new(|| timed(&|| self.executor.run(ours::fib(n, cut)).expect("nothing fails")));
        self.compare("fib", n as usize, cut as usize, calls_of_fib(n, cut), join, ours);
    }

    fn quicksort(&self, length: usize, cut: usize) {
        let mut random = fastrand::Rng::with_seed(7);
        let xs: Vec<u32> = (0..length).map(|_| random.u32(..)).collect();
        let timed = |sort: &dyn Fn(&mut [u32])| {
            let mut xs = xs.clone();
            let start = Instant::now();
            sort(&mut xs);
            let taken = start.elapsed();
            assert!(xs.is_sorted());
            taken.as_secs_f64()
        };
        let join = Box::new(|| timed(&|xs| self.pool.install(|| join::quicksort(xs, cut))));
        let ours = Box::new(|| timed(&|xs| self.executor.run(ours::quicksort(xs, cut)).expect("nothing fails")));
        self.compare("quicksort", length, cut, calls_of_quicksort(&mut xs.clone(), cut), join, ours);
    }

    fn compare(&self, name: &str, of: usize, cut: usize, calls: u64, join: Contender<'_>, ours: Contender<'_>) {
        let measured = interleave(self.rounds, vec![join, ours]);
        let each = |seconds: f64| seconds * 1e9 / calls as f64;
        let cut = if cut <= 2 { "none".to_owned() } else { cut.to_string() };
        println!(
            "{name:<10} {of:>9} {cut:>8} {calls:>8}  {:>9.1} {:>9.1} {:>7.3}  {}",
            each(measured.medians[0]),
            each(measured.medians[1]),
            measured.ratios[1],
            measured.probe
        );
    }
}

/// How often `sum` is called, by itself included.
fn calls_of_sum(length: usize, cut: usize) -> u64 {
    if length <= cut { 1 } else { 1 + calls_of_sum(length / 2, cut) + calls_of_sum(length - length / 2, cut) }
}

fn calls_of_fib(n: u64, cut: u64) -> u64 {
    if n < cut { 1 } else { 1 + calls_of_fib(n - 1, cut) + calls_of_fib(n - 2, cut) }
}

fn calls_of_quicksort(xs: &mut [u32], cut: usize) -> u64 {
    if xs.len() <= cut.max(1) {
        return 1;
    }
    let middle = leaves::partition(xs);
    let (left, right) = xs.split_at_mut(middle);
    1 + calls_of_quicksort(left, cut) + calls_of_quicksort(&mut right[1..], cut)
}
