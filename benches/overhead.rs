//! What a node costs, against a hand-written rayon peer: `cargo bench -p benches --bench overhead`.
//!
//! Five shapes of almost empty nodes are built, run and dropped, by [`by_hand`] and by [`ours`], with one
//! thread and with two. The output is one table, in ns a node:
//!
//! - `build`, `run`, `drop` and `total` are medians of interleaved rounds (peer, ours, peer, ours, …);
//!   `ratio` is the median of our total by the peer's within a round. `*` marks a run that frees the graph
//!   as well, so that only the totals compare.
//! - `heap B` and `allocs` are the peak of live heap bytes and the number of allocations, for each node,
//!   counted in a pass of its own with one thread. `?` marks a pass in which another thread took part, so
//!   that the figures are too low.
//! - `probe` is the slowdown of one kernel that runs on two threads at once. Rounds in which it was 1.3 or
//!   more were repeated; `!` marks figures for which too few good rounds were found, which don't count.
//!
//! There are two tables. In the first, allocators get fresh pages from the system in every round, as a program
//! finds it that builds a large graph once (a process of its own, with glibc's `MALLOC_MMAP_THRESHOLD_` set):
//! a page costs a third of a nanosecond a byte. In the second, memory is as a process finds it that has run for a
//! while: glibc keeps what one round freed for the next, all but blocks of 32 MiB and more (the peer's of `wide`),
//! and the library keeps its chunks. The peer, which knows how many nodes there will be and of what kind, then
//! costs next to nothing.
//!
//! After the table Criterion measures the totals, as `overhead/chain/1/ours` and so on, to compare one
//! commit with another. The table is not Criterion's, nor Divan's, because neither splits one run into
//! phases or interleaves two contenders: each runs one benchmark to its end before the next, and on a
//! noisy machine the ratio of the two would be that of two different minutes.
//!
//! In the environment, `OVERHEAD` takes words with commas between: `table` or `criterion` for that part
//! alone, `fresh` for a table without the other, `quick` for small sizes and few rounds. Run as a test
//! (`cargo test --benches`, or `--test`), it is `quick,table`.

#[path = "overhead/by_hand.rs"]
mod by_hand;
#[path = "overhead/contender.rs"]
mod contender;
#[path = "overhead/heap.rs"]
mod heap;
#[path = "overhead/measure.rs"]
mod measure;
#[path = "overhead/ours.rs"]
mod ours;
#[path = "overhead/probe.rs"]
mod probe;
#[path = "overhead/shapes.rs"]
mod shapes;

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

use crate::by_hand::ByHand;
use crate::contender::Contender;
use crate::heap::Heap;
use crate::measure::{Comparison, Medians};
use crate::ours::Ours;
use crate::shapes::Shape;

const THREADS: [usize; 2] = [1, 2];

fn main() {
    let plan = Plan::from_environment();
    if plan.table && !plan.fresh && !plan.quick {
        println!("Fresh pages in every round");
        print_table_of_fresh_pages();
        println!("Memory that has been used before");
    }
    if plan.table {
        print_table(&plan);
    }
    if plan.criterion {
        time_totals(&plan);
    }
}

/// What to measure, and how long.
struct Plan {
    shapes: [Shape; 5],
    rounds: usize,
    /// The name of Criterion's group. The quick run has its own, so as not to be taken for a baseline.
    group: &'static str,
    table: bool,
    criterion: bool,
    quick: bool,
    /// This is the process whose allocator gets fresh pages.
    fresh: bool,
}

impl Plan {
    fn from_environment() -> Self {
        let asked = env::var("OVERHEAD").unwrap_or_default();
        let asks = |word| asked.split(',').any(|asked| asked.trim() == word);
        let given = |flag| env::args().any(|given| given == flag);
        let test = !given("--bench") || given("--test");
        let quick = test || asks("quick");
        Self {
            shapes: if quick { Shape::QUICK } else { Shape::FULL },
            rounds: if quick { 5 } else { 21 },
            group: if quick { "overhead-quick" } else { "overhead" },
            table: !given("--list") && (test || asks("table") || !asks("criterion")),
            criterion: !test && (asks("criterion") || !asks("table")),
            quick,
            fresh: asks("fresh"),
        }
    }
}

/// Runs this program again, with an allocator that gives back what is freed.
fn print_table_of_fresh_pages() {
    let program = env::current_exe().expect("a running program has a file");
    let printed = Command::new(program)
        .args(env::args().skip(1))
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("OVERHEAD", "table,fresh")
        .status();
    if !printed.is_ok_and(|status| status.success()) {
        println!("(couldn't be measured)\n");
    }
}

fn print_table(plan: &Plan) {
    println!(
        "{:<10} {:>7} {:>9}  {:<8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}  {:<6}",
        "shape", "threads", "nodes", "by", "build", "run", "drop", "total", "ratio", "heap B", "allocs", "probe"
    );
    for shape in plan.shapes {
        let peer_heap = heap::count::<ByHand>(&ByHand::pool(1), shape);
        let our_heap = heap::count::<Ours>(&Ours::pool(1), shape);
        for threads in THREADS {
            let compared = measure::compare::<ByHand, Ours>(shape, threads, plan.rounds);
            let Comparison { peer, ours, ratio, .. } = &compared;
            let label = format!("{:<10} {:>7} {:>9}", shape.name(), threads, shape.nodes());
            print_row::<ByHand>(&label, peer, "", &peer_heap, &probe_cell(&compared));
            print_row::<Ours>(&label, ours, &format!("{ratio:.2}"), &our_heap, "");
        }
    }
    println!();
}

fn print_row<C: Contender>(label: &str, medians: &Medians, ratio: &str, heap: &Heap, probe: &str) {
    let Medians { build, run, drop, total } = medians;
    let (run, drop) = if C::DROPS_IN_RUN {
        (format!("{run:.1}*"), String::new())
    } else {
        (format!("{run:.1}"), format!("{drop:.1}"))
    };
    let mark = if heap.whole { "" } else { "?" };
    let bytes = format!("{:.0}{mark}", heap.peak_bytes);
    let allocations = format!("{:.2}{mark}", heap.allocations);
    println!(
        "{label}  {:<8} {build:>7.1} {run:>7} {drop:>7} {total:>7.1} {ratio:>7} {bytes:>8} {allocations:>8}  {probe}",
        C::NAME
    );
}

fn probe_cell(compared: &Comparison) -> String {
    compared.probe.as_ref().map_or_else(String::new, |probed| {
        let mark = if probed.counts { "" } else { "!" };
        format!("{:.2}{mark}", probed.slowdown)
    })
}

fn time_totals(plan: &Plan) {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for shape in plan.shapes {
        for threads in THREADS {
            let mut group = criterion.benchmark_group(format!("{}/{}/{threads}", plan.group, shape.name()));
            group.throughput(Throughput::Elements(u64::from(shape.nodes())));
            time_total::<ByHand>(&mut group, shape, threads);
            time_total::<Ours>(&mut group, shape, threads);
            group.finish();
        }
    }
    criterion.final_summary();
}

fn time_total<C: Contender>(group: &mut BenchmarkGroup<'_, WallTime>, shape: Shape, threads: usize) {
    let pool = C::pool(threads);
    group.bench_function(C::NAME.replace(' ', "_"), |bencher| {
        bencher.iter(|| {
            let (value, spent) = C::run(&pool, C::build(shape));
            drop(spent);
            black_box(value)
        });
    });
}
