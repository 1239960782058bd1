//! Graphs beside other libraries' graphs: `cargo bench -p benches --bench peers`.
//!
//! The peers are oneTBB's flow graph (Debian: `libtbb-dev`), OpenMP's tasks with `depend` (gcc), and Taskflow, whose headers are
//! fetched from PyPI, once, and not where it is `quick` (`benches/peers/taskflow.rs`); the environment variable `TASKFLOW` may name
//! a folder with others. They are in C++ (`benches/peers/`), compiled by g++ when the benchmark starts, and run in a process that
//! is told the graph as a list of tasks and what each reads, and times itself. `fresh` is a graph that is built, run and dropped
//! in the timing, `again` one that is built before and run another time; OpenMP has no graph to keep. Three tables:
//!
//! - the five shapes of the benchmark `overhead`, in ns a node; `ratio` is the median of the time by ours within a round;
//! - the minimum effective task granularity, there beside a version by hand, too, and
//! - the latency of small graphs, both as in the benchmark `granularity`.
//!
//! `probe` is the slowdown of a kernel that runs on two threads at once; rounds in which it was 1.3 or more, or in which threads
//! waited for a processor, were repeated, and `!` marks figures for which too few good ones were found.
//!
//! In the environment, `PEERS` takes words with commas between: `shapes`, `metg` or `latency` for these tables alone, `quick` for
//! small sizes and few rounds. Run as a test (`cargo test --benches`) it is `quick`.

#[path = "granularity/again.rs"]
mod again;
#[path = "shared/asked.rs"]
mod asked;
#[path = "granularity/by_hand.rs"]
mod by_hand;
#[path = "granularity/contender.rs"]
mod contender;
#[path = "granularity/fresh.rs"]
mod fresh;
#[path = "granularity/kernel.rs"]
mod kernel;
#[path = "granularity/latency.rs"]
mod latency;
#[path = "granularity/line.rs"]
mod line;
#[path = "granularity/metg.rs"]
mod metg;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "peers/process.rs"]
mod process;
#[path = "shared/rounds.rs"]
mod rounds;
#[path = "peers/taskflow.rs"]
mod taskflow;
#[path = "shared/waited.rs"]
mod waited;
#[path = "granularity/workload.rs"]
mod workload;

use crate::again::Again;
use crate::by_hand::ByHand;
use crate::contender::Contender;
use crate::fresh::Fresh;
use crate::process::{OneTbbAgain, OneTbbFresh, OpenMpFresh, TaskflowAgain, TaskflowFresh};
use crate::rounds::interleave;
use crate::workload::{Pattern, Workload};

/// What this benchmark is called in the environment.
const NAME: &str = "PEERS";

fn main() {
    if asked::list() {
        return;
    }
    let quick = asked::quick(NAME);
    let bench = Bench { quick, peers: peers(quick) };
    let all = !["shapes", "metg", "latency"].iter().any(|part| asked::word(NAME, part));
    let asked = |part| all || asked::word(NAME, part);
    if asked("shapes") {
        bench.print_shapes();
    }
    if asked("metg") {
        bench.print_metg();
    }
    if asked("latency") {
        bench.print_latency();
    }
}

/// Builds the peers that can be had, and says which those are.
fn peers(quick: bool) -> Vec<String> {
    match process::build(taskflow::folder(!quick)) {
        Ok(peers) => {
            println!("with {}\n", peers.join(", "));
            peers
        }
        Err(reason) => {
            println!("without peers: {reason}\n");
            Vec::new()
        }
    }
}

fn has(peers: &[String], library: &str) -> bool {
    peers.iter().any(|peer| peer.starts_with(library))
}

struct Bench {
    quick: bool,
    /// Those that are here, each with its version.
    peers: Vec<String>,
}

