//! The most frequent words of files and folders, counted on all cores.
//!
//! Shows how a program is laid out around a `#[dispatch]` function. `count.rs` has the functions, which
//! read like a serial program; `files.rs` finds the files; and here the graph is built, shown, and run
//! serially and in parallel, to compare the counts and the times. Also shows how a program's own failures
//! stay apart from the graph's: a file that can't be read is a value like any other.
//!
//! ```text
//! cargo run --release --example wordcount
//! cargo run --release --example wordcount -- --top 5 --outline src README.md
//! ```

mod count;
mod files;

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use dispatcher::prelude::*;

use crate::count::{Counts, count_all};
use crate::files::Found;

/// Counts the words of files, and of the files in folders.
///
/// A word is a run of letters and digits, as Unicode has them, in lower case: `don't` is two words, and so is
/// `snake_case`. Hidden files, and what a folder's .gitignore names, are left out. Links to files are
/// followed, links to folders aren't. Files that can't be read, or that aren't UTF-8, are named and skipped.
#[derive(Parser)]
struct Args {
    /// Files and folders
    #[arg(value_name = "PATH", default_value = env!("CARGO_MANIFEST_DIR"))]
    paths: Vec<PathBuf>,
    /// How many words to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// How many threads to run on [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// How many times to count; the best times are printed
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: NonZeroUsize,
    /// Print the graph, too
    #[arg(long)]
    outline: bool,
    /// Write the graph to FILE, in Graphviz's language
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
}

/// About how many batches of files there are: nodes that an outline shows.
const BATCHES: usize = 32;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let Found { files, unreadable, missing } = Found::at(&args.paths);
    unreadable.iter().chain(&missing).for_each(complain);

    let batch = files.len().div_ceil(BATCHES);
    let graph = DispatchGraph::new(&count_all(&files, batch));
    if let Some(path) = &args.dot {
        fs::write(path, graph.to_dot()).map_err(|error| format!("{}: {error}", path.display()))?;
    }

    let executor =
        args.threads.map_or_else(ParallelExecutor::new, |threads| ParallelExecutor::with_threads(threads.get()));
    let (mut serial, mut parallel) = (Timed::default(), Timed::default());
    for _ in 0..args.rounds.get() {
        serial.time(|| SerialExecutor::new().run(count_all(&files, batch)))?;
        parallel.time(|| executor.run(count_all(&files, batch)))?;
    }
    if serial.counts != parallel.counts {
        return Err("the serial and the parallel counts differ: did a file change meanwhile?".into());
    }
    for skipped in &parallel.counts.skipped {
        complain(format_args!("{}: {}", skipped.path.display(), skipped.reason));
    }

    let report = Report {
        outline: args.outline.then_some(&graph),
        top: args.top,
        unreadable: unreadable.len(),
        serial: &serial,
        parallel: &parallel,
        threads: executor.threads(),
    };
    match io::stdout().write_all(report.to_string().as_bytes()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written?,
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says on stderr what is wrong.
fn complain(what: impl fmt::Display) {
    // Where stderr is closed, there is nobody to tell.
    let _ = writeln!(io::stderr(), "wordcount: {what}");
}

/// Counts, and the shortest time in which they were made.
#[derive(Default)]
struct Timed {
    counts: Counts,
    best: Option<Duration>,
}

impl Timed {
    fn time(&mut self, count: impl FnOnce() -> Result<Counts, DependencyError>) -> Result<(), DependencyError> {
        let start = Instant::now();
        let counts = count()?;
        let taken = start.elapsed();
        self.counts = counts;
        self.best = Some(self.best.map_or(taken, |best| best.min(taken)));
        Ok(())
    }

    fn millis(&self) -> f64 {
        self.best.unwrap_or_default().as_secs_f64() * 1e3
    }
}

/// What is printed.
struct Report<'a> {
    outline: Option<&'a DispatchGraph>,
    top: usize,
    unreadable: usize,
    serial: &'a Timed,
    parallel: &'a Timed,
    threads: usize,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(graph) = self.outline {
            writeln!(f, "{graph}")?;
        }
        let counts = &self.parallel.counts;
        let mut words: Vec<(&String, &u64)> = counts.words.iter().collect();
        words.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
        for (word, count) in words.iter().take(self.top) {
            writeln!(f, "{count:>9}  {word}")?;
        }
        let total: u64 = counts.words.values().sum();
        let skipped = counts.skipped.len() + self.unreadable;
        writeln!(f, "\nwords    {total} ({} different)", words.len())?;
        writeln!(f, "files    {} ({skipped} skipped)", counts.files)?;
        writeln!(f, "lines    {}", counts.lines)?;
        writeln!(f, "bytes    {}", counts.bytes)?;
        let (serial, parallel) = (self.serial.millis(), self.parallel.millis());
        writeln!(f, "\nserial   {serial:.2} ms")?;
        writeln!(f, "parallel {parallel:.2} ms (threads: {}, speed-up: {:.2})", self.threads, serial / parallel)
    }
}
