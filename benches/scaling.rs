//! Scaling: how much faster the examples are on two threads than on one, `cargo bench --bench scaling`.
//!
//! - `wordcount` counts words (`examples/wordcount/count.rs`) in 32 MB of text: in two thousand small files, and in one big file;
//! - `cholesky` factors a matrix of 2,048² in tiles of 128² (`examples/cholesky`);
//! - `dask_cluster` runs the five hundred operations of `examples/dask_ops` on threads, with a quarter of the example's work; on a
//!   cluster's worker it is in the benchmark `cluster` of `dispatcher-dask`.
//!
//! As in the examples, the graph is built, run and freed in the timing; the files are found before. One thread and two take turns,
//! and both must come to the same. `ms` are medians, `speed-up` is the median of the speed-up within a round.
//!
//! Two processors are seldom twice one: they share what clocks and feeds them, and sometimes are two threads of one core. So a
//! kernel that stays in registers runs in each round, too, on one thread and on two at once; `probe` is its slowdown, and
//! `by probe` is the speed-up times that: 2 is all that there was to be had. Rounds in which it was 1.3 or more just before or after,
//! or in which threads waited for a processor, were repeated, and `!` marks figures for which too few good ones were found.
//!
//! In the environment, `SCALING` takes words with commas between: `wordcount`, `cholesky` or `dask_cluster` for these alone, `quick` for
//! small sizes and few rounds. Run as a test (`cargo test --benches`) it is `quick`.

#[path = "shared/asked.rs"]
mod asked;
#[path = "../examples/wordcount/count.rs"]
mod count;
#[path = "../examples/cholesky/factor.rs"]
mod factor;
#[path = "../examples/cholesky/kernels.rs"]
mod kernels;
#[path = "../examples/cholesky/matrix.rs"]
#[expect(dead_code, reason = "the example compares with a library's factor")]
mod matrix;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "shared/rounds.rs"]
mod rounds;
#[path = "shared/speed_up.rs"]
mod speed_up;
#[path = "scaling/texts.rs"]
mod texts;
#[path = "shared/waited.rs"]
mod waited;

use std::time::Instant;

use dask_ops::{cluster, fixed_pairs};
use dispatcher::prelude::{self, *};

use crate::count::count_all;
use crate::matrix::Matrix;
use crate::rounds::Contender;
use crate::texts::Texts;

/// What this benchmark is called in the environment.
const NAME: &str = "SCALING";

fn main() {
    if asked::list() {
        return;
    }
    let bench = Bench { quick: asked::quick(NAME) };
    let all = !["wordcount", "cholesky", "dask_cluster"].iter().any(|part| asked::word(NAME, part));
    let asked = |part| all || asked::word(NAME, part);
    speed_up::print_header();
    if asked("wordcount") {
        bench.wordcount();
    }
    if asked("cholesky") {
        bench.cholesky();
    }
    if asked("dask_cluster") {
        bench.dask_cluster();
    }
}

struct Bench {
    quick: bool,
}

impl Bench {
    fn wordcount(&self) {
        let bytes = if self.quick { 1 << 20 } else { 32 << 20 };
        for (name, shortest) in [("wordcount, small files", 6 << 10), ("wordcount, one file", bytes)] {
            let Texts { files, .. } = &Texts::write(bytes, shortest);
            // As the example has it.
            let batch = files.len().div_ceil(32);
            self.compare(name, |executor| executor.run(count_all(files, batch)));
        }
    }

    fn cholesky(&self) {
        let (size, side) = if self.quick { (256, 32) } else { (2048, 128) };
        let a = Matrix::random(size, 1);
        self.compare("cholesky", |executor| executor.run(factor::factor(&a, side)));
    }

    fn dask_cluster(&self) {
        let work = if self.quick { 1_000 } else { 250_000 };
        let pairs = fixed_pairs(200);
        self.compare("dask_cluster", |executor| executor.run(cluster(&pairs, work)));
    }

    /// Measures and prints something on one thread and on two.
    fn compare<T: PartialEq>(&self, name: &str, run: impl Fn(&ParallelExecutor) -> Result<T, DependencyError>) {
        let executors = [1, 2].map(ParallelExecutor::with_threads);
        let run = |executor| run(executor).expect("no operation fails");
        let expected = run(&executors[0]);
        let timed = |executor| {
            let start = Instant::now();
            let value = run(executor);
            let taken = start.elapsed();
            assert!(value == expected, "{name} came to something else");
            taken.as_secs_f64()
        };
        let [one, two] = executors.each_ref().map(|executor| -> Contender<'_> { Box::new(move || timed(executor)) });
        speed_up::print(name, if self.quick { 1 } else { 11 }, one, two);
    }
}
