//! The worked example of Dispatcher.jl's manual: one plain function, five hundred operations.
//!
//! A hundred series are loaded, and a reference that all of them are processed with; each is rolled with
//! its two neighbours; two hundred random pairs of what comes of that are compared; and one reduction
//! gathers the comparisons. Where the manual sleeps, each step here spends `--work` rounds of arithmetic,
//! so that the speed-up is that of work.
//!
//! [`cluster`] is all that makes the graph; without its attribute it computes the same number. The graph
//! has what the result needs: a roll that no pair has drawn is not in it.
//!
//! ```text
//! cargo run --release --example dask_cluster
//! cargo run --release --example dask_cluster -- --work 100000 --dot cluster.dot
//! ```

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use dispatcher::prelude::*;

const SERIES: usize = 100;
const PAIRS: usize = 200;
const SEED: u64 = 2017;

#[dispatch]
fn cluster(pairs: &[(usize, usize)], work: u64) -> f64 {
    let reference = load_reference(work);
    let processed: Vec<f64> = (0..SERIES)
        .map(|n| {
            let series = load(n, work);
            process(series, &reference, work)
        })
        .collect();
    let rolled: Vec<f64> = processed.windows(3).map(|near| roll(&near[0], &near[1], &near[2], work)).collect();
    let compared: Vec<f64> = pairs.iter().map(|&(a, b)| compare(&rolled[a], &rolled[b], work)).collect();
    reduce(compared)
}

fn load(n: usize, work: u64) -> f64 {
    spend(work, n as f64 / SERIES as f64)
}

fn load_reference(work: u64) -> f64 {
    spend(work, 0.5)
}

fn process(series: f64, reference: &f64, work: u64) -> f64 {
    spend(work, (series + reference) / 2.0)
}

fn roll(before: &f64, here: &f64, after: &f64, work: u64) -> f64 {
    spend(work, (before + here + after) / 3.0)
}

fn compare(a: &f64, b: &f64, work: u64) -> f64 {
    spend(work, (a - b).abs())
}

fn reduce(compared: Vec<f64>) -> f64 {
    compared.iter().sum::<f64>() / compared.len() as f64
}

/// Spends rounds of arithmetic, each of which needs the one before, and gives another number from 0 to 1.
fn spend(rounds: u64, x: f64) -> f64 {
    (0..rounds).fold(x, |x, _| 3.9 * x * (1.0 - x))
}

/// Runs the worked example of Dispatcher.jl's manual, serially and in parallel.
#[derive(Parser)]
struct Args {
    /// How many rounds of arithmetic each operation spends
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    work: u64,
    /// How many threads to run on [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print the graph, too
    #[arg(long)]
    outline: bool,
    /// Write the graph to FILE, in Graphviz's language
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where stderr is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "dask_cluster: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let pairs = random_pairs();
    let graph = DispatchGraph::new(&cluster(&pairs, args.work));
    if let Some(path) = &args.dot {
        fs::write(path, graph.to_dot()).map_err(|error| format!("{}: {error}", path.display()))?;
    }

    let start = Instant::now();
    let serial = SerialExecutor::new().run(cluster(&pairs, args.work))?;
    let serial_time = start.elapsed().as_secs_f64();

    let executor =
        args.threads.map_or_else(ParallelExecutor::new, |threads| ParallelExecutor::with_threads(threads.get()));
    let start = Instant::now();
    let parallel = executor.run(cluster(&pairs, args.work))?;
    let parallel_time = start.elapsed().as_secs_f64();
    assert_eq!(serial.to_bits(), parallel.to_bits(), "the order of the operations can't matter");

    let outline = if args.outline { graph.outline() + "\n" } else { String::new() };
    let report = format!(
        "{outline}nodes    {}\nserial   {serial} in {serial_time:.3} s\n\
         parallel {parallel} in {parallel_time:.3} s (threads: {}, speed-up: {:.2})\n",
        graph.nodes().len(),
        executor.threads(),
        serial_time / parallel_time
    );
    match io::stdout().write_all(report.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Pairs of different rolls, the same on every run.
fn random_pairs() -> Vec<(usize, usize)> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let rolls = SERIES - 2;
    let mut pair = || {
        let (a, b) = (random.usize(..rolls), random.usize(..rolls - 1));
        (a, if b < a { b } else { b + 1 })
    };
    (0..PAIRS).map(|_| pair()).collect()
}
