//! Work in place: a tiled Cholesky factorisation on two threads, `cargo bench -p benches --bench cholesky`.
//!
//! Four contenders factor the same matrix with the same kernels (the example's, `examples/cholesky/kernels.rs`), so that only
//! the schedules differ:
//!
//! - `by hand`: counters for each step of each tile, and jobs on a rayon pool ([`by_hand`]);
//! - `ours`: the example's plain loops under `#[dispatch]`, the graph built, run and freed in the timing;
//! - `openmp`: the same loops in C with `task depend`, built by gcc, calling the Rust kernels through pointers ([`openmp`]);
//! - `serial`: the loops without the library, on one thread.
//!
//! They take turns; the figures are medians, and `speed` is the median of by hand's time by the contender's own within a
//! round, so by hand's is 1. Each factor is compared with the serial one, bit for bit. Tiles can't be cloned, so
//! none is ever copied after it has been cut. `probe` is the slowdown of a kernel that runs on two threads at once; rounds in
//! which it was 1.3 or more, or in which threads waited for a processor, were repeated, and `!` marks figures for which too few
//! good ones were found.
//!
//! `CHOLESKY=quick` in the environment makes it small; so does running it as a test (`cargo test --benches`).

#[path = "shared/asked.rs"]
mod asked;
#[path = "cholesky/by_hand.rs"]
mod by_hand;
#[path = "../examples/cholesky/factor.rs"]
#[expect(clippy::duplicate_mod, reason = "compiled with the library here, and without it in `serial`")]
mod factor;
#[path = "../examples/cholesky/kernels.rs"]
mod kernels;
#[path = "../examples/cholesky/matrix.rs"]
#[expect(dead_code, reason = "the example compares with a library's factor")]
mod matrix;
#[path = "cholesky/openmp.rs"]
mod openmp;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "shared/rounds.rs"]
mod rounds;
#[path = "../examples/cholesky/serial.rs"]
mod serial;
#[path = "shared/waited.rs"]
mod waited;

use std::thread;
use std::time::{Duration, Instant};

use dispatcher::prelude::{self, *};

use crate::matrix::{Matrix, Tile};
use crate::openmp::OpenMp;
use crate::rounds::{Contender, interleave};

const THREADS: usize = 2;

fn main() {
    if asked::list() {
        return;
    }
    let quick = asked::quick("CHOLESKY");
    let sizes = if quick { &[(256, 32)][..] } else { &[(2048, 128), (2048, 64), (1024, 128)] };
    let rounds = if quick { 3 } else { 21 };
    let openmp = OpenMp::build();
    if let Err(reason) = &openmp {
        println!("without OpenMP: {reason}");
    }
    println!(
        "{:>5} {:>5} {:>7}  {:<8} {:>8} {:>8} {:>8}  probe",
        "size", "tile", "threads", "by", "ms", "GFLOP/s", "speed"
    );
    for &(size, side) in sizes {
        compare(size, side, rounds, openmp.as_ref().ok());
    }
}

fn compare(size: usize, side: usize, rounds: usize, openmp: Option<&OpenMp>) {
    let a = &Matrix::random(size, 1);
    let expected = &serial::factor(a, side);
    let executor = ParallelExecutor::with_threads(THREADS);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("two threads can be started");

    let mut names = vec!["by hand", "ours", "serial"];
    let mut contenders: Vec<Contender<'_>> = vec![
        contender(expected, || by_hand::factor(&pool, a, side)),
        contender(expected, || executor.run(factor::factor(a, side)).expect("no kernel panics")),
        contender(expected, || serial::factor(a, side)),
    ];
    if let Some(openmp) = openmp {
        names.push("openmp");
        contenders.push(contender(expected, || openmp.factor(a, side, THREADS)));
    }
    let measured = interleave(rounds, contenders);
    for (at, name) in names.iter().enumerate() {
        let seconds = measured.medians[at];
        let threads = if *name == "serial" { 1 } else { THREADS };
        println!(
            "{size:>5} {side:>5} {threads:>7}  {name:<8} {:>8.2} {:>8.1} {:>8.3}  {}",
            seconds * 1e3,
            (size as f64).powi(3) / 3.0 / seconds / 1e9,
            1.0 / measured.ratios[at],
            if at == 0 { measured.probe.to_string() } else { String::new() }
        );
    }
}

/// Times a way to factor, and checks what it gives.
fn contender<'a>(expected: &'a [Vec<Tile>], factor: impl Fn() -> Vec<Vec<Tile>> + 'a) -> Contender<'a> {
    Box::new(move || {
        let start = Instant::now();
        let factor = factor();
        let taken = start.elapsed();
        assert!(factor == expected, "a factor is not the serial one");
        // OpenMP's threads look for work for some milliseconds more, on a processor that the next contender needs.
        thread::sleep(Duration::from_millis(20));
        taken.as_secs_f64()
    })
}
