//! A worker for the example `dask_cluster`: joins a dask scheduler, and runs what it hands out until SIGTERM or Ctrl-C.
//!
//! A worker for your own operations is this file, with your library instead of `dask_ops`. docs/dask.md tells the rest.
//!
//! ```text
//! cargo run --release --example dask_worker -- tcp://127.0.0.1:8786 --threads 2 --name a
//! ```

use std::error::Error;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dispatcher_dask::Security;
use dispatcher_dask::worker::{WorkerOptions, serve};
use tracing_subscriber::EnvFilter;

// The library whose operations the worker runs. Without a word that names it, the linker would leave it out.
use dask_ops as _;

/// Runs the operations of the example `dask_cluster` for a dask scheduler.
#[derive(Parser)]
struct Args {
    /// Where the scheduler listens: tcp://HOST:PORT, or tls://HOST:PORT
    scheduler: String,
    /// How many operations to run at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// The worker's name, unique in its cluster [default: its address]
    #[arg(long)]
    name: Option<String>,
    /// How many bytes of results to hold before no more tasks are taken, such as 512MiB or 4GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory_limit: Option<u64>,
    #[command(flatten)]
    tls: Tls,
}

/// Certificates, for a scheduler at a tls:// address: PEM files.
#[derive(clap::Args)]
struct Tls {
    /// The CA that has signed everybody's certificates
    #[arg(long, value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    tls_ca: Option<PathBuf>,
    /// The worker's certificate
    #[arg(long, value_name = "FILE", requires = "tls_ca")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key
    #[arg(long, value_name = "FILE", requires = "tls_ca")]
    tls_key: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours).init();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let mut options = WorkerOptions::new(args.scheduler);
    if let Some(threads) = args.threads {
        options = options.threads(threads);
    }
    if let Some(name) = args.name {
        options = options.name(name);
    }
    if let Some(bytes) = args.memory_limit {
        options = options.memory_limit(bytes);
    }
    if let Tls { tls_ca: Some(ca_file), tls_cert: Some(cert), tls_key: Some(key) } = args.tls {
        options = options.security(Security { ca_file, cert, key });
    }
    Ok(serve(options)?)
}

/// A number of bytes: `1000`, `512MiB`, `4GiB`.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        other => return Err(format!("`{other}` is none of the units B, KiB, MiB, GiB and TiB")),
    };
    let count: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    count.checked_mul(unit).ok_or_else(|| "that is more than there can be".to_owned())
}