/// Does something with each contender that is here.
macro_rules! for_each_contender {
    ($bench:expr, $contender:ident => $what:expr) => {{
        for_each_contender!(@ours $contender => $what; Fresh, Again);
        for_each_contender!(@peer $bench, $contender => $what; "Taskflow": TaskflowFresh, TaskflowAgain);
        for_each_contender!(@peer $bench, $contender => $what; "oneTBB": OneTbbFresh, OneTbbAgain);
        for_each_contender!(@peer $bench, $contender => $what; "OpenMP": OpenMpFresh);
    }};
    (@ours $contender:ident => $what:expr; $($type:ident),*) => {
        $({ type $contender = $type; $what; })*
    };
    (@peer $bench:expr, $contender:ident => $what:expr; $library:literal: $($type:ident),*) => {
        if has(&$bench.peers, $library) {
            for_each_contender!(@ours $contender => $what; $($type),*);
        }
    };
}

impl Bench {
    fn print_shapes(&self) {
        println!(
            "{:<10} {:>9} {:>7}  {:<16} {:>9} {:>9}  probe",
            "shape", "nodes", "threads", "by", "ns/node", "ratio"
        );
        let [chain, fan, wide, leaves, side] = if self.quick {
            [1 << 10, 1 << 10, 1 << 10, 1 << 9, 32]
        } else {
            [100_000, 100_000, 1_000_000, 1 << 17, 512]
        };
        let shapes = [
            Workload::Chain { length: chain },
            Workload::Fan { nodes: fan },
            Workload::Wide { width: wide },
            Workload::Tree { leaves },
            Workload::Wavefront { side },
        ];
        for shape in &shapes {
            for threads in [1, 2] {
                self.print_shape(shape, threads);
            }
        }
        println!();
    }

    fn print_shape(&self, shape: &Workload, threads: usize) {
        let mut names = Vec::new();
        let mut contenders = Vec::new();
        // What gcc's OpenMP takes for a node of a fan grows with the fan, with one thread: a minute for all.
        let is_endless = |name: &str| {
            !self.quick
                && threads == 1
                && matches!(shape, Workload::Fan { .. })
                && name == <OpenMpFresh as Contender>::NAME
        };
        for_each_contender!(self, C => if !is_endless(<C as Contender>::NAME) {
            names.push(<C as Contender>::NAME);
            contenders.push(contender::<C>(shape, threads));
        });
        let measured = interleave(if self.quick { 1 } else { 11 }, contenders);
        for (at, name) in names.iter().enumerate() {
            println!(
                "{:<10} {:>9} {threads:>7}  {name:<16} {:>9.1} {:>9.2}  {}",
                shape.name(),
                shape.nodes(),
                measured.medians[at],
                measured.ratios[at],
                if at == 0 { measured.probe.to_string() } else { String::new() }
            );
        }
    }

    fn print_metg(&self) {
        metg::print_header();
        let widths = if self.quick { &[4][..] } else { &[4, 64] };
        for pattern in Pattern::ALL.into_iter().take(if self.quick { 1 } else { 4 }) {
            for &width in widths {
                for_each_contender!(self, C => metg::print::<C>(pattern, width, self.quick));
                metg::print::<ByHand>(pattern, width, self.quick);
            }
        }
        println!();
    }

    fn print_latency(&self) {
        latency::print_header();
        for nodes in if self.quick { &[10][..] } else { &[10, 1_000] } {
            for workload in [Workload::Chain { length: *nodes }, Workload::Fan { nodes: *nodes }] {
                for threads in [1, 2] {
                    for_each_contender!(self, C => latency::print::<C>(&workload, threads, self.quick));
                }
            }
        }
    }
}

/// Runs a shape once, in ns a node.
fn contender<'a, C: Contender + 'a>(shape: &'a Workload, threads: usize) -> rounds::Contender<'a>
where
    C::Pool: 'a,
{
    let pool = C::pool(threads);
    let mut ready = C::ready(&pool, shape);
    let expected = shape.expected();
    Box::new(move || {
        let ran = C::run(&pool, &mut ready, 1).swap_remove(0);
        assert_eq!(ran.value, expected, "{} computed {} wrong", C::NAME, shape.name());
        ran.nanos / shape.nodes() as f64
    })
}
