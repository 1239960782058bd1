//! A tiled Cholesky factorisation, in place, written as plain loops.
//!
//! Shows work that changes its data: `factor.rs` has the loops, over four kernels that borrow tiles by `&` and `&mut`;
//! `kernels.rs` has those, `matrix.rs` the tiles, which can't be cloned. `serial.rs` compiles the loops once more without the
//! library, as the program to compare with. Here both run, and their factors are compared with each other, bit for bit, and
//! with the one that nalgebra makes of the whole matrix.
//!
//! ```text
//! cargo run --release --example cholesky
//! cargo run --release --example cholesky -- --size 4096 --tile 256 --threads 2
//! ```

#[expect(clippy::duplicate_mod, reason = "compiled with the library here, and without it in `serial`")]
mod factor;
mod kernels;
mod matrix;
mod serial;

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use dispatcher::prelude::{self, *};

use crate::matrix::{Matrix, Tile, residual};

/// Factors a random symmetric matrix into L·Lᵀ, tile by tile, serially and in parallel.
///
/// Exits with 1 if the two factors differ from each other, or from the one that nalgebra computes.
#[derive(Parser)]
struct Args {
    /// How many rows the matrix has, and columns
    #[arg(long, value_name = "N", default_value = "2048")]
    size: NonZeroUsize,
    /// How many rows a tile has, and columns
    #[arg(long, value_name = "N", default_value = "128")]
    tile: NonZeroUsize,
    /// How many threads to run on [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// How many times to factor; the best times are printed
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: NonZeroUsize,
}

/// The largest relative difference from the library's factor that rounding explains.
const TOLERANCE: f64 = 1e-12;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cholesky: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let (size, side) = (args.size.get(), args.tile.get());
    let a = Matrix::random(size, 1);
    let executor =
        args.threads.map_or_else(ParallelExecutor::new, |threads| ParallelExecutor::with_threads(threads.get()));

    let (mut serial, mut parallel) = (Timed::default(), Timed::default());
    for _ in 0..args.rounds.get() {
        serial.time(|| Ok(serial::factor(&a, side)))?;
        parallel.time(|| executor.run(factor::factor(&a, side)))?;
    }
    let library = a.factor_by_library().ok_or("the library finds the matrix not positive definite")?;
    let residual = residual(&parallel.factor, &library);

    println!("size      {size} in tiles of {side}");
    println!("threads   {}", executor.threads());
    println!("serial    {}", serial.report(size));
    println!("parallel  {}", parallel.report(size));
    println!("speed-up  {:.2}", serial.best.as_secs_f64() / parallel.best.as_secs_f64());
    println!("residual  {residual:.1e} (to nalgebra's factor)");
    if serial.factor != parallel.factor {
        return Err("the serial and the parallel factor differ".into());
    }
    // NaN isn't under it either.
    if residual < TOLERANCE { Ok(()) } else { Err("the factor is not the library's".into()) }
}

/// A factor, and the shortest time in which it was made.
struct Timed {
    factor: Vec<Vec<Tile>>,
    best: Duration,
}

impl Default for Timed {
    fn default() -> Self {
        Self { factor: Vec::new(), best: Duration::MAX }
    }
}

impl Timed {
    fn time(
        &mut self,
        factor: impl FnOnce() -> Result<Vec<Vec<Tile>>, DependencyError>,
    ) -> Result<(), DependencyError> {
        let start = Instant::now();
        let factor = factor()?;
        self.best = self.best.min(start.elapsed());
        self.factor = factor;
        Ok(())
    }

    fn report(&self, size: usize) -> String {
        let seconds = self.best.as_secs_f64();
        let operations = (size as f64).powi(3) / 3.0;
        format!("{seconds:.4} s, {:.2} GFLOP/s", operations / seconds / 1e9)
    }
}
