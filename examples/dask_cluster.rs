//! The worked example of Dispatcher.jl's manual: one plain function, five hundred operations.
//!
//! A hundred series are loaded, and a reference that all of them are processed with; each is rolled with
//! its two neighbours; two hundred random pairs of what comes of that are compared; and one reduction
//! gathers the comparisons. Where the manual sleeps, each step here spends `--work` rounds of arithmetic,
//! so that the speed-up is that of work.
//!
//! The graph is made by [`cluster`], which is in the library `dask_ops` with its operations, so that workers in other processes
//! (the example `dask_worker`) have them, too. With `--scheduler` the graph is run on them instead of on this process's threads;
//! docs/dask.md says how to start a scheduler and workers.
//!
//! ```text
//! cargo run --release --example dask_cluster
//! cargo run --release --example dask_cluster -- --work 100000 --dot cluster.dot
//! cargo run --release --example dask_cluster -- --scheduler tcp://127.0.0.1:8786
//! ```

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use dask_ops::{SERIES, cluster};
use dispatcher::prelude::*;
use dispatcher_dask::{DaskOptions, Security};

const PAIRS: usize = 200;
const SEED: u64 = 2017;

/// Runs the worked example of Dispatcher.jl's manual, serially and in parallel.
#[derive(Parser)]
struct Args {
    /// How many rounds of arithmetic each operation spends
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    work: u64,
    /// How many threads to run on [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Run on the workers of the dask scheduler at ADDRESS, tcp://HOST:PORT or tls://HOST:PORT, instead of on threads
    #[arg(long, value_name = "ADDRESS", conflicts_with = "threads")]
    scheduler: Option<String>,
    #[command(flatten)]
    tls: Tls,
    /// Print the graph, too
    #[arg(long)]
    outline: bool,
    /// Write the graph to FILE, in Graphviz's language
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

/// Certificates, for a scheduler at a tls:// address: PEM files.
#[derive(Clone, clap::Args)]
struct Tls {
    /// The CA that has signed everybody's certificates
    #[arg(long, value_name = "FILE", requires_all = ["scheduler", "tls_cert", "tls_key"])]
    tls_ca: Option<PathBuf>,
    /// This program's certificate
    #[arg(long, value_name = "FILE", requires = "tls_ca")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key
    #[arg(long, value_name = "FILE", requires = "tls_ca")]
    tls_key: Option<PathBuf>,
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

    let other = match &args.scheduler {
        None => in_parallel(&pairs, args)?,
        Some(scheduler) => on_cluster(scheduler, &pairs, args)?,
    };
    assert_eq!(serial.to_bits(), other.value.to_bits(), "the order of the operations can't matter");

    let outline = if args.outline { graph.outline() + "\n" } else { String::new() };
    let report = format!(
        "{outline}nodes    {}\nserial   {serial} in {serial_time:.3} s\n\
         {} {} in {:.3} s ({}, speed-up: {:.2})\n",
        graph.nodes().len(),
        other.how,
        other.value,
        other.time,
        other.place,
        serial_time / other.time
    );
    match io::stdout().write_all(report.as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// What a run other than the serial one has given.
struct Outcome {
    how: &'static str,
    value: f64,
    /// In seconds.
    time: f64,
    /// Where it ran.
    place: String,
}

fn in_parallel(pairs: &[(usize, usize)], args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let executor =
        args.threads.map_or_else(ParallelExecutor::new, |threads| ParallelExecutor::with_threads(threads.get()));
    let start = Instant::now();
    let value = executor.run(cluster(pairs, args.work))?;
    let time = start.elapsed().as_secs_f64();
    Ok(Outcome { how: "parallel", value, time, place: format!("threads: {}", executor.threads()) })
}

fn on_cluster(scheduler: &str, pairs: &[(usize, usize)], args: &Args) -> Result<Outcome, Box<dyn Error>> {
    let mut options = DaskOptions::new(scheduler);
    if let Tls { tls_ca: Some(ca_file), tls_cert: Some(cert), tls_key: Some(key) } = args.tls.clone() {
        options = options.security(Security { ca_file, cert, key });
    }
    let executor = options.connect()?;
    let start = Instant::now();
    let value = executor.run(cluster(pairs, args.work))?;
    let time = start.elapsed().as_secs_f64();
    Ok(Outcome { how: "cluster ", value, time, place: format!("scheduler: {scheduler}") })
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
