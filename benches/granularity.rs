//! How small tasks may be, and what graphs cost as they grow: `cargo bench -p benches --bench granularity`.
//!
//! Four parts, each a table:
//!
//! - `metg`: Task Bench's minimum effective task granularity with two threads, in µs, on its patterns `stencil_1d`, `fft`, `tree`
//!   and `random` (see [`metg`]; `random` is its `random_nearest`). A task reads the values of the step before and works on for
//!   a given time. The aims are 0.5 µs at 75 % and 1.5 µs at 90 %, and twice that with a graph that is built anew each time. `by hand`
//!   is for just these graphs, with the library's order of tasks (see [`by_hand`]).
//! - `latency`: the time from the first call that builds a small graph until its value is there, one after the other, on a
//!   pool that has nothing else to do, in µs: median and 99th percentile. The aims are 2 µs for ten nodes, and 100 µs for a
//!   thousand.
//! - `linear`: ns a node to build, run and drop graphs of a thousand to ten million nodes, with one and with two threads. The aim
//!   is a factor of less than 3 between sizes.
//! - `memory`: the peak of the heap, in bytes a node, for the same graphs; and for a sum of a million leaves of 1 KiB in pairs, how
//!   many leaves are alive at once. The aim is 150 bytes a node, and as few leaves as depth-first order needs: one for each level
//!   and thread.
//!
//! Contenders implement [`contender::Contender`]. `probe` is the slowdown of a kernel that runs on two threads at once; rounds in
//! which it was 1.3 or more, or in which threads waited for a processor, were repeated, and `!` marks figures for which too few
//! good ones were found (for METG, where that was so with tasks of some length). `line` is the ns in which a cache line goes from one
//! thread to the other: the median, and before it the least where that is far less, since on a shared machine two processors may be two
//! threads of one core for a while.
//!
//! In the environment, `GRANULARITY` takes words with commas between: `metg`, `latency`, `linear` or `memory` for these parts
//! alone, a pattern's name for METG on that alone, `quick` for small sizes and few rounds. Run as a test (`cargo test --benches`) it is `quick`.

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
#[path = "granularity/memory.rs"]
mod memory;
#[path = "granularity/metg.rs"]
mod metg;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "shared/rounds.rs"]
mod rounds;
#[path = "shared/waited.rs"]
mod waited;
#[path = "granularity/workload.rs"]
#[expect(dead_code, reason = "some workloads are for the peers")]
mod workload;

use crate::again::Again;
use crate::by_hand::ByHand;
use crate::contender::Contender;
use crate::fresh::Fresh;
use crate::memory::Graph;
use crate::rounds::interleave;
use crate::workload::{Pattern, Workload};

/// What this benchmark is called in the environment.
const NAME: &str = "GRANULARITY";

fn main() {
    if asked::list() || memory::is_asked_for() {
        return;
    }
    let quick = asked::quick(NAME);
    let all = !["metg", "latency", "linear", "memory"].iter().any(|part| asked::word(NAME, part));
    let part = |name, print: fn(bool)| {
        if all || asked::word(NAME, name) {
            print(quick);
            println!();
        }
    };
    part("metg", print_metg);
    part("latency", print_latency);
    part("linear", print_linear);
    part("memory", print_memory);
}

fn print_metg(quick: bool) {
    metg::print_header();
    let any = Pattern::ALL.iter().any(|pattern| asked::word(NAME, pattern.name()));
    for pattern in Pattern::ALL.into_iter().filter(|pattern| !any || asked::word(NAME, pattern.name())) {
        for &width in if quick { &[4][..] } else { &[4, 64] } {
            metg::print::<Again>(pattern, width, quick);
            metg::print::<Fresh>(pattern, width, quick);
            metg::print::<ByHand>(pattern, width, quick);
        }
    }
}

fn print_latency(quick: bool) {
    latency::print_header();
    for nodes in [10, 1_000] {
        for workload in [Workload::Chain { length: nodes }, Workload::Fan { nodes }] {
            for threads in [1, 2] {
                latency::print::<Fresh>(&workload, threads, quick);
                latency::print::<Again>(&workload, threads, quick);
            }
        }
    }
}

fn print_linear(quick: bool) {
    println!("{:<10} {:>9} {:>7}  {:<16} {:>9} {:>9}  probe", "linear", "nodes", "threads", "by", "ns/node", "ratio");
    let sizes: &[u32] = if quick { &[100, 10_000] } else { &[1_000, 100_000, 10_000_000] };
    for make in [|length| Workload::Chain { length }, |width| Workload::Wide { width }] {
        let workloads: Vec<Workload> = sizes.iter().copied().map(make).collect();
        for threads in [1, 2] {
            print_linear_of::<Fresh>(&workloads, threads, quick);
        }
    }
}

/// Workloads of one kind, which take turns; the ratio is to the first.
fn print_linear_of<C: Contender>(workloads: &[Workload], threads: usize, quick: bool) {
    let pool = &C::pool(threads);
    let each_in_turn = workloads.iter().map(|workload| -> rounds::Contender<'_> {
        let expected = workload.expected();
        let mut ready = C::ready(pool, workload);
        // Small graphs are run many times in a round.
        let times = (if quick { 10_000 } else { 300_000 }) / workload.nodes() + 1;
        Box::new(move || {
            let ran = C::run(pool, &mut ready, times);
            assert!(ran.iter().all(|ran| ran.value == expected), "{} computed wrong", C::NAME);
            ran.iter().map(|ran| ran.nanos).sum::<f64>() / (times * workload.nodes()) as f64
        })
    });
    let measured = interleave(if quick { 1 } else { 7 }, each_in_turn.collect());
    for (at, workload) in workloads.iter().enumerate() {
        println!(
            "{:<10} {:>9} {threads:>7}  {:<16} {:>9.1} {:>9.2}  {}",
            workload.name(),
            workload.nodes(),
            C::NAME,
            measured.medians[at],
            measured.ratios[at],
            if at == 0 { measured.probe.to_string() } else { String::new() }
        );
    }
}

fn print_memory(quick: bool) {
    println!(
        "{:<10} {:>9} {:>7}  {:>12} {:>8} {:>11}",
        "memory", "nodes", "threads", "peak bytes", "a node", "live leaves"
    );
    let sizes: &[u32] = if quick { &[1_000] } else { &[1_000, 100_000, 10_000_000] };
    for graph in [Graph::Chain, Graph::Wide] {
        for &nodes in sizes {
            print_memory_of(graph, nodes, nodes, 1);
        }
    }
    let leaves = if quick { 1_000 } else { 1_000_000 };
    for graph in [Graph::Reduction, Graph::Recursion] {
        for threads in [1, 2] {
            print_memory_of(graph, leaves, 2 * leaves - 1, threads);
        }
    }
}

fn print_memory_of(graph: Graph, size: u32, nodes: u32, threads: usize) {
    let Some(peak) = memory::peak(graph, size, threads) else {
        println!("{:<10} {nodes:>9} {threads:>7}  (couldn't be measured)", graph.name());
        return;
    };
    // `mockalloc` counts one thread.
    let (bytes, each) = if threads == 1 {
        (peak.bytes.to_string(), format!("{:.1}", peak.bytes as f64 / f64::from(nodes)))
    } else {
        (String::new(), String::new())
    };
    let leaves = if peak.leaves > 0 { peak.leaves.to_string() } else { String::new() };
    println!("{:<10} {nodes:>9} {threads:>7}  {bytes:>12} {each:>8} {leaves:>11}", graph.name());
}
