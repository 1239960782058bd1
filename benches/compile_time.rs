//! What `#[dispatch]` costs to compile: `cargo bench -p benches --bench compile_time`.
//!
//! Writes crates of 1,000 operations, as functions of 10, 100 and 1,000 of them, and compiles each with the attribute and with its
//! serial twin, in turn, for `cargo check`, a debug and a release build (without incremental compilation, dependencies there). What is
//! printed is the difference, by the number of operations, in ms: medians of the wall time, and of the processor time where
//! `/proc` tells it. The crates lie in `target/compile_time`.
//!
//! In the environment, `COMPILE_TIME` takes words with commas between: `check`, `debug` or `release` for that part alone, `quick` for
//! one round. Run as a test (`cargo test --benches`) it does nothing.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

/// The operations of a crate.
const OPERATIONS: usize = 1000;

/// How many operations a function has.
const SIZES: [usize; 3] = [10, 100, 1000];

/// The operations of one round of [`function`].
const ROUND: usize = 10;

/// What the functions call.
const CALLED: &str = "\
pub fn load(count: usize, seed: f64) -> Vec<f64> { vec![seed; count] }
pub fn mean(xs: &[f64]) -> f64 { xs.iter().sum::<f64>() / xs.len() as f64 }
pub fn total(xs: &[f64]) -> f64 { xs.iter().sum() }
pub fn scale(mut xs: Vec<f64>, by: f64) -> Vec<f64> { xs.iter_mut().for_each(|x| *x *= by); xs }
pub fn add(a: f64, b: f64) -> f64 { a + b }
pub fn join(acc: f64, x: f64, count: usize) -> f64 { acc + x / count as f64 }
";

fn main() {
    if env::args().any(|arg| arg == "--test") || !env::args().any(|arg| arg == "--bench") {
        return;
    }
    let words = env::var("COMPILE_TIME").unwrap_or_default();
    let asked = |word: &str| words.split(',').any(|asked| asked == word);
    let all = !Mode::ALL.iter().any(|mode| asked(mode.name()));
    let rounds = if asked("quick") { 1 } else { 3 };
    println!("operations    built for   with s  without s   ms each  cpu ms each");
    for mode in Mode::ALL.into_iter().filter(|mode| all || asked(mode.name())) {
        for size in SIZES {
            let lazy = Package::write(size, "dispatcher::prelude");
            let serial = Package::write(size, "dispatcher::serial::prelude");
            lazy.compile(mode);
            serial.compile(mode);
            let times: Vec<_> = (0..rounds).map(|_| (lazy.compile(mode), serial.compile(mode))).collect();
            let wall = |time: Took| Some(time.wall);
            let (with, without) = (median(&times, |both| wall(both.0)), median(&times, |both| wall(both.1)));
            let each = |with: Option<Duration>, without: Option<Duration>| {
                let millis = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1000.0);
                millis(with).zip(millis(without)).map(|(with, without)| (with - without) / OPERATIONS as f64)
            };
            let cpu = each(median(&times, |both| both.0.cpu), median(&times, |both| both.1.cpu));
            println!(
                "{:>4} x {size:<4}   {:<9}  {:>7.2}    {:>7.2}   {:>7.2}  {:>11}",
                OPERATIONS / size,
                mode.name(),
                with.unwrap_or_default().as_secs_f64(),
                without.unwrap_or_default().as_secs_f64(),
                each(with, without).unwrap_or_default(),
                cpu.map_or("-".to_owned(), |cpu| format!("{cpu:.2}")),
            );
        }
    }
}

/// What is compiled for.
#[derive(Clone, Copy)]
enum Mode {
    Check,
    Debug,
    Release,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Check, Self::Debug, Self::Release];

    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["check"],
            Self::Debug => &["build"],
            Self::Release => &["build", "--release"],
        }
    }
}

/// How long a compilation took.
#[derive(Clone, Copy)]
struct Took {
    wall: Duration,
    cpu: Option<Duration>,
}

/// A crate of [`OPERATIONS`] operations.
struct Package {
    folder: PathBuf,
    source: String,
}

impl Package {
    /// Writes the crate, whose functions have `size` operations and import `prelude`.
    fn write(size: usize, prelude: &str) -> Self {
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it lies in the library's folder");
        let name = format!("{}_{size}", prelude.replace("::", "_"));
        let folder = library.join("target/compile_time").join(&name);
        let mut source = format!("use {prelude}::*;\n{CALLED}");
        for number in 0..OPERATIONS / size {
            function(&mut source, number, size);
        }
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\ndispatcher = {{ path = {library:?} }}\n"
        );
        fs::create_dir_all(folder.join("src")).expect("a folder in target");
        fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest in target");
        // The versions of dependencies that the library is built with.
        fs::copy(library.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
        Self { folder, source }
    }

    /// Compiles the crate anew, without its dependencies from the second time on.
    fn compile(&self, mode: Mode) -> Took {
        fs::write(self.folder.join("src/lib.rs"), &self.source).expect("a source in target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(mode.arguments()).args(["--quiet", "--offline"]).current_dir(&self.folder);
        cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", self.folder.with_file_name("built"));
        let (cpu, start) = (cpu_of_children(), Instant::now());
        let status = cargo.status().expect("cargo starts");
        let wall = start.elapsed();
        assert!(status.success(), "{} doesn't compile", self.folder.display());
        Took { wall, cpu: cpu_of_children().zip(cpu).map(|(after, before)| after - before) }
    }
}

/// Writes a function of `size` operations: reads, moves, copies, nested calls, operators and methods.
fn function(source: &mut String, number: usize, size: usize) {
    let mut line = |text: String| writeln!(source, "{text}").expect("a string grows");
    line(format!("#[dispatch]\npub fn f{number}(seed: f64) -> f64 {{"));
    // The first and the last operation are not in a round; with them, the last round is one without two.
    line("    let a0 = add(seed, 1.0);".to_owned());
    for round in 0..size / ROUND {
        let last = round + 1 == size / ROUND;
        line(format!("    let xs{round} = load(4, a{round});"));
        line(format!("    let m{round} = mean(&xs{round});"));
        line(format!("    let ys{round} = scale(xs{round}, m{round});"));
        line(format!("    let s{round} = add(mean(&ys{round}), total(&ys{round}));"));
        line(format!("    let t{round} = s{round} * m{round} + 1.0;"));
        line(format!("    let n{round} = ys{round}.len();"));
        if last {
            line(format!("    join(s{round}, t{round}, n{round})"));
        } else {
            line(format!("    let u{round} = add(t{round}, s{round});"));
            line(format!("    let a{} = join(a{round}, u{round}, n{round});", round + 1));
        }
    }
    line("}".to_owned());
}

/// The processor time of all children that have ended.
fn cpu_of_children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything, the 14th and 15th are the children's times, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(13)?.parse::<u64>().ok()? + fields.get(14)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

fn median(times: &[(Took, Took)], of: impl Fn(&(Took, Took)) -> Option<Duration>) -> Option<Duration> {
    let mut all: Vec<_> = times.iter().filter_map(of).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}
